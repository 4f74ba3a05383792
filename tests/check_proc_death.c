/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a daemon does when one of its processes dies, hangs or says nothing.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "proc/proc.h"
#include "tests/proc_demo.h"

/* --- the daemon --- */

/* Ends once, when it is told to. */
static int
monitor_run(struct proc *p, int stopfd, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };
	struct stat st, dot;

	(void)e;
	look(&shared->monitor, p->statefd);
	shared->monitor_cwd = fstat(p->statefd, &st) == 0 &&
	    stat(".", &dot) == 0 && st.st_ino == dot.st_ino;
	shared->monitor_wrote = write(secretfd, "x", 1) == 1;
	shared->monitors++;
	while (poll(&pfd, 1, 5) == 0)
		if (shared->monitor_ends) {
			shared->monitor_ends = false;
			return ERR_OK;
		}
	return ERR_OK;
}

static const struct proc_def monitored = {
	.name = "demo", .summary = "a daemon that looks after things",
	.prepare = demo_prepare, .keeper_run = keeper_run,
	.monitor_load = writer_load, .monitor_run = monitor_run,
	.engine_run = engine_run, .finish = demo_finish,
};

/* --- one whose keeper speaks to the parent, and that to the engine --- */

/* Says the number that the test wants said, once each. */
static int
talk_keeper(struct proc *p, int stopfd, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };
	unsigned said = 0, say;

	(void)e;
	shared->keeper.pid = getpid();
	shared->no_channel += p->enginefd != -1;
	proc_ready(p);
	while (poll(&pfd, 1, 5) == 0)
		if ((say = shared->say) != said &&
		    send(p->parentfd, &say, sizeof(say), MSG_NOSIGNAL) ==
		    sizeof(say))
			said = say;
	return ERR_OK;
}

static int
talk_told(struct proc *p, const void *msg, size_t len, int64_t *again_ms,
    struct err *e)
{
	unsigned say = 0;

	if (len == 0) {
		if (++shared->again < 3)
			*again_ms = 10;
		return ERR_OK;
	}
	if (len == sizeof(say))
		memcpy(&say, msg, len);
	shared->told = say;
	if (shared->told_fails) {
		shared->told_fails = false;
		return err_set(e, ERR_IO, "the engine does not hear");
	}
	if (send(p->enginefd, &say, sizeof(say), MSG_NOSIGNAL) == -1)
		return err_sys(e, ERR_IO, "engine");
	*again_ms = 10;
	return ERR_OK;
}

static int
talk_engine(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct pollfd pfd[2] = { { .fd = stopfd, .events = POLLIN },
	    { .fd = p->parentfd, .events = POLLIN } };
	unsigned say;

	(void)channels;
	(void)n;
	(void)e;
	shared->engine.pid = getpid();
	shared->starts++;
	proc_ready(p);
	while (poll(pfd, 2, -1) > 0 && pfd[0].revents == 0)
		if (recv(p->parentfd, &say, sizeof(say), 0) == sizeof(say))
			shared->heard = say;
	return ERR_OK;
}

static int
talk_signer_load(struct proc *p, struct err *e)
{
	(void)e;
	shared->no_channel += p->parentfd != -1 || p->enginefd != -1;
	return ERR_OK;
}

static const struct proc_def talking = {
	.name = "demo", .summary = "a daemon that is told of changes",
	.prepare = demo_prepare, .keeper_run = talk_keeper,
	.signer_load = talk_signer_load, .signer_run = signer_run,
	.engine_run = talk_engine, .parent_told = talk_told,
	.finish = demo_finish,
};

/* --- around it --- */

/* As expect_log, of what nobody waits for. */
static void
await_log(const char *text)
{
	int64_t until = now_ms() + PATIENCE_MS;
	char path[128];
	uint8_t *buf;
	bool there = false;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/run/demo.log", state);
	while (!there && now_ms() < until) {
		ck_assert_int_eq(file_read(AT_FDCWD, path, 1u << 20, &buf,
		    &len, NULL), ERR_OK);
		there = strstr((char *)buf, text) != NULL;
		free(buf);
		if (!there)
			(void)poll(NULL, 0, 5);
	}
	expect_log(text);
}

/* --- death --- */

static void
wait_starts(unsigned n)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (*(volatile unsigned *)&shared->starts < n ||
	    *(volatile pid_t *)&shared->engine.pid == 0) {
		ck_assert_msg(now_ms() < until, "%u starts", shared->starts);
		(void)poll(NULL, 0, 2);
	}
}

