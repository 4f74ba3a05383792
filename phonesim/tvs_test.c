/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim tvs: ask a TVS server about a certificate, once or many times.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "net/tls.h"
#include "phonesim/phonesim.h"
#include "phonesim/storm_sum.h"
#include "phonesim/tvs_ask.h"
#include "phonesim/tvs_call.h"

#define NS_PER_S	1e9
#define NS_PER_US	1000
#define US_PER_MS	1e3

struct tvs_test {
	const char		*device;
	struct config_server	 server;
	struct accept_question	 q;
	const struct accept_phone *phone;	/* NULL: any server will do */
	struct loop		*loop;
	struct ssl_ctx_st	*tls;
	uint64_t		 count, started;
	struct storm_sum	 sum;	/* tvs, us, done, ns and reasons */
	struct sim_step		 last;	/* what was said last */
};

/* One question at a time. */
struct asker {
	struct tvs_test	*t;
	struct tvs_call	*call;
	uint32_t	 session;
	int64_t		 begun_ns;
};

static void	go_on(struct asker *a);

static int64_t
now_ns(void)
{
	return clock_mono_ns(clock_system());
}

static void
count(struct asker *a, int code, const char *why, const struct tvs_msg *m)
{
	struct tvs_test *t = a->t;
	struct sim_step *st = &t->last;
	uint64_t us = (uint64_t)(now_ns() - a->begun_ns) / NS_PER_US;

	t->sum.us[t->sum.done++] = us > UINT32_MAX ? UINT32_MAX :
	    (uint32_t)us;
	if (code != ERR_OK) {
		t->sum.tvs.unanswered++;
		storm_sum_reason(&t->sum, "", why);
		st->status = code == ERR_UNREACHABLE || code == ERR_TIMEOUT ?
		    SIM_NO_ANSWER : SIM_FAILED;
		(void)str_copy(st->note, sizeof(st->note), why);
		return;
	}
	st->status = SIM_GOT;
	st->tvs.valid = m->status == TVS_VALID;
	st->tvs.ttl = m->ttl;
	st->tvs.nroles = m->nroles;
	memcpy(st->tvs.roles, m->roles, m->nroles);
	if (st->tvs.valid)
		t->sum.tvs.valid++;
	else
		t->sum.tvs.invalid++;
}

static void
on_answer(void *arg, const struct sim_answer *got)
{
	struct asker *a = arg;
	int code = got->code;
	struct err why = { 0 };
	struct tvs_msg m;

	if (code == ERR_OK)
		code = tvs_ask_read(&a->t->q, a->session, got->buf, got->len,
		    &m, &why);
	count(a, code, got->code == ERR_OK ? why.msg : got->why, &m);
	tvs_call_free(a->call);
	a->call = NULL;
	go_on(a);
}

static int
ask(struct asker *a, struct err *e)
{
	struct tvs_test *t = a->t;
	struct tvs_call_request r = { .phone = t->phone,
	    .server = &t->server, .fn = on_answer, .arg = a };
	uint8_t *request = malloc(TVS_MSG_MAX);
	int ret;

	if (request == NULL)
		return err_set(e, ERR_NOMEM, "question to TVS");
	a->begun_ns = now_ns();
	a->session = TVS_SESSION_FIRST + (uint32_t)t->started++;
	r.request = request;
	ret = tvs_ask_build(&t->q, t->device, a->session, request,
	    &r.requestlen, e);
	if (ret == ERR_OK &&
	    (a->call = tvs_call_new(t->loop, t->tls, &r, e)) == NULL)
		ret = e->code;
	free(request);
	return ret;
}

/* The next question, if there is one left. */
static void
go_on(struct asker *a)
{
	struct tvs_test *t = a->t;

	while (t->started < t->count) {
		struct err e = { 0 };

		if (ask(a, &e) == ERR_OK)
			return;
		count(a, e.code, e.msg, NULL);
	}
	if (t->sum.done == t->count)
		loop_stop(t->loop);
}

