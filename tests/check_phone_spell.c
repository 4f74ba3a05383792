/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of phones in any case and within paths.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "tests/trust_cluster.h"
#include "trust/phone_spell.h"

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

static int
tx_phone(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .model = "8861", .created_at = 1,
	    .changed_at = 1 };

	(void)str_copy(p.name, sizeof(p.name), arg);
	return row_phone_add(db, &p, e);
}

static void
phone(char *name)
{
	tc_done(tx_phone, name);
}

static void
set_up(void)
{
	static char names[][24] = { "SEP0011223344AA", "CSFann", "CSFANNA",
	    "ann", "Ann", "lobby1", "hall-2.west", "x_y" };

	tc_open();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		phone(names[i]);
}

static const struct {
	const char	*asked, *name;		/* NULL: there is none */
} spelt[] = {
	{ "CSFann", "CSFann" }, { "csfann", "CSFann" },
	{ "CSFANN", "CSFann" }, { "csfanna", "CSFANNA" },
	{ "ann", "ann" }, { "Ann", "Ann" }, { "ANN", "Ann" },
	{ "sep0011223344aa", "SEP0011223344AA" },
	{ "SEP0011223344BB", NULL }, { "CSFan", NULL }, { "CSFannn", NULL },
	{ "csfan%", NULL }, { "", NULL }, { "1", NULL },
	{ "HALL-2.WEST", "hall-2.west" },
};

START_TEST(any_case)
{
	char out[PHONE_NAME_MAX + 1];
	struct err e = { 0 };
	int ret = phone_spelling(tc.db, spelt[_i].asked, out, &e);

	ck_assert_int_eq(ret, spelt[_i].name != NULL ? ERR_OK :
	    ERR_NOTFOUND);
	if (spelt[_i].name != NULL)
		ck_assert_str_eq(out, spelt[_i].name);
}
END_TEST

static int
note(void *arg, struct db *db, const char *phone, struct err *e)
{
	(void)db;
	(void)e;
	wr_str(arg, phone);
	wr_str(arg, " ");
	return ERR_OK;
}

static const struct {
	const char	*path, *names;
} named[] = {
	{ "CSFann.xml", "CSFann " },
	{ "CSFANN", "CSFann " },
	{ "old-csfann.cnf.xml", "CSFann " },
	{ "backup/CSFann/x.bak", "CSFann " },
	{ "CSFann.cnf.xml-CSFANN", "CSFann CSFann " },
	/* Long ones within words, but not part of another number. */
	{ "oldCSFanncopy.xml", "CSFann " },
	{ "CSFann2.xml", "CSFann " },
	{ "CSFannA.xml", "CSFANNA CSFann " },
	{ "mylobby1x", "lobby1 " },
	{ "lobby10.xml", "" }, { "lobby1.0.xml", "lobby1 " },
	{ "2lobby1", "lobby1 " },
	/* Short ones as words only. */
	{ "joann.xml", "" }, { "anna.xml", "" }, { "ann2.xml", "" },
	{ "jo-ANN.xml", "Ann ann " },
	{ "x_y", "x_y " }, { "xx_y", "" }, { "x_yy", "" },
	{ "HALL-2.WEST.xml", "hall-2.west " },
	{ "hall-2.wes", "" }, { "hall 2.west", "" },
	/* Addresses need no phone. */
	{ "00-11-22-33-44-AA.xml", "SEP0011223344AA " },
	{ "sep0011223344ab", "SEP0011223344AB " },
	{ "0011223344AABB", "SEP0011223344AA SEP011223344AAB "
	    "SEP11223344AABB " },
	{ "", "" }, { "caf\xc3\xa9/\xc3\xa9.xml", "" },
	{ "Ringlist.xml", "" },
};

START_TEST(within_paths)
{
	struct wr w = wr_init(512);
	struct err e = { 0 };

	ck_assert_int_eq(phone_named_in(tc.db, named[_i].path, note, &w, &e),
	    ERR_OK);
	wr_u8(&w, 0);
	ck_assert_int_eq(w.err, ERR_OK);
	ck_assert_msg(strcmp((char *)w.buf, named[_i].names) == 0,
	    "%s: %s", named[_i].path, (char *)w.buf);
	wr_clear(&w);
}
END_TEST

static int
stop(void *arg, struct db *db, const char *phone, struct err *e)
{
	int *n = arg;

	(void)db;
	(void)phone;
	return err_set(e, ++*n == 2 ? ERR_BUSY : ERR_OK, "stop");
}

/* The second failed; there is no third. */
START_TEST(failing)
{
	struct err e = { 0 };
	int n = 0;

	ck_assert_int_eq(phone_named_in(tc.db, "ann/ann/0011223344AA", stop,
	    &n, &e), ERR_BUSY);
	ck_assert_int_eq(n, 2);
}
END_TEST

static int
tx_remove(struct db *db, void *arg, struct err *e)
{
	return row_phone_remove(db, arg, e);
}

START_TEST(only_addresses)
{
	static char names[][24] = { "CSFann", "CSFANNA", "ann", "Ann",
	    "lobby1", "hall-2.west" }, last[] = "x_y";
	struct err e = { 0 };
	bool any;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tc_done(tx_remove, names[i]);
	ck_assert_int_eq(phone_spell_free(tc.db, &any, &e), ERR_OK);
	ck_assert(any);
	tc_done(tx_remove, last);
	ck_assert_int_eq(phone_spell_free(tc.db, &any, &e), ERR_OK);
	ck_assert(!any);
	ck_assert(phone_address_in("x/00:11:22:33:44:aa"));
	ck_assert(!phone_address_in("x/00:11:22:33:44:a"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_spell");
	TCase *t = tcase_create("phone_spell");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, set_up, tc_close);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, any_case, 0, N_OF(spelt));
	tcase_add_loop_test(t, within_paths, 0, N_OF(named));
	tcase_add_test(t, failing);
	tcase_add_test(t, only_addresses);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
