/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One request to a TVS server, see tvs_call.h.  A connection for each, as
 * phones do (spec/tvs.md section 5).
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/tvs_msg.h"
#include "net/msg_client.h"
#include "phonesim/tvs_call.h"

struct tvs_call {
	struct msg_client	*client;
	bool			 any;		/* server will do */
	struct accept_phone	 phone;
	struct accept_verdict	 v;		/* of the server */
	tvs_call_fn		*fn;
	void			*arg;
};

static bool
is_server(void *arg, const uint8_t *der, size_t len)
{
	struct tvs_call *c = arg;

	return c->any || accept_tvs_server(&c->phone, der, len, &c->v);
}

static void
answered(void *arg, int code, const char *why, const uint8_t *buf,
    size_t len)
{
	struct tvs_call *c = arg;
	const struct sim_answer a = { .code = code, .why =
	    code == ERR_VERIFY && c->v.why[0] != '\0' ? c->v.why : why,
	    .buf = buf, .len = len };

	c->fn(c->arg, &a);
}

static const struct msg_client_def def = {
	.max = TVS_MSG_MAX, .need = tvs_msg_need, .peer = is_server,
	.answer = answered,
};

int
tvs_call_resolve(const char *host, uint16_t port, struct net_addr *a,
    struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *ai;
	char service[8];
	int ret;

	if (net_addr_parse(a, host, port, NULL) == ERR_OK)
		return ERR_OK;
	(void)snprintf(service, sizeof(service), "%u", port);
	if ((ret = getaddrinfo(host, service, &hints, &ai)) != 0)
		return err_set(e, ERR_UNREACHABLE, "%.100s has no address: %s",
		    host, gai_strerror(ret));
	net_addr_from(a, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(ai);
	return ERR_OK;
}

struct tvs_call *
tvs_call_new(struct loop *l, struct ssl_ctx_st *ctx,
    const struct tvs_call_request *q, struct err *e)
{
	struct net_addr addr;
	struct tvs_call *c;

	if (tvs_call_resolve(q->server->address, q->server->port, &addr, e) !=
	    ERR_OK)
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "question to TVS");
		return NULL;
	}
	if (q->phone != NULL)
		c->phone = *q->phone;
	c->any = q->phone == NULL;
	c->fn = q->fn;
	c->arg = q->arg;
	if ((c->client = msg_client_new(l, &addr, ctx, &def, c, e)) == NULL ||
	    msg_client_send(c->client, q->request, q->requestlen, TVS_CALL_MS,
	    e) != ERR_OK) {
		tvs_call_free(c);
		return NULL;
	}
	return c;
}

void
tvs_call_free(struct tvs_call *c)
{
	if (c == NULL)
		return;
	msg_client_free(c->client);
	free(c);
}

/* --- waiting for it --- */

struct wait {
	struct loop	*loop;
	int		 code;
	struct err	*e;
	uint8_t		*buf;
	size_t		 len;
};

static void
on_answer(void *arg, const struct sim_answer *a)
{
	struct wait *w = arg;

	w->code = a->code;
	if (a->code != ERR_OK)
		(void)err_set(w->e, a->code, "%s", a->why);
	else if ((w->buf = malloc(a->len)) == NULL)
		w->code = err_set(w->e, ERR_NOMEM, "answer of TVS");
	else {
		memcpy(w->buf, a->buf, a->len);
		w->len = a->len;
	}
	loop_stop(w->loop);
}

int
tvs_call_wait(const struct tvs_call_request *q, uint8_t **buf, size_t *len,
    struct err *e)
{
	struct tvs_call_request mine = *q;
	struct ssl_ctx_st *ctx = NULL;
	struct err why = { 0 };
	struct wait w = { .code = ERR_OK, .e = &why };
	struct tvs_call *c = NULL;

	mine.fn = on_answer;
	mine.arg = &w;
	if ((w.loop = loop_new(&why)) != NULL &&
	    (ctx = tls_client_ctx(&why)) != NULL &&
	    (c = tvs_call_new(w.loop, ctx, &mine, &why)) != NULL)
		(void)loop_run(w.loop, &why);
	tvs_call_free(c);
	tls_ctx_unref(ctx);
	loop_free(w.loop);
	if (why.code != ERR_OK) {
		free(w.buf);
		return err_set(e, why.code, "%s", why.msg);
	}
	*buf = w.buf;
	*len = w.len;
	return ERR_OK;
}