static int
run(struct tvs_test *t, uint64_t connections, struct err *e)
{
	struct asker *a = calloc(connections, sizeof(*a));
	int64_t begun = now_ns();
	int ret = ERR_OK;

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "connections");
	if ((t->loop = loop_new(e)) == NULL ||
	    (t->tls = tls_client_ctx(e)) == NULL)
		ret = e->code;
	for (uint64_t i = 0; ret == ERR_OK && i < connections; i++) {
		a[i].t = t;
		go_on(&a[i]);
	}
	if (ret == ERR_OK)
		ret = loop_run(t->loop, e);
	t->sum.ns = now_ns() - begun;
	for (uint64_t i = 0; i < connections; i++)
		tvs_call_free(a[i].call);
	free(a);
	tls_ctx_unref(t->tls);
	loop_free(t->loop);
	storm_sum_sort(&t->sum);
	return ret;
}

/* --- what it said --- */

static json_t *
reasons_json(const struct storm_sum *s)
{
	json_t *j = json_array();

	for (size_t i = 0; i < s->nreason; i++)
		(void)json_array_append_new(j, json_pack("{s:o, s:I}",
		    "why", phonesim_json_text(s->reason[i].text),
		    "questions", (json_int_t)s->reason[i].n));
	return j;
}

static double
rate(const struct storm_sum *s)
{
	return s->ns > 0 ? (double)s->done * NS_PER_S / (double)s->ns : 0;
}

static double
percentile_ms(const struct storm_sum *s, unsigned p)
{
	return storm_sum_percentile(s, p) / US_PER_MS;
}

static json_t *
test_json(const struct tvs_test *t)
{
	const struct storm_sum *s = &t->sum;
	const struct sim_tvs_step *last = &t->last.tvs;
	json_t *roles = json_array(), *j;

	for (size_t i = 0; s->tvs.valid > 0 && i < last->nroles; i++)
		(void)json_array_append_new(roles,
		    json_integer(last->roles[i]));
	j = json_pack("{s:o, s:s, s:o, s:b, s:I, s:I, s:I, s:I, s:o, s:o}",
	    "server", phonesim_json_text(t->last.server),
	    "command", t->q.der != NULL ? "verify" : "query",
	    "about", phonesim_json_text(last->about),
	    "checked", (int)(t->phone != NULL),
	    "questions", (json_int_t)t->count,
	    "valid", (json_int_t)s->tvs.valid,
	    "invalid", (json_int_t)s->tvs.invalid,
	    "unanswered", (json_int_t)s->tvs.unanswered,
	    "roles", roles, "ttl_s", s->tvs.valid > 0 ?
	    json_integer(last->ttl) : json_null());
	if (j != NULL)
		(void)json_object_update_new(j, json_pack(
		    "{s:f, s:f, s:{s:f, s:f, s:f, s:f}, s:o}",
		    "seconds", (double)s->ns / NS_PER_S,
		    "questions_per_s", rate(s), "latency_ms",
		    "p50", percentile_ms(s, 50), "p95", percentile_ms(s, 95),
		    "p99", percentile_ms(s, 99),
		    "max", percentile_ms(s, 100),
		    "reasons", reasons_json(s)));
	return j;
}

static void
print_test(FILE *out, const struct tvs_test *t)
{
	const struct storm_sum *s = &t->sum;
	char line[SIM_STEP_TEXT_MAX];

	if (t->count == 1) {
		sim_step_text(&t->last, line, sizeof(line));
		(void)fprintf(out, "%s\n", line);
		return;
	}
	(void)fprintf(out, "%" PRIu64 " questions to TVS %s: %" PRIu64
	    " valid, %" PRIu64 " not valid, %" PRIu64 " without an answer\n",
	    t->count, t->last.server, s->tvs.valid, s->tvs.invalid,
	    s->tvs.unanswered);
	(void)fprintf(out, "%.2f s, %.0f questions/s; one took %.1f ms (p50), "
	    "%.1f (p95), %.1f (p99), %.1f at most\n",
	    (double)s->ns / NS_PER_S, rate(s), percentile_ms(s, 50),
	    percentile_ms(s, 95), percentile_ms(s, 99),
	    percentile_ms(s, 100));
	for (size_t i = 0; i < s->nreason; i++)
		(void)fprintf(out, "%8" PRIu64 "  %s\n", s->reason[i].n,
		    s->reason[i].text);
}

