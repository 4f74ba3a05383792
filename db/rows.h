/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed rows: every SQL statement of the product stands behind these calls.
 * Getters fill a struct whose pointers are owned by it; *_clear releases.
 * Functions that write run within db_tx and add the change rows.
 * ERR_NOTFOUND when a row that was asked for is not there.
 */
#ifndef DB_ROWS_H
#define DB_ROWS_H

#include "db/db.h"

#define SHA256_LEN	32
#define CLUSTER_NAME_MAX	50	/* security-settings.md section 6 */
#define NODE_NAME_MAX	63

/* --- cluster: one row --- */
struct row_cluster {
	char		 name[CLUSTER_NAME_MAX + 1];
	char		 uuid[37];
	int64_t		 created_at;
	bool		 test;		/* node init --test */
};
int	row_cluster_get(struct db *db, struct row_cluster *c, struct err *e);
int	row_cluster_put(struct db *db, const struct row_cluster *c,
	    struct err *e);

/* --- node --- */
enum node_port {		/* advertised ports, in this order in the row */
	PORT_TFTP,		/* 69 udp */
	PORT_HTTP,		/* 6970 */
	PORT_HTTPS,		/* 6971 */
	PORT_HTTPS2,		/* 6972 */
	PORT_TVS,		/* 2445 */
	PORT_CAPF,		/* 3804 */
	PORT_SIP,		/* 5060 */
	PORT_SIPS,		/* 5061 */
	PORT_CLUSTER,		/* 2444 */
	PORT_N
};
extern const char *const node_port_name[PORT_N];	/* "tftp", ... */
extern const uint16_t node_port_default[PORT_N];

struct row_node {
	char		 name[NODE_NAME_MAX + 1];
	char		 uuid[37];
	int64_t		 joined_at;
	int64_t		 changed_at;
	uint16_t	 port[PORT_N];	/* offset already added */
};
int	row_node_get(struct db *db, const char *name, struct row_node *n,
	    struct err *e);
int	row_node_put(struct db *db, const struct row_node *n, struct err *e);
/* All nodes, ORDER BY joined_at, name.  *rows is the caller's (free()). */
int	row_node_list(struct db *db, struct row_node **rows, size_t *n,
	    struct err *e);

/* Names and addresses of a node, in the administrator's order. */
struct row_node_name {
	bool		 is_ip;
	char		 text[256];
};
int	row_node_names_get(struct db *db, const char *node,
	    struct row_node_name **rows, size_t *n, struct err *e);
int	row_node_names_put(struct db *db, const char *node,
	    const struct row_node_name *rows, size_t n, struct err *e);

/* --- key: sealed private keys; AAD = "key", "sealed", id --- */
int	row_key_put(struct db *db, const uint8_t id[SHA256_LEN],
	    const char *type, const uint8_t *sealed, size_t len,
	    int64_t created_at, struct err *e);
/* *sealed is the caller's (free()). */
int	row_key_get(struct db *db, const uint8_t id[SHA256_LEN],
	    uint8_t **sealed, size_t *len, struct err *e);

/* --- certificate --- */
struct row_cert {
	uint8_t		 sha256[SHA256_LEN];
	uint8_t		*der;
	size_t		 derlen;
	char		*subject, *issuer;	/* ';' style */
	uint8_t		 serial[64];
	size_t		 seriallen;
	uint8_t		 key_id[SHA256_LEN];	/* of its public key */
	uint8_t		 ski[64];
	size_t		 skilen;
	int64_t		 not_before, not_after;
};
int	row_cert_put(struct db *db, const struct row_cert *c, struct err *e);
int	row_cert_get(struct db *db, const uint8_t sha256[SHA256_LEN],
	    struct row_cert *c, struct err *e);
void	row_cert_clear(struct row_cert *c);

