/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TFTP server over loopback sockets, with files of the test's own.  The
 * server's loop runs in a thread; the test is the phone.
 */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/listen.h"
#include "tftpd/tftp_server.h"

#define REPLY_MS	5000	/* an answer that must come */
#define REPORTS_MAX	2048

static const struct xfer_conf conf = {
	.timeout_ms = 30000, .timeout_min_ms = 30000, .retries = 5,
	.life_ms = 60000, .blksize_max = 1428, .windowsize_max = 64,
};

struct noted {
	uint64_t bytes;
	bool	 complete, ours;
	char	 name[256], result[24], why[96];
};

/* The server and what it told; all test-wide. */
static struct {
	struct loop		*loop;
	struct tftp_server	*srv;
	struct admit		*admit;
	struct loop_io		*call_io;
	int			 fd, callfd[2];
	struct net_addr		 addr;
	pthread_t		 thread;
	atomic_int		 gets, released;
	pthread_mutex_t		 lock;
	pthread_cond_t		 changed;
	struct noted		 reports[REPORTS_MAX];
	size_t			 nreports;
	int			 shrinking;	/* fd of file "shrinks" */
	struct stats		*stats;		/* of one loop */
	struct stats_counters	*c;		/* its */
} T;

static uint8_t content[100000];
static uint8_t in[TFTP_DATAGRAM_MAX];

static const struct {
	const char	*name;
	size_t		 len;
} files[] = {
	{ "empty", 0 }, { "small", 100 }, { "exact", 1024 },
	{ "large", sizeof(content) },
};

static void
count_release(void *owned)
{
	(void)owned;
	atomic_fetch_add(&T.released, 1);
}

static int
fake_get(void *arg, const char *req, size_t len, struct serve_item *it,
    struct err *e)
{
	(void)arg;
	*it = (struct serve_item){ .fd = -1 };
	(void)snprintf(it->name, sizeof(it->name), "%.*s", (int)len, req);
	atomic_fetch_add(&T.gets, 1);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(req, files[i].name) == 0) {
			it->body = content;
			it->len = files[i].len;
			it->release = count_release;
			return ERR_OK;
		}
	if (strcmp(req, "shrinks") == 0) {
		it->fd = dup(T.shrinking);
		it->len = 2000;
		return ERR_OK;
	}
	if (strcmp(req, "denied") == 0)
		return err_set(e, ERR_DENIED, "internal: mode of /secret");
	if (strcmp(req, "broken") == 0)
		return err_set(e, ERR_IO, "internal: disk /secret");
	if (strcmp(req, "../x") == 0)
		return err_set(e, ERR_PROTO, "internal: dots");
	return err_set(e, ERR_NOTFOUND, "internal: no such file");
}

static void
fake_report(void *arg, const struct serve_report *r)
{
	struct noted *n;

	(void)arg;
	(void)pthread_mutex_lock(&T.lock);
	ck_assert_uint_lt(T.nreports, REPORTS_MAX);
	n = &T.reports[T.nreports++];
	n->bytes = r->bytes;
	n->complete = r->complete;
	n->ours = r->ours;
	(void)snprintf(n->name, sizeof(n->name), "%s", r->item->name);
	(void)snprintf(n->result, sizeof(n->result), "%s", r->result);
	(void)snprintf(n->why, sizeof(n->why), "%s",
	    r->why != NULL ? r->why : "");
	(void)pthread_cond_signal(&T.changed);
	(void)pthread_mutex_unlock(&T.lock);
}

/* Report number i, waited for. */
static struct noted
report(size_t i)
{
	struct timespec until;
	struct noted n;
	int r = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += REPLY_MS / 1000;
	(void)pthread_mutex_lock(&T.lock);
	while (T.nreports <= i && r == 0)
		r = pthread_cond_timedwait(&T.changed, &T.lock, &until);
	ck_assert_msg(T.nreports > i, "no report %zu", i);
	n = T.reports[i];
	(void)pthread_mutex_unlock(&T.lock);
	return n;
}

/* --- the server's thread --- */

