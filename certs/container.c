/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Containers of certificates, see container.h: the set, and DER told apart by
 * its structure.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "certs/container_int.h"

#define TAG_INTEGER	0x02
#define TAG_OID		0x06
#define TAG_SEQUENCE	0x30

/* --- the set --- */

/* What the set held before a file. */
struct mark {
	size_t	ncert, nkey, ncsr, ncrl, nrepeated;
};

static void
cut_back(struct container *c, const struct mark *m)
{
	while (c->ncert > m->ncert)
		cert_free(c->cert[--c->ncert]);
	while (c->nkey > m->nkey)
		key_free(c->key[--c->nkey]);
	while (c->ncsr > m->ncsr)
		csr_free(c->csr[--c->ncsr]);
	while (c->ncrl > m->ncrl)
		free(c->crl[--c->ncrl].der);
	c->nrepeated = m->nrepeated;
}

void
container_clear(struct container *c)
{
	cut_back(c, &(struct mark){ .ncert = 0 });
	free(c->cert);
	free(c->key);
	free(c->csr);
	free(c->crl);
	*c = (struct container){ .ncert = 0 };
}

/* Room for one more; what names them in the error. */
static int
grow(void **list, size_t n, size_t max, size_t size, const char *what,
    struct err *e)
{
	void *p;

	if (n >= max)
		return err_set(e, ERR_LIMIT, "more than %zu %s at once: hand "
		    "them in by parts", max, what);
	if (n > 0 && (n & (n - 1)) != 0)
		return ERR_OK;		/* room up to a power of two */
	if ((p = reallocarray(*list, n > 0 ? 2 * n : 1, size)) == NULL)
		return err_set(e, ERR_NOMEM, "%s", what);
	*list = p;
	return ERR_OK;
}

int
container_add_cert(struct container_in *in, const uint8_t *der, size_t len,
    struct err *e)
{
	struct container *s = in->set;
	struct cert *c;
	int ret;

	if ((c = cert_from_der(der, len, e)) == NULL)
		return e->code;
	for (size_t i = 0; i < s->ncert; i++)
		if (cert_same(s->cert[i], c)) {
			s->nrepeated++;
			cert_free(c);
			return ERR_OK;
		}
	ret = grow((void **)&s->cert, s->ncert, CONTAINER_CERTS_MAX,
	    sizeof(*s->cert), "certificates", e);
	if (ret == ERR_OK)
		s->cert[s->ncert++] = c;
	else
		cert_free(c);
	return ret;
}

int
container_add_x509(struct container_in *in, X509 *x, struct err *e)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der), ret;

	if (len <= 0)
		return ossl_err(e, ERR_PROTO, "certificate");
	ret = container_add_cert(in, der, (size_t)len, e);
	OPENSSL_free(der);
	return ret;
}

static bool
crl_same(const struct container_crl *a, const struct container_crl *b)
{
	return a->len == b->len && memcmp(a->der, b->der, a->len) == 0;
}

int
container_add_crl(struct container_in *in, const X509_CRL *crl, struct err *e)
{
	struct container *s = in->set;
	struct container_crl c = { .der = NULL };
	uint8_t *der = NULL;
	int len = i2d_X509_CRL(crl, &der), ret = ERR_OK;

	if (len <= 0)
		return ossl_err(e, ERR_PROTO, "CRL");
	c.len = (size_t)len;
	if ((c.der = malloc(c.len)) == NULL) {
		ret = err_set(e, ERR_NOMEM, "CRL");
		goto out;
	}
	memcpy(c.der, der, c.len);
	for (size_t i = 0; i < s->ncrl; i++)
		if (crl_same(&s->crl[i], &c)) {
			s->nrepeated++;
			goto out;
		}
	if ((ret = grow((void **)&s->crl, s->ncrl, CONTAINER_CRLS_MAX,
	    sizeof(*s->crl), "CRLs", e)) != ERR_OK)
		goto out;
	s->crl[s->ncrl++] = c;
	c.der = NULL;
out:
	free(c.der);
	OPENSSL_free(der);
	return ret;
}

