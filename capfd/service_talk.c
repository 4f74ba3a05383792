/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sessions on their connections, see service.h.
 *
 * A session ends with its connection, but for one whose first question the
 * writer has not answered: it stays until then, to say that it is over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "capfd/issuer.h"
#include "capfd/service_part.h"
#include "crypt/rng.h"
#include "crypt/secret.h"
#include "trust/capf_proof.h"
#include "trust/enrol.h"

#define GRACE_MS	5000	/* of the connection behind its session */

struct session_now
service_now(const struct service *s)
{
	return (struct session_now){ clock_mono_ms(s->conf.clk),
	    clock_wall_s(s->conf.clk) };
}

/* --- what sessions ask for at once --- */

static int
prove(void *arg, const struct capf_msg *m, uint32_t session,
    struct capf_hello *h, struct err *e)
{
	const struct talk *t = arg;
	struct service *s = t->service;
	const struct capf_prover p = { .db = anchors_db(s->anchors),
	    .verifier = anchors_now(s->anchors), .now = h->now };
	struct capf_shown shown;
	int ret;

	if ((ret = capf_proof_check(&p, m, session, &shown, e)) != ERR_OK)
		return ret;
	h->proof = shown.proof;
	h->own_ca = shown.own_ca;
	h->expired = shown.expired;
	memcpy(h->sha256, shown.sha256, sizeof(h->sha256));
	return ERR_OK;
}

/* What is made after a promotion is by the CAPF of then, whatever the loop
 * shows for some tenths of a second yet. */
static int
look_at_issuer(struct service *s, struct err *e)
{
	struct err unread = { 0 };
	struct own own;
	int ret = ERR_OK;

	service_look_now(s);
	if (!s->watch.own)
		return ERR_OK;
	if (own_active(s->db, UNIT_CAPF, s->conf.node, &own, &unread) !=
	    ERR_OK)
		return err_set(e, ERR_UNREACHABLE, "CAPF: %s", unread.msg);
	if (memcmp(own.row.sha256, s->ca, sizeof(s->ca)) != 0)
		ret = service_use(s, own.cert, e);
	s->watch.own = ret != ERR_OK;
	own_clear(&own);
	return ret;
}

static int
issue(void *arg, const struct capf_owner *o, const struct lsc_key *k,
    uint8_t **der, size_t *len, struct err *e)
{
	const struct talk *t = arg;
	struct service *s = t->service;
	int ret = look_at_issuer(s, e);

	return ret != ERR_OK ? ret : issuer_issue(s->issuer, o, k,
	    clock_wall_s(s->conf.clk), s->tuning.validity_s, der, len, e);
}

static int
request(void *arg, const struct capf_owner *o, const struct lsc_key *k,
    uint8_t **der, size_t *len, struct err *e)
{
	const struct talk *t = arg;
	int ret = look_at_issuer(t->service, e);

	return ret != ERR_OK ? ret : issuer_request(t->service->issuer, o, k,
	    der, len, e);
}

/* By the trust stores read anew. */
static int
trusted_now(const struct service *s, const struct cert *c, struct err *e)
{
	struct anchors_loop *l = anchors_once(s->db, s->conf.clk, e);
	int ret;

	if (l == NULL)
		return e->code;
	ret = enrol_trusted(anchors_now(l), c, e);
	anchors_loop_free(l);
	return ret;
}

static int
trusted(void *arg, const uint8_t *der, size_t len, struct err *e)
{
	const struct talk *t = arg;
	struct cert *c = cert_from_der(der, len, e);
	int ret;

	if (c == NULL)
		return err_wrap(e, "the certificate that a CA has made");
	ret = enrol_trusted(anchors_now(t->service->anchors), c, e);
	/* An issuer may be so new that the snapshot lacks it. */
	if (ret == ERR_VERIFY)
		ret = trusted_now(t->service, c, e);
	cert_free(c);
	return ret;
}

/* --- one talk --- */

static const char *
operation_name(enum capf_operation op)
{
	switch (op) {
	case CAPF_OP_NONE:
		break;
	case CAPF_OP_INSTALL:
		return "install";
	case CAPF_OP_FETCH:
		return "fetch";
	case CAPF_OP_DELETE:
		return "delete";
	}
	return "none";
}

static void
say(const struct talk *t)
{
	const struct session *x = &t->session;

	log_event(LOG_INFO, "capf.session", LOG_STR("peer", x->peer),
	    LOG_STR("device", x->device),
	    LOG_STR("operation", operation_name(x->task.op)),
	    LOG_STR("result", x->ok ? "done" : "failed"),
	    LOG_U64("reason", x->reason), LOG_STR("why", x->why),
	    LOG_STR("tags", x->tags),
	    LOG_I64("ms", clock_mono_ms(t->service->conf.clk) - t->began_ms));
}

void
talk_unlist(struct talk *t)
{
	if (t->listed)
		LIST_REMOVE(t, asked);
	t->listed = false;
}

void
talk_free(struct talk *t)
{
	talk_unlist(t);
	session_clear(&t->session);
	free(t);
}

/* Ask what it wants asked; ERR_OK also when nobody waits for the answer. */
static int
ask(struct talk *t, struct session_do *d, struct err *e)
{
	struct service *s = t->service;
	int ret = desk_ask(s->port, &d->ask, e);

	secret_wipe(d->ask.hello.string, sizeof(d->ask.hello.string));
	if (d->then != SESSION_ASK)
		return ERR_OK;
	if (ret != ERR_OK)
		return ret;
	t->nr = d->ask.nr;
	t->asked_ms = service_now(s).ms;
	LIST_INSERT_HEAD(&s->asked[t->nr % SERVICE_BUCKETS], t, asked);
	t->listed = true;
	return ERR_OK;
}

