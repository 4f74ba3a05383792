/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The TFTP server: requests, who gets what, and from where.
 */
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/tftp_lab.h"
#include "tftpd/tftp_internal.h"

START_TEST(whole_files)
{
	const char *name = lab_files[_i].name;
	size_t len = lab_files[_i].len;
	struct phone p;
	struct tftp_msg m;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	phone_ask_as(&p, name, "octet", (struct tftp_opts){ 0 });
	phone_take(&p, phone_hear(&p), len, 512);
	ck_assert(lab_report(0).complete);
	ck_assert_uint_eq(lab_report(0).bytes, len);
	ck_assert_str_eq(lab_report(0).result, "done");
	phone_ask_as(&p, name, "OCTET",
	    (struct tftp_opts){ 1428, 5, true, 0, 0 });
	m = phone_hear(&p);
	ck_assert_uint_eq(m.op, TFTP_OACK);
	ck_assert_uint_eq(m.opts.tsize, len);
	ck_assert_uint_eq(m.opts.blksize, 1428);
	phone_ack(&p, 0);
	phone_take(&p, phone_hear(&p), len, 1428);
	ck_assert(lab_report(1).complete);
	lab_stop();
	ck_assert_int_eq(lab.released, 2);
	ck_assert_uint_eq(lab.c->begun[STATS_TFTP], 2);
	ck_assert_uint_eq(lab.c->live[STATS_TFTP], 0);
	ck_assert_uint_eq(lab.c->bytes[STATS_TFTP], 2 * len);
	ck_assert_uint_eq(lab.c->packets, len / 512 + 1 + len / 1428 + 1);
	ck_assert_uint_eq(lab.c->ended[STATS_TFTP][STATS_DONE], 2);
	ck_assert_uint_eq(lab.c->resent, 0);
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

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	phone_ask(&p, refusals[_i].name);
	phone_hear_error(&p, refusals[_i].code, refusals[_i].text);
	ck_assert_str_eq(lab_report(0).result, refusals[_i].result);
	ck_assert_str_eq(lab_report(0).name, refusals[_i].name);
	ck_assert_int_eq(lab_report(0).ours, refusals[_i].ours);
	ck_assert(!lab_report(0).complete);
	/* the place is free again: as many as may be at once, in turn */
	for (int i = 0; i < 30; i++) {
		phone_ask(&p, refusals[_i].name);
		phone_hear_error(&p, refusals[_i].code, refusals[_i].text);
	}
	lab_stop();
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

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	phone_put(&p, &p.server, write_req, sizeof(write_req));
	phone_hear_error(&p, TFTP_E_ACCESS, "nothing is written here");
	phone_ask_as(&p, "small", "mail", (struct tftp_opts){ 0 });
	phone_hear_error(&p, TFTP_E_ILLEGAL, "mode is not served: use octet");
	phone_put(&p, &p.server, cut, sizeof(cut));
	phone_hear_error(&p, TFTP_E_ILLEGAL, "malformed request");
	phone_put(&p, &p.server, longest, sizeof(longest));
	phone_hear_error(&p, TFTP_E_ILLEGAL, "malformed request");
	phone_put(&p, &p.server, stray_ack, sizeof(stray_ack));
	phone_hear_error(&p, TFTP_E_TID, "unknown transfer");
	/* an ERROR is never answered: the next packet is for the next one */
	phone_put(&p, &p.server, error, sizeof(error));
	phone_put(&p, &p.server, error, 2);
	phone_ask(&p, "none");
	phone_hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	ck_assert_int_eq(lab.gets, 1);
	lab_stop();
	ck_assert_uint_eq(lab.c->ended[STATS_TFTP][STATS_REFUSED], 2);
	ck_assert_uint_eq(lab.c->ended[STATS_TFTP][STATS_NOT_FOUND], 1);
	ck_assert_uint_eq(lab.c->malformed, 2);
	ck_assert_uint_eq(lab.c->begun[STATS_TFTP], 0);
	(void)close(p.fd);
}
END_TEST

