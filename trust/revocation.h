/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What OCSP responders say of certificates, for loops that cannot wait: an
 * answer that is at hand is given at once; else the responder is asked in the
 * background, one at a time, and the next question finds the answer.  Only
 * certificates whose path has been verified may be asked about, for theirs is
 * the address that is asked.  An answer counts until its own date, a day at
 * most; who did not answer is asked again after REVOCATION_RETRY_S, and the
 * log says so.
 */
#ifndef TRUST_REVOCATION_H
#define TRUST_REVOCATION_H

#include "base/clock.h"
#include "certs/ocsp.h"

#define REVOCATION_MAX		4096	/* certificates remembered */
#define REVOCATION_QUEUE_MAX	256	/* questions waiting */
#define REVOCATION_RETRY_S	600
#define REVOCATION_KEEP_S	3600	/* where an answer has no date */
#define REVOCATION_DAY_S	86400
#define REVOCATION_TIMEOUT_MS	10000

struct revocation;

/* Brings a request to a responder; *answer is the caller's (free()). */
typedef int	revocation_fetch_fn(void *arg, const char *url,
		    const uint8_t *request, size_t len, uint8_t **answer,
		    size_t *answerlen, struct err *e);

/* fetch NULL: over HTTP.  The thread starts with the first question. */
struct revocation	*revocation_new(const struct clock *clock,
			    revocation_fetch_fn *fetch, void *arg,
			    struct err *e);
void			 revocation_free(struct revocation *r);

/* Any thread's.  OCSP_UNKNOWN: not known, or not yet. */
enum ocsp_status	 revocation_ask(struct revocation *r,
			    const struct cert *c, const struct cert *issuer);

/* Questions that have been put to responders. */
uint64_t		 revocation_asked(struct revocation *r);

#endif
