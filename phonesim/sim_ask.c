/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone asks TVS (spec/tvs.md sections 1, 5, 6 and 8): first what it
 * remembers, then the servers of its configuration, one after the other.
 * Judging does not wait for an answer: it is refused one, the question stays,
 * and once it is answered the same is judged again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "phonesim/sim.h"
#include "phonesim/tvs_ask.h"

/* --- the question --- */

static bool
same_question(const struct sim_ask *k, const struct accept_question *q)
{
	if (k->verify)
		return q->der != NULL && k->derlen == q->derlen &&
		    memcmp(k->der, q->der, q->derlen) == 0;
	return q->der == NULL && k->seriallen == q->seriallen &&
	    memcmp(k->serial, q->serial, q->seriallen) == 0 &&
	    strcmp(k->issuer, q->issuer) == 0;
}

static void
forget_question(struct sim_ask *k)
{
	free(k->der);
	k->der = NULL;
	k->derlen = 0;
	free(k->cert);
	k->cert = NULL;
	k->wanted = k->answered = false;
	k->answer = (struct accept_answer){ .says = ACCEPT_SAYS_NOTHING };
}

/* NULL, or why it cannot be asked. */
static const char *
take_question(struct sim_ask *k, const struct accept_question *q)
{
	forget_question(k);
	k->verify = q->der != NULL;
	if (k->verify) {
		if (q->derlen > CERT_DER_MAX)
			return "the certificate is too long";
		if ((k->der = malloc(q->derlen)) == NULL)
			return "out of memory";
		memcpy(k->der, q->der, q->derlen);
		k->derlen = q->derlen;
		return NULL;
	}
	if (!str_copy(k->subject, sizeof(k->subject), q->subject) ||
	    !str_copy(k->issuer, sizeof(k->issuer), q->issuer) ||
	    q->seriallen > sizeof(k->serial))
		return "the signer's name is too long to be asked for";
	memcpy(k->serial, q->serial, q->seriallen);
	k->seriallen = q->seriallen;
	return NULL;
}

static void
from_memory(const struct tvs_known *k, struct accept_answer *a)
{
	a->says = ACCEPT_SAYS_VALID;
	a->der = cert_der(k->cert, &a->derlen);
	a->nroles = k->nroles;
	memcpy(a->roles, k->roles, sizeof(a->roles));
	a->remembered = true;
	(void)str_copy(a->from, sizeof(a->from), k->from);
}

/* The accept_ask_fn of a boot. */
static void
on_question(void *arg, const struct accept_question *q,
    struct accept_answer *a)
{
	struct sim_boot *b = arg;
	const struct tvs_known *known;
	struct sim_ask *k = &b->ask;
	const char *why = "not asked yet";

	if (k->answered && same_question(k, q)) {
		*a = k->answer;
		return;
	}
	if ((known = tvs_cache_find(&b->s->mem->known, q,
	    clock_wall_s(b->s->clock))) != NULL) {
		from_memory(known, a);
		return;
	}
	if (k->rounds == SIM_TVS_ROUNDS)
		why = "it was asked too often about one file";
	else if ((why = take_question(k, q)) == NULL) {
		k->wanted = true;
		why = "not asked yet";
	}
	(void)str_copy(a->why, sizeof(a->why), why);
}

struct accept_phone
sim_boot_phone(struct sim_boot *b)
{
	struct accept_phone p = sim_mem_phone(b->s->mem);

	/* With no server named it is a phone without TVS. */
	if (b->s->mem->ntvs > 0) {
		p.ask = on_question;
		p.ask_arg = b;
	}
	return p;
}

/* --- whom it is asked --- */

void
sim_ask_forget(struct sim_boot *b)
{
	struct sim_ask *k = &b->ask;

	forget_question(k);
	free(k->request);
	free(k->kept);
	k->request = k->kept = NULL;
	k->has_peer = false;
	k->rounds = 0;
}

static struct accept_question
question(const struct sim_ask *k)
{
	return (struct accept_question){
		.subject = k->subject, .issuer = k->issuer,
		.serial = k->serial, .seriallen = k->seriallen,
		.der = k->der, .derlen = k->derlen,
	};
}

static int
build_request(struct sim_boot *b, struct err *e)
{
	struct sim_ask *k = &b->ask;
	const struct accept_question q = question(k);

	if (k->request == NULL &&
	    (k->request = malloc(TVS_MSG_MAX)) == NULL)
		return err_set(e, ERR_NOMEM, "question to TVS");
	return tvs_ask_build(&q, b->s->mem->device, k->session, k->request,
	    &k->requestlen, e);
}

static int
keep_file(struct sim_ask *k, const struct sim_answer *a, struct err *e)
{
	if (a == NULL || k->kept != NULL)
		return ERR_OK;
	if ((k->kept = malloc(a->len > 0 ? a->len : 1)) == NULL)
		return err_set(e, ERR_NOMEM, "file to be judged");
	memcpy(k->kept, a->buf, a->len);
	k->keptlen = a->len;
	if ((k->has_peer = a->peer != NULL))
		k->peer = *a->peer;
	return ERR_OK;
}

/* With the question that cannot be sent the next one cannot either. */
static void
give_up(struct sim_boot *b, const char *why)
{
	struct sim_ask *k = &b->ask;

	k->wanted = false;
	k->answered = true;
	k->answer.says = ACCEPT_SAYS_NOTHING;
	(void)snprintf(k->answer.why, sizeof(k->answer.why), "%.150s", why);
	b->r->tvs.unanswered++;
}

