/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: what a phone holds and what it is given, both from the input:
 * mode (1) | length of the CTL held (2) | of the ITL held (2) | CTL | ITL |
 * new file.  Length 0: none held.  Asked twice, once with a memo.
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

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static struct accept_memo *memo;	/* of all inputs so far */
	struct rd r = rd_init(buf, len);
	uint8_t mode = rd_u8(&r);
	size_t ctllen = rd_u16(&r), itllen = rd_u16(&r);
	const uint8_t *ctl = rd_bytes(&r, ctllen);
	const uint8_t *itl = rd_bytes(&r, itllen);
	size_t left = rd_left(&r);
	const uint8_t *file = rd_bytes(&r, left);
	struct accept_phone p = {
		.ctl = ctllen > 0 ? ctl : NULL, .ctllen = ctllen,
		.itl = itllen > 0 ? itl : NULL, .itllen = itllen,
	}, knows = p;

	if (r.err != 0)
		return 0;
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
	return 0;
}
