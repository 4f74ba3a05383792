/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A node with a request of CallManager-ECDSA, a CA and the one below it that
 * issues, and sets of certificates to import.
 */
#ifndef TESTS_IMPORT_FIX_H
#define TESTS_IMPORT_FIX_H

#include "tests/ca_lab.h"
#include "trust/cert_import.h"

extern struct node node;
extern struct cert *root, *mid;
extern struct csr_own *request;	/* of CallManager-ECDSA */
void	setup_once(void);
void	teardown_once(void);
void	setup(void);
void	give_cert(struct container *set, struct cert *c);
/* References; the last is NULL. */
struct container	set_of(struct cert *first, ...);
void	give_key(struct container *set, struct key *k);
/* An answer to the request, by the issuing authority. */
struct cert *answer(const struct lab_spec *s);

#define GOOD	.cn = "cm1.example.org-ms", .san = "DNS:cm1.example.org", \
    .usage = "critical,digitalSignature", \
    .ext_usage = "serverAuth,clientAuth"

extern const struct lab_spec good;

struct act {
	struct import_own	*p;
	struct own_new		*leaf;
};

int	apply(struct db *db, void *arg, struct err *e);
void	plan_ok(struct import_own *p, enum own_unit unit,
	    const struct container *set);
void	refuse(enum own_unit unit, const struct container *set,
	    const char *says);
void	do_import(struct import_own *p);
int64_t	in_store(enum trust_unit unit);
size_t	rows_of(enum own_unit unit, enum own_stage stage);
/* As another cluster hands it over: a self-signed certificate and its key. */
struct container	pair(const char *cn, enum key_type t,
	    const char *usage);

#endif
