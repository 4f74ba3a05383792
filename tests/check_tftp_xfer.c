/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP transfer without sockets: time and packets are the test's.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tftpd/tftp_xfer.h"

static const struct xfer_conf conf = {
	.timeout_ms = 1000, .timeout_min_ms = 50, .retries = 5,
	.life_ms = 600000, .blksize_max = 1428, .windowsize_max = 64,
};

static uint8_t packet[TFTP_DATAGRAM_MAX];
static uint8_t body[4096];

static void
setup(void)
{
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7 + i / 256);
}

/* The next packet out, parsed; fails when there is none. */
static struct tftp_msg
out(struct tftp_xfer *x)
{
	struct tftp_msg m;
	size_t seg, n = tftp_xfer_output(x, packet, sizeof(packet), &seg);

	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(n, seg);
	ck_assert_int_eq(tftp_msg_parse(&m, packet, n, NULL), ERR_OK);
	ck_assert_uint_eq(tftp_xfer_output(x, packet, sizeof(packet), &seg),
	    0);
	return m;
}

static void
silent(struct tftp_xfer *x)
{
	size_t seg;

	ck_assert_uint_eq(tftp_xfer_output(x, packet, sizeof(packet), &seg),
	    0);
}

static void
ack(struct tftp_xfer *x, uint16_t block, int64_t now)
{
	const struct tftp_msg m = { .op = TFTP_ACK, .block = block };

	tftp_xfer_input(x, &m, now);
}

static void
is_data(struct tftp_msg m, uint16_t block, const uint8_t *p, size_t n)
{
	ck_assert_uint_eq(m.op, TFTP_DATA);
	ck_assert_uint_eq(m.block, block);
	ck_assert_uint_eq(m.len, n);
	ck_assert_mem_eq(m.data, p, n);
}

static void
start(struct tftp_xfer *x, size_t len, struct tftp_opts o)
{
	const struct tftp_source s = { .body = body, .fd = -1, .len = len };

	tftp_xfer_start(x, 1, &s, &o, &conf, 0);
}

#define NONE	((struct tftp_opts){ 0 })

/* Lengths around the block size: a last block is short, if need be empty. */
static const struct {
	size_t	len, blocks;
} lengths[] = {
	{ 0, 1 }, { 1, 1 }, { 511, 1 }, { 512, 2 }, { 513, 2 }, { 1024, 3 },
	{ 4096, 9 },
};

START_TEST(whole)
{
	size_t len = lengths[_i].len, off = 0;
	struct tftp_xfer x;

	start(&x, len, NONE);
	for (uint16_t b = 1; b <= lengths[_i].blocks; b++) {
		size_t n = len - off < 512 ? len - off : 512;

		ck_assert(!tftp_xfer_over(&x));
		ck_assert_uint_eq(x.acked, off);
		is_data(out(&x), b, body + off, n);
		off += n;
		ack(&x, b, b);
	}
	silent(&x);
	ck_assert(tftp_xfer_over(&x));
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, len);
	ck_assert_uint_eq(x.resent, 0);
}
END_TEST

START_TEST(options_answered)
{
	const struct tftp_opts asked = { 8192, 7, true, 0, 0 };
	struct tftp_xfer x;
	struct tftp_msg m;

	start(&x, 3000, asked);
	m = out(&x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.blksize, 1428);	/* conf's bound */
	ck_assert_uint_eq(m.opts.timeout_s, 7);
	ck_assert(m.opts.has_tsize);
	ck_assert_uint_eq(m.opts.tsize, 3000);
	ack(&x, 0, 1);
	is_data(out(&x), 1, body, 1428);
	ack(&x, 1, 2);
	is_data(out(&x), 2, body + 1428, 1428);
	ack(&x, 2, 3);
	is_data(out(&x), 3, body + 2856, 144);
	ack(&x, 3, 4);
	ck_assert_int_eq(x.result, XFER_R_DONE);
}
END_TEST

START_TEST(only_what_was_asked)
{
	struct tftp_xfer x;
	struct tftp_msg m;

	start(&x, 100, (struct tftp_opts){ .blksize = 16 });
	m = out(&x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.blksize, 16);
	ck_assert_uint_eq(m.opts.timeout_s, 0);
	ck_assert(!m.opts.has_tsize);
}
END_TEST

