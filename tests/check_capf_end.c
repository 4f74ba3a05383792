/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What each step of a certificate operation does, and how it ends.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/capf_lab.h"
#include "trust/capf_revoke.h"
#include "trust/sealed.h"

#define NOW	500000
#define INSTALL	"certificate-operation=install-upgrade"

#define BY_STRING INSTALL " authentication-mode=by-authentication-string"

/* --- an installation --- */

START_TEST(install)
{
	struct cert *one = cl_cert(CL_A, 1, NULL, 0), *two = cl_cert(CL_A, 2,
	    NULL, 0);
	struct capf_owner o = cl_owner(CL_A);
	struct row_device_cert d;
	struct capf_progress p;
	struct row_phone phone;
	uint8_t ca[32];
	int64_t n;

	cl_phone(CL_A, BY_STRING " authentication-string=1234", 5);
	ck_assert(cl_is_set(CL_A, SETTING_OPERATION_BY));
	ck_assert_int_eq(cl_begin(CL_A, 77, "1234", NOW), ERR_OK);
	ck_assert_int_eq(cl_step(CL_A, 77, CAPF_STEP_KEY, NOW + 1), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 77, one, NOW + 2), ERR_OK);
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.step, CAPF_STEP_STORE);
	ck_assert_int_eq(p.tries, 1);
	ck_assert_int_eq(p.since, NOW);
	ck_assert_str_eq(p.address, "192.0.2.9");
	ck_assert_str_eq(p.operation, "install-upgrade");
	/* Sent is not stored. */
	ck_assert_int_eq(row_device_cert_current(cl.db, &o, DEVICE_LSC, &d,
	    &cl.e), ERR_NOTFOUND);
	ck_assert(cl_is_set(CL_A, SETTING_AUTH_STRING));

	ck_assert_int_eq(cl_end(CL_A, 77, CAPF_OP_INSTALL, one, NOW + 3),
	    ERR_OK);
	ck_assert_int_eq(row_device_cert_current(cl.db, &o, DEVICE_LSC, &d,
	    &cl.e), ERR_OK);
	cert_sha256(cl.ca, ca);
	ck_assert(d.has_issuer);
	ck_assert_mem_eq(d.issuer, ca, sizeof(ca));
	ck_assert_int_eq(d.stored_at, NOW + 3);
	ck_assert_int_eq(row_device_cert_count(cl.db, ca, &n, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(n, 1);
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert(!cl_is_set(CL_A, SETTING_OPERATION_BY));
	ck_assert(!cl_is_set(CL_A, SETTING_AUTH_STRING));
	cl_outcome(CL_A, CAPF_DONE, "");
	ck_assert_int_eq(row_phone_get(cl.db, CL_A, &phone, &cl.e), ERR_OK);
	ck_assert_int_eq(phone.changed_at, NOW + 3);
	ck_assert_int_eq(fix_i64(cl.observed, "SELECT count(*) FROM "
	    "capf_issued"), 0);
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM audit WHERE "
	    "account = 'capfd' AND command = 'capf done install-upgrade'"),
	    1);

	cl_phone(CL_A, INSTALL
	    " authentication-mode=by-null-string", NOW + 5);
	cl_install(CL_A, 78, two, NOW + 6);
	ck_assert_int_eq(cl_state_of(one), DEVICE_SUPERSEDED);
	ck_assert_int_eq(cl_state_of(two), DEVICE_CURRENT);
	cert_free(one);
	cert_free(two);
}
END_TEST

START_TEST(cut_connections)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	struct capf_end x = { .owner = cl_owner(CL_A), .op = CAPF_OP_INSTALL,
	    .why = "connection was cut" };
	struct capf_progress p;

	cl_phone(CL_A, INSTALL, 5);
	/* More often than any limit: it stays pending. */
	for (uint32_t i = 1; i < 9; i++) {
		x.session = i;
		x.now = NOW + 40 * i;
		ck_assert_int_eq(cl_begin(CL_A, i, "", x.now), ERR_OK);
		ck_assert_int_eq(cl_issued(CL_A, i, c, x.now), ERR_OK);
		ck_assert_int_eq(cl_end_with(&x), ERR_OK);
		ck_assert_int_eq(observed_capf_get(cl.observed, &x.owner, &p,
		    &cl.e), ERR_OK);
		ck_assert_int_eq(p.tries, i);
		ck_assert_int_eq(p.step, CAPF_STEP_NONE);
		ck_assert_str_eq(p.reason, "connection was cut");
		ck_assert_int_eq(p.next_at, i <= CAPF_RETRIES ? x.now +
		    CAPF_RETRY_S : 0);
	}
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	cl_install(CL_A, 9, c, NOW + 999);
	cert_free(c);
}
END_TEST

