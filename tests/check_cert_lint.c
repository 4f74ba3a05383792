/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What an authority may reject: each finding, and nothing where all is well.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/internal.h"
#include "tests/certs_data.h"
#include "trust/cert_lint.h"

struct found {
	char	codes[512];		/* " code code ..." */
	char	texts[4096];
};

static void
note(void *arg, const char *code, const char *text)
{
	struct found *f = arg;
	size_t n = strlen(f->codes), t = strlen(f->texts);

	(void)snprintf(f->codes + n, sizeof(f->codes) - n, " %s", code);
	(void)snprintf(f->texts + t, sizeof(f->texts) - t, "%s\n", text);
}

#define SERVER	(CERT_USE_TLS_SERVER | CERT_USE_SIGN)

static const struct {
	const char	*cn, *ou, *c;
	const char	*san[4];	/* "IP:" before addresses */
	unsigned	 usage;
	enum key_type	 key;
	const char	*codes, *says;
} lints[] = {
	{ "a.orbit.org", NULL, "NL", { "a.orbit.org" }, SERVER, KEY_EC256,
	    "", NULL },
	{ "a.orbit.org", NULL, NULL, { "A.orbit.ORG" }, SERVER, KEY_RSA4096,
	    "", NULL },
	{ "a.orbit.org-ms", NULL, NULL, { "a.orbit.org" }, SERVER, KEY_EC256,
	    " cn_ms", "--cn a.orbit.org" },
	{ "b.orbit.org", NULL, NULL, { "a.orbit.org" }, SERVER, KEY_EC256,
	    " cn_not_in_san", "\"b.orbit.org\" is none" },
	{ "a", NULL, NULL, { "a", "b", "c" }, SERVER, KEY_EC256, " not_fqdn",
	    "\"a\" (and 2 more)" },
	{ "a.orbit.local", NULL, NULL, { "a.orbit.local" }, SERVER,
	    KEY_EC256, " reserved_domain", "a.orbit.local" },
	{ "a.orbit.example", NULL, NULL, { "a.orbit.example" }, SERVER,
	    KEY_EC256, " reserved_domain", NULL },
	{ "a_b.orbit.org", NULL, NULL, { "a_b.orbit.org" }, SERVER, KEY_EC256,
	    " underscore", "a_b" },
	{ "*.orbit.org", NULL, NULL, { "*.orbit.org" }, SERVER, KEY_EC256,
	    " wildcard", NULL },
	{ "a.orbit.org", NULL, NULL, { "a.orbit.org", "a..org", "-a.org" },
	    SERVER, KEY_EC256, " malformed_name", "(and 1 more)" },
	{ "a.orbit.org", NULL, NULL, { "a.orbit.org", "IP:10.0.0.1",
	    "IP:172.31.0.1", "IP:192.168.1.1" }, SERVER, KEY_EC256,
	    " private_ip ip", "10.0.0.1" },
	{ "a.orbit.org", NULL, NULL, { "a.orbit.org", "IP:172.32.0.1",
	    "IP:2001:4860::1" }, SERVER, KEY_EC256, " ip", NULL },
	{ "a.orbit.org", NULL, NULL, { "a.orbit.org", "IP:fd00::1",
	    "IP:fe80::1", "IP:100.64.0.1" }, SERVER, KEY_EC256,
	    " private_ip ip", "(and 2 more)" },
	{ "a.orbit.org", NULL, NULL, { "a.orbit.org" }, SERVER |
	    CERT_USE_TLS_CLIENT, KEY_EC256, " client_auth", "clientAuth" },
	{ "CAPF-lab", NULL, NULL, { "a.orbit.org" }, CERT_USE_CA | SERVER,
	    KEY_EC256, " ca", "subordinate" },
	{ "a.orbit.org", "voice", NULL, { "a.orbit.org" }, SERVER, KEY_EC256,
	    " ou", NULL },
	{ "a.orbit.org", NULL, "nl", { "a.orbit.org" }, SERVER, KEY_EC256,
	    " country", "\"nl\"" },
	{ "a.orbit.org", NULL, NULL, { NULL }, SERVER, KEY_EC256,
	    " cn_not_in_san no_san", NULL },
	{ "a.orbit.org", NULL, NULL, { "a.orbit.org" }, SERVER, KEY_RSA1024,
	    " weak_key", "1024 bits" },
	{ "a.orbit.org", NULL, NULL, { "a.orbit.org" }, SERVER, KEY_EC521,
	    " ec521", NULL },
};

