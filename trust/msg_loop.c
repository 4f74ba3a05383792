/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of a daemon of messages over TLS, see msg_loop.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "trust/msg_loop.h"
#include "trust/msg_ports.h"

#define POLL_MS		200	/* for changed parameters; what waits goes */
#define DRAIN_POLL_MS	20
#define KEY_WAIT_MS	5000
#define UNREAD_MS	1000	/* what could not be read is read again */

struct msg_loop {
	struct msg_loop_conf	 conf;
	const struct msg_loop_def *def;
	void			*arg;		/* of def; borrowed */
	struct loop		*loop;
	struct signer		*signer;
	struct tls_keys		*keys;
	struct msg_tuning	 tuning;
	struct ssl_ctx_st	*tls;		/* made of what follows */
	uint8_t			 cert[DIGEST_SHA256_LEN];
	struct tls_offer	 offer;
	struct msg_ports	*ports;
	struct loop_io		*stop[2];
	struct loop_timer	*timer;
	bool			 draining;
	int64_t			 drain_until;
	int64_t			 key_until;	/* a signer with the key is on
						 * its way; 0: all is there */
	int64_t			 unread_ms;	/* parameters could not be read:
						 * when to again; 0: could */
	struct err		 failed;
};

/* --- certificate and parameters --- */

static const char *
unit_name(const struct msg_loop *l)
{
	return own_unit_table()[l->def->unit].name;
}

/*
 * A key that came while a signer runs is held by the next one, which is on
 * its way (proc_renew_signer): the certificate before serves until then.  When
 * none comes, the engine ends, and all are started anew by the parent.
 */
static int
check_key(struct msg_loop *l, const struct own *own, struct err *e)
{
	uint8_t digest[DIGEST_SHA256_LEN] = { 0 }, sig[KEY_SIG_MAX];
	size_t len;

	if (sign_digest(l->signer, own->key_id, DIGEST_SHA256,
	    key_type_is_rsa(cert_key_type(own->cert)) ? KEY_PAD_PKCS1 :
	    KEY_PAD_ECDSA, digest, sizeof(digest), sig, &len, e) == ERR_OK)
		return ERR_OK;
	if (e == NULL)
		return ERR_NOTFOUND;
	return err_wrap(e, "key of the certificate");
}

static bool
is_current(const struct msg_loop *l, const uint8_t *sha256,
    const struct tls_offer *o)
{
	return l->tls != NULL && o->floor == l->offer.floor &&
	    o->static_rsa == l->offer.static_rsa &&
	    memcmp(sha256, l->cert, sizeof(l->cert)) == 0;
}

static int
use(struct msg_loop *l, const struct own *own, struct err *e)
{
	return l->def->use != NULL ? l->def->use(l->arg, own, e) :
	    ERR_OK;
}

/* Connections that have a context of before keep it. */
static int
load_tls(struct msg_loop *l, struct err *e)
{
	const struct tls_offer o = {
		.floor = l->tuning.floor,
		.static_rsa = l->tuning.static_rsa,
		.ticket_keys = l->conf.ticket_keys,
		.no_tickets = l->conf.ticket_keys == NULL,
	};
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct ssl_ctx_st *ctx;
	struct own own;
	int ret;

	if ((ret = own_active(l->def->db(l->arg), l->def->unit,
	    l->conf.node, &own, e)) != ERR_OK)
		return err_wrap(e, "%s", unit_name(l));
	cert_sha256(own.cert, sha256);
	if (is_current(l, sha256, &o))
		goto out;
	if ((ret = check_key(l, &own, e)) != ERR_OK ||
	    (ret = use(l, &own, e)) != ERR_OK)
		goto out;
	if ((ctx = tls_server_ctx_offer(l->keys, own.cert, &o, e)) == NULL) {
		ret = err_wrap(e, "%s", unit_name(l));
		goto out;
	}
	tls_ctx_free(l->tls);
	l->tls = ctx;
	l->offer = o;
	memcpy(l->cert, sha256, sizeof(l->cert));
out:
	own_clear(&own);
	return ret;
}

/* Shared bounds are set by every loop, to the same. */
static int
tune(struct msg_loop *l, struct err *e)
{
	struct msg_tuning *t = &l->tuning;
	int ret;

	if ((ret = l->def->tune(l->arg, t, e)) != ERR_OK ||
	    (ret = load_tls(l, e)) != ERR_OK)
		return ret;
	net_count_set_max(l->conf.count, t->max, t->max_per_address);
	msg_ports_tune(l->ports, &t->limits, l->tls);
	return ERR_OK;
}

/* What cannot be read leaves things as they are, but for a missing key. */
static void
retune(struct msg_loop *l)
{
	struct err e = { 0 };

	if (tune(l, &e) == ERR_OK) {
		l->key_until = l->unread_ms = 0;
		return;
	}
	if (e.code == ERR_NOTFOUND && l->key_until == 0)
		l->key_until = loop_now_ms(l->loop) + KEY_WAIT_MS;
	if (e.code == ERR_NOTFOUND && loop_now_ms(l->loop) < l->key_until)
		return;
	if (e.code != ERR_NOTFOUND && e.code != ERR_UNREACHABLE) {
		if (l->unread_ms == 0)
			log_err(LOG_ERR, l->def->unread, &e);
		l->unread_ms = loop_now_ms(l->loop) + UNREAD_MS;
		return;
	}
	log_err(LOG_WARNING, l->def->keyless, &e);
	l->failed = e;
	loop_stop(l->loop);
}

