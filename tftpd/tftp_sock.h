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

/* A batch of them, for one system call. */
#define TFTP_BATCH	64
struct tftp_in;
struct tftp_in	*tftp_in_new(struct err *e);
void		 tftp_in_free(struct tftp_in *in);

/* Ask the kernel for the addresses of packets; net_listen has done it for the
 * socket's own family, this adds IPv4 on dual-stack sockets. */
void	tftp_sock_prepare(int fd);

/*
 * What has come to fd, at most TFTP_BATCH: how many; 0: nothing.  They are
 * valid until the next call.  local and unicast are known only on listening
 * sockets.
 */
size_t	tftp_sock_recv(int fd, struct tftp_in *in);
const struct tftp_datagram *tftp_in_get(const struct tftp_in *in, size_t i);

/* A non-blocking socket on local with a fresh port; -1 with e filled.  Its
 * buffers are as large as the kernel lets them be, up to TFTP_SOCK_BUFFER. */
#define TFTP_SOCK_BUFFER	(4 << 20)
int	tftp_sock_tid(const struct net_addr *local, struct err *e);

/* What cannot be sent now is lost like any datagram: timers repeat it. */
void	tftp_sock_send(int fd, const struct net_addr *to, const uint8_t *buf,
	    size_t len);

#endif
