/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Wrong authentication strings: how many from where, and what becomes of the
 * operation.
 */
#include <stdio.h>
#include <string.h>

#include "tests/capf_lab.h"

#define NOW	500000
#define RIGHT	"12345678"
#define ASKED	"certificate-operation=install-upgrade " \
		"authentication-mode=by-authentication-string " \
		"authentication-string=" RIGHT

static uint32_t session;

static void
set_up(void)
{
	cl_open();
	cl_phone(CL_A, ASKED, 6);
	session = 0;
}

static void
from(int host, const char *string, int64_t now)
{
	struct capf_hello h = { .device = CL_A, .session = ++session,
	    .now = now };

	(void)snprintf(h.address, sizeof(h.address), "192.0.2.%d", host);
	(void)snprintf(h.string, sizeof(h.string), "%s", string);
	ck_assert_msg(cl_begin_with(&h) == ERR_OK, "%s", cl.e.msg);
}

static int64_t
count(const char *column)
{
	char sql[80];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM capf_progress",
	    column);
	return fix_i64(cl.observed, sql);
}

/* Who knows a phone's name does not end its operation: no more of his strings
 * are looked at, not even the right one, and the phone goes on. */
START_TEST(one_stranger)
{
	for (int i = 0; i < CAPF_WRONG_MAX; i++) {
		from(66, "0000", NOW + i);
		cl_answered(CAPF_DECLINED, "wrong authentication string");
	}
	for (int i = 0; i < 3 * CAPF_WRONG_TOTAL; i++) {
		from(66, i % 2 == 0 ? "0000" : RIGHT, NOW + 10 + i);
		cl_answered(CAPF_DECLINED, "too many wrong");
	}
	ck_assert_int_eq(count("wrong"), CAPF_WRONG_MAX);
	ck_assert_int_eq(count("unproved"), CAPF_WRONG_MAX + 3 *
	    CAPF_WRONG_TOTAL);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	from(7, RIGHT, NOW + 100);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* An address is looked at again after a while, as often as at first. */
START_TEST(after_a_rest)
{
	for (int i = 0; i < CAPF_WRONG_MAX; i++)
		from(7, "0000", NOW);
	from(7, RIGHT, NOW + CAPF_WRONG_REST_S - 1);
	cl_answered(CAPF_DECLINED, "too many wrong");
	for (int i = 0; i < CAPF_WRONG_MAX - 1; i++) {
		from(7, "0000", NOW + CAPF_WRONG_REST_S);
		cl_answered(CAPF_DECLINED, "wrong authentication string");
	}
	from(7, RIGHT, NOW + CAPF_WRONG_REST_S);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* A clock that ran ahead shuts nobody out for as long as it did. */
START_TEST(clock_put_back)
{
	for (int i = 0; i < CAPF_WRONG_MAX; i++)
		from(7, "0000", NOW + 86400);
	from(7, RIGHT, NOW);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* Nobody has more tries in all, from however many addresses: of a string of
 * four digits twenty. */
START_TEST(all_together)
{
	cl_phone(CL_A, "authentication-string=1234", 7);
	for (int i = 0; i < CAPF_WRONG_TOTAL; i++) {
		ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
		from(i, "0000", NOW);
		cl_answered(CAPF_DECLINED, "wrong authentication string");
	}
	cl_outcome(CL_A, CAPF_FAILED, "too many wrong");
	ck_assert(!cl_is_set(CL_A, SETTING_AUTH_STRING));
	from(99, RIGHT, NOW);
	cl_answered(CAPF_NOTHING, "");
}
END_TEST

/* A longer one is no easier to guess by ten times as many. */
START_TEST(by_length)
{
	static const struct { const char *string; int64_t max; } t[] = {
		{ "1234", 20 }, { "12345", 200 }, { "123456", 2000 },
		{ "1234567", 20000 }, { RIGHT, 200000 },
		{ "123456789012345", 200000 },
	};
	char sql[100];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		(void)snprintf(sql, sizeof(sql), "certificate-operation="
		    "install-upgrade authentication-string=%s", t[i].string);
		cl_phone(CL_A, sql, NOW + 10 * (int64_t)i);
		from(1, "0000", NOW + 10 * (int64_t)i + 1);
		(void)snprintf(sql, sizeof(sql), "UPDATE capf_progress SET "
		    "wrong = %d RETURNING wrong", (int)t[i].max - 2);
		(void)fix_i64(cl.observed, sql);
		from(2, "0000", NOW + 10 * (int64_t)i + 2);
		ck_assert_msg(cl_is_set(CL_A, SETTING_CERT_OPERATION), "%s",
		    t[i].string);
		from(3, "0000", NOW + 10 * (int64_t)i + 3);
		ck_assert_msg(!cl_is_set(CL_A, SETTING_CERT_OPERATION), "%s",
		    t[i].string);
	}
}
END_TEST

static void
from_address(const char *address, const char *string)
{
	struct capf_hello h = { .device = CL_A, .session = ++session,
	    .now = NOW };

	(void)snprintf(h.address, sizeof(h.address), "%s", address);
	(void)snprintf(h.string, sizeof(h.string), "%s", string);
	ck_assert_msg(cl_begin_with(&h) == ERR_OK, "%s", cl.e.msg);
}

/* One who has a network of IPv6 is one. */
START_TEST(ipv6)
{
	char address[64];

	for (int i = 0; i < CAPF_WRONG_MAX; i++) {
		(void)snprintf(address, sizeof(address), "2001:db8:1:2:%x::1",
		    i);
		from_address(address, "0000");
		cl_answered(CAPF_DECLINED, "wrong authentication string");
	}
	from_address("2001:db8:1:2::9", RIGHT);
	cl_answered(CAPF_DECLINED, "too many wrong");
	from_address("2001:db8:1:3::9", RIGHT);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* The next operation starts from nothing. */
START_TEST(asked_again)
{
	for (int i = 0; i < CAPF_WRONG_MAX; i++)
		from(7, "0000", NOW);
	ck_assert_int_eq(cl_fail(CL_A, "no more", NOW + 1), ERR_OK);
	cl_phone(CL_A, ASKED, NOW + 2);
	from(7, "0000", NOW + 3);
	cl_answered(CAPF_DECLINED, "wrong authentication string");
	ck_assert_int_eq(fix_i64(cl.observed, "SELECT wrong FROM "
	    "capf_wrong"), 1);
	from(7, RIGHT, NOW + 3);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* Who sets another string begins anew, whoever rested before it; a shorter one
 * is not ended by what was counted for a longer one. */
START_TEST(another_string)
{
	for (int i = 0; i < 4 * CAPF_WRONG_MAX; i++)
		from(i < CAPF_WRONG_MAX ? 7 : 20 + i, "0000", NOW);
	from(7, RIGHT, NOW);
	cl_answered(CAPF_DECLINED, "too many wrong");
	cl_phone(CL_A, "authentication-string=1234", 7);
	from(7, "0000", NOW + 1);
	cl_answered(CAPF_DECLINED, "wrong authentication string");
	ck_assert_int_eq(count("wrong"), 1);
	ck_assert_int_eq(fix_i64(cl.observed, "SELECT sum(wrong) FROM "
	    "capf_wrong"), 1);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	from(7, "1234", NOW + 1);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* The same string, said again, is none; what was counted stays. */
START_TEST(same_string)
{
	for (int i = 0; i < CAPF_WRONG_MAX; i++)
		from(7, "0000", NOW);
	cl_phone(CL_A, "authentication-string=" RIGHT
	    " key-order=rsa-only", 7);
	from(7, RIGHT, NOW + 1);
	cl_answered(CAPF_DECLINED, "too many wrong");
	ck_assert_int_eq(count("wrong"), CAPF_WRONG_MAX);
}
END_TEST

/* Counted by a version that did not note for which string. */
START_TEST(string_not_known)
{
	for (int i = 0; i < CAPF_WRONG_MAX; i++)
		from(7, "0000", NOW);
	(void)fix_i64(cl.observed, "UPDATE capf_wrong SET string = 0 "
	    "RETURNING 1");
	from(7, RIGHT, NOW + 1);
	cl_answered(CAPF_DECLINED, "too many wrong");
}
END_TEST

/* One that it is known of says so for all. */
START_TEST(string_known_of_some)
{
	for (int i = 0; i < CAPF_WRONG_MAX; i++)
		from(7, "0000", NOW);
	(void)fix_i64(cl.observed, "UPDATE capf_wrong SET string = 0 "
	    "RETURNING 1");
	from(8, "0000", NOW);
	cl_phone(CL_A, "authentication-string=1234", 7);
	from(7, "1234", NOW + 1);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* What is known of addresses goes with the operation. */
START_TEST(forgotten)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	from(66, "0000", NOW);
	from(7, RIGHT, NOW);
	ck_assert_int_eq(cl_issued(CL_A, session, c, NOW), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, session, CAPF_OP_INSTALL, c, NOW),
	    ERR_OK);
	ck_assert_int_eq(fix_i64(cl.observed, "SELECT count(*) FROM "
	    "capf_wrong"), 0);
	cert_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_wrong");
	TCase *t = tcase_create("wrong");

	tcase_add_checked_fixture(t, set_up, cl_close);
	tcase_add_test(t, one_stranger);
	tcase_add_test(t, after_a_rest);
	tcase_add_test(t, clock_put_back);
	tcase_add_test(t, all_together);
	tcase_add_test(t, by_length);
	tcase_add_test(t, ipv6);
	tcase_add_test(t, asked_again);
	tcase_add_test(t, another_string);
	tcase_add_test(t, same_string);
	tcase_add_test(t, string_not_known);
	tcase_add_test(t, string_known_of_some);
	tcase_add_test(t, forgotten);
	suite_add_tcase(s, t);
	return fix_run(s);
}
