/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles out of a cluster and into it: what is exported and who signs it,
 * which store each unit lands in, new, known, older, ended; who accepts whose
 * lists; nothing half imported.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/internal.h"
#include "tests/ca_lab.h"
#include "tests/trust_cluster.h"
#include "trust/bundle_move.h"

#define OTHER	"0f7e1c7e-7777-4222-8333-444455556666"

static struct node node;

static void
setup_once(void)
{
	tc_make();
}

static void
teardown_once(void)
{
	lab_end();
	tc_free();
}

static void
setup(void)
{
	tc_open();
	node = (struct node){ .db = tc.db, .cluster = tc.cluster,
	    .row = tc.node, .names = tc.names, .nnames = tc.nnames };
}

static const struct cert *
own(enum own_unit u)
{
	return own_new_cert(tc.own[u]);
}

static unsigned
all(void)
{
	return bundle_units("all", NULL);
}

/* --- export --- */

static int
announce(struct db *db, void *arg, struct err *e)
{
	return own_store(db, arg, OWN_ANNOUNCED, TC_NOW, e);
}

static int
trust_one(struct db *db, void *arg, struct err *e)
{
	const struct trust_add a = { .unit = TRUST_PHONE_SAST, .cert = arg,
	    .origin = "test" };
	enum trust_change change;

	return trust_store_add(db, &a, TC_NOW, &change, e);
}

