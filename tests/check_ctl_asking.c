/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * ctltool/capf_asking.c: who is asked and who is refused, strings that are
 * made, transactions of 1,000, and the same as a roll-out.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/capf_asking.h"
#include "db/rows_rollout.h"
#include "tests/db_fixture.h"
#include "tests/slow.h"
#include "trust/sealed.h"

#define NOW	1795251284	/* 2026-11-21T08:54:44Z */
#define DAY	86400
#define PHONES	5

static const uint8_t master[MASTER_KEY_LEN] = { 7 };
static const struct cmd command = { .words = "utils capf install" };
static const struct cmd_line line = { .cmd = &command };
static struct clock clk;
static struct keyring_new *fresh;
static struct rng rng;
static struct rng_seeded seed;
static struct out out;
static FILE *nowhere;
static struct ctl c;
static struct phone_which which;
static struct capf_asking asking;

static int64_t
now_ns(void *arg)
{
	(void)arg;
	return (int64_t)NOW * 1000000000;
}

/* --- phones --- */

static int
body_add(struct db *db, void *arg, struct err *e)
{
	const struct phone_spec s = { .name = arg, .model = "8861" };
	char *advice = NULL;
	bool added;
	int ret = phone_add(db, &s, NOW, &added, &advice, e);

	free(advice);
	return ret;
}

static int
body_remove(struct db *db, void *arg, struct err *e)
{
	return phone_remove(db, arg, e);
}

struct change {
	const char		*name;
	struct setting_change	 change;
};

static int
body_set(struct db *db, void *arg, struct err *e)
{
	const struct change *ch = arg;
	const struct phone_spec s = { .name = ch->name,
		.change = &ch->change, .nchange = 1 };
	struct phone_result r = { 0 };
	int ret = phone_set(db, &s, NOW, &r, e);

	phone_result_clear(&r);
	return ret;
}

/* Another operation is pending for it. */
static void
occupy(const char *name)
{
	struct change ch = { name, {
		setting_get(SETTING_CERT_OPERATION), "troubleshoot" } };

	fix_tx(c.node.db, body_set, &ch);
}

static void
name_phones(size_t n)
{
	free(which.name);
	which.n = n;
	ck_assert_ptr_nonnull(which.name = calloc(n, sizeof(*which.name)));
	for (size_t i = 0; i < n; i++)
		(void)snprintf(which.name[i], sizeof(which.name[i]),
		    "SEP%012zX", i + 1);
}

static const char *
operation_of(const char *name)
{
	static char value[64];
	struct phone_effective x;
	struct err e = { 0 };

	ck_assert_msg(phone_effective_load(&x, c.node.db, NULL, name, &e) ==
	    ERR_OK, "%s", e.msg);
	(void)snprintf(value, sizeof(value), "%s",
	    x.value[SETTING_CERT_OPERATION]);
	phone_effective_clear(&x);
	return value;
}

static int64_t
count(const char *of)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", of);
	return fix_i64(c.node.db, sql);
}

/* --- fixture --- */

static void
begin_asking(void)
{
	struct err e = { 0 };

	memset(&asking, 0, sizeof(asking));
	asking.c = &c;
	asking.now = NOW;
	asking.ask.op = CAPF_OP_INSTALL;
	ck_assert_int_eq(capf_asking_targets(&asking, &which, &e), ERR_OK);
	ck_assert_ptr_nonnull(asking.kr = keyring_of_new(fresh, KEYRING_CRED,
	    &e));
}

static void
set_up(void)
{
	struct err e = { 0 };

	clk = (struct clock){ .wall_ns = now_ns, .mono_ns = now_ns };
	rng_seeded_init(&rng, &seed, 4711);
	ck_assert_ptr_nonnull(fresh = keyring_make(master, "cm1", &rng, &e));
	ck_assert_ptr_nonnull(nowhere = fopen("/dev/null", "w"));
	ck_assert_int_eq(out_init(&out, false, nowhere, nowhere, &e),
	    ERR_OK);
	c = (struct ctl){ .line = &line, .out = &out, .clk = &clk,
	    .rng = &rng, .cwdfd = -1, .have_node = true };
	c.node.db = fix_create(fix_folder());
	(void)snprintf(c.node.row.name, sizeof(c.node.row.name), "cm1");
	name_phones(PHONES);
	for (size_t i = 0; i < PHONES; i++)
		fix_tx(c.node.db, body_add, which.name[i]);
	begin_asking();
}

static void
tear_down(void)
{
	capf_asking_clear(&asking);
	free(which.name);
	which.name = NULL;
	db_close(c.node.db);
	fix_remove();
	out_clear(&out);
	(void)fclose(nowhere);
	keyring_new_free(fresh);
}

static void
look(void)
{
	struct err e = { 0 };

	ck_assert_msg(capf_asking_look(&asking, &e) == ERR_OK, "%s", e.msg);
}

static void
run(void)
{
	struct bar b = bar_of(&out);
	struct err e = { 0 };

	ck_assert_msg(capf_asking_run(&asking, &b, &e) == ERR_OK, "%s",
	    e.msg);
}

