/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A CAPF server as a function, for tests of phones: one operation, whoever
 * comes; LSCs by the golden CAPF key.  What a phone sends that a server must
 * not take ends the session, with a reason.
 */
#ifndef TESTS_CAPF_PEER_H
#define TESTS_CAPF_PEER_H

#include "certs/capf_msg.h"
#include "certs/lsc.h"

enum capf_peer_op { PEER_NOTHING, PEER_INSTALL, PEER_FETCH, PEER_DELETE };

struct capf_peer {
	/* What is asked for: */
	enum capf_peer_op	 op;
	enum key_type		 key;
	const char		*string;	/* NULL: any will do */
	bool			 wants_cert;	/* and signatures by it */
	bool			 later;		/* END 0 in place of STORE */
	bool			 other_key;	/* the LSC is for another */
	/* What came: */
	unsigned		 sessions, stored;
	unsigned		 in_progress;
	uint8_t			 version;	/* 0: none */
	bool			 sudi;
	char			 device[CAPF_DEVICE_MAX + 1];
	char			 why[ERR_MSG_MAX];	/* of a refusal */
	struct cert		*lsc;		/* issued last */
	struct cert		*shown;		/* by a phone, last */
	/* Its own: */
	uint32_t		 session;
	enum { PEER_AUTH, PEER_WORK, PEER_CONFIRM } state;
	struct cert		*ca;
	struct signer		*signer;
	struct lsc_issuer	*issuer;
};

void	capf_peer_open(struct capf_peer *p);
void	capf_peer_close(struct capf_peer *p);

/* A session begins: its first message into out (CAPF_MSG_MAX). */
size_t	capf_peer_begin(struct capf_peer *p, uint8_t *out);
/* The next one; *n 0: none yet.  true: it was the last, END. */
bool	capf_peer_answer(struct capf_peer *p, const uint8_t *buf, size_t len,
	    uint8_t *out, size_t *n);

#endif