static void *
serve(void *arg)
{
	(void)arg;
	ck_assert_int_eq(loop_run(T.loop, NULL), ERR_OK);
	return NULL;
}

/* Calls come as function pointers, so they run on the loop's thread. */
static void
called(void *arg, int fd, unsigned events)
{
	void (*fn)(void);

	(void)arg;
	(void)events;
	ck_assert_int_eq(read(fd, &fn, sizeof(fn)), sizeof(fn));
	fn();
	ck_assert_int_eq(write(fd, "", 1), 1);
}

static void
on_loop(void (*fn)(void))
{
	char done;

	ck_assert_int_eq(write(T.callfd[0], &fn, sizeof(fn)), sizeof(fn));
	ck_assert_int_eq(read(T.callfd[0], &done, 1), 1);
}

static void
start_on(const char *ip, const struct xfer_conf *c)
{
	const struct serve_backend b = {
		.get = fake_get, .report = fake_report,
		.stats = stats_loop(T.stats, 0),
	};
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e = { 0 };

	ck_assert_int_eq(net_addr_parse(&T.addr, ip, 0, &e), ERR_OK);
	ck_assert_msg(net_listen(NET_UDP, &T.addr, 0, &T.fd, 1, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_int_eq(getsockname(T.fd, (struct sockaddr *)&ss, &len), 0);
	net_addr_from(&T.addr, (const struct sockaddr *)&ss, len);
	ck_assert_ptr_nonnull(T.loop = loop_new(&e));
	ck_assert_ptr_nonnull(T.admit = admit_new(&e));
	admit_set(T.admit, 100, 100);
	T.srv = tftp_server_new(T.loop, &T.fd, 1, &b, T.admit, c, &e);
	ck_assert_msg(T.srv != NULL, "%s", e.msg);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, T.callfd), 0);
	T.call_io = loop_io_new(T.loop, T.callfd[1], LOOP_READ,
	    LOOP_PRIO_NORMAL, called, NULL, &e);
	ck_assert_ptr_nonnull(T.call_io);
	ck_assert_int_eq(pthread_create(&T.thread, NULL, serve, NULL), 0);
}

static void
setup(void)
{
	memset(&T, 0, sizeof(T));
	(void)pthread_mutex_init(&T.lock, NULL);
	(void)pthread_cond_init(&T.changed, NULL);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 31 + i / 251);
	ck_assert_int_ge(T.shrinking = memfd_create("s", MFD_CLOEXEC), 0);
	ck_assert_int_eq(ftruncate(T.shrinking, 2000), 0);
	ck_assert_ptr_nonnull(T.stats = stats_new(-1, 1, NULL));
	T.c = stats_loop(T.stats, 0)->c;
}

static void
stop(void)
{
	loop_stop(T.loop);
	(void)pthread_join(T.thread, NULL);
	tftp_server_free(T.srv);
}

static void
teardown(void)
{
	if (T.loop != NULL) {
		loop_io_free(T.call_io);
		admit_free(T.admit);
		loop_free(T.loop);
		(void)close(T.fd);
		(void)close(T.callfd[0]);
		(void)close(T.callfd[1]);
	}
	stats_free(T.stats);
	(void)close(T.shrinking);
}

/* --- the phone --- */

struct phone {
	int		fd;
	struct net_addr	server;		/* where requests go */
	struct net_addr	tid;		/* where the last packet came from */
};

static struct phone
phone_to(const char *ip)
{
	struct phone p;

	ck_assert_int_eq(net_addr_parse(&p.server, ip,
	    net_addr_port(&T.addr), NULL), ERR_OK);
	p.fd = socket(p.server.ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(p.fd, 0);
	return p;
}

static struct phone
phone(void)
{
	return phone_to("127.0.0.1");
}

static void
put(const struct phone *p, const struct net_addr *to, const void *buf,
    size_t len)
{
	ck_assert_int_eq(sendto(p->fd, buf, len, 0,
	    (const struct sockaddr *)&to->ss, to->len), (ssize_t)len);
}

static void
ask_as(const struct phone *p, const char *name, const char *mode,
    struct tftp_opts o)
{
	uint8_t buf[2048];
	size_t n = tftp_build_request(buf, sizeof(buf), TFTP_RRQ, name, mode,
	    &o);

	put(p, &p->server, buf, n);
}

static void
ask(const struct phone *p, const char *name)
{
	ask_as(p, name, "octet", (struct tftp_opts){ .has_tsize = true });
}

static void
ack(const struct phone *p, uint16_t block)
{
	uint8_t buf[4];

	put(p, &p->tid, buf, tftp_build_ack(buf, sizeof(buf), block));
}

static bool
heard(const struct phone *p, int ms)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1;
}

