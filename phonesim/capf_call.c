/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * CAPF over the network, see capf_call.h.
 */
#include <stdlib.h>

#include "net/msg_client.h"
#include "phonesim/capf_call.h"
#include "phonesim/tvs_call.h"

#define MS_PER_S	1000

struct capf_call {
	struct capf_call_request q;
	struct accept_phone	 phone;
	struct msg_client	*client;
	struct loop_timer	*timer;		/* of a key that takes long */
	bool			 heard;		/* from the server */
};

static bool
is_server(void *arg, const uint8_t *der, size_t len)
{
	struct capf_call *c = arg;

	return c->q.phone == NULL ||
	    accept_capf_server(&c->phone, der, len, c->q.v);
}

/* c may be gone when this returns. */
static void
end(struct capf_call *c, int code, const char *why)
{
	if (code == ERR_OK)
		msg_client_finish(c->client);
	c->q.fn(c->q.arg, code, why);
}

/* Until the session wants something from others; c may be gone then. */
static void
go_on(struct capf_call *c)
{
	const struct sim_capf_msg *m;
	struct sim_capf *s = c->q.session;
	struct err e = { 0 };

	for (;;) {
		switch (sim_capf_next(s, &m)) {
		case SIM_CAPF_SEND:
			if (msg_client_put(c->client, m->buf, m->len, &e) !=
			    ERR_OK) {
				end(c, e.code, e.msg);
				return;
			}
			sim_capf_sent(s);
			continue;
		case SIM_CAPF_RECEIVE:
			msg_client_expect(c->client, CAPF_CALL_MS);
			return;
		case SIM_CAPF_MAKE_KEY:
			if (c->q.key != NULL)
				c->q.key(c->q.arg, s->res.key);
			else
				capf_call_key(c, key_generate(s->res.key,
				    NULL));
			return;
		case SIM_CAPF_PAUSE:
			loop_timer_set(c->timer, (int64_t)
			    s->how->bad.slow_key_s * MS_PER_S);
			return;
		case SIM_CAPF_OVER:
			end(c, ERR_OK, "");
			return;
		}
	}
}

static void
on_pause_over(void *arg)
{
	struct capf_call *c = arg;

	sim_capf_paused(c->q.session);
	go_on(c);
}

void
capf_call_key(struct capf_call *c, struct key *k)
{
	struct err e = { 0 };

	if (sim_capf_key(c->q.session, k, &e) != ERR_OK)
		end(c, e.code, e.msg);
	else
		go_on(c);
}

/* A server that was heard and went is a session that broke; one that was not
 * is none. */
static void
answered(void *arg, int code, const char *why, const uint8_t *buf,
    size_t len)
{
	struct capf_call *c = arg;
	struct err e = { 0 };

	if (code == ERR_OK) {
		c->heard = true;
		if (sim_capf_take(c->q.session, buf, len, &e) == ERR_OK)
			go_on(c);
		else
			end(c, e.code, e.msg);
		return;
	}
	if (code == ERR_VERIFY && c->q.phone != NULL &&
	    c->q.v->why[0] != '\0')
		why = c->q.v->why;
	sim_capf_lost(c->q.session, why);
	if (c->heard && code != ERR_NOMEM)
		code = ERR_OK;
	else if (code == ERR_IO)
		code = ERR_PROTO;	/* the server's, not the phone's */
	end(c, code, why);
}

static const struct msg_client_def def = {
	.max = CAPF_MSG_MAX, .need = capf_msg_need, .peer = is_server,
	.answer = answered,
};

static int
start(struct capf_call *c, struct loop *l, struct ssl_ctx_st *ctx,
    const struct net_addr *addr, struct err *e)
{
	c->timer = loop_timer_new(l, on_pause_over, c, e);
	if (c->timer == NULL ||
	    (c->client = msg_client_new(l, addr, ctx, &def, c, e)) == NULL)
		return e->code;
	if (c->q.session->how->bad.byte_per_write)
		msg_client_pieces(c->client, 1);
	msg_client_expect(c->client, CAPF_CALL_MS);
	return ERR_OK;
}

struct capf_call *
capf_call_new(struct loop *l, struct ssl_ctx_st *ctx,
    const struct capf_call_request *q, struct err *e)
{
	struct net_addr addr;
	struct capf_call *c;
	struct err why = { 0 };

	if (tvs_call_resolve(q->server->address, q->server->port, &addr, e) !=
	    ERR_OK)
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "CAPF session");
		return NULL;
	}
	c->q = *q;
	if (q->phone != NULL)
		c->phone = *q->phone;
	if (start(c, l, ctx, &addr, &why) != ERR_OK) {
		(void)err_set(e, why.code, "%s", why.msg);
		capf_call_free(c);
		return NULL;
	}
	return c;
}

void
capf_call_free(struct capf_call *c)
{
	if (c == NULL)
		return;
	msg_client_free(c->client);
	loop_timer_free(c->timer);
	free(c);
}

/* --- waiting for it --- */

struct wait {
	struct loop	*loop;
	struct err	*e;
};

static void
on_end(void *arg, int code, const char *why)
{
	struct wait *w = arg;

	if (code != ERR_OK)
		(void)err_set(w->e, code, "%s", why);
	loop_stop(w->loop);
}

int
capf_call_wait(const struct capf_call_request *q, struct err *e)
{
	struct capf_call_request mine = *q;
	struct ssl_ctx_st *ctx = NULL;
	struct err why = { 0 };
	struct wait w = { .e = &why };
	struct capf_call *c = NULL;

	mine.fn = on_end;
	mine.key = NULL;
	mine.arg = &w;
	if ((w.loop = loop_new(&why)) != NULL &&
	    (ctx = tls_client_ctx(&why)) != NULL &&
	    (c = capf_call_new(w.loop, ctx, &mine, &why)) != NULL)
		(void)loop_run(w.loop, &why);
	capf_call_free(c);
	tls_ctx_unref(ctx);
	loop_free(w.loop);
	return why.code == ERR_OK ? ERR_OK :
	    err_set(e, why.code, "%s", why.msg);
}
