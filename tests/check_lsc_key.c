/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys of phones: which are taken, and which only look like ones.
 */
#include <check.h>
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

#include "certs/der_out.h"
#include "certs/lsc.h"
#include "tests/certs_data.h"

static int
try(const uint8_t *spki, size_t len, struct err *e)
{
	struct lsc_key *k = lsc_key_from_spki(spki, len, e);

	lsc_key_free(k);
	return k != NULL ? ERR_OK : e->code;
}

/* Files of the fuzz target's corpus, beside the vectors. */
static const struct {
	const char	*file;
	int		 code;
	enum key_type	 type;
} files[] = {
	{ "rsa1024", ERR_OK, KEY_RSA1024 },
	{ "rsa2048", ERR_OK, KEY_RSA2048 },
	{ "ec256", ERR_OK, KEY_EC256 },
	{ "ec521", ERR_OK, KEY_EC521 },
	{ "compressed", ERR_PROTO, KEY_OTHER },
	{ "explicit", ERR_PROTO, KEY_OTHER },
};

START_TEST(from_file)
{
	struct err e = { 0 };
	struct lsc_key *k;
	char path[128];
	uint8_t *buf, *more;
	size_t len;

	(void)snprintf(path, sizeof(path), "../../corpus/fuzz_lsc_key/%s",
	    files[_i].file);
	buf = data_file(path, &len);
	k = lsc_key_from_spki(buf, len, &e);
	ck_assert_msg((k != NULL ? ERR_OK : e.code) == files[_i].code, "%s",
	    files[_i].file);
	if (k != NULL)
		ck_assert_int_eq(lsc_key_type(k), files[_i].type);
	lsc_key_free(k);
	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n > 0 ? n : 1);

		if (n > 0)
			memcpy(cut, buf, n);
		ck_assert_int_eq(try(cut, n, &e), ERR_PROTO);
		free(cut);
	}
	ck_assert_ptr_nonnull(more = calloc(1, len + 1));
	memcpy(more, buf, len);
	ck_assert_int_eq(try(more, len + 1, &e), ERR_PROTO);
	free(more);
	free(buf);
}
END_TEST

/* A point beside its curve. */
START_TEST(off_curve)
{
	struct err e = { 0 };
	size_t len;
	uint8_t *buf = data_file("../../corpus/fuzz_lsc_key/ec256", &len);

	buf[len - 1] ^= 1;
	ck_assert_int_eq(try(buf, len, &e), ERR_PROTO);
	free(buf);
}
END_TEST

/* --- RSA numbers --- */

static size_t
rsa_spki(uint8_t out[2048], const BIGNUM *n, const BIGNUM *ex)
{
	static const uint8_t alg[] = { 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86,
	    0xf7, 0x0d, 1, 1, 1, 5, 0 };
	uint8_t inner[2048], num[1024];
	struct der_out d = der_out(inner, sizeof(inner)), all = der_out(out,
	    2048);
	const uint8_t *p;
	size_t mark = der_mark(&d), len;

	der_unsigned(&d, num, (size_t)BN_bn2bin(ex, num));
	der_unsigned(&d, num, (size_t)BN_bn2bin(n, num));
	der_wrap(&d, DER_SEQUENCE, mark);
	p = der_out_get(&d, &len);
	mark = der_mark(&all);
	der_bits(&all, p, len);
	der_put(&all, alg, sizeof(alg));
	der_wrap(&all, DER_SEQUENCE, mark);
	p = der_out_get(&all, &len);
	ck_assert_ptr_nonnull(p);
	memmove(out, p, len);
	return len;
}

/* A modulus of that many bits without factors below 1000. */
static void
good_modulus(BIGNUM *n, int bits)
{
	bool good = false;

	while (!good) {
		ck_assert_int_eq(BN_rand(n, bits, BN_RAND_TOP_ONE,
		    BN_RAND_BOTTOM_ODD), 1);
		good = true;
		for (unsigned p = 3; p < 1000 && good; p += 2)
			good = BN_mod_word(n, p) != 0;
	}
}

static int
try_rsa(const BIGNUM *n, const BIGNUM *ex, struct err *e)
{
	uint8_t buf[2048];
	size_t len = rsa_spki(buf, n, ex);

	e->msg[0] = '\0';
	return try(buf, len, e);
}

