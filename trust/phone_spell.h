/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of phones as others write them: in another case
 * (spec/phone-files.md section 2), and within names of files.
 */
#ifndef TRUST_PHONE_SPELL_H
#define TRUST_PHONE_SPELL_H

#include "db/rows.h"

/*
 * The phone that is called name in any case, as it spells itself; of several
 * the one of exactly this name, else the first by strcmp.  ERR_NOTFOUND.
 */
int	phone_spelling(struct db *db, const char *name,
	    char out[PHONE_NAME_MAX + 1], struct err *e);

/*
 * The phones whose names stand in a path, in any case: those of SEP and an
 * address by the 12 digits of that, with one character between them or none;
 * others as words of the path, or anywhere in it from PHONE_SPELL_LONG
 * characters on, when no number is cut.  One call each per place, whether
 * there is such a phone or not for the first kind; until fn fails.
 */
#define PHONE_SPELL_LONG	6
typedef int	phone_named_fn(void *arg, struct db *db, const char *phone,
		    struct err *e);
int	phone_named_in(struct db *db, const char *path, phone_named_fn *fn,
	    void *arg, struct err *e);

/* Without a database: may one of the first kind stand in it? */
bool	phone_address_in(const char *path);

/* Are there phones of the second kind? */
int	phone_spell_free(struct db *db, bool *any, struct err *e);

#endif
