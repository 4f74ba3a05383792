/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Listening sockets.  A bind without SO_REUSEPORT is tried first, so a port
 * that someone else holds is seen ("port taken"); then n sockets with
 * SO_REUSEPORT, one per loop.  Close-on-exec, non-blocking.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "net/addr.h"

enum net_proto { NET_UDP, NET_TCP };

/*
 * fds[0..n-1] on a->port.  UDP sockets get IP_PKTINFO / IPV6_RECVPKTINFO so
 * the asked address is known.  rcvbuf > 0 forces that receive buffer where
 * permitted.  IPv6 wildcard sockets are dual-stack.
 * ERR_BUSY (port taken: text names address, port and cure), ERR_DENIED (low
 * port without the right: cure), ERR_IO.
 */
int	net_listen(enum net_proto proto, const struct net_addr *a,
	    int rcvbuf, int *fds, size_t n, struct err *e);

#endif
