/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A plain file for a while, for a phone whose file is otherwise encrypted
 * (design "Files to phones"): the one exception, made by an owner, written
 * down, and over by itself.
 */
#ifndef TRUST_PHONE_PLAIN_H
#define TRUST_PHONE_PLAIN_H

#include "db/rows_plain.h"
#include "trust/profile.h"

#define PHONE_PLAIN_MAX_S	(24 * 3600)

/*
 * Within a transaction, p with all but the time of a row; until 0 ends it.
 * *changed: a row differs from before.  ERR_NOTFOUND: no such phone;
 * ERR_REFUSED: its profile asks for no encrypted file, or until has passed or
 * is more than 24 hours away.
 */
int	phone_plain_set(struct db *db, const struct profile_base *base,
	    const struct row_phone_plain *p, int64_t now, bool *changed,
	    struct err *e);

/*
 * What of the phone's own XML is left out of its file while that has no
 * secrets, now or when it has no key: one line for people, or NULL when
 * nothing is or the file is never such a one.  *advice is the caller's.
 */
int	phone_plain_advice(struct db *db, const struct profile_base *base,
	    const char *phone, int64_t now, char **advice, struct err *e);

#endif
