/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * capfd's writer and the engine's way to it (capfd/desk.h): many sessions in
 * one commit, questions that are none, and a writer that dies before its n-th
 * write, sync or truncate of either database.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "capfd/desk.h"
#include "capfd/writer.h"
#include "tests/capf_lab.h"
#include "tests/crash_vfs.h"

#define PATIENCE_MS	60000
#define MANY		300	/* more than fit into one commit */
#define OPS_MAX		500
#define INSTALL		"certificate-operation=install-upgrade"
/* The writer ends what has passed by the clock of the machine. */
#define NOW		clock_wall_s(clock_system())

static int channel[2], stop[2];
static struct desk *desk;
static struct desk_port *port;
static pthread_t thread;
static bool serving;
static int64_t patience_ms = DB_BUSY_MS;

static struct {
	unsigned	 n, go;
	int		 code;		/* of the last answer */
	uint32_t	 nr;
} got;

/* --- both sides --- */

static int
serve_now(void)
{
	struct err e = { 0 };
	struct writer *w = writer_over(&cl.ctx, &e);
	int ret = ERR_NOMEM;

	if (w != NULL) {
		writer_set_patience(w, patience_ms);
		ret = writer_serve(w, channel[1], stop[1], &e);
	}
	writer_close(w);
	return ret;
}

static void *
serve(void *arg)
{
	(void)arg;
	ck_assert_int_eq(serve_now(), ERR_OK);
	return NULL;
}

static void
serve_from_now_on(void)
{
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
	serving = true;
}

static void
sockets(void)
{
	log_set_level(LOG_ERR);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
	    0, channel), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    stop), 0);
}

/* A thread with it: after any fork. */
static void
open_desk(void)
{
	struct err e = { 0 };

	ck_assert_ptr_nonnull(desk = desk_start(channel[0], &e));
	ck_assert_ptr_nonnull(port = desk_port_new(desk, &e));
	memset(&got, 0, sizeof(got));
}

static void
no_channels(void)
{
	desk_port_free(port);
	desk_stop(desk);
	(void)close(channel[0]);
	(void)close(channel[1]);
	(void)close(stop[0]);
	(void)close(stop[1]);
}

static void
set_up(void)
{
	cl_open();
	sockets();
	open_desk();
	serving = false;
}

static void
tear_down(void)
{
	(void)shutdown(stop[0], SHUT_RDWR);
	if (serving)
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
	no_channels();
	cl_close();
}

static void
answered(void *arg, struct wire_answer *a)
{
	(void)arg;
	got.n++;
	got.go += a->code == ERR_OK && a->task.answer == CAPF_GO;
	got.code = a->code;
	got.nr = a->nr;
	wire_answer_clear(a);
}

/* Until n answers are there, or none will come. */
static bool
wait_for(unsigned n)
{
	struct pollfd p = { .fd = desk_port_fd(port), .events = POLLIN };
	int64_t until = clock_mono_ms(clock_system()) + PATIENCE_MS;

	while (got.n < n && !desk_is_broken(desk, NULL)) {
		ck_assert(clock_mono_ms(clock_system()) < until);
		(void)poll(&p, 1, 100);
		desk_port_take(port, answered, NULL);
	}
	return got.n >= n;
}

static void
ask(struct wire_ask *a)
{
	struct err e = { 0 };

	ck_assert_msg(desk_ask(port, a, &e) == ERR_OK, "%s", e.msg);
}

static struct wire_ask
begin_of(const char *phone, uint32_t session)
{
	struct wire_ask a = { .kind = WIRE_BEGIN, .hello = {
	    .session = session, .address = "192.0.2.7", .now = NOW } };

	(void)str_copy(a.hello.device, sizeof(a.hello.device), phone);
	return a;
}

