/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Specs of nodes, a node made whole, opening nodes.
 */
#include <sys/stat.h>

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "db/observed.h"
#include "proc/state.h"
#include "tests/node_fixture.h"
#include "trust/itl.h"
#include "trust/node.h"

/* --- the spec --- */

static const struct {
	const char		*name;
	struct node_spec	 s;
	const char		*why;
} bad_specs[] = {
	{ "no name", { .cluster = "lab", .names = { "10.0.0.1" },
	    .nnames = 1 }, "node name" },
	{ "capitals", { .name = "CM1", .cluster = "lab", .nnames = 1,
	    .names = { "10.0.0.1" } }, "lower-case" },
	{ "hyphen first", { .name = "-cm", .cluster = "lab", .nnames = 1,
	    .names = { "10.0.0.1" } }, "\"-cm\"" },
	{ "dot", { .name = "cm1.org", .cluster = "lab", .nnames = 1,
	    .names = { "10.0.0.1" } }, "node name" },
	{ "64 characters", { .name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaa", .cluster = "lab", .nnames = 1,
	    .names = { "10.0.0.1" } }, "node name" },
	{ "no cluster", { .name = "cm1", .cluster = "", .nnames = 1,
	    .names = { "10.0.0.1" } }, "cluster name" },
	{ "blank in the cluster's name", { .name = "cm1", .cluster = "my lab",
	    .nnames = 1, .names = { "10.0.0.1" } }, "cluster name" },
	{ "51 characters", { .name = "cm1", .cluster = "aaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .nnames = 1,
	    .names = { "10.0.0.1" } }, "cluster name" },
	{ "no address", { .name = "cm1", .cluster = "lab" }, "no address" },
	{ "DNS name only", { .name = "cm1", .cluster = "lab", .nnames = 1,
	    .names = { "cm1.example.org" } }, "no address" },
	{ "address out of range", { .name = "cm1", .cluster = "lab",
	    .nnames = 1, .names = { "10.0.0.256" } }, "10.0.0.256" },
	{ "any address", { .name = "cm1", .cluster = "lab", .nnames = 1,
	    .names = { "0.0.0.0" } }, "phones can reach" },
	{ "any address, IPv6", { .name = "cm1", .cluster = "lab", .nnames = 1,
	    .names = { "::" } }, "phones can reach" },
	{ "underscore", { .name = "cm1", .cluster = "lab", .nnames = 2,
	    .names = { "10.0.0.1", "a_b.org" } }, "a_b.org" },
	{ "empty label", { .name = "cm1", .cluster = "lab", .nnames = 2,
	    .names = { "10.0.0.1", "a..org" } }, "a..org" },
	{ "empty name", { .name = "cm1", .cluster = "lab", .nnames = 2,
	    .names = { "10.0.0.1", "" } }, "neither" },
	{ "twice", { .name = "cm1", .cluster = "lab", .nnames = 2,
	    .names = { "10.0.0.1", "::ffff:10.0.0.1" } }, "twice" },
	{ "offset too high", { .name = "cm1", .cluster = "lab", .nnames = 1,
	    .names = { "10.0.0.1" }, .port_offset = 25001 }, "25000" },
	{ "offset negative", { .name = "cm1", .cluster = "lab", .nnames = 1,
	    .names = { "10.0.0.1" }, .port_offset = -1 }, "25000" },
};

START_TEST(spec_refused)
{
	struct err e = { 0 };

	ck_assert_int_eq(node_init(state, &bad_specs[_i].s, rng_system(),
	    &test_clock, NULL, NULL, &e), ERR_ARG);
	ck_assert_msg(strstr(e.msg, bad_specs[_i].why) != NULL, "%s: %s",
	    bad_specs[_i].name, e.msg);
	ck_assert(access(state, F_OK) == -1);
}
END_TEST

