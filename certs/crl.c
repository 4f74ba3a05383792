/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Revocation lists, see crl.h.  Their serial numbers are taken out and sorted
 * once; OpenSSL's form, ten times as large, lives only while one is read or
 * its signature checked.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/crl.h"
#include "certs/internal.h"

#define SERIAL_MAX	30	/* RFC 5280 has 20; longer ones are met */

struct entry {
	uint8_t	 negative;
	uint8_t	 len;
	uint8_t	 serial[SERIAL_MAX];	/* magnitude, zeroes behind */
	int64_t	 since;
};

struct crl {
	atomic_uint	 refs;
	uint8_t		*der;
	size_t		 derlen;
	uint8_t		 sha256[DIGEST_SHA256_LEN];
	char		*issuer;
	uint8_t		*key_id;
	size_t		 key_idlen;
	int64_t		 this_update, next_update;
	struct entry	*entry;		/* sorted */
	size_t		 n;
};

static int
unix_time(const ASN1_TIME *t, int64_t *s, struct err *e)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return ossl_err(e, ERR_PROTO, "date in the revocation list");
	*s = timegm(&tm);
	return ERR_OK;
}

static int
entry_cmp(const void *a, const void *b)
{
	/* Everything before since. */
	return memcmp(a, b, offsetof(struct entry, since));
}

static bool
entry_set(struct entry *x, const ASN1_INTEGER *n)
{
	const uint8_t *p = ASN1_STRING_get0_data(n);
	size_t len = (size_t)ASN1_STRING_length(n);

	while (len > 0 && *p == 0) {
		p++;
		len--;
	}
	*x = (struct entry){
		.negative = ASN1_STRING_type(n) == V_ASN1_NEG_INTEGER,
		.len = (uint8_t)len,
	};
	if (len > SERIAL_MAX)
		return false;
	if (len > 0)
		memcpy(x->serial, p, len);
	return true;
}

/* Of what is marked critical, what we understand (RFC 5280 section 5.2). */
static int
check_extensions(const STACK_OF(X509_EXTENSION) *exts, const int *known,
    struct err *e)
{
	for (int i = 0; i < sk_X509_EXTENSION_num(exts); i++) {
		X509_EXTENSION *x = sk_X509_EXTENSION_value(exts, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));
		const int *k = known;

		if (nid == NID_delta_crl)
			return err_set(e, ERR_ARG, "a delta revocation list: "
			    "ask the CA for a full one");
		while (*k != NID_undef && *k != nid)
			k++;
		if (*k == NID_undef && X509_EXTENSION_get_critical(x))
			return err_set(e, ERR_ARG, "the revocation list has a "
			    "critical extension that is not understood here "
			    "(%s)", OBJ_nid2ln(nid));
	}
	return ERR_OK;
}

static int
check_scope(X509_CRL *x, struct err *e)
{
	static const int known[] = { NID_issuing_distribution_point,
	    NID_authority_key_identifier, NID_crl_number, NID_undef };
	ISSUING_DIST_POINT *idp;
	int ret, crit;

	ret = check_extensions(X509_CRL_get0_extensions(x), known, e);
	if (ret != ERR_OK)
		return ret;
	idp = X509_CRL_get_ext_d2i(x, NID_issuing_distribution_point, &crit,
	    NULL);
	if (idp == NULL && crit != -1)
		ret = ossl_err(e, ERR_PROTO, "scope of the revocation list");
	else if (idp != NULL && (idp->indirectCRL > 0 || idp->onlyattr > 0 ||
	    idp->onlysomereasons != NULL))
		ret = err_set(e, ERR_ARG, "a revocation list for other CAs' "
		    "certificates, for attributes or for some reasons only: "
		    "ask the CA for a full one");
	ISSUING_DIST_POINT_free(idp);
	ERR_clear_error();
	return ret;
}

static int
fill_entries(struct crl *c, X509_CRL *x, struct err *e)
{
	static const int known[] = { NID_crl_reason, NID_invalidity_date,
	    NID_hold_instruction_code, NID_undef };
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(x);
	int n = sk_X509_REVOKED_num(all), ret;

	if (n <= 0)
		return ERR_OK;
	if ((c->entry = calloc((size_t)n, sizeof(*c->entry))) == NULL)
		return err_set(e, ERR_NOMEM, "revocation list");
	for (int i = 0; i < n; i++) {
		const X509_REVOKED *r = sk_X509_REVOKED_value(all, i);
		struct entry *en = &c->entry[c->n];

		if (!entry_set(en, X509_REVOKED_get0_serialNumber(r)))
			return err_set(e, ERR_LIMIT, "a serial number of more "
			    "than %d bytes in the revocation list",
			    SERIAL_MAX);
		if ((ret = unix_time(X509_REVOKED_get0_revocationDate(r),
		    &en->since, e)) != ERR_OK ||
		    (ret = check_extensions(X509_REVOKED_get0_extensions(r),
		    known, e)) != ERR_OK)
			return ret;
		c->n++;
	}
	qsort(c->entry, c->n, sizeof(*c->entry), entry_cmp);
	return ERR_OK;
}

static int
fill_key_id(struct crl *c, X509_CRL *x, struct err *e)
{
	AUTHORITY_KEYID *aki = X509_CRL_get_ext_d2i(x,
	    NID_authority_key_identifier, NULL, NULL);
	int ret = ERR_OK;

	if (aki != NULL && aki->keyid != NULL) {
		c->key_idlen = (size_t)ASN1_STRING_length(aki->keyid);
		c->key_id = malloc(c->key_idlen + 1);
		if (c->key_id != NULL)
			memcpy(c->key_id, ASN1_STRING_get0_data(aki->keyid),
			    c->key_idlen);
		else
			ret = err_set(e, ERR_NOMEM, "revocation list");
	}
	AUTHORITY_KEYID_free(aki);
	ERR_clear_error();
	return ret;
}

