/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Digests that the provider signs, and the names of such signatures.
 */
#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "certs/provider_internal.h"

static const struct provider_digest digests[] = {
	{ { "SHA1", "SHA-1" }, DIGEST_SHA1, false, NID_sha1,
	    NID_ecdsa_with_SHA1, NID_sha1WithRSAEncryption },
	{ { "SHA256", "SHA2-256" }, DIGEST_SHA256, false, NID_sha256,
	    NID_ecdsa_with_SHA256, NID_sha256WithRSAEncryption },
	{ { "SHA384", "SHA2-384" }, DIGEST_SHA384, false, NID_sha384,
	    NID_ecdsa_with_SHA384, NID_sha384WithRSAEncryption },
	{ { "SHA512", "SHA2-512" }, DIGEST_SHA512, false, NID_sha512,
	    NID_ecdsa_with_SHA512, NID_sha512WithRSAEncryption },
	{ { "MD5-SHA1", "MD5-SHA1" }, DIGEST_SHA1, true, NID_md5_sha1,
	    NID_undef, NID_undef },
};

/* libssl's names first: it asks several times for each handshake. */
const struct provider_digest *
provider_digest_find(const char *name)
{
	int nid;

	for (size_t i = 0; i < N_OF(digests); i++)
		if (OPENSSL_strcasecmp(digests[i].names[0], name) == 0 ||
		    OPENSSL_strcasecmp(digests[i].names[1], name) == 0)
			return &digests[i];
	nid = EVP_MD_get_type(EVP_get_digestbyname(name));
	for (size_t i = 0; i < N_OF(digests); i++)
		if (digests[i].nid == nid)
			return &digests[i];
	return NULL;
}

const EVP_MD *
provider_digest_md(const struct provider_digest *d)
{
	return d->tls10 ? EVP_md5_sha1() : ossl_sign_md(d->alg);
}

/* Takes value over, also on failure. */
static X509_ALGOR *
algorithm(int nid, int type, ASN1_STRING *value)
{
	X509_ALGOR *a = X509_ALGOR_new();

	if (a == NULL || X509_ALGOR_set0(a, OBJ_nid2obj(nid), type, value) !=
	    1) {
		X509_ALGOR_free(a);
		ASN1_STRING_free(value);
		return NULL;
	}
	return a;
}

/* RSASSA-PSS-params (RFC 4055, section 3.1). */
static X509_ALGOR *
pss_algorithm(const struct provider_digest *d)
{
	RSA_PSS_PARAMS *p = RSA_PSS_PARAMS_new();
	ASN1_STRING *packed = NULL;

	if (p == NULL)
		return NULL;
	if ((p->hashAlgorithm = algorithm(d->nid, V_ASN1_NULL, NULL)) !=
	    NULL && ASN1_item_pack(p->hashAlgorithm,
	    ASN1_ITEM_rptr(X509_ALGOR), &packed) != NULL) {
		p->maskGenAlgorithm = algorithm(NID_mgf1, V_ASN1_SEQUENCE,
		    packed);
		packed = NULL;
	}
	if (p->maskGenAlgorithm != NULL &&
	    (p->saltLength = ASN1_INTEGER_new()) != NULL &&
	    ASN1_INTEGER_set(p->saltLength, (long)digest_len(d->alg)) == 1)
		(void)ASN1_item_pack(p, ASN1_ITEM_rptr(RSA_PSS_PARAMS),
		    &packed);
	RSA_PSS_PARAMS_free(p);
	return packed == NULL ? NULL : algorithm(NID_rsassaPss,
	    V_ASN1_SEQUENCE, packed);
}

bool
provider_put_algorithm(OSSL_PARAM *p, const struct provider_digest *d,
    enum key_padding pad)
{
	X509_ALGOR *a = NULL;
	unsigned char *der = NULL;
	int len = -1;
	bool ok;

	if (pad == KEY_PAD_PSS)
		a = pss_algorithm(d);
	else if (pad == KEY_PAD_PKCS1)
		a = algorithm(d->rsa, V_ASN1_NULL, NULL);
	else if (pad == KEY_PAD_ECDSA)
		a = algorithm(d->ecdsa, V_ASN1_UNDEF, NULL);
	if (a != NULL)		/* nothing names signatures of TLS 1.0 */
		len = i2d_X509_ALGOR(a, &der);
	ok = len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len);
	OPENSSL_free(der);
	X509_ALGOR_free(a);
	return ok;
}
