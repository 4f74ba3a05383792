/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The settings of phones and profiles, as one table: name, where each may be
 * set, range, default, effect and help (spec/security-settings.md sections 4
 * and 5, spec/phone-files.md section 5).  Commands, completion, manual,
 * import, rendering and tests read it; nothing else lists settings.
 *
 * A value is kept in its canonical form: a word of the setting's list, a
 * decimal number, or text.  "" means none.
 */
#ifndef TRUST_SETTING_H
#define TRUST_SETTING_H

#include "db/params.h"
#include "db/rows.h"
#include "trust/model.h"

enum setting_id {
	/* security profile */
	SETTING_SECURITY_MODE,
	SETTING_TRANSPORT,
	SETTING_DIGEST_AUTH,
	SETTING_NONCE_VALIDITY,
	SETTING_ENC_CONFIG,
	SETTING_OAUTH,
	SETTING_EXCLUDE_DIGEST,
	SETTING_CAPF_AUTH_MODE,
	SETTING_KEY_ORDER,
	SETTING_RSA_KEY_SIZE,
	SETTING_EC_KEY_SIZE,
	SETTING_SIP_PHONE_PORT,
	SETTING_WHEN_READY,
	SETTING_WITHOUT_KEY,
	/* hardening */
	SETTING_SETTINGS_ACCESS,
	SETTING_WEB_ACCESS,
	SETTING_WEB_PROTOCOL,
	SETTING_TLS12_ONLY,
	SETTING_PC_PORT,
	SETTING_PC_VOICE_VLAN,
	SETTING_GARP,
	SETTING_SSH_ACCESS,
	SETTING_BUILTIN_BRIDGE,
	/* what the phone loads */
	SETTING_LOAD,
	SETTING_LOAD_SERVER,
	SETTING_IP_MODE,
	SETTING_USER_LOCALE,
	SETTING_USER_LOCALE_LANG,
	SETTING_USER_LOCALE_VERSION,
	SETTING_NETWORK_LOCALE,
	SETTING_NETWORK_LOCALE_VERSION,
	SETTING_DIAL_TEMPLATE,
	SETTING_SOFT_KEY_FILE,
	SETTING_FEATURE_POLICY,
	/* services */
	SETTING_AUTHENTICATION_URL,
	SETTING_DIRECTORY_URL,
	SETTING_IDLE_URL,
	SETTING_IDLE_TIMER,
	SETTING_INFORMATION_URL,
	SETTING_MESSAGES_URL,
	SETTING_SERVICES_URL,
	SETTING_SECURE_AUTHENTICATION_URL,
	SETTING_SECURE_DIRECTORY_URL,
	SETTING_SECURE_IDLE_URL,
	SETTING_SECURE_INFORMATION_URL,
	SETTING_SECURE_MESSAGES_URL,
	SETTING_SECURE_SERVICES_URL,
	/* when no server answers */
	SETTING_SRST_REFERENCE,
	/* the phone's own */
	SETTING_DIRECTORY_NUMBER,
	SETTING_DISPLAY_NAME,
	SETTING_DIGEST_USER,
	SETTING_SSH_USER,
	SETTING_CERT_OPERATION,
	SETTING_OPERATION_BY,
	SETTING_AUTH_STRING,
	SETTING_SYMMETRIC_KEY,
	SETTING_PHONE_PASSWORD,
	SETTING_SSH_PASSWORD,
	SETTING_N
};

enum setting_type {
	SETTING_BOOL,		/* words yes and no */
	SETTING_ENUM,		/* a word of the list */
	SETTING_INT,		/* min to max */
	SETTING_TEXT,		/* min to max characters, UTF-8 */
	SETTING_NAME,		/* the same of A-Z a-z 0-9 . _ - + * # @ */
	SETTING_FILE,		/* a file or folder phones ask for: relative,
				 * no "..", no blanks */
	SETTING_HOST,		/* a host name or an address */
	SETTING_URL,		/* http:// or https:// */
	SETTING_HTTPS_URL,	/* https:// */
	SETTING_TIME,		/* RFC 3339, YYYY-MM-DD HH (UTC),
				 * or YYYY-MM-DD: its end */
	SETTING_SECRET,		/* kept sealed in phone_secret, never shown */
};