/* Who comes sooner than he is expected is served, but not counted. */
START_TEST(tries_within_the_wait)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, INSTALL, 5);
	for (uint32_t i = 0; i < 10; i++) {
		ck_assert_int_eq(cl_begin(CL_A, i + 1, "", NOW + i), ERR_OK);
		cl_answered(CAPF_GO, "");
	}
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.tries, 1);
}
END_TEST

START_TEST(phone_refuses)
{
	struct capf_end x = { .owner = cl_owner(CL_A), .op = CAPF_OP_INSTALL,
	    .refused = true, .why = "key generation failed" };

	cl_phone(CL_A, INSTALL, 5);
	for (uint32_t i = 1; i <= 3; i++) {
		ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
		x.session = i;
		x.now = NOW + 40 * i;
		ck_assert_int_eq(cl_begin(CL_A, i, "", x.now), ERR_OK);
		cl_answered(CAPF_GO, "");
		ck_assert_int_eq(cl_end_with(&x), ERR_OK);
	}
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
	cl_outcome(CL_A, CAPF_FAILED, "key generation failed");
}
END_TEST

START_TEST(two_sessions)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_step(CL_A, 1, CAPF_STEP_KEY, NOW),
	    ERR_BADSTATE);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, c, NOW),
	    ERR_BADSTATE);
	ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_INSTALL, c, NOW), ERR_OK);
	cert_free(c);
}
END_TEST

START_TEST(shared_keys)
{
	struct cert *a = cl_cert(CL_A, 1, NULL, 0), *b = cl_cert(CL_B, 1,
	    NULL, 0), *other = cl_cert(CL_B, 2, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	cl_phone(CL_B, INSTALL, 5);
	cl_install(CL_A, 1, a, NOW);
	ck_assert_int_eq(cl_begin(CL_B, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_B, 1, b, NOW), ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, CL_A));
	ck_assert_int_eq(cl_end(CL_B, 1, CAPF_OP_INSTALL, b, NOW),
	    ERR_EXISTS);
	ck_assert(cl_is_set(CL_B, SETTING_CERT_OPERATION));
	/* Its own old key again is its own matter. */
	cl_phone(CL_A, INSTALL, 6);
	cl_install(CL_A, 2, a, NOW + 1);
	/* A key in a request counts as well. */
	ck_assert_int_eq(cl_requested(CL_B, 1, other, NOW), ERR_OK);
	cl_phone(CL_A, INSTALL, 7);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 3, other, NOW), ERR_EXISTS);
	cert_free(a);
	cert_free(b);
	cert_free(other);
}
END_TEST

static int
body_own(struct db *db, void *arg, struct err *e)
{
	struct row_own o = { .unit = "CAPF", .node = "cm1",
	    .stage = OWN_RETIRED, .generation = 1 };

	(void)arg;
	cert_sha256(cl.ca, o.sha256);
	return row_own_put(db, &o, e);
}

/* Public keys are no secret: the phone cannot have made that one. */
START_TEST(key_of_ours)
{
	struct cert *c = cl_cert(CL_A, 0, NULL, 0);

	fix_tx(cl.db, body_own, NULL);
	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "CAPF certificate"));
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_EXISTS);
	cert_free(c);
}
END_TEST

START_TEST(whose_certificate)
{
	struct lab_spec spec = { .cn = "Stranger",
	    .basic = "critical,CA:TRUE" };
	struct cert *stranger = lab_issue(&spec, lab_key(5), NULL, NULL),
	    *theirs = cl_cert(CL_A, 1, stranger, 5), *forged = cl_cert(CL_A,
	    1, cl.ca, 5), *others = cl_cert(CL_B, 1, NULL, 0);
	const struct cert *bad[] = { theirs, forged, others };

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	for (size_t i = 0; i < 3; i++)
		ck_assert_msg(cl_end(CL_A, 1, CAPF_OP_INSTALL, bad[i], NOW)
		    == ERR_REFUSED, "%zu", i);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM device_cert"),
	    0);
	/* A CA is trusted for LSCs by CAPF-trust alone. */
	cl_trust("CallManager-trust", stranger);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, theirs, NOW),
	    ERR_REFUSED);
	cl_trust("CAPF-trust", stranger);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, theirs, NOW),
	    ERR_OK);
	cert_free(stranger);
	cert_free(theirs);
	cert_free(forged);
	cert_free(others);
}
END_TEST

