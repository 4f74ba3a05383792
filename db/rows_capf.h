/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of the Certificate Authority Proxy Function.  What is asked of a phone
 * stands in its settings Certificate Operation, Operation Completes By and
 * Authentication String (trust/setting.h); these are whose certificates there
 * are, what came of operations, requests for CAs elsewhere, roll-outs, and in
 * observed.db how each operation goes.
 *
 * Owners are phones, and CTI clients: a user with an instance id.  Those who
 * write device_cert add a change row of kind "phone" (key: its name) for
 * phones, so that files follow; all others use kind "capf".
 */
#ifndef DB_ROWS_CAPF_H
#define DB_ROWS_CAPF_H

#include "db/rows.h"

enum capf_kind {
	CAPF_PHONE,
	CAPF_APPLICATION,
	CAPF_USER,
	CAPF_KIND_N
};
extern const char *const capf_kind_name[CAPF_KIND_N];	/* "phone", ... */

#define CAPF_NAME_MAX	128
#define CAPF_INSTANCE_MAX 128

struct capf_owner {
	enum capf_kind	 kind;
	char		 name[CAPF_NAME_MAX + 1];
	char		 instance[CAPF_INSTANCE_MAX + 1];	/* "" */
};

/* --- device_cert --- */

enum device_cert_type { DEVICE_LSC, DEVICE_MIC, DEVICE_CERT_N };
extern const char *const device_cert_type_name[DEVICE_CERT_N];

enum device_cert_state {
	DEVICE_CURRENT,		/* at most one per owner and type */
	DEVICE_SUPERSEDED,	/* the owner has a newer one */
	DEVICE_REVOKED,
	DEVICE_DELETED,		/* by the owner, who was told to, or with
				 * him when he was removed */
	DEVICE_STATE_N
};
extern const char *const device_cert_state_name[DEVICE_STATE_N];

struct row_device_cert {
	struct capf_owner	 owner;
	enum device_cert_type	 type;
	uint8_t			 sha256[SHA256_LEN];	/* in certificate */
	bool			 has_issuer;
	uint8_t			 issuer[SHA256_LEN];	/* the CA's certificate */
	enum device_cert_state	 state;
	int64_t			 stored_at;	/* 0: he never said so */
	int64_t			 changed_at;
	int64_t			 not_after;	/* filled by get and each */
};
/* Insert or replace.  The certificate is put before (row_cert_put). */
int	row_device_cert_put(struct db *db, const struct row_device_cert *c,
	    struct err *e);
/* The current one of an owner; ERR_NOTFOUND. */
int	row_device_cert_current(struct db *db, const struct capf_owner *o,
	    enum device_cert_type type, struct row_device_cert *c,
	    struct err *e);
/* Whose it is, whatever its state; ERR_NOTFOUND. */
int	row_device_cert_by_sha256(struct db *db,
	    const uint8_t sha256[SHA256_LEN], struct row_device_cert *c,
	    struct err *e);
/* An owner's current certificate with that public key (certificate.key_id),
 * other than except's: keys are not shared.  ERR_NOTFOUND. */
int	row_device_cert_by_key(struct db *db,
	    const uint8_t key_id[SHA256_LEN], const struct capf_owner *except,
	    struct row_device_cert *c, struct err *e);
/* In order of kind, name, instance, type, stored_at.  owner NULL: all; state -1: any;
 * issuer NULL: any.  Stops when fn returns non-ERR_OK and returns that. */
typedef int	row_device_cert_fn(void *arg, const struct row_device_cert *c,
		    struct err *e);
int	row_device_cert_each(struct db *db, const struct capf_owner *owner,
	    int state, const uint8_t *issuer, row_device_cert_fn *fn,
	    void *arg, struct err *e);
/* Current LSCs under that CA certificate. */
int	row_device_cert_count(struct db *db, const uint8_t issuer[SHA256_LEN],
	    int64_t *n, struct err *e);
/* Within a transaction: at most max LSCs that have ended and were no longer
 * their owners', who are not there any more: until then their rows stay, or one
 * who is added again would be who he was by them.  Those of MICs stay for
 * ever: they may prove who he is when they have ended. */
int	row_device_cert_forget(struct db *db, int64_t now, size_t max,
	    struct err *e);
/* Current LSCs that end before until: how many by issuer and day (UTC), in
 * that order. */
struct device_cert_end {
	bool		 has_issuer;
	uint8_t		 issuer[SHA256_LEN];
	int64_t		 first;		/* the first end of that day */
	int64_t		 n;
};
typedef int	row_device_cert_end_fn(void *arg,
		    const struct device_cert_end *x, struct err *e);
int	row_device_cert_ends(struct db *db, int64_t until,
	    row_device_cert_end_fn *fn, void *arg, struct err *e);

/* --- capf_profile: CTI clients; AAD = "capf_profile", "sealed",
 *     kind NUL name NUL instance --- */
