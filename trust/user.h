/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * End users, application users and their digest credentials
 * (spec/security-settings.md section 8): a phone names its digest user, and answers challenges with that user's
 * credentials.  A user has at most one set for each realm and one for any; a
 * phone's file takes that of the realm that challenges phones (parameter
 * sip.station_realm), else that for any.  No phone names an application user.
 */
#ifndef TRUST_USER_H
#define TRUST_USER_H

#include "db/keyring.h"
#include "db/rows.h"
#include "db/rows_hash.h"

#define USER_NAME_MAX	128
#define DIGEST_TEXT_MAX	128

/* What names and realms are, with the most characters they have: for who may
 * not show the one that is wrong. */
#define USER_NAME_RULE	"a user's name: 1 to %d of A-Z a-z 0-9 . _ - + * # @"
#define USER_REALM_RULE	"a realm: 1 to %d of A-Z a-z 0-9 . - _ and blanks " \
			"within, as in parameter sip.station_realm"

/* A name: 1 to 128 of A-Z a-z 0-9 . _ - + * # @, as setting Digest User.
 * ERR_ARG. */
int	user_name(const char *s, char out[USER_NAME_MAX + 1],
	    struct err *e);

/* Credentials: 1 to 128 printable ASCII characters without ".  ERR_ARG, with
 * nothing of them in the text. */
int	user_digest_check(const char *text, struct err *e);

/* "" for any realm, else 1 to 127 letters, digits, . - _ and blanks within.
 * ERR_ARG. */
int	user_realm_check(const char *realm, struct err *e);

/* The credentials for a realm, else those for any; row_credential_clear() it.
 * ERR_NOTFOUND: there are neither. */
int	user_digest_for(struct db *db, const char *name, const char *realm,
	    struct row_credential *c, struct err *e);

struct user_spec {
	enum credential_kind kind;
	const char	*name;
	const char	*description;	/* NULL: none / unchanged */
	const char	*digest;	/* credentials, NULL: none / unchanged */
	const char	*realm;		/* of digest or no_digest; NULL: any */
	const uint8_t	*sealed;	/* those, by sealed_digest() */
	size_t		 len;
	bool		 no_digest;	/* remove those of realm */
	const struct keyring *kr;	/* K-cred, with digest */
};

/*
 * Within a transaction.  user_add: a user that is there with the values given
 * is left alone, with others ERR_EXISTS.  user_set: ERR_NOTFOUND.
 * *nphone: how many phones have it as their digest user.  ERR_ARG: a value;
 * ERR_REFUSED: phones need the credentials that are to go.
 */
int	user_add(struct db *db, const struct user_spec *s, int64_t now,
	    bool *changed, struct err *e);
int	user_set(struct db *db, const struct user_spec *s, int64_t now,
	    bool *changed, int64_t *nphone, struct err *e);

/* ERR_REFUSED while phones use it: names some and counts them; also those it
 * is logged in at, those that get it back when another one logs out, and
 * CAPF profiles of its clients.
 * removable says so without doing it. */
int	user_removable(struct db *db, enum credential_kind kind,
	    const char *name, struct err *e);
int	user_remove(struct db *db, enum credential_kind kind,
	    const char *name, struct err *e);

/* One of a kind, by name as typed.  ERR_NOTFOUND with the cure. */
int	user_get(struct db *db, enum credential_kind kind, const char *typed,
	    struct row_user *u, struct err *e);

/*
 * A digest user serves one phone: *advice (fresh text or NULL) says that
 * others beside phone have that one, in the same words for each of them.
 */
int	user_shared(struct db *db, const char *name, const char *phone,
	    char **advice, struct err *e);

/*
 * Within a transaction that changed sip.station_realm: ERR_REFUSED when phones
 * would be left without the credentials they answer with now; names the first
 * user with its phones, and the cure.
 */
int	user_realm_changed(struct db *db, struct err *e);

/* The phones that have it as their digest user, in order of name; *rows is the
 * caller's (free()). */
int	user_phones(struct db *db, const char *name,
	    struct row_phone_name **rows, size_t *n, struct err *e);

#endif
