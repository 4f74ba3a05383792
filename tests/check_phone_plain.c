/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who may have a plain file for a while, and how long.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/trust_cluster.h"
#include "trust/phone_plain.h"

#define ONE	"SEP000000000001"
#define NOW	TC_NOW

struct call {
	struct row_phone_plain	 p;
	bool			 changed;
};

static int
tx_set(struct db *db, void *arg, struct err *e)
{
	struct call *c = arg;

	return phone_plain_set(db, NULL, &c->p, NOW, &c->changed, e);
}

/* A profile that asks for encrypted files (arg NULL: does not), and a phone
 * that uses it. */
static int
tx_phone(struct db *db, void *arg, struct err *e)
{
	struct setting_change s = { setting_get(SETTING_ENC_CONFIG),
	    arg != NULL ? "yes" : "no" };
	struct profile_spec spec = { .name = "enc", .protocol = -1,
	    .change = &s, .nchange = 1 };
	struct row_phone p = { .name = ONE, .model = "8861",
	    .profile = "enc", .created_at = 1, .changed_at = 1 };
	struct profile_result r = { .changed = false };
	int ret = profile_add(db, &spec, NOW, &r, e);

	profile_result_clear(&r);
	return ret == ERR_OK ? row_phone_put(db, &p, e) : ret;
}

static struct call
call_of(int64_t until, bool with_secrets)
{
	struct call c = { .p = { .phone = ONE, .until = until,
	    .with_secrets = with_secrets, .account = "ann" } };

	return c;
}

#define XML	"<device><vmPin1>k1</vmPin1><vendor>x</vendor></device>"

static int
tx_file(struct db *db, void *arg, struct err *e)
{
	struct row_phone_file f = { .name = ONE, .origin = "command",
	    .changed_at = 1, .len = strlen(XML) };
	int ret;

	(void)arg;
	ck_assert_ptr_nonnull(f.xml = (uint8_t *)strdup(XML));
	ret = row_phone_file_put(db, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

static char *
advice(void)
{
	struct err e = { 0 };
	char *text;

	ck_assert_msg(phone_plain_advice(tc.db, NULL, ONE, NOW, &text, &e) ==
	    ERR_OK, "%s", e.msg);
	return text;
}

/* What is left out is told of own files alone, while they are without. */
START_TEST(what_is_left_out)
{
	struct call c = call_of(NOW + 3600, false);
	char *text;

	tc_done(tx_phone, (void *)(uintptr_t)"yes");
	tc_done(tx_set, &c);
	ck_assert_ptr_null(advice());
	tc_done(tx_file, NULL);
	ck_assert_ptr_nonnull(text = advice());
	ck_assert_ptr_nonnull(strstr(text, ": vmPin1 (line 1)"));
	ck_assert_ptr_null(strstr(text, "vendor"));
	free(text);
	c.p.with_secrets = true;
	tc_done(tx_set, &c);
	ck_assert_ptr_null(advice());
}
END_TEST

START_TEST(life)
{
	struct call c = call_of(NOW + PHONE_PLAIN_MAX_S, false);
	struct row_phone_plain p;
	struct err e = { 0 };

	tc_done(tx_phone, (void *)(uintptr_t)"yes");
	tc_done(tx_set, &c);
	ck_assert(c.changed);
	ck_assert_int_eq(row_phone_plain_get(tc.db, ONE, &p, &e), ERR_OK);
	ck_assert_int_eq(p.until, NOW + PHONE_PLAIN_MAX_S);
	ck_assert_int_eq(p.at, NOW);
	ck_assert_str_eq(p.account, "ann");
	/* The same again is no change; with secrets it is. */
	tc_done(tx_set, &c);
	ck_assert(!c.changed);
	c.p.with_secrets = true;
	tc_done(tx_set, &c);
	ck_assert(c.changed);
	c = call_of(0, false);
	tc_done(tx_set, &c);
	ck_assert(c.changed);
	ck_assert_int_eq(row_phone_plain_get(tc.db, ONE, &p, &e),
	    ERR_NOTFOUND);
	tc_done(tx_set, &c);
	ck_assert(!c.changed);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		int64_t		 until;
		const char	*why;
	} times[] = {
		{ NOW, "passed" }, { NOW - 1, "passed" }, { 1, "passed" },
		{ NOW + PHONE_PLAIN_MAX_S + 1, "24 hours" },
		{ INT64_MAX, "24 hours" },
	};
	struct call c = call_of(NOW + 60, false);

	tc_refused(tx_set, &c, ERR_NOTFOUND, ONE);
	tc_done(tx_phone, (void *)(uintptr_t)"yes");
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		c = call_of(times[i].until, false);
		tc_refused(tx_set, &c, ERR_REFUSED, times[i].why);
	}
}
END_TEST

/* Its file is plain anyway; ending what is not there does no harm. */
START_TEST(not_asked_for)
{
	struct call c = call_of(NOW + 60, false);

	tc_done(tx_phone, NULL);
	tc_refused(tx_set, &c, ERR_REFUSED, "plain anyway");
	c = call_of(0, false);
	tc_done(tx_set, &c);
	ck_assert(!c.changed);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_plain");
	TCase *t = tcase_create("phone_plain");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, life);
	tcase_add_test(t, what_is_left_out);
	tcase_add_test(t, refused);
	tcase_add_test(t, not_asked_for);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
