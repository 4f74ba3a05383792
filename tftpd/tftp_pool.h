/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The sockets that transfers of one loop go out of.  Each is bound to an
 * address of ours and a port of its own, the TID; many transfers share one and
 * are told apart by their peers.  A transfer gets one that its peer, address
 * and port, has not used of late, so that late packets of an earlier transfer
 * mean nothing to it (RFC 1350, section 4).
 *
 * Sockets are not connected: packets of strangers are seen and answered with
 * ERROR 5 (connected, the kernel would answer them with an ICMP message that
 * phones take for a dead server).
 */
#ifndef TFTPD_TFTP_POOL_H
#define TFTPD_TFTP_POOL_H

#include "net/addr.h"
#include "net/loop.h"

#define TFTP_POOL_PER_ADDRESS	64
#define TFTP_POOL_MAX		256	/* sockets in all */
#define TFTP_POOL_SHARE		1024	/* transfers, before there is another */
#define TFTP_POOL_LATE_MS	60000	/* "of late" */

struct tftp_pool;

/* A socket; fd and round are for the caller. */
struct tftp_tid {
	int			 fd;
	unsigned		 round;		/* the pool leaves it alone */

	struct tftp_pool	*pool;
	struct tftp_local	*local;
	unsigned		 slot;
	size_t			 users;
	struct loop_io		*io;
};

/* Something can be read from t. */
typedef void	tftp_pool_fn(void *arg, struct tftp_tid *t);

struct tftp_pool *tftp_pool_new(struct loop *l, uint64_t hash_key,
		    tftp_pool_fn *fn, void *arg, struct err *e);
/* All must have been given back. */
void		 tftp_pool_free(struct tftp_pool *p);

/*
 * A socket on local (its port does not matter) for a transfer to peer, none of
 * the slots whose bits are in live: on those peer has transfers, which the
 * pool may have forgotten.  NULL with e filled: ERR_BUSY (all places taken),
 * ERR_IO, ERR_NOMEM.
 */
struct tftp_tid	*tftp_pool_take(struct tftp_pool *p,
		    const struct net_addr *local, const struct net_addr *peer,
		    uint64_t live, struct err *e);
void		 tftp_pool_give(struct tftp_tid *t);

/* Whether peer has used t of late: what comes from there is only late. */
bool		 tftp_pool_knows(const struct tftp_tid *t,
		    const struct net_addr *peer);

size_t		 tftp_pool_size(const struct tftp_pool *p);

#endif
