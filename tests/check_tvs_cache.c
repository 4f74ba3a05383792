/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/tvs_cache.c: what a phone remembers of TVS, and for how long.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "base/file.h"
#include "certs/list.h"
#include "phonesim/tvs_cache.h"
#include "tests/certs_data.h"

#define NOW	1795300000

static char top[] = "/tmp/check_tvs_cache.XXXXXX";
static int dirfd;
static struct tvs_cache cache;
static struct cert *ccm, *capf;
static struct err e;

static void
set_up(void)
{
	strcpy(top + strlen(top) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	dirfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ccm = data_cert("ccm");
	capf = data_cert("capf");
	memset(&cache, 0, sizeof(cache));
	e = (struct err){ 0 };
}

static void
tear_down(void)
{
	tvs_cache_clear(&cache);
	cert_free(ccm);
	cert_free(capf);
	(void)unlinkat(dirfd, TVS_CACHE_FILE, 0);
	(void)close(dirfd);
	(void)rmdir(top);
}

static void
put(const struct cert *c, uint8_t role, int64_t until, int64_t now)
{
	struct tvs_known k = { .cert = (struct cert *)(uintptr_t)c,
	    .roles = { role }, .nroles = 1, .until = until,
	    .from = "192.0.2.7:2445" };

	ck_assert_int_eq(tvs_cache_put(&cache, &k, now, &e), ERR_OK);
}

static const struct tvs_known *
by_cert(const struct cert *c, int64_t now)
{
	struct accept_question q = { .subject = "", .issuer = "" };

	q.der = cert_der(c, &q.derlen);
	return tvs_cache_find(&cache, &q, now);
}

static const struct tvs_known *
by_name(const struct cert *c, enum cert_name_style style, int64_t now)
{
	struct accept_question q = { .subject = "" };
	uint8_t serial[64] = { 0 };
	const struct tvs_known *k;
	const uint8_t *p;
	char *issuer;
	size_t n;

	ck_assert_ptr_nonnull(issuer = cert_issuer(c, style, NULL));
	q.issuer = issuer;
	p = cert_serial(c, &n);
	memcpy(serial + 2, p, n);	/* zeros lead */
	q.serial = serial;
	q.seriallen = n + 2;
	k = tvs_cache_find(&cache, &q, now);
	free(issuer);
	return k;
}

START_TEST(until_its_time)
{
	static const enum cert_name_style style[] = { CERT_NAME_COMMA,
	    CERT_NAME_SEMICOLON, CERT_NAME_SEMICOLON_ASIS };
	const struct tvs_known *k;

	ck_assert_ptr_null(by_cert(ccm, NOW));
	put(ccm, ROLE_TFTP, NOW + 60, NOW);
	ck_assert_ptr_nonnull(k = by_cert(ccm, NOW));
	ck_assert_uint_eq(k->roles[0], ROLE_TFTP);
	ck_assert_str_eq(k->from, "192.0.2.7:2445");
	for (size_t i = 0; i < N_OF(style); i++)
		ck_assert_ptr_eq(by_name(ccm, style[i], NOW), k);
	ck_assert_ptr_eq(by_cert(ccm, NOW + 59), k);
	ck_assert_ptr_null(by_cert(ccm, NOW + 60));
	ck_assert_ptr_null(by_name(ccm, CERT_NAME_COMMA, NOW + 60));
	ck_assert_ptr_null(by_cert(capf, NOW));
	ck_assert_ptr_null(by_name(capf, CERT_NAME_COMMA, NOW));
}
END_TEST

/* The same serial number of another issuer, and another of the same. */
START_TEST(other_names)
{
	struct accept_question q = { .subject = "", .issuer = "CN=other" };
	char *issuer;

	put(ccm, ROLE_TFTP, NOW + 60, NOW);
	q.serial = cert_serial(ccm, &q.seriallen);
	ck_assert_ptr_null(tvs_cache_find(&cache, &q, NOW));
	ck_assert_ptr_nonnull(issuer = cert_issuer(ccm, CERT_NAME_COMMA,
	    NULL));
	q.issuer = issuer;
	ck_assert_ptr_nonnull(tvs_cache_find(&cache, &q, NOW));
	q.seriallen--;
	ck_assert_ptr_null(tvs_cache_find(&cache, &q, NOW));
	q.seriallen = 0;
	ck_assert_ptr_null(tvs_cache_find(&cache, &q, NOW));
	free(issuer);
}
END_TEST

START_TEST(newer_word_counts)
{
	put(ccm, ROLE_TFTP, NOW + 60, NOW);
	put(ccm, ROLE_CCM, NOW + 90, NOW + 10);
	ck_assert_uint_eq(cache.n, 1);
	ck_assert_uint_eq(by_cert(ccm, NOW + 60)->roles[0], ROLE_CCM);
	/* What is over goes when something comes. */
	put(capf, ROLE_CAPF, NOW + 200, NOW + 100);
	ck_assert_uint_eq(cache.n, 1);
	ck_assert_ptr_null(by_cert(ccm, NOW + 60));
}
END_TEST

static struct cert *
numbered(const struct key *k, uint8_t n)
{
	const struct cert_spec s = {
		.cn = "Numbered", .serial = { 1, n }, .seriallen = 2,
		.not_before = NOW - 1, .not_after = NOW + 86400,
		.usage = CERT_USE_SIGN, .pathlen = -1,
		.hash = DIGEST_SHA256,
	};
	struct cert *c = cert_self_sign(&s, k, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	return c;
}

START_TEST(full)
{
	struct key *k = data_key_of(KEY_EC256);
	struct cert *c[TVS_CACHE_MAX + 1];

	for (uint8_t i = 0; i <= TVS_CACHE_MAX; i++) {
		c[i] = numbered(k, i);
		/* The third of them ends first. */
		put(c[i], ROLE_TFTP, i == 2 ? NOW + 5 : NOW + 100, NOW);
	}
	ck_assert_uint_eq(cache.n, TVS_CACHE_MAX);
	for (uint8_t i = 0; i <= TVS_CACHE_MAX; i++) {
		ck_assert((by_cert(c[i], NOW) == NULL) == (i == 2));
		cert_free(c[i]);
	}
	key_free(k);
}
END_TEST

START_TEST(kept)
{
	struct tvs_cache again = { .n = 0 };

	ck_assert_int_eq(tvs_cache_load(&again, dirfd, &e), ERR_OK);
	ck_assert_uint_eq(again.n, 0);
	put(ccm, ROLE_TFTP, NOW + 60, NOW);
	put(capf, ROLE_CAPF, NOW + 90, NOW);
	ck_assert_int_eq(tvs_cache_store(&cache, dirfd, &e), ERR_OK);
	tvs_cache_clear(&cache);
	ck_assert_msg(tvs_cache_load(&cache, dirfd, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(cache.n, 2);
	ck_assert_int_eq(by_cert(capf, NOW)->until, NOW + 90);
	ck_assert_uint_eq(by_cert(capf, NOW)->roles[0], ROLE_CAPF);
	ck_assert_str_eq(by_cert(ccm, NOW)->from, "192.0.2.7:2445");
}
END_TEST

#define ONE(cert, roles, until) "{\"schema\":\"phonetrust-phone-tvs/1\"," \
	"\"valid\":[{\"certificate\":\"" cert "\",\"roles\":" roles "," \
	"\"until\":\"" until "\",\"from\":\"x\"}]}"

static const char *const damages[] = {
	"", "{", "[]", "{}",
	"{\"schema\":\"phonetrust-phone-tvs/2\",\"valid\":[]}",
	"{\"schema\":\"phonetrust-phone-tvs/1\",\"valid\":[1]}",
	ONE("3000", "[]", "2026-11-21T10:54:31Z"),
	ONE("xyz", "[]", "2026-11-21T10:54:31Z"),
	ONE("", "[]", "2026-11-21T10:54:31Z"),
	ONE("3000", "[]", "tomorrow"),
	ONE("3000", "[256]", "2026-11-21T10:54:31Z"),
	ONE("3000", "[\"SAST\"]", "2026-11-21T10:54:31Z"),
	ONE("3000", "[-1]", "2026-11-21T10:54:31Z"),
	ONE("3000", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
	    "2026-11-21T10:54:31Z"),
};

START_TEST(damaged)
{
	ck_assert_int_eq(file_replace(dirfd, TVS_CACHE_FILE, 0600,
	    damages[_i], strlen(damages[_i]), &e), ERR_OK);
	ck_assert_int_eq(tvs_cache_load(&cache, dirfd, &e), ERR_PROTO);
	ck_assert_ptr_nonnull(strstr(e.msg, TVS_CACHE_FILE));
	ck_assert_uint_eq(cache.n, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tvs_cache");
	TCase *t = tcase_create("tvs_cache");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, until_its_time);
	tcase_add_test(t, other_names);
	tcase_add_test(t, newer_word_counts);
	tcase_add_test(t, full);
	tcase_add_test(t, kept);
	tcase_add_loop_test(t, damaged, 0, (int)N_OF(damages));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
