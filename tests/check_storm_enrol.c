/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/storm_enrol.c: storms whose phones get certificates, from a file
 * server and a CAPF server in this process.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "phonesim/storm.h"
#include "tests/capf_peer.h"
#include "tests/certs_data.h"
#include "tests/msg_lab.h"
#include "tests/sim_server.h"

#define PHONES		8
#define PATIENCE_MS	60000

static struct lab lab;
static struct sim_server server;
static struct msg_lab capf;
static struct storm_sum sum;
static struct sim_enrol good, bad;
static char dir[] = "/tmp/check_storm_enrol.XXXXXX";

/* Of the CAPF server's thread: who has a certificate, and for which key. */
static struct {
	char		device[CAPF_DEVICE_MAX + 1];
	uint8_t		key[KEY_ID_LEN];
} holder[PHONES * 2];
static size_t nholder;

/* --- the CAPF server --- */

static bool
has_one(const char *device)
{
	for (size_t i = 0; i < nholder; i++)
		if (strcmp(holder[i].device, device) == 0)
			return true;
	return false;
}

/* Once it has one nothing is asked of it. */
static enum capf_peer_op
asked_of(const uint8_t *buf, size_t len)
{
	char device[CAPF_DEVICE_MAX + 1];
	struct capf_msg m;

	if (capf_msg_parse(&m, buf, len, NULL) != ERR_OK || !m.has_device ||
	    m.device.len > CAPF_DEVICE_MAX)
		return PEER_INSTALL;
	memcpy(device, m.device.p, m.device.len);
	device[m.device.len] = '\0';
	return has_one(device) ? PEER_NOTHING : PEER_INSTALL;
}

static void
hold(const struct capf_peer *p)
{
	ck_assert_uint_lt(nholder, PHONES * 2);
	(void)str_copy(holder[nholder].device, sizeof(holder[0].device),
	    p->device);
	cert_key_id(p->lsc, holder[nholder].key);
	nholder++;
}

