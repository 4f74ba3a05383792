/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Live statistics: their file and who writes it, see stats.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "proc/state.h"
#include "trust/stats.h"

#define ROWS_MIN	64	/* of each loop */

struct stats {
	int			 fd;		/* -1: memory only */
	struct stats_head	*head;		/* the mapping begins here */
	size_t			 size;
	unsigned		 nloops, nrows;
	pid_t			 pid;
	int64_t			 started_us;
	struct stats_loop	*loops;
	uint16_t		*free;		/* of all loops */
};

static const char *const via_names[STATS_NVIA] = {
	[STATS_TFTP] = "tftp",
	[STATS_HTTP] = "http",
	[STATS_HTTPS] = "https",
};

static const char *const result_names[STATS_NRESULT] = {
	[STATS_DONE] = "done",
	[STATS_HEAD] = "head",
	[STATS_PARTIAL] = "partial",
	[STATS_NOT_MODIFIED] = "not_modified",
	[STATS_NOT_FOUND] = "not_found",
	[STATS_REFUSED] = "refused",
	[STATS_BUSY] = "busy",
	[STATS_TIMEOUT] = "timeout",
	[STATS_ABORTED] = "aborted",
	[STATS_TOO_LONG] = "too_long",
	[STATS_READ_FAILED] = "read_failed",
	[STATS_STOPPED] = "stopped",
	[STATS_FAILED] = "failed",
};

const char *
stats_via_name(enum stats_via v)
{
	return via_names[v];
}

const char *
stats_result_name(enum stats_result r)
{
	return result_names[r];
}

/* --- the file --- */

static size_t
loop_size(unsigned nrows)
{
	return sizeof(struct stats_counters) +
	    nrows * sizeof(struct stats_row);
}

/* A new file, not the old one cut: someone may be reading that.  All of it is
 * allocated, or a full disk would kill who writes to the mapping. */
static int
make_file(int statefd, size_t size, int *fd, struct err *e)
{
	int rc;

	(void)unlinkat(statefd, STATS_FILE, 0);
	if ((*fd = openat(statefd, STATS_FILE, O_RDWR | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0640)) == -1)
		return err_sys(e, ERR_IO, "%s", STATS_FILE);
	if ((rc = posix_fallocate(*fd, 0, (off_t)size)) != 0) {
		errno = rc;
		return err_sys(e, ERR_IO, "%s: room for %zu bytes",
		    STATS_FILE, size);
	}
	return state_own_file(statefd, STATS_FILE, 0640, false, e);
}

static void *
map(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    fd == -1 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	return p != MAP_FAILED ? p : NULL;
}

static void
open_file(struct stats *s, int statefd)
{
	struct err e = { 0 };

	if (make_file(statefd, s->size, &s->fd, &e) == ERR_OK &&
	    (s->head = map(s->fd, s->size)) == NULL)
		(void)err_sys(&e, ERR_IO, "%s", STATS_FILE);
	if (e.code == ERR_OK)
		return;
	log_err(LOG_WARNING, "stats.file", &e);
	(void)unlinkat(statefd, STATS_FILE, 0);
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}

/* What is private to the loops, and where their parts of the mapping are. */
static int
place_loops(struct stats *s)
{
	uint8_t *p = (uint8_t *)s->head + sizeof(*s->head);

	s->free = calloc((size_t)s->nloops * s->nrows, sizeof(*s->free));
	s->loops = aligned_alloc(_Alignof(struct stats_loop),
	    s->nloops * sizeof(*s->loops));
	if (s->free == NULL || s->loops == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < s->nloops; i++, p += loop_size(s->nrows))
		s->loops[i] = (struct stats_loop){
			.c = (struct stats_counters *)(void *)p,
			.rows = (struct stats_row *)(void *)
			    (p + sizeof(struct stats_counters)),
			.nrows = s->nrows,
			.free = s->free + (size_t)i * s->nrows,
		};
	return ERR_OK;
}

static void
fill_head(struct stats *s)
{
	struct stats_head *h = s->head;

	h->layout = STATS_LAYOUT;
	h->nloops = s->nloops;
	h->nrows = s->nrows;
	h->pid = (uint32_t)s->pid;
	h->size = s->size;
	h->started_us = s->started_us;
	atomic_thread_fence(memory_order_release);
	memcpy(h->magic, STATS_MAGIC, sizeof(h->magic));
}

struct stats *
stats_new(int statefd, unsigned nloops, struct err *e)
{
	struct stats *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "statistics");
		return NULL;
	}
	s->fd = -1;
	s->pid = getpid();
	s->started_us = clock_wall_ns(clock_system()) / 1000;
	s->nloops = nloops;
	s->nrows = STATS_ROWS / nloops;
	if (s->nrows < ROWS_MIN)
		s->nrows = ROWS_MIN;
	s->size = sizeof(*s->head) + nloops * loop_size(s->nrows);
	if (statefd != -1)
		open_file(s, statefd);
	if (s->head == NULL)
		s->head = map(-1, s->size);
	if (s->head == NULL || place_loops(s) != ERR_OK) {
		(void)err_set(e, ERR_NOMEM, "statistics");
		stats_free(s);
		return NULL;
	}
	fill_head(s);
	return s;
}

void
stats_free(struct stats *s)
{
	if (s == NULL)
		return;
	if (s->head != NULL)
		(void)munmap(s->head, s->size);
	if (s->fd != -1)
		(void)close(s->fd);
	free(s->loops);
	free(s->free);
	free(s);
}

