/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is served for a request name.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "certs/signed.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "tests/file_store_fix.h"
#include "tests/files_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/files.h"

/* --- lists --- */

static void
gives_list(const char *req, const char *text)
{
	struct file_answer a;
	uint8_t digest[32];

	get(req, &a);
	ck_assert_ptr_nonnull(a.body);
	ck_assert_uint_eq(a.len, strlen(text));
	ck_assert_mem_eq(a.body, text, a.len);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, text, a.len, digest,
	    NULL), ERR_OK);
	ck_assert_mem_eq(a.version, digest, 32);
	ck_assert_str_eq(a.type, "application/octet-stream");
	file_answer_clear(&a);
}

START_TEST(lists)
{
	gives("ITLFile.tlv", ERR_NOTFOUND);
	put_list("itl", "", "cluster-wide");
	gives_list("ITLFile.tlv", "cluster-wide");
	gives_list("/itlfile.tlv", "cluster-wide");
	gives_list("ITL" DEV ".tlv", "cluster-wide");
	gives_list("ITLSEP0011223344aa.tlv", "cluster-wide");
	/* Non-secure: no CTL under any name. */
	gives("CTLFile.tlv", ERR_NOTFOUND);
	gives("CTL" DEV ".tlv", ERR_NOTFOUND);
	put_list("itl", "cm1", "of cm1");
	put_list("itl", "cm2", "of cm2");
	gives_list("ITLFile.tlv", "of cm1");
	put_list("ctl", "", "ctl");
	gives_list("CTLFile.tlv", "ctl");
	gives_list("CTL" DEV ".tlv", "ctl");
	/* They carry their own signature. */
	gives("ITLFile.tlv.sgn", ERR_NOTFOUND);
	gives("CTL" DEV ".tlv.enc.sgn", ERR_NOTFOUND);
}
END_TEST

START_TEST(lists_on_disk)
{
	static const char *const names[] = { "CTLFile.tlv", "ITLFile.tlv",
	    "CTL" DEV ".tlv", "itl" DEV ".tlv", "ITL 7.tlv", "ctl.TLV" };

	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp/d", 0755), 0);
	put("d/CTLFile.tlv", "left over", 1);
	put("other.tlv", "not a list", 1);
	put("other.tlv.sgn", "stored", 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put(names[i], "left over", 1);
		gives(names[i], ERR_NOTFOUND);
	}
	gives("CTLFile.tlv.sgn", ERR_NOTFOUND);
	gives("d/CTLFile.tlv", ERR_NOTFOUND);
	gives_file("other.tlv", "not a list");
	gives("other.tlv.sgn", ERR_NOTFOUND);
	put_list("itl", "", "row");
	gives_list("ITLFile.tlv", "row");
}
END_TEST

/* --- configurations --- */

START_TEST(config)
{
	struct file_answer plain, again;

	add_phone(DEV, XML, 1000);
	get(DEV ".cnf.xml", &plain);
	ck_assert_str_eq(plain.type, "text/xml");
	ck_assert_str_eq(plain.name.device, DEV);
	ck_assert_int_eq(plain.name.kind, FILE_CONFIG);
	ck_assert_ptr_nonnull(strstr((const char *)plain.body,
	    "<deviceProtocol>SIP</deviceProtocol>"));
	ck_assert_ptr_nonnull(strstr((const char *)plain.body,
	    "<address>2001:db8::1</address>"));
	gives_signed(DEV ".cnf.xml.sgn", DEV ".cnf.xml.sgn", 1000,
	    plain.body, plain.len);
	/* Any spelling of the name gives the same bytes. */
	get("/sep0011223344aa.cnf.xml", &again);
	ck_assert_uint_eq(again.len, plain.len);
	ck_assert_mem_eq(again.version, plain.version, 32);
	gives_signed("/sep0011223344aa.cnf.xml.sgn", DEV ".cnf.xml.sgn", 1000,
	    plain.body, plain.len);
	file_answer_clear(&again);
	file_answer_clear(&plain);
	/* Phones then ask for .sgn. */
	gives(DEV ".cnf.xml.enc.sgn", ERR_NOTFOUND);
}
END_TEST

