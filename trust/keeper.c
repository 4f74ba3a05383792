/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The process that keeps databases open, see keeper.h.
 */
#include <errno.h>
#include <poll.h>

#include "db/observed.h"
#include "proc/state.h"
#include "trust/keeper.h"
#include "trust/node.h"

#define OBSERVED_MODE	0660	/* as node init makes it */

struct kept {
	struct node	 node;
	struct db	*observed;
};

static void
kept_close(struct kept *k)
{
	db_close(k->observed);
	node_close(&k->node);
}

static int
kept_open(struct kept *k, int statefd, struct err *e)
{
	int ret;

	k->observed = NULL;
	if ((ret = node_open_fd(&k->node, statefd, DB_WRITE, e)) != ERR_OK)
		return ret;
	if ((ret = observed_create(statefd, e)) == ERR_OK &&
	    (ret = state_own_file(statefd, OBSERVED_FILE, OBSERVED_MODE, true,
	    e)) == ERR_OK &&
	    (k->observed = db_open(statefd, OBSERVED_FILE, DB_WRITE, e)) ==
	    NULL)
		ret = e->code;
	if (ret != ERR_OK)
		kept_close(k);
	return ret;
}

int
keeper_prepare(int statefd, struct err *e)
{
	struct err why = { 0 };
	struct kept k;
	int ret;

	if ((ret = kept_open(&k, statefd, &why)) != ERR_OK)
		return err_set(e, ret, "%s", why.msg);
	kept_close(&k);
	return ERR_OK;
}

/* Asked before it is looked at: what changes meanwhile is seen next time.
 * True when there is nothing left to look at. */
static bool
look(const struct keeper_hooks *h, struct db *db, bool seen)
{
	if (h->look == NULL || (!db_changed(db) && seen))
		return true;
	return h->look(h->arg, db);
}

int
keeper_serve(int statefd, int stopfd, const struct keeper_hooks *h,
    struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };
	int ret, wait_ms = h->look != NULL ? KEEPER_LOOK_MS : -1;
	struct err why = { 0 };
	struct kept k;
	bool seen;

	if ((ret = kept_open(&k, statefd, &why)) != ERR_OK)
		return err_set(e, ret, "%s", why.msg);
	h->ready(h->arg);
	seen = look(h, k.node.db, false);
	while ((ret = poll(&pfd, 1, wait_ms)) <= 0) {
		if (ret == -1 && errno != EINTR)
			break;
		seen = look(h, k.node.db, seen);
	}
	ret = ret == -1 ? err_sys(e, ERR_IO, "poll") : ERR_OK;
	kept_close(&k);
	return ret;
}
