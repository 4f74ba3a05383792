/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of verification share, see verify.h.
 */
#ifndef CERTS_VERIFY_PART_H
#define CERTS_VERIFY_PART_H

#include <openssl/x509_vfy.h>

#include "certs/internal.h"
#include "certs/verify.h"

#define VERIFY_PATHS_MAX	32	/* issuers tried for one peer */

struct verifier {
	struct verifier_source	 src;
	const struct clock	*clock;
	struct cert_store	*store;		/* NULL: trust nothing */
	bool			 stale;
	struct cert_cache	*cache;
};

/* One question. */
struct verify_job {
	struct verifier		*v;
	const struct verify_policy *policy;
	const struct cert	*leaf;
	STACK_OF(X509)		*untrusted;	/* what the peer sent */
	const X509_VERIFY_PARAM	*param;		/* of a TLS connection, or
						 * NULL */
	int64_t			 now;
	struct verify_result	*r;
};

/* Fill the result and return false, for `return verify_say(...)'; a first
 * reason stays.  x: the certificate at fault, or NULL. */
bool	verify_say(struct verify_job *j, enum verify_why why, X509 *x,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Is there anything to look at? */
bool	verify_may_be_revoked(struct verifier *v);

/* The whole question; the result is filled either way. */
bool	verify_ask(struct verify_job *j);

/* --- verify_find.c --- */

/* Who of the store may have issued the leaf or what came with it. */
struct verify_issuers {
	struct cert	*cert[VERIFY_PATHS_MAX];
	size_t		 n;
	/* why there are no more of them */
	enum verify_why	 why;
	struct err	 e;		/* with VERIFY_ERROR */
};
void	verify_issuers_find(struct verify_job *j, struct verify_issuers *is);
void	verify_issuers_clear(struct verify_issuers *is);

/* --- verify_path.c --- */

/* Is there a path from the leaf to anchor, and is all of it good enough? */
bool	verify_path(struct verify_job *j, const struct cert *anchor);

#endif
