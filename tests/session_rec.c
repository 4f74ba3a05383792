/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Recorded sessions said again, see session_rec.h.
 */
#include <check.h>

#include "tests/capf_data.h"
#include "tests/session_lab.h"
#include "tests/session_rec.h"

struct session_lab lab;
struct capf_session rec;

const struct vector vectors[NVECTORS] = {
	{ "install-rsa2048-nullstring", { .op = CAPF_OP_INSTALL,
	    .key = KEY_RSA2048, .backup = KEY_RSA2048 }, "" },
	{ "install-rsa2048-password", { .op = CAPF_OP_INSTALL,
	    .key = KEY_RSA2048, .backup = KEY_RSA2048 }, "1234567" },
	{ "install-ec-secp384r1", { .op = CAPF_OP_INSTALL,
	    .key = KEY_EC384, .backup = KEY_RSA2048 }, "" },
	{ "fetch-certificate-auth", { .op = CAPF_OP_FETCH }, "" },
	{ "delete", { .op = CAPF_OP_DELETE }, "" },
	{ "none", { .answer = CAPF_NOTHING }, "" },
	{ "password-wrong", { .answer = CAPF_DECLINED }, "7654321" },
	{ "unknown-device", { .answer = CAPF_NO_DEVICE }, "" },
};

static uint32_t
id_of(const struct capf_session *r)
{
	const uint8_t *p = r->msg[0].buf + 2;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

void
start(const struct vector *v)
{
	struct capf_msg m;

	capf_session_read(&rec, v->file);
	session_lab_start(&lab, id_of(&rec), false);
	for (size_t i = 0; i < rec.n; i++)
		if (rec.msg[i].buf[1] == CAPF_STORE_REQUEST) {
			ck_assert_int_eq(capf_msg_parse(&m, rec.msg[i].buf,
			    rec.msg[i].len, NULL), ERR_OK);
			lab.lsc = m.cert.p;
			lab.lsclen = m.cert.len;
		}
}

void
stop(void)
{
	session_lab_stop(&lab);
	capf_session_clear(&rec);
}

void
agree(const struct vector *v)
{
	while (lab.d.then == SESSION_ASK)
		session_lab_answer(&lab, ERR_OK, lab.s.state ==
		    SESSION_BEGUN ? &v->task : NULL);
}

void
replay(const struct vector *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!rec.msg[i].from_server) {
			session_lab_say(&lab, rec.msg[i].buf,
			    rec.msg[i].len);
			agree(v);
		}
}

void
declined(void)
{
	ck_assert(lab.ended);
	ck_assert(!lab.s.ok);
	ck_assert_uint_eq(lab.said.reason, CAPF_REASON_DECLINED);
	ck_assert_str_ne(lab.s.why, "");
}

const struct vector *const rsa = &vectors[1];
const struct vector *const ec = &vectors[2];
