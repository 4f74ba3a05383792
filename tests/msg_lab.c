/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of messages for tests, see msg_lab.h.
 */
#include <check.h>
#include <unistd.h>

#include "net/listen.h"
#include "tests/certs_data.h"
#include "tests/msg_lab.h"

#define LIMIT_MS	60000

static int
answer(void *arg, struct msg_peer *p, const uint8_t *buf, size_t len,
    uint8_t *out, size_t *outlen, struct err *e)
{
	struct msg_lab *l = arg;

	(void)p;
	if (l->fn(l->arg, buf, len, out, outlen) == ERR_OK)
		return ERR_OK;
	return err_set(e, ERR_PROTO, "no answer to this");
}

static void *
serve(void *arg)
{
	struct msg_lab *l = arg;

	ck_assert_int_eq(loop_run(l->loop, NULL), ERR_OK);
	return NULL;
}

int
msg_lab_listen(struct net_addr *a)
{
	socklen_t len = sizeof(a->ss);
	struct err e = { 0 };
	int fd;

	ck_assert_int_eq(net_addr_parse(a, "127.0.0.1", 0, &e), ERR_OK);
	ck_assert_msg(net_listen(NET_TCP, a, 0, &fd, 1, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a->ss, &len), 0);
	return fd;
}

void
msg_lab_start(struct msg_lab *l, const char *cert, size_t max,
    int (*need)(const uint8_t *, size_t, size_t *, struct err *),
    msg_lab_fn *fn, void *arg)
{
	const struct msg_limits lim = { .handshake_ms = LIMIT_MS,
	    .idle_ms = LIMIT_MS, .message_ms = LIMIT_MS };
	const struct msg_def def = {
	    .full = "lab.full", .starved = "lab.starved",
	    .failed = "lab.failed", .dropped = "lab.dropped", .max = max,
	    .need = need, .answer = answer };

	l->fn = fn;
	l->arg = arg;
	msg_lab_start_def(l, cert, &def, &lim, l);
}

void
msg_lab_start_def(struct msg_lab *l, const char *cert,
    const struct msg_def *def, const struct msg_limits *lim, void *arg)
{
	struct err e = { 0 };

	l->def = *def;
	l->halted = false;
	l->fd = msg_lab_listen(&l->addr);
	l->cert = data_cert(cert);
	l->signer = data_signer();
	ck_assert_ptr_nonnull(l->keys = tls_keys_new(l->signer, &e));
	l->ctx = tls_server_ctx(l->keys, l->cert, TLS_FLOOR_12, &e);
	ck_assert_msg(l->ctx != NULL, "%s", e.msg);
	ck_assert_ptr_nonnull(l->loop = loop_new(&e));
	ck_assert_ptr_nonnull(l->count = net_count_new(100, 100, 1));
	l->server = msg_server_new(l->loop, l->fd, lim, l->count, l->ctx,
	    &l->def, arg, &e);
	ck_assert_msg(l->server != NULL, "%s", e.msg);
	ck_assert_int_eq(pthread_create(&l->thread, NULL, serve, l), 0);
}

void
msg_lab_halt(struct msg_lab *l)
{
	if (l->halted)
		return;
	loop_stop(l->loop);
	ck_assert_int_eq(pthread_join(l->thread, NULL), 0);
	l->halted = true;
}

void
msg_lab_stop(struct msg_lab *l)
{
	msg_lab_halt(l);
	msg_server_free(l->server);
	loop_free(l->loop);
	net_count_free(l->count);
	(void)close(l->fd);
	tls_ctx_free(l->ctx);
	tls_keys_free(l->keys);
	signer_free(l->signer);
	cert_free(l->cert);
}
