/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tftpd's place in the shape of every daemon (proc/proc.h): what its parent
 * prepares, what its signer and its writer hold.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tftpd/engine.h"
#include "tftpd/tftpd.h"
#include "tftpd/writer.h"

/* A thousand phones may ask within the milliseconds that a signature takes;
 * requests are small, so this holds thousands. */
#define RCVBUF	(4 << 20)

static const struct listen_kind kinds[] = {
	{ PORT_TFTP, RCVBUF }, { PORT_HTTP, 0 }, { PORT_HTTPS, 0 },
	{ PORT_HTTPS2, 0 },
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

/*
 * The CallManager keys alone: the one signs what phones fetch, the other TLS
 * handshakes.  Whoever holds a key has no business with the network.
 */
static const enum own_unit units[] = { UNIT_CALLMANAGER,
    UNIT_CALLMANAGER_ECDSA };
#define NUNITS	(sizeof(units) / sizeof(units[0]))

/* What the kernel gave; it counts its own needs as well, so says twice that. */
static void
check_rcvbuf(struct tftpd *t, int fd)
{
	socklen_t len = sizeof(int);
	int size;

	if (t->rcvbuf != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len) == -1)
		return;
	t->rcvbuf = size / 2;
	if (t->rcvbuf >= RCVBUF)
		return;
	log_event(LOG_WARNING, "tftpd.rcvbuf", LOG_I64("bytes", t->rcvbuf),
	    LOG_STR("why", "the kernel gives the TFTP port a small buffer: "
	    "when many phones boot at once, requests are lost and asked "
	    "again a second later; raise it with `sysctl -w "
	    "net.core.rmem_max=4194304' or start as root"));
}

/* With the sockets open: how the kernel buffers them, and K-cred. */
static int
opened(struct daemon *d, struct node *n, struct err *e)
{
	struct listen_sock *socks[LISTEN_SOCKS_MAX];
	struct tftpd *t = (struct tftpd *)d;
	size_t nsocks = listen_set_hold(d->listen, socks);

	for (size_t i = 0; i < nsocks; i++) {
		if (socks[i]->place.kind == PORT_TFTP)
			check_rcvbuf(t, socks[i]->fds[0]);
		listen_sock_release(d->listen, socks[i]);
	}
	t->cred = node_keyring(n, KEYRING_CRED, e);
	return t->cred != NULL ? ERR_OK : e->code;
}

static void
drop(struct daemon *d)
{
	struct tftpd *t = (struct tftpd *)d;

	stats_free(t->stats);
	t->stats = NULL;
	keyring_free(t->cred);
	t->cred = NULL;
}

static void
finish(struct proc *p)
{
	daemon_finish(p);
	(void)unlinkat(p->statefd, STATS_FILE, 0);
}

static int
prepare(struct proc *p, struct err *e)
{
	struct tftpd *t = p->arg;
	int r;

	if ((r = daemon_prepare(p, e)) != ERR_OK)
		return r;
	if ((t->stats = stats_new(p->statefd, t->d.loops, e)) == NULL) {
		finish(p);
		return ERR_NOMEM;
	}
	stats_rcvbuf(t->stats, (uint64_t)t->rcvbuf);
	return ERR_OK;
}

static int
writer_load(struct proc *p, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct tftpd *t = p->arg;

	daemon_drop(&t->d);
	if ((t->writer = writer_open(p->statefd, &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	return ERR_OK;
}

static int
writer_run(struct proc *p, int channel, int stopfd, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct tftpd *t = p->arg;
	int r = writer_serve(t->writer, channel, stopfd, &why);

	writer_close(t->writer);
	return r == ERR_OK ? r : err_set(e, r, "%s", why.msg);
}

int
tftpd_main(int argc, char **argv)
{
	/* 6971 and 6972 have an EC certificate: nothing is ever encrypted to
	 * us. */
	static struct tftpd t = { .d = {
		.name = "tftpd", .kinds = kinds, .nkinds = NKINDS,
		.units = units, .nunits = NUNITS, .sign_only = true,
		.opened = opened, .drop = drop,
	} };
	const struct proc_def def = {
		.name = "tftpd",
		.summary = "trust lists, configurations and files for phones "
		    "over TFTP, HTTP and HTTPS",
		.arg = &t,
		.prepare = prepare,
		.keeper_run = daemon_keeper_run,
		.signer_load = daemon_signer_load,
		.signer_run = daemon_signer_run,
		.writer_load = writer_load,
		.writer_run = writer_run,
		.engine_run = engine_run,
		.parent_told = daemon_parent_told,
		.finish = finish,
	};

	return proc_main(argc, argv, &def);
}
