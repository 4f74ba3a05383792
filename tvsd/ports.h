/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The servers of one loop, one per socket that it listens on now
 * (trust/listen_serve.h), and those that still have connections of a socket
 * that is gone.
 */
#ifndef TVSD_PORTS_H
#define TVSD_PORTS_H

#include "net/msg.h"
#include "trust/listen_serve.h"

struct ports_conf {
	struct listen_set	*set;		/* all borrowed */
	unsigned		 i;		/* loop of the set */
	struct loop		*loop;
	struct net_count	*count;
	const struct msg_def	*def;
	void			*arg;		/* of def */
};

struct ports;

/* Serves nothing before ports_tune and ports_sync. */
struct ports	*ports_new(const struct ports_conf *c, struct err *e);
void		 ports_free(struct ports *p);

/* For all servers from now on; a reference to ctx is taken. */
void		 ports_tune(struct ports *p, const struct msg_limits *lim,
		    struct ssl_ctx_st *ctx);

/* As listen_serve_sync. */
int		 ports_sync(struct ports *p, struct err *e);

void		 ports_drain(struct ports *p);
size_t		 ports_connections(const struct ports *p);

#endif
