/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A session under watch, see session_lab.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tests/session_lab.h"

#define MUST(x)	do { if (!(x)) abort(); } while (0)

/* --- what it can do at once --- */

static int
prove(void *arg, const struct capf_msg *m, uint32_t session,
    struct capf_hello *h, struct err *e)
{
	struct session_lab *l = arg;

	MUST(m->cert.p != NULL && session == l->s.id);
	h->proof = CAPF_PROOF_LSC;
	return l->prove == ERR_OK ? ERR_OK : err_set(e, l->prove, "proof");
}

static int
issue(void *arg, const struct capf_owner *o, const struct lsc_key *k,
    uint8_t **der, size_t *len, struct err *e)
{
	struct session_lab *l = arg;

	MUST(o == &l->s.task.owner && k == l->s.key &&
	    lsc_key_type(k) == l->s.asked);
	if (l->issue != ERR_OK)
		return err_set(e, l->issue, "issue");
	MUST((*der = malloc(l->lsclen)) != NULL);
	memcpy(*der, l->lsc, l->lsclen);
	*len = l->lsclen;
	return ERR_OK;
}

static int
trusted(void *arg, const uint8_t *der, size_t len, struct err *e)
{
	struct session_lab *l = arg;

	MUST(der != NULL && len > 0);
	return l->trusted == ERR_OK ? ERR_OK : err_set(e, l->trusted,
	    "its issuer is gone");
}

/* --- what must hold --- */

static void
watch_phone(struct session_lab *l)
{
	MUST(l->d.len <= CAPF_MSG_MAX && l->d.out == l->out);
	if (l->d.len == 0)
		return;
	MUST(capf_msg_parse(&l->said, l->out, l->d.len, NULL) == ERR_OK);
	MUST(l->said.session == l->s.id && !l->ended);
	l->ended = l->said.command == CAPF_END_SESSION;
	MUST(l->ended == (l->d.then == SESSION_END));
	/* It is told that all is well when it is. */
	if (l->ended && l->said.reason == CAPF_REASON_OK)
		MUST(l->told_ok && l->s.ok);
}

static void
watch_writer(struct session_lab *l)
{
	const struct wire_ask *a = &l->d.ask;
	uint8_t buf[WIRE_MAX];
	struct wire_ask b;
	size_t len;

	if (l->d.then == SESSION_ASK && !l->s.gone)
		MUST(l->d.has_ask && l->d.wait_ms > 0);
	if (!l->d.has_ask)
		return;
	MUST(!l->asked);
	MUST(++l->asks[a->kind] == 1);		/* each is asked once */
	MUST(a->kind == WIRE_BEGIN || l->go);
	MUST(a->kind != WIRE_END || !a->ok || l->may_ok);
	MUST(wire_ask_build(a, buf, &len, NULL) == ERR_OK);
	MUST(wire_ask_parse(&b, buf, len, NULL) == ERR_OK);
	MUST(b.kind == a->kind && b.ok == a->ok && b.derlen == a->derlen);
	l->told_ok = a->kind == WIRE_END && a->ok;
	l->asked = l->d.then == SESSION_ASK;
}

static void
watch(struct session_lab *l)
{
	watch_writer(l);
	watch_phone(l);
	MUST((l->s.state == SESSION_OVER) == (l->d.then == SESSION_END));
	if (l->d.then == SESSION_READ || l->d.then == SESSION_WAIT)
		MUST(l->d.wait_ms > 0);
	/* Its key is kept for as long as it is not signed, and no longer. */
	if (l->s.state == SESSION_SIGNER || l->s.state == SESSION_ISSUED)
		MUST((l->s.key != NULL) == (l->s.state == SESSION_SIGNER));
	/* What the writer began it is told the end of, but for a certificate
	 * that a CA has yet to issue. */
	if (l->s.state == SESSION_OVER && l->go && l->asks[WIRE_REQUEST] == 0)
		MUST(l->asks[WIRE_END] == 1);
}

