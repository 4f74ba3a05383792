/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One phone of tftpload (RFC 1350, 2347 to 2349, 7440): a new port for each
 * transfer, every byte compared, and of all datagrams in both directions those
 * are lost that the plan says.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/rd.h"
#include "base/str.h"
#include "bench/load.h"

#define REQUEST_MAX	512	/* a name and every option */
#define WORD_MAX	32
#define RETRIES_MAX	8
#define ERRORS_SHOWN	3
#define PPM		1000000

enum { OP_RRQ = 1, OP_DATA = 3, OP_ACK = 4, OP_ERROR = 5, OP_OACK = 6 };

enum step { GO_ON, CAME, FAILED };

/* xorshift64: the same losses for the same seed. */
static bool
lose(struct load *l)
{
	if (l->plan.loss_ppm == 0)
		return false;
	l->luck ^= l->luck << 13;
	l->luck ^= l->luck >> 7;
	l->luck ^= l->luck << 17;
	return (int64_t)((l->luck >> 32) % PPM) < l->plan.loss_ppm;
}

/* --- out --- */

static size_t
put_word(uint8_t buf[REQUEST_MAX], size_t n, const char *word)
{
	size_t len = strlen(word) + 1;

	memcpy(buf + n, word, len);
	return n + len;
}

static size_t
put_option(uint8_t buf[REQUEST_MAX], size_t n, const char *name, int64_t v)
{
	char value[24];

	(void)snprintf(value, sizeof(value), "%" PRId64, v);
	return put_word(buf, put_word(buf, n, name), value);
}

/* What the kernel does not take is lost as well: the phone asks again. */
static void
send_request(struct load *l, const struct load_phone *p)
{
	const struct load_plan *plan = &l->plan;
	uint8_t buf[REQUEST_MAX] = { 0, OP_RRQ };
	size_t n = put_word(buf, put_word(buf, 2, p->file.name), "octet");

	if (plan->blksize != 512)
		n = put_option(buf, n, "blksize", plan->blksize);
	if (plan->tsize == 1)
		n = put_option(buf, n, "tsize", 0);
	if (plan->timeout_s > 0)
		n = put_option(buf, n, "timeout", plan->timeout_s);
	if (plan->windowsize > 0)
		n = put_option(buf, n, "windowsize", plan->windowsize);
	if (lose(l))
		l->count.lost_out++;
	else
		(void)sendto(p->fd, buf, n, 0,
		    (const struct sockaddr *)&l->server, sizeof(l->server));
}

static void
send_ack(struct load *l, struct load_phone *p)
{
	uint8_t buf[] = { 0, OP_ACK, (uint8_t)(p->last >> 8),
	    (uint8_t)p->last };

	p->unacked = 0;
	if (lose(l))
		l->count.lost_out++;
	else
		(void)send(p->fd, buf, sizeof(buf), 0);
}

/* --- in --- */

static enum step
protocol_error(struct load *l)
{
	l->count.protocol++;
	return FAILED;
}

static enum step
wrong_bytes(struct load *l)
{
	l->count.wrong++;
	return FAILED;
}

static enum step
take_error(struct load *l, const struct load_phone *p, unsigned code,
    struct rd *r)
{
	size_t n = rd_left(r);
	const char *s = (const char *)rd_bytes(r, n);
	char text[256];

	str_visible(s, strnlen(s, n), text, sizeof(text));
	if (l->count.protocol < ERRORS_SHOWN)
		(void)fprintf(stderr, "tftpload: %s: error %u: %s\n",
		    p->file.name, code, text);
	return protocol_error(l);
}

static enum step
take_option(struct load *l, struct load_phone *p, const char *name, int64_t v)
{
	if (str_ieq(name, "blksize")) {
		if (v < 8 || v > l->plan.blksize)
			return protocol_error(l);
		p->blksize = (size_t)v;
	} else if (str_ieq(name, "windowsize")) {
		if (v < 1 || v > l->plan.windowsize)
			return protocol_error(l);
		p->windowsize = (unsigned)v;
	} else if (str_ieq(name, "tsize")) {
		if (p->file.data == NULL)
			p->file.len = (size_t)v;
		else if ((size_t)v != p->file.len)
			return wrong_bytes(l);
	}
	return GO_ON;
}

static enum step
take_oack(struct load *l, struct load_phone *p, struct rd *r, int64_t now_ns)
{
	const char *name, *value;
	int64_t v;

	if (p->last > 0)
		return GO_ON;
	while (rd_left(r) > 0) {
		name = rd_cstr(r, WORD_MAX);
		value = rd_cstr(r, WORD_MAX);
		if (value == NULL ||
		    str_to_i64(value, 0, INT64_MAX, &v, NULL) != ERR_OK)
			return protocol_error(l);
		if (take_option(l, p, name, v) != GO_ON)
			return FAILED;
	}
	p->heard_ns = now_ns;
	send_ack(l, p);
	return GO_ON;
}

/* The last one again: our ACK was lost.  A later one: a block was. */
static enum step
take_other_block(struct load *l, struct load_phone *p, uint16_t block,
    int64_t now_ns)
{
	uint16_t ahead = (uint16_t)(block - p->last);

	if (ahead == 0) {
		p->heard_ns = now_ns;
		send_ack(l, p);
	} else if (ahead < 0x8000 && !p->gap_told) {
		l->count.gaps++;
		p->gap_told = true;
		send_ack(l, p);
	}
	return GO_ON;
}

