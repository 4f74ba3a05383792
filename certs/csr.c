/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificate signing requests, see csr.h.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/csr.h"
#include "certs/internal.h"

struct csr {
	X509_REQ	*req;
	uint8_t		*der;		/* as it came */
	size_t		 len;
};

struct csr *
csr_from_der(const uint8_t *buf, size_t len, struct err *e)
{
	const uint8_t *p = buf;
	struct csr *c, *ret = NULL;

	if (len > CERT_DER_MAX) {
		(void)err_set(e, ERR_LIMIT, "signing request of %zu bytes, %d "
		    "is the most", len, CERT_DER_MAX);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->der = malloc(len > 0 ? len : 1)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "signing request");
		goto out;
	}
	c->req = d2i_X509_REQ(NULL, &p, (long)len);
	ERR_clear_error();
	if (c->req == NULL || p != buf + len) {
		(void)err_set(e, ERR_PROTO, "not exactly one DER signing "
		    "request");
		goto out;
	}
	memcpy(c->der, buf, len);
	c->len = len;
	ret = c;
	c = NULL;
out:
	csr_free(c);
	return ret;
}

void
csr_free(struct csr *c)
{
	if (c == NULL)
		return;
	X509_REQ_free(c->req);
	free(c->der);
	free(c);
}

X509_REQ *
csr_req(const struct csr *c)
{
	return c->req;
}

/* --- making --- */

/* What the authority decides is not asked for. */
static bool
is_asked_for(const X509_EXTENSION *ext, bool ca)
{
	switch (OBJ_obj2nid(X509_EXTENSION_get_object(
	    (X509_EXTENSION *)(uintptr_t)ext))) {
	case NID_subject_key_identifier:
	case NID_authority_key_identifier:
		return false;
	case NID_basic_constraints:
		return ca;
	}
	return true;
}

static int
add_wishes(X509_REQ *req, const X509 *x, bool ca, struct err *e)
{
	const STACK_OF(X509_EXTENSION) *all = X509_get0_extensions(x);
	STACK_OF(X509_EXTENSION) *wish = sk_X509_EXTENSION_new_null();
	bool ok = wish != NULL;

	for (int i = 0; ok && i < sk_X509_EXTENSION_num(all); i++) {
		X509_EXTENSION *ext = sk_X509_EXTENSION_value(all, i);

		if (is_asked_for(ext, ca))
			ok = sk_X509_EXTENSION_push(wish, ext) > 0;
	}
	ok = ok && X509_REQ_add_extensions(req, wish) == 1;
	sk_X509_EXTENSION_free(wish);	/* the extensions are x's */
	return ok ? ERR_OK : ossl_err(e, ERR_CRYPTO, "signing request");
}

static int
fill(X509_REQ *req, X509 *x, const struct cert_spec *s, const struct key *k,
    struct err *e)
{
	int ret;

	if ((ret = cert_fill_body(x, s, k, e)) != ERR_OK)
		return ret;
	if (X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_subject_name(req, X509_get_subject_name(x)) != 1 ||
	    X509_REQ_set_pubkey(req, key_pkey(k)) != 1)
		return ossl_err(e, ERR_CRYPTO, "signing request");
	if ((ret = add_wishes(req, x, (s->usage & CERT_USE_CA) != 0, e)) !=
	    ERR_OK)
		return ret;
	if (X509_REQ_sign(req, key_pkey(k), ossl_sign_md(s->hash)) == 0)
		return ossl_err(e, ERR_CRYPTO, "signing the request");
	return ERR_OK;
}

struct csr *
csr_make(const struct cert_spec *s, const struct key *k, struct err *e)
{
	X509_REQ *req = X509_REQ_new();
	X509 *x = X509_new();
	struct csr *c = NULL;
	uint8_t *der = NULL;
	int len;

	if (req == NULL || x == NULL) {
		(void)err_set(e, ERR_NOMEM, "signing request");
		goto out;
	}
	if (fill(req, x, s, k, e) != ERR_OK)
		goto out;
	if ((len = i2d_X509_REQ(req, &der)) <= 0)
		(void)ossl_err(e, ERR_CRYPTO, "signing request to DER");
	else
		c = csr_from_der(der, (size_t)len, e);
out:
	OPENSSL_free(der);
	X509_free(x);
	X509_REQ_free(req);
	return c;
}

