/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Programs of the administrator's: what they are given, what they may say and
 * for how long, and that nothing of theirs stays.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/db_fixture.h"
#include "trust/exec_run.h"

#define OUT_MAX	4096

static char program[128];
static int dirfd_;

static void
set_up(void)
{
	dirfd_ = fix_folder();
	/* The program runs as the daemons' user. */
	ck_assert_int_eq(chmod(fix_path(), 0777), 0);
	(void)snprintf(program, sizeof(program), "%s/program", fix_path());
}

static void
tear_down(void)
{
	(void)close(dirfd_);
	fix_remove();
}

static void
write_program(const char *text)
{
	struct err e = { 0 };
	char *all = str_printf("#!/bin/sh\n%s", text);

	ck_assert_msg(file_replace(dirfd_, "program", 0755, all, strlen(all),
	    &e) == ERR_OK, "%s", e.msg);
	free(all);
}

static struct exec_job
job(const char *text)
{
	struct exec_job j = { .path = program, .in = "", .outmax = OUT_MAX,
	    .timeout_ms = 30000 };

	write_program(text);
	return j;
}

static struct exec_end
run(const struct exec_job *j)
{
	struct err e = { 0 };
	struct exec_end x;

	ck_assert_msg(exec_run(j, &x, &e) == ERR_OK, "%s", e.msg);
	return x;
}

static void
fails(const struct exec_job *j, int code, const char *say)
{
	struct err e = { 0 };
	struct exec_end x;

	ck_assert_msg(exec_run(j, &x, &e) == code && strstr(e.msg, say) !=
	    NULL, "%d: %s", e.code, e.msg);
	ck_assert_ptr_null(x.out);
}

/* --- what it is given --- */

START_TEST(environment)
{
	static const char *const env[] = { "DEVICE=a b", "KIND=", NULL };
	struct exec_job j = job("pwd; umask; env | grep -v '^_=\\|^PWD=' | "
	    "LC_ALL=C sort; echo \"$# $0\"; ls /proc/$$/fd | tr '\\n' ' '");
	struct exec_end x;

	ck_assert_int_eq(setenv("SECRET_OF_OURS", "x", 1), 0);
	j.env = env;
	x = run(&j);
	ck_assert_int_eq(x.status, 0);
	ck_assert_msg(str_starts((char *)x.out, "/\n0077\nDEVICE=a b\n"
	    "KIND=\nLANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\n0 /"),
	    "%s", (char *)x.out);
	ck_assert_ptr_null(strstr((char *)x.out, "SECRET"));
	/* 10 is the shell's, for its script. */
	ck_assert_msg(strstr((char *)x.out, "\n0 1 10 2 ") != NULL, "%s",
	    (char *)x.out);
	exec_end_clear(&x);
}
END_TEST

START_TEST(too_large_an_environment)
{
	const char *env[EXEC_ENV_MAX + 2] = { NULL };
	struct exec_job j = job("exit 0");
	struct exec_end x;

	for (size_t i = 0; i < EXEC_ENV_MAX; i++)
		env[i] = "A=1";
	j.env = env;
	x = run(&j);
	exec_end_clear(&x);
	env[EXEC_ENV_MAX] = "A=1";
	fails(&j, ERR_IO, "126");
}
END_TEST

START_TEST(input)
{
	char *big = malloc(1 << 20);
	struct exec_job j = job("wc -c");
	struct exec_end x;

	ck_assert_ptr_nonnull(big);
	memset(big, 'x', 1 << 20);
	j.in = big;
	j.inlen = 1 << 20;
	x = run(&j);
	ck_assert_str_eq((char *)x.out, "1048576\n");
	exec_end_clear(&x);
	/* Nobody need read it. */
	write_program("exit 3\n");
	x = run(&j);
	ck_assert_int_eq(x.status, 3);
	exec_end_clear(&x);
	free(big);
}
END_TEST

/* --- what it may say --- */

