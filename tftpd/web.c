/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTP and HTTPS of one loop, see web.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "certs/tls.h"
#include "tftpd/http_files.h"
#include "tftpd/web.h"
#include "trust/own.h"

struct web_port {
	LIST_ENTRY(web_port)	 entry;
	unsigned		 kind;
	int			 fd;		/* -1: not listened on any more */
	struct http_server	*server;
};

LIST_HEAD(web_ports, web_port);

struct web {
	const struct tftpd	*t;
	struct loop		*loop;
	struct net_count	*count;
	struct http_limits	 limits;
	struct http_files	 files[TFTPD_NWEB];	/* by kind of port */
	struct web_ports	 ports;
	uint64_t		 turned_away;	/* by ports that are gone */
	struct tls_keys		*keys;
	struct web_tls {
		struct ssl_ctx_st	*ctx;	/* made of what follows */
		uint8_t			 cert[DIGEST_SHA256_LEN];
		enum tls_floor		 lowest;
	} tls[TFTPD_NWEB];
};

/* A context of before stays with the connections that have it. */
static int
make_tls(struct web *w, struct web_tls *t, const struct cert *c,
    enum tls_floor lowest, struct err *e)
{
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct ssl_ctx_st *ctx;

	cert_sha256(c, sha256);
	if (t->ctx != NULL && lowest == t->lowest &&
	    memcmp(sha256, t->cert, sizeof(sha256)) == 0)
		return ERR_OK;
	if ((ctx = tls_server_ctx(w->keys, c, lowest, e)) == NULL)
		return err_wrap(e, "HTTPS");
	tls_ctx_free(t->ctx);
	t->ctx = ctx;
	t->lowest = lowest;
	memcpy(t->cert, sha256, sizeof(sha256));
	return ERR_OK;
}

/* The certificate and lowest versions of now. */
static int
load_tls(struct web *w, struct db *db, const struct tuning *tu, struct err *e)
{
	struct own own = { 0 };
	int ret;

	if ((ret = own_active(db, UNIT_CALLMANAGER_ECDSA, w->t->d.node, &own,
	    e)) != ERR_OK)
		return err_wrap(e, "certificate of HTTPS");
	if ((ret = make_tls(w, &w->tls[TFTPD_HTTPS], own.cert, tu->tls_lowest,
	    e)) == ERR_OK)
		ret = make_tls(w, &w->tls[TFTPD_HTTPS2], own.cert,
		    tu->tls_lowest2, e);
	own_clear(&own);
	return ret;
}

static void
set_tls(struct web *w)
{
	struct web_port *p;

	LIST_FOREACH(p, &w->ports, entry)
		if (p->kind >= TFTPD_HTTPS)
			http_server_set_tls(p->server, w->tls[p->kind].ctx);
}

struct web *
web_new(const struct tftpd *t, struct loop *l,
    const struct serve_backend *backend, struct net_count *count,
    struct signer *s, struct db *db, const struct tuning *tu, struct err *e)
{
	struct web *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)err_set(e, ERR_NOMEM, "HTTP");
		return NULL;
	}
	w->t = t;
	w->loop = l;
	w->count = count;
	w->limits = tu->http;
	for (size_t k = 0; k < TFTPD_NWEB; k++)
		w->files[k] = (struct http_files){ .backend = *backend,
		    .via = k == TFTPD_HTTP ? STATS_HTTP : STATS_HTTPS };
	w->files[TFTPD_HTTPS].plain_sgn = tu->plain_sgn;
	if ((w->keys = tls_keys_new(s, e)) != NULL &&
	    load_tls(w, db, tu, e) == ERR_OK)
		return w;
	web_free(w);
	return NULL;
}

int
web_listen(struct web *w, unsigned kind, int fd, struct err *e)
{
	struct web_port *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "HTTP");
	p->kind = kind;
	p->fd = fd;
	if ((p->server = http_server_new(w->loop, fd, &w->limits, w->count,
	    http_files_handle, &w->files[kind], e)) == NULL) {
		free(p);
		return ERR_IO;
	}
	if (kind >= TFTPD_HTTPS)
		http_server_set_tls(p->server, w->tls[kind].ctx);
	LIST_INSERT_HEAD(&w->ports, p, entry);
	return ERR_OK;
}

void
web_unlisten(struct web *w, int fd)
{
	struct web_port *p;

	LIST_FOREACH(p, &w->ports, entry)
		if (p->fd == fd) {
			http_server_drain(p->server);
			p->fd = -1;
		}
}

static void
port_free(struct web *w, struct web_port *p)
{
	w->turned_away += http_server_turned_away(p->server);
	LIST_REMOVE(p, entry);
	http_server_free(p->server);
	free(p);
}

void
web_tidy(struct web *w)
{
	struct web_port *p, *next;

	for (p = LIST_FIRST(&w->ports); p != NULL; p = next) {
		next = LIST_NEXT(p, entry);
		if (p->fd == -1 && http_server_connections(p->server) == 0)
			port_free(w, p);
	}
}

void
web_free(struct web *w)
{
	if (w == NULL)
		return;
	while (!LIST_EMPTY(&w->ports))
		port_free(w, LIST_FIRST(&w->ports));
	for (size_t k = TFTPD_HTTPS; k < TFTPD_NWEB; k++)
		tls_ctx_free(w->tls[k].ctx);
	tls_keys_free(w->keys);
	free(w);
}

void
web_tune(struct web *w, struct db *db, const struct tuning *tu)
{
	struct err e = { 0 };
	struct web_port *p;

	w->limits = tu->http;
	LIST_FOREACH(p, &w->ports, entry)
		http_server_set_limits(p->server, &tu->http);
	w->files[TFTPD_HTTPS].plain_sgn = tu->plain_sgn;
	if (load_tls(w, db, tu, &e) != ERR_OK)
		log_err(LOG_ERR, "tftpd.https", &e);
	else
		set_tls(w);
}

void
web_drain(struct web *w)
{
	struct web_port *p;

	LIST_FOREACH(p, &w->ports, entry)
		http_server_drain(p->server);
}

size_t
web_connections(const struct web *w)
{
	const struct web_port *p;
	size_t n = 0;

	LIST_FOREACH(p, &w->ports, entry)
		n += http_server_connections(p->server);
	return n;
}

uint64_t
web_turned_away(const struct web *w)
{
	uint64_t n = w->turned_away;
	const struct web_port *p;

	LIST_FOREACH(p, &w->ports, entry)
		n += http_server_turned_away(p->server);
	return n;
}
