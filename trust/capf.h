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
 * files and there is no key to encrypt for: then an installation is, unless the
 * last certificate was revoked.
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
 * document says how those name themselves].  With a dot it is said to be an
 * application's; capf_begin() finds out whether that, an end user or a phone
 * is there (task.owner).  ERR_PROTO: neither. */
int	capf_owner_parse(struct capf_owner *o, const char *device,
	    struct err *e);
void	capf_owner_text(const struct capf_owner *o, char *out, size_t outlen);

enum capf_operation {
	CAPF_OP_NONE,
	CAPF_OP_INSTALL,
	CAPF_OP_FETCH,		/* troubleshoot */
	CAPF_OP_DELETE,
};
/* The words of setting Certificate Operation; CAPF_OP_NONE for others too. */
enum capf_operation capf_operation_of(const char *word);
const char	*capf_operation_word(enum capf_operation op);

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
 * device_key.h); x->was_ready: they were once; x->was_revoked: that was taken
 * from it.  An operation whose time has passed is none.
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
	bool			 own_ca;	/* this cluster's CAPF issued it */
	bool			 expired;	/* a MIC, for installation only */
	char			 unproved[CAPF_REASON_MAX + 1];	/* why that one
						 * proves nothing; "" */
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

/*
 * Profiles and parameters, kept between steps and read again when a change row
 * names one: for who runs many steps.
 */
struct capf_cache;
struct capf_cache *capf_cache_new(struct err *e);
void	capf_cache_free(struct capf_cache *c);

struct capf_ctx {		/* of the process that writes; borrowed */
	struct db		*db;		/* phonetrust.db, DB_WRITE */
	struct db		*observed;	/* observed.db, DB_WRITE */
	const struct keyring	*kr;		/* K-cred */
	const char		*node;
	struct capf_cache	*cache;		/* NULL: read for each step */
};

/*
 * Each within write transactions of the caller on both databases, that on
 * phonetrust.db by db_tx_group (many sessions in one commit).  A step that
 * fails leaves rows behind: the group is undone, or each runs in a db_tx of
 * it.  What is written to observed is the same however often a step runs
 * again, so one database may be rolled back and repeat without the other; and
 * whichever of both commits alone, the next session of the owner succeeds.
 *
 * capf_begin: who it is, whether he proved it as asked (a string is compared
 * in constant time; after CAPF_WRONG_MAX wrong ones from an address none from
 * there is looked at for CAPF_WRONG_REST_S, so that who knows no more than a
 * name does not end its operation; after CAPF_WRONG_TOTAL for a string of four
 * digits, ten times as many for each digit more up to eight, it fails; another
 * string that is set is counted from nothing), and what to do.  Another session
 * of the same owner is over with it: its later steps are ERR_BADSTATE.  Not so
 * for who proved nothing: he takes no session from another, and gets no
 * further himself.  Who shows the very certificate
 * that was sent to him for what is pending has done it; but not when he
 * was changed since, or asked anew.  An LSC that no row knows proves who he is
 * only when he was sent it in a session in which he had proved that, or when
 * it is of another CA in CAPF-trust and he has had none here.  What a row
 * knows as superseded, revoked or deleted never does, and a session that was
 * let in for it gets nothing more.
 */
#define CAPF_WRONG_MAX		5
#define CAPF_WRONG_REST_S	900
#define CAPF_WRONG_TOTAL	20
/* After a communication failure (spec/security-settings.md section 5.1): so
 * many more tries, so many seconds apart, are expected; a roll-out counts the
 * phone as failed after them.  The operation stays pending: who comes later
 * still gets his certificate. */
#define CAPF_RETRIES	3
#define CAPF_RETRY_S	30
int	capf_begin(const struct capf_ctx *c, const struct capf_hello *h,
	    struct capf_task *t, struct err *e);

/* Progress, for people who watch. */
int	capf_step_at(const struct capf_ctx *c, const struct capf_owner *o,
	    uint32_t session, enum capf_step step, int64_t now,
	    struct err *e);

/* The certificate that is about to be sent: ERR_EXISTS when its key is
 * another owner's or one of this cluster's own, ERR_BADSTATE when what is asked
 * of the owner is no more what the session began with. */
int	capf_issued(const struct capf_ctx *c, const struct capf_owner *o,
	    uint32_t session, const uint8_t *der, size_t derlen, int64_t now,
	    struct err *e);

/*
 * A key for a CA elsewhere: the request waits in capf_csr, the session is in
 * step CAPF_STEP_CA.  spki: SHA-256 of the key.  ERR_EXISTS as capf_issued.
 * From then on capf_begin answers CAPF_NOTHING while the CA has not answered,
 * task.ready when it has issued (state CAPF_CSR_ISSUED), and when it has
 * refused the operation fails with the row's note.  A request of who had proved
 * nothing is dropped when proof is asked for by then: its key may be anybody's,
 * and the owner makes another.  The row is removed when the owner has stored
 * the certificate or refused to, and when the operation ends in another way.
 */
int	capf_requested(const struct capf_ctx *c, const struct capf_owner *o,
	    uint32_t session, const uint8_t spki[32], const uint8_t *der,
	    size_t derlen, int64_t now, struct err *e);

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
	bool			 refused;	/* !ok: he said no, or did what
				 * cannot go well; after
				 * capf.key_generation_attempts such tries the
				 * operation fails.  false: the connection was
				 * cut, or he may come again for it */
	bool			 mic;		/* fetched: it is his MIC */
	const uint8_t		*der;
	size_t			 derlen;
	char			 why[CAPF_REASON_MAX + 1];
	int64_t			 now;
};
int	capf_end(const struct capf_ctx *c, const struct capf_end *x,
	    struct err *e);

/*
 * With what writes that a CA elsewhere has refused r: the installation that it
 * is for has failed at once, whenever the phone comes again.  Not offline,
 * where another certificate may be imported, nor when another kind of key is
 * wanted by now.  Nothing pending is no error.
 */
int	capf_refused(const struct capf_ctx *c, const struct row_capf_csr *r,
	    int64_t now, struct err *e);

/*
 * Now and then: operations whose time has passed end as expired, roll-outs
 * whose last outstanding phones were removed go on, and what observed.db
 * knows of owners who are gone is forgotten, as are their past certificates
 * once they have expired.  *n: how many ended;
 * at most max of them (call again).
 */
int	capf_expire(const struct capf_ctx *c, int64_t now, size_t max,
	    int64_t *n, struct err *e);

/*
 * Certificates that were sent and never confirmed, in sessions that are over:
 * nobody knows whether the owner has them.  Oldest first.
 */
#define CAPF_STORE_S	300	/* longer ago: the session is dead */
int	capf_stale_each(struct db *db, struct db *observed, int64_t now,
	    capf_issued_fn *fn, void *arg, struct err *e);
/* One (sha256) or all (NULL) of these, within a transaction on observed and
 * outside of one on db: they count for nothing from then on. */
int	capf_stale_remove(struct db *db, struct db *observed, int64_t now,
	    const uint8_t *sha256, int64_t *n, struct err *e);
/* Within a transaction on db: one of these counts for nothing (DEVICE_REVOKED,
 * DEVICE_DELETED); its row has stored_at 0. */
int	capf_never_his(struct db *db, const struct capf_issued *i,
	    enum device_cert_state state, int64_t now, struct err *e);

#endif
