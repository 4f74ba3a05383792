/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Listening sockets, one per loop, that share a port by SO_REUSEPORT.  The
 * first is bound without it, so a port that someone else holds is seen ("port
 * taken").  Close-on-exec, non-blocking.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "net/addr.h"

enum net_proto { NET_UDP, NET_TCP };

/*
 * fds[0..n-1] on a's port, all on the one the kernel picks when that is 0;
 * on failure none is left open.  UDP sockets get IP_PKTINFO /
 * IPV6_RECVPKTINFO so the asked address is known.  rcvbuf > 0 forces that
 * receive buffer where permitted.  IPv6 wildcard sockets are dual-stack.
 * ERR_BUSY (port taken: text names address, port and cure), ERR_DENIED (low
 * port without the right: cure), ERR_IO (such as an address that is not on
 * this machine).
 */
int	net_listen(enum net_proto proto, const struct net_addr *a,
	    int rcvbuf, int *fds, size_t n, struct err *e);

/*
 * The same beside sockets of net_listen that this user has on that port and
 * an address that takes in a's, or that a's takes in: without it the kernel
 * would count those as another server.  One that shares its port with whoever
 * asks (SO_REUSEPORT) and runs as the same user is not seen.
 */
int	net_listen_beside(enum net_proto proto, const struct net_addr *a,
	    int rcvbuf, int *fds, size_t n, struct err *e);

#endif
