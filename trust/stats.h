/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tftpd is doing now, for others to look at: run/tftpd.stats, a file of
 * fixed layout that the parent makes and the loops of the engine write through
 * a shared mapping.  Each loop has counters and rows of its own, so nothing is
 * locked and no system call is made on the way of a transfer.
 *
 * A row says which transfer it is under a sequence counter (odd while it is
 * written); how far the transfer has come are counters that only grow.  When
 * more transfers are under way than there are rows, they count but have none.
 *
 * Numbers are those of the machine that wrote them: the file is of no use
 * elsewhere, nor after the daemon has ended.
 */
#ifndef TRUST_STATS_H
#define TRUST_STATS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"
#include "net/addr.h"
#include "trust/cache.h"

#define STATS_FILE	"run/tftpd.stats"
#define STATS_MAGIC	"PTstats"	/* and its NUL: 8 bytes */
#define STATS_LAYOUT	1		/* counts up with every change */
#define STATS_ROWS	4096		/* of all loops together, about */
#define STATS_LOOPS_MAX	64
#define STATS_NAME_MAX	96		/* longer names are cut */

enum stats_via { STATS_TFTP, STATS_HTTP, STATS_HTTPS, STATS_NVIA };

/* How requests end; names are those of the log's "result". */
enum stats_result {
	STATS_DONE,
	STATS_HEAD,
	STATS_PARTIAL,
	STATS_NOT_MODIFIED,
	STATS_NOT_FOUND,
	STATS_REFUSED,
	STATS_BUSY,
	STATS_TIMEOUT,
	STATS_ABORTED,
	STATS_TOO_LONG,
	STATS_READ_FAILED,
	STATS_STOPPED,
	STATS_FAILED,		/* and whatever else there may be */
	STATS_NRESULT
};

const char	*stats_via_name(enum stats_via v);	/* "tftp" */
const char	*stats_result_name(enum stats_result r);

/* --- the layout --- */

typedef _Atomic uint64_t stats_n;

struct stats_head {
	char		magic[8];	/* written last */
	uint32_t	layout;
	uint32_t	nloops;
	uint32_t	nrows;		/* of each loop */
	uint32_t	pid;		/* the daemon's parent */
	uint64_t	size;		/* of the file */
	int64_t		started_us;	/* wall clock */
	stats_n		engine_us;	/* the engine's start: counters began */
	stats_n		rcvbuf;		/* bytes, of a TFTP port's socket */
	stats_n		cache_hits, cache_misses, cache_made;
	stats_n		cache_entries, cache_bytes;
	uint8_t		room[160];
};
_Static_assert(sizeof(struct stats_head) == 256, "layout");

struct stats_counters {
	stats_n		high;		/* rows ever used: the first ones */
	stats_n		begun[STATS_NVIA];	/* transfers */
	stats_n		live[STATS_NVIA];	/* under way now */
	stats_n		bytes[STATS_NVIA];	/* phones have; HTTP: sent */
	stats_n		ended[STATS_NVIA][STATS_NRESULT];	/* requests */
	stats_n		packets;	/* TFTP: DATA, and what went again */
	stats_n		resent;		/* of these: DATA or OACK again */
	stats_n		timeouts;	/* waits that ended without an ACK */
	stats_n		shed;		/* requests beyond the limits */
	stats_n		malformed;	/* packets that were no request */
	stats_n		connections;	/* HTTP and HTTPS, now */
	stats_n		turned_away;	/* those beyond the limits */
	uint8_t		room[64];
};
_Static_assert(sizeof(struct stats_counters) == 512, "layout");

struct stats_row {
	_Atomic uint32_t seq;		/* odd: being written */
	uint8_t		used;
	uint8_t		via;		/* enum stats_via */
	uint16_t	port;
	uint8_t		ip[16];		/* IPv4 mapped into IPv6 */
	uint64_t	id;		/* the log's */
	uint64_t	size;		/* bytes to send */
	int64_t		started_us;	/* wall clock */
	uint16_t	blksize, window;	/* TFTP, else 0 */
	uint32_t	room0;
	stats_n		bytes;		/* of size: the phone has */
	stats_n		resent;		/* packets */
	stats_n		timeouts;
	char		name[STATS_NAME_MAX];	/* as resolved, NUL-ended */
	uint8_t		room[80];
};
_Static_assert(sizeof(struct stats_row) == 256, "layout");

/* --- writing: the daemon --- */

struct stats;

/*
 * Make the file in the state folder anew, for this process as parent, and map
 * it for all that are forked from here.  When it cannot be made, the cause is
 * logged and there is only memory: a daemon serves without being watched.
 * statefd -1: memory.  NULL with e filled: ERR_NOMEM.
 */
struct stats	*stats_new(int statefd, unsigned nloops, struct err *e);
/* The file stays, for others who look at it now. */
void		 stats_free(struct stats *s);

