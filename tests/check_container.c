/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Containers: one chain of Orbit Root, Orbit Issuing and cm1.orbit.example in
 * every form, made by OpenSSL 3.0.19 (x509, crl2pkcs7, pkcs12, pkcs8, ca);
 * the files are the fuzz target's corpus, the password is "secret".
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/container.h"
#include "tests/certs_data.h"

static const struct {
	const char	*file, *password;
	unsigned	 flags;
	int		 code;
	size_t		 ncert, nkey, ncsr, ncrl, nrepeated;
	const char	*says;
} files[] = {
	{ "text.pem", NULL, 0, ERR_OK, 2, 0, 0, 0, 1, NULL },
	{ "indented.pem", NULL, 0, ERR_OK, 1, 0, 0, 0, 0, NULL },
	{ "utf16.pem", NULL, 0, ERR_OK, 1, 0, 0, 0, 0, NULL },
	{ "trusted.pem", NULL, 0, ERR_OK, 1, 0, 0, 0, 0, NULL },
	{ "bare.txt", NULL, 0, ERR_OK, 1, 0, 0, 0, 0, NULL },
	{ "leaf.der", NULL, 0, ERR_OK, 1, 0, 0, 0, 0, NULL },
	{ "two.der", NULL, 0, ERR_OK, 2, 0, 0, 0, 0, NULL },
	{ "all.p7b", NULL, 0, ERR_OK, 3, 0, 0, 0, 0, NULL },
	{ "cas.p7b", NULL, 0, ERR_OK, 2, 0, 0, 0, 0, NULL },
	{ "cas-mislabelled.pem", NULL, 0, ERR_OK, 2, 0, 0, 0, 0, NULL },
	{ "crl.p7b", NULL, 0, ERR_OK, 1, 0, 0, 1, 0, NULL },
	{ "root.crl", NULL, 0, ERR_OK, 0, 0, 0, 1, 0, NULL },
	{ "leaf.csr", NULL, 0, ERR_OK, 0, 0, 1, 0, 0, NULL },
	{ "modern.p12", "secret", 0, ERR_OK, 2, 1, 0, 0, 0, NULL },
	{ "modern.p12", NULL, 0, ERR_DENIED, 0, 0, 0, 0, 0, "password" },
	{ "modern.p12", "Secret", 0, ERR_VERIFY, 0, 0, 0, 0, 0,
	    "does not open" },
	{ "modern.p12", "", 0, ERR_VERIFY, 0, 0, 0, 0, 0, "does not open" },
	{ "modern.p12", "secret", CONTAINER_NO_KEYS, ERR_OK, 2, 0, 0, 0, 0,
	    NULL },
	{ "rc2.p12", "secret", 0, ERR_OK, 2, 1, 0, 0, 0, NULL },
	{ "nopass.p12", NULL, 0, ERR_OK, 1, 1, 0, 0, 0, NULL },
	{ "nopass.p12", "", 0, ERR_OK, 1, 1, 0, 0, 0, NULL },
	{ "nomac.p12", "secret", 0, ERR_OK, 1, 1, 0, 0, 0, NULL },
	{ "nomac.p12", NULL, 0, ERR_DENIED, 0, 0, 0, 0, 0, "password" },
	{ "nomac.p12", "wrong", 0, ERR_VERIFY, 0, 0, 0, 0, 0,
	    "does not open" },
	{ "enc.key", "secret", 0, ERR_OK, 0, 1, 0, 0, 0, NULL },
	{ "enc.key", NULL, 0, ERR_DENIED, 0, 0, 0, 0, 0, "password" },
	{ "enc.key", "wrong", 0, ERR_VERIFY, 0, 0, 0, 0, 0, "does not open" },
	{ "enc.key", NULL, CONTAINER_NO_KEYS, ERR_OK, 0, 0, 0, 0, 0, NULL },
	{ "scrypt.der", "secret", 0, ERR_OK, 0, 1, 0, 0, 0, NULL },
	{ "enc-ec.key", "secret", 0, ERR_OK, 0, 1, 0, 0, 0, NULL },
	{ "enc-ec.key", NULL, 0, ERR_DENIED, 0, 0, 0, 0, 0, "password" },
	{ "enc-ec.key", "wrong", 0, ERR_VERIFY, 0, 0, 0, 0, 0,
	    "does not open" },
	{ "plain.p8", NULL, 0, ERR_OK, 0, 1, 0, 0, 0, NULL },
	{ "plain.p8", NULL, CONTAINER_NO_KEYS, ERR_OK, 0, 0, 0, 0, 0, NULL },
	{ "plain-ec.key", NULL, 0, ERR_OK, 0, 1, 0, 0, 0, NULL },
	{ "mixed.pem", NULL, 0, ERR_OK, 2, 1, 0, 0, 0, NULL },
};

