/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS as a stream, see stream.h.  OpenSSL's queue of errors is the thread's:
 * it is emptied before each call, as SSL_get_error reads it.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "net/loop.h"
#include "net/tls.h"

#define TLS_RECORD	(16 * 1024)	/* plain bytes of one */

/* What r of call means, as errno. */
static ssize_t
tls_result(const struct stream *s, int r)
{
	if (r > 0)
		return r;
	switch (SSL_get_error(s->ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		if (errno != 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		break;
	}
	errno = EPROTO;
	return -1;
}

static ssize_t
tls_recv(struct stream *s, void *buf, size_t len)
{
	ERR_clear_error();
	errno = 0;
	return tls_result(s, SSL_read(s->ssl, buf, (int)len));
}

/*
 * At most one record.  A call that waited is repeated with the same bytes
 * from the same place, which is all OpenSSL asks.
 */
static ssize_t
tls_send(struct stream *s, const struct iovec *iov, size_t n, bool more)
{
	unsigned char buf[TLS_RECORD];
	size_t len = 0, part;
	ssize_t sent;

	(void)more;
	for (size_t i = 0; i < n && len < sizeof(buf); i++, len += part) {
		part = sizeof(buf) - len;
		if (iov[i].iov_len < part)
			part = iov[i].iov_len;
		memcpy(buf + len, iov[i].iov_base, part);
	}
	ERR_clear_error();
	errno = 0;
	sent = tls_result(s, SSL_write(s->ssl, buf, (int)len));
	if (sent == 0)
		errno = EPIPE;
	return sent > 0 ? sent : -1;
}

static bool
tls_pending(const struct stream *s)
{
	return SSL_has_pending(s->ssl) == 1;
}

/* The peer's own close_notify is not waited for. */
static int
tls_finish(struct stream *s)
{
	ERR_clear_error();
	(void)SSL_shutdown(s->ssl);
	return shutdown(s->fd, SHUT_WR);
}

static int
begin_tls(struct stream *s, struct ssl_ctx_st *ctx, struct err *e)
{
	static const struct stream_ops ops = {
		.recv = tls_recv,
		.send = tls_send,
		.pending = tls_pending,
		.finish = tls_finish,
	};
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL || SSL_set_fd(ssl, s->fd) != 1) {
		SSL_free(ssl);
		ERR_clear_error();
		return err_set(e, ERR_NOMEM, "TLS connection");
	}
	SSL_set_read_ahead(ssl, 1);	/* a record is one call, not two */
	s->ssl = ssl;
	s->ops = &ops;
	return ERR_OK;
}

int
stream_tls(struct stream *s, struct ssl_ctx_st *ctx, struct err *e)
{
	int ret = begin_tls(s, ctx, e);

	if (ret == ERR_OK)
		SSL_set_accept_state(s->ssl);
	return ret;
}

int
tls_connect(struct stream *s, struct ssl_ctx_st *ctx, struct tls_peer *p,
    struct err *e)
{
	int ret = begin_tls(s, ctx, e);

	if (ret == ERR_OK) {
		SSL_set_connect_state(s->ssl);
		SSL_set_app_data(s->ssl, p);
	}
	return ret;
}

/* In place of OpenSSL's own check, which asks authorities. */
static int
check_server(X509_STORE_CTX *x, void *arg)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(x,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_peer *p = SSL_get_app_data(ssl);
	X509 *c = X509_STORE_CTX_get0_cert(x);
	uint8_t *der = NULL;
	int len = c != NULL ? i2d_X509(c, &der) : -1;

	(void)arg;
	p->taken = len > 0 && p->fn(p->arg, der, (size_t)len);
	p->refused = !p->taken;
	OPENSSL_free(der);
	if (p->refused)
		X509_STORE_CTX_set_error(x, X509_V_ERR_CERT_REJECTED);
	return p->taken;
}

/* Sessions are not taken up again: then the check would not be made. */
struct ssl_ctx_st *
tls_client_ctx(struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
		SSL_CTX_free(ctx);
		ERR_clear_error();
		(void)err_set(e, ERR_CRYPTO, "TLS for a client");
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, check_server, NULL);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET |
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

static int
handshake_failed(struct err *e)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());
	int sys = errno;

	ERR_clear_error();
	if (why != NULL)
		return err_set(e, ERR_PROTO, "TLS handshake: %s", why);
	errno = sys;
	if (sys != 0)
		return err_sys(e, ERR_IO, "TLS handshake");
	return err_set(e, ERR_IO, "the peer left the TLS handshake");
}

int
stream_handshake(struct stream *s, unsigned *events, struct err *e)
{
	int r;

	ERR_clear_error();
	errno = 0;
	if ((r = SSL_do_handshake(s->ssl)) == 1)
		return 1;
	switch (SSL_get_error(s->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		*events = LOOP_READ;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		*events = LOOP_WRITE;
		return 0;
	}
	return handshake_failed(e);
}

struct ssl_ctx_st *
tls_ctx_ref(struct ssl_ctx_st *ctx)
{
	if (ctx != NULL)
		(void)SSL_CTX_up_ref(ctx);
	return ctx;
}

void
tls_ctx_unref(struct ssl_ctx_st *ctx)
{
	SSL_CTX_free(ctx);
}

bool
tls_resumed(const struct stream *s)
{
	return s->ssl != NULL && SSL_session_reused(s->ssl) == 1;
}

void
tls_end(struct stream *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
}
