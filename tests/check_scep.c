/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of SCEP, with a CA of a few lines on the other side, which answers
 * as RFC 8894 has it or not quite.
 */
#include <check.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/container.h"
#include "certs/csr.h"
#include "certs/internal.h"
#include "certs/scep.h"
#include "tests/ca_lab.h"

static struct scep_ra *ra;
static struct cert *ca, *other;
static struct csr *plain;

static void
make_all(void)
{
	const struct lab_spec s = { .cn = "SCEP CA",
	    .basic = "critical,CA:TRUE",
	    .usage = "critical,keyCertSign,digitalSignature,"
	    "keyEncipherment" };
	struct cert_spec want = { .cn = "SEP0011223344AA", .pathlen = -1,
	    .usage = CERT_USE_TLS_CLIENT | CERT_USE_ENCIPHER,
	    .hash = DIGEST_SHA256 };
	struct err e = { 0 };
	struct key *k = key_generate(KEY_EC256, &e);

	ra = scep_ra_new(LAB_NOW, &e);
	ck_assert_msg(ra != NULL, "%s", e.msg);
	ca = lab_issue(&s, lab_rsa("rsa2048"), NULL, NULL);
	other = lab_issue(&s, lab_key(0), NULL, NULL);
	plain = csr_make(&want, k, &e);
	ck_assert_msg(plain != NULL, "%s", e.msg);
	key_free(k);
}

static void
free_all(void)
{
	scep_ra_free(ra);
	cert_free(ca);
	cert_free(other);
	csr_free(plain);
}

/* It is the same one afterwards. */
START_TEST(packed)
{
	char before[64], after[64];
	struct scep_ra *again;
	struct secret *bytes;
	struct err e = { 0 };

	ck_assert_int_eq(scep_ra_pack(ra, &bytes, &e), ERR_OK);
	again = scep_ra_unpack(bytes->buf, bytes->len, &e);
	ck_assert_msg(again != NULL, "%s", e.msg);
	scep_ra_tag(ra, before, sizeof(before), "x");
	scep_ra_tag(again, after, sizeof(after), "x");
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(scep_ra_not_after(again), scep_ra_not_after(ra));
	scep_ra_free(again);
	ck_assert_ptr_null(scep_ra_unpack(bytes->buf, bytes->len - 1, &e));
	secret_free(bytes);
}
END_TEST

/* --- the request, as a CA reads it --- */

static struct scep_ask
make_ask(bool poll)
{
	struct scep_ask a = { .poll = poll, .to = ca, .issuer = ca,
	    .csr = plain, .caps = { .post = true, .aes = true,
	    .sha256 = true }, .transaction = "0123abcd" };

	memset(a.nonce, 0x5a, sizeof(a.nonce));
	return a;
}

static char *
attr_text(CMS_SignerInfo *si, const char *oid, int type)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	const ASN1_STRING *s = CMS_signed_get0_data_by_OBJ(si, o, -3, type);
	char *text;

	ASN1_OBJECT_free(o);
	ck_assert_ptr_nonnull(s);
	text = strndup((const char *)ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
	ck_assert_ptr_nonnull(text);
	return text;
}

static void
expect_attr(CMS_SignerInfo *si, const char *oid, int type, const char *want)
{
	char *text = attr_text(si, oid, type);

	ck_assert_str_eq(text, want);
	free(text);
}

#define OID(n)	"2.16.840.1.113733.1.9." n

/* Its content, decrypted; *signer (X509_free) is the RA's certificate. */
static BIO *
read_request(const uint8_t *der, size_t len, const char *type,
    X509 **signer)
{
	BIO *env = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	const uint8_t *p = der;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
	CMS_SignerInfo *si;
	STACK_OF(X509) *certs;

	ck_assert(cms != NULL && p == der + len);
	ck_assert_int_eq(CMS_verify(cms, NULL, NULL, NULL, env, CMS_BINARY |
	    CMS_NO_SIGNER_CERT_VERIFY), 1);
	si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	expect_attr(si, OID("2"), V_ASN1_PRINTABLESTRING, type);
	expect_attr(si, OID("7"), V_ASN1_PRINTABLESTRING, "0123abcd");
	expect_attr(si, OID("5"), V_ASN1_OCTET_STRING, "ZZZZZZZZZZZZZZZZ");
	certs = CMS_get1_certs(cms);
	*signer = sk_X509_pop(certs);
	ck_assert_ptr_nonnull(*signer);
	sk_X509_pop_free(certs, X509_free);
	CMS_ContentInfo_free(cms);
	cms = d2i_CMS_bio(env, NULL);
	ck_assert_int_eq(CMS_decrypt(cms, lab_rsa("rsa2048"), cert_x509(ca),
	    NULL, out, CMS_BINARY), 1);
	CMS_ContentInfo_free(cms);
	BIO_free(env);
	return out;
}

