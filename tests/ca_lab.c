/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates of every shape for tests, see ca_lab.h.
 */
#include <check.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"

#define KEYS_MAX	64

static EVP_PKEY *keys[KEYS_MAX];
static struct key *rsa;		/* the one borrowed last */
static int64_t serials;

static int64_t
fixed(void *arg)
{
	(void)arg;
	return LAB_NOW * INT64_C(1000000000);
}
const struct clock lab_clock = { .wall_ns = fixed, .mono_ns = fixed };

EVP_PKEY *
lab_key(size_t n)
{
	ck_assert_uint_lt(n, KEYS_MAX);
	if (keys[n] == NULL)
		keys[n] = EVP_EC_gen("P-256");
	ck_assert_ptr_nonnull(keys[n]);
	return keys[n];
}

EVP_PKEY *
lab_rsa(const char *name)
{
	enum key_type t;

	ck_assert(key_type_parse(name, &t));
	key_free(rsa);
	rsa = data_key_of(t);
	return key_pkey(rsa);
}

void
lab_end(void)
{
	for (size_t i = 0; i < KEYS_MAX; i++) {
		EVP_PKEY_free(keys[i]);
		keys[i] = NULL;
	}
	key_free(rsa);
	rsa = NULL;
	serials = 0;
}

static void
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_msg(ext != NULL, "%s", value);
	ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void
set_name(X509 *x, const struct lab_spec *s)
{
	X509_NAME *n = X509_get_subject_name(x);
	const char *o = s->o != NULL ? s->o : "Lab";

	ck_assert_int_eq(X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8,
	    (const unsigned char *)o, -1, -1, 0), 1);
	ck_assert_int_eq(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
	    (const unsigned char *)s->cn, -1, -1, 0), 1);
}

static void
set_dates(X509 *x, const struct lab_spec *s)
{
	bool none = s->from_days == 0 && s->to_days == 0;
	int64_t from = LAB_NOW + LAB_DAY * (none ? -365 : s->from_days);
	int64_t to = LAB_NOW + LAB_DAY * (none ? 365 : s->to_days);

	ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notBefore(x),
	    (time_t)from));
	ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notAfter(x),
	    (time_t)to));
}

struct cert *
lab_issue(const struct lab_spec *s, EVP_PKEY *key, const struct cert *issuer,
    EVP_PKEY *issuer_key)
{
	X509 *x = X509_new(), *by = issuer != NULL ? cert_x509(issuer) : x;
	uint8_t *der = NULL;
	struct cert *c;
	int len;

	ck_assert_int_eq(X509_set_version(x, X509_VERSION_3), 1);
	set_name(x, s);
	set_dates(x, s);
	ck_assert_int_eq(X509_set_issuer_name(x, X509_get_subject_name(by)),
	    1);
	ck_assert_int_eq(ASN1_INTEGER_set_int64(X509_get_serialNumber(x),
	    s->serial != 0 ? s->serial : ++serials), 1);
	ck_assert_int_eq(X509_set_pubkey(x, key), 1);
	if (!s->no_ids)
		add_ext(x, by, NID_subject_key_identifier, "hash");
	if (!s->no_ids && X509_get0_subject_key_id(by) != NULL)
		add_ext(x, by, NID_authority_key_identifier, "keyid:always");
	else if (!s->no_ids)
		add_ext(x, by, NID_authority_key_identifier, "issuer:always");
	add_ext(x, by, NID_basic_constraints, s->basic);
	add_ext(x, by, NID_key_usage, s->usage);
	add_ext(x, by, NID_ext_key_usage, s->ext_usage);
	add_ext(x, by, NID_name_constraints, s->constraints);
	add_ext(x, by, NID_subject_alt_name, s->san);
	add_ext(x, by, NID_info_access, s->info);
	ck_assert_int_gt(X509_sign(x, issuer_key != NULL ? issuer_key : key,
	    s->md != NULL ? s->md : EVP_sha256()), 0);
	ck_assert_int_gt(len = i2d_X509(x, &der), 0);
	c = cert_from_der(der, (size_t)len, NULL);
	ck_assert_ptr_nonnull(c);
	OPENSSL_free(der);
	X509_free(x);
	return c;
}

