/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts of manual pages that are tables of the programs, in mdoc.
 */
#ifndef CTLTOOL_MDOC_H
#define CTLTOOL_MDOC_H

#include <stdio.h>

/* The items of a list: every command; every option all commands take; every
 * parameter; every setting of profiles and phones; the reference's commands
 * that are not here. */
void	mdoc_commands(FILE *f);
void	mdoc_options(FILE *f);
void	mdoc_params(FILE *f);
void	mdoc_settings(FILE *f);
void	mdoc_elsewhere(FILE *f);

/* Running text: a line per sentence, nothing a macro.  Exposed for tests. */
void	mdoc_text(FILE *f, const char *text);

/*
 * Copy a template; a line "@COMMANDS@", "@OPTIONS@", "@PARAMETERS@",
 * "@SETTINGS@" or "@ELSEWHERE@" gives way to the part.  0; 1 with the fault said on stderr.
 */
int	mdoc_page(FILE *in, FILE *out);

#endif
