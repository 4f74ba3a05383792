/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Observations: rings, attribution by address, forgetting.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/internal.h"
#include "db/observed.h"
#include "tests/db_fixture.h"

#define SECOND	INT64_C(1000000)
#define HOUR	(3600 * SECOND)
#define T0	(INT64_C(1700000000) * SECOND)

static struct db *db;
static int dirfd_;

static void
setup(void)
{
	struct err e = { 0 };

	dirfd_ = fix_folder();
	ck_assert_msg(observed_create(dirfd_, &e) == ERR_OK, "%s", e.msg);
	db = fix_open(dirfd_, OBSERVED_FILE, DB_WRITE);
	ck_assert_int_eq(db_shadow_enable(db, NULL), ERR_OK);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

struct add {
	struct fetch		 f;
	const struct fetch	*all;	/* or NULL: f */
	size_t			 n;
	int64_t			 ring, devices;
	const char		*phones;	/* their names begin so */
};

static bool
is_phone(void *arg, const char *device)
{
	const char *head = arg;

	return head != NULL && strncmp(device, head, strlen(head)) == 0;
}

static int
add_fn(struct db *d, void *arg, struct err *e)
{
	struct add *a = arg;
	const struct observed_bounds b = { .ring = a->ring,
	    .devices = a->devices, .is_phone = is_phone,
	    .arg = (void *)(uintptr_t)a->phones };

	if (a->all == NULL)
		return observed_add(d, &a->f, 1, &b, e);
	return observed_add(d, a->all, a->n, &b, e);
}

static struct fetch
fetch_of(const char *device, const char *address, const char *name,
    int64_t at)
{
	struct fetch f = { .kind = "static", .transport = "tftp",
	    .result = "done", .started_us = at, .completed_us = at + 5,
	    .bytes = 1234 };

	(void)snprintf(f.device, sizeof(f.device), "%s", device);
	(void)snprintf(f.address, sizeof(f.address), "%s", address);
	(void)snprintf(f.name, sizeof(f.name), "%s", name);
	memset(f.version, 3, sizeof(f.version));
	return f;
}

static void
add_of(const char *phones, const char *device, const char *address,
    const char *name, int64_t at)
{
	struct add a = { .ring = 4, .devices = 10, .phones = phones,
	    .f = fetch_of(device, address, name, at) };

	fix_tx(db, add_fn, &a);
}

static void
add(const char *device, const char *address, const char *name, int64_t at)
{
	add_of(NULL, device, address, name, at);
}

static struct fetch *
list(const char *device, size_t max, size_t want)
{
	struct err e = { 0 };
	struct fetch *rows;
	size_t n;

	ck_assert_msg(observed_list(db, device, max, &rows, &n, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(n, want);
	return rows;
}

START_TEST(create_twice)
{
	struct err e = { 0 };

	add("SEP000000000001", "192.0.2.1", "a", T0);
	ck_assert_int_eq(observed_create(dirfd_, &e), ERR_OK);
	free(list(NULL, 10, 1));
}
END_TEST

/* A file of the first version keeps what it has. */
START_TEST(migrates_up)
{
	const struct schema *s = schema_of(OBSERVED_FILE);
	char path[512];
	sqlite3 *h;

	db_close(db);
	ck_assert_int_eq(unlinkat(dirfd_, OBSERVED_FILE, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/%s", fix_path(),
	    OBSERVED_FILE);
	ck_assert_int_eq(sqlite3_open(path, &h), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(h, s->migration[0], NULL, NULL, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(h, "INSERT INTO device VALUES "
	    "('SEPA', 5, 1); UPDATE device_total SET n = 1", NULL, NULL,
	    NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(h), SQLITE_OK);
	ck_assert_int_eq(observed_create(dirfd_, NULL), ERR_OK);
	db = fix_open(dirfd_, OBSERVED_FILE, DB_WRITE);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device "
	    "WHERE name = 'SEPA' AND known = 0"), 1);
	add("SEPA", "192.0.2.1", "x", T0);
	free(list("SEPA", 10, 1));
}
END_TEST

START_TEST(comes_back)
{
	struct fetch *f;
	int64_t seen;

	add("SEP000000000001", "192.0.2.1", "ringlist.xml", T0);
	ck_assert_int_eq(observed_seen(db, "SEP000000000001", &seen, NULL),
	    ERR_OK);
	ck_assert(seen >= T0);
	ck_assert_int_eq(observed_seen(db, "SEP000000000009", &seen, NULL),
	    ERR_OK);
	ck_assert_int_eq(seen, 0);
	f = list("SEP000000000001", 10, 1);
	ck_assert_str_eq(f->device, "SEP000000000001");
	ck_assert_str_eq(f->address, "192.0.2.1");
	ck_assert_str_eq(f->kind, "static");
	ck_assert_str_eq(f->name, "ringlist.xml");
	ck_assert_str_eq(f->transport, "tftp");
	ck_assert_str_eq(f->result, "done");
	ck_assert(f->version[0] == 3 && f->version[31] == 3);
	ck_assert(f->started_us == T0 && f->completed_us == T0 + 5);
	ck_assert_uint_eq(f->bytes, 1234);
	free(f);
	ck_assert_ptr_null(list("SEP000000000009", 10, 0));
}
END_TEST

START_TEST(ring_keeps_the_newest)
{
	struct fetch *f;
	char name[16];

	for (int i = 0; i < 7; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		add("SEP000000000001", "192.0.2.1", name, T0 + i);
	}
	add("SEP000000000002", "192.0.2.2", "other", T0 + 3);
	f = list("SEP000000000001", 10, 4);
	ck_assert_str_eq(f[0].name, "6");
	ck_assert_str_eq(f[3].name, "3");
	free(f);
	f = list(NULL, 10, 5);
	ck_assert_str_eq(f[0].name, "6");
	/* Of one moment: by device. */
	ck_assert_str_eq(f[3].name, "3");
	ck_assert_str_eq(f[4].name, "other");
	free(f);
	f = list(NULL, 2, 2);
	ck_assert_str_eq(f[1].name, "5");
	free(f);
}
END_TEST

/* To whom a generic request is given. */
START_TEST(attribution)
{
	add("", "192.0.2.1", "before", T0);
	add("SEP000000000001", "192.0.2.1", "own", T0 + 1);
	add("", "192.0.2.1", "one", T0 + HOUR);
	add("", "192.0.2.1", "late", T0 + HOUR + 1);
	add("", "192.0.2.2", "elsewhere", T0 + 2);
	free(list("SEP000000000001", 10, 2));
	add("SEP000000000002", "192.0.2.1", "own", T0 + 3);
	add("", "192.0.2.1", "shared", T0 + 4);
	free(list("SEP000000000001", 10, 2));
	free(list("SEP000000000002", 10, 1));
	free(list("", 10, 4));
	/* An hour later only the second was seen there. */
	add("SEP000000000002", "192.0.2.1", "own", T0 + HOUR);
	add("", "192.0.2.1", "again", T0 + HOUR + 5);
	free(list("SEP000000000002", 10, 3));
}
END_TEST

/* A request alone proves nothing over TFTP: its sender may be forged. */
START_TEST(forged_requests_are_no_use)
{
	struct add a = { .ring = 4, .devices = 10, .f = { .device = "SEPBAD",
	    .address = "10.0.0.1", .kind = "ctl", .name = "CTLSEPBAD.tlv",
	    .transport = "tftp", .result = "not_found" } };

	add("SEPA", "10.0.0.1", "x", T0);
	a.f.started_us = T0 + 1;
	fix_tx(db, add_fn, &a);
	memcpy(a.f.result, "timeout", 8);
	fix_tx(db, add_fn, &a);
	add("", "10.0.0.1", "RingList.xml", T0 + 2);
	free(list("SEPA", 10, 2));
	/* Not so over TCP, and of bytes that were acknowledged. */
	memcpy(a.f.transport, "http", 5);
	memcpy(a.f.address, "10.0.0.2", 9);
	fix_tx(db, add_fn, &a);
	add("", "10.0.0.2", "RingList.xml", T0 + 3);
	memcpy(a.f.transport, "tftp", 5);
	memcpy(a.f.address, "10.0.0.3", 9);
	a.f.bytes = 512;
	fix_tx(db, add_fn, &a);
	add("", "10.0.0.3", "RingList.xml", T0 + 4);
	free(list("SEPBAD", 10, 4));	/* all the ring holds */
	free(list("", 10, 0));
}
END_TEST

/* What was attributed does not prolong the hour. */
START_TEST(attribution_does_not_prove_itself)
{
	add("SEP000000000001", "192.0.2.1", "own", T0);
	add("", "192.0.2.1", "a", T0 + HOUR / 2);
	add("", "192.0.2.1", "b", T0 + HOUR + 1);
	free(list("SEP000000000001", 10, 2));
	free(list("", 10, 1));
}
END_TEST

/* The ring does not bound the hour: many generic files in one boot. */
START_TEST(attribution_outlives_the_ring)
{
	add("SEP000000000001", "192.0.2.1", "own", T0);
	for (int i = 1; i < 12; i++)
		add("", "192.0.2.1", "x", T0 + i);
	ck_assert_int_eq(fix_i64(db, "SELECT seq FROM device"), 12);
}
END_TEST

START_TEST(addresses_are_bounded)
{
	char address[32];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(address, sizeof(address), "192.0.2.%d", i);
		add("SEP000000000001", address, "x", T0 + i);
	}
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM address_use"), 8);
	add("", "192.0.2.19", "newest", T0 + 20);
	add("", "192.0.2.1", "forgotten", T0 + 20);
	free(list("", 10, 1));
}
END_TEST

START_TEST(devices_are_bounded)
{
	char name[32], address[32];

	for (int i = 0; i < 25; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012d", i);
		(void)snprintf(address, sizeof(address), "192.0.2.%d", i);
		add(name, address, "x", T0 + i);
		if (i >= 9)	/* seen again: not the longest unseen */
			add("SEP000000000000", "192.0.2.0", "x", T0 + i);
	}
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device"), 10);
	ck_assert_int_eq(fix_i64(db, "SELECT n FROM device_total"), 10);
	ck_assert_int_eq(fix_i64(db, "SELECT count(DISTINCT device) "
	    "FROM fetch"), 10);
	ck_assert_int_eq(fix_i64(db, "SELECT count(DISTINCT device) "
	    "FROM address_use"), 10);
	free(list("SEP000000000000", 10, 4));
	free(list("SEP000000000024", 10, 1));
	ck_assert_ptr_null(list("SEP000000000001", 10, 0));
	ck_assert_ptr_null(list("SEP000000000015", 10, 0));
}
END_TEST

/* Names that anybody can invent push out one another, not the phones. */
START_TEST(phones_are_forgotten_last)
{
	char name[32];

	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "SEP%d", i);
		add_of("SEP", name, "192.0.2.1", "x", T0 + i);
	}
	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "FAKE%d", i);
		add_of("SEP", name, "192.0.2.2", "x", T0 + HOUR + i);
	}
	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "SEP%d", i);
		free(list(name, 10, 1));
	}
	free(list("FAKE29", 10, 1));
	free(list("FAKE24", 10, 1));
	ck_assert_ptr_null(list("FAKE23", 10, 0));
	ck_assert_int_eq(fix_i64(db, "SELECT n FROM device_total"), 10);
	/* More phones than fit: theirs are the places, by the last seen. */
	for (int i = 4; i < 14; i++) {
		(void)snprintf(name, sizeof(name), "SEP%d", i);
		add_of("SEP", name, "192.0.2.1", "x", T0 + 2 * HOUR + i);
	}
	add_of("SEP", "FAKE", "192.0.2.2", "x", T0 + 3 * HOUR);
	ck_assert_ptr_null(list("FAKE", 10, 0));
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device "
	    "WHERE name LIKE 'SEP%'"), 10);
	ck_assert_ptr_null(list("SEP3", 10, 0));
	free(list("SEP4", 10, 1));
	/* The same when none is a phone any more. */
	add("FAKE", "192.0.2.2", "x", T0 + 3 * HOUR);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device"), 10);
}
END_TEST

