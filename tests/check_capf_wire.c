/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages between capfd's engine and writer: there and back, and what must
 * not be taken.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "capfd/wire.h"

static uint8_t buf[WIRE_MAX];
static size_t len;
static struct err e;

static struct wire_ask
hello(void)
{
	struct wire_ask a = { .kind = WIRE_BEGIN, .nr = 0xfeffffff };
	struct capf_hello *h = &a.hello;

	(void)str_copy(h->device, sizeof(h->device), "SEP0011223344AA");
	(void)str_copy(h->address, sizeof(h->address), "2001:db8::1");
	(void)str_copy(h->string, sizeof(h->string), "123456789012345");
	h->session = 0x80000001;
	h->proof = CAPF_PROOF_MIC;
	h->expired = true;
	memset(h->sha256, 0xab, sizeof(h->sha256));
	(void)str_copy(h->unproved, sizeof(h->unproved), "expired");
	h->now = INT64_C(1) << 40;
	return a;
}

static struct wire_ask
other(enum wire_kind kind, const uint8_t *der, size_t derlen)
{
	struct wire_ask a = { .kind = kind, .nr = 7, .session = 9, .now = 11,
	    .owner = { .kind = CAPF_USER, .name = "ann", .instance = "cti" },
	    .op = CAPF_OP_DELETE, .refused = true, .mic = true,
	    .why = "it said no", .der = der, .derlen = derlen };

	memset(a.spki, 0xcd, sizeof(a.spki));
	return a;
}

static void
build(const struct wire_ask *a)
{
	ck_assert_msg(wire_ask_build(a, buf, &len, &e) == ERR_OK, "%s", e.msg);
}

static int
parse(struct wire_ask *a, size_t n)
{
	uint8_t *exact = malloc(n > 0 ? n : 1);	/* so that a byte more shows */
	int ret;

	memcpy(exact, buf, n);
	ret = wire_ask_parse(a, exact, n, &e);
	if (ret != ERR_OK)
		a->der = NULL;
	free(exact);
	return ret;
}

START_TEST(begin)
{
	struct wire_ask a = hello(), b;

	build(&a);
	ck_assert_int_eq(wire_ask_parse(&b, buf, len, &e), ERR_OK);
	ck_assert_uint_eq(b.nr, a.nr);
	ck_assert_uint_eq(b.kind, WIRE_BEGIN);
	ck_assert_str_eq(b.hello.device, a.hello.device);
	ck_assert_str_eq(b.hello.address, a.hello.address);
	ck_assert_str_eq(b.hello.string, a.hello.string);
	ck_assert_uint_eq(b.hello.session, a.hello.session);
	ck_assert_uint_eq(b.hello.proof, a.hello.proof);
	ck_assert(b.hello.expired && !b.hello.own_ca);
	ck_assert_mem_eq(b.hello.sha256, a.hello.sha256, 32);
	ck_assert_str_eq(b.hello.unproved, a.hello.unproved);
	ck_assert_int_eq(b.hello.now, a.hello.now);
}
END_TEST

START_TEST(others)
{
	static const enum wire_kind kinds[] = { WIRE_ISSUED, WIRE_REQUEST,
	    WIRE_END };
	static uint8_t der[CERT_DER_MAX];
	struct wire_ask a = other(kinds[_i], der, sizeof(der)), b;

	memset(der, 0x30, sizeof(der));
	build(&a);
	ck_assert_int_eq(wire_ask_parse(&b, buf, len, &e), ERR_OK);
	ck_assert_uint_eq(b.kind, a.kind);
	ck_assert_uint_eq(b.owner.kind, a.owner.kind);
	ck_assert_str_eq(b.owner.name, "ann");
	ck_assert_str_eq(b.owner.instance, "cti");
	ck_assert_uint_eq(b.session, 9);
	ck_assert_int_eq(b.now, 11);
	ck_assert_mem_eq(b.spki, a.spki, 32);
	ck_assert_uint_eq(b.op, CAPF_OP_DELETE);
	ck_assert(!b.ok && b.refused && b.mic);
	ck_assert_str_eq(b.why, "it said no");
	ck_assert_uint_eq(b.derlen, sizeof(der));
	ck_assert_mem_eq(b.der, der, sizeof(der));
}
END_TEST

