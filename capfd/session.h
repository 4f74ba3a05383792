/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One session of the Certificate Authority Proxy Function (spec/capf.md
 * section 5): what a phone said in, what is to be done out.  No sockets, no
 * clock, no database.
 */
#ifndef CAPFD_SESSION_H
#define CAPFD_SESSION_H

#include "capfd/wire.h"
#include "certs/capf_msg.h"
#include "certs/lsc.h"

enum session_state {
	SESSION_AUTH,		/* was asked who it is */
	SESSION_BEGUN,		/* the writer: WIRE_BEGIN */
	SESSION_KEY,		/* makes a key */
	SESSION_REQUESTED,	/* the writer: WIRE_REQUEST */
	SESSION_CA,		/* a CA elsewhere */
	SESSION_SIGNER,		/* a new key of CAPF */
	SESSION_ISSUED,		/* the writer: WIRE_ISSUED */
	SESSION_STORE,		/* stores its certificate */
	SESSION_FETCH,		/* was asked for its certificate */
	SESSION_DELETE,		/* deletes its certificate */
	SESSION_ENDED,		/* the writer: WIRE_END */
	SESSION_OVER,
	SESSION_N
};
extern const char *const session_state_name[SESSION_N];

/* Waits, in ms. */
struct session_waits {
	int64_t	 reply;		/* for a message of the phone */
	int64_t	 progress;	/* the same after REQUEST IN PROGRESS */
	int64_t	 key;		/* for its key in all */
	int64_t	 ca;		/* for a CA elsewhere; 0: none */
	int64_t	 writer;
	int64_t	 signer;	/* for the key of a CAPF just promoted */
};

/* What is done at once, by those who hold keys and trust. */
struct session_ops {
	/* Who signed an authentication response that has a certificate:
	 * h->proof and sha256 (trust/capf_proof.h). */
	int	(*prove)(void *arg, const struct capf_msg *m,
		    uint32_t session, struct capf_hello *h, struct err *e);
	/* Its certificate, by the CAPF of now; *der is the session's
	 * (free()).  ERR_NOTFOUND: the key of that is on its way. */
	int	(*issue)(void *arg, const struct capf_owner *o,
		    const struct lsc_key *k, uint8_t **der, size_t *len,
		    struct err *e);
	/* Is what a CA elsewhere has made still trusted?  It may be long
	 * ago. */
	int	(*trusted)(void *arg, const uint8_t *der, size_t len,
		    struct err *e);
	/* The request for it, for a CA elsewhere, likewise.  NULL: CAPF
	 * issues. */
	int	(*request)(void *arg, const struct capf_owner *o,
		    const struct lsc_key *k, uint8_t **der, size_t *len,
		    struct err *e);
};

struct session {
	enum session_state	 state;
	uint32_t		 id;
	char			 peer[64];	/* its address */
	struct session_waits	 waits;
	const struct session_ops *ops;		/* borrowed, with arg */
	void			*arg;

	char			 device[CAPF_DEVICE_MAX + 1];	/* "" unknown */
	uint8_t			 version;
	bool			 begun;		/* the writer knows of it */
	bool			 gone;		/* before it had begun */
	struct capf_task	 task;
	enum key_type		 asked;		/* for this key */
	int64_t			 key_until_ms;
	struct lsc_key		*key;		/* it made, until it is signed */
	uint8_t			 spki[32];	/* of that key */
	int64_t			 signer_until_ms;
	uint8_t			*der;		/* the certificate sent */
	size_t			 derlen;
	bool			 mic;		/* that was fetched */
	uint8_t			 reason;	/* of the last message */
	bool			 ok;		/* done what was asked for */
	bool			 refused;	/* not, and the phone's doing */
	char			 why[CAPF_REASON_MAX + 1];	/* not ok */
	char			 tags[32];	/* unknown ones, for the log */
};

enum session_then {
	SESSION_READ,		/* the phone's next message */
	SESSION_ASK,		/* the answer to ask */
	SESSION_WAIT,		/* session_issued, or session_sign */
	SESSION_END,		/* nothing */
};

struct session_do {
	size_t			 len;	/* bytes in out to send, 0: none */
	uint8_t			*out;	/* the caller's, CAPF_MSG_MAX */
	enum session_then	 then;
	int64_t			 wait_ms;	/* for that */
	bool			 has_ask;	/* for the writer, before all
						 * else; with other than
						 * SESSION_ASK nobody waits */
	struct wire_ask		 ask;	/* borrows from the session */
};

/* What time it is: from the loop's clock, and for rows. */
struct session_now { int64_t ms, s; };

/* id: random, not 0.  s is zero but for peer, waits, ops and arg. */
void	session_begin(struct session *s, uint32_t id, struct session_do *d);

/* A whole message of the phone; any bytes. */
void	session_message(struct session *s, const uint8_t *buf, size_t len,
	    const struct session_now *now, struct session_do *d);

/* The answer to what was asked; a's task is the session's from then on. */
void	session_answer(struct session *s, const struct wire_answer *a,
	    const struct session_now *now, struct session_do *d);

/* SESSION_CA: der is there, or with NULL will not be while the phone waits. */
void	session_issued(struct session *s, const uint8_t *der, size_t len,
	    const struct session_now *now, struct session_do *d);

/* SESSION_CA: the CA has refused, and that has been written. */
void	session_ca_refused(struct session *s, const char *why,
	    struct session_do *d);

/* SESSION_SIGNER: the key may be there now. */
void	session_sign(struct session *s, const struct session_now *now,
	    struct session_do *d);

/*
 * The connection is over, in whatever state: what the writer is to know.  With
 * SESSION_ASK the session stays until session_answer.
 */
void	session_gone(struct session *s, const char *why,
	    const struct session_now *now, struct session_do *d);

void	session_clear(struct session *s);

#endif
