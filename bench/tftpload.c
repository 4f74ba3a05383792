/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The load of the bench: many phones that read files over TFTP, one thread,
 * one loop.  What it came to is one line of JSON on stdout.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/load.h"

#define NS_PER_S	INT64_C(1000000000)
#define NS_PER_MS	INT64_C(1000000)
#define EVENTS		256
#define LUCK		UINT64_C(88172645463325252)	/* xorshift64's own */
#define TICK_MS		20	/* how often the silent are looked for */

double
load_cpu_s(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

int64_t
load_now_ns(void)
{
	return clock_mono_ns(clock_system());
}

/* --- start --- */

/* A phone is a descriptor; those allowed may be fewer than there can be. */
static void
allow_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void
prepare_batch(struct load *l)
{
	for (size_t i = 0; i < LOAD_BATCH; i++) {
		l->iov[i] = (struct iovec){ l->buf[i], LOAD_PACKET_MAX };
		l->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &l->iov[i],
		    .msg_iovlen = 1 };
	}
}

static int
load_open(struct load *l, struct err *e)
{
	const struct load_plan *p = &l->plan;

	l->ep = -1;
	l->luck = LUCK ^ (uint64_t)p->seed * UINT64_C(2654435761);
	l->server = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)p->port) };
	if (inet_pton(AF_INET, p->host, &l->server.sin_addr) != 1)
		return err_set(e, ERR_ARG, "--host %s is no IPv4 address",
		    p->host);
	if (load_files_open(&l->files, p, e) != ERR_OK)
		return e->code;
	l->phone = calloc((size_t)p->clients, sizeof(*l->phone));
	l->count.took_ns = calloc((size_t)p->transfers,
	    sizeof(*l->count.took_ns));
	if (l->phone == NULL || l->count.took_ns == NULL)
		return err_set(e, ERR_NOMEM, "phones");
	if ((l->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return err_sys(e, ERR_IO, "epoll");
	allow_descriptors();
	prepare_batch(l);
	return ERR_OK;
}

static void
load_close(struct load *l)
{
	if (l->ep != -1)
		(void)close(l->ep);
	free(l->count.took_ns);
	free(l->phone);
	load_files_close(&l->files);
}

/* --- loop --- */

static int
start_all(struct load *l, struct err *e)
{
	int ret = ERR_OK;

	l->count.begin_ns = load_now_ns();
	l->count.begin_cpu_s = load_cpu_s();
	for (int64_t i = 0; i < l->plan.clients && ret == ERR_OK; i++)
		ret = load_phone_start(l, &l->phone[i], e);
	return ret;
}

static int
wake_silent(struct load *l, int64_t now_ns, struct err *e)
{
	int64_t before = now_ns - l->plan.rto_ms * NS_PER_MS;
	int ret = ERR_OK;

	for (int64_t i = 0; i < l->plan.clients && ret == ERR_OK; i++)
		if (l->phone[i].fd != -1 && l->phone[i].heard_ns <= before)
			ret = load_phone_silent(l, &l->phone[i], now_ns, e);
	return ret;
}

static int
load_run(struct load *l, struct err *e)
{
	int64_t total = l->plan.warmup + l->plan.transfers;
	int64_t now_ns = load_now_ns(), tick_ns = now_ns;
	int64_t end_ns = now_ns + l->plan.max_s * NS_PER_S;
	struct epoll_event ev[EVENTS];
	int n, ret = start_all(l, e);

	while (ret == ERR_OK && l->count.finished < total &&
	    (now_ns = load_now_ns()) < end_ns) {
		n = epoll_wait(l->ep, ev, EVENTS, TICK_MS);
		for (int i = 0; i < n && ret == ERR_OK; i++)
			ret = load_phone_readable(l, ev[i].data.ptr, e);
		if (ret == ERR_OK && now_ns - tick_ns >= TICK_MS * NS_PER_MS) {
			tick_ns = now_ns;
			ret = wake_silent(l, now_ns, e);
		}
	}
	return ret;
}

/* --- summary --- */

static int
ns_cmp(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Milliseconds that this many in a hundred transfers did not exceed. */
static double
percentile_ms(const struct load_count *c, int64_t percent)
{
	int64_t i = c->ok * percent / 100;

	if (c->ok == 0)
		return 0;
	return (double)c->took_ns[i < c->ok ? i : c->ok - 1] / NS_PER_MS;
}

static void
print_summary(struct load *l)
{
	struct load_count *c = &l->count;
	double s = (double)(load_now_ns() - c->begin_ns) / NS_PER_S;
	double cpu_s = load_cpu_s() - c->begin_cpu_s;

	qsort(c->took_ns, (size_t)c->ok, sizeof(*c->took_ns), ns_cmp);
	(void)printf("{\"clients\":%" PRId64 ",\"transfers\":%" PRId64
	    ",\"ok\":%" PRId64 ",\"unfinished\":%" PRId64
	    ",\"timeouts\":%" PRId64 ",\"protocol\":%" PRId64
	    ",\"wrong\":%" PRId64 ",", l->plan.clients, l->plan.transfers,
	    c->ok, l->plan.warmup + l->plan.transfers - c->finished,
	    c->timeouts, c->protocol, c->wrong);
	(void)printf("\"resent\":%" PRId64 ",\"gaps\":%" PRId64
	    ",\"lost_in\":%" PRId64 ",\"lost_out\":%" PRId64
	    ",\"received\":%" PRId64 ",\"bytes\":%" PRId64 ",", c->resent,
	    c->gaps, c->lost_in, c->lost_out, c->received, c->bytes);
	(void)printf("\"seconds\":%.6f,\"cpu_s\":%.6f,\"rate\":%.1f,"
	    "\"MBps\":%.2f,\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,"
	    "\"max_ms\":%.3f}\n", s, cpu_s, (double)c->ok / s,
	    (double)c->bytes / s / 1e6, percentile_ms(c, 50),
	    percentile_ms(c, 95), percentile_ms(c, 99), percentile_ms(c, 100));
}

static bool
all_came(const struct load *l)
{
	const struct load_count *c = &l->count;

	return c->finished == l->plan.warmup + l->plan.transfers &&
	    c->timeouts == 0 && c->protocol == 0 && c->wrong == 0;
}

int
main(int argc, char **argv)
{
	static struct load l;	/* its buffers are not for the stack */
	struct err e = { 0 };
	int code;

	if (!load_plan_parse(&l.plan, argc, argv, &code))
		return code;
	if (load_open(&l, &e) != ERR_OK || load_run(&l, &e) != ERR_OK) {
		(void)fprintf(stderr, "tftpload: %s\n", e.msg);
		code = 2;
	} else {
		print_summary(&l);
		code = all_came(&l) ? 0 : 1;
	}
	load_close(&l);
	return code;
}
