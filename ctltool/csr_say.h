/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What commands say of signing requests.
 */
#ifndef CTLTOOL_CSR_SAY_H
#define CTLTOOL_CSR_SAY_H

#include "ctltool/ctl.h"
#include "trust/csr_own.h"

/* UNIT or UNIT/UNIT.csr, without regard to case; NULL with e (ERR_ARG). */
const struct own_unit_def	*csr_unit(const char *name, struct err *e);

/* Subject, key and names, as text. */
void	csr_say(struct out *o, const struct csr *csr);

/* The same for programs: what is in every answer about a request.  NULL: out
 * of memory. */
json_t	*csr_json(const struct own_unit_def *u, const char *node,
	    const struct csr *csr);

/* What an authority may reject: as text to o (NULL: not), and *list, which is
 * the caller's even after a failure. */
int	csr_lint(struct out *o, const struct csr *csr, json_t **list,
	    struct err *e);

#endif
