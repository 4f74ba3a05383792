/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Peers by the trust stores, see anchors_peer.h.
 */
#include "trust/anchors_peer.h"

static void
told(void *arg, const struct cert *leaf, const struct verify_result *r)
{
	struct anchors_peer *p = arg;

	(void)leaf;
	p->result = *r;
	p->asked = true;
}

static int
set(void *arg, struct ssl_ctx_st *ctx, struct err *e)
{
	struct anchors_peer *p = arg;

	return verify_tls_set(ctx, &p->tls, e);
}

static int
verdict(void *arg, struct err *e)
{
	return anchors_peer_verdict(arg, e);
}

void
anchors_peer_init(struct anchors_peer *p, struct verifier *v, uint32_t units,
    enum verify_purpose purpose)
{
	*p = (struct anchors_peer){
		.tls = { .verifier = v, .told = told, .arg = p,
		    .policy = { .units = units, .purpose = purpose } },
		.fetch = { .set = set, .verdict = verdict, .arg = p },
	};
}

int
anchors_peer_verdict(const struct anchors_peer *p, struct err *e)
{
	if (!p->asked)
		return err_set(e, ERR_BADSTATE, "no certificate was shown");
	if (p->result.why != VERIFY_OK)
		return err_set(e, ERR_VERIFY, "%s", p->result.text);
	return ERR_OK;
}
