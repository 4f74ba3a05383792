/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP transfer with windows (RFC 7440), and as netascii.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/slow.h"
#include "tests/xfer_lab.h"

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

	while ((len = tftp_xfer_output(x, xfer_packet, cap, &seg)) > 0)
		for (size_t off = 0; off < len; off += n) {
			n = len - off < seg ? len - off : seg;
			ck_assert_int_eq(tftp_msg_parse(&m,
			    xfer_packet + off, n, NULL), ERR_OK);
			ck_assert_uint_eq(m.op, TFTP_DATA);
			if (f.n++ == 0)
				f.first = m.block;
			else
				ck_assert_uint_eq(m.block,
				    (uint16_t)(f.last + 1));
			f.last = m.block;
			if (x->src.body != NULL)
				ck_assert_mem_eq(m.data, xfer_body +
				    (m.block - 1) * x->blksize, m.len);
		}
	return f;
}

static void
is_window(struct tftp_xfer *x, unsigned first, unsigned last)
{
	struct flight f = window_of(x, sizeof(xfer_packet));

	ck_assert_uint_eq(f.n, last - first + 1);
	ck_assert_uint_eq(f.first, first);
	ck_assert_uint_eq(f.last, last);
}

/* Negotiated; the first window is to be taken out.  Round trips of 10 ms. */
static void
start_window(struct tftp_xfer *x)
{
	struct tftp_msg m;

	xfer_lab_start(x, sizeof(xfer_body),
	    (struct tftp_opts){ .blksize = B, .windowsize = W });
	m = xfer_out(x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.windowsize, W);
	xfer_ack(x, 0, 10);
}

START_TEST(window_whole)
{
	struct tftp_xfer x;
	unsigned b;

	start_window(&x);
	for (b = 0; b < NBLOCKS; b += W) {
		unsigned last = b + W < NBLOCKS ? b + W : NBLOCKS;

		is_window(&x, b + 1, last);
		xfer_ack(&x, (uint16_t)last, 20 + b);
	}
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, sizeof(xfer_body));
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
	const struct tftp_source s = { .body = xfer_body, .fd = -1,
	    .len = 4096 };
	struct tftp_opts o = { .has_tsize = true,
	    .windowsize = grants[_i].asked };
	struct xfer_conf c = xfer_lab_conf;
	struct tftp_xfer x;
	struct tftp_msg m;

	c.windowsize_max = grants[_i].max;
	tftp_xfer_start(&x, 1, &s, &o, &c, 0);
	m = xfer_out(&x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.windowsize, grants[_i].given);
	xfer_ack(&x, 0, 1);
	ck_assert_uint_eq(window_of(&x, sizeof(xfer_packet)).n,
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
		xfer_ack(&x, (uint16_t)(lost - 1), 20);
	} else {			/* nothing came behind it */
		tftp_xfer_tick(&x, tftp_xfer_deadline(&x));
		is_window(&x, 1, W);	/* it has all but the last */
		xfer_ack(&x, W - 1, 100);
	}
	is_window(&x, lost, lost + W - 1);
	ck_assert_uint_eq(x.acked, (lost - 1) * B);
	ck_assert_uint_eq(x.resent, lost < W ? W - lost + 1 : W + 1);
	xfer_ack(&x, (uint16_t)(lost + W - 1), 120);
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
	xfer_ack(&x, W, 70);
	is_window(&x, W + 1, 2 * W);
	xfer_ack(&x, W, 71);			/* the lost one, late */
	xfer_silent(&x);
}
END_TEST

/* Only blocks of the window, and the one before it, mean anything. */
START_TEST(window_wrong_acks)
{
	struct tftp_xfer x;

	start_window(&x);
	is_window(&x, 1, W);
	xfer_ack(&x, W, 20);
	is_window(&x, W + 1, 2 * W);
	for (unsigned b = 0; b < 65536; b += (unsigned)slow_step(251))
		if (b < W || b > 2 * W) {
			xfer_ack(&x, (uint16_t)b, 5000);
			xfer_silent(&x);
		}
	ck_assert_uint_eq(x.acked, W * B);
	xfer_ack(&x, 2 * W, 5001);
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
		xfer_ack(&y, (uint16_t)b, 20);
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
	xfer_ack(&x, W, 20);
	is_window(&x, W + 1, 2 * W);
	for (int i = 0; i < 100; i++) {
		xfer_ack(&x, W, 21);	/* before an answer can have come */
		xfer_silent(&x);
	}
	xfer_ack(&x, W, 30);		/* the first block may be lost */
	is_window(&x, W + 1, 2 * W);
	for (int i = 0; i < 100; i++) {
		xfer_ack(&x, W, 31 + i / 3);
		xfer_silent(&x);
	}
	xfer_ack(&x, 2 * W, 70);
	is_window(&x, 2 * W + 1, 3 * W);
	xfer_ack(&x, 2 * W, 79);		/* and again, as both came */
	xfer_silent(&x);
	ck_assert_uint_eq(x.resent, W);
}
END_TEST