static struct tftp_msg
hear(struct phone *p)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e = { 0 };
	struct tftp_msg m;
	ssize_t n;

	ck_assert_msg(heard(p, REPLY_MS), "no answer");
	n = recvfrom(p->fd, in, sizeof(in), 0, (struct sockaddr *)&ss, &len);
	ck_assert_int_ge(n, 0);
	net_addr_from(&p->tid, (const struct sockaddr *)&ss, len);
	ck_assert_msg(tftp_msg_parse(&m, in, (size_t)n, &e) == ERR_OK, "%s",
	    e.msg);
	return m;
}

static void
hear_error(struct phone *p, enum tftp_code code, const char *text)
{
	struct tftp_msg m = hear(p);

	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.code, code);
	ck_assert_uint_eq(m.len, strlen(text));
	ck_assert_mem_eq(m.data, text, m.len);
}

/* From DATA 1 on to the end; the first packet may be in m already. */
static void
take_file(struct phone *p, struct tftp_msg m, size_t len, size_t blksize)
{
	size_t got = 0;

	for (uint16_t b = 1;; b++, m = hear(p)) {
		ck_assert_uint_eq(m.op, TFTP_DATA);
		ck_assert_uint_eq(m.block, b);
		ck_assert_uint_le(got + m.len, len);
		ck_assert_mem_eq(m.data, content + got, m.len);
		got += m.len;
		ack(p, b);
		if (m.len < blksize)
			break;
	}
	ck_assert_uint_eq(got, len);
}

/* --- tests --- */

START_TEST(whole_files)
{
	const char *name = files[_i].name;
	size_t len = files[_i].len;
	struct phone p;
	struct tftp_msg m;

	start_on("127.0.0.1", &conf);
	p = phone();
	ask_as(&p, name, "octet", (struct tftp_opts){ 0 });
	take_file(&p, hear(&p), len, 512);
	ck_assert(report(0).complete);
	ck_assert_uint_eq(report(0).bytes, len);
	ck_assert_str_eq(report(0).result, "done");
	ask_as(&p, name, "OCTET", (struct tftp_opts){ 1428, 5, true, 0, 0 });
	m = hear(&p);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.tsize, len);
	ck_assert_uint_eq(m.opts.blksize, 1428);
	ack(&p, 0);
	take_file(&p, hear(&p), len, 1428);
	ck_assert(report(1).complete);
	stop();
	ck_assert_int_eq(T.released, 2);
	ck_assert_uint_eq(T.c->begun[STATS_TFTP], 2);
	ck_assert_uint_eq(T.c->live[STATS_TFTP], 0);
	ck_assert_uint_eq(T.c->bytes[STATS_TFTP], 2 * len);
	ck_assert_uint_eq(T.c->packets, len / 512 + 1 + len / 1428 + 1);
	ck_assert_uint_eq(T.c->ended[STATS_TFTP][STATS_DONE], 2);
	ck_assert_uint_eq(T.c->resent, 0);
	(void)close(p.fd);
}
END_TEST

static const struct {
	const char	*name;
	enum tftp_code	 code;
	const char	*text, *result;
	bool		 ours;
} refusals[] = {
	{ "none", TFTP_E_NOT_FOUND, "file not found", "not_found", false },
	{ "", TFTP_E_NOT_FOUND, "file not found", "not_found", false },
	{ "../x", TFTP_E_NOT_FOUND, "file not found", "refused", false },
	{ "denied", TFTP_E_ACCESS, "access denied", "refused", true },
	{ "broken", TFTP_E_UNDEFINED, "server error", "failed", true },
};

