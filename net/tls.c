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

int
stream_tls(struct stream *s, struct ssl_ctx_st *ctx, struct err *e)
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
	SSL_set_accept_state(ssl);
	SSL_set_read_ahead(ssl, 1);	/* a record is one call, not two */
	s->ssl = ssl;
	s->ops = &ops;
	return ERR_OK;
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
