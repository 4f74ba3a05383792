/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP transfer, in lock-step.
 */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/slow.h"
#include "tests/xfer_lab.h"

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

	xfer_lab_start(&x, len, NONE);
	for (uint16_t b = 1; b <= lengths[_i].blocks; b++) {
		size_t n = len - off < 512 ? len - off : 512;

		ck_assert(!tftp_xfer_over(&x));
		ck_assert_uint_eq(x.acked, off);
		xfer_is_data(xfer_out(&x), b, xfer_body + off, n);
		off += n;
		xfer_ack(&x, b, b);
	}
	xfer_silent(&x);
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

	xfer_lab_start(&x, 3000, asked);
	m = xfer_out(&x);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.blksize, 1428);	/* conf's bound */
	ck_assert_uint_eq(m.opts.timeout_s, 7);
	ck_assert(m.opts.has_tsize);
	ck_assert_uint_eq(m.opts.tsize, 3000);
	xfer_ack(&x, 0, 1);
	xfer_is_data(xfer_out(&x), 1, xfer_body, 1428);
	xfer_ack(&x, 1, 2);
	xfer_is_data(xfer_out(&x), 2, xfer_body + 1428, 1428);
	xfer_ack(&x, 2, 3);
	xfer_is_data(xfer_out(&x), 3, xfer_body + 2856, 144);
	xfer_ack(&x, 3, 4);
	ck_assert_int_eq(x.result, XFER_R_DONE);
}
END_TEST

START_TEST(only_what_was_asked)
{
	struct tftp_xfer x;
	struct tftp_msg m;

	xfer_lab_start(&x, 100, (struct tftp_opts){ .blksize = 16 });
	m = xfer_out(&x);
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

	xfer_lab_start(&x, 2000, NONE);
	(void)xfer_out(&x);
	xfer_ack(&x, 1, 10);
	xfer_is_data(xfer_out(&x), 2, xfer_body + 512, 512);
	for (int i = 0; i < 100; i++) {
		xfer_ack(&x, 1, 20);
		xfer_silent(&x);
	}
	/* nor does it put off the retransmission */
	ck_assert_int_eq(tftp_xfer_deadline(&x), 60);
	xfer_ack(&x, 2, 30);
	xfer_is_data(xfer_out(&x), 3, xfer_body + 1024, 512);
}
END_TEST

/* ACKs of blocks that are not out: old, future, in disorder. */
START_TEST(wrong_acks)
{
	struct tftp_xfer x;

	xfer_lab_start(&x, 4096, NONE);
	(void)xfer_out(&x);
	for (unsigned b = 0; b < 65536; b += (unsigned)slow_step(251))
		if (b != 1) {
			xfer_ack(&x, (uint16_t)b, 5);
			xfer_silent(&x);
		}
	ck_assert_uint_eq(x.acked, 0);
	xfer_ack(&x, 1, 6);
	xfer_is_data(xfer_out(&x), 2, xfer_body + 512, 512);
	xfer_ack(&x, 3, 7);
	xfer_silent(&x);
	xfer_ack(&x, 2, 8);
	xfer_is_data(xfer_out(&x), 3, xfer_body + 1024, 512);
	xfer_ack(&x, 2, 9);
	xfer_silent(&x);
	xfer_ack(&x, 3, 10);
	xfer_is_data(xfer_out(&x), 4, xfer_body + 1536, 512);
}
END_TEST

START_TEST(other_packets_ignored)
{
	static const uint16_t ops[] = { TFTP_RRQ, TFTP_WRQ, TFTP_DATA,
	    TFTP_OACK };
	struct tftp_xfer x;

	xfer_lab_start(&x, 2000, NONE);
	(void)xfer_out(&x);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const struct tftp_msg m = { .op = ops[i], .block = 1 };

		tftp_xfer_input(&x, &m, 1);
		xfer_silent(&x);
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
		if (tftp_xfer_output(x, xfer_packet, sizeof(xfer_packet),
		    &seg) == 0)
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

	xfer_lab_start(&x, 2000, NONE);
	(void)xfer_out(&x);
	ck_assert_uint_eq(resends(&x, 0, 1000000, at, 8), XFER_OPEN_RETRIES);
	ck_assert_int_eq(at[0], 1000);
	ck_assert_int_eq(at[1], 3000);
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
	ck_assert_uint_eq(x.acked, 0);
}
END_TEST

/* An address that has answered before: once more, early. */
START_TEST(silent_though_expected)
{
	static const int64_t want[] = { 80, 1080, 3080 };
	int64_t at[8];
	struct tftp_xfer x;

	xfer_lab_start(&x, 2000, _i == 0 ? NONE :
	    (struct tftp_opts){ .has_tsize = true });
	tftp_xfer_expect(&x, 80);
	(void)xfer_out(&x);
	ck_assert_uint_eq(resends(&x, 0, 1000000, at, 8), 3);
	ck_assert_mem_eq(at, want, sizeof(want));
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
	ck_assert_int_eq(x.now_ms, 7080);
}
END_TEST

