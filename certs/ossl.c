/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What this folder needs of OpenSSL in more than one place.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"

/* The last reason is OpenSSL's view of the whole; a signer's lies below. */
int
ossl_err(struct err *e, int code, const char *what)
{
	const char *why = NULL, *text;
	char signer[ERR_MSG_MAX] = "";
	unsigned long n;
	int flags;

	while ((n = ERR_get_error_all(NULL, NULL, NULL, &text, &flags)) != 0) {
		why = ERR_reason_error_string(n);
		if (ERR_GET_LIB(n) == OSSL_SIGNER_LIB &&
		    (flags & ERR_TXT_STRING))
			(void)snprintf(signer, sizeof(signer), "%s", text);
	}
	if (signer[0] != '\0')
		why = signer;
	return err_set(e, code, "%s: %s", what,
	    why != NULL ? why : "no reason given by OpenSSL");
}

const EVP_MD *
ossl_sign_md(enum digest_alg alg)
{
	switch (alg) {
	case DIGEST_MD5:
		return NULL;
	case DIGEST_SHA1:
		return EVP_sha1();
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_SHA384:
		return EVP_sha384();
	case DIGEST_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

static enum key_type
ec_type(const EVP_PKEY *pkey)
{
	static const struct {
		const char	*group;
		enum key_type	 type;
	} groups[] = {
		{ "prime256v1",	KEY_EC256 },
		{ "secp384r1",	KEY_EC384 },
		{ "secp521r1",	KEY_EC521 },
	};
	char name[64];
	size_t len;

	if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), &len) != 1)
		return KEY_OTHER;
	for (size_t i = 0; i < N_OF(groups); i++)
		if (strcmp(groups[i].group, name) == 0)
			return groups[i].type;
	return KEY_OTHER;
}

enum key_type
ossl_key_type(const EVP_PKEY *pkey, int *bits)
{
	int n = pkey != NULL ? EVP_PKEY_get_bits(pkey) : 0;
	enum key_type t = KEY_OTHER;

	if (pkey != NULL && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		t = key_type_rsa(n);
	else if (pkey != NULL && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC)
		t = ec_type(pkey);
	if (bits != NULL)
		*bits = n;
	ERR_clear_error();
	return t;
}

bool
ossl_pem_next(BIO *bio, const char *const *labels, size_t *which,
    uint8_t **der, size_t *len, bool *enc)
{
	char *name, *header;
	long n;

	while (PEM_read_bio(bio, &name, &header, der, &n) == 1) {
		size_t i = 0;

		*len = (size_t)n;
		*enc = header[0] != '\0';
		while (labels[i] != NULL && strcmp(labels[i], name) != 0)
			i++;
		*which = i;
		OPENSSL_free(name);
		OPENSSL_free(header);
		if (labels[i] != NULL)
			return true;
		OPENSSL_clear_free(*der, *len);
	}
	ERR_clear_error();
	return false;
}

bool
ossl_sig_setup(EVP_PKEY_CTX *ctx, enum key_padding pad, enum digest_alg alg)
{
	const EVP_MD *md = pad == KEY_PAD_TLS10 ? EVP_md5_sha1() :
	    ossl_sign_md(alg);
	bool pss = pad == KEY_PAD_PSS;

	if (pad != KEY_PAD_ECDSA && EVP_PKEY_CTX_set_rsa_padding(ctx, pss ?
	    RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1)
		return false;
	return EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 && (!pss ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
	    1);
}

/*
 * OpenSSL escapes names, but what extensions hold (alternative names, places
 * of policies and CRLs) it prints as it comes: terminals would obey it, and a
 * NUL would hide the rest.
 */
static void
make_plain(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != '\n' && (p[i] < ' ' || p[i] > '~'))
			p[i] = '?';
}

char *
ossl_bio_take(BIO *bio, bool ok, struct err *e)
{
	char *p, *s = NULL;
	long n;

	if (!ok) {
		(void)ossl_err(e, ERR_CRYPTO, "certificate to text");
		goto out;
	}
	if ((n = BIO_get_mem_data(bio, &p)) > 0)
		make_plain(p, (size_t)n);
	if ((s = strndup(n > 0 ? p : "", (size_t)n)) == NULL)
		(void)err_set(e, ERR_NOMEM, "certificate to text");
out:
	BIO_free(bio);
	return s;
}

bool
ossl_sig_hash(int nid, enum digest_alg *alg)
{
	static const enum digest_alg algs[] = { DIGEST_MD5, DIGEST_SHA1,
	    DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };
	static const int nids[] = { NID_md5, NID_sha1, NID_sha256, NID_sha384,
	    NID_sha512 };
	int md;

	if (OBJ_find_sigid_algs(nid, &md, NULL) == 1)
		for (size_t i = 0; i < N_OF(nids); i++)
			if (nids[i] == md) {
				*alg = algs[i];
				return true;
			}
	return false;
}