/* The Sorcerer's Apprentice: an ACK seen twice moves nothing. */
START_TEST(duplicate_ack)
{
	struct tftp_xfer x;

	start(&x, 2000, NONE);
	(void)out(&x);
	ack(&x, 1, 10);
	is_data(out(&x), 2, body + 512, 512);
	for (int i = 0; i < 100; i++) {
		ack(&x, 1, 20);
		silent(&x);
	}
	/* nor does it put off the retransmission */
	ck_assert_int_eq(tftp_xfer_deadline(&x), 60);
	ack(&x, 2, 30);
	is_data(out(&x), 3, body + 1024, 512);
}
END_TEST

/* ACKs of blocks that are not out: old, future, in disorder. */
START_TEST(wrong_acks)
{
	struct tftp_xfer x;

	start(&x, 4096, NONE);
	(void)out(&x);
	for (unsigned b = 0; b < 65536; b++)
		if (b != 1) {
			ack(&x, (uint16_t)b, 5);
			silent(&x);
		}
	ck_assert_uint_eq(x.acked, 0);
	ack(&x, 1, 6);
	is_data(out(&x), 2, body + 512, 512);
	ack(&x, 3, 7);
	silent(&x);
	ack(&x, 2, 8);
	is_data(out(&x), 3, body + 1024, 512);
	ack(&x, 2, 9);
	silent(&x);
	ack(&x, 3, 10);
	is_data(out(&x), 4, body + 1536, 512);
}
END_TEST

START_TEST(other_packets_ignored)
{
	static const uint16_t ops[] = { TFTP_RRQ, TFTP_WRQ, TFTP_DATA,
	    TFTP_OACK };
	struct tftp_xfer x;

	start(&x, 2000, NONE);
	(void)out(&x);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const struct tftp_msg m = { .op = ops[i], .block = 1 };

		tftp_xfer_input(&x, &m, 1);
		silent(&x);
		ck_assert(!tftp_xfer_over(&x));
	}
}
END_TEST

/* Time passes in single milliseconds; each resend is noted. */
static size_t
resends(struct tftp_xfer *x, int64_t from, int64_t until, int64_t *at,
    size_t max)
{
	size_t n = 0, seg;

	for (int64_t t = from; t < until && !tftp_xfer_over(x); t++) {
		tftp_xfer_tick(x, t);
		if (tftp_xfer_output(x, packet, sizeof(packet), &seg) == 0)
			continue;
		ck_assert_uint_lt(n, max);
		at[n++] = t;
	}
	return n;
}

START_TEST(silent_from_the_start)
{
	int64_t at[8];
	struct tftp_xfer x;

	start(&x, 2000, NONE);
	(void)out(&x);
	ck_assert_uint_eq(resends(&x, 0, 1000000, at, 8), XFER_OPEN_RETRIES);
	ck_assert_int_eq(at[0], 1000);
	ck_assert_int_eq(at[1], 3000);
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
	ck_assert_uint_eq(x.acked, 0);
}
END_TEST

/* After a round trip of 500 ms: 500 + 4 * 250 ms, doubled each time. */
START_TEST(silent_later)
{
	static const int64_t want[] = { 2000, 5000, 11000, 19000, 27000 };
	int64_t at[8];
	struct tftp_xfer x;

	start(&x, 2000, NONE);
	(void)out(&x);
	ack(&x, 1, 500);
	(void)out(&x);
	ck_assert_uint_eq(resends(&x, 500, 1000000, at, 8), 5);
	ck_assert_mem_eq(at, want, sizeof(want));
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
	ck_assert_uint_eq(x.acked, 512);
	ck_assert_uint_eq(x.resent, 5);
	silent(&x);
}
END_TEST

/* A quick phone that falls silent is asked often at first, then seldom, and
 * is not given up sooner than a slow one. */
START_TEST(silent_but_quick)
{
	static const int64_t want[] = { 52, 152, 352, 752, 1552, 3152, 6352,
	    12752, 20752, 28752 };
	int64_t at[16];
	struct tftp_xfer x;

	start(&x, 2000, NONE);
	(void)out(&x);
	ack(&x, 1, 2);
	(void)out(&x);
	ck_assert_uint_eq(resends(&x, 2, 1000000, at, 16), 10);
	ck_assert_mem_eq(at, want, sizeof(want));
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
}
END_TEST

