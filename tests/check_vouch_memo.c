/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers remembered: by every byte of the question, and not for too long.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/store.h"
#include "trust/vouch_memo.h"
#include "trust/vouch_serial.h"

static struct vouch_memo *m;

static void
setup(void)
{
	ck_assert_ptr_nonnull(m = vouch_memo_new(NULL));
}

static void
teardown(void)
{
	vouch_memo_free(m);
}

static struct vouch_key
key(char kind, const char *a, const char *b)
{
	return (struct vouch_key){ kind, {
	    { (const uint8_t *)a, strlen(a) },
	    { (const uint8_t *)b, strlen(b) } } };
}

static void
put(const struct vouch_key *k, uint32_t ttl, int64_t until)
{
	struct vouch_found f = { .ttl = ttl, .until = until,
	    .der = malloc(1), .derlen = 1 };

	ck_assert_ptr_nonnull(vouch_memo_put(m, k, &f));
	ck_assert_ptr_null(f.der);	/* taken over */
}

START_TEST(by_every_byte)
{
	const struct vouch_key k = key('v', "abc", "de");
	const struct vouch_key others[] = {
		key('q', "abc", "de"), key('v', "abd", "de"),
		key('v', "abc", "df"), key('v', "abcd", "e"),
		key('v', "ab", "cde"), key('v', "abc", ""),
		key('v', "", ""),
	};

	ck_assert_ptr_null(vouch_memo_get(m, &k, 0));
	put(&k, 5, 0);
	ck_assert_uint_eq(vouch_memo_get(m, &k, 0)->ttl, 5);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_ptr_null(vouch_memo_get(m, &others[i], 0));
	put(&k, 6, 0);
	ck_assert_uint_eq(vouch_memo_get(m, &k, 0)->ttl, 6);
	put(&others[6], 7, 0);		/* nothing asked for is a key too */
	ck_assert_uint_eq(vouch_memo_get(m, &others[6], 0)->ttl, 7);
}
END_TEST

/* Certificates differ at their ends; what differs before is seen as well. */
START_TEST(long_keys)
{
	char a[2000], b[2000];
	struct vouch_key ka, kb;

	memset(a, 'a', sizeof(a) - 1);
	a[sizeof(a) - 1] = '\0';
	memcpy(b, a, sizeof(b));
	b[0] = 'b';
	ka = key('v', a, "");
	kb = key('v', b, "");
	put(&ka, 1, 0);
	ck_assert_ptr_null(vouch_memo_get(m, &kb, 0));
	put(&kb, 2, 0);			/* at the place of the other */
	ck_assert_ptr_null(vouch_memo_get(m, &ka, 0));
	ck_assert_uint_eq(vouch_memo_get(m, &kb, 0)->ttl, 2);
}
END_TEST

START_TEST(until)
{
	const struct vouch_key k = key('v', "abc", "");

	put(&k, 1, 100);
	ck_assert_ptr_nonnull(vouch_memo_get(m, &k, 99));
	ck_assert_ptr_null(vouch_memo_get(m, &k, 100));
}
END_TEST

START_TEST(forget)
{
	const struct vouch_key k = key('v', "abc", ""), other = key('v', "x",
	    "");

	put(&k, 1, 0);
	vouch_memo_forget(m);
	ck_assert_ptr_null(vouch_memo_get(m, &k, 0));
	put(&other, 2, 0);
	ck_assert_ptr_nonnull(vouch_memo_get(m, &other, 0));
	ck_assert_ptr_null(vouch_memo_get(m, &k, 0));
}
END_TEST

/* Names of certificates that share a serial number with many. */
START_TEST(alike)
{
	struct row_cert rows[VOUCH_SERIAL_MANY];
	struct vouch_serials s = { .next = 0 };
	const struct vouch_alike *a;
	char subject[] = "CN=s", issuer[] = "CN=i";
	uint8_t serial[2] = { 1, 0 };

	for (size_t i = 0; i < VOUCH_SERIAL_MANY; i++)
		rows[i] = (struct row_cert){ .sha256 = { (uint8_t)i },
		    .subject = subject, .issuer = issuer };
	vouch_serials_put(&s, serial, 1, rows, VOUCH_SERIAL_MANY - 1);
	ck_assert_ptr_null(vouch_serials_get(&s, serial, 1));
	for (uint8_t i = 0; i <= VOUCH_SERIALS; i++) {
		serial[1] = i;
		vouch_serials_put(&s, serial, 2, rows, VOUCH_SERIAL_MANY);
	}
	ck_assert_ptr_nonnull(a = vouch_serials_get(&s, serial, 2));
	ck_assert_uint_eq(a->n, VOUCH_SERIAL_MANY);
	ck_assert_uint_eq(a->cert[7].sha256[0], 7);
	ck_assert(a->cert[7].subject == store_name_key("CN=s"));
	ck_assert(a->cert[7].issuer == store_name_key("CN=i"));
	ck_assert_ptr_null(vouch_serials_get(&s, serial, 1));
	serial[1] = 0;		/* the oldest */
	ck_assert_ptr_null(vouch_serials_get(&s, serial, 2));
	serial[1] = 1;
	ck_assert_ptr_nonnull(vouch_serials_get(&s, serial, 2));
	vouch_serials_forget(&s);
	ck_assert_ptr_null(vouch_serials_get(&s, serial, 2));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("vouch_memo");
	TCase *tc = tcase_create("vouch_memo");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, by_every_byte);
	tcase_add_test(tc, long_keys);
	tcase_add_test(tc, until);
	tcase_add_test(tc, forget);
	tcase_add_test(tc, alike);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
