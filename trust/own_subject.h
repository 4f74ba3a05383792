/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What administrators want in the subject of new certificates and requests:
 * the parameters cert.*.
 */
#ifndef TRUST_OWN_SUBJECT_H
#define TRUST_OWN_SUBJECT_H

#include "trust/own.h"

/* Lengths by RFC 5280 appendix A, in characters of UTF-8. */
struct own_subject {
	char	o[4 * 64 + 1], ou[4 * 64 + 1], l[4 * 128 + 1];
	char	st[4 * 128 + 1], c[3];
};

/* O is the cluster's name where the parameter is empty. */
int	own_subject_load(struct db *db, struct own_subject *s,
	    struct err *e);

/* Let w borrow from s; what is empty is left out. */
void	own_subject_wish(const struct own_subject *s, struct own_wish *w);

#endif
