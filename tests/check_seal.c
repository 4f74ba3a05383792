/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sealed values: layout, round trips, and everything that must not open.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/seal.h"

static const struct seal_key key = { .id = 0x01020304, .key = { 1, 2, 3 } };

/* A nonce, or whatever the stream says. */
static int
fixed_fill(void *arg, void *buf, size_t len, struct err *e)
{
	(void)e;
	memcpy(buf, arg, len);
	return ERR_OK;
}

static uint8_t *
sealed(const char *aad, const char *plain, size_t plainlen, size_t *len)
{
	struct err e = { 0 };
	uint8_t *out;

	ck_assert_msg(seal(&key, rng_system(), aad, strlen(aad), plain,
	    plainlen, &out, len, &e) == ERR_OK, "%s", e.msg);
	return out;
}

static int
try(const struct seal_key *k, const char *aad, const void *buf, size_t len,
    struct err *e)
{
	struct secret *s = NULL;
	int ret = unseal(k, aad, strlen(aad), buf, len, &s, e);

	ck_assert((ret == ERR_OK) == (s != NULL));
	secret_free(s);
	return ret;
}

START_TEST(round_trip)
{
	static const size_t lens[] = { 0, 1, 16, 1000 };
	size_t n = lens[_i], len;
	char plain[1000];
	struct secret *s;
	uint8_t *out;

	memset(plain, 'p', sizeof(plain));
	out = sealed("aad", plain, n, &len);
	ck_assert_uint_eq(len, n + SEAL_OVERHEAD);
	ck_assert_int_eq(unseal(&key, "aad", 3, out, len, &s, NULL), ERR_OK);
	ck_assert_uint_eq(s->len, n);
	ck_assert_mem_eq(s->buf, plain, n);
	secret_free(s);
	free(out);
}
END_TEST

/*
 * The layout 01 | key id | nonce | ciphertext | tag over AES-256-GCM: test
 * case 14 of the GCM specification (McGrew, Viega, appendix B), all zero.
 */
START_TEST(layout)
{
	static const char want[] = "01" "00000007" "000000000000000000000000"
	    "cea7403d4d606b6e074ec5d3baf39d18"
	    "d0d1c8a799996bf0265b98b5d48ab919";
	uint8_t zero[32] = { 0 }, bytes[16 + SEAL_OVERHEAD], *out;
	const struct rng rng = { .fill = fixed_fill, .arg = zero };
	const struct seal_key k = { .id = 7 };
	size_t len;

	ck_assert(str_unhex(want, bytes, sizeof(bytes)));
	ck_assert_int_eq(seal(&k, &rng, NULL, 0, zero, 16, &out, &len, NULL),
	    ERR_OK);
	ck_assert_uint_eq(len, sizeof(bytes));
	ck_assert_mem_eq(out, bytes, len);
	free(out);
}
END_TEST

/* One changed bit anywhere is refused, whatever field it is in. */
START_TEST(any_change)
{
	struct err e = { 0 };
	size_t len;
	uint8_t *out = sealed("aad", "secret", 6, &len);
	int ret;

	for (size_t i = 0; i < len; i++) {
		out[i] ^= 0x10;
		ret = try(&key, "aad", out, len, &e);
		ck_assert_int_eq(ret, i == 0 ? ERR_PROTO : i < 5 ?
		    ERR_NOTFOUND : ERR_VERIFY);
		out[i] ^= 0x10;
	}
	ck_assert_int_eq(try(&key, "aad", out, len, &e), ERR_OK);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(try(&key, "aad", out, cut, &e),
		    cut < SEAL_OVERHEAD ? ERR_PROTO : ERR_VERIFY);
	ck_assert_int_eq(try(&key, "aae", out, len, &e), ERR_VERIFY);
	ck_assert_int_eq(try(&key, "", out, len, &e), ERR_VERIFY);
	free(out);
}
END_TEST

START_TEST(other_keys)
{
	struct seal_key other = key;
	struct err e = { 0 };
	size_t len;
	uint8_t *out = sealed("aad", "secret", 6, &len);
	uint32_t id;

	ck_assert_int_eq(seal_key_id(out, len, &id, &e), ERR_OK);
	ck_assert_uint_eq(id, key.id);
	other.key[31] = 1;
	ck_assert_int_eq(try(&other, "aad", out, len, &e), ERR_VERIFY);
	other.id = 5;
	ck_assert_int_eq(try(&other, "aad", out, len, &e), ERR_NOTFOUND);
	ck_assert_msg(strstr(e.msg, "16909060") != NULL &&
	    strstr(e.msg, " 5") != NULL, "%s", e.msg);
	ck_assert_int_eq(seal_key_id(out, 10, &id, &e), ERR_PROTO);
	free(out);
}
END_TEST

START_TEST(nonces_differ)
{
	size_t len;
	uint8_t *a = sealed("", "secret", 6, &len);
	uint8_t *b = sealed("", "secret", 6, &len);

	ck_assert_mem_ne(a, b, len);
	free(a);
	free(b);
}
END_TEST

static int
broken_fill(void *arg, void *buf, size_t len, struct err *e)
{
	(void)arg;
	(void)buf;
	(void)len;
	return err_set(e, ERR_CRYPTO, "dry");
}

START_TEST(no_nonce_no_value)
{
	const struct rng broken = { .fill = broken_fill };
	uint8_t *out = NULL;
	size_t len;

	ck_assert_int_eq(seal(&key, &broken, "", 0, "x", 1, &out, &len,
	    NULL), ERR_CRYPTO);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(aad)
{
	size_t len;
	uint8_t *p = seal_aad("key", "sealed", "\0\1", 2, &len);

	ck_assert_uint_eq(len, 13);
	ck_assert_mem_eq(p, "key\0sealed\0\0\1", 13);
	free(p);
	p = seal_aad("t", "c", NULL, 0, &len);
	ck_assert_uint_eq(len, 4);
	free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("seal");
	TCase *t = tcase_create("seal");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, round_trip, 0, 4);
	tcase_add_test(t, layout);
	tcase_add_test(t, any_change);
	tcase_add_test(t, other_keys);
	tcase_add_test(t, nonces_differ);
	tcase_add_test(t, no_nonce_no_value);
	tcase_add_test(t, aad);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
