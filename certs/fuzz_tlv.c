/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a file with the shared header.
 */
#include <stdlib.h>

#include "certs/tlv.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	uint8_t digest[DIGEST_MAX];
	struct err e = { 0 };
	struct tlv_header h;
	enum digest_alg alg;
	size_t n;

	if (tlv_header_parse(&h, buf, len, &e) != ERR_OK) {
		if (e.code != ERR_PROTO || e.off > len)
			abort();
		return 0;
	}
	if (h.length > len || h.sig_off + 3 + h.siglen > h.length)
		abort();
	(void)tlv_signed_digest(&h, buf, len, digest, &n, &alg, NULL);
	return 0;
}