static X509_EXTENSION *
crl_ext(X509 *issuer, X509_CRL *x, const char *name, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, NULL, NULL, x, 0);
	X509V3_set_ctx_nodb(&ctx);
	ext = X509V3_EXT_conf(NULL, &ctx, name, value);
	ck_assert_msg(ext != NULL, "%s = %s", name, value);
	return ext;
}

static void
add_crl_ext(X509_CRL *x, X509 *issuer, const char *name, const char *value)
{
	X509_EXTENSION *ext = crl_ext(issuer, x, name, value);

	ck_assert_int_eq(X509_CRL_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void
revoke(X509_CRL *x, const struct lab_crl *s, const struct cert *c)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)LAB_NOW);

	ck_assert_int_eq(X509_REVOKED_set_serialNumber(r, (ASN1_INTEGER *)
	    (uintptr_t)X509_get0_serialNumber(cert_x509(c))), 1);
	ck_assert_int_eq(X509_REVOKED_set_revocationDate(r, at), 1);
	if (s->entry_ext[0] != NULL) {
		X509_EXTENSION *ext = crl_ext(NULL, x, s->entry_ext[0],
		    s->entry_ext[1]);

		ck_assert_int_eq(X509_REVOKED_add_ext(r, ext, -1), 1);
		X509_EXTENSION_free(ext);
	}
	ck_assert_int_eq(X509_CRL_add0_revoked(x, r), 1);
	ASN1_TIME_free(at);
}

uint8_t *
lab_crl_der(const struct lab_crl *s, const struct cert *issuer,
    EVP_PKEY *key, size_t *len)
{
	bool none = s->from_days == 0 && s->to_days == 0;
	int64_t from = LAB_NOW + LAB_DAY * (none ? -1 : s->from_days);
	int64_t to = LAB_NOW + LAB_DAY * (none ? 1 : s->to_days);
	ASN1_TIME *at[2] = { ASN1_TIME_set(NULL, (time_t)from),
	    ASN1_TIME_set(NULL, (time_t)to) };
	X509_CRL *x = X509_CRL_new();
	X509 *by = cert_x509(issuer);
	uint8_t *der = NULL, *copy;
	int n;

	ck_assert_int_eq(X509_CRL_set_version(x, X509_CRL_VERSION_2), 1);
	ck_assert_int_eq(X509_CRL_set_issuer_name(x,
	    X509_get_subject_name(by)), 1);
	ck_assert_int_eq(X509_CRL_set1_lastUpdate(x, at[0]), 1);
	if (!s->no_next)
		ck_assert_int_eq(X509_CRL_set1_nextUpdate(x, at[1]), 1);
	for (size_t i = 0; s->revoked[i] != NULL; i++)
		revoke(x, s, s->revoked[i]);
	if (!s->no_ids)
		add_crl_ext(x, by, "authorityKeyIdentifier", "keyid:always");
	if (s->ext[0] != NULL)
		add_crl_ext(x, by, s->ext[0], s->ext[1]);
	ck_assert_int_gt(X509_CRL_sign(x, key, s->md != NULL ? s->md :
	    EVP_sha256()), 0);
	ck_assert_int_gt(n = i2d_X509_CRL(x, &der), 0);
	ck_assert_ptr_nonnull(copy = malloc((size_t)n));
	memcpy(copy, der, *len = (size_t)n);
	OPENSSL_free(der);
	ASN1_TIME_free(at[0]);
	ASN1_TIME_free(at[1]);
	X509_CRL_free(x);
	return copy;
}

struct crl *
lab_revoke(const struct lab_crl *s, const struct cert *issuer, EVP_PKEY *key)
{
	struct err e = { 0 };
	size_t len;
	uint8_t *der = lab_crl_der(s, issuer, key, &len);
	struct crl *c = crl_from_der(der, len, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	free(der);
	return c;
}

uint8_t *
lab_ocsp(const struct lab_ocsp *s, size_t *len)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert_x509(s->about),
	    cert_x509(s->issuer));
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)s->from);
	ASN1_TIME *to = s->to != 0 ? ASN1_TIME_set(NULL, (time_t)s->to) :
	    NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t *der = NULL, *copy;
	OCSP_RESPONSE *r;
	int n;

	ck_assert_ptr_nonnull(OCSP_basic_add1_status(b, id, s->status, 0,
	    s->status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from, to));
	ck_assert_int_eq(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL,
	    s->key), 1);
	ck_assert_int_eq(OCSP_basic_sign_ctx(b, cert_x509(s->by), md, NULL,
	    s->no_certs ? OCSP_NOCERTS : 0), 1);
	r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
	ck_assert_int_gt(n = i2d_OCSP_RESPONSE(r, &der), 0);
	ck_assert_ptr_nonnull(copy = malloc((size_t)n));
	memcpy(copy, der, *len = (size_t)n);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
	EVP_MD_CTX_free(md);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(b);
	return copy;
}

