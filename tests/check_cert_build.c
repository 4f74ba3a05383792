/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that we make, and what we do not.
 */
#include <check.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "tests/certs_data.h"

/* --- ours --- */

static const struct cert_san sans[] = {
	{ false, "cm1" }, { false, "cm1.example.org" }, { true, "192.0.2.10" },
	{ true, "2001:db8::10" },
};

static struct cert_spec
sound_spec(void)
{
	return (struct cert_spec){
		.cn = "cm1", .o = "Example Org", .ou = "Voice Lab",
		.l = "Wellington", .st = "WGN", .c = "NZ",
		.serial_number = "0b6f4a62-0000-4000-8000-000000000001",
		.serial = { 0x12, 0x34 }, .seriallen = 2,
		.not_before = 1795000000, .not_after = 2600000000,
		.san = sans, .nsan = N_OF(sans),
		.usage = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
		    CERT_USE_SIGN | CERT_USE_ENCIPHER,
		.pathlen = -1, .hash = DIGEST_SHA256,
	};
}

static void
text_has(const char *text, const char *const *want)
{
	for (; *want != NULL; want++)
		ck_assert_msg(strstr(text, *want) != NULL, "\"%s\" is not in\n"
		    "%s", *want, text);
}

START_TEST(make_server)
{
	static const char *const want[] = {
		"Version: 3 (0x2)",
		"Signature Algorithm: sha256WithRSAEncryption",
		"Subject: CN = cm1, O = Example Org, OU = Voice Lab, "
		    "L = Wellington, ST = WGN, C = NZ, serialNumber = 0b6f",
		"X509v3 Basic Constraints: \n                CA:FALSE",
		"X509v3 Key Usage: critical\n                Digital "
		    "Signature, Key Encipherment, Data Encipherment\n",
		"TLS Web Server Authentication, TLS Web Client "
		    "Authentication\n",
		"X509v3 Subject Key Identifier",
		"X509v3 Authority Key Identifier",
		"DNS:cm1, DNS:cm1.example.org, IP Address:192.0.2.10, "
		    "IP Address:2001:DB8:0:0:0:0:0:10",
		NULL
	};
	struct key *k = data_key_of(KEY_RSA2048);
	struct cert_spec s = sound_spec();
	uint8_t id[KEY_ID_LEN], cert_id[KEY_ID_LEN];
	struct err e = { 0 };
	struct cert *c = cert_self_sign(&s, k, &e);
	const uint8_t *serial;
	size_t n;
	char *text;

	ck_assert_msg(c != NULL, "%s", e.msg);
	text = cert_text(c, NULL);
	text_has(text, want);
	free(text);
	ck_assert(cert_self_signed(c));
	ck_assert(!cert_is_ca(c));
	ck_assert_int_eq(cert_not_before(c), 1795000000);
	ck_assert_int_eq(cert_not_after(c), 2600000000);
	serial = cert_serial(c, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_mem_eq(serial, "\x12\x34", 2);
	ck_assert_int_eq(key_id(k, id, NULL), ERR_OK);
	cert_key_id(c, cert_id);
	ck_assert_mem_eq(id, cert_id, sizeof(id));
	(void)cert_ski(c, &n);
	ck_assert_uint_eq(n, 20);
	cert_free(c);
	key_free(k);
}
END_TEST

START_TEST(make_ca)
{
	static const char *const want[] = {
		"Signature Algorithm: ecdsa-with-SHA384",
		"Subject: CN = capf\n",
		"X509v3 Basic Constraints: critical\n                "
		    "CA:TRUE, pathlen:0",
		"X509v3 Key Usage: critical\n                Digital "
		    "Signature, Key Agreement, Certificate Sign, CRL Sign\n",
		NULL
	};
	struct key *k = key_generate(KEY_EC384, NULL);
	struct cert_spec s = {
		.cn = "capf", .serial = { 0xff, 0xff }, .seriallen = 2,
		.not_before = 0, .not_after = 0, .pathlen = 0,
		.usage = CERT_USE_CA | CERT_USE_SIGN | CERT_USE_ENCIPHER,
		.hash = DIGEST_SHA384,
	};
	struct err e = { 0 };
	struct cert *c = cert_self_sign(&s, k, &e);
	const uint8_t *serial;
	size_t n;
	char *text;

	ck_assert_msg(c != NULL, "%s", e.msg);
	text = cert_text(c, NULL);
	text_has(text, want);
	ck_assert_ptr_null(strstr(text, "Extended Key Usage"));
	ck_assert_ptr_null(strstr(text, "Alternative Name"));
	free(text);
	ck_assert(cert_is_ca(c));
	serial = cert_serial(c, &n);
	ck_assert_uint_eq(n, 2);	/* made positive */
	ck_assert_mem_eq(serial, "\x7f\xff", 2);
	cert_free(c);
	s.pathlen = -1;
	ck_assert_ptr_nonnull(c = cert_self_sign(&s, k, &e));
	text = cert_text(c, NULL);
	ck_assert_ptr_nonnull(strstr(text, "CA:TRUE\n"));
	free(text);
	cert_free(c);
	key_free(k);
}
END_TEST

/* The year 2050 changes the type of the date: RFC 5280 section 4.1.2.5. */
START_TEST(make_dates)
{
	static const struct {
		int64_t		 t;
		const char	*bytes;
	} dates[] = {
		{ 2524607999, "\x17\x0d" "491231235959Z" },
		{ 2524608000, "\x18\x0f" "20500101000000Z" },
		{ 253402300799, "\x18\x0f" "99991231235959Z" },
	};
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert_spec s = sound_spec();

	for (size_t i = 0; i < N_OF(dates); i++) {
		struct cert *c;
		const uint8_t *der;
		size_t n;

		s.not_after = dates[i].t;
		ck_assert_ptr_nonnull(c = cert_self_sign(&s, k, NULL));
		ck_assert_int_eq(cert_not_after(c), dates[i].t);
		der = cert_der(c, &n);
		ck_assert_ptr_nonnull(memmem(der, n, dates[i].bytes,
		    strlen(dates[i].bytes)));
		cert_free(c);
	}
	key_free(k);
}
END_TEST

START_TEST(make_long_serial)
{
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert_spec s = sound_spec();
	struct cert *c;
	size_t n;

	memset(s.serial, 0xff, sizeof(s.serial));
	s.seriallen = sizeof(s.serial);
	ck_assert_ptr_nonnull(c = cert_self_sign(&s, k, NULL));
	(void)cert_serial(c, &n);
	ck_assert_uint_eq(n, 20);
	cert_free(c);
	key_free(k);
}
END_TEST

#define LONG65	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
		"aaaaaaaaa"

/* One wrong thing each. */
static void
spoil(struct cert_spec *s, int what)
{
	static const struct cert_san bad[] = {
		{ true, "192.0.2.300" }, { true, "" }, { false, "" },
		{ false, "two words" }, { false, "caf\xc3\xa9" },
	};

	switch (what) {
	case 0:
		s->cn = NULL;
		break;
	case 1:
		s->cn = "";
		break;
	case 2:
		s->cn = LONG65;
		break;
	case 3:
		s->o = "\xff";
		break;
	case 4:
		s->c = "NZL";
		break;
	case 5:
		s->serial_number = "no_printable_string";
		break;
	case 6:
		s->seriallen = 0;
		break;
	case 7:
		s->seriallen = 21;
		break;
	case 8:
		memset(s->serial, 0, sizeof(s->serial));
		break;
	case 9:
		s->serial[0] = 0x80;	/* zero once made positive */
		s->seriallen = 1;
		break;
	case 10:
		s->not_after = s->not_before - 1;
		break;
	case 11:
		s->not_after = 253402300800;
		break;
	case 12:
		s->not_before = -631152001;
		break;
	case 13:
		s->usage = 0;
		break;
	case 14:
		s->hash = DIGEST_SHA1;
		break;
	case 15:
		s->hash = DIGEST_MD5;
		break;
	default:
		s->san = &bad[what - 16];
		s->nsan = 1;
	}
}
#define NSPOILS	21

START_TEST(make_refused)
{
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert_spec s = sound_spec();
	struct err e = { 0 };

	spoil(&s, _i);
	ck_assert_msg(cert_self_sign(&s, k, &e) == NULL, "case %d", _i);
	ck_assert_msg(e.code == ERR_ARG, "case %d: %s", _i, e.msg);
	key_free(k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_build");
	TCase *tc = tcase_create("cert");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, make_server);
	tcase_add_test(tc, make_ca);
	tcase_add_test(tc, make_dates);
	tcase_add_test(tc, make_long_serial);
	tcase_add_loop_test(tc, make_refused, 0, NSPOILS);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
