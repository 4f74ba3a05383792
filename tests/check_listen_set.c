/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sockets that are opened and closed while a daemon runs.  One set is the
 * parent's, a second one the engine's.  Each process of these tests has an
 * address of its own among the loopback ones, so ports are free.
 */
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/trust_cluster.h"
#include "trust/listen_part.h"

#define LOOPS	2
#define TURNS	8	/* of retries, more than enough */

static const struct listen_kind kinds[] = {
	{ PORT_TFTP, 65536 }, { PORT_HTTP, 0 }, { PORT_HTTPS, 0 },
};

static char dir[64], here[2][NET_ADDR_TEXT];
static struct proc p;
static int enginefd;
static struct listen_set *parent, *engine;
static struct listen_plan plan;
static int64_t again;

static void
set_up(void)
{
	int sv[2], pid = getpid();

	log_init("check", LOG_ERR, LOG_TEXT);
	for (int i = 0; i < 2; i++)
		(void)snprintf(here[i], sizeof(here[i]), "127.%d.%d.%d",
		    100 + i, pid >> 8 & 255, 1 + pid % 254);
	(void)snprintf(dir, sizeof(dir), "/tmp/check_listen_set.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	p = (struct proc){ .statefd = open(dir, O_RDONLY | O_CLOEXEC) };
	ck_assert_int_eq(mkdirat(p.statefd, "run", 0700), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
	    0, sv), 0);
	p.enginefd = sv[0];
	enginefd = sv[1];
	parent = listen_set_new("demo", kinds, 3, LOOPS, NULL);
	engine = listen_set_new("demo", kinds, 3, LOOPS, NULL);
	ck_assert(parent != NULL && engine != NULL);
	memset(&plan, 0, sizeof(plan));
}

static void
tear_down(void)
{
	listen_set_finish(parent, p.statefd);
	listen_set_free(parent);
	listen_set_free(engine);
	(void)close(p.enginefd);
	(void)close(enginefd);
	(void)close(p.statefd);
	tc_remove_folder(dir);
}

static void
want(enum node_port kind, const char *ip, uint16_t port)
{
	struct listen_place *at = &plan.at[plan.n++];

	at->kind = kind;
	at->port = port;
	(void)snprintf(at->ip, sizeof(at->ip), "%s", ip);
}

/* What the engine's main thread does. */
static void
engine_hears(void)
{
	struct pollfd pfd = { .fd = enginefd, .events = POLLIN };

	while (poll(&pfd, 1, 0) == 1)
		ck_assert(listen_set_take(engine, enginefd));
}

static void
told(const void *msg, size_t len)
{
	struct err e = { 0 };

	ck_assert_msg(listen_set_told(parent, &p, msg, len, &again, &e) ==
	    ERR_OK, "%s", e.msg);
	engine_hears();
}