/* Or for the signer. */
static void
wait_for_ca(struct talk *t, int64_t wait_ms)
{
	struct service *s = t->service;

	t->ca_until_ms = service_now(s).ms + wait_ms;
	if (LIST_EMPTY(&s->at_ca))
		loop_timer_set(s->ca_timer, SERVICE_CA_LOOK_MS);
	LIST_INSERT_HEAD(&s->at_ca, t, asked);
	t->listed = true;
}

/* What cannot be asked has been answered: no. */
static void
do_asking(struct talk *t, struct session_do *d)
{
	struct session_now now = service_now(t->service);
	struct wire_answer no = { .nr = 0 };
	struct err e = { 0 };

	if (!d->has_ask || ask(t, d, &e) == ERR_OK)
		return;
	no.code = e.code;
	(void)str_copy(no.why, sizeof(no.why), e.msg);
	session_answer(&t->session, &no, &now, d);
	if (d->has_ask)
		(void)ask(t, d, &e);
}

static void
act(struct talk *t, struct session_do *d, struct msg_step *step)
{
	do_asking(t, d);
	*step = (struct msg_step){ .len = d->len, .then = MSG_HOLD,
	    .wait_ms = d->wait_ms };
	switch (d->then) {
	case SESSION_READ:
		step->then = MSG_READ;
		break;
	case SESSION_ASK:
		break;
	case SESSION_WAIT:
		wait_for_ca(t, d->wait_ms);
		step->wait_ms += GRACE_MS;
		break;
	case SESSION_END:
		step->then = MSG_END;
		say(t);
		break;
	}
}

/* Outside of a turn of its connection, which may be over then, and t with
 * it. */
void
talk_go_on(struct talk *t, struct session_do *d)
{
	struct service *s = t->service;
	struct msg_step step;

	if (t->conn == NULL) {
		do_asking(t, d);
		talk_free(t);
		return;
	}
	act(t, d, &step);
	msg_go(t->conn, s->out, &step);
}

/* The parameters as they are now: the loop looks a few times a second only. */
int
service_read_tuning(struct service *s, struct err *e)
{
	struct tuning t;
	int ret;

	if ((ret = tuning_load(&t, s->db, s->conf.node, e)) != ERR_OK)
		return ret;
	s->tuning = t;
	s->ops = (struct session_ops){ .prove = prove, .issue = issue,
	    .trusted = trusted,
	    .request = s->tuning.elsewhere ? request : NULL };
	return ERR_OK;
}

/* What cannot be read is told when the loop looks. */
void
service_look_now(struct service *s)
{
	struct err e = { 0 };

	tuning_look(&s->watch, s->db);
	if (s->watch.parameters && service_read_tuning(s, &e) == ERR_OK)
		s->watch.parameters = false;
}

static struct talk *
talk_new(struct service *s, struct msg_conn *c, struct msg_peer *p,
    struct err *e)
{
	struct talk *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)err_set(e, ERR_NOMEM, "session");
		return NULL;
	}
	service_look_now(s);
	t->service = s;
	t->conn = c;
	t->began_ms = service_now(s).ms;
	t->session.waits = s->tuning.waits;
	t->session.ops = &s->ops;
	t->session.arg = t;
	net_addr_ip(&p->addr, t->session.peer);
	p->session = t;
	return t;
}

/* It is what a SUDI signs: not to be foreseen. */
static int
random_id(uint32_t *id, struct err *e)
{
	int ret;

	do
		ret = rng_fill(rng_system(), id, sizeof(*id), e);
	while (ret == ERR_OK && *id == 0);
	return ret;
}

static int
begin(struct service *s, struct msg_conn *c, struct msg_peer *p,
    struct session_do *d, struct err *e)
{
	struct talk *t;
	uint32_t id;

	if (random_id(&id, e) != ERR_OK || (t = talk_new(s, c, p, e)) == NULL)
		return ERR_NOMEM;
	session_begin(&t->session, id, d);
	return ERR_OK;
}

/* What is no message ends the session, with all that came: it is told so, as
 * who says something wrong is. */
static int
need(const uint8_t *buf, size_t len, size_t *n, struct err *e)
{
	(void)e;
	if (capf_msg_need(buf, len, n, NULL) != ERR_OK)
		*n = len;
	return ERR_OK;
}

static int
talk(void *arg, struct msg_conn *c, struct msg_peer *p, const uint8_t *buf,
    size_t len, uint8_t *out, struct msg_step *step, struct err *e)
{
	struct session_do d = { .out = out };
	struct service *s = arg;
	struct session_now now = service_now(s);
	struct talk *t = p->session;
	int ret;

	if (t != NULL)
		session_message(&t->session, buf, len, &now, &d);
	else if ((ret = begin(s, c, p, &d, e)) != ERR_OK)
		return ret;
	act(p->session, &d, step);
	return ERR_OK;
}

static void
over(void *arg, const struct msg_peer *p, int64_t now_ms)
{
	struct service *s = arg;
	struct session_do d = { .out = s->out };
	struct session_now now = service_now(s);
	struct talk *t = p->session;
	bool was_over;

	(void)now_ms;
	if (t == NULL)
		return;
	t->conn = NULL;
	was_over = t->session.state == SESSION_OVER;
	session_gone(&t->session, p->why != NULL ? p->why : "cut", &now, &d);
	if (!was_over)
		say(t);
	if (d.then == SESSION_ASK)	/* it has been asked */
		return;
	do_asking(t, &d);
	talk_free(t);
}

const struct msg_def service_msg = {
	.full = "capf.full", .starved = "capf.starved",
	.failed = "capf.failed", .dropped = "capf.dropped",
	.max = CAPF_MSG_MAX, .need = need, .talk = talk,
	.over = over,
};