/* Whose certificate was taken just before is not trusted for that. */
START_TEST(trust_taken_back)
{
	struct cert *a = cl_cert(CL_A, 1, NULL, 0), *b = cl_cert(CL_B, 2,
	    NULL, 0), *forged = cl_cert(CL_B, 2, cl.ca, 5);

	cl_phone(CL_A, INSTALL, 5);
	cl_phone(CL_B, INSTALL, 5);
	cl_install(CL_A, 1, a, NOW);
	ck_assert_int_eq(cl_begin(CL_B, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_end(CL_B, 1, CAPF_OP_INSTALL, forged, NOW),
	    ERR_REFUSED);
	cl_distrust("CAPF-trust", cl.ca);
	ck_assert_int_eq(cl_end(CL_B, 1, CAPF_OP_INSTALL, b, NOW),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "not trusted"));
	ck_assert(cl_is_set(CL_B, SETTING_CERT_OPERATION));
	cert_free(a);
	cert_free(b);
	cert_free(forged);
}
END_TEST

/* --- fetch, delete --- */

START_TEST(fetch_mic)
{
	struct lab_spec spec = { .cn = "Maker", .basic = "critical,CA:TRUE" };
	struct cert *maker = lab_issue(&spec, lab_key(5), NULL, NULL),
	    *mic = cl_cert("CP-8861-" CL_A, 1, maker, 5);
	struct capf_end x = { .owner = cl_owner(CL_A), .session = 1,
	    .op = CAPF_OP_FETCH, .ok = true, .mic = true, .now = LAB_NOW };
	struct row_device_cert d;

	x.der = cert_der(mic, &x.derlen);
	cl_phone(CL_A, "certificate-operation=troubleshoot", LAB_NOW);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", LAB_NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.op, CAPF_OP_FETCH);
	ck_assert_int_eq(cl_end_with(&x), ERR_REFUSED);
	cl_trust("CallManager-trust", maker);
	ck_assert_int_eq(cl_end_with(&x), ERR_OK);
	ck_assert_int_eq(row_device_cert_current(cl.db, &x.owner, DEVICE_MIC,
	    &d, &cl.e), ERR_OK);
	ck_assert_int_eq(row_device_cert_current(cl.db, &x.owner, DEVICE_LSC,
	    &d, &cl.e), ERR_NOTFOUND);
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
	cert_free(maker);
	cert_free(mic);
}
END_TEST

START_TEST(delete_lsc)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	cl_install(CL_A, 1, c, NOW);
	cl_phone(CL_A, "certificate-operation=delete", 6);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	ck_assert_int_eq(cl.task.op, CAPF_OP_DELETE);
	ck_assert_int_eq(cl_step(CL_A, 2, CAPF_STEP_DELETE, NOW), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_DELETE, NULL, NOW), ERR_OK);
	ck_assert_int_eq(cl_state_of(c), DEVICE_DELETED);
	cl_outcome(CL_A, CAPF_DONE, "");
	cert_free(c);
}
END_TEST

/* Something else was asked for while the phone was at it. */
START_TEST(asked_for_meanwhile)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	cl_phone(CL_A, "certificate-operation=delete", 6);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, c, NOW), ERR_OK);
	ck_assert_int_eq(cl_state_of(c), DEVICE_CURRENT);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	cert_free(c);
}
END_TEST

/* --- encrypted files --- */

START_TEST(implied)
{
	struct lab_spec spec = { .cn = CL_A };
	struct cert *c = lab_issue(&spec, lab_rsa("rsa1024"), cl.ca,
	    lab_key(0));

	cl_profile("p", "tftp-encrypted-config=yes");
	cl_phone(CL_A, "profile=p", 5);
	cl_install(CL_A, 1, c, NOW);
	cl_outcome(CL_A, CAPF_DONE, "");
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	cl_answered(CAPF_NOTHING, "");
	cert_free(c);
}
END_TEST

