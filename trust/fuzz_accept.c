/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: what a phone holds and what it is given, both from the input:
 * mode (1) | length of the CTL held (2) | of the ITL held (2) | CTL | ITL |
 * new file.  Length 0: none held.  Asked twice, once with a memo.  Mode bit 2:
 * TVS answers; then before the CTL: what it says (1) | role (1) | length of a
 * certificate (2) | certificate.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "trust/accept.h"
#include "trust/accept_memo.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* A verdict says one thing: accepted by a path, or refused at a step. */
static void
check_verdict(bool ok, const struct accept_verdict *v)
{
	must(ok == (v->path != ACCEPT_NONE) && ok == (v->step == STEP_OK));
	must(v->why[0] != '\0' && memchr(v->why, '\0', sizeof(v->why)));
	must(memchr(v->signer, '\0', sizeof(v->signer)) != NULL);
	must(str_is_utf8(v->signer, strlen(v->signer)));
}

/* Nothing that was found out about other inputs may change a verdict. */
static void
check_same(const struct accept_verdict *a, const struct accept_verdict *b)
{
	must(a->path == b->path && a->step == b->step);
	must(strcmp(a->signer, b->signer) == 0 && strcmp(a->why, b->why) == 0);
}

static void
ask(void *arg, const struct accept_question *q, struct accept_answer *a)
{
	must(q->der != NULL || (q->issuer != NULL && q->subject != NULL));
	*a = *(const struct accept_answer *)arg;
}

static void
read_answer(struct rd *r, struct accept_answer *a)
{
	a->says = rd_u8(r) % 3;
	a->roles[0] = rd_u8(r);
	a->nroles = 1;
	a->derlen = rd_u16(r);
	a->der = rd_bytes(r, a->derlen);
	(void)str_copy(a->from, sizeof(a->from), "192.0.2.7:2445");
}

static void
give_list(const struct accept_phone *p, const struct accept_phone *knows,
    enum accept_list_kind kind, const uint8_t *buf, size_t len)
{
	struct accept_verdict v, w;

	check_verdict(accept_list(p, kind, buf, len, &v), &v);
	check_verdict(accept_list(knows, kind, buf, len, &w), &w);
	check_same(&v, &w);
}

static void
give_file(const struct accept_phone *p, const struct accept_phone *knows,
    const char *name, const uint8_t *buf, size_t len)
{
	const uint8_t *payload, *again;
	struct accept_verdict v, w;
	size_t n, m;
	bool ok;

	ok = accept_file(p, name, buf, len, &payload, &n, &v);
	check_verdict(ok, &v);
	if (!ok)
		must(payload == NULL && n == 0);
	else
		must(payload + n == buf + len);
	if (ok && payload == buf && len > 0)
		must(!accept_wants_signed(p));
	must(accept_file(knows, name, buf, len, &again, &m, &w) == ok);
	must(again == payload && m == n);
	check_same(&v, &w);
}

static void
give_server(const struct accept_phone *p, const uint8_t *der, size_t len)
{
	struct accept_verdict v;

	if (der == NULL)
		return;
	check_verdict(accept_server(p, der, len, &v), &v);
	check_verdict(accept_tvs_server(p, der, len, &v), &v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static struct accept_memo *memo;	/* of all inputs so far */
	struct rd r = rd_init(buf, len);
	uint8_t mode = rd_u8(&r);
	size_t ctllen = rd_u16(&r), itllen = rd_u16(&r);
	struct accept_answer answer = { .says = ACCEPT_SAYS_NOTHING };
	struct accept_phone p = { .ctllen = ctllen, .itllen = itllen },
	    knows;
	const uint8_t *held, *file;
	size_t left;

	if ((mode & 4) != 0) {
		read_answer(&r, &answer);
		p.ask = ask;
		p.ask_arg = &answer;
	}
	held = rd_bytes(&r, ctllen);
	p.ctl = ctllen > 0 ? held : NULL;
	held = rd_bytes(&r, itllen);
	p.itl = itllen > 0 ? held : NULL;
	left = rd_left(&r);
	file = rd_bytes(&r, left);
	if (r.err != 0)
		return 0;
	knows = p;
	if (memo == NULL)
		must((memo = accept_memo_new(NULL)) != NULL);
	knows.memo = memo;
	switch (mode & 3) {
	case 0:
		give_list(&p, &knows, ACCEPT_ITL, file, left);
		break;
	case 1:
		give_list(&p, &knows, ACCEPT_CTL, file, left);
		break;
	case 2:
		give_file(&p, &knows, "RingList.xml.sgn", file, left);
		break;
	default:
		give_file(&p, &knows, "RingList.xml", file, left);
	}
	give_server(&p, answer.der, answer.derlen);
	return 0;
}