/* An engine may have died because someone cut the file under it: put back what
 * is missing, or do without the file. */
static void
mend(struct stats *s)
{
	struct stat st;

	if (s->fd == -1 || (fstat(s->fd, &st) == 0 &&
	    st.st_size >= (off_t)s->size))
		return;
	if (posix_fallocate(s->fd, 0, (off_t)s->size) != 0 &&
	    mmap(s->head, s->size, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		abort();
}

static void
loop_zero(struct stats_loop *l)
{
	uint64_t high = atomic_load(&l->c->high);

	for (uint64_t i = 0; i < high && i < l->nrows; i++) {
		struct stats_row *r = &l->rows[i];

		/* It may have died while writing: then even again. */
		atomic_store(&r->seq, (atomic_load(&r->seq) | 1) + 1);
		r->used = 0;
	}
	memset(l->c, 0, sizeof(*l->c));
	l->fresh = l->nfree = 0;
}

void
stats_engine(struct stats *s)
{
	mend(s);
	fill_head(s);
	for (unsigned i = 0; i < s->nloops; i++)
		loop_zero(&s->loops[i]);
	stats_set(&s->head->engine_us,
	    (uint64_t)(clock_wall_ns(clock_system()) / 1000));
}

void
stats_rcvbuf(struct stats *s, uint64_t bytes)
{
	stats_set(&s->head->rcvbuf, bytes);
}

void
stats_cache(struct stats *s, const struct file_cache_stats *c)
{
	struct stats_head *h = s->head;

	stats_set(&h->cache_hits, c->hits);
	stats_set(&h->cache_misses, c->misses);
	stats_set(&h->cache_made, c->made);
	stats_set(&h->cache_entries, c->n);
	stats_set(&h->cache_bytes, c->bytes);
}

/* --- one loop --- */

struct stats_loop *
stats_loop(struct stats *s, unsigned i)
{
	return &s->loops[i];
}

static unsigned
find_name(const char *const *names, unsigned n, const char *name)
{
	unsigned i = 0;

	while (i < n - 1 && strcmp(names[i], name) != 0)
		i++;
	return i;
}

void
stats_ended(struct stats_loop *l, const char *via, const char *result)
{
	if (l != NULL)
		stats_add(&l->c->ended[find_name(via_names, STATS_NVIA, via)]
		    [find_name(result_names, STATS_NRESULT, result)], 1);
}

/* Rows used last come first: those are in the processor's cache. */
static struct stats_row *
row_take(struct stats_loop *l)
{
	if (l->nfree > 0)
		return &l->rows[l->free[--l->nfree]];
	if (l->fresh == l->nrows)
		return NULL;
	stats_set(&l->c->high, l->fresh + 1);
	return &l->rows[l->fresh++];
}

/* What lies between is seen whole, or the row is seen to change. */
static void
row_open(struct stats_row *r)
{
	uint32_t seq = atomic_load_explicit(&r->seq, memory_order_relaxed);

	atomic_store_explicit(&r->seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void
row_close(struct stats_row *r)
{
	uint32_t seq = atomic_load_explicit(&r->seq, memory_order_relaxed);

	atomic_store_explicit(&r->seq, seq + 1, memory_order_release);
}

static void
row_peer(struct stats_row *r, const struct net_addr *peer)
{
	struct sockaddr_in6 sin6;
	struct sockaddr_in sin;

	memset(r->ip, 0, sizeof(r->ip));
	r->port = net_addr_port(peer);
	if (peer->ss.ss_family == AF_INET6) {
		memcpy(&sin6, &peer->ss, sizeof(sin6));
		memcpy(r->ip, &sin6.sin6_addr, sizeof(r->ip));
	} else if (peer->ss.ss_family == AF_INET) {
		memcpy(&sin, &peer->ss, sizeof(sin));
		memset(r->ip + 10, 0xff, 2);
		memcpy(r->ip + 12, &sin.sin_addr, 4);
	}
}

static void
row_write(struct stats_row *r, const struct stats_about *a)
{
	size_t n = strnlen(a->name, sizeof(r->name) - 1);

	row_open(r);
	r->used = 1;
	r->via = (uint8_t)a->via;
	r->id = a->id;
	r->size = a->size;
	r->started_us = a->started_us;
	r->blksize = a->blksize;
	r->window = a->window;
	row_peer(r, a->peer);
	memcpy(r->name, a->name, n);
	r->name[n] = '\0';
	stats_set(&r->bytes, 0);
	stats_set(&r->resent, 0);
	stats_set(&r->timeouts, 0);
	row_close(r);
}

void
stats_begin(struct stats_live *t, struct stats_loop *l,
    const struct stats_about *a)
{
	*t = (struct stats_live){ .loop = l, .via = a->via };
	if (l == NULL)
		return;
	stats_add(&l->c->begun[a->via], 1);
	stats_add(&l->c->live[a->via], 1);
	if ((t->row = row_take(l)) != NULL)
		row_write(t->row, a);
}

void
stats_end(struct stats_live *t)
{
	struct stats_loop *l = t->loop;

	if (l == NULL)
		return;
	stats_add(&l->c->live[t->via], (uint64_t)-1);
	if (t->row != NULL) {
		row_open(t->row);
		t->row->used = 0;
		row_close(t->row);
		l->free[l->nfree++] = (uint16_t)(t->row - l->rows);
	}
	*t = (struct stats_live){ .loop = NULL };
}