START_TEST(refused_names)
{
	struct phone p;

	start_on("127.0.0.1", &conf);
	p = phone();
	ask(&p, refusals[_i].name);
	hear_error(&p, refusals[_i].code, refusals[_i].text);
	ck_assert_str_eq(report(0).result, refusals[_i].result);
	ck_assert_str_eq(report(0).name, refusals[_i].name);
	ck_assert_int_eq(report(0).ours, refusals[_i].ours);
	ck_assert(!report(0).complete);
	/* the place is free again: as many as may be at once, in turn */
	for (int i = 0; i < 30; i++) {
		ask(&p, refusals[_i].name);
		hear_error(&p, refusals[_i].code, refusals[_i].text);
	}
	stop();
	(void)close(p.fd);
}
END_TEST

START_TEST(refused_kinds)
{
	static const uint8_t write_req[] = "\0\2a\0octet";
	static const uint8_t cut[] = { 0, TFTP_RRQ, 'a' };
	static const uint8_t stray_ack[] = { 0, TFTP_ACK, 0, 1 };
	static const uint8_t error[] = "\0\5\0\0oops";
	uint8_t longest[TFTP_REQUEST_MAX + 1] = { 0, TFTP_RRQ };
	struct phone p;

	start_on("127.0.0.1", &conf);
	p = phone();
	put(&p, &p.server, write_req, sizeof(write_req));
	hear_error(&p, TFTP_E_ACCESS, "nothing is written here");
	ask_as(&p, "small", "mail", (struct tftp_opts){ 0 });
	hear_error(&p, TFTP_E_ILLEGAL, "mode is not served: use octet");
	put(&p, &p.server, cut, sizeof(cut));
	hear_error(&p, TFTP_E_ILLEGAL, "malformed request");
	put(&p, &p.server, longest, sizeof(longest));
	hear_error(&p, TFTP_E_ILLEGAL, "malformed request");
	put(&p, &p.server, stray_ack, sizeof(stray_ack));
	hear_error(&p, TFTP_E_TID, "unknown transfer");
	/* an ERROR is never answered: the next packet is for the next one */
	put(&p, &p.server, error, sizeof(error));
	put(&p, &p.server, error, 2);
	ask(&p, "none");
	hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	ck_assert_int_eq(T.gets, 1);
	stop();
	ck_assert_uint_eq(T.c->ended[STATS_TFTP][STATS_REFUSED], 2);
	ck_assert_uint_eq(T.c->ended[STATS_TFTP][STATS_NOT_FOUND], 1);
	ck_assert_uint_eq(T.c->malformed, 2);
	ck_assert_uint_eq(T.c->begun[STATS_TFTP], 0);
	(void)close(p.fd);
}
END_TEST

START_TEST(repeated_request)
{
	struct net_addr tid;
	struct phone p;

	start_on("127.0.0.1", &conf);
	p = phone();
	for (int i = 0; i < 20; i++)
		ask(&p, "large");
	ck_assert_uint_eq(hear(&p).op, TFTP_OACK);
	tid = p.tid;
	/* A request after them is answered, so all have been seen. */
	ask(&p, "none");
	hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	ck_assert_int_eq(T.gets, 2);
	p.tid = tid;
	ack(&p, 0);
	take_file(&p, hear(&p), sizeof(content), 512);
	ck_assert_str_eq(report(1).result, "done");
	/* The same port may ask again afterwards. */
	ask(&p, "large");
	ck_assert_uint_eq(hear(&p).op, TFTP_OACK);
	ck_assert_int_eq(T.gets, 3);
	stop();
	(void)close(p.fd);
}
END_TEST

