/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a phone's public key.
 */
#include <stdlib.h>

#include "certs/lsc.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct lsc_key *k = lsc_key_from_spki(buf, len, NULL);

	if (k != NULL && lsc_key_type(k) == KEY_OTHER)
		abort();
	lsc_key_free(k);
	return 0;
}