static void
tell(void)
{
	told(&plan, sizeof(plan));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* "http 6970 open, ..." in order of the text, addresses as a or b. */
static const char *
rows(void)
{
	static char text[LISTEN_ROWS_MAX * 130];
	char line[LISTEN_ROWS_MAX][128];
	struct listen_row *r;
	struct err e = { 0 };
	size_t n;

	ck_assert_msg(listen_rows_read(p.statefd, "demo", &r, &n, &e) ==
	    ERR_OK, "%s", e.msg);
	for (size_t i = 0; i < n; i++)
		(void)snprintf(line[i], sizeof(line[i]), "%s %s %u %s",
		    node_port_name[r[i].place.kind],
		    strcmp(r[i].place.ip, here[0]) == 0 ? "a" :
		    strcmp(r[i].place.ip, here[1]) == 0 ? "b" :
		    r[i].place.ip, r[i].place.port,
		    listen_state_name[r[i].state]);
	qsort(line, n, sizeof(line[0]), by_text);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		(void)strcat(strcat(text, i > 0 ? ", " : ""), line[i]);
	free(r);
	return text;
}

/* A socket of somebody else, who would not share it. */
static int
stranger(const char *ip, uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct net_addr a;

	ck_assert_int_eq(net_addr_parse(&a, ip, port, NULL), ERR_OK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a.ss, a.len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

/* Whether anybody takes a connection there. */
static bool
answers(const char *ip, uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct net_addr a;
	bool yes;

	ck_assert_int_eq(net_addr_parse(&a, ip, port, NULL), ERR_OK);
	yes = connect(fd, (struct sockaddr *)&a.ss, a.len) == 0;
	(void)close(fd);
	return yes;
}

/* Both sides know the same. */
static void
same(void)
{
	ck_assert_uint_eq(parent->n, engine->n);
	for (size_t i = 0; i < parent->n; i++)
		ck_assert_uint_eq(parent->sock[i]->id, engine->sock[i]->id);
}

START_TEST(another_port)
{
	want(PORT_TFTP, here[0], 6069);
	want(PORT_HTTP, here[0], 6970);
	tell();
	ck_assert_str_eq(rows(), "http a 6970 open, tftp a 6069 open");
	ck_assert_int_eq(again, -1);
	ck_assert(answers(here[0], 6970));
	same();
	tell();				/* once more: nothing to do */
	ck_assert_uint_eq(parent->last_id, 2);

	plan.at[1].port = 8080;
	tell();
	ck_assert_str_eq(rows(), "http a 8080 open, tftp a 6069 open");
	ck_assert_int_eq(again, -1);
	ck_assert(answers(here[0], 8080));
	ck_assert(!answers(here[0], 6970));
	ck_assert_uint_eq(parent->last_id, 3);	/* the other one stayed */
	same();
}
END_TEST

START_TEST(taken)
{
	int fd = stranger(here[0], 8080);

	want(PORT_HTTP, here[0], 6970);
	tell();
	plan.at[0].port = 8080;
	tell();
	ck_assert_str_eq(rows(), "http a 6970 kept, http a 8080 failed");
	ck_assert_int_eq(again, LISTEN_RETRY_MS);
	ck_assert_msg(strstr(parent->missing[0].why, "set param http.port") !=
	    NULL, "%s", parent->missing[0].why);
	ck_assert(answers(here[0], 6970));
	told(NULL, 0);			/* still taken */
	ck_assert_int_eq(again, LISTEN_RETRY_MS);
	(void)close(fd);
	told(NULL, 0);
	ck_assert_str_eq(rows(), "http a 8080 open");
	ck_assert_int_eq(again, -1);
	ck_assert(!answers(here[0], 6970));
	same();
}
END_TEST

/* What can be had is served, and the old ones too until it is all. */
START_TEST(half_taken)
{
	int fd = stranger(here[1], 8080);

	want(PORT_HTTP, here[0], 6970);
	tell();
	plan.at[0].port = 8080;
	want(PORT_HTTP, here[1], 8080);
	tell();
	ck_assert_str_eq(rows(), "http a 6970 kept, http a 8080 open, "
	    "http b 8080 failed");
	/* Given up for another: what that change had brought goes at once. */
	plan.at[0].port = plan.at[1].port = 9090;
	tell();
	ck_assert_str_eq(rows(), "http a 9090 open, http b 9090 open");
	ck_assert(!answers(here[0], 6970));
	ck_assert(!answers(here[0], 8080));
	same();
	(void)close(fd);
}
END_TEST

START_TEST(given_up)
{
	int fd = stranger(here[1], 8080);

	want(PORT_HTTP, here[0], 6970);
	tell();
	plan.at[0].port = 8080;
	want(PORT_HTTP, here[1], 8080);
	tell();
	memset(&plan, 0, sizeof(plan));
	want(PORT_HTTP, here[0], 6970);		/* back */
	tell();
	ck_assert_str_eq(rows(), "http a 6970 open");
	ck_assert_int_eq(again, -1);
	same();
	(void)close(fd);
}
END_TEST

/* The same port on more addresses, and on fewer. */
START_TEST(same_port)
{
	uint32_t stays;

	want(PORT_TFTP, here[0], 6069);
	want(PORT_HTTP, here[0], 6970);
	tell();
	(void)strcpy(plan.at[0].ip, "0.0.0.0");
	(void)strcpy(plan.at[1].ip, "0.0.0.0");
	/* On every address the ports may be somebody's. */
	plan.at[0].port = plan.at[1].port = (uint16_t)(33000 +
	    getpid() % 5000);
	tell();
	if (again != -1)
		return;		/* they were */
	(void)strcpy(plan.at[0].ip, here[0]);
	(void)strcpy(plan.at[1].ip, here[0]);
	tell();
	ck_assert_int_eq(again, -1);
	ck_assert(answers(here[0], plan.at[1].port));
	ck_assert(!answers(here[1], plan.at[1].port));
	stays = parent->sock[0]->id;
	(void)strcpy(plan.at[0].ip, "0.0.0.0");
	(void)strcpy(plan.at[1].ip, "0.0.0.0");
	tell();
	ck_assert_int_eq(again, -1);
	ck_assert(answers(here[1], plan.at[1].port));
	/* What the new ones take in is left alone. */
	ck_assert_uint_eq(parent->n, 4);
	ck_assert_uint_eq(parent->sock[0]->id, stays);
	ck_assert_ptr_null(strstr(rows(), "kept"));
	(void)strcpy(plan.at[0].ip, here[0]);
	(void)strcpy(plan.at[1].ip, here[0]);
	tell();
	ck_assert_uint_eq(parent->n, 2);
	ck_assert_uint_eq(parent->sock[0]->id, stays);
	same();
}
END_TEST

/* One takes the port that another has just left. */
START_TEST(moves_up)
{
	want(PORT_HTTP, here[0], 6970);
	want(PORT_HTTPS, here[0], 6971);
	tell();
	plan.at[0].port = 6971;
	plan.at[1].port = 7971;
	tell();
	ck_assert_str_eq(rows(), "http a 6970 kept, http a 6971 failed, "
	    "https a 7971 open");
	told(NULL, 0);
	ck_assert_str_eq(rows(), "http a 6971 open, https a 7971 open");
	same();
}
END_TEST

START_TEST(crossed)
{
	want(PORT_HTTP, here[0], 6970);
	want(PORT_HTTPS, here[0], 6971);
	tell();
	plan.at[0].port = 6971;
	plan.at[1].port = 6970;
	tell();
	ck_assert_int_eq(again, LISTEN_RETRY_MS);
	for (int i = 0; again != -1 && i < TURNS; i++)
		told(NULL, 0);
	ck_assert_str_eq(rows(), "http a 6971 open, https a 6970 open");
	same();
}
END_TEST

/* A kept socket is not given to another kind as long as its own kind has no
 * other. */
START_TEST(kept_is_kept)
{
	int fd = stranger(here[0], 7971);

	want(PORT_HTTP, here[0], 6970);
	want(PORT_HTTPS, here[0], 6971);
	tell();
	plan.at[0].port = 6971;
	plan.at[1].port = 7971;
	for (int i = 0; i < TURNS; i++)
		tell();
	ck_assert_str_eq(rows(), "http a 6970 kept, http a 6971 failed, "
	    "https a 6971 kept, https a 7971 failed");
	(void)close(fd);
	for (int i = 0; again != -1 && i < TURNS; i++)
		told(NULL, 0);
	ck_assert_str_eq(rows(), "http a 6971 open, https a 7971 open");
}
END_TEST

/* Who serves on one has it until it lets go. */
START_TEST(held)
{
	struct listen_sock *socks[LISTEN_SOCKS_MAX];
	unsigned version;
	int fd;

	want(PORT_HTTP, here[0], 6970);
	tell();
	version = listen_set_version(engine);
	ck_assert_uint_eq(listen_set_hold(engine, socks), 1);
	fd = socks[0]->fds[1];
	plan.at[0].port = 6971;
	tell();
	ck_assert_uint_ne(listen_set_version(engine), version);
	ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert(answers(here[0], 6970));
	listen_sock_release(engine, socks[0]);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert(!answers(here[0], 6970));
}
END_TEST

/* An engine that is gone: an error, but the next one inherits all. */
START_TEST(engine_gone)
{
	struct err e = { 0 };

	(void)shutdown(enginefd, SHUT_RDWR);
	want(PORT_HTTP, here[0], 6970);
	ck_assert_int_eq(listen_set_told(parent, &p, &plan, sizeof(plan),
	    &again, &e), ERR_IO);
	ck_assert_str_eq(rows(), "http a 6970 open");
	ck_assert_uint_eq(parent->n, 1);
	ck_assert_int_eq(again, -1);
}
END_TEST

START_TEST(broken_messages)
{
	struct listen_order o = { .id = 7 };
	struct err e = { 0 };

	want(PORT_HTTP, here[0], 6970);
	ck_assert_int_eq(listen_set_told(parent, &p, &plan, 7, &again, &e),
	    ERR_PROTO);
	plan.n = LISTEN_PLACES_MAX + 1;
	ck_assert_int_eq(listen_set_told(parent, &p, &plan, sizeof(plan),
	    &again, &e), ERR_PROTO);
	ck_assert(listen_set_take(engine, enginefd));	/* nothing there */
	ck_assert_int_eq(send(p.enginefd, &o, 3, 0), 3);
	ck_assert(!listen_set_take(engine, enginefd));
	/* The end of one that it does not have. */
	ck_assert_int_eq(send(p.enginefd, &o, sizeof(o), 0), sizeof(o));
	ck_assert(!listen_set_take(engine, enginefd));
	(void)shutdown(p.enginefd, SHUT_RDWR);
	ck_assert(!listen_set_take(engine, enginefd));
}
END_TEST

/* --- from the database --- */

static int
tx_params(struct db *db, void *arg, struct err *e)
{
	static const enum param_id address[] = { PARAM_TFTP_ADDRESS,
	    PARAM_HTTP_ADDRESS, PARAM_HTTPS_ADDRESS };
	static const enum param_id port[] = { PARAM_TFTP_PORT,
	    PARAM_HTTP_PORT, PARAM_HTTPS_PORT };
	static const char *const number[] = { "6069", "6970", "6971" };
	bool changed;
	int ret = ERR_OK;

	(void)arg;
	for (int i = 0; i < 3 && ret == ERR_OK; i++)
		if ((ret = param_set(db, &param_table()[address[i]], "",
		    here[0], TC_NOW, &changed, e)) == ERR_OK)
			ret = param_set(db, &param_table()[port[i]], "",
			    number[i], TC_NOW, &changed, e);
	return ret;
}

static int
tx_port(struct db *db, void *arg, struct err *e)
{
	bool changed;

	return param_set(db, &param_table()[PARAM_HTTP_PORT], "", arg,
	    TC_NOW, &changed, e);
}

START_TEST(at_the_start)
{
	struct err e = { 0 };
	int fd;

	tc_done(tx_params, NULL);
	fd = stranger(here[0], 6970);
	ck_assert_int_eq(listen_set_open(parent, p.statefd, tc.db, "cm1",
	    &e), ERR_BUSY);
	ck_assert_msg(strstr(e.msg, "port 6970/tcp is taken") != NULL &&
	    strstr(e.msg, "set param http.port") != NULL, "%s", e.msg);
	(void)close(fd);
	listen_set_free(parent);
	parent = listen_set_new("demo", kinds, 3, LOOPS, NULL);
	ck_assert_msg(listen_set_open(parent, p.statefd, tc.db, "cm1", &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_str_eq(rows(), "http a 6970 open, https a 6971 open, "
	    "tftp a 6069 open");
}
END_TEST

/* The keeper speaks when something has changed, and only then. */
START_TEST(keeper)
{
	struct listen_watch w = { .node = "cm1", .kinds = kinds,
	    .nkinds = 3 };
	struct listen_plan got;
	char port[] = "7777";
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
	    0, sv), 0);
	w.parentfd = sv[0];
	tc_done(tx_params, NULL);
	ck_assert(listen_watch_look(&w, tc.db));
	ck_assert_int_eq(recv(sv[1], &got, sizeof(got), MSG_DONTWAIT),
	    sizeof(got));
	ck_assert_uint_eq(got.n, 3);
	ck_assert_uint_eq(got.at[1].port, 6970);
	ck_assert(listen_watch_look(&w, tc.db));
	ck_assert_int_eq(recv(sv[1], &got, sizeof(got), MSG_DONTWAIT), -1);
	tc_done(tx_port, port);
	ck_assert(listen_watch_look(&w, tc.db));
	ck_assert_int_eq(recv(sv[1], &got, sizeof(got), MSG_DONTWAIT),
	    sizeof(got));
	ck_assert_uint_eq(got.at[1].port, 7777);
	(void)strcpy(port, "7778");
	tc_done(tx_port, port);
	(void)close(sv[1]);
	ck_assert(!listen_watch_look(&w, tc.db));	/* told nobody */
	(void)close(sv[0]);
}
END_TEST

/* --- the file --- */

static const struct {
	const char	*text;
	int		 n;		/* -1: refused */
} files[] = {
	{ "", 0 },
	{ "open\thttp\t::\t6970\t\n", 1 },
	{ "open\thttp\t::\t6970\t\nfailed\ttftp\t::\t69\ttaken, so\n", 2 },
	{ "open\thttp\t::\t6970\n", -1 },		/* a word less */
	{ "open\thttp\t::\t6970\t\t\n", -1 },		/* and more */
	{ "open\thttp\t::\t6970\t", -1 },		/* cut */
	{ "open\tftp\t::\t6970\t\n", -1 },
	{ "shut\thttp\t::\t6970\t\n", -1 },
	{ "open\thttp\t::\t0\t\n", -1 },
	{ "open\thttp\t::\t65536\t\n", -1 },
	{ "open\thttp\t0123456789012345678901234567890123456789012345678901234"
	    "567890123456789\t1\t\n", -1 },
	{ "\n", -1 },
};

START_TEST(file)
{
	static struct listen_row r[LISTEN_ROWS_MAX];
	struct err e = { 0 };
	size_t n;
	int ret = listen_rows_parse(files[_i].text, r, &n, &e);

	ck_assert_int_eq(ret, files[_i].n == -1 ? ERR_PROTO : ERR_OK);
	if (ret == ERR_OK)
		ck_assert_uint_eq(n, (size_t)files[_i].n);
}
END_TEST

START_TEST(file_too_long)
{
	static struct listen_row r[LISTEN_ROWS_MAX];
	static char text[(LISTEN_ROWS_MAX + 1) * 16 + 1];
	size_t n;

	for (int i = 0; i <= LISTEN_ROWS_MAX; i++)
		(void)strcat(text, "open\thttp\t::\t1\t\n");
	ck_assert_int_eq(listen_rows_parse(text, r, &n, NULL), ERR_PROTO);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listen_set");
	TCase *tc_set = tcase_create("set");
	TCase *tc_db = tcase_create("db");
	TCase *tc_file = tcase_create("file");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc_set, set_up, tear_down);
	tcase_add_test(tc_set, another_port);
	tcase_add_test(tc_set, taken);
	tcase_add_test(tc_set, half_taken);
	tcase_add_test(tc_set, given_up);
	tcase_add_test(tc_set, same_port);
	tcase_add_test(tc_set, moves_up);
	tcase_add_test(tc_set, crossed);
	tcase_add_test(tc_set, kept_is_kept);
	tcase_add_test(tc_set, held);
	tcase_add_test(tc_set, engine_gone);
	tcase_add_test(tc_set, broken_messages);
	suite_add_tcase(s, tc_set);
	tcase_set_timeout(tc_db, 120);
	tcase_add_unchecked_fixture(tc_db, tc_make, tc_free);
	tcase_add_checked_fixture(tc_db, tc_open, tc_close);
	tcase_add_checked_fixture(tc_db, set_up, tear_down);
	tcase_add_test(tc_db, at_the_start);
	tcase_add_test(tc_db, keeper);
	suite_add_tcase(s, tc_db);
	tcase_add_loop_test(tc_file, file, 0,
	    (int)(sizeof(files) / sizeof(files[0])));
	tcase_add_test(tc_file, file_too_long);
	suite_add_tcase(s, tc_file);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
