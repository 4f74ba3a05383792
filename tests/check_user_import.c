/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Users from a file.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/secret.h"
#include "db/params.h"
#include "tests/trust_cluster.h"
#include "trust/sealed.h"
#include "trust/user.h"
#include "trust/user_import.h"

#define SHA1	"{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="	/* of "test" */

static struct {
	int64_t		 line[16];
	char		 why[16][256];
	size_t		 n, progress, ends;
	struct phone_import last;
} heard;
static struct err e;

static void
hear(void *arg, int64_t line, const char *why)
{
	(void)arg;
	ck_assert_uint_lt(heard.n, 16);
	heard.line[heard.n] = line;
	(void)snprintf(heard.why[heard.n++], 256, "%s", why);
}

static void
progress(void *arg, int64_t done, int64_t total)
{
	(void)arg;
	ck_assert_int_le(done, total);
	heard.progress++;
}

static int
end(void *arg, struct db *db, const struct phone_import *all, struct err *er)
{
	(void)arg;
	(void)db;
	(void)er;
	heard.ends++;
	heard.last = *all;
	return ERR_OK;
}

static struct user_import
import_as(enum credential_kind kind, const char *csv, const struct keyring *kr,
    int code)
{
	const struct phone_import_calls calls = { .bad = hear,
	    .progress = progress, .end = end, .kr = kr, .rng = &tc.rng };
	struct user_import res;
	int ret;

	memset(&heard, 0, sizeof(heard));
	e = (struct err){ 0 };
	ret = user_import_csv(tc.db, kind, (const uint8_t *)csv, strlen(csv),
	    7, &res, &calls, &e);
	ck_assert_msg(ret == code, "%d: %s", ret, e.msg);
	return res;
}

static struct user_import
import(const char *csv)
{
	return import_as(CREDENTIAL_USER, csv, tc.kr, ERR_OK);
}

static bool
opens(const char *name, const char *realm, const char *text)
{
	struct row_credential c;
	struct secret *got = NULL;
	bool same;

	if (row_credential_get(tc.db, CREDENTIAL_USER, name, realm, &c,
	    NULL) != ERR_OK)
		return false;
	ck_assert_int_eq(sealed_digest_open(tc.kr, CREDENTIAL_USER, name,
	    realm, c.sealed, c.len, &got, NULL), ERR_OK);
	same = strcmp((char *)got->buf, text) == 0;
	secret_free(got);
	row_credential_clear(&c);
	return same;
}

static bool
right(enum credential_kind kind, const char *name, enum user_what what,
    const char *text)
{
	const struct user_key k = { .kind = kind, .name = name,
	    .what = what };
	struct password p;
	bool yes = false;

	return user_hash_get(tc.db, &k, &p, NULL, NULL) == ERR_OK &&
	    password_check(&p, text, &yes, NULL) == ERR_OK && yes;
}

START_TEST(all_columns)
{
	struct user_import r;

	r = import("\xef\xbb\xbfName,description,Digest-Credentials,realm,"
	    "password,pin,password-hash,pin-hash\r\n"
	    "ann,\"Ann, x\",s3cret,,Swordfish1,24680,,\r\n"
	    "ann,,0ther,pbx.example,,,,\r\n"
	    "bob, Bob ,,,,," SHA1 "," SHA1 "\r\n");
	ck_assert_msg(heard.n == 0, "%s", heard.why[0]);
	ck_assert_int_eq(r.n.rows, 3);
	ck_assert_int_eq(r.n.added, 2);
	ck_assert_int_eq(r.n.changed, 1);
	ck_assert_int_eq(r.old, 2);
	ck_assert_uint_ge(heard.ends, 1);
	ck_assert_int_eq(heard.last.added, 2);
	ck_assert(opens("ann", "", "s3cret"));
	ck_assert(opens("ann", "pbx.example", "0ther"));
	ck_assert(right(CREDENTIAL_USER, "ann", USER_PASSWORD,
	    "Swordfish1"));
	ck_assert(right(CREDENTIAL_USER, "ann", USER_PIN, "24680"));
	ck_assert(right(CREDENTIAL_USER, "bob", USER_PASSWORD, "test"));
	ck_assert(right(CREDENTIAL_USER, "bob", USER_PIN, "test"));
}
END_TEST