static struct wire_ask
rest_of(enum wire_kind kind, const char *phone, uint32_t session,
    const struct cert *c)
{
	struct wire_ask a = { .kind = kind, .owner = cl_owner(phone),
	    .session = session, .now = NOW, .op = CAPF_OP_INSTALL,
	    .ok = true };

	a.der = cert_der(c, &a.derlen);
	return a;
}

/* The code of its answer; 1 when the writer went. */
static int
ask_one(struct wire_ask a)
{
	unsigned n = got.n;

	ask(&a);
	if (!wait_for(n + 1))
		return 1;
	ck_assert_uint_eq(got.nr, a.nr);
	return got.code;
}

static int
install(const char *phone, uint32_t session, const struct cert *c)
{
	int ret = ask_one(begin_of(phone, session));

	if (ret == ERR_OK)
		ret = ask_one(rest_of(WIRE_ISSUED, phone, session, c));
	if (ret == ERR_OK)
		ret = ask_one(rest_of(WIRE_END, phone, session, c));
	return ret;
}

static bool
is_current(const char *phone, const struct cert *c)
{
	struct capf_owner o = cl_owner(phone);
	struct row_device_cert d;
	struct err e = { 0 };
	uint8_t sha[32];
	int ret = row_device_cert_current(cl.db, &o, DEVICE_LSC, &d, &e);

	/* What cannot be read is not "none". */
	ck_assert_msg(ret == ERR_OK || ret == ERR_NOTFOUND, "%s", e.msg);
	cert_sha256(c, sha);
	return ret == ERR_OK && memcmp(sha, d.sha256, sizeof(sha)) == 0;
}

/* --- tests --- */

START_TEST(one_session)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, INSTALL, NOW);
	serve_from_now_on();
	ck_assert_int_eq(install(CL_A, 1, c), ERR_OK);
	ck_assert(is_current(CL_A, c));
	cert_free(c);
}
END_TEST

/* All there before the writer looks: each is answered, once. */
START_TEST(many_at_once)
{
	char name[32];

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012X", i);
		cl_phone(name, INSTALL, NOW);
	}
	for (int i = 0; i < MANY; i++) {
		struct wire_ask a;

		(void)snprintf(name, sizeof(name), "SEP%012X", i);
		a = begin_of(name, (uint32_t)i + 1);
		ask(&a);
	}
	serve_from_now_on();
	ck_assert(wait_for(MANY));
	ck_assert_uint_eq(got.n, MANY);
	ck_assert_uint_eq(got.go, MANY);
}
END_TEST

/* A phone that begins does not wait for the disk with one that has stored; what
 * the same phone asks next comes behind all the same. */
START_TEST(end_and_begin)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	struct wire_ask end = rest_of(WIRE_END, CL_A, 1, c);
	struct wire_ask begin = begin_of(_i == 0 ? CL_B : CL_A, 2);

	cl_phone(CL_A, INSTALL, NOW);
	cl_phone(CL_B, INSTALL, NOW);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_OK);
	ask(&end);
	ask(&begin);
	serve_from_now_on();
	ck_assert(wait_for(2));
	ck_assert_uint_eq(got.nr, _i == 0 ? end.nr : begin.nr);
	ck_assert_int_eq(got.code, ERR_OK);
	/* The answer to an end has no task, which counts as one. */
	ck_assert_uint_eq(got.go, _i == 0 ? 2 : 1);
	ck_assert(is_current(CL_A, c));
	cert_free(c);
}
END_TEST

/* One that fails undoes nothing of those beside it. */
START_TEST(one_fails)
{
	struct cert *a = cl_cert(CL_A, 1, NULL, 0);
	struct cert *b = cl_cert(CL_B, 2, NULL, 0);
	struct wire_ask end[2];

	cl_phone(CL_A, INSTALL, NOW);
	cl_phone(CL_B, INSTALL, NOW);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, a, NOW), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_B, 2, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_B, 2, b, NOW), ERR_OK);
	end[0] = rest_of(WIRE_END, CL_A, 99, a);	/* not its session */
	end[1] = rest_of(WIRE_END, CL_B, 2, b);
	ask(&end[0]);
	ask(&end[1]);
	serve_from_now_on();
	ck_assert(wait_for(2));
	ck_assert_int_eq(got.code, ERR_OK);
	ck_assert(!is_current(CL_A, a));
	ck_assert(is_current(CL_B, b));
	ck_assert_int_eq(ask_one(rest_of(WIRE_END, CL_A, 1, a)), ERR_OK);
	ck_assert(is_current(CL_A, a));
	cert_free(a);
	cert_free(b);
}
END_TEST

