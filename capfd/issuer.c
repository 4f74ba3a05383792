/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Issuing, see issuer.h.
 */
#include "capfd/issuer.h"
#include "crypt/rng.h"

#define OWNER_TEXT	(CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2)

int
issuer_issue(struct lsc_issuer *i, const struct capf_owner *o,
    const struct lsc_key *k, int64_t now, int64_t validity_s, uint8_t **der,
    size_t *len, struct err *e)
{
	char device[OWNER_TEXT];
	struct lsc_spec spec = { .device = device,
	    .not_before = now - ISSUER_BACK_S,
	    .not_after = now + validity_s };
	int ret;

	capf_owner_text(o, device, sizeof(device));
	if ((ret = rng_fill(rng_system(), spec.serial, sizeof(spec.serial),
	    e)) != ERR_OK)
		return ret;
	return lsc_issue(i, &spec, k, der, len, e);
}

int
issuer_request(struct lsc_issuer *i, const struct capf_owner *o,
    const struct lsc_key *k, uint8_t **der, size_t *len, struct err *e)
{
	char device[OWNER_TEXT];

	capf_owner_text(o, device, sizeof(device));
	return lsc_request(i, device, k, der, len, e);
}