/* --- reading --- */

int
csr_verify(const struct csr *c, struct err *e)
{
	EVP_PKEY *pkey = X509_REQ_get0_pubkey(c->req);
	bool ok = pkey != NULL && X509_REQ_verify(c->req, pkey) == 1;

	ERR_clear_error();
	return ok ? ERR_OK : err_set(e, ERR_VERIFY, "the signing request is "
	    "not signed with its own key: it is damaged or changed");
}

bool
csr_same(const struct csr *a, const struct csr *b)
{
	return a->len == b->len && memcmp(a->der, b->der, a->len) == 0;
}

const uint8_t *
csr_der(const struct csr *c, size_t *len)
{
	*len = c->len;
	return c->der;
}

char *
csr_to_pem(const struct csr *c, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return ossl_bio_take(bio, bio != NULL && PEM_write_bio(bio,
	    "CERTIFICATE REQUEST", "", c->der, (long)c->len) > 0, e);
}

char *
csr_text(const struct csr *c, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return ossl_bio_take(bio, bio != NULL && X509_REQ_print_ex(bio, c->req,
	    XN_FLAG_ONELINE, 0) == 1, e);
}

char *
csr_subject(const struct csr *c, enum cert_name_style s, struct err *e)
{
	return cert_name_text(X509_REQ_get_subject_name(c->req), s, e);
}

char *
csr_cn(const struct csr *c, struct err *e)
{
	return cert_name_last(X509_REQ_get_subject_name(c->req),
	    NID_commonName, e);
}

char *
csr_country(const struct csr *c, struct err *e)
{
	return cert_name_last(X509_REQ_get_subject_name(c->req),
	    NID_countryName, e);
}

bool
csr_has_ou(const struct csr *c)
{
	return X509_NAME_get_index_by_NID(X509_REQ_get_subject_name(c->req),
	    NID_organizationalUnitName, -1) >= 0;
}

enum key_type
csr_key_type(const struct csr *c)
{
	return ossl_key_type(X509_REQ_get0_pubkey(c->req), NULL);
}

int
csr_key_bits(const struct csr *c)
{
	int bits;

	(void)ossl_key_type(X509_REQ_get0_pubkey(c->req), &bits);
	return bits;
}

int
csr_key_id(const struct csr *c, uint8_t id[KEY_ID_LEN], struct err *e)
{
	uint8_t *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(c->req), &spki);
	int ret;

	if (len <= 0)
		return ossl_err(e, ERR_CRYPTO, "public key to DER");
	ret = digest_buf(DIGEST_SHA256, spki, (size_t)len, id, e);
	OPENSSL_free(spki);
	return ret;
}

bool
csr_hash(const struct csr *c, enum digest_alg *alg)
{
	return ossl_sig_hash(X509_REQ_get_signature_nid(c->req), alg);
}

/* The value of an extension that is asked for; its own *_free releases. */
static void *
wish(const struct csr *c, int nid)
{
	STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(c->req);
	void *v = X509V3_get_d2i(exts, nid, NULL, NULL);

	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	ERR_clear_error();
	return v;
}

bool
csr_wants_ca(const struct csr *c)
{
	BASIC_CONSTRAINTS *bc = wish(c, NID_basic_constraints);
	bool yes = bc != NULL && bc->ca;

	BASIC_CONSTRAINTS_free(bc);
	return yes;
}

bool
csr_wants_client(const struct csr *c)
{
	EXTENDED_KEY_USAGE *eku = wish(c, NID_ext_key_usage);
	bool yes = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
		yes |= OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i)) ==
		    NID_client_auth;
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	return yes;
}
