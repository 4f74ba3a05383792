/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Plain sockets as streams, see stream.h.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "net/tls.h"

#define TLS_HANDSHAKE	0x16	/* content type (RFC 8446, section 5.1) */

static ssize_t
plain_recv(struct stream *s, void *buf, size_t len)
{
	return recv(s->fd, buf, len, 0);
}

static ssize_t
plain_send(struct stream *s, const struct iovec *iov, size_t n, bool more)
{
	const struct msghdr msg = {
		.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n,
	};

	return sendmsg(s->fd, &msg, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}

static ssize_t
plain_sendfile(struct stream *s, int fd, off_t at, size_t len)
{
	return sendfile(s->fd, fd, &at, len);
}

static bool
plain_pending(const struct stream *s)
{
	(void)s;
	return false;
}

static int
plain_finish(struct stream *s)
{
	return shutdown(s->fd, SHUT_WR);
}

void
stream_plain(struct stream *s, int fd)
{
	static const struct stream_ops ops = {
		.recv = plain_recv,
		.send = plain_send,
		.sendfile = plain_sendfile,
		.pending = plain_pending,
		.finish = plain_finish,
	};

	*s = (struct stream){ .ops = &ops, .fd = fd };
}

int
stream_peek_tls(const struct stream *s)
{
	unsigned char first;
	ssize_t n = recv(s->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n == 1 && first == TLS_HANDSHAKE ? 1 : -1;
}

uint64_t
stream_queued(const struct stream *s)
{
	int n = 0;

	return ioctl(s->fd, SIOCOUTQ, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}

void
stream_discard(const struct stream *s)
{
	static const struct linger now = { .l_onoff = 1 };

	(void)setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void
stream_close(struct stream *s)
{
	tls_end(s);
	(void)close(s->fd);
}
