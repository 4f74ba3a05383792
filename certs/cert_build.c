/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Self-signed certificates, see cert.h.  The profile is RFC 5280's.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "certs/internal.h"

/* 1950 and 9999: what UTCTime and GeneralizedTime together can say. */
#define TIME_MIN	INT64_C(-631152000)
#define TIME_MAX	INT64_C(253402300799)

#define SAN_TEXT_MAX	253	/* of a DNS name, RFC 1035 */

static int
set_serial(X509 *x, const struct cert_spec *s, struct err *e)
{
	uint8_t n[sizeof(s->serial)];
	BIGNUM *bn;
	int ret = ERR_OK;

	if (s->seriallen == 0 || s->seriallen > sizeof(n))
		return err_set(e, ERR_ARG, "serial number of %zu bytes, "
		    "expected 1 to %zu", s->seriallen, sizeof(n));
	memcpy(n, s->serial, s->seriallen);
	/* Positive within 20 octets of DER: RFC 5280 section 4.1.2.2. */
	n[0] &= 0x7f;
	if ((bn = BN_bin2bn(n, (int)s->seriallen, NULL)) == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	if (BN_is_zero(bn))
		ret = err_set(e, ERR_ARG, "serial number zero: trust lists "
		    "cannot carry it");
	else if (BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) == NULL)
		ret = ossl_err(e, ERR_CRYPTO, "serial number");
	BN_free(bn);
	return ret;
}

static int
add_name(X509_NAME *n, int nid, const char *value, struct err *e)
{
	size_t len;

	if (value == NULL)
		return ERR_OK;
	len = strlen(value);
	if (len == 0 || len > INT_MAX || !str_is_utf8(value, len) ||
	    X509_NAME_add_entry_by_NID(n, nid, MBSTRING_UTF8,
	    (const unsigned char *)value, (int)len, -1, 0) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_ARG, "\"%s\" cannot be the %s of a "
		    "certificate (empty, too long, or letters that it may "
		    "not have)", value, OBJ_nid2ln(nid));
	}
	return ERR_OK;
}

static int
set_names(X509 *x, const struct cert_spec *s, struct err *e)
{
	const struct {
		int		 nid;
		const char	*value;
	} parts[] = {
		{ NID_commonName,		s->cn },
		{ NID_organizationName,		s->o },
		{ NID_organizationalUnitName,	s->ou },
		{ NID_localityName,		s->l },
		{ NID_stateOrProvinceName,	s->st },
		{ NID_countryName,		s->c },
		{ NID_serialNumber,		s->serial_number },
	};
	X509_NAME *n = X509_get_subject_name(x);
	int ret;

	if (s->cn == NULL)
		return err_set(e, ERR_ARG, "a certificate needs a CN");
	for (size_t i = 0; i < N_OF(parts); i++)
		if ((ret = add_name(n, parts[i].nid, parts[i].value, e)) !=
		    ERR_OK)
			return ret;
	if (X509_set_issuer_name(x, n) != 1)
		return ossl_err(e, ERR_CRYPTO, "issuer name");
	return ERR_OK;
}

static int
set_dates(X509 *x, const struct cert_spec *s, struct err *e)
{
	if (s->not_before < TIME_MIN || s->not_after > TIME_MAX ||
	    s->not_before > s->not_after)
		return err_set(e, ERR_ARG, "the certificate would end before "
		    "it begins, or lie outside the years 1950 to 9999");
	/* UTCTime through 2049, then GeneralizedTime. */
	if (ASN1_TIME_set(X509_getm_notBefore(x), (time_t)s->not_before) ==
	    NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)s->not_after) ==
	    NULL)
		return ossl_err(e, ERR_CRYPTO, "validity");
	return ERR_OK;
}

/* Takes nothing over; value NULL means that making it failed. */
static int
add_ext(X509 *x, int nid, bool critical, void *value, struct err *e)
{
	if (value == NULL || X509_add1_ext_i2d(x, nid, value, critical,
	    X509V3_ADD_DEFAULT) != 1)
		return ossl_err(e, ERR_CRYPTO, OBJ_nid2ln(nid));
	return ERR_OK;
}

static int
add_constraints(X509 *x, const struct cert_spec *s, struct err *e)
{
	bool ca = (s->usage & CERT_USE_CA) != 0;
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	int ret;

	if (bc != NULL && ca) {
		bc->ca = 0xff;
		if (s->pathlen >= 0 &&
		    ((bc->pathlen = ASN1_INTEGER_new()) == NULL ||
		    ASN1_INTEGER_set(bc->pathlen, s->pathlen) != 1)) {
			BASIC_CONSTRAINTS_free(bc);
			bc = NULL;
		}
	}
	ret = add_ext(x, NID_basic_constraints, ca, bc, e);
	BASIC_CONSTRAINTS_free(bc);
	return ret;
}

