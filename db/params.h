/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parameters: rows per cluster or node over one table that says type, range,
 * default, unit, effect and help.
 */
#ifndef DB_PARAMS_H
#define DB_PARAMS_H

#include "db/db.h"

enum param_id {
	PARAM_ITL_DIGEST,		/* sha1 | sha512 */
	PARAM_ITL_SIGNER_VERSION,	/* 1.0 | 1.1 */
	PARAM_ITL_TFTP_ROLE,		/* ccm+tftp | tftp */
	PARAM_FILE_DIGEST,		/* sha1 | sha512: .sgn files */
	PARAM_FILES_SYMMETRIC,		/* no | yes: experimental */
	PARAM_TFTP_ROOT,		/* further roots, ':' separated, "" */
	PARAM_TFTP_CACHE,		/* memory | disk */
	PARAM_TFTP_CACHE_BYTES,		/* of a daemon's memory */
	PARAM_TFTP_MAX_TRANSFERS,	/* all together */
	PARAM_TFTP_MAX_PER_ADDRESS,
	PARAM_TFTP_TIMEOUT_MS,		/* first retransmission */
	PARAM_TFTP_TIMEOUT_MIN_MS,	/* shortest, when measured */
	PARAM_TFTP_RETRIES,
	PARAM_TFTP_LIFE_S,		/* longest transfer */
	PARAM_TFTP_BLKSIZE_MAX,		/* 512..65464 */
	PARAM_TFTP_WINDOWSIZE_MAX,	/* blocks */
	PARAM_HTTP_MAX_CONNECTIONS,
	PARAM_HTTP_MAX_PER_ADDRESS,
	PARAM_HTTP_HEAD_TIMEOUT_MS,	/* whole request head */
	PARAM_HTTP_IDLE_TIMEOUT_MS,	/* kept connections */
	PARAM_HTTP_MIN_RATE,		/* bytes per second while sending */
	PARAM_OBSERVED_RING,		/* fetches kept per device */
	PARAM_OBSERVED_DEVICES,		/* devices remembered */
	PARAM_TVS_MIN_VERSION,		/* 1.2 | 1.3 | 1.0 */
	PARAM_TVS_STATIC_RSA,		/* no | yes */
	PARAM_TVS_MAX_CONNECTIONS,
	PARAM_TVS_MAX_PER_ADDRESS,
	PARAM_TVS_HANDSHAKE_TIMEOUT_MS,
	PARAM_TVS_MESSAGE_TIMEOUT_MS,	/* a request; taking its answer */
	PARAM_TVS_IDLE_TIMEOUT_MS,
	PARAM_TVS_TTL,			/* seconds phones keep an answer */
	PARAM_TVS_TTL_APP_SERVER,	/* the same, of HTTPS servers */
	PARAM_TVS_ACCEPT_CHAINS,	/* no | https | all */
	PARAM_TVS_SERIAL_ALONE,		/* no | yes */
	PARAM_CAPF_MIN_VERSION,		/* 1.2 | 1.3 | 1.0 */
	PARAM_CAPF_STATIC_RSA,		/* no | yes */
	PARAM_CAPF_MAX_CONNECTIONS,
	PARAM_CAPF_MAX_PER_ADDRESS,
	PARAM_CAPF_HANDSHAKE_TIMEOUT_MS,
	PARAM_CAPF_REPLY_TIMEOUT_MS,	/* of a phone, but for making a key */
	PARAM_HTTPS_MIN_VERSION,	/* 1.2 | 1.3 | 1.0 */
	PARAM_HTTPS2_MIN_VERSION,	/* the same, of port 6972 */
	PARAM_HTTPS_PLAIN_SGN,		/* yes | no */
	PARAM_TFTP_ADDRESS,		/* where to listen: "", any, a list */
	PARAM_HTTP_ADDRESS,
	PARAM_HTTPS_ADDRESS,
	PARAM_HTTPS2_ADDRESS,
	PARAM_TVS_ADDRESS,
	PARAM_CAPF_ADDRESS,
	PARAM_TFTP_PORT,		/* 0: of the node's row */
	PARAM_HTTP_PORT,
	PARAM_HTTPS_PORT,
	PARAM_HTTPS2_PORT,
	PARAM_TVS_PORT,
	PARAM_CAPF_PORT,
	PARAM_SIP_PORT,
	PARAM_SIPS_PORT,
	PARAM_ROLE_VIEWER_GROUPS,	/* groups of accounts, ',' separated */
	PARAM_ROLE_OPERATOR_GROUPS,
	PARAM_ROLE_OWNER_GROUPS,

