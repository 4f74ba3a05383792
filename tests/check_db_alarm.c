/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms in observed.db, and the cluster's secrets.
 */
#include <stdlib.h>
#include <string.h>

#include "db/observed.h"
#include "db/observed_alarm.h"
#include "tests/db_fixture.h"

static struct db *db, *main_db;

static void
setup(void)
{
	struct err e = { 0 };
	int dirfd = fix_folder();

	main_db = fix_create(dirfd);
	ck_assert_msg(observed_create(dirfd, &e) == ERR_OK, "%s", e.msg);
	db = fix_open(dirfd, OBSERVED_FILE, DB_WRITE);
}

static void
teardown(void)
{
	db_close(db);
	db_close(main_db);
	fix_remove();
}

struct write {
	const char	*channel, *kind, *key;
	int64_t		 threshold, at;
	const void	*row;
	size_t		 len;
};

#define WRITE(fn, call)							\
	static int							\
	fn(struct db *d, void *arg, struct err *e)			\
	{								\
		const struct write *w = arg;				\
									\
		return call;						\
	}
WRITE(mark, observed_alarm_put(d, w->kind, w->key, w->threshold, w->at, e))
WRITE(unmark, observed_alarm_remove(d, w->kind, w->key, e))
WRITE(due_put, observed_due_put(d, w->channel, w->row, e))
WRITE(due_remove, observed_due_remove(d, w->channel, w->row, e))
WRITE(due_clear, observed_due_clear(d, w->channel, e))
WRITE(channel_put, observed_channel_put(d, w->channel, w->row, e))
WRITE(channel_remove, observed_channel_remove(d, w->channel, e))
WRITE(secret_put, row_cluster_secret_put(d, w->key, w->row, w->len, w->at, e))
WRITE(secret_remove, row_cluster_secret_remove(d, w->key, e))

static void
run(db_fn *fn, struct write w)
{
	fix_tx(db, fn, &w);
}

static int64_t
marked(const char *kind, const char *key, int64_t threshold)
{
	struct err e = { 0 };
	int64_t at;

	ck_assert_int_eq(observed_alarm_get(db, kind, key, threshold, &at,
	    &e), ERR_OK);
	return at;
}

