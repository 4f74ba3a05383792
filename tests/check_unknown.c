/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Unknown phones on their way from the engine: who is told of, and that a
 * writer who does not listen stops nobody.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "db/params.h"
#include "tests/trust_cluster.h"
#include "tftpd/unknown.h"

#define IN	"SEP001122000080"

static int sv[2];
static struct unknown u;
static struct net_addr peer;

static void
set_up(void)
{
	log_set_level(LOG_ERR);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
	    0, sv), 0);
	ck_assert_int_eq(net_addr_parse(&peer, "192.0.2.7", 4711, NULL),
	    ERR_OK);
	u = (struct unknown){ .fd = sv[0], .conf = { .enabled = true,
	    .first = "SEP001122000000", .last = "SEP0011220000FF" } };
}

static void
tear_down(void)
{
	(void)close(sv[0]);
	(void)close(sv[1]);
}

static ssize_t
take(struct autoreg_ask *a)
{
	uint8_t buf[AUTOREG_ASK_LEN + 1];
	ssize_t n = recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0)
		ck_assert_int_eq(autoreg_ask_parse(a, buf, (size_t)n, NULL),
		    ERR_OK);
	return n;
}

START_TEST(told)
{
	struct autoreg_ask a;

	unknown_asked(&u, "SEP001122000100", &peer);
	unknown_asked(&u, "", &peer);
	ck_assert_int_eq(take(&a), -1);
	unknown_asked(&u, IN, &peer);
	ck_assert_int_gt(take(&a), 0);
	ck_assert_str_eq(a.device, IN);
	ck_assert_str_eq(a.address, "192.0.2.7");
	u.conf.enabled = false;
	unknown_asked(&u, IN, &peer);
	ck_assert_int_eq(take(&a), -1);
}
END_TEST

/* The queue is bounded, and neither waiting nor a dead writer harms. */
START_TEST(nobody_listens)
{
	struct autoreg_ask a;
	int n = 0;

	for (int i = 0; i < 20000; i++)
		unknown_asked(&u, IN, &peer);
	while (take(&a) > 0)
		n++;
	ck_assert_int_gt(n, 0);
	ck_assert_int_lt(n, 20000);
	(void)close(sv[1]);
	unknown_asked(&u, IN, &peer);
	sv[1] = -1;
	u.fd = -1;
	unknown_asked(&u, IN, &peer);
}
END_TEST

static int
set_tx(struct db *db, void *arg, struct err *e)
{
	bool changed;
	int ret = param_set(db, &param_table()[PARAM_AUTOREG_ENABLED], "",
	    "yes", 1, &changed, e);

	(void)arg;
	return ret != ERR_OK ? ret : param_set(db,
	    &param_table()[PARAM_AUTOREG_NAMES], "", IN "-" IN, 1, &changed,
	    e);
}

START_TEST(parameters)
{
	tc_make();
	tc_open();
	u.conf = (struct autoreg_conf){ .enabled = false };
	tc_done(set_tx, NULL);
	unknown_tune(&u, tc.db, "cm1");
	ck_assert(u.conf.enabled);
	ck_assert_str_eq(u.conf.last, IN);
	tc_close();
	tc_free();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("unknown");
	TCase *tcase = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, told);
	tcase_add_test(tcase, nobody_listens);
	tcase_add_test(tcase, parameters);
	suite_add_tcase(s, tcase);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
