/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * UDP as TFTP needs it: who asked, which of our addresses was asked, and a
 * socket on that address with a port (TID) of its own.
 */
#ifndef TFTPD_TFTP_SOCK_H
#define TFTPD_TFTP_SOCK_H

#include "net/addr.h"
#include "tftpd/tftp_msg.h"

struct tftp_datagram {
	struct net_addr	peer;
	struct net_addr	local;		/* address asked; port 0 */
	bool		unicast;	/* else: to a broadcast or multicast
					 * address (RFC 1123 4.2.3.5) */
	size_t		len;
	bool		cut;		/* was longer than buf */
	uint8_t		buf[TFTP_REQUEST_MAX];
};

/* Ask the kernel for the addresses of packets; net_listen has done it for the
 * socket's own family, this adds IPv4 on dual-stack sockets. */
void	tftp_sock_prepare(int fd);

/* One datagram from a listening socket; false when there is none. */
bool	tftp_sock_recv(int fd, struct tftp_datagram *d);

/* The same from a transfer's socket, where local is of no interest. */
bool	tftp_sock_recv_peer(int fd, struct tftp_datagram *d);

/* A non-blocking socket on local with a fresh port; -1 with e filled. */
int	tftp_sock_tid(const struct net_addr *local, struct err *e);

/* What cannot be sent now is lost like any datagram: timers repeat it. */
void	tftp_sock_send(int fd, const struct net_addr *to, const uint8_t *buf,
	    size_t len);

#endif