/* Karn: an acknowledgement of what was sent twice says nothing about time,
 * and the longer interval stays until one does. */
START_TEST(karn)
{
	struct tftp_xfer x;

	start(&x, 4096, NONE);
	(void)out(&x);
	ack(&x, 1, 20);			/* 20 + 4 * 10 */
	(void)out(&x);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 80);
	tftp_xfer_tick(&x, 80);
	(void)out(&x);
	ack(&x, 2, 81);			/* of the first or the second? */
	(void)out(&x);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 81 + 120);
	ck_assert_int_eq(x.rtt.srtt_8, 20 * 8);
	ack(&x, 3, 101);		/* sent once: counts */
	(void)out(&x);
	ck_assert_int_eq(x.rtt.srtt_8, 20 * 8);
	ck_assert_int_lt(tftp_xfer_deadline(&x), 101 + 60);
}
END_TEST

/* Every packet is lost again and again, but not for ever. */
START_TEST(lossy_to_the_end)
{
	struct tftp_xfer x;
	int64_t now = 0;

	start(&x, 2048, (struct tftp_opts){ .has_tsize = true });
	for (uint16_t b = 0; b <= 5; b++) {
		uint16_t op = b == 0 ? TFTP_OACK : TFTP_DATA;
		unsigned losses = b == 0 ? 2 : 4;

		ck_assert_uint_eq(out(&x).op, op);
		for (unsigned i = 0; i < losses; i++) {
			now = tftp_xfer_deadline(&x);
			tftp_xfer_tick(&x, now - 1);
			silent(&x);
			tftp_xfer_tick(&x, now);
			ck_assert_uint_eq(out(&x).block, b);
		}
		ack(&x, b, now);
	}
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, 2048);
	ck_assert_uint_eq(x.resent, 22);
}
END_TEST

START_TEST(timeout_option)
{
	int64_t at[8];
	struct tftp_xfer x;

	start(&x, 2000, (struct tftp_opts){ .timeout_s = 3 });
	(void)out(&x);
	ack(&x, 0, 0);
	(void)out(&x);
	ck_assert_uint_eq(resends(&x, 0, 100000, at, 8), 5);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(at[i], 3000 * (i + 1));
}
END_TEST

/* A long interval is kept to, but not for an address that may be forged. */
START_TEST(timeout_unanswered)
{
	int64_t at[8];
	struct tftp_xfer x;

	start(&x, 2000, (struct tftp_opts){ .timeout_s = 255 });
	ck_assert_uint_eq(out(&x).op, TFTP_OACK);
	ck_assert_int_eq(tftp_xfer_deadline(&x), XFER_OPEN_MS);
	ck_assert_uint_eq(resends(&x, 0, 1000000, at, 8), 0);
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
	silent(&x);

	start(&x, 2000, (struct tftp_opts){ .timeout_s = 255 });
	(void)out(&x);
	ack(&x, 0, 10);
	is_data(out(&x), 1, body, 512);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 10 + 255000);
}
END_TEST

START_TEST(life)
{
	struct tftp_xfer x;
	struct tftp_msg m;
	int64_t now = 0;

	start(&x, sizeof(body), (struct tftp_opts){ .blksize = 8 });
	(void)out(&x);
	for (uint16_t b = 0; now < 599000; b++, now += 2500) {
		ack(&x, b, now);
		(void)out(&x);
	}
	ck_assert_int_eq(tftp_xfer_deadline(&x) <= 600000, 1);
	tftp_xfer_tick(&x, 600000);
	m = out(&x);
	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.code, TFTP_E_UNDEFINED);
	ck_assert_int_eq(x.result, XFER_R_LIFE);
}
END_TEST

