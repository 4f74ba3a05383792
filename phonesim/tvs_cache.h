/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that TVS has vouched for, as a phone remembers them until
 * their time to live is over (spec/tvs.md section 6); answers that were no are
 * not remembered.  Kept in the phone's folder as tvs.json.
 */
#ifndef PHONESIM_TVS_CACHE_H
#define PHONESIM_TVS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "certs/cert.h"
#include "trust/accept.h"

#define TVS_CACHE_FILE	"tvs.json"
#define TVS_CACHE_MAX	32	/* then what ends first goes */

struct tvs_known {
	struct cert	*cert;
	uint8_t		 roles[ACCEPT_ROLES_MAX];
	size_t		 nroles;
	int64_t		 until;		/* Unix seconds */
	char		 from[ACCEPT_FROM_MAX];	/* who said so */
};

struct tvs_cache {			/* all zero: empty */
	struct tvs_known k[TVS_CACHE_MAX];
	size_t		 n;
};

void	tvs_cache_clear(struct tvs_cache *c);

/* What is known at now of who is asked for; NULL: nothing. */
const struct tvs_known *tvs_cache_find(const struct tvs_cache *c,
	    const struct accept_question *q, int64_t now);

/* Remember a copy of k; what is over at now goes.  ERR_NOMEM. */
int	tvs_cache_put(struct tvs_cache *c, const struct tvs_known *k,
	    int64_t now, struct err *e);

/* A file that is not there is an empty cache.  ERR_PROTO: not such a file. */
int	tvs_cache_load(struct tvs_cache *c, int dirfd, struct err *e);
int	tvs_cache_store(const struct tvs_cache *c, int dirfd, struct err *e);

#endif