static int
exit_of(const struct tvs_test *t)
{
	const struct sim_tvs_counts *n = &t->sum.tvs;

	if (n->invalid > 0)
		return EXIT_NOT_TRUSTED;
	if (n->valid == t->count)
		return EXIT_TRUSTED;
	return n->valid == 0 ? EXIT_UNREACHABLE : EXIT_FAILED;
}

/* --- what it asks --- */

static struct cert *
load_cert(const char *file, struct err *e)
{
	struct cert *c = NULL;
	uint8_t *buf;
	size_t len;

	if (file_read(AT_FDCWD, file, CERT_PEM_MAX, &buf, &len, e) != ERR_OK)
		return NULL;
	if ((c = cert_from_der(buf, len, NULL)) == NULL &&
	    (c = cert_from_pem(buf, len, NULL)) == NULL)
		(void)err_set(e, ERR_PROTO, "%s holds no certificate, in PEM "
		    "or DER", file);
	free(buf);
	return c;
}

/* subject and issuer are the caller's (free()). */
static int
set_question(struct tvs_test *t, const struct cert *c, bool query,
    char **subject, char **issuer, struct err *e)
{
	struct accept_question *q = &t->q;

	if (!query) {
		q->der = cert_der(c, &q->derlen);
		return ERR_OK;
	}
	if ((*subject = cert_subject(c, CERT_NAME_SEMICOLON, e)) == NULL ||
	    (*issuer = cert_issuer(c, CERT_NAME_SEMICOLON, e)) == NULL)
		return ERR_NOMEM;
	q->subject = *subject;
	q->issuer = *issuer;
	q->serial = cert_serial(c, &q->seriallen);
	return q->seriallen > 0 ? ERR_OK : err_set(e, ERR_ARG, "the "
	    "certificate has no serial number to ask by");
}

static int
test(struct phonesim_run *r, struct tvs_test *t, const struct cert *c,
    struct err *e)
{
	char *subject = NULL, *issuer = NULL, from[ACCEPT_FROM_MAX];
	const struct phonesim_opts *o = r->o;
	json_t *result = NULL;
	uint64_t n = o->connections > 0 ? o->connections : 1;
	int status = EXIT_FAILED;

	tvs_ask_address(&t->server, from);
	t->last = (struct sim_step){ .device = t->device, .kind = SIM_TVS,
	    .server = from, .tvs.verify = !o->query };
	(void)snprintf(t->last.asked, sizeof(t->last.asked), "TVS %s", from);
	if (set_question(t, c, o->query, &subject, &issuer, e) == ERR_OK &&
	    storm_sum_init(&t->sum, t->count, e) == ERR_OK) {
		tvs_ask_about(&t->q, t->last.tvs.about,
		    sizeof(t->last.tvs.about));
		if (run(t, n < t->count ? n : t->count, e) == ERR_OK) {
			status = exit_of(t);
			if (!o->json)
				print_test(r->out, t);
			else if ((result = test_json(t)) == NULL)
				(void)err_set(e, ERR_NOMEM, "output");
		}
	}
	storm_sum_clear(&t->sum);
	free(subject);
	free(issuer);
	return phonesim_finish(r, result, e->code == ERR_OK ? status :
	    EXIT_FAILED, e);
}

int
phonesim_tvs(struct phonesim_run *r)
{
	const struct phonesim_opts *o = r->o;
	struct tvs_test t = { .device = o->device,
	    .count = o->count > 0 ? o->count : 1,
	    .server.port = (uint16_t)(PORT_TVS + o->port_offset) };
	struct accept_phone phone;
	struct sim_mem mem;
	struct err e = { 0 };
	struct cert *c;
	int ret;

	sim_mem_init(&mem, o->device);
	(void)str_copy(t.server.address, sizeof(t.server.address),
	    o->server[0]);
	c = load_cert(o->cert, &e);
	if (c != NULL && o->state != NULL &&
	    sim_mem_find(&mem, o->state, o->device, &e) == ERR_OK) {
		phone = sim_mem_phone(&mem);
		t.phone = &phone;
	}
	if (e.code == ERR_OK && t.phone == NULL)
		phonesim_warn(r, "the server's certificate is not checked: "
		    "name a phone and its --state for that");
	ret = e.code == ERR_OK ? test(r, &t, c, &e) :
	    phonesim_finish(r, NULL, EXIT_FAILED, &e);
	cert_free(c);
	sim_mem_clear(&mem);
	return ret;
}
