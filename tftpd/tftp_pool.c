/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sockets of transfers, see tftp_pool.h.
 */
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "tftpd/tftp_pool.h"
#include "tftpd/tftp_sock.h"

#define NRECENT	16384		/* peers remembered; a power of two */

_Static_assert(TFTP_POOL_PER_ADDRESS <= 64, "slots are bits");

/* An address of ours and its sockets; slot i is tid[i]. */
struct tftp_local {
	LIST_ENTRY(tftp_local)	 entry;
	struct net_addr		 addr;
	struct tftp_tid		*tid[TFTP_POOL_PER_ADDRESS];
	unsigned		 n;
};

/* The slots a peer has used of late.  Two peers may fall on one place: then
 * the later one counts. */
struct recent {
	uint64_t	peer;		/* hash */
	uint64_t	slots;		/* bits */
	int64_t		until_ms;
};

struct tftp_pool {
	struct loop			*loop;
	tftp_pool_fn			*fn;
	void				*arg;
	uint64_t			 hash_key;
	LIST_HEAD(, tftp_local)		 locals;
	size_t				 n;	/* sockets */
	struct recent			 recent[NRECENT];
};

struct tftp_pool *
tftp_pool_new(struct loop *l, uint64_t hash_key, tftp_pool_fn *fn, void *arg,
    struct err *e)
{
	struct tftp_pool *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "sockets of transfers");
		return NULL;
	}
	p->loop = l;
	p->hash_key = hash_key;
	p->fn = fn;
	p->arg = arg;
	return p;
}

static void
tid_ready(void *arg, int fd, unsigned events)
{
	struct tftp_tid *t = arg;

	(void)fd;
	(void)events;
	t->pool->fn(t->pool->arg, t);
}

static struct tftp_tid *
tid_new(struct tftp_pool *p, struct tftp_local *l, struct err *e)
{
	struct tftp_tid *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)err_set(e, ERR_NOMEM, "socket of transfers");
		return NULL;
	}
	if ((t->fd = tftp_sock_tid(&l->addr, e)) == -1 ||
	    (t->io = loop_io_new(p->loop, t->fd, LOOP_READ, LOOP_PRIO_HIGH,
	    tid_ready, t, e)) == NULL) {
		if (t->fd != -1)
			(void)close(t->fd);
		free(t);
		return NULL;
	}
	t->pool = p;
	t->local = l;
	t->slot = l->n;
	l->tid[l->n++] = t;
	p->n++;
	return t;
}

/* The last takes its slot, so that slots stay without gaps. */
static void
tid_free(struct tftp_tid *t)
{
	struct tftp_local *l = t->local;
	struct tftp_tid *last = l->tid[--l->n];

	last->slot = t->slot;
	l->tid[t->slot] = last;
	t->pool->n--;
	loop_io_free(t->io);
	(void)close(t->fd);
	free(t);
}

static void
local_free(struct tftp_local *l)
{
	while (l->n > 0)
		tid_free(l->tid[l->n - 1]);
	LIST_REMOVE(l, entry);
	free(l);
}

void
tftp_pool_free(struct tftp_pool *p)
{
	if (p == NULL)
		return;
	while (!LIST_EMPTY(&p->locals))
		local_free(LIST_FIRST(&p->locals));
	free(p);
}

static struct tftp_local *
local_get(struct tftp_pool *p, const struct net_addr *addr, struct err *e)
{
	struct tftp_local *l;

	LIST_FOREACH(l, &p->locals, entry)
		if (net_addr_same_ip(&l->addr, addr))
			return l;
	if ((l = calloc(1, sizeof(*l))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "sockets of transfers");
		return NULL;
	}
	l->addr = *addr;
	LIST_INSERT_HEAD(&p->locals, l, entry);
	return l;
}

