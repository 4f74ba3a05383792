/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a trust list.
 */
#include <stdlib.h>

#include "certs/list.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct list *l = list_parse(buf, len, NULL);
	uint8_t hash[32];
	size_t end;

	if (l == NULL)
		return 0;
	end = l->h.length;
	for (size_t i = 0; i < l->nrec; i++) {
		if (l->rec[i].off != end)
			abort();
		end += l->rec[i].len;
	}
	if (end != len)
		abort();
	(void)list_verify_self(l, NULL);
	if (list_content_hash(l, hash, NULL) != ERR_OK)
		abort();
	list_free(l);
	return 0;
}