/* Bits of RFC 5280 section 4.2.1.3, counted from 0 as there. */
enum key_usage_bit {
	KU_BIT_SIGN		= 0,
	KU_BIT_KEY_ENCIPHER	= 2,
	KU_BIT_DATA_ENCIPHER	= 3,
	KU_BIT_KEY_AGREE	= 4,
	KU_BIT_CERT_SIGN	= 5,
	KU_BIT_CRL_SIGN		= 6,
};
#define KU(b)	(1u << (b))

static unsigned
key_usage(unsigned usage, bool rsa)
{
	unsigned ku = 0;

	/* TLS since 1.2 signs in every handshake. */
	if (usage & (CERT_USE_SIGN | CERT_USE_TLS_SERVER |
	    CERT_USE_TLS_CLIENT))
		ku |= KU(KU_BIT_SIGN);
	/* EC keys agree on keys, they do not encipher: RFC 5480 section 3. */
	if (usage & CERT_USE_ENCIPHER)
		ku |= rsa ? KU(KU_BIT_KEY_ENCIPHER) | KU(KU_BIT_DATA_ENCIPHER) :
		    KU(KU_BIT_KEY_AGREE);
	if (usage & CERT_USE_CA)
		ku |= KU(KU_BIT_CERT_SIGN) | KU(KU_BIT_CRL_SIGN);
	return ku;
}

static int
add_key_usage(X509 *x, const struct cert_spec *s, const struct key *k,
    struct err *e)
{
	unsigned ku = key_usage(s->usage, key_type_is_rsa(key_type(k)));
	ASN1_BIT_STRING *bits;
	bool ok = true;
	int ret;

	if (ku == 0)
		return err_set(e, ERR_ARG, "a certificate without any use");
	bits = ASN1_BIT_STRING_new();
	for (int b = KU_BIT_SIGN; bits != NULL && b <= KU_BIT_CRL_SIGN; b++)
		if (ku & KU(b))
			ok &= ASN1_BIT_STRING_set_bit(bits, b, 1) == 1;
	ret = add_ext(x, NID_key_usage, true, ok ? bits : NULL, e);
	ASN1_BIT_STRING_free(bits);
	return ret;
}

static int
add_extended_usage(X509 *x, const struct cert_spec *s, struct err *e)
{
	static const struct {
		unsigned	use;
		int		nid;
	} uses[] = {
		{ CERT_USE_TLS_SERVER,	NID_server_auth },
		{ CERT_USE_TLS_CLIENT,	NID_client_auth },
	};
	EXTENDED_KEY_USAGE *eku;
	bool ok = true;
	int ret;

	if ((s->usage & (CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT)) == 0)
		return ERR_OK;
	eku = sk_ASN1_OBJECT_new_null();
	for (size_t i = 0; eku != NULL && i < N_OF(uses); i++)
		if (s->usage & uses[i].use)
			ok &= sk_ASN1_OBJECT_push(eku,
			    OBJ_nid2obj(uses[i].nid)) > 0;
	ret = add_ext(x, NID_ext_key_usage, false, ok ? eku : NULL, e);
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	return ret;
}

/* SHA-1 of the key's bits: RFC 5280 section 4.2.1.2, method 1. */
static int
add_key_ids(X509 *x, struct err *e)
{
	AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned len;
	int ret;

	if (akid == NULL || id == NULL ||
	    X509_pubkey_digest(x, EVP_sha1(), md, &len) != 1 ||
	    ASN1_OCTET_STRING_set(id, md, (int)len) != 1) {
		ret = ossl_err(e, ERR_CRYPTO, "key identifier");
		goto out;
	}
	ret = add_ext(x, NID_subject_key_identifier, false, id, e);
	if (ret != ERR_OK)
		goto out;
	akid->keyid = id;
	id = NULL;		/* now akid's */
	ret = add_ext(x, NID_authority_key_identifier, false, akid, e);
out:
	ASN1_OCTET_STRING_free(id);
	AUTHORITY_KEYID_free(akid);
	return ret;
}