static uint8_t *
corpus(const char *name, size_t *len)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "../../corpus/fuzz_container/%s",
	    name);
	return data_file(path, len);
}

START_TEST(file)
{
	struct container c = { .ncert = 0 };
	struct err e = { 0 };
	size_t len;
	uint8_t *buf = corpus(files[_i].file, &len);
	int ret = container_read(&c, buf, len, files[_i].flags,
	    files[_i].password, &e);

	ck_assert_msg(ret == files[_i].code, "%s: %d %s", files[_i].file, ret,
	    e.msg);
	ck_assert_msg(c.ncert == files[_i].ncert && c.nkey == files[_i].nkey &&
	    c.ncsr == files[_i].ncsr && c.ncrl == files[_i].ncrl &&
	    c.nrepeated == files[_i].nrepeated, "%s: %zu %zu %zu %zu %zu",
	    files[_i].file, c.ncert, c.nkey, c.ncsr, c.ncrl, c.nrepeated);
	if (files[_i].says != NULL)
		ck_assert_msg(strstr(e.msg, files[_i].says) != NULL, "%s: %s",
		    files[_i].file, e.msg);
	container_clear(&c);
	free(buf);
}
END_TEST

/* No form is another certificate, and no key another key. */
START_TEST(same_in_all)
{
	struct container c = { .ncert = 0 };
	struct err e = { 0 };
	uint8_t id[KEY_ID_LEN], other[KEY_ID_LEN];
	char *cn;

	for (size_t i = 0; i < N_OF(files); i++) {
		size_t len;
		uint8_t *buf = corpus(files[i].file, &len);

		if (files[i].code == ERR_OK)
			ck_assert_int_eq(container_read(&c, buf, len, 0,
			    "secret", &e) == ERR_OK ? ERR_OK : e.code,
			    strcmp(files[i].file, "nopass.p12") == 0 ?
			    ERR_VERIFY : ERR_OK);
		free(buf);
	}
	ck_assert_uint_eq(c.ncert, 3);
	ck_assert_uint_eq(c.nkey, 1);
	ck_assert_uint_eq(c.ncsr, 1);
	ck_assert_uint_eq(c.ncrl, 1);
	ck_assert_int_eq(key_id(c.key[0], id, NULL), ERR_OK);
	ck_assert_int_eq(csr_key_id(c.csr[0], other, NULL), ERR_OK);
	ck_assert_mem_eq(id, other, sizeof(id));
	cn = cert_cn(c.cert[1], NULL);
	ck_assert_str_eq(cn, "cm1.orbit.example");
	cert_key_id(c.cert[1], other);
	ck_assert_mem_eq(id, other, sizeof(id));
	free(cn);
	container_clear(&c);
}
END_TEST

/* Every cut of every file: an error, or what still stands there whole; and
 * the set is as it was when it fails. */
