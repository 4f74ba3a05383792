/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signing requests made and read, and sets of names.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/san.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"

static const struct cert_san names[] = {
	{ false, "CM2.example.org" }, { true, "192.0.2.1" },
	{ false, "cm1.example.org" }, { true, "2001:db8::1" },
	{ false, "cm1.EXAMPLE.org" },
};

static struct cert_spec
spec(void)
{
	return (struct cert_spec){
		.cn = "cm1.example.org", .o = "Orbit", .ou = "voice",
		.c = "NL", .san = names, .nsan = N_OF(names),
		.usage = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
		    CERT_USE_SIGN | CERT_USE_ENCIPHER,
		.pathlen = -1, .hash = DIGEST_SHA256,
	};
}

static struct csr *
make(const struct cert_spec *s, enum key_type t)
{
	struct key *k = data_key_of(t);
	struct err e = { 0 };
	struct csr *c = csr_make(s, k, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	key_free(k);
	return c;
}

START_TEST(made)
{
	struct cert_spec s = spec();
	struct key *k = data_key_of(KEY_RSA4096);
	struct csr *c = csr_make(&s, k, NULL);
	uint8_t id[KEY_ID_LEN], other[KEY_ID_LEN];
	char *text, *subject, *cn, *pem;
	enum digest_alg hash;

	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(csr_verify(c, NULL), ERR_OK);
	ck_assert_int_eq(csr_key_type(c), KEY_RSA4096);
	ck_assert_int_eq(csr_key_bits(c), 4096);
	ck_assert_int_eq(csr_key_id(c, id, NULL), ERR_OK);
	ck_assert_int_eq(key_id(k, other, NULL), ERR_OK);
	ck_assert_mem_eq(id, other, sizeof(id));
	ck_assert(csr_hash(c, &hash) && hash == DIGEST_SHA256);
	subject = csr_subject(c, CERT_NAME_SEMICOLON, NULL);
	ck_assert_str_eq(subject, "CN=cm1.example.org;OU=voice;O=Orbit;C=NL");
	cn = csr_cn(c, NULL);
	ck_assert_str_eq(cn, "cm1.example.org");
	ck_assert(csr_has_ou(c));
	ck_assert(!csr_wants_ca(c));
	ck_assert(csr_wants_client(c));
	text = csr_text(c, NULL);
	ck_assert_ptr_nonnull(strstr(text, "Data Encipherment"));
	ck_assert_ptr_nonnull(strstr(text, "TLS Web Server Authentication"));
	/* The authority's matter. */
	ck_assert_ptr_null(strstr(text, "Basic Constraints"));
	ck_assert_ptr_null(strstr(text, "Key Identifier"));
	pem = csr_to_pem(c, NULL);
	ck_assert_int_eq(strncmp(pem, "-----BEGIN CERTIFICATE REQUEST-----\n",
	    36), 0);
	free(text);
	free(subject);
	free(cn);
	free(pem);
	csr_free(c);
	key_free(k);
}
END_TEST

START_TEST(subordinate)
{
	struct cert_spec s = spec();
	char *text, *country;
	struct csr *c;

	s.usage = CERT_USE_CA | CERT_USE_TLS_SERVER;
	s.pathlen = 0;
	s.ou = s.c = NULL;
	s.hash = DIGEST_SHA384;
	c = make(&s, KEY_EC256);
	text = csr_text(c, NULL);
	ck_assert_ptr_nonnull(strstr(text, "CA:TRUE, pathlen:0"));
	ck_assert_ptr_nonnull(strstr(text, "ecdsa-with-SHA384"));
	ck_assert(csr_wants_ca(c));
	ck_assert(!csr_wants_client(c));
	ck_assert(!csr_has_ou(c));
	country = csr_country(c, NULL);
	ck_assert_str_eq(country, "");
	free(country);
	free(text);
	csr_free(c);
}
END_TEST

START_TEST(refused)
{
	struct key *k = data_key_of(KEY_EC256);
	struct cert_spec s = spec();
	struct err e = { 0 };

	s.hash = DIGEST_SHA1;
	ck_assert_ptr_null(csr_make(&s, k, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	s = spec();
	s.cn = "a name of more than sixty-four characters, which is what a CN "
	    "has";
	ck_assert_ptr_null(csr_make(&s, k, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	s = spec();
	s.usage = 0;
	ck_assert_ptr_null(csr_make(&s, k, &e));
	s = spec();
	s.c = "NLD";
	ck_assert_ptr_null(csr_make(&s, k, &e));
	key_free(k);
}
END_TEST

/* A bit in each byte: refused, not verified, or other by its signature. */
START_TEST(changed)
{
	struct cert_spec s = spec();
	struct csr *c = make(&s, KEY_EC256), *d;
	const uint8_t *der;
	uint8_t *copy;
	size_t len;

	der = csr_der(c, &len);
	copy = malloc(len);
	for (size_t i = 0; i < len; i++) {
		memcpy(copy, der, len);
		copy[i] ^= 0x04;
		if ((d = csr_from_der(copy, len, NULL)) == NULL)
			continue;
		ck_assert(!csr_same(c, d));
		ck_assert_msg(csr_verify(d, NULL) == ERR_VERIFY, "byte %zu",
		    i);
		csr_free(d);
	}
	for (size_t i = 0; i < len; i++) {
		struct err e = { 0 };

		memcpy(copy, der, len);
		ck_assert_ptr_null(csr_from_der(copy, i, &e));
		ck_assert_int_eq(e.code, ERR_PROTO);
	}
	free(copy);
	copy = calloc(1, CERT_DER_MAX + 1);
	ck_assert_ptr_null(csr_from_der(copy, CERT_DER_MAX + 1, NULL));
	free(copy);
	csr_free(c);
}
END_TEST

/* As a browser of names sees them: sorted, lower case, each once. */
START_TEST(san_set)
{
	static const char *const want[] = { "cm1.example.org",
	    "cm2.example.org", "192.0.2.1", "2001:db8::1" };
	struct cert_spec s = spec();
	struct csr *c = make(&s, KEY_EC256);
	struct san_set set, none = { .san = NULL };
	char *text;

	ck_assert_int_eq(san_of_csr(c, &set, NULL), ERR_OK);
	ck_assert_uint_eq(set.n, N_OF(want));
	for (size_t i = 0; i < N_OF(want); i++)
		ck_assert_str_eq(set.san[i].text, want[i]);
	ck_assert(san_has(&set, SAN_DNS, "CM1.example.ORG"));
	ck_assert(san_has(&set, SAN_IP, "192.0.2.1"));
	ck_assert(!san_has(&set, SAN_DNS, "192.0.2.1"));
	ck_assert(!san_has(&none, SAN_DNS, "cm1.example.org"));
	text = san_missing(&set, &none);
	ck_assert_str_eq(text, "cm1.example.org, cm2.example.org, 192.0.2.1, "
	    "2001:db8::1");
	free(text);
	text = san_missing(&none, &set);
	ck_assert_str_eq(text, "");
	free(text);
	text = san_missing(&set, &set);
	ck_assert_str_eq(text, "");
	free(text);
	san_set_free(&set);
	csr_free(c);
}
END_TEST

START_TEST(san_of_all_kinds)
{
	struct lab_spec s = { .cn = "x", .san = "email:a@b.example,"
	    "URI:sip:x@y.example,DNS:z.example,IP:10.0.0.1,RID:1.2" };
	struct lab_spec plain = { .cn = "x" };
	struct san_set set;
	struct cert *c;

	c = lab_issue(&s, lab_key(0), NULL, NULL);
	ck_assert_int_eq(san_of_cert(c, &set, NULL), ERR_OK);
	ck_assert_uint_eq(set.n, 5);
	ck_assert_str_eq(set.san[0].text, "z.example");
	ck_assert_str_eq(set.san[1].text, "10.0.0.1");
	ck_assert_str_eq(set.san[2].text, "URI:sip:x@y.example");
	ck_assert_str_eq(set.san[3].text, "email:a@b.example");
	ck_assert_int_eq(strncmp(set.san[4].text, "type", 4), 0);
	san_set_free(&set);
	cert_free(c);
	c = lab_issue(&plain, lab_key(0), NULL, NULL);
	ck_assert_int_eq(san_of_cert(c, &set, NULL), ERR_OK);
	ck_assert_uint_eq(set.n, 0);
	cert_free(c);
	lab_end();
}
END_TEST

START_TEST(many_missing)
{
	static char text[30][8];
	struct cert_san many[30];
	struct cert_spec s = spec();
	struct san_set set, none = { .san = NULL };
	struct csr *c;
	char *say;

	for (size_t i = 0; i < 30; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "n%02zu.x", i);
		many[i] = (struct cert_san){ false, text[i] };
	}
	s.san = many;
	s.nsan = 30;
	c = make(&s, KEY_EC256);
	ck_assert_int_eq(san_of_csr(c, &set, NULL), ERR_OK);
	say = san_missing(&set, &none);
	ck_assert_ptr_nonnull(strstr(say, "n19.x and 10 more"));
	ck_assert_ptr_null(strstr(say, "n20.x"));
	free(say);
	san_set_free(&set);
	csr_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("csr");
	TCase *t = tcase_create("csr");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, made);
	tcase_add_test(t, subordinate);
	tcase_add_test(t, refused);
	tcase_add_test(t, changed);
	tcase_add_test(t, san_set);
	tcase_add_test(t, san_of_all_kinds);
	tcase_add_test(t, many_missing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
