/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a bundle file, and as the manifest within one, which no
 * signature keeps from a fuzzer.  A manifest that is taken is built again and
 * must read back as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/bundle.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_manifest(const uint8_t *buf, size_t len)
{
	struct bundle_part p, q;
	uint8_t *a, *b;
	size_t alen, blen;

	if (bundle_manifest_parse(&p, buf, len, NULL) == ERR_OK) {
		if (p.ncert == 0 || p.by == NULL ||
		    bundle_manifest_build(&p, &a, &alen, NULL) != ERR_OK ||
		    bundle_manifest_parse(&q, a, alen, NULL) != ERR_OK ||
		    bundle_manifest_build(&q, &b, &blen, NULL) != ERR_OK ||
		    alen != blen || memcmp(a, b, alen) != 0)
			abort();
		bundle_part_clear(&q);
		free(a);
		free(b);
	}
	bundle_part_clear(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct bundle b = { .n = 0 };

	try_manifest(buf, len);
	if (bundle_read(&b, buf, len, NULL) != ERR_OK && b.n != 0)
		abort();
	bundle_clear(&b);
	return 0;
}
