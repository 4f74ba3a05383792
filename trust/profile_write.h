/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the writers of phones' and profiles' settings share.
 */
#ifndef TRUST_PROFILE_WRITE_H
#define TRUST_PROFILE_WRITE_H

#include "trust/profile.h"

/* Back to the default: no value, or the word. */
bool	change_is_default(const struct setting_change *c);

/* profile_check on the profile as it stands and on each phone that uses it;
 * *advice is replaced. */
int	profile_users_check(struct db *db, const char *profile,
	    char **advice, struct err *e);

#endif
