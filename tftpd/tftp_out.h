/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets on their way out: gathered, then sent with one system call.  The
 * packets of a window leave as one message that the kernel cuts (UDP_SEGMENT).
 * Where that does not go - a block is larger than the path's MTU allows, or the
 * device cannot - the kernel says so, and that transfer's windows are sent
 * packet by packet from then on.
 */
#ifndef TFTPD_TFTP_OUT_H
#define TFTPD_TFTP_OUT_H

#include "net/addr.h"
#include "tftpd/tftp_msg.h"

#define TFTP_OUT_MAX	65507	/* of one message: IPv4 and its heads */

struct tftp_out;

struct tftp_out	*tftp_out_new(struct err *e);
void		 tftp_out_free(struct tftp_out *o);	/* unsent: lost */

/* Room for at least TFTP_DATAGRAM_MAX and at most TFTP_OUT_MAX bytes (*cap) of
 * what goes out of fd.  What waits for another socket is sent before. */
uint8_t		*tftp_out_room(struct tftp_out *o, int fd, size_t *cap);

/*
 * len bytes in that room are packets of seg bytes each, the last may be
 * shorter, all for to.  *plain is set when they could not leave as one message,
 * and then read; it is the caller's and lives until tftp_out_leave.
 */
void		 tftp_out_put(struct tftp_out *o, const struct net_addr *to,
		    size_t len, size_t seg, bool *plain);

/* plain goes away: what was put with it, if it still waits, is sent now. */
void		 tftp_out_leave(struct tftp_out *o, const bool *plain);

/* What cannot be sent is lost like any datagram: timers repeat it. */
void		 tftp_out_flush(struct tftp_out *o);

#endif
