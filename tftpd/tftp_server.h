/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A TFTP server on one loop, read only: RFC 1350, 2347, 2348, 2349.
 *
 * Each transfer has a socket of its own, bound to the address that was asked
 * and to a fresh port, its TID.  The socket is not connected: packets of
 * strangers are seen and answered with ERROR 5 as RFC 1350 section 4 wants
 * (connected, the kernel would answer them with an ICMP message that phones
 * take for a dead server), and the same sockets can later be pooled.
 */
#ifndef TFTPD_TFTP_SERVER_H
#define TFTPD_TFTP_SERVER_H

#include "net/loop.h"
#include "tftpd/admit.h"
#include "tftpd/serve.h"
#include "tftpd/tftp_xfer.h"

struct tftp_server;

/*
 * Serve on nfds listening sockets (borrowed) of this loop.  b is copied, what
 * it points to is borrowed, as is a, which may be shared between loops.
 */
struct tftp_server *tftp_server_new(struct loop *l, const int *fds,
		    size_t nfds, const struct serve_backend *b,
		    struct admit *a, const struct xfer_conf *conf,
		    struct err *e);

/* For transfers that begin from now on. */
void		 tftp_server_set_conf(struct tftp_server *s,
		    const struct xfer_conf *conf);

/* Take no more requests; transfers go on.  Requests stay unanswered:
 * phones repeat them, a moment later perhaps to the next process. */
void		 tftp_server_drain(struct tftp_server *s);
size_t		 tftp_server_transfers(const struct tftp_server *s);

/* Transfers under way end with an ERROR to the phone. */
void		 tftp_server_free(struct tftp_server *s);

#endif
