/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust stores as a TLS connection or a fetch asks them for its peer.
 */
#ifndef TRUST_ANCHORS_PEER_H
#define TRUST_ANCHORS_PEER_H

#include "certs/verify.h"
#include "net/fetch.h"

/* Embedded; used by one connection at a time. */
struct anchors_peer {
	struct verify_tls	 tls;
	struct verify_result	 result;
	bool			 asked;
	struct fetch_trust	 fetch;		/* for struct fetch_opts */
};

/* v is borrowed; units: whose trust counts (ANCHORS_BIT); purpose: what the
 * peer is.  Also resets one that has been used. */
void	anchors_peer_init(struct anchors_peer *p, struct verifier *v,
	    uint32_t units, enum verify_purpose purpose);

/* ERR_OK: the peer was trusted; ERR_VERIFY with the reason; ERR_BADSTATE:
 * nobody has asked yet. */
int	anchors_peer_verdict(const struct anchors_peer *p, struct err *e);

#endif
