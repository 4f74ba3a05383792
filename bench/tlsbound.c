/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The limit server of the bench for TVS, no product: the least work that a
 * server can do for what tlsload asks.  One thread, the key in the process, a
 * message read by its header alone, always the same answer.  No deadlines, no
 * limits, no log.
 *
 *	tlsbound PORT CERTIFICATE-AND-KEY.pem
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG		4096
#define EVENTS		128
#define ACCEPTS		64
#define HEADER		10

struct conn {
	int	 fd;
	bool	 shaken;
	SSL	*ssl;
	size_t	 len;
	uint8_t	 in[4096];
};

static SSL_CTX *ctx;
static int ep;

static void
end(struct conn *c)
{
	ERR_clear_error();
	SSL_free(c->ssl);
	(void)close(c->fd);
	free(c);
}

static bool
waits(const struct conn *c, int r)
{
	return SSL_get_error(c->ssl, r) == SSL_ERROR_WANT_READ;
}

static bool
answer(struct conn *c)
{
	uint8_t out[] = { 0x57, 1, 2, 0, c->in[4], c->in[5], c->in[6],
	    c->in[7], 0, 16, 7, 0, 1, 0, 8, 0, 2, 1, 3, 9, 0, 4, 0, 1, 0x51,
	    0x80 };

	return SSL_write(c->ssl, out, sizeof(out)) > 0;
}

static bool
take(struct conn *c)
{
	size_t n;

	while (c->len >= HEADER) {
		n = HEADER + ((size_t)c->in[8] << 8 | c->in[9]);
		if (c->len < n)
			break;
		if (!answer(c))
			return false;
		memmove(c->in, c->in + n, c->len - n);
		c->len -= n;
	}
	return c->len < sizeof(c->in);
}

/* All that can be done now; false: it has ended, or is to. */
static bool
drive(struct conn *c)
{
	int r;

	if (!c->shaken) {
		if ((r = SSL_accept(c->ssl)) <= 0)
			return waits(c, r);
		c->shaken = true;
	}
	for (;;) {
		r = SSL_read(c->ssl, c->in + c->len,
		    (int)(sizeof(c->in) - c->len));
		if (r <= 0)
			return waits(c, r);
		c->len += (size_t)r;
		if (!take(c))
			return false;
	}
}

static void
accept_some(int listenfd)
{
	static const int on = 1;
	struct epoll_event ev = { .events = EPOLLIN };
	struct conn *c;
	int fd;

	for (int i = 0; i < ACCEPTS; i++) {
		if ((fd = accept4(listenfd, NULL, NULL, SOCK_NONBLOCK)) == -1)
			return;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
		if ((c = calloc(1, sizeof(*c))) == NULL ||
		    (c->ssl = SSL_new(ctx)) == NULL)
			abort();
		c->fd = fd;
		(void)SSL_set_fd(c->ssl, fd);
		SSL_set_accept_state(c->ssl);
		ev.data.ptr = c;
		(void)epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	}
}

static int
open_port(uint16_t port)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd == -1 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) ==
	    -1 || listen(fd, BACKLOG) == -1) {
		perror("tlsbound");
		exit(1);
	}
	return fd;
}

static bool
load_key(const char *pem)
{
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || SSL_CTX_use_certificate_file(ctx, pem,
	    SSL_FILETYPE_PEM) != 1 || SSL_CTX_use_PrivateKey_file(ctx, pem,
	    SSL_FILETYPE_PEM) != 1)
		return false;
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	return true;
}

int
main(int argc, char **argv)
{
	struct epoll_event ev[EVENTS], first = { .events = EPOLLIN };
	int64_t port;
	int listenfd, n;

	if (argc != 3 || str_to_i64(argv[1], 1, UINT16_MAX, &port, NULL) !=
	    ERR_OK) {
		(void)fprintf(stderr, "usage: tlsbound PORT PEM\n");
		return 2;
	}
	if (!load_key(argv[2])) {
		ERR_print_errors_fp(stderr);
		return 1;
	}
	listenfd = open_port((uint16_t)port);
	ep = epoll_create1(0);
	(void)epoll_ctl(ep, EPOLL_CTL_ADD, listenfd, &first);
	for (;;) {
		n = epoll_wait(ep, ev, EVENTS, -1);
		for (int i = 0; i < n; i++)
			if (ev[i].data.ptr == NULL)
				accept_some(listenfd);
			else if (!drive(ev[i].data.ptr))
				end(ev[i].data.ptr);
	}
}