/* Together they leave what they leave one by one. */
START_TEST(many_at_once)
{
	static const struct {
		const char	*device, *address;
	} what[] = {
		{ "", "192.0.2.1" },	/* nobody's yet */
		{ "SEPA", "192.0.2.1" }, { "", "192.0.2.1" },
		{ "", "192.0.2.1" }, { "SEPB", "192.0.2.2" },
		{ "", "192.0.2.2" }, { "SEPA", "192.0.2.1" },
		{ "SEPC", "192.0.2.1" }, { "", "192.0.2.1" },	/* shared */
		{ "SEPA", "192.0.2.3" }, { "", "192.0.2.3" },
		{ "", "192.0.2.2" }, { "", "192.0.2.4" },
		{ "SEPA", "192.0.2.1" }, { "", "192.0.2.1" },
	};
	enum { N = sizeof(what) / sizeof(what[0]) };
	struct fetch f[N], *one, *all;
	struct add a = { .ring = 4, .devices = 10, .all = f, .n = N };
	char name[16];
	size_t n, m;

	for (size_t i = 0; i < N; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		f[i] = fetch_of(what[i].device, what[i].address, name,
		    T0 + (int64_t)i);
		add(what[i].device, what[i].address, name, T0 + (int64_t)i);
	}
	ck_assert_int_eq(observed_list(db, NULL, 100, &one, &n, NULL),
	    ERR_OK);
	teardown();
	setup();
	fix_tx(db, add_fn, &a);
	ck_assert_int_eq(observed_list(db, NULL, 100, &all, &m, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, m);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(memcmp(&one[i], &all[i], sizeof(*one)) == 0,
		    "%zu: %s %s", i, one[i].name, all[i].name);
	ck_assert_int_eq(fix_i64(db, "SELECT last_us FROM device "
	    "WHERE name = 'SEPA'"), T0 + 13);
	free(one);
	free(all);
}
END_TEST

START_TEST(as_many_as_can_be)
{
	static struct fetch f[OBSERVED_ADD_MAX + 1];
	struct add a = { .ring = 4, .devices = 1000, .all = f };
	struct observed_bounds b = { .ring = 4, .devices = 1000 };
	char name[32];
	struct fetch *got;

	for (int i = 0; i <= OBSERVED_ADD_MAX; i++) {
		(void)snprintf(name, sizeof(name), "SEP%d", i);
		f[i] = fetch_of(name, "192.0.2.1", "x", T0 + i);
	}
	a.n = OBSERVED_ADD_MAX;
	fix_tx(db, add_fn, &a);
	free(list(NULL, 1000, OBSERVED_ADD_MAX));
	ck_assert_int_eq(observed_add(db, f, OBSERVED_ADD_MAX + 1, &b, NULL),
	    ERR_ARG);
	for (int i = 0; i < OBSERVED_ADD_MAX; i++)
		memcpy(f[i].device, "SEP7", 5);
	fix_tx(db, add_fn, &a);
	got = list("SEP7", 1000, 4);
	ck_assert_int_eq(got[0].started_us, T0 + OBSERVED_ADD_MAX - 1);
	free(got);
	a.n = 0;
	fix_tx(db, add_fn, &a);
}
END_TEST

/* Clocks step back: what came later is still the newer of its device. */
START_TEST(clock_steps_back)
{
	add("SEP000000000001", "192.0.2.1", "first", T0 + 10 * SECOND);
	add("SEP000000000001", "192.0.2.1", "second", T0);
	ck_assert_int_eq(fix_i64(db, "SELECT last_us FROM device"),
	    T0 + 10 * SECOND);
	ck_assert_int_eq(fix_i64(db, "SELECT seq FROM device"), 2);
}
END_TEST

static int
put_self(struct db *d, void *arg, struct err *e)
{
	return observed_self_put(d, arg, e);
}

START_TEST(self)
{
	char cm1[] = "cm1", cm2[] = "cm2", out[NODE_NAME_MAX + 1];
	struct err e = { 0 };

	ck_assert_int_eq(observed_self_get(db, out, &e), ERR_NOTFOUND);
	fix_tx(db, put_self, cm1);
	fix_tx(db, put_self, cm2);
	ck_assert_int_eq(observed_self_get(db, out, &e), ERR_OK);
	ck_assert_str_eq(out, "cm2");
}
END_TEST

/* --- own configurations among the files --- */

static int
put_folder(struct db *d, void *arg, struct err *e)
{
	return observed_folder_put(d, arg, e);
}

static int
remove_folder(struct db *d, void *arg, struct err *e)
{
	return observed_folder_remove(d, arg, e);
}

static int
name_folder(void *arg, const struct folder_file *f, struct err *e)
{
	char *names = arg;

	(void)e;
	(void)strcat(names, f->device);
	return ERR_OK;
}

static int
stop_at_once(void *arg, const struct folder_file *f, struct err *e)
{
	(void)arg;
	return err_set(e, ERR_LIMIT, "%s", f->device);
}

START_TEST(folder_files)
{
	struct folder_file f = { .device = "B", .path = "tftp/B.cnf.xml",
	    .state = FOLDER_BAD, .why = "line 2: broken", .judged_at = 17 };
	char names[64] = "", b[] = "B";
	struct folder_file got;
	struct err e = { 0 };

	memset(f.sha256, 1, sizeof(f.sha256));
	memset(f.used, 2, sizeof(f.used));
	ck_assert_int_eq(observed_folder_get(db, "B", &got, &e),
	    ERR_NOTFOUND);
	fix_tx(db, put_folder, &f);
	ck_assert_int_eq(observed_folder_get(db, "B", &got, &e), ERR_OK);
	ck_assert_str_eq(got.path, f.path);
	ck_assert_str_eq(got.why, f.why);
	ck_assert_int_eq(got.state, FOLDER_BAD);
	ck_assert_int_eq(got.judged_at, 17);
	ck_assert_int_eq(memcmp(got.sha256, f.sha256, 32), 0);
	ck_assert_int_eq(memcmp(got.used, f.used, 32), 0);
	memcpy(f.device, "A", 2);
	f.state = FOLDER_USED;
	fix_tx(db, put_folder, &f);
	memcpy(f.device, "C", 2);
	f.state = FOLDER_OLDER;
	fix_tx(db, put_folder, &f);
	fix_tx(db, put_folder, &f);	/* in place */
	ck_assert_int_eq(observed_folder_each(db, false, name_folder, names,
	    &e), ERR_OK);
	ck_assert_str_eq(names, "ABC");
	names[0] = '\0';
	ck_assert_int_eq(observed_folder_each(db, true, name_folder, names,
	    &e), ERR_OK);
	ck_assert_str_eq(names, "BC");
	ck_assert_int_eq(observed_folder_each(db, true, stop_at_once, NULL,
	    &e), ERR_LIMIT);
	ck_assert_str_eq(e.msg, "B");
	fix_tx(db, remove_folder, b);
	ck_assert_int_eq(observed_folder_get(db, "B", &got, &e),
	    ERR_NOTFOUND);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_observed");
	TCase *t = tcase_create("observed");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, create_twice);
	tcase_add_test(t, migrates_up);
	tcase_add_test(t, comes_back);
	tcase_add_test(t, ring_keeps_the_newest);
	tcase_add_test(t, attribution);
	tcase_add_test(t, forged_requests_are_no_use);
	tcase_add_test(t, attribution_does_not_prove_itself);
	tcase_add_test(t, attribution_outlives_the_ring);
	tcase_add_test(t, addresses_are_bounded);
	tcase_add_test(t, devices_are_bounded);
	tcase_add_test(t, phones_are_forgotten_last);
	tcase_add_test(t, many_at_once);
	tcase_add_test(t, as_many_as_can_be);
	tcase_add_test(t, clock_steps_back);
	tcase_add_test(t, self);
	tcase_add_test(t, folder_files);
	suite_add_tcase(s, t);
	return fix_run(s);
}