START_TEST(output)
{
	struct exec_job j = job("yes | head -c 100000; echo $? >&2\n"
	    "head -c 5000 /dev/zero; exit 4");
	struct exec_end x = run(&j);

	ck_assert_int_eq(x.status, 4);
	ck_assert_uint_eq(x.outlen, OUT_MAX);
	ck_assert_mem_eq(x.out, "y\ny\n", 4);
	ck_assert_int_eq(x.out[OUT_MAX], 0);
	exec_end_clear(&x);
	/* On standard error too: its first line, made visible. */
	j = job("printf 'a\\033b' >&2; yes z | tr -d '\\n' | "
	    "head -c 200000 >&2; exit 1");
	x = run(&j);
	ck_assert_int_eq(x.status, 1);
	ck_assert_msg(strncmp(x.why, "a\\x1bbzzz", 8) == 0, "%s", x.why);
	ck_assert_uint_lt(strlen(x.why), EXEC_WHY_MAX);
	exec_end_clear(&x);
	/* Text ends at a NUL. */
	j = job("printf 'ab\\000cd'");
	x = run(&j);
	ck_assert_uint_eq(x.outlen, 2);
	exec_end_clear(&x);
	/* Nobody listens. */
	j = job("echo x; echo y >&2");
	j.outmax = 0;
	x = run(&j);
	ck_assert(x.status == 0 && x.out == NULL && x.why[0] == '\0');
	exec_end_clear(&x);
}
END_TEST

/* --- how it ends --- */

START_TEST(ends)
{
	static const int status[] = { 0, 1, 2, 75, 125, 128, 255 };
	struct exec_job j;
	struct exec_end x;
	char text[64];

	for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++) {
		(void)snprintf(text, sizeof(text), "exit %d\n", status[i]);
		j = job(text);
		x = run(&j);
		ck_assert_int_eq(x.status, status[i]);
		exec_end_clear(&x);
	}
	j = job("exit 126");
	fails(&j, ERR_IO, "126");
	j = job("exit 127");
	fails(&j, ERR_IO, "127");
	j = job("kill -SEGV $$");
	fails(&j, ERR_IO, "signal 11");
	j.path = "/nonexistent/program";
	fails(&j, ERR_IO, "127");
	j = job("exit 0");
	ck_assert_int_eq(chmod(program, 0600), 0);
	fails(&j, ERR_IO, "127");
}
END_TEST

static pid_t
read_pid(void)
{
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;
	pid_t pid;

	ck_assert_msg(file_read(dirfd_, "pid", 64, &buf, &len, &e) == ERR_OK,
	    "%s", e.msg);
	pid = (pid_t)strtol((char *)buf, NULL, 10);
	free(buf);
	ck_assert_int_gt(pid, 1);
	return pid;
}

/* Or a zombie that nobody waits for in this container. */
static bool
is_gone(pid_t pid)
{
	char path[64], state = '?';
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return true;
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = '?';
	(void)fclose(f);
	return state == 'Z' || state == 'X';
}

static void
expect_gone(pid_t pid)
{
	const struct timespec ms = { .tv_nsec = 1000 * 1000 };
	int64_t until = clock_mono_ms(clock_system()) + 20000;

	while (!is_gone(pid) && clock_mono_ms(clock_system()) < until)
		(void)nanosleep(&ms, NULL);
	ck_assert(is_gone(pid));
}

START_TEST(too_long)
{
	struct exec_job j = job("trap '' TERM INT HUP\n"
	    "sh -c 'trap \"\" TERM; sleep 1000' & echo $! > ${0%/*}/pid.new; "
	    "mv ${0%/*}/pid.new ${0%/*}/pid; wait");

	j.timeout_ms = 3000;
	fails(&j, ERR_TIMEOUT, "within 3 s");
	expect_gone(read_pid());
}
END_TEST

/* What it leaves behind ends with it. */
START_TEST(leaves_others)
{
	struct exec_job j = job("sleep 1000 & echo $! > ${0%/*}/pid; exit 0");
	struct exec_end x = run(&j);

	ck_assert_int_eq(x.status, 0);
	exec_end_clear(&x);
	expect_gone(read_pid());
}
END_TEST

static bool
stop(void *arg)
{
	(void)arg;
	return faccessat(dirfd_, "pid", F_OK, 0) == 0;
}

START_TEST(given_up)
{
	struct exec_job j = job("echo $$ > ${0%/*}/pid.new; "
	    "mv ${0%/*}/pid.new ${0%/*}/pid; exec sleep 1000");

	j.stop = stop;
	fails(&j, ERR_BUSY, "given up");
	expect_gone(read_pid());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("exec_run");
	TCase *t = tcase_create("exec_run");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, environment);
	tcase_add_test(t, too_large_an_environment);
	tcase_add_test(t, input);
	tcase_add_test(t, output);
	tcase_add_test(t, ends);
	tcase_add_test(t, too_long);
	tcase_add_test(t, leaves_others);
	tcase_add_test(t, given_up);
	suite_add_tcase(s, t);
	return fix_run(s);
}
