/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Private keys in containers: PKCS#8 (RFC 5208) plain and encrypted, the older
 * forms of RSA (RFC 8017) and EC (RFC 5915), and what each costs to open.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "certs/container_int.h"

#define SCRYPT_UNIT	1024	/* N * r * p that cost about as much as so many
				 * rounds of the others */

/* --- what it costs --- */

int
container_rounds(struct container_in *in, const ASN1_INTEGER *n,
    struct err *e)
{
	uint64_t rounds = 1;

	if (n != NULL && ASN1_INTEGER_get_uint64(&rounds, n) != 1)
		rounds = UINT64_MAX;
	ERR_clear_error();
	if (rounds > CONTAINER_WORK_MAX - in->work)
		return err_set(e, ERR_LIMIT, "encrypted with more rounds of "
		    "key derivation than any real file has (%llu at most): "
		    "export it again", (unsigned long long)CONTAINER_WORK_MAX);
	in->work += rounds;
	return ERR_OK;
}

/* N, r and p of RFC 7914; OpenSSL bounds the memory, not p. */
static int
scrypt_work(struct container_in *in, const SCRYPT_PARAMS *sp, struct err *e)
{
	uint64_t v[3] = { 0 }, cost = 1;
	const ASN1_INTEGER *n[] = { sp->costParameter, sp->blockSize,
	    sp->parallelizationParameter };

	for (size_t i = 0; i < N_OF(n); i++) {
		if (ASN1_INTEGER_get_uint64(&v[i], n[i]) != 1 || v[i] == 0 ||
		    v[i] > CONTAINER_WORK_MAX * SCRYPT_UNIT / cost) {
			ERR_clear_error();
			return err_set(e, ERR_LIMIT, "encrypted with a scrypt "
			    "that no real file has: export it again");
		}
		cost *= v[i];
	}
	in->work += cost / SCRYPT_UNIT;
	return in->work <= CONTAINER_WORK_MAX ? ERR_OK :
	    err_set(e, ERR_LIMIT, "too much key derivation in one file");
}

static int
pbes2_work(struct container_in *in, const ASN1_TYPE *param, struct err *e)
{
	PBE2PARAM *p2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM),
	    param);
	int nid = p2 != NULL ? OBJ_obj2nid(p2->keyfunc->algorithm) : NID_undef;
	int ret = ERR_OK;

	if (nid == NID_id_pbkdf2) {
		PBKDF2PARAM *kdf = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(PBKDF2PARAM), p2->keyfunc->parameter);

		ret = container_rounds(in, kdf != NULL ? kdf->iter : NULL, e);
		PBKDF2PARAM_free(kdf);
	} else if (nid == NID_id_scrypt) {
		SCRYPT_PARAMS *sp = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(SCRYPT_PARAMS), p2->keyfunc->parameter);

		if (sp != NULL)
			ret = scrypt_work(in, sp, e);
		SCRYPT_PARAMS_free(sp);
	}
	PBE2PARAM_free(p2);
	ERR_clear_error();
	return ret;
}

int
container_work(struct container_in *in, const X509_ALGOR *alg, struct err *e)
{
	PBEPARAM *pbe;
	int ret;

	if (OBJ_obj2nid(alg->algorithm) == NID_pbes2)
		return pbes2_work(in, alg->parameter, e);
	pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM),
	    alg->parameter);
	ret = container_rounds(in, pbe != NULL ? pbe->iter : NULL, e);
	PBEPARAM_free(pbe);
	ERR_clear_error();
	return ret;
}

/* --- old ciphers --- */

OSSL_LIB_CTX *
container_lib(struct container_in *in, struct err *e)
{
	if (in->lib != NULL)
		return in->lib;
	if ((in->lib = OSSL_LIB_CTX_new()) == NULL ||
	    (in->prov[0] = OSSL_PROVIDER_load(in->lib, "default")) == NULL) {
		(void)ossl_err(e, ERR_CRYPTO, "OpenSSL's default provider");
		container_lib_free(in);
		return NULL;
	}
	/* Where it is not installed only RC2 and single DES are missing. */
	in->prov[1] = OSSL_PROVIDER_load(in->lib, "legacy");
	ERR_clear_error();
	return in->lib;
}

void
container_lib_free(struct container_in *in)
{
	for (size_t i = 0; i < N_OF(in->prov); i++)
		if (in->prov[i] != NULL)
			(void)OSSL_PROVIDER_unload(in->prov[i]);
	OSSL_LIB_CTX_free(in->lib);
	in->lib = NULL;
	in->prov[0] = in->prov[1] = NULL;
}

/* --- keys --- */

