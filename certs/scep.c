/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SCEP: what is sent, see scep.h.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/cert_use.h"
#include "certs/identity.h"
#include "certs/scep_int.h"
#include "crypt/rng.h"

#define RA_CN		"phonetrust registration authority"
#define RA_LIFE_S	(INT64_C(10) * 365 * 86400)
#define RA_BEFORE_S	3600

static const char *const scep_oid[SCEP_OID_N] = {
	[SCEP_MESSAGE_TYPE] = "2.16.840.1.113733.1.9.2",
	[SCEP_PKI_STATUS] = "2.16.840.1.113733.1.9.3",
	[SCEP_FAIL_INFO] = "2.16.840.1.113733.1.9.4",
	[SCEP_SENDER_NONCE] = "2.16.840.1.113733.1.9.5",
	[SCEP_RECIPIENT_NONCE] = "2.16.840.1.113733.1.9.6",
	[SCEP_TRANSACTION] = "2.16.840.1.113733.1.9.7",
	[SCEP_FAIL_TEXT] = "1.3.6.1.5.5.7.24.1",
};

ASN1_OBJECT *
scep_object(enum scep_attr a)
{
	return OBJ_txt2obj(scep_oid[a], 1);
}

/* --- capabilities --- */

static void
take_cap(struct scep_caps *c, const char *word, size_t n)
{
	static const struct {
		const char	*word;
		bool		 post, aes, sha256;
	} known[] = {
		{ "SCEPStandard", true, true, true },
		{ "POSTPKIOperation", true, false, false },
		{ "AES", false, true, false },
		{ "SHA-256", false, false, true },
	};

	for (size_t i = 0; i < N_OF(known); i++) {
		if (strlen(known[i].word) != n ||
		    strncasecmp(known[i].word, word, n) != 0)
			continue;
		c->post = c->post || known[i].post;
		c->aes = c->aes || known[i].aes;
		c->sha256 = c->sha256 || known[i].sha256;
	}
}

void
scep_caps_parse(struct scep_caps *c, const uint8_t *buf, size_t len)
{
	size_t start = 0;

	*c = (struct scep_caps){ .post = false };
	if (len > SCEP_CAPS_MAX)
		len = SCEP_CAPS_MAX;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && buf[i] > ' ')
			continue;
		take_cap(c, (const char *)buf + start, i - start);
		start = i + 1;
	}
}

/* --- the registration authority --- */

struct scep_ra *
scep_ra_new(int64_t now, struct err *e)
{
	struct cert_spec s = { .cn = RA_CN, .not_before = now - RA_BEFORE_S,
	    .not_after = now + RA_LIFE_S, .pathlen = -1, .seriallen = 16,
	    .usage = CERT_USE_SIGN | CERT_USE_ENCIPHER |
	    CERT_USE_TLS_CLIENT, .hash = DIGEST_SHA256 };
	struct scep_ra *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)err_set(e, ERR_NOMEM, "registration authority");
		return NULL;
	}
	if (rng_fill(rng_system(), s.serial, s.seriallen, e) == ERR_OK &&
	    (r->key = key_generate(KEY_RSA2048, e)) != NULL &&
	    (r->cert = cert_self_sign(&s, r->key, e)) != NULL)
		return r;
	scep_ra_free(r);
	return NULL;
}

void
scep_ra_free(struct scep_ra *r)
{
	if (r == NULL)
		return;
	cert_free(r->cert);
	key_free(r->key);
	free(r);
}

int64_t
scep_ra_not_after(const struct scep_ra *r)
{
	return cert_not_after(r->cert);
}

int
scep_ra_pack(const struct scep_ra *r, struct secret **out, struct err *e)
{
	const struct identity id = { .key = r->key, .cert = { r->cert },
	    .n = 1 };

	return identity_pack(&id, out, e);
}

