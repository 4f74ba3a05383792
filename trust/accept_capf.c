/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The CAPF server that a phone knows by its lists, see accept.h.
 */
#include <string.h>

#include "trust/accept_part.h"

static bool
is_capf(uint16_t role)
{
	return role == ROLE_CAPF;
}

/* A CAPF record with this certificate; l may be NULL. */
static bool
list_has(const struct list *l, const uint8_t *der, size_t len)
{
	for (size_t i = 0; l != NULL && i < l->nrec; i++) {
		const struct list_record *r = &l->rec[i];
		const uint8_t *held;
		size_t n;

		if (!is_capf(r->role) || r->cert == NULL)
			continue;
		held = cert_der(r->cert, &n);
		if (n == len && memcmp(held, der, n) == 0)
			return true;
	}
	return false;
}

static bool
judge(const struct held *h, const uint8_t *der, size_t len,
    struct accept_verdict *v)
{
	if (accept_held_blank(h))
		return accept_grant(v, ACCEPT_BLANK, "the phone holds no "
		    "list: any CAPF server is taken without check");
	if (list_has(h->ctl, der, len))
		return accept_grant(v, ACCEPT_CAPF_CTL, "its certificate is a "
		    "CAPF record of the CTL that the phone holds");
	if (list_has(h->itl, der, len))
		return accept_grant(v, ACCEPT_CAPF_ITL, "its certificate is a "
		    "CAPF record of the ITL that the phone holds");
	(void)accept_refuse(v, STEP_SIGNER, "expected the certificate of a "
	    "CAPF record held, found another one");
	return accept_tvs_vouches(h->p, h->itl, der, len, is_capf, "CAPF", v);
}

bool
accept_capf_server(const struct accept_phone *p, const uint8_t *der,
    size_t len, struct accept_verdict *v)
{
	struct held h = { 0 };
	bool ok;

	*v = (struct accept_verdict){ .path = ACCEPT_NONE,
	    .step = STEP_FORMAT };
	ok = accept_held_open(&h, p, v) && judge(&h, der, len, v);
	accept_held_close(&h);
	return ok;
}