/* Replayed as a whole, a group counts each of its questions once. */
START_TEST(wrong_strings_at_once)
{
	struct wire_ask a;

	cl_phone(CL_A, INSTALL " authentication-mode=by-authentication-string "
	    "authentication-string=4711", NOW);
	for (uint32_t i = 0; i < CAPF_WRONG_MAX + 3; i++) {
		a = begin_of(CL_A, i + 1);
		(void)str_copy(a.hello.string, sizeof(a.hello.string), "1234");
		ask(&a);
	}
	serve_from_now_on();
	ck_assert(wait_for(CAPF_WRONG_MAX + 3));
	ck_assert_int_eq(fix_i64(cl.observed, "SELECT wrong FROM "
	    "capf_progress"), CAPF_WRONG_MAX);
	ck_assert_int_eq(fix_i64(cl.observed, "SELECT unproved FROM "
	    "capf_progress"), CAPF_WRONG_MAX + 3);
}
END_TEST

/* An engine that has gone bad is answered nothing, and harms nobody. */
START_TEST(no_questions)
{
	static uint8_t junk[WIRE_MAX + 100];
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	memset(junk, 0xff, sizeof(junk));
	cl_phone(CL_A, INSTALL, NOW);
	serve_from_now_on();
	for (size_t n = 1; n < sizeof(junk); n = n * 3 + 1)
		ck_assert_int_eq(send(channel[0], junk, n, 0), (ssize_t)n);
	ck_assert_int_eq(send(channel[0], junk, sizeof(junk), 0),
	    (ssize_t)sizeof(junk));
	ck_assert_int_eq(install(CL_A, 1, c), ERR_OK);
	ck_assert_uint_eq(got.n, 3);
	cert_free(c);
}
END_TEST

/* Nobody answers any more: who asks is told, and waits for nothing. */
START_TEST(writer_goes)
{
	struct wire_ask a = begin_of(CL_A, 1);
	struct err e = { 0 };

	ask(&a);
	(void)shutdown(channel[1], SHUT_RDWR);
	ck_assert(!wait_for(1));
	ck_assert(desk_is_broken(desk, &e));
	ck_assert_int_eq(desk_ask(port, &a, &e), ERR_UNREACHABLE);
}
END_TEST

/* More than the socket takes goes by and by, up to a bound. */
START_TEST(too_many_questions)
{
	struct wire_ask a;
	struct err e = { 0 };
	unsigned n = 0;
	int ret;

	do {
		a = begin_of("SEP0000000000FF", 1);
		ret = desk_ask(port, &a, &e);
		n += ret == ERR_OK;
	} while (ret == ERR_OK);
	ck_assert_int_eq(ret, ERR_LIMIT);
	ck_assert_uint_eq(n, DESK_ASKS_MAX);
	serve_from_now_on();
	ck_assert(wait_for(n));
	ck_assert_uint_eq(got.n, n);
	ck_assert_int_eq(desk_ask(port, &a, &e), ERR_OK);
}
END_TEST

/* --- a database that another process is writing --- */

static struct {
	pid_t	pid;
	int	ready[2], go[2];
} holder;

/* Until its other end is closed. */
static int
hold(struct db *db, void *arg, struct err *e)
{
	char c = 'r';

	(void)db;
	(void)arg;
	(void)e;
	return write(holder.ready[1], &c, 1) == 1 &&
	    read(holder.go[0], &c, 1) == 0 ? ERR_REFUSED : ERR_IO;
}

