/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What sessions wait for, and what the loop asks for: see service.h.
 */
#include <stdlib.h>
#include <string.h>

#include "capfd/issuer.h"
#include "capfd/service_part.h"

/* --- answers of the writer --- */

static struct talk *
find(struct service *s, uint32_t nr)
{
	struct talk *t;

	LIST_FOREACH(t, &s->asked[nr % SERVICE_BUCKETS], asked)
		if (t->nr == nr)
			return t;
	return NULL;
}

static void
answered(void *arg, struct wire_answer *a)
{
	struct service *s = arg;
	struct session_do d = { .out = s->out };
	struct session_now now = service_now(s);
	struct talk *t = find(s, a->nr);

	if (t == NULL) {	/* nobody waits */
		wire_answer_clear(a);
		return;
	}
	talk_unlist(t);
	session_answer(&t->session, a, &now, &d);
	talk_go_on(t, &d);
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

	for (size_t i = 0; i < SERVICE_BUCKETS; i++)
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
	struct session_now now = service_now(s);
	struct talk *t;

	while ((t = find_waiting(s, now.ms)) != NULL) {
		struct session_do d = { .out = s->out };
		struct wire_answer no = { .code = ERR_UNREACHABLE,
		    .why = "stopped while it waited for the database" };

		talk_unlist(t);
		session_answer(&t->session, &no, &now, &d);
		talk_go_on(t, &d);
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
	    r->cert != NULL || service_now(s).ms >= t->ca_until_ms;
}

/* What it refused has failed, with which its request went. */
static bool
ca_refused(struct service *s, const struct talk *t,
    const struct row_capf_csr *r, struct row_capf_outcome *o)
{
	int64_t since_s = (service_now(s).ms - t->began_ms) / 1000 + 1;

	return r->der == NULL && row_capf_outcome_get(s->db,
	    &t->session.task.owner, o, NULL) == ERR_OK &&
	    o->result == CAPF_FAILED && o->at >= service_now(s).s - since_s;
}

static void
look_at_ca(struct service *s, struct talk *t)
{
	struct row_capf_outcome o;
	struct session_do d = { .out = s->out };
	struct session_now now = service_now(s);
	struct row_capf_csr r;
	bool have;

	if (ca_answered(s, t, &r)) {
		have = r.state == CAPF_CSR_ISSUED && memcmp(r.spki,
		    t->session.spki, sizeof(r.spki)) == 0;
		talk_unlist(t);
		if (ca_refused(s, t, &r, &o))
			session_ca_refused(&t->session, o.reason, &d);
		else
			session_issued(&t->session, have ? r.cert : NULL,
			    have ? r.certlen : 0, &now, &d);
		talk_go_on(t, &d);
	}
	row_capf_csr_clear(&r);
}

/* It goes on to wait when the signer still lacks the key. */
static void
sign_again(struct service *s, struct talk *t)
{
	struct session_do d = { .out = s->out };
	struct session_now now = service_now(s);

	talk_unlist(t);
	session_sign(&t->session, &now, &d);
	talk_go_on(t, &d);
}

static void
ca_due(void *arg)
{
	struct service *s = arg;
	struct talk *t, *next;

	for (t = LIST_FIRST(&s->at_ca); t != NULL; t = next) {
		next = LIST_NEXT(t, asked);
		if (t->session.state == SESSION_SIGNER)
			sign_again(s, t);
		else
			look_at_ca(s, t);
	}
	if (!LIST_EMPTY(&s->at_ca))
		loop_timer_set(s->ca_timer, SERVICE_CA_LOOK_MS);
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
	for (size_t i = 0; i < SERVICE_BUCKETS; i++)
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
	for (size_t i = 0; i < SERVICE_BUCKETS; i++)
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

	if ((ret = service_read_tuning(s, e)) != ERR_OK)
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
	cert_sha256(ca, s->ca);
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