static bool
is_right(const struct load *l, const struct load_phone *p, size_t off,
    const uint8_t *data, size_t len)
{
	const struct load_files *f = &l->files;

	if (len > p->blksize || off + len > p->file.len)
		return false;
	if (p->file.data != NULL)
		return memcmp(p->file.data + off, data, len) == 0;
	return off > 0 || (len >= f->nbegins &&
	    memcmp(data, f->begins, f->nbegins) == 0);
}

static enum step
take_data(struct load *l, struct load_phone *p, uint16_t block, struct rd *r,
    int64_t now_ns)
{
	size_t off = p->last * p->blksize, len = rd_left(r);

	if (block != (uint16_t)(p->last + 1))
		return take_other_block(l, p, block, now_ns);
	if (!is_right(l, p, off, rd_bytes(r, len), len))
		return wrong_bytes(l);
	p->last++;
	p->unacked++;
	p->gap_told = false;
	p->retries = 0;
	p->heard_ns = now_ns;
	if (p->nr >= l->plan.warmup)
		l->count.bytes += (int64_t)len;
	if (len < p->blksize || p->unacked >= p->windowsize)
		send_ack(l, p);
	if (len == p->blksize)
		return GO_ON;
	return off + len == p->file.len ? CAME : wrong_bytes(l);
}

static enum step
take(struct load *l, struct load_phone *p, const uint8_t *buf, size_t len,
    int64_t now_ns)
{
	struct rd r = rd_init(buf, len);
	uint32_t head = rd_u32(&r);	/* opcode, block or code */

	l->count.received++;
	if (r.err != ERR_OK)
		return protocol_error(l);
	switch (head >> 16) {
	case OP_DATA:
		return take_data(l, p, (uint16_t)head, &r, now_ns);
	case OP_ERROR:
		return take_error(l, p, (uint16_t)head, &r);
	case OP_OACK:
		r = rd_init(buf + 2, len - 2);
		return take_oack(l, p, &r, now_ns);
	}
	return GO_ON;
}

/* --- a transfer --- */

int
load_phone_start(struct load *l, struct load_phone *p, struct err *e)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = p };

	p->fd = -1;
	if (l->count.started == l->plan.warmup + l->plan.transfers)
		return ERR_OK;
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd == -1 ||
	    bind(p->fd, (const struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    epoll_ctl(l->ep, EPOLL_CTL_ADD, p->fd, &ev) == -1)
		return err_sys(e, ERR_IO, "a phone's socket");
	p->answered = p->gap_told = false;
	p->nr = l->count.started++;
	p->file = load_file_of(&l->files, (uint64_t)p->nr, p->name);
	p->blksize = 512;
	p->windowsize = 1;
	p->unacked = 0;
	p->last = 0;
	p->retries = 0;
	p->start_ns = p->heard_ns = load_now_ns();
	send_request(l, p);
	return ERR_OK;
}

static int
finish(struct load *l, struct load_phone *p, bool came, int64_t now_ns,
    struct err *e)
{
	struct load_count *c = &l->count;

	(void)close(p->fd);
	if (came && p->nr >= l->plan.warmup)
		c->took_ns[c->ok++] = now_ns - p->start_ns;
	if (++c->finished == l->plan.warmup) {
		c->begin_ns = now_ns;
		c->begin_cpu_s = load_cpu_s();
	}
	return load_phone_start(l, p, e);
}

/* Datagrams that have come; from the first one on also the server's port. */
static int
receive(struct load *l, struct load_phone *p, struct sockaddr_in *from)
{
	socklen_t fromlen = sizeof(*from);
	ssize_t n;

	if (p->answered && p->windowsize > 1)
		return recvmmsg(p->fd, l->msg, LOAD_BATCH, MSG_DONTWAIT, NULL);
	n = p->answered ? recv(p->fd, l->buf[0], LOAD_PACKET_MAX, 0) :
	    recvfrom(p->fd, l->buf[0], LOAD_PACKET_MAX, 0,
	    (struct sockaddr *)from, &fromlen);
	if (n == -1)
		return 0;
	l->msg[0].msg_len = (unsigned)n;
	return 1;
}

/*
 * An answer to the request is an OACK, an error or block 1.  Anything else is
 * for the phone that had this port before, whose last ACK was lost.
 */
static bool
is_answer(const uint8_t *buf, size_t len)
{
	struct rd r = rd_init(buf, len);
	uint16_t op = rd_u16(&r), block = rd_u16(&r);

	return op == OP_OACK || op == OP_ERROR || (op == OP_DATA && block == 1);
}

int
load_phone_readable(struct load *l, struct load_phone *p, struct err *e)
{
	struct sockaddr_in from;
	int n = receive(l, p, &from);
	int64_t now_ns = load_now_ns();

	for (int i = 0; i < n; i++) {
		enum step step;

		if (lose(l)) {
			l->count.lost_in++;
			continue;
		}
		if (!p->answered) {
			if (!is_answer(l->buf[i], l->msg[i].msg_len))
				continue;
			(void)connect(p->fd, (const struct sockaddr *)&from,
			    sizeof(from));
			p->answered = true;
		}
		step = take(l, p, l->buf[i], l->msg[i].msg_len, now_ns);
		if (step != GO_ON)
			return finish(l, p, step == CAME, now_ns, e);
	}
	return ERR_OK;
}

int
load_phone_silent(struct load *l, struct load_phone *p, int64_t now_ns,
    struct err *e)
{
	if (++p->retries > RETRIES_MAX) {
		l->count.timeouts++;
		return finish(l, p, false, now_ns, e);
	}
	l->count.resent++;
	p->heard_ns = now_ns;
	if (p->answered)
		send_ack(l, p);
	else
		send_request(l, p);
	return ERR_OK;
}