/* --- own certificates --- */
enum own_stage {
	OWN_ANNOUNCED,		/* listed beside the active one */
	OWN_ACTIVE,		/* signs */
	OWN_RETIRED,		/* kept, sealed, for phones that slept */
};
struct row_own {
	char		 unit[32];
	char		 node[NODE_NAME_MAX + 1];	/* "" cluster-wide */
	uint8_t		 sha256[SHA256_LEN];
	enum own_stage	 stage;
	int64_t		 generation;	/* 1, 2, ... per unit and node */
	int64_t		 staged_at;	/* announced; of a retired one: when */
	int64_t		 activated_at;	/* 0: not yet */
};
/* Refuses (ERR_BADSTATE) a second active row of a unit and node. */
int	row_own_put(struct db *db, const struct row_own *o, struct err *e);
int	row_own_active(struct db *db, const char *unit, const char *node,
	    struct row_own *o, struct err *e);
/* Rows of a stage (or of all, stage -1) and unit (NULL: all), ORDER BY unit,
 * node, generation. */
int	row_own_list(struct db *db, const char *unit, int stage,
	    struct row_own **rows, size_t *n, struct err *e);

/* Its rows, whatever the stage; ORDER BY unit, node; *rows is the caller's. */
int	row_own_of_cert(struct db *db, const uint8_t sha256[SHA256_LEN],
	    struct row_own **rows, size_t *n, struct err *e);
int	row_own_remove(struct db *db, const char *unit, const char *node,
	    const uint8_t sha256[SHA256_LEN], struct err *e);
/* What nothing needs any more: a key without own row and CSR, a certificate
 * that no row names.  What is still needed, or not there, is no error. */
int	row_key_remove(struct db *db, const uint8_t id[SHA256_LEN],
	    struct err *e);
int	row_cert_remove(struct db *db, const uint8_t sha256[SHA256_LEN],
	    struct err *e);
/* Certificates of that serial number, at most max; each row_cert_clear(),
 * then free(*rows). */
int	row_cert_by_serial(struct db *db, const uint8_t *serial, size_t len,
	    size_t max, struct row_cert **rows, size_t *n, struct err *e);

/* Their names alone, in order of sha256, where there may be very many.  Stops
 * when fn returns non-ERR_OK and returns that. */
typedef int	row_cert_names_fn(void *arg, const uint8_t sha256[SHA256_LEN],
		    const char *subject, const char *issuer, struct err *e);
int	row_cert_names_by_serial(struct db *db, const uint8_t *serial,
	    size_t len, size_t max, row_cert_names_fn *fn, void *arg,
	    struct err *e);

/* Those of that subject, those that end last first. */
int	row_cert_by_subject(struct db *db, const char *subject, size_t max,
	    struct row_cert **rows, size_t *n, struct err *e);

/*
 * --- trust: certificates of others, by the store of a unit ---
 * A removed one stays as a tombstone (removed_at) until it is purged, so
 * that it can come back and replicas agree.  The certificate row stands
 * apart: row_cert_put first.
 */
#define TRUST_UNIT_MAX	32
#define TRUST_NAME_MAX	128
#define TRUST_NOTE_MAX	255

struct row_trust {
	char		 unit[TRUST_UNIT_MAX];	/* "CallManager-trust" */
	uint8_t		 sha256[SHA256_LEN];
	char		 name[TRUST_NAME_MAX + 1];	/* file stem in listings */
	char		 origin[TRUST_NAME_MAX + 1];	/* who brought it */
	char		 note[TRUST_NOTE_MAX + 1];
	int64_t		 ttl;		/* seconds in TVS answers; 0 default */
	int64_t		 added_at;
	int64_t		 removed_at;	/* 0: trusted */
};
/* Insert or replace; change row "trust", key the unit. */
int	row_trust_put(struct db *db, const struct row_trust *t,
	    struct err *e);
/* Tombstones are found too. */
int	row_trust_get(struct db *db, const char *unit,
	    const uint8_t sha256[SHA256_LEN], struct row_trust *t,
	    struct err *e);