START_TEST(request)
{
	struct scep_ask a = make_ask(false);
	struct err e = { 0 };
	struct csr *c = scep_csr(ra, plain, "geheim", &e);
	const ASN1_STRING *password;
	uint8_t *der, id[2][KEY_ID_LEN];
	X509_ATTRIBUTE *attr;
	size_t len;
	X509_REQ *req;
	X509 *by;
	BIO *b;
	int at;

	ck_assert_msg(c != NULL, "%s", e.msg);
	a.csr = c;
	ck_assert_msg(scep_build(ra, &a, &der, &len, &e) == ERR_OK, "%s",
	    e.msg);
	b = read_request(der, len, "19", &by);
	req = d2i_X509_REQ_bio(b, NULL);
	ck_assert_ptr_nonnull(req);
	/* The phone's key, the RA's signature, the CA's password. */
	ck_assert_int_eq(csr_key_id(c, id[0], &e), ERR_OK);
	ck_assert_int_eq(csr_key_id(plain, id[1], &e), ERR_OK);
	ck_assert_mem_eq(id[0], id[1], KEY_ID_LEN);
	ck_assert_int_eq(X509_REQ_verify(req, X509_get0_pubkey(by)), 1);
	at = X509_REQ_get_attr_by_NID(req, NID_pkcs9_challengePassword, -1);
	ck_assert_int_ge(at, 0);
	attr = X509_REQ_get_attr(req, at);
	password = X509_ATTRIBUTE_get0_type(attr, 0)->value.asn1_string;
	ck_assert_int_eq(ASN1_STRING_length(password), 6);
	ck_assert_mem_eq(ASN1_STRING_get0_data(password), "geheim", 6);
	X509_REQ_free(req);
	X509_free(by);
	BIO_free(b);
	free(der);
	csr_free(c);
	c = scep_csr(ra, plain, NULL, &e);
	ck_assert_int_eq(X509_REQ_get_attr_by_NID(csr_req(c),
	    NID_pkcs9_challengePassword, -1), -1);
	csr_free(c);
}
END_TEST

START_TEST(poll)
{
	struct scep_ask a = make_ask(true);
	struct err e = { 0 };
	uint8_t *der, *p;
	const uint8_t *q;
	X509_NAME *name[2];
	size_t len;
	X509 *by;
	BIO *b;
	long n, left;
	int tag, class;

	a.caps = (struct scep_caps){ .post = true };	/* an old one */
	ck_assert_int_eq(scep_build(ra, &a, &der, &len, &e), ERR_OK);
	b = read_request(der, len, "20", &by);
	n = BIO_get_mem_data(b, &p);
	q = p;
	ck_assert_int_eq(ASN1_get_object(&q, &left, &tag, &class, n) & 0x80,
	    0);
	ck_assert_int_eq(left, n - (q - p));
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_nonnull(name[i] = d2i_X509_NAME(NULL, &q,
		    n - (q - p)));
	ck_assert_int_eq(q - p, n);
	ck_assert_int_eq(X509_NAME_cmp(name[0],
	    X509_get_subject_name(cert_x509(ca))), 0);
	ck_assert_int_eq(X509_NAME_cmp(name[1],
	    X509_REQ_get_subject_name(csr_req(plain))), 0);
	X509_NAME_free(name[0]);
	X509_NAME_free(name[1]);
	X509_free(by);
	BIO_free(b);
	free(der);
}
END_TEST

/* --- the answer --- */

struct reply {
	const char	*type, *status, *fail, *text, *transaction;
	uint8_t		 nonce;
	bool		 by_other, to_other, cut, tail;
	bool		 no_content;	/* empty; absent: detached too */
	bool		 detached;
	int		 code;
	const char	*say;		/* in the error, or why of a failure */
};

static void
add(CMS_SignerInfo *si, const char *oid, int type, const char *value)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);

	if (value != NULL)
		ck_assert_int_eq(CMS_signed_add1_attr_by_OBJ(si, o, type,
		    value, (int)strlen(value)), 1);
	ASN1_OBJECT_free(o);
}

