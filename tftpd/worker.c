/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of the engine, see worker.h.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "tftpd/places.h"
#include "tftpd/store.h"
#include "tftpd/worker.h"

#define POLL_MS		200	/* for changed parameters; what waits goes */
#define DRAIN_POLL_MS	20

struct worker {
	const struct tftpd	*t;
	struct admit		*admit;
	struct observe		*observe;
	struct loop		*loop;
	struct store		*store;
	struct serve_backend	 backend;
	struct tuning		 tuning;
	struct tftp_server	*tftp;
	struct web		*web;
	struct places		*places;
	struct err		 failed;
	struct loop_io		*stop[2];
	struct loop_timer	*timer;
	struct stats_loop	*stats;
	unsigned		 i;		/* of t->d.loops */
	struct file_cache	*cache;
	bool			 draining;
	int64_t			 drain_until;
};

/* Shared bounds are set by every loop, to the same. */
static void
worker_tune(struct worker *w)
{
	const struct tuning *t = &w->tuning;

	admit_set(w->admit, t->tftp_max, t->tftp_max_per_address);
	admit_set_http(w->admit, t->http_max, t->http_max_per_address);
	observe_set(w->observe, t->observed_ring, t->observed_devices);
	tftp_server_set_conf(w->tftp, &t->xfer);
	web_tune(w->web, store_db(w->store), t);
}

static bool
worker_idle(const struct worker *w)
{
	return tftp_server_transfers(w->tftp) == 0 &&
	    web_connections(w->web) == 0;
}

/* What is no count of events; the cache is all loops', so one tells. */
static void
worker_stats(struct worker *w)
{
	struct file_cache_stats c;

	stats_set(&w->stats->c->connections, web_connections(w->web));
	stats_set(&w->stats->c->turned_away, web_turned_away(w->web));
	if (w->i != 0)
		return;
	file_cache_stats(w->cache, &c);
	stats_cache(w->t->stats, &c);
}

static void
worker_timer(void *arg)
{
	struct worker *w = arg;

	log_flush();
	signer_refresh(store_signer(w->store));
	store_flush(w->store);
	worker_stats(w);
	if (w->draining && (worker_idle(w) ||
	    loop_now_ms(w->loop) >= w->drain_until)) {
		loop_stop(w->loop);
		return;
	}
	/* Without a signer nothing is signed again: the parent starts both
	 * anew. */
	if (!w->draining && (signer_is_broken(store_signer(w->store),
	    &w->failed) || places_sync(w->places, loop_now_ms(w->loop),
	    &w->failed) != ERR_OK)) {
		loop_stop(w->loop);
		return;
	}
	if (store_tuning(w->store, &w->tuning))
		worker_tune(w);
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
	tftp_server_drain(w->tftp);
	web_drain(w->web);
	w->draining = true;
	w->drain_until = loop_now_ms(w->loop) + WORKER_DRAIN_MS;
	loop_timer_set(w->timer, 0);
}

static int
worker_servers(struct worker *w, struct err *e)
{
	if ((w->web = web_new(w->t, w->loop, &w->backend,
	    admit_http(w->admit), store_signer(w->store), store_db(w->store),
	    &w->tuning, e)) == NULL ||
	    (w->tftp = tftp_server_new(w->loop, NULL, 0, &w->backend,
	    w->admit, &w->tuning.xfer, e)) == NULL ||
	    (w->places = places_new(w->t->d.listen, w->i, w->tftp, w->web,
	    e)) == NULL)
		return ERR_IO;
	return places_sync(w->places, loop_now_ms(w->loop), e);
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
worker_new(const struct tftpd *t, int statefd, unsigned i, int channel,
    struct admit *a, struct file_cache *c, struct observe *o,
    const int stopfds[2], struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)close(channel);
		(void)err_set(e, ERR_NOMEM, "loop %u", i);
		return NULL;
	}
	w->t = t;
	w->admit = a;
	w->observe = o;
	w->cache = c;
	w->i = i;
	w->stats = stats_loop(t->stats, i);
	if ((w->store = store_new(statefd, t->d.node, channel, c, o, e)) ==
	    NULL || (w->loop = loop_new(e)) == NULL)
		goto fail;
	store_unknown(w->store, t->writerfd);
	w->backend = store_backend(w->store);
	store_set_keyring(w->store, t->cred);
	w->backend.stats = w->stats;
	if (tuning_load(&w->tuning, store_db(w->store), t->d.node, e) !=
	    ERR_OK || worker_servers(w, e) != ERR_OK ||
	    worker_watch(w, stopfds, e) != ERR_OK)
		goto fail;
	worker_tune(w);
	return w;
fail:
	worker_free(w);
	return NULL;
}

int
worker_run(struct worker *w, struct err *e)
{
	int r = loop_run(w->loop, e);

	if (r == ERR_OK && w->failed.code != ERR_OK)
		return err_set(e, w->failed.code, "%s", w->failed.msg);
	if (r == ERR_OK && !worker_idle(w))
		log_event(LOG_WARNING, "tftpd.drain_cut",
		    LOG_U64("transfers", tftp_server_transfers(w->tftp)));
	return r;
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	loop_timer_free(w->timer);
	for (size_t i = 0; i < 2; i++)
		loop_io_free(w->stop[i]);
	tftp_server_free(w->tftp);
	web_free(w->web);
	places_free(w->places);
	store_free(w->store);
	loop_free(w->loop);
	free(w);
}

/* From another thread; the loop changes over at its next look. */
void
worker_rekey(struct worker *w, int channel)
{
	signer_replace(store_signer(w->store), channel);
}