START_TEST(stranger)
{
	struct phone p, other;
	uint8_t buf[64];

	start_on("127.0.0.1", &conf);
	p = phone();
	other = phone();
	ask(&p, "large");
	ck_assert_uint_eq(hear(&p).op, TFTP_OACK);
	other.tid = p.tid;
	ack(&other, 0);
	hear_error(&other, TFTP_E_TID, "unknown transfer");
	/* Nor does its ERROR end the transfer, or get an answer. */
	put(&other, &p.tid, buf, tftp_build_error(buf, sizeof(buf),
	    TFTP_E_UNDEFINED, "stop"));
	other.tid = p.tid;
	ack(&other, 7);
	hear_error(&other, TFTP_E_TID, "unknown transfer");
	ack(&p, 0);
	take_file(&p, hear(&p), sizeof(content), 512);
	ck_assert(report(0).complete);
	stop();
	(void)close(p.fd);
	(void)close(other.fd);
}
END_TEST

START_TEST(limits)
{
	struct phone a, b, c, d;

	start_on("0.0.0.0", &conf);
	admit_set(T.admit, 3, 2);
	a = phone();
	b = phone();
	c = phone();
	d = phone_to("127.0.0.2");	/* asks from 127.0.0.1 as well */
	ask(&a, "small");
	(void)hear(&a);
	ask(&b, "small");
	(void)hear(&b);
	ask(&c, "small");
	hear_error(&c, TFTP_E_UNDEFINED, "server busy");
	ask(&d, "small");
	hear_error(&d, TFTP_E_UNDEFINED, "server busy");
	/* those under way are not disturbed, and make room */
	ack(&a, 0);
	take_file(&a, hear(&a), 100, 512);
	ck_assert(report(0).complete);
	ask(&c, "small");
	ck_assert_uint_eq(hear(&c).op, TFTP_OACK);
	/* a bound that is set lower takes nothing away */
	admit_set(T.admit, 0, 0);
	ack(&b, 0);
	take_file(&b, hear(&b), 100, 512);
	ask(&d, "small");
	hear_error(&d, TFTP_E_UNDEFINED, "server busy");
	stop();
	ck_assert_uint_eq(T.c->shed, 3);
	(void)close(a.fd);
	(void)close(b.fd);
	(void)close(c.fd);
	(void)close(d.fd);
}
END_TEST

static const struct xfer_conf hasty = {
	.timeout_ms = 10, .retries = 4, .life_ms = 60000, .blksize_max = 1428,
};

START_TEST(silent_phone)
{
	struct phone p;

	start_on("127.0.0.1", &hasty);
	p = phone();
	ask(&p, "large");
	for (int i = 0; i <= XFER_OPEN_RETRIES; i++)
		ck_assert_uint_eq(hear(&p).op, TFTP_OACK);
	ck_assert_str_eq(report(0).result, "timeout");
	ck_assert_uint_eq(report(0).bytes, 0);
	ck_assert(!heard(&p, 0));
	stop();
	ck_assert_uint_eq(T.c->ended[STATS_TFTP][STATS_TIMEOUT], 1);
	ck_assert_uint_eq(T.c->resent, XFER_OPEN_RETRIES);
	ck_assert_uint_eq(T.c->timeouts, XFER_OPEN_RETRIES + 1);
	(void)close(p.fd);
}
END_TEST

/* Half of the packets are lost on their way to the phone. */
START_TEST(lossy_phone)
{
	const struct xfer_conf lossy = { .timeout_ms = 100, .retries = 30,
	    .life_ms = 60000, .blksize_max = 1428 };
	struct phone p;
	size_t got = 0;
	uint16_t want = 1;

	start_on("127.0.0.1", &lossy);
	p = phone();
	ask_as(&p, "exact", "octet", (struct tftp_opts){ 0 });
	for (int i = 0; got < 1024 || want == 3; i++) {
		struct tftp_msg m = hear(&p);

		if (i % 2 == 1 || m.block != want)
			continue;
		ck_assert_mem_eq(m.data, content + got, m.len);
		got += m.len;
		ack(&p, want++);
	}
	ck_assert(report(0).complete);
	ck_assert_uint_eq(report(0).bytes, 1024);
	stop();
	(void)close(p.fd);
}
END_TEST