START_TEST(exported)
{
	static const enum own_unit order[] = { UNIT_CALLMANAGER,
	    UNIT_CALLMANAGER, UNIT_CALLMANAGER_ECDSA, UNIT_CAPF,
	    UNIT_ITLRECOVERY, UNIT_HTTPS };
	struct bundle_part p, q;
	struct err e = { 0 };

	tc_done(announce, tc.next[UNIT_CALLMANAGER]);
	tc_done(trust_one, (void *)(uintptr_t)own(UNIT_TVS));
	ck_assert_msg(bundle_export(&p, &node, tc.kr, all(), TC_NOW, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert(cert_same(p.signer, own(UNIT_ITLRECOVERY)));
	ck_assert_msg(bundle_part_open(&q, p.der, p.len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_str_eq(q.cluster.uuid, tc.cluster.uuid);
	ck_assert_str_eq(q.node, "cm1");
	ck_assert_int_eq(q.time, TC_NOW);
	ck_assert_uint_eq(q.ncert, N_OF(order));
	for (size_t i = 0; i < N_OF(order); i++)
		ck_assert_int_eq(q.cert[i].u->unit, order[i]);
	ck_assert_int_eq(q.cert[0].stage + q.cert[1].stage,
	    OWN_ANNOUNCED + OWN_ACTIVE);
	ck_assert_str_eq(q.cert[5].node, "cm1");
	ck_assert_uint_eq(q.nsast, 1);
	bundle_part_clear(&q);
	bundle_part_clear(&p);
}
END_TEST

START_TEST(units_named)
{
	struct bundle_part p;
	struct err e = { 0 };

	ck_assert_uint_eq(bundle_units("TFTP", NULL),
	    BUNDLE_UNIT(UNIT_CALLMANAGER) |
	    BUNDLE_UNIT(UNIT_CALLMANAGER_ECDSA));
	ck_assert_uint_eq(bundle_units("callmanager", NULL),
	    bundle_units("tftp", NULL));
	ck_assert_uint_eq(bundle_units("tomcat", NULL),
	    BUNDLE_UNIT(UNIT_HTTPS));
	ck_assert_uint_eq(bundle_units("itlrecovery", NULL),
	    BUNDLE_UNIT(UNIT_ITLRECOVERY));
	ck_assert_uint_eq(all() & BUNDLE_UNIT(UNIT_TVS), 0);
	ck_assert_uint_eq(bundle_units("TVS", &e), 0);
	ck_assert_int_eq(e.code, ERR_ARG);
	ck_assert_uint_eq(bundle_units("", &e), 0);
	ck_assert_int_eq(bundle_export(&p, &node, tc.kr,
	    bundle_units("capf", NULL), TC_NOW, &e), ERR_OK);
	ck_assert_uint_eq(p.ncert, 1);
	bundle_part_clear(&p);
}
END_TEST

/* --- import --- */

/* Their certificates are our spare ones; one part of two. */
static struct bundle_part
theirs(void)
{
	struct bundle_part p = { .time = TC_NOW, .node = "pub1",
	    .by = &own_unit_table()[UNIT_ITLRECOVERY] };

	(void)str_copy(p.cluster.name, sizeof(p.cluster.name), "west");
	(void)str_copy(p.cluster.uuid, sizeof(p.cluster.uuid), OTHER);
	p.cert = calloc(8, sizeof(*p.cert));
	p.signer = cert_ref((struct cert *)(uintptr_t)own(UNIT_ITLRECOVERY));
	return p;
}

static void
give(struct bundle_part *p, enum own_unit u, const struct cert *c)
{
	struct bundle_cert *bc = &p->cert[p->ncert++];

	*bc = (struct bundle_cert){ .u = &own_unit_table()[u],
	    .stage = OWN_ACTIVE,
	    .cert = cert_ref((struct cert *)(uintptr_t)c) };
	cert_sha256(c, bc->sha256);
}

static void
give_all(struct bundle_part *p)
{
	give(p, UNIT_CALLMANAGER, own_new_cert(tc.next[UNIT_CALLMANAGER]));
	give(p, UNIT_CALLMANAGER_ECDSA, own(UNIT_CALLMANAGER_ECDSA));
	give(p, UNIT_CAPF, own(UNIT_CAPF));
	give(p, UNIT_ITLRECOVERY, own_new_cert(tc.next[UNIT_ITLRECOVERY]));
	give(p, UNIT_HTTPS, own(UNIT_HTTPS));
}

#define LATER	(TC_NOW + 120)	/* the spare ones are valid then */

static void
planned(struct bundle_plan *p, const struct bundle *b, int64_t now)
{
	struct err e = { 0 };

	ck_assert_msg(bundle_plan(p, b, &node, all(), now, &e) == ERR_OK,
	    "%s", e.msg);
}

static int
apply(struct db *db, void *arg, struct err *e)
{
	return bundle_apply(db, arg, LATER, e);
}

static int64_t
in_store(enum trust_unit unit)
{
	int64_t n;

	ck_assert_int_eq(row_trust_count(tc.db, trust_unit_table()[unit].name,
	    &n, NULL), ERR_OK);
	return n;
}

START_TEST(landed)
{
	static const int64_t want[TRUST_N] = { [TRUST_CALLMANAGER] = 4,
	    [TRUST_CAPF] = 1, [TRUST_HTTPS] = 1, [TRUST_PHONE_SAST] = 2 };
	struct bundle_part part = theirs();
	struct bundle b = { .part = &part, .n = 1 };
	struct bundle_plan p;
	struct row_trust *rows;
	size_t n;

	give_all(&part);
	planned(&p, &b, LATER);
	ck_assert_uint_eq(p.n, 8);
	ck_assert_uint_eq(p.count[BUNDLE_NEW], 8);
	ck_assert_uint_eq(p.nothers, 1);
	ck_assert(p.changes && p.ours == NULL);
	tc_done(apply, &p);
	bundle_plan_clear(&p);
	for (enum trust_unit u = 0; u < TRUST_N; u++)
		ck_assert_int_eq(in_store(u), want[u]);
	ck_assert_int_eq(row_trust_list(tc.db, "Phone-SAST-trust", NULL,
	    false, &rows, &n, NULL), ERR_OK);
	ck_assert_str_eq(rows[0].origin, "bulk:west");
	ck_assert_str_eq(rows[0].note, "CallManager of west, exported "
	    "2026-11-21T08:54:44Z");
	free(rows);
	/* Again: known, and nothing to do. */
	planned(&p, &b, LATER);
	ck_assert_uint_eq(p.count[BUNDLE_KNOWN], 8);
	ck_assert(!p.changes);
	bundle_plan_clear(&p);
	bundle_part_clear(&part);
}
END_TEST

static int
remove_it(struct db *db, void *arg, struct err *e)
{
	return trust_store_remove(db, TRUST_PHONE_SAST, arg, LATER, e);
}

START_TEST(returned)
{
	struct bundle_part part = theirs();
	struct bundle b = { .part = &part, .n = 1 };
	struct bundle_plan p;

	give_all(&part);
	planned(&p, &b, LATER);
	tc_done(apply, &p);
	bundle_plan_clear(&p);
	tc_done(remove_it, part.cert[0].sha256);
	planned(&p, &b, LATER);
	ck_assert_uint_eq(p.count[BUNDLE_RETURNED], 1);
	ck_assert_uint_eq(p.count[BUNDLE_KNOWN], 7);
	tc_done(apply, &p);
	ck_assert_int_eq(in_store(TRUST_PHONE_SAST), 2);
	bundle_plan_clear(&p);
	bundle_part_clear(&part);
}
END_TEST

static int
fail_after(struct db *db, void *arg, struct err *e)
{
	int ret = bundle_apply(db, arg, LATER, e);

	return ret != ERR_OK ? ret : err_set(e, ERR_IO, "cut");
}

START_TEST(cut_leaves_nothing)
{
	struct bundle_part part = theirs();
	struct bundle b = { .part = &part, .n = 1 };
	struct bundle_plan p;

	give_all(&part);
	planned(&p, &b, LATER);
	tc_refused(fail_after, &p, ERR_IO, "cut");
	for (enum trust_unit u = 0; u < TRUST_N; u++)
		ck_assert_int_eq(in_store(u), 0);
	bundle_plan_clear(&p);
	bundle_part_clear(&part);
}
END_TEST

/* A store has a later one of the same name: an export from before does not
 * bring the earlier one back.  Both in one part (announced, active) go in. */
START_TEST(older_left_out)
{
	const struct cert *first = own(UNIT_CALLMANAGER);
	const struct cert *second = own_new_cert(tc.next[UNIT_CALLMANAGER]);
	struct bundle_part part = theirs();
	struct bundle b = { .part = &part, .n = 1 };
	struct bundle_plan p;

	give(&part, UNIT_CALLMANAGER, first);
	give(&part, UNIT_CALLMANAGER, second);
	planned(&p, &b, LATER);
	ck_assert_uint_eq(p.count[BUNDLE_NEW], 4);
	bundle_plan_clear(&p);
	/* The second is there, the first comes alone. */
	cert_free(part.cert[--part.ncert].cert);
	tc_done(trust_one, (void *)(uintptr_t)second);
	planned(&p, &b, LATER);
	ck_assert_uint_eq(p.count[BUNDLE_OLDER], 1);	/* Phone-SAST-trust */
	ck_assert_uint_eq(p.count[BUNDLE_NEW], 1);	/* CallManager-trust */
	tc_done(apply, &p);
	ck_assert_int_eq(in_store(TRUST_PHONE_SAST), 1);
	bundle_plan_clear(&p);
	bundle_part_clear(&part);
}
END_TEST

static struct cert *
ended(void)
{
	const struct lab_spec s = { .cn = "old", .from_days = -20,
	    .to_days = -10 };

	return lab_issue(&s, lab_key(0), NULL, NULL);
}

START_TEST(dates)
{
	struct lab_spec soon = { .cn = "soon", .from_days = 5,
	    .to_days = 10 };
	struct cert *old = ended(), *next = lab_issue(&soon, lab_key(0), NULL,
	    NULL);
	struct bundle_part part = theirs();
	struct bundle b = { .part = &part, .n = 1 };
	struct bundle_plan p;
	struct err e = { 0 };

	give(&part, UNIT_CAPF, own(UNIT_CAPF));
	give(&part, UNIT_HTTPS, old);
	planned(&p, &b, LATER);
	ck_assert_uint_eq(p.count[BUNDLE_EXPIRED], 1);
	ck_assert_uint_eq(p.count[BUNDLE_NEW], 2);
	bundle_plan_clear(&p);
	give(&part, UNIT_HTTPS, next);
	ck_assert_int_eq(bundle_plan(&p, &b, &node, all(), LATER, &e),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "\"soon\" is valid from"));
	bundle_plan_clear(&p);
	/* Not asked for: not looked at. */
	ck_assert_int_eq(bundle_plan(&p, &b, &node,
	    BUNDLE_UNIT(UNIT_CAPF), LATER, &e), ERR_OK);
	bundle_plan_clear(&p);
	cert_free(part.signer);
	part.signer = cert_ref(old);
	ck_assert_int_eq(bundle_plan(&p, &b, &node,
	    BUNDLE_UNIT(UNIT_CAPF), LATER, &e), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "the signer of cluster west"));
	bundle_plan_clear(&p);
	bundle_part_clear(&part);
	cert_free(old);
	cert_free(next);
}
END_TEST

/* Whatever a manifest calls it: an EC key signs no lists. */
START_TEST(no_signer)
{
	struct bundle_part part = theirs();
	struct bundle b = { .part = &part, .n = 1 };
	struct bundle_plan p;
	struct err e = { 0 };

	give(&part, UNIT_CALLMANAGER, own(UNIT_CALLMANAGER_ECDSA));
	ck_assert_int_eq(bundle_plan(&p, &b, &node, all(), LATER, &e),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "has a key of kind ec384"));
	bundle_plan_clear(&p);
	bundle_part_clear(&part);
}
END_TEST

START_TEST(own_part)
{
	struct bundle_part part[2] = { theirs(), theirs() };
	struct bundle b = { .part = part, .n = 1 };
	struct bundle_accept a;
	struct bundle_plan p;
	struct err e = { 0 };

	(void)str_copy(part[0].cluster.uuid, sizeof(part[0].cluster.uuid),
	    tc.cluster.uuid);
	give(&part[0], UNIT_ITLRECOVERY, own(UNIT_ITLRECOVERY));
	ck_assert_int_eq(bundle_plan(&p, &b, &node, all(), LATER, &e),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "only this cluster's own part"));
	bundle_plan_clear(&p);
	/* Beside theirs it is skipped. */
	give_all(&part[1]);
	b.n = 2;
	planned(&p, &b, LATER);
	ck_assert_uint_eq(p.n, 8);
	ck_assert_ptr_eq(p.ours, &part[0]);
	/* Who takes what: ours here lacks the signer of files. */
	ck_assert_int_eq(bundle_accept(&a, &p, &part[1], tc.db, &e), ERR_OK);
	ck_assert(a.ours_lists && a.ours_files && !a.carried);
	ck_assert(!a.theirs_lists && !a.theirs_files);
	give(&part[0], UNIT_CALLMANAGER, own(UNIT_CALLMANAGER));
	part[1].sast = calloc(1, sizeof(*part[1].sast));
	part[1].nsast = 1;
	cert_sha256(own(UNIT_ITLRECOVERY), part[1].sast[0]);
	ck_assert_int_eq(bundle_accept(&a, &p, &part[1], tc.db, &e), ERR_OK);
	ck_assert(a.carried && a.theirs_lists && !a.theirs_files);
	bundle_plan_clear(&p);
	bundle_part_clear(&part[0]);
	bundle_part_clear(&part[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bundle_move");
	TCase *c = tcase_create("bundle_move");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(c, setup_once, teardown_once);
	tcase_add_checked_fixture(c, setup, tc_close);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, exported);
	tcase_add_test(c, units_named);
	tcase_add_test(c, landed);
	tcase_add_test(c, returned);
	tcase_add_test(c, cut_leaves_nothing);
	tcase_add_test(c, older_left_out);
	tcase_add_test(c, dates);
	tcase_add_test(c, no_signer);
	tcase_add_test(c, own_part);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
