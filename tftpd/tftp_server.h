/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A TFTP server on one loop, read only: RFC 1350, 2347, 2348, 2349, 7440.
 *
 * Transfers share the sockets of a pool (tftp_pool.h) and are told apart by
 * their peers.  Packets are taken and sent in batches (tftp_sock.h,
 * tftp_out.h), and one timer serves all (tftp_alarm.h).
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

/*
 * Take requests from one more socket (borrowed), or no longer from fd, which
 * may be closed then; its transfers go on.  Not while it is drained.
 */
int		 tftp_server_listen(struct tftp_server *s, int fd,
		    struct err *e);
void		 tftp_server_unlisten(struct tftp_server *s, int fd);

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