START_TEST(peer_error)
{
	const struct tftp_msg m = { .op = TFTP_ERROR };
	struct tftp_xfer x;

	start(&x, 2000, NONE);
	(void)out(&x);
	ack(&x, 1, 1);
	tftp_xfer_input(&x, &m, 2);	/* before the second block left */
	silent(&x);
	ck_assert_int_eq(x.result, XFER_R_ABORTED);
	ack(&x, 2, 3);			/* too late for anything */
	tftp_xfer_tick(&x, 100000000);
	silent(&x);
	ck_assert_int_eq(x.result, XFER_R_ABORTED);
	ck_assert_uint_eq(x.acked, 512);
}
END_TEST

START_TEST(stopped)
{
	struct tftp_xfer x;
	struct tftp_msg m;

	start(&x, 2000, NONE);
	(void)out(&x);
	tftp_xfer_stop(&x, TFTP_E_UNDEFINED, "server stopping");
	m = out(&x);
	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.len, strlen("server stopping"));
	ck_assert_int_eq(x.result, XFER_R_STOPPED);
}
END_TEST

/* A file whose every 512 bytes begin with their offset. */
static struct tftp_source
marked_file(uint64_t len)
{
	struct tftp_source s = { .fd = memfd_create("source", MFD_CLOEXEC),
	    .len = len };

	ck_assert_int_ge(s.fd, 0);
	ck_assert_int_eq(ftruncate(s.fd, (off_t)len), 0);
	for (uint64_t i = 0; i < len; i += 512)
		ck_assert_int_eq(pwrite(s.fd, &i, sizeof(i), (off_t)i),
		    sizeof(i));
	return s;
}

/* 40 MB in blocks of 512: numbers pass 65535 and go on with 0. */
START_TEST(rollover)
{
	const uint64_t len = 40u << 20;
	struct tftp_source s = marked_file(len);
	uint64_t off = 0, mark;
	struct tftp_xfer x;

	tftp_xfer_start(&x, 1, &s, &NONE, &conf, 0);
	for (uint64_t b = 1; !tftp_xfer_over(&x); b++) {
		struct tftp_msg m = out(&x);

		ck_assert_uint_eq(m.block, b & 0xffff);
		if (m.len >= sizeof(mark)) {
			memcpy(&mark, m.data, sizeof(mark));
			ck_assert_uint_eq(mark, off);
		}
		off += m.len;
		ack(&x, (uint16_t)b, 0);
	}
	ck_assert_uint_eq(off, len);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, len);
	(void)close(s.fd);
}
END_TEST

START_TEST(truncated_file)
{
	struct tftp_source s = { .fd = memfd_create("source", MFD_CLOEXEC),
	    .len = 2000 };
	struct tftp_xfer x;
	struct tftp_msg m;

	ck_assert_int_eq(ftruncate(s.fd, 2000), 0);
	tftp_xfer_start(&x, 1, &s, &NONE, &conf, 0);
	ck_assert_uint_eq(out(&x).op, TFTP_DATA);
	ck_assert_int_eq(ftruncate(s.fd, 600), 0);
	ack(&x, 1, 1);
	m = out(&x);
	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.code, TFTP_E_UNDEFINED);
	ck_assert_int_eq(x.result, XFER_R_READ);
	ck_assert(tftp_xfer_over(&x));
	(void)close(s.fd);
}
END_TEST

/* A file that grows is sent at the length it had. */
START_TEST(grown_file)
{
	struct tftp_source s = { .fd = memfd_create("source", MFD_CLOEXEC),
	    .len = 700 };
	struct tftp_xfer x;

	ck_assert_int_eq(ftruncate(s.fd, 5000), 0);
	tftp_xfer_start(&x, 1, &s, &NONE, &conf, 0);
	ck_assert_uint_eq(out(&x).len, 512);
	ack(&x, 1, 1);
	ck_assert_uint_eq(out(&x).len, 188);
	ack(&x, 2, 2);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	(void)close(s.fd);
}
END_TEST

/* --- windows (RFC 7440) --- */

#define W	8
#define B	64		/* block size: 4096 bytes are 65 blocks */
#define NBLOCKS	65

/* What is out now: first and last block, all in order; checks each byte. */
struct flight {
	uint16_t first, last;
	size_t	 n;
};

