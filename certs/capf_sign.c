/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signatures by which phones prove who they are (spec/capf.md section 8), see
 * capf_msg.h.  With RSA keys they are PKCS#1 blocks of type 1 around the bare
 * hash, which no library makes by its name for it: what the block holds is
 * recovered and compared whole.
 */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "certs/capf_msg.h"
#include "certs/internal.h"

/* RFC 8017 section 9.2, notes 1: what stands before the hash. */
static const uint8_t info_sha1[] = {
	0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a,
	0x05, 0x00, 0x04, 0x14,
};
static const uint8_t info_sha512[] = {
	0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40,
};

/* What is hashed: up to three pieces in a row. */
struct piece {
	const void	*p;
	size_t		 len;
};

static int
hash_pieces(enum digest_alg alg, const struct piece p[3], uint8_t *out,
    struct err *e)
{
	struct digest *d = digest_new(alg, e);
	int ret = ERR_OK;

	if (d == NULL)
		return e != NULL ? e->code : ERR_CRYPTO;
	for (size_t i = 0; i < 3 && ret == ERR_OK; i++)
		if (p[i].len > 0)
			ret = digest_update(d, p[i].p, p[i].len, e);
	if (ret == ERR_OK)
		ret = digest_final(d, out, e);
	digest_free(d);
	return ret;
}

static int
hash_both(const struct piece p[3], uint8_t sha1[20], uint8_t sha512[64],
    struct err *e)
{
	int ret = hash_pieces(DIGEST_SHA1, p, sha1, e);

	return ret != ERR_OK ? ret : hash_pieces(DIGEST_SHA512, p, sha512, e);
}

int
capf_hash_d1(const struct capf_msg *m, uint8_t sha1[20], uint8_t sha512[64],
    struct err *e)
{
	const struct piece p[3] = {
		{ m->device.p, m->device.len }, { "", 1 },
		{ m->cert.p, m->cert.len },
	};

	if (!m->has_device || m->cert.p == NULL)
		return err_set(e, ERR_ARG, "no device name or no certificate "
		    "that could be signed for");
	return hash_both(p, sha1, sha512, e);
}

/* Little-endian here, although it is big-endian in the header. */
static int
hash_sudi(const uint8_t *sudi, size_t len, uint32_t session,
    uint8_t sha1[20], uint8_t sha512[64], struct err *e)
{
	const uint8_t id[4] = { (uint8_t)session, (uint8_t)(session >> 8),
	    (uint8_t)(session >> 16), (uint8_t)(session >> 24) };
	const struct piece p[3] = { { id, sizeof(id) }, { sudi, len } };

	return hash_both(p, sha1, sha512, e);
}

int
capf_hash_d2(const struct capf_msg *m, uint32_t session, uint8_t sha1[20],
    uint8_t sha512[64], struct err *e)
{
	if (m->sudi_cert.p == NULL)
		return err_set(e, ERR_ARG, "no SUDI certificate");
	return hash_sudi(m->sudi_cert.p, m->sudi_cert.len, session, sha1,
	    sha512, e);
}

/* --- the server's side --- */

