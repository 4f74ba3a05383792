/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TFTP server's laboratory, see tftp_lab.h.
 */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/listen.h"
#include "tests/tftp_lab.h"

#define REPLY_MS	30000	/* an answer that must come */

const struct xfer_conf lab_conf = {
	.timeout_ms = 30000, .timeout_min_ms = 30000, .retries = 5,
	.life_ms = 60000, .blksize_max = 1428, .windowsize_max = 64,
};

struct tftp_lab lab;
uint8_t lab_content[LAB_LARGE];
static uint8_t in[TFTP_DATAGRAM_MAX];

const struct lab_file lab_files[LAB_NFILES] = {
	{ "empty", 0 }, { "small", 100 }, { "exact", 1024 },
	{ "large", LAB_LARGE },
};

static void
count_release(void *owned)
{
	(void)owned;
	atomic_fetch_add(&lab.released, 1);
}

static int
fake_get(void *arg, const char *req, size_t len, struct serve_item *it,
    struct err *e)
{
	(void)arg;
	*it = (struct serve_item){ .fd = -1 };
	(void)snprintf(it->name, sizeof(it->name), "%.*s", (int)len, req);
	atomic_fetch_add(&lab.gets, 1);
	for (size_t i = 0; i < LAB_NFILES; i++)
		if (strcmp(req, lab_files[i].name) == 0) {
			it->body = lab_content;
			it->len = lab_files[i].len;
			it->release = count_release;
			return ERR_OK;
		}
	if (strcmp(req, "shrinks") == 0) {
		it->fd = dup(lab.shrinking);
		it->len = LAB_SHRINKING;
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
	struct lab_noted *n;

	(void)arg;
	(void)pthread_mutex_lock(&lab.lock);
	ck_assert_uint_lt(lab.nreports, LAB_REPORTS_MAX);
	n = &lab.reports[lab.nreports++];
	n->bytes = r->bytes;
	n->complete = r->complete;
	n->ours = r->ours;
	n->gets = atomic_load(&lab.gets);
	(void)snprintf(n->name, sizeof(n->name), "%s", r->item->name);
	(void)snprintf(n->result, sizeof(n->result), "%s", r->result);
	(void)snprintf(n->why, sizeof(n->why), "%s",
	    r->why != NULL ? r->why : "");
	(void)pthread_cond_signal(&lab.changed);
	(void)pthread_mutex_unlock(&lab.lock);
}

/* Report number i, waited for. */
struct lab_noted
lab_report(size_t i)
{
	struct timespec until;
	struct lab_noted n;
	int r = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += REPLY_MS / 1000;
	(void)pthread_mutex_lock(&lab.lock);
	while (lab.nreports <= i && r == 0)
		r = pthread_cond_timedwait(&lab.changed, &lab.lock, &until);
	ck_assert_msg(lab.nreports > i, "no report %zu", i);
	n = lab.reports[i];
	(void)pthread_mutex_unlock(&lab.lock);
	return n;
}

/* --- the server's thread --- */

static void *
serve(void *arg)
{
	(void)arg;
	ck_assert_int_eq(loop_run(lab.loop, NULL), ERR_OK);
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

void
lab_call(void (*fn)(void))
{
	char done;

	ck_assert_int_eq(write(lab.callfd[0], &fn, sizeof(fn)), sizeof(fn));
	ck_assert_int_eq(read(lab.callfd[0], &done, 1), 1);
}

void
lab_start(const char *ip, const struct xfer_conf *c)
{
	const struct serve_backend b = {
		.get = fake_get, .report = fake_report,
		.stats = stats_loop(lab.stats, 0),
	};
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e = { 0 };

	ck_assert_int_eq(net_addr_parse(&lab.addr, ip, 0, &e), ERR_OK);
	ck_assert_msg(net_listen(NET_UDP, &lab.addr, 0, &lab.fd, 1, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_int_eq(getsockname(lab.fd, (struct sockaddr *)&ss, &len), 0);
	net_addr_from(&lab.addr, (const struct sockaddr *)&ss, len);
	ck_assert_ptr_nonnull(lab.loop = loop_new(&e));
	ck_assert_ptr_nonnull(lab.admit = admit_new(&e));
	admit_set(lab.admit, 100, 100);
	lab.srv = tftp_server_new(lab.loop, &lab.fd, 1, &b, lab.admit, c, &e);
	ck_assert_msg(lab.srv != NULL, "%s", e.msg);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, lab.callfd), 0);
	lab.call_io = loop_io_new(lab.loop, lab.callfd[1], LOOP_READ,
	    LOOP_PRIO_NORMAL, called, NULL, &e);
	ck_assert_ptr_nonnull(lab.call_io);
	ck_assert_int_eq(pthread_create(&lab.thread, NULL, serve, NULL), 0);
}

void
lab_setup(void)
{
	memset(&lab, 0, sizeof(lab));
	(void)pthread_mutex_init(&lab.lock, NULL);
	(void)pthread_cond_init(&lab.changed, NULL);
	for (size_t i = 0; i < LAB_LARGE; i++)
		lab_content[i] = (uint8_t)(i * 31 + i / 251);
	ck_assert_int_ge(lab.shrinking = memfd_create("s", MFD_CLOEXEC), 0);
	ck_assert_int_eq(ftruncate(lab.shrinking, LAB_SHRINKING), 0);
	ck_assert_ptr_nonnull(lab.stats = stats_new(-1, 1, NULL));
	lab.c = stats_loop(lab.stats, 0)->c;
}

void
lab_stop(void)
{
	loop_stop(lab.loop);
	(void)pthread_join(lab.thread, NULL);
	tftp_server_free(lab.srv);
}

void
lab_teardown(void)
{
	if (lab.loop != NULL) {
		loop_io_free(lab.call_io);
		admit_free(lab.admit);
		loop_free(lab.loop);
		(void)close(lab.fd);
		(void)close(lab.callfd[0]);
		(void)close(lab.callfd[1]);
	}
	stats_free(lab.stats);
	(void)close(lab.shrinking);
}

/* --- the phone --- */

struct phone
phone_to(const char *ip)
{
	struct phone p;

	ck_assert_int_eq(net_addr_parse(&p.server, ip,
	    net_addr_port(&lab.addr), NULL), ERR_OK);
	p.fd = socket(p.server.ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(p.fd, 0);
	return p;
}

struct phone
phone_new(void)
{
	return phone_to("127.0.0.1");
}

void
phone_put(const struct phone *p, const struct net_addr *to, const void *buf,
    size_t len)
{
	ck_assert_int_eq(sendto(p->fd, buf, len, 0,
	    (const struct sockaddr *)&to->ss, to->len), (ssize_t)len);
}

void
phone_ask_as(const struct phone *p, const char *name, const char *mode,
    struct tftp_opts o)
{
	uint8_t buf[2048];
	size_t n = tftp_build_request(buf, sizeof(buf), TFTP_RRQ, name, mode,
	    &o);

	phone_put(p, &p->server, buf, n);
}

void
phone_ask(const struct phone *p, const char *name)
{
	phone_ask_as(p, name, "octet", (struct tftp_opts){ .has_tsize = true });
}

void
phone_ack(const struct phone *p, uint16_t block)
{
	uint8_t buf[4];

	phone_put(p, &p->tid, buf, tftp_build_ack(buf, sizeof(buf), block));
}

bool
phone_heard(const struct phone *p, int ms)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1;
}

struct tftp_msg
phone_hear(struct phone *p)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e = { 0 };
	struct tftp_msg m;
	ssize_t n;

	ck_assert_msg(phone_heard(p, REPLY_MS), "no answer");
	n = recvfrom(p->fd, in, sizeof(in), 0, (struct sockaddr *)&ss, &len);
	ck_assert_int_ge(n, 0);
	net_addr_from(&p->tid, (const struct sockaddr *)&ss, len);
	ck_assert_msg(tftp_msg_parse(&m, in, (size_t)n, &e) == ERR_OK, "%s",
	    e.msg);
	return m;
}

void
phone_hear_error(struct phone *p, enum tftp_code code, const char *text)
{
	struct tftp_msg m = phone_hear(p);

	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.code, code);
	ck_assert_uint_eq(m.len, strlen(text));
	ck_assert_mem_eq(m.data, text, m.len);
}

/* From DATA 1 on to the end; the first packet may be in m already. */
void
phone_take(struct phone *p, struct tftp_msg m, size_t len, size_t blksize)
{
	size_t got = 0;

	for (uint16_t b = 1;; b++, m = phone_hear(p)) {
		ck_assert_uint_eq(m.op, TFTP_DATA);
		ck_assert_uint_eq(m.block, b);
		ck_assert_uint_le(got + m.len, len);
		ck_assert_mem_eq(m.data, lab_content + got, m.len);
		got += m.len;
		phone_ack(p, b);
		if (m.len < blksize)
			break;
	}
	ck_assert_uint_eq(got, len);
}