/* Room for one more: when all are there, one that nobody uses goes. */
static bool
make_room(struct tftp_pool *p, const struct tftp_local *keep)
{
	struct tftp_local *l;

	if (p->n < TFTP_POOL_MAX)
		return true;
	LIST_FOREACH(l, &p->locals, entry)
		for (unsigned i = 0; l != keep && i < l->n; i++) {
			if (l->tid[i]->users > 0)
				continue;
			tid_free(l->tid[i]);
			if (l->n == 0)
				local_free(l);
			return true;
		}
	return false;
}

static uint64_t
peer_hash(const struct tftp_pool *p, const struct net_addr *peer)
{
	return net_addr_ip_hash(peer, p->hash_key) +
	    net_addr_port(peer) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct recent *
recent_get(struct tftp_pool *p, const struct net_addr *peer)
{
	uint64_t h = peer_hash(p, peer);
	struct recent *r = &p->recent[h >> 32 & (NRECENT - 1)];
	int64_t now = loop_now_ms(p->loop);

	if (r->peer != h || now >= r->until_ms)
		*r = (struct recent){ .peer = h };
	r->until_ms = now + TFTP_POOL_LATE_MS;
	return r;
}

static bool
has(uint64_t slots, unsigned slot)
{
	return (slots >> slot & 1) != 0;
}

static bool
is_recent(const struct recent *r, unsigned slot)
{
	return has(r->slots, slot);
}

/* The first that is neither live, recent nor loaded: so few sockets do the work of
 * a quiet hour, and packets come in larger batches. */
static struct tftp_tid *
find_free(const struct tftp_local *l, const struct recent *r, uint64_t live)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!has(live, i) && !is_recent(r, i) &&
		    l->tid[i]->users < TFTP_POOL_SHARE)
			return l->tid[i];
	return NULL;
}

/* Without a better one: not recent before recent, then the least loaded. */
static struct tftp_tid *
find_least(const struct tftp_local *l, const struct recent *r, uint64_t live)
{
	struct tftp_tid *best = NULL;

	for (unsigned i = 0; i < l->n; i++) {
		struct tftp_tid *t = l->tid[i];
		bool better = best == NULL ||
		    (is_recent(r, i) != is_recent(r, best->slot) ?
		    is_recent(r, best->slot) : t->users < best->users);

		if (better && !has(live, i))
			best = t;
	}
	return best;
}

struct tftp_tid *
tftp_pool_take(struct tftp_pool *p, const struct net_addr *local,
    const struct net_addr *peer, uint64_t live, struct err *e)
{
	struct tftp_local *l = local_get(p, local, e);
	struct recent *r = recent_get(p, peer);
	struct tftp_tid *t;

	if (l == NULL)
		return NULL;
	if ((t = find_free(l, r, live)) == NULL && l->n < TFTP_POOL_PER_ADDRESS) {
		if (make_room(p, l))
			t = tid_new(p, l, e);
		else
			(void)err_set(e, ERR_BUSY, "all sockets for "
			    "transfers are used by other addresses");
	}
	if (t == NULL && (t = find_least(l, r, live)) == NULL) {
		if (l->n == 0)
			local_free(l);
		else
			(void)err_set(e, ERR_BUSY, "this phone has transfers "
			    "on all sockets");
		return NULL;
	}
	if (is_recent(r, t->slot))
		r->slots = 0;		/* all were: a new turn */
	r->slots |= UINT64_C(1) << t->slot;
	t->users++;
	return t;
}

void
tftp_pool_give(struct tftp_tid *t)
{
	t->users--;
}

bool
tftp_pool_knows(const struct tftp_tid *t, const struct net_addr *peer)
{
	const struct tftp_pool *p = t->pool;
	uint64_t h = peer_hash(p, peer);
	const struct recent *r = &p->recent[h >> 32 & (NRECENT - 1)];

	return r->peer == h && is_recent(r, t->slot) &&
	    loop_now_ms(p->loop) < r->until_ms;
}

size_t
tftp_pool_size(const struct tftp_pool *p)
{
	return p->n;
}
