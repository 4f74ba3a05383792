/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * capfd's place in the shape of every daemon (proc/proc.h): what its parent
 * prepares, what its signer, its writer and its monitor hold.
 */
#include "capfd/capfd.h"
#include "capfd/engine.h"
#include "capfd/writer.h"
#include "trust/enrol.h"

static const struct listen_kind kinds[] = { { PORT_CAPF, 0 } };

/* The keys of CAPF alone: for its handshakes, and what it issues. */
static const enum own_unit units[] = { UNIT_CAPF };

static int
writer_load(struct proc *p, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct capfd *d = p->arg;

	daemon_drop(&d->d);
	if ((d->writer = writer_open(p->statefd, &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	return ERR_OK;
}

static int
writer_run(struct proc *p, int channel, int stopfd, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct capfd *d = p->arg;
	int ret;

	proc_batch();
	ret = writer_serve(d->writer, channel, stopfd, &why);
	writer_close(d->writer);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", why.msg);
}

/* Asks CAs elsewhere about phones' requests. */
static int
monitor_load(struct proc *p, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct capfd *d = p->arg;

	daemon_drop(&d->d);
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
	static struct capfd d = { .d = {
		.name = "capfd", .kinds = kinds, .nkinds = 1,
		.units = units, .nunits = 1,
	} };
	const struct proc_def def = {
		.name = "capfd",
		.summary = "Certificate Authority Proxy Function: "
		    "certificates for phones",
		.arg = &d,
		.prepare = daemon_prepare,
		.keeper_run = daemon_keeper_run,
		.signer_load = daemon_signer_load,
		.signer_run = daemon_signer_run,
		.writer_load = writer_load,
		.writer_run = writer_run,
		.monitor_load = monitor_load,
		.monitor_run = monitor_run,
		.engine_run = engine_run,
		.parent_told = daemon_parent_told,
		.finish = daemon_finish,
	};

	return proc_main(argc, argv, &def);
}
