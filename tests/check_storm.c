/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/storm.c: whole storms against a server in this process.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <check.h>

#include "phonesim/storm.h"
#include "tests/sim_server.h"

#define DEFAULT	"XMLDefault.cnf.xml.sgn"
#define XML	"<Default><versionStamp>1</versionStamp></Default>"

static struct lab lab;
static struct sim_server server;
static struct storm_sum sum;
static char dir[] = "/tmp/check_storm.XXXXXX";
static unsigned told;		/* by progress */

/* One list and one default file for everybody: four answers "not found" or
 * files, then a configuration. */
static void
setup(void)
{
	lab_open(&lab);
	lab_put_vector(&lab, "ITLFile.tlv",
	    "trust-list/ITLFile.sha1.v10.tlv");
	lab_put_text(&lab, DEFAULT, LAB_CCM, XML);
	memset(&server, 0, sizeof(server));
	server.lab = &lab;
	told = 0;
}

static void
teardown(void)
{
	storm_sum_clear(&sum);
	lab_close(&lab);
}

static void
on_progress(void *arg, const struct storm_sum *s)
{
	ck_assert_ptr_eq(arg, &told);
	ck_assert_uint_eq(s->phones, sum.phones);
	ck_assert_int_gt(s->ns, 0);
	told++;
}

/* A storm of count phones, as o says otherwise; from the server's addresses
 * unless o has one. */
static void
run(struct storm_opts o, uint64_t count)
{
	static const char *const host[] = { "a", "b" };
	bool serves = o.addr == NULL;
	struct err e = { 0 };

	o.clock = clock_system();
	o.count = count;
	o.server = host;
	o.progress = on_progress;
	o.progress_arg = &told;
	if (serves) {
		sim_server_start(&server);
		o.addr = o.transport == SIM_HTTP ? &server.http :
		    &server.tftp;
		o.nserver = 1;
	}
	ck_assert_int_eq(storm_names_init(&o.names, STORM_FIRST, count, &e),
	    ERR_OK);
	ck_assert_int_eq(storm_sum_init(&sum, count, &e), ERR_OK);
	ck_assert_msg(storm_run(&o, &sum, &e) == ERR_OK, "%s", e.msg);
	if (serves)
		sim_server_stop(&server);
	ck_assert_uint_le(sum.done, sum.started);
	for (uint64_t i = 1; i < sum.done; i++)
		ck_assert_uint_le(sum.us[i - 1], sum.us[i]);
}

/* All came to one end, for at most one reason. */
static void
all(enum sim_outcome o, uint64_t count, const char *why)
{
	const char *said = sum.nreason > 0 ? sum.reason[0].text : "";

	ck_assert_msg(sum.started == count && sum.done == count &&
	    sum.outcome[o] == count, "%ju of %ju: %s",
	    (uintmax_t)sum.outcome[o], (uintmax_t)sum.done, said);
	ck_assert_uint_eq(sum.nreason, why[0] != '\0');
	ck_assert_msg(strstr(said, why) != NULL, "%s", said);
	ck_assert(!sum.interrupted);
}

START_TEST(all_trust)
{
	const enum sim_transport via[] = { SIM_TFTP, SIM_HTTP };
	const struct storm_opts o = { .transport = via[_i] };

	run(o, 60);
	all(SIM_TRUSTED, 60, "");
	ck_assert_uint_eq(sum.unverified, 0);
	ck_assert_uint_eq(sum.files, 2 * 60);
	ck_assert_uint_eq(sum.bytes, 60 * (lab_find(&lab,
	    "ITLFile.tlv")->len + lab_find(&lab, DEFAULT)->len));
	ck_assert_uint_eq(server.requests, 5 * 60);
	ck_assert_uint_gt(sum.us[0], 0);
	ck_assert_int_gt(sum.ns, 0);
}
END_TEST

/* What is remembered of a list is shared, what a phone is given is not. */
START_TEST(one_gets_another_list)
{
	const struct storm_opts o = { .transport = SIM_TFTP };
	struct lab_file *f;

	lab_put_vector(&lab, "ITLSEP001122330002.tlv",
	    "trust-list/ITLFile.sha1.v10.tlv");
	f = lab_find(&lab, "ITLSEP001122330002.tlv");
	f->buf[f->len - 1] ^= 1;
	run(o, 4);
	ck_assert_uint_eq(sum.outcome[SIM_TRUSTED], 3);
	ck_assert_uint_eq(sum.outcome[SIM_NOT_TRUSTED], 1);
	ck_assert_uint_eq(sum.nreason, 1);
	ck_assert_ptr_nonnull(strstr(sum.reason[0].text, "ITLNAME.tlv"));
}
END_TEST

START_TEST(one_byte_wrong)
{
	const struct storm_opts o = { .transport = SIM_HTTP };
	struct lab_file *f = lab_find(&lab, DEFAULT);

	f->buf[f->len - 2] ^= 1;
	run(o, 5);
	all(SIM_NOT_TRUSTED, 5, "at step signature");
}
END_TEST

START_TEST(no_list)
{
	const struct storm_opts o = { .transport = SIM_TFTP };

	lab_remove(&lab, "ITLFile.tlv");
	lab_put_text(&lab, "XMLDefault.cnf.xml", LAB_CCM, XML);
	run(o, 5);
	all(SIM_TRUSTED, 5, "nothing verified");
	ck_assert_uint_eq(sum.unverified, 5);
}
END_TEST

