/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who can read the passwords in a phone's file: a change of settings may make
 * a whole file for everybody out of one that only the phone could read.
 */
#ifndef TRUST_PHONE_GUARD_H
#define TRUST_PHONE_GUARD_H

#include "db/rows.h"
#include "trust/profile.h"

enum phone_guard {
	GUARD_NONE,		/* there is nothing to guard */
	GUARD_SEALED,		/* encrypted for the phone, or left out */
	GUARD_OPEN,		/* whoever asks by its name reads them */
};

/* As its settings stand, without regard to phone set --plain-until. */
int	phone_guard_of(struct db *db, const struct profile_base *base,
	    const char *name, int64_t now, enum phone_guard *g,
	    struct err *e);

/* Is a change about whether files are encrypted? */
bool	phone_guard_matters(const struct setting_change *c, size_t n);

/* The phones of a profile that are GUARD_SEALED; later, how many of them are
 * GUARD_OPEN.  phone_guarded_clear() it. */
struct phone_guarded {
	char	(*name)[PHONE_NAME_MAX + 1];
	size_t	 n, room;
};
int	phone_guarded_of(struct phone_guarded *l, struct db *db,
	    const char *profile, int64_t now, struct err *e);
int	phone_guarded_opened(const struct phone_guarded *l, struct db *db,
	    int64_t now, int64_t *n, struct err *e);
void	phone_guarded_clear(struct phone_guarded *l);

/* ERR_REFUSED for who was not asked: what n phones would give away, and the
 * cure. */
int	phone_guard_refuse(const char *what, struct err *e);

#endif
