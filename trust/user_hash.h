/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords and PINs of end users and application users: kept as hashes
 * (crypt/password.h), and checked against a limit of wrong tries
 * (spec/security-settings.md section 8; parameters user.*).
 */
#ifndef TRUST_USER_HASH_H
#define TRUST_USER_HASH_H

#include "crypt/password.h"
#include "db/rows_hash.h"

#define USER_PASSWORD_MAX	128	/* characters are bytes */
#define USER_PIN_MAX		32

/* One password or PIN. */
struct user_key {
	enum credential_kind	 kind;
	const char		*name;	/* canonical, as user_get() gives it */
	enum user_what		 what;
};

/*
 * What may be set: a password of user.password_min_length to 128 bytes of
 * UTF-8 without control characters, a PIN of user.pin_min_length to 32 digits.
 * ERR_ARG, with nothing of it in the text.
 */
int	user_secret_check(struct db *db, enum user_what what,
	    const char *text, struct err *e);

/* Before a transaction: its hash, with parameter user.hash_rounds. */
int	user_secret_hash(struct db *db, enum user_what what,
	    const char *text, const struct rng *rng, struct password *out,
	    struct err *e);

/*
 * Within a transaction; p NULL removes it.  The same hash again, or removing
 * what is not there, changes nothing.  That a password is the one there is
 * already is never told: asking would be a try that nobody counts.
 */
int	user_hash_set(struct db *db, const struct user_key *k,
	    const struct password *p, int64_t now, bool *changed,
	    struct err *e);

/* ERR_NOTFOUND: none is set.  *at may be NULL: when it was set. */
int	user_hash_get(struct db *db, const struct user_key *k,
	    struct password *p, int64_t *at, struct err *e);

/* Those whose hashes are out of date, ORDER BY name, what; *rows is the
 * caller's (free()). */
struct user_old {
	char			 name[129];
	enum user_what		 what;
	enum password_form	 form;
	int64_t			 rounds, changed_at;
};
int	user_hash_old(struct db *db, enum credential_kind kind,
	    struct user_old **rows, size_t *n, struct err *e);

/* --- checking --- */

enum user_verdict {
	USER_RIGHT,
	USER_WRONG,
	USER_LOCKED,		/* too many wrong ones: not looked at */
	USER_TOO_MANY,		/* the same, of all users together */
	USER_NONE_SET,
};

struct user_check {
	enum user_verdict	 verdict;
	int64_t			 left;		/* wrong ones he may still give */
	int64_t			 wait;		/* locked: seconds, at most */
	bool			 old;		/* right, and out of date */
	struct password		 was, fresh;	/* then: user_hash_renew() */
};

/*
 * Is text the one?  observed: observed.db, where every try is counted, as a
 * wrong one, before it is looked at, so that many processes at once get no
 * more tries than one; a right one clears the user's.  An outcome of the check
 * is no error.
 */
int	user_check(struct db *db, struct db *observed,
	    const struct user_key *k, const char *text,
	    const struct rng *rng, int64_t now, struct user_check *out,
	    struct err *e);

/* Within a transaction: the fresh hash in place of the one that was checked,
 * unless another one was set since. */
int	user_hash_renew(struct db *db, const struct user_key *k,
	    const struct user_check *c, int64_t now, bool *changed,
	    struct err *e);

#endif
