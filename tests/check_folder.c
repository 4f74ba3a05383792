/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An administrator's own configurations among the files: what is seen, what
 * becomes of it, and what does not.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "db/params.h"
#include "tests/folder_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/folder.h"

START_TEST(imported_when_left_alone)
{
	struct row_phone p;
	int64_t n;

	ck_assert_int_eq(look(), -1);
	put(NAME, ONE);
	ck_assert_int_eq(look(), FOLDER_SETTLE_MS);
	ck_assert(!has_phone(DEV, &p));
	put(NAME, TWO);			/* still being written */
	mono_ms += FOLDER_SETTLE_MS;
	ck_assert_int_eq(look(), FOLDER_SETTLE_MS);
	ck_assert(!has_phone(DEV, &p));
	mono_ms += FOLDER_SETTLE_MS;
	ck_assert_int_eq(look(), -1);
	ck_assert(has_phone(DEV, &p));
	ck_assert_int_eq(p.origin, ORIGIN_IMPORT);
	expect_file(TWO, "folder");
	expect_state(FOLDER_USED, "");
	n = changes();
	ck_assert_int_eq(look(), -1);
	ck_assert_int_eq(changes(), n);
	/* Nor does another start change a thing. */
	folder_free(folder);
	begin();
	settle();
	ck_assert_int_eq(changes(), n);
}
END_TEST

