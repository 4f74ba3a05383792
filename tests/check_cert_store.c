/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Snapshots of the trust store and their keys, without any certificate.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/store.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

/* --- names --- */

static const struct {
	const char	*a, *b;
	bool		 same;
} names[] = {
	{ "CN=a;O=b", "CN=a,O=b", true },		/* separator */
	{ "CN=a;O=b", "O=b;CN=a", true },		/* order */
	{ "CN=a;O=b", "cn = A ; o= B", true },		/* case, spaces */
	{ "CN=a  b", "CN=a b", true },
	{ "CN=a b", "CN=ab", false },
	{ "CN=Inc\\, X;O=b", "CN=Inc, X;O=b", true },	/* no attribute */
	{ "CN=a\\,O=b", "CN=a,O=b", false },		/* escaped: a value */
	{ "CN=a\\2cO=b", "CN=a\\,O=b", true },		/* hex pair */
	{ "CN=a+OU=b", "CN=a,OU=b", true },		/* multi-valued */
	{ "CN=a;CN=b", "CN=b;CN=a", true },
	{ "CN=a;CN=a", "CN=a", false },
	{ "CN=a;O=b", "CN=b;O=a", false },
	{ "CN=a;O=b", "CN=a", false },
	{ "SERIALNUMBER=1", "2.5.4.5=1", true },
	{ "emailAddress=x@y", "1.2.840.113549.1.9.1=X@y", true },
	{ "ST=x", "S=x", true },
	{ "ST=x", "L=x", false },
	{ "CN=\xc3\xa4", "CN=\xc3\x84", false },	/* ASCII only */
	{ "", "CN=", false },
	{ "no attribute", "no  attribute", true },
	{ "CN=a\\", "CN=a", false },			/* cut escape */
};

START_TEST(name_keys)
{
	bool same = store_name_key(names[_i].a) ==
	    store_name_key(names[_i].b);

	ck_assert_msg(same == names[_i].same, "%s / %s", names[_i].a,
	    names[_i].b);
}
END_TEST

START_TEST(long_type_is_cut)
{
	char a[400], b[400];

	memset(a, 'x', sizeof(a));
	memcpy(b, a, sizeof(b));
	(void)strcpy(a + 200, "=1");
	(void)strcpy(b + 300, "=1");
	ck_assert(store_name_key(a) == store_name_key(b));
}
END_TEST

START_TEST(serial_keys)
{
	static const uint8_t a[] = { 0, 0, 0x87, 1 };
	uint64_t issuer = store_name_key("CN=ca");

	ck_assert(store_serial_key(a, 4) == store_serial_key(a + 2, 2));
	ck_assert(store_serial_key(a, 4) != store_serial_key(a + 3, 1));
	ck_assert(store_issuer_serial_key(issuer, a, 4) ==
	    store_issuer_serial_key(issuer, a + 2, 2));
	ck_assert(store_issuer_serial_key(issuer, a, 4) !=
	    store_issuer_serial_key(store_name_key("CN=cb"), a, 4));
}
END_TEST

/* --- snapshots --- */

static void
add(struct cert_store_build *b, unsigned id, uint32_t units,
    uint32_t removed, const char *subject, int64_t not_before)
{
	uint8_t sha256[DIGEST_SHA256_LEN] = { 0 };
	uint8_t serial[4] = { (uint8_t)(id >> 24), (uint8_t)(id >> 16),
	    (uint8_t)(id >> 8), (uint8_t)id };
	struct cert_store_row row = { .sha256 = sha256, .units = units,
	    .removed = removed, .subject = subject, .issuer = "CN=issuer",
	    .serial = serial, .seriallen = 4, .ski = serial,
	    .skilen = id % 2 == 0 ? 4 : 0, .not_before = not_before,
	    .not_after = 1000 };
	struct err e = { 0 };

	memcpy(sha256, &id, sizeof(id));
	ck_assert_msg(cert_store_build_add(b, &row, &e) == ERR_OK, "%s",
	    e.msg);
}

static struct cert_store *
finish(struct cert_store_build *b)
{
	struct err e = { 0 };
	struct cert_store *s = cert_store_build_finish(b, &e);

	ck_assert_msg(s != NULL, "%s", e.msg);
	cert_store_build_free(b);
	return s;
}

static const struct store_cert *
by_id(const struct cert_store *s, unsigned id)
{
	uint8_t sha256[DIGEST_SHA256_LEN] = { 0 };

	memcpy(sha256, &id, sizeof(id));
	return cert_store_by_sha256(s, sha256);
}

START_TEST(empty)
{
	struct cert_store *s = finish(cert_store_build_new(NULL));

	ck_assert_uint_eq(cert_store_count(s), 0);
	ck_assert_ptr_null(by_id(s, 1));
	ck_assert_ptr_null(cert_store_first(s, STORE_BY_SUBJECT,
	    store_name_key("CN=a")));
	cert_store_free(cert_store_ref(s));
	cert_store_free(s);
	cert_store_free(NULL);
	cert_store_build_free(NULL);
}
END_TEST

START_TEST(units_add_up)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	struct cert_store *s;

	add(b, 1, 1, 0, "CN=a", 0);
	add(b, 2, 2, 0, "CN=b", 0);
	add(b, 1, 4, 8, "CN=a", 0);
	add(b, 1, 8, 2, "CN=a", 0);
	s = finish(b);
	ck_assert_uint_eq(cert_store_count(s), 2);
	ck_assert_uint_eq(by_id(s, 1)->units, 13);
	ck_assert_uint_eq(by_id(s, 1)->removed, 2);
	ck_assert_uint_eq(cert_store_count_in(s, 1), 1);
	ck_assert_uint_eq(cert_store_count_in(s, 6), 2);
	ck_assert_uint_eq(cert_store_count_in(s, 16), 0);
	cert_store_free(s);
}
END_TEST