static struct lab_entry *
entry_of(struct lab_store *s, const uint8_t *sha256)
{
	uint8_t is[DIGEST_SHA256_LEN];

	for (size_t i = 0; i < s->n; i++) {
		cert_sha256(s->entry[i].cert, is);
		if (memcmp(is, sha256, sizeof(is)) == 0)
			return &s->entry[i];
	}
	return NULL;
}

static int
load(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint8_t **der,
    size_t *len, struct err *e)
{
	struct lab_store *s = arg;
	struct lab_entry *x = entry_of(s, sha256);
	const uint8_t *p;

	if (s->fail != ERR_OK)
		return err_set(e, s->fail, "the disk is gone");
	if (x == NULL)
		return err_set(e, ERR_NOTFOUND, "no such certificate");
	p = cert_der(x->cert, len);
	ck_assert_ptr_nonnull(*der = malloc(*len));
	memcpy(*der, p, *len);
	return ERR_OK;
}

static int
units(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint32_t *u,
    struct err *e)
{
	struct lab_store *s = arg;
	struct lab_entry *x = entry_of(s, sha256);

	s->asked++;
	if (s->fail != ERR_OK)
		return err_set(e, s->fail, "the disk is gone");
	*u = x != NULL ? x->units : 0;
	return ERR_OK;
}

void
lab_store_init(struct lab_store *s)
{
	struct verifier_source src = { .load = load, .units = units,
	    .arg = s };

	*s = (struct lab_store){ 0 };
	s->v = verifier_new(&src, &lab_clock, NULL);
	ck_assert_ptr_nonnull(s->v);
}

void
lab_store_clear(struct lab_store *s)
{
	verifier_free(s->v);
	for (size_t i = 0; i < s->n; i++)
		cert_free(s->entry[i].cert);
	free(s->entry);
}

void
lab_store_add(struct lab_store *s, struct cert *c, uint32_t u)
{
	s->entry = reallocarray(s->entry, s->n + 1, sizeof(*s->entry));
	ck_assert_ptr_nonnull(s->entry);
	s->entry[s->n++] = (struct lab_entry){ .cert = c, .units = u };
}

void
lab_row_of(struct lab_row *r, const struct cert *c, uint32_t u,
    uint32_t removed)
{
	struct cert_store_row *row = &r->row;

	*r = (struct lab_row){ 0 };
	cert_sha256(c, r->sha256);
	r->subject = cert_subject(c, CERT_NAME_SEMICOLON, NULL);
	r->issuer = cert_issuer(c, CERT_NAME_SEMICOLON, NULL);
	ck_assert(r->subject != NULL && r->issuer != NULL);
	row->sha256 = r->sha256;
	row->subject = r->subject;
	row->issuer = r->issuer;
	row->units = u;
	row->removed = removed;
	row->serial = cert_serial(c, &row->seriallen);
	row->ski = cert_ski(c, &row->skilen);
	row->not_before = cert_not_before(c);
	row->not_after = cert_not_after(c);
}

void
lab_row_clear(struct lab_row *r)
{
	free(r->subject);
	free(r->issuer);
}

struct cert_store *
lab_store_snapshot(const struct lab_store *s)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	struct cert_store *st;

	ck_assert_ptr_nonnull(b);
	for (size_t i = 0; i < s->n; i++) {
		struct lab_row r;

		lab_row_of(&r, s->entry[i].cert, s->entry[i].units,
		    s->entry[i].removed);
		ck_assert_int_eq(cert_store_build_add(b, &r.row, NULL),
		    ERR_OK);
		lab_row_clear(&r);
	}
	ck_assert_ptr_nonnull(st = cert_store_build_finish(b, NULL));
	cert_store_build_free(b);
	return st;
}

void
lab_store_load(struct lab_store *s)
{
	struct cert_store *st = lab_store_snapshot(s);

	verifier_set_store(s->v, st, false);
	cert_store_free(st);
}
