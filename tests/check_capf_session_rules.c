/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a session of capfd (capfd/session.h) asks for and takes, one by one.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/capf_data.h"
#include "tests/session_lab.h"
#include "tests/session_rec.h"

static void
say(struct capf_msg *m)
{
	uint8_t buf[CAPF_MSG_MAX];
	struct err e = { 0 };
	size_t len;

	m->session = lab.s.id;
	ck_assert_msg(capf_msg_build(m, buf, &len, &e) == ERR_OK, "%s",
	    e.msg);
	session_lab_say(&lab, buf, len);
}

static void
say_hello(const char *device, uint8_t version)
{
	struct capf_msg m = { .command = CAPF_AUTH_RESPONSE,
	    .has_version = version != 0, .version = version,
	    .has_device = true,
	    .device = { (const uint8_t *)device, strlen(device) } };

	say(&m);
}

static void
to_key(const struct vector *v, uint8_t version)
{
	start(v);
	say_hello("SEP0011223344AA", version);
	agree(v);
}

START_TEST(versions)
{
	static const struct {
		uint8_t	 version;
		bool	 ec, type;
	} t[] = { { 0, false, false }, { 1, false, false },
	    { 2, false, false }, { 3, true, true } };

	to_key(ec, t[_i].version);
	ck_assert_uint_eq(lab.said.command, CAPF_KEY_REQUEST);
	ck_assert_int_eq(lab.said.has_curve, t[_i].ec);
	ck_assert_int_eq(lab.said.has_key_type, t[_i].type);
	ck_assert_int_eq(lab.said.has_key_bits, !t[_i].ec);
	stop();
}
END_TEST

START_TEST(version_too_new)
{
	to_key(ec, 4);
	declined();
	ck_assert_uint_eq(lab.asks[WIRE_BEGIN], 0);
	stop();
}
END_TEST

/* EC alone, and a phone that has none. */
START_TEST(no_ec)
{
	struct vector v = *ec;

	v.task.backup = KEY_EC384;
	to_key(&v, 2);
	declined();
	ck_assert_ptr_nonnull(strstr(lab.s.why, "Key Order"));
	ck_assert(!lab.s.refused);
	stop();
}
END_TEST

/* It tries EC and cannot: RSA, once. */
START_TEST(backup)
{
	struct capf_msg m = { .command = CAPF_KEY_RESPONSE,
	    .has_reason = true, .reason = 5 };

	to_key(ec, 3);
	ck_assert(lab.said.has_curve);
	say(&m);
	ck_assert(!lab.ended);
	ck_assert(lab.said.has_key_bits);
	ck_assert_uint_eq(lab.said.key_bits, 2048);
	say(&m);
	declined();
	ck_assert(lab.s.refused);
	ck_assert_ptr_nonnull(strstr(lab.s.why, "reason 5"));
	stop();
}
END_TEST

START_TEST(other_key)
{
	struct capf_msg m;

	to_key(ec, 3);
	capf_session_clear(&rec);
	capf_session_read(&rec, rsa->file);
	ck_assert_int_eq(capf_msg_parse(&m, rec.msg[4].buf, rec.msg[4].len,
	    NULL), ERR_OK);
	say(&m);
	declined();
	ck_assert_ptr_nonnull(strstr(lab.s.why, "ec384"));
	stop();
}
END_TEST

/* Any number, but not for ever. */
START_TEST(progress)
{
	struct capf_msg m = { .command = CAPF_IN_PROGRESS };

	to_key(rsa, 3);
	ck_assert_int_eq(lab.d.wait_ms, 30000);
	for (int i = 0; i < 500; i++) {
		say(&m);
		ck_assert_int_eq(lab.d.wait_ms, 300000);
	}
	lab.now.ms += 599000;
	say(&m);
	ck_assert_int_eq(lab.d.wait_ms, 1000);
	lab.now.ms += 1000;
	say(&m);
	declined();
	stop();
}
END_TEST

START_TEST(names)
{
	static const char *const t[] = { "", "SEP 1", "SEP\n", "\xff" };

	start(rsa);
	say_hello(t[_i], 3);
	declined();
	ck_assert_uint_eq(lab.asks[WIRE_BEGIN], 0);
	stop();
}
END_TEST

/* What can be no authentication string reaches the writer as a wrong one. */
START_TEST(strings)
{
	static const struct { const char *sent, *got; } t[] = {
		{ "4711", "4711" }, { "123456789012345", "123456789012345" },
		{ "1234567890123456", "?" }, { "47\n1", "?" },
		{ "\xc3\xa4", "?" }, { "", "" },
	};
	struct capf_msg m = { .command = CAPF_AUTH_RESPONSE,
	    .has_device = true, .device = { (const uint8_t *)"SEP1", 4 },
	    .has_password = true };

	m.password.p = (const uint8_t *)t[_i].sent;
	m.password.len = strlen(t[_i].sent);
	start(rsa);
	say(&m);
	ck_assert_str_eq((char *)lab.password, t[_i].got);
	stop();
}
END_TEST

