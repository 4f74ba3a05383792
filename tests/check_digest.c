/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Digests, HMAC and HKDF against published vectors.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"

/* "abc" and "": RFC 1321 appendix A.5, FIPS 180-4 examples. */
static const struct {
	enum digest_alg	 alg;
	const char	*name, *in, *hex;
} vectors[] = {
	{ DIGEST_MD5, "md5", "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ DIGEST_MD5, "md5", "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ DIGEST_SHA1, "sha1", "abc",
	    "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ DIGEST_SHA256, "sha256", "abc", "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ DIGEST_SHA256, "sha256", "", "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ DIGEST_SHA384, "sha384", "abc", "cb00753f45a35e8bb5a03d699ac65007"
	    "272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
	},
	{ DIGEST_SHA512, "sha512", "abc", "ddaf35a193617abacc417349ae204131"
	    "12e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
	    "454d4423643ce80e2a9ac94fa54ca49f" },
};

START_TEST(digest_vector)
{
	const char *in = vectors[_i].in;
	uint8_t want[DIGEST_MAX], out[DIGEST_MAX];
	size_t len = digest_len(vectors[_i].alg);
	struct digest *d;

	ck_assert(str_unhex(vectors[_i].hex, want, len));
	ck_assert_str_eq(digest_name(vectors[_i].alg), vectors[_i].name);
	ck_assert_int_eq(digest_buf(vectors[_i].alg, in, strlen(in), out,
	    NULL), ERR_OK);
	ck_assert_mem_eq(out, want, len);
	ck_assert_ptr_nonnull(d = digest_new(vectors[_i].alg, NULL));
	for (const char *p = in; *p != '\0'; p++)
		ck_assert_int_eq(digest_update(d, p, 1, NULL), ERR_OK);
	ck_assert_int_eq(digest_final(d, out, NULL), ERR_OK);
	ck_assert_mem_eq(out, want, len);
	digest_free(d);
	digest_free(NULL);
}
END_TEST

/* RFC 4231 section 4.3 (test case 2), RFC 2202 section 3 (test case 2). */
START_TEST(hmac_vector)
{
	static const char data[] = "what do ya want for nothing?";
	uint8_t want[DIGEST_MAX], out[DIGEST_MAX];

	ck_assert(str_unhex("5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843", want, 32));
	ck_assert_int_eq(hmac_buf(DIGEST_SHA256, "Jefe", 4, data,
	    strlen(data), out, NULL), ERR_OK);
	ck_assert_mem_eq(out, want, 32);
	ck_assert(str_unhex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", want,
	    20));
	ck_assert_int_eq(hmac_buf(DIGEST_SHA1, "Jefe", 4, data, strlen(data),
	    out, NULL), ERR_OK);
	ck_assert_mem_eq(out, want, 20);
}
END_TEST

/* An empty key is a key, not "the key of last time". */
START_TEST(hmac_empty_key)
{
	uint8_t a[32], b[32], zero[1] = { 0 };

	ck_assert_int_eq(hmac_buf(DIGEST_SHA256, "other", 5, "x", 1, a,
	    NULL), ERR_OK);
	ck_assert_int_eq(hmac_buf(DIGEST_SHA256, NULL, 0, "x", 1, a, NULL),
	    ERR_OK);
	ck_assert_int_eq(hmac_buf(DIGEST_SHA256, zero, 1, "x", 1, b, NULL),
	    ERR_OK);
	ck_assert_mem_eq(a, b, 32);	/* keys are padded with zeros */
}
END_TEST

/* RFC 5869 appendix A.1 (salt and info) and A.3 (neither). */
START_TEST(hkdf_vector)
{
	static const char info[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
	uint8_t ikm[22], salt[13], want[42], out[42];

	memset(ikm, 0x0b, sizeof(ikm));
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	ck_assert(str_unhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c"
	    "5db02d56ecc4c5bf34007208d5b887185865", want, sizeof(want)));
	ck_assert_int_eq(hkdf_sha256(ikm, sizeof(ikm), salt, sizeof(salt),
	    info, out, sizeof(out), NULL), ERR_OK);
	ck_assert_mem_eq(out, want, sizeof(want));
	ck_assert(str_unhex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879e"
	    "c3454e5f3c738d2d9d201395faa4b61a96c8", want, sizeof(want)));
	ck_assert_int_eq(hkdf_sha256(ikm, sizeof(ikm), NULL, 0, "", out,
	    sizeof(out), NULL), ERR_OK);
	ck_assert_mem_eq(out, want, sizeof(want));
}
END_TEST

/* More than 255 blocks cannot be derived (RFC 5869 section 2.3). */
START_TEST(hkdf_too_much)
{
	static uint8_t out[255 * 32 + 1];
	struct err e = { 0 };

	ck_assert_int_eq(hkdf_sha256("k", 1, NULL, 0, "", out, sizeof(out),
	    &e), ERR_CRYPTO);
	ck_assert_msg(strstr(e.msg, "hkdf") != NULL, "%s", e.msg);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("digest");
	TCase *t = tcase_create("digest");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, digest_vector, 0,
	    (int)(sizeof(vectors) / sizeof(vectors[0])));
	tcase_add_test(t, hmac_vector);
	tcase_add_test(t, hmac_empty_key);
	tcase_add_test(t, hkdf_vector);
	tcase_add_test(t, hkdf_too_much);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
