/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The servers of one loop, see msg_ports.h.
 */
#include <stdlib.h>
#include <sys/queue.h>

#include "net/tls.h"
#include "trust/msg_ports.h"

struct port {
	LIST_ENTRY(port)	 entry;
	int			 fd;		/* -1: not listened on any more */
	struct msg_server	*server;
};

struct msg_ports {
	struct msg_ports_conf	 conf;
	struct msg_limits	 lim;
	struct ssl_ctx_st	*ctx;
	struct listen_serve	*serve;
	LIST_HEAD(, port)	 ports;
};

static int
port_begin(void *arg, enum node_port kind, int fd, struct err *e)
{
	struct msg_ports *p = arg;
	const struct msg_ports_conf *c = &p->conf;
	struct port *new = calloc(1, sizeof(*new));

	(void)kind;	/* there is but one */
	if (new == NULL)
		return err_set(e, ERR_NOMEM, "listener");
	new->fd = fd;
	if ((new->server = msg_server_new(c->loop, fd, &p->lim, c->count,
	    p->ctx, c->def, c->arg, e)) == NULL) {
		free(new);
		return ERR_IO;
	}
	LIST_INSERT_HEAD(&p->ports, new, entry);
	return ERR_OK;
}

static void
port_end(void *arg, enum node_port kind, int fd)
{
	struct msg_ports *p = arg;
	struct port *x;

	(void)kind;
	LIST_FOREACH(x, &p->ports, entry)
		if (x->fd == fd) {
			msg_server_drain(x->server);
			x->fd = -1;
		}
}

static void
port_free(struct port *x)
{
	LIST_REMOVE(x, entry);
	msg_server_free(x->server);
	free(x);
}

static void
tidy(void *arg)
{
	struct msg_ports *p = arg;
	struct port *x, *next;

	for (x = LIST_FIRST(&p->ports); x != NULL; x = next) {
		next = LIST_NEXT(x, entry);
		if (x->fd == -1 && msg_server_connections(x->server) == 0)
			port_free(x);
	}
}

struct msg_ports *
msg_ports_new(const struct msg_ports_conf *c, struct err *e)
{
	struct msg_ports *p = calloc(1, sizeof(*p));
	const struct listen_hooks hooks = { port_begin, port_end, tidy, p };

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "listeners");
		return NULL;
	}
	p->conf = *c;
	if ((p->serve = listen_serve_new(c->set, c->i, &hooks, e)) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
msg_ports_free(struct msg_ports *p)
{
	if (p == NULL)
		return;
	while (!LIST_EMPTY(&p->ports))
		port_free(LIST_FIRST(&p->ports));
	listen_serve_free(p->serve);
	tls_ctx_unref(p->ctx);
	free(p);
}

void
msg_ports_tune(struct msg_ports *p, const struct msg_limits *lim,
    struct ssl_ctx_st *ctx)
{
	struct ssl_ctx_st *old = p->ctx;
	struct port *x;

	p->lim = *lim;
	p->ctx = tls_ctx_ref(ctx);
	tls_ctx_unref(old);
	LIST_FOREACH(x, &p->ports, entry) {
		msg_server_set_limits(x->server, lim);
		msg_server_set_tls(x->server, ctx);
	}
}

int
msg_ports_sync(struct msg_ports *p, struct err *e)
{
	return listen_serve_sync(p->serve, loop_now_ms(p->conf.loop), e);
}

void
msg_ports_drain(struct msg_ports *p)
{
	struct port *x;

	LIST_FOREACH(x, &p->ports, entry)
		msg_server_drain(x->server);
}

size_t
msg_ports_connections(const struct msg_ports *p)
{
	const struct port *x;
	size_t n = 0;

	LIST_FOREACH(x, &p->ports, entry)
		n += msg_server_connections(x->server);
	return n;
}
