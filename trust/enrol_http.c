/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What CAs over HTTP have in common, see enrol_part.h.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/cert_use.h"
#include "net/fetch.h"
#include "trust/anchors_peer.h"
#include "trust/cert_import.h"
#include "trust/enrol_part.h"

#define CONNECT_MS	10000

/* capf.online_ca_user has a password, when there is a user. */
static int
set_login(const struct enrol_job *j, struct fetch_opts *o, struct err *e)
{
	if (j->conf->user[0] == '\0')
		return ERR_OK;
	if (j->env->password == NULL)
		return err_set(e, ERR_BADSTATE, "capf.online_ca_user has no "
		    "password: utils capf ca password");
	o->user = j->conf->user;
	o->password = (const char *)j->env->password->buf;
	return ERR_OK;
}

/* The server is judged by our trust stores; to one that asks we show what the
 * CA knows us by. */
struct tls_peer {
	struct anchors_peer	 anchors;
	const struct identity	*client;
	bool			 wanted;	/* by the server */
	struct fetch_trust	 fetch;
};

static int
peer_set(void *arg, struct ssl_ctx_st *ctx, struct err *e)
{
	struct tls_peer *p = arg;
	int ret = p->anchors.fetch.set(p->anchors.fetch.arg, ctx, e);

	return ret == ERR_OK ? identity_tls(p->client, ctx, &p->wanted, e) :
	    ret;
}

static int
peer_verdict(void *arg, struct err *e)
{
	const struct tls_peer *p = arg;

	return anchors_peer_verdict(&p->anchors, e);
}

static void
peer_init(struct tls_peer *p, struct enrol_job *j)
{
	*p = (struct tls_peer){ .client = j->env->client, .fetch = {
	    .set = peer_set, .verdict = peer_verdict, .arg = p } };
	anchors_peer_init(&p->anchors, anchors_now(j->anchors),
	    ANCHORS_BIT(TRUST_HTTPS) | ANCHORS_BIT(TRUST_CAPF),
	    VERIFY_TLS_SERVER);
}

int
enrol_fetch(struct enrol_job *j, const struct enrol_http *h,
    struct fetch_answer *answer, uint8_t **buf, size_t *len, struct err *e)
{
	const struct enrol_conf *c = j->conf;
	struct fetch_opts o = { .max = ENROL_ANSWER_MAX,
	    .timeout_ms = ENROL_TIMEOUT_MS, .connect_timeout_ms = CONNECT_MS,
	    .query = h->query, .post = h->post, .postlen = h->postlen,
	    .post_type = h->type, .answer = answer, .stop = j->env->stop,
	    .stop_arg = j->env->stop_arg };
	struct tls_peer peer = { .client = NULL };
	struct err why = { .code = ERR_OK };
	int ret;

	if (c->host[0] == '\0')
		return err_set(e, ERR_BADSTATE, "there is no online CA to "
		    "ask: set param capf.online_ca_host");
	if (h->login && (ret = set_login(j, &o, e)) != ERR_OK)
		return ret;
	if (strcmp(c->scheme, "https") == 0) {
		peer_init(&peer, j);
		o.trust = &peer.fetch;
	}
	ret = fetch_file(c->scheme, c->host, (uint16_t)c->port, h->name, &o,
	    buf, len, &why);
	if (ret == ERR_OK)
		return ERR_OK;
	/* How TLS 1.3 ends then says nothing. */
	return err_set(e, ret, "%s%s", ret == ERR_IO && peer.wanted &&
	    peer.client == NULL ? "the server wants a certificate of us: "
	    "utils capf ca certificate; " : "", why.msg);
}

int
enrol_trusted_ca(struct enrol_job *j, const struct cert *c, struct err *e)
{
	const struct verify_policy p = { .units = ANCHORS_BIT(TRUST_CAPF),
	    .purpose = VERIFY_ANY };
	struct verify_result r;
	char name[IMPORT_NAME_MAX];
	bool trusted = verify_cert(anchors_now(j->anchors), c, NULL, 0, &p,
	    &r);

	if (trusted && (cert_is_ca(c) || cert_is_ra(c) || r.pinned))
		return ERR_OK;
	import_name(c, name);
	if (trusted)
		return err_set(e, ERR_VERIFY, "the certificate \"%s\" that "
		    "the CA names as its own is neither a CA's nor marked as a "
		    "registration authority's, as anybody's may be: compare "
		    "it with the CA's, then set cert import trust CAPF", name);
	return err_set(e, ERR_VERIFY, "the CA's certificate \"%s\" is not "
	    "trusted by CAPF-trust (%.160s): compare it with the CA's, then "
	    "set cert import trust CAPF", name, r.text);
}
