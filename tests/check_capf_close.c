/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What becomes of certificate operations without the phone: a CA elsewhere,
 * their time, certificates that were sent and never confirmed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "tests/capf_lab.h"

#define NOW	500000
#define LATE	1000000		/* 1970-01-12T13:46:40Z */
#define INSTALL	"certificate-operation=install-upgrade"

/* --- a CA elsewhere --- */

static int
body_answer(struct db *db, void *arg, struct err *e)
{
	const struct cert *c = ((void **)arg)[0];
	struct capf_owner o = cl_owner(CL_A);
	struct row_capf_csr r;
	size_t len;
	const uint8_t *der;
	int ret;

	if ((ret = row_capf_csr_get(db, &o, &r, e)) != ERR_OK)
		return ret;
	r.state = c != NULL ? CAPF_CSR_ISSUED : CAPF_CSR_REFUSED;
	(void)str_copy(r.note, sizeof(r.note), c == NULL ? "not ours" : "");
	if (c != NULL) {
		der = cert_der(c, &len);
		ck_assert_ptr_nonnull(r.cert = malloc(len));
		memcpy(r.cert, der, len);
		r.certlen = len;
	}
	ret = row_capf_csr_put(db, &r, e);
	row_capf_csr_clear(&r);
	return ret;
}

START_TEST(ca_elsewhere)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	struct capf_end no = { .owner = cl_owner(CL_A), .session = 4,
	    .op = CAPF_OP_INSTALL, .refused = true, .why = "no such key",
	    .now = NOW };
	struct capf_progress p;
	void *arg[] = { c };

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	cl_answered(CAPF_NOTHING, "not answered");
	ck_assert_int_eq(observed_capf_get(cl.observed, &no.owner, &p,
	    &cl.e), ERR_OK);
	ck_assert_int_eq(p.step, CAPF_STEP_CA);
	fix_tx(cl.db, body_answer, arg);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_ptr_nonnull(cl.task.ready);
	/* Cut while it is stored: it is ready the next time too. */
	ck_assert_int_eq(cl_begin(CL_A, 4, "", NOW), ERR_OK);
	ck_assert_ptr_nonnull(cl.task.ready);
	/* It has lost the key: a new one next time. */
	ck_assert_int_eq(cl_end_with(&no), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 5, "", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_ptr_null(cl.task.ready);
	ck_assert_int_eq(cl_requested(CL_A, 5, c, NOW), ERR_OK);
	fix_tx(cl.db, body_answer, arg);
	ck_assert_int_eq(cl_begin(CL_A, 6, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 6, c, NOW), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, 6, CAPF_OP_INSTALL, c, NOW), ERR_OK);
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM capf_csr"), 0);
	cert_free(c);
}
END_TEST

/* The phone came after its certificate had ended: it gets another. */
START_TEST(ended_meanwhile)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	int64_t ends = cert_not_after(c);
	void *arg[] = { c };

	cl_phone(CL_A, INSTALL " operation-completes-by=2040-01-01T00:00:00Z",
	    5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_OK);
	fix_tx(cl.db, body_answer, arg);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", ends), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_ptr_nonnull(cl.task.ready);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", ends + 1), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_ptr_null(cl.task.ready);
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM capf_csr"), 0);
	cert_free(c);
}
END_TEST

START_TEST(ca_refuses)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	void *arg[] = { NULL };

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_OK);
	fix_tx(cl.db, body_answer, arg);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	cl_answered(CAPF_DECLINED, "refused");
	cl_outcome(CL_A, CAPF_FAILED, "not ours");
	/* Asked for again, a new request is made. */
	cl_phone(CL_A, INSTALL, 9);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	/* Who knows of it at once need not wait for the phone. */
	ck_assert_int_eq(cl_fail(CL_A, "not this one", NOW), ERR_OK);
	cl_outcome(CL_A, CAPF_FAILED, "not this one");
	ck_assert_int_eq(cl_fail(CL_A, "again", NOW), ERR_OK);
	cl_outcome(CL_A, CAPF_FAILED, "not this one");
	ck_assert_int_eq(cl_fail(CL_B, "nobody", NOW), ERR_OK);
	cert_free(c);
}
END_TEST

static int
body_offline(struct db *db, void *arg, struct err *e)
{
	bool changed;

	(void)arg;
	return param_set(db, param_find("capf.issuer"), "", "offline", NOW,
	    &changed, e);
}

