/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Event loop: libevent core behind our own types (only net/loop.c includes
 * it).  One loop per thread; loop_stop is the only call another thread may
 * make (answers of other threads come through a descriptor of their own).
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;
struct loop_io;		/* a descriptor watched */
struct loop_timer;

/* Lower runs first.  While the work before does not end, some of the others
 * have their turn all the same, every 50 ms. */
enum loop_prio {
	LOOP_PRIO_HIGH,		/* established work */
	LOOP_PRIO_NORMAL,
	LOOP_PRIO_LOW,		/* new work */
};

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void	loop_io_fn(void *arg, int fd, unsigned events);
typedef void	loop_timer_fn(void *arg);

struct loop	*loop_new(struct err *e);
void		 loop_free(struct loop *l);

/*
 * Until loop_stop, also when that came before.  May be run again.  ERR_IO
 * when the kernel fails us.
 */
int		 loop_run(struct loop *l, struct err *e);
void		 loop_stop(struct loop *l);	/* any thread */

/* Monotonic milliseconds, read when the running callback was entered. */
int64_t		 loop_now_ms(const struct loop *l);

/*
 * Watch fd, level-triggered, until loop_io_free.  The descriptor stays the
 * caller's and must be open until then.  events 0 pauses.  An error or the
 * peer's going comes as what is watched.  It is safe to free any io or timer
 * within any fn, also its own: a freed one's fn is not called any more.
 */
struct loop_io	*loop_io_new(struct loop *l, int fd, unsigned events,
		    enum loop_prio prio, loop_io_fn *fn, void *arg,
		    struct err *e);
int		 loop_io_set(struct loop_io *io, unsigned events);
void		 loop_io_free(struct loop_io *io);

/* From within its own fn: another priority and fn from now on, without a
 * system call. */
void		 loop_io_change(struct loop_io *io, enum loop_prio prio,
		    loop_io_fn *fn);

/* One-shot timers, armed and re-armed by loop_timer_set (below 0: at once).
 * They run at LOOP_PRIO_HIGH, so that load cannot put a deadline off. */
struct loop_timer *loop_timer_new(struct loop *l, loop_timer_fn *fn,
		    void *arg, struct err *e);
void		 loop_timer_set(struct loop_timer *t, int64_t after_ms);
void		 loop_timer_stop(struct loop_timer *t);
void		 loop_timer_free(struct loop_timer *t);

#endif