START_TEST(phone_gives_up)
{
	uint8_t buf[64];
	struct phone p;

	start_on("127.0.0.1", &conf);
	p = phone();
	ask(&p, "large");
	(void)hear(&p);
	ack(&p, 0);
	(void)hear(&p);
	put(&p, &p.tid, buf, tftp_build_error(buf, sizeof(buf), TFTP_E_FULL,
	    "no\033room"));
	ck_assert_str_eq(report(0).result, "aborted");
	ck_assert_str_eq(report(0).why, "phone says: 3 no\\x1broom");
	ck_assert(!report(0).complete);
	ck_assert(!report(0).ours);
	stop();
	ck_assert_int_eq(T.released, 1);
	(void)close(p.fd);
}
END_TEST

START_TEST(file_shrinks)
{
	struct phone p;

	start_on("127.0.0.1", &conf);
	p = phone();
	ask_as(&p, "shrinks", "octet", (struct tftp_opts){ 0 });
	ck_assert_uint_eq(hear(&p).len, 512);
	ck_assert_int_eq(ftruncate(T.shrinking, 700), 0);
	ack(&p, 1);
	hear_error(&p, TFTP_E_UNDEFINED, "file changed while it was sent");
	ck_assert_str_eq(report(0).result, "read_failed");
	ck_assert(report(0).ours);
	stop();
	(void)close(p.fd);
}
END_TEST

/* A phone with several addresses of ours to choose from: the answer comes
 * from the one it asked, or a firewall eats it. */
START_TEST(address_asked)
{
	static const char *const ips[] = { "127.0.0.1", "127.0.0.77" };
	struct net_addr want;

	start_on("0.0.0.0", &conf);
	for (size_t i = 0; i < 2; i++) {
		struct phone p = phone_to(ips[i]);

		ask(&p, "small");
		(void)hear(&p);
		ck_assert_int_eq(net_addr_parse(&want, ips[i], 0, NULL),
		    ERR_OK);
		ck_assert(net_addr_same_ip(&p.tid, &want));
		ack(&p, 0);
		take_file(&p, hear(&p), 100, 512);
		ask(&p, "none");
		hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
		ck_assert(net_addr_same_ip(&p.tid, &want));
		(void)close(p.fd);
	}
	stop();
}
END_TEST

START_TEST(both_families)
{
	static const char *const ips[] = { "::1", "127.0.0.3" };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in6 lo = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct net_addr want;

	if (fd == -1 ||
	    bind(fd, (const struct sockaddr *)&lo, sizeof(lo)) == -1) {
		(void)fprintf(stderr, "both_families: no IPv6 here\n");
		if (fd != -1)
			(void)close(fd);
		return;
	}
	(void)close(fd);
	start_on("::", &conf);
	for (size_t i = 0; i < 2; i++) {
		struct phone p = phone_to(ips[i]);

		ask(&p, "small");
		ck_assert_uint_eq(hear(&p).op, TFTP_OACK);
		ck_assert_int_eq(net_addr_parse(&want, ips[i], 0, NULL),
		    ERR_OK);
		ck_assert(net_addr_same_ip(&p.tid, &want));
		ack(&p, 0);
		take_file(&p, hear(&p), 100, 512);
		(void)close(p.fd);
	}
	stop();
}
END_TEST

/* RFC 1123 section 4.2.3.5 */
START_TEST(broadcast_ignored)
{
	const int on = 1;
	struct phone p, all;

	start_on("0.0.0.0", &conf);
	p = phone();
	all = phone_to("127.255.255.255");
	ck_assert_int_eq(setsockopt(all.fd, SOL_SOCKET, SO_BROADCAST, &on,
	    sizeof(on)), 0);
	ask(&all, "small");
	ask(&p, "none");	/* seen later than the other */
	hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	ck_assert(!heard(&all, 0));
	ck_assert_int_eq(T.gets, 1);
	stop();
	(void)close(p.fd);
	(void)close(all.fd);
}
END_TEST

static void
do_drain(void)
{
	tftp_server_drain(T.srv);
	ck_assert_uint_eq(tftp_server_transfers(T.srv), 1);
}