START_TEST(marks)
{
	struct alarm_mark *m;
	struct err e = { 0 };
	size_t n;

	ck_assert_int_eq(marked("expiry", "a", 30), 0);
	run(mark, (struct write){ .kind = "expiry", .key = "b",
	    .threshold = 7, .at = 5 });
	run(mark, (struct write){ .kind = "expiry", .key = "a",
	    .threshold = 30, .at = 6 });
	run(mark, (struct write){ .kind = "expiry", .key = "a",
	    .threshold = 0, .at = 7 });
	run(mark, (struct write){ .kind = "srst", .key = "a",
	    .threshold = 30, .at = 8 });
	run(mark, (struct write){ .kind = "expiry", .key = "a",
	    .threshold = 30, .at = 9 });
	ck_assert_int_eq(marked("expiry", "a", 30), 9);
	ck_assert_int_eq(observed_alarm_list(db, "expiry", &m, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(m[0].key, "a");
	ck_assert_int_eq(m[0].threshold, 0);
	ck_assert_int_eq(m[1].threshold, 30);
	ck_assert_int_eq(m[1].at, 9);
	ck_assert_str_eq(m[2].key, "b");
	free(m);
	run(unmark, (struct write){ .kind = "expiry", .key = "a" });
	run(unmark, (struct write){ .kind = "expiry", .key = "none" });
	ck_assert_int_eq(marked("expiry", "a", 0), 0);
	ck_assert_int_eq(marked("expiry", "b", 7), 5);
	ck_assert_int_eq(marked("srst", "a", 30), 8);
}
END_TEST

static int64_t
waiting(const char *channel)
{
	struct err e = { 0 };
	int64_t n;

	ck_assert_int_eq(observed_due_count(db, channel, &n, &e), ERR_OK);
	return n;
}

START_TEST(due)
{
	struct alarm_due a = { .kind = "expiry", .key = "a", .threshold = 30,
	    .at = 20, .line = "a ends", .json = "{\"a\": 1}" }, b = a, *rows;
	struct err e = { 0 };
	size_t n;

	b.at = 10;
	memcpy(b.key, "b", 2);
	run(due_put, (struct write){ .channel = "mail", .row = &a });
	run(due_put, (struct write){ .channel = "mail", .row = &b });
	run(due_put, (struct write){ .channel = "exec", .row = &b });
	ck_assert_int_eq(waiting("mail"), 2);
	ck_assert_int_eq(waiting("webhook"), 0);
	ck_assert_int_eq(observed_due_list(db, "mail", 10, &rows, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].key, "b");
	ck_assert_str_eq(rows[1].line, "a ends");
	ck_assert_str_eq(rows[1].json, "{\"a\": 1}");
	ck_assert_int_eq(rows[1].threshold, 30);
	free(rows);
	ck_assert_int_eq(observed_due_list(db, "mail", 1, &rows, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(rows);
	/* One that was raised again while the older was sent stays. */
	b = a;
	b.at = 21;
	run(due_put, (struct write){ .channel = "mail", .row = &b });
	ck_assert_int_eq(waiting("mail"), 2);
	run(due_remove, (struct write){ .channel = "mail", .row = &a });
	ck_assert_int_eq(waiting("mail"), 2);
	run(due_remove, (struct write){ .channel = "mail", .row = &b });
	ck_assert_int_eq(waiting("mail"), 1);
	run(due_clear, (struct write){ .channel = "mail" });
	ck_assert_int_eq(waiting("mail"), 0);
	ck_assert_int_eq(waiting("exec"), 1);
}
END_TEST

START_TEST(channels)
{
	struct alarm_state s = { .ok_at = 1, .failed_at = 2, .failures = 3,
	    .why = "no server" }, got;
	struct err e = { 0 };

	ck_assert_int_eq(observed_channel_get(db, "mail", &got, &e), ERR_OK);
	ck_assert(got.ok_at == 0 && got.failures == 0 && got.why[0] == '\0');
	run(channel_put, (struct write){ .channel = "mail", .row = &s });
	s.failures = 4;
	run(channel_put, (struct write){ .channel = "mail", .row = &s });
	ck_assert_int_eq(observed_channel_get(db, "mail", &got, &e), ERR_OK);
	ck_assert(got.ok_at == 1 && got.failed_at == 2 && got.failures == 4);
	ck_assert_str_eq(got.why, "no server");
	run(channel_remove, (struct write){ .channel = "mail" });
	ck_assert_int_eq(observed_channel_get(db, "mail", &got, &e), ERR_OK);
	ck_assert_int_eq(got.failures, 0);
}
END_TEST

/* On the shadow too. */
START_TEST(secrets)
{
	struct write w = { .key = CLUSTER_SECRET_SMTP, .row = "sealed",
	    .len = 6, .at = 4 };
	struct err e = { 0 };
	uint8_t *sealed;
	int64_t at = 0;
	size_t len;

	ck_assert_int_eq(row_cluster_secret_get(main_db, w.key, &sealed,
	    &len, &at, &e), ERR_NOTFOUND);
	fix_tx(main_db, secret_put, &w);
	w.row = "again!!";
	w.len = 7;
	fix_tx(main_db, secret_put, &w);
	ck_assert_int_eq(row_cluster_secret_get(main_db, w.key, &sealed,
	    &len, &at, &e), ERR_OK);
	ck_assert_uint_eq(len, 7);
	ck_assert_mem_eq(sealed, "again!!", 7);
	ck_assert_int_eq(at, 4);
	free(sealed);
	ck_assert_int_eq(fix_i64(main_db, "SELECT count(*) FROM change WHERE "
	    "kind = 'secret' AND key = 'alarm.smtp_password'"), 2);
	fix_tx(main_db, secret_remove, &w);
	ck_assert_int_eq(db_tx(main_db, secret_remove, &w, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_alarm");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, marks);
	tcase_add_test(t, due);
	tcase_add_test(t, channels);
	tcase_add_test(t, secrets);
	suite_add_tcase(s, t);
	return fix_run(s);
}
