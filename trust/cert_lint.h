/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a certificate authority may reject in a signing request, said before
 * money is spent on it.
 */
#ifndef TRUST_CERT_LINT_H
#define TRUST_CERT_LINT_H

#include "certs/csr.h"

#define CERT_LINT_TEXT_MAX	400

/* code is a short fixed name for programs; both are borrowed. */
typedef void	cert_lint_fn(void *arg, const char *code, const char *text);

/*
 * Calls fn for each finding; the same kind of finding comes once, with the
 * first name that has it and how many more do.  Public authorities follow the
 * Baseline Requirements of the CA/Browser Forum, [BR]; private ones decide
 * for themselves, so nothing here is an error.  ERR_PROTO, ERR_NOMEM.
 */
int	cert_lint_csr(const struct csr *c, cert_lint_fn *fn, void *arg,
	    struct err *e);

#endif