	/* enterprise and service parameters */
	PARAM_CLUSTER_ID,
	PARAM_ROLLBACK,
	PARAM_ENABLE_IPV6,
	PARAM_ITLRECOVERY_YEARS,
	PARAM_CERT_CHECK,
	PARAM_CERT_CHECK_HOURS,
	PARAM_CERT_OCSP,
	PARAM_TLS_CIPHERS,
	PARAM_SRTP_CIPHERS,
	PARAM_SIP_REALM,
	PARAM_SIP_PHONE_PORT,
	PARAM_SIP_PHONE_SECURE_PORT,
	PARAM_SCCP_PHONE_PORT,
	PARAM_SCCP_PHONE_SECURE_PORT,
	PARAM_AUTOREG_ENABLED,
	PARAM_AUTOREG_RANGE,
	PARAM_AUTOREG_NAMES,
	PARAM_AUTOREG_MAX,
	PARAM_AUTOREG_PER_MINUTE,
	PARAM_AUTOREG_PROFILE,
	PARAM_USER_PASSWORD_MIN,	/* characters */
	PARAM_USER_PIN_MIN,		/* digits */
	PARAM_USER_HASH_ROUNDS,
	PARAM_USER_MAX_TRIES,		/* of one user's password or PIN */
	PARAM_USER_MAX_TRIES_TOTAL,
	PARAM_USER_LOCK_MINUTES,
	PARAM_CERT_UPDATE,
	PARAM_CAPF_ISSUER,
	PARAM_CAPF_VALIDITY_DAYS,
	PARAM_CAPF_KEY_SIZE,
	PARAM_CAPF_KEYGEN_MINUTES,
	PARAM_CAPF_KEYGEN_ATTEMPTS,
	PARAM_CAPF_ONLINE_HOST,
	PARAM_CAPF_ONLINE_PORT,
	PARAM_CAPF_ONLINE_SCHEME,	/* https | http (SCEP alone) */
	PARAM_CAPF_ONLINE_PATH,
	PARAM_CAPF_ONLINE_USER,		/* password: a cluster_secret */
	PARAM_CAPF_EXEC,		/* program, "" none */
	PARAM_CAPF_KEEP_ALIVE,
	PARAM_CAPF_PHONE_PORT,
	PARAM_CAPF_OPERATION_DAYS,
	PARAM_CAPF_EXPIRED_MIC,		/* never | allow-list | always */
	PARAM_CAPF_SHA1,		/* no | yes */
	PARAM_PHONE_SECURITY_MODE,
	PARAM_PHONE_BUILTIN_BRIDGE,
	PARAM_PHONE_SETTINGS_ACCESS,
	PARAM_PHONE_WEB_ACCESS,
	PARAM_PHONE_WEB_PROTOCOL,
	PARAM_PHONE_TLS12_ONLY,
	PARAM_PHONE_PC_PORT,
	PARAM_PHONE_PC_VOICE_VLAN,
	PARAM_PHONE_GARP,
	PARAM_PHONE_SSH_ACCESS,
	PARAM_PHONE_USER_LOCALE,
	PARAM_PHONE_USER_LOCALE_VERSION,
	PARAM_PHONE_NETWORK_LOCALE,
	PARAM_PHONE_NETWORK_LOCALE_VERSION,
	PARAM_PHONE_AUTHENTICATION_URL,
	PARAM_PHONE_DIRECTORY_URL,
	PARAM_PHONE_IDLE_URL,
	PARAM_PHONE_INFORMATION_URL,
	PARAM_PHONE_MESSAGES_URL,
	PARAM_PHONE_SERVICES_URL,
	PARAM_PHONE_SECURED_AUTHENTICATION_URL,
	PARAM_PHONE_SECURED_DIRECTORY_URL,
	PARAM_PHONE_SECURED_IDLE_URL,
	PARAM_PHONE_SECURED_INFORMATION_URL,
	PARAM_PHONE_SECURED_MESSAGES_URL,
	PARAM_PHONE_SECURED_SERVICES_URL,
	PARAM_PHONE_IDLE_TIMER,
	PARAM_PHONE_LOADS,		/* firmware by model */
	PARAM_CERT_ORGANIZATION,	/* subject of new certificates */
	PARAM_CERT_ORGANIZATIONAL_UNIT,
	PARAM_CERT_LOCALITY,
	PARAM_CERT_STATE,
	PARAM_CERT_COUNTRY,
	PARAM_CERT_KEEP_DAYS,		/* retired and removed ones */
	PARAM_SRST_CHECK_HOURS,
	PARAM_ALARM_DAYS,		/* before the end, ',' separated */
	PARAM_ALARM_LSC,
	PARAM_ALARM_EXEC,		/* program, "" none */
	PARAM_ALARM_WEBHOOK,		/* URL, "" none */
	PARAM_ALARM_MAIL_TO,		/* addresses, ',' separated, "" none */
	PARAM_ALARM_MAIL_FROM,
	PARAM_ALARM_SMTP_URL,
	PARAM_ALARM_SMTP_TLS,		/* required | none */
	PARAM_ALARM_SMTP_USER,		/* password: a cluster_secret */
	PARAM_N
};

