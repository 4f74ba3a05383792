/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What CAPF makes for a phone's key: a certificate, or the request for one.
 */
#ifndef CAPFD_ISSUER_H
#define CAPFD_ISSUER_H

#include "certs/lsc.h"
#include "trust/capf.h"

#define ISSUER_BACK_S	3600	/* phones' clocks differ */

/* *der is the caller's (free()); see lsc_issue and lsc_request. */
int		 issuer_issue(struct lsc_issuer *i, const struct capf_owner *o,
		    const struct lsc_key *k, int64_t now, int64_t validity_s,
		    uint8_t **der, size_t *len, struct err *e);
int		 issuer_request(struct lsc_issuer *i, const struct capf_owner *o,
		    const struct lsc_key *k, uint8_t **der, size_t *len,
		    struct err *e);

#endif