static int
add_csr(struct container_in *in, const uint8_t *der, size_t len,
    struct err *e)
{
	struct container *s = in->set;
	struct csr *c;
	int ret;

	if ((c = csr_from_der(der, len, e)) == NULL)
		return e->code;
	if ((ret = csr_verify(c, e)) != ERR_OK)
		goto out;
	for (size_t i = 0; i < s->ncsr; i++)
		if (csr_same(s->csr[i], c)) {
			s->nrepeated++;
			goto out;
		}
	if ((ret = grow((void **)&s->csr, s->ncsr, CONTAINER_CSRS_MAX,
	    sizeof(*s->csr), "signing requests", e)) != ERR_OK)
		goto out;
	s->csr[s->ncsr++] = c;
	c = NULL;
out:
	csr_free(c);
	return ret;
}

/* --- PKCS#7 --- */

static int
add_pkcs7_parts(struct container_in *in, STACK_OF(X509) *certs,
    STACK_OF(X509_CRL) *crls, struct err *e)
{
	int ret = ERR_OK;

	for (int i = 0; ret == ERR_OK && i < sk_X509_num(certs); i++)
		ret = container_add_x509(in, sk_X509_value(certs, i), e);
	for (int i = 0; ret == ERR_OK && i < sk_X509_CRL_num(crls); i++)
		ret = container_add_crl(in, sk_X509_CRL_value(crls, i), e);
	return ret;
}

/* Certificates of CAs come as signed data without signature or content. */
static int
add_pkcs7(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	const uint8_t *p = buf;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)len);
	int ret;

	ERR_clear_error();
	if (p7 == NULL || p != buf + len)
		ret = err_set(e, ERR_PROTO, "PKCS#7, but damaged or cut");
	else if (PKCS7_type_is_signed(p7) && p7->d.sign != NULL)
		ret = add_pkcs7_parts(in, p7->d.sign->cert, p7->d.sign->crl,
		    e);
	else if (PKCS7_type_is_signedAndEnveloped(p7) &&
	    p7->d.signed_and_enveloped != NULL)
		ret = add_pkcs7_parts(in, p7->d.signed_and_enveloped->cert,
		    p7->d.signed_and_enveloped->crl, e);
	else
		ret = err_set(e, ERR_PROTO, "PKCS#7 of a kind that carries no "
		    "certificates (data, enveloped or encrypted)");
	PKCS7_free(p7);
	return ret;
}

/* --- DER --- */

static int
try_crl(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	const uint8_t *p = buf;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)len);
	int ret = ERR_NOTFOUND;

	ERR_clear_error();
	if (crl != NULL && p == buf + len)
		ret = container_add_crl(in, crl, e);
	X509_CRL_free(crl);
	return ret;
}

/* Structures that begin with a structure. */
static int
add_nested(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct err why = { .code = ERR_OK };
	int ret = ERR_PROTO;

	/* CRLs alone may be larger. */
	if (len <= CERT_DER_MAX) {
		ret = container_add_cert(in, buf, len, &why);
		if (ret == ERR_PROTO)
			ret = add_csr(in, buf, len, &why);
	}
	if (ret == ERR_PROTO && (ret = try_crl(in, buf, len, &why)) ==
	    ERR_NOTFOUND)
		ret = container_key_der(in, buf, len, &why);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_PROTO, "neither certificate (of at most "
		    "%d bytes), signing request, CRL nor private key, or a "
		    "damaged one", CERT_DER_MAX);
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}

/* Tag and length; false when there is none.  *len SIZE_MAX: indefinite. */
static bool
der_head(struct rd *r, uint8_t *tag, size_t *len)
{
	uint8_t first;

	*tag = rd_u8(r);
	first = rd_u8(r);
	*len = first & 0x7f;
	if (first == 0x80) {
		*len = SIZE_MAX;
	} else if (first > 0x80) {
		size_t n = *len;

		if (n > 4)
			return false;
		for (*len = 0; n > 0; n--)
			*len = *len << 8 | rd_u8(r);
	}
	return r->err == ERR_OK;
}