enum param_type { PARAM_INT, PARAM_ENUM, PARAM_TEXT };
enum param_scope { PARAM_CLUSTER, PARAM_NODE };	/* NODE: may differ per node */

#define PARAM_ADDRESSES_MAX	16	/* in one parameter NAME.address */

struct param_def {
	enum param_id	 id;
	const char	*name;		/* "itl.digest" */
	enum param_type	 type;
	enum param_scope scope;
	int64_t		 min, max;	/* INT: range; TEXT: lengths */
	const char	*values;	/* ENUM: "sha1|sha512" */
	const char	*def;		/* default, as text */
	const char	*unit;		/* "ms", "bytes", ... or "" */
	const char	*effect;	/* what a change does, when */
	const char	*help;		/* one sentence */
};

/* The table, PARAM_N entries in order of id. */
const struct param_def	*param_table(void);

/* By name, exact then without case; NULL. */
const struct param_def	*param_find(const char *name);

/* Check a value and write its canonical form (free()).  ERR_ARG. */
int	param_check(const struct param_def *d, const char *value,
	    char **canonical, struct err *e);

/*
 * Within a transaction.  node "" = cluster-wide; ERR_ARG for a node when the
 * parameter is the cluster's.  Same value: no row changes, *changed false.
 * A value equal to the one that holds without the row (the default; for a
 * node's row the cluster's value) removes it.
 */
int	param_set(struct db *db, const struct param_def *d, const char *node,
	    const char *value, int64_t now, bool *changed, struct err *e);

/*
 * Effective value: node's row, else the cluster's, else the default; a row
 * that this version would refuse does not count.  Fresh text (free()).
 */
char	*param_get(struct db *db, enum param_id id, const char *node,
	    struct err *e);
/* When that value was set; 0 for the default. */
int	param_changed_at(struct db *db, enum param_id id, const char *node,
	    int64_t *at, struct err *e);
int	param_get_i64(struct db *db, enum param_id id, const char *node,
	    int64_t *v, struct err *e);

#endif
