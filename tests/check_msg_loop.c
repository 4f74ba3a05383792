/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A loop of a daemon that speaks messages: parameters that cannot be read are
 * read again without another change.
 */
#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/tls.h"
#include "net/addr.h"
#include "tests/trust_cluster.h"
#include "trust/msg_loop.h"

#define FAILURES	2

struct talk {
	struct msg_loop	*loop;
	int		 tuned;		/* calls */
	bool		 changed;	/* not told yet */
	int		 stop;		/* writing tells the loop to end */
};

static struct db *
loop_db(void *arg)
{
	(void)arg;
	return tc.db;
}

static bool
loop_changed(void *arg)
{
	struct talk *t = arg;
	bool was = t->changed;

	t->changed = false;
	return was;
}

/* At the start; then a change, which cannot be read at first. */
static int
loop_tune(void *arg, struct msg_tuning *tuning, struct err *e)
{
	struct talk *t = arg;

	*tuning = (struct msg_tuning){ .floor = TLS_FLOOR_12, .max = 10,
	    .max_per_address = 10, .limits = { .handshake_ms = 5000,
	    .message_ms = 5000, .idle_ms = 5000 } };
	t->tuned++;
	if (t->tuned > 1 && t->tuned <= 1 + FAILURES)
		return err_set(e, ERR_IO, "the disk");
	if (t->tuned > 1)
		ck_assert_int_eq(write(t->stop, "x", 1), 1);
	return ERR_OK;
}

static int
need(const uint8_t *buf, size_t len, size_t *n, struct err *e)
{
	(void)buf;
	(void)len;
	(void)n;
	return err_set(e, ERR_PROTO, "nobody speaks here");
}

static const struct msg_def msg = { .full = "x", .starved = "x",
    .failed = "x", .dropped = "x", .max = 64, .need = need };

static const struct msg_loop_def def = { .unread = "test.unread",
    .keyless = "test.keyless", .cut = "test.cut", .unit = UNIT_TVS,
    .msg = &msg, .db = loop_db, .changed = loop_changed,
    .tune = loop_tune };

static pid_t
start_signer(int *channel)
{
	static const enum own_unit units[] = { UNIT_TVS };
	struct err e = { 0 };
	struct signer *s = own_signer(tc.db, tc.kr, units, 1, &e);
	int fds[2];
	pid_t pid;

	ck_assert_msg(s != NULL, "%s", e.msg);
	ck_assert_int_eq(signer_pair(fds, &e), ERR_OK);
	if ((pid = fork()) == 0) {
		(void)close(fds[0]);
		(void)signer_serve(s, &fds[1], 1, -1, NULL);
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	(void)close(fds[1]);
	signer_free(s);
	*channel = fds[0];
	return pid;
}

START_TEST(read_again)
{
	static const uint8_t tickets[TLS_TICKET_KEYS];
	struct msg_loop_conf c = { .def = &def, .node = "cm1",
	    .ticket_keys = tickets };
	struct talk t = { .changed = true };
	int channel, stop[2], other[2];
	struct err e = { 0 };
	pid_t pid = start_signer(&channel);

	ck_assert_int_eq(pipe(stop), 0);
	ck_assert_int_eq(pipe(other), 0);
	t.stop = stop[1];
	ck_assert_ptr_nonnull(c.listen = listen_set_new("x", NULL, 0, 1, &e));
	ck_assert_ptr_nonnull(c.count = net_count_new(10, 10, 1));
	ck_assert_ptr_nonnull(t.loop = msg_loop_new(&c, channel, &e));
	ck_assert_msg(msg_loop_begin(t.loop, &t, &t, 0,
	    (const int[]){ stop[0], other[0] }, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(t.tuned, 1);
	ck_assert_msg(msg_loop_run(t.loop, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(t.tuned, 2 + FAILURES);
	msg_loop_free(t.loop);
	net_count_free(c.count);
	listen_set_free(c.listen);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 2; i++) {
		(void)close(stop[i]);
		(void)close(other[i]);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("msg_loop");
	TCase *t = tcase_create("msg_loop");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_add_test(t, read_again);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