/* Whoever of the two dies, both are new. */
START_TEST(child_killed)
{
	pid_t pid = start_ready(&demo), signer = shared->signer.pid,
	    engine = shared->engine.pid;

	shared->engine.pid = 0;
	ck_assert_int_eq(kill(_i == 0 ? signer : engine, SIGKILL), 0);
	wait_starts(2);
	ck_assert_int_ne(shared->signer.pid, signer);
	ck_assert_int_ne(shared->engine.pid, engine);
	ck_assert(shared->served);
	ck_assert_int_eq(kill(signer, 0), -1);
	ck_assert_int_eq(kill(engine, 0), -1);
	ck_assert_int_eq(daemon_pid(), pid);
	stop(pid);
	ck_assert(shared->drained);
	expect_log(_i == 0 ? " proc.died role=\"signer\" why=\"signal 9\"" :
	    " proc.died role=\"engine\" why=\"signal 9\"");
}
END_TEST

START_TEST(writer_killed)
{
	pid_t pid = start_ready(&with_writer), helper = shared->writer.pid,
	    signer = shared->signer.pid;

	shared->engine.pid = 0;
	ck_assert_int_eq(kill(helper, SIGKILL), 0);
	wait_starts(2);
	ck_assert_int_ne(shared->writer.pid, helper);
	ck_assert_int_ne(shared->signer.pid, signer);
	stop(pid);
	ck_assert(shared->drained);
	expect_log(" proc.died role=\"writer\" why=\"signal 9\"");
}
END_TEST

/* The keeper outlives the others; when it dies, all are new. */
START_TEST(keeper_stays)
{
	pid_t pid = start_ready(&demo), keeper = shared->keeper.pid,
	    engine = shared->engine.pid;

	shared->engine.pid = 0;
	ck_assert_int_eq(kill(engine, SIGKILL), 0);
	wait_starts(2);
	ck_assert_int_eq(shared->keeper.pid, keeper);
	engine = shared->engine.pid;
	shared->engine.pid = 0;
	ck_assert_int_eq(kill(keeper, SIGKILL), 0);
	wait_starts(3);
	ck_assert_int_ne(shared->keeper.pid, keeper);
	ck_assert_int_ne(shared->engine.pid, engine);
	expect_log(" proc.died role=\"keeper\" why=\"signal 9\"");
	stop(pid);
	ck_assert(shared->kept_to_the_end);
}
END_TEST

static void
wait_value(const _Atomic unsigned *v, unsigned value)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (*v != value && now_ms() < until)
		(void)poll(NULL, 0, 5);
	ck_assert_uint_eq(*v, value);
}

/* What becomes of it is nobody else's business. */
START_TEST(monitor)
{
	pid_t pid = start_ready(&monitored), engine = shared->engine.pid;
	pid_t first;

	wait_value(&shared->monitors, 1);
	ck_assert(shared->monitor_cwd && shared->monitor_wrote);
	ck_assert(!shared->monitor.dumpable && !shared->monitor.root_back);
	ck_assert(shared->monitor.no_new_privs);
	first = shared->monitor.pid;
	shared->monitor_ends = true;
	wait_value(&shared->monitors, 2);
	ck_assert_int_ne(shared->monitor.pid, first);
	ck_assert_int_eq(kill(shared->monitor.pid, SIGKILL), 0);
	await_log(" proc.died role=\"monitor\" why=\"signal 9\"");
	ck_assert_int_eq(shared->engine.pid, engine);
	ck_assert_int_eq(kill(engine, 0), 0);
	ck_assert_uint_eq(shared->starts, 1);
	stop(pid);
}
END_TEST

/* One that cannot begin keeps nobody from serving. */
START_TEST(monitor_refuses)
{
	pid_t pid;

	shared->trouble = WRITER_REFUSES;
	pid = start_ready(&monitored);
	await_log(" proc.failed role=\"monitor\" code=\"io\" "
	    "why=\"read-only disk: remount it\"");
	ck_assert_uint_eq(shared->starts, 1);
	stop(pid);
}
END_TEST

START_TEST(told)
{
	pid_t pid = start_ready(&talking);

	shared->say = 1;
	wait_value(&shared->heard, 1);
	wait_value(&shared->again, 3);	/* called again as long as it asks */
	shared->say = 2;
	wait_value(&shared->heard, 2);
	/* The channels are new with each engine and keeper. */
	ck_assert_int_eq(kill(shared->engine.pid, SIGKILL), 0);
	wait_value(&shared->starts, 2);
	shared->say = 3;
	wait_value(&shared->heard, 3);
	ck_assert_int_eq(kill(shared->keeper.pid, SIGKILL), 0);
	wait_value(&shared->starts, 3);
	shared->say = 4;
	wait_value(&shared->heard, 4);
	ck_assert_uint_eq(shared->no_channel, 0);
	stop(pid);
}
END_TEST