static void
is_idle(void)
{
	ck_assert_uint_eq(tftp_server_transfers(T.srv), 0);
}

START_TEST(drained)
{
	struct phone p, late;

	start_on("127.0.0.1", &conf);
	p = phone();
	late = phone();
	ask(&p, "large");
	(void)hear(&p);
	on_loop(do_drain);
	ask(&late, "small");
	ack(&p, 0);
	take_file(&p, hear(&p), sizeof(content), 512);
	ck_assert(report(0).complete);
	on_loop(is_idle);
	ck_assert(!heard(&late, 0));
	ck_assert_int_eq(T.gets, 1);
	stop();
	(void)close(p.fd);
	(void)close(late.fd);
}
END_TEST

START_TEST(stopped)
{
	struct phone p;

	start_on("127.0.0.1", &conf);
	p = phone();
	ask(&p, "large");
	(void)hear(&p);
	ack(&p, 0);
	(void)hear(&p);
	stop();
	hear_error(&p, TFTP_E_UNDEFINED, "server stopping");
	ck_assert_str_eq(report(0).result, "stopped");
	ck_assert_int_eq(T.released, 1);
	(void)close(p.fd);
}
END_TEST

static void
bound_blocks(void)
{
	struct xfer_conf c = conf;

	c.blksize_max = 600;
	tftp_server_set_conf(T.srv, &c);
}

/* Parameters act on the next transfer, not on one under way. */
START_TEST(live_conf)
{
	struct tftp_opts o = { .blksize = 1428 };
	struct phone p, q;

	start_on("127.0.0.1", &conf);
	p = phone();
	q = phone();
	ask_as(&p, "large", "octet", o);
	ck_assert_uint_eq(hear(&p).opts.blksize, 1428);
	on_loop(bound_blocks);
	ask_as(&q, "large", "octet", o);
	ck_assert_uint_eq(hear(&q).opts.blksize, 600);
	ack(&p, 0);
	take_file(&p, hear(&p), sizeof(content), 1428);
	stop();
	(void)close(p.fd);
	(void)close(q.fd);
}
END_TEST

/* --- many at once, windows, sockets in common --- */

#define THOUSAND	1000
static struct phone crowd[THOUSAND];

static void
is_crowded(void)
{
	ck_assert_uint_eq(tftp_server_transfers(T.srv), THOUSAND);
}

/* A branch behind one address: a thousand transfers under way together. */
START_TEST(thousand)
{
	struct rlimit lim;
	struct tftp_msg m;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = lim.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
	start_on("127.0.0.1", &conf);
	admit_set(T.admit, THOUSAND, THOUSAND);
	for (int i = 0; i < THOUSAND; i++) {
		crowd[i] = phone();
		ask(&crowd[i], "exact");
		ck_assert_uint_eq(hear(&crowd[i]).op, TFTP_OACK);
	}
	on_loop(is_crowded);
	for (int i = 0; i < THOUSAND; i++)
		ack(&crowd[i], 0);
	for (uint16_t b = 1; b <= 3; b++)
		for (int i = 0; i < THOUSAND; i++) {
			m = hear(&crowd[i]);
			ck_assert_uint_eq(m.block, b);
			ck_assert_uint_eq(m.len, b < 3 ? 512 : 0);
			ck_assert_mem_eq(m.data, content + (b - 1) * 512,
			    m.len);
			ack(&crowd[i], b);
		}
	for (size_t i = 0; i < THOUSAND; i++)
		ck_assert(report(i).complete);
	on_loop(is_idle);
	stop();
	for (int i = 0; i < THOUSAND; i++)
		(void)close(crowd[i].fd);
}
END_TEST

/* Each time another port of ours, and what comes late to an old one is not
 * answered: it might be taken for the answer to the next request. */
