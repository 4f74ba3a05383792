/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where tftpd listens, how loops share bounds, who keeps databases open.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/observed.h"
#include "tftpd/tftpd.h"
#include "tftpd/tuning.h"

static const struct {
	const char	*names;		/* separated by blanks; DNS: not IP */
	bool		 ip6;
	const char	*want;
} places[] = {
	{ "127.0.0.1", true, "127.0.0.1 ::1" },
	{ "127.0.0.1", false, "127.0.0.1" },
	{ "127.0.0.5 127.0.0.1 localhost", true, "127.0.0.1 ::1 127.0.0.5" },
	{ "::1", true, "127.0.0.1 ::1" },
	{ "192.0.2.10", true, "::" },
	{ "192.0.2.10", false, "0.0.0.0" },
	{ "127.0.0.1 192.0.2.10", true, "::" },
	{ "2001:db8::1 cm1.example.org", true, "::" },
};

START_TEST(addresses)
{
	struct row_node_name names[8] = { 0 };
	struct net_addr addrs[TFTPD_ADDRS_MAX], a;
	char all[128], got[256] = "", text[NET_ADDR_TEXT];
	size_t n = 0;

	(void)snprintf(all, sizeof(all), "%s", places[_i].names);
	for (char *s = strtok(all, " "); s != NULL; s = strtok(NULL, " ")) {
		names[n].is_ip = net_addr_parse(&a, s, 0, NULL) == ERR_OK;
		(void)snprintf(names[n++].text, sizeof(names[0].text), "%s",
		    s);
	}
	n = tftpd_addresses(names, n, places[_i].ip6, addrs);
	for (size_t i = 0; i < n; i++) {
		net_addr_ip(&addrs[i], text);
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s", i > 0 ? " " : "", text);
	}
	ck_assert_str_eq(got, places[_i].want);
}
END_TEST

/* As many loopback addresses as a node may have. */
START_TEST(addresses_full)
{
	struct row_node_name names[NODE_NAMES_MAX];
	struct net_addr addrs[TFTPD_ADDRS_MAX];

	for (int i = 0; i < NODE_NAMES_MAX; i++) {
		names[i].is_ip = true;
		(void)snprintf(names[i].text, sizeof(names[i].text),
		    "127.0.1.%d", i);
	}
	ck_assert_uint_eq(tftpd_addresses(names, NODE_NAMES_MAX, true, addrs),
	    TFTPD_ADDRS_MAX);
}
END_TEST

START_TEST(shares)
{
	struct tuning t = { .http = { .max_connections = 10,
	    .max_per_address = 8, .head_timeout_ms = 1, .idle_timeout_ms = 2,
	    .min_rate = 3 } };
	struct http_limits l = tuning_http_share(&t, 1);

	ck_assert_uint_eq(l.max_connections, 10);
	ck_assert_uint_eq(l.max_per_address, 8);
	l = tuning_http_share(&t, 4);
	ck_assert_uint_eq(l.max_connections, 3);
	ck_assert_uint_eq(l.max_per_address, 3);
	ck_assert_int_eq(l.head_timeout_ms, 1);
	ck_assert_int_eq(l.idle_timeout_ms, 2);
	ck_assert_int_eq(l.min_rate, 3);
	l = tuning_http_share(&t, 64);
	ck_assert_uint_eq(l.max_connections, 1);
}
END_TEST

/* --- the keeper --- */

static char dir[64];
static int statefd;

/* As little of a node as can be opened; making keys takes its time. */
static int
tx_node(struct db *db, void *arg, struct err *e)
{
	const struct row_cluster c = { .name = "lab", .created_at = 1,
	    .uuid = "0f7e1c7e-1111-4222-8333-444455556666" };
	const struct row_node n = { .name = "cm1", .joined_at = 1,
	    .uuid = "0f7e1c7e-9999-4222-8333-444455556666" };
	int r;

	(void)arg;
	if ((r = row_cluster_put(db, &c, e)) != ERR_OK)
		return r;
	return row_node_put(db, &n, e);
}

static void
make_node(void)
{
	struct err e = { 0 };
	struct db *db;

	(void)snprintf(dir, sizeof(dir), "/tmp/check_tftpd.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_ge(statefd = open(dir, O_RDONLY | O_CLOEXEC), 0);
	db = db_open(statefd, DB_FILE, DB_CREATE, &e);
	ck_assert_msg(db != NULL, "%s", e.msg);
	ck_assert_msg(db_tx(db, tx_node, NULL, &e) == DB_DONE, "%s", e.msg);
	db_close(db);
}

static void
remove_node(void)
{
	(void)unlinkat(statefd, DB_FILE, 0);
	(void)unlinkat(statefd, OBSERVED_FILE, 0);
	(void)close(statefd);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);	/* nothing else is left */
}

static bool
there(const char *name)
{
	struct stat st;

	return fstatat(statefd, name, &st, 0) == 0;
}

START_TEST(keeper_keeps)
{
	struct keeper k = { .fd = -1 };
	struct err e = { 0 };
	struct db *db;
	pid_t pid;

	ck_assert(!there("observed.db"));
	ck_assert_msg(keeper_start(&k, statefd, &e) == ERR_OK, "%s", e.msg);
	ck_assert(there("observed.db"));
	pid = k.pid;
	ck_assert_int_gt(pid, 0);
	/* Other users of the files come and go: the WAL stays. */
	for (int i = 0; i < 2; i++) {
		db = db_open(statefd, DB_FILE, DB_WRITE, &e);
		ck_assert_msg(db != NULL, "%s", e.msg);
		db_close(db);
		db = db_open(statefd, OBSERVED_FILE, DB_WRITE, &e);
		ck_assert_msg(db != NULL, "%s", e.msg);
		db_close(db);
		ck_assert(there("phonetrust.db-wal"));
		ck_assert(there("observed.db-wal"));
	}
	/* Signals to the whole group do not end it, its parent does. */
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(kill(pid, SIGINT), 0);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	keeper_stop(&k);
	ck_assert_int_eq(k.fd, -1);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert(!there("phonetrust.db-wal"));
	keeper_stop(&k);		/* once more does nothing */
}
END_TEST

START_TEST(keeper_says_why)
{
	struct keeper k = { .fd = -1 };
	struct err e = { 0 };

	ck_assert_int_eq(unlinkat(statefd, DB_FILE, 0), 0);
	ck_assert_int_ne(keeper_start(&k, statefd, &e), ERR_OK);
	ck_assert_msg(strstr(e.msg, "node init") != NULL, "%s", e.msg);
	ck_assert_int_eq(k.pid, 0);
	ck_assert_int_eq(k.fd, -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftpd");
	TCase *tc_pure = tcase_create("pure"), *tc_keep = tcase_create("keep");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc_pure, addresses, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	tcase_add_test(tc_pure, addresses_full);
	tcase_add_test(tc_pure, shares);
	suite_add_tcase(s, tc_pure);
	tcase_add_checked_fixture(tc_keep, make_node, remove_node);
	tcase_set_timeout(tc_keep, 60);
	tcase_add_test(tc_keep, keeper_keeps);
	tcase_add_test(tc_keep, keeper_says_why);
	suite_add_tcase(s, tc_keep);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
