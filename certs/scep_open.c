/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SCEP: what is answered, see scep.h.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/scep_int.h"

/* A signed attribute, once and with one value of that type; NULL. */
static const ASN1_STRING *
attr(CMS_SignerInfo *si, enum scep_attr a, int type)
{
	ASN1_OBJECT *o = scep_object(a);
	const ASN1_STRING *s = o != NULL ? CMS_signed_get0_data_by_OBJ(si, o,
	    -3, type) : NULL;

	ASN1_OBJECT_free(o);
	return s;
}

static bool
is_text(const ASN1_STRING *s, const char *text)
{
	return s != NULL && (size_t)ASN1_STRING_length(s) == strlen(text) &&
	    memcmp(ASN1_STRING_get0_data(s), text, strlen(text)) == 0;
}

static bool
is_bytes(const ASN1_STRING *s, const uint8_t *p, size_t n)
{
	return s != NULL && (size_t)ASN1_STRING_length(s) == n &&
	    memcmp(ASN1_STRING_get0_data(s), p, n) == 0;
}

static CMS_ContentInfo *
parse(OSSL_LIB_CTX *lib, const uint8_t *buf, size_t len, int nid)
{
	const uint8_t *p = buf;
	CMS_ContentInfo *cms = CMS_ContentInfo_new_ex(lib, NULL);

	/* A failure frees it. */
	if (cms != NULL && d2i_CMS_ContentInfo(&cms, &p, (long)len) != NULL &&
	    p == buf + len &&
	    OBJ_obj2nid(CMS_get0_type(cms)) == nid)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

/*
 * The content, when one of the CA's certificates has signed it.  An answer
 * that is no certificate has none (section 3.3.2), which is not an empty one:
 * OpenSSL would look for it elsewhere, so nothing is there.
 */
static int
verify(CMS_ContentInfo *cms, struct cert *const *ca, size_t n, BIO *content,
    struct err *e)
{
	STACK_OF(X509) *known = sk_X509_new_null();
	BIO *none = CMS_is_detached(cms) == 1 ? BIO_new_mem_buf("", 0) : NULL;
	bool ok = known != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = sk_X509_push(known, cert_x509(ca[i])) > 0;
	ok = ok && CMS_verify(cms, known, NULL, none, content, CMS_BINARY |
	    CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY) == 1;
	BIO_free(none);
	sk_X509_free(known);
	return ok ? ERR_OK : ossl_err(e, ERR_VERIFY, "the answer is not "
	    "signed by that CA");
}

static int
check_who(CMS_SignerInfo *si, const struct scep_ask *a, struct err *e)
{
	if (!is_text(attr(si, SCEP_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING),
	    SCEP_TYPE_REP))
		return err_set(e, ERR_PROTO, "the answer is no CertRep");
	if (!is_text(attr(si, SCEP_TRANSACTION, V_ASN1_PRINTABLESTRING),
	    a->transaction))
		return err_set(e, ERR_VERIFY, "the answer is of another "
		    "transaction");
	if (!is_bytes(attr(si, SCEP_RECIPIENT_NONCE, V_ASN1_OCTET_STRING),
	    a->nonce, sizeof(a->nonce)))
		return err_set(e, ERR_VERIFY, "the answer is to another "
		    "message: its nonce is not the one that was sent");
	return ERR_OK;
}

/* Section 3.2.1.4. */
static void
say_failure(CMS_SignerInfo *si, struct scep_answer *out)
{
	static const char *const info[] = { "badAlg", "badMessageCheck",
	    "badRequest", "badTime", "badCertId" };
	const ASN1_STRING *s = attr(si, SCEP_FAIL_INFO,
	    V_ASN1_PRINTABLESTRING);
	const ASN1_STRING *text = attr(si, SCEP_FAIL_TEXT,
	    V_ASN1_UTF8STRING);
	const char *word = "no reason given";
	char vis[120] = "";

	if (s != NULL && ASN1_STRING_length(s) == 1 &&
	    ASN1_STRING_get0_data(s)[0] >= '0' &&
	    ASN1_STRING_get0_data(s)[0] <= '4')
		word = info[ASN1_STRING_get0_data(s)[0] - '0'];
	if (text != NULL)
		str_visible((const char *)ASN1_STRING_get0_data(text),
		    (size_t)ASN1_STRING_length(text), vis, sizeof(vis));
	(void)snprintf(out->why, sizeof(out->why), "%s%s%s", word,
	    vis[0] != '\0' ? ": " : "", vis);
}

static int
take_bio(BIO *b, struct scep_answer *out, struct err *e)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);

	if (n <= 0)
		return err_set(e, ERR_PROTO, "the answer has no certificate");
	if ((out->certs = malloc((size_t)n)) == NULL)
		return err_set(e, ERR_NOMEM, "the answer");
	memcpy(out->certs, p, (size_t)n);
	out->len = (size_t)n;
	return ERR_OK;
}

