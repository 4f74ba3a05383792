/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A gateway for tests, see gateway_lab.h.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/gateway_lab.h"

#define PATIENCE_S	60

struct gateway {
	enum gateway_mode	 mode;
	SSL_CTX			*ctx;
	int			 fd;
	uint16_t		 port;
	pthread_t		 thread;
};

/* Until the client leaves, or gives up. */
static void
drain(int fd)
{
	char buf[512];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void
shake(struct gateway *g, int fd)
{
	SSL *ssl = SSL_new(g->ctx);

	if (ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
		drain(fd);
	SSL_free(ssl);
	ERR_clear_error();
}

static void *
serve(void *arg)
{
	const struct timeval tv = { .tv_sec = PATIENCE_S };
	struct gateway *g = arg;
	int fd;

	while ((fd = accept4(g->fd, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv,
		    sizeof(tv));
		if (g->mode == GATEWAY_PLAIN)
			(void)!write(fd, "220 hello\r\n", 11);
		if (g->mode == GATEWAY_PLAIN || g->mode == GATEWAY_SILENT)
			drain(fd);
		else
			shake(g, fd);
		(void)close(fd);
	}
	return NULL;
}

static SSL_CTX *
context(enum gateway_mode mode)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	ck_assert_ptr_nonnull(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	ck_assert_int_eq(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION),
	    1);
	if (mode == GATEWAY_TLS10)
		ck_assert_int_eq(SSL_CTX_set_max_proto_version(ctx,
		    TLS1_VERSION), 1);
	if (mode == GATEWAY_NO_CERT)
		ck_assert_int_eq(SSL_CTX_set_max_proto_version(ctx,
		    TLS1_2_VERSION), 1);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(ctx,
	    mode == GATEWAY_NO_CERT ? "aNULL:@SECLEVEL=0" :
	    "ALL:@SECLEVEL=0"), 1);
	return ctx;
}

static int
listen_any(uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

static struct gateway *
start(enum gateway_mode mode, SSL_CTX *ctx)
{
	struct gateway *g = calloc(1, sizeof(*g));

	ck_assert_ptr_nonnull(g);
	g->mode = mode;
	g->ctx = ctx;
	g->fd = listen_any(&g->port);
	ck_assert_int_eq(listen(g->fd, 16), 0);
	ck_assert_int_eq(pthread_create(&g->thread, NULL, serve, g), 0);
	return g;
}

struct gateway *
gateway_start(enum gateway_mode mode, const struct cert *cert, EVP_PKEY *key)
{
	SSL_CTX *ctx = context(mode);
	const uint8_t *der;
	size_t len;

	if (cert != NULL) {
		der = cert_der(cert, &len);
		ck_assert_int_eq(SSL_CTX_use_certificate_ASN1(ctx, (int)len,
		    der), 1);
		ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, key), 1);
	}
	return start(mode, ctx);
}

struct gateway *
gateway_start_x509(X509 *x, EVP_PKEY *key)
{
	SSL_CTX *ctx = context(GATEWAY_TLS);

	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, x), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, key), 1);
	return start(GATEWAY_TLS, ctx);
}

uint16_t
gateway_port(const struct gateway *g)
{
	return g->port;
}

void
gateway_stop(struct gateway *g)
{
	(void)shutdown(g->fd, SHUT_RDWR);	/* ends accept4 */
	(void)pthread_join(g->thread, NULL);
	(void)close(g->fd);
	SSL_CTX_free(g->ctx);
	free(g);
}

uint16_t
gateway_nobody(void)
{
	uint16_t port;

	(void)close(listen_any(&port));
	return port;
}
