/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A store of certificates that tests put questions to.
 */
#ifndef TESTS_VERIFY_FIX_H
#define TESTS_VERIFY_FIX_H

#include "certs/verify.h"
#include "tests/ca_lab.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

#define CA	"critical,CA:TRUE"
#define SIGNS	"critical,keyCertSign,cRLSign"

#define is_trusted(leaf, p, chain, n) \
	ck_assert_msg(ask(leaf, p, chain, n), "%s", r.text)
#define is_refused(leaf, p, chain, n, because) do {			\
	ck_assert(!ask(leaf, p, chain, n));				\
	ck_assert_msg(r.why == (because), "%s: %s",			\
	    verify_why_name(r.why), r.text);				\
} while (0)

extern struct lab_store st;
extern struct verify_result r;
extern const struct verify_policy any;

void	setup(void);
void	teardown(void);
struct cert	*root(const char *cn, size_t key);
bool	ask(const struct cert *leaf, const struct verify_policy *p,
    struct cert *const *chain, size_t n);

#endif