START_TEST(no_configuration)
{
	const struct storm_opts o = { .transport = SIM_TFTP };

	lab_remove(&lab, DEFAULT);
	run(o, 5);
	all(SIM_NO_CONFIG, 5, "neither a configuration of NAME nor");
}
END_TEST

/* The first server of two is not there. */
START_TEST(next_server)
{
	const enum sim_transport via[] = { SIM_TFTP, SIM_HTTP };
	struct storm_opts o = { .transport = via[_i], .nserver = 2 };
	struct sim_server gone = { .lab = &lab };
	struct net_addr addr[2];

	sim_server_start(&gone);
	sim_server_stop(&gone);
	sim_server_start(&server);
	addr[0] = via[_i] == SIM_HTTP ? gone.http : gone.tftp;
	addr[1] = via[_i] == SIM_HTTP ? server.http : server.tftp;
	o.addr = addr;
	run(o, 5);
	sim_server_stop(&server);
	all(SIM_TRUSTED, 5, "");
	storm_sum_clear(&sum);
	o.nserver = 1;
	run(o, 5);
	all(SIM_UNREACHABLE, 5, "server there");
}
END_TEST

START_TEST(losses)
{
	const struct storm_opts o = { .transport = SIM_TFTP, .lossy = 10,
	    .seed = 3 };

	run(o, 20);
	all(SIM_TRUSTED, 20, "");
	ck_assert_uint_gt(sum.counts.lost, 20);
	ck_assert_uint_gt(sum.counts.retransmissions, 0);
	ck_assert_uint_gt(told, 0);
}
END_TEST

START_TEST(pace)
{
	const struct storm_opts o = { .transport = SIM_TFTP, .rate = 50 };

	run(o, 6);
	all(SIM_TRUSTED, 6, "");
	ck_assert_int_ge(sum.ns, INT64_C(100000000));
}
END_TEST

/* More phones than descriptors: they take turns. */
START_TEST(few_descriptors)
{
	const struct storm_opts o = { .transport = SIM_TFTP };
	const struct rlimit few = { .rlim_cur = 70, .rlim_max = 70 };
	const char *preload = getenv("LD_PRELOAD");
	struct rlimit old;

	if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
		(void)fprintf(stderr, "few_descriptors: SKIPPED, valgrind has "
		    "descriptor limits of its own\n");
		return;
	}
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	run(o, 60);
	(void)setrlimit(RLIMIT_NOFILE, &old);
	all(SIM_TRUSTED, 60, "");
}
END_TEST

/* Also as many starts in vain as would nest too deep. */
START_TEST(memory_of_no_use)
{
	const struct storm_opts o = { .transport = SIM_TFTP,
	    .state = "/dev/null" };
	const uint64_t count = 20000;

	run(o, count);
	ck_assert_uint_eq(sum.done, count);
	ck_assert_uint_eq(sum.failed, count);
	ck_assert_uint_eq(sum.nreason, 1);
	ck_assert_ptr_nonnull(strstr(sum.reason[0].text, "/dev/null"));
}
END_TEST

/* Which list a phone holds is remembered, and decides the next time. */
START_TEST(memory)
{
	const struct storm_opts o = { .transport = SIM_TFTP, .state = dir };
	char cmd[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	run(o, 3);
	all(SIM_TRUSTED, 3, "");
	storm_sum_clear(&sum);
	lab_put_list(&lab, "ITLFile.tlv", ACCEPT_ITL, LAB_TVS, LAB_CAPF,
	    LAB_CCM);
	run(o, 4);
	ck_assert_uint_eq(sum.outcome[SIM_NOT_TRUSTED], 3);
	ck_assert_uint_eq(sum.outcome[SIM_TRUSTED], 1);
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

/* The phones done so far count; the signals are ours again afterwards. */
START_TEST(interrupted)
{
	const int sig[] = { SIGINT, SIGTERM };
	const struct storm_opts o = { .transport = SIM_TFTP };
	sigset_t before, after;

	server.signal = sig[_i];
	server.silent = true;
	(void)sigprocmask(SIG_BLOCK, NULL, &before);
	run(o, 2000);
	ck_assert(sum.interrupted);
	ck_assert_uint_eq(sum.done, 0);
	ck_assert_uint_le(sum.started, STORM_FLIGHT);
	(void)sigprocmask(SIG_BLOCK, NULL, &after);
	ck_assert_int_eq(sigismember(&after, sig[_i]),
	    sigismember(&before, sig[_i]));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("storm");
	TCase *t = tcase_create("storm");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, lab_keys_open, lab_keys_close);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, all_trust, 0, 2);
	tcase_add_test(t, one_gets_another_list);
	tcase_add_test(t, one_byte_wrong);
	tcase_add_test(t, no_list);
	tcase_add_test(t, no_configuration);
	tcase_add_loop_test(t, next_server, 0, 2);
	tcase_add_test(t, losses);
	tcase_add_test(t, pace);
	tcase_add_test(t, few_descriptors);
	tcase_add_test(t, memory_of_no_use);
	tcase_add_test(t, memory);
	tcase_add_loop_test(t, interrupted, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
