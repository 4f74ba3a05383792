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
#include <sys/queue.h>

#include "base/log.h"
#include "base/str.h"
#include "capfd/issuer.h"
#include "capfd/service.h"
#include "capfd/session.h"
#include "capfd/tuning.h"
#include "crypt/rng.h"
#include "crypt/secret.h"
#include "trust/capf_proof.h"

#define BUCKETS		1024
#define CA_LOOK_MS	250	/* has a CA elsewhere issued? */
#define GRACE_MS	5000	/* of the connection behind its session */

struct talk {
	LIST_ENTRY(talk)	 asked;		/* by number, or awaiting a CA */
	bool			 listed;
	struct service		*service;
	struct msg_conn		*conn;		/* NULL: it is over */
	uint32_t		 nr;		/* of the question */
	int64_t			 began_ms, asked_ms, ca_until_ms;
	struct session		 session;
};
LIST_HEAD(talks, talk);

struct service {
	struct service_conf	 conf;
	struct db		*db;
	struct desk_port	*port;
	struct loop_io		*answers;
	struct loop_timer	*ca_timer;
	struct lsc_issuer	*issuer;
	struct tuning_watch	 watch;
	struct anchors_loop	*anchors;	/* for what phones show */
	struct tuning		 tuning;
	struct session_ops	 ops;
	bool			 draining;
	struct talks		 asked[BUCKETS];
	struct talks		 at_ca;
	uint8_t			 out[CAPF_MSG_MAX];	/* outside of turns */
};

static struct session_now
now_of(const struct service *s)
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
	memcpy(h->sha256, shown.sha256, sizeof(h->sha256));
	return ERR_OK;
}

static int
issue(void *arg, const struct capf_owner *o, const struct lsc_key *k,
    uint8_t **der, size_t *len, struct err *e)
{
	const struct talk *t = arg;
	const struct service *s = t->service;

	return issuer_issue(s->issuer, o, k, clock_wall_s(s->conf.clk),
	    s->tuning.validity_s, der, len, e);
}

