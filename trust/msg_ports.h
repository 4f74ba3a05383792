/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The servers of messages (net/msg.h) of one loop, one per socket that it
 * listens on now (trust/listen_serve.h), and those that still have connections
 * of a socket that is gone.
 */
#ifndef TRUST_MSG_PORTS_H
#define TRUST_MSG_PORTS_H

#include "net/msg.h"
#include "trust/listen_serve.h"

struct msg_ports_conf {
	struct listen_set	*set;		/* all borrowed */
	unsigned		 i;		/* loop of the set */
	struct loop		*loop;
	struct net_count	*count;
	const struct msg_def	*def;
	void			*arg;		/* of def */
};

struct msg_ports;

/* Serves nothing before msg_ports_tune and msg_ports_sync. */
struct msg_ports *msg_ports_new(const struct msg_ports_conf *c,
		    struct err *e);
void		 msg_ports_free(struct msg_ports *p);

/* For all servers from now on; a reference to ctx is taken. */
void		 msg_ports_tune(struct msg_ports *p,
		    const struct msg_limits *lim, struct ssl_ctx_st *ctx);

/* As listen_serve_sync. */
int		 msg_ports_sync(struct msg_ports *p, struct err *e);

void		 msg_ports_drain(struct msg_ports *p);
size_t		 msg_ports_connections(const struct msg_ports *p);

#endif