static struct csr *
make(int i)
{
	struct cert_san san[4];
	struct cert_spec s = {
		.cn = lints[i].cn, .ou = lints[i].ou, .c = lints[i].c,
		.san = san, .usage = lints[i].usage, .pathlen = -1,
		.hash = DIGEST_SHA256,
	};
	struct key *k = data_key_of(lints[i].key);
	struct err e = { 0 };
	struct csr *c;

	for (; s.nsan < 4 && lints[i].san[s.nsan] != NULL; s.nsan++) {
		const char *text = lints[i].san[s.nsan];
		bool ip = str_starts(text, "IP:");

		san[s.nsan] = (struct cert_san){ .is_ip = ip,
		    .text = ip ? text + 3 : text };
	}
	c = csr_make(&s, k, &e);
	ck_assert_msg(c != NULL, "%d: %s", i, e.msg);
	key_free(k);
	return c;
}

START_TEST(found)
{
	struct found f = { .codes = "" };
	struct csr *c = make(_i);

	ck_assert_int_eq(cert_lint_csr(c, note, &f, NULL), ERR_OK);
	ck_assert_msg(strcmp(f.codes, lints[_i].codes) == 0, "%d:%s, not%s",
	    _i, f.codes, lints[_i].codes);
	if (lints[_i].says != NULL)
		ck_assert_msg(strstr(f.texts, lints[_i].says) != NULL,
		    "%d: %s", _i, f.texts);
	csr_free(c);
}
END_TEST

/* From elsewhere: what we would not make ourselves. */
START_TEST(foreign)
{
	static const unsigned char cn[] = "a.name.of.more.than.sixty.four."
	    "characters.that.no.authority.signs.orbit.org";
	struct key *k = data_key_of(KEY_EC256);
	X509_REQ *req = X509_REQ_new();
	X509_NAME *name = X509_NAME_new();
	struct found f = { .codes = "" };
	uint8_t *der = NULL;
	struct csr *c;
	int len;

	/* A string type instead of MBSTRING_*: lengths are not looked at. */
	ck_assert_int_eq(X509_NAME_add_entry_by_NID(name, NID_commonName,
	    V_ASN1_UTF8STRING, cn, (int)sizeof(cn) - 1, -1, 0), 1);
	ck_assert_int_eq(X509_REQ_set_subject_name(req, name), 1);
	ck_assert_int_eq(X509_REQ_set_pubkey(req, key_pkey(k)), 1);
	ck_assert_int_gt(X509_REQ_sign(req, key_pkey(k), EVP_sha1()), 0);
	ck_assert_int_gt(len = i2d_X509_REQ(req, &der), 0);
	c = csr_from_der(der, (size_t)len, NULL);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(cert_lint_csr(c, note, &f, NULL), ERR_OK);
	ck_assert_str_eq(f.codes, " cn_long cn_not_in_san no_san weak_hash");
	ck_assert_ptr_nonnull(strstr(f.texts, "signed with sha1"));
	csr_free(c);
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_REQ_free(req);
	key_free(k);
}
END_TEST

START_TEST(many)
{
	static char text[101][16];
	struct cert_san san[101];
	struct cert_spec s = { .cn = "n0.orbit.org", .san = san, .nsan = 101,
	    .usage = SERVER, .pathlen = -1, .hash = DIGEST_SHA256 };
	struct key *k = data_key_of(KEY_EC256);
	struct found f = { .codes = "" };
	struct csr *c;

	for (size_t i = 0; i < 101; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "n%zu.orbit.org", i);
		san[i] = (struct cert_san){ false, text[i] };
	}
	c = csr_make(&s, k, NULL);
	ck_assert_int_eq(cert_lint_csr(c, note, &f, NULL), ERR_OK);
	ck_assert_str_eq(f.codes, " many_names");
	csr_free(c);
	key_free(k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_lint");
	TCase *t = tcase_create("cert_lint");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, found, 0, (int)N_OF(lints));
	tcase_add_test(t, foreign);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
