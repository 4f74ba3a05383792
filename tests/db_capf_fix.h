/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Both databases, and rows about CAPF for them.
 */
#ifndef TESTS_DB_CAPF_FIX_H
#define TESTS_DB_CAPF_FIX_H

#include "db/internal.h"
#include "db/rows_capf.h"

extern struct db *db, *obs;
extern int dirfd_of;
void	setup(void);
void	teardown(void);

struct write {
	const void	*row;
	const char	*name;
	const uint8_t	*bytes;
	int64_t		 now;
};

#define WRITE(fn, call)							\
	static int							\
	fn(struct db *d, void *arg, struct err *e)			\
	{								\
		const struct write *w = arg;				\
									\
		return call;						\
	}

void	run(struct db *d, db_fn *fn, struct write w);
struct capf_owner	owner(enum capf_kind kind, const char *name,
	    const char *instance);
void	certificate(uint8_t c, uint8_t key, int64_t not_after);
struct row_device_cert	device(struct capf_owner o,
	    enum device_cert_type type, uint8_t c,
	    enum device_cert_state state, int64_t at);

struct names {
	char	text[512];
	size_t	n;
};

#endif
