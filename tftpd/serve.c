/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the transports share, see serve.h.
 */
#include <stdatomic.h>
#include <unistd.h>

#include "tftpd/serve.h"

void
serve_item_clear(struct serve_item *it)
{
	if (it->fd != -1)
		(void)close(it->fd);
	if (it->release != NULL)
		it->release(it->owned);
	*it = (struct serve_item){ .fd = -1 };
}

void
serve_tell(const struct serve_backend *b, const struct serve_report *r)
{
	stats_ended(b->stats, r->transport, r->result);
	b->report(b->arg, r);
}

const char *
serve_result(int code)
{
	switch (code) {
	case ERR_NOTFOUND:
		return "not_found";
	case ERR_PROTO:
	case ERR_DENIED:
	case ERR_REFUSED:
		return "refused";
	case ERR_LIMIT:
	case ERR_BUSY:
		return "busy";
	default:
		return "failed";
	}
}

bool
serve_ours(int code)
{
	return code != ERR_NOTFOUND && code != ERR_PROTO &&
	    code != ERR_REFUSED;
}

uint64_t
serve_next_id(void)
{
	static _Atomic uint64_t last;	/* of all loops */

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}
