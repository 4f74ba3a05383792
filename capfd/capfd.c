/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * capfd's place in the shape of every daemon (proc/proc.h): what its parent
 * prepares, what its signer, its writer and its monitor hold.
 */
#include "base/str.h"
#include "capfd/capfd.h"
#include "capfd/engine.h"
#include "capfd/writer.h"
#include "trust/enrol.h"
#include "trust/keeper.h"
#include "trust/keeper_watch.h"
#include "trust/own.h"

static const struct listen_kind kinds[] = { { PORT_CAPF, 0 } };
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* What only the parent and the engine have. */
static void
drop_inherited(struct capfd *d)
{
	listen_set_free(d->listen);
	d->listen = NULL;
}

static void
finish(struct proc *p)
{
	struct capfd *d = p->arg;

	listen_set_finish(d->listen, p->statefd);
	drop_inherited(d);
}

static int
open_sockets(struct capfd *d, const struct node *n, struct err *e)
{
	if ((d->listen = listen_set_new("capfd", kinds, NKINDS, d->loops,
	    e)) == NULL)
		return ERR_NOMEM;
	return listen_set_open(d->listen, n->statefd, n->db, n->row.name, e);
}

static int
read_node(struct proc *p, struct capfd *d, struct err *e)
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

static int
prepare(struct proc *p, struct err *e)
{
	struct capfd *d = p->arg;
	int ret;

	d->loops = p->loops;
	if ((ret = read_node(p, d, e)) != ERR_OK)
		finish(p);
	return ret;
}

/* The keys of CAPF alone: for its handshakes, and what it issues. */
static const enum own_unit units[] = { UNIT_CAPF };
#define NUNITS	(sizeof(units) / sizeof(units[0]))

static int
parent_told(struct proc *p, const void *msg, size_t len, int64_t *again_ms,
    struct err *e)
{
	const struct capfd *d = p->arg;

	return listen_set_told(d->listen, p, msg, len, again_ms, e);
}

static int
keeper_run(struct proc *p, int stopfd, struct err *e)
{
	struct capfd *d = p->arg;
	const struct keeper_watch w = { .node = d->node, .kinds = kinds,
	    .nkinds = NKINDS, .units = units, .nunits = NUNITS };

	drop_inherited(d);
	return keeper_watch_serve(p, stopfd, &w, e);
}

static int
signer_load(struct proc *p, struct err *e)
{
	struct capfd *d = p->arg;
	struct keyring *kr;
	struct node n;
	int ret;

	drop_inherited(d);
	if ((ret = node_open_fd(&n, p->statefd, DB_READ, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&n, KEYRING_SIGN, e)) != NULL)
		d->signer = own_signer(n.db, kr, units, NUNITS, e);
	keyring_free(kr);
	node_close(&n);
	return d->signer != NULL ? ERR_OK : e->code;
}

static int
signer_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct capfd *d = p->arg;
	int ret = signer_serve(d->signer, channels, n, stopfd, e);

	signer_free(d->signer);
	return ret;
}

static int
writer_load(struct proc *p, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct capfd *d = p->arg;

	drop_inherited(d);
	if ((d->writer = writer_open(p->statefd, &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	return ERR_OK;
}

static int
writer_run(struct proc *p, int channel, int stopfd, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct capfd *d = p->arg;
	int ret = writer_serve(d->writer, channel, stopfd, &why);

	writer_close(d->writer);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", why.msg);
}

/* Asks CAs elsewhere about phones' requests. */
static int
monitor_load(struct proc *p, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct capfd *d = p->arg;

	drop_inherited(d);
	if ((d->enrol = enrol_open(p->statefd, &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	return ERR_OK;
}

static int
monitor_run(struct proc *p, int stopfd, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct capfd *d = p->arg;
	bool again;
	int ret = enrol_serve(d->enrol, stopfd, &again, &why);

	enrol_close(d->enrol);
	d->enrol = NULL;
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", why.msg);
}

int
capfd_main(int argc, char **argv)
{
	static struct capfd d;
	const struct proc_def def = {
		.name = "capfd",
		.summary = "Certificate Authority Proxy Function: "
		    "certificates for phones",
		.arg = &d,
		.prepare = prepare,
		.keeper_run = keeper_run,
		.signer_load = signer_load,
		.signer_run = signer_run,
		.writer_load = writer_load,
		.writer_run = writer_run,
		.monitor_load = monitor_load,
		.monitor_run = monitor_run,
		.engine_run = engine_run,
		.parent_told = parent_told,
		.finish = finish,
	};

	return proc_main(argc, argv, &def);
}