static struct flight
window_of(struct tftp_xfer *x, size_t cap)
{
	struct flight f = { 0 };
	size_t len, seg, n;
	struct tftp_msg m;

	while ((len = tftp_xfer_output(x, packet, cap, &seg)) > 0)
		for (size_t off = 0; off < len; off += n) {
			n = len - off < seg ? len - off : seg;
			ck_assert_int_eq(tftp_msg_parse(&m, packet + off, n,
			    NULL), ERR_OK);
			ck_assert_uint_eq(m.op, TFTP_DATA);
			if (f.n++ == 0)
				f.first = m.block;
			else
				ck_assert_uint_eq(m.block,
				    (uint16_t)(f.last + 1));
			f.last = m.block;
			if (x->src.body != NULL)
				ck_assert_mem_eq(m.data,
				    body + (m.block - 1) * x->blksize, m.len);
		}
	return f;
}

static void
is_window(struct tftp_xfer *x, unsigned first, unsigned last)
{
	struct flight f = window_of(x, sizeof(packet));

	ck_assert_uint_eq(f.n, last - first + 1);
	ck_assert_uint_eq(f.first, first);
	ck_assert_uint_eq(f.last, last);
}

/* Negotiated; the first window is to be taken out.  Round trips of 10 ms. */
static void
start_window(struct tftp_xfer *x)
{
	struct tftp_msg m;

	start(x, sizeof(body), (struct tftp_opts){ .blksize = B,
	    .windowsize = W });
	m = out(x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.windowsize, W);
	ack(x, 0, 10);
}

START_TEST(window_whole)
{
	struct tftp_xfer x;
	unsigned b;

	start_window(&x);
	for (b = 0; b < NBLOCKS; b += W) {
		unsigned last = b + W < NBLOCKS ? b + W : NBLOCKS;

		is_window(&x, b + 1, last);
		ack(&x, (uint16_t)last, 20 + b);
	}
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, sizeof(body));
	ck_assert_uint_eq(x.resent, 0);
}
END_TEST

static const struct {
	uint16_t asked, max, given;	/* given 0: no option */
} grants[] = {
	{ 0, 64, 0 }, { 1, 64, 1 }, { 64, 64, 64 }, { 65, 64, 64 },
	{ 65535, 64, 64 }, { 65535, 65535, 65535 }, { 7, 0, 0 },
};

START_TEST(window_granted)
{
	const struct tftp_source s = { .body = body, .fd = -1, .len = 4096 };
	struct tftp_opts o = { .has_tsize = true,
	    .windowsize = grants[_i].asked };
	struct xfer_conf c = conf;
	struct tftp_xfer x;
	struct tftp_msg m;

	c.windowsize_max = grants[_i].max;
	tftp_xfer_start(&x, 1, &s, &o, &c, 0);
	m = out(&x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.windowsize, grants[_i].given);
	ack(&x, 0, 1);
	ck_assert_uint_eq(window_of(&x, sizeof(packet)).n,
	    grants[_i].given > 9 ? 9 :
	    grants[_i].given == 0 ? 1 : grants[_i].given);
}
END_TEST

/* The peer lacks one block of the window: it acknowledges the one before. */
START_TEST(window_loss)
{
	struct tftp_xfer x;
	unsigned lost = (unsigned)_i;	/* 1 first .. W last */

	start_window(&x);
	is_window(&x, 1, W);
	if (lost < W) {
		ack(&x, (uint16_t)(lost - 1), 20);
	} else {			/* nothing came behind it */
		tftp_xfer_tick(&x, tftp_xfer_deadline(&x));
		is_window(&x, 1, W);	/* it has all but the last */
		ack(&x, W - 1, 100);
	}
	is_window(&x, lost, lost + W - 1);
	ck_assert_uint_eq(x.acked, (lost - 1) * B);
	ck_assert_uint_eq(x.resent, lost < W ? W - lost + 1 : W + 1);
	ack(&x, (uint16_t)(lost + W - 1), 120);
	is_window(&x, lost + W, lost + 2 * W - 1);
}
END_TEST

/* The ACK is lost: the timer repeats the window, the ACK comes again. */
START_TEST(window_ack_lost)
{
	struct tftp_xfer x;

	start_window(&x);
	is_window(&x, 1, W);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 10 + 50);
	tftp_xfer_tick(&x, 60);
	is_window(&x, 1, W);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 60 + 100);
	ack(&x, W, 70);
	is_window(&x, W + 1, 2 * W);
	ack(&x, W, 71);			/* the lost one, late */
	silent(&x);
}
END_TEST