/* What was expected counts no more once there is an answer; nor where the peer
 * has asked for its own, or the usual is as soon. */
START_TEST(expected)
{
	struct tftp_xfer x;

	xfer_lab_start(&x, 2000, NONE);
	tftp_xfer_expect(&x, 80);
	(void)xfer_out(&x);
	xfer_ack(&x, 1, 20);		/* 20 + 4 * 10 */
	(void)xfer_out(&x);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 80);
	tftp_xfer_tick(&x, 80);
	(void)xfer_out(&x);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 80 + 120);

	xfer_lab_start(&x, 2000, (struct tftp_opts){ .timeout_s = 3 });
	tftp_xfer_expect(&x, 80);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 3000);
	xfer_lab_start(&x, 2000, NONE);
	tftp_xfer_expect(&x, 2000);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 1000);
}
END_TEST

/* After a round trip of 500 ms: 500 + 4 * 250 ms, doubled each time. */
START_TEST(silent_later)
{
	static const int64_t want[] = { 2000, 5000, 11000, 19000, 27000 };
	int64_t at[8];
	struct tftp_xfer x;

	xfer_lab_start(&x, 2000, NONE);
	(void)xfer_out(&x);
	xfer_ack(&x, 1, 500);
	(void)xfer_out(&x);
	ck_assert_uint_eq(resends(&x, 500, 1000000, at, 8), 5);
	ck_assert_mem_eq(at, want, sizeof(want));
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
	ck_assert_uint_eq(x.acked, 512);
	ck_assert_uint_eq(x.resent, 5);
	xfer_silent(&x);
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

	xfer_lab_start(&x, 2000, NONE);
	(void)xfer_out(&x);
	xfer_ack(&x, 1, 2);
	(void)xfer_out(&x);
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

	xfer_lab_start(&x, 4096, NONE);
	(void)xfer_out(&x);
	xfer_ack(&x, 1, 20);			/* 20 + 4 * 10 */
	(void)xfer_out(&x);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 80);
	tftp_xfer_tick(&x, 80);
	(void)xfer_out(&x);
	xfer_ack(&x, 2, 81);		/* of the first or the second? */
	(void)xfer_out(&x);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 81 + 120);
	ck_assert_int_eq(x.rtt.srtt_8, 20 * 8);
	xfer_ack(&x, 3, 101);		/* sent once: counts */
	(void)xfer_out(&x);
	ck_assert_int_eq(x.rtt.srtt_8, 20 * 8);
	ck_assert_int_lt(tftp_xfer_deadline(&x), 101 + 60);
}
END_TEST

/* Every xfer_packet is lost again and again, but not for ever. */
START_TEST(lossy_to_the_end)
{
	struct tftp_xfer x;
	int64_t now = 0;

	xfer_lab_start(&x, 2048, (struct tftp_opts){ .has_tsize = true });
	for (uint16_t b = 0; b <= 5; b++) {
		uint16_t op = b == 0 ? TFTP_OACK : TFTP_DATA;
		unsigned losses = b == 0 ? 2 : 4;

		ck_assert_uint_eq(xfer_out(&x).op, op);
		for (unsigned i = 0; i < losses; i++) {
			now = tftp_xfer_deadline(&x);
			tftp_xfer_tick(&x, now - 1);
			xfer_silent(&x);
			tftp_xfer_tick(&x, now);
			ck_assert_uint_eq(xfer_out(&x).block, b);
		}
		xfer_ack(&x, b, now);
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

	xfer_lab_start(&x, 2000, (struct tftp_opts){ .timeout_s = 3 });
	(void)xfer_out(&x);
	xfer_ack(&x, 0, 0);
	(void)xfer_out(&x);
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

	xfer_lab_start(&x, 2000, (struct tftp_opts){ .timeout_s = 255 });
	ck_assert_uint_eq(xfer_out(&x).op, TFTP_OACK);
	ck_assert_int_eq(tftp_xfer_deadline(&x), XFER_OPEN_MS);
	ck_assert_uint_eq(resends(&x, 0, 1000000, at, 8), 0);
	ck_assert_int_eq(x.result, XFER_R_TIMEOUT);
	xfer_silent(&x);

	xfer_lab_start(&x, 2000, (struct tftp_opts){ .timeout_s = 255 });
	(void)xfer_out(&x);
	xfer_ack(&x, 0, 10);
	xfer_is_data(xfer_out(&x), 1, xfer_body, 512);
	ck_assert_int_eq(tftp_xfer_deadline(&x), 10 + 255000);
}
END_TEST

START_TEST(life)
{
	struct tftp_xfer x;
	struct tftp_msg m;
	int64_t now = 0;

	xfer_lab_start(&x, sizeof(xfer_body),
	    (struct tftp_opts){ .blksize = 8 });
	(void)xfer_out(&x);
	for (uint16_t b = 0; now < 599000; b++, now += 2500) {
		xfer_ack(&x, b, now);
		(void)xfer_out(&x);
	}
	ck_assert_int_eq(tftp_xfer_deadline(&x) <= 600000, 1);
	tftp_xfer_tick(&x, 600000);
	m = xfer_out(&x);
	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.code, TFTP_E_UNDEFINED);
	ck_assert_int_eq(x.result, XFER_R_LIFE);
}
END_TEST

