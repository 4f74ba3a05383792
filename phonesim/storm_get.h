/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One file for one phone of a storm, in an event loop: over TFTP with a
 * phone's timers (storm_tftp.c), or over HTTP (storm_http.c).
 */
#ifndef PHONESIM_STORM_GET_H
#define PHONESIM_STORM_GET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "net/addr.h"
#include "net/loop.h"
#include "phonesim/sim.h"
#include "phonesim/storm_plan.h"

#define STORM_TFTP_TIMER_MS	1000	/* a phone's */
#define STORM_TFTP_TRIES	10	/* sent in vain, then it gives up */
#define STORM_TFTP_DALLY_MS	10000	/* until a server has given up */
#define STORM_HTTP_MS		20000	/* a whole file */

struct storm_counts {
	uint64_t	 timeouts;	/* of phones' TFTP timers */
	uint64_t	 retransmissions;	/* sent again by phones */
	uint64_t	 duplicates;	/* received again from the server */
	uint64_t	 lost;		/* by --lossy, both directions */
	uint64_t	 strays;	/* of transfers that were not theirs */
};

struct storm_get;

/* What all phones of a storm share. */
struct storm_net {
	struct loop			*loop;	/* borrowed */
	struct storm_counts		 counts;
	TAILQ_HEAD(, storm_get)		 gets;
};

void	storm_net_init(struct storm_net *n, struct loop *l);
/* One socket less: of those that dally the oldest.  false: there is none. */
bool	storm_net_spare(struct storm_net *n);
/* Break off what is under way; no callback is made. */
void	storm_net_clear(struct storm_net *n);

/* a is borrowed, its code as of sim_fetch_fn; held is what a->buf points
 * into, the callee's from now on (free()). */
typedef void	storm_got_fn(void *arg, const struct sim_answer *a,
		    uint8_t *held);

struct storm_request {
	struct storm_net	*net;
	const struct net_addr	*server;
	const char		*name;
	struct storm_luck	*luck;	/* TFTP; lives until fn */
	storm_got_fn		*fn;	/* once, from the loop */
	void			*arg;
};

/* ERR_OK: under way, fn will be called.  ERR_UNREACHABLE, ERR_LIMIT (no
 * descriptor left), ERR_NOMEM, ERR_IO: it will not. */
int	storm_tftp(const struct storm_request *q, struct err *e);
int	storm_http(const struct storm_request *q, struct err *e);

/* --- for the two files that do it --- */

struct storm_get {
	TAILQ_ENTRY(storm_get)	 link;
	struct storm_request	 q;	/* name is not valid any more */
	struct net_addr		 peer;	/* TFTP: with the server's TID */
	int			 fd;
	struct loop_io		*io;
	struct loop_timer	*timer;
	uint8_t			*in;	/* what came so far */
	size_t			 len, cap;
	uint8_t			*out;	/* what is sent (again) */
	size_t			 outlen, outoff;
	bool			 answered;	/* TFTP: TID known; HTTP: the
						 * head is complete */
	bool			 dallies;	/* TFTP: told, yet listens */
	bool			 complete;	/* TFTP: all blocks came */
	unsigned		 requests;	/* TFTP: sent, not lost */
	uint16_t		 block, blksize;	/* TFTP: expected */
	unsigned		 tries;
	uint64_t		 heard;		/* TFTP: what was new */
	size_t			 head, body;	/* HTTP: bytes */
};

/* type of socket; outcap bytes for what is sent. */
struct storm_get *storm_get_new(const struct storm_request *q, int type,
	    size_t outcap, unsigned events, loop_io_fn *io,
	    loop_timer_fn *timer, struct err *e);
void	storm_get_free(struct storm_get *g);

/* Room for n more bytes; false: no memory, or over the bound max. */
bool	storm_get_room(struct storm_get *g, size_t n, size_t max);

/* Tell the phone, free g unless it dallies.  The body is from off on. */
void	storm_get_end(struct storm_get *g, int code, const char *why,
	    size_t off);

#endif
