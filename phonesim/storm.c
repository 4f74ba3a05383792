/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The phones of a storm: when they start, and what each asks for next.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "net/tls.h"
#include "phonesim/storm_part.h"
#include "trust/accept_memo.h"

#define PACE_MS		2	/* between looks at the clock for a start */
#define PROGRESS_MS	1000
#define FDS_SPARE	64	/* beyond those of phones */
#define NS_PER_US	1000

static storm_got_fn	storm_got;
static tvs_call_fn	storm_told;

static void
free_phone(struct storm_phone *p)
{
	TAILQ_REMOVE(&p->st->phones, p, link);
	if (p->judged_next)
		TAILQ_REMOVE(&p->st->judging, p, next);
	p->st->flying--;
	tvs_call_free(p->tvs);
	storm_enrol_drop(p);
	sim_boot_clear(&p->boot);
	free(p->held);
	sim_mem_clear(&p->mem);
	free(p);
}

static void
end_phone(struct storm_phone *p, const struct err *e)
{
	struct storm *st = p->st;
	int64_t now = clock_mono_ns(st->o->clock);

	storm_sum_add(st->sum, p->mem.device,
	    e->code == ERR_OK ? &p->report : NULL, e->msg,
	    (uint64_t)(now - p->begun_ns) / NS_PER_US);
	free_phone(p);
	if (st->sum->done == st->o->count)
		loop_stop(st->loop);
	else if (st->sum->started < st->o->count && st->o->rate == 0)
		/* Not from here: starts that fail at once would nest. */
		loop_timer_set(st->start, 0);
}

static int
ask(struct storm_phone *p, const struct sim_try *t, const char *name,
    struct err *e)
{
	struct storm_request q = { .net = &p->st->net,
	    .server = &p->st->o->addr[t->server], .name = name,
	    .luck = &p->luck, .fn = storm_got, .arg = p };

	return t->transport == SIM_HTTP ? storm_http(&q, e) :
	    storm_tftp(&q, e);
}

static int
ask_tvs(struct storm_phone *p, const struct sim_want *w, struct err *e)
{
	struct accept_phone phone = sim_mem_phone(&p->mem);
	const struct tvs_call_request q = { .phone = &phone,
	    .server = w->server, .request = w->request,
	    .requestlen = w->requestlen, .fn = storm_told, .arg = p };

	p->tvs = tvs_call_new(p->st->loop, p->st->tls, &q, e);
	return p->tvs != NULL ? ERR_OK : e->code;
}

static void
take(struct storm_phone *p, const struct sim_answer *a, struct err *e)
{
	switch (p->asked) {
	case SIM_FETCH:
		(void)sim_boot_answer(&p->boot, a, e);
		return;
	case SIM_ASK_TVS:
		(void)sim_boot_told(&p->boot, a, e);
		return;
	case SIM_ENROL:
		(void)sim_boot_enrolled(&p->boot, a->code, a->why, e);
		return;
	case SIM_OVER:
		return;
	}
}

static int
begin(struct storm_phone *p, const struct sim_want *w, struct err *e)
{
	switch (p->asked) {
	case SIM_FETCH:
		return ask(p, w->t, w->name, e);
	case SIM_ASK_TVS:
		return ask_tvs(p, w, e);
	case SIM_ENROL:
		return storm_enrol(p, w, e);
	case SIM_OVER:
		break;
	}
	return ERR_OK;
}

/* Ask until something is under way or the boot is over. */
static void
go_on(struct storm_phone *p)
{
	struct sim_want w;
	struct err e = { 0 };

	while (e.code == ERR_OK &&
	    (p->asked = sim_boot_next(&p->boot, &w)) != SIM_OVER) {
		struct err why = { 0 };
		struct sim_answer a = { .why = why.msg };

		if ((a.code = begin(p, &w, &why)) == ERR_OK)
			return;
		take(p, &a, &e);
	}
	end_phone(p, &e);
}

static void
watch_judge(struct storm *st)
{
	(void)loop_io_set(st->judge, TAILQ_EMPTY(&st->judging) ? 0 :
	    LOOP_READ);
}

/*
 * Each phone has a processor of its own to check signatures; here all share
 * one.  So answers wait until no datagram does: a phone must not keep a
 * server waiting because another one is checking.
 */