/* Trusted ones, or the tombstones; of a unit (NULL: all) and a certificate
 * (NULL: all); ORDER BY unit, name, sha256.  *rows is the caller's. */
int	row_trust_list(struct db *db, const char *unit,
	    const uint8_t *sha256, bool removed, struct row_trust **rows,
	    size_t *n, struct err *e);
/* Its rows, tombstones too; ORDER BY unit; *rows is the caller's. */
int	row_trust_of_cert(struct db *db, const uint8_t sha256[SHA256_LEN],
	    struct row_trust **rows, size_t *n, struct err *e);
int	row_trust_count(struct db *db, const char *unit, int64_t *n,
	    struct err *e);
/* Tombstones older than that; *rows is the caller's. */
int	row_trust_removed_before(struct db *db, int64_t before,
	    struct row_trust **rows, size_t *n, struct err *e);
/* Forget a tombstone; a trusted one stays. */
int	row_trust_purge(struct db *db, const char *unit,
	    const uint8_t sha256[SHA256_LEN], struct err *e);
/* Each trusted row with its certificate's columns, without DER (der NULL),
 * ORDER BY unit, sha256; both borrowed.  Stops when fn returns non-ERR_OK
 * and returns that. */
typedef int	row_trust_fn(void *arg, const struct row_trust *t,
		    const struct row_cert *c, struct err *e);
int	row_trust_each(struct db *db, const char *unit, row_trust_fn *fn,
	    void *arg, struct err *e);

/* --- csr: one pending per unit and node; its key is a key row --- */
struct row_csr {
	char		 unit[32];
	char		 node[NODE_NAME_MAX + 1];	/* "" cluster-wide */
	uint8_t		 key_id[SHA256_LEN];
	int64_t		 created_at;
	uint8_t		*der;
	size_t		 derlen;
};
int	row_csr_put(struct db *db, const struct row_csr *c, struct err *e);
int	row_csr_get(struct db *db, const char *unit, const char *node,
	    struct row_csr *c, struct err *e);
/* ORDER BY unit, node; row_csr_free() them. */
int	row_csr_list(struct db *db, struct row_csr **rows, size_t *n,
	    struct err *e);
int	row_csr_remove(struct db *db, const char *unit, const char *node,
	    struct err *e);
void	row_csr_clear(struct row_csr *c);
void	row_csr_free(struct row_csr *rows, size_t n);

/* --- crl: the newest of each issuer (and key, where one is named) --- */
struct row_crl {
	char		*issuer;	/* as row_cert.subject of the CA */
	uint8_t		 key_id[64];	/* authority key identifier */
	size_t		 key_idlen;	/* 0: not named */
	uint8_t		 sha256[SHA256_LEN];
	int64_t		 this_update, next_update;	/* 0: not said */
	int64_t		 added_at;
	uint8_t		*der;		/* list: of length 0 */
	size_t		 derlen;
};
int	row_crl_put(struct db *db, const struct row_crl *c, struct err *e);
int	row_crl_get(struct db *db, const char *issuer, const uint8_t *key_id,
	    size_t len, struct row_crl *c, struct err *e);
/* ORDER BY issuer, key_id; row_crl_free() them. */
int	row_crl_list(struct db *db, struct row_crl **rows, size_t *n,
	    struct err *e);
int	row_crl_remove(struct db *db, const char *issuer,
	    const uint8_t *key_id, size_t len, struct err *e);
void	row_crl_clear(struct row_crl *c);
void	row_crl_free(struct row_crl *rows, size_t n);

/* --- srst: references to survivable gateways --- */
#define SRST_NAME_MAX	64