/* Only blocks of the window, and the one before it, mean anything. */
START_TEST(window_wrong_acks)
{
	struct tftp_xfer x;

	start_window(&x);
	is_window(&x, 1, W);
	ack(&x, W, 20);
	is_window(&x, W + 1, 2 * W);
	for (unsigned b = 0; b < 65536; b++)
		if (b < W || b > 2 * W) {
			ack(&x, (uint16_t)b, 5000);
			silent(&x);
		}
	ck_assert_uint_eq(x.acked, W * B);
	ack(&x, 2 * W, 5001);
	is_window(&x, 2 * W + 1, 3 * W);
}
END_TEST

/* Each ACK of a window, in a copy of its own transfer. */
START_TEST(window_every_ack)
{
	struct tftp_xfer x, y;

	start_window(&x);
	is_window(&x, 1, W);
	for (unsigned b = 1; b <= W; b++) {
		y = x;
		ack(&y, (uint16_t)b, 20);
		is_window(&y, b + 1, b + W);
		ck_assert_uint_eq(y.acked, b * B);
		ck_assert_uint_eq(y.resent, W - b);
	}
}
END_TEST

/* Doubled ACKs make nothing grow: one window again at most per interval. */
START_TEST(window_apprentice)
{
	struct tftp_xfer x;

	start_window(&x);
	is_window(&x, 1, W);
	ack(&x, W, 20);
	is_window(&x, W + 1, 2 * W);
	for (int i = 0; i < 100; i++) {
		ack(&x, W, 21);		/* before an answer can have come */
		silent(&x);
	}
	ack(&x, W, 30);			/* the first block may be lost */
	is_window(&x, W + 1, 2 * W);
	for (int i = 0; i < 100; i++) {
		ack(&x, W, 31 + i / 3);
		silent(&x);
	}
	ack(&x, 2 * W, 70);
	is_window(&x, 2 * W + 1, 3 * W);
	ack(&x, 2 * W, 79);		/* and again, as both came */
	silent(&x);
	ck_assert_uint_eq(x.resent, W);
}
END_TEST

/* A window that is larger than the memory for it comes in parts. */
START_TEST(window_in_parts)
{
	const uint64_t len = 4u << 20;
	struct tftp_source s = marked_file(len);
	const struct tftp_opts o = { .blksize = 1024, .windowsize = 200 };
	struct xfer_conf c = conf;
	struct tftp_xfer x;
	struct flight f;
	uint64_t n = 0;

	c.windowsize_max = 200;
	tftp_xfer_start(&x, 1, &s, &o, &c, 0);
	(void)out(&x);
	ack(&x, 0, 1);
	while (!tftp_xfer_over(&x)) {
		f = window_of(&x, sizeof(packet));
		ck_assert_uint_eq(f.first, n + 1);
		n += f.n;
		ck_assert(f.n == 200 || n == len / 1024 + 1);
		ack(&x, f.last, 2);
	}
	ck_assert_uint_eq(n, len / 1024 + 1);
	ck_assert_uint_eq(x.acked, len);
	(void)close(s.fd);
}
END_TEST

/* Block numbers pass 65535 within windows; now and then a block is lost. */
START_TEST(window_rollover)
{
	const uint64_t len = 40u << 20;
	struct tftp_source s = marked_file(len);
	const struct tftp_opts o = { .blksize = 512, .windowsize = 48 };
	uint64_t have = 0, resent = 0;
	struct tftp_xfer x;
	struct flight f;
	int64_t now = 0;

	tftp_xfer_start(&x, 1, &s, &o, &conf, 0);
	(void)out(&x);
	ack(&x, 0, now);
	for (unsigned i = 0; !tftp_xfer_over(&x); i++) {
		uint64_t mark, off = have * 512;

		f = window_of(&x, sizeof(packet));
		ck_assert_uint_eq(f.first, (uint16_t)(have + 1));
		memcpy(&mark, packet + TFTP_HEAD_LEN, sizeof(mark));
		ck_assert(off >= len || mark == off);
		if (i % 7 == 3 && f.n > 5) {
			resent += f.n - 5;
			f.n = 5;	/* the sixth is lost */
		}
		have += f.n;
		ack(&x, (uint16_t)have, ++now);
	}
	ck_assert_uint_eq(have, len / 512 + 1);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, len);
	ck_assert_uint_eq(x.resent, resent);
	(void)close(s.fd);
}
END_TEST

