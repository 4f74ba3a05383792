/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/tvs_call.c: a request to a TVS server that is the phone's, another
 * one, or none.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "certs/tvs_msg.h"
#include "phonesim/tvs_call.h"
#include "tests/certs_data.h"
#include "tests/msg_lab.h"

static const uint8_t request[] = { 0x57, 1, 1, 0, 0, 0, 0, 1, 0, 0 };
/* 07 0001 01: not valid */
static const uint8_t reply[] = { 0x57, 1, 2, 0, 0, 0, 0, 1, 0, 4, 7, 0, 1,
    1 };

static struct accept_phone phone;
static uint8_t *itl;
static struct msg_lab lab;
static struct err e;
static uint8_t *buf;
static size_t len;

static int
answer(void *arg, const uint8_t *in, size_t inlen, uint8_t *out,
    size_t *outlen)
{
	(void)arg;
	ck_assert_uint_eq(inlen, sizeof(request));
	ck_assert_mem_eq(in, request, inlen);
	memcpy(out, reply, sizeof(reply));
	*outlen = sizeof(reply);
	return ERR_OK;
}

static void
set_up(void)
{
	e = (struct err){ 0 };
	phone = (struct accept_phone){ .ctl = NULL };
	itl = data_file("trust-list/ITLFile.sha1.v10.tlv", &phone.itllen);
	phone.itl = itl;
	buf = NULL;
}

static void
tear_down(void)
{
	free(itl);
	free(buf);
}

static int
call(const struct net_addr *a, const struct accept_phone *p)
{
	struct config_server server = { .port = net_addr_port(a) };
	const struct tvs_call_request q = { .phone = p, .server = &server,
	    .request = request, .requestlen = sizeof(request) };

	net_addr_ip(a, server.address);
	return tvs_call_wait(&q, &buf, &len, &e);
}

START_TEST(its_own)
{
	msg_lab_start(&lab, "tvs", TVS_MSG_MAX, tvs_msg_need, answer, NULL);
	ck_assert_msg(call(&lab.addr, &phone) == ERR_OK, "%s", e.msg);
	msg_lab_stop(&lab);
	ck_assert_uint_eq(len, sizeof(reply));
	ck_assert_mem_eq(buf, reply, len);
}
END_TEST

START_TEST(another_one)
{
	msg_lab_start(&lab, "ccm", TVS_MSG_MAX, tvs_msg_need, answer, NULL);
	ck_assert_int_eq(call(&lab.addr, &phone), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "TVS record of the ITL"));
	e = (struct err){ 0 };
	/* Who asks nobody's phone takes any. */
	ck_assert_msg(call(&lab.addr, NULL) == ERR_OK, "%s", e.msg);
	msg_lab_stop(&lab);
}
END_TEST

START_TEST(none)
{
	struct net_addr a;

	(void)close(msg_lab_listen(&a));
	ck_assert_int_eq(call(&a, &phone), ERR_UNREACHABLE);
	ck_assert_str_ne(e.msg, "");
	ck_assert_ptr_null(buf);
}
END_TEST

START_TEST(addresses)
{
	char text[NET_ADDR_TEXT];
	struct net_addr a;

	ck_assert_int_eq(tvs_call_resolve("192.0.2.7", 2445, &a, &e), ERR_OK);
	net_addr_text(&a, text);
	ck_assert_str_eq(text, "192.0.2.7:2445");
	ck_assert_int_eq(tvs_call_resolve("[2001:db8::7]", 1, &a, &e),
	    ERR_OK);
	ck_assert_int_eq(tvs_call_resolve("no host\n", 1, &a, &e),
	    ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(e.msg, "has no address"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tvs_call");
	TCase *t = tcase_create("tvs_call");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, its_own);
	tcase_add_test(t, another_one);
	tcase_add_test(t, none);
	tcase_add_test(t, addresses);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
