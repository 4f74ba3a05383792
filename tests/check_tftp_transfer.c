/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Transfers under way in the TFTP server: phones that are silent, many, on bad
 * lines.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/tftp_lab.h"

START_TEST(stranger)
{
	struct phone p, other;
	uint8_t buf[64];

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	other = phone_new();
	phone_ask(&p, "large");
	ck_assert_uint_eq(phone_hear(&p).op, TFTP_OACK);
	other.tid = p.tid;
	phone_ack(&other, 0);
	phone_hear_error(&other, TFTP_E_TID, "unknown transfer");
	/* Nor does its ERROR end the transfer, or get an answer. */
	phone_put(&other, &p.tid, buf, tftp_build_error(buf, sizeof(buf),
	    TFTP_E_UNDEFINED, "stop"));
	other.tid = p.tid;
	phone_ack(&other, 7);
	phone_hear_error(&other, TFTP_E_TID, "unknown transfer");
	phone_ack(&p, 0);
	phone_take(&p, phone_hear(&p), LAB_LARGE, 512);
	ck_assert(lab_report(0).complete);
	lab_stop();
	(void)close(p.fd);
	(void)close(other.fd);
}
END_TEST

static const struct xfer_conf hasty = {
	.timeout_ms = 10, .retries = 4, .life_ms = 60000, .blksize_max = 1428,
};

START_TEST(silent_phone)
{
	struct phone p;

	lab_start("127.0.0.1", &hasty);
	p = phone_new();
	phone_ask(&p, "large");
	for (int i = 0; i <= XFER_OPEN_RETRIES; i++)
		ck_assert_uint_eq(phone_hear(&p).op, TFTP_OACK);
	ck_assert_str_eq(lab_report(0).result, "timeout");
	ck_assert_uint_eq(lab_report(0).bytes, 0);
	ck_assert(!phone_heard(&p, 0));
	lab_stop();
	ck_assert_uint_eq(lab.c->ended[STATS_TFTP][STATS_TIMEOUT], 1);
	ck_assert_uint_eq(lab.c->resent, XFER_OPEN_RETRIES);
	ck_assert_uint_eq(lab.c->timeouts, XFER_OPEN_RETRIES + 1);
	(void)close(p.fd);
}
END_TEST

/* A phone that was quick before is asked again early: long before the first
 * wait of any other. */
START_TEST(known_phone)
{
	const struct xfer_conf c = { .timeout_ms = 30000,
	    .timeout_min_ms = 10, .retries = 5, .life_ms = 60000,
	    .blksize_max = 1428 };
	struct phone p, next;

	lab_start("127.0.0.1", &c);
	p = phone_new();
	next = phone_new();
	phone_ask(&p, "small");
	(void)phone_hear(&p);
	phone_ack(&p, 0);
	phone_take(&p, phone_hear(&p), 100, 512);
	ck_assert(lab_report(0).complete);
	phone_ask(&next, "small");
	ck_assert_uint_eq(phone_hear(&next).op, TFTP_OACK);
	ck_assert_uint_eq(phone_hear(&next).op, TFTP_OACK);
	phone_ack(&next, 0);
	phone_take(&next, phone_hear(&next), 100, 512);
	ck_assert(lab_report(1).complete);
	lab_stop();
	(void)close(p.fd);
	(void)close(next.fd);
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

	lab_start("127.0.0.1", &lossy);
	p = phone_new();
	phone_ask_as(&p, "exact", "octet", (struct tftp_opts){ 0 });
	for (int i = 0; got < 1024 || want == 3; i++) {
		struct tftp_msg m = phone_hear(&p);

		if (i % 2 == 1 || m.block != want)
			continue;
		ck_assert_mem_eq(m.data, lab_content + got, m.len);
		got += m.len;
		phone_ack(&p, want++);
	}
	ck_assert(lab_report(0).complete);
	ck_assert_uint_eq(lab_report(0).bytes, 1024);
	lab_stop();
	(void)close(p.fd);
}
END_TEST

START_TEST(phone_gives_up)
{
	uint8_t buf[64];
	struct phone p;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	phone_ask(&p, "large");
	(void)phone_hear(&p);
	phone_ack(&p, 0);
	(void)phone_hear(&p);
	phone_put(&p, &p.tid, buf, tftp_build_error(buf, sizeof(buf),
	    TFTP_E_FULL, "no\033room"));
	ck_assert_str_eq(lab_report(0).result, "aborted");
	ck_assert_str_eq(lab_report(0).why, "phone says: 3 no\\x1broom");
	ck_assert(!lab_report(0).complete);
	ck_assert(!lab_report(0).ours);
	lab_stop();
	ck_assert_int_eq(lab.released, 1);
	(void)close(p.fd);
}
END_TEST