/* --- netascii --- */

START_TEST(netascii)
{
	static const char text[] = "a\nb\rc\r\n\n", want[] =
	    "a\r\nb\r\0c\r\0\r\n\r\n";
	const struct tftp_source s = { .body = (const uint8_t *)text,
	    .fd = -1, .len = sizeof(text) - 1, .netascii = true };
	const struct tftp_opts o = { .blksize = 8, .has_tsize = true,
	    .windowsize = 4 };
	struct tftp_xfer x;
	struct tftp_msg m;

	tftp_xfer_start(&x, 1, &s, &o, &conf, 0);
	m = out(&x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert(!m.opts.has_tsize);
	ck_assert_uint_eq(m.opts.windowsize, 0);
	ck_assert_uint_eq(m.opts.blksize, 8);
	ack(&x, 0, 1);
	is_data(out(&x), 1, (const uint8_t *)want, 8);
	tftp_xfer_tick(&x, tftp_xfer_deadline(&x));
	is_data(out(&x), 1, (const uint8_t *)want, 8);	/* the same again */
	ack(&x, 1, 200);
	is_data(out(&x), 2, (const uint8_t *)want + 8, sizeof(want) - 9);
	tftp_xfer_tick(&x, tftp_xfer_deadline(&x));
	is_data(out(&x), 2, (const uint8_t *)want + 8, sizeof(want) - 9);
	ack(&x, 2, 1000);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, sizeof(want) - 1);
}
END_TEST

/* A text whose translation fills its blocks ends with an empty one. */
START_TEST(netascii_even)
{
	const struct tftp_source s = { .body = (const uint8_t *)"12345\n\n6",
	    .fd = -1, .len = 6, .netascii = true };
	struct tftp_xfer x;

	tftp_xfer_start(&x, 1, &s, &(struct tftp_opts){ .blksize = 7 }, &conf,
	    0);
	(void)out(&x);
	ack(&x, 0, 1);
	is_data(out(&x), 1, (const uint8_t *)"12345\r\n", 7);
	ack(&x, 1, 1);
	ck_assert_uint_eq(out(&x).len, 0);
	ack(&x, 2, 1);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, 7);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_xfer");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);	/* valgrind */
	tcase_add_loop_test(tc, whole, 0,
	    (int)(sizeof(lengths) / sizeof(lengths[0])));
	tcase_add_test(tc, options_answered);
	tcase_add_test(tc, only_what_was_asked);
	tcase_add_test(tc, duplicate_ack);
	tcase_add_test(tc, wrong_acks);
	tcase_add_test(tc, other_packets_ignored);
	tcase_add_test(tc, silent_from_the_start);
	tcase_add_test(tc, silent_later);
	tcase_add_test(tc, silent_but_quick);
	tcase_add_test(tc, karn);
	tcase_add_test(tc, lossy_to_the_end);
	tcase_add_test(tc, timeout_option);
	tcase_add_test(tc, timeout_unanswered);
	tcase_add_test(tc, life);
	tcase_add_test(tc, peer_error);
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, rollover);
	tcase_add_test(tc, truncated_file);
	tcase_add_test(tc, grown_file);
	tcase_add_test(tc, window_whole);
	tcase_add_loop_test(tc, window_granted, 0,
	    (int)(sizeof(grants) / sizeof(grants[0])));
	tcase_add_loop_test(tc, window_loss, 1, W + 1);
	tcase_add_test(tc, window_ack_lost);
	tcase_add_test(tc, window_wrong_acks);
	tcase_add_test(tc, window_every_ack);
	tcase_add_test(tc, window_apprentice);
	tcase_add_test(tc, window_in_parts);
	tcase_add_test(tc, window_rollover);
	tcase_add_test(tc, netascii);
	tcase_add_test(tc, netascii_even);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