/*
 * Old servers answer with single DES (Debian's scep does, whatever it was
 * asked with), which is no secret's matter: it is a certificate, signed.
 */
struct old {
	OSSL_LIB_CTX	*lib;
	OSSL_PROVIDER	*usual, *legacy;
};

static void
old_close(struct old *o)
{
	if (o->legacy != NULL)
		(void)OSSL_PROVIDER_unload(o->legacy);
	if (o->usual != NULL)
		(void)OSSL_PROVIDER_unload(o->usual);
	OSSL_LIB_CTX_free(o->lib);
}

static bool
old_open(struct old *o)
{
	*o = (struct old){ .lib = OSSL_LIB_CTX_new() };
	return o->lib != NULL &&
	    (o->usual = OSSL_PROVIDER_load(o->lib, "default")) != NULL &&
	    (o->legacy = OSSL_PROVIDER_load(o->lib, "legacy")) != NULL;
}

static int
decrypt_in(struct old *old, struct scep_ra *r, BIO *content, struct scep_answer *out,
    struct err *e)
{
	BIO *plain = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	char *p;
	long n = BIO_get_mem_data(content, &p);
	int ret;

	if (plain == NULL)
		return err_set(e, ERR_NOMEM, "the answer");
	cms = n > 0 ? parse(old->lib, (const uint8_t *)p, (size_t)n,
	    NID_pkcs7_enveloped) : NULL;
	if (cms == NULL)
		ret = err_set(e, ERR_PROTO, "the answer has no encrypted "
		    "content");
	else if (CMS_decrypt(cms, key_pkey(r->key), cert_x509(r->cert), NULL,
	    plain, CMS_BINARY) != 1)
		ret = ossl_err(e, ERR_VERIFY, "the answer cannot be "
		    "decrypted");
	else
		ret = take_bio(plain, out, e);
	CMS_ContentInfo_free(cms);
	BIO_free(plain);
	return ret;
}

static int
decrypt(struct scep_ra *r, BIO *content, struct scep_answer *out,
    struct err *e)
{
	struct old old;
	int ret = old_open(&old) ? decrypt_in(&old, r, content, out, e) :
	    ossl_err(e, ERR_CRYPTO, "OpenSSL's old ciphers");

	old_close(&old);
	return ret;
}

static int
read_status(struct scep_ra *r, CMS_SignerInfo *si, BIO *content,
    struct scep_answer *out, struct err *e)
{
	const ASN1_STRING *s = attr(si, SCEP_PKI_STATUS,
	    V_ASN1_PRINTABLESTRING);

	if (is_text(s, "0")) {
		out->status = SCEP_SUCCESS;
		return decrypt(r, content, out, e);
	}
	if (is_text(s, "3")) {
		out->status = SCEP_PENDING;
		return ERR_OK;
	}
	if (!is_text(s, "2"))
		return err_set(e, ERR_PROTO, "the answer has no pkiStatus");
	say_failure(si, out);
	return ERR_OK;
}

static CMS_SignerInfo *
only_signer(CMS_ContentInfo *cms)
{
	STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);

	return sk_CMS_SignerInfo_num(all) == 1 ?
	    sk_CMS_SignerInfo_value(all, 0) : NULL;
}

int
scep_open(struct scep_ra *r, const struct scep_ask *a,
    struct cert *const *ca, size_t n, const uint8_t *buf, size_t len,
    struct scep_answer *out, struct err *e)
{
	CMS_ContentInfo *cms;
	CMS_SignerInfo *si;
	BIO *content;
	int ret;

	*out = (struct scep_answer){ .status = SCEP_FAILURE };
	if (len > SCEP_MESSAGE_MAX)
		return err_set(e, ERR_LIMIT, "an answer of %zu bytes", len);
	if ((content = BIO_new(BIO_s_mem())) == NULL)
		return err_set(e, ERR_NOMEM, "the answer");
	cms = parse(NULL, buf, len, NID_pkcs7_signed);
	if (cms == NULL || (si = only_signer(cms)) == NULL)
		ret = err_set(e, ERR_PROTO, "the answer is not exactly one "
		    "signed message");
	else if ((ret = verify(cms, ca, n, content, e)) == ERR_OK &&
	    (ret = check_who(si, a, e)) == ERR_OK)
		ret = read_status(r, si, content, out, e);
	if (ret != ERR_OK)
		scep_answer_clear(out);
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	return ret;
}

void
scep_answer_clear(struct scep_answer *a)
{
	free(a->certs);
	a->certs = NULL;
	a->len = 0;
}
