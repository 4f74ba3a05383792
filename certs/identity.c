/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A certificate with its key, see identity.h.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "certs/cert_use.h"
#include "certs/identity.h"
#include "certs/internal.h"

#define LENGTH	4	/* bytes before each part */

void
identity_free(struct identity *id)
{
	if (id == NULL)
		return;
	for (size_t i = 0; i < id->n; i++)
		cert_free(id->cert[i]);
	key_free(id->key);
	free(id);
}

/* --- out of files --- */

/* Its key, borrowed, or NULL. */
static struct key *
key_of(const struct container *set, const struct cert *c)
{
	uint8_t want[KEY_ID_LEN], id[KEY_ID_LEN];

	cert_key_id(c, want);
	for (size_t i = 0; i < set->nkey; i++)
		if (key_id(set->key[i], id, NULL) == ERR_OK &&
		    memcmp(id, want, sizeof(id)) == 0)
			return set->key[i];
	return NULL;
}

static int
find_leaf(const struct container *set, const struct cert **leaf,
    struct key **key, struct err *e)
{
	struct key *k;

	*leaf = NULL;
	*key = NULL;
	for (size_t i = 0; i < set->ncert; i++) {
		if ((k = key_of(set, set->cert[i])) == NULL)
			continue;
		if (*leaf != NULL)
			return err_set(e, ERR_ARG, "there are several "
			    "certificates with their keys: give one");
		*leaf = set->cert[i];
		*key = k;
	}
	if (*leaf == NULL)
		return err_set(e, ERR_NOTFOUND, "there is no certificate with "
		    "its private key in it");
	return ERR_OK;
}

static int
check_leaf(const struct cert *c, struct err *e)
{
	char missing[CERT_USE_TEXT_MAX];

	if (cert_is_ca(c))
		return err_set(e, ERR_REFUSED, "the certificate is one of a "
		    "CA");
	if (cert_use_missing(c, CERT_USE_SIGN | CERT_USE_TLS_CLIENT,
	    missing) != 0)
		return err_set(e, ERR_REFUSED, "the certificate lacks %s: no "
		    "server takes it of a client", missing);
	return ERR_OK;
}

/* Keys have one owner: the set keeps its own. */
static struct key *
copy_key(const struct key *k, struct err *e)
{
	struct secret *der;
	struct key *copy;

	if (key_to_der(k, &der, e) != ERR_OK)
		return NULL;
	copy = key_from_der(der->buf, der->len, e);
	secret_free(der);
	return copy;
}

/* What OpenSSL does not take for a server it refuses now: a key that is too
 * small, a signature with SHA-1. */
static int
check_tls(const struct identity *id, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct err why = { .code = ERR_OK };
	bool wanted;
	int ret;

	if (ctx == NULL)
		return ossl_err(e, ERR_CRYPTO, "TLS");
	ret = identity_tls(id, ctx, &wanted, &why);
	SSL_CTX_free(ctx);
	return ret == ERR_OK ? ERR_OK : err_set(e, ERR_REFUSED, "%s",
	    why.msg);
}

int
identity_find(const struct container *set, struct identity **out,
    struct err *e)
{
	const struct cert *leaf;
	struct identity *id;
	struct chain up;
	struct key *k;
	int ret;

	if ((ret = find_leaf(set, &leaf, &k, e)) != ERR_OK ||
	    (ret = check_leaf(leaf, e)) != ERR_OK)
		return ret;
	if ((id = calloc(1, sizeof(*id))) == NULL ||
	    (id->key = copy_key(k, e)) == NULL) {
		identity_free(id);
		return err_set(e, ERR_NOMEM, "certificate");
	}
	chain_make(&up, leaf, set->cert, set->ncert);
	for (size_t i = 0; i < up.n; i++)
		if (i == 0 || !cert_self_signed(up.cert[i]))
			id->cert[id->n++] = cert_ref(
			    (struct cert *)(uintptr_t)up.cert[i]);
	if ((ret = check_tls(id, e)) != ERR_OK) {
		identity_free(id);
		return ret;
	}
	*out = id;
	return ERR_OK;
}

/* --- as bytes --- */

static uint8_t *
put(uint8_t *p, const uint8_t *part, size_t len)
{
	for (int i = LENGTH - 1; i >= 0; i--)
		*p++ = (uint8_t)(len >> 8 * i);
	memcpy(p, part, len);
	return p + len;
}

int
identity_pack(const struct identity *id, struct secret **out, struct err *e)
{
	size_t len[CHAIN_MAX], total;
	const uint8_t *der[CHAIN_MAX];
	struct secret *key;
	uint8_t *p;
	int ret;

	if ((ret = key_to_der(id->key, &key, e)) != ERR_OK)
		return ret;
	total = LENGTH + key->len;
	for (size_t i = 0; i < id->n; i++) {
		der[i] = cert_der(id->cert[i], &len[i]);
		total += LENGTH + len[i];
	}
	if (total > IDENTITY_MAX)
		ret = err_set(e, ERR_LIMIT, "a certificate with its chain of "
		    "%zu bytes, at most %d are kept", total, IDENTITY_MAX);
	else if ((*out = secret_new(total)) == NULL)
		ret = err_set(e, ERR_NOMEM, "certificate");
	else {
		p = put((*out)->buf, key->buf, key->len);
		for (size_t i = 0; i < id->n; i++)
			p = put(p, der[i], len[i]);
	}
	secret_free(key);
	return ret;
}

struct identity *
identity_unpack(const uint8_t *buf, size_t len, struct err *e)
{
	struct rd r = rd_init(buf, len);
	struct identity *id = calloc(1, sizeof(*id));
	const uint8_t *p;
	size_t n;

	if (id == NULL) {
		(void)err_set(e, ERR_NOMEM, "certificate");
		return NULL;
	}
	n = rd_u32(&r);
	p = rd_bytes(&r, n);
	if (r.err != ERR_OK || (id->key = key_from_der(p, n, e)) == NULL)
		goto bad;
	do {
		n = rd_u32(&r);
		p = rd_bytes(&r, n);
		if (r.err != ERR_OK || id->n == CHAIN_MAX ||
		    (id->cert[id->n] = cert_from_der(p, n, e)) == NULL)
			goto bad;
		id->n++;
	} while (rd_left(&r) > 0);
	return id;
bad:
	identity_free(id);
	(void)err_set(e, ERR_PROTO, "what is kept is no certificate with its "
	    "key");
	return NULL;
}

/* --- towards a server --- */

static int
note_wanted(SSL *ssl, void *arg)
{
	bool *wanted = arg;

	(void)ssl;
	*wanted = true;
	return 1;
}

int
identity_tls(const struct identity *id, struct ssl_ctx_st *ctx,
    bool *wanted, struct err *e)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool ok = chain != NULL;

	SSL_CTX_set_cert_cb(ctx, note_wanted, wanted);
	for (size_t i = 1; ok && id != NULL && i < id->n; i++)
		ok = sk_X509_push(chain, cert_x509(id->cert[i])) > 0;
	ok = ok && (id == NULL || SSL_CTX_use_cert_and_key(ctx,
	    cert_x509(id->cert[0]), key_pkey(id->key), chain, 1) == 1);
	sk_X509_free(chain);
	return ok ? ERR_OK : ossl_err(e, ERR_CRYPTO, "the certificate for the "
	    "server");
}
