/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What daemons share, see daemon.h.
 */
#include "base/str.h"
#include "trust/daemon.h"
#include "trust/keeper.h"
#include "trust/keeper_watch.h"

void
daemon_drop(struct daemon *d)
{
	listen_set_free(d->listen);
	d->listen = NULL;
	if (d->drop != NULL)
		d->drop(d);
}

void
daemon_finish(struct proc *p)
{
	struct daemon *d = p->arg;

	listen_set_finish(d->listen, p->statefd);
	daemon_drop(d);
}

static int
open_sockets(struct daemon *d, struct node *n, struct err *e)
{
	int ret;

	if ((d->listen = listen_set_new(d->name, d->kinds, d->nkinds,
	    d->loops, e)) == NULL)
		return ERR_NOMEM;
	if ((ret = listen_set_open(d->listen, n->statefd, n->db, n->row.name,
	    e)) != ERR_OK)
		return ret;
	return d->opened != NULL ? d->opened(d, n, e) : ERR_OK;
}

static int
read_node(struct proc *p, struct daemon *d, struct err *e)
{
	struct node n;
	int ret;

	if ((ret = keeper_prepare(p->statefd, e)) != ERR_OK ||
	    (ret = node_open_fd(&n, p->statefd, DB_READ, e)) != ERR_OK)
		return ret;
	if (p->opts->has_time_offset && !n.cluster.test)
		ret = err_set(e, ERR_REFUSED, "--time-offset is for tests: "
		    "this state was not made with ctltool node init --test");
	else if (!str_copy(d->node, sizeof(d->node), n.row.name))
		ret = err_set(e, ERR_LIMIT, "name of the node");
	else
		ret = open_sockets(d, &n, e);
	node_close(&n);
	return ret;
}

int
daemon_prepare(struct proc *p, struct err *e)
{
	struct daemon *d = p->arg;
	int ret;

	d->loops = p->loops;
	if ((ret = read_node(p, d, e)) != ERR_OK)
		daemon_finish(p);
	return ret;
}

int
daemon_parent_told(struct proc *p, const void *msg, size_t len,
    int64_t *again_ms, struct err *e)
{
	const struct daemon *d = p->arg;

	return listen_set_told(d->listen, p, msg, len, again_ms, e);
}

int
daemon_keeper_run(struct proc *p, int stopfd, struct err *e)
{
	struct daemon *d = p->arg;
	const struct keeper_watch w = { .node = d->node, .kinds = d->kinds,
	    .nkinds = d->nkinds, .units = d->units, .nunits = d->nunits };

	daemon_drop(d);
	return keeper_watch_serve(p, stopfd, &w, e);
}

int
daemon_signer_load(struct proc *p, struct err *e)
{
	struct daemon *d = p->arg;
	struct keyring *kr;
	struct node n;
	int ret;

	daemon_drop(d);
	if ((ret = node_open_fd(&n, p->statefd, DB_READ, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&n, KEYRING_SIGN, e)) != NULL)
		d->signer = own_signer(n.db, kr, d->units, d->nunits, e);
	keyring_free(kr);
	node_close(&n);
	return d->signer != NULL ? ERR_OK : e->code;
}

int
daemon_signer_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct daemon *d = p->arg;
	int ret;

	if (d->sign_only)
		signer_local_sign_only(d->signer);
	ret = signer_serve(d->signer, channels, n, stopfd, e);
	signer_free(d->signer);
	return ret;
}
