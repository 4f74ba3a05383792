/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Databases with certificates that end when a test wants them to, and a clock
 * that it turns.  EC keys: nothing here takes long.
 */
#ifndef TESTS_EXPIRY_LAB_H
#define TESTS_EXPIRY_LAB_H

#include "tests/ca_lab.h"
#include "tests/db_fixture.h"
#include "trust/own.h"
#include "trust/trust_unit.h"

struct expiry_lab {
	struct db	*db, *observed;
	int		 dirfd;
	int64_t		 now;		/* what clk says; LAB_NOW at first */
	struct clock	 clk;
};
extern struct expiry_lab xl;

void	xl_open(void);			/* checked fixtures */
void	xl_close(void);

/* Each ends so many days after LAB_NOW; sha256 may be NULL. */
void	xl_own(enum own_unit unit, const char *node, enum own_stage stage,
	    int64_t days, uint8_t sha256[SHA256_LEN]);
void	xl_own_by_ca(enum own_unit unit, int64_t days);
void	xl_trust(enum trust_unit unit, const char *name, int64_t days,
	    int64_t removed_at, uint8_t sha256[SHA256_LEN]);
void	xl_trust_by_ca(enum trust_unit unit, const char *name, int64_t days,
	    int64_t removed_at);
void	xl_srst(const char *name, bool secure, int64_t days);
void	xl_export(const uint8_t sha256[SHA256_LEN], int64_t at);
void	xl_crl(const char *issuer, int64_t days);	/* 0: does not say */
void	xl_phones(int n);
void	xl_param(const char *name, const char *value);

/* One number by SQL of observed.db. */
int64_t	xl_observed(const char *sql);

#endif
