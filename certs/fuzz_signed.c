/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a signed file.
 */
#include <stdlib.h>

#include "certs/signed.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct signed_file f;
	volatile uint8_t sum = 0;	/* so that every byte is read */

	if (signed_parse(&f, buf, len, NULL) != ERR_OK)
		return 0;
	if (f.h.length + f.payloadlen != len)
		abort();
	for (size_t i = 0; i < f.payloadlen; i++)
		sum = (uint8_t)(sum + f.payload[i]);
	return 0;
}
