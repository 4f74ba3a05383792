/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bounded counts per IP address, see addr.h: a hash table of chains that
 * holds only the addresses that count for something now.
 */
#include <pthread.h>
#include <stdlib.h>

#include "net/addr.h"

#define COUNT_BUCKETS	64	/* at first; a power of two */

struct count_ip {
	struct count_ip	*next;
	struct net_addr	 addr;
	size_t		 n;
};

struct net_count {
	pthread_mutex_t	  lock;		/* of all that follows */
	struct count_ip	**bucket;
	size_t		  nbuckets;
	size_t		  nips;
	size_t		  total, max_total, max_per_ip;
	uint64_t	  key;
};

struct net_count *
net_count_new(size_t max_total, size_t max_per_ip, uint64_t hash_key)
{
	struct net_count *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	(void)pthread_mutex_init(&c->lock, NULL);
	c->nbuckets = COUNT_BUCKETS;
	c->key = hash_key;
	net_count_set_max(c, max_total, max_per_ip);
	if ((c->bucket = calloc(c->nbuckets, sizeof(*c->bucket))) == NULL) {
		net_count_free(c);
		return NULL;
	}
	return c;
}

/* The link that points to a's record, or to the NULL where it would be. */
static struct count_ip **
count_find(struct net_count *c, const struct net_addr *a)
{
	struct count_ip **p = &c->bucket[net_addr_ip_hash(a, c->key) &
	    (c->nbuckets - 1)];

	while (*p != NULL && !net_addr_same_ip(&(*p)->addr, a))
		p = &(*p)->next;
	return p;
}

/* Without memory the chains just stay longer. */
static void
count_grow(struct net_count *c)
{
	struct count_ip **old = c->bucket, *ip, *next;
	size_t nold = c->nbuckets;
	struct count_ip **bucket = calloc(nold * 2, sizeof(*bucket));

	if (bucket == NULL)
		return;
	c->bucket = bucket;
	c->nbuckets = nold * 2;
	for (size_t i = 0; i < nold; i++) {
		for (ip = old[i]; ip != NULL; ip = next) {
			struct count_ip **to = count_find(c, &ip->addr);

			next = ip->next;
			ip->next = NULL;
			*to = ip;
		}
	}
	free(old);
}

static bool
count_in(struct net_count *c, const struct net_addr *a)
{
	struct count_ip **p, *ip;

	if (c->total >= c->max_total)
		return false;
	p = count_find(c, a);
	if (*p == NULL) {
		if (c->max_per_ip == 0 ||
		    (ip = calloc(1, sizeof(*ip))) == NULL)
			return false;
		ip->addr = *a;
		ip->n = 1;
		*p = ip;
		if (++c->nips > c->nbuckets)
			count_grow(c);
	} else {
		if ((*p)->n >= c->max_per_ip)
			return false;
		(*p)->n++;
	}
	c->total++;
	return true;
}

bool
net_count_add(struct net_count *c, const struct net_addr *a)
{
	bool in;

	(void)pthread_mutex_lock(&c->lock);
	in = count_in(c, a);
	(void)pthread_mutex_unlock(&c->lock);
	return in;
}

void
net_count_del(struct net_count *c, const struct net_addr *a)
{
	struct count_ip **p, *ip;

	(void)pthread_mutex_lock(&c->lock);
	p = count_find(c, a);
	if ((ip = *p) == NULL)
		abort();	/* the caller counted something else */
	c->total--;
	if (--ip->n == 0) {
		*p = ip->next;
		c->nips--;
		free(ip);
	}
	(void)pthread_mutex_unlock(&c->lock);
}

size_t
net_count_total(struct net_count *c)
{
	size_t n;

	(void)pthread_mutex_lock(&c->lock);
	n = c->total;
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

bool
net_count_full(struct net_count *c)
{
	bool full;

	(void)pthread_mutex_lock(&c->lock);
	full = c->total >= c->max_total;
	(void)pthread_mutex_unlock(&c->lock);
	return full;
}

void
net_count_set_max(struct net_count *c, size_t max_total, size_t max_per_ip)
{
	(void)pthread_mutex_lock(&c->lock);
	c->max_total = max_total;
	c->max_per_ip = max_per_ip;
	(void)pthread_mutex_unlock(&c->lock);
}

void
net_count_free(struct net_count *c)
{
	struct count_ip *ip, *next;

	if (c == NULL)
		return;
	for (size_t i = 0; c->bucket != NULL && i < c->nbuckets; i++)
		for (ip = c->bucket[i]; ip != NULL; ip = next) {
			next = ip->next;
			free(ip);
		}
	free(c->bucket);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