struct scep_ra *
scep_ra_unpack(const uint8_t *buf, size_t len, struct err *e)
{
	struct identity *id = identity_unpack(buf, len, e);
	struct scep_ra *r = NULL;

	if (id == NULL)
		return NULL;
	if (id->n != 1)
		(void)err_set(e, ERR_PROTO, "%zu certificates", id->n);
	else if ((r = calloc(1, sizeof(*r))) == NULL)
		(void)err_set(e, ERR_NOMEM, "registration authority");
	if (r != NULL) {
		r->cert = cert_ref(id->cert[0]);
		r->key = id->key;
		id->key = NULL;
	}
	identity_free(id);
	return r;
}

void
scep_ra_tag(const struct scep_ra *r, char *out, size_t outlen,
    const char *text)
{
	uint8_t sha256[DIGEST_SHA256_LEN];

	cert_sha256(r->cert, sha256);
	(void)snprintf(out, outlen, "%s (asked as %02x%02x%02x%02x)", text,
	    sha256[0], sha256[1], sha256[2], sha256[3]);
}

static bool
fill_request(X509_REQ *to, X509_REQ *from, const char *challenge,
    const struct scep_ra *r)
{
	STACK_OF(X509_EXTENSION) *ext = X509_REQ_get_extensions(from);
	EVP_PKEY *pub = X509_REQ_get0_pubkey(from);
	bool ok = pub != NULL &&
	    X509_REQ_set_version(to, X509_REQ_VERSION_1) == 1 &&
	    X509_REQ_set_subject_name(to, X509_REQ_get_subject_name(from)) ==
	    1 && X509_REQ_set_pubkey(to, pub) == 1 &&
	    (sk_X509_EXTENSION_num(ext) <= 0 ||
	    X509_REQ_add_extensions(to, ext) == 1) &&
	    (challenge == NULL || X509_REQ_add1_attr_by_NID(to,
	    NID_pkcs9_challengePassword, MBSTRING_UTF8,
	    (const unsigned char *)challenge, -1) == 1) &&
	    X509_REQ_sign(to, key_pkey(r->key), EVP_sha256()) != 0;

	sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
	return ok;
}

struct csr *
scep_csr(struct scep_ra *r, const struct csr *c, const char *challenge,
    struct err *e)
{
	X509_REQ *req = X509_REQ_new();
	struct csr *ret = NULL;
	uint8_t *der = NULL;
	int len = -1;

	if (req == NULL || !fill_request(req, csr_req(c), challenge, r) ||
	    (len = i2d_X509_REQ(req, &der)) <= 0)
		(void)ossl_err(e, ERR_CRYPTO, "the request of a phone");
	else
		ret = csr_from_der(der, (size_t)len, e);
	if (len > 0)
		OPENSSL_clear_free(der, (size_t)len);
	X509_REQ_free(req);
	return ret;
}

/* --- messages --- */

const struct cert *
scep_recipient(struct cert *const *ca, size_t n)
{
	char text[CERT_USE_TEXT_MAX];
	const struct cert *any = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!key_type_is_rsa(cert_key_type(ca[i])))
			continue;
		if (!cert_is_ca(ca[i]) && cert_use_missing(ca[i],
		    CERT_USE_ENCIPHER, text) == 0)
			return ca[i];
		if (any == NULL && cert_is_ca(ca[i]))
			any = ca[i];
	}
	return any;
}

/* IssuerAndSubject (section 3.3.3) into b. */
static bool
put_names(BIO *b, const struct scep_ask *a)
{
	X509_NAME *name[2] = {
		X509_get_subject_name(cert_x509(a->issuer)),
		X509_REQ_get_subject_name(csr_req(a->csr)) };
	uint8_t *der[2] = { NULL, NULL }, head[16], *p = head;
	int len[2];
	bool ok = true;

	for (size_t i = 0; i < 2; i++)
		ok = (len[i] = i2d_X509_NAME(name[i], &der[i])) > 0 && ok;
	if (ok)
		ASN1_put_object(&p, 1, len[0] + len[1], V_ASN1_SEQUENCE,
		    V_ASN1_UNIVERSAL);
	ok = ok && BIO_write(b, head, (int)(p - head)) == p - head &&
	    BIO_write(b, der[0], len[0]) == len[0] &&
	    BIO_write(b, der[1], len[1]) == len[1];
	OPENSSL_free(der[0]);
	OPENSSL_free(der[1]);
	return ok;
}