START_TEST(descriptions)
{
	struct row_user u;

	(void)import("name,description\nann,\"Ann, x\"\nbob, Bob \n");
	ck_assert_int_eq(user_get(tc.db, CREDENTIAL_USER, "ann", &u, &e),
	    ERR_OK);
	ck_assert_str_eq(u.description, "Ann, x");
	ck_assert_int_eq(user_get(tc.db, CREDENTIAL_USER, "bob", &u, &e),
	    ERR_OK);
	ck_assert_str_eq(u.description, "Bob");
	ck_assert_int_eq(import("name,description\nann,(none)\n").n.changed,
	    1);
	ck_assert_int_eq(user_get(tc.db, CREDENTIAL_USER, "ann", &u, &e),
	    ERR_OK);
	ck_assert_str_eq(u.description, "");
}
END_TEST

/* What is empty says nothing, so the same again changes nothing. */
START_TEST(again)
{
	static const char csv[] = "name,description,digest-credentials,"
	    "password-hash\nann,Ann,s3cret," SHA1 "\nbob,,,\n";
	struct user_import r;

	ck_assert_int_eq(import(csv).n.added, 2);
	r = import(csv);
	ck_assert_int_eq(r.n.same, 2);
	ck_assert_int_eq(r.n.added + r.n.changed + r.n.failed, 0);
	/* That a password is the one there is is not told. */
	(void)import("name,password\nann,Swordfish1\n");
	ck_assert_int_eq(import("name,password\nann,Swordfish1\n").n.changed,
	    1);
	ck_assert(opens("ann", "", "s3cret"));
}
END_TEST

START_TEST(taken_away)
{
	struct user_import r;

	(void)import("name,digest-credentials,password,pin\n"
	    "ann,s3cret,Swordfish1,24680\n");
	r = import("name,digest-credentials,password-hash,pin\n"
	    "ann,(none),(none),(none)\n");
	ck_assert_int_eq(r.n.changed, 1);
	ck_assert(!opens("ann", "", "s3cret"));
	ck_assert(!right(CREDENTIAL_USER, "ann", USER_PASSWORD,
	    "Swordfish1"));
	ck_assert(!right(CREDENTIAL_USER, "ann", USER_PIN, "24680"));
}
END_TEST

START_TEST(of_applications)
{
	struct row_user u;

	(void)import_as(CREDENTIAL_APPLICATION, "name,password\n"
	    "cti,Swordfish1\n", tc.kr, ERR_OK);
	ck_assert(right(CREDENTIAL_APPLICATION, "cti", USER_PASSWORD,
	    "Swordfish1"));
	ck_assert_int_eq(user_get(tc.db, CREDENTIAL_USER, "cti", &u, &e),
	    ERR_NOTFOUND);
}
END_TEST

/* Told in order, whether found before the transaction or in it, with nothing
 * of a secret; the others are in. */
START_TEST(bad_rows)
{
	static const char *const why[] = { "3 fields", "give one of them",
	    "printable", "password", "pin-hash", "give those too", "name",
	    "50", "name: it is not a user's name", "realm: it is not a realm" };
	struct user_import r;

	r = import("name,description,digest-credentials,realm,password,pin,"
	    "password-hash,pin-hash\n"
	    "a,b,c\n"					/* 2 */
	    "a,,,,Swordfish1,," SHA1 ",\n"		/* 3 */
	    "a,,gl\xc3\xbc" "ck,,,,,\n"			/* 4 */
	    "good,,s3cret,,,,,\n"			/* 5 */
	    "a,,,,Sw0,,,\n"				/* 6 */
	    "a,,,,,,,Swordfish2\n"			/* 7 */
	    "a,,,pbx,,,,\n"				/* 8 */
	    "a b,,,,,,,\n"				/* 9 */
	    "a,123456789012345678901234567890123456789012345678901,,,,,,\n"
	    "Sw5wapped !,,,,ann,,,\n"
	    "a,,s3cret,Sw!apped,,,,\n");
	ck_assert_int_eq(r.n.added, 1);
	ck_assert_int_eq(r.n.failed, 10);
	ck_assert_int_eq(r.n.rows, 11);
	ck_assert_uint_eq(heard.n, 10);
	for (size_t i = 0, line = 2; i < heard.n; i++, line++) {
		line += line == 5;
		ck_assert_int_eq(heard.line[i], (int64_t)line);
		ck_assert_ptr_null(strstr(heard.why[i], "Sw"));
		ck_assert_ptr_null(strstr(heard.why[i], "gl"));
		ck_assert_msg(strstr(heard.why[i], why[i]) != NULL, "%s",
		    heard.why[i]);
	}
	ck_assert(opens("good", "", "s3cret"));
}
END_TEST

