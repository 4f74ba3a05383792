/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates for phones: what is in them, and what openssl says of them.
 */
#include <check.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "certs/internal.h"
#include "certs/lsc.h"
#include "tests/ca_lab.h"
#include "tests/capf_data.h"
#include "tests/certs_data.h"

#define DEVICE	"SEP0011223344AA"
#define DAY	INT64_C(86400)

/* A CAPF and what it issues with. */
struct capf {
	struct cert		*ca;
	struct signer		*signer;
	struct lsc_issuer	*issuer;
};

static void
capf_own(struct capf *c, enum key_type t, int64_t from, int64_t to)
{
	const struct cert_spec spec = { .cn = "CAPF-1", .o = "Example, Org",
	    .ou = "Voice", .l = "W\xc3\xa9llington", .st = "WGN", .c = "NZ",
	    .serial = { 7 }, .seriallen = 1, .not_before = from,
	    .not_after = to, .usage = CERT_USE_CA | CERT_USE_SIGN,
	    .pathlen = 0, .hash = DIGEST_SHA256 };
	struct key *k = data_key_of(t);
	struct err e = { 0 };

	c->ca = cert_self_sign(&spec, k, &e);
	ck_assert_msg(c->ca != NULL, "%s", e.msg);
	ck_assert_ptr_nonnull(c->signer = signer_local_new(NULL));
	ck_assert_int_eq(signer_local_add(c->signer, k, NULL), ERR_OK);
	c->issuer = lsc_issuer_new(c->ca, c->signer, &e);
	ck_assert_msg(c->issuer != NULL, "%s", e.msg);
}

static void
capf_clear(struct capf *c)
{
	lsc_issuer_free(c->issuer);
	signer_free(c->signer);
	cert_free(c->ca);
}

static struct lsc_key *
phone_key(enum key_type t)
{
	struct key *k = data_key_of(t);
	struct lsc_key *pub;
	struct err e = { 0 };
	uint8_t *der = NULL, id[KEY_ID_LEN], want[KEY_ID_LEN];
	int len = i2d_PUBKEY(key_pkey(k), &der);

	pub = lsc_key_from_spki(der, (size_t)len, &e);
	ck_assert_msg(pub != NULL, "%s", e.msg);
	ck_assert_int_eq(lsc_key_type(pub), t);
	lsc_key_id(pub, id);
	ck_assert_int_eq(key_id(k, want, NULL), ERR_OK);
	ck_assert_mem_eq(id, want, sizeof(id));
	OPENSSL_free(der);
	key_free(k);
	return pub;
}

static struct cert *
issue(struct capf *c, const struct lsc_spec *s, const struct lsc_key *k)
{
	struct err e = { 0 };
	struct cert *lsc;
	uint8_t *der;
	size_t len;

	ck_assert_msg(lsc_issue(c->issuer, s, k, &der, &len, &e) == ERR_OK,
	    "%s", e.msg);
	lsc = cert_from_der(der, len, &e);
	ck_assert_msg(lsc != NULL, "%s", e.msg);
	free(der);
	return lsc;
}

static void
write_pem(const char *dir, const char *name, const struct cert *c)
{
	char path[256], *pem = cert_to_pem(c, NULL);

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_nonnull(pem);
	ck_assert_int_eq(file_replace(AT_FDCWD, path, 0600, pem, strlen(pem),
	    NULL), ERR_OK);
	free(pem);
}

/* What `openssl verify' says, as strict as it can be, and for both ends. */
static bool
openssl_takes(const struct cert *ca, const struct cert *lsc)
{
	static const char *const purpose[] = { "sslclient", "sslserver" };
	char dir[] = "/tmp/lscXXXXXX", cmd[512];
	bool ok = true;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_pem(dir, "ca.pem", ca);
	write_pem(dir, "lsc.pem", lsc);
	for (size_t i = 0; i < N_OF(purpose); i++) {
		(void)snprintf(cmd, sizeof(cmd), "openssl verify -x509_strict "
		    "-no-CApath -no-CAstore -attime 1795300000 -purpose %s "
		    "-CAfile %s/ca.pem %s/lsc.pem >/dev/null 2>&1",
		    purpose[i], dir, dir);
		ok = ok && system(cmd) == 0;
	}
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	ck_assert_int_eq(system(cmd), 0);
	return ok;
}

