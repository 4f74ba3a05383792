/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Live statistics: looking at them, see stats.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/stats.h"

#define ROW_TRIES	16	/* to see one that does not change meanwhile */
#define CURE		"restart tftpd to make it anew"

static uint64_t
get(const stats_n *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

/* Exactly len bytes at off; the file may have become shorter since. */
static int
read_at(int fd, void *buf, size_t len, uint64_t off, struct err *e)
{
	uint8_t *p = buf;
	ssize_t n;

	for (size_t done = 0; done < len; done += (size_t)n) {
		n = pread(fd, p + done, len - done, (off_t)(off + done));
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == -1)
			return err_sys(e, ERR_IO, "%s", STATS_FILE);
		else if (n == 0)
			return err_set(e, ERR_PROTO, "%s ends after %llu "
			    "bytes: " CURE, STATS_FILE,
			    (unsigned long long)(off + done));
	}
	return ERR_OK;
}

static uint64_t
loop_size(const struct stats_head *h)
{
	return sizeof(struct stats_counters) +
	    (uint64_t)h->nrows * sizeof(struct stats_row);
}

static int
read_head(int fd, struct stats_head *h, struct err *e)
{
	struct stat st;
	int ret;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_PROTO, "%s is not a file: remove it "
		    "and restart tftpd", STATS_FILE);
	if ((ret = read_at(fd, h, sizeof(*h), 0, e)) != ERR_OK)
		return ret;
	if (memcmp(h->magic, STATS_MAGIC, sizeof(h->magic)) != 0)
		return err_set(e, ERR_PROTO, "%s holds no statistics: " CURE,
		    STATS_FILE);
	if (h->layout != STATS_LAYOUT)
		return err_set(e, ERR_SCHEMA, "%s has layout %u, not %u: "
		    "tftpd is of another version than ctltool; restart it",
		    STATS_FILE, h->layout, STATS_LAYOUT);
	if (h->nloops < 1 || h->nloops > STATS_LOOPS_MAX || h->nrows < 1 ||
	    h->nrows > STATS_ROWS || h->size != sizeof(*h) +
	    h->nloops * loop_size(h) || (uint64_t)st.st_size < h->size)
		return err_set(e, ERR_PROTO, "%s: numbers in it contradict "
		    "its %lld bytes: " CURE, STATS_FILE,
		    (long long)st.st_size);
	return ERR_OK;
}

static void
take_head(struct stats_view *v, const struct stats_head *h)
{
	v->pid = h->pid;
	v->started_us = h->started_us;
	v->engine_us = (int64_t)get(&h->engine_us);
	v->nloops = h->nloops;
	v->rcvbuf = get(&h->rcvbuf);
	v->cache = (struct file_cache_stats){
		.hits = get(&h->cache_hits), .misses = get(&h->cache_misses),
		.made = get(&h->cache_made),
		.n = (size_t)get(&h->cache_entries),
		.bytes = (size_t)get(&h->cache_bytes),
	};
}

static void
add_counters(struct stats_view *v, const struct stats_counters *c)
{
	for (int i = 0; i < STATS_NVIA; i++) {
		v->begun[i] += get(&c->begun[i]);
		v->live[i] += get(&c->live[i]);
		v->bytes[i] += get(&c->bytes[i]);
		for (int k = 0; k < STATS_NRESULT; k++)
			v->ended[i][k] += get(&c->ended[i][k]);
	}
	v->packets += get(&c->packets);
	v->resent += get(&c->resent);
	v->timeouts += get(&c->timeouts);
	v->shed += get(&c->shed);
	v->malformed += get(&c->malformed);
	v->connections += get(&c->connections);
	v->turned_away += get(&c->turned_away);
}

static bool
between(const stats_n *a, const stats_n *b, const stats_n *c)
{
	return get(a) <= get(b) && get(b) <= get(c);
}

/*
 * Three looks at a row, one after the other.  When its sequence counter was
 * the same in the first and the last, nothing but progress was written while
 * the second was taken.  Progress only grows: a number of which one half is
 * new would not lie between those before and after.
 */
static bool
is_whole(const struct stats_row *a, const struct stats_row *b,
    const struct stats_row *c)
{
	uint32_t seq = atomic_load_explicit(&a->seq, memory_order_relaxed);

	return (seq & 1) == 0 && seq == atomic_load_explicit(&b->seq,
	    memory_order_relaxed) && seq == atomic_load_explicit(&c->seq,
	    memory_order_relaxed) && between(&a->bytes, &b->bytes, &c->bytes) &&
	    between(&a->resent, &b->resent, &c->resent) &&
	    between(&a->timeouts, &b->timeouts, &c->timeouts);
}

