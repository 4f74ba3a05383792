/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The load of the bench for TVS and CAPF: many phones that connect by TLS 1.2,
 * ask about a certificate, or install one, and close, one thread, one loop.
 * What it came to is one
 * line of JSON on stdout.  The server's certificate is not verified: a phone
 * compares it with its list, which is not the server's work.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "bench/load_capf.h"
#include "bench/load_key.h"
#include "certs/tvs_msg.h"

#define NS_PER_S	INT64_C(1000000000)
#define NS_PER_MS	1e6
#define EVENTS		256
#define WAIT_MS		100
#define NUMBER_MAX	10000000
_Static_assert(TVS_MSG_MAX >= CAPF_MSG_MAX, "room for either");

/* --- the plan of a run --- */

static struct {
	const char	*host, *cert, *spki;
	int64_t		 port, connections, total, requests, resume;
	int64_t		 strangers, max_s, first;
} plan = { .host = "127.0.0.1", .port = 2445, .connections = 1, .total = 1,
    .requests = 1, .max_s = 120 };

static const struct {
	const char	*name, *help;
	const char	**word;
	int64_t		*number, min, max;
} options[] = {
	{ "host", "ADDRESS: IPv4 address of the server (127.0.0.1)",
	    &plan.host, NULL, 0, 0 },
	{ "port", "N: its port (2445)", NULL, &plan.port, 1, UINT16_MAX },
	{ "cert", "FILE: ask about this certificate, in DER", &plan.cert,
	    NULL, 0, 0 },
	{ "spki", "FILE: install certificates; the public key, RSA-2048, of "
	    "which each phone's is made", &plan.spki, NULL, 0, 0 },
	{ "first", "N: the first phone's name is SEP and this in hex (0)",
	    NULL, &plan.first, 0, INT64_C(0xffffffffffff) },
	{ "connections", "N: at a time (1)", NULL, &plan.connections, 1,
	    20000 },
	{ "total", "N: connections in all (1)", NULL, &plan.total, 1,
	    NUMBER_MAX },
	{ "requests", "N: on each of them (1)", NULL, &plan.requests, 1,
	    NUMBER_MAX },
	{ "resume", "0|1: TLS sessions of before (0)", NULL, &plan.resume, 0,
	    1 },
	{ "strangers", "0|1: each time another certificate that nobody "
	    "knows (0)", NULL, &plan.strangers, 0, 1 },
	{ "max-seconds", "S: give up after (120)", NULL, &plan.max_s, 1,
	    86400 },
};
#define NOPTIONS	(sizeof(options) / sizeof(options[0]))

static int
usage(FILE *to)
{
	(void)fprintf(to, "usage: tlsload --cert FILE|--spki FILE "
	    "[options]\n");
	for (size_t i = 0; i < NOPTIONS; i++)
		(void)fprintf(to, "  --%s %s\n", options[i].name,
		    options[i].help);
	return to == stdout ? 0 : 2;
}

static bool
plan_option(size_t i, const char *v)
{
	if (options[i].word != NULL) {
		*options[i].word = v;
		return true;
	}
	return str_to_i64(v, options[i].min, options[i].max,
	    options[i].number, NULL) == ERR_OK;
}

/* -1: go on; else what to exit with. */
static int
plan_parse(int argc, char **argv)
{
	struct option o[NOPTIONS + 2] = { 0 };
	int k;

	for (size_t i = 0; i < NOPTIONS; i++)
		o[i] = (struct option){ options[i].name, required_argument,
		    NULL, (int)i };
	o[NOPTIONS] = (struct option){ "help", no_argument, NULL,
	    (int)NOPTIONS };
	while ((k = getopt_long(argc, argv, "", o, NULL)) != -1) {
		if (k == (int)NOPTIONS)
			return usage(stdout);
		if (k == '?' || !plan_option((size_t)k, optarg))
			return usage(stderr);
	}
	return (plan.cert == NULL) == (plan.spki == NULL) || optind != argc ?
	    usage(stderr) : -1;
}

/* --- the run --- */

struct conn {
	int		 fd;		/* -1: no more to do */
	enum { CONNECTING, SHAKING, TALKING } state;
	SSL		*ssl;
	SSL_SESSION	*session;	/* of the connection before */
	uint32_t	 events;
	int64_t		 left;		/* requests */
	int64_t		 start_ns;
	int64_t		 device;	/* that installs */
	uint32_t	 nr;		/* of the request under way */
	size_t		 len, outlen;
	uint8_t		 in[4096], out[TVS_MSG_MAX];	/* of either */
};

static struct {
	SSL_CTX			*ctx;
	struct sockaddr_in	 server;
	int			 ep;
	struct conn		*conn;
	uint8_t			*der;
	size_t			 derlen;
	uint32_t		 nr;