static const struct {
	enum key_type	 ca, phone;
} kinds[] = {
	{ KEY_RSA2048, KEY_RSA2048 }, { KEY_RSA2048, KEY_RSA1024 },
	{ KEY_RSA2048, KEY_RSA4096 }, { KEY_RSA2048, KEY_EC384 },
	{ KEY_EC256, KEY_RSA2048 }, { KEY_EC384, KEY_EC256 },
	{ KEY_EC521, KEY_EC521 }, { KEY_RSA4096, KEY_RSA3072 },
};

START_TEST(verifies)
{
	const struct lsc_spec spec = { .device = DEVICE,
	    .not_before = LAB_NOW - 3600, .not_after = LAB_NOW + 1825 * DAY,
	    .serial = { 0xff, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	    16 } };
	struct lsc_key *k = phone_key(kinds[_i].phone);
	struct capf c;
	struct cert *lsc, *other;
	uint8_t id[32], got[32];

	capf_own(&c, kinds[_i].ca, LAB_NOW - 10 * DAY, LAB_NOW + 9000 * DAY);
	lsc = issue(&c, &spec, k);
	ck_assert(openssl_takes(c.ca, lsc));
	other = data_cert("capf");
	ck_assert(!openssl_takes(other, lsc));
	lsc_key_id(k, id);
	cert_key_id(lsc, got);
	ck_assert_mem_eq(got, id, sizeof(id));
	ck_assert_int_eq(lsc_check(lsc, DEVICE, id, LAB_NOW, NULL), ERR_OK);
	ck_assert(lsc_is_of(lsc, DEVICE, false));
	cert_free(other);
	cert_free(lsc);
	capf_clear(&c);
	lsc_key_free(k);
}
END_TEST

static void
assert_in(const char *text, const char *what)
{
	ck_assert_msg(strstr(text, what) != NULL, "no \"%s\" in\n%s", what,
	    text);
}

START_TEST(content)
{
	const struct lsc_spec spec = { .device = DEVICE,
	    .not_before = LAB_NOW - 3600, .not_after = LAB_NOW + 1825 * DAY,
	    .serial = { 0xff, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	    16 } };
	struct lsc_key *k = phone_key(KEY_RSA2048);
	char *subject, *issuer, *ca, *text;
	const uint8_t *serial;
	struct cert *lsc;
	struct capf c;
	size_t len;

	capf_own(&c, KEY_RSA2048, LAB_NOW - 10 * DAY, LAB_NOW + 9000 * DAY);
	lsc = issue(&c, &spec, k);
	subject = cert_subject(lsc, CERT_NAME_COMMA, NULL);
	issuer = cert_issuer(lsc, CERT_NAME_COMMA, NULL);
	ca = cert_subject(c.ca, CERT_NAME_COMMA, NULL);
	ck_assert_str_eq(issuer, ca);
	ck_assert_str_eq(subject, "CN=" DEVICE ",O=Example\\, Org,OU=Voice,"
	    "L=W\xc3\xa9llington,ST=WGN,C=NZ");
	serial = cert_serial(lsc, &len);	/* all of 128 bits */
	ck_assert_uint_eq(len, sizeof(spec.serial));
	ck_assert_mem_eq(serial, spec.serial, len);
	ck_assert_int_eq(cert_not_before(lsc), spec.not_before);
	ck_assert_int_eq(cert_not_after(lsc), spec.not_after);
	ck_assert(!cert_is_ca(lsc));
	text = cert_text(lsc, NULL);
	assert_in(text, "Basic Constraints: critical\n                "
	    "CA:FALSE");
	assert_in(text, "Key Usage: critical\n                "
	    "Digital Signature, Key Encipherment\n");
	assert_in(text, "Extended Key Usage: \n                "
	    "TLS Web Server Authentication, TLS Web Client Authentication, "
	    "IPSec End System\n");
	assert_in(text, "Alternative Name: \n                "
	    "URI:" DEVICE "\n");
	assert_in(text, "Subject Key Identifier");
	assert_in(text, "Authority Key Identifier");
	free(text);
	free(subject);
	free(issuer);
	free(ca);
	cert_free(lsc);
	capf_clear(&c);
	lsc_key_free(k);
}
END_TEST