/* What was imported will not do; another one may come for the same key. */
START_TEST(offline_refused)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	void *bad[] = { NULL }, *good[] = { c };

	fix_tx(cl.db, body_offline, NULL);
	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_OK);
	fix_tx(cl.db, body_answer, bad);
	for (uint32_t session = 2; session < 4; session++) {
		ck_assert_int_eq(cl_begin(CL_A, session, "", NOW), ERR_OK);
		cl_answered(CAPF_NOTHING, "utils capf csr list");
	}
	/* However it came to be refused. */
	ck_assert_int_eq(cl_fail(CL_A, "not ours", NOW), ERR_OK);
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM capf_csr"), 1);
	fix_tx(cl.db, body_answer, good);
	ck_assert_int_eq(cl_begin(CL_A, 4, "", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_ptr_nonnull(cl.task.ready);
	cert_free(c);
}
END_TEST

/* --- time --- */

static int
body_remove(struct db *db, void *arg, struct err *e)
{
	return phone_remove(db, arg, e);
}

START_TEST(expiry)
{
	struct capf_owner o = cl_owner(CL_B);
	struct capf_progress p;
	int64_t n;

	cl_phone(CL_A, INSTALL " operation-completes-by=1970-01-12T13:46:40Z",
	    5);
	cl_phone(CL_B, INSTALL, 5);
	ck_assert_int_eq(cl_expire(LATE - 1, &n), ERR_OK);
	ck_assert_int_eq(n, 1);		/* B: ten days after second 5 */
	cl_outcome(CL_B, CAPF_EXPIRED, "time");
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert_int_eq(cl_expire(LATE, &n), ERR_OK);
	ck_assert_int_eq(n, 1);
	cl_outcome(CL_A, CAPF_EXPIRED, "time");
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert_int_eq(cl_expire(LATE, &n), ERR_OK);
	ck_assert_int_eq(n, 0);
	/* The phone itself finds out as well. */
	cl_phone(CL_A, INSTALL " operation-completes-by=1970-01-12T13:46:40Z",
	    5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", LATE), ERR_OK);
	cl_answered(CAPF_NOTHING, "passed");
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));

	/* What is left of who is gone. */
	cl_phone(CL_B, INSTALL, LATE);
	ck_assert_int_eq(cl_begin(CL_B, 2, "", LATE), ERR_OK);
	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_B);
	ck_assert_int_eq(cl_expire(LATE, &n), ERR_OK);
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_NOTFOUND);
}
END_TEST

static int
count_one(void *arg, const struct capf_issued *i, struct err *e)
{
	(void)i;
	(void)e;
	++*(int *)arg;
	return ERR_OK;
}

static int
stale_at(int64_t now)
{
	int n = 0;

	ck_assert_int_eq(capf_stale_each(cl.db, cl.observed, now, count_one,
	    &n, &cl.e), ERR_OK);
	return n;
}

static int
body_clear(struct db *db, void *arg, struct err *e)
{
	int64_t *n = arg;

	return capf_stale_remove(cl.db, db, NOW + 999, NULL, n, e);
}

START_TEST(stale)
{
	struct cert *a = cl_cert(CL_A, 1, NULL, 0), *b = cl_cert(CL_A, 2,
	    NULL, 0);
	int64_t n;

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, a, NOW), ERR_OK);
	ck_assert_int_eq(stale_at(NOW + 1), 0);
	/* The session died, or another one began. */
	ck_assert_int_eq(stale_at(NOW + CAPF_STORE_S), 1);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW + 2), ERR_OK);
	ck_assert_int_eq(stale_at(NOW + 2), 1);
	ck_assert_int_eq(cl_issued(CL_A, 2, b, NOW + 3), ERR_OK);
	ck_assert_int_eq(stale_at(NOW + 3), 1);
	fix_tx(cl.observed, body_clear, &n);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(stale_at(NOW + 999), 0);
	/* They count for nothing, though a dead session should say so yet. */
	ck_assert_int_eq(cl_state_of(a), DEVICE_DELETED);
	ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_INSTALL, b, NOW + 4),
	    ERR_REFUSED);
	cert_free(b);
	b = cl_cert(CL_A, 3, NULL, 0);
	/* Confirmed, but observed.db was put back. */
	ck_assert_int_eq(cl_issued(CL_A, 2, b, NOW + 3), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_INSTALL, b, NOW + 4),
	    ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW + 5), ERR_OK);
	ck_assert_int_eq(stale_at(NOW + 999), 0);
	cert_free(a);
	cert_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_close");
	TCase *t = tcase_create("steps");

	tcase_add_checked_fixture(t, cl_open, cl_close);
	tcase_add_test(t, ca_elsewhere);
	tcase_add_test(t, ended_meanwhile);
	tcase_add_test(t, ca_refuses);
	tcase_add_test(t, offline_refused);
	tcase_add_test(t, expiry);
	tcase_add_test(t, stale);
	suite_add_tcase(s, t);
	return fix_run(s);
}