struct row_srst {
	char		 name[SRST_NAME_MAX + 1];
	char		 address[256], sip_address[256];
	uint16_t	 port, sip_port, cert_port;
	bool		 secure;
	bool		 has_accepted, has_candidate;
	uint8_t		 accepted[SHA256_LEN];	/* goes into phone files */
	uint8_t		 candidate[SHA256_LEN];	/* fetched, not accepted */
	int64_t		 changed_at;
};
int	row_srst_put(struct db *db, const struct row_srst *s, struct err *e);
int	row_srst_get(struct db *db, const char *name, struct row_srst *s,
	    struct err *e);
/* ORDER BY name; *rows is the caller's (free()). */
int	row_srst_list(struct db *db, struct row_srst **rows, size_t *n,
	    struct err *e);
int	row_srst_remove(struct db *db, const char *name, struct err *e);

/* --- key_export: copies of the recovery key that left the cluster --- */
struct row_key_export {
	uint8_t		 sha256[SHA256_LEN];	/* certificate of the key */
	int64_t		 at;
	char		 account[64];
};
int	row_key_export_add(struct db *db, const struct row_key_export *x,
	    struct err *e);
/* Of a certificate (NULL: all), ORDER BY sha256, at; *rows the caller's. */
int	row_key_export_list(struct db *db, const uint8_t *sha256,
	    struct row_key_export **rows, size_t *n, struct err *e);

/*
 * --- cluster_secret: what the product itself logs in with; AAD =
 *     "cluster_secret", "sealed", name ---
 */
#define CLUSTER_SECRET_SMTP	"alarm.smtp_password"
/* Of an EST server, or the challenge password of a SCEP server. */
#define CLUSTER_SECRET_CA	"capf.online_ca_password"
#define CLUSTER_SECRET_CA_CERT	"capf.online_ca_certificate"
/* The key that a SCEP server has been asked with. */
#define CLUSTER_SECRET_SCEP_RA	"capf.scep_requester"

/* Change row "secret", key the name. */
int	row_cluster_secret_put(struct db *db, const char *name,
	    const uint8_t *sealed, size_t len, int64_t now, struct err *e);
/* *sealed is the caller's (free()); changed_at may be NULL. */
int	row_cluster_secret_get(struct db *db, const char *name,
	    uint8_t **sealed, size_t *len, int64_t *changed_at,
	    struct err *e);
/* ERR_NOTFOUND when there is none. */
int	row_cluster_secret_remove(struct db *db, const char *name,
	    struct err *e);
/* The certificate that goes with such a secret, for who may not open that; its
 * row is put before.  sha256 NULL: there is none any more. */
int	row_cluster_cert_put(struct db *db, const char *name,
	    const uint8_t *sha256, struct err *e);
/* ERR_NOTFOUND when there is none. */
int	row_cluster_cert_get(struct db *db, const char *name,
	    uint8_t sha256[SHA256_LEN], struct err *e);

/* --- list_version: every list ever served; list_current: which is served --- */
struct row_list {
	uint8_t		 sha256[SHA256_LEN];
	char		 kind[8];	/* "itl", "ctl" */
	char		 node[NODE_NAME_MAX + 1];	/* "" for all */
	uint8_t		 content[SHA256_LEN];	/* list_content_hash */
	uint8_t		 signer[SHA256_LEN];	/* certificate */
	int64_t		 made_at;
	uint8_t		*bytes;
	size_t		 len;
};
/* Insert (idempotent) and make it the current one of kind and node. */
int	row_list_put_current(struct db *db, const struct row_list *l,
	    struct err *e);
int	row_list_current(struct db *db, const char *kind, const char *node,
	    struct row_list *l, struct err *e);
int	row_list_get(struct db *db, const uint8_t sha256[SHA256_LEN],
	    struct row_list *l, struct err *e);
/* All versions without bytes, ORDER BY made_at, sha256. */
int	row_list_history(struct db *db, const char *kind,
	    struct row_list **rows, size_t *n, struct err *e);
void	row_list_clear(struct row_list *l);