struct row_capf_profile {
	struct capf_owner	 owner;
	char			 operation[32];	/* word of the setting */
	char			 key_order[32];	/* likewise */
	int64_t			 rsa_bits, ec_bits;
	int64_t			 completes_by;	/* 0: none */
	uint8_t			*sealed;	/* NULL: no string */
	size_t			 len;
	int64_t			 changed_at;
};
int	row_capf_profile_put(struct db *db, const struct row_capf_profile *p,
	    struct err *e);
int	row_capf_profile_get(struct db *db, const struct capf_owner *o,
	    struct row_capf_profile *p, struct err *e);
/* ORDER BY kind, name, instance; *rows row_capf_profiles_free(). */
int	row_capf_profile_list(struct db *db, struct row_capf_profile **rows,
	    size_t *n, struct err *e);
int	row_capf_profile_remove(struct db *db, const struct capf_owner *o,
	    struct err *e);
void	row_capf_profile_clear(struct row_capf_profile *p);
void	row_capf_profiles_free(struct row_capf_profile *rows, size_t n);

/* --- capf_outcome --- */

enum capf_result { CAPF_DONE, CAPF_FAILED, CAPF_EXPIRED, CAPF_RESULT_N };
extern const char *const capf_result_name[CAPF_RESULT_N];
#define CAPF_REASON_MAX	255

struct row_capf_outcome {
	struct capf_owner	 owner;
	char			 operation[32];
	enum capf_result	 result;
	char			 reason[CAPF_REASON_MAX + 1];	/* "" */
	char			 node[NODE_NAME_MAX + 1];
	int64_t			 at;
};
int	row_capf_outcome_put(struct db *db, const struct row_capf_outcome *o,
	    struct err *e);
int	row_capf_outcome_get(struct db *db, const struct capf_owner *o,
	    struct row_capf_outcome *out, struct err *e);

/* --- capf_csr --- */

enum capf_csr_state {
	CAPF_CSR_WAITING,	/* for the CA or for who takes it there */
	CAPF_CSR_SENT,		/* the CA has it; with a certificate: the CA
				 * has answered, and its issuer is not
				 * trusted here yet (trust/enrol.h) */
	CAPF_CSR_ISSUED,	/* the phone fetches it when it comes */
	CAPF_CSR_REFUSED,
	CAPF_CSR_STATE_N
};
extern const char *const capf_csr_state_name[CAPF_CSR_STATE_N];

struct row_capf_csr {
	struct capf_owner	 owner;
	uint8_t			 spki[SHA256_LEN];
	uint8_t			*der;		/* the request */
	size_t			 derlen;
	enum capf_csr_state	 state;
	char			 note[CAPF_REASON_MAX + 1];
	uint8_t			*cert;		/* NULL: none */
	size_t			 certlen;
	int64_t			 tries, next_at, created_at, changed_at;
	int64_t			 auth;		/* its session was let in by
						 * that code of capfAuthMode;
						 * 0: not known */
};
int	row_capf_csr_put(struct db *db, const struct row_capf_csr *c,
	    struct err *e);
int	row_capf_csr_get(struct db *db, const struct capf_owner *o,
	    struct row_capf_csr *c, struct err *e);
int	row_capf_csr_by_spki(struct db *db, const uint8_t spki[SHA256_LEN],
	    struct row_capf_csr *c, struct err *e);
int	row_capf_csr_remove(struct db *db, const struct capf_owner *o,
	    struct err *e);
int	row_capf_csr_count(struct db *db, int state, int64_t *n,
	    struct err *e);
void	row_capf_csr_clear(struct row_capf_csr *c);
/* In order of kind, name, instance; state -1: any; due_by: only those whose
 * next_at is not later (INT64_MAX: all). */
typedef int	row_capf_csr_fn(void *arg, const struct row_capf_csr *c,
		    struct err *e);
int	row_capf_csr_each(struct db *db, int state, int64_t due_by,
	    row_capf_csr_fn *fn, void *arg, struct err *e);

/* --- mic_allow --- */
struct row_mic_allow {
	char		 phone[PHONE_NAME_MAX + 1];
	char		 account[64];
	int64_t		 added_at;
};
int	row_mic_allow_put(struct db *db, const struct row_mic_allow *m,
	    struct err *e);
int	row_mic_allow_has(struct db *db, const char *phone, bool *has,
	    struct err *e);
int	row_mic_allow_list(struct db *db, struct row_mic_allow **rows,
	    size_t *n, struct err *e);	/* ORDER BY phone */
int	row_mic_allow_remove(struct db *db, const char *phone,
	    struct err *e);

/* --- observed.db --- */

/* Where the operation under way is. */
enum capf_step {
	CAPF_STEP_NONE,		/* no session yet, or the last one is over */
	CAPF_STEP_AUTH,		/* proved itself */
	CAPF_STEP_KEY,		/* makes its key */
	CAPF_STEP_CA,		/* its CA is asked */
	CAPF_STEP_STORE,	/* was sent its certificate */
	CAPF_STEP_FETCH,	/* was asked for its certificate */
	CAPF_STEP_DELETE,	/* was told to delete it */
	CAPF_STEP_N
};
extern const char *const capf_step_name[CAPF_STEP_N];	/* "none", ... */

