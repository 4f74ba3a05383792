/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What an administrator asks of phones through CAPF: an operation, how the
 * phone is to prove itself, and the kind of key (spec/security-settings.md
 * section 4).  All of it stands in the phone's settings afterwards; what
 * becomes of it is capf.h.
 */
#ifndef TRUST_CAPF_ASK_H
#define TRUST_CAPF_ASK_H

#include "trust/capf.h"
#include "trust/phone.h"

/* "Install/Upgrade", as the reference shows it. */
const char	*capf_operation_name(enum capf_operation op);

/* "auth-string" to the word of setting Authentication Mode.  NULL. */
const char	*capf_auth_word(const char *option);

/* A kind of key as words of the settings. */
struct capf_key {
	const char	*name;		/* "rsa2048" */
	const char	*order;		/* of Key Order */
	const char	*rsa, *ec;	/* sizes; one is NULL */
};
/* "rsa1024" to "rsa4096", "ec256" to "ec521"; NULL. */
const struct capf_key	*capf_key_find(const char *name);

/*
 * Authentication strings: what is typed in at a phone.  ERR_ARG unless 4 to 15
 * digits, with nothing of it in the text.  A fresh one has 8.
 */
#define CAPF_STRING_LEN	8
#define CAPF_STRING_MAX	15
int	capf_string_check(const char *s, struct err *e);
int	capf_string_make(const struct rng *rng, char out[CAPF_STRING_LEN + 1],
	    struct err *e);

struct capf_ask {
	enum capf_operation	 op;	/* never CAPF_OP_NONE */
	const char		*auth;	/* word of Authentication Mode; NULL: as
					 * it is for the phone */
	const struct capf_key	*key;	/* NULL: likewise */
	int64_t			 by;	/* 0: capf.operation_expires_days */
	unsigned		 flags;	/* SETTING_ALLOW_WEAK */
};

/* How a phone proves itself and its kind of key, as changes of its settings:
 * for roll-outs, which ask for the operation itself when it is its turn. */
#define CAPF_ASK_CHANGES	4
size_t	capf_ask_changes(const struct capf_ask *a,
	    struct setting_change c[CAPF_ASK_CHANGES]);

struct capf_look {
	bool	 same;		/* that is what is pending already */
	bool	 needs_string;	/* it has no authentication string, but has to */
	bool	 drops_string;	/* it has one that its mode does not take */
	bool	 waits;		/* it will be asked for just that, by a
				 * roll-out it waits in */
};
/*
 * Before the transaction: can it be asked of the phone?  now in seconds.
 * ERR_NOTFOUND: no such phone; ERR_REFUSED: another operation is pending, or
 * the same otherwise, or the phone has no certificate to show; each names the
 * cure.
 */
int	capf_ask_look(struct db *db, const struct profile_base *base,
	    const char *phone, const struct capf_ask *a, int64_t now,
	    struct capf_look *l, struct err *e);

/*
 * Is nothing asked of the phone, but perhaps that?  ERR_REFUSED with what is
 * pending and the cure.
 */
int	capf_ask_free(struct db *db, const struct profile_base *base,
	    const char *phone, enum capf_operation but, int64_t now,
	    struct err *e);

/*
 * Within a transaction, which has to undo what a failure leaves behind.
 * string: the one given or made, sealed for the phone; NULL: none, and one
 * that is there is kept where the mode takes it, else removed.  kr: K-cred,
 * with string.  r as phone_set(); r->advice also has what else works
 * otherwise than it looks.  Errors as capf_ask_look() and phone_set();
 * ERR_BUSY: it needs a string since it was looked at.
 */
int	capf_ask_put(struct db *db, const struct profile_base *base,
	    const char *phone, const struct capf_ask *a,
	    const struct phone_secret *string, const struct keyring *kr,
	    int64_t now, struct phone_result *r, struct err *e);

/* Within a transaction: nothing is asked of it any more, and its string is
 * gone.  r->changed false: nothing was.  ERR_NOTFOUND. */
int	capf_ask_cancel(struct db *db, const struct profile_base *base,
	    const char *phone, int64_t now, struct phone_result *r,
	    struct err *e);

#endif
