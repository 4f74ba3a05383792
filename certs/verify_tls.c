/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust store as TLS contexts ask it, see verify.h.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/str.h"
#include "certs/verify_part.h"

/* The leaf comes first; the rest may be in any order. */
static STACK_OF(X509) *
sent(X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *all = X509_STORE_CTX_get0_untrusted(ctx);
	STACK_OF(X509) *some = sk_X509_new_null();
	int n = sk_X509_num(all);

	for (int i = 0; some != NULL && i < n && i < VERIFY_DEPTH_MAX; i++)
		if (sk_X509_push(some, sk_X509_value(all, i)) <= 0) {
			sk_X509_free(some);
			return NULL;
		}
	return some;
}

static struct cert *
leaf_of(X509_STORE_CTX *ctx, struct err *e)
{
	X509 *x = X509_STORE_CTX_get0_cert(ctx);
	uint8_t *der = NULL;
	int len = x != NULL ? i2d_X509(x, &der) : -1;
	struct cert *c = NULL;

	if (len > 0)
		c = cert_from_der(der, (size_t)len, e);
	else
		(void)err_set(e, ERR_PROTO, "no certificate");
	OPENSSL_free(der);
	return c;
}

/* What TLS tells the peer by alert. */
static int
tls_code(enum verify_why why)
{
	switch (why) {
	case VERIFY_OK:
		return X509_V_OK;
	case VERIFY_EXPIRED:
	case VERIFY_NOT_YET:
		return X509_V_ERR_CERT_HAS_EXPIRED;
	case VERIFY_REVOKED:
		return X509_V_ERR_CERT_REVOKED;
	case VERIFY_ERROR:
		return X509_V_ERR_UNSPECIFIED;
	case VERIFY_UNKNOWN:
		return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	default:
		return X509_V_ERR_CERT_REJECTED;
	}
}

static int
check_peer(X509_STORE_CTX *ctx, void *arg)
{
	const struct verify_tls *t = arg;
	struct verify_result r = { 0 };
	struct err e = { 0 };
	struct verify_job j = { .v = t->verifier, .policy = &t->policy,
	    .r = &r, .untrusted = sent(ctx),
	    .param = X509_STORE_CTX_get0_param(ctx) };
	struct cert *leaf = leaf_of(ctx, &e);
	bool ok = false;

	j.leaf = leaf;
	if (j.untrusted == NULL)
		(void)err_set(&e, ERR_NOMEM, "out of memory");
	else if (leaf != NULL)
		ok = verify_ask(&j);
	if (e.code != ERR_OK) {
		r.why = e.code == ERR_NOMEM ? VERIFY_ERROR : VERIFY_MALFORMED;
		(void)str_copy(r.text, sizeof(r.text), e.msg);
	}
	if (t->told != NULL)
		t->told(t->arg, leaf, &r);
	X509_STORE_CTX_set_error(ctx, tls_code(r.why));
	cert_free(leaf);
	sk_X509_free(j.untrusted);
	ERR_clear_error();
	return ok;
}

int
verify_tls_set(struct ssl_ctx_st *ctx, const struct verify_tls *t,
    struct err *e)
{
	/* const: it comes back as the argument and is only read. */
	union {
		const struct verify_tls *in;
		void *out;
	} arg = { .in = t };

	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, check_peer, arg.out);
	/* A resumed session is never asked about again. */
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET |
	    SSL_OP_NO_RENEGOTIATION);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set0_CA_list(ctx, NULL);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return ossl_err(e, ERR_CRYPTO, "TLS");
	return ERR_OK;
}
