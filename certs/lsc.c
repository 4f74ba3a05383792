/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates and requests for phones' keys (spec/capf.md section 10), see
 * lsc.h.  What all of an issuer have in common is DER from its start, so that
 * little is done besides the signature.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "certs/cert_use.h"
#include "certs/der_out.h"
#include "certs/internal.h"
#include "certs/lsc_part.h"

#define NAME_MAX_LEN	4096	/* of the issuer's subject, DER */
#define EXTS_MAX_LEN	512

/* DER that never changes. */
static const uint8_t version3[] = { 0xa0, 3, 2, 1, 2 };
static const uint8_t version_request[] = { 2, 1, 0 };
static const uint8_t alg_rsa[] = {	/* sha256WithRSAEncryption, NULL */
	0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0,
};
static const uint8_t alg_ec[] = {	/* ecdsa-with-SHA256 */
	0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2,
};
static const uint8_t oid_cn[] = { 0x55, 4, 3 };
static const uint8_t oid_san[] = { 0x55, 0x1d, 0x11 };
static const uint8_t oid_ski[] = { 0x55, 0x1d, 0x0e };
static const uint8_t oid_aki[] = { 0x55, 0x1d, 0x23 };
static const uint8_t oid_extension_request[] = {	/* RFC 2985 5.4.2 */
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14,
};
static const uint8_t usages[] = {
	/* basicConstraints, critical: no CA */
	0x30, 12, 6, 3, 0x55, 0x1d, 0x13, 1, 1, 0xff, 4, 2, 0x30, 0,
	/* keyUsage, critical: digitalSignature, keyEncipherment */
	0x30, 14, 6, 3, 0x55, 0x1d, 0x0f, 1, 1, 0xff, 4, 4, 3, 2, 5, 0xa0,
	/* extendedKeyUsage: serverAuth, clientAuth, ipsecEndSystem */
	0x30, 39, 6, 3, 0x55, 0x1d, 0x25, 4, 32, 0x30, 30,
	6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1,
	6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2,
	6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 5,
};

struct lsc_issuer {
	struct signer	*signer;
	uint8_t		 key_id[KEY_ID_LEN];
	bool		 rsa;
	int64_t		 not_before, not_after;
	uint8_t		*name;			/* subject, OPENSSL_free */
	size_t		 namelen;
	uint8_t		 tail[NAME_MAX_LEN];	/* O, OU, L, ST, C of it */
	size_t		 taillen;
	uint8_t		 aki[EXTS_MAX_LEN];	/* the extension */
	size_t		 akilen;
};

/* --- the issuer --- */

static bool
is_inherited(const X509_NAME_ENTRY *ne)
{
	switch (OBJ_obj2nid(X509_NAME_ENTRY_get_object(ne))) {
	case NID_organizationName:
	case NID_organizationalUnitName:
	case NID_localityName:
	case NID_stateOrProvinceName:
	case NID_countryName:
		return true;
	}
	return false;
}

/* One attribute in a set of its own, before what is there. */
static int
put_rdn(struct der_out *d, const X509_NAME_ENTRY *ne, struct err *e)
{
	size_t mark = der_mark(d);
	uint8_t *der = NULL;
	int len = i2d_X509_NAME_ENTRY(ne, &der);

	if (len <= 0)
		return ossl_err(e, ERR_CRYPTO, "issuer's name");
	der_put(d, der, (size_t)len);
	der_wrap(d, DER_SET, mark);
	OPENSSL_free(der);
	return ERR_OK;
}

/* A piece of the issuer's, out of d. */
static int
keep(const struct der_out *d, uint8_t *to, size_t max, size_t *len,
    struct err *e)
{
	const uint8_t *p = der_out_get(d, len);

	if (p == NULL || *len > max)
		return err_set(e, ERR_ARG, "the CA's name is too long");
	memcpy(to, p, *len);
	return ERR_OK;
}

static int
take_names(struct lsc_issuer *i, const struct cert *ca, struct err *e)
{
	const X509_NAME *n = X509_get_subject_name(cert_x509(ca));
	uint8_t buf[NAME_MAX_LEN];
	struct der_out d = der_out(buf, sizeof(buf));
	int ret = ERR_OK, len = i2d_X509_NAME(n, &i->name);

	if (len <= 0)
		return ossl_err(e, ERR_CRYPTO, "issuer's name");
	i->namelen = (size_t)len;
	if (i->namelen > NAME_MAX_LEN)
		return err_set(e, ERR_ARG, "the CA's name is too long");
	for (int k = X509_NAME_entry_count(n) - 1; k >= 0 && ret == ERR_OK;
	    k--)
		if (is_inherited(X509_NAME_get_entry(n, k)))
			ret = put_rdn(&d, X509_NAME_get_entry(n, k), e);
	return ret != ERR_OK ? ret : keep(&d, i->tail, sizeof(i->tail),
	    &i->taillen, e);
}

