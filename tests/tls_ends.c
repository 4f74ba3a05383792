/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Both ends of TLS, see tls_ends.h.
 */
#include <check.h>
#include <openssl/err.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/tls_ends.h"

/* A side that says nothing about its peer's certificate. */
static SSL_CTX *
any_ctx(OSSL_LIB_CTX *libctx, const SSL_METHOD *method, int min, int max)
{
	SSL_CTX *c = SSL_CTX_new_ex(libctx, NULL, method);

	ck_assert_ptr_nonnull(c);
	SSL_CTX_set_security_level(c, 0);
	ck_assert_int_eq(SSL_CTX_set_min_proto_version(c, min), 1);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(c, max), 1);
	ck_assert_int_eq(SSL_CTX_set_dh_auto(c, 1), 1);
	return c;
}

SSL_CTX *
tls_client(int min, int max)
{
	return any_ctx(NULL, TLS_client_method(), min, max);
}

SSL_CTX *
tls_ours(const struct signer_process *sp, const SSL_METHOD *method,
    const struct cert *c, int min, int max)
{
	SSL_CTX *ctx = any_ctx(provider_libctx(sp->provider), method, min,
	    max);
	EVP_PKEY *k = signer_process_key(sp, c);

	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, cert_x509(c)), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, k), 1);
	EVP_PKEY_free(k);
	return ctx;
}

/* Bytes arrive as they were sent. */
static bool
talk(SSL *from, SSL *to)
{
	char got[8] = "";

	return SSL_write(from, "hello", 6) == 6 &&
	    SSL_read(to, got, sizeof(got)) == 6 && strcmp(got, "hello") == 0;
}

bool
tls_shake(SSL_CTX *server, SSL_CTX *client, const struct cert *c,
    struct tls_shaken *out)
{
	SSL *s = SSL_new(server), *cl = SSL_new(client);
	BIO *a, *b;
	int rs = 0, rc = 0;
	bool ok;

	ck_assert_int_eq(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(s, a, a);
	SSL_set_bio(cl, b, b);
	SSL_set_accept_state(s);
	SSL_set_connect_state(cl);
	for (int i = 0; i < 20 && (rs != 1 || rc != 1); i++) {
		rc = SSL_do_handshake(cl);
		rs = SSL_do_handshake(s);
	}
	ok = rs == 1 && rc == 1 && talk(s, cl) && talk(cl, s);
	*out = (struct tls_shaken){ .version = SSL_version(cl),
	    .suite = SSL_get_cipher_name(cl),
	    .ticket = SSL_get0_session(cl) != NULL &&
	    SSL_SESSION_has_ticket(SSL_get0_session(cl)) == 1 };
	if (ok) {
		X509 *got = SSL_get1_peer_certificate(cl);

		ck_assert_int_eq(X509_cmp(got, cert_x509(c)), 0);
		X509_free(got);
		(void)SSL_get_peer_signature_type_nid(cl, &out->sig_type);
		(void)SSL_get_peer_signature_nid(cl, &out->sig_md);
	}
	SSL_free(s);
	SSL_free(cl);
	ERR_clear_error();
	return ok;
}
