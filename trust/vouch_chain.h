/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Vouching by chain (parameter tvs.accept_chains): a server's certificate that
 * a CA of a trust store has issued; and whether a CA there has revoked one.
 * The trust stores are loaded when the first loop needs them: without the
 * parameter, revocation lists and OCSP they cost nothing.
 *
 * https gives APP-SERVER, all gives CCM for CAs of CallManager-trust besides.
 * CAPF, TVS, SAST and TFTP are never given so: who issued the phones'
 * certificates would make each phone a CAPF server.
 */
#ifndef TRUST_VOUCH_CHAIN_H
#define TRUST_VOUCH_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "certs/cert.h"

enum vouch_chains { CHAINS_NO, CHAINS_HTTPS, CHAINS_ALL };

/* "no", "https", "all"; others are CHAINS_NO. */
enum vouch_chains	 vouch_chains_parse(const char *s);

struct vouch_stores;	/* one per process, any thread */
struct vouch_loop;	/* one per thread */

/* statefd is borrowed. */
struct vouch_stores	*vouch_stores_new(int statefd, struct err *e);
/* All loops have been freed. */
void			 vouch_stores_free(struct vouch_stores *s);

struct vouch_loop	*vouch_loop_new(struct vouch_stores *s,
			    const struct clock *clk, struct err *e);
void			 vouch_loop_free(struct vouch_loop *l);

/* The roles (bit 1 << role) that c has by its chain now, 0 for none. */
int			 vouch_chain_roles(struct vouch_loop *l,
			    enum vouch_chains allowed, const struct cert *c,
			    uint32_t *roles, struct err *e);

/* Has a CA of a trust store revoked c, which it has issued? */
int			 vouch_chain_revoked(struct vouch_loop *l,
			    const struct cert *c, bool *revoked,
			    struct err *e);

#endif
