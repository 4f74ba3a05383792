/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of a certificate operation (spec/capf.md sections 5, 8, 10;
 * spec/security-settings.md sections 4, 5): what is pending for whom, and
 * what each step of a session does to rows.  Messages and sockets are not
 * known here.
 *
 * An operation is pending when the phone's setting Certificate Operation says
 * so and its time has not passed, or when its profile asks for encrypted
 * files and there is no key to encrypt for: then an installation is.
 * It stays so until the owner has confirmed: a session that is cut anywhere
 * changes nothing but progress.
 */
#ifndef TRUST_CAPF_H
#define TRUST_CAPF_H

#include "certs/key.h"
#include "db/keyring.h"
#include "db/rows_capf.h"
#include "trust/profile.h"

/* element 13: a phone's name, or USER.INSTANCE of a CTI client [?: no
 * document says how those name themselves].  ERR_PROTO: neither. */
int	capf_owner_parse(struct capf_owner *o, const char *device,
	    struct err *e);
void	capf_owner_text(const struct capf_owner *o, char *out, size_t outlen);

enum capf_operation {
	CAPF_OP_NONE,
	CAPF_OP_INSTALL,
	CAPF_OP_FETCH,		/* troubleshoot */
	CAPF_OP_DELETE,
};
enum capf_auth {		/* codes of capfAuthMode */
	CAPF_AUTH_NONE	= 0,	/* nothing is pending */
	CAPF_AUTH_STRING = 1,
	CAPF_AUTH_NULL	= 2,
	CAPF_AUTH_LSC	= 3,	/* existing certificate, LSC before MIC */
	CAPF_AUTH_MIC	= 4,
};

/* What is pending for one phone, from its effective settings alone. */
struct capf_pending {
	enum capf_operation	 op;
	bool			 implied;	/* by encrypted files without key */
	enum capf_auth		 auth;	/* CAPF_AUTH_NONE with CAPF_OP_NONE */
	int64_t			 until;	/* seconds; INT64_MAX: no end */
	enum key_type		 key;	/* what to ask for */
	enum key_type		 backup;	/* RSA, for who cannot do key;
					 * the same as key: none */
};
/*
 * now in seconds.  has_key: files can be encrypted for the phone (see
 * device_key.h).  An operation whose time has passed is none.
 */
void	capf_pending(const struct phone_effective *x, bool has_key,
	    int64_t now, struct capf_pending *p);

/* --- the steps of a session: run by the writer of capfd --- */

/* What the owner showed to prove himself; signatures are verified before. */
enum capf_proof { CAPF_PROOF_NONE, CAPF_PROOF_LSC, CAPF_PROOF_MIC };

struct capf_hello {
	char			 device[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2];
	uint32_t		 session;
	char			 address[64];
	char			 string[16];	/* element 11; wiped by who has it */
	enum capf_proof		 proof;
	uint8_t			 sha256[32];	/* of the certificate shown */
	int64_t			 now;
};

enum capf_answer {
	CAPF_GO,		/* op is to be done */
	CAPF_NOTHING,		/* END 0 */
	CAPF_DECLINED,		/* END 7 */
	CAPF_NO_DEVICE,		/* END 9 */
};
struct capf_task {
	enum capf_answer	 answer;
	struct capf_owner	 owner;
	enum capf_operation	 op;
	enum key_type		 key, backup;
	char			 why[CAPF_REASON_MAX + 1];	/* of a refusal,
						 * for the log; no secrets */
	/* A certificate of a CA elsewhere has come for a key that the owner
	 * made before: it only has to be stored. */
	uint8_t			*ready;		/* DER, NULL: none */
	size_t			 readylen;
};
void	capf_task_clear(struct capf_task *t);

struct capf_ctx {		/* of the process that writes; borrowed */
	struct db		*db;		/* phonetrust.db, DB_WRITE */
	struct db		*observed;	/* observed.db, DB_WRITE */
	const struct keyring	*kr;		/* K-cred */
	const char		*node;
};

/*
 * Each within group transactions of the caller on both databases (db_tx_group,
 * many sessions in one commit); a step that fails undoes itself only.
 * capf_begin: who it is, whether he proved it as asked (a string is compared
 * in constant time; after CAPF_WRONG_MAX wrong ones the operation fails), and
 * what to do.  Another session of the same owner is over with it.
 */
#define CAPF_WRONG_MAX	5
int	capf_begin(const struct capf_ctx *c, const struct capf_hello *h,
	    struct capf_task *t, struct err *e);

/* Progress, for people who watch. */
int	capf_step_at(const struct capf_ctx *c, const struct capf_owner *o,
	    uint32_t session, enum capf_step step, int64_t now,
	    struct err *e);

/* The certificate that is about to be sent: ERR_EXISTS when its key is
 * another owner's. */
int	capf_issued(const struct capf_ctx *c, const struct capf_owner *o,
	    uint32_t session, const uint8_t *der, size_t derlen, int64_t now,
	    struct err *e);

/*
 * The end of a session: op was confirmed by the owner (ok), with the
 * certificate that is now his (install, fetch; NULL for delete), or it was
 * not, and why.  Only here does the operation become none, and the certificate
 * the owner's: device_cert, certificate, settings and string of the phone,
 * outcome, change rows, roll-out.  ERR_REFUSED: der is not an LSC of an issuer
 * that this cluster trusts for phones, or not of that owner.
 */
struct capf_end {
	struct capf_owner	 owner;
	uint32_t		 session;
	enum capf_operation	 op;
	bool			 ok;
	bool			 mic;		/* fetched: it is his MIC */
	const uint8_t		*der;
	size_t			 derlen;
	char			 why[CAPF_REASON_MAX + 1];
	int64_t			 now;
};
int	capf_end(const struct capf_ctx *c, const struct capf_end *x,
	    struct err *e);

#endif
