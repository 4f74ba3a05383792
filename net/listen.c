/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Listening sockets, see listen.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "net/listen.h"

#define LISTEN_BACKLOG	1024	/* the kernel cuts it to somaxconn */

static const char *
proto_name(enum net_proto proto)
{
	return proto == NET_UDP ? "udp" : "tcp";
}

static int
bind_err(enum net_proto proto, const struct net_addr *a, struct err *e)
{
	const char *name = proto_name(proto);
	char ip[NET_ADDR_TEXT];
	unsigned port = net_addr_port(a);

	net_addr_ip(a, ip);
	switch (errno) {
	case EADDRINUSE:
		return err_set(e, ERR_BUSY, "address %s port %u/%s is taken: "
		    "another server runs there (`ss -l%cnp' shows it); stop "
		    "it or choose another port", ip, port, name,
		    name[0]);
	case EACCES:
		return err_set(e, ERR_DENIED, "address %s port %u/%s needs "
		    "root (ports below 1024): start as root or choose "
		    "another port", ip, port, name);
	case EADDRNOTAVAIL:
		return err_set(e, ERR_IO, "address %s is not on this machine "
		    "(`ip address' shows those that are): choose one that "
		    "is", ip);
	default:
		return err_sys(e, ERR_IO, "address %s port %u/%s", ip, port,
		    name);
	}
}

static bool
is_wildcard(const struct net_addr *a)
{
	struct sockaddr_in6 sin6;

	memcpy(&sin6, &a->ss, sizeof(sin6));
	return a->ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&sin6.sin6_addr);
}

static int
set_on(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/*
 * The force needs CAP_NET_ADMIN; without it the kernel's limit holds, and a
 * smaller buffer than asked is no reason not to serve.
 */
static void
set_rcvbuf(int fd, int rcvbuf)
{
	if (rcvbuf > 0 && set_on(fd, SOL_SOCKET, SO_RCVBUFFORCE, rcvbuf) == -1)
		(void)set_on(fd, SOL_SOCKET, SO_RCVBUF, rcvbuf);
}

/* A dual-stack socket gets both, for its IPv4 and its IPv6 packets. */
static int
set_pktinfo(int fd, int family)
{
	if (family == AF_INET6)
		return set_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return set_on(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

static int
set_options(enum net_proto proto, int fd, const struct net_addr *a,
    int rcvbuf)
{
	int family = a->ss.ss_family;

	if (family == AF_INET6 && set_on(fd, IPPROTO_IPV6, IPV6_V6ONLY,
	    is_wildcard(a) ? 0 : 1) == -1)
		return -1;
	if (proto == NET_TCP)
		/* Connections of a stopped server in TIME_WAIT do not count
		 * as taken; a listening one does. */
		return set_on(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set_rcvbuf(fd, rcvbuf);
	return set_pktinfo(fd, family);
}

/*
 * One bound socket, or -1 with e filled.  The first is bound before it gets
 * SO_REUSEPORT: so it sees a server that has the port, even one that would
 * share it, and port 0 never ends on a port that someone else shares.
 */
static int
listen_one(enum net_proto proto, const struct net_addr *a, int rcvbuf,
    bool first, struct err *e)
{
	int type = proto == NET_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd;

	if ((fd = socket(a->ss.ss_family,
	    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1) {
		(void)err_sys(e, ERR_IO, "socket");
		return -1;
	}
	if (set_options(proto, fd, a, rcvbuf) == -1 ||
	    (!first && set_on(fd, SOL_SOCKET, SO_REUSEPORT, 1) == -1)) {
		(void)err_sys(e, ERR_IO, "socket option");
		goto fail;
	}
	if (bind(fd, (const struct sockaddr *)&a->ss, a->len) == -1 ||
	    (first && set_on(fd, SOL_SOCKET, SO_REUSEPORT, 1) == -1) ||
	    (proto == NET_TCP && listen(fd, LISTEN_BACKLOG) == -1)) {
		(void)bind_err(proto, a, e);
		goto fail;
	}
	return fd;
fail:
	(void)close(fd);
	return -1;
}

/* Where a bind to port 0 ended up; the others must share it. */
static int
bound_addr(int fd, struct net_addr *a, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return err_sys(e, ERR_IO, "getsockname");
	/* Not net_addr_from: a wildcard must stay what it is. */
	memset(a, 0, sizeof(*a));
	memcpy(&a->ss, &ss, len);
	a->len = len;
	return ERR_OK;
}

static int
listen_all(enum net_proto proto, const struct net_addr *a, int rcvbuf,
    bool alone, int *fds, size_t n, struct err *e)
{
	struct net_addr at = *a;
	struct err why = { 0 };
	size_t done;

	for (done = 0; done < n; done++) {
		fds[done] = listen_one(proto, &at, rcvbuf, alone && done == 0,
		    &why);
		if (fds[done] == -1)
			break;
		if (done == 0 && bound_addr(fds[0], &at, &why) != ERR_OK) {
			(void)close(fds[0]);
			break;
		}
	}
	if (done == n)
		return ERR_OK;
	while (done > 0)
		(void)close(fds[--done]);
	if (e != NULL)
		*e = why;
	return why.code;
}

int
net_listen(enum net_proto proto, const struct net_addr *a, int rcvbuf,
    int *fds, size_t n, struct err *e)
{
	return listen_all(proto, a, rcvbuf, true, fds, n, e);
}

int
net_listen_beside(enum net_proto proto, const struct net_addr *a, int rcvbuf,
    int *fds, size_t n, struct err *e)
{
	return listen_all(proto, a, rcvbuf, false, fds, n, e);
}