struct capf_progress {
	struct capf_owner	 owner;
	char			 operation[32];
	enum capf_step		 step;
	int64_t			 tries;		/* of who had proved himself */
	int64_t			 unproved;	/* of who had not, */
	int64_t			 wrong;		/* with a wrong string */
	char			 asked[32];	/* the kinds of key, or "" */
	char			 reason[CAPF_REASON_MAX + 1];
	char			 address[64];
	uint32_t		 session;
	int64_t			 since, at, next_at;	/* seconds */
	int64_t			 until;		/* of the operation; another
						 * one has another */
	uint32_t		 turned_away;	/* last session that was not
						 * let in beside that one */
	int64_t			 auth;		/* session was let in by that
						 * code of capfAuthMode */
	bool			 by_cert;	/* by a certificate: shown */
	uint8_t			 shown[SHA256_LEN];
};
/* put and remove within a transaction on observed.db. */
int	observed_capf_put(struct db *db, const struct capf_progress *p,
	    struct err *e);
int	observed_capf_get(struct db *db, const struct capf_owner *o,
	    struct capf_progress *p, struct err *e);
int	observed_capf_remove(struct db *db, const struct capf_owner *o,
	    struct err *e);
typedef int	capf_progress_fn(void *arg, const struct capf_progress *p,
		    struct err *e);
int	observed_capf_each(struct db *db, capf_progress_fn *fn, void *arg,
	    struct err *e);	/* in order of kind, name, instance */

/* Strings for one owner's operation that were wrong, from one address. */
struct capf_wrong {
	struct capf_owner	 owner;
	char			 address[64];
	int64_t			 wrong, at;
	uint32_t		 session;	/* of the last one */
	int64_t			 string;	/* which one is set; 0: not known */
};
int	observed_wrong_put(struct db *db, const struct capf_wrong *w,
	    struct err *e);
int	observed_wrong_get(struct db *db, const struct capf_owner *o,
	    const char *address, struct capf_wrong *w, struct err *e);
/* For which string those of an owner are counted: all for one, but those it is
 * not known of.  0: none, or known of none. */
int	observed_wrong_string(struct db *db, const struct capf_owner *o,
	    int64_t *string, struct err *e);
int	observed_wrong_remove_of(struct db *db, const struct capf_owner *o,
	    struct err *e);

/*
 * Phones whose files are encrypted for them, and under whose name somebody
 * came to CAPF while nothing was asked: the phone has lost its key, or it was
 * somebody else, who has not proved anything either.  A row per phone.
 */
struct capf_unasked {
	char			 phone[PHONE_NAME_MAX + 1];
	int64_t			 visits;	/* 0: there is no row */
	char			 address[64];	/* of the last one */
	int64_t			 since, at;	/* the first, the last */
	uint32_t		 session;	/* of the last one */
};
/* put and remove within a transaction; get fills zeros where there is none. */
int	observed_unasked_put(struct db *db, const struct capf_unasked *u,
	    struct err *e);
int	observed_unasked_get(struct db *db, const char *phone,
	    struct capf_unasked *u, struct err *e);
int	observed_unasked_remove(struct db *db, const char *phone,
	    struct err *e);
/* ORDER BY phone */
typedef int	capf_unasked_fn(void *arg, const struct capf_unasked *u,
		    struct err *e);
int	observed_unasked_each(struct db *db, capf_unasked_fn *fn, void *arg,
	    struct err *e);

struct capf_issued {
	uint8_t			 sha256[SHA256_LEN];
	struct capf_owner	 owner;
	int64_t			 at;
	int64_t			 auth;		/* he had been let in by that
						 * code of capfAuthMode */
	uint8_t			*der;
	size_t			 derlen;
};
/* Sent to its owner; removed when he has said that it is stored.  Of those of
 * one owner, who may come again and again, the newest stay. */
#define CAPF_ISSUED_MAX	16
int	observed_issued_put(struct db *db, const struct capf_issued *i,
	    struct err *e);
int	observed_issued_get(struct db *db, const uint8_t sha256[SHA256_LEN],
	    struct capf_issued *i, struct err *e);
int	observed_issued_remove(struct db *db,
	    const uint8_t sha256[SHA256_LEN], struct err *e);
/* All of an owner, but except (NULL: none excepted). */
int	observed_issued_remove_of(struct db *db, const struct capf_owner *o,
	    const uint8_t *except, struct err *e);
/* Oldest first. */
typedef int	capf_issued_fn(void *arg, const struct capf_issued *i,
		    struct err *e);
int	observed_issued_each(struct db *db, capf_issued_fn *fn, void *arg,
	    struct err *e);
/* Those of an owner, CAPF_ISSUED_MAX at most. */
int	observed_issued_of(struct db *db, const struct capf_owner *o,
	    capf_issued_fn *fn, void *arg, struct err *e);
void	capf_issued_clear(struct capf_issued *i);

#endif