/* --- running --- */

/* Without a signer no handshake ends well: the parent starts both anew. */
static bool
is_broken(struct msg_loop *l)
{
	return signer_is_broken(l->signer, &l->failed) ||
	    msg_ports_sync(l->ports, &l->failed) != ERR_OK ||
	    (l->def->look != NULL &&
	    l->def->look(l->arg, &l->failed) != ERR_OK);
}

static bool
is_drained(const struct msg_loop *l)
{
	return msg_ports_connections(l->ports) == 0 ||
	    loop_now_ms(l->loop) >= l->drain_until;
}

static void
timer_fired(void *arg)
{
	struct msg_loop *l = arg;

	log_flush();
	signer_refresh(l->signer);
	if (l->draining) {
		if (l->def->look != NULL)
			(void)l->def->look(l->arg, NULL);
		if (is_drained(l)) {
			loop_stop(l->loop);
			return;
		}
	} else if (is_broken(l)) {
		loop_stop(l->loop);
		return;
	}
	if (l->def->changed(l->arg) || l->key_until != 0 ||
	    (l->unread_ms != 0 && loop_now_ms(l->loop) >= l->unread_ms))
		retune(l);
	loop_timer_set(l->timer, l->draining ? DRAIN_POLL_MS : POLL_MS);
}

/* stopfds stay readable, so they are not watched any longer. */
static void
told_to_stop(void *arg, int fd, unsigned events)
{
	struct msg_loop *l = arg;

	(void)fd;
	(void)events;
	for (size_t i = 0; i < 2; i++) {
		loop_io_free(l->stop[i]);
		l->stop[i] = NULL;
	}
	msg_ports_drain(l->ports);
	if (l->def->drain != NULL)
		l->def->drain(l->arg);
	l->draining = true;
	l->drain_until = loop_now_ms(l->loop) + MSG_LOOP_DRAIN_MS;
	loop_timer_set(l->timer, 0);
}

static int
watch(struct msg_loop *l, const int stopfds[2], struct err *e)
{
	for (size_t i = 0; i < 2; i++)
		if ((l->stop[i] = loop_io_new(l->loop, stopfds[i], LOOP_READ,
		    LOOP_PRIO_HIGH, told_to_stop, l, e)) == NULL)
			return ERR_IO;
	if ((l->timer = loop_timer_new(l->loop, timer_fired, l, e)) == NULL)
		return ERR_NOMEM;
	loop_timer_set(l->timer, POLL_MS);
	return ERR_OK;
}

struct msg_loop *
msg_loop_new(const struct msg_loop_conf *c, int channel, struct err *e)
{
	struct msg_loop *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)close(channel);
		(void)err_set(e, ERR_NOMEM, "loop");
		return NULL;
	}
	l->conf = *c;
	l->def = c->def;
	if ((l->signer = signer_remote_new(channel, e)) == NULL ||
	    (l->keys = tls_keys_new(l->signer, e)) == NULL ||
	    (l->loop = loop_new(e)) == NULL) {
		msg_loop_free(l);
		return NULL;
	}
	return l;
}

struct loop *
msg_loop_loop(struct msg_loop *l)
{
	return l->loop;
}

struct signer *
msg_loop_signer(struct msg_loop *l)
{
	return l->signer;
}

int
msg_loop_begin(struct msg_loop *l, void *arg, void *msg_arg, unsigned i,
    const int stopfds[2], struct err *e)
{
	const struct msg_ports_conf c = { .set = l->conf.listen, .i = i,
	    .loop = l->loop, .count = l->conf.count, .def = l->def->msg,
	    .arg = msg_arg };
	int ret;

	l->arg = arg;
	if ((l->ports = msg_ports_new(&c, e)) == NULL)
		return ERR_NOMEM;
	if ((ret = tune(l, e)) != ERR_OK ||
	    (ret = msg_ports_sync(l->ports, e)) != ERR_OK)
		return ret;
	return watch(l, stopfds, e);
}

int
msg_loop_run(struct msg_loop *l, struct err *e)
{
	int ret = loop_run(l->loop, e);

	if (l->failed.code != ERR_OK)
		return err_set(e, l->failed.code, "%s", l->failed.msg);
	if (ret == ERR_OK && msg_ports_connections(l->ports) > 0)
		log_event(LOG_WARNING, l->def->cut, LOG_U64("connections",
		    msg_ports_connections(l->ports)));
	return ret;
}

void
msg_loop_end(struct msg_loop *l)
{
	if (l == NULL)
		return;
	loop_timer_free(l->timer);
	l->timer = NULL;
	for (size_t i = 0; i < 2; i++) {
		loop_io_free(l->stop[i]);
		l->stop[i] = NULL;
	}
	msg_ports_free(l->ports);
	l->ports = NULL;
}

void
msg_loop_free(struct msg_loop *l)
{
	if (l == NULL)
		return;
	msg_loop_end(l);
	tls_ctx_free(l->tls);
	tls_keys_free(l->keys);
	loop_free(l->loop);
	signer_free(l->signer);
	free(l);
}

/* The loop changes over at its next look. */
void
msg_loop_rekey(struct msg_loop *l, int channel)
{
	signer_replace(l->signer, channel);
}