START_TEST(spec_rows)
{
	struct node_spec s = { .name = "a-1", .cluster = "My.Lab-2",
	    .names = { "2001:DB8:0::1", "Host.Example", "::ffff:192.0.2.1",
	    "xn--bcher-kva", "1a.2b" }, .nnames = 5,
	    .port_offset = NODE_OFFSET_MAX };
	struct row_node_name names[NODE_NAMES_MAX];
	struct row_cluster c;
	struct row_node n;
	struct err e = { 0 };

	ck_assert_msg(node_spec_rows(&s, &c, &n, names, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_str_eq(c.name, "My.Lab-2");
	ck_assert(!c.test);
	ck_assert_str_eq(n.name, "a-1");
	ck_assert_str_eq(names[0].text, "2001:db8::1");
	ck_assert(names[0].is_ip);
	ck_assert_str_eq(names[1].text, "host.example");
	ck_assert(!names[1].is_ip);
	ck_assert_str_eq(names[2].text, "192.0.2.1");
	ck_assert(names[2].is_ip);
	ck_assert_str_eq(names[3].text, "xn--bcher-kva");
	for (size_t i = 0; i < PORT_N; i++) {
		ck_assert_uint_eq(n.port[i],
		    node_port_default[i] + NODE_OFFSET_MAX);
		ck_assert_uint_lt(n.port[i], 32768);
	}
}
END_TEST

/* --- a whole node --- */

START_TEST(whole_node)
{
	must_init();
	check_whole(DB_WRITE);
	check_whole(DB_READ);
	ck_assert(is_there("tftp") && is_there("cache") && is_there("run"));
}
END_TEST

START_TEST(first_audit_row)
{
	struct row_audit *rows;
	struct node n;
	size_t count;

	copy_node();
	ck_assert_int_eq(node_open(&n, state, DB_READ, NULL), ERR_OK);
	ck_assert_int_eq(row_audit_list(n.db, 9, &rows, &count, NULL),
	    ERR_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(rows[0].command, "node init");
	ck_assert_str_eq(rows[0].account, "somebody");
	ck_assert_str_eq(rows[0].node, "cm1");
	ck_assert_int_eq(rows[0].at, NOW);
	row_audit_free(rows, count);
	node_close(&n);
}
END_TEST

static mode_t
mode_of(const char *name, uid_t *uid)
{
	char path[160];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", state, name);
	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	*uid = st.st_uid;
	return st.st_mode & 07777;
}

START_TEST(owners_and_modes)
{
	struct state_user u;
	uid_t uid;

	copy_node();
	ck_assert_int_eq(state_user(&u, NULL), ERR_OK);
	ck_assert_uint_eq(mode_of("master.key", &uid), 0600);
	ck_assert_uint_eq(uid, geteuid());
	ck_assert_uint_eq(mode_of(DB_FILE, &uid), 0640);
	ck_assert_uint_eq(uid, geteuid());
	ck_assert_uint_eq(mode_of(OBSERVED_FILE, &uid), 0660);
	ck_assert_uint_eq(uid, u.uid);
}
END_TEST

START_TEST(second_init_changes_nothing)
{
	struct row_list before, after;
	struct err e = { 0 };
	struct node n;

	copy_node();
	ck_assert_int_eq(node_open(&n, state, DB_READ, NULL), ERR_OK);
	ck_assert_int_eq(itl_current(n.db, &before, NULL), ERR_OK);
	node_close(&n);
	ck_assert_int_eq(init(2, &e), ERR_EXISTS);
	ck_assert_msg(strstr(e.msg, "cluster lab") != NULL, "%s", e.msg);
	ck_assert_int_eq(node_open(&n, state, DB_READ, NULL), ERR_OK);
	ck_assert_int_eq(itl_current(n.db, &after, NULL), ERR_OK);
	node_close(&n);
	ck_assert_mem_eq(before.sha256, after.sha256, 32);
	row_list_clear(&before);
	row_list_clear(&after);
	check_whole(DB_READ);
}
END_TEST

/* --- opening --- */

START_TEST(open_uninitialised)
{
	struct err e = { 0 };
	struct node n;
	int fd;

	ck_assert_int_eq(node_open(&n, state, DB_READ, &e), ERR_BADSTATE);
	ck_assert_msg(strstr(e.msg, "node init") != NULL, "%s", e.msg);
	ck_assert_int_eq(mkdir(state, 0755), 0);
	ck_assert_int_eq(node_open(&n, state, DB_WRITE, &e), ERR_BADSTATE);
	fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(node_open_fd(&n, fd, DB_WRITE, &e), ERR_BADSTATE);
	ck_assert_msg(strstr(e.msg, "node init") != NULL, "%s", e.msg);
	ck_assert_int_eq(node_open_fd(&n, fd, DB_CREATE, &e), ERR_ARG);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);	/* still ours */
	(void)close(fd);
}
END_TEST

START_TEST(open_damaged)
{
	struct err e = { 0 };
	struct node n;

	copy_node();
	put_file(DB_FILE, "damaged damaged damaged damaged damaged damaged "
	    "damaged damaged damaged damaged damaged damaged damaged", 100);
	ck_assert_int_eq(node_open(&n, state, DB_READ, &e), ERR_IO);
	ck_assert_int_ne(e.msg[0], '\0');
}
END_TEST

static int
tx_other_node(struct db *db, void *arg, struct err *e)
{
	struct row_node n = { .name = "cm2", .joined_at = NOW + 1 };

	(void)arg;
	return row_node_put(db, &n, e);
}

static int
tx_self(struct db *db, void *arg, struct err *e)
{
	return observed_self_put(db, arg, e);
}

static void
write_self(const char *name)
{
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct db *db = db_open(fd, OBSERVED_FILE, DB_WRITE, NULL);
	char copy[NODE_NAME_MAX + 1];

	(void)str_copy(copy, sizeof(copy), name);
	ck_assert_int_eq(db_tx(db, tx_self, copy, NULL), DB_DONE);
	db_close(db);
	(void)close(fd);
}

/* Which node a folder is: observed.db says; alone, nobody needs to. */
START_TEST(which_node)
{
	char path[160];
	struct err e = { 0 };
	struct node n;

	copy_node();
	ck_assert_int_eq(node_open(&n, state, DB_WRITE, NULL), ERR_OK);
	ck_assert_int_eq(db_tx(n.db, tx_other_node, NULL, NULL), DB_DONE);
	node_close(&n);
	check_whole(DB_READ);
	write_self("cm2");
	ck_assert_int_eq(node_open(&n, state, DB_READ, NULL), ERR_OK);
	ck_assert_str_eq(n.row.name, "cm2");
	ck_assert_str_eq(node_address(&n), "");
	node_close(&n);
	write_self("cm3");
	ck_assert_int_eq(node_open(&n, state, DB_READ, &e), ERR_BADSTATE);
	ck_assert_msg(strstr(e.msg, "cm3") != NULL, "%s", e.msg);
	(void)snprintf(path, sizeof(path), "%s/%s", state, OBSERVED_FILE);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(node_open(&n, state, DB_READ, &e), ERR_BADSTATE);
	ck_assert_msg(strstr(e.msg, "2 nodes") != NULL, "%s", e.msg);
}
END_TEST

START_TEST(alone_without_observed)
{
	char path[160];

	copy_node();
	(void)snprintf(path, sizeof(path), "%s/%s", state, OBSERVED_FILE);
	ck_assert_int_eq(unlink(path), 0);
	check_whole(DB_READ);
}
END_TEST

START_TEST(master_key_guarded)
{
	char path[160];
	struct err e = { 0 };
	struct node n;

	copy_node();
	(void)snprintf(path, sizeof(path), "%s/master.key", state);
	ck_assert_int_eq(node_open(&n, state, DB_READ, NULL), ERR_OK);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_ptr_null(node_keyring(&n, KEYRING_SIGN, &e));
	ck_assert_int_eq(e.code, ERR_DENIED);
	ck_assert_msg(strstr(e.msg, "chmod 600") != NULL, "%s", e.msg);
	put_file("master.key", "0123456789abcdef0123456789abcdef", 32);
	ck_assert_ptr_null(node_keyring(&n, KEYRING_SIGN, &e));
	ck_assert_int_eq(e.code, ERR_VERIFY);
	node_close(&n);
}
END_TEST

static int
tx_rename(struct db *db, void *arg, struct err *e)
{
	struct row_node_name names[] = { { true, "192.0.2.77" } };

	(void)arg;
	return row_node_names_put(db, "cm1", names, 1, e);
}

START_TEST(reload)
{
	struct node n;

	copy_node();
	ck_assert_int_eq(node_open(&n, state, DB_WRITE, NULL), ERR_OK);
	ck_assert_int_eq(db_tx(n.db, tx_rename, NULL, NULL), DB_DONE);
	ck_assert_str_eq(node_address(&n), "127.0.0.1");
	ck_assert_int_eq(node_reload(&n, NULL), ERR_OK);
	ck_assert_str_eq(node_address(&n), "192.0.2.77");
	ck_assert_uint_eq(n.nnames, 1);
	node_close(&n);
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("node");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_unchecked_fixture(t, template_make, template_remove);
	tcase_add_checked_fixture(t, folder_make, folder_remove);
	tcase_add_loop_test(t, spec_refused, 0, N(bad_specs));
	tcase_add_test(t, spec_rows);
	tcase_add_test(t, whole_node);
	tcase_add_test(t, first_audit_row);
	tcase_add_test(t, owners_and_modes);
	tcase_add_test(t, second_init_changes_nothing);
	tcase_add_test(t, open_uninitialised);
	tcase_add_test(t, open_damaged);
	tcase_add_test(t, which_node);
	tcase_add_test(t, alone_without_observed);
	tcase_add_test(t, master_key_guarded);
	tcase_add_test(t, reload);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