START_TEST(fresh_ports)
{
	struct net_addr tids[20];
	struct phone p;

	start_on("127.0.0.1", &conf);
	p = phone();
	for (int i = 0; i < 20; i++) {
		ask_as(&p, "small", "octet", (struct tftp_opts){ 0 });
		take_file(&p, hear(&p), 100, 512);
		tids[i] = p.tid;
		for (int j = 0; j < i; j++)
			ck_assert(!net_addr_equal(&tids[i], &tids[j]));
		ck_assert(report((size_t)i).complete);
	}
	p.tid = tids[3];
	ack(&p, 1);
	ask(&p, "none");
	hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	stop();
	(void)close(p.fd);
}
END_TEST

/* Windows over a line that loses, doubles and swaps packets, by a script. */
START_TEST(window_on_a_bad_line)
{
	const struct xfer_conf c = { .timeout_ms = 100, .timeout_min_ms = 20,
	    .retries = 20, .life_ms = 60000, .blksize_max = 1428,
	    .windowsize_max = 16 };
	const uint64_t last = sizeof(content) / 1000 + 1;
	uint64_t have = 0, since = 0;
	struct phone p;
	bool gap = false;

	start_on("127.0.0.1", &c);
	p = phone();
	ask_as(&p, "large", "octet", (struct tftp_opts){ .blksize = 1000,
	    .windowsize = 40 });
	ck_assert_uint_eq(hear(&p).opts.windowsize, 16);
	ack(&p, 0);
	for (unsigned i = 0; have < last; i++) {
		struct tftp_msg m = hear(&p);

		if (m.op != TFTP_DATA || i % 13 == 5)
			continue;		/* lost */
		if (m.block != have + 1) {
			if (m.block > have && !gap)
				ack(&p, (uint16_t)have);
			else if (m.block == have)
				ack(&p, (uint16_t)have);
			gap = true;
			continue;
		}
		ck_assert_mem_eq(m.data, content + have * 1000, m.len);
		have++;
		gap = false;
		if (++since < 16 && have < last)
			continue;
		since = 0;
		if (i % 5 != 4 || have == last)	/* else the ACK is lost */
			ack(&p, (uint16_t)have);
		if (i % 5 == 2)
			ack(&p, (uint16_t)have);	/* doubled */
	}
	ck_assert(report(0).complete);
	ck_assert_uint_eq(report(0).bytes, sizeof(content));
	stop();
	(void)close(p.fd);
}
END_TEST

START_TEST(netascii)
{
	struct phone p;
	struct tftp_msg m;
	size_t in_off = 0;

	start_on("127.0.0.1", &conf);
	p = phone();
	ask_as(&p, "exact", "NetASCII", (struct tftp_opts){ .blksize = 1428,
	    .has_tsize = true });
	m = hear(&p);
	ck_assert(!m.opts.has_tsize);
	ack(&p, 0);
	m = hear(&p);
	for (size_t i = 0; i < m.len; i++, in_off++)
		if (content[in_off] == '\n')
			ck_assert_uint_eq(m.data[i++], '\r');
		else if (content[in_off] == '\r')
			ck_assert_uint_eq(m.data[i++], '\r');
	ck_assert_uint_eq(in_off, 1024);
	ck_assert_uint_gt(m.len, 1024);
	ack(&p, 1);
	ck_assert(report(0).complete);
	ck_assert_uint_eq(report(0).bytes, m.len);
	stop();
	(void)close(p.fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_server");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whole_files, 0,
	    (int)(sizeof(files) / sizeof(files[0])));
	tcase_add_loop_test(tc, refused_names, 0,
	    (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(tc, refused_kinds);
	tcase_add_test(tc, repeated_request);
	tcase_add_test(tc, stranger);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, silent_phone);
	tcase_add_test(tc, lossy_phone);
	tcase_add_test(tc, phone_gives_up);
	tcase_add_test(tc, file_shrinks);
	tcase_add_test(tc, address_asked);
	tcase_add_test(tc, both_families);
	tcase_add_test(tc, broadcast_ignored);
	tcase_add_test(tc, drained);
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, live_conf);
	tcase_add_test(tc, thousand);
	tcase_add_test(tc, fresh_ports);
	tcase_add_test(tc, window_on_a_bad_line);
	tcase_add_test(tc, netascii);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