START_TEST(cut)
{
	size_t len;
	uint8_t *buf = corpus(files[_i].file, &len), *copy;

	for (size_t n = 0; n < len; n += n < 64 || len - n < 64 ? 1 : 29) {
		struct container c = { .ncert = 0 };
		struct err e = { 0 };

		/* So that a read beyond the end is seen. */
		ck_assert_ptr_nonnull(copy = malloc(n > 0 ? n : 1));
		memcpy(copy, buf, n);
		if (container_read(&c, copy, n, files[_i].flags,
		    files[_i].password, &e) != ERR_OK) {
			ck_assert_uint_eq(c.ncert + c.nkey + c.ncsr + c.ncrl,
			    0);
			ck_assert_int_ne(e.code, ERR_OK);
		}
		container_clear(&c);
		free(copy);
	}
	free(buf);
}
END_TEST

static const struct {
	const char	*text;
	int		 code;
	const char	*says;
} wrong[] = {
	{ "", ERR_PROTO, "empty" },
	{ "hello", ERR_PROTO, "nothing that is known" },
	{ "\x30\x03\x02\x01\x07", ERR_PROTO, "nothing that is known" },
	{ "\x30\x82\xff\xff\x30", ERR_PROTO, "cut" },
	{ "\x30\x85\x01\x01\x01\x01\x01", ERR_PROTO, "nothing that is known" },
	{ "\x30\x04\x06\x02\x2a\x03", ERR_PROTO, "PKCS#7" },
	{ "-----BEGIN CERTIFICATE-----\nMIIB\n", ERR_PROTO, "no END line" },
	{ "-----BEGIN CERTIFICATE", ERR_PROTO, "without an end" },
	{ "x -----BEGIN CERTIFICATE-----\nM!\n-----END CERTIFICATE-----",
	    ERR_PROTO, "block 1, CERTIFICATE at byte 2: not base64" },
	{ "-----BEGIN CERTIFICATE-----\nM===\n-----END CERTIFICATE-----",
	    ERR_PROTO, "not base64" },
	{ "-----BEGIN CERTIFICATE-----\nMA==MA==\n-----END CERTIFICATE-----",
	    ERR_PROTO, "not base64" },
	{ "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
	    ERR_PROTO, "nothing that is known" },
	{ "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
	    ERR_PROTO, "not base64" },
	{ "-----BEGIN PUBLIC KEY-----\nM!\n-----END PUBLIC KEY-----",
	    ERR_OK, NULL },
	{ "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
	    "DEK-Info: NONSENSE,00\n\nMAMC\n-----END RSA PRIVATE KEY-----",
	    ERR_PROTO, "no cipher" },
};

START_TEST(broken)
{
	struct container c = { .ncert = 0 };
	struct err e = { 0 };
	int ret = container_read(&c, (const uint8_t *)wrong[_i].text,
	    strlen(wrong[_i].text), 0, "secret", &e);

	ck_assert_msg(ret == wrong[_i].code, "%s: %d %s", wrong[_i].text, ret,
	    e.msg);
	if (wrong[_i].says != NULL)
		ck_assert_msg(strstr(e.msg, wrong[_i].says) != NULL, "%s: %s",
		    wrong[_i].text, e.msg);
	ck_assert_uint_eq(c.ncert + c.nkey + c.ncsr + c.ncrl, 0);
	container_clear(&c);
}
END_TEST

/* A damaged block behind good ones leaves nothing of the file. */
START_TEST(all_or_nothing)
{
	static const char bad[] =
	    "-----BEGIN X509 CRL-----\nMAMC\n-----END X509 CRL-----\n";
	struct container c = { .ncert = 0 };
	struct err e = { 0 };
	uint8_t *good, *both;
	size_t len, der;

	good = corpus("leaf.der", &der);
	ck_assert_int_eq(container_read(&c, good, der, 0, NULL, &e), ERR_OK);
	free(good);
	good = corpus("mixed.pem", &len);
	both = malloc(len + sizeof(bad));
	memcpy(both, good, len);
	memcpy(both + len, bad, sizeof(bad));
	ck_assert_int_eq(container_read(&c, both, len + sizeof(bad) - 1, 0,
	    NULL, &e), ERR_PROTO);
	ck_assert_msg(strstr(e.msg, "X509 CRL") != NULL, "%s", e.msg);
	ck_assert_uint_eq(c.ncert, 1);
	ck_assert_uint_eq(c.nkey, 0);
	ck_assert_uint_eq(c.nrepeated, 0);
	ck_assert_int_eq(container_read(&c, good, len, 0, NULL, &e), ERR_OK);
	ck_assert_uint_eq(c.ncert, 2);
	ck_assert_uint_eq(c.nrepeated, 1);
	free(both);
	free(good);
	container_clear(&c);
}
END_TEST