struct revoke {
	uint8_t			 sha256[32];
	struct row_device_cert	 was;
	bool			 changed;
};

static int
body_revoke(struct db *db, void *arg, struct err *e)
{
	struct revoke *r = arg;

	return capf_revoke(db, cl.observed, r->sha256, NOW, &r->was,
	    &r->changed, e);
}

/* Its files are to be encrypted, and nothing proves who comes: no other
 * certificate before somebody asks for it; from then on as before. */
START_TEST(revoked)
{
	struct lab_spec spec = { .cn = CL_A };
	struct cert *c = lab_issue(&spec, lab_rsa("rsa1024"), cl.ca,
	    lab_key(0));
	struct revoke r = { .changed = false };

	cert_sha256(c, r.sha256);
	cl_profile("p", "tftp-encrypted-config=yes");
	cl_phone(CL_A, "profile=p", 5);
	cl_install(CL_A, 1, c, NOW);
	fix_tx(cl.db, body_revoke, &r);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	cl_answered(CAPF_NOTHING, "nothing is pending");
	cl_phone(CL_A, INSTALL, NOW);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	cert_free(c);
}
END_TEST

/* --- CTI clients --- */

static int
body_cti(struct db *db, void *arg, struct err *e)
{
	return row_capf_profile_put(db, arg, e);
}

START_TEST(cti_client)
{
	struct row_capf_profile p = { .owner = { .kind = CAPF_USER,
	    .name = "jane", .instance = "1" },
	    .operation = "install-upgrade", .key_order = "rsa-only",
	    .rsa_bits = 3072, .ec_bits = 384, .completes_by = NOW + 9 };
	struct cert *c = cl_cert("jane.1", 1, NULL, 0);
	struct capf_end x = { .owner = p.owner, .session = 3,
	    .op = CAPF_OP_INSTALL, .ok = true, .now = NOW };

	ck_assert_int_eq(sealed_cti(cl.kr, &cl.rng, "user", "jane", "1",
	    "4711", &p.sealed, &p.len, &cl.e), ERR_OK);
	fix_tx(cl.db, body_cti, &p);
	ck_assert_int_eq(cl_begin("jane.1", 1, "4712", NOW), ERR_OK);
	cl_answered(CAPF_DECLINED, "wrong");
	ck_assert_int_eq(cl_begin("jane.1", 2, "4711", NOW + 9), ERR_OK);
	cl_answered(CAPF_NOTHING, "its time has passed");
	fix_tx(cl.db, body_cti, &p);
	free(p.sealed);
	ck_assert_int_eq(cl_begin("jane.1", 3, "4711", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.key, KEY_RSA3072);
	ck_assert_int_eq(cl.task.owner.kind, CAPF_USER);
	x.der = cert_der(c, &x.derlen);
	ck_assert_msg(cl_end_with(&x) == ERR_OK, "%s", cl.e.msg);
	ck_assert_int_eq(row_capf_profile_get(cl.db, &x.owner, &p, &cl.e),
	    ERR_OK);
	ck_assert_str_eq(p.operation, "no-pending-operation");
	ck_assert_ptr_null(p.sealed);
	ck_assert_int_eq(cl_state_of(c), DEVICE_CURRENT);
	row_capf_profile_clear(&p);
	cert_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_end");
	TCase *t = tcase_create("steps");

	tcase_add_checked_fixture(t, cl_open, cl_close);
	tcase_add_test(t, install);
	tcase_add_test(t, cut_connections);
	tcase_add_test(t, tries_within_the_wait);
	tcase_add_test(t, phone_refuses);
	tcase_add_test(t, two_sessions);
	tcase_add_test(t, shared_keys);
	tcase_add_test(t, key_of_ours);
	tcase_add_test(t, whose_certificate);
	tcase_add_test(t, trust_taken_back);
	tcase_add_test(t, fetch_mic);
	tcase_add_test(t, delete_lsc);
	tcase_add_test(t, asked_for_meanwhile);
	tcase_add_test(t, implied);
	tcase_add_test(t, revoked);
	tcase_add_test(t, cti_client);
	suite_add_tcase(s, t);
	return fix_run(s);
}