void
storm_judge_later(struct storm_phone *p, const struct sim_answer *a,
    uint8_t *held)
{
	(void)str_copy(p->why, sizeof(p->why), a->why);
	p->answer = *a;
	p->answer.why = p->why;
	p->held = held;
	p->judged_next = true;
	TAILQ_INSERT_TAIL(&p->st->judging, p, next);
	watch_judge(p->st);
}

static void
storm_got(void *arg, const struct sim_answer *a, uint8_t *held)
{
	struct storm_phone *p = arg;

	if (a->code == ERR_OK) {
		p->st->sum->files++;
		p->st->sum->bytes += a->len;
	}
	storm_judge_later(p, a, held);
}

/* The answer of TVS lies in the connection, which ends here. */
static void
storm_told(void *arg, const struct sim_answer *a)
{
	struct storm_phone *p = arg;
	struct sim_answer own = *a;
	uint8_t *held = NULL;

	if (a->code == ERR_OK && (held = malloc(a->len)) == NULL)
		own.code = ERR_NOMEM;
	else if (a->code == ERR_OK)
		memcpy(held, a->buf, a->len);
	own.buf = held;
	storm_judge_later(p, &own, held);
	tvs_call_free(p->tvs);
	p->tvs = NULL;
}

static void
judge(struct storm *st)
{
	struct storm_phone *p = TAILQ_FIRST(&st->judging);
	struct err e = { 0 };

	TAILQ_REMOVE(&st->judging, p, next);
	p->judged_next = false;
	take(p, &p->answer, &e);
	free(p->held);
	p->held = NULL;
	if (e.code == ERR_OK)
		go_on(p);
	else
		end_phone(p, &e);
}

/* One phone at a time, then the loop looks for datagrams again. */
static void
on_judge(void *arg, int fd, unsigned events)
{
	struct storm *st = arg;

	(void)fd;
	(void)events;
	if (!TAILQ_EMPTY(&st->judging))
		judge(st);
	watch_judge(st);
}

/* A descriptor that is always readable and watched while there is work: the
 * loop's way to do it after everything else. */
static int
prepare_judge(struct storm *st, struct err *e)
{
	if ((st->judgefd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)) == -1)
		return err_sys(e, ERR_IO, "cannot make an event");
	st->judge = loop_io_new(st->loop, st->judgefd, 0, LOOP_PRIO_LOW,
	    on_judge, st, e);
	return st->judge != NULL ? ERR_OK : e->code;
}

static int
open_mem(struct storm_phone *p, const char *name, struct err *e)
{
	if (p->st->o->state != NULL)
		return sim_mem_open(&p->mem, p->st->memo,
		    p->st->o->state, name, e);
	sim_mem_init(&p->mem, name);
	p->mem.memo = p->st->memo;
	return ERR_OK;
}

static void
start_phone(struct storm *st, uint64_t i)
{
	char name[DEVICE_NAME_MAX + 1];
	struct storm_phone *p;
	struct err e = { 0 };

	st->sum->started++;
	storm_name(&st->o->names, i, name);
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		storm_sum_add(st->sum, name, NULL, "out of memory", 0);
		return;
	}
	p->st = st;
	p->luck = storm_luck_of(st->o->seed, i, st->o->lossy);
	p->begun_ns = clock_mono_ns(st->o->clock);
	p->sim = (struct sim){ .server = st->o->server,
	    .nserver = st->o->nserver, .transport = st->o->transport,
	    .clock = st->o->clock, .mem = &p->mem,
	    .enrol = storm_enrol_of(st, i) };
	TAILQ_INSERT_TAIL(&st->phones, p, link);
	st->flying++;
	if (open_mem(p, name, &e) != ERR_OK) {
		sim_mem_init(&p->mem, name);
		end_phone(p, &e);
		return;
	}
	sim_boot_begin(&p->boot, &p->sim, &p->report);
	go_on(p);
}