/* ctx for the bare block: its padding is checked, what it holds is not. */
static EVP_PKEY_CTX *
recover_ctx(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

	if (ctx != NULL && EVP_PKEY_verify_recover_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* Is got exactly the hash, or exactly DigestInfo with it? */
static bool
holds(const uint8_t *got, size_t n, enum digest_alg alg, const uint8_t *hash)
{
	const uint8_t *info = alg == DIGEST_SHA1 ? info_sha1 : info_sha512;
	size_t infolen = alg == DIGEST_SHA1 ? sizeof(info_sha1) :
	    sizeof(info_sha512);
	size_t len = digest_len(alg);

	if (n == len)
		return memcmp(got, hash, len) == 0;
	return n == infolen + len && memcmp(got, info, infolen) == 0 &&
	    memcmp(got + infolen, hash, len) == 0;
}

static bool
rsa_fits(EVP_PKEY *pkey, enum digest_alg alg, const uint8_t *hash,
    const struct capf_bytes *sig)
{
	uint8_t got[OPENSSL_RSA_MAX_MODULUS_BITS / 8];
	size_t n = sizeof(got);
	EVP_PKEY_CTX *ctx = NULL;
	bool fits = false;

	/* A signature is as long as the modulus (RFC 8017 section 8.2.2). */
	if (sig->len == (size_t)EVP_PKEY_get_size(pkey) &&
	    sig->len <= sizeof(got) && (ctx = recover_ctx(pkey)) != NULL &&
	    EVP_PKEY_verify_recover(ctx, got, &n, sig->p, sig->len) == 1)
		fits = holds(got, n, alg, hash);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return fits;
}

static bool
fits(const struct cert *c, enum digest_alg alg, const uint8_t *hash,
    const struct capf_bytes *sig)
{
	EVP_PKEY *pkey = X509_get0_pubkey(cert_x509(c));

	if (pkey == NULL || sig->p == NULL) {
		ERR_clear_error();
		return false;
	}
	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		return rsa_fits(pkey, alg, hash, sig);
	return cert_verify_digest(c, alg, hash, digest_len(alg), sig->p,
	    sig->len, NULL) == ERR_OK;
}

/* A pair of signatures over one text, and what they are called. */
struct pair {
	const struct capf_bytes	*sig1, *sig512;
	const char		*name1, *name512;
};

static int
check_pair(const struct pair *s, const struct cert *c, const uint8_t *sha1,
    const uint8_t *sha512, bool sha1_alone, struct err *e)
{
	if (s->sig1->p == NULL && s->sig512->p == NULL)
		return err_set(e, ERR_VERIFY, "a certificate, but no "
		    "signature (%s)", s->name512);
	if (s->sig512->p == NULL && !sha1_alone)
		return err_set(e, ERR_REFUSED, "signed by SHA-1 only (%s is "
		    "not there); parameter capf.sha1_signatures would allow "
		    "it", s->name512);
	if (s->sig512->p != NULL && !fits(c, DIGEST_SHA512, sha512, s->sig512))
		return err_set(e, ERR_VERIFY, "%s does not fit the "
		    "certificate's key", s->name512);
	if (s->sig1->p != NULL && !fits(c, DIGEST_SHA1, sha1, s->sig1))
		return err_set(e, ERR_VERIFY, "%s does not fit the "
		    "certificate's key", s->name1);
	return ERR_OK;
}

static int
verify_sudi(const struct capf_msg *m, uint32_t session, bool sha1_alone,
    struct err *e)
{
	const struct pair pair = { &m->sudi_sig1, &m->sudi_sig512,
	    "the SHA-1 signature of element 16",
	    "the SHA-512 signature of element 16" };
	uint8_t sha1[20], sha512[64];
	struct cert *c;
	int ret;

	if ((c = cert_from_der(m->sudi_cert.p, m->sudi_cert.len, e)) == NULL) {
		(void)err_wrap(e, "element 16");
		return e != NULL ? e->code : ERR_PROTO;
	}
	if ((ret = capf_hash_d2(m, session, sha1, sha512, e)) == ERR_OK)
		ret = check_pair(&pair, c, sha1, sha512, sha1_alone, e);
	cert_free(c);
	return ret;
}

int
capf_msg_verify(const struct capf_msg *m, const struct cert *c,
    uint32_t session, bool sha1_alone, struct err *e)
{
	const struct pair pair = { &m->signed1, &m->signed512, "element 6",
	    "element 20" };
	uint8_t sha1[20], sha512[64];
	const uint8_t *der;
	size_t len;
	int ret;

	der = cert_der(c, &len);
	if (m->cert.p == NULL || m->cert.len != len ||
	    memcmp(m->cert.p, der, len) != 0)
		return err_set(e, ERR_ARG, "not the certificate of the "
		    "message");
	if ((ret = capf_hash_d1(m, sha1, sha512, e)) != ERR_OK ||
	    (ret = check_pair(&pair, c, sha1, sha512, sha1_alone, e)) !=
	    ERR_OK)
		return ret;
	return m->sudi_cert.p != NULL ?
	    verify_sudi(m, session, sha1_alone, e) : ERR_OK;
}

/* --- the phone's side --- */

static int
sign_bare(const struct key *k, const uint8_t *hash, size_t len, uint8_t *sig,
    size_t *siglen, struct err *e)
{
	EVP_PKEY_CTX *ctx;
	int ret = ERR_OK;

	*siglen = KEY_SIG_MAX;
	/* Without a digest's name there is no DigestInfo. */
	if ((ctx = EVP_PKEY_CTX_new(key_pkey(k), NULL)) == NULL ||
	    EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_sign(ctx, sig, siglen, hash, len) != 1)
		ret = ossl_err(e, ERR_CRYPTO, "signing");
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

static int
sign_hash(const struct key *k, enum digest_alg alg, const uint8_t *hash,
    uint8_t *sig, size_t *siglen, struct err *e)
{
	size_t len = digest_len(alg);

	if (key_type_is_rsa(key_type(k)))
		return sign_bare(k, hash, len, sig, siglen, e);
	return key_sign_digest(k, alg, KEY_PAD_ECDSA, hash, len, sig, siglen,
	    e);
}

int
capf_sign_d1(const struct capf_msg *m, const struct key *k, uint8_t *sig1,
    size_t *len1, uint8_t *sig512, size_t *len512, struct err *e)
{
	uint8_t sha1[20], sha512[64];
	int ret;

	if ((ret = capf_hash_d1(m, sha1, sha512, e)) != ERR_OK ||
	    (ret = sign_hash(k, DIGEST_SHA1, sha1, sig1, len1, e)) != ERR_OK)
		return ret;
	return sign_hash(k, DIGEST_SHA512, sha512, sig512, len512, e);
}

int
capf_sign_d2(const uint8_t *sudi, size_t len, uint32_t session,
    const struct key *k, uint8_t *sig1, size_t *len1, uint8_t *sig512,
    size_t *len512, struct err *e)
{
	uint8_t sha1[20], sha512[64];
	int ret;

	if ((ret = hash_sudi(sudi, len, session, sha1, sha512, e)) !=
	    ERR_OK ||
	    (ret = sign_hash(k, DIGEST_SHA1, sha1, sig1, len1, e)) != ERR_OK)
		return ret;
	return sign_hash(k, DIGEST_SHA512, sha512, sig512, len512, e);
}
