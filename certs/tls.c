/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS contexts, see tls.h.
 */
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/provider.h"
#include "certs/tls.h"

/* A certificate makes its half of them usable. */
#define GCM	"ECDHE-ECDSA-AES128-GCM-SHA256:" \
		"ECDHE-ECDSA-AES256-GCM-SHA384:" \
		"ECDHE-ECDSA-CHACHA20-POLY1305:" \
		"ECDHE-RSA-AES128-GCM-SHA256:" \
		"ECDHE-RSA-AES256-GCM-SHA384:" \
		"ECDHE-RSA-CHACHA20-POLY1305"
#define CBC	"ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:" \
		"ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:" \
		"ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:" \
		"ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA"
#define STATIC	"AES128-GCM-SHA256:AES256-GCM-SHA384:" \
		"AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA"

static const struct {
	const char	*name;
	int		 version;
	const char	*ciphers[2];	/* up to TLS 1.2; with static RSA */
	int		 level;
} floors[] = {
	[TLS_FLOOR_12]	= { "1.2", TLS1_2_VERSION,
	    { GCM, GCM ":" STATIC }, 2 },
	[TLS_FLOOR_13]	= { "1.3", TLS1_3_VERSION,
	    { GCM, GCM ":" STATIC }, 2 },
	[TLS_FLOOR_10]	= { "1.0", TLS1_VERSION,
	    { GCM ":" CBC, GCM ":" CBC ":" STATIC }, 0 },
};

struct tls_keys {
	struct provider	*provider;
	struct signer	*signer;
};

bool
tls_floor_parse(const char *s, enum tls_floor *f)
{
	for (size_t i = 0; i < N_OF(floors); i++)
		if (strcmp(floors[i].name, s) == 0) {
			*f = (enum tls_floor)i;
			return true;
		}
	return false;
}

struct tls_keys *
tls_keys_new(struct signer *s, struct err *e)
{
	struct tls_keys *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_set(e, ERR_NOMEM, "TLS");
		return NULL;
	}
	k->signer = s;
	if ((k->provider = provider_new(e)) == NULL) {
		free(k);
		return NULL;
	}
	return k;
}

void
tls_keys_free(struct tls_keys *k)
{
	if (k == NULL)
		return;
	provider_free(k->provider);
	free(k);
}

/*
 * Tickets instead of a cache: nothing is kept for a phone that went away.
 * Phones that drop the connection without a word are no error.
 */
static bool
set_server(SSL_CTX *ctx, const struct tls_offer *o, enum key_type type)
{
	static const unsigned char id[] = "phonetrust";
	int level = floors[o->floor].level;

	if (type == KEY_RSA1024 && level > 1)
		level = 1;	/* whoever made such a key was warned */
	SSL_CTX_set_security_level(ctx, level);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (o->no_tickets)
		(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(ctx, floors[o->floor].version) ==
	    1 && SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx,
	    floors[o->floor].ciphers[o->static_rsa]) == 1 &&
	    SSL_CTX_set_num_tickets(ctx, o->no_tickets ? 0 : 1) == 1 &&
	    (o->ticket_keys == NULL || SSL_CTX_set_tlsext_ticket_keys(ctx,
	    (void *)(uintptr_t)o->ticket_keys, TLS_TICKET_KEYS) == 1) &&
	    SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1) == 1;
}

struct ssl_ctx_st *
tls_server_ctx_offer(struct tls_keys *k, const struct cert *c,
    const struct tls_offer *o, struct err *e)
{
	EVP_PKEY *key = provider_key(k->provider, k->signer, c, e);
	SSL_CTX *ctx;

	if (key == NULL)
		return NULL;
	ctx = SSL_CTX_new_ex(provider_libctx(k->provider), PROVIDER_PREFER,
	    TLS_server_method());
	if (ctx == NULL || !set_server(ctx, o, cert_key_type(c)) ||
	    SSL_CTX_use_certificate(ctx, cert_x509(c)) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1) {
		(void)ossl_err(e, ERR_CRYPTO, "TLS server");
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_PKEY_free(key);
	return ctx;
}

struct ssl_ctx_st *
tls_server_ctx(struct tls_keys *k, const struct cert *c,
    enum tls_floor floor, struct err *e)
{
	return tls_server_ctx_offer(k, c, &(struct tls_offer){
	    .floor = floor }, e);
}

void
tls_ctx_free(struct ssl_ctx_st *ctx)
{
	SSL_CTX_free(ctx);
}