/* As the recorded one, but for the key identifiers. */
START_TEST(as_recorded)
{
	struct cert *was = data_cert(CAPF_DATA_PHONE), *lsc;
	struct lsc_spec spec = { .device = DEVICE,
	    .not_before = cert_not_before(was),
	    .not_after = cert_not_after(was) };
	struct capf c = { .ca = data_cert("capf"), .signer = data_signer() };
	struct capf_session s;
	struct lsc_key *k;
	struct capf_msg m;
	const uint8_t *serial;
	char *x, *y;
	size_t n;

	capf_session_read(&s, "install-rsa2048-password");
	ck_assert_int_eq(capf_msg_parse(&m, s.msg[4].buf, s.msg[4].len, NULL),
	    ERR_OK);
	ck_assert_ptr_nonnull(k = lsc_key_from_spki(m.spki.p, m.spki.len,
	    NULL));
	c.issuer = lsc_issuer_new(c.ca, c.signer, NULL);
	serial = cert_serial(was, &n);
	memcpy(spec.serial, serial, n);
	lsc = issue(&c, &spec, k);
	x = cert_text(was, NULL);
	y = cert_text(lsc, NULL);
	*strstr(x, "X509v3 extensions") = *strstr(y, "X509v3 ext") = '\0';
	ck_assert_str_eq(x, y);
	free(x);
	free(y);
	cert_free(was);
	cert_free(lsc);
	lsc_key_free(k);
	capf_session_clear(&s);
	capf_clear(&c);
}
END_TEST

/* The CA's own life bounds that of what it issues. */
START_TEST(bounded)
{
	struct lsc_spec spec = { .device = DEVICE, .not_before = LAB_NOW -
	    20 * DAY, .not_after = LAB_NOW + 1825 * DAY };
	struct lsc_key *k = phone_key(KEY_EC256);
	struct cert *lsc;
	struct capf c;
	const uint8_t *serial;
	struct err e = { 0 };
	uint8_t *der;
	size_t len;

	capf_own(&c, KEY_EC256, LAB_NOW - 10 * DAY, LAB_NOW + 100 * DAY);
	lsc = issue(&c, &spec, k);
	ck_assert_int_eq(cert_not_before(lsc), LAB_NOW - 10 * DAY);
	ck_assert_int_eq(cert_not_after(lsc), LAB_NOW + 100 * DAY);
	serial = cert_serial(lsc, &len);	/* never zero */
	ck_assert_uint_eq(len, 1);
	ck_assert_uint_eq(serial[0], 1);
	cert_free(lsc);
	spec.not_before = LAB_NOW + 101 * DAY;
	ck_assert_int_eq(lsc_issue(c.issuer, &spec, k, &der, &len, &e),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "set cert regen CAPF"));
	ck_assert_ptr_null(der);
	capf_clear(&c);

	/* Beyond 2049 the dates have another form. */
	capf_own(&c, KEY_EC256, LAB_NOW, INT64_C(4102444800));
	spec.not_before = LAB_NOW;
	spec.not_after = INT64_C(2524608000);
	lsc = issue(&c, &spec, k);
	ck_assert_int_eq(cert_not_after(lsc), INT64_C(2524608000));
	ck_assert(openssl_takes(c.ca, lsc));
	cert_free(lsc);
	capf_clear(&c);
	lsc_key_free(k);
}
END_TEST

START_TEST(names)
{
	static const char *const bad[] = { "", "SEP\n", "w\xc3\xa9",
	    "SEP\x7f", "1234567890123456789012345678901234567890123456789012"
	    "3456789012345" };
	struct lsc_spec spec = { .not_before = LAB_NOW,
	    .not_after = LAB_NOW + DAY, .serial = { 1 } };
	struct lsc_key *k = phone_key(KEY_EC256);
	struct capf c;
	struct cert *lsc;
	uint8_t *der;
	size_t len;

	capf_own(&c, KEY_EC256, LAB_NOW, LAB_NOW + DAY);
	for (size_t i = 0; i < N_OF(bad); i++) {
		spec.device = bad[i];
		ck_assert_int_eq(lsc_issue(c.issuer, &spec, k, &der, &len,
		    NULL), ERR_ARG);
		ck_assert_int_eq(lsc_request(c.issuer, bad[i], k, &der, &len,
		    NULL), ERR_ARG);
	}
	spec.device = bad[4] + 1;		/* as long as can be */
	lsc = issue(&c, &spec, k);
	ck_assert(lsc_is_of(lsc, spec.device, false));
	ck_assert(openssl_takes(c.ca, lsc));
	cert_free(lsc);
	capf_clear(&c);
	lsc_key_free(k);
}
END_TEST