START_TEST(repeated_request)
{
	struct net_addr tid;
	struct phone p;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	for (int i = 0; i < 20; i++)
		phone_ask(&p, "large");
	ck_assert_uint_eq(phone_hear(&p).op, TFTP_OACK);
	tid = p.tid;
	/* A request after them is answered, so all have been seen. */
	phone_ask(&p, "none");
	phone_hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	ck_assert_int_eq(lab.gets, 2);
	p.tid = tid;
	phone_ack(&p, 0);
	phone_take(&p, phone_hear(&p), LAB_LARGE, 512);
	ck_assert_str_eq(lab_report(1).result, "done");
	/* The same port may ask again afterwards. */
	phone_ask(&p, "large");
	ck_assert_uint_eq(phone_hear(&p).op, TFTP_OACK);
	ck_assert_int_eq(lab.gets, 3);
	lab_stop();
	(void)close(p.fd);
}
END_TEST

START_TEST(limits)
{
	struct phone a, b, c, d;

	lab_start("0.0.0.0", &lab_conf);
	admit_set(lab.admit, 3, 2);
	a = phone_new();
	b = phone_new();
	c = phone_new();
	d = phone_to("127.0.0.2");	/* asks from 127.0.0.1 as well */
	phone_ask(&a, "small");
	(void)phone_hear(&a);
	phone_ask(&b, "small");
	(void)phone_hear(&b);
	phone_ask(&c, "small");
	phone_hear_error(&c, TFTP_E_UNDEFINED, "server busy");
	phone_ask(&d, "small");
	phone_hear_error(&d, TFTP_E_UNDEFINED, "server busy");
	/* those under way are not disturbed, and make room */
	phone_ack(&a, 0);
	phone_take(&a, phone_hear(&a), 100, 512);
	ck_assert(lab_report(0).complete);
	phone_ask(&c, "small");
	ck_assert_uint_eq(phone_hear(&c).op, TFTP_OACK);
	/* a bound that is set lower takes nothing away */
	admit_set(lab.admit, 0, 0);
	phone_ack(&b, 0);
	phone_take(&b, phone_hear(&b), 100, 512);
	phone_ask(&d, "small");
	phone_hear_error(&d, TFTP_E_UNDEFINED, "server busy");
	lab_stop();
	ck_assert_uint_eq(lab.c->shed, 3);
	(void)close(a.fd);
	(void)close(b.fd);
	(void)close(c.fd);
	(void)close(d.fd);
}
END_TEST

/* The next answer to a request for "small". */
static bool
let_in(struct phone *p)
{
	phone_ask(p, "small");
	return phone_hear(p).op == TFTP_OACK;
}

/* Forged requests keep nobody out for long: who never answered makes room,
 * oldest first, when the limits are reached; who did is not disturbed. */
START_TEST(half_open)
{
	int64_t until = clock_mono_ms(clock_system()) + 10 * TFTP_CROWDED_MS;
	struct phone a, b, c, d;

	lab_start("127.0.0.1", &lab_conf);
	admit_set(lab.admit, _i == 0 ? 3 : 10, _i == 0 ? 10 : 3);
	a = phone_new();
	b = phone_new();
	c = phone_new();
	d = phone_new();
	ck_assert(let_in(&a));
	phone_ack(&a, 0);
	ck_assert_uint_eq(phone_hear(&a).op, TFTP_DATA);
	ck_assert(let_in(&b) && let_in(&c));
	while (!let_in(&d)) {
		ck_assert_int_lt(clock_mono_ms(clock_system()), until);
		(void)poll(NULL, 0, 20);
	}
	ck_assert_str_eq(lab_report(0).result, "timeout");
	ck_assert(!phone_heard(&b, 0));		/* it is not told */
	phone_ack(&a, 1);
	ck_assert(lab_report(1).complete);
	phone_ack(&c, 0);
	phone_take(&c, phone_hear(&c), 100, 512);
	phone_ack(&b, 0);			/* late: no answer */
	lab_stop();
	for (struct phone *p[] = { &a, &b, &c, &d }, **q = p; q < p + 4; q++)
		(void)close((*q)->fd);
}
END_TEST

/* A phone with several addresses of ours to choose from: the answer comes
 * from the one it asked, or a firewall eats it. */
