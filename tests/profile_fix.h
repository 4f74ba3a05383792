/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Profiles and phones, each change in a transaction that is run twice.
 */
#ifndef TESTS_PROFILE_FIX_H
#define TESTS_PROFILE_FIX_H

#include "db/internal.h"
#include "db/rows_capf.h"
#include "trust/profile.h"

#define PHONE1	"SEP000000000001"
#define PHONE2	"SEP000000000002"

extern struct db *db;
void	setup(void);
void	teardown(void);

struct write {
	struct profile_spec	 spec;
	struct setting_change	 change[8];
	const char		*name, *to;
	struct row_phone	 phone;
	struct row_device_cert	 cert;
	struct row_user		 user;
	enum param_id		 param;
	bool			 digest, changed;
	struct profile_result	 r;
	char			*advice;
	int64_t			 now;
};

#define WRITE(fn, call)							\
	static int							\
	fn(struct db *d, void *arg, struct err *e)			\
	{								\
		struct write *w = arg;					\
									\
		return call;						\
	}

int	w_user(struct db *d, void *arg, struct err *e);
extern struct err last;
extern char said[8192];
/* ERR_OK or the code; last and said tell the rest. */
int	run(db_fn *fn, struct write *w);

#define is(want, got)	ck_assert_msg((got) == (want), "%d: %s", last.code, \
			    last.msg)

void	user(const char *name, bool digest);
int	add(const char *name, int protocol, const char *set);
extern bool changed;
int	set(const char *name, const char *what);
int	own(const char *phone, const char *what);
void	certificate(const char *name, enum device_cert_state state);
/* With its certificate: what is to be tested is something else. */
void	phone(const char *name, const char *model, enum phone_protocol p,
	    const char *profile);
int	param(enum param_id id, const char *value);
int	named(db_fn *fn, const char *name, const char *to);
void	message(const char *text);
void	value(const char *name, enum setting_id id, const char *want,
	    enum setting_from from);

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

#endif