/* Only a CA issues, and only with a key that is at hand. */
START_TEST(who_issues)
{
	const struct lab_spec leaf = { .cn = "leaf", .usage = "critical,"
	    "digitalSignature" }, no_sign = { .cn = "ca", .basic =
	    "critical,CA:TRUE", .usage = "critical,cRLSign" }, bare = { .cn =
	    "ca", .basic = "critical,CA:TRUE", .no_ids = true };
	const struct lsc_spec spec = { .device = DEVICE, .not_before = LAB_NOW,
	    .not_after = LAB_NOW + DAY, .serial = { 1 } };
	struct signer *s = data_signer();
	struct lsc_key *k = phone_key(KEY_EC256);
	struct cert *c = lab_issue(&leaf, lab_key(0), NULL, NULL);
	struct lsc_issuer *i;
	uint8_t *der;
	size_t len;

	ck_assert_ptr_null(lsc_issuer_new(c, s, NULL));
	cert_free(c);
	c = lab_issue(&no_sign, lab_key(0), NULL, NULL);
	ck_assert_ptr_null(lsc_issuer_new(c, s, NULL));
	cert_free(c);
	c = lab_issue(&bare, lab_key(0), NULL, NULL);
	ck_assert_ptr_nonnull(i = lsc_issuer_new(c, s, NULL));
	ck_assert_int_eq(lsc_issue(i, &spec, k, &der, &len, NULL),
	    ERR_NOTFOUND);
	ck_assert_ptr_null(der);
	lsc_issuer_free(i);
	cert_free(c);
	lsc_key_free(k);
	signer_free(s);
	lab_end();
}
END_TEST

/* The phone's key within, CAPF's signature around. */
START_TEST(request)
{
	struct lsc_key *k = phone_key(kinds[_i].phone);
	struct capf c;
	X509_REQ *req;
	X509 *ca;
	const uint8_t *p;
	uint8_t *der, *spki = NULL, id[32], got[32];
	char text[4096];
	int n;
	size_t len;
	BIO *bio = BIO_new(BIO_s_mem());

	capf_own(&c, kinds[_i].ca, LAB_NOW, LAB_NOW + DAY);
	ck_assert_int_eq(lsc_request(c.issuer, DEVICE, k, &der, &len, NULL),
	    ERR_OK);
	p = der;
	ck_assert_ptr_nonnull(req = d2i_X509_REQ(NULL, &p, (long)len));
	ck_assert_ptr_eq(p, der + len);
	n = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(req), &spki);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, spki, (size_t)n, got, NULL),
	    ERR_OK);
	lsc_key_id(k, id);
	ck_assert_mem_eq(got, id, sizeof(id));
	p = cert_der(c.ca, &len);
	ck_assert_ptr_nonnull(ca = d2i_X509(NULL, &p, (long)len));
	ck_assert_int_eq(X509_REQ_verify(req, X509_get0_pubkey(ca)), 1);
	ck_assert_int_eq(X509_REQ_print_ex(bio, req, XN_FLAG_ONELINE,
	    X509_FLAG_NO_PUBKEY | X509_FLAG_NO_SIGDUMP), 1);
	n = BIO_read(bio, text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	assert_in(text, "Subject: CN = " DEVICE ", O = ");
	assert_in(text, "URI:" DEVICE);
	assert_in(text, "Digital Signature, Key Encipherment");
	assert_in(text, "IPSec End System");
	assert_in(text, "CA:FALSE");
	OPENSSL_free(spki);
	BIO_free(bio);
	X509_free(ca);
	X509_REQ_free(req);
	free(der);
	capf_clear(&c);
	lsc_key_free(k);
}
END_TEST

/* --- whose is it --- */