/* A bad signature ends it; a certificate that proves nothing does not. */
START_TEST(proofs)
{
	static const struct { int prove; bool goes_on; } t[] = {
		{ ERR_OK, true }, { ERR_REFUSED, true },
		{ ERR_VERIFY, false }, { ERR_PROTO, false },
	};
	const struct vector *v = &vectors[3];

	start(v);
	lab.prove = t[_i].prove;
	session_lab_say(&lab, rec.msg[1].buf, rec.msg[1].len);
	ck_assert_int_eq(lab.d.then == SESSION_ASK, t[_i].goes_on);
	if (t[_i].goes_on)
		ck_assert_uint_eq(lab.d.ask.hello.proof, t[_i].prove ==
		    ERR_OK ? CAPF_PROOF_LSC : CAPF_PROOF_NONE);
	else
		declined();
	stop();
}
END_TEST

/* Who decides is told why a certificate does not do. */
START_TEST(unproved)
{
	struct vector v = vectors[3];

	start(&v);
	lab.prove = ERR_REFUSED;
	v.task = (struct capf_task){ .answer = CAPF_DECLINED,
	    .why = "not believed" };
	session_lab_say(&lab, rec.msg[1].buf, rec.msg[1].len);
	ck_assert_uint_eq(lab.d.ask.hello.proof, CAPF_PROOF_NONE);
	ck_assert_str_eq(lab.d.ask.hello.unproved, "proof");
	agree(&v);
	declined();
	ck_assert_str_eq(lab.s.why, "not believed");
	stop();
}
END_TEST

START_TEST(cannot_issue)
{
	start(rsa);
	lab.issue = ERR_UNREACHABLE;
	replay(rsa, 5);
	declined();
	ck_assert(!lab.s.refused);
	ck_assert_uint_eq(lab.asks[WIRE_ISSUED], 0);
	stop();
}
END_TEST

/* CAPF was promoted, and the signer does not have its key yet: the phone gets
 * its certificate when it has, and no other before. */
START_TEST(signer_is_late)
{
	start(rsa);
	if (_i == 1)
		lab.ops.request = lab.ops.issue;
	lab.issue = ERR_NOTFOUND;
	replay(rsa, 5);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(lab.s.state, SESSION_SIGNER);
		ck_assert_uint_eq(lab.d.then, SESSION_WAIT);
		ck_assert_int_eq(lab.d.wait_ms, 10000 - i * 1000);
		ck_assert_uint_eq(lab.asks[WIRE_ISSUED], 0);
		lab.now.ms += 1000;
		session_lab_sign(&lab);
	}
	lab.issue = ERR_OK;
	session_lab_sign(&lab);
	ck_assert_uint_eq(lab.asks[_i == 1 ? WIRE_REQUEST : WIRE_ISSUED], 1);
	agree(rsa);
	if (_i == 0)
		ck_assert_uint_eq(lab.said.command, CAPF_STORE_REQUEST);
	stop();
}
END_TEST

/* The wait has its end, and the operation is not the phone's failure. */
START_TEST(signer_does_not_come)
{
	start(rsa);
	lab.issue = ERR_NOTFOUND;
	replay(rsa, 5);
	lab.now.ms += 10000;
	session_lab_sign(&lab);
	declined();
	ck_assert(!lab.s.refused);
	ck_assert_ptr_nonnull(strstr(lab.s.why, "did not come in time"));
	stop();
}
END_TEST

START_TEST(cut_while_signer_is_late)
{
	start(rsa);
	lab.issue = ERR_NOTFOUND;
	replay(rsa, 5);
	session_lab_cut(&lab);
	ck_assert_uint_eq(lab.asks[WIRE_END], 1);
	stop();
}
END_TEST

/* The CA is elsewhere: it issues while the phone waits, or later. */
START_TEST(elsewhere)
{
	start(rsa);
	lab.ops.request = lab.ops.issue;
	replay(rsa, 5);
	ck_assert_uint_eq(lab.d.then, SESSION_WAIT);
	ck_assert_int_eq(lab.d.wait_ms, 20000);
	session_lab_ca(&lab, _i == 0);
	agree(rsa);
	if (_i == 0) {
		ck_assert_uint_eq(lab.said.command, CAPF_STORE_REQUEST);
		session_lab_say(&lab, rec.msg[6].buf, rec.msg[6].len);
		agree(rsa);
		ck_assert(lab.s.ok);
	} else {
		ck_assert(lab.ended);
		ck_assert_uint_eq(lab.said.reason, CAPF_REASON_NONE);
		ck_assert_uint_eq(lab.asks[WIRE_END], 0);
	}
	stop();
}
END_TEST

START_TEST(offline)
{
	start(rsa);
	lab.ops.request = lab.ops.issue;
	lab.s.waits.ca = 0;
	replay(rsa, 5);
	ck_assert(lab.ended);
	ck_assert_uint_eq(lab.said.reason, CAPF_REASON_NONE);
	stop();
}
END_TEST

static struct vector
ready_vector(void)
{
	struct vector v = *rsa;

	ck_assert_ptr_nonnull(v.task.ready = malloc(4));
	memcpy(v.task.ready, "cert", v.task.readylen = 4);
	return v;
}

