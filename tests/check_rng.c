/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Random bytes: the seeded stream repeats, UUIDs have their bits.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/digest.h"
#include "crypt/rng.h"

START_TEST(seeded_repeats)
{
	struct rng_seeded sa, sb, sc;
	uint8_t a[100], b[100], c[100];
	struct rng ra, rb, rc;

	rng_seeded_init(&ra, &sa, 7);
	rng_seeded_init(&rb, &sb, 7);
	rng_seeded_init(&rc, &sc, 8);
	ck_assert_int_eq(rng_fill(&ra, a, sizeof(a), NULL), ERR_OK);
	ck_assert_int_eq(rng_fill(&rb, b, sizeof(b), NULL), ERR_OK);
	ck_assert_int_eq(rng_fill(&rc, c, sizeof(c), NULL), ERR_OK);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_mem_ne(a, c, sizeof(a));
	ck_assert_int_eq(rng_fill(&ra, b, sizeof(b), NULL), ERR_OK);
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert_int_eq(rng_fill(&ra, b, 0, NULL), ERR_OK);
}
END_TEST

/* SHA-256 of seed and counter, each eight bytes, big-endian. */
START_TEST(seeded_stream)
{
	uint8_t in[16] = { 0 }, want[32], out[40];
	struct rng_seeded s;
	struct rng r;

	in[7] = 5;
	rng_seeded_init(&r, &s, 5);
	ck_assert_int_eq(rng_fill(&r, out, sizeof(out), NULL), ERR_OK);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, in, sizeof(in), want,
	    NULL), ERR_OK);
	ck_assert_mem_eq(out, want, 32);
	in[15] = 1;
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, in, sizeof(in), want,
	    NULL), ERR_OK);
	ck_assert_mem_eq(out + 32, want, 8);
}
END_TEST

/* Zeros encrypted by AES-256-CTR (NIST SP 800-38A, F.5.5 has the same key and
 * other blocks), however they are asked for. */
START_TEST(derived_stream)
{
	static const uint8_t secret[RNG_DERIVED_LEN] = { 0x60, 0x3d, 0xeb,
	    0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d,
	    0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d,
	    0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4 };
	uint8_t a[1100], b[1100], other[RNG_DERIVED_LEN], zero[16] = { 0 };
	/* openssl enc -aes-256-ctr -K 603d.. -iv 0 of zeros */
	static const uint8_t start[] = { 0xe5, 0x68, 0xf6, 0x81, 0x94, 0xcf,
	    0x76, 0xd6, 0x17, 0x4d, 0x4c, 0xc0, 0x43, 0x10, 0xa8, 0x54 };
	struct rng_derived d;
	struct rng r;

	rng_derived_init(&r, &d, secret);
	ck_assert_int_eq(rng_fill(&r, a, sizeof(a), NULL), ERR_OK);
	ck_assert_mem_eq(a, start, sizeof(start));
	/* No block comes twice. */
	for (size_t i = 16; i + 16 <= sizeof(a); i += 16)
		ck_assert_mem_ne(a + i, a, 16);
	rng_derived_init(&r, &d, secret);
	for (size_t i = 0, n = 1; i < sizeof(b); i += n, n = i % 7 + 1) {
		n = n < sizeof(b) - i ? n : sizeof(b) - i;
		ck_assert_int_eq(rng_fill(&r, b + i, n, NULL), ERR_OK);
	}
	ck_assert_mem_eq(b, a, sizeof(a));
	memcpy(other, secret, sizeof(other));
	other[31] ^= 1;
	rng_derived_init(&r, &d, other);
	ck_assert_int_eq(rng_fill(&r, b, sizeof(b), NULL), ERR_OK);
	ck_assert_mem_ne(a, b, 16);
	rng_derived_clear(&d);
	ck_assert_mem_eq(d.secret, zero, sizeof(zero));
}
END_TEST

START_TEST(system_differs)
{
	uint8_t a[32], b[32];

	ck_assert_int_eq(rng_fill(rng_system(), a, sizeof(a), NULL), ERR_OK);
	ck_assert_int_eq(rng_fill(rng_system(), b, sizeof(b), NULL), ERR_OK);
	ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

static void
is_uuid(const char *u, char version)
{
	ck_assert_uint_eq(strlen(u), UUID_LEN - 1);
	ck_assert_uint_eq(strspn(u, "0123456789abcdef-"), UUID_LEN - 1);
	ck_assert(u[8] == '-' && u[13] == '-' && u[18] == '-' &&
	    u[23] == '-');
	ck_assert_int_eq(u[14], version);
	ck_assert_ptr_nonnull(strchr("89ab", u[19]));
}

START_TEST(uuids)
{
	char a[UUID_LEN], b[UUID_LEN];
	uint8_t digest[32];

	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(rng_uuid(rng_system(), a, NULL), ERR_OK);
		is_uuid(a, '4');
	}
	ck_assert_int_eq(rng_uuid(rng_system(), b, NULL), ERR_OK);
	ck_assert_str_ne(a, b);
	memset(digest, 0xff, sizeof(digest));
	uuid_from_digest(digest, a);
	is_uuid(a, '8');
	ck_assert_str_eq(a, "ffffffff-ffff-8fff-bfff-ffffffffffff");
}
END_TEST

static int
broken_fill(void *arg, void *buf, size_t len, struct err *e)
{
	(void)arg;
	(void)buf;
	return err_set(e, ERR_CRYPTO, "no %zu bytes", len);
}

START_TEST(failure_is_passed_on)
{
	const struct rng broken = { .fill = broken_fill };
	struct err e = { 0 };
	char u[UUID_LEN];

	ck_assert_int_eq(rng_uuid(&broken, u, &e), ERR_CRYPTO);
	ck_assert_str_eq(e.msg, "no 16 bytes");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rng");
	TCase *t = tcase_create("rng");
	SRunner *r;
	int failed;

	tcase_add_test(t, seeded_repeats);
	tcase_add_test(t, seeded_stream);
	tcase_add_test(t, derived_stream);
	tcase_add_test(t, system_differs);
	tcase_add_test(t, uuids);
	tcase_add_test(t, failure_is_passed_on);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