static void
counts(size_t changed, size_t same, size_t refused, size_t strings)
{
	ck_assert_uint_eq(asking.nchanged, changed);
	ck_assert_uint_eq(asking.nsame, same);
	ck_assert_uint_eq(asking.nrefused, refused);
	ck_assert_uint_eq(asking.nstring, strings);
}

static void
again(void)
{
	capf_asking_clear(&asking);
	begin_asking();
}

/* --- who --- */

START_TEST(all_are_asked)
{
	struct row_audit *rows;
	size_t n;

	look();
	for (size_t i = 0; i < PHONES; i++) {
		ck_assert(capf_asking_wanted(&asking, &asking.t[i]));
		ck_assert_str_eq(asking.t[i].string, "");
		ck_assert_ptr_null(asking.t[i].sealed);
	}
	/* Looking changes nothing. */
	ck_assert_str_eq(operation_of(which.name[0]),
	    "no-pending-operation");
	run();
	counts(PHONES, 0, 0, 0);
	for (size_t i = 0; i < PHONES; i++)
		ck_assert_str_eq(operation_of(which.name[i]),
		    "install-upgrade");
	ck_assert_int_eq(row_audit_list(c.node.db, 9, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(rows[0].command, "utils capf install");
	ck_assert_str_eq(rows[0].detail, "SEP000000000001 and 4 more");
	ck_assert_int_eq(rows[0].at, NOW);
	row_audit_free(rows, n);
}
END_TEST

/* Who cannot be asked leaves the others alone, and keeps what it had. */
START_TEST(some_are_refused)
{
	occupy(which.name[1]);
	fix_tx(c.node.db, body_remove, which.name[3]);
	look();
	ck_assert_uint_eq(asking.nrefused, 2);
	ck_assert_int_eq(asking.code, ERR_REFUSED);	/* the first one's */
	ck_assert_ptr_nonnull(asking.t[1].refused);
	ck_assert_ptr_nonnull(asking.t[3].refused);
	ck_assert(!capf_asking_wanted(&asking, &asking.t[1]));
	run();
	counts(PHONES - 2, 0, 2, 0);
	ck_assert_str_eq(operation_of(which.name[1]), "troubleshoot");
	ck_assert_str_eq(operation_of(which.name[2]), "install-upgrade");
}
END_TEST

/* What has changed since they were looked at is refused in the transaction,
 * once, however often that runs. */
START_TEST(changed_meanwhile)
{
	look();
	counts(0, 0, 0, 0);
	fix_tx(c.node.db, body_remove, which.name[0]);
	occupy(which.name[4]);
	run();
	counts(PHONES - 2, 0, 2, 0);
	ck_assert_int_eq(asking.code, ERR_NOTFOUND);
	ck_assert_ptr_nonnull(asking.t[0].refused);
	ck_assert_ptr_nonnull(asking.t[4].refused);
	ck_assert(!asking.t[0].changed && asking.t[1].changed);
	ck_assert_str_eq(operation_of(which.name[4]), "troubleshoot");
}
END_TEST

START_TEST(nobody_left)
{
	for (size_t i = 0; i < PHONES; i++)
		occupy(which.name[i]);
	look();
	run();
	counts(0, 0, PHONES, 0);
	ck_assert_int_eq(count("audit"), 0);
}
END_TEST

/* Asked for already: nothing is written, unless by another time. */
START_TEST(the_same_again)
{
	int64_t changed_at;

	look();
	run();
	changed_at = fix_i64(c.node.db, "SELECT max(changed_at) FROM phone");
	again();
	asking.now = NOW + 5;
	look();
	ck_assert(asking.t[0].look.same);
	ck_assert(!capf_asking_wanted(&asking, &asking.t[0]));
	run();
	counts(0, PHONES, 0, 0);
	ck_assert_int_eq(fix_i64(c.node.db,
	    "SELECT max(changed_at) FROM phone"), changed_at);
	ck_assert_int_eq(count("audit"), 1);
	again();
	asking.ask.by = NOW + 30 * DAY;
	look();
	ck_assert(capf_asking_wanted(&asking, &asking.t[0]));
	run();
	counts(PHONES, 0, 0, 0);
}
END_TEST

/* --- strings --- */

/* The secret that the database has of it. */
static void
string_is(const char *phone, const char *want)
{
	struct secret *s = NULL;
	struct err e = { 0 };
	uint8_t *sealed;
	size_t len;

	ck_assert_int_eq(row_secret_get(c.node.db, phone,
	    setting_get(SETTING_AUTH_STRING)->option, &sealed, &len, &e),
	    ERR_OK);
	ck_assert_msg(sealed_phone_open(asking.kr, phone,
	    setting_get(SETTING_AUTH_STRING)->option, sealed, len, &s, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_uint_ge(s->len, strlen(want));
	ck_assert_mem_eq(s->buf, want, strlen(want));
	secret_free(s);
	free(sealed);
}

START_TEST(strings_are_made)
{
	asking.ask.auth = "by-authentication-string";
	look();
	for (size_t i = 0; i < PHONES; i++) {
		ck_assert_uint_eq(strlen(asking.t[i].string),
		    CAPF_STRING_LEN);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(asking.t[i].string,
			    asking.t[k].string);
	}
	run();
	counts(PHONES, 0, 0, PHONES);
	for (size_t i = 0; i < PHONES; i++)
		string_is(which.name[i], asking.t[i].string);
	/* They have theirs now: no new ones. */
	again();
	asking.ask.auth = "by-authentication-string";
	look();
	ck_assert_str_eq(asking.t[0].string, "");
	run();
	counts(0, PHONES, 0, 0);
}
END_TEST

START_TEST(string_is_given)
{
	asking.ask.auth = "by-authentication-string";
	asking.given = "47114711";
	look();
	run();
	counts(PHONES, 0, 0, 0);
	for (size_t i = 0; i < PHONES; i++) {
		ck_assert_str_eq(asking.t[i].string, "");
		string_is(which.name[i], "47114711");
	}
}
END_TEST

/* A mode that takes no string takes the one that is there away. */
START_TEST(string_is_dropped)
{
	asking.ask.auth = "by-authentication-string";
	look();
	run();
	ck_assert_int_eq(count("phone_secret"), PHONES);
	for (size_t i = 0; i < PHONES; i++) {
		struct change ch = { which.name[i], { setting_get(
		    SETTING_CERT_OPERATION), "no-pending-operation" } };

		fix_tx(c.node.db, body_set, &ch);
	}
	again();
	asking.ask.auth = "by-null-string";
	look();
	run();
	counts(PHONES, 0, 0, 0);
	ck_assert_int_eq(count("phone_secret"), 0);
}
END_TEST

/* --- many --- */

/* A transaction, and a line in the audit, for each 1,000. */
START_TEST(more_than_a_batch)
{
	size_t n = CAPF_ASKING_BATCH + 3;

	if (slow_run())
		return;
	capf_asking_clear(&asking);
	name_phones(n);
	for (size_t i = PHONES; i < n; i++)
		fix_tx(c.node.db, body_add, which.name[i]);
	begin_asking();
	look();
	run();
	counts(n, 0, 0, 0);
	ck_assert_int_eq(count("audit"), 2);
	ck_assert_str_eq(operation_of(which.name[n - 1]),
	    "install-upgrade");
}
END_TEST

/* --- roll-outs --- */

static void
roll_out(void)
{
	struct err e = { 0 };

	asking.batch = 2;
	look();
	ck_assert_msg(capf_asking_rollout(&asking, &e) == ERR_OK, "%s",
	    e.msg);
}

START_TEST(batch_by_batch)
{
	struct row_rollout r;
	struct err e = { 0 };

	occupy(which.name[1]);
	roll_out();
	counts(PHONES - 1, 0, 1, 0);
	ck_assert_str_ne(asking.id, "");
	ck_assert_int_eq(asking.started.nphone, PHONES - 1);
	ck_assert_int_eq(asking.started.nasked, 2);
	ck_assert_int_eq(row_rollout_get(c.node.db, asking.id, &r, &e),
	    ERR_OK);
	ck_assert_str_eq(r.operation, "install-upgrade");
	ck_assert_int_eq(r.batch, 2);
	ck_assert_str_eq(operation_of(which.name[0]), "install-upgrade");
	ck_assert_str_eq(operation_of(which.name[2]), "install-upgrade");
	ck_assert_str_eq(operation_of(which.name[3]),
	    "no-pending-operation");
}
END_TEST

/* Skipped within the transaction: said once, and counted. */
START_TEST(skipped_by_the_rollout)
{
	struct err e = { 0 };

	asking.batch = 2;
	look();
	fix_tx(c.node.db, body_remove, which.name[2]);
	ck_assert_msg(capf_asking_rollout(&asking, &e) == ERR_OK, "%s",
	    e.msg);
	counts(PHONES - 1, 0, 1, 0);
	ck_assert_ptr_nonnull(asking.t[2].refused);
	ck_assert(!asking.t[2].changed);
	ck_assert_int_eq(asking.started.nskipped, 1);
}
END_TEST

START_TEST(rollout_of_nobody)
{
	look();
	run();
	again();
	roll_out();
	counts(0, PHONES, 0, 0);
	ck_assert_str_eq(asking.id, "");
	ck_assert_int_eq(count("rollout"), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_asking");
	TCase *t = tcase_create("ctl_asking");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, all_are_asked);
	tcase_add_test(t, some_are_refused);
	tcase_add_test(t, changed_meanwhile);
	tcase_add_test(t, nobody_left);
	tcase_add_test(t, the_same_again);
	tcase_add_test(t, strings_are_made);
	tcase_add_test(t, string_is_given);
	tcase_add_test(t, string_is_dropped);
	tcase_add_test(t, more_than_a_batch);
	tcase_add_test(t, batch_by_batch);
	tcase_add_test(t, skipped_by_the_rollout);
	tcase_add_test(t, rollout_of_nobody);
	suite_add_tcase(s, t);
	return fix_run(s);
}