/* A tombstone of one unit does not hide the CA that another one trusts,
 * whichever comes first. */
START_TEST(tombstone_first)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	const struct store_cert *c;
	struct cert_store *s;

	add(b, 1, 0, 2, "", 0);
	add(b, 1, 1, 0, "CN=a", 7);
	add(b, 1, 0, 4, "", 0);
	s = finish(b);
	ck_assert_uint_eq(cert_store_count(s), 1);
	c = cert_store_first(s, STORE_BY_SUBJECT, store_name_key("CN=a"));
	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(c->units, 1);
	ck_assert_uint_eq(c->removed, 6);
	ck_assert_int_eq(c->not_before, 7);
	cert_store_free(s);
}
END_TEST

START_TEST(removed_is_known_by_digest_only)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	uint8_t serial[] = { 2 };
	struct cert_store *s;

	add(b, 2, 0, 1, "CN=a", 0);
	s = finish(b);
	ck_assert_ptr_nonnull(by_id(s, 2));
	ck_assert_uint_eq(by_id(s, 2)->units, 0);
	ck_assert_uint_eq(by_id(s, 2)->removed, 1);
	ck_assert_ptr_null(cert_store_first(s, STORE_BY_SUBJECT,
	    store_name_key("CN=a")));
	ck_assert_ptr_null(cert_store_first(s, STORE_BY_SERIAL,
	    store_serial_key(serial, 1)));
	cert_store_free(s);
}
END_TEST

START_TEST(newest_first)
{
	static const int64_t ages[] = { 30, 50, 10, 40, 20 };
	struct cert_store_build *b = cert_store_build_new(NULL);
	const struct store_cert *c;
	struct cert_store *s;
	int64_t last = 60;

	for (unsigned i = 0; i < N_OF(ages); i++)
		add(b, i, 1, 0, i == 3 ? "cn=A" : "CN=a", ages[i]);
	add(b, 99, 1, 0, "CN=other", 45);
	s = finish(b);
	for (c = cert_store_first(s, STORE_BY_SUBJECT,
	    store_name_key("CN=a")); c != NULL;
	    c = cert_store_next(s, STORE_BY_SUBJECT, c)) {
		ck_assert_int_eq(c->not_before, last - 10);
		last = c->not_before;
	}
	ck_assert_int_eq(last, 10);
	cert_store_free(s);
}
END_TEST

START_TEST(other_indexes)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	static const uint8_t one[] = { 1 }, two[] = { 0, 0, 0, 2 };
	uint64_t issuer = store_name_key("CN=Issuer");
	const struct store_cert *c;
	struct cert_store *s;

	add(b, 1, 1, 0, "CN=a", 0);
	add(b, 2, 1, 0, "CN=b", 0);
	s = finish(b);
	c = cert_store_first(s, STORE_BY_SERIAL, store_serial_key(one, 1));
	ck_assert_ptr_eq(c, by_id(s, 1));
	ck_assert_ptr_null(cert_store_next(s, STORE_BY_SERIAL, c));
	c = cert_store_first(s, STORE_BY_ISSUER_SERIAL,
	    store_issuer_serial_key(issuer, two, 4));
	ck_assert_ptr_eq(c, by_id(s, 2));
	c = cert_store_first(s, STORE_BY_SKI, store_ski_key(two, 4));
	ck_assert_ptr_eq(c, by_id(s, 2));
	/* 1 has none: not found by an empty one. */
	ck_assert_ptr_null(cert_store_first(s, STORE_BY_SKI,
	    store_ski_key(one, 0)));
	cert_store_free(s);
}
END_TEST

#define MANY	20000

START_TEST(many)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	struct cert_store *s;
	char name[32];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "CN=%u", i / 2);
		add(b, (i * 7919u) % MANY, 1, 0, name, i);
	}
	s = finish(b);
	ck_assert_uint_eq(cert_store_count(s), MANY);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_ptr_nonnull(by_id(s, i));
	for (unsigned i = 0; i < MANY / 2; i += 97) {
		const struct store_cert *c;

		(void)snprintf(name, sizeof(name), "CN=%u", i);
		c = cert_store_first(s, STORE_BY_SUBJECT,
		    store_name_key(name));
		ck_assert_ptr_nonnull(c);
		ck_assert_int_eq(c->not_before, 2 * i + 1);
		c = cert_store_next(s, STORE_BY_SUBJECT, c);
		ck_assert_ptr_nonnull(c);
		ck_assert_ptr_null(cert_store_next(s, STORE_BY_SUBJECT, c));
	}
	ck_assert_ptr_null(by_id(s, MANY));
	cert_store_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust store");
	TCase *t = tcase_create("keys");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(t, name_keys, 0, (int)N_OF(names));
	tcase_add_test(t, long_type_is_cut);
	tcase_add_test(t, serial_keys);
	suite_add_tcase(s, t);
	t = tcase_create("snapshots");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, empty);
	tcase_add_test(t, units_add_up);
	tcase_add_test(t, tombstone_first);
	tcase_add_test(t, removed_is_known_by_digest_only);
	tcase_add_test(t, newest_first);
	tcase_add_test(t, other_indexes);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