static void
fork_holder(bool main_db)
{
	char c;

	ck_assert(pipe(holder.ready) == 0 && pipe(holder.go) == 0);
	cl_shut();
	ck_assert_int_ge(holder.pid = fork(), 0);
	if (holder.pid == 0) {
		(void)close(holder.go[1]);
		cl_reopen();
		(void)db_tx(main_db ? cl.db : cl.observed, hold, NULL, NULL);
		_exit(0);
	}
	cl_reopen();
	ck_assert(close(holder.ready[1]) == 0 && close(holder.go[0]) == 0);
	ck_assert_int_eq(read(holder.ready[0], &c, 1), 1);
	ck_assert_int_eq(close(holder.ready[0]), 0);
}

static void
let_go(void)
{
	ck_assert_int_eq(close(holder.go[1]), 0);
	ck_assert_int_eq(waitpid(holder.pid, NULL, 0), holder.pid);
}

/* Phones A and B, A's certificate sent to it; then the database is taken. */
static struct cert *
set_up_held(bool main_db)
{
	struct cert *c;

	cl_open();
	c = cl_cert(CL_A, 1, NULL, 0);
	cl_phone(CL_A, INSTALL, NOW);
	cl_phone(CL_B, INSTALL, NOW);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_OK);
	sockets();
	fork_holder(main_db);
	open_desk();
	serving = false;
	return c;
}

/* A question of any other kind is answered; that the phone has stored its
 * certificate is not given up, however long it takes. */
START_TEST(stored_is_not_lost)
{
	struct cert *c = set_up_held(_i == 0);
	struct wire_ask end = rest_of(WIRE_END, CL_A, 1, c);
	struct wire_ask begin = begin_of(CL_B, 2);

	patience_ms = 50;
	ask(&end);
	serve_from_now_on();
	for (unsigned n = 1; n <= 3; n++) {
		ask(&begin);
		ck_assert(wait_for(n));
		ck_assert_uint_eq(got.nr, begin.nr);
		ck_assert_int_eq(got.code, ERR_UNREACHABLE);
	}
	let_go();
	ck_assert(wait_for(4));
	ck_assert_uint_eq(got.nr, end.nr);
	ck_assert_int_eq(got.code, ERR_OK);
	ck_assert_int_eq(ask_one(begin), ERR_OK);
	ck_assert(is_current(CL_A, c));
	cert_free(c);
	tear_down();
}
END_TEST

/* It comes before what the same phone asks later. */
START_TEST(held_in_order)
{
	struct cert *c = set_up_held(true);
	struct wire_ask end = rest_of(WIRE_END, CL_A, 1, c);
	struct wire_ask begin = begin_of(CL_A, 2);
	struct wire_ask other = begin_of(CL_B, 3);

	patience_ms = 50;
	ask(&end);
	ask(&other);
	serve_from_now_on();
	ck_assert(wait_for(1));
	ask(&begin);
	let_go();
	ck_assert(wait_for(3));
	ck_assert_uint_eq(got.nr, begin.nr);
	/* There was nothing to do, or its patience was over: the one answer
	 * without another task is that to the end. */
	ck_assert_uint_eq(got.go, 1);
	ck_assert(is_current(CL_A, c));
	cert_free(c);
	tear_down();
}
END_TEST

/* A stop waits for nobody. */
START_TEST(stop_while_held)
{
	struct cert *c = set_up_held(_i == 0);
	struct wire_ask end = rest_of(WIRE_END, CL_A, 1, c);

	patience_ms = INT64_MAX / 2;
	ask(&end);
	serve_from_now_on();
	(void)shutdown(stop[0], SHUT_RDWR);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	serving = false;
	let_go();
	ck_assert(!is_current(CL_A, c));
	/* The phone comes again. */
	cl_install(CL_A, 2, c, NOW + 1);
	ck_assert(is_current(CL_A, c));
	cert_free(c);
	tear_down();
}
END_TEST

