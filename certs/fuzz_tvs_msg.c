/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a message of the Trust Verification Service; what parses is
 * built again and then means the same.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/tvs_msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same(const struct tvs_bytes *a, const struct tvs_bytes *b)
{
	if (a->len != b->len || (a->len > 0 && memcmp(a->p, b->p, a->len) != 0))
		abort();
}

static void
same_msg(const struct tvs_msg *a, const struct tvs_msg *b)
{
	if (a->command != b->command || a->session != b->session ||
	    a->status != b->status || a->ttl != b->ttl ||
	    a->nroles != b->nroles ||
	    memcmp(a->roles, b->roles, sizeof(a->roles)) != 0)
		abort();
	same(&a->device, &b->device);
	same(&a->subject, &b->subject);
	same(&a->issuer, &b->issuer);
	same(&a->serial, &b->serial);
	same(&a->der, &b->der);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static uint8_t out[TVS_MSG_MAX];
	char device[TVS_DEVICE_MAX + 1];
	struct tvs_msg m, again;
	size_t n;

	if (tvs_msg_parse(&m, buf, len, NULL) != ERR_OK)
		return 0;
	if (tvs_msg_need(buf, len, &n, NULL) != ERR_OK || n != len)
		abort();
	tvs_device(&m, device);
	/* A device name of the unknown kind, or tags in another order, have
	 * no written form. */
	if (tvs_msg_build(&m, out, &n, NULL) != ERR_OK)
		return 0;
	if (tvs_msg_parse(&again, out, n, NULL) != ERR_OK) {
		if (m.command != TVS_QUERY_REQUEST)
			abort();
		return 0;
	}
	same_msg(&m, &again);
	return 0;
}
