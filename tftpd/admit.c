/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Counting transfers and connections, see admit.h.
 */
#include <stdlib.h>

#include "crypt/rng.h"
#include "tftpd/admit.h"

struct admit {
	struct net_count *tftp, *http;
};

struct admit *
admit_new(struct err *e)
{
	struct admit *a;
	uint64_t key[2];

	if (rng_fill(rng_system(), key, sizeof(key), e) != ERR_OK)
		return NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (a->tftp = net_count_new(0, 0, key[0])) == NULL ||
	    (a->http = net_count_new(0, 0, key[1])) == NULL) {
		admit_free(a);
		(void)err_set(e, ERR_NOMEM, "count of transfers");
		return NULL;
	}
	return a;
}

void
admit_free(struct admit *a)
{
	if (a == NULL)
		return;
	net_count_free(a->tftp);
	net_count_free(a->http);
	free(a);
}

void
admit_set(struct admit *a, size_t max_total, size_t max_per_ip)
{
	net_count_set_max(a->tftp, max_total, max_per_ip);
}

bool
admit_enter(struct admit *a, const struct net_addr *peer)
{
	return net_count_add(a->tftp, peer);
}

void
admit_leave(struct admit *a, const struct net_addr *peer)
{
	net_count_del(a->tftp, peer);
}

bool
admit_full(struct admit *a)
{
	return net_count_full(a->tftp);
}

void
admit_set_http(struct admit *a, size_t max_total, size_t max_per_ip)
{
	net_count_set_max(a->http, max_total, max_per_ip);
}

struct net_count *
admit_http(struct admit *a)
{
	return a->http;
}