/* What has come before the stop is done. */
START_TEST(stop_with_questions)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	struct wire_ask end = rest_of(WIRE_END, CL_A, 1, c);

	cl_phone(CL_A, INSTALL, NOW);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_OK);
	ask(&end);
	(void)shutdown(stop[0], SHUT_RDWR);
	ck_assert_int_eq(serve_now(), ERR_OK);
	ck_assert(is_current(CL_A, c));
	cert_free(c);
}
END_TEST

/* --- crashes --- */

/* The writer in a process that dies before operation n of the disk; true when
 * it lived through the session.  *told: its end was acknowledged. */
static bool
one_crash(long n, const struct cert *c, bool *told)
{
	int status;
	pid_t pid;

	sockets();
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		(void)close(channel[0]);
		(void)close(stop[0]);
		cl_reopen();
		crash_vfs_arm(CRASH_KILL, n);
		_exit(serve_now() == ERR_OK ? 0 : 1);
	}
	(void)close(channel[1]);
	channel[1] = dup(stop[0]);	/* something to close */
	open_desk();
	*told = install(CL_A, 1, c) == ERR_OK;
	(void)shutdown(stop[0], SHUT_RDWR);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	no_channels();
	ck_assert_msg((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == 0),
	    "operation %ld: status %x", n, (unsigned)status);
	return WIFEXITED(status);
}

START_TEST(crashes)
{
	struct cert *first, *second;
	bool through = false, told, stored;
	long n;

	crash_vfs_use();
	for (n = 1; !through && n < OPS_MAX; n++) {
		crash_vfs_arm(CRASH_NOT, 0);
		cl_open();
		first = cl_cert(CL_A, 1, NULL, 0);
		second = cl_cert(CL_A, 2, NULL, 0);
		cl_phone(CL_A, INSTALL, NOW);
		cl_shut();
		through = one_crash(n, first, &told);
		cl_reopen();
		stored = is_current(CL_A, first);
		/* Told means stored; a death before the answer leaves either,
		 * and never a part of it. */
		ck_assert_msg(stored || !told, "operation %ld", n);
		ck_assert_msg(cl_is_set(CL_A, SETTING_CERT_OPERATION) ==
		    !stored, "operation %ld: %s", n, stored ? "stored, and "
		    "still pending" : "neither stored nor pending");
		if (stored)
			cl_phone(CL_A, INSTALL, NOW);
		cl_install(CL_A, 2, second, NOW + 1);
		ck_assert(is_current(CL_A, second));
		cert_free(first);
		cert_free(second);
		cl_close();
	}
	ck_assert_msg(through, "never got through");
	ck_assert_msg(n > 15, "only %ld operations seen", n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_writer");
	TCase *t = tcase_create("writer"), *c = tcase_create("crash");
	TCase *h = tcase_create("held");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, one_session);
	tcase_add_test(t, many_at_once);
	tcase_add_loop_test(t, end_and_begin, 0, 2);
	tcase_add_test(t, one_fails);
	tcase_add_test(t, wrong_strings_at_once);
	tcase_add_test(t, no_questions);
	tcase_add_test(t, writer_goes);
	tcase_add_test(t, too_many_questions);
	tcase_add_test(t, stop_with_questions);
	suite_add_tcase(s, t);
	tcase_set_timeout(h, 120);
	tcase_add_checked_fixture(h, NULL, fix_remove);
	tcase_add_loop_test(h, stored_is_not_lost, 0, 2);
	tcase_add_test(h, held_in_order);
	tcase_add_loop_test(h, stop_while_held, 0, 2);
	suite_add_tcase(s, h);
	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, NULL, fix_remove);
	tcase_add_test(c, crashes);
	suite_add_tcase(s, c);
	return fix_run(s);
}
