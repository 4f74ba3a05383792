/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the writers of phones' and profiles' settings share.
 */
#ifndef TRUST_PROFILE_WRITE_H
#define TRUST_PROFILE_WRITE_H

#include "base/wr.h"
#include "trust/profile.h"

/* Back to the default: no value, or the word. */
bool	change_is_default(const struct setting_change *c);

/* ERR_REFUSED, with the cure, when model and protocol do not have it. */
int	phone_setting_applies(const struct setting *s,
	    const struct row_phone *p, struct err *e);

/* One setting of a phone that has its row, checked for itself; *changed: its
 * row differs from before.  The phone's row and phone_check() are up to the
 * caller. */
int	phone_setting_write(struct db *db, const struct row_phone *p,
	    const struct setting_change *c, unsigned flags, bool *changed,
	    struct err *e);

/*
 * After the changes c were written: a Certificate Operation that now waits
 * without a time gets the one of parameter capf.operation_expires_days from
 * now; without one the time goes too.  What c says of the time holds.
 */
int	phone_operation_time(struct db *db, const char *phone,
	    const struct setting_change *c, size_t n, int64_t now,
	    bool *changed, struct err *e);

/* Is it about when the security mode acts? */
bool	changes_readiness(const struct setting_change *c, size_t n);

/* itl.signer_version is 1.1. */
bool	profile_ec_lists(const struct profile_base *b);

/*
 * EC keys, and lists with which phones make none (spec/capf.md section 9): an
 * installation of one without an RSA backup is ERR_REFUSED, else it is advised
 * (NULL: not).
 */
int	profile_ec_check(const struct phone_effective *x, struct wr *advice,
	    struct err *e);

/* profile_check on the profile as it stands and on each phone that uses it;
 * ready: with profile_ready_check too; *advice is replaced. */
int	profile_users_check(struct db *db, const char *profile, bool ready,
	    char **advice, struct err *e);

#endif
