/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone security profiles, the settings of phones, and what comes out of
 * both: the value of every setting for one phone, which is what rendering
 * reads.  A phone's own value counts before its profile's, that before the
 * parameter for all phones, that before the model's and the table's default.
 *
 * Each protocol has a predefined non-secure profile, which is in no row, has
 * all defaults but never another security mode, and cannot be changed or
 * removed; phones store it as "".
 */
#ifndef TRUST_PROFILE_H
#define TRUST_PROFILE_H

#include "trust/setting.h"

/* --- the value of every setting --- */

enum setting_from {
	FROM_DEFAULT,		/* the table */
	FROM_DERIVED,		/* from another setting */
	FROM_MODEL,
	FROM_PARAM,		/* enterprise or service parameter */
	FROM_PROFILE,
	FROM_PHONE,
};
const char	*setting_from_name(enum setting_from f);

/*
 * All profiles and the parameters behind settings, as they were at one
 * moment: read once, used for many phones by any number of readers of the
 * same thread.  A change row "profile" or "parameter" makes it old.
 * *b is the caller's (profile_base_free()).
 */
struct profile_base;
int	profile_base_load(struct profile_base **b, struct db *db,
	    struct err *e);
void	profile_base_free(struct profile_base *b);

struct phone_effective {
	struct row_phone	 phone;
	const struct model	*model;		/* never NULL */
	char			 profile[PROFILE_NAME_MAX + 1];	/* full name */
	/* Never NULL, canonical.  "" for none, and for every secret: those
	 * are read by row_secret_get(); from is FROM_PHONE when there is
	 * one.  Borrowed: from the table, from base or from own. */
	const char		*value[SETTING_N];
	enum setting_from	 from[SETTING_N];
	/* What the profile says and the phone's model or protocol does not
	 * have; NULL else.  Borrowed as well. */
	const char		*ignored[SETTING_N];
	int64_t			 changed_at;	/* newest of phone, profile,
						 * digest user and parameters
						 * that give a value */
	/* facts that the checks need */
	enum phone_protocol	 profile_protocol;
	bool			 user_known;	/* the digest user's row */
	bool			 user_has_digest; /* that the phone can use */
	bool			 srst_known;	/* its SRST reference's row */
	bool			 has_certificate;	/* a current one of
						 * CAPF's */
	bool			 was_ready;	/* it had a key to encrypt for,
						 * and waits no more; told by
						 * who reads device_key.h */
	bool			 was_revoked;	/* ... and that was taken from
						 * it; likewise */
	bool			 symmetric_on;	/* parameter
						 * files.symmetric_encryption; read
						 * with encrypted files and a
						 * Symmetric Key */
	bool			 has_rsa_mic;	/* looked at where the rules
						 * ask: encrypted files, and
						 * EC keys only */
	bool			 ec_lists;	/* parameter
						 * itl.signer_version is 1.1:
						 * phones can make EC keys
						 * (spec/capf.md section 9) */

	struct row_setting	*own;		/* what value points to */
	size_t			 nown;
	const struct profile_base *base;
	struct profile_base	*own_base;	/* NULL: the caller's */
};

/*
 * Everything about one phone in one call.  base NULL: read for this call;
 * else it is borrowed until phone_effective_clear().  A setting that does not
 * apply to the phone's model and protocol has its default.  A row of a
 * setting that this version does not know or would refuse does not count.
 * A profile that is gone counts as the predefined one.  ERR_NOTFOUND: no
 * such phone.
 */
int	phone_effective_load(struct phone_effective *x, struct db *db,
	    const struct profile_base *base, const char *name,
	    struct err *e);

/* The same for a phone that has no row, or not yet: p with its name, model,
 * protocol and profile; settings and secrets that are stored under the name
 * count. */
int	phone_effective_of(struct phone_effective *x, struct db *db,
	    const struct profile_base *base, const struct row_phone *p,
	    struct err *e);

/* The values of a profile ("" or a full name), for no phone and any model.
 * ERR_NOTFOUND. */
int	profile_effective(struct phone_effective *x, struct db *db,
	    const struct profile_base *base, const char *profile,
	    enum phone_protocol protocol, struct err *e);
void	phone_effective_clear(struct phone_effective *x);

/* Short ways to read: the word is that one; yes; the number; what the phone's
 * file says for the word ("" for settings without words). */
bool		 effective_is(const struct phone_effective *x,
		    enum setting_id id, const char *word);
bool		 effective_yes(const struct phone_effective *x,
		    enum setting_id id);
/* Its file stays as it is until the phone has a key, which it has not had. */
bool		 effective_waits(const struct phone_effective *x);
/* Its file may hold one when it is whole.  One of its own says nobody. */
bool		 effective_has_passwords(const struct phone_effective *x);
int64_t		 effective_int(const struct phone_effective *x,
		    enum setting_id id);
const char	*effective_code(const struct phone_effective *x,
		    enum setting_id id);

/* --- the rules between settings: one function for every way in --- */

/*
 * Whether the values go together and with model and protocol.  Of several
 * faults the first in the order of the spec's table.  *advice (fresh text or
 * NULL, free()): what works otherwise than it looks, one line each.
 * ERR_REFUSED: names both settings and the cure; "not applicable to
 * MODEL/PROTOCOL" where the phone cannot do it.
 */
int	profile_check(const struct phone_effective *x, char **advice,
	    struct err *e);

/*
 * Whether the phone can have its security mode at all: not before it has its
 * certificate, unless Secure When Ready lets it wait.  For whoever gives a
 * phone another mode, and not part of profile_check(): a phone that has lost
 * its certificate must still be changeable.  ERR_REFUSED, with the cure.
 */
