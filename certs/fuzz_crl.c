/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a revocation list.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/crl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct crl *c = crl_from_der(buf, len, NULL);
	const uint8_t *der;
	size_t n;

	if (c == NULL)
		return 0;
	der = crl_der(c, &n);
	if (n != len || memcmp(der, buf, len) != 0 || crl_issuer(c) == NULL)
		abort();
	(void)crl_key_id(c, &n);
	(void)crl_count(c);
	(void)crl_next_update(c);
	crl_free(c);
	return 0;
}
