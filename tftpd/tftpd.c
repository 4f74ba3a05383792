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
#include "base/str.h"
#include "tftpd/engine.h"
#include "tftpd/tftpd.h"
#include "tftpd/writer.h"
#include "trust/keeper.h"
#include "trust/keeper_watch.h"
#include "trust/own.h"

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

static int
open_sockets(struct tftpd *t, const struct node *n, struct err *e)
{
	struct listen_sock *socks[LISTEN_SOCKS_MAX];
	size_t nsocks;
	int r;

	if ((t->listen = listen_set_new("tftpd", kinds, NKINDS, t->loops,
	    e)) == NULL)
		return ERR_NOMEM;
	if ((r = listen_set_open(t->listen, n->statefd, n->db, n->row.name,
	    e)) != ERR_OK)
		return r;
	nsocks = listen_set_hold(t->listen, socks);
	for (size_t i = 0; i < nsocks; i++) {
		if (socks[i]->place.kind == PORT_TFTP)
			check_rcvbuf(t, socks[i]->fds[0]);
		listen_sock_release(t->listen, socks[i]);
	}
	return ERR_OK;
}

/* What only the parent and the engine have. */
static void
drop_inherited(struct tftpd *t)
{
	listen_set_free(t->listen);
	t->listen = NULL;
	stats_free(t->stats);
	t->stats = NULL;
	keyring_free(t->cred);
	t->cred = NULL;
}

static void
finish(struct proc *p)
{
	struct tftpd *t = p->arg;

	listen_set_finish(t->listen, p->statefd);
	drop_inherited(t);
	(void)unlinkat(p->statefd, STATS_FILE, 0);
}

static int
read_node(struct proc *p, struct tftpd *t, struct node *n, struct err *e)
{
	int r;

	if ((r = keeper_prepare(p->statefd, e)) != ERR_OK ||
	    (r = node_open_fd(n, p->statefd, DB_READ, e)) != ERR_OK)
		return r;
	if (p->opts->has_time_offset && !n->cluster.test)
		r = err_set(e, ERR_REFUSED, "--time-offset is for tests: "
		    "this state was not made with ctltool node init --test");
	else if (!str_copy(t->node, sizeof(t->node), n->row.name))
		r = err_set(e, ERR_LIMIT, "name of the node");
	else if ((t->cred = node_keyring(n, KEYRING_CRED, e)) == NULL)
		r = e->code;
	else
		r = open_sockets(t, n, e);
	node_close(n);
	return r;
}

static int
prepare(struct proc *p, struct err *e)
{
	struct tftpd *t = p->arg;
	struct node n;
	int r;

	t->loops = p->loops;
	r = read_node(p, t, &n, e);
	if (r == ERR_OK && (t->stats = stats_new(p->statefd, t->loops, e)) ==
	    NULL)
		r = ERR_NOMEM;
	if (r != ERR_OK)
		finish(p);
	else
		stats_rcvbuf(t->stats, (uint64_t)t->rcvbuf);
	return r;
}

static int
parent_told(struct proc *p, const void *msg, size_t len, int64_t *again_ms,
    struct err *e)
{
	const struct tftpd *t = p->arg;

	return listen_set_told(t->listen, p, msg, len, again_ms, e);
}

static int
keeper_run(struct proc *p, int stopfd, struct err *e)
{
	struct tftpd *t = p->arg;
	const struct keeper_watch w = { .node = t->node, .kinds = kinds,
	    .nkinds = NKINDS, .units = units, .nunits = NUNITS };

	drop_inherited(t);
	return keeper_watch_serve(p, stopfd, &w, e);
}

static int
signer_load(struct proc *p, struct err *e)
{
	struct tftpd *t = p->arg;
	struct keyring *kr;
	struct node n;
	int r;

	drop_inherited(t);
	if ((r = node_open_fd(&n, p->statefd, DB_READ, e)) != ERR_OK)
		return r;
	if ((kr = node_keyring(&n, KEYRING_SIGN, e)) != NULL)
		t->signer = own_signer(n.db, kr, units,
		    NUNITS, e);
	keyring_free(kr);
	node_close(&n);
	return t->signer != NULL ? ERR_OK : e->code;
}

/* 6971 and 6972 have an EC certificate: nothing is ever encrypted to us. */
static int
signer_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct tftpd *t = p->arg;
	int r;

	signer_local_sign_only(t->signer);
	r = signer_serve(t->signer, channels, n, stopfd, e);
	signer_free(t->signer);
	return r;
}

static int
writer_load(struct proc *p, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct tftpd *t = p->arg;

	drop_inherited(t);
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
	static struct tftpd t;
	const struct proc_def def = {
		.name = "tftpd",
		.summary = "trust lists, configurations and files for phones "
		    "over TFTP, HTTP and HTTPS",
		.arg = &t,
		.prepare = prepare,
		.keeper_run = keeper_run,
		.signer_load = signer_load,
		.signer_run = signer_run,
		.writer_load = writer_load,
		.writer_run = writer_run,
		.engine_run = engine_run,
		.parent_told = parent_told,
		.finish = finish,
	};

	return proc_main(argc, argv, &def);
}
