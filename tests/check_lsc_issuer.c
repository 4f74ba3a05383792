/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which CA --issuer means.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/lsc_issuer.h"
#include "tests/trust_cluster.h"
#include "trust/own.h"

static struct lsc_issuers set;
static struct err e;

/* A phone with a certificate of an issuer; NULL: of nobody knows whom. */
struct device {
	uint8_t		 n;
	const uint8_t	*issuer;
};

static int
put_device(struct db *db, void *arg, struct err *er)
{
	const struct device *d = arg;
	struct row_device_cert r = { .owner = { .kind = CAPF_PHONE },
	    .has_issuer = d->issuer != NULL, .state = DEVICE_CURRENT,
	    .stored_at = 1, .changed_at = 1 };

	memset(r.sha256, d->n, sizeof(r.sha256));
	if (d->issuer != NULL)
		memcpy(r.issuer, d->issuer, sizeof(r.issuer));
	(void)snprintf(r.owner.name, sizeof(r.owner.name), "SEP00112233%04X",
	    d->n);
	return row_device_cert_put(db, &r, er);
}

static void
device(uint8_t n, const uint8_t *issuer)
{
	struct device d = { .n = n, .issuer = issuer };

	ck_assert_msg(db_tx(tc.db, put_device, &d, &e) == DB_DONE, "%s",
	    e.msg);
}

static int
load_tx(struct db *db, void *arg, struct err *er)
{
	return lsc_issuers_load(&set, db, arg, er);
}

static int
load(const char *want)
{
	e = (struct err){ 0 };
	return db_read_tx(tc.db, load_tx, (void *)(uintptr_t)want, &e);
}

/* Two CAs whose SHA-256s begin alike, and CAPF's. */
static struct row_own capf;
static uint8_t other[2][SHA256_LEN];

static void
setup(void)
{
	tc_open();
	ck_assert_int_eq(row_own_active(tc.db, "CAPF", "", &capf, &e),
	    ERR_OK);
	for (int i = 0; i < 2; i++) {
		memset(other[i], 0xab, SHA256_LEN);
		other[i][10] = (uint8_t)i;
	}
	device(1, capf.sha256);
	device(2, other[0]);
	device(3, other[1]);
	device(4, capf.sha256);
	device(5, NULL);
}

static void
teardown(void)
{
	lsc_issuers_clear(&set);
	tc_close();
}

static void
is(const uint8_t *sha256)
{
	ck_assert_ptr_nonnull(set.one);
	ck_assert_mem_eq(set.one->sha256, sha256, SHA256_LEN);
	ck_assert(lsc_issuers_take(&set, set.one, "any name"));
	ck_assert(!lsc_issuers_take(&set, NULL, set.want));
}

START_TEST(any)
{
	ck_assert_int_eq(load(NULL), ERR_OK);
	ck_assert_uint_eq(set.n, 3);
	ck_assert(lsc_issuers_take(&set, NULL, "x"));
	ck_assert(lsc_issuers_take(&set, &set.row[0], "x"));
}
END_TEST

START_TEST(by_sha256)
{
	char hex[2 * SHA256_LEN + 1], colons[3 * SHA256_LEN];

	str_hex(other[1], SHA256_LEN, hex);
	ck_assert_int_eq(load(hex), ERR_OK);
	is(other[1]);
	lsc_issuers_clear(&set);
	hex[22] = '\0';
	str_upper(hex);
	ck_assert_int_eq(load(hex), ERR_OK);
	is(other[1]);
	lsc_issuers_clear(&set);
	for (size_t i = 0; i < 11; i++)
		(void)snprintf(colons + 3 * i, 4, "%.2s:", hex + 2 * i);
	ck_assert_int_eq(load(colons), ERR_OK);
	is(other[1]);
}
END_TEST

START_TEST(of_several)
{
	ck_assert_int_eq(load("abababab"), ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "ab00ab"));
	ck_assert_ptr_nonnull(strstr(e.msg, "ab01ab"));
}
END_TEST

START_TEST(by_generation)
{
	ck_assert_int_eq(load("1"), ERR_OK);
	is(capf.sha256);
	ck_assert_int_eq(set.one->generation, 1);
	lsc_issuers_clear(&set);
	/* None of that: nobody's name either. */
	ck_assert_int_eq(load("2"), ERR_OK);
	ck_assert_ptr_null(set.one);
	ck_assert(!lsc_issuers_take(&set, &set.row[0], "CAPF-1"));
}
END_TEST

/* Too short for a SHA-256, too long, or begun as one. */
START_TEST(by_name)
{
	static const char *const names[] = { "CAPF-1A2B", "abababa",
	    "abababababab cd", "12345678",
	    "abababababababababababababababababababababababababababababababab1"
	};

	ck_assert_int_eq(load(names[_i]), ERR_OK);
	ck_assert_ptr_null(set.one);
	ck_assert(lsc_issuers_take(&set, &set.row[1], names[_i]));
	ck_assert(!lsc_issuers_take(&set, &set.row[1], "x"));
}
END_TEST

START_TEST(counted)
{
	struct row_device_cert d = { .has_issuer = true };

	ck_assert_int_eq(load(NULL), ERR_OK);
	ck_assert_uint_eq(lsc_issuers_taken(&set), 0);
	for (int i = 0; i < 2; i++) {
		memcpy(d.issuer, other[i], SHA256_LEN);
		lsc_issuers_find(&set, &d)->n++;
	}
	ck_assert_uint_eq(lsc_issuers_taken(&set), 2);
	d.has_issuer = false;
	ck_assert_ptr_null(lsc_issuers_find(&set, &d));
	d.has_issuer = true;
	memset(d.issuer, 1, SHA256_LEN);
	ck_assert_ptr_null(lsc_issuers_find(&set, &d));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lsc_issuer");
	TCase *t = tcase_create("lsc_issuer");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, any);
	tcase_add_test(t, by_sha256);
	tcase_add_test(t, of_several);
	tcase_add_test(t, by_generation);
	tcase_add_loop_test(t, by_name, 0, 5);
	tcase_add_test(t, counted);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