static const struct {
	const char	*cn, *device;
	bool		 lsc, mic;
} owners[] = {
	{ DEVICE, DEVICE, true, true },
	{ "SEP0011223344AB", DEVICE, false, false },
	{ "CP-8861-" DEVICE, DEVICE, false, true },
	{ "CP-8851NR-" DEVICE, DEVICE, false, true },
	{ "CP-8832-NR-" DEVICE, DEVICE, false, true },
	{ "CP-7962G-SEP0011223344aa", DEVICE, false, true },
	{ "CP--" DEVICE, DEVICE, false, false },
	{ "CP-" DEVICE, DEVICE, false, false },
	{ "-" DEVICE, DEVICE, false, false },
	{ "XX-8861-" DEVICE, DEVICE, false, false },
	{ "CP-88 61-" DEVICE, DEVICE, false, false },
	{ "CP-x.y-" DEVICE, DEVICE, false, false },	/* user, instance */
	{ "CP-8861-SEP0011223344AB", DEVICE, false, false },
	{ "CP-8861-" DEVICE "-SEP0011223344AB", DEVICE, false, false },
	{ DEVICE "x", DEVICE, false, false },
	{ "x" DEVICE, DEVICE, false, false },
	{ "sep0011223344aa", DEVICE, false, false },
	/* two phones in one name, and names that begin in the model */
	{ "CP-8861-SEP0011223344F6-" DEVICE, DEVICE, false, false },
	{ "CP-SEP0011223344F6-" DEVICE, DEVICE, false, false },
	{ "CP-8832-NR-F3", "F3", false, true },
	{ "CP-8832-NR-F3", "NR-F3", false, false },
	{ "CP-DX650-" DEVICE, DEVICE, false, true },
	{ "CP-8861-3PCC-K9-" DEVICE, DEVICE, false, true },
	{ "CP-phone-" DEVICE, DEVICE, false, false },
	{ "CP-8861--NR-" DEVICE, DEVICE, false, false },
	{ "CP-8861-NR--" DEVICE, DEVICE, false, false },
	{ "CP-8861-ABCDE-" DEVICE, DEVICE, false, false },
	{ "CP-886112345-" DEVICE, DEVICE, false, false },
	{ "CP-8861-", "", false, false },
	{ "anne.1", "anne.1", true, true },
	{ "Anne.1", "anne.1", false, false },
};

START_TEST(owner)
{
	const struct lab_spec spec = { .cn = owners[_i].cn };
	struct cert *c = lab_issue(&spec, lab_key(0), NULL, NULL);

	ck_assert_msg(lsc_is_of(c, owners[_i].device, false) ==
	    owners[_i].lsc, "%s", owners[_i].cn);
	ck_assert_msg(lsc_is_of(c, owners[_i].device, true) ==
	    owners[_i].mic, "%s", owners[_i].cn);
	cert_free(c);
	lab_end();
}
END_TEST

/* Readers differ in which of two they take; and C ends at a NUL. */
START_TEST(odd_names)
{
	static const struct { const char *cn[2]; int len; } odd[] = {
		{ { DEVICE, "SEP0011223344AB" }, -1 },
		{ { "SEP0011223344AB", DEVICE }, -1 },
		{ { DEVICE, DEVICE }, -1 },
		{ { DEVICE "\0.example.org", NULL }, 28 },
		{ { NULL, NULL }, -1 },
	};

	for (size_t i = 0; i < N_OF(odd); i++) {
		X509 *x = X509_new();
		X509_NAME *n = X509_get_subject_name(x);
		uint8_t *der = NULL;
		struct cert *c;
		int len;

		for (size_t k = 0; k < 2 && odd[i].cn[k] != NULL; k++)
			ck_assert_int_eq(X509_NAME_add_entry_by_NID(n,
			    NID_commonName, V_ASN1_UTF8STRING,
			    (const uint8_t *)odd[i].cn[k], odd[i].len, -1, 0),
			    1);
		(void)X509_gmtime_adj(X509_getm_notBefore(x), 0);
		(void)X509_gmtime_adj(X509_getm_notAfter(x), 60);
		(void)X509_set_pubkey(x, lab_key(0));
		ck_assert_int_gt(X509_sign(x, lab_key(0), EVP_sha256()), 0);
		len = i2d_X509(x, &der);
		ck_assert_ptr_nonnull(c = cert_from_der(der, (size_t)len,
		    NULL));
		ck_assert_msg(!lsc_is_of(c, DEVICE, true), "%zu", i);
		cert_free(c);
		OPENSSL_free(der);
		X509_free(x);
	}
	lab_end();
}
END_TEST

/* --- certificates from a CA elsewhere --- */

