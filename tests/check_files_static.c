/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Static files: their names, signatures and bounds.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/signed.h"
#include "tests/file_store_fix.h"
#include "tests/files_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/files.h"

START_TEST(plain_static)
{
	struct file_answer a;

	put("RingList.xml", "rings", 1);
	put("boom.raw", "", 1);
	gives("none.xml", ERR_NOTFOUND);
	gives_file("/RingList.xml", "rings");
	gives_file("ringlist.xml", "rings");
	get("RingList.xml", &a);
	ck_assert_str_eq(a.type, "text/xml");
	ck_assert_int_eq(a.name.kind, FILE_STATIC);
	file_answer_clear(&a);
	get("boom.raw", &a);
	ck_assert_str_eq(a.type, "application/octet-stream");
	ck_assert_uint_eq(a.len, 0);
	file_answer_clear(&a);
	file_answer_clear(&a);		/* twice is fine */
}
END_TEST

START_TEST(bad_names)
{
	struct file_answer a;
	struct err e = { 0 };

	gives("../master.key", ERR_PROTO);
	gives("x/../../phonetrust.db", ERR_PROTO);
	gives("", ERR_PROTO);
	ck_assert_int_eq(file_store_get(store, "a\0b", 3, &a, &e),
	    ERR_PROTO);
	file_answer_clear(&a);
	ck_assert_int_eq(symlinkat("../phonetrust.db", tc.dirfd,
	    "tftp/leak"), 0);
	gives("leak", ERR_DENIED);
	gives("leak.sgn", ERR_DENIED);
	/* The name is told also when there is nothing to serve. */
	ck_assert_int_eq(try_get("none/x.xml.sgn", &a, &e), ERR_NOTFOUND);
	ck_assert_str_eq(a.name.full, "none/x.xml.sgn");
	ck_assert_str_eq(a.name.base, "none/x.xml");
	file_answer_clear(&a);
}
END_TEST

START_TEST(signed_static)
{
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp/New_Zealand", 0755), 0);
	put("New_Zealand/g3-tones.xml", "tones", 1234);
	gives_signed("New_Zealand/g3-tones.xml.sgn",
	    "New_Zealand/g3-tones.xml.sgn", 1234, "tones", 5);
	/* Tag 14 is the name as asked, or the phone refuses the file. */
	gives_signed("/new_zealand/G3-tones.xml.sgn",
	    "new_zealand/G3-tones.xml.sgn", 1234, "tones", 5);
	put("old", "x", -5);
	gives_signed("old.sgn", "old.sgn", 0, "x", 1);
	put("sip88xx.loads", "firmware", 9);
	gives_signed("sip88xx.loads.sgn", "sip88xx.loads.sgn", 9, "firmware",
	    8);
}
END_TEST

START_TEST(stored_signature)
{
	/* Firmware parts are called .sgn and signed by their maker. */
	put("SIP69xx.zz.sgn", "by the maker", 10);
	gives_file("SIP69xx.zz.sgn", "by the maker");
	gives("SIP69xx.zz", ERR_NOTFOUND);
	/* A stored one counts while it is not older than its file. */
	put("dial.xml", "plan", 10);
	put("dial.xml.sgn", "stored", 10);
	gives_file("dial.xml.sgn", "stored");
	put("dial.xml", "new plan", 11);
	gives_signed("dial.xml.sgn", "dial.xml.sgn", 11, "new plan", 8);
	put("dial.xml.sgn", "stored again", 12);
	gives_file("dial.xml.sgn", "stored again");
}
END_TEST

START_TEST(too_large)
{
	int fd = openat(tc.dirfd, "tftp/huge.bin", O_WRONLY | O_CREAT |
	    O_CLOEXEC, 0644);
	struct file_answer a;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(ftruncate(fd, (off_t)SIGNED_FILE_MAX + 1), 0);
	(void)close(fd);
	get("huge.bin", &a);
	ck_assert_uint_eq(a.len, (uint64_t)SIGNED_FILE_MAX + 1);
	file_answer_clear(&a);
	gives("huge.bin.sgn", ERR_LIMIT);
}
END_TEST

static void
add_static(TCase *t)
{
	tcase_add_test(t, plain_static);
	tcase_add_test(t, bad_names);
	tcase_add_test(t, signed_static);
	tcase_add_test(t, stored_signature);
	tcase_add_test(t, too_large);
}

int
main(void)
{
	Suite *s = suite_create("files_static");
	TCase *t = tcase_create("store");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, set_up_without_cache, tear_down);
	tcase_set_timeout(t, 120);
	if (have_openat2())
		add_static(t);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