START_TEST(peer_error)
{
	const struct tftp_msg m = { .op = TFTP_ERROR };
	struct tftp_xfer x;

	xfer_lab_start(&x, 2000, NONE);
	(void)xfer_out(&x);
	xfer_ack(&x, 1, 1);
	tftp_xfer_input(&x, &m, 2);	/* before the second block left */
	xfer_silent(&x);
	ck_assert_int_eq(x.result, XFER_R_ABORTED);
	xfer_ack(&x, 2, 3);			/* too late for anything */
	tftp_xfer_tick(&x, 100000000);
	xfer_silent(&x);
	ck_assert_int_eq(x.result, XFER_R_ABORTED);
	ck_assert_uint_eq(x.acked, 512);
}
END_TEST

START_TEST(stopped)
{
	struct tftp_xfer x;
	struct tftp_msg m;

	xfer_lab_start(&x, 2000, NONE);
	(void)xfer_out(&x);
	tftp_xfer_stop(&x, TFTP_E_UNDEFINED, "server stopping");
	m = xfer_out(&x);
	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.len, strlen("server stopping"));
	ck_assert_int_eq(x.result, XFER_R_STOPPED);
}
END_TEST

/* 40 MB in blocks of 512: numbers pass 65535 and go on with 0. */
START_TEST(rollover)
{
	const uint64_t len = 40u << 20;
	struct tftp_source s = xfer_lab_file(len);
	uint64_t off = 0, mark;
	struct tftp_xfer x;

	tftp_xfer_start(&x, 1, &s, &NONE, &xfer_lab_conf, 0);
	for (uint64_t b = 1; !tftp_xfer_over(&x); b++) {
		struct tftp_msg m = xfer_out(&x);

		mark = off;
		if (m.len >= sizeof(mark))
			memcpy(&mark, m.data, sizeof(mark));
		if (m.block != (b & 0xffff) || mark != off)
			ck_abort_msg("block %u: %" PRIu64 " in place of %"
			    PRIu64, m.block, mark, off);
		off += m.len;
		xfer_ack(&x, (uint16_t)b, 0);
	}
	ck_assert_uint_eq(off, len);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	ck_assert_uint_eq(x.acked, len);
	tftp_xfer_clear(&x);
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
	tftp_xfer_start(&x, 1, &s, &NONE, &xfer_lab_conf, 0);
	ck_assert_uint_eq(xfer_out(&x).op, TFTP_DATA);
	ck_assert_int_eq(ftruncate(s.fd, 600), 0);
	xfer_ack(&x, 1, 1);
	m = xfer_out(&x);
	ck_assert_uint_eq(m.op, TFTP_ERROR);
	ck_assert_uint_eq(m.code, TFTP_E_UNDEFINED);
	ck_assert_int_eq(x.result, XFER_R_READ);
	ck_assert(tftp_xfer_over(&x));
	tftp_xfer_clear(&x);
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
	tftp_xfer_start(&x, 1, &s, &NONE, &xfer_lab_conf, 0);
	ck_assert_uint_eq(xfer_out(&x).len, 512);
	xfer_ack(&x, 1, 1);
	ck_assert_uint_eq(xfer_out(&x).len, 188);
	xfer_ack(&x, 2, 2);
	ck_assert_int_eq(x.result, XFER_R_DONE);
	tftp_xfer_clear(&x);
	(void)close(s.fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_xfer");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, xfer_lab_setup, NULL);
	tcase_set_timeout(tc, 60);	/* valgrind */
	tcase_add_loop_test(tc, whole, 0,
	    (int)(sizeof(lengths) / sizeof(lengths[0])));
	tcase_add_test(tc, options_answered);
	tcase_add_test(tc, only_what_was_asked);
	tcase_add_test(tc, duplicate_ack);
	tcase_add_test(tc, wrong_acks);
	tcase_add_test(tc, other_packets_ignored);
	tcase_add_test(tc, silent_from_the_start);
	tcase_add_loop_test(tc, silent_though_expected, 0, 2);
	tcase_add_test(tc, expected);
	tcase_add_test(tc, silent_later);
	tcase_add_test(tc, silent_but_quick);
	tcase_add_test(tc, karn);
	tcase_add_test(tc, lossy_to_the_end);
	tcase_add_test(tc, timeout_option);
	tcase_add_test(tc, timeout_unanswered);
	tcase_add_test(tc, life);
	tcase_add_test(tc, peer_error);
	tcase_add_test(tc, stopped);
	if (!slow_run())
		tcase_add_test(tc, rollover);
	tcase_add_test(tc, truncated_file);
	tcase_add_test(tc, grown_file);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