static int
set_add(struct container *s, struct key *k, struct err *e)
{
	uint8_t id[KEY_ID_LEN], other[KEY_ID_LEN];
	struct key **list;
	int ret;

	if ((ret = key_id(k, id, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < s->nkey; i++)
		if (key_id(s->key[i], other, NULL) == ERR_OK &&
		    memcmp(id, other, sizeof(id)) == 0) {
			s->nrepeated++;
			key_free(k);
			return ERR_OK;
		}
	if (s->nkey == CONTAINER_KEYS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d private keys at "
		    "once", CONTAINER_KEYS_MAX);
	if ((list = reallocarray(s->key, s->nkey + 1, sizeof(*list))) == NULL)
		return err_set(e, ERR_NOMEM, "private key");
	s->key = list;
	s->key[s->nkey++] = k;
	return ERR_OK;
}

int
container_add_pkey(struct container_in *in, EVP_PKEY *pkey, struct err *e)
{
	struct key *k;
	int ret;

	ERR_clear_error();	/* its texts could quote the input */
	if (pkey == NULL)
		return err_set(e, ERR_PROTO, "a private key, but damaged or of "
		    "an unknown kind");
	if ((k = key_new(pkey, e)) == NULL)
		return e->code;
	if (!key_consistent(k))
		ret = err_set(e, ERR_PROTO, "the numbers of the private key do "
		    "not fit together: the file is damaged");
	else
		ret = set_add(in->set, k, e);
	if (ret != ERR_OK)
		key_free(k);
	return ret;
}

int
container_add_pkcs8(struct container_in *in, const PKCS8_PRIV_KEY_INFO *p8,
    struct err *e)
{
	if (in->no_keys)
		return ERR_OK;
	return container_add_pkey(in, EVP_PKCS82PKEY(p8), e);
}

int
container_add_shrouded(struct container_in *in, const X509_SIG *sig,
    const char *password, struct err *e)
{
	PKCS8_PRIV_KEY_INFO *p8;
	const X509_ALGOR *alg;
	OSSL_LIB_CTX *lib;
	int ret;

	if (in->no_keys)
		return ERR_OK;
	if (password == NULL)
		return err_set(e, ERR_DENIED, "the private key is encrypted: "
		    "its password is needed");
	X509_SIG_get0(sig, &alg, NULL);
	if ((ret = container_work(in, alg, e)) != ERR_OK)
		return ret;
	if ((lib = container_lib(in, e)) == NULL)
		return e->code;
	p8 = PKCS8_decrypt_ex(sig, password, (int)strlen(password), lib, NULL);
	ERR_clear_error();
	if (p8 == NULL)
		return err_set(e, ERR_VERIFY, "this password does not open the "
		    "private key, or its cipher is unknown here");
	ret = container_add_pkcs8(in, p8, e);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return ret;
}

/* EncryptedPrivateKeyInfo */
static int
try_encrypted(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	const uint8_t *p = buf;
	X509_SIG *sig = d2i_X509_SIG(NULL, &p, (long)len);
	int ret = ERR_NOTFOUND;

	ERR_clear_error();
	if (sig != NULL && p == buf + len)
		ret = container_add_shrouded(in, sig, in->password, e);
	X509_SIG_free(sig);
	return ret;
}

static int
try_pkcs8(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	PKCS8_PRIV_KEY_INFO *p8;
	const uint8_t *p = buf;
	int ret = ERR_NOTFOUND;

	p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)len);
	ERR_clear_error();
	if (p8 != NULL && p == buf + len)
		ret = container_add_pkcs8(in, p8, e);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return ret;
}

static int
try_old(struct container_in *in, int type, const uint8_t *buf, size_t len,
    struct err *e)
{
	const uint8_t *p = buf;
	EVP_PKEY *pkey = d2i_PrivateKey(type, NULL, &p, (long)len);

	ERR_clear_error();
	if (pkey == NULL || p != buf + len) {
		EVP_PKEY_free(pkey);
		return ERR_NOTFOUND;
	}
	if (in->no_keys) {
		EVP_PKEY_free(pkey);
		return ERR_OK;
	}
	return container_add_pkey(in, pkey, e);
}

int
container_key_der(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	int ret;

	if (len > KEY_DER_MAX)
		return ERR_NOTFOUND;
	if ((ret = try_encrypted(in, buf, len, e)) == ERR_NOTFOUND &&
	    (ret = try_pkcs8(in, buf, len, e)) == ERR_NOTFOUND &&
	    (ret = try_old(in, EVP_PKEY_RSA, buf, len, e)) == ERR_NOTFOUND)
		ret = try_old(in, EVP_PKEY_EC, buf, len, e);
	return ret;
}

/* --- RFC 1421 --- */

static int
give_password(char *buf, int size, int rw, void *arg)
{
	const char *password = arg;
	size_t n = strlen(password);

	(void)rw;
	if (size < 0 || n > (size_t)size)
		return -1;
	memcpy(buf, password, n);
	return (int)n;
}

int
container_key_1421(struct container_in *in, const char *label, char *header,
    uint8_t *der, size_t len, struct err *e)
{
	bool rsa = strcmp(label, "RSA PRIVATE KEY") == 0;
	EVP_CIPHER_INFO cipher;
	long n = (long)len;
	int ret;

	if (!rsa && strcmp(label, "EC PRIVATE KEY") != 0)
		return err_set(e, ERR_PROTO, "headers where none may be");
	if (in->password == NULL)
		return err_set(e, ERR_DENIED, "the private key is encrypted: "
		    "its password is needed");
	if (PEM_get_EVP_CIPHER_INFO(header, &cipher) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_PROTO, "headers that name no cipher "
		    "known here");
	}
	ret = PEM_do_header(&cipher, der, &n, give_password,
	    (void *)(uintptr_t)in->password) == 1 ? ERR_OK : ERR_VERIFY;
	ERR_clear_error();
	if (ret == ERR_OK)
		ret = try_old(in, rsa ? EVP_PKEY_RSA : EVP_PKEY_EC, der,
		    (size_t)n, e);
	/* A wrong password can also give bytes, one time in 256. */
	if (ret == ERR_VERIFY || ret == ERR_NOTFOUND)
		ret = err_set(e, ERR_VERIFY, "this password does not open the "
		    "private key");
	return ret;
}
