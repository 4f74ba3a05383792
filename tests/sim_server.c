/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server for storms, see sim_server.h.
 */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "tests/sim_server.h"

#define BLOCK	512

static const struct lab_file *
asked(struct sim_server *s, const char *name)
{
	const struct lab_file *f = lab_find(s->lab, name);

	if (atomic_fetch_add(&s->requests, 1) == 0 && s->signal != 0)
		(void)kill(getpid(), s->signal);
	return f != NULL && f->code == ERR_OK ? f : NULL;
}

/* Block n, or nothing when the one before it was the last. */
static void
send_block(struct sim_server *s, const struct lab_file *f, unsigned n,
    const struct sockaddr_in *to)
{
	size_t off = (size_t)(n - 1) * BLOCK, len;
	uint8_t buf[4 + BLOCK] = { 0, 3, (uint8_t)(n >> 8), (uint8_t)n };

	if (off > f->len)
		return;
	len = f->len - off < BLOCK ? f->len - off : BLOCK;
	memcpy(buf + 4, f->buf + off, len);
	(void)sendto(s->udp, buf, 4 + len, 0, (const struct sockaddr *)to,
	    sizeof(*to));
}

static void
on_datagram(struct sim_server *s)
{
	static const char none[] = "\0\5\0\1none";
	struct sockaddr_in from;
	socklen_t fromlen = sizeof(from);
	char buf[BLOCK + 1] = "";
	const struct lab_file *f;
	ssize_t n;

	n = recvfrom(s->udp, buf, sizeof(buf) - 1, 0,
	    (struct sockaddr *)&from, &fromlen);
	if (n < 4)
		return;
	if (buf[1] == 4) {
		if ((f = s->sent[ntohs(from.sin_port)]) != NULL)
			send_block(s, f, ((unsigned)(uint8_t)buf[2] << 8 |
			    (uint8_t)buf[3]) + 1, &from);
		return;
	}
	f = asked(s, buf + 2);
	s->sent[ntohs(from.sin_port)] = f;
	if (s->silent)
		return;
	if (f != NULL)
		send_block(s, f, 1, &from);
	else
		(void)sendto(s->udp, none, sizeof(none), 0,
		    (struct sockaddr *)&from, fromlen);
}

static void
on_connection(struct sim_server *s)
{
	char buf[1024] = "", head[128], name[SIM_NAME_MAX + 1];
	const struct lab_file *f;
	int fd, n;

	if ((fd = accept4(s->tcp, NULL, NULL, SOCK_CLOEXEC)) == -1)
		return;
	/* A phone sends its request in one piece. */
	if (read(fd, buf, sizeof(buf) - 1) > 0 &&
	    sscanf(buf, "GET /%255s HTTP/1.1\r\n", name) == 1) {
		f = asked(s, name);
		n = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n"
		    "Content-Length: %zu\r\n\r\n", f != NULL ? "200 OK" :
		    "404 Not Found", f != NULL ? f->len : 0);
		(void)send(fd, head, (size_t)n, MSG_NOSIGNAL);
		if (f != NULL)
			(void)send(fd, f->buf, f->len, MSG_NOSIGNAL);
	}
	(void)close(fd);
}

static void *
serve(void *arg)
{
	struct sim_server *s = arg;
	struct pollfd p[] = { { .fd = s->stop[0], .events = POLLIN },
	    { .fd = s->udp, .events = POLLIN },
	    { .fd = s->tcp, .events = POLLIN } };

	while (poll(p, 3, -1) >= 0 && p[0].revents == 0) {
		if (p[1].revents != 0)
			on_datagram(s);
		if (p[2].revents != 0)
			on_connection(s);
	}
	return NULL;
}

static int
bound(int type, struct net_addr *addr)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd;

	ck_assert_int_ne(fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	net_addr_from(addr, (struct sockaddr *)&a, len);
	return fd;
}

void
sim_server_start(struct sim_server *s)
{
	sigset_t all, old;

	s->udp = bound(SOCK_DGRAM, &s->tftp);
	s->tcp = bound(SOCK_STREAM, &s->http);
	ck_assert_int_eq(listen(s->tcp, 1024), 0);
	ck_assert_int_eq(pipe(s->stop), 0);
	/* Signals are the storm's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void
sim_server_stop(struct sim_server *s)
{
	ck_assert_int_eq(write(s->stop[1], "x", 1), 1);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->stop[0]);
	(void)close(s->stop[1]);
	(void)close(s->udp);
	(void)close(s->tcp);
}