static int
read_row(int fd, struct stats_row *r, uint64_t off, struct err *e)
{
	atomic_thread_fence(memory_order_seq_cst);
	return read_at(fd, r, sizeof(*r), off, e);
}

static void
take_row(struct stats_view *v, const struct stats_row *r)
{
	struct stats_transfer *t = &v->t[v->nt++];
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(r->port) };

	*t = (struct stats_transfer){
		.via = (enum stats_via)r->via, .id = r->id, .size = r->size,
		.bytes = get(&r->bytes), .resent = get(&r->resent),
		.timeouts = get(&r->timeouts), .started_us = r->started_us,
		.blksize = r->blksize, .window = r->window,
	};
	memcpy(&sin6.sin6_addr, r->ip, sizeof(r->ip));
	net_addr_from(&t->peer, (const struct sockaddr *)&sin6, sizeof(sin6));
	memcpy(t->name, r->name, strnlen(r->name, sizeof(t->name) - 1));
}

/* a was read with all others.  One that ends meanwhile is left out. */
static int
look_row(int fd, struct stats_view *v, struct stats_row *a, uint64_t off,
    struct err *e)
{
	struct stats_row b, c;
	int ret;

	if ((ret = read_row(fd, &b, off, e)) != ERR_OK)
		return ret;
	for (int i = 0; i < ROW_TRIES; i++, *a = b, b = c) {
		if ((ret = read_row(fd, &c, off, e)) != ERR_OK)
			return ret;
		if (!is_whole(a, &b, &c))
			continue;
		if (b.used == 1 && b.via < STATS_NVIA)
			take_row(v, &b);
		return ERR_OK;
	}
	return ERR_OK;
}

static int
look_rows(int fd, struct stats_view *v, uint64_t off, size_t n,
    struct err *e)
{
	struct stats_transfer *t;
	struct stats_row *rows;
	int ret;

	if (n == 0)
		return ERR_OK;
	if ((rows = calloc(n, sizeof(*rows))) == NULL ||
	    (t = reallocarray(v->t, v->nt + n, sizeof(*t))) == NULL) {
		free(rows);
		return err_set(e, ERR_NOMEM, "statistics");
	}
	v->t = t;
	ret = read_at(fd, rows, n * sizeof(*rows), off, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if (rows[i].used != 0)
			ret = look_row(fd, v, &rows[i],
			    off + i * sizeof(*rows), e);
	free(rows);
	return ret;
}

static int
look_loop(int fd, struct stats_view *v, const struct stats_head *h,
    uint64_t off, struct err *e)
{
	struct stats_counters c;
	uint64_t n;
	int ret;

	if ((ret = read_at(fd, &c, sizeof(c), off, e)) != ERR_OK)
		return ret;
	add_counters(v, &c);
	n = get(&c.high);
	return look_rows(fd, v, off + sizeof(c),
	    (size_t)(n < h->nrows ? n : h->nrows), e);
}

int
stats_look_fd(int fd, struct stats_view *v, struct err *e)
{
	struct stats_head h;
	uint64_t off = sizeof(h);
	int ret;

	*v = (struct stats_view){ 0 };
	if ((ret = read_head(fd, &h, e)) != ERR_OK)
		return ret;
	take_head(v, &h);
	for (uint32_t i = 0; ret == ERR_OK && i < h.nloops; i++) {
		ret = look_loop(fd, v, &h, off, e);
		off += loop_size(&h);
	}
	if (ret != ERR_OK)
		stats_view_clear(v);
	return ret;
}

int
stats_look(int statefd, struct stats_view *v, struct err *e)
{
	int fd, ret;

	*v = (struct stats_view){ 0 };
	/* Without waiting for whom a FIFO in its place would wait. */
	fd = openat(statefd, STATS_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, errno == ENOENT ? ERR_NOTFOUND :
		    errno == EACCES ? ERR_DENIED : ERR_IO, "%s", STATS_FILE);
	ret = stats_look_fd(fd, v, e);
	(void)close(fd);
	return ret;
}

void
stats_view_clear(struct stats_view *v)
{
	free(v->t);
	*v = (struct stats_view){ 0 };
}