/* What the CA issues, encrypted to whoever has asked. */
static BIO *
content_of(const struct reply *r, X509 *to)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	STACK_OF(X509) *sk = sk_X509_new_null();
	CMS_ContentInfo *cms = NULL;
	PKCS7 *certs = PKCS7_new();

	if (!r->no_content) {
		ck_assert_int_eq(PKCS7_set_type(certs, NID_pkcs7_signed), 1);
		ck_assert_int_eq(PKCS7_content_new(certs, NID_pkcs7_data),
		    1);
		ck_assert_int_eq(PKCS7_add_certificate(certs,
		    cert_x509(other)), 1);
		ck_assert_int_eq(i2d_PKCS7_bio(in, certs), 1);
		ck_assert_int_gt(sk_X509_push(sk, r->to_other ?
		    cert_x509(ca) : to), 0);
		cms = CMS_encrypt(sk, in, EVP_aes_128_cbc(), CMS_BINARY);
		ck_assert_ptr_nonnull(cms);
		ck_assert_int_eq(i2d_CMS_bio(out, cms), 1);
	}
	CMS_ContentInfo_free(cms);
	PKCS7_free(certs);
	sk_X509_free(sk);
	BIO_free(in);
	return out;
}

static size_t
make_reply(const struct reply *r, uint8_t **der)
{
	const unsigned flags = CMS_BINARY | CMS_PARTIAL |
	    (r->detached ? CMS_DETACHED : 0);
	char nonce[SCEP_NONCE_LEN + 1] = "";
	struct scep_ask a = make_ask(false);
	struct err e = { 0 };
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	uint8_t *buf = NULL, *asked;
	CMS_SignerInfo *si;
	X509 *to;
	size_t len;
	BIO *in;
	int n;

	ck_assert_int_eq(scep_build(ra, &a, &asked, &len, &e), ERR_OK);
	BIO_free(read_request(asked, len, "19", &to));
	free(asked);
	in = content_of(r, to);
	si = CMS_add1_signer(cms, cert_x509(r->by_other ? other : ca),
	    r->by_other ? lab_key(0) : lab_rsa("rsa2048"), EVP_sha256(),
	    flags);
	ck_assert_ptr_nonnull(si);
	memset(nonce, r->nonce, SCEP_NONCE_LEN);
	add(si, OID("2"), V_ASN1_PRINTABLESTRING, r->type);
	add(si, OID("3"), V_ASN1_PRINTABLESTRING, r->status);
	add(si, OID("4"), V_ASN1_PRINTABLESTRING, r->fail);
	add(si, OID("6"), V_ASN1_OCTET_STRING, nonce);
	add(si, OID("7"), V_ASN1_PRINTABLESTRING, r->transaction);
	add(si, "1.3.6.1.5.5.7.24.1", V_ASN1_UTF8STRING, r->text);
	ck_assert_int_eq(CMS_final(cms, in, NULL, flags), 1);
	ck_assert_int_eq(CMS_is_detached(cms), r->detached);
	n = i2d_CMS_ContentInfo(cms, &buf);
	ck_assert_int_gt(n, 0);
	ck_assert_ptr_nonnull(*der = calloc(1, (size_t)n + 1));
	memcpy(*der, buf, (size_t)n);
	OPENSSL_free(buf);
	CMS_ContentInfo_free(cms);
	X509_free(to);
	BIO_free(in);
	return (size_t)(n + r->tail - r->cut);
}

#define GOOD	.type = "3", .status = "0", .transaction = "0123abcd", \
		.nonce = 0x5a

static const struct reply replies[] = {
	{ GOOD },
	{ .type = "3", .status = "3", .transaction = "0123abcd",
	    .nonce = 0x5a, .no_content = true },
	{ .type = "3", .status = "2", .transaction = "0123abcd",
	    .nonce = 0x5a, .no_content = true, .fail = "2",
	    .say = "badRequest" },
	{ .type = "3", .status = "2", .transaction = "0123abcd",
	    .nonce = 0x5a, .no_content = true, .fail = "1",
	    .text = "no\nway", .say = "badMessageCheck: no\\x0away" },
	{ .type = "3", .status = "2", .transaction = "0123abcd",
	    .nonce = 0x5a, .no_content = true, .fail = "9",
	    .say = "no reason" },
	/* As section 3.3.2 has it. */
	{ .type = "3", .status = "3", .transaction = "0123abcd",
	    .nonce = 0x5a, .no_content = true, .detached = true },
	{ .type = "3", .status = "2", .transaction = "0123abcd",
	    .nonce = 0x5a, .no_content = true, .detached = true,
	    .fail = "4", .say = "badCertId" },
	{ GOOD, .no_content = true, .detached = true, .code = ERR_PROTO,
	    .say = "encrypted" },
	{ GOOD, .detached = true, .code = ERR_VERIFY, .say = "not signed by" },
	{ .type = "3", .status = "3", .transaction = "0123abcd",
	    .nonce = 0x5a, .no_content = true, .detached = true,
	    .by_other = true, .code = ERR_VERIFY, .say = "not signed by" },
	{ GOOD, .cut = true, .code = ERR_PROTO },
	{ GOOD, .tail = true, .code = ERR_PROTO },
	{ GOOD, .by_other = true, .code = ERR_VERIFY, .say = "not signed by" },
	{ GOOD, .to_other = true, .code = ERR_VERIFY, .say = "decrypted" },
	{ GOOD, .no_content = true, .code = ERR_PROTO, .say = "encrypted" },
	{ .type = "19", .status = "0", .transaction = "0123abcd",
	    .nonce = 0x5a, .code = ERR_PROTO, .say = "CertRep" },
	{ .type = "3", .transaction = "0123abcd", .nonce = 0x5a,
	    .code = ERR_PROTO, .say = "pkiStatus" },
	{ .type = "3", .status = "1", .transaction = "0123abcd",
	    .nonce = 0x5a, .code = ERR_PROTO, .say = "pkiStatus" },
	{ .type = "3", .status = "0", .transaction = "0123abce",
	    .nonce = 0x5a, .code = ERR_VERIFY, .say = "transaction" },
	{ .type = "3", .status = "0", .nonce = 0x5a, .code = ERR_VERIFY,
	    .say = "transaction" },
	{ .type = "3", .status = "0", .transaction = "0123abcd",
	    .nonce = 0x5b, .code = ERR_VERIFY, .say = "nonce" },
};