void
session_lab_start(struct session_lab *l, uint32_t id, bool elsewhere)
{
	static const uint8_t any[] = "certificate";

	log_set_level(LOG_ERR);
	*l = (struct session_lab){
		.ops = { .prove = prove, .issue = issue, .trusted = trusted,
		    .request = elsewhere ? issue : NULL },
		.lsc = any, .lsclen = sizeof(any), .now = { 1000, 1000000 },
		.s = { .peer = "192.0.2.1", .waits = { 30000, 300000, 600000,
		    20000, 10000, 10000 } },
		.d = { .out = l->out },
	};
	l->s.ops = &l->ops;
	l->s.arg = l;
	session_begin(&l->s, id, &l->d);
	watch(l);
}

void
session_lab_stop(struct session_lab *l)
{
	session_clear(&l->s);
}

/* The only confirmations there are. */
static bool
confirms(const struct session_lab *l, const uint8_t *buf, size_t len)
{
	struct capf_msg m;

	return capf_msg_parse(&m, buf, len, NULL) == ERR_OK &&
	    m.session == l->s.id && m.has_reason &&
	    m.reason == CAPF_REASON_OK &&
	    ((l->s.state == SESSION_STORE &&
	    m.command == CAPF_STORE_RESPONSE) ||
	    (l->s.state == SESSION_FETCH &&
	    m.command == CAPF_FETCH_RESPONSE) ||
	    (l->s.state == SESSION_DELETE &&
	    m.command == CAPF_DELETE_RESPONSE));
}

void
session_lab_say(struct session_lab *l, const uint8_t *buf, size_t len)
{
	MUST(l->d.then == SESSION_READ);
	l->may_ok = confirms(l, buf, len);
	session_message(&l->s, buf, len, &l->now, &l->d);
	memcpy(l->password, l->d.ask.hello.string, sizeof(l->password));
	watch(l);
}

void
session_lab_answer(struct session_lab *l, int code,
    const struct capf_task *t)
{
	struct wire_answer a = { .code = code, .why = "" };

	MUST(l->asked);
	if (code != ERR_OK)
		memcpy(a.why, "the writer will not", 20);
	else if (t != NULL)
		a.task = *t;
	l->asked = false;
	l->go = l->go || (l->s.state == SESSION_BEGUN && code == ERR_OK &&
	    a.task.answer == CAPF_GO);
	/* What the writer could not do it has undone: nothing is under way. */
	if (code != ERR_OK && l->s.state == SESSION_ENDED)
		l->told_ok = false;
	/* And is to hear of what it does not take as a failure. */
	if (l->s.state == SESSION_ENDED &&
	    (code == ERR_REFUSED || code == ERR_EXISTS))
		l->asks[WIRE_END] = 0;
	session_answer(&l->s, &a, &l->now, &l->d);
	watch(l);
}

void
session_lab_ca(struct session_lab *l, bool issued)
{
	MUST(l->d.then == SESSION_WAIT && l->s.state == SESSION_CA);
	session_issued(&l->s, issued ? l->lsc : NULL, l->lsclen, &l->now,
	    &l->d);
	watch(l);
}

void
session_lab_sign(struct session_lab *l)
{
	MUST(l->d.then == SESSION_WAIT && l->s.state == SESSION_SIGNER);
	l->d = (struct session_do){ .out = l->out };
	session_sign(&l->s, &l->now, &l->d);
	watch(l);
}

void
session_lab_cut(struct session_lab *l)
{
	bool ended = l->ended;

	session_gone(&l->s, "the peer went", &l->now, &l->d);
	if (l->d.then == SESSION_ASK) {		/* it has been asked already */
		MUST(l->asked && !l->d.has_ask);
		return;
	}
	l->asked = false;
	MUST(l->d.len == 0 && l->ended == ended);
	watch(l);
}
