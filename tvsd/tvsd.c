/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tvsd's place in the shape of every daemon (proc/proc.h): what its parent
 * prepares, what its signer holds.
 */
#include "base/str.h"
#include "trust/keeper.h"
#include "trust/keeper_watch.h"
#include "trust/monitor.h"
#include "trust/own.h"
#include "tvsd/engine.h"
#include "tvsd/tvsd.h"

static const struct listen_kind kinds[] = { { PORT_TVS, 0 } };
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* What only the parent and the engine have. */
static void
drop_inherited(struct tvsd *t)
{
	listen_set_free(t->listen);
	t->listen = NULL;
}

static void
finish(struct proc *p)
{
	struct tvsd *t = p->arg;

	listen_set_finish(t->listen, p->statefd);
	drop_inherited(t);
}

static int
open_sockets(struct tvsd *t, const struct node *n, struct err *e)
{
	if ((t->listen = listen_set_new("tvsd", kinds, NKINDS, t->loops,
	    e)) == NULL)
		return ERR_NOMEM;
	return listen_set_open(t->listen, n->statefd, n->db, n->row.name, e);
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

static int
parent_told(struct proc *p, const void *msg, size_t len, int64_t *again_ms,
    struct err *e)
{
	const struct tvsd *t = p->arg;

	return listen_set_told(t->listen, p, msg, len, again_ms, e);
}

static int
keeper_run(struct proc *p, int stopfd, struct err *e)
{
	struct tvsd *t = p->arg;
	const struct keeper_watch w = { .node = t->node, .kinds = kinds,
	    .nkinds = NKINDS, .units = units, .nunits = NUNITS };

	drop_inherited(t);
	return keeper_watch_serve(p, stopfd, &w, e);
}

static int
signer_load(struct proc *p, struct err *e)
{
	struct tvsd *t = p->arg;
	struct keyring *kr;
	struct node n;
	int ret;

	drop_inherited(t);
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

/* It may be gone a while, waiting for others: that is no matter of phones. */
static int
monitor_load(struct proc *p, struct err *e)
{
	struct tvsd *t = p->arg;

	drop_inherited(t);
	t->monitor = monitor_open(p->statefd, e);
	return t->monitor != NULL ? ERR_OK : e->code;
}

static int
monitor_run(struct proc *p, int stopfd, struct err *e)
{
	struct tvsd *t = p->arg;
	bool again;
	int ret = monitor_serve(t->monitor, stopfd, &again, e);

	monitor_close(t->monitor);
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
		.monitor_load = monitor_load,
		.monitor_run = monitor_run,
		.parent_told = parent_told,
		.finish = finish,
	};

	return proc_main(argc, argv, &def);
}