/* Extension: oid, not critical, around what was written since mark. */
static void
wrap_extension(struct der_out *d, const uint8_t oid[3], size_t mark)
{
	der_wrap(d, DER_OCTETS, mark);
	der_value(d, DER_OID, oid, 3);
	der_wrap(d, DER_SEQUENCE, mark);
}

/* A CA without a key identifier gives none to others. */
static int
take_aki(struct lsc_issuer *i, const struct cert *ca, struct err *e)
{
	uint8_t buf[EXTS_MAX_LEN];
	struct der_out d = der_out(buf, sizeof(buf));
	size_t len, mark = der_mark(&d);
	const uint8_t *ski = cert_ski(ca, &len);

	if (ski == NULL)
		return ERR_OK;
	der_value(&d, DER_CONTEXT + 0, ski, len);
	der_wrap(&d, DER_SEQUENCE, mark);
	wrap_extension(&d, oid_aki, mark);
	return keep(&d, i->aki, sizeof(i->aki), &i->akilen, e);
}

static int
fill_issuer(struct lsc_issuer *i, const struct cert *ca, struct signer *s,
    struct err *e)
{
	char missing[CERT_USE_TEXT_MAX];
	int ret;

	if (cert_use_missing(ca, CERT_USE_CA, missing) != 0)
		return err_set(e, ERR_ARG, "the certificate of CAPF cannot "
		    "issue others: it lacks %s", missing);
	if (cert_key_type(ca) == KEY_OTHER)
		return err_set(e, ERR_ARG, "the certificate of CAPF has a "
		    "kind of key that does not sign here");
	i->signer = s;
	i->rsa = key_type_is_rsa(cert_key_type(ca));
	i->not_before = cert_not_before(ca);
	i->not_after = cert_not_after(ca);
	cert_key_id(ca, i->key_id);
	if ((ret = take_names(i, ca, e)) != ERR_OK)
		return ret;
	return take_aki(i, ca, e);
}

struct lsc_issuer *
lsc_issuer_new(const struct cert *ca, struct signer *s, struct err *e)
{
	struct lsc_issuer *i = calloc(1, sizeof(*i));

	if (i == NULL) {
		(void)err_set(e, ERR_NOMEM, "issuer of certificates");
		return NULL;
	}
	if (fill_issuer(i, ca, s, e) != ERR_OK) {
		lsc_issuer_free(i);
		return NULL;
	}
	return i;
}

void
lsc_issuer_free(struct lsc_issuer *i)
{
	if (i == NULL)
		return;
	OPENSSL_free(i->name);
	free(i);
}

/* --- what certificates and requests share --- */