/* Its issuer is trusted no more: the phone does not get it, and may come
 * again. */
START_TEST(no_more_trusted)
{
	struct vector v = ready_vector();

	start(&v);
	lab.trusted = ERR_VERIFY;
	session_lab_say(&lab, rec.msg[1].buf, rec.msg[1].len);
	agree(&v);
	declined();
	ck_assert_str_eq(lab.s.why, "its issuer is gone");
	ck_assert(!lab.s.refused);
	ck_assert_uint_eq(lab.asks[WIRE_ISSUED], 0);
	ck_assert_uint_eq(lab.asks[WIRE_END], 1);
	stop();
}
END_TEST

/* It came before: no other key is made. */
START_TEST(ready)
{
	struct vector v = ready_vector();

	start(&v);
	session_lab_say(&lab, rec.msg[1].buf, rec.msg[1].len);
	agree(&v);
	ck_assert_uint_eq(lab.said.command, CAPF_STORE_REQUEST);
	ck_assert_uint_eq(lab.said.cert.len, 4);
	session_lab_say(&lab, rec.msg[6].buf, rec.msg[6].len);
	agree(&v);
	ck_assert(lab.s.ok);
	stop();
}
END_TEST

/* A certificate of somebody else is not this phone's; its name in another case
 * is. */
START_TEST(fetched)
{
	static const char *const told[] = { "SEP00112233FFFF",
	    "SEP0011223344AA", "sep0011223344aa" };
	const struct vector *v = &vectors[3];

	start(v);
	say_hello(told[_i], 3);
	agree(v);
	session_lab_say(&lab, rec.msg[3].buf, rec.msg[3].len);
	agree(v);
	ck_assert_int_eq(lab.s.ok, _i > 0);
	stop();
}
END_TEST

/* What it gave is none that is taken: the writer is told that it failed, or
 * nobody would ever see why it comes again and again. */
START_TEST(not_taken)
{
	const struct vector *v = &vectors[3];
	int code = _i == 0 ? ERR_REFUSED : ERR_BUSY;

	start(v);
	replay(v, 2);
	session_lab_say(&lab, rec.msg[3].buf, rec.msg[3].len);
	ck_assert_uint_eq(lab.s.state, SESSION_ENDED);
	session_lab_answer(&lab, code, NULL);
	declined();
	ck_assert_int_eq(lab.d.has_ask && lab.d.ask.kind == WIRE_END &&
	    !lab.d.ask.ok && lab.d.ask.refused, _i == 0);
	ck_assert_int_eq(lab.s.refused, _i == 0);
	stop();
}
END_TEST

START_TEST(nothing_to_fetch)
{
	struct capf_msg m = { .command = CAPF_FETCH_RESPONSE,
	    .has_reason = true, .reason = 2 };
	const struct vector *v = &vectors[3];

	start(v);
	replay(v, 2);
	say(&m);
	ck_assert(lab.ended);
	ck_assert_uint_eq(lab.said.reason, CAPF_REASON_NONE);
	ck_assert(!lab.s.ok);
	stop();
}
END_TEST

/* Elements that nobody knows are told, and passed over. */
START_TEST(unknown_elements)
{
	static const uint8_t more[] = { 14, 0, 1, 0, 99, 0, 0 };
	uint8_t msg[CAPF_MSG_MAX];
	size_t len;

	start(rsa);
	len = rec.msg[1].len;
	memcpy(msg, rec.msg[1].buf, len);
	memcpy(msg + len, more, sizeof(more));
	len += sizeof(more);
	msg[7] = (uint8_t)(len - CAPF_HEADER);
	session_lab_say(&lab, msg, len);
	ck_assert_uint_eq(lab.d.then, SESSION_ASK);
	ck_assert_str_eq(lab.s.tags, "14,99");
	stop();
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("capf_session_rules");
	TCase *t = tcase_create("session");

	tcase_add_loop_test(t, versions, 0, 4);
	tcase_add_test(t, version_too_new);
	tcase_add_test(t, no_ec);
	tcase_add_test(t, backup);
	tcase_add_test(t, other_key);
	tcase_add_test(t, progress);
	tcase_add_loop_test(t, names, 0, 4);
	tcase_add_loop_test(t, strings, 0, 6);
	tcase_add_loop_test(t, proofs, 0, 4);
	tcase_add_test(t, unproved);
	tcase_add_test(t, cannot_issue);
	tcase_add_loop_test(t, signer_is_late, 0, 2);
	tcase_add_test(t, signer_does_not_come);
	tcase_add_test(t, cut_while_signer_is_late);
	tcase_add_loop_test(t, elsewhere, 0, 2);
	tcase_add_test(t, offline);
	tcase_add_test(t, no_more_trusted);
	tcase_add_test(t, ready);
	tcase_add_loop_test(t, fetched, 0, 3);
	tcase_add_loop_test(t, not_taken, 0, 2);
	tcase_add_test(t, nothing_to_fetch);
	tcase_add_test(t, unknown_elements);
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
