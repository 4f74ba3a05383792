/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificate revocation lists (RFC 5280 section 5): reading one, and a set
 * of them as verification asks it.  Full lists of the CA that issued the
 * certificates; delta and indirect lists, and those for some reasons only, are
 * refused, for they say less than they seem to.
 */
#ifndef CERTS_CRL_H
#define CERTS_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/cert.h"

#define CRL_DER_MAX	(8 << 20)

/* --- one list --- */

struct crl;

/*
 * Read one DER list that fills buf exactly.  Syntax only: see crl_verify.
 * buf is not kept; crl_free() releases.  NULL with e filled: ERR_PROTO,
 * ERR_LIMIT, ERR_ARG (a kind that is refused; the text says which).
 */
struct crl	*crl_from_der(const uint8_t *buf, size_t len, struct err *e);

/* Never changes once made: threads share it. */
struct crl	*crl_ref(struct crl *c);
void		 crl_free(struct crl *c);

/* Borrowed until crl_free. */
const uint8_t	*crl_der(const struct crl *c, size_t *len);
const char	*crl_issuer(const struct crl *c);	/* ';' style, as rows */
const uint8_t	*crl_key_id(const struct crl *c, size_t *len);	/* authority
						 * key identifier; len 0 */

void		 crl_sha256(const struct crl *c,
		    uint8_t out[DIGEST_SHA256_LEN]);
size_t		 crl_count(const struct crl *c);	/* of entries */

/* Unix seconds; next 0: not said. */
int64_t		 crl_this_update(const struct crl *c);
int64_t		 crl_next_update(const struct crl *c);

/*
 * Made by this CA: name and key identifier fit, it may sign lists, and its
 * key has signed this one.  ERR_VERIFY with the reason.
 */
int		 crl_verify(const struct crl *c, const struct cert *issuer,
		    struct err *e);

/* Does the list name this certificate's serial number?  since may be NULL. */
bool		 crl_lists(const struct crl *c, const struct cert *cert,
		    int64_t *since);

/* --- a set --- */

/* Immutable, counted, shared by threads as a trust store is. */
struct crl_set;

/* Takes a reference of each. */
struct crl_set	*crl_set_new(struct crl *const *crl, size_t n,
		    struct err *e);
struct crl_set	*crl_set_ref(struct crl_set *s);
void		 crl_set_free(struct crl_set *s);
size_t		 crl_set_count(const struct crl_set *s);	/* of lists */

/* The list with that digest, borrowed; NULL. */
struct crl	*crl_set_find(const struct crl_set *s,
		    const uint8_t sha256[DIGEST_SHA256_LEN]);

enum crl_state {
	CRL_NO_LIST,		/* none of that CA */
	CRL_GOOD,
	CRL_REVOKED,
	CRL_OLD,		/* not listed, but the list is past its date */
	CRL_FALSE,		/* the list is not signed by that CA */
};

/*
 * What the set knows of cert, which issuer has issued.  A signature is
 * checked once per list and key.  now: Unix seconds.  *first (may be NULL) is
 * true for the first one that gets CRL_OLD or CRL_FALSE from a list: to log
 * it once.
 */
enum crl_state	 crl_set_ask(struct crl_set *s, const struct cert *cert,
		    const struct cert *issuer, int64_t now, bool *first);

#endif
