/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Event loop over libevent core, see loop.h.  Locks are off: a loop belongs
 * to one thread, and loop_stop goes through an eventfd.
 *
 * libevent 2.1 copies what it needs out of an event before it calls it, so an
 * event may be freed by its own callback, and freeing an event that is
 * waiting for its turn takes it out of the queue.
 */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/loop.h"

#define LOOP_NPRIO	3
/* After so many callbacks below LOOP_PRIO_HIGH look for urgent ones. */
#define LOOP_BATCH	16
/* Who waited so long behind others has as many callbacks. */
#define LOOP_STARVE_MS	50

TAILQ_HEAD(loop_ios, loop_io);

struct loop {
	struct event_base	*base;
	struct event		*stop_ev;
	int			 stopfd;
	int64_t			 now_ms;
	bool			 running;
	struct {
		struct loop_ios	 ios;
		size_t		 n;
		int64_t		 turn_ms;	/* the last */
	} prio[LOOP_NPRIO];
};

struct loop_io {
	TAILQ_ENTRY(loop_io) entry;
	struct loop	*loop;
	struct event	 ev;
	loop_io_fn	*fn;
	void		*arg;
	int		 fd;
	enum loop_prio	 prio;
	unsigned	 events;
};

struct loop_timer {
	struct loop	*loop;
	struct event	 ev;
	loop_timer_fn	*fn;
	void		*arg;
};

/* Once for the process: libevent's complaints go where ours go. */
static pthread_once_t loop_once = PTHREAD_ONCE_INIT;

static void
loop_complain(int severity, const char *text)
{
	log_event(severity == EVENT_LOG_ERR ? LOG_ERR : LOG_DEBUG,
	    "loop.libevent", LOG_STR("why", text));
}

static void
loop_log(void)
{
	event_set_log_callback(loop_complain);
}

static void
loop_tick(struct loop *l)
{
	l->now_ms = clock_mono_ms(clock_system());
}

static void
loop_stopped(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	eventfd_t n;

	(void)what;
	(void)eventfd_read((int)fd, &n);
	(void)event_base_loopbreak(l->base);
}

static struct event_base *
base_new(void)
{
	struct event_config *cfg = event_config_new();
	struct event_base *base = NULL;

	if (cfg == NULL)
		return NULL;
	if (event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK) == 0 &&
	    event_config_set_flag(cfg, EVENT_BASE_FLAG_IGNORE_ENV) == 0 &&
	    event_config_set_max_dispatch_interval(cfg, NULL, LOOP_BATCH,
	    LOOP_PRIO_NORMAL) == 0)
		base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (base != NULL && event_base_priority_init(base, LOOP_NPRIO) != 0) {
		event_base_free(base);
		base = NULL;
	}
	return base;
}

struct loop *
loop_new(struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_set(e, ERR_NOMEM, "event loop");
		return NULL;
	}
	for (size_t i = 0; i < LOOP_NPRIO; i++)
		TAILQ_INIT(&l->prio[i].ios);
	(void)pthread_once(&loop_once, loop_log);
	if ((l->stopfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) == -1) {
		(void)err_sys(e, ERR_IO, "event loop: eventfd");
		goto fail;
	}
	if ((l->base = base_new()) == NULL ||
	    (l->stop_ev = event_new(l->base, l->stopfd, EV_READ | EV_PERSIST,
	    loop_stopped, l)) == NULL ||
	    event_priority_set(l->stop_ev, LOOP_PRIO_HIGH) != 0 ||
	    event_add(l->stop_ev, NULL) != 0) {
		(void)err_set(e, ERR_NOMEM, "event loop: libevent does not "
		    "start");
		goto fail;
	}
	return l;
fail:
	loop_free(l);
	return NULL;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	if (l->stop_ev != NULL)
		event_free(l->stop_ev);
	if (l->base != NULL)
		event_base_free(l->base);
	if (l->stopfd != -1)
		(void)close(l->stopfd);
	free(l);
}

int
loop_run(struct loop *l, struct err *e)
{
	int r;

	loop_tick(l);
	l->running = true;
	r = event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
	l->running = false;
	if (r != 0)
		return err_sys(e, ERR_IO, "event loop");
	return ERR_OK;
}

void
loop_stop(struct loop *l)
{
	(void)eventfd_write(l->stopfd, 1);
}

int64_t
loop_now_ms(const struct loop *l)
{
	return l->running ? l->now_ms : clock_mono_ms(clock_system());
}

/* --- descriptors --- */

static void
io_call(struct loop_io *io, short what)
{
	unsigned events = 0;

	if (what & EV_READ)
		events |= LOOP_READ;
	if (what & EV_WRITE)
		events |= LOOP_WRITE;
	loop_tick(io->loop);
	io->loop->prio[io->prio].turn_ms = io->loop->now_ms;
	io->fn(io->arg, io->fd, events);	/* io may be gone now */
}