static int
request(void *arg, const struct capf_owner *o, const struct lsc_key *k,
    uint8_t **der, size_t *len, struct err *e)
{
	const struct talk *t = arg;

	return issuer_request(t->service->issuer, o, k, der, len, e);
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

static void
unlist(struct talk *t)
{
	if (t->listed)
		LIST_REMOVE(t, asked);
	t->listed = false;
}

static void
talk_free(struct talk *t)
{
	unlist(t);
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
	t->asked_ms = now_of(s).ms;
	LIST_INSERT_HEAD(&s->asked[t->nr % BUCKETS], t, asked);
	t->listed = true;
	return ERR_OK;
}

static void
wait_for_ca(struct talk *t, int64_t wait_ms)
{
	struct service *s = t->service;

	t->ca_until_ms = now_of(s).ms + wait_ms;
	if (LIST_EMPTY(&s->at_ca))
		loop_timer_set(s->ca_timer, CA_LOOK_MS);
	LIST_INSERT_HEAD(&s->at_ca, t, asked);
	t->listed = true;
}

/* What cannot be asked has been answered: no. */
static void
do_asking(struct talk *t, struct session_do *d)
{
	struct session_now now = now_of(t->service);
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
static void
go_on(struct talk *t, struct session_do *d)
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
static int
read_tuning(struct service *s, struct err *e)
{
	struct tuning t;
	int ret;

	if ((ret = tuning_load(&t, s->db, s->conf.node, e)) != ERR_OK)
		return ret;
	s->tuning = t;
	s->ops = (struct session_ops){ .prove = prove, .issue = issue,
	    .request = s->tuning.elsewhere ? request : NULL };
	return ERR_OK;
}

/* What cannot be read is told when the loop looks. */
static void
look_now(struct service *s)
{
	struct err e = { 0 };

	tuning_look(&s->watch, s->db);
	if (s->watch.parameters && read_tuning(s, &e) == ERR_OK)
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
	look_now(s);
	t->service = s;
	t->conn = c;
	t->began_ms = now_of(s).ms;
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

static int
talk(void *arg, struct msg_conn *c, struct msg_peer *p, const uint8_t *buf,
    size_t len, uint8_t *out, struct msg_step *step, struct err *e)
{
	struct session_do d = { .out = out };
	struct service *s = arg;
	struct session_now now = now_of(s);
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
	struct session_now now = now_of(s);
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
	.max = CAPF_MSG_MAX, .need = capf_msg_need, .talk = talk,
	.over = over,
};

/* --- answers of the writer --- */

static struct talk *
find(struct service *s, uint32_t nr)
{
	struct talk *t;

	LIST_FOREACH(t, &s->asked[nr % BUCKETS], asked)
		if (t->nr == nr)
			return t;
	return NULL;
}

static void
answered(void *arg, struct wire_answer *a)
{
	struct service *s = arg;
	struct session_do d = { .out = s->out };
	struct session_now now = now_of(s);
	struct talk *t = find(s, a->nr);

	if (t == NULL) {	/* nobody waits */
		wire_answer_clear(a);
		return;
	}
	unlist(t);
	session_answer(&t->session, a, &now, &d);
	go_on(t, &d);
}

static void
answers_ready(void *arg, int fd, unsigned events)
{
	struct service *s = arg;

	(void)fd;
	(void)events;
	desk_port_take(s->port, answered, s);
}

/* --- the end --- */

/* Who waits for the writer, which has not answered for that long. */
static struct talk *
find_waiting(struct service *s, int64_t now_ms)
{
	struct talk *t;

	for (size_t i = 0; i < BUCKETS; i++)
		LIST_FOREACH(t, &s->asked[i], asked)
			if (t->conn != NULL &&
			    now_ms - t->asked_ms >= SERVICE_DRAIN_MS)
				return t;
	return NULL;
}

/* The database is another process's, who may keep it: a stop is not to wait
 * for that.  What the phone has stored the writer holds on to. */
static void
end_waiting(struct service *s)
{
	struct session_now now = now_of(s);
	struct talk *t;

	while ((t = find_waiting(s, now.ms)) != NULL) {
		struct session_do d = { .out = s->out };
		struct wire_answer no = { .code = ERR_UNREACHABLE,
		    .why = "stopped while it waited for the database" };

		unlist(t);
		session_answer(&t->session, &no, &now, &d);
		go_on(t, &d);
	}
}

/* --- CAs elsewhere --- */

/* True: there is an answer, also that none comes while the phone waits. */
static bool
ca_answered(struct service *s, const struct talk *t, struct row_capf_csr *r)
{
	*r = (struct row_capf_csr){ .der = NULL };
	if (row_capf_csr_get(s->db, &t->session.task.owner, r, NULL) !=
	    ERR_OK)
		return true;	/* somebody has removed it */
	if (memcmp(r->spki, t->session.spki, sizeof(r->spki)) != 0)
		return true;
	/* One that waits for its issuer waits for a person. */
	return r->state == CAPF_CSR_ISSUED || r->state == CAPF_CSR_REFUSED ||
	    r->cert != NULL || now_of(s).ms >= t->ca_until_ms;
}

static void
look_at_ca(struct service *s, struct talk *t)
{
	struct session_do d = { .out = s->out };
	struct session_now now = now_of(s);
	struct row_capf_csr r;
	bool have;

	if (ca_answered(s, t, &r)) {
		have = r.state == CAPF_CSR_ISSUED && memcmp(r.spki,
		    t->session.spki, sizeof(r.spki)) == 0;
		unlist(t);
		session_issued(&t->session, have ? r.cert : NULL,
		    have ? r.certlen : 0, &now, &d);
		go_on(t, &d);
	}
	row_capf_csr_clear(&r);
}

static void
ca_due(void *arg)
{
	struct service *s = arg;
	struct talk *t, *next;

	for (t = LIST_FIRST(&s->at_ca); t != NULL; t = next) {
		next = LIST_NEXT(t, asked);
		look_at_ca(s, t);
	}
	if (!LIST_EMPTY(&s->at_ca))
		loop_timer_set(s->ca_timer, CA_LOOK_MS);
}

/* --- the service --- */

struct service *
service_new(const struct service_conf *c, struct err *e)
{
	struct service *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "service");
		return NULL;
	}
	s->conf = *c;
	s->watch.seq = -1;
	for (size_t i = 0; i < BUCKETS; i++)
		LIST_INIT(&s->asked[i]);
	LIST_INIT(&s->at_ca);
	if ((s->db = db_open(c->statefd, DB_FILE, DB_READ, e)) == NULL ||
	    (s->anchors = anchors_loop_new(c->anchors, c->clk, e)) == NULL ||
	    (s->port = desk_port_new(c->desk, e)) == NULL ||
	    (s->answers = loop_io_new(c->loop, desk_port_fd(s->port),
	    LOOP_READ, LOOP_PRIO_HIGH, answers_ready, s, e)) == NULL ||
	    (s->ca_timer = loop_timer_new(c->loop, ca_due, s, e)) == NULL) {
		service_free(s);
		return NULL;
	}
	return s;
}

/* Those whose connection is over, and no answer came. */
static void
free_waiting(struct service *s)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (!LIST_EMPTY(&s->asked[i]))
			talk_free(LIST_FIRST(&s->asked[i]));
}

void
service_free(struct service *s)
{
	if (s == NULL)
		return;
	free_waiting(s);
	loop_timer_free(s->ca_timer);
	loop_io_free(s->answers);
	desk_port_free(s->port);
	anchors_loop_free(s->anchors);
	lsc_issuer_free(s->issuer);
	db_close(s->db);
	free(s);
}

struct db *
service_db(struct service *s)
{
	return s->db;
}

bool
service_changed(struct service *s)
{
	bool changed;

	tuning_look(&s->watch, s->db);
	changed = s->watch.any;
	s->watch.any = false;
	return changed;
}

int
service_tune(struct service *s, struct msg_tuning *t, struct err *e)
{
	int ret;

	if ((ret = read_tuning(s, e)) != ERR_OK)
		return ret;
	*t = s->tuning.msg;
	return ERR_OK;
}

int
service_use(struct service *s, const struct cert *ca, struct err *e)
{
	struct lsc_issuer *i = lsc_issuer_new(ca, s->conf.signer, e);

	if (i == NULL)
		return e != NULL ? e->code : ERR_CRYPTO;
	lsc_issuer_free(s->issuer);
	s->issuer = i;
	return ERR_OK;
}

void
service_drain(struct service *s)
{
	s->draining = true;
}

int
service_look(struct service *s, struct err *e)
{
	if (s->draining)
		end_waiting(s);
	return desk_is_broken(s->conf.desk, e) ? ERR_UNREACHABLE : ERR_OK;
}
