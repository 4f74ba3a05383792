/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See keeper_watch.h.
 */
#include "base/log.h"
#include "trust/keeper.h"
#include "trust/keeper_watch.h"
#include "trust/own_watch.h"

struct keeping {
	struct proc		*p;
	struct listen_watch	 sockets;
	struct own_watch	 keys;
};

static void
kept(void *arg)
{
	const struct keeping *k = arg;

	proc_ready(k->p);
}

static bool
look_keys(struct keeping *k, struct db *db)
{
	struct err e = { 0 };
	bool changed;

	if (own_watch_look(&k->keys, db, &changed, &e) == ERR_OK &&
	    (!changed || proc_renew_signer(k->p, &e) == ERR_OK))
		return true;
	own_watch_missed(&k->keys);
	log_err(LOG_ERR, "keeper.keys", &e);
	return false;
}

static bool
look(void *arg, struct db *db)
{
	struct keeping *k = arg;
	bool sockets = listen_watch_look(&k->sockets, db);

	return look_keys(k, db) && sockets;
}

int
keeper_watch_serve(struct proc *p, int stopfd, const struct keeper_watch *w,
    struct err *e)
{
	struct keeping k = {
		.p = p,
		.sockets = { .parentfd = p->parentfd, .node = w->node,
		    .kinds = w->kinds, .nkinds = w->nkinds },
		.keys = { .units = w->units, .n = w->nunits },
	};
	const struct keeper_hooks hooks = { .ready = kept, .look = look,
	    .arg = &k };

	return keeper_serve(p->statefd, stopfd, &hooks, e);
}