static bool
put_content(BIO *b, const struct scep_ask *a)
{
	const uint8_t *der;
	size_t len;

	if (a->poll)
		return put_names(b, a);
	der = csr_der(a->csr, &len);
	return BIO_write(b, der, (int)len) == (int)len;
}

/* Encrypted to the CA, as DER in a BIO; NULL. */
static BIO *
envelope(const struct scep_ask *a)
{
	const EVP_CIPHER *cipher = a->caps.aes ? EVP_aes_128_cbc() :
	    EVP_des_ede3_cbc();
	STACK_OF(X509) *to = sk_X509_new_null();
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = NULL;

	if (to == NULL || in == NULL || out == NULL || !put_content(in, a) ||
	    sk_X509_push(to, cert_x509(a->to)) <= 0 ||
	    (cms = CMS_encrypt(to, in, cipher, CMS_BINARY)) == NULL ||
	    i2d_CMS_bio(out, cms) != 1) {
		BIO_free(out);
		out = NULL;
	}
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	sk_X509_free(to);
	return out;
}

static bool
add_attr(CMS_SignerInfo *si, enum scep_attr attr, int type, const void *value,
    size_t len)
{
	ASN1_OBJECT *o = scep_object(attr);
	bool ok = o != NULL && CMS_signed_add1_attr_by_OBJ(si, o, type, value,
	    (int)len) == 1;

	ASN1_OBJECT_free(o);
	return ok;
}

static bool
add_attrs(CMS_SignerInfo *si, const struct scep_ask *a)
{
	const char *type = a->poll ? SCEP_TYPE_POLL : SCEP_TYPE_REQ;

	return add_attr(si, SCEP_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, type,
	    strlen(type)) &&
	    add_attr(si, SCEP_TRANSACTION, V_ASN1_PRINTABLESTRING,
	    a->transaction, strlen(a->transaction)) &&
	    add_attr(si, SCEP_SENDER_NONCE, V_ASN1_OCTET_STRING, a->nonce,
	    sizeof(a->nonce));
}

static bool
take_der(CMS_ContentInfo *cms, uint8_t **der, size_t *len)
{
	uint8_t *p = NULL;
	int n = i2d_CMS_ContentInfo(cms, &p);

	if (n <= 0 || (*der = malloc((size_t)n)) == NULL) {
		OPENSSL_free(p);
		return false;
	}
	memcpy(*der, p, (size_t)n);
	*len = (size_t)n;
	OPENSSL_free(p);
	return true;
}

int
scep_build(struct scep_ra *r, const struct scep_ask *a, uint8_t **der,
    size_t *len, struct err *e)
{
	const unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
	const EVP_MD *md = a->caps.sha256 ? EVP_sha256() : EVP_sha1();
	CMS_ContentInfo *cms = NULL;
	CMS_SignerInfo *si;
	BIO *in = envelope(a);
	bool ok;

	ok = in != NULL &&
	    (cms = CMS_sign(NULL, NULL, NULL, NULL, flags)) != NULL &&
	    (si = CMS_add1_signer(cms, cert_x509(r->cert),
	    key_pkey(r->key), md, flags)) != NULL && add_attrs(si, a) &&
	    CMS_final(cms, in, NULL, CMS_BINARY) == 1 &&
	    take_der(cms, der, len);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return ok ? ERR_OK : ossl_err(e, ERR_CRYPTO, "a SCEP message");
}
