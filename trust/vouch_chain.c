/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Vouching by chain, see vouch_chain.h.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "certs/list.h"
#include "trust/anchors.h"
#include "trust/vouch_chain.h"

struct vouch_stores {
	int			 statefd;
	pthread_mutex_t		 lock;
	struct anchors		*anchors;	/* NULL: nobody asked yet */
};

struct vouch_loop {
	struct vouch_stores	*stores;
	const struct clock	*clk;
	struct anchors_loop	*anchors;
};

static const struct {
	enum trust_unit		 unit;
	enum vouch_chains	 least;		/* that is allowed */
	uint32_t		 roles;
} chained[] = {
	{ TRUST_HTTPS, CHAINS_HTTPS, UINT32_C(1) << ROLE_APP_SERVER },
	{ TRUST_CALLMANAGER, CHAINS_ALL, UINT32_C(1) << ROLE_CCM },
};
#define NCHAINED	(sizeof(chained) / sizeof(chained[0]))

enum vouch_chains
vouch_chains_parse(const char *s)
{
	if (strcmp(s, "all") == 0)
		return CHAINS_ALL;
	return strcmp(s, "https") == 0 ? CHAINS_HTTPS : CHAINS_NO;
}

struct vouch_stores *
vouch_stores_new(int statefd, struct err *e)
{
	struct vouch_stores *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "trust stores");
		return NULL;
	}
	s->statefd = statefd;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
vouch_stores_free(struct vouch_stores *s)
{
	if (s == NULL)
		return;
	anchors_stop(s->anchors);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct anchors *
stores_anchors(struct vouch_stores *s, struct err *e)
{
	struct anchors *a;

	(void)pthread_mutex_lock(&s->lock);
	if (s->anchors == NULL)
		s->anchors = anchors_start(s->statefd, e);
	a = s->anchors;
	(void)pthread_mutex_unlock(&s->lock);
	return a;
}

struct vouch_loop *
vouch_loop_new(struct vouch_stores *s, const struct clock *clk,
    struct err *e)
{
	struct vouch_loop *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_set(e, ERR_NOMEM, "trust stores");
		return NULL;
	}
	l->stores = s;
	l->clk = clk;
	return l;
}

void
vouch_loop_free(struct vouch_loop *l)
{
	if (l == NULL)
		return;
	anchors_loop_free(l->anchors);
	free(l);
}

static struct verifier *
loop_verifier(struct vouch_loop *l, struct err *e)
{
	struct anchors *a;

	if (l->anchors == NULL &&
	    ((a = stores_anchors(l->stores, e)) == NULL ||
	    (l->anchors = anchors_loop_new(a, l->clk, e)) == NULL))
		return NULL;
	return anchors_now(l->anchors);
}

int
vouch_chain_roles(struct vouch_loop *l, enum vouch_chains allowed,
    const struct cert *c, uint32_t *roles, struct err *e)
{
	struct verify_policy policy = { .purpose = VERIFY_TLS_SERVER };
	struct verify_result r;
	struct verifier *v;

	*roles = 0;
	for (size_t i = 0; i < NCHAINED; i++)
		if (allowed >= chained[i].least)
			policy.units |= ANCHORS_BIT(chained[i].unit);
	if (policy.units == 0)
		return ERR_OK;
	if ((v = loop_verifier(l, e)) == NULL)
		return e != NULL ? e->code : ERR_IO;
	if (!verify_cert(v, c, NULL, 0, &policy, &r))
		return r.why == VERIFY_ERROR ?
		    err_set(e, ERR_IO, "%s", r.text) : ERR_OK;
	for (size_t i = 0; i < NCHAINED; i++)
		if ((r.units & ANCHORS_BIT(chained[i].unit)) != 0 &&
		    allowed >= chained[i].least)
			*roles |= chained[i].roles;
	return ERR_OK;
}

int
vouch_chain_revoked(struct vouch_loop *l, const struct cert *c,
    bool *revoked, struct err *e)
{
	struct verifier *v = loop_verifier(l, e);

	*revoked = false;
	if (v == NULL)
		return e != NULL ? e->code : ERR_IO;
	*revoked = verify_revoked(v, c);
	return ERR_OK;
}