/* --- phone, phone_file --- */
#define PHONE_NAME_MAX		64	/* bytes, as DEVICE_NAME_MAX */
#define PROFILE_NAME_MAX	64
#define DESCRIPTION_MAX		50	/* characters, UTF-8 */
#define DESCRIPTION_LEN		(4 * DESCRIPTION_MAX + 1)

enum phone_protocol {
	PROTOCOL_SIP,
	PROTOCOL_SCCP,
	PROTOCOL_N
};
extern const char *const phone_protocol_name[PROTOCOL_N];	/* "SIP", .. */

enum phone_origin {		/* who made the row */
	ORIGIN_COMMAND,
	ORIGIN_IMPORT,
	ORIGIN_AUTO,		/* auto-registration */
	ORIGIN_N
};
extern const char *const phone_origin_name[ORIGIN_N];	/* "command", ... */

struct row_phone {
	char		 name[PHONE_NAME_MAX + 1];
	char		 model[32];		/* "" unknown */
	enum phone_protocol protocol;
	char		 profile[PROFILE_NAME_MAX + 1];	/* "": the predefined
						 * one of its protocol */
	char		 description[DESCRIPTION_LEN];
	enum phone_origin origin;
	int64_t		 created_at, changed_at;
	bool		 has_file;		/* filled by get and list */
};
/* Insert or replace; row_phone_add refuses an existing name (ERR_EXISTS). */
int	row_phone_put(struct db *db, const struct row_phone *p,
	    struct err *e);
int	row_phone_add(struct db *db, const struct row_phone *p,
	    struct err *e);
int	row_phone_get(struct db *db, const char *name, struct row_phone *p,
	    struct err *e);
/* Removes its file, settings and secrets too, and what CAPF and others keep
 * about it; certificates stay. */
int	row_phone_remove(struct db *db, const char *name, struct err *e);
/* In order of name; stops when fn returns non-ERR_OK and returns that. */
typedef int	row_phone_fn(void *arg, const struct row_phone *p,
		    struct err *e);
int	row_phone_each(struct db *db, row_phone_fn *fn, void *arg,
	    struct err *e);
int	row_phone_count(struct db *db, int64_t *n, struct err *e);
int	row_phone_count_from(struct db *db, enum phone_origin origin,
	    int64_t *n, struct err *e);
/* The same for those of one profile ("" as in the row). */
int	row_phone_each_of(struct db *db, const char *profile,
	    row_phone_fn *fn, void *arg, struct err *e);
/* The phones with that value of a setting: their own, or without one of their
 * own their profile's.  ORDER BY name. */
int	row_phone_each_with(struct db *db, const char *setting,
	    const char *value, row_phone_fn *fn, void *arg, struct err *e);
/* protocol -1: any. */
int	row_phone_count_of(struct db *db, const char *profile, int protocol,
	    int64_t *n, struct err *e);

struct row_phone_file {
	char		 name[PHONE_NAME_MAX + 1];
	uint8_t		 sha256[SHA256_LEN];
	char		 origin[16];	/* "command", "folder" */
	int64_t		 changed_at;
	uint8_t		*xml;		/* the administrator's own, whole */
	size_t		 len;
};
int	row_phone_file_put(struct db *db, const struct row_phone_file *f,
	    struct err *e);
int	row_phone_file_get(struct db *db, const char *name,
	    struct row_phone_file *f, struct err *e);
int	row_phone_file_remove(struct db *db, const char *name, struct err *e);
void	row_phone_file_clear(struct row_phone_file *f);

/*
 * --- phone_setting, profile_setting: what differs from the default ---
 * Names and canonical values as trust/setting.h defines them.  Whoever
 * writes one also puts its phone or profile, so that changed_at and the
 * change row tell of it: the setting functions add no change row.
 */
#define SETTING_NAME_MAX	63
#define SETTING_VALUE_MAX	255