enum setting_where {
	SETTING_IN_PROFILE	= 1 << 0,
	SETTING_IN_PHONE	= 1 << 1,
};

/*
 * What a model must be able to do for the setting to apply.  A setting that
 * would endanger a phone that cannot do it (mode, encrypted files, key order)
 * needs nothing here: profile_check() refuses it instead of ignoring it.
 */
enum setting_need {
	SETTING_NEEDS_NOTHING,
	SETTING_NEEDS_FACT,	/* model_can(fact) */
	SETTING_NEEDS_TLS12,	/* MODEL_TLS_MAX of 12 or more */
	SETTING_NEEDS_EXCLUDE_DIGEST,	/* struct model's member */
};

/* One word of SETTING_ENUM and SETTING_BOOL; the list ends with word NULL. */
struct setting_word {
	const char	*word;		/* "by-null-string" */
	const char	*name;		/* the reference's: "By Null String" */
	const char	*code;		/* what the phone's file says: "2" */
};

#define SETTING_NO_PARAM	PARAM_N

struct setting {
	enum setting_id	 id;
	const char	*option;	/* "device-security-mode" */
	const char	*name;		/* "Device Security Mode" */
	enum setting_type type;
	unsigned	 where;		/* enum setting_where */
	unsigned	 protocols;	/* bits 1 << enum phone_protocol */
	enum setting_need need;
	enum model_fact_id fact;	/* with SETTING_NEEDS_FACT */
	int64_t		 min, max;
	const struct setting_word *words;
	const char	*def;		/* canonical; "" none or derived */
	enum param_id	 param;		/* its default for all phones, or
					 * SETTING_NO_PARAM */
	const char	*unit;
	const char	*element;	/* in the phone's file, "" none */
	const char	*effect;	/* what it does, one sentence */
	const char	*source;	/* section, and marks as there */
};

/* The table, SETTING_N entries in order of id. */
const struct setting	*setting_table(void);
const struct setting	*setting_get(enum setting_id id);

/*
 * By option ("key-order", a leading "--" is taken), or by the reference's
 * name without regard to case, blanks and punctuation ("Key Order").  NULL.
 */
const struct setting	*setting_find(const char *name);

/* flags of the checks */
#define SETTING_ALLOW_WEAK	(1u << 0)	/* --allow-weak was given */

/*
 * Bring a value to its canonical form.  Words are also taken in the
 * reference's spelling; yes/no and enabled/disabled also as on, off, true and
 * false.  "" is taken where there may be none.  ERR_ARG with the range or the
 * words; ERR_REFUSED for a weak value, with the reason and the cure.
 */
int	setting_check(const struct setting *s, const char *value,
	    unsigned flags, char out[SETTING_VALUE_MAX + 1], struct err *e);

/* The word of a value; NULL for other types and values. */
const struct setting_word *setting_word(const struct setting *s,
	    const char *value);

/* The value as the reference shows it: "By Null String", "2048", "". */
const char	*setting_value_name(const struct setting *s,
		    const char *value);

/* The range for people: "non-secure|authenticated|encrypted", "1 to 65535". */
void	setting_range(const struct setting *s, char *out, size_t outlen);

/*
 * It acts on a configuration file of the administrator's own too: security
 * and hardening do, the rest of such a file is as it was given.
 */
bool	setting_in_own_file(const struct setting *s);

/* Model and protocol have it (a phone), or the protocol has (m NULL). */
bool	setting_applies(const struct setting *s, const struct model *m,
	    enum phone_protocol p);

#endif
