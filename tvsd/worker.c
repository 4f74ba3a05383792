/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of the engine, see worker.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "trust/own.h"
#include "tvsd/ports.h"
#include "tvsd/service.h"
#include "tvsd/tuning.h"
#include "tvsd/worker.h"

#define POLL_MS		200	/* for changed parameters; what waits goes */
#define DRAIN_POLL_MS	20
#define KEY_WAIT_MS	5000

struct worker {
	const struct worker_shared *sh;
	struct loop		*loop;
	struct signer		*signer;
	struct tls_keys		*keys;
	struct service		*service;
	struct tuning		 tuning;
	struct ssl_ctx_st	*tls;		/* made of what follows */
	uint8_t			 cert[DIGEST_SHA256_LEN];
	struct tls_offer	 offer;
	struct ports		*ports;
	struct loop_io		*stop[2];
	struct loop_timer	*timer;
	bool			 draining;
	int64_t			 drain_until;
	int64_t			 key_until;	/* a signer with the key is on
						 * its way; 0: all is there */
	struct err		 failed;
};

/* --- certificate and parameters --- */

/*
 * A key that came while a signer runs is held by the next one, which is on
 * its way (proc_renew_signer): the certificate before serves until then.  When
 * none comes, the engine ends, and all are started anew by the parent.
 */
static int
check_key(struct worker *w, const struct own *own, struct err *e)
{
	uint8_t digest[DIGEST_SHA256_LEN] = { 0 }, sig[KEY_SIG_MAX];
	size_t len;

	if (sign_digest(w->signer, own->key_id, DIGEST_SHA256,
	    key_type_is_rsa(cert_key_type(own->cert)) ? KEY_PAD_PKCS1 :
	    KEY_PAD_ECDSA, digest, sizeof(digest), sig, &len, e) == ERR_OK)
		return ERR_OK;
	return err_wrap(e, "key of the TVS certificate");
}

static bool
is_current(const struct worker *w, const uint8_t *sha256,
    const struct tls_offer *o)
{
	return w->tls != NULL && o->floor == w->offer.floor &&
	    o->static_rsa == w->offer.static_rsa &&
	    memcmp(sha256, w->cert, sizeof(w->cert)) == 0;
}

/* Connections that have a context of before keep it. */
static int
load_tls(struct worker *w, struct err *e)
{
	const struct tls_offer o = {
		.floor = w->tuning.floor,
		.static_rsa = w->tuning.static_rsa,
		.ticket_keys = w->sh->ticket_keys,
	};
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct ssl_ctx_st *ctx;
	struct own own;
	int ret;

	if ((ret = own_active(service_db(w->service), UNIT_TVS,
	    w->sh->t->node, &own, e)) != ERR_OK)
		return err_wrap(e, "TVS certificate");
	cert_sha256(own.cert, sha256);
	if (is_current(w, sha256, &o))
		goto out;
	if ((ret = check_key(w, &own, e)) != ERR_OK)
		goto out;
	if ((ctx = tls_server_ctx_offer(w->keys, own.cert, &o, e)) == NULL) {
		ret = err_wrap(e, "TVS");
		goto out;
	}
	tls_ctx_free(w->tls);
	w->tls = ctx;
	w->offer = o;
	memcpy(w->cert, sha256, sizeof(w->cert));
out:
	own_clear(&own);
	return ret;
}

/* Shared bounds are set by every loop, to the same. */
static int
tune(struct worker *w, struct err *e)
{
	int ret;

	if ((ret = tuning_load(&w->tuning, service_db(w->service),
	    w->sh->t->node, e)) != ERR_OK || (ret = load_tls(w, e)) != ERR_OK)
		return ret;
	net_count_set_max(w->sh->count, w->tuning.max,
	    w->tuning.max_per_address);
	asks_set(w->sh->asks, w->tuning.ring);
	ports_tune(w->ports, &w->tuning.limits, w->tls);
	return ERR_OK;
}

/* What cannot be read leaves things as they are, but for a missing key. */
static void
retune(struct worker *w)
{
	struct err e = { 0 };

	if (tune(w, &e) == ERR_OK) {
		w->key_until = 0;
		return;
	}
	if (e.code == ERR_NOTFOUND && w->key_until == 0)
		w->key_until = loop_now_ms(w->loop) + KEY_WAIT_MS;
	if (e.code == ERR_NOTFOUND && loop_now_ms(w->loop) < w->key_until)
		return;
	if (e.code != ERR_NOTFOUND && e.code != ERR_UNREACHABLE) {
		log_err(LOG_ERR, "tvsd.parameters", &e);
		return;
	}
	log_err(LOG_WARNING, "tvsd.key", &e);
	w->failed = e;
	loop_stop(w->loop);
}