static const struct {
	const char	*cn, *basic, *usage;
	int64_t		 from, to;
	const char	*says;		/* NULL: it would do */
	const char	*ext_usage;
} elsewhere[] = {
	{ DEVICE, NULL, "critical,digitalSignature,keyEncipherment", 0, 0,
	    NULL, NULL },
	{ "CP-8861-" DEVICE, NULL, NULL, 0, 0, NULL, NULL },
	/* EC keys encipher nothing. */
	{ DEVICE, NULL, "critical,digitalSignature", 0, 0, NULL, NULL },
	{ "SEP0011223344AB", NULL, NULL, 0, 0, "SEP0011223344AB", NULL },
	{ "x" DEVICE, NULL, NULL, 0, 0, "common name", NULL },
	{ "CP-8861-SEP0011223344AB-" DEVICE, NULL, NULL, 0, 0,
	    "common name", NULL },
	{ "x-" DEVICE, NULL, NULL, 0, 0, "common name", NULL },
	{ DEVICE, NULL, "critical,keyEncipherment", 0, 0,
	    "digitalSignature", NULL },
	{ DEVICE, "critical,CA:TRUE", NULL, 0, 0, "CA:TRUE", NULL },
	/* Half a CA: readers differ on what that may do. */
	{ DEVICE, "critical,CA:TRUE", "critical,digitalSignature", 0, 0,
	    "CA:TRUE", NULL },
	{ DEVICE, NULL, "critical,digitalSignature,keyCertSign", 0, 0,
	    "keyCertSign", NULL },
	{ DEVICE, NULL, NULL, 0, 0, "clientAuth", "codeSigning" },
	{ DEVICE, NULL, NULL, 0, 0, "clientAuth", "critical,serverAuth" },
	{ DEVICE, NULL, NULL, 0, 0, NULL,
	    "serverAuth,clientAuth,1.3.6.1.5.5.7.3.5" },
	{ DEVICE, NULL, NULL, 0, 0, NULL, "anyExtendedKeyUsage" },
	{ DEVICE, NULL, NULL, -10, -1, "expired", NULL },
	{ DEVICE, NULL, NULL, 1, 10, "not valid before", NULL },
};

START_TEST(from_elsewhere)
{
	const struct lab_spec spec = { .cn = elsewhere[_i].cn,
	    .basic = elsewhere[_i].basic, .usage = elsewhere[_i].usage,
	    .ext_usage = elsewhere[_i].ext_usage,
	    .from_days = elsewhere[_i].from, .to_days = elsewhere[_i].to };
	struct cert *c = lab_issue(&spec, lab_key(0), NULL, NULL);
	struct err e = { 0 };
	uint8_t id[32];
	int ret;

	cert_key_id(c, id);
	ret = lsc_check(c, DEVICE, id, LAB_NOW, &e);
	if (elsewhere[_i].says == NULL)
		ck_assert_msg(ret == ERR_OK, "%s", e.msg);
	else {
		ck_assert_int_eq(ret, ERR_REFUSED);
		assert_in(e.msg, elsewhere[_i].says);
	}
	id[0] ^= 1;
	ck_assert_int_eq(lsc_check(c, DEVICE, id, LAB_NOW, &e), ERR_REFUSED);
	assert_in(e.msg, "key");
	cert_free(c);
	lab_end();
}
END_TEST

START_TEST(rsa_wants_encipherment)
{
	const struct lab_spec spec = { .cn = DEVICE, .usage =
	    "critical,digitalSignature" };
	struct cert *c = lab_issue(&spec, lab_rsa("rsa2048"), NULL, NULL);
	struct err e = { 0 };
	uint8_t id[32];

	cert_key_id(c, id);
	ck_assert_int_eq(lsc_check(c, DEVICE, id, LAB_NOW, &e), ERR_REFUSED);
	assert_in(e.msg, "keyEncipherment");
	cert_free(c);
	lab_end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lsc");
	TCase *tc = tcase_create("lsc");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, verifies, 0, N_OF(kinds));
	tcase_add_test(tc, content);
	tcase_add_test(tc, as_recorded);
	tcase_add_test(tc, bounded);
	tcase_add_test(tc, names);
	tcase_add_test(tc, who_issues);
	tcase_add_loop_test(tc, request, 0, N_OF(kinds));
	tcase_add_loop_test(tc, owner, 0, N_OF(owners));
	tcase_add_test(tc, odd_names);
	tcase_add_loop_test(tc, from_elsewhere, 0, N_OF(elsewhere));
	tcase_add_test(tc, rsa_wants_encipherment);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