START_TEST(without_key)
{
	struct user_import r = import_as(CREDENTIAL_USER,
	    "name,digest-credentials\nann,s3cret\nbob,\n", NULL, ERR_OK);

	ck_assert_int_eq(r.n.added, 1);
	ck_assert_ptr_nonnull(strstr(heard.why[0], "master.key"));
}
END_TEST

static const struct { const char *csv, *text; } headers[] = {
	{ "", "empty" }, { "\n\n", "empty" },
	{ "description\n", "no column name" },
	{ "name,digest\n", "column 2, behind name, is not known" },
	{ "ann,Swordfish1\n", "column 1 is not known, and there is no" },
	{ "Swordfish1,ann\n", "column 1 is not known, and there is no" },
	{ "name,PIN,pin\n", "twice" }, { "\"name\n", "not closed" },
};

START_TEST(bad_header)
{
	(void)import_as(CREDENTIAL_USER, headers[_i].csv, tc.kr, ERR_PROTO);
	ck_assert_msg(strstr(e.msg, headers[_i].text) != NULL, "%s", e.msg);
	ck_assert_ptr_null(strstr(e.msg, "Sword"));
	ck_assert_uint_eq(heard.ends, 0);
}
END_TEST

/* A whole number of batches, with nothing but an empty line behind them. */
START_TEST(batches)
{
	size_t n = 2 * PHONE_IMPORT_BATCH, used;
	char *csv = malloc(16 * (n + 2));
	struct user_import r;

	ck_assert_ptr_nonnull(csv);
	used = (size_t)sprintf(csv, "name\n");
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(csv + used, 16, "u%zu\n", i);
	(void)snprintf(csv + used, 3, "\r\n");
	r = import(csv);
	ck_assert_int_eq(r.n.added, (int64_t)n);
	ck_assert_uint_ge(heard.ends, 1);
	ck_assert_int_eq(heard.last.added, (int64_t)n);
	ck_assert_uint_ge(heard.progress, 2);
	free(csv);
}
END_TEST

static int
add_phone(struct db *db, void *arg, struct err *er)
{
	const struct row_phone p = { .name = "SEP001122334455",
	    .protocol = PROTOCOL_SIP, .created_at = 1, .changed_at = 1 };
	bool changed;
	int ret = row_phone_put(db, &p, er);

	return ret != ERR_OK ? ret : row_phone_setting_put(db, p.name,
	    "digest-user", arg, &changed, er);
}

/* Phones have another configuration when their digest user's changed. */
START_TEST(phones)
{
	struct user_import r;

	(void)import("name,digest-credentials\nann,s3cret\n");
	tc_done(add_phone, (void *)(uintptr_t)"ann");
	r = import("name,digest-credentials\nann,other\n");
	ck_assert_int_eq(r.phones, 1);
	r = import("name,digest-credentials\nann,other\n");
	ck_assert_int_eq(r.phones, 0);
	/* Refused in the transaction: the phone needs them. */
	r = import("name,digest-credentials\nann,(none)\nbob,\n");
	ck_assert_int_eq(r.n.failed, 1);
	ck_assert_int_eq(r.n.added, 1);
	ck_assert_ptr_nonnull(strstr(heard.why[0], "digest user of 1 phone"));
}
END_TEST

static int
set_rounds(struct db *db, void *arg, struct err *er)
{
	bool changed;

	return param_set(db, &param_table()[PARAM_USER_HASH_ROUNDS], "", arg,
	    1, &changed, er);
}

/* Hashes that cost little. */
static void
setup(void)
{
	tc_open();
	tc_done(set_rounds, (void *)(uintptr_t)"5000");
}

int
main(void)
{
	Suite *s = suite_create("user_import");
	TCase *t = tcase_create("user_import");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, setup, tc_close);
	tcase_add_test(t, all_columns);
	tcase_add_test(t, descriptions);
	tcase_add_test(t, again);
	tcase_add_test(t, taken_away);
	tcase_add_test(t, of_applications);
	tcase_add_test(t, bad_rows);
	tcase_add_test(t, without_key);
	tcase_add_loop_test(t, bad_header, 0,
	    (int)(sizeof(headers) / sizeof(headers[0])));
	tcase_add_test(t, batches);
	tcase_add_test(t, phones);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
