/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tvsd's place in the shape of every daemon (proc/proc.h): what its parent
 * prepares, what its signer holds.
 */
#include "trust/monitor.h"
#include "tvsd/engine.h"
#include "tvsd/tvsd.h"

static const struct listen_kind kinds[] = { { PORT_TVS, 0 } };

/* The keys of TVS alone, for its handshakes. */
static const enum own_unit units[] = { UNIT_TVS };

/* It may be gone a while, waiting for others: that is no matter of phones. */
static int
monitor_load(struct proc *p, struct err *e)
{
	struct tvsd *t = p->arg;

	daemon_drop(&t->d);
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
	static struct tvsd t = { .d = {
		.name = "tvsd", .kinds = kinds, .nkinds = 1,
		.units = units, .nunits = 1,
	} };
	const struct proc_def def = {
		.name = "tvsd",
		.summary = "Trust Verification Service for phones",
		.arg = &t,
		.prepare = daemon_prepare,
		.keeper_run = daemon_keeper_run,
		.signer_load = daemon_signer_load,
		.signer_run = daemon_signer_run,
		.engine_run = engine_run,
		.monitor_load = monitor_load,
		.monitor_run = monitor_run,
		.parent_told = daemon_parent_told,
		.finish = daemon_finish,
	};

	return proc_main(argc, argv, &def);
}