/* Take io out of libevent's queue and call it. */
static void
io_call_waiting(struct loop_io *io)
{
	short what = io->ev.ev_res;

	/* It is watched on, so adding it again needs no memory. */
	if (event_del(&io->ev) != 0 || event_add(&io->ev, NULL) != 0)
		abort();
	io_call(io, what);
}

/* Some of those that wait at this priority, in turn. */
static void
give_turn(struct loop *l, size_t prio)
{
	struct loop_ios *ios = &l->prio[prio].ios;
	struct loop_io *io;
	int calls = 0;

	for (size_t n = l->prio[prio].n; n > 0 && calls < LOOP_BATCH; n--) {
		if ((io = TAILQ_FIRST(ios)) == NULL)
			break;
		TAILQ_REMOVE(ios, io, entry);
		TAILQ_INSERT_TAIL(ios, io, entry);
		if ((io->ev.ev_evcallback.evcb_flags & EVLIST_ACTIVE) == 0)
			continue;
		io_call_waiting(io);
		calls++;
	}
	l->prio[prio].turn_ms = l->now_ms;
}

/* libevent runs nothing of a priority while there is work at one before. */
static void
give_turns(struct loop *l)
{
	for (size_t i = LOOP_PRIO_HIGH + 1; i < LOOP_NPRIO; i++)
		if (l->now_ms - l->prio[i].turn_ms >= LOOP_STARVE_MS)
			give_turn(l, i);
}

static void
io_ready(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;
	struct loop *l = io->loop;

	(void)fd;
	io_call(io, what);
	give_turns(l);
}

static int
io_arm(struct loop_io *io, unsigned events)
{
	short what = EV_PERSIST;

	if (events & LOOP_READ)
		what |= EV_READ;
	if (events & LOOP_WRITE)
		what |= EV_WRITE;
	if (event_assign(&io->ev, io->loop->base, io->fd, what, io_ready,
	    io) != 0 || event_priority_set(&io->ev, (int)io->prio) != 0 ||
	    (events != 0 && event_add(&io->ev, NULL) != 0))
		return ERR_IO;
	io->events = events;
	return ERR_OK;
}

struct loop_io *
loop_io_new(struct loop *l, int fd, unsigned events, enum loop_prio prio,
    loop_io_fn *fn, void *arg, struct err *e)
{
	struct loop_io *io = calloc(1, sizeof(*io));

	if (io == NULL) {
		(void)err_set(e, ERR_NOMEM, "event loop");
		return NULL;
	}
	io->loop = l;
	io->fn = fn;
	io->arg = arg;
	io->fd = fd;
	io->prio = prio;
	if (io_arm(io, events) != ERR_OK) {
		(void)err_sys(e, ERR_IO, "event loop: watching descriptor %d",
		    fd);
		free(io);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&l->prio[prio].ios, io, entry);
	l->prio[prio].n++;
	return io;
}

int
loop_io_set(struct loop_io *io, unsigned events)
{
	if (events == io->events)
		return ERR_OK;
	if (event_del(&io->ev) != 0)
		return ERR_IO;
	return io_arm(io, events);
}

void
loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	(void)event_del(&io->ev);
	TAILQ_REMOVE(&io->loop->prio[io->prio].ios, io, entry);
	io->loop->prio[io->prio].n--;
	free(io);
}

/* Its event is taken out of the queue of those that wait before fn is called,
 * and only there does libevent not let the priority change. */
void
loop_io_change(struct loop_io *io, enum loop_prio prio, loop_io_fn *fn)
{
	struct loop *l = io->loop;

	if (event_priority_set(&io->ev, prio) != 0)
		abort();
	TAILQ_REMOVE(&l->prio[io->prio].ios, io, entry);
	l->prio[io->prio].n--;
	io->prio = prio;
	io->fn = fn;
	TAILQ_INSERT_TAIL(&l->prio[prio].ios, io, entry);
	l->prio[prio].n++;
}

/* --- timers --- */

static void
timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	loop_tick(t->loop);
	t->fn(t->arg);			/* t may be gone now */
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_timer_fn *fn, void *arg, struct err *e)
{
	struct loop_timer *t = calloc(1, sizeof(*t));

	if (t == NULL || event_assign(&t->ev, l->base, -1, 0, timer_fired,
	    t) != 0) {
		free(t);
		(void)err_set(e, ERR_NOMEM, "timer");
		return NULL;
	}
	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	(void)event_priority_set(&t->ev, LOOP_PRIO_HIGH);
	return t;
}

void
loop_timer_set(struct loop_timer *t, int64_t after_ms)
{
	struct timeval tv = { 0 };

	if (after_ms > 0) {
		tv.tv_sec = (time_t)(after_ms / 1000);
		tv.tv_usec = (suseconds_t)(after_ms % 1000 * 1000);
	}
	/* Fails only when out of memory for the timer heap. */
	if (event_add(&t->ev, &tv) != 0)
		abort();
}

void
loop_timer_stop(struct loop_timer *t)
{
	(void)event_del(&t->ev);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	(void)event_del(&t->ev);
	free(t);
}