START_TEST(answer)
{
	const struct reply *r = &replies[_i];
	struct scep_ask a = make_ask(false);
	struct container set = { .ncert = 0 };
	struct scep_answer out;
	struct err e = { 0 };
	uint8_t *der;
	size_t len = make_reply(r, &der);

	ck_assert_msg(scep_open(ra, &a, &ca, 1, der, len, &out, &e) ==
	    r->code, "%d: %s", _i, e.msg);
	free(der);
	if (r->say != NULL)
		ck_assert_msg(strstr(r->code == ERR_OK ? out.why : e.msg,
		    r->say) != NULL, "%d: %s %s", _i, out.why, e.msg);
	if (r->code != ERR_OK) {
		ck_assert_ptr_null(out.certs);
		return;
	}
	ck_assert_int_eq(out.status, r->status[0] - '0');
	if (out.status == SCEP_SUCCESS) {
		ck_assert_msg(container_read(&set, out.certs, out.len, 0,
		    NULL, &e) == ERR_OK, "%s", e.msg);
		ck_assert_uint_eq(set.ncert, 1);
		ck_assert(cert_same(set.cert[0], other));
	}
	container_clear(&set);
	scep_answer_clear(&out);
}
END_TEST

/* --- the rest --- */

START_TEST(capabilities)
{
	static const struct {
		const char	*text;
		bool		 post, aes, sha256;
	} v[] = {
		{ "", false, false, false },
		{ "SCEPStandard", true, true, true },
		{ "Renewal\nSHA-1\nSHA-256\nAES\nDES3\nPOSTPKIOperation",
		    true, true, true },
		{ "AES\r\nX\r\n", false, true, false },
		{ "aes sha-256", false, true, true },
		{ "AESX\nXAES\nSHA-25", false, false, false },
	};
	struct scep_caps c;

	scep_caps_parse(&c, (const uint8_t *)v[_i].text,
	    strlen(v[_i].text));
	ck_assert_int_eq(c.post, v[_i].post);
	ck_assert_int_eq(c.aes, v[_i].aes);
	ck_assert_int_eq(c.sha256, v[_i].sha256);
}
END_TEST

/* An RA that may be encrypted to comes before the CA. */
START_TEST(recipient)
{
	const struct lab_spec enc = { .cn = "RA", .usage =
	    "critical,keyEncipherment" }, sig = { .cn = "RA", .usage =
	    "critical,digitalSignature" };
	struct cert *e = lab_issue(&enc, lab_rsa("rsa2048"), NULL, NULL);
	struct cert *s = lab_issue(&sig, lab_rsa("rsa2048"), NULL, NULL);
	struct cert *all[] = { other, ca, s, e };

	ck_assert_ptr_eq(scep_recipient(all, 4), e);
	ck_assert_ptr_eq(scep_recipient(all, 3), ca);
	ck_assert_ptr_null(scep_recipient(all, 1));	/* an EC key */
	cert_free(e);
	cert_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("scep");
	TCase *t = tcase_create("scep");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, make_all, free_all);
	tcase_add_test(t, packed);
	tcase_add_test(t, request);
	tcase_add_test(t, poll);
	tcase_add_loop_test(t, answer, 0, (int)N_OF(replies));
	tcase_add_loop_test(t, capabilities, 0, 6);
	tcase_add_test(t, recipient);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