/* The name goes where only plain letters may stand. */
int
lsc_device_check(const char *device, struct err *e)
{
	size_t len = strlen(device);

	for (const char *p = device; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return err_set(e, ERR_ARG, "a device name that no "
			    "certificate can hold");
	return len >= 1 && len <= LSC_DEVICE_MAX ? ERR_OK : err_set(e, ERR_ARG,
	    "a device name of %zu characters: certificates hold 1 to %d", len,
	    LSC_DEVICE_MAX);
}

static void
put_subject(struct der_out *d, const struct lsc_issuer *i,
    const char *device)
{
	size_t mark = der_mark(d), cn;

	der_put(d, i->tail, i->taillen);
	cn = der_mark(d);
	der_value(d, DER_UTF8, device, strlen(device));
	der_value(d, DER_OID, oid_cn, sizeof(oid_cn));
	der_wrap(d, DER_SEQUENCE, cn);
	der_wrap(d, DER_SET, cn);
	der_wrap(d, DER_SEQUENCE, mark);
}

/* URI, bare text: so the phones' own server does. */
static void
put_san(struct der_out *d, const char *device)
{
	size_t mark = der_mark(d);

	der_value(d, DER_CONTEXT + 6, device, strlen(device));
	der_wrap(d, DER_SEQUENCE, mark);
	wrap_extension(d, oid_san, mark);
}

static void
put_ski(struct der_out *d, const struct lsc_key *k)
{
	size_t mark = der_mark(d);

	der_value(d, DER_OCTETS, k->ski, sizeof(k->ski));
	wrap_extension(d, oid_ski, mark);
}

static void
put_alg(struct der_out *d, const struct lsc_issuer *i)
{
	if (i->rsa)
		der_put(d, alg_rsa, sizeof(alg_rsa));
	else
		der_put(d, alg_ec, sizeof(alg_ec));
}

/* Both kinds are a sequence of what is signed, how, and the signature.  d
 * holds what is signed. */
static int
sign(struct der_out *d, const struct lsc_issuer *i, uint8_t **der,
    size_t *len, struct err *e)
{
	uint8_t hash[DIGEST_SHA256_LEN], sig[KEY_SIG_MAX];
	uint8_t buf[CERT_DER_MAX];
	struct der_out all = der_out(buf, sizeof(buf));
	size_t n, siglen, mark = der_mark(&all);
	const uint8_t *p = der_out_get(d, &n);
	int ret;

	if (p == NULL)
		return err_set(e, ERR_ARG, "does not fit into a certificate");
	if ((ret = digest_buf(DIGEST_SHA256, p, n, hash, e)) != ERR_OK ||
	    (ret = sign_digest(i->signer, i->key_id, DIGEST_SHA256, i->rsa ?
	    KEY_PAD_PKCS1 : KEY_PAD_ECDSA, hash, sizeof(hash), sig, &siglen,
	    e)) != ERR_OK)
		return ret;
	der_bits(&all, sig, siglen);
	put_alg(&all, i);
	der_put(&all, p, n);
	der_wrap(&all, DER_SEQUENCE, mark);
	if ((p = der_out_get(&all, &n)) == NULL)
		return err_set(e, ERR_ARG, "does not fit into a certificate");
	if ((*der = malloc(n)) == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	memcpy(*der, p, n);
	*len = n;
	return ERR_OK;
}

/* --- the certificate --- */

static void
put_serial(struct der_out *d, const uint8_t serial[16])
{
	static const uint8_t one = 1;

	for (size_t i = 0; i < 16; i++)
		if (serial[i] != 0) {
			der_unsigned(d, serial, 16);
			return;
		}
	der_unsigned(d, &one, 1);	/* trust lists cannot carry zero */
}

static void
put_tbs(struct der_out *d, const struct lsc_issuer *i,
    const struct lsc_spec *s, const struct lsc_key *k, int64_t from,
    int64_t to)
{
	size_t mark = der_mark(d), validity;

	der_put(d, i->aki, i->akilen);
	put_ski(d, k);
	put_san(d, s->device);
	der_put(d, usages, sizeof(usages));
	der_wrap(d, DER_SEQUENCE, mark);
	der_wrap(d, DER_EXPLICIT + 3, mark);
	der_put(d, k->spki, k->len);
	put_subject(d, i, s->device);
	validity = der_mark(d);
	der_time(d, to);
	der_time(d, from);
	der_wrap(d, DER_SEQUENCE, validity);
	der_put(d, i->name, i->namelen);
	put_alg(d, i);
	put_serial(d, s->serial);
	der_put(d, version3, sizeof(version3));
	der_wrap(d, DER_SEQUENCE, mark);
}

int
lsc_issue(struct lsc_issuer *i, const struct lsc_spec *s,
    const struct lsc_key *k, uint8_t **der, size_t *len, struct err *e)
{
	uint8_t buf[CERT_DER_MAX];
	struct der_out d = der_out(buf, sizeof(buf));
	int64_t from = s->not_before > i->not_before ? s->not_before :
	    i->not_before;
	int64_t to = s->not_after < i->not_after ? s->not_after :
	    i->not_after;
	int ret;

	*der = NULL;
	*len = 0;
	if ((ret = lsc_device_check(s->device, e)) != ERR_OK)
		return ret;
	if (from >= to)
		return err_set(e, ERR_REFUSED, "the certificate of CAPF has "
		    "ended or ends too soon to issue others: renew it with "
		    "\"set cert regen CAPF\"");
	put_tbs(&d, i, s, k, from, to);
	return sign(&d, i, der, len, e);
}

/* --- the request --- */

int
lsc_request(struct lsc_issuer *ra, const char *device,
    const struct lsc_key *k, uint8_t **der, size_t *len, struct err *e)
{
	uint8_t buf[CERT_DER_MAX];
	struct der_out d = der_out(buf, sizeof(buf));
	size_t mark = der_mark(&d);
	int ret;

	*der = NULL;
	*len = 0;
	if ((ret = lsc_device_check(device, e)) != ERR_OK)
		return ret;
	put_san(&d, device);
	der_put(&d, usages, sizeof(usages));
	der_wrap(&d, DER_SEQUENCE, mark);
	der_wrap(&d, DER_SET, mark);
	der_value(&d, DER_OID, oid_extension_request,
	    sizeof(oid_extension_request));
	der_wrap(&d, DER_SEQUENCE, mark);
	der_wrap(&d, DER_EXPLICIT + 0, mark);
	der_put(&d, k->spki, k->len);
	put_subject(&d, ra, device);
	der_put(&d, version_request, sizeof(version_request));
	der_wrap(&d, DER_SEQUENCE, mark);
	return sign(&d, ra, der, len, e);
}
