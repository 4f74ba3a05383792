/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * When the file of a phone with encrypted files may be had in the clear, and
 * that no copy of one is given away.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/certs_data.h"
#include "tests/file_enc_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/file_store.h"

/* --- rows --- */

static int
tx_plain(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone_plain p = { .until = c->until, .account = "ann",
	    .with_secrets = c->with_secrets, .at = 1600 };

	(void)str_copy(p.phone, sizeof(p.phone), c->name);
	return row_phone_plain_put(db, &p, e);
}

static void
plain_until(int64_t until, bool with_secrets)
{
	struct change c = { .name = ONE, .until = until,
	    .with_secrets = with_secrets };

	tc_done(tx_plain, &c);
}

/* --- tests --- */

static void
write_file(const char *path, const char *text)
{
	struct err e = { 0 };

	ck_assert_msg(file_replace(tc.dirfd, path, 0644, text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
}

#define OWN	"<device>" SHELL "</device>"

START_TEST(plain_for_a_while)
{
	int64_t now = clock_wall_s(clock_system());

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	plain_until(now + 3600, false);
	ck_assert(has(ONE CNF ".sgn", "<fullConfig>true<"));
	ck_assert(!has(ONE CNF ".sgn", SHELL));
	ck_assert(!has(ONE CNF, SHELL));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	plain_until(now + 3600, true);
	ck_assert(has(ONE CNF ".sgn", SHELL));
	ck_assert(has(ONE CNF, SHELL));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	/* Set by a clock that ran ahead. */
	plain_until(now + 3 * 24 * 3600, true);
	expect_stub(HASH, 0);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
	plain_until(now, true);
	expect_stub(HASH, 0);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
}
END_TEST

/* One that waits for its first key has its whole file else. */
START_TEST(plain_while_waiting)
{
	int64_t now = clock_wall_s(clock_system());

	profile("tftp-encrypted-config=yes secure-when-ready=yes");
	phone(ONE, NULL, NULL);
	write_file("tftp/" ONE ".bak", OWN);
	ck_assert(has(ONE CNF, SHELL));
	ck_assert(has(ONE ".bak", SHELL));
	plain_until(now + 3600, false);
	ck_assert(has(ONE CNF, "<fullConfig>true<"));
	ck_assert(!has(ONE CNF, SHELL));
	ck_assert(!has(ONE CNF ".sgn", SHELL));
	ck_assert_int_eq(code(ONE ".bak"), ERR_NOTFOUND);
	plain_until(now + 3600, true);
	ck_assert(has(ONE CNF, SHELL));
	plain_until(now, false);
	ck_assert(has(ONE CNF, SHELL));
}
END_TEST

/* A file in memory is not used beyond the end of that time. */
START_TEST(plain_ends_by_itself)
{
	int64_t until = clock_wall_s(clock_system()) + 2;
	struct timespec ms = { .tv_nsec = 20 * 1000 * 1000 };

	file_cache_set_max(cache, 1 << 20);
	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	plain_until(until, true);
	ck_assert(code(ONE CNF ".enc.sgn") == ERR_NOTFOUND ||
	    clock_wall_s(clock_system()) >= until);
	for (int i = 0; i < 5000 && code(ONE CNF ".enc.sgn") != ERR_OK; i++)
		(void)nanosleep(&ms, NULL);
	ck_assert(clock_wall_s(clock_system()) >= until);
	expect_stub(HASH, 0);
}
END_TEST

static const struct {
	const char	*name, *text;
	bool		 served;
} copies[] = {
	{ ONE, OWN, false },
	{ "sep0011223344aa.txt", OWN, false },
	{ ONE ".xml.enc.sgn", OWN, false },
	{ "SIP0011223344AA.cnf", "phone_password: " SHELL, false },
	{ "00-11-22-33-44-AA.xml", OWN, false },
	{ "0011.2233.44aa", OWN, false },
	{ "old_10_0011223344AA_copy", OWN, false },
	{ "0011223344AAcopy.xml", OWN, false },
	{ "phone0011223344AA.xml", OWN, false },
	{ "cafe0011223344AA.xml", OWN, false },
	{ "da39a3ee5e6b4b0d3255bfef95601890afd80709-0011223344AA", OWN,
	    false },
	{ "0011 2233 44AA.xml", OWN, false },
	{ ONE "-part.xml", "<x><adminPassword>" SHELL "</adminPassword></x>",
	    false },
	/* Nothing in them says what they are. */
	{ ONE "-b.xml", "<x><wepKey>" SHELL "</wepKey></x>", false },
	{ ONE "-c.xml", "<x><pin>" SHELL "</pin></x>", false },
	{ ONE "-d.xml", "<vendorConfig adminPassword=\"" SHELL "\"/>",
	    false },
	{ ONE "-e.xml", "<sshPassword >" SHELL "</sshPassword >", false },
	{ ONE "-f.xml", "<DIALTEMPLATE/>", false },
	/* Sent there by a setting, and by its own file. */
	{ "dial-" ONE ".xml", "<DIALTEMPLATE/>", true },
	{ "DIAL-" ONE ".XML", "<DIALTEMPLATE/>", true },
	{ ONE "/soft.xml", "<softkeys/>", true },
	{ ONE "/soft.xm", "<softkeys/>", false },
	{ ONE ".packed", "PK\3\4", false },
	{ ONE ".hidden.xml", "<x><device>" SHELL "</device></x>", false },
	{ ONE ".xmlns.xml", "<a:device>" SHELL "</a:device>", false },
	{ ONE "-dialplan.cnf.xml.txt", "<DIALTEMPLATE/>", false },
	/* Nobody's, or nothing. */
	{ ONE ".png", "\x89PNG\r\n", true },
	{ ONE ".jpg", "\xff\xd8\xff\xe0", true },
	{ TWO ".xml", OWN, true },	/* not a phone here */
	{ "0-011223344AA", OWN, true },
	{ "00--11-22-33-44-AA", OWN, true },
	{ "0011223344A", OWN, true },
	{ "sip88xx.12-8-1-0001-455.loads.txt", OWN, true },
	{ "lobby.xml", OWN, true },
};

START_TEST(copies_of_configurations)
{
	char path[128];

	profile("tftp-encrypted-config=no dial-template=dial-" ONE ".xml");
	phone(ONE, "<device><a>" ONE "/soft.xml</a></device>", NULL);
	if (strchr(copies[_i].name, '/') != NULL)
		ck_assert_int_eq(mkdirat(tc.dirfd, "tftp/" ONE, 0755), 0);
	(void)snprintf(path, sizeof(path), "tftp/%s", copies[_i].name);
	write_file(path, copies[_i].text);
	ck_assert_int_eq(code(copies[_i].name), ERR_OK);
	profile("tftp-encrypted-config=yes");
	ck_assert_msg((code(copies[_i].name) == ERR_OK) == copies[_i].served,
	    "%s", copies[_i].name);
	(void)snprintf(path, sizeof(path), "%s.sgn", copies[_i].name);
	if (!copies[_i].served)
		ck_assert_int_eq(code(path), ERR_NOTFOUND);
}
END_TEST

/* Pictures may be larger than what is looked at of text. */
START_TEST(large_pictures)
{
	size_t len = (size_t)300 << 10;
	char *text = malloc(len + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', len);
	text[len] = '\0';
	memcpy(text, "\x89PNG", 4);
	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	write_file("tftp/" ONE ".png", text);
	ck_assert_int_eq(code(ONE ".png"), ERR_OK);
	text[0] = 'x';
	write_file("tftp/" ONE ".pcm", text);
	ck_assert_int_eq(code(ONE ".pcm"), ERR_NOTFOUND);
	free(text);
}
END_TEST

START_TEST(what_is_a_copy)
{
	static const struct {
		const char	*text;
		bool		 is;
	} t[] = {
		{ "<?xml?><device><adminPassword>x</adminPassword></device>",
		    true },
		{ "<DEVICE><phonePASSWORD>x", true },
		{ "<device><loadInformation>x", true },
		{ "\xef\xbb\xbf \r\n<device/>", true },
		{ "<Default><devicePool>x", false },
		{ "<x><adminPassword>x", false },
		{ "a <device> with a password>", false },
		{ "", false },
	};

	for (size_t i = 0; i < N_OF(t); i++)
		ck_assert_msg(store_is_copy((const uint8_t *)t[i].text,
		    strlen(t[i].text)) == t[i].is, "%s", t[i].text);
}
END_TEST

/* --- names that are no addresses --- */

#define CSF	"CSFann"

static const struct {
	const char	*name;
	bool		 served;
} others[] = {
	{ CSF ".xml", false }, { CSF ".bak", false }, { CSF, false },
	{ "old-" CSF CNF, false }, { "backup-" CSF CNF ".bak", false },
	{ "CSFANN" CNF ".old", false }, { "csfann.txt", false },
	{ "old/" CSF "/x.cnf.xml", false }, { "old" CSF "2.xml", false },
	{ "joann.cnf.xml", true }, { "CSFan.xml", true },
	{ "lobby.xml", true },
};

/* Whatever the verdict is kept for: asked before and after. */
START_TEST(copies_of_others)
{
	const char *name = others[_i].name;
	char path[128];

	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp/old", 0755), 0);
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp/old/" CSF, 0755), 0);
	file_cache_set_max(cache, 1 << 20);
	(void)snprintf(path, sizeof(path), "tftp/%s", name);
	write_file(path, OWN);
	ck_assert_int_eq(code(name), ERR_OK);
	profile("tftp-encrypted-config=no");
	phone(CSF, NULL, NULL);
	phone("ann", NULL, NULL);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(code(name), ERR_OK);
	profile("tftp-encrypted-config=yes");
	(void)snprintf(path, sizeof(path), "%s.sgn", name);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(code(name), others[_i].served ? ERR_OK :
		    ERR_NOTFOUND);
		ck_assert_int_eq(code(path), others[_i].served ? ERR_OK :
		    ERR_NOTFOUND);
	}
	profile("tftp-encrypted-config=no");
	ck_assert_int_eq(code(name), ERR_OK);
}
END_TEST

/* A phone's own files, in whatever case they are asked for. */
START_TEST(others_in_any_case)
{
	static const char *const names[] = { CSF CNF, "csfann" CNF,
	    "CSFANN.CNF.XML", "csfann" CNF ".sgn", "/CSFANN" CNF ".SGN" };
	struct file_answer a;

	profile("tftp-encrypted-config=yes");
	phone(CSF, "<device><x>" SHELL "</x></device>", NULL);
	certificate(CSF, rsa, DEVICE_LSC);
	for (int file = 0; file < 2; file++) {
		for (size_t i = 0; i < N_OF(names); i++) {
			ck_assert(has(names[i], "<fullConfig>false<"));
			ck_assert(!has(names[i], SHELL));
		}
		ck_assert_int_eq(code("csfann" CNF ".enc.sgn"), ERR_OK);
		write_file("tftp/" CSF CNF, OWN);
		write_file("tftp/csfann" CNF ".sgn", OWN);
	}
	/* Signed, and told, by the name it was given. */
	ck_assert(has("csfann" CNF ".sgn", CSF CNF ".sgn"));
	ck_assert_int_eq(ask_of(store, "ITLcsfANN.tlv", &a), ERR_NOTFOUND);
	ck_assert_str_eq(a.name.device, CSF);
	ck_assert_str_eq(a.name.base, "ITL" CSF ".tlv");
	file_answer_clear(&a);
	/* Its own name comes first. */
	phone("csfann", NULL, NULL);
	ck_assert_int_eq(code("csfann" CNF ".enc.sgn"), ERR_NOTFOUND);
	ck_assert_int_eq(code(CSF CNF ".enc.sgn"), ERR_OK);
}
END_TEST

/* What was made before there was a key, among the static files. */
START_TEST(stale_files)
{
	static const char *const names[] = { ONE CNF, ONE CNF ".sgn",
	    ONE CNF ".sgn.sgn", ONE CNF ".sgn.enc.sgn", ONE CNF ".old",
	    ONE CNF ".old.sgn", "old/" ONE CNF, "old/" ONE CNF ".sgn",
	    "OLD/sep0011223344aa.cnf.XML.sgn.SGN", "sep0011223344aa.cnf.xml",
	    ONE CNF ".enc.sgn.sgn", "." ONE CNF ".swp", ONE "-old" CNF,
	    "backup-" ONE CNF, "Backup-" ONE CNF ".sgn",
	    "old/copy of sep0011223344aa (2).cnf.xml" };
	static const char *const files[] = { ONE CNF, ONE CNF ".sgn",
	    ONE CNF ".enc.sgn", ONE CNF ".old", "old/" ONE CNF,
	    "old/" ONE CNF ".sgn", ONE CNF ".sgn.sgn", "." ONE CNF ".swp",
	    ONE "-old" CNF, "backup-" ONE CNF,
	    "old/copy of " ONE " (2)" CNF, "gateway-SEP00112233" CNF,
	    "old/" TWO CNF };
	char path[128];
	struct file_answer a;

	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp/old", 0755), 0);
	for (size_t i = 0; i < N_OF(files); i++) {
		(void)snprintf(path, sizeof(path), "tftp/%s", files[i]);
		write_file(path, "<device>" SHELL "</device>");
	}
	profile("tftp-encrypted-config=no");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	ck_assert(has("old/" ONE CNF, SHELL));
	profile("tftp-encrypted-config=yes");
	for (size_t i = 0; i < N_OF(names); i++) {
		if (ask_of(store, names[i], &a) != ERR_OK)
			continue;
		ck_assert_msg(a.body != NULL && memmem(a.body, a.len, SHELL,
		    strlen(SHELL)) == NULL, "%s", names[i]);
		file_answer_clear(&a);
	}
	ck_assert_int_eq(code("old/" ONE CNF), ERR_NOTFOUND);
	ck_assert_int_eq(code(ONE CNF ".sgn.sgn"), ERR_NOTFOUND);
	/* Nobody's. */
	ck_assert(has("gateway-SEP00112233" CNF, SHELL));
	ck_assert(has("old/" TWO CNF, SHELL));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file_enc_plain");
	TCase *tc_ = tcase_create("file_enc_plain");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(tc_, make_once, free_once);
	tcase_add_checked_fixture(tc_, set_up, tear_down);
	tcase_set_timeout(tc_, 120);
	tcase_add_test(tc_, plain_for_a_while);
	tcase_add_test(tc_, plain_while_waiting);
	tcase_add_test(tc_, plain_ends_by_itself);
	if (have_openat2())
		tcase_add_test(tc_, stale_files);
	tcase_add_loop_test(tc_, copies_of_configurations, 0, N_OF(copies));
	tcase_add_loop_test(tc_, copies_of_others, 0, N_OF(others));
	tcase_add_test(tc_, others_in_any_case);
	tcase_add_test(tc_, large_pictures);
	tcase_add_test(tc_, what_is_a_copy);
	suite_add_tcase(s, tc_);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