static int
tx_touch(struct db *db, void *arg, struct err *e)
{
	struct row_phone_file f = { 0 };
	int ret;

	if ((ret = row_phone_file_get(db, DEV, &f, e)) != ERR_OK)
		return ret;
	f.changed_at = *(const int64_t *)arg;
	ret = row_phone_file_put(db, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

START_TEST(config_time)
{
	int64_t later = 2000;

	add_phone(DEV, XML, 1000);
	tc_done(tx_touch, &later);
	gives_signed(DEV ".cnf.xml.sgn", DEV ".cnf.xml.sgn", 2000, NULL, 0);
	later = 500;
	tc_done(tx_touch, &later);
	gives_signed(DEV ".cnf.xml.sgn", DEV ".cnf.xml.sgn", 1000, NULL, 0);
	add_phone("minimal", NULL, 3000);
	gives_signed("minimal.cnf.xml.sgn", "minimal.cnf.xml.sgn", 3000, NULL,
	    0);
}
END_TEST

START_TEST(config_unknown)
{
	static const char *const unchecked[] = { DEV ".cnf.xml",
	    DEV ".cnf.xml.sgn", DEV ".cnf.xml.enc.sgn",
	    "sep0011223344ab.cnf.xml", "SEP0011223344AC.CNF.XML",
	    "sep-lobby.cnf.xml" };

	gives(DEV ".cnf.xml", ERR_NOTFOUND);
	gives(DEV ".cnf.xml.sgn", ERR_NOTFOUND);
	/* What nobody has validated goes to no phone, in no form or case. */
	for (size_t i = 0; i < sizeof(unchecked) / sizeof(unchecked[0]); i++)
		put(unchecked[i], "stored", 77);
	for (size_t i = 0; i < sizeof(unchecked) / sizeof(unchecked[0]); i++)
		gives(unchecked[i], ERR_NOTFOUND);
	gives("/sep0011223344aa.CNF.XML", ERR_NOTFOUND);
	gives("Sep-lobby.cnf.xml.SGN", ERR_NOTFOUND);
	/* The row is what counts. */
	add_phone(DEV, XML, 1000);
	gives_signed(DEV ".cnf.xml.sgn", DEV ".cnf.xml.sgn", 1000, NULL, 0);
	gives(DEV ".cnf.xml.enc.sgn", ERR_NOTFOUND);
}
END_TEST

/* Gateways and the like have their files as they stand. */
START_TEST(config_of_others)
{
	put("gk001122334455.cnf.xml", "stored", 77);
	gives_file("gk001122334455.cnf.xml", "stored");
	gives_file("GK001122334455.cnf.xml", "stored");
	gives_signed("gk001122334455.cnf.xml.sgn",
	    "gk001122334455.cnf.xml.sgn", 77, "stored", 6);
	gives("gk001122334455.cnf.xml.enc.sgn", ERR_NOTFOUND);
	put("gk001122334455.cnf.xml.enc.sgn", "encrypted", 78);
	gives_file("gk001122334455.cnf.xml.enc.sgn", "encrypted");
}
END_TEST

START_TEST(default_file)
{
	gives("XMLDefault.cnf.xml", ERR_NOTFOUND);
	gives("XMLDefault.cnf.xml.sgn", ERR_NOTFOUND);
	put("XMLDefault.cnf.xml", "<Default/>", 5);
	gives_file("XMLDefault.cnf.xml", "<Default/>");
	gives_file("XmlDefault.cnf.xml", "<Default/>");
	gives_signed("XMLDefault.cnf.xml.sgn", "XMLDefault.cnf.xml.sgn", 5,
	    "<Default/>", 10);
}
END_TEST

/* --- the signer, parameters --- */

START_TEST(no_signer)
{
	struct err e = { 0 };
	struct signer *empty;

	put("x.xml", "x", 1);
	add_phone(DEV, XML, 1);
	file_store_free(store);
	store = file_store_new(tc.dirfd, "cm1", NULL, NULL, &e);
	ck_assert_ptr_nonnull(store);
	gives("x.xml.sgn", ERR_BADSTATE);
	gives(DEV ".cnf.xml.sgn", ERR_BADSTATE);
	gives_file("x.xml", "x");
	file_store_free(store);
	/* One that lacks the key: never "not found". */
	ck_assert_ptr_nonnull(empty = signer_local_new(&e));
	store = file_store_new(tc.dirfd, "cm1", empty, NULL, &e);
	ck_assert_ptr_nonnull(store);
	gives("x.xml.sgn", ERR_BADSTATE);
	file_store_free(store);
	store = NULL;
	signer_free(empty);
}
END_TEST

static unsigned
digest_tag(void)
{
	struct signed_file f;
	struct file_answer a;
	unsigned v;

	get("x.xml.sgn", &a);
	ck_assert_int_eq(signed_parse(&f, a.body, a.len, NULL), ERR_OK);
	v = f.h.digest_code;
	file_answer_clear(&a);
	return v;
}

START_TEST(parameters)
{
	char other[64] = "/tmp/check_files.XXXXXX", path[128];

	ck_assert(!file_store_changed(store));
	put("x.xml", "x", 1);
	set_param(PARAM_FILE_DIGEST, "", "sha512");
	ck_assert_uint_eq(digest_tag(), 3);
	set_param(PARAM_FILE_DIGEST, "", "sha1");
	ck_assert_uint_eq(digest_tag(), 1);

	ck_assert_ptr_nonnull(mkdtemp(other));
	(void)snprintf(path, sizeof(path), "%s/more.xml", other);
	ck_assert_int_eq(file_replace(AT_FDCWD, path, 0644, "more", 4, NULL),
	    ERR_OK);
	gives("more.xml", ERR_NOTFOUND);
	set_param(PARAM_TFTP_ROOT, "cm2", other);
	gives("more.xml", ERR_NOTFOUND);
	set_param(PARAM_TFTP_ROOT, "cm1", other);
	gives_file("more.xml", "more");
	set_param(PARAM_TFTP_ROOT, "cm1", "");
	gives("more.xml", ERR_NOTFOUND);
	/* A root that holds the state folder serves nothing of it. */
	log_set_level(LOG_ERR);
	set_param(PARAM_TFTP_ROOT, "cm1", tc.dir);
	gives("phonetrust.db", ERR_NOTFOUND);
	(void)unlink(path);
	(void)rmdir(other);
}
END_TEST

/* The next CallManager certificate becomes the active one. */
static int
tx_promote(struct db *db, void *arg, struct err *e)
{
	struct row_own old;
	int ret;

	(void)arg;
	if ((ret = row_own_active(db, "CallManager", "", &old, e)) != ERR_OK)
		return ret;
	old.stage = OWN_RETIRED;
	if ((ret = row_own_put(db, &old, e)) != ERR_OK)
		return ret;
	return own_store(db, tc.next[UNIT_CALLMANAGER], OWN_ACTIVE, TC_NOW,
	    e);
}

START_TEST(certificate)
{
	put("x.xml", "x", 1);
	gives_signed("x.xml.sgn", "x.xml.sgn", 1, "x", 1);
	tc_done(tx_promote, NULL);
	ck_assert(file_store_changed(store));
	/* The signer of the test still holds the old key. */
	gives("x.xml.sgn", ERR_BADSTATE);
}
END_TEST

/* A name, thousands of times: the same bytes, no descriptor left open. */
START_TEST(stable)
{
	struct file_answer a;
	uint8_t first[32];
	int fd, last;

	put("x.xml", "x", 1);
	add_phone(DEV, NULL, 1);
	fd = dup(0);
	(void)close(fd);
	get(DEV ".cnf.xml.sgn", &a);
	memcpy(first, a.version, 32);
	file_answer_clear(&a);
	for (int i = 0; i < 200; i++) {
		get(DEV ".cnf.xml.sgn", &a);
		ck_assert_mem_eq(a.version, first, 32);
		file_answer_clear(&a);
		gives_file("X.XML", "x");
		gives("none", ERR_NOTFOUND);
	}
	last = dup(0);
	(void)close(last);
	ck_assert_int_eq(fd, last);
}
END_TEST

START_TEST(no_database)
{
	char dir[64] = "/tmp/check_files.XXXXXX";
	struct err e = { 0 };
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_ptr_null(file_store_new(fd, "cm1", NULL, NULL, &e));
	ck_assert_int_ne(e.code, ERR_OK);
	ck_assert_str_ne(e.msg, "");
	(void)close(fd);
	tc_remove_folder(dir);
}
END_TEST

static void
add_static(TCase *t)
{
	tcase_add_test(t, lists_on_disk);
	tcase_add_test(t, config_unknown);
	tcase_add_test(t, config_of_others);
	tcase_add_test(t, default_file);
	tcase_add_test(t, no_signer);
	tcase_add_test(t, parameters);
	tcase_add_test(t, certificate);
	tcase_add_test(t, stable);
}

int
main(void)
{
	Suite *s = suite_create("files");
	TCase *t = tcase_create("store");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, set_up_without_cache, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, lists);
	tcase_add_test(t, config);
	tcase_add_test(t, config_time);
	tcase_add_test(t, no_database);
	if (have_openat2())
		add_static(t);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