int	profile_ready_check(const struct phone_effective *x, struct err *e);

/* The required message about encryption and the built-in bridge. */
extern const char	profile_bridge_message[];

/* --- changing --- */

/* One setting as typed; value NULL or "default": back to the default. */
struct setting_change {
	const struct setting	*setting;
	const char		*value;
};

/*
 * Within a transaction: the settings of a phone that has its row.  Values are
 * checked and brought to canonical form, written, and the whole checked as by
 * profile_check; a failure leaves rows behind for the transaction to undo.
 * *changed: a row differs from before; the phone's row is then put with
 * changed_at now.  Secrets are not among them: whoever sealed one
 * puts it with row_secret_put(), the phone's row, and calls phone_check().
 * *advice as profile_check; must be NULL or the
 * text of an earlier run, which is released.
 * ERR_ARG: value; ERR_REFUSED: rules, and settings that only profiles have.
 */
int	phone_settings_set(struct db *db, const struct profile_base *base,
	    const char *phone, const struct setting_change *c, size_t n,
	    unsigned flags, int64_t now, bool *changed, char **advice,
	    struct err *e);

/* Within a transaction: the phone's row as it stands (model, protocol,
 * profile) with its settings, as profile_check; for whoever changed it.  A
 * setting of its own that does not apply is ERR_REFUSED as well. */
int	phone_check(struct db *db, const struct profile_base *base,
	    const char *phone, char **advice, struct err *e);

/* The same for a phone that is new, or whose mode is: with
 * profile_ready_check(). */
int	phone_check_new(struct db *db, const struct profile_base *base,
	    const char *phone, char **advice, struct err *e);

/* Name of the predefined profile of a protocol; whether it is one. */
const char	*profile_predefined(enum phone_protocol p);
bool		 profile_is_predefined(const char *name,
		    enum phone_protocol *p);

/* A name as rows have it: 1 to 64 of A-Z a-z 0-9 blank . - _ ( ) /, no blank
 * at the ends.  ERR_ARG. */
int	profile_name(const char *s, char out[PROFILE_NAME_MAX + 1],
	    struct err *e);

/* 0 to 50 characters, none of " % & \ < > or control, nor PHONE_CELL_NONE,
 * which an import would take for none.  ERR_ARG. */
int	description_check(const char *s, char out[DESCRIPTION_LEN],
	    struct err *e);

/*
 * A name as typed to what phone rows store ("" for a predefined one).
 * ERR_NOTFOUND: no such profile, with the cure; ERR_REFUSED: it is for the
 * other protocol.
 */
int	profile_resolve(struct db *db, const char *name,
	    enum phone_protocol p, char out[PROFILE_NAME_MAX + 1],
	    struct err *e);

struct profile_spec {
	const char		*name;
	int			 protocol;	/* enum, -1: SIP / unchanged */
	const char		*description;	/* NULL: none / unchanged */
	const struct setting_change *change;
	size_t			 nchange;
	unsigned		 flags;		/* SETTING_ALLOW_WEAK */
	bool			 may_open;	/* see opened; else
						 * ERR_REFUSED */
};

struct profile_result {
	bool		 changed;
	int64_t		 opened;	/* phones whose file, which was
					 * encrypted or short, gives their
					 * passwords to who asks */
	int64_t		 nphone;	/* whose configuration it is */
	char		*advice;	/* profile_result_clear() */
};
void	profile_result_clear(struct profile_result *r);

/*
 * Within a transaction.  r must be zeroed, or that of an earlier run of the
 * same transaction.  Every phone that uses the profile is checked with it:
 * ERR_REFUSED names the first one that could not work.
 * profile_add: one that is there with the same values is left alone, with
 * others ERR_EXISTS.  profile_set: the protocol of a profile in use cannot
 * change.  ERR_REFUSED for the predefined ones.
 */
int	profile_add(struct db *db, const struct profile_spec *s, int64_t now,
	    struct profile_result *r, struct err *e);
int	profile_set(struct db *db, const struct profile_spec *s, int64_t now,
	    struct profile_result *r, struct err *e);
/* to gets protocol, description and settings of from (a predefined one too).
 * As profile_add when to is there. */
int	profile_copy(struct db *db, const char *from, const char *to,
	    int64_t now, struct profile_result *r, struct err *e);
/* Its phones go along. */
int	profile_rename(struct db *db, const char *from, const char *to,
	    int64_t now, struct profile_result *r, struct err *e);
/* ERR_REFUSED while phones use it: names some and counts them.  removable
 * says so without doing it. */
int	profile_removable(struct db *db, const char *name, struct err *e);
int	profile_remove(struct db *db, const char *name, struct err *e);

/*
 * Within a transaction that changed parameter id: every phone whose profile
 * could act differently by it, or whose digest user, is checked.  ERR_REFUSED names the first that
 * could not work.  *advice as profile_check, where the parameter's value is
 * the one that counts; the bridge's message with the number of its phones;
 * and a model of phone.loads that is not known.
 */
int	profile_param_check(struct db *db, enum param_id id, char **advice,
	    struct err *e);

/* --- ready-made sets of settings --- */

struct template_value {
	enum setting_id	 id;
	const char	*value;
};
struct profile_template {
	const char		*name;		/* "hardened" */
	const char		*help;
	const struct template_value *set;	/* ends with value NULL */
};
/* "plain", "hardened", "secure-when-ready"; ends with name NULL. */
const struct profile_template	*profile_templates(void);
const struct profile_template	*profile_template_find(const char *name);

#endif