/* One peer for each connection: it has one session at a time. */
static int
talk(void *arg, struct msg_conn *c, struct msg_peer *mp, const uint8_t *buf,
    size_t len, uint8_t *out, struct msg_step *step, struct err *e)
{
	struct capf_peer *p = mp->session;

	(void)arg;
	(void)c;
	*step = (struct msg_step){ .then = MSG_READ,
	    .wait_ms = PATIENCE_MS };
	if (len == 0) {
		if ((p = calloc(1, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "peer");
		capf_peer_open(p);
		p->key = KEY_EC256;
		mp->session = p;
		step->len = capf_peer_begin(p, out);
		return ERR_OK;
	}
	if (p->state == PEER_AUTH)
		p->op = asked_of(buf, len);
	if (capf_peer_answer(p, buf, len, out, &step->len))
		step->then = MSG_END;
	if (p->stored == 1 && !has_one(p->device))
		hold(p);
	return ERR_OK;
}

static void
over(void *arg, const struct msg_peer *mp, int64_t now_ms)
{
	(void)arg;
	(void)now_ms;
	if (mp->session != NULL)
		capf_peer_close(mp->session);
	free(mp->session);
}

static void
serve_capf(void)
{
	const struct msg_def def = { .full = "lab.full",
	    .starved = "lab.starved", .failed = "lab.failed",
	    .dropped = "lab.dropped", .max = CAPF_MSG_MAX,
	    .need = capf_msg_need, .talk = talk, .over = over };
	const struct msg_limits lim = { PATIENCE_MS, PATIENCE_MS,
	    PATIENCE_MS, 0 };

	msg_lab_start_def(&capf, "capf", &def, &lim, NULL);
}

/* --- the storm --- */

static void
put_file(const char *device)
{
	char name[DEVICE_NAME_MAX + sizeof(".cnf.xml.sgn")];
	char *text = str_printf("<device><fullConfig>true</fullConfig>"
	    "<versionStamp>7</versionStamp><capfAuthMode>2</capfAuthMode>"
	    "<capfList><capf><phonePort>%u</phonePort>"
	    "<processNodeName>127.0.0.1</processNodeName></capf></capfList>"
	    "<certHash></certHash><encrConfig>false</encrConfig></device>",
	    net_addr_port(&capf.addr));

	ck_assert_ptr_nonnull(text);
	(void)snprintf(name, sizeof(name), "%s.cnf.xml.sgn", device);
	lab_put_text(&lab, name, LAB_CCM, text);
	free(text);
}

static void
set_up(void)
{
	struct storm_names names;
	struct err e = { 0 };

	nholder = 0;
	memset(&good, 0, sizeof(good));
	memset(&bad, 0, sizeof(bad));
	bad.bad.not_stored = true;
	lab_open(&lab);
	serve_capf();
	lab_put_vector(&lab, "ITLFile.tlv",
	    "trust-list/ITLFile.sha1.v10.tlv");
	ck_assert_int_eq(storm_names_init(&names, STORM_FIRST, PHONES, &e),
	    ERR_OK);
	for (uint64_t i = 0; i < PHONES; i++) {
		char device[DEVICE_NAME_MAX + 1];

		storm_name(&names, i, device);
		put_file(device);
	}
	memset(&server, 0, sizeof(server));
	server.lab = &lab;
}

static void
tear_down(void)
{
	storm_sum_clear(&sum);
	lab_close(&lab);
}

/* The CAPF server has ended afterwards: holder is whole. */
static int
run(const char *pool, uint64_t failing, struct err *e)
{
	static const char *const host[] = { "a" };
	struct storm_opts o = { .transport = SIM_HTTP, .server = host,
	    .nserver = 1, .clock = clock_system(), .enrol = &good,
	    .fails = &bad, .failing = failing, .key_pool = pool,
	    .count = PHONES };
	int ret;

	sim_server_start(&server);
	o.addr = &server.http;
	ck_assert_int_eq(storm_names_init(&o.names, STORM_FIRST, PHONES, e),
	    ERR_OK);
	storm_sum_clear(&sum);
	ck_assert_int_eq(storm_sum_init(&sum, PHONES, e), ERR_OK);
	ret = storm_run(&o, &sum, e);
	sim_server_stop(&server);
	msg_lab_stop(&capf);
	return ret;
}

static const uint8_t *
key_held_by(const char *device)
{
	for (size_t i = 0; i < nholder; i++)
		if (strcmp(holder[i].device, device) == 0)
			return holder[i].key;
	ck_abort_msg("%s has none", device);
}

START_TEST(all_enrol)
{
	struct err e = { 0 };

	ck_assert_msg(run(NULL, 0, &e) == ERR_OK, "%s", e.msg);
	ck_assert_msg(sum.outcome[SIM_TRUSTED] == PHONES, "%s",
	    sum.nreason > 0 ? sum.reason[0].text : "");
	/* The second one, as their file sends them there again: nothing. */
	ck_assert_uint_eq(sum.capf.sessions, 2 * PHONES);
	ck_assert_uint_eq(sum.capf.installed, PHONES);
	ck_assert_uint_eq(nholder, PHONES);
	for (size_t i = 0; i < nholder; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_mem_ne(holder[i].key, holder[k].key,
			    KEY_ID_LEN);
}
END_TEST

/* Those that fail are spread over the storm; they make a key as well. */
START_TEST(some_fail)
{
	struct err e = { 0 };

	ck_assert_msg(run(NULL, 2, &e) == ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(sum.done, PHONES);
	ck_assert_uint_ge(sum.capf.sessions, PHONES);
	ck_assert_uint_eq(sum.capf.installed, PHONES - 2);
	ck_assert_uint_eq(nholder, PHONES - 2);
}
END_TEST

/* A second storm has the same keys. */
START_TEST(keys_of_a_pool)
{
	uint8_t before[PHONES][KEY_ID_LEN];
	char device[PHONES][CAPF_DEVICE_MAX + 1], clean[64];
	struct err e = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_msg(run(dir, 0, &e) == ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(nholder, PHONES);
	for (size_t i = 0; i < PHONES; i++) {
		memcpy(before[i], holder[i].key, KEY_ID_LEN);
		memcpy(device[i], holder[i].device, sizeof(device[i]));
	}
	tear_down();
	memset(&sum, 0, sizeof(sum));
	set_up();
	ck_assert_msg(run(dir, 0, &e) == ERR_OK, "%s", e.msg);
	for (size_t i = 0; i < PHONES; i++)
		ck_assert_mem_eq(before[i], key_held_by(device[i]),
		    KEY_ID_LEN);
	(void)snprintf(clean, sizeof(clean), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(clean), 0);
}
END_TEST

START_TEST(no_pool)
{
	struct err e = { 0 };

	ck_assert_int_eq(run("/dev/null/pool", 0, &e), ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "--key-pool"));
	ck_assert_uint_eq(sum.started, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("storm_enrol");
	TCase *tc = tcase_create("storm_enrol");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, lab_keys_open, lab_keys_close);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, all_enrol);
	tcase_add_test(tc, some_fail);
	tcase_add_test(tc, keys_of_a_pool);
	tcase_add_test(tc, no_pool);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
