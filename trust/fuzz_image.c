/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: headers of signed images.
 */
#include <stdlib.h>

#include "trust/image.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A first byte chooses the name, the rest is the file's beginning. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "RingList.xml.sgn", "x.loads",
	    "d/x.zz.sgn", "x.xml" };
	struct image im;

	if (size == 0)
		return 0;
	image_check(&im, names[data[0] % 4], data + 1, size - 1, size - 1);
	if (im.verdict == IMAGE_BAD && im.why[0] == '\0')
		abort();
	if (im.verdict == IMAGE_SOUND && im.h.length >= size - 1)
		abort();
	return 0;
}
