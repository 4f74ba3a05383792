/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS contexts of servers whose keys a signer holds.  net/ takes them opaque
 * (net/http.h), so only these two folders know OpenSSL.
 */
#ifndef CERTS_TLS_H
#define CERTS_TLS_H

#include "certs/cert.h"
#include "certs/sign.h"

struct ssl_ctx_st;		/* OpenSSL's SSL_CTX */

/*
 * The lowest version offered.  TLS_FLOOR_10 is for phones that know no better
 * (7900 series): it brings in CBC suites with SHA-1 and OpenSSL's security
 * level 0, which such versions need.
 */
enum tls_floor { TLS_FLOOR_12, TLS_FLOOR_13, TLS_FLOOR_10 };

/* "1.2", "1.3", "1.0" */
bool		 tls_floor_parse(const char *s, enum tls_floor *f);

/* What a server offers; all zero is the usual. */
struct tls_offer {
	enum tls_floor	 floor;
	/*
	 * RSA key exchange too, after all others: an RSA key's owner can read
	 * what was ever sent so.  For phones that know nothing else.
	 */
	bool		 static_rsa;
	/*
	 * TLS_TICKET_KEYS random bytes, so that a session ticket is good at
	 * every loop, or NULL: each context has its own.  Copied.
	 */
	const uint8_t	*ticket_keys;
	bool		 no_tickets;
};
#define TLS_TICKET_KEYS	80

/*
 * One per loop: what TLS contexts of this thread sign through.  s is borrowed
 * for its life; it must outlive every context made with it, and what net/
 * holds of those.
 */
struct tls_keys;
struct tls_keys	*tls_keys_new(struct signer *s, struct err *e);
void		 tls_keys_free(struct tls_keys *k);

/*
 * A context for servers that present c and ask clients for nothing.  Session
 * tickets are on by default: there is no client whose trust could have
 * changed.
 * NULL with e filled: ERR_ARG (a key that no signer can hold), ERR_CRYPTO.
 */
struct ssl_ctx_st *tls_server_ctx_offer(struct tls_keys *k,
		    const struct cert *c, const struct tls_offer *o,
		    struct err *e);
struct ssl_ctx_st *tls_server_ctx(struct tls_keys *k, const struct cert *c,
		    enum tls_floor floor, struct err *e);
void		 tls_ctx_free(struct ssl_ctx_st *ctx);

#endif