START_TEST(address_asked)
{
	static const char *const ips[] = { "127.0.0.1", "127.0.0.77" };
	struct net_addr want;

	lab_start("0.0.0.0", &lab_conf);
	for (size_t i = 0; i < 2; i++) {
		struct phone p = phone_to(ips[i]);

		phone_ask(&p, "small");
		(void)phone_hear(&p);
		ck_assert_int_eq(net_addr_parse(&want, ips[i], 0, NULL),
		    ERR_OK);
		ck_assert(net_addr_same_ip(&p.tid, &want));
		phone_ack(&p, 0);
		phone_take(&p, phone_hear(&p), 100, 512);
		phone_ask(&p, "none");
		phone_hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
		ck_assert(net_addr_same_ip(&p.tid, &want));
		(void)close(p.fd);
	}
	lab_stop();
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
	lab_start("::", &lab_conf);
	for (size_t i = 0; i < 2; i++) {
		struct phone p = phone_to(ips[i]);

		phone_ask(&p, "small");
		ck_assert_uint_eq(phone_hear(&p).op, TFTP_OACK);
		ck_assert_int_eq(net_addr_parse(&want, ips[i], 0, NULL),
		    ERR_OK);
		ck_assert(net_addr_same_ip(&p.tid, &want));
		phone_ack(&p, 0);
		phone_take(&p, phone_hear(&p), 100, 512);
		(void)close(p.fd);
	}
	lab_stop();
}
END_TEST

/* RFC 1123 section 4.2.3.5 */
START_TEST(broadcast_ignored)
{
	const int on = 1;
	struct phone p, all;

	lab_start("0.0.0.0", &lab_conf);
	p = phone_new();
	all = phone_to("127.255.255.255");
	ck_assert_int_eq(setsockopt(all.fd, SOL_SOCKET, SO_BROADCAST, &on,
	    sizeof(on)), 0);
	phone_ask(&all, "small");
	phone_ask(&p, "none");	/* seen later than the other */
	phone_hear_error(&p, TFTP_E_NOT_FOUND, "file not found");
	ck_assert(!phone_heard(&all, 0));
	ck_assert_int_eq(lab.gets, 1);
	lab_stop();
	(void)close(p.fd);
	(void)close(all.fd);
}
END_TEST

static void
do_drain(void)
{
	tftp_server_drain(lab.srv);
	ck_assert_uint_eq(tftp_server_transfers(lab.srv), 1);
}

static void
is_idle(void)
{
	ck_assert_uint_eq(tftp_server_transfers(lab.srv), 0);
}

START_TEST(drained)
{
	struct phone p, late;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	late = phone_new();
	phone_ask(&p, "large");
	(void)phone_hear(&p);
	lab_call(do_drain);
	phone_ask(&late, "small");
	phone_ack(&p, 0);
	phone_take(&p, phone_hear(&p), LAB_LARGE, 512);
	ck_assert(lab_report(0).complete);
	lab_call(is_idle);
	ck_assert(!phone_heard(&late, 0));
	ck_assert_int_eq(lab.gets, 1);
	lab_stop();
	(void)close(p.fd);
	(void)close(late.fd);
}
END_TEST

START_TEST(stopped)
{
	struct phone p;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	phone_ask(&p, "large");
	(void)phone_hear(&p);
	phone_ack(&p, 0);
	(void)phone_hear(&p);
	lab_stop();
	phone_hear_error(&p, TFTP_E_UNDEFINED, "server stopping");
	ck_assert_str_eq(lab_report(0).result, "stopped");
	ck_assert_int_eq(lab.released, 1);
	(void)close(p.fd);
}
END_TEST

static void
bound_blocks(void)
{
	struct xfer_conf c = lab_conf;

	c.blksize_max = 600;
	tftp_server_set_conf(lab.srv, &c);
}

/* Parameters act on the next transfer, not on one under way. */
START_TEST(live_conf)
{
	struct tftp_opts o = { .blksize = 1428 };
	struct phone p, q;

	lab_start("127.0.0.1", &lab_conf);
	p = phone_new();
	q = phone_new();
	phone_ask_as(&p, "large", "octet", o);
	ck_assert_uint_eq(phone_hear(&p).opts.blksize, 1428);
	lab_call(bound_blocks);
	phone_ask_as(&q, "large", "octet", o);
	ck_assert_uint_eq(phone_hear(&q).opts.blksize, 600);
	phone_ack(&p, 0);
	phone_take(&p, phone_hear(&p), LAB_LARGE, 1428);
	lab_stop();
	(void)close(p.fd);
	(void)close(q.fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_server");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, lab_setup, lab_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, whole_files, 0, LAB_NFILES);
	tcase_add_loop_test(tc, refused_names, 0,
	    (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(tc, refused_kinds);
	tcase_add_test(tc, repeated_request);
	tcase_add_test(tc, limits);
	tcase_add_loop_test(tc, half_open, 0, 2);
	tcase_add_test(tc, address_asked);
	tcase_add_test(tc, both_families);
	tcase_add_test(tc, broadcast_ignored);
	tcase_add_test(tc, drained);
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, live_conf);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
