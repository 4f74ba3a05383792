/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones: adding, changing, copying, removing.  What a command,
 * an import or a copy says of a phone is a struct phone_spec; one function
 * writes it.
 */
#ifndef TRUST_PHONE_H
#define TRUST_PHONE_H

#include "db/keyring.h"
#include "db/rows.h"
#include "trust/profile.h"

#define PHONE_MODEL_MAX	31

/* A setting of type SETTING_SECRET: the text, and that sealed for the phone
 * (trust/sealed.h); both NULL: remove it. */
struct phone_secret {
	const struct setting	*setting;
	const char		*text;
	const uint8_t		*sealed;
	size_t			 len;
};

struct phone_spec {
	const char	*name;
	const char	*model;		/* NULL: unknown / unchanged */
	const char	*protocol;	/* NULL: SIP / unchanged */
	const char	*profile;	/* NULL: unchanged; "", "default": the
					 * predefined one */
	const char	*description;	/* NULL: none / unchanged */
	const uint8_t	*xml;		/* NULL: none / unchanged */
	size_t		 xmllen;
	const char	*xml_name;	/* for messages */
	bool		 no_xml;	/* remove the phone's own */
	const struct setting_change *change;	/* no secrets */
	size_t		 nchange;
	unsigned	 flags;		/* SETTING_ALLOW_WEAK */
	const struct phone_secret *secret;
	size_t		 nsecret;
	const struct keyring *kr;	/* K-cred, with secrets */
	enum phone_origin origin;	/* of one that is added */
	bool		 may_open;	/* its passwords may become readable,
					 * see opened; else ERR_REFUSED */
	const struct profile_base *base;	/* NULL: read for this call */
};

struct phone_result {
	char	 name[PHONE_NAME_MAX + 1];	/* canonical */
	bool	 added, changed;
	bool	 opened;		/* its file, which was encrypted or
					 * short, gives its passwords to who
					 * asks (phone_guard.h) */
	char	*advice;		/* as render_check and profile_check;
					 * phone_result_clear() */
};
void	phone_result_clear(struct phone_result *r);

/*
 * Within a transaction, which has to undo what a failure leaves behind.  r
 * must be zeroed, or that of an earlier run of the same transaction.  What
 * comes out is checked as a whole (phone_check()) unless nothing changed.
 * phone_set: the phone must be there, else ERR_NOTFOUND.  phone_put: it is
 * added when it is not.  ERR_ARG: name, model, value; ERR_REFUSED: rules;
 * ERR_NOTFOUND: no such profile; else render_check's.
 */
int	phone_set(struct db *db, const struct phone_spec *s, int64_t now,
	    struct phone_result *r, struct err *e);
int	phone_put(struct db *db, const struct phone_spec *s, int64_t now,
	    struct phone_result *r, struct err *e);

/*
 * The same for a phone that is not there yet; one that is, with the values
 * that s gives, is left as it is (*added false), with others ERR_EXISTS: the
 * text says what differs and how to change it.  *advice must be NULL or the
 * text of an earlier run of the same transaction, which is released.
 */
int	phone_add(struct db *db, const struct phone_spec *s, int64_t now,
	    bool *added, char **advice, struct err *e);

/*
 * Within a transaction: to becomes a phone with the model, protocol, profile,
 * settings and own file of from, and the secrets given (sealed for to); its
 * description is its own.  As phone_add when to is there.
 */
int	phone_copy(struct db *db, const char *from, const char *to,
	    const struct phone_secret *secret, size_t nsecret,
	    const struct keyring *kr, int64_t now, struct phone_result *r,
	    struct err *e);

/* Within a transaction.  ERR_NOTFOUND: no such phone. */
int	phone_remove(struct db *db, const char *name, struct err *e);

/* What that is, with the most characters that follow the letter. */
#define PHONE_NAME_RULE	"a phone name: a letter, then at most %d of A-Z a-z " \
			"0-9 . _ -, such as SEP0011223344AA"

/* A phone's name as stored.  ERR_ARG. */
int	phone_name(const char *s, char out[PHONE_NAME_MAX + 1],
	    struct err *e);

/*
 * Model as stored: "8861", "CP-8861", "Cisco 8861" and "Cisco IP Phone 8861"
 * -> "8861", "8851nr" -> "8851NR".  ERR_ARG unless [A-Za-z0-9.-]{1,31}.
 */
int	phone_model(const char *s, char out[32], struct err *e);

#endif
