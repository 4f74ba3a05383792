/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTP and HTTPS of one loop, see web.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/tls.h"
#include "tftpd/http_files.h"
#include "tftpd/web.h"
#include "trust/own.h"

struct web {
	const struct tftpd	*t;
	struct http_files	 files[TFTPD_NWEB];	/* by kind of port */
	struct http_server	*servers[TFTPD_ADDRS_MAX][TFTPD_NWEB];
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

	if ((ret = own_active(db, UNIT_CALLMANAGER_ECDSA, w->t->node, &own,
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
	for (size_t i = 0; i < w->t->nlisten; i++)
		for (size_t k = TFTPD_HTTPS; k < TFTPD_NWEB; k++)
			http_server_set_tls(w->servers[i][k], w->tls[k].ctx);
}

struct web *
web_new(const struct tftpd *t, unsigned loop, struct loop *l,
    const struct serve_backend *backend, struct net_count *count,
    struct signer *s, struct db *db, const struct tuning *tu, struct err *e)
{
	struct web *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)err_set(e, ERR_NOMEM, "HTTP");
		return NULL;
	}
	w->t = t;
	for (size_t k = 0; k < TFTPD_NWEB; k++)
		w->files[k] = (struct http_files){ .backend = *backend,
		    .via = k == TFTPD_HTTP ? STATS_HTTP : STATS_HTTPS };
	w->files[TFTPD_HTTPS].plain_sgn = tu->plain_sgn;
	if ((w->keys = tls_keys_new(s, e)) == NULL ||
	    load_tls(w, db, tu, e) != ERR_OK)
		goto fail;
	for (size_t i = 0; i < t->nlisten; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++)
			if ((w->servers[i][k] = http_server_new(l,
			    t->listen[i].web[k][loop], &tu->http, count,
			    http_files_handle, &w->files[k], e)) == NULL)
				goto fail;
	set_tls(w);
	return w;
fail:
	web_free(w);
	return NULL;
}

void
web_free(struct web *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->t->nlisten; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++)
			http_server_free(w->servers[i][k]);
	for (size_t k = TFTPD_HTTPS; k < TFTPD_NWEB; k++)
		tls_ctx_free(w->tls[k].ctx);
	tls_keys_free(w->keys);
	free(w);
}

void
web_tune(struct web *w, struct db *db, const struct tuning *tu)
{
	struct err e = { 0 };

	for (size_t i = 0; i < w->t->nlisten; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++)
			http_server_set_limits(w->servers[i][k], &tu->http);
	w->files[TFTPD_HTTPS].plain_sgn = tu->plain_sgn;
	if (load_tls(w, db, tu, &e) != ERR_OK)
		log_err(LOG_ERR, "tftpd.https", &e);
	else
		set_tls(w);
}

void
web_drain(struct web *w)
{
	for (size_t i = 0; i < w->t->nlisten; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++)
			http_server_drain(w->servers[i][k]);
}

size_t
web_connections(const struct web *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->t->nlisten; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++)
			n += http_server_connections(w->servers[i][k]);
	return n;
}

uint64_t
web_turned_away(const struct web *w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < w->t->nlisten; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++)
			n += http_server_turned_away(w->servers[i][k]);
	return n;
}
