/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones that come to CAPF while nothing is asked of them.
 */
#include <stdio.h>

#include "base/str.h"
#include "tests/capf_lab.h"
#include "trust/capf_unasked.h"

#define NOW	500000

static struct cert *its;	/* LSC of CL_A */

static void
set_up(void)
{
	struct lab_spec spec = { .cn = CL_A };

	cl_open();
	cl_profile("p", "tftp-encrypted-config=yes");
	cl_phone(CL_A, "profile=p", NOW);
	its = lab_issue(&spec, lab_rsa("rsa1024"), cl.ca, lab_key(0));
	cl_install(CL_A, 1, its, NOW);
}

static void
tear_down(void)
{
	cert_free(its);
	cl_close();
}

/* Who shows no certificate. */
static void
visit(const char *name, uint32_t session, const char *address, int64_t now)
{
	struct capf_hello h = { .session = session, .now = now };

	(void)str_copy(h.device, sizeof(h.device), name);
	(void)str_copy(h.address, sizeof(h.address), address);
	ck_assert_msg(cl_begin_with(&h) == ERR_OK, "%s", cl.e.msg);
	cl_answered(CAPF_NOTHING, "");
}

static void
visit_with(const struct cert *c, const char *unproved, int64_t now)
{
	struct capf_hello h = { .device = CL_A, .session = 40,
	    .address = "192.0.2.9", .proof = CAPF_PROOF_LSC, .now = now };

	cert_sha256(c, h.sha256);
	(void)str_copy(h.unproved, sizeof(h.unproved), unproved);
	ck_assert_msg(cl_begin_with(&h) == ERR_OK, "%s", cl.e.msg);
}

static struct capf_unasked
kept(const char *name)
{
	struct capf_unasked u;
	struct err e = { 0 };

	ck_assert_msg(observed_unasked_get(cl.observed, name, &u, &e) ==
	    ERR_OK, "%s", e.msg);
	return u;
}

static int64_t
shown(void)
{
	struct err e = { 0 };
	int64_t n = -1;

	ck_assert_msg(capf_unasked_count(cl.db, cl.observed, NOW + 100, &n,
	    &e) == ERR_OK, "%s", e.msg);
	return n;
}

START_TEST(lost_its_key)
{
	struct capf_unasked u;

	ck_assert_int_eq(shown(), 0);
	visit(CL_A, 2, "192.0.2.1", NOW + 1);
	visit(CL_A, 3, "192.0.2.2", NOW + 2);
	u = kept(CL_A);
	ck_assert_str_eq(u.phone, CL_A);
	ck_assert_int_eq(u.visits, 2);
	ck_assert_str_eq(u.address, "192.0.2.2");
	ck_assert_int_eq(u.since, NOW + 1);
	ck_assert_int_eq(u.at, NOW + 2);
	ck_assert_int_eq(shown(), 1);
}
END_TEST

/* The log says it as well. */
START_TEST(said)
{
	visit(CL_A, 2, "192.0.2.1", NOW + 1);
	cl_answered(CAPF_NOTHING, "lost its key");
}
END_TEST

/* Names that nobody is locked out under take no room. */
START_TEST(of_others)
{
	cl_phone(CL_B, "", NOW);
	visit(CL_B, 2, "192.0.2.1", NOW + 1);
	ck_assert_int_eq(kept(CL_B).visits, 0);
	ck_assert_int_eq(shown(), 0);
}
END_TEST

/* Asked for, it is not unasked any more; done, it is over. */
START_TEST(cured)
{
	struct cert *c = cl_cert(CL_A, 2, NULL, 0);

	visit(CL_A, 2, "192.0.2.1", NOW + 1);
	cl_phone(CL_A, "certificate-operation=install-upgrade", NOW + 2);
	ck_assert_int_eq(shown(), 0);
	ck_assert_int_eq(kept(CL_A).visits, 1);
	cl_install(CL_A, 3, c, NOW + 3);
	ck_assert_int_eq(kept(CL_A).visits, 0);
	cert_free(c);
}
END_TEST

static int
put_old(struct db *db, void *arg, struct err *e)
{
	return observed_unasked_put(db, arg, e);
}

/* Where another node did that, this one still has its row. */
START_TEST(cured_elsewhere)
{
	struct capf_unasked u = { .phone = CL_A, .visits = 3, .since = 1,
	    .at = NOW - 1 };

	fix_tx(cl.observed, put_old, &u);
	ck_assert_int_eq(shown(), 0);
}
END_TEST

/* Who shows the key has it; a copy of the certificate is no key. */
START_TEST(has_it)
{
	struct cert *another = cl_cert(CL_A, 2, NULL, 0);

	visit(CL_A, 2, "192.0.2.1", NOW + 1);
	visit_with(its, "signed with SHA-1 alone", NOW + 2);
	ck_assert_int_eq(kept(CL_A).visits, 2);
	visit_with(another, "", NOW + 3);
	ck_assert_int_eq(kept(CL_A).visits, 3);
	visit_with(its, "", NOW + 4);
	ck_assert_int_eq(kept(CL_A).visits, 0);
	cert_free(another);
}
END_TEST

static int
remove_phone(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return row_phone_remove(db, CL_A, e);
}

START_TEST(removed)
{
	int64_t n;

	visit(CL_A, 2, "192.0.2.1", NOW + 1);
	fix_tx(cl.db, remove_phone, NULL);
	ck_assert_int_eq(shown(), 0);
	ck_assert_int_eq(cl_expire(NOW + 5, &n), ERR_OK);
	ck_assert_int_eq(kept(CL_A).visits, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_unasked");
	TCase *t = tcase_create("unasked");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, lost_its_key);
	tcase_add_test(t, said);
	tcase_add_test(t, of_others);
	tcase_add_test(t, cured);
	tcase_add_test(t, cured_elsewhere);
	tcase_add_test(t, has_it);
	tcase_add_test(t, removed);
	suite_add_tcase(s, t);
	return fix_run(s);
}