static int
fill(struct crl *c, X509_CRL *x, struct err *e)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(x);
	int ret;

	if ((ret = check_scope(x, e)) != ERR_OK ||
	    (ret = unix_time(X509_CRL_get0_lastUpdate(x), &c->this_update,
	    e)) != ERR_OK ||
	    (next != NULL && (ret = unix_time(next, &c->next_update, e)) !=
	    ERR_OK) ||
	    (ret = fill_key_id(c, x, e)) != ERR_OK ||
	    (ret = fill_entries(c, x, e)) != ERR_OK)
		return ret;
	c->issuer = cert_name_text(X509_CRL_get_issuer(x),
	    CERT_NAME_SEMICOLON, e);
	if (c->issuer == NULL)
		return e != NULL ? e->code : ERR_PROTO;
	return digest_buf(DIGEST_SHA256, c->der, c->derlen, c->sha256, e);
}

struct crl *
crl_from_der(const uint8_t *buf, size_t len, struct err *e)
{
	const uint8_t *p = buf;
	struct crl *c = NULL, *ret = NULL;
	X509_CRL *x = NULL;

	if (len > CRL_DER_MAX) {
		(void)err_set(e, ERR_LIMIT, "revocation list of %zu bytes, %d "
		    "is the most", len, CRL_DER_MAX);
		return NULL;
	}
	x = d2i_X509_CRL(NULL, &p, (long)len);
	if (x == NULL || p != buf + len) {
		ERR_clear_error();
		(void)err_set(e, ERR_PROTO, "not exactly one DER revocation "
		    "list");
		goto out;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->der = malloc(len)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "revocation list");
		goto out;
	}
	atomic_init(&c->refs, 1);
	memcpy(c->der, buf, len);
	c->derlen = len;
	if (fill(c, x, e) != ERR_OK)
		goto out;
	ret = c;
	c = NULL;		/* now the caller's */
out:
	crl_free(c);
	X509_CRL_free(x);
	return ret;
}

struct crl *
crl_ref(struct crl *c)
{
	(void)atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void
crl_free(struct crl *c)
{
	if (c == NULL || atomic_fetch_sub_explicit(&c->refs, 1,
	    memory_order_acq_rel) > 1)
		return;
	free(c->der);
	free(c->issuer);
	free(c->key_id);
	free(c->entry);
	free(c);
}

const uint8_t *
crl_der(const struct crl *c, size_t *len)
{
	*len = c->derlen;
	return c->der;
}

const char *
crl_issuer(const struct crl *c)
{
	return c->issuer;
}

const uint8_t *
crl_key_id(const struct crl *c, size_t *len)
{
	*len = c->key_idlen;
	return c->key_id;
}

void
crl_sha256(const struct crl *c, uint8_t out[DIGEST_SHA256_LEN])
{
	memcpy(out, c->sha256, sizeof(c->sha256));
}

size_t
crl_count(const struct crl *c)
{
	return c->n;
}

int64_t
crl_this_update(const struct crl *c)
{
	return c->this_update;
}

int64_t
crl_next_update(const struct crl *c)
{
	return c->next_update;
}

/* Name, key identifier, usage: what needs no arithmetic. */
static int
check_issuer(const struct crl *c, X509_CRL *x, const struct cert *issuer,
    struct err *e)
{
	X509 *by = cert_x509(issuer);
	uint32_t usage = X509_get_key_usage(by);
	const uint8_t *ski;
	size_t len;

	if (X509_NAME_cmp(X509_CRL_get_issuer(x),
	    X509_get_subject_name(by)) != 0)
		return err_set(e, ERR_VERIFY, "the revocation list is of "
		    "another CA");
	ski = cert_ski(issuer, &len);
	if (c->key_idlen > 0 && len > 0 && (len != c->key_idlen ||
	    memcmp(ski, c->key_id, len) != 0))
		return err_set(e, ERR_VERIFY, "the revocation list names "
		    "another key of the CA");
	if (usage != UINT32_MAX && (usage & KU_CRL_SIGN) == 0)
		return err_set(e, ERR_VERIFY, "the CA may not sign revocation "
		    "lists");
	return ERR_OK;
}

int
crl_verify(const struct crl *c, const struct cert *issuer, struct err *e)
{
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(issuer));
	const uint8_t *p = c->der;
	X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)c->derlen);
	int md = NID_undef, ret;

	if (x == NULL)
		return ossl_err(e, ERR_NOMEM, "revocation list");
	(void)OBJ_find_sigid_algs(X509_CRL_get_signature_nid(x), &md, NULL);
	if ((ret = check_issuer(c, x, issuer, e)) != ERR_OK)
		;
	else if (md == NID_md5)
		ret = err_set(e, ERR_VERIFY, "the revocation list is signed "
		    "with MD5");
	else if (key == NULL || X509_CRL_verify(x, key) != 1)
		ret = err_set(e, ERR_VERIFY, "the CA has not signed this "
		    "revocation list");
	X509_CRL_free(x);
	ERR_clear_error();
	return ret;
}

bool
crl_lists(const struct crl *c, const struct cert *cert, int64_t *since)
{
	const struct entry *found;
	struct entry x;

	if (!entry_set(&x, X509_get0_serialNumber(cert_x509(cert))) ||
	    c->n == 0)
		return false;
	found = bsearch(&x, c->entry, c->n, sizeof(x), entry_cmp);
	if (found != NULL && since != NULL)
		*since = found->since;
	return found != NULL;
}
