/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as PKCS#7 SignedData.
 */
#include <stdlib.h>

#include "certs/pkcs7.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct cert *signer;
	uint8_t *data;
	size_t n;

	if (pkcs7_open(buf, len, &data, &n, &signer, NULL) == ERR_OK) {
		if (data == NULL || signer == NULL || n > len)
			abort();
		free(data);
		cert_free(signer);
	} else if (data != NULL || signer != NULL) {
		abort();
	}
	return 0;
}
