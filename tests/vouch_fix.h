/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions to the one who vouches, and rows that decide them.
 */
#ifndef TESTS_VOUCH_FIX_H
#define TESTS_VOUCH_FIX_H

#include "tests/trust_cluster.h"
#include "trust/vouch.h"

#define ROLES(a, t, ...)						\
	assert_roles((a), (const uint8_t[]){ __VA_ARGS__ },		\
	    sizeof((const uint8_t[]){ __VA_ARGS__ }), (t))

extern struct vouch *v;
extern struct cert *ccm, *sast;

void	setup(void);
void	teardown(void);
void	trust(const struct cert *c, const char *unit, int64_t ttl,
    int64_t removed);
void	param(const char *name, const char *value);
struct vouch_answer	verify_at(const struct cert *c, int64_t now);
struct vouch_answer	verify(const struct cert *c);
struct vouch_answer	query(const char *issuer, const char *subject,
    const uint8_t *serial, size_t len);
void	assert_roles(const struct vouch_answer *a, const uint8_t *roles,
    size_t n, uint32_t ttl);

#endif