int
sim_ask_begin(struct sim_boot *b, const struct sim_answer *a, struct err *e)
{
	struct sim_ask *k = &b->ask;
	struct err why = { 0 };
	int ret;

	if ((ret = keep_file(k, a, e)) != ERR_OK)
		return ret;
	k->rounds++;
	k->server = 0;
	k->session = TVS_SESSION_FIRST + (uint32_t)b->r->tvs.questions++;
	tvs_ask_address(&b->s->mem->tvs[0], k->address);
	if ((ret = build_request(b, &why)) == ERR_NOMEM)
		return err_set(e, ret, "%s", why.msg);
	if (ret != ERR_OK)
		give_up(b, why.msg);
	return ERR_OK;
}

void
sim_ask_want(const struct sim_boot *b, struct sim_want *w)
{
	w->server = &b->s->mem->tvs[b->ask.server];
	w->request = b->ask.request;
	w->requestlen = b->ask.requestlen;
}

/* --- what it says --- */

static int
remember(struct sim_boot *b, const struct tvs_msg *m, struct err *e)
{
	const struct sim_ask *k = &b->ask;
	int64_t now = clock_wall_s(b->s->clock);
	struct tvs_known known = { .nroles = k->answer.nroles,
	    .until = now + m->ttl };
	int ret;

	memcpy(known.roles, k->answer.roles, sizeof(known.roles));
	(void)str_copy(known.from, sizeof(known.from), k->address);
	/* What cannot be read is no signer either; judging says so. */
	if (m->ttl == 0 || (known.cert = cert_from_der(k->answer.der,
	    k->answer.derlen, NULL)) == NULL)
		return ERR_OK;
	ret = sim_mem_add_known(b->s->mem, &known, now, e);
	cert_free(known.cert);
	return ret;
}

static int
take_valid(struct sim_boot *b, const struct tvs_msg *m, struct err *e)
{
	struct sim_ask *k = &b->ask;

	k->answer.says = ACCEPT_SAYS_VALID;
	k->answer.nroles = m->nroles;
	memcpy(k->answer.roles, m->roles, m->nroles);
	if (k->verify) {
		k->answer.der = k->der;
		k->answer.derlen = k->derlen;
	} else {
		if ((k->cert = malloc(m->der.len)) == NULL)
			return err_set(e, ERR_NOMEM, "certificate");
		memcpy(k->cert, m->der.p, m->der.len);
		k->answer.der = k->cert;
		k->answer.derlen = m->der.len;
	}
	return remember(b, m, e);
}

static int
take_answer(struct sim_boot *b, const struct tvs_msg *m, struct err *e)
{
	struct sim_ask *k = &b->ask;

	k->wanted = false;
	k->answered = true;
	(void)str_copy(k->answer.from, sizeof(k->answer.from), k->address);
	if (m->status == TVS_VALID) {
		b->r->tvs.valid++;
		return take_valid(b, m, e);
	}
	b->r->tvs.invalid++;
	k->answer.says = ACCEPT_SAYS_INVALID;
	return ERR_OK;
}

/* --- telling it --- */

/* m NULL: no answer, or none of use; code and why say so. */
static void
trace(struct sim_boot *b, const struct tvs_msg *m, int code, const char *why)
{
	const struct sim_ask *k = &b->ask;
	const struct accept_question q = question(k);
	struct sim_step st = { .device = b->s->mem->device, .kind = SIM_TVS,
	    .server = k->address, .tvs.verify = k->verify };

	(void)snprintf(st.asked, sizeof(st.asked), "TVS %s", k->address);
	tvs_ask_about(&q, st.tvs.about, sizeof(st.tvs.about));
	if (m != NULL) {
		st.status = SIM_GOT;
		st.accepted = st.tvs.valid = m->status == TVS_VALID;
		st.tvs.ttl = m->ttl;
		st.tvs.nroles = m->nroles;
		memcpy(st.tvs.roles, m->roles, m->nroles);
	} else {
		st.status = code == ERR_UNREACHABLE || code == ERR_TIMEOUT ?
		    SIM_NO_ANSWER : SIM_FAILED;
		(void)str_copy(st.note, sizeof(st.note), why);
	}
	b->r->nsteps++;
	if (b->s->trace != NULL)
		b->s->trace(b->s->trace_arg, &st);
}

/* To the next server; when there is none, nobody answered. */
static void
pass_over(struct sim_boot *b, const char *why)
{
	const struct sim_mem *mem = b->s->mem;
	struct sim_ask *k = &b->ask;
	char text[sizeof(k->answer.why)];

	if (k->server + 1 < mem->ntvs) {
		k->server++;
		tvs_ask_address(&mem->tvs[k->server], k->address);
		return;
	}
	if (mem->ntvs > 1)
		(void)snprintf(text, sizeof(text), "none of its %zu servers, "
		    "the last being %.40s: %.50s", mem->ntvs, k->address, why);
	else
		(void)snprintf(text, sizeof(text), "%.60s: %.90s", k->address,
		    why);
	give_up(b, text);
}

int
sim_ask_told(struct sim_boot *b, const struct sim_answer *a, bool *settled,
    struct err *e)
{
	const struct accept_question q = question(&b->ask);
	struct sim_ask *k = &b->ask;
	const char *text = a->why;
	int ret, code = a->code;
	struct err why = { 0 };
	struct tvs_msg m;

	*settled = false;
	if (code == ERR_NOMEM)
		return err_set(e, code, "%s", a->why);
	if (code == ERR_OK && (code = tvs_ask_read(&q, k->session, a->buf,
	    a->len, &m, &why)) != ERR_OK)
		text = why.msg;
	trace(b, code == ERR_OK ? &m : NULL, code, text);
	ret = ERR_OK;
	if (code == ERR_OK)
		ret = take_answer(b, &m, e);
	else
		pass_over(b, text);
	*settled = !k->wanted;
	return ret;
}
