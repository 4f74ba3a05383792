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
#include "net/listen.h"
#include "tftpd/engine.h"
#include "tftpd/tftpd.h"
#include "tftpd/writer.h"
#include "trust/keeper.h"
#include "trust/own.h"

/* A thousand phones may ask within the milliseconds that a signature takes;
 * requests are small, so this holds thousands. */
#define RCVBUF	(4 << 20)

static bool
have_ip6(void)
{
	struct net_addr a;
	bool have;
	int fd;

	if (net_addr_parse(&a, "::1", 0, NULL) != ERR_OK ||
	    (fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return false;
	have = bind(fd, (const struct sockaddr *)&a.ss, a.len) == 0;
	(void)close(fd);
	return have;
}

static size_t
add_address(struct net_addr *addrs, size_t n, const char *ip)
{
	struct net_addr a;

	if (net_addr_parse(&a, ip, 0, NULL) != ERR_OK)
		return n;
	for (size_t i = 0; i < n; i++)
		if (net_addr_same_ip(&addrs[i], &a))
			return n;
	addrs[n] = a;
	return n + 1;
}

static bool
all_loopback(const struct row_node_name *names, size_t nnames)
{
	struct net_addr a;

	for (size_t i = 0; i < nnames; i++)
		if (names[i].is_ip &&
		    (net_addr_parse(&a, names[i].text, 0, NULL) != ERR_OK ||
		    !net_addr_is_loopback(&a)))
			return false;
	return true;
}

size_t
tftpd_addresses(const struct row_node_name *names, size_t nnames,
    bool ip6, struct net_addr *addrs)
{
	size_t n = 0;

	if (!all_loopback(names, nnames))
		return add_address(addrs, 0, ip6 ? "::" : "0.0.0.0");
	n = add_address(addrs, n, "127.0.0.1");
	if (ip6)
		n = add_address(addrs, n, "::1");
	for (size_t i = 0; i < nnames && n < TFTPD_ADDRS_MAX; i++)
		if (names[i].is_ip)
			n = add_address(addrs, n, names[i].text);
	return n;
}

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
listen_on(struct tftpd *t, enum net_proto proto, const struct net_addr *ip,
    uint16_t port, int *fds, struct err *e)
{
	char text[NET_ADDR_TEXT];
	struct net_addr a;
	int r;

	net_addr_ip(ip, text);
	if ((r = net_addr_parse(&a, text, port, e)) != ERR_OK)
		return r;
	r = net_listen(proto, &a, proto == NET_UDP ? RCVBUF : 0, fds,
	    t->loops, e);
	if (r == ERR_OK && proto == NET_UDP)
		check_rcvbuf(t, fds[0]);
	return r;
}

static int
listen_web(struct tftpd *t, struct tftpd_listen *l, const struct net_addr *ip,
    const uint16_t *port, struct err *e)
{
	static const enum node_port kinds[TFTPD_NWEB] = {
		[TFTPD_HTTP] = PORT_HTTP, [TFTPD_HTTPS] = PORT_HTTPS,
		[TFTPD_HTTPS2] = PORT_HTTPS2,
	};
	int r = ERR_OK;

	for (size_t k = 0; k < TFTPD_NWEB && r == ERR_OK; k++)
		r = listen_on(t, NET_TCP, ip, port[kinds[k]], l->web[k], e);
	return r;
}

/* When a part of an address fails, the process ends with the others. */
static int
open_sockets(struct tftpd *t, const struct node *n, struct err *e)
{
	struct net_addr addrs[TFTPD_ADDRS_MAX];
	const uint16_t *port = n->row.port;
	size_t naddrs = tftpd_addresses(n->names, n->nnames, have_ip6(),
	    addrs);
	int r;

	for (; t->nlisten < naddrs; t->nlisten++) {
		struct tftpd_listen *l = &t->listen[t->nlisten];

		if ((r = listen_on(t, NET_UDP, &addrs[t->nlisten],
		    port[PORT_TFTP], l->udp, e)) != ERR_OK ||
		    (r = listen_web(t, l, &addrs[t->nlisten], port, e)) !=
		    ERR_OK)
			return r;
	}
	return ERR_OK;
}

static void
close_sockets(struct tftpd *t)
{
	for (size_t i = 0; i < t->nlisten; i++)
		for (unsigned j = 0; j < t->loops; j++) {
			(void)close(t->listen[i].udp[j]);
			for (size_t k = 0; k < TFTPD_NWEB; k++)
				(void)close(t->listen[i].web[k][j]);
		}
	t->nlisten = 0;
}

/* What only the parent and the engine have. */
static void
drop_inherited(struct tftpd *t)
{
	close_sockets(t);
	stats_free(t->stats);
	t->stats = NULL;
	keyring_free(t->cred);
	t->cred = NULL;
}

static void
finish(struct proc *p)
{
	drop_inherited(p->arg);
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

static void
kept(void *arg)
{
	proc_ready(arg);
}

static int
keeper_run(struct proc *p, int stopfd, struct err *e)
{
	drop_inherited(p->arg);
	return keeper_serve(p->statefd, stopfd, kept, p, e);
}

/*
 * The CallManager keys alone: the one signs what phones fetch, the other TLS
 * handshakes.  Whoever holds a key has no business with the network.
 */
static int
signer_load(struct proc *p, struct err *e)
{
	static const enum own_unit units[] = { UNIT_CALLMANAGER,
	    UNIT_CALLMANAGER_ECDSA };
	struct tftpd *t = p->arg;
	struct keyring *kr;
	struct node n;
	int r;

	drop_inherited(t);
	if ((r = node_open_fd(&n, p->statefd, DB_READ, e)) != ERR_OK)
		return r;
	if ((kr = node_keyring(&n, KEYRING_SIGN, e)) != NULL)
		t->signer = own_signer(n.db, kr, units,
		    sizeof(units) / sizeof(units[0]), e);
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
		.finish = finish,
	};

	return proc_main(argc, argv, &def);
}
