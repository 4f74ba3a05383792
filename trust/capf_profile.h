/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * CAPF profiles of application users and end users: certificates of CTI
 * clients, one for each instance of a client (spec/security-settings.md
 * section 5.3).  They prove themselves by an authentication string, always.
 */
#ifndef TRUST_CAPF_PROFILE_H
#define TRUST_CAPF_PROFILE_H

#include "trust/capf_ask.h"

/* A kind by its word, "application" or "user"; CAPF_KIND_N for others. */
enum capf_kind	capf_profile_kind(const char *word);

/* Whose profile: name as users have it (user_name()), instance 1 to 128 of
 * A-Z a-z 0-9.  ERR_ARG. */
int	capf_profile_owner(struct capf_owner *o, enum capf_kind kind,
	    const char *name, const char *instance, struct err *e);

struct capf_profile_spec {
	struct capf_owner owner;
	const char	*operation;	/* word of Certificate Operation, none
					 * or installation; NULL: none /
					 * unchanged */
	const char	*key_order, *rsa, *ec;	/* words of the settings; NULL:
					 * default / unchanged */
	int64_t		 by;		/* 0: capf.operation_expires_days from
					 * when it is asked for / unchanged */
	const char	*string;	/* NULL: none / unchanged */
	const uint8_t	*sealed;	/* that, by sealed_cti() */
	size_t		 len;
	bool		 no_string;	/* remove it */
	unsigned	 flags;		/* SETTING_ALLOW_WEAK */
	const struct keyring *kr;	/* K-cred, with string */
};

/*
 * Within a transaction.  add: one that is there with the values given is left
 * alone, with others ERR_EXISTS; set: ERR_NOTFOUND.  *changed: a value is
 * another.  ERR_ARG: values, and a new USER.INSTANCE that no certificate can
 * bear (lsc_device_check()); ERR_NOTFOUND: no such user; ERR_REFUSED: a weak
 * key, sizes that do not go with the order, an installation without a string,
 * a user of the other kind with the same name and instance, or a phone of that
 * name, which a client cannot be told apart from.
 */
int	capf_profile_add(struct db *db, const struct capf_profile_spec *s,
	    int64_t now, bool *changed, struct err *e);
int	capf_profile_set(struct db *db, const struct capf_profile_spec *s,
	    int64_t now, bool *changed, struct err *e);
/* Its certificates stay: they are the client's. */
int	capf_profile_remove(struct db *db, const struct capf_owner *o,
	    struct err *e);
/* row_capf_profile_clear() it.  ERR_NOTFOUND, with the cure. */
int	capf_profile_get(struct db *db, const struct capf_owner *o,
	    struct row_capf_profile *p, struct err *e);

/* ERR_REFUSED: a client has that name, for whoever adds a phone with it. */
int	capf_client_none(struct db *db, const char *phone, struct err *e);

#endif
