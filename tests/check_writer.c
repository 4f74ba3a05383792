/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The writer over a real state folder, with a test in the engine's place.
 */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "db/observed.h"
#include "db/params.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "tftpd/writer.h"
#include "trust/autoreg.h"

#define PATIENCE_MS	60000
#define IN	"SEP001122000080"
#define DEV	"SEP0011223344AA"

static struct writer *writer;
static pthread_t thread;
static int channel[2], stop[2];

static void *
serve(void *arg)
{
	struct err e = { 0 };

	(void)arg;
	ck_assert_msg(writer_serve(writer, channel[1], stop[1], &e) ==
	    ERR_OK, "%s", e.msg);
	return NULL;
}

static int
params_tx(struct db *db, void *arg, struct err *e)
{
	bool changed;
	int ret = param_set(db, &param_table()[PARAM_AUTOREG_ENABLED], "",
	    arg, 1, &changed, e);

	return ret != ERR_OK ? ret : param_set(db,
	    &param_table()[PARAM_AUTOREG_NAMES], "",
	    "SEP001122000000-SEP0011220000FF", 1, &changed, e);
}

static void
set_up(void)
{
	static char yes[] = "yes";
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	tc_open();
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp", 0755), 0);
	ck_assert_msg(observed_create(tc.dirfd, &e) == ERR_OK, "%s", e.msg);
	tc_done(params_tx, yes);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
	    0, channel), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    stop), 0);
	writer = writer_open(tc.dirfd, &e);
	ck_assert_msg(writer != NULL, "%s", e.msg);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void
tear_down(void)
{
	(void)close(channel[0]);	/* the engine goes first */
	(void)close(stop[0]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	writer_close(writer);
	(void)close(channel[1]);
	(void)close(stop[1]);
	tc_close();
}

static bool
has_phone(const char *name)
{
	struct row_phone p;

	return row_phone_get(tc.db, name, &p, NULL) == ERR_OK;
}

static void
wait_phone(const char *name)
{
	int64_t until = clock_mono_ms(clock_system()) + PATIENCE_MS;

	while (!has_phone(name)) {
		ck_assert_msg(clock_mono_ms(clock_system()) < until, "%s",
		    name);
		(void)poll(NULL, 0, 2);
	}
}

static void
ask(const char *device)
{
	struct autoreg_ask a = { .address = "192.0.2.7" };
	uint8_t buf[AUTOREG_ASK_LEN];

	(void)str_copy(a.device, sizeof(a.device), device);
	autoreg_ask_build(&a, buf);
	ck_assert_int_eq(send(channel[0], buf, sizeof(buf), 0),
	    sizeof(buf));
}

/* In order: what comes after the others tells that they are done. */
START_TEST(unknown_phones)
{
	ck_assert_int_eq(send(channel[0], "nonsense", 8, 0), 8);
	ask("SEP001122000100");
	ask("SEPxx");
	ask("");
	ask(IN);
	ask(IN);
	wait_phone(IN);
	ck_assert(!has_phone("SEP001122000100"));
}
END_TEST

static int
two_at_once_tx(struct db *db, void *arg, struct err *e)
{
	bool changed;

	(void)arg;
	return param_set(db, &param_table()[PARAM_AUTOREG_PER_MINUTE], "",
	    "20", 1, &changed, e);
}

/* One place for who asks often: the other is still there. */
START_TEST(known_takes_no_place)
{
	static const char second[] = "SEP001122000081";

	tc_done(two_at_once_tx, NULL);
	for (int i = 0; i < 20; i++)
		ask(IN);
	ask(second);
	wait_phone(second);
	ck_assert(has_phone(IN));
}
END_TEST

START_TEST(parameters_act_at_once)
{
	char no[] = "no", yes[] = "yes";

	tc_done(params_tx, no);
	ask(IN);
	tc_done(params_tx, yes);
	ask("SEP001122000081");
	wait_phone("SEP001122000081");
	(void)has_phone(IN);	/* it may have been read before or after */
}
END_TEST

START_TEST(files)
{
	static const char xml[] = "<device/>";
	struct err e = { 0 };

	if (!have_openat2())
		return;
	ck_assert_int_eq(file_replace(tc.dirfd, "tftp/" DEV ".cnf.xml", 0644,
	    xml, strlen(xml), &e), ERR_OK);
	wait_phone(DEV);
	/* With the engine gone too. */
	(void)shutdown(channel[0], SHUT_RDWR);
	ck_assert_int_eq(file_replace(tc.dirfd, "tftp/" IN ".cnf.xml", 0644,
	    xml, strlen(xml), &e), ERR_OK);
	wait_phone(IN);
}
END_TEST

START_TEST(no_database)
{
	struct err e = { 0 };
	int fd;

	ck_assert_int_ge(fd = open("/proc", O_RDONLY | O_DIRECTORY), 0);
	ck_assert_ptr_null(writer_open(fd, &e));
	ck_assert_int_ne(e.code, ERR_OK);
	(void)close(fd);
	ck_assert_int_eq(fchdir(tc.dirfd), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("writer");
	TCase *tcase = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(tcase, tc_make, tc_free);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, unknown_phones);
	tcase_add_test(tcase, known_takes_no_place);
	tcase_add_test(tcase, parameters_act_at_once);
	tcase_add_test(tcase, files);
	tcase_add_test(tcase, no_database);
	suite_add_tcase(s, tcase);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