	int64_t			 started, finished, ok, broken, wrong;
	int64_t			 resumed, begin_ns;
	double			 begin_cpu_s;
	int64_t			*took_ns;
} run;

static double
cpu_s(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static int64_t
now_ns(void)
{
	return clock_mono_ns(clock_system());
}

static void
watch(struct conn *c, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (c->events != events)
		(void)epoll_ctl(run.ep, c->events == 0 ? EPOLL_CTL_ADD :
		    EPOLL_CTL_MOD, c->fd, &ev);
	c->events = events;
}

/* The next connection in its place; none left: fd -1. */
static void
begin(struct conn *c)
{
	static const int on = 1;

	c->fd = -1;
	if (run.started == plan.total)
		return;
	c->device = plan.first + run.started++;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (c->fd == -1 || (connect(c->fd, (struct sockaddr *)&run.server,
	    sizeof(run.server)) == -1 && errno != EINPROGRESS) ||
	    (c->ssl = SSL_new(run.ctx)) == NULL) {
		perror("tlsload");
		exit(2);
	}
	c->state = CONNECTING;
	c->start_ns = now_ns();
	c->left = plan.requests;
	c->events = 0;
	c->len = 0;
	(void)SSL_set_fd(c->ssl, c->fd);
	SSL_set_connect_state(c->ssl);
	if (c->session != NULL)
		(void)SSL_set_session(c->ssl, c->session);
	watch(c, EPOLLOUT);
}

static void
finish(struct conn *c, bool whole)
{
	if (whole && plan.resume) {
		(void)SSL_shutdown(c->ssl);
		SSL_SESSION_free(c->session);
		c->session = SSL_get1_session(c->ssl);
	}
	ERR_clear_error();
	SSL_free(c->ssl);
	(void)close(c->fd);
	run.finished++;
	if (!whole)
		run.broken++;
	begin(c);
}

/* A stranger differs in its signature, its last bytes. */
static void
make_request(struct conn *c)
{
	struct tvs_msg m = { .command = TVS_VERIFY_REQUEST,
	    .session = ++run.nr, .der = { run.der, run.derlen } };
	static const char device[] = "CP-8861-SEP0011223344AA";
	struct err e = { 0 };

	m.device.p = (const uint8_t *)device;
	m.device.len = strlen(device);
	if (plan.strangers)
		memcpy(run.der + run.derlen - sizeof(run.nr), &run.nr,
		    sizeof(run.nr));
	if (tvs_msg_build(&m, c->out, &c->outlen, &e) != ERR_OK) {
		(void)fprintf(stderr, "tlsload: %s\n", e.msg);
		exit(2);
	}
	c->nr = m.session;
	if (plan.requests > 1)
		c->start_ns = now_ns();
}

/* False: it is over. */
static bool
send_request(struct conn *c)
{
	make_request(c);
	return SSL_write(c->ssl, c->out, (int)c->outlen) == (int)c->outlen;
}

static void
count_answer(const struct conn *c, const struct tvs_msg *m)
{
	enum tvs_status want = plan.strangers ? TVS_INVALID : TVS_VALID;

	if (m->command != TVS_VERIFY_ANSWER || m->session != c->nr ||
	    m->status != want)
		run.wrong++;
	else
		run.took_ns[run.ok++] = now_ns() - c->start_ns;
}

/* The server speaks, the phone answers. */
static int
take_capf(struct conn *c)
{
	size_t need;
	int r;

	if (capf_msg_need(c->in, c->len, &need, NULL) != ERR_OK)
		return -1;
	if (c->len < CAPF_HEADER || c->len < need)
		return 0;
	r = load_capf_answer(c->device, c->in, need, c->out, &c->outlen);
	c->len = 0;
	if (r == 1)
		run.took_ns[run.ok++] = now_ns() - c->start_ns;
	if (r != 0)
		return r;
	return SSL_write(c->ssl, c->out, (int)c->outlen) == (int)c->outlen ?
	    0 : -1;
}

/* 1: all were answered; 0: go on; -1: what came is no answer. */
static int
take(struct conn *c)
{
	struct tvs_msg m;
	size_t need;

	if (plan.spki != NULL)
		return take_capf(c);
	if (tvs_msg_need(c->in, c->len, &need, NULL) != ERR_OK)
		return -1;
	if (c->len < TVS_HEADER || c->len < need)
		return 0;
	if (tvs_msg_parse(&m, c->in, need, NULL) != ERR_OK)
		return -1;
	count_answer(c, &m);
	c->len = 0;
	if (--c->left == 0)
		return 1;
	return send_request(c) ? 0 : -1;
}

/* What waits for nothing but the socket: r of call. */
static bool
waits(struct conn *c, int r)
{
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		watch(c, EPOLLIN);
		return true;
	case SSL_ERROR_WANT_WRITE:
		watch(c, EPOLLOUT);
		return true;
	}
	return false;
}