START_TEST(file_shrinks)
{
	struct phone p;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	phone_ask_as(&p, "shrinks", "octet", (struct tftp_opts){ 0 });
	ck_assert_uint_eq(phone_hear(&p).len, 512);
	ck_assert_int_eq(ftruncate(lab.shrinking, 700), 0);
	phone_ack(&p, 1);
	phone_hear_error(&p, TFTP_E_UNDEFINED,
	    "file changed while it was sent");
	ck_assert_str_eq(lab_report(0).result, "read_failed");
	ck_assert(lab_report(0).ours);
	lab_stop();
	(void)close(p.fd);
}
END_TEST

static pthread_barrier_t gate;

static void
wait_at_gate(void)
{
	(void)pthread_barrier_wait(&gate);	/* here we are; */
	(void)pthread_barrier_wait(&gate);	/* now go on */
}

static void *
hold_loop(void *arg)
{
	lab_call(wait_at_gate);
	return arg;
}

#define THOUSAND	1000
#define HELD_UP_MS	1500
#define TURN_MS		50	/* LOOP_STARVE_MS of the loop */
static struct phone crowd[THOUSAND];

static void
allow_files(void)
{
	struct rlimit lim;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = lim.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
}

static void
is_crowded(void)
{
	ck_assert_uint_eq(tftp_server_transfers(lab.srv), THOUSAND);
}

static void
is_idle(void)
{
	ck_assert_uint_eq(tftp_server_transfers(lab.srv), 0);
}

/* A branch behind one address: a thousand transfers under way together. */
START_TEST(thousand)
{
	struct tftp_msg m;

	allow_files();
	lab_start("127.0.0.1", &lab_conf);
	admit_set(lab.admit, THOUSAND, THOUSAND);
	for (int i = 0; i < THOUSAND; i++) {
		crowd[i] = phone_new();
		phone_ask(&crowd[i], "exact");
		ck_assert_uint_eq(phone_hear(&crowd[i]).op, TFTP_OACK);
	}
	lab_call(is_crowded);
	for (int i = 0; i < THOUSAND; i++)
		phone_ack(&crowd[i], 0);
	for (uint16_t b = 1; b <= 3; b++)
		for (int i = 0; i < THOUSAND; i++) {
			m = phone_hear(&crowd[i]);
			ck_assert_uint_eq(m.block, b);
			ck_assert_uint_eq(m.len, b < 3 ? 512 : 0);
			ck_assert_mem_eq(m.data, lab_content + (b - 1) * 512,
			    m.len);
			phone_ack(&crowd[i], b);
		}
	for (size_t i = 0; i < THOUSAND; i++)
		ck_assert(lab_report(i).complete);
	lab_call(is_idle);
	lab_stop();
	for (int i = 0; i < THOUSAND; i++)
		(void)close(crowd[i].fd);
}
END_TEST

/* Held up beyond every deadline, with all the answers waiting: they are read
 * before anything is repeated. */
START_TEST(held_up)
{
	const struct xfer_conf c = { .timeout_ms = HELD_UP_MS,
	    .timeout_min_ms = HELD_UP_MS, .retries = 5, .life_ms = 60000,
	    .blksize_max = 1428 };
	int64_t began = clock_mono_ms(clock_system());
	pthread_t t;
	bool in_time;

	allow_files();
	lab_start("127.0.0.1", &c);
	admit_set(lab.admit, THOUSAND, THOUSAND);
	for (int i = 0; i < THOUSAND; i++) {
		crowd[i] = phone_new();
		phone_ask_as(&crowd[i], "small", "octet",
		    (struct tftp_opts){ 0 });
		ck_assert_uint_eq(phone_hear(&crowd[i]).op, TFTP_DATA);
	}
	(void)pthread_barrier_init(&gate, NULL, 2);
	ck_assert_int_eq(pthread_create(&t, NULL, hold_loop, NULL), 0);
	(void)pthread_barrier_wait(&gate);
	for (int i = 0; i < THOUSAND; i++)
		phone_ack(&crowd[i], 1);
	if ((in_time = clock_mono_ms(clock_system()) - began < HELD_UP_MS))
		(void)phone_heard(&crowd[0], HELD_UP_MS);
	else			/* under valgrind */
		(void)fprintf(stderr, "held_up: too slow here to tell\n");
	began = clock_mono_ms(clock_system());
	(void)pthread_barrier_wait(&gate);
	(void)pthread_join(t, NULL);
	for (size_t i = 0; i < THOUSAND; i++)
		ck_assert(lab_report(i).complete);
	/* Else what waits behind the answers has had its turn among them. */
	if (clock_mono_ms(clock_system()) - began >= TURN_MS)
		in_time = false;
	for (int i = 0; i < THOUSAND && in_time; i++)
		ck_assert(!phone_heard(&crowd[i], 0));
	lab_stop();
	(void)pthread_barrier_destroy(&gate);
	for (int i = 0; i < THOUSAND; i++)
		(void)close(crowd[i].fd);
}
END_TEST

