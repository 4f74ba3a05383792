/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/capf_call.c: sessions with a server in a thread, and with servers
 * that are another, or none.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phonesim/capf_call.h"
#include "tests/capf_peer.h"
#include "tests/certs_data.h"
#include "tests/msg_lab.h"

#define PATIENCE_MS	60000

static struct msg_lab lab;
static struct capf_peer peer;		/* of the lab's thread */
static struct sim_keys keys;
static struct sim_enrol how;
static struct sim_capf session;
static struct config_server server;
static struct accept_verdict v;
static bool ends_early;			/* the lab, in place of a key request */

static int
talk(void *arg, struct msg_conn *c, struct msg_peer *p, const uint8_t *buf,
    size_t len, uint8_t *out, struct msg_step *step, struct err *e)
{
	(void)arg;
	(void)c;
	(void)p;
	*step = (struct msg_step){ .then = MSG_READ, .wait_ms = PATIENCE_MS };
	if (len == 0)
		step->len = capf_peer_begin(&peer, out);
	else if (ends_early)
		return err_set(e, ERR_PROTO, "no more");
	else if (capf_peer_answer(&peer, buf, len, out, &step->len))
		step->then = MSG_END;
	return ERR_OK;
}

static void
serve_as(const char *cert)
{
	const struct msg_def def = { .full = "lab.full",
	    .starved = "lab.starved", .failed = "lab.failed",
	    .dropped = "lab.dropped", .max = CAPF_MSG_MAX,
	    .need = capf_msg_need, .talk = talk };
	const struct msg_limits lim = { PATIENCE_MS, PATIENCE_MS,
	    PATIENCE_MS, 0 };

	msg_lab_start_def(&lab, cert, &def, &lim, NULL);
	server = (struct config_server){ .address = "127.0.0.1",
	    .port = net_addr_port(&lab.addr) };
}

static void
set_up(void)
{
	capf_peer_open(&peer);
	memset(&keys, 0, sizeof(keys));
	memset(&how, 0, sizeof(how));
	ends_early = false;
	serve_as("capf");
}

static void
tear_down(void)
{
	msg_lab_stop(&lab);
	sim_capf_clear(&session);
	sim_keys_clear(&keys);
	capf_peer_close(&peer);
}

/* As the phone that p is; NULL: of no lists. */
static int
call(const struct accept_phone *p, struct err *e)
{
	const struct capf_call_request q = { .phone = p, .server = &server,
	    .session = &session, .v = &v };

	sim_capf_clear(&session);
	sim_capf_begin(&session, "SEP0011223344AA", &keys, -1, &how,
	    CONFIG_CAPF_NULL);
	return capf_call_wait(&q, e);
}

static struct accept_phone
phone_with(const char *list, uint8_t **buf)
{
	struct accept_phone p = { 0 };

	p.itl = *buf = data_file(list, &p.itllen);
	return p;
}

START_TEST(installs)
{
	struct err e = { 0 };

	ck_assert_msg(call(NULL, &e) == ERR_OK, "%s", e.msg);
	ck_assert_msg(session.res.end == SIM_CAPF_DONE, "%s",
	    session.res.why);
	msg_lab_halt(&lab);
	ck_assert_uint_eq(peer.stored, 1);
	ck_assert_ptr_nonnull(keys.lsc.cert);
}
END_TEST

/* The vectors' ITL has the lab's certificate as CAPF record. */
START_TEST(its_server)
{
	struct err e = { 0 };
	uint8_t *list;
	struct accept_phone p = phone_with("trust-list/ITLFile.sha1.v10.tlv",
	    &list);

	ck_assert_msg(call(&p, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(v.path, ACCEPT_CAPF_ITL);
	ck_assert_int_eq(session.res.end, SIM_CAPF_DONE);
	free(list);
}
END_TEST

/* Nothing is said to another one. */
START_TEST(another_server)
{
	struct err e = { 0 };
	uint8_t *list;
	struct accept_phone p;

	msg_lab_stop(&lab);
	serve_as("tvs");
	p = phone_with("trust-list/ITLFile.sha1.v10.tlv", &list);
	ck_assert_int_eq(call(&p, &e), ERR_VERIFY);
	ck_assert_msg(strstr(e.msg, "CAPF record") != NULL, "%s", e.msg);
	ck_assert_int_eq(v.path, ACCEPT_NONE);
	ck_assert_uint_eq(session.res.messages, 0);
	free(list);
}
END_TEST

START_TEST(byte_per_write)
{
	struct err e = { 0 };

	how.bad.byte_per_write = true;
	ck_assert_msg(call(NULL, &e) == ERR_OK, "%s", e.msg);
	ck_assert_msg(session.res.end == SIM_CAPF_DONE, "%s",
	    session.res.why);
}
END_TEST

START_TEST(cut)
{
	struct err e = { 0 };

	how.bad.cut_after = 2;
	ck_assert_msg(call(NULL, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(session.res.end, SIM_CAPF_BROKEN);
	ck_assert_uint_eq(session.res.messages, 2);
	how.bad.cut_after = 0;
	ck_assert_msg(call(NULL, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(session.res.end, SIM_CAPF_DONE);
}
END_TEST

START_TEST(slow_key)
{
	struct err e = { 0 };

	how.bad.slow_key_s = 1;
	ck_assert_msg(call(NULL, &e) == ERR_OK, "%s", e.msg);
	ck_assert_msg(session.res.end == SIM_CAPF_DONE, "%s",
	    session.res.why);
	msg_lab_halt(&lab);
	ck_assert_uint_eq(peer.in_progress, 1);
}
END_TEST

/* A server that was heard and goes. */
START_TEST(server_goes)
{
	struct err e = { 0 };

	ends_early = true;
	ck_assert_msg(call(NULL, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(session.res.end, SIM_CAPF_BROKEN);
	ck_assert(session.res.why[0] != '\0');
}
END_TEST

START_TEST(nobody)
{
	struct err e = { 0 };
	struct net_addr a;
	int fd = msg_lab_listen(&a);

	server.port = net_addr_port(&a);
	(void)close(fd);
	ck_assert_int_eq(call(NULL, &e), ERR_UNREACHABLE);
	ck_assert(e.msg[0] != '\0');
	(void)strcpy(server.address, "no such host");
	ck_assert_int_eq(call(NULL, &e), ERR_UNREACHABLE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_call");
	TCase *t = tcase_create("capf_call");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, installs);
	tcase_add_test(t, its_server);
	tcase_add_test(t, another_server);
	tcase_add_test(t, byte_per_write);
	tcase_add_test(t, cut);
	tcase_add_test(t, slow_key);
	tcase_add_test(t, server_goes);
	tcase_add_test(t, nobody);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
