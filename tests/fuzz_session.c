/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzzing a whole session of capfd: what phone and writer say, in any order
 * and with any bytes.  tests/session_lab.c says what must hold.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "tests/session_lab.h"

int	LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

#define ID	0x01020304

static void
say(struct session_lab *l, struct rd *r)
{
	uint8_t msg[CAPF_MSG_MAX];
	size_t n = rd_u16(r);
	const uint8_t *p;

	if (n > rd_left(r))
		n = rd_left(r);
	if (n > sizeof(msg) || (p = rd_bytes(r, n)) == NULL)
		return;
	memcpy(msg, p, n);
	if (n >= CAPF_HEADER && msg[2] == 0xff) {	/* the right session */
		msg[2] = ID >> 24;
		msg[3] = (uint8_t)(ID >> 16);
		msg[4] = (uint8_t)(ID >> 8);
		msg[5] = (uint8_t)ID;
	}
	session_lab_say(l, msg, n);
}

static void
answer(struct session_lab *l, struct rd *r)
{
	uint8_t b = rd_u8(r), keys = rd_u8(r);
	struct capf_task t = { .answer = (enum capf_answer)(b & 3),
	    .op = (enum capf_operation)(b >> 2 & 3),
	    .key = (enum key_type)(keys % KEY_OTHER),
	    .backup = (enum key_type)(keys / KEY_OTHER % KEY_OTHER) };

	if (l->s.state == SESSION_BEGUN && b & 0x20 &&
	    (t.ready = malloc(4)) != NULL) {
		memcpy(t.ready, "cert", 4);
		t.readylen = 4;
	}
	if (b & 0x40) {
		free(t.ready);
		session_lab_answer(l, ERR_REFUSED, NULL);
	} else {
		session_lab_answer(l, ERR_OK, l->s.state == SESSION_BEGUN ?
		    &t : NULL);
	}
}

static void
sign(struct session_lab *l, bool has_come)
{
	if (has_come)
		l->issue = ERR_OK;
	session_lab_sign(l);
}

static void
step(struct session_lab *l, struct rd *r)
{
	uint8_t what = rd_u8(r);

	l->now.ms += (what & 0x70) * 1000;
	if (what & 0x80 && l->s.state != SESSION_OVER)
		session_lab_cut(l);
	else if (l->d.then == SESSION_READ)
		say(l, r);
	else if (l->d.then == SESSION_ASK)
		answer(l, r);
	else if (l->s.state == SESSION_SIGNER)
		sign(l, what & 1);
	else if (l->d.then == SESSION_WAIT)
		session_lab_ca(l, what & 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct rd r = rd_init(buf, len);
	struct session_lab l;
	uint8_t how = rd_u8(&r);

	session_lab_start(&l, ID, how & 1);
	l.prove = how & 2 ? ERR_VERIFY : how & 4 ? ERR_REFUSED : ERR_OK;
	l.issue = how & 8 ? ERR_UNREACHABLE : how & 16 ? ERR_NOTFOUND :
	    ERR_OK;
	while (rd_left(&r) > 0 && l.d.then != SESSION_END)
		step(&l, &r);
	if (l.d.then != SESSION_END && !l.s.gone)
		session_lab_cut(&l);
	if (l.s.gone && l.asked)
		session_lab_answer(&l, ERR_REFUSED, NULL);
	session_lab_stop(&l);
	return 0;
}
