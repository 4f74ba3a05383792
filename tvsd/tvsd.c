/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tvsd's place in the shape of every daemon (proc/proc.h): what its parent
 * prepares, what its signer holds.
 */
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "net/listen.h"
#include "trust/keeper.h"
#include "trust/listen_addrs.h"
#include "trust/own.h"
#include "trust/own_watch.h"
#include "tvsd/engine.h"
#include "tvsd/tvsd.h"

static void
close_sockets(struct tvsd *t)
{
	for (size_t i = 0; i < t->nlisten; i++)
		for (unsigned j = 0; j < t->loops; j++)
			(void)close(t->listen[i][j]);
	t->nlisten = 0;
}

static int
open_sockets(struct tvsd *t, const struct node *n, struct err *e)
{
	struct net_addr addrs[TVSD_ADDRS_MAX];
	size_t naddrs = listen_addrs(n->names, n->nnames,
	    n->row.port[PORT_TVS], addrs);
	int ret;

	for (; t->nlisten < naddrs; t->nlisten++)
		if ((ret = net_listen(NET_TCP, &addrs[t->nlisten], 0,
		    t->listen[t->nlisten], t->loops, e)) != ERR_OK)
			return ret;
	return ERR_OK;
}

static void
finish(struct proc *p)
{
	close_sockets(p->arg);
}

static int
read_node(struct proc *p, struct tvsd *t, struct err *e)
{
	struct node n;
	int ret;

	if ((ret = keeper_prepare(p->statefd, e)) != ERR_OK ||
	    (ret = node_open_fd(&n, p->statefd, DB_READ, e)) != ERR_OK)
		return ret;
	if (p->opts->has_time_offset && !n.cluster.test)
		ret = err_set(e, ERR_REFUSED, "--time-offset is for tests: "
		    "this state was not made with ctltool node init --test");
	else if (!str_copy(t->node, sizeof(t->node), n.row.name))
		ret = err_set(e, ERR_LIMIT, "name of the node");
	else
		ret = open_sockets(t, &n, e);
	node_close(&n);
	return ret;
}

static int
prepare(struct proc *p, struct err *e)
{
	struct tvsd *t = p->arg;
	int ret;

	t->loops = p->loops;
	if ((ret = read_node(p, t, e)) != ERR_OK)
		finish(p);
	return ret;
}

/* The keys of TVS alone, for its handshakes. */
static const enum own_unit units[] = { UNIT_TVS };
#define NUNITS	(sizeof(units) / sizeof(units[0]))

struct keeping {
	struct proc		*p;
	struct own_watch	 own;
};

static void
kept(void *arg)
{
	const struct keeping *k = arg;

	proc_ready(k->p);
}

static bool
changed(void *arg, struct db *db)
{
	struct keeping *k = arg;
	struct err e = { 0 };
	bool keys;

	if (own_watch_look(&k->own, db, &keys, &e) == ERR_OK && (!keys ||
	    proc_renew_signer(k->p, &e) == ERR_OK))
		return true;
	own_watch_missed(&k->own);
	log_err(LOG_ERR, "tvsd.keys", &e);
	return false;
}

static int
keeper_run(struct proc *p, int stopfd, struct err *e)
{
	struct keeping k = { .p = p, .own = { .units = units, .n = NUNITS } };
	const struct keeper_hooks hooks = { .ready = kept, .look = changed,
	    .arg = &k };

	close_sockets(p->arg);
	return keeper_serve(p->statefd, stopfd, &hooks, e);
}

static int
signer_load(struct proc *p, struct err *e)
{
	struct tvsd *t = p->arg;
	struct keyring *kr;
	struct node n;
	int ret;

	close_sockets(t);
	if ((ret = node_open_fd(&n, p->statefd, DB_READ, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&n, KEYRING_SIGN, e)) != NULL)
		t->signer = own_signer(n.db, kr, units, NUNITS, e);
	keyring_free(kr);
	node_close(&n);
	return t->signer != NULL ? ERR_OK : e->code;
}

static int
signer_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct tvsd *t = p->arg;
	int ret = signer_serve(t->signer, channels, n, stopfd, e);

	signer_free(t->signer);
	return ret;
}

int
tvsd_main(int argc, char **argv)
{
	static struct tvsd t;
	const struct proc_def def = {
		.name = "tvsd",
		.summary = "Trust Verification Service for phones",
		.arg = &t,
		.prepare = prepare,
		.keeper_run = keeper_run,
		.signer_load = signer_load,
		.signer_run = signer_run,
		.engine_run = engine_run,
		.finish = finish,
	};

	return proc_main(argc, argv, &def);
}