/* In the engine, before loops start: from zero, whatever an engine before
 * has left. */
void		 stats_engine(struct stats *s);
void		 stats_rcvbuf(struct stats *s, uint64_t bytes);
void		 stats_cache(struct stats *s, const struct file_cache_stats *c);

/* What one loop writes; used by its thread only. */
struct stats_loop {
	struct stats_counters	*c;
	struct stats_row	*rows;
	unsigned		 nrows, fresh;	/* from here on never used */
	unsigned		 nfree;
	uint16_t		*free;		/* used before; the last first */
} __attribute__((aligned(64)));

struct stats_loop	*stats_loop(struct stats *s, unsigned i);

/* There is one writer, so this needs no locked instruction. */
static inline void
stats_add(stats_n *n, uint64_t more)
{
	atomic_store_explicit(n, atomic_load_explicit(n,
	    memory_order_relaxed) + more, memory_order_relaxed);
}

static inline void
stats_set(stats_n *n, uint64_t v)
{
	atomic_store_explicit(n, v, memory_order_relaxed);
}

/* A request has ended, as log and observation tell it.  l NULL: nothing, here
 * and below. */
void		 stats_ended(struct stats_loop *l, const char *via,
		    const char *result);

/* A request was turned down unread because of limits; a packet was none. */
static inline void
stats_shed(struct stats_loop *l)
{
	if (l != NULL)
		stats_add(&l->c->shed, 1);
}

static inline void
stats_malformed(struct stats_loop *l)
{
	if (l != NULL)
		stats_add(&l->c->malformed, 1);
}

/* One transfer under way; zeroed to begin with. */
struct stats_live {
	struct stats_loop	*loop;		/* NULL: not counted */
	struct stats_row	*row;		/* NULL: none was free */
	enum stats_via		 via;
	uint64_t		 bytes, packets, resent, timeouts;	/* told */
};

struct stats_about {
	enum stats_via		 via;
	uint64_t		 id;
	const struct net_addr	*peer;
	const char		*name;
	uint64_t		 size;
	int64_t			 started_us;
	uint16_t		 blksize, window;
};

void		 stats_begin(struct stats_live *t, struct stats_loop *l,
		    const struct stats_about *a);
void		 stats_end(struct stats_live *t);

/* How far it has come: since its begin, in all. */
static inline void
stats_progress(struct stats_live *t, uint64_t bytes, uint64_t packets,
    uint64_t resent, uint64_t timeouts)
{
	struct stats_counters *c;

	if (t->loop == NULL)
		return;
	c = t->loop->c;
	stats_add(&c->bytes[t->via], bytes - t->bytes);
	stats_add(&c->packets, packets - t->packets);
	t->bytes = bytes;
	t->packets = packets;
	if (t->row != NULL)
		stats_set(&t->row->bytes, bytes);
	if (resent == t->resent && timeouts == t->timeouts)
		return;
	stats_add(&c->resent, resent - t->resent);
	stats_add(&c->timeouts, timeouts - t->timeouts);
	t->resent = resent;
	t->timeouts = timeouts;
	if (t->row != NULL) {
		stats_set(&t->row->resent, resent);
		stats_set(&t->row->timeouts, timeouts);
	}
}

/* --- reading: everyone else --- */

struct stats_transfer {
	enum stats_via	via;
	uint64_t	id;
	struct net_addr	peer;
	char		name[STATS_NAME_MAX];	/* any bytes, NUL-ended */
	uint64_t	size, bytes, resent, timeouts;
	int64_t		started_us;
	uint16_t	blksize, window;
};

struct stats_view {
	uint32_t	pid;
	int64_t		started_us, engine_us;
	uint32_t	nloops;
	uint64_t	rcvbuf;
	struct file_cache_stats cache;
	/* of all loops */
	uint64_t	begun[STATS_NVIA], live[STATS_NVIA];
	uint64_t	bytes[STATS_NVIA];
	uint64_t	ended[STATS_NVIA][STATS_NRESULT];
	uint64_t	packets, resent, timeouts, shed, malformed;
	uint64_t	connections, turned_away;
	struct stats_transfer *t;	/* those that have a row */
	size_t		nt;
};

/*
 * Read the file of a state folder, or an open one.  It is read, never mapped,
 * and nothing in it is believed unchecked: it may be cut or written over at
 * any time.  v is released with stats_view_clear().  ERR_NOTFOUND, ERR_DENIED,
 * ERR_SCHEMA (made by another version of tftpd), ERR_PROTO (damaged), ERR_IO,
 * ERR_NOMEM.
 */
int		 stats_look(int statefd, struct stats_view *v, struct err *e);
int		 stats_look_fd(int fd, struct stats_view *v, struct err *e);
void		 stats_view_clear(struct stats_view *v);

#endif
