/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Is this certificate trusted, and if not, why?  Candidates for its issuers
 * come from the trust store (store.h); signatures, dates, constraints and
 * purposes are judged by OpenSSL (RFC 5280 section 6), key sizes and
 * signature digests by us, so that a TLS context of security level 0 does not
 * mean weak certificates.
 *
 * A certificate that is itself in the store is trusted as it is (pinned by
 * its SHA-256): of a thousand self-signed ones with one subject each counts.
 * Otherwise every certificate of the store may be the end of a path, also one
 * that another CA has issued (partial chain).
 */
#ifndef CERTS_VERIFY_H
#define CERTS_VERIFY_H

#include <stdbool.h>

#include "base/clock.h"
#include "certs/cert.h"
#include "certs/cert_cache.h"
#include "certs/store.h"

#define VERIFY_DEPTH_MAX	8	/* certificates of a peer that count */
#define VERIFY_ISSUERS_MAX	16	/* candidates per name */
#define VERIFY_CACHE_MAX	1024	/* parsed certificates of a verifier */

enum verify_why {
	VERIFY_OK,
	VERIFY_UNKNOWN,		/* not in the store, nor its issuer */
	VERIFY_REMOVED,		/* was in the store */
	VERIFY_OTHER_USE,	/* in the store, in other units */
	VERIFY_EXPIRED,
	VERIFY_NOT_YET,		/* not yet valid */
	VERIFY_SIGNATURE,
	VERIFY_NOT_CA,		/* an issuer is no CA, or may not sign */
	VERIFY_PATH_LENGTH,
	VERIFY_NAME,		/* name constraints */
	VERIFY_PURPOSE,		/* usages do not suit */
	VERIFY_WEAK,		/* key too small, or signed with MD5, SHA-1 */
	VERIFY_HOST,		/* another server's certificate */
	VERIFY_REVOKED,
	VERIFY_MALFORMED,	/* extensions that nobody may accept */
	VERIFY_ERROR,		/* we failed: database, memory */
	VERIFY_N
};

/* "expired", "unknown_issuer", ...: for logs and JSON. */
const char	*verify_why_name(enum verify_why w);

enum verify_purpose {
	VERIFY_ANY,		/* no direction: TVS */
	VERIFY_TLS_SERVER,	/* it is the server */
	VERIFY_TLS_CLIENT,
};

struct verify_policy {
	uint32_t		 units;		/* one of these must trust */
	enum verify_purpose	 purpose;
	int			 min_rsa_bits;	/* 0: VERIFY_MIN_RSA */
	int			 min_ec_bits;	/* 0: VERIFY_MIN_EC */
	bool			 sha1_ok;	/* certificates signed with it */
	bool			 expired_ok;	/* leaf and authorities; what is
						 * not yet valid never is */
	const char		*host;		/* name or address that it
						 * must have; NULL: any */
};
#define VERIFY_MIN_RSA	2048
#define VERIFY_MIN_EC	256

struct verify_result {
	enum verify_why	 why;
	char		 text[ERR_MSG_MAX];	/* in words; "" when trusted */
	bool		 pinned;
	/* when trusted: whose trust that is */
	uint8_t		 anchor[DIGEST_SHA256_LEN];
	uint32_t	 units;		/* of the anchor, those asked for */
	size_t		 depth;		/* certificates above the leaf */
};

/* --- a verifier: one thread's --- */

struct verifier_source {
	cert_load_fn	*load;
	/*
	 * The units that trust this certificate now.  Asked instead of the
	 * snapshot while that is older than the database, so that what was
	 * removed, or added by itself, counts at once.  ERR_OK with *units 0
	 * for none.
	 */
	int		(*units)(void *arg,
			    const uint8_t sha256[DIGEST_SHA256_LEN],
			    uint32_t *units, struct err *e);
	/*
	 * Has issuer revoked cert?  ERR_OK with *revoked; any error means that
	 * nobody knows, which keeps the certificate.  NULL: not looked at.
	 * may_be_revoked saves the work where there is nothing to look at;
	 * NULL: there always is.
	 */
	bool		(*may_be_revoked)(void *arg);
	int		(*revoked)(void *arg, const struct cert *cert,
			    const struct cert *issuer, bool *revoked,
			    struct err *e);
	void		*arg;
};

struct verifier;
struct verifier	*verifier_new(const struct verifier_source *src,
		    const struct clock *clock, struct err *e);
void		 verifier_free(struct verifier *v);

/* Use this snapshot from now on (a reference of its own is taken; NULL: trust
 * nothing).  stale: the database is newer, see units above. */
void		 verifier_set_store(struct verifier *v, struct cert_store *s,
		    bool stale);
void		 verifier_set_stale(struct verifier *v, bool stale);
const struct cert_store	*verifier_store(const struct verifier *v);

/* The parsed certificates of this thread, for others of it to use. */
struct cert_cache	*verifier_cache(struct verifier *v);

/* The units that trust this certificate (0: none), as the snapshot or, while
 * that is stale, the database says.  ERR_*: that could not be read. */
int		 verifier_units(struct verifier *v,
		    const uint8_t sha256[DIGEST_SHA256_LEN], uint32_t *units,
		    struct err *e);

/*
 * chain: what the peer sent besides, in any order, also with the leaf in it;
 * the first VERIFY_DEPTH_MAX count.  True when trusted.  r is always filled.
 */
bool		 verify_cert(struct verifier *v, const struct cert *leaf,
		    struct cert *const *chain, size_t n,
		    const struct verify_policy *p, struct verify_result *r);

/*
 * Has a CA of the store (of any unit) revoked this certificate, which it has
 * issued?  verify_cert asks this of certificates that are trusted by
 * themselves; for callers that look those up on their own.
 */
bool		 verify_revoked(struct verifier *v, const struct cert *c);

/* --- TLS peers --- */

struct ssl_ctx_st;		/* OpenSSL's SSL_CTX */

/* Told of every verification, on the thread of the handshake. */
typedef void	verify_told_fn(void *arg, const struct cert *leaf,
		    const struct verify_result *r);

/* Borrowed by the context: must outlive it. */
struct verify_tls {
	struct verifier		*verifier;
	struct verify_policy	 policy;	/* purpose: of the peer */
	verify_told_fn		*told;		/* NULL: nobody */
	void			*arg;
};

/*
 * From now on ctx demands a certificate of its peer, which must be trusted.
 * Turns off all that would skip the question (tickets, session cache,
 * renegotiation) and advertises no CA names: 10,000 of them break the
 * handshake.
 */
int		 verify_tls_set(struct ssl_ctx_st *ctx,
		    const struct verify_tls *t, struct err *e);

#endif