/* A window that is larger than the memory for it comes in parts. */
START_TEST(window_in_parts)
{
	const uint64_t len = 4u << 20;
	struct tftp_source s = xfer_lab_file(len);
	const struct tftp_opts o = { .blksize = 1024, .windowsize = 200 };
	struct xfer_conf c = xfer_lab_conf;
	struct tftp_xfer x;
	struct flight f;
	uint64_t n = 0;

	c.windowsize_max = 200;
	tftp_xfer_start(&x, 1, &s, &o, &c, 0);
	(void)xfer_out(&x);
	xfer_ack(&x, 0, 1);
	while (!tftp_xfer_over(&x)) {
		f = window_of(&x, sizeof(xfer_packet));
		ck_assert_uint_eq(f.first, n + 1);
		n += f.n;
		ck_assert(f.n == 200 || n == len / 1024 + 1);
		xfer_ack(&x, f.last, 2);
	}
	ck_assert_uint_eq(n, len / 1024 + 1);
	ck_assert_uint_eq(x.acked, len);
	tftp_xfer_clear(&x);
	(void)close(s.fd);
}
END_TEST

/* Block numbers pass 65535 within windows; now and then a block is lost. */
START_TEST(window_rollover)
{
	const uint64_t len = 40u << 20;
	struct tftp_source s = xfer_lab_file(len);
	const struct tftp_opts o = { .blksize = 512, .windowsize = 48 };
	uint64_t have = 0, resent = 0;
	struct tftp_xfer x;
	struct flight f;
	int64_t now = 0;

	tftp_xfer_start(&x, 1, &s, &o, &xfer_lab_conf, 0);
	(void)xfer_out(&x);
	xfer_ack(&x, 0, now);
	for (unsigned i = 0; !tftp_xfer_over(&x); i++) {
		uint64_t mark, off = have * 512;

		f = window_of(&x, sizeof(xfer_packet));
		ck_assert_uint_eq(f.first, (uint16_t)(have + 1));
		memcpy(&mark, xfer_packet + TFTP_HEAD_LEN, sizeof(mark));
		ck_assert(off >= len || mark == off);
		if (i % 7 == 3 && f.n > 5) {
			resent += f.n - 5;
			f.n = 5;	/* the sixth is lost */
		}
		have += f.n;
		xfer_ack(&x, (uint16_t)have, ++now);
	}
	ck_assert_uint_eq(have, len / 512 + 1);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, len);
	ck_assert_uint_eq(x.resent, resent);
	tftp_xfer_clear(&x);
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

	tftp_xfer_start(&x, 1, &s, &o, &xfer_lab_conf, 0);
	m = xfer_out(&x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert(!m.opts.has_tsize);
	ck_assert_uint_eq(m.opts.windowsize, 0);
	ck_assert_uint_eq(m.opts.blksize, 8);
	xfer_ack(&x, 0, 1);
	xfer_is_data(xfer_out(&x), 1, (const uint8_t *)want, 8);
	tftp_xfer_tick(&x, tftp_xfer_deadline(&x));	/* the same again */
	xfer_is_data(xfer_out(&x), 1, (const uint8_t *)want, 8);
	xfer_ack(&x, 1, 200);
	xfer_is_data(xfer_out(&x), 2, (const uint8_t *)want + 8,
	    sizeof(want) - 9);
	tftp_xfer_tick(&x, tftp_xfer_deadline(&x));
	xfer_is_data(xfer_out(&x), 2, (const uint8_t *)want + 8,
	    sizeof(want) - 9);
	xfer_ack(&x, 2, 1000);
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

	tftp_xfer_start(&x, 1, &s, &(struct tftp_opts){ .blksize = 7 },
	    &xfer_lab_conf, 0);
	(void)xfer_out(&x);
	xfer_ack(&x, 0, 1);
	xfer_is_data(xfer_out(&x), 1, (const uint8_t *)"12345\r\n", 7);
	xfer_ack(&x, 1, 1);
	ck_assert_uint_eq(xfer_out(&x).len, 0);
	xfer_ack(&x, 2, 1);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, 7);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_window");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, xfer_lab_setup, NULL);
	tcase_set_timeout(tc, 60);	/* valgrind */
	tcase_add_test(tc, window_whole);
	tcase_add_loop_test(tc, window_granted, 0,
	    (int)(sizeof(grants) / sizeof(grants[0])));
	tcase_add_loop_test(tc, window_loss, 1, W + 1);
	tcase_add_test(tc, window_ack_lost);
	tcase_add_test(tc, window_wrong_acks);
	tcase_add_test(tc, window_every_ack);
	tcase_add_test(tc, window_apprentice);
	tcase_add_test(tc, window_in_parts);
	if (!slow_run())
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