/* With requests before it in the queue, what is under way comes first. */
START_TEST(established_first)
{
	struct phone p, crowd_of_one;
	char name[16];
	pthread_t t;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	crowd_of_one = phone_new();
	phone_ask_as(&p, "small", "octet", (struct tftp_opts){ 0 });
	ck_assert_uint_eq(phone_hear(&p).op, TFTP_DATA);
	(void)pthread_barrier_init(&gate, NULL, 2);
	ck_assert_int_eq(pthread_create(&t, NULL, hold_loop, NULL), 0);
	(void)pthread_barrier_wait(&gate);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "none%d", i);
		phone_ask(&crowd_of_one, name);
	}
	phone_ack(&p, 1);
	(void)pthread_barrier_wait(&gate);
	(void)pthread_join(t, NULL);
	ck_assert(lab_report(0).complete);
	ck_assert_int_eq(lab_report(0).gets, 1);	/* its own */
	for (int i = 0; i < 100; i++)
		phone_hear_error(&crowd_of_one, TFTP_E_NOT_FOUND,
		    "file not found");
	lab_stop();
	(void)pthread_barrier_destroy(&gate);
	(void)close(p.fd);
	(void)close(crowd_of_one.fd);
}
END_TEST

/* Each time another port of ours, and what comes late to an old one is not
 * answered: it might be taken for the answer to the next request. */
START_TEST(fresh_ports)
{
	struct net_addr tids[20];
	struct phone p;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	for (int i = 0; i < 20; i++) {
		phone_ask_as(&p, "small", "octet", (struct tftp_opts){ 0 });
		phone_take(&p, phone_hear(&p), 100, 512);
		tids[i] = p.tid;
		for (int j = 0; j < i; j++)
			ck_assert(!net_addr_equal(&tids[i], &tids[j]));
		ck_assert(lab_report((size_t)i).complete);
	}
	p.tid = tids[3];
	phone_ack(&p, 1);
	phone_ask(&p, "none");
	phone_hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	lab_stop();
	(void)close(p.fd);
}
END_TEST

/* Windows over a line that loses, doubles and swaps packets, by a script. */
START_TEST(window_on_a_bad_line)
{
	const struct xfer_conf c = { .timeout_ms = 100, .timeout_min_ms = 20,
	    .retries = 20, .life_ms = 60000, .blksize_max = 1428,
	    .windowsize_max = 16 };
	const uint64_t last = LAB_LARGE / 1000 + 1;
	uint64_t have = 0, since = 0;
	struct phone p;
	bool gap = false;

	lab_start("127.0.0.1", &c);
	p = phone_new();
	phone_ask_as(&p, "large", "octet", (struct tftp_opts){ .blksize = 1000,
	    .windowsize = 40 });
	ck_assert_uint_eq(phone_hear(&p).opts.windowsize, 16);
	phone_ack(&p, 0);
	for (unsigned i = 0; have < last; i++) {
		struct tftp_msg m = phone_hear(&p);

		if (m.op != TFTP_DATA || i % 13 == 5)
			continue;		/* lost */
		if (m.block != have + 1) {
			if (m.block > have && !gap)
				phone_ack(&p, (uint16_t)have);
			else if (m.block == have)
				phone_ack(&p, (uint16_t)have);
			gap = true;
			continue;
		}
		ck_assert_mem_eq(m.data, lab_content + have * 1000, m.len);
		have++;
		gap = false;
		if (++since < 16 && have < last)
			continue;
		since = 0;
		if (i % 5 != 4 || have == last)	/* else the ACK is lost */
			phone_ack(&p, (uint16_t)have);
		if (i % 5 == 2)
			phone_ack(&p, (uint16_t)have);	/* doubled */
	}
	ck_assert(lab_report(0).complete);
	ck_assert_uint_eq(lab_report(0).bytes, LAB_LARGE);
	lab_stop();
	(void)close(p.fd);
}
END_TEST

START_TEST(netascii)
{
	struct phone p;
	struct tftp_msg m;
	size_t in_off = 0;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	phone_ask_as(&p, "exact", "NetASCII",
	    (struct tftp_opts){ .blksize = 1428, .has_tsize = true });
	m = phone_hear(&p);
	ck_assert(!m.opts.has_tsize);
	phone_ack(&p, 0);
	m = phone_hear(&p);
	for (size_t i = 0; i < m.len; i++, in_off++)
		if (lab_content[in_off] == '\n')
			ck_assert_uint_eq(m.data[i++], '\r');
		else if (lab_content[in_off] == '\r')
			ck_assert_uint_eq(m.data[i++], '\r');
	ck_assert_uint_eq(in_off, 1024);
	ck_assert_uint_gt(m.len, 1024);
	phone_ack(&p, 1);
	ck_assert(lab_report(0).complete);
	ck_assert_uint_eq(lab_report(0).bytes, m.len);
	lab_stop();
	(void)close(p.fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_transfer");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, lab_setup, lab_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, stranger);
	tcase_add_test(tc, silent_phone);
	tcase_add_test(tc, known_phone);
	tcase_add_test(tc, lossy_phone);
	tcase_add_test(tc, phone_gives_up);
	tcase_add_test(tc, file_shrinks);
	tcase_add_test(tc, thousand);
	tcase_add_test(tc, held_up);
	tcase_add_test(tc, established_first);
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