/* --- running --- */

static void
worker_timer(void *arg)
{
	struct worker *w = arg;

	log_flush();
	signer_refresh(w->signer);
	service_flush(w->service);
	if (w->draining && (ports_connections(w->ports) == 0 ||
	    loop_now_ms(w->loop) >= w->drain_until)) {
		loop_stop(w->loop);
		return;
	}
	/* Without a signer no handshake ends well: the parent starts both
	 * anew. */
	if (!w->draining && (signer_is_broken(w->signer, &w->failed) ||
	    ports_sync(w->ports, &w->failed) != ERR_OK)) {
		loop_stop(w->loop);
		return;
	}
	if (service_changed(w->service) || w->key_until != 0)
		retune(w);
	loop_timer_set(w->timer, w->draining ? DRAIN_POLL_MS : POLL_MS);
}

/* stopfds stay readable, so they are not watched any longer. */
static void
worker_stop(void *arg, int fd, unsigned events)
{
	struct worker *w = arg;

	(void)fd;
	(void)events;
	for (size_t i = 0; i < 2; i++) {
		loop_io_free(w->stop[i]);
		w->stop[i] = NULL;
	}
	ports_drain(w->ports);
	w->draining = true;
	w->drain_until = loop_now_ms(w->loop) + WORKER_DRAIN_MS;
	loop_timer_set(w->timer, 0);
}

static int
worker_open(struct worker *w, unsigned i, struct err *e)
{
	const struct tvsd *t = w->sh->t;
	struct ports_conf c = { .set = t->listen, .i = i,
	    .count = w->sh->count, .def = &service_msg };

	if ((w->keys = tls_keys_new(w->signer, e)) == NULL ||
	    (c.arg = w->service = service_new(w->sh->statefd, t->node,
	    w->sh->stores, clock_system(), w->sh->asks, e)) == NULL ||
	    (c.loop = w->loop = loop_new(e)) == NULL ||
	    (w->ports = ports_new(&c, e)) == NULL)
		return ERR_NOMEM;
	if (tune(w, e) != ERR_OK)
		return ERR_IO;
	return ports_sync(w->ports, e);
}

static int
worker_watch(struct worker *w, const int stopfds[2], struct err *e)
{
	for (size_t i = 0; i < 2; i++)
		if ((w->stop[i] = loop_io_new(w->loop, stopfds[i], LOOP_READ,
		    LOOP_PRIO_HIGH, worker_stop, w, e)) == NULL)
			return ERR_IO;
	if ((w->timer = loop_timer_new(w->loop, worker_timer, w, e)) == NULL)
		return ERR_NOMEM;
	loop_timer_set(w->timer, POLL_MS);
	return ERR_OK;
}

struct worker *
worker_new(const struct worker_shared *sh, unsigned i, int channel,
    const int stopfds[2], struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)close(channel);
		(void)err_set(e, ERR_NOMEM, "loop %u", i);
		return NULL;
	}
	w->sh = sh;
	if ((w->signer = signer_remote_new(channel, e)) == NULL ||
	    worker_open(w, i, e) != ERR_OK ||
	    worker_watch(w, stopfds, e) != ERR_OK) {
		worker_free(w);
		return NULL;
	}
	return w;
}

int
worker_run(struct worker *w, struct err *e)
{
	int ret = loop_run(w->loop, e);

	if (w->failed.code != ERR_OK)
		return err_set(e, w->failed.code, "%s", w->failed.msg);
	if (ret == ERR_OK && ports_connections(w->ports) > 0)
		log_event(LOG_WARNING, "tvsd.drain_cut",
		    LOG_U64("connections", ports_connections(w->ports)));
	return ret;
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	loop_timer_free(w->timer);
	for (size_t i = 0; i < 2; i++)
		loop_io_free(w->stop[i]);
	ports_free(w->ports);
	tls_ctx_free(w->tls);
	tls_keys_free(w->keys);
	service_free(w->service);
	loop_free(w->loop);
	signer_free(w->signer);
	free(w);
}

/* From another thread; the loop changes over at its next look. */
void
worker_rekey(struct worker *w, int channel)
{
	signer_replace(w->signer, channel);
}