static void
on_start(void *arg)
{
	struct storm *st = arg;
	uint64_t due = storm_due(st->begun_ns, st->o->rate,
	    clock_mono_ns(st->o->clock));

	while (st->sum->started < st->o->count && st->sum->started < due &&
	    st->flying < st->flight)
		start_phone(st, st->sum->started);
	if (st->sum->done == st->o->count)
		loop_stop(st->loop);
	else if (st->sum->started < st->o->count && st->o->rate > 0)
		loop_timer_set(st->start, PACE_MS);
}

static void
on_progress(void *arg)
{
	struct storm *st = arg;

	st->sum->ns = clock_mono_ns(st->o->clock) - st->begun_ns;
	st->o->progress(st->o->progress_arg, st->sum);
	loop_timer_set(st->progress, PROGRESS_MS);
}

static void
on_signal(void *arg, int fd, unsigned events)
{
	struct storm *st = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) == sizeof(info)) {
		st->sum->interrupted = true;
		loop_stop(st->loop);
	}
}

static int
watch_signals(struct storm *st, struct err *e)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, &st->old) == -1 ||
	    (st->sigfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) ==
	    -1)
		return err_sys(e, ERR_IO, "cannot watch for signals");
	st->sig = loop_io_new(st->loop, st->sigfd, LOOP_READ,
	    LOOP_PRIO_HIGH, on_signal, st, e);
	return st->sig != NULL ? ERR_OK : e->code;
}

/* Half of the descriptors are for sockets that wait for a lost ACK. */
static uint64_t
phones_in_flight(void)
{
	struct rlimit r;
	uint64_t n;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return 1;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
		(void)getrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur <= FDS_SPARE + 2)
		return 1;
	n = (r.rlim_cur - FDS_SPARE) / 2;
	return n < STORM_FLIGHT ? n : STORM_FLIGHT;
}

static int
prepare(struct storm *st, struct err *e)
{
	if ((st->memo = accept_memo_new(e)) == NULL ||
	    (st->tls = tls_client_ctx(e)) == NULL ||
	    (st->loop = loop_new(e)) == NULL)
		return e->code;
	storm_net_init(&st->net, st->loop);
	if (watch_signals(st, e) != ERR_OK ||
	    prepare_judge(st, e) != ERR_OK)
		return e->code;
	if (st->o->enrol != NULL && (st->keys = storm_keys_new(st->loop,
	    st->o->key_pool, e)) == NULL)
		return e->code;
	if ((st->start = loop_timer_new(st->loop, on_start, st, e)) == NULL)
		return e->code;
	loop_timer_set(st->start, 0);
	if (st->o->progress == NULL)
		return ERR_OK;
	if ((st->progress = loop_timer_new(st->loop, on_progress, st, e)) ==
	    NULL)
		return e->code;
	loop_timer_set(st->progress, PROGRESS_MS);
	return ERR_OK;
}

static void
clear(struct storm *st)
{
	struct storm_phone *p;

	if (st->net.loop != NULL)
		storm_net_clear(&st->net);
	while ((p = TAILQ_FIRST(&st->phones)) != NULL)
		free_phone(p);
	storm_keys_free(st->keys);
	loop_timer_free(st->start);
	loop_timer_free(st->progress);
	loop_io_free(st->sig);
	loop_io_free(st->judge);
	loop_free(st->loop);
	tls_ctx_unref(st->tls);
	accept_memo_free(st->memo);
	if (st->sigfd != -1)
		(void)close(st->sigfd);
	if (st->judgefd != -1)
		(void)close(st->judgefd);
	(void)sigprocmask(SIG_SETMASK, &st->old, NULL);
}

int
storm_run(const struct storm_opts *o, struct storm_sum *sum, struct err *e)
{
	struct storm st = { .o = o, .sum = sum, .sigfd = -1, .judgefd = -1,
	    .flight = phones_in_flight() };
	int ret;

	TAILQ_INIT(&st.phones);
	TAILQ_INIT(&st.judging);
	(void)sigprocmask(SIG_BLOCK, NULL, &st.old);
	if ((ret = prepare(&st, e)) == ERR_OK) {
		st.begun_ns = clock_mono_ns(o->clock);
		ret = loop_run(st.loop, e);
		sum->ns = clock_mono_ns(o->clock) - st.begun_ns;
		sum->counts = st.net.counts;
	}
	clear(&st);
	storm_sum_sort(sum);
	return ret;
}
