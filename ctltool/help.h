/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Help from the command table.
 */
#ifndef CTLTOOL_HELP_H
#define CTLTOOL_HELP_H

#include "ctltool/cmd.h"
#include "ctltool/out.h"

/*
 * The commands that begin with these words ("": all), a line each, or the one
 * there is in full; and as the result.  Their number: 0, nothing is said.
 */
size_t	help_about(struct out *o, const char *words);

/* "ctltool phone add NAME [--model MODEL]"; for usage lines and tests. */
void	help_synopsis(const struct cmd *c, char *out, size_t outlen);

/* "--model MODEL", "NAME". */
void	help_arg_form(const struct cmd_arg *a, char *out, size_t outlen);

#endif
