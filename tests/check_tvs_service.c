/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One question, one answer, and what is put down of it; parameters of tvsd.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/tvs_msg.h"
#include "db/params.h"
#include "tests/certs_data.h"
#include "tests/trust_cluster.h"
#include "trust/cert_row.h"
#include "tvsd/service.h"
#include "tvsd/tuning.h"

#define DEVICE	"CP-8861-SEP0011223344AA"

static struct vouch_stores *stores;
static struct asks *asks;
static struct service *service;
static int64_t now_ms;

static int64_t
wall_ns(void *arg)
{
	(void)arg;
	return (TC_NOW + 86400) * INT64_C(1000000000) +
	    now_ms * INT64_C(1000000);
}

static const struct clock at = { wall_ns, wall_ns, NULL };

static void
set_up(void)
{
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	now_ms = 0;
	tc_open();
	ck_assert_msg(observed_create(tc.dirfd, &e) == ERR_OK, "%s", e.msg);
	ck_assert_ptr_nonnull(stores = vouch_stores_new(tc.dirfd, &e));
	ck_assert_ptr_nonnull(asks = asks_start(tc.dirfd, &e));
	asks_set(asks, 8);
	service = service_new(tc.dirfd, tc.node.name, stores, &at, asks, &e);
	ck_assert_msg(service != NULL, "%s", e.msg);
}

/* What was asked is in the file after this. */
static void
stop(void)
{
	service_free(service);
	service = NULL;
	asks_stop(asks);
	asks = NULL;
}

static void
tear_down(void)
{
	stop();
	vouch_stores_free(stores);
	tc_close();
}

/* --- questions --- */

static struct tvs_bytes
text(const char *s)
{
	return (struct tvs_bytes){ (const uint8_t *)s, strlen(s) };
}

static struct tvs_bytes
der(const struct cert *c)
{
	size_t len;
	const uint8_t *p = cert_der(c, &len);

	return (struct tvs_bytes){ p, len };
}

static int
give(const uint8_t *buf, size_t len, struct msg_peer *p, struct tvs_msg *m)
{
	static uint8_t out[TVS_MSG_MAX];
	struct err e = { 0 };
	size_t n;
	int ret;

	if ((ret = service_msg.answer(service, p, buf, len, out, &n, &e)) !=
	    ERR_OK)
		return ret;
	ck_assert_msg(tvs_msg_parse(m, out, n, &e) == ERR_OK, "%s", e.msg);
	return ERR_OK;
}