struct row_setting {
	char		 name[SETTING_NAME_MAX + 1];
	char		 value[SETTING_VALUE_MAX + 1];
};
/* Of one phone, ORDER BY name; *rows is the caller's (free()). */
int	row_phone_settings(struct db *db, const char *phone,
	    struct row_setting **rows, size_t *n, struct err *e);
/* value NULL removes; what is so already is no error.  *changed may be
 * NULL. */
int	row_phone_setting_put(struct db *db, const char *phone,
	    const char *name, const char *value, bool *changed,
	    struct err *e);
/* Names of the phones with that value, in order; *rows is the caller's. */
struct row_phone_name {
	char		 name[PHONE_NAME_MAX + 1];
};
int	row_phone_setting_with(struct db *db, const char *name,
	    const char *value, struct row_phone_name **rows, size_t *n,
	    struct err *e);
/*
 * Names of phones in any case, but those of SEP and an address, which have one
 * spelling.  folded is in lower case.
 * row_phone_folded: all that are that name, ORDER BY name; *rows is the
 * caller's.  row_phone_folded_upto: the last name by byte order, folded, that
 * is not behind it; ERR_NOTFOUND.
 */
int	row_phone_folded(struct db *db, const char *folded,
	    struct row_phone_name **rows, size_t *n, struct err *e);
int	row_phone_folded_upto(struct db *db, const char *folded,
	    char out[PHONE_NAME_MAX + 1], struct err *e);
/* The phones whose value sorts not after that one, as times do (RFC 3339, UTC),
 * and who have a value of the setting with; in order of value, name, at most
 * max; *rows is the caller's. */
int	row_phone_setting_upto(struct db *db, const char *name,
	    const char *value, const char *with, size_t max,
	    struct row_phone_name **rows, size_t *n, struct err *e);
/* The lowest number from first to last, digits of one length, that no phone
 * has as its value; out as long as these.  ERR_NOTFOUND: all are taken. */
int	row_phone_setting_free(struct db *db, const char *name,
	    const char *first, const char *last,
	    char out[SETTING_VALUE_MAX + 1], struct err *e);
/* How many phones have each value, ORDER BY value; *rows is the caller's. */
struct row_setting_count {
	char		 value[SETTING_VALUE_MAX + 1];
	int64_t		 n;
};
int	row_phone_setting_counts(struct db *db, const char *name,
	    struct row_setting_count **rows, size_t *n, struct err *e);
int	row_profile_settings(struct db *db, const char *profile,
	    struct row_setting **rows, size_t *n, struct err *e);
int	row_profile_setting_put(struct db *db, const char *profile,
	    const char *name, const char *value, bool *changed,
	    struct err *e);

/* --- phone_profile --- */
struct row_profile {
	char		 name[PROFILE_NAME_MAX + 1];
	enum phone_protocol protocol;
	char		 description[DESCRIPTION_LEN];
	int64_t		 changed_at;
};
/* As for phones: put inserts or replaces, add refuses (ERR_EXISTS). */
int	row_profile_put(struct db *db, const struct row_profile *p,
	    struct err *e);
int	row_profile_add(struct db *db, const struct row_profile *p,
	    struct err *e);
int	row_profile_get(struct db *db, const char *name,
	    struct row_profile *p, struct err *e);
/* ORDER BY name; *rows is the caller's (free()). */
int	row_profile_list(struct db *db, struct row_profile **rows, size_t *n,
	    struct err *e);
/* Those that have that value of a setting, likewise. */
int	row_profile_with(struct db *db, const char *setting,
	    const char *value, struct row_profile **rows, size_t *n,
	    struct err *e);
/* With its settings; ERR_BADSTATE while phones use it. */
int	row_profile_remove(struct db *db, const char *name, struct err *e);
/*
 * A new row with the old one's values and settings; its phones go along
 * (their changed_at stays: what they are served does not change), told by
 * the change rows of both profiles alone.  ERR_NOTFOUND; ERR_EXISTS.
 */