int
container_der(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);
	const uint8_t *version;
	uint8_t tag, inner;
	size_t n;
	int ret;

	if (!der_head(&r, &tag, &n) || tag != TAG_SEQUENCE ||
	    !der_head(&r, &inner, &n))
		return err_set(e, ERR_PROTO, "nothing that is known here");
	if (inner == TAG_OID)
		return add_pkcs7(in, buf, len, e);
	if (inner == TAG_SEQUENCE)
		return add_nested(in, buf, len, e);
	version = n == 1 ? rd_bytes(&r, 1) : NULL;
	if (inner == TAG_INTEGER && version != NULL && *version == 3)
		return container_p12(in, buf, len, e);
	if (inner == TAG_INTEGER &&
	    (ret = container_key_der(in, buf, len, e)) != ERR_NOTFOUND)
		return ret;
	return err_set(e, ERR_PROTO, "nothing that is known here");
}

/* Some people append one DER file to another. */
static int
read_ders(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);
	int ret = ERR_OK;

	while (ret == ERR_OK && rd_left(&r) > 0) {
		size_t from = r.off, n, whole;
		uint8_t tag;

		if (strchr("\r\n\t ", buf[from]) != NULL && from > 0) {
			(void)rd_u8(&r);	/* a paste's last line end */
			continue;
		}
		if (!der_head(&r, &tag, &n))
			return err_at(e, ERR_PROTO, from, "nothing that is "
			    "known here");
		if (n == SIZE_MAX)
			n = rd_left(&r);
		if (rd_bytes(&r, n) == NULL)
			return err_at(e, ERR_PROTO, from, "nothing that is "
			    "known here, or the file is cut");
		whole = r.off - from;
		if ((ret = container_der(in, buf + from, whole, e)) != ERR_OK &&
		    from > 0)
			ret = err_wrap(e, "at byte %zu", from);
	}
	return ret;
}

/* --- files --- */

/* Windows' editors write UTF-16: what is ASCII of it.  *out: free(). */
static bool
from_utf16(const uint8_t *buf, size_t len, uint8_t **out, size_t *outlen)
{
	if (len < 4 || len % 2 != 0 || buf[0] != 0xff || buf[1] != 0xfe ||
	    (*out = malloc(len / 2)) == NULL)
		return false;
	*outlen = len / 2 - 1;
	for (size_t i = 0; i < *outlen; i++)
		(*out)[i] = buf[3 + 2 * i] == 0 ? buf[2 + 2 * i] : '?';
	return true;
}

static int
read_any(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	uint8_t *der;
	size_t derlen;
	int ret;

	if (container_is_pem(buf, len))
		return container_pem(in, buf, len, e);
	if (!container_bare(buf, len, &der, &derlen))
		return read_ders(in, buf, len, e);
	ret = read_ders(in, der, derlen, e);
	OPENSSL_clear_free(der, derlen);
	return ret;
}

int
container_read(struct container *c, const uint8_t *buf, size_t len,
    unsigned flags, const char *password, struct err *e)
{
	struct mark was = { c->ncert, c->nkey, c->ncsr, c->ncrl,
	    c->nrepeated };
	struct container_in in = {
		.set = c, .password = password,
		.no_keys = (flags & CONTAINER_NO_KEYS) != 0,
	};
	struct err why = { .code = ERR_OK };
	uint8_t *text = NULL;
	size_t textlen;
	int ret;

	if (len == 0)
		return err_set(e, ERR_PROTO, "empty");
	if (len > CONTAINER_FILE_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, %d are the most of "
		    "one file", len, CONTAINER_FILE_MAX);
	if (from_utf16(buf, len, &text, &textlen)) {
		ret = read_any(&in, text, textlen, &why);
		secret_wipe(text, textlen);
		free(text);
	} else
		ret = read_any(&in, buf, len, &why);
	container_lib_free(&in);
	if (ret == ERR_OK)
		return ERR_OK;
	cut_back(c, &was);
	return err_set(e, ret, "%s", why.msg);
}