START_TEST(audited)
{
	struct row_audit *rows;
	size_t n;

	put(NAME, ONE);
	settle();
	ck_assert_int_eq(row_audit_list(tc.db, 10, &rows, &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(rows[0].account, FOLDER_ACCOUNT);
	ck_assert_str_eq(rows[0].command, "folder import");
	ck_assert_str_eq(rows[0].detail, DEV " " NAME ", a new phone");
	ck_assert_str_eq(rows[0].node, "cm1");
	row_audit_free(rows, n);
}
END_TEST

START_TEST(bad_keeps_the_last_good)
{
	put(NAME, ONE);
	settle();
	put(NAME, BAD);
	ck_assert_int_eq(look(), FOLDER_SETTLE_MS);
	mono_ms += FOLDER_SETTLE_MS;
	/* It may grow to be whole: not told at once. */
	ck_assert_int_eq(look(), FOLDER_SETTLE_MS);
	expect_state(FOLDER_USED, "");
	settle();
	expect_state(FOLDER_BAD, "line ");
	expect_file(ONE, "folder");
	put(NAME, TWO);
	set_time(NAME, OLD);		/* a copy keeps its time */
	settle();
	expect_state(FOLDER_USED, "");
	expect_file(TWO, "folder");
}
END_TEST

static const struct {
	const char	*text, *why;
	size_t		 pad;
} bad[] = {
	{ "", "", 0 },
	{ "<Default/>", "device", 0 },
	{ "<!DOCTYPE device><device/>", "DOCTYPE", 0 },
	{ "<device>\xff</device>", "UTF-8", 0 },
	{ "<device/>", "1048576", 1048577 },
};

START_TEST(refused)
{
	char *text = malloc(bad[_i].pad + 64);
	struct row_phone p;

	ck_assert_ptr_nonnull(text);
	(void)snprintf(text, 64, "%s", bad[_i].text);
	for (size_t n = strlen(text); n < bad[_i].pad; text[++n] = '\0')
		text[n] = ' ';
	put(NAME, text);
	free(text);
	settle();
	expect_state(FOLDER_BAD, bad[_i].why);
	ck_assert(!has_phone(DEV, &p));
	put(NAME, ONE);
	settle();
	ck_assert(has_phone(DEV, &p));
}
END_TEST

START_TEST(link_that_leaves_is_refused)
{
	struct row_phone p;

	ck_assert_int_eq(symlinkat("/etc/passwd", tc.dirfd, NAME), 0);
	settle();
	expect_state(FOLDER_BAD, "leaves the root");
	ck_assert(!has_phone(DEV, &p));
	ck_assert_int_eq(unlinkat(tc.dirfd, NAME, 0), 0);
	settle();
	ck_assert_int_eq(observed_folder_get(observed, DEV,
	    &(struct folder_file){ 0 }, NULL), ERR_NOTFOUND);
}
END_TEST

static void
make_fifo(void)
{
	ck_assert_int_eq(mkfifoat(tc.dirfd, NAME, 0644), 0);
}

static void
make_folder(void)
{
	ck_assert_int_eq(mkdirat(tc.dirfd, NAME, 0755), 0);
}

static void
make_link(void)
{
	ck_assert_int_eq(symlinkat("away.xml", tc.dirfd, NAME), 0);
}

static void
make_loop(void)
{
	ck_assert_int_eq(symlinkat(DEV ".cnf.xml", tc.dirfd, NAME), 0);
}

static const struct {
	void		(*make)(void);
	const char	*why;
	int		 flags;		/* to remove it */
} no_files[] = {
	{ make_fifo, "not a file", 0 },
	{ make_folder, "not a file", AT_REMOVEDIR },
	{ make_link, "leads nowhere", 0 },
	{ make_loop, "symbolic links", 0 },
};

/* Nobody waits for it, the last good one stays, and it is told. */
START_TEST(no_file)
{
	put(NAME, ONE);
	settle();
	ck_assert_int_eq(unlinkat(tc.dirfd, NAME, 0), 0);
	no_files[_i].make();
	settle();
	expect_state(FOLDER_BAD, no_files[_i].why);
	expect_file(ONE, "folder");
	ck_assert_int_eq(unlinkat(tc.dirfd, NAME, no_files[_i].flags), 0);
	put(NAME, TWO);
	settle();
	expect_state(FOLDER_USED, "");
	expect_file(TWO, "folder");
}
END_TEST

/* Names of SEP phones in any case; nothing else is touched. */
START_TEST(names)
{
	static const char *const not_ours[] = { "tftp/XMLDefault.cnf.xml",
	    "tftp/gk001122334455.cnf.xml", "tftp/SEP0011223344AB.cnf.xml.sgn",
	    "tftp/SEP0011223344AC.xml", "tftp/SEP.cnf",
	    "tftp/SEP0011223344AD-old.cnf.xml",
	    "tftp/sep0011223344ad.bak.cnf.xml",
	    "tftp/Sep24-SEP0011223344AE.cnf.xml",
	    "tftp/SEP-0011223344AF.cnf.xml", "tftp/x/" };
	int64_t n = 0;
	struct row_phone p;

	for (size_t i = 0; i + 1 < sizeof(not_ours) / sizeof(not_ours[0]);
	    i++)
		put(not_ours[i], ONE);
	put("tftp/sep0011223344aa.CNF.xml", ONE);
	put("tftp/sep-lobby.cnf.xml", ONE);
	settle();
	ck_assert(has_phone(DEV, &p));
	ck_assert(has_phone("sep-lobby", &p));
	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	ck_assert_int_eq(n, 2);
}
END_TEST

/* Requests come in any case. */
START_TEST(another_phones_name)
{
	struct row_phone p;

	put("tftp/SEP-lobby.cnf.xml", ONE);
	settle();
	ck_assert(has_phone("SEP-lobby", &p));
	put("tftp/sep-lobby.cnf.xml", TWO);
	put("tftp/sep-lobby2.cnf.xml", TWO);
	settle();
	ck_assert(!has_phone("sep-lobby", &p));
	ck_assert(has_phone("sep-lobby2", &p));
}
END_TEST

/* More than one transaction's. */
START_TEST(many)
{
	char name[64];
	int64_t n = 0;

	for (int i = 0; i < 230; i++) {
		(void)snprintf(name, sizeof(name),
		    "tftp/SEP%012X.cnf.xml", (unsigned)i);
		put(name, i % 10 == 9 ? BAD : ONE);
	}
	settle();
	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	ck_assert_int_eq(n, 207);
}
END_TEST

static int
root_tx(struct db *db, void *arg, struct err *e)
{
	bool changed;

	return param_set(db, &param_table()[PARAM_TFTP_ROOT], "", arg, 1,
	    &changed, e);
}

/* A root that is away (a share not mounted) has removed nothing. */
START_TEST(root_away)
{
	char more[96], away[96], file[160], first[96];
	int fd;

	(void)snprintf(more, sizeof(more), "%s/more", other);
	(void)snprintf(away, sizeof(away), "%s/away", other);
	(void)snprintf(file, sizeof(file), "%s/" DEV ".cnf.xml", more);
	ck_assert_int_eq(mkdir(more, 0755), 0);
	ck_assert_int_ge(fd = open(file, O_WRONLY | O_CREAT, 0644), 0);
	ck_assert_int_eq(file_write_all(fd, ONE, strlen(ONE), NULL), ERR_OK);
	(void)close(fd);
	tc_done(root_tx, more);
	settle();
	expect_file(ONE, "folder");
	ck_assert_str_eq(folder_root(folder, 0), "tftp");
	ck_assert_str_eq(folder_root(folder, 1), more);
	ck_assert_ptr_null(folder_root(folder, 2));
	ck_assert_int_eq(rename(more, away), 0);
	mono_ms += 10 * FOLDER_GONE_MS;
	settle();
	mono_ms += 10 * FOLDER_GONE_MS;
	settle();
	expect_file(ONE, "folder");
	ck_assert_int_eq(rename(away, more), 0);
	settle();
	expect_file(ONE, "folder");
	first[0] = '\0';
	tc_done(root_tx, first);	/* taken away on purpose */
	settle();
	ck_assert_int_eq(row_phone_file_get(tc.db, DEV,
	    &(struct row_phone_file){ 0 }, NULL), ERR_NOTFOUND);
}
END_TEST

static TCase *
files_case(void)
{
	TCase *tc_files = tcase_create("files");

	tcase_add_unchecked_fixture(tc_files, tc_make, tc_free);
	tcase_add_checked_fixture(tc_files, set_up, tear_down);
	tcase_set_timeout(tc_files, 120);
	tcase_add_test(tc_files, imported_when_left_alone);
	tcase_add_test(tc_files, audited);
	tcase_add_test(tc_files, bad_keeps_the_last_good);
	tcase_add_loop_test(tc_files, refused, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc_files, link_that_leaves_is_refused);
	tcase_add_loop_test(tc_files, no_file, 0,
	    sizeof(no_files) / sizeof(no_files[0]));
	tcase_add_test(tc_files, names);
	tcase_add_test(tc_files, another_phones_name);
	tcase_add_test(tc_files, many);
	tcase_add_test(tc_files, root_away);
	return tc_files;
}

int
main(void)
{
	Suite *s = suite_create("folder");
	TCase *tc_rule = tcase_create("rule");
	SRunner *sr;
	int failed;

	suite_add_tcase(s, tc_rule);
	if (have_openat2())
		suite_add_tcase(s, files_case());
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