/* The number of rounds in the MAC of a PKCS#12 file, the last number of it:
 * 16 rounds become 2^31 - 1, which would take an hour. */
START_TEST(rounds)
{
	struct container c = { .ncert = 0 };
	struct err e = { 0 };
	size_t len;
	uint8_t *buf = corpus("modern.p12", &len), *big;

	ck_assert_mem_eq(buf + len - 3, "\x02\x01\x10", 3);
	ck_assert_mem_eq(buf, "\x30\x82", 2);
	/* Three bytes more in the two structures around it. */
	ck_assert_ptr_nonnull(big = malloc(len + 3));
	memcpy(big, buf, len);
	memcpy(big + len - 3, "\x02\x04\x7f\xff\xff\xff", 6);
	big[3] = (uint8_t)(big[3] + 3);
	for (size_t i = len - 3 - 10; i > len - 120; i--)
		if (big[i] == 0x30 && i + 2u + big[i + 1] == len) {
			big[i + 1] = (uint8_t)(big[i + 1] + 3);
			break;
		}
	ck_assert_int_eq(container_read(&c, big, len + 3, 0, "secret", &e),
	    ERR_LIMIT);
	ck_assert_msg(strstr(e.msg, "rounds") != NULL, "%s", e.msg);
	free(big);
	free(buf);
}
END_TEST

START_TEST(too_much)
{
	struct container c = { .ncert = 0 };
	uint8_t *buf = calloc(1, CONTAINER_FILE_MAX + 1);
	struct err e = { 0 };

	ck_assert_int_eq(container_read(&c, buf, CONTAINER_FILE_MAX + 1, 0,
	    NULL, &e), ERR_LIMIT);
	free(buf);
}
END_TEST

/* Keys of kinds that nothing here uses are said so, with CONTAINER_NO_KEYS
 * they are left out. */
START_TEST(odd_keys)
{
	struct container c = { .ncert = 0 };
	struct err e = { 0 };
	size_t len;
	uint8_t *der = data_der("rsa1536", &len);

	ck_assert_int_eq(container_read(&c, der, len, 0, NULL, &e), ERR_ARG);
	ck_assert_msg(strstr(e.msg, "1536") != NULL, "%s", e.msg);
	ck_assert_int_eq(container_read(&c, der, len, CONTAINER_NO_KEYS, NULL,
	    &e), ERR_OK);
	free(der);
	/* One whose numbers do not fit together. */
	der = data_der("rsa1024", &len);
	ck_assert_int_eq(container_read(&c, der, len, 0, NULL, &e), ERR_OK);
	der[len / 2] ^= 1;
	ck_assert_int_eq(container_read(&c, der, len, 0, NULL, &e),
	    ERR_PROTO);
	ck_assert_uint_eq(c.nkey, 1);
	free(der);
	container_clear(&c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("container");
	TCase *t = tcase_create("container");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, file, 0, (int)N_OF(files));
	tcase_add_test(t, same_in_all);
	tcase_add_loop_test(t, cut, 0, (int)N_OF(files));
	tcase_add_loop_test(t, broken, 0, (int)N_OF(wrong));
	tcase_add_test(t, all_or_nothing);
	tcase_add_test(t, rounds);
	tcase_add_test(t, too_much);
	tcase_add_test(t, odd_keys);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