/* NULL when san is no DNS name or address. */
static GENERAL_NAME *
san_name(const struct cert_san *san)
{
	uint8_t ip[sizeof(struct in6_addr)];
	const void *val = san->text;
	int len = (int)strnlen(san->text, SAN_TEXT_MAX + 1);
	ASN1_STRING *str;
	GENERAL_NAME *gn;

	if (san->is_ip) {
		val = ip;
		len = inet_pton(AF_INET, san->text, ip) == 1 ? 4 :
		    inet_pton(AF_INET6, san->text, ip) == 1 ? 16 : 0;
	} else {
		for (const char *p = san->text; *p != '\0'; p++)
			if (*p <= ' ' || *p > '~')
				return NULL;
	}
	if (len == 0 || len > SAN_TEXT_MAX)
		return NULL;
	str = san->is_ip ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	gn = GENERAL_NAME_new();
	if (str == NULL || gn == NULL || ASN1_STRING_set(str, val, len) != 1) {
		ASN1_STRING_free(str);
		GENERAL_NAME_free(gn);
		return NULL;
	}
	GENERAL_NAME_set0_value(gn, san->is_ip ? GEN_IPADD : GEN_DNS, str);
	return gn;
}

static int
add_san(X509 *x, const struct cert_spec *s, struct err *e)
{
	GENERAL_NAMES *names;
	int ret = ERR_OK;

	if (s->nsan == 0)
		return ERR_OK;
	if ((names = sk_GENERAL_NAME_new_null()) == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	for (size_t i = 0; i < s->nsan; i++) {
		GENERAL_NAME *gn = san_name(&s->san[i]);

		if (gn == NULL || sk_GENERAL_NAME_push(names, gn) <= 0) {
			GENERAL_NAME_free(gn);
			ret = err_set(e, ERR_ARG, "\"%s\" is no %s",
			    s->san[i].text, s->san[i].is_ip ? "IP address" :
			    "DNS name");
			goto out;
		}
	}
	ret = add_ext(x, NID_subject_alt_name, false, names, e);
out:
	GENERAL_NAMES_free(names);
	return ret;
}

static int
add_extensions(X509 *x, const struct cert_spec *s, const struct key *k,
    struct err *e)
{
	int ret;

	if ((ret = add_constraints(x, s, e)) != ERR_OK ||
	    (ret = add_key_usage(x, s, k, e)) != ERR_OK ||
	    (ret = add_extended_usage(x, s, e)) != ERR_OK ||
	    (ret = add_key_ids(x, e)) != ERR_OK)
		return ret;
	return add_san(x, s, e);
}

int
cert_fill_body(X509 *x, const struct cert_spec *s, const struct key *k,
    struct err *e)
{
	int ret;

	if (s->hash != DIGEST_SHA256 && s->hash != DIGEST_SHA384 &&
	    s->hash != DIGEST_SHA512)
		return err_set(e, ERR_ARG, "certificates are signed with "
		    "SHA-256 or above, not %s", digest_name(s->hash));
	if (X509_set_version(x, X509_VERSION_3) != 1 ||
	    X509_set_pubkey(x, key_pkey(k)) != 1)
		return ossl_err(e, ERR_CRYPTO, "certificate");
	if ((ret = set_names(x, s, e)) != ERR_OK)
		return ret;
	return add_extensions(x, s, k, e);
}

static int
fill(X509 *x, const struct cert_spec *s, const struct key *k, struct err *e)
{
	int ret;

	if ((ret = set_serial(x, s, e)) != ERR_OK ||
	    (ret = set_dates(x, s, e)) != ERR_OK ||
	    (ret = cert_fill_body(x, s, k, e)) != ERR_OK)
		return ret;
	if (X509_sign(x, key_pkey(k), ossl_sign_md(s->hash)) == 0)
		return ossl_err(e, ERR_CRYPTO, "signing the certificate");
	return ERR_OK;
}

struct cert *
cert_self_sign(const struct cert_spec *s, const struct key *k, struct err *e)
{
	X509 *x = X509_new();
	struct cert *c = NULL;
	uint8_t *der = NULL;
	int len;

	if (x == NULL) {
		(void)err_set(e, ERR_NOMEM, "certificate");
		return NULL;
	}
	if (fill(x, s, k, e) != ERR_OK)
		goto out;
	if ((len = i2d_X509(x, &der)) <= 0) {
		(void)ossl_err(e, ERR_CRYPTO, "certificate to DER");
		goto out;
	}
	c = cert_from_der(der, (size_t)len, e);
out:
	OPENSSL_free(der);
	X509_free(x);
	return c;
}
