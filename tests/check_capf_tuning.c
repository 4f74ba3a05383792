/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parameters that capfd reads, and where it listens.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "capfd/tuning.h"
#include "tests/trust_cluster.h"
#include "trust/listen_plan.h"

struct named_value {
	const char	*name, *value;
};

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct named_value *s = arg;
	bool changed;

	return param_set(db, param_find(s->name), "", s->value, TC_NOW,
	    &changed, e);
}

static void
set(const char *name, const char *value)
{
	struct named_value s = { name, value };

	tc_done(tx_param, &s);
}

static void
load(struct tuning *t)
{
	struct err e = { 0 };

	ck_assert_msg(tuning_load(t, tc.db, tc.node.name, &e) == ERR_OK,
	    "%s", e.msg);
}

START_TEST(defaults)
{
	struct tuning t;

	load(&t);
	ck_assert_uint_eq(t.msg.floor, TLS_FLOOR_12);
	ck_assert(!t.msg.static_rsa && !t.elsewhere);
	ck_assert_uint_eq(t.msg.max, 4000);
	ck_assert_uint_eq(t.msg.max_per_address, 2000);
	ck_assert_int_eq(t.msg.limits.handshake_ms, 15000);
	ck_assert_int_eq(t.waits.reply, 30000);
	ck_assert_int_eq(t.waits.progress, 15 * 60000);
	ck_assert_int_eq(t.waits.key, 30 * 60000);
	ck_assert_int_eq(t.validity_s, INT64_C(1825) * 86400);
}
END_TEST

START_TEST(changed)
{
	static const char *const p[][2] = {
		{ "capf.min_version", "1.0" }, { "capf.static_rsa", "yes" },
		{ "capf.max_connections", "11" },
		{ "capf.max_per_address", "12" },
		{ "capf.handshake_timeout_ms", "1001" },
		{ "capf.reply_timeout_ms", "1002" },
		{ "capf.keep_alive_minutes", "5" },
		{ "capf.key_generation_minutes", "3" },
		{ "capf.validity_days", "7" }, { "capf.issuer", "est" },
	};
	struct tuning t;

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++)
		set(p[i][0], p[i][1]);
	load(&t);
	ck_assert_uint_eq(t.msg.floor, TLS_FLOOR_10);
	ck_assert(t.msg.static_rsa && t.elsewhere);
	ck_assert_uint_eq(t.msg.max, 11);
	ck_assert_uint_eq(t.msg.max_per_address, 12);
	ck_assert_int_eq(t.msg.limits.handshake_ms, 1001);
	ck_assert_int_eq(t.waits.reply, 1002);
	ck_assert_int_eq(t.waits.progress, TUNING_PROGRESS_MS);
	ck_assert_int_eq(t.waits.key, 3 * 60000);
	ck_assert_int_eq(t.validity_s, INT64_C(7) * 86400);
	ck_assert_int_gt(t.waits.ca, 0);
	ck_assert_int_lt(t.waits.ca, 30000);
	set("capf.issuer", "offline");
	load(&t);
	ck_assert(t.elsewhere);
	ck_assert_int_eq(t.waits.ca, 0);
}
END_TEST

/* cluster.enable_ipv6 leaves IPv6 out, of CAPF alone. */
START_TEST(without_ip6)
{
	static const struct listen_kind kinds[] = { { PORT_CAPF, 0 },
	    { PORT_TVS, 0 } };
	static const struct {
		const char *address, *ip6, *first;
		size_t n;
	} t[] = {
		{ "127.0.0.1,::1", "yes", "127.0.0.1", 2 },
		{ "127.0.0.1,::1", "no", "127.0.0.1", 1 },
		{ "::1", "no", "0.0.0.0", 1 },
		{ "any", "no", "0.0.0.0", 1 },
	};
	struct listen_plan p;
	struct err e = { 0 };
	size_t n = 0;

	set("capf.address", t[_i].address);
	set("tvs.address", "::1");
	set("cluster.enable_ipv6", t[_i].ip6);
	ck_assert_msg(listen_plan_load(&p, tc.db, tc.node.name, kinds, 2,
	    &e) == ERR_OK, "%s", e.msg);
	for (size_t i = 0; i < p.n; i++)
		n += p.at[i].kind == PORT_CAPF;
	ck_assert_uint_eq(n, t[_i].n);
	ck_assert_str_eq(p.at[0].ip, t[_i].first);
	ck_assert_str_eq(p.at[n].ip, "::1");
}
END_TEST

static int
tx_phone(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .created_at = TC_NOW, .changed_at = TC_NOW };

	(void)snprintf(p.name, sizeof(p.name), "%s", (const char *)arg);
	(void)snprintf(p.model, sizeof(p.model), "8861");
	return row_phone_put(db, &p, e);
}

static int
tx_own(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return db_change_add(db, "own", "CAPF", e);
}

static int
tx_node(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return row_node_put(db, &tc.node, e);
}

static void
look(struct tuning_watch *w, struct db *db, bool parameters, bool own, bool any)
{
	w->parameters = w->own = w->any = false;
	tuning_look(w, db);
	ck_assert_int_eq(w->parameters, parameters);
	ck_assert_int_eq(w->own, own);
	ck_assert_int_eq(w->any, any);
}

/* Phones come and go with every session: no reason to look at anything. */
START_TEST(watched)
{
	struct tuning_watch w = { .seq = -1 };
	struct db *db = db_open(tc.dirfd, DB_FILE, DB_READ, NULL);

	ck_assert_ptr_nonnull(db);
	look(&w, db, false, false, false);
	tc_done(tx_phone, (char[]){ "SEP0011223344AA" });
	look(&w, db, true, true, true);	/* all before it may be new */
	look(&w, db, false, false, false);
	tc_done(tx_phone, (char[]){ "SEP0011223344BB" });
	look(&w, db, false, false, false);
	tc_done(tx_node, NULL);
	look(&w, db, false, false, true);
	tc_done(tx_own, NULL);
	look(&w, db, false, true, true);
	tc_done(tx_phone, (char[]){ "SEP0011223344CC" });
	set("capf.validity_days", "7");
	tc_done(tx_phone, (char[]){ "SEP0011223344DD" });
	look(&w, db, true, false, true);
	look(&w, db, false, false, false);
	db_close(db);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("capf_tuning");
	TCase *t = tcase_create("tuning");

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_add_test(t, defaults);
	tcase_add_test(t, changed);
	tcase_add_test(t, watched);
	tcase_add_loop_test(t, without_ip6, 0, 4);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
