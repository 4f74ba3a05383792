/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of a daemon: its processes start, are ready, drain and end; and what
 * it refuses.
 */
#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "proc/proc.h"
#include "tests/proc_demo.h"

/* --- the daemon --- */

static const struct proc_def no_signer = {
	.name = "demo", .summary = "a daemon without keys",
	.prepare = demo_prepare, .engine_run = engine_run,
};

/* --- life --- */

START_TEST(ready_and_drain)
{
	pid_t pid = start_ready(&demo);

	ck_assert(shared->served);
	ck_assert(shared->cwd_is_state);
	ck_assert_uint_eq(shared->channels, 2);
	ck_assert_uint_eq(shared->loops, 2);
	ck_assert_int_ne(shared->signer.pid, shared->engine.pid);
	ck_assert_int_ne(shared->engine.pid, pid);
	ck_assert_int_eq(getsid(pid), pid);
	ck_assert(!shared->drained);
	stop(pid);
	ck_assert(shared->drained);
	ck_assert(shared->kept_to_the_end);
	ck_assert_uint_eq(shared->finished, 1);
	ck_assert_int_eq(kill(shared->keeper.pid, 0), -1);
	ck_assert_int_eq(kill(shared->engine.pid, 0), -1);
	ck_assert_int_eq(kill(shared->signer.pid, 0), -1);
	expect_log(" proc.ready ");
	expect_log(" proc.stopped\n");
	if (geteuid() != 0)
		expect_log(" proc.one_uid ");
}
END_TEST

START_TEST(foreground)
{
	const char *const args[] = { "--foreground", "--state", state,
	    "--loops=1", "--log-format", "json", NULL };
	static const int how[] = { SIGTERM, SIGINT, SIGHUP };
	struct started s;

	start(&s, &demo, args);
	hear_until(&s, "\"event\":\"proc.ready\"");
	ck_assert_int_eq(daemon_pid(), s.pid);
	ck_assert_int_eq(kill(s.pid, how[_i]), 0);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert(shared->drained);
	ck_assert_msg(strstr(s.said, "\"proc.stopped\"") != NULL, "%s",
	    s.said);
}
END_TEST

START_TEST(without_signer)
{
	pid_t pid = start_ready(&no_signer);

	ck_assert_uint_eq(shared->channels, 0);
	ck_assert_uint_eq(shared->loops, 2);
	ck_assert_int_eq(shared->signer.pid, 0);
	stop(pid);
}
END_TEST

/* Unprivileged, in the state folder, with what it had open before. */
START_TEST(writer)
{
	pid_t pid = start_ready(&with_writer), helper = shared->writer.pid;

	ck_assert(shared->served);
	ck_assert_uint_eq(shared->channels, 2);
	ck_assert_int_ne(helper, shared->engine.pid);
	stop(pid);
	ck_assert(shared->writer_cwd);
	ck_assert(shared->writer_asked);
	ck_assert(shared->writer_eof);
	ck_assert_int_eq(shared->writer.dumpable, 0);
	ck_assert(shared->writer.no_new_privs);
	ck_assert_str_eq(shared->writer.capabilities, "0000000000000000");
	if (geteuid() == 0) {
		ck_assert_int_ne((int)shared->writer.euid, 0);
		ck_assert(!shared->writer.secret_read);
		ck_assert(!shared->writer.root_back);
	}
	ck_assert_int_eq(kill(helper, 0), -1);
}
END_TEST

START_TEST(one_loop_per_processor)
{
	const char *const args[] = { "--state", state, NULL };
	struct started s;
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_uint_ge(shared->channels, 1);
	ck_assert_uint_le(shared->channels, (size_t)n);
	stop(daemon_pid());
}
END_TEST

/* --- refusals --- */

static const struct {
	enum trouble	 trouble;
	const char	*text;
} refusals[] = {
	{ PREPARE_REFUSES, "port taken: free it" },
	{ KEEPER_REFUSES, "disk full: make room" },
	{ SIGNER_REFUSES, "key file readable: chmod it" },
	{ WRITER_REFUSES, "read-only disk: remount it" },
	{ ENGINE_REFUSES, "schema is newer: update" },
	{ SIGNER_DIES, "the signer died before it was ready (signal 9)" },
	{ ENGINE_DIES, "the engine died before it was ready (signal 9)" },
	{ ENGINE_RETURNS, "the engine ended before it was ready" },
};

#define NREFUSALS	((int)(sizeof(refusals) / sizeof(refusals[0])))

/* Said once, on stderr of who called, and nothing is left behind. */
START_TEST(refused)
{
	bool fg = _i >= NREFUSALS;
	const char *const args[] = { "--state", state, "--log-level", "err",
	    fg ? "--foreground" : NULL, NULL };
	char want[128];
	struct started s;
	int code;

	shared->trouble = refusals[_i % NREFUSALS].trouble;
	(void)snprintf(want, sizeof(want), "demo: cannot start: %s\n",
	    refusals[_i % NREFUSALS].text);
	start(&s, &with_writer, args);
	code = finish(&s);
	ck_assert_str_eq(s.said, want);
	ck_assert_int_eq(code, 1);
	/* All its processes end, then there are none to wait for. */
	while (!fg && waitpid(-1, NULL, 0) > 0)
		continue;
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(daemon_pid(), 0);
	ck_assert_uint_eq(shared->finished,
	    shared->trouble != PREPARE_REFUSES);
	if (!fg)
		expect_log(refusals[_i % NREFUSALS].text);
}
END_TEST

START_TEST(not_initialised)
{
	const char *const args[] = { "--state", above, NULL };
	struct started s;

	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_msg(str_starts(s.said, "demo: cannot start: ") &&
	    strstr(s.said, "node init") != NULL, "%s", s.said);
}
END_TEST

START_TEST(started_twice)
{
	const char *const args[] = { "--state", state, NULL };
	char want[80];
	struct started s;
	pid_t pid = start_ready(&demo);

	(void)snprintf(want, sizeof(want), "demo already runs as pid %ld",
	    (long)pid);
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_msg(strstr(s.said, want) != NULL, "%s", s.said);
	ck_assert_int_eq(daemon_pid(), pid);
	stop(pid);
	stop(start_ready(&demo));	/* and again, after it has ended */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("proc");
	TCase *tc = tcase_demo(s, "life");
	SRunner *sr;
	int failed;

	sr = srunner_create(s);
	tcase_add_test(tc, ready_and_drain);
	tcase_add_loop_test(tc, foreground, 0, 3);
	tcase_add_test(tc, without_signer);
	tcase_add_test(tc, writer);
	tcase_add_test(tc, one_loop_per_processor);
	tc = tcase_demo(s, "refusals");
	tcase_add_loop_test(tc, refused, 0, 2 * NREFUSALS);
	tcase_add_test(tc, not_initialised);
	tcase_add_test(tc, started_twice);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