static const struct {
	int		 bits;
	const char	*exponent;	/* hex */
	int		 code;
} sizes[] = {
	{ 512, "010001", ERR_REFUSED },
	{ 768, "010001", ERR_REFUSED },
	{ 1023, "010001", ERR_REFUSED },
	{ 1024, "010001", ERR_OK },
	{ 2047, "010001", ERR_REFUSED },
	{ 2048, "010001", ERR_OK },
	{ 3072, "010001", ERR_OK },
	{ 4096, "010001", ERR_OK },
	{ 8192, "010001", ERR_REFUSED },
	{ 2048, "03", ERR_OK },
	{ 2048, "11", ERR_OK },
	{ 2048, "01", ERR_REFUSED },
	{ 2048, "00", ERR_REFUSED },
	{ 2048, "010000", ERR_REFUSED },
	{ 2048, "ffffffffffffffff", ERR_OK },
	{ 2048, "01ffffffffffffffff", ERR_REFUSED },
};

START_TEST(rsa_size)
{
	BIGNUM *n = BN_new(), *ex = NULL;
	struct err e = { 0 };

	good_modulus(n, sizes[_i].bits);
	ck_assert_int_gt(BN_hex2bn(&ex, sizes[_i].exponent), 0);
	ck_assert_msg(try_rsa(n, ex, &e) == sizes[_i].code, "%d bits, %s: %s",
	    sizes[_i].bits, sizes[_i].exponent, e.msg);
	BN_free(n);
	BN_free(ex);
}
END_TEST

static bool
is_prime(unsigned n)
{
	for (unsigned d = 2; d < n; d++)
		if (n % d == 0)
			return false;
	return true;
}

/* n of which p is the only factor that shows. */
static void
one_factor(BIGNUM *n, unsigned p)
{
	do {
		good_modulus(n, 2048);
		(void)BN_sub_word(n, BN_mod_word(n, p));
		if (p > 2 && !BN_is_odd(n))
			(void)BN_add_word(n, p);
	} while (BN_num_bits(n) != 2048);
}

START_TEST(factors)
{
	BIGNUM *n = BN_new(), *ex = NULL;
	struct err e = { 0 };

	(void)BN_hex2bn(&ex, "010001");
	for (unsigned p = 2; p <= 743; p++) {
		if (!is_prime(p))
			continue;
		one_factor(n, p);
		ck_assert_msg(try_rsa(n, ex, &e) == ERR_REFUSED, "%u", p);
		ck_assert_ptr_nonnull(strstr(e.msg, p == 2 ? "even" :
		    "factor"));
	}
	BN_free(n);
	BN_free(ex);
}
END_TEST

/* A prime squared, as somebody's p * p. */
START_TEST(square)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_new(), *r = BN_new(), *ex = NULL;
	struct err e = { 0 };

	(void)BN_hex2bn(&ex, "010001");
	do {
		(void)BN_rand(r, 1024, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
		(void)BN_sqr(n, r, ctx);
		for (unsigned p = 3; p < 1000; p += 2)
			if (BN_mod_word(n, p) == 0)
				BN_zero(n);
	} while (BN_num_bits(n) != 2048);
	ck_assert_int_eq(try_rsa(n, ex, &e), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "square"));
	BN_free(n);
	BN_free(r);
	BN_free(ex);
	BN_CTX_free(ctx);
}
END_TEST

/* As the generator of CVE-2017-15361 leaves them: a power of 65537 modulo the
 * product of all primes to 167. */
START_TEST(weak_generator)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_new(), *n = BN_new(), *k = BN_new(), *ex = NULL;
	struct err e = { 0 };
	bool good = false;

	(void)BN_hex2bn(&ex, "010001");
	(void)BN_set_word(m, 2);
	for (unsigned p = 3; p <= 167; p += 2) {
		bool prime = true;

		for (unsigned d = 3; d < p; d += 2)
			prime = prime && p % d != 0;
		if (prime)
			(void)BN_mul_word(m, p);
	}
	while (!good) {
		(void)BN_rand(k, 100, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
		(void)BN_mod_exp(n, ex, k, m, ctx);
		(void)BN_rand(k, 2048 - BN_num_bits(m) + 1, BN_RAND_TOP_TWO,
		    BN_RAND_BOTTOM_ANY);
		(void)BN_mul(k, k, m, ctx);
		(void)BN_add(n, n, k);
		good = BN_num_bits(n) == 2048;
		for (unsigned p = 3; p < 1000 && good; p += 2)
			good = BN_mod_word(n, p) != 0;
	}
	ck_assert_int_eq(try_rsa(n, ex, &e), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "CVE-2017-15361"));
	BN_free(m);
	BN_free(n);
	BN_free(k);
	BN_free(ex);
	BN_CTX_free(ctx);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lsc_key");
	TCase *tc = tcase_create("lsc_key");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc, from_file, 0, N_OF(files));
	tcase_add_test(tc, off_curve);
	tcase_add_loop_test(tc, rsa_size, 0, N_OF(sizes));
	tcase_add_test(tc, factors);
	tcase_add_test(tc, square);
	tcase_add_test(tc, weak_generator);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