static struct tvs_msg
ask(const struct tvs_msg *q, struct msg_peer *p)
{
	uint8_t buf[TVS_MSG_MAX];
	struct tvs_msg m;
	struct err e = { 0 };
	size_t n, need;

	ck_assert_msg(tvs_msg_build(q, buf, &n, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(service_msg.need(buf, n, &need, &e), ERR_OK);
	ck_assert_uint_eq(need, n);
	ck_assert_int_eq(give(buf, n, p, &m), ERR_OK);
	ck_assert_int_eq(m.command, q->command + 1);
	ck_assert_uint_eq(m.session, q->session);
	return m;
}

static struct tvs_msg
verify(const struct cert *c, const char *device, struct msg_peer *p)
{
	const struct tvs_msg q = { .command = TVS_VERIFY_REQUEST,
	    .session = 1001, .device = text(device), .der = der(c) };

	return ask(&q, p);
}

static struct msg_peer
peer(void)
{
	struct msg_peer p = { .began_ms = 0 };

	ck_assert_int_eq(net_addr_parse(&p.addr, "192.0.2.7", 4711, NULL),
	    ERR_OK);
	return p;
}

START_TEST(answers)
{
	struct msg_peer p = peer();
	struct cert *stranger = data_cert("ccm");
	struct tvs_msg m;

	m = verify(own_new_cert(tc.own[UNIT_CALLMANAGER]), DEVICE, &p);
	ck_assert_int_eq(m.status, TVS_VALID);
	ck_assert_uint_eq(m.nroles, 2);
	ck_assert_uint_eq(m.roles[0], ROLE_CCM);
	ck_assert_uint_eq(m.roles[1], ROLE_TFTP);
	ck_assert_uint_eq(m.ttl, 86400);
	m = verify(stranger, DEVICE, &p);
	ck_assert_int_eq(m.status, TVS_INVALID);
	ck_assert_uint_eq(p.user[0], 1);
	cert_free(stranger);
}
END_TEST

START_TEST(answers_queries)
{
	struct msg_peer p = peer();
	const struct cert *c = own_new_cert(tc.own[UNIT_ITLRECOVERY]);
	char *issuer = cert_issuer(c, CERT_NAME_SEMICOLON, NULL);
	struct tvs_msg q = { .command = TVS_QUERY_REQUEST, .session = 7,
	    .device = text(DEVICE), .issuer = text(issuer) }, m;
	struct tvs_bytes want = der(c);

	q.serial.p = cert_serial(c, &q.serial.len);
	m = ask(&q, &p);
	ck_assert_int_eq(m.status, TVS_VALID);
	ck_assert_uint_eq(m.der.len, want.len);
	ck_assert_mem_eq(m.der.p, want.p, want.len);
	ck_assert_uint_eq(m.nroles, 1);
	ck_assert_uint_eq(m.roles[0], ROLE_SAST);
	q.issuer = text("CN=nobody");
	ck_assert_int_eq(ask(&q, &p).status, TVS_INVALID);
	free(issuer);
}
END_TEST

/* Closed without a word: what is no request, or no certificate. */
START_TEST(no_answer)
{
	static const uint8_t junk[] = { 0x30, 0 };
	const struct tvs_msg bad[] = {
		{ .command = TVS_VERIFY_ANSWER },
		{ .command = TVS_VERIFY_REQUEST, .der = { junk, 2 } },
	};
	struct msg_peer p = peer();
	uint8_t buf[TVS_MSG_MAX];
	struct tvs_msg m;
	size_t n;

	for (size_t i = 0; i < N_OF(bad); i++) {
		ck_assert_int_eq(tvs_msg_build(&bad[i], buf, &n, NULL),
		    ERR_OK);
		ck_assert_int_eq(give(buf, n, &p, &m), ERR_PROTO);
	}
	ck_assert_int_eq(give(buf, n - 1, &p, &m), ERR_PROTO);
}
END_TEST

static int
tx_trust(struct db *db, void *arg, struct err *e)
{
	const struct cert *c = arg;
	struct row_trust row = { .unit = "CallManager-trust", .name = "x",
	    .origin = "test", .added_at = TC_NOW };
	int ret;

	cert_sha256(c, row.sha256);
	if ((ret = cert_row_put(db, c, e)) != ERR_OK)
		return ret;
	return row_trust_put(db, &row, e);
}

START_TEST(changes_count_at_once)
{
	struct msg_peer p = peer();
	struct cert *c = data_cert("ccm");

	ck_assert_int_eq(verify(c, DEVICE, &p).status, TVS_INVALID);
	ck_assert(!service_changed(service));
	tc_done(tx_trust, c);
	ck_assert_int_eq(verify(c, DEVICE, &p).status, TVS_VALID);
	ck_assert(service_changed(service));	/* though it was seen */
	ck_assert(!service_changed(service));
	cert_free(c);
}
END_TEST

/* --- what is put down --- */

static size_t
listed(const char *device, struct tvs_ask **rows)
{
	struct db *db = db_open(tc.dirfd, OBSERVED_FILE, DB_READ, NULL);
	size_t n;

	ck_assert_ptr_nonnull(db);
	ck_assert_int_eq(observed_ask_list(db, device, 100, rows, &n, NULL),
	    ERR_OK);
	db_close(db);
	return n;
}

START_TEST(put_down)
{
	const struct cert *own = own_new_cert(tc.own[UNIT_CAPF]);
	struct cert *stranger = data_cert("ccm");
	struct msg_peer p = peer();
	struct tvs_ask *a;
	uint8_t sha256[32];

	for (int i = 0; i < 50; i++)	/* the same again: once */
		(void)verify(own, DEVICE, &p);
	(void)verify(own, "CP-7925G-SEP001122334401", &p);
	(void)verify(stranger, DEVICE, &p);
	now_ms += 59999;
	(void)verify(own, DEVICE, &p);
	now_ms += 1;
	(void)verify(own, DEVICE, &p);	/* a minute later */
	stop();
	ck_assert_uint_eq(listed(NULL, &a), 4);
	free(a);
	ck_assert_uint_eq(listed("SEP0011223344AA", &a), 3);
	ck_assert_str_eq(a[0].answer, "valid");
	ck_assert_str_eq(a[1].answer, "unknown");
	ck_assert_str_eq(a[1].address, "192.0.2.7");
	ck_assert_str_eq(a[1].subject, "CN=CCM,O=Example Org,OU=Voice Lab,"
	    "L=Wellington,ST=WGN,C=NZ");
	cert_sha256(stranger, sha256);
	ck_assert_mem_eq(a[1].sha256, sha256, sizeof(sha256));
	ck_assert(!a[1].query);
	free(a);
	cert_free(stranger);
}
END_TEST

/* --- parameters --- */

struct setting {
	const char	*name, *value;
};

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct setting *s = arg;
	bool changed;

	return param_set(db, param_find(s->name), "", s->value, TC_NOW,
	    &changed, e);
}

START_TEST(tuning)
{
	static const struct setting set[] = {
		{ "tvs.min_version", "1.0" }, { "tvs.static_rsa", "yes" },
		{ "tvs.max_connections", "11" },
		{ "tvs.max_per_address", "12" },
		{ "tvs.handshake_timeout_ms", "1001" },
		{ "tvs.message_timeout_ms", "1002" },
		{ "tvs.idle_timeout_ms", "1003" }, { "observed.ring", "14" },
	};
	struct msg_tuning t;
	int64_t ring;
	struct err e = { 0 };

	ck_assert_msg(tuning_load(&t, &ring, tc.db, tc.node.name, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_int_eq(t.floor, TLS_FLOOR_12);
	ck_assert(!t.static_rsa);
	ck_assert_int_eq(t.limits.handshake_ms, 5000);
	ck_assert_int_eq(t.limits.idle_ms, 30000);
	for (size_t i = 0; i < N_OF(set); i++) {
		struct setting s = set[i];

		tc_done(tx_param, &s);
	}
	ck_assert_int_eq(tuning_load(&t, &ring, tc.db, tc.node.name, &e),
	    ERR_OK);
	ck_assert_int_eq(t.floor, TLS_FLOOR_10);
	ck_assert(t.static_rsa);
	ck_assert_uint_eq(t.max, 11);
	ck_assert_uint_eq(t.max_per_address, 12);
	ck_assert_int_eq(t.limits.handshake_ms, 1001);
	ck_assert_int_eq(t.limits.message_ms, 1002);
	ck_assert_int_eq(t.limits.idle_ms, 1003);
	ck_assert_int_eq(ring, 14);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tvs_service");
	TCase *t = tcase_create("tvs_service");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, answers);
	tcase_add_test(t, answers_queries);
	tcase_add_test(t, no_answer);
	tcase_add_test(t, changes_count_at_once);
	tcase_add_test(t, put_down);
	tcase_add_test(t, tuning);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