int	row_profile_rename(struct db *db, const char *from, const char *to,
	    int64_t now, struct err *e);
/* The settings of a profile to another, which has none. */
int	row_profile_settings_copy(struct db *db, const char *from,
	    const char *to, struct err *e);

/* --- user: end users --- */
struct row_user {
	char		 name[129];
	char		 description[DESCRIPTION_LEN];
	int64_t		 changed_at;
	bool		 has_digest;	/* a credential; filled by get, list */
};
int	row_user_put(struct db *db, const struct row_user *u, struct err *e);
int	row_user_get(struct db *db, const char *name, struct row_user *u,
	    struct err *e);
/* ORDER BY name; *rows is the caller's (free()). */
int	row_user_list(struct db *db, struct row_user **rows, size_t *n,
	    struct err *e);
/* With its digest credentials. */
int	row_user_remove(struct db *db, const char *name, struct err *e);

/*
 * --- digest_credential; AAD = "digest_credential", "sealed",
 *     kind NUL name NUL realm (db/keyring.h says who seals) ---
 */
enum credential_kind {
	CREDENTIAL_USER,
	CREDENTIAL_APPLICATION,
	CREDENTIAL_N
};
extern const char *const credential_kind_name[CREDENTIAL_N];

#define REALM_MAX	127

struct row_credential {
	char		 realm[REALM_MAX + 1];	/* "": any */
	uint8_t		*sealed;	/* list: NULL */
	size_t		 len;
	int64_t		 changed_at;
};
int	row_credential_put(struct db *db, enum credential_kind kind,
	    const char *name, const struct row_credential *c, struct err *e);
/* Exactly that realm.  row_credential_clear() it. */
int	row_credential_get(struct db *db, enum credential_kind kind,
	    const char *name, const char *realm, struct row_credential *c,
	    struct err *e);
/* Without what is sealed, ORDER BY realm; *rows is the caller's (free()). */
int	row_credential_list(struct db *db, enum credential_kind kind,
	    const char *name, struct row_credential **rows, size_t *n,
	    struct err *e);
int	row_credential_remove(struct db *db, enum credential_kind kind,
	    const char *name, const char *realm, struct err *e);
void	row_credential_clear(struct row_credential *c);

/*
 * --- phone_secret; AAD = "phone_secret", "sealed", phone NUL name ---
 * name: the option of a setting of type SETTING_SECRET.  As with settings
 * the writer puts the phone's row too.
 */
struct row_secret {
	char		 name[SETTING_NAME_MAX + 1];
	int64_t		 changed_at;
};
int	row_secret_put(struct db *db, const char *phone, const char *name,
	    const uint8_t *sealed, size_t len, int64_t now, struct err *e);
/* *sealed is the caller's (free()). */
int	row_secret_get(struct db *db, const char *phone, const char *name,
	    uint8_t **sealed, size_t *len, struct err *e);
/* What there is, ORDER BY name; *rows is the caller's (free()). */
int	row_secret_list(struct db *db, const char *phone,
	    struct row_secret **rows, size_t *n, struct err *e);
/* What is not there is no error. */
int	row_secret_remove(struct db *db, const char *phone, const char *name,
	    struct err *e);

/* --- audit: append only --- */
struct row_audit {
	char		 node[NODE_NAME_MAX + 1];
	int64_t		 at;
	char		 account[64];
	char		 command[128];	/* words, no secrets */
	char		*detail;	/* text, may be NULL */
};
/* Adds the next number of the node. */
int	row_audit_add(struct db *db, const struct row_audit *a,
	    struct err *e);
/* The newest n, newest first. */
int	row_audit_list(struct db *db, size_t max, struct row_audit **rows,
	    size_t *n, struct err *e);
void	row_audit_free(struct row_audit *rows, size_t n);

#endif