/* What could not be told is inherited by the next engine. */
START_TEST(told_in_vain)
{
	pid_t pid = start_ready(&talking), engine = shared->engine.pid,
	    keeper = shared->keeper.pid;

	shared->told_fails = true;
	shared->say = 1;
	wait_value(&shared->starts, 2);
	ck_assert_int_ne(shared->engine.pid, engine);
	ck_assert_int_eq(shared->keeper.pid, keeper);
	expect_log(" proc.told code=\"io\" why=\"the engine does not hear\"");
	shared->say = 2;
	wait_value(&shared->heard, 2);
	stop(pid);
}
END_TEST

START_TEST(dies_again_and_again)
{
	const char *const args[] = { "--foreground", "--state", state, NULL };
	struct started s;

	shared->trouble = ENGINE_DIES_LATER;
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_uint_eq(shared->starts, PROC_RESTARTS + 1);
	ck_assert_uint_eq(shared->finished, 1);
	ck_assert_msg(strstr(s.said, "more than 5 times in a minute") != NULL,
	    "%s", s.said);
}
END_TEST

START_TEST(parent_killed)
{
	pid_t pid = start_ready(&demo);

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(wait_exit(pid), 256 + SIGKILL);
	/* Killed with it, or told to stop a moment before that. */
	(void)wait_exit(shared->keeper.pid);
	(void)wait_exit(shared->signer.pid);
	(void)wait_exit(shared->engine.pid);
	ck_assert_int_eq(daemon_pid(), 0);
}
END_TEST

/* Only the parent listens to signals. */
START_TEST(children_ignore_signals)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	pid_t pid = start_ready(&demo);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ck_assert_int_eq(kill(shared->signer.pid, all[i]), 0);
		ck_assert_int_eq(kill(shared->engine.pid, all[i]), 0);
	}
	ck_assert_int_eq(kill(pid, SIGHUP), 0);		/* nor has that any */
	stop(pid);
	ck_assert(shared->drained);
	ck_assert_uint_eq(shared->starts, 1);
}
END_TEST

/* A drain that does not end is cut by a second signal. */
START_TEST(drain_cut)
{
	const char *const args[] = { "--foreground", "--state", state, NULL };
	struct started s;
	int64_t begin;

	shared->trouble = ENGINE_HANGS;
	start(&s, &demo, args);
	hear_until(&s, " proc.ready ");
	begin = now_ms();
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	hear_until(&s, " proc.stopping");
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_int_lt(now_ms() - begin, PROC_DRAIN_MS);
	ck_assert_msg(strstr(s.said, " proc.drain_cut role=\"engine\"") !=
	    NULL, "%s", s.said);
	ck_assert(!shared->drained);
}
END_TEST

/* Told to stop while it starts: no failure of the daemon, but not ready. */
START_TEST(stopped_before_ready)
{
	const char *const args[] = { "--state", state,
	    _i == 0 ? "--foreground" : NULL, NULL };
	struct started s;

	shared->trouble = ENGINE_NEVER_READY;
	start(&s, &demo, args);
	wait_starts(1);
	ck_assert_int_eq(kill(daemon_pid(), SIGTERM), 0);
	ck_assert_int_eq(finish(&s), _i == 0 ? 0 : 1);
	if (_i == 1)
		ck_assert_str_eq(s.said, "demo: cannot start: stopped by a "
		    "signal before it was ready\n");
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	ck_assert_int_eq(daemon_pid(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("proc_death");
	TCase *tc = tcase_demo(s, "life");
	SRunner *sr;
	int failed;

	sr = srunner_create(s);
	tcase_add_test(tc, writer_killed);
	tc = tcase_demo(s, "death");
	tcase_add_loop_test(tc, child_killed, 0, 2);
	tcase_add_test(tc, keeper_stays);
	tcase_add_test(tc, monitor);
	tcase_add_test(tc, monitor_refuses);
	tcase_add_test(tc, told);
	tcase_add_test(tc, told_in_vain);
	tcase_add_test(tc, dies_again_and_again);
	tcase_add_test(tc, parent_killed);
	tcase_add_test(tc, children_ignore_signals);
	tcase_add_test(tc, drain_cut);
	tcase_add_loop_test(tc, stopped_before_ready, 0, 2);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