/* Only the end of a session has none. */
START_TEST(without_certificate)
{
	struct wire_ask a = other(WIRE_END, NULL, 0), b;

	build(&a);
	ck_assert_int_eq(wire_ask_parse(&b, buf, len, &e), ERR_OK);
	ck_assert_ptr_null(b.der);
	a.kind = WIRE_ISSUED;
	build(&a);
	ck_assert_int_eq(wire_ask_parse(&b, buf, len, &e), ERR_PROTO);
	a = other(WIRE_END, buf, CERT_DER_MAX + 2048);
	ck_assert_int_eq(wire_ask_build(&a, buf, &len, &e), ERR_LIMIT);
}
END_TEST

/* Whatever is cut off, and whichever byte is another, is no crash; and a
 * question that is cut is none. */
START_TEST(cut_and_changed)
{
	static const uint8_t der[] = "der";
	struct wire_ask a = _i == 0 ? hello() : other(WIRE_END, der, 3), b;
	size_t n;

	build(&a);
	n = len;
	for (size_t i = 0; i < (_i == 0 ? n : n - 3); i++)
		ck_assert_int_eq(parse(&b, i), ERR_PROTO);
	for (size_t i = 0; i < n; i++)
		for (unsigned x = 1; x < 256; x <<= 1) {
			buf[i] ^= (uint8_t)x;
			(void)parse(&b, n);
			buf[i] ^= (uint8_t)x;
		}
	if (_i == 0) {
		buf[n] = 0;
		ck_assert_int_eq(parse(&b, n + 1), ERR_PROTO);
	}
}
END_TEST

START_TEST(values_that_are_none)
{
	struct wire_ask a = hello(), b;

	build(&a);
	buf[4] = 0;
	ck_assert_int_eq(parse(&b, len), ERR_PROTO);
	buf[4] = WIRE_END + 1;
	ck_assert_int_eq(parse(&b, len), ERR_PROTO);
	a.hello.device[3] = '\n';
	build(&a);
	ck_assert_int_eq(parse(&b, len), ERR_PROTO);
	a.hello.device[3] = '\xff';
	build(&a);
	ck_assert_int_eq(parse(&b, len), ERR_PROTO);
	a = other(WIRE_END, NULL, 0);
	a.owner.kind = CAPF_KIND_N;
	build(&a);
	ck_assert_int_eq(parse(&b, len), ERR_PROTO);
	a = other(WIRE_END, NULL, 0);
	a.op = CAPF_OP_DELETE + 1;
	build(&a);
	ck_assert_int_eq(parse(&b, len), ERR_PROTO);
}
END_TEST

START_TEST(answers)
{
	struct wire_answer a = { .nr = 5, .code = ERR_EXISTS,
	    .why = "line\none", .task = { .answer = CAPF_GO,
	    .owner = { .kind = CAPF_PHONE, .name = "SEP0011223344AA" },
	    .op = CAPF_OP_INSTALL, .key = KEY_EC384, .backup = KEY_RSA2048,
	    .why = "none", .ready = (uint8_t *)"der", .readylen = 3 } }, b;
	size_t n;

	ck_assert_int_eq(wire_answer_build(&a, buf, &n, &e), ERR_OK);
	ck_assert_int_eq(wire_answer_parse(&b, buf, n, &e), ERR_OK);
	ck_assert_uint_eq(b.nr, 5);
	ck_assert_int_eq(b.code, ERR_EXISTS);
	ck_assert_str_eq(b.why, "line?one");
	ck_assert_uint_eq(b.task.answer, CAPF_GO);
	ck_assert_str_eq(b.task.owner.name, "SEP0011223344AA");
	ck_assert_uint_eq(b.task.op, CAPF_OP_INSTALL);
	ck_assert_uint_eq(b.task.key, KEY_EC384);
	ck_assert_uint_eq(b.task.backup, KEY_RSA2048);
	ck_assert_str_eq(b.task.why, "none");
	ck_assert_uint_eq(b.task.readylen, 3);
	ck_assert_mem_eq(b.task.ready, "der", 3);
	wire_answer_clear(&b);
	for (size_t i = 0; i < n - 3; i++)
		ck_assert_int_eq(wire_answer_parse(&b, buf, i, &e),
		    ERR_PROTO);
	buf[7] = 200;		/* no code of ours */
	ck_assert_int_eq(wire_answer_parse(&b, buf, n, &e), ERR_PROTO);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("capf_wire");
	TCase *t = tcase_create("wire");

	tcase_add_test(t, begin);
	tcase_add_loop_test(t, others, 0, 3);
	tcase_add_test(t, without_certificate);
	tcase_add_loop_test(t, cut_and_changed, 0, 2);
	tcase_add_test(t, values_that_are_none);
	tcase_add_test(t, answers);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
