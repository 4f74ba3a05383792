/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The cache of parsed certificates: who stays, who goes, who is refused.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/cert_cache.h"
#include "tests/ca_lab.h"

#define N	5

static struct cert *certs[N];
static size_t swap_with;	/* the source gives this one instead */
static bool broken;

static void
setup(void)
{
	for (size_t i = 0; i < N; i++)
		certs[i] = lab_issue(&(struct lab_spec){ .cn = "c" },
		    lab_key(0), NULL, NULL);
	swap_with = N;
	broken = false;
}

static void
teardown(void)
{
	for (size_t i = 0; i < N; i++)
		cert_free(certs[i]);
	lab_end();
}

static int
load(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint8_t **der,
    size_t *len, struct err *e)
{
	uint8_t is[DIGEST_SHA256_LEN];
	const uint8_t *p;
	size_t i;

	(void)arg;
	for (i = 0; i < N; i++) {
		cert_sha256(certs[i], is);
		if (memcmp(is, sha256, sizeof(is)) == 0)
			break;
	}
	if (i == N)
		return err_set(e, ERR_NOTFOUND, "none");
	p = cert_der(certs[swap_with < N ? swap_with : i], len);
	ck_assert_ptr_nonnull(*der = malloc(*len));
	memcpy(*der, p, *len);
	if (broken)
		--*len;
	return ERR_OK;
}

static struct cert_cache *
cache(size_t max)
{
	struct cert_cache *c = cert_cache_new(max, load, NULL, NULL);

	ck_assert_ptr_nonnull(c);
	return c;
}

static void
get(struct cert_cache *c, size_t i, uint64_t loads)
{
	uint8_t sha256[DIGEST_SHA256_LEN], is[DIGEST_SHA256_LEN];
	struct err e = { 0 };
	struct cert *x;

	cert_sha256(certs[i], sha256);
	x = cert_cache_get(c, sha256, &e);
	ck_assert_msg(x != NULL, "%s", e.msg);
	cert_sha256(x, is);
	ck_assert_mem_eq(is, sha256, sizeof(is));
	cert_free(x);
	ck_assert_uint_eq(cert_cache_loads(c), loads);
}

START_TEST(kept)
{
	struct cert_cache *c = cache(N);

	for (size_t i = 0; i < N; i++)
		get(c, i, i + 1);
	for (size_t i = 0; i < N; i++)
		get(c, i, N);
	cert_cache_free(c);
}
END_TEST

START_TEST(without_keys)
{
	struct cert_cache *c = cache(N);
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct cert *x;

	cert_cache_keyless(c);
	get(c, 0, 1);
	get(c, 0, 1);
	cert_sha256(certs[0], sha256);
	ck_assert_ptr_nonnull(x = cert_cache_get(c, sha256, NULL));
	ck_assert_int_eq(cert_key_type(x), KEY_OTHER);
	cert_free(x);
	cert_cache_free(c);
}
END_TEST

START_TEST(least_used_goes)
{
	struct cert_cache *c = cache(3);

	get(c, 0, 1);
	get(c, 1, 2);
	get(c, 2, 3);
	get(c, 0, 3);		/* 1 is the oldest now */
	get(c, 3, 4);
	get(c, 0, 4);
	get(c, 2, 4);
	get(c, 1, 5);		/* was gone; 3 goes for it */
	get(c, 3, 6);
	cert_cache_free(c);
}
END_TEST

START_TEST(only_one_fits)
{
	struct cert_cache *c = cache(1);

	get(c, 0, 1);
	get(c, 0, 1);
	get(c, 1, 2);
	get(c, 0, 3);
	cert_cache_free(c);
}
END_TEST

START_TEST(reference_outlives_cache)
{
	struct cert_cache *c = cache(1);
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct cert *x;
	size_t len;

	cert_sha256(certs[0], sha256);
	ck_assert_ptr_nonnull(x = cert_cache_get(c, sha256, NULL));
	cert_cache_free(c);
	ck_assert_ptr_nonnull(cert_der(x, &len));
	cert_free(x);
}
END_TEST

static void
refused(int code)
{
	struct cert_cache *c = cache(2);
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct err e = { 0 };

	cert_sha256(certs[0], sha256);
	if (code == ERR_NOTFOUND)
		sha256[0] ^= 1;
	ck_assert_ptr_null(cert_cache_get(c, sha256, &e));
	ck_assert_int_eq(e.code, code);
	ck_assert_ptr_null(cert_cache_get(c, sha256, NULL));
	ck_assert_uint_eq(cert_cache_loads(c), 2);	/* not kept */
	cert_cache_free(c);
}

START_TEST(not_there)
{
	refused(ERR_NOTFOUND);
}
END_TEST

START_TEST(another_certificate)
{
	swap_with = 1;
	refused(ERR_VERIFY);
}
END_TEST

START_TEST(damaged)
{
	broken = true;
	refused(ERR_PROTO);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("certificate cache");
	TCase *t = tcase_create("cache");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, kept);
	tcase_add_test(t, without_keys);
	tcase_add_test(t, least_used_goes);
	tcase_add_test(t, only_one_fits);
	tcase_add_test(t, reference_outlives_cache);
	tcase_add_test(t, not_there);
	tcase_add_test(t, another_certificate);
	tcase_add_test(t, damaged);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
