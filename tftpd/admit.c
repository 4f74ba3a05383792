/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Counting transfers, see admit.h.
 */
#include <pthread.h>
#include <stdlib.h>

#include "crypt/rng.h"
#include "tftpd/admit.h"

struct admit {
	pthread_mutex_t	 lock;
	struct net_count *count;
};

struct admit *
admit_new(struct err *e)
{
	struct admit *a;
	uint64_t key;

	if (rng_fill(rng_system(), &key, sizeof(key), e) != ERR_OK)
		return NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (a->count = net_count_new(0, 0, key)) == NULL) {
		free(a);
		(void)err_set(e, ERR_NOMEM, "transfer count");
		return NULL;
	}
	(void)pthread_mutex_init(&a->lock, NULL);
	return a;
}

void
admit_set(struct admit *a, size_t max_total, size_t max_per_ip)
{
	(void)pthread_mutex_lock(&a->lock);
	net_count_set_max(a->count, max_total, max_per_ip);
	(void)pthread_mutex_unlock(&a->lock);
}

bool
admit_enter(struct admit *a, const struct net_addr *peer)
{
	bool in;

	(void)pthread_mutex_lock(&a->lock);
	in = net_count_add(a->count, peer);
	(void)pthread_mutex_unlock(&a->lock);
	return in;
}

void
admit_leave(struct admit *a, const struct net_addr *peer)
{
	(void)pthread_mutex_lock(&a->lock);
	net_count_del(a->count, peer);
	(void)pthread_mutex_unlock(&a->lock);
}

void
admit_free(struct admit *a)
{
	if (a == NULL)
		return;
	net_count_free(a->count);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
