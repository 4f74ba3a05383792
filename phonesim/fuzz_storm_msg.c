/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: answers of servers to a storm.  The first byte says which.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "phonesim/storm_msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool b)
{
	if (!b)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct storm_packet p;
	struct storm_head h;
	struct err e = { 0 };

	if (size == 0)
		return 0;
	if (data[0] == 'T') {
		if (storm_packet_parse(&p, data + 1, size - 1, &e) != ERR_OK)
			return 0;
		must(p.len < size);
		must(p.op != STORM_OACK || (p.blksize >= 8 &&
		    p.blksize <= STORM_BLKSIZE));
	} else if (storm_head_parse(&h, data + 1, size - 1, &e) == ERR_OK &&
	    h.size > 0) {
		must(h.size < size && h.size <= STORM_HEAD_MAX);
		must(h.status >= 100 && h.status <= 599);
	}
	return 0;
}