static void
talk(struct conn *c)
{
	int r, done;

	for (;;) {
		r = SSL_read(c->ssl, c->in + c->len,
		    (int)(sizeof(c->in) - c->len));
		if (r <= 0) {
			if (!waits(c, r))
				finish(c, false);
			return;
		}
		c->len += (size_t)r;
		if ((done = take(c)) != 0) {
			finish(c, done == 1);
			return;
		}
	}
}

static void
drive(struct conn *c)
{
	int r;

	if (c->state == CONNECTING)
		c->state = SHAKING;	/* a failure shows there */
	if (c->state == SHAKING) {
		if ((r = SSL_do_handshake(c->ssl)) <= 0) {
			if (!waits(c, r))
				finish(c, false);
			return;
		}
		run.resumed += SSL_session_reused(c->ssl);
		c->state = TALKING;
		if (plan.spki == NULL && !send_request(c)) {
			finish(c, false);
			return;
		}
	}
	talk(c);
}

static void
run_all(void)
{
	int64_t end_ns = now_ns() + plan.max_s * NS_PER_S;
	struct epoll_event ev[EVENTS];
	int n;

	run.begin_ns = now_ns();
	run.begin_cpu_s = cpu_s();
	for (int64_t i = 0; i < plan.connections; i++)
		begin(&run.conn[i]);
	while (run.finished < plan.total && now_ns() < end_ns) {
		n = epoll_wait(run.ep, ev, EVENTS, WAIT_MS);
		for (int i = 0; i < n; i++)
			drive(ev[i].data.ptr);
	}
}

/* A phone compares it with its list: no chain is built, which OpenSSL would
 * do even where nobody wants to know. */
static int
take_any(X509_STORE_CTX *chain, void *arg)
{
	(void)chain;
	(void)arg;
	return 1;
}

static bool
prepare(struct err *e)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	run.server = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)plan.port) };
	if (inet_pton(AF_INET, plan.host, &run.server.sin_addr) != 1)
		return err_set(e, ERR_ARG, "--host %s is no IPv4 address",
		    plan.host) == ERR_OK;
	if (plan.spki != NULL ? !load_capf_begin(plan.spki, e) :
	    file_read(AT_FDCWD, plan.cert, CERT_DER_MAX, &run.der,
	    &run.derlen, e) != ERR_OK)
		return false;
	run.ep = epoll_create1(EPOLL_CLOEXEC);
	run.conn = calloc((size_t)plan.connections, sizeof(*run.conn));
	run.took_ns = calloc((size_t)(plan.total * plan.requests),
	    sizeof(*run.took_ns));
	run.ctx = SSL_CTX_new(TLS_client_method());
	if (run.ep == -1 || run.conn == NULL || run.took_ns == NULL ||
	    run.ctx == NULL || (plan.cert != NULL && run.derlen <
	    sizeof(run.nr)))
		return err_set(e, ERR_NOMEM, "connections") == ERR_OK;
	(void)SSL_CTX_set_max_proto_version(run.ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set1_groups_list(run.ctx, "P-256");
	SSL_CTX_set_cert_verify_callback(run.ctx, take_any, NULL);
	load_key_quick();
	(void)SSL_CTX_set_mode(run.ctx, SSL_MODE_RELEASE_BUFFERS);
	return true;
}

/* --- summary --- */

static int
ns_cmp(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
percentile_ms(int64_t percent)
{
	int64_t i = run.ok * percent / 100;

	if (run.ok == 0)
		return 0;
	return (double)run.took_ns[i < run.ok ? i : run.ok - 1] / NS_PER_MS;
}

static void
print_summary(void)
{
	double s = (double)(now_ns() - run.begin_ns) / (double)NS_PER_S;
	double cpu = cpu_s() - run.begin_cpu_s;

	qsort(run.took_ns, (size_t)run.ok, sizeof(*run.took_ns), ns_cmp);
	(void)printf("{\"ok\":%" PRId64 ",\"unfinished\":%" PRId64
	    ",\"timeouts\":0,\"protocol\":%" PRId64 ",\"wrong\":%" PRId64
	    ",\"resent\":0,\"bytes\":0,\"resumed\":%" PRId64 ",", run.ok,
	    plan.total - run.finished, run.broken, run.wrong, run.resumed);
	(void)printf("\"seconds\":%.6f,\"cpu_s\":%.6f,\"rate\":%.1f,"
	    "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", s, cpu,
	    (double)run.ok / s, percentile_ms(50), percentile_ms(99),
	    percentile_ms(100));
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	int code = plan_parse(argc, argv);

	if (code != -1)
		return code;
	if (!prepare(&e)) {
		(void)fprintf(stderr, "tlsload: %s\n", e.msg);
		return 2;
	}
	run_all();
	print_summary();
	return run.finished == plan.total && run.broken == 0 &&
	    run.wrong == 0 ? 0 : 1;
}
