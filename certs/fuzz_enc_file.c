/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as an encrypted configuration file, opened with a key that the
 * corpus has a file for.
 */
#include <stdlib.h>

#include "certs/enc_file.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static const uint8_t sym[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
	    0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	struct enc_file f;
	volatile uint8_t sum = 0;	/* so that every byte is read */
	uint8_t *out;
	size_t n;

	if (enc_file_parse(&f, buf, len, NULL) != ERR_OK)
		return 0;
	if (f.h.length + f.cipherlen != len || f.pad > f.cipherlen)
		abort();
	for (size_t i = 0; i < (f.symmetric ? 0 : f.key_bits / 8); i++)
		sum = (uint8_t)(sum + f.wrapped[i]);
	if (enc_file_open(&f, NULL, sym, &out, &n, NULL) != ERR_OK)
		return 0;
	if (!f.symmetric || n + f.pad != f.cipherlen)
		abort();
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + out[i]);
	free(out);
	return 0;
}
