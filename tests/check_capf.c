/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of certificate operations: who, what, and what each step does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/capf_lab.h"
#include "trust/device_key.h"
#include "trust/sealed.h"

#define NOW	500000
#define LATE	1000000		/* 1970-01-12T13:46:40Z */
#define INSTALL	"certificate-operation=install-upgrade"

/* --- owners --- */

static const struct {
	const char	*device;
	int		 ret;
	enum capf_kind	 kind;
	const char	*name, *instance;
} owners[] = {
	{ "SEP0011223344aa", ERR_OK, CAPF_PHONE, "SEP0011223344AA", "" },
	{ "CSFjane", ERR_OK, CAPF_PHONE, "CSFjane", "" },
	{ "jtapi.srv1", ERR_OK, CAPF_APPLICATION, "jtapi", "srv1" },
	{ "jane.doe.2", ERR_OK, CAPF_APPLICATION, "jane.doe", "2" },
	{ "jane.a-b", ERR_OK, CAPF_PHONE, "jane.a-b", "" },
	{ "", ERR_PROTO, CAPF_PHONE, "", "" },
	{ ".1", ERR_PROTO, CAPF_PHONE, "", "" },
	{ "1phone", ERR_PROTO, CAPF_PHONE, "", "" },
	{ "ja\nne.1", ERR_PROTO, CAPF_PHONE, "", "" },
	{ "SEP 001", ERR_PROTO, CAPF_PHONE, "", "" },
};

START_TEST(owner_of_name)
{
	struct capf_owner o;
	char text[300];
	struct err e = { 0 };

	ck_assert_int_eq(capf_owner_parse(&o, owners[_i].device, &e),
	    owners[_i].ret);
	if (owners[_i].ret != ERR_OK)
		return;
	ck_assert_int_eq(o.kind, owners[_i].kind);
	ck_assert_str_eq(o.name, owners[_i].name);
	ck_assert_str_eq(o.instance, owners[_i].instance);
	capf_owner_text(&o, text, sizeof(text));
	ck_assert_int_eq(strcasecmp(text, owners[_i].device), 0);
}
END_TEST

/* --- what is pending --- */

static const struct {
	const char		*set;		/* of the phone */
	const char		*profile;	/* of its profile, or NULL */
	bool			 has_key;
	int64_t			 now;
	enum capf_operation	 op;
	bool			 implied;
	enum capf_auth		 auth;
	enum key_type		 key, backup;
} pendings[] = {
	{ "", NULL, false, NOW, CAPF_OP_NONE, false, CAPF_AUTH_NONE,
	    KEY_RSA2048, KEY_RSA2048 },
	{ INSTALL, NULL, false, NOW, CAPF_OP_INSTALL, false, CAPF_AUTH_NULL,
	    KEY_RSA2048, KEY_RSA2048 },
	{ "certificate-operation=delete "
	    "authentication-mode=by-existing-certificate-precedence-to-lsc",
	    NULL, true, NOW, CAPF_OP_DELETE, false, CAPF_AUTH_LSC,
	    KEY_RSA2048, KEY_RSA2048 },
	{ "certificate-operation=troubleshoot "
	    "authentication-mode=by-existing-certificate-precedence-to-mic",
	    NULL, true, NOW, CAPF_OP_FETCH, false, CAPF_AUTH_MIC,
	    KEY_RSA2048, KEY_RSA2048 },
	{ INSTALL " authentication-mode=by-authentication-string "
	    "rsa-key-size=4096", NULL, false, NOW, CAPF_OP_INSTALL, false,
	    CAPF_AUTH_STRING, KEY_RSA4096, KEY_RSA4096 },
	{ INSTALL " key-order=ec-only ec-key-size=521", NULL, false, NOW,
	    CAPF_OP_INSTALL, false, CAPF_AUTH_NULL, KEY_EC521, KEY_EC521 },
	{ INSTALL " key-order=ec-preferred-rsa-backup", NULL, false, NOW,
	    CAPF_OP_INSTALL, false, CAPF_AUTH_NULL, KEY_EC384,
	    KEY_RSA2048 },
	/* Its time: the second before, and the one it ends with. */
	{ INSTALL " operation-completes-by=1970-01-12T13:46:40Z", NULL,
	    false, LATE - 1, CAPF_OP_INSTALL, false, CAPF_AUTH_NULL,
	    KEY_RSA2048, KEY_RSA2048 },
	{ INSTALL " operation-completes-by=1970-01-12T13:46:40Z", NULL,
	    false, LATE, CAPF_OP_NONE, false, CAPF_AUTH_NONE, KEY_RSA2048,
	    KEY_RSA2048 },
	/* Encrypted files without a key imply an installation... */
	{ "", "tftp-encrypted-config=yes", false, NOW, CAPF_OP_INSTALL, true,
	    CAPF_AUTH_NULL, KEY_RSA2048, KEY_RSA2048 },
	{ "", "tftp-encrypted-config=yes", true, NOW, CAPF_OP_NONE, false,
	    CAPF_AUTH_NONE, KEY_RSA2048, KEY_RSA2048 },
	/* ...of a key that helps (see also pending_ec_only)... */
	{ "", "tftp-encrypted-config=yes key-order=ec-preferred-rsa-backup",
	    false, NOW, CAPF_OP_INSTALL, true, CAPF_AUTH_NULL, KEY_RSA2048,
	    KEY_RSA2048 },
	/* ...unless the profile says that it waits. */
	{ "", "tftp-encrypted-config=yes secure-when-ready=yes", false, NOW,
	    CAPF_OP_NONE, false, CAPF_AUTH_NONE, KEY_RSA2048, KEY_RSA2048 },
	/* What is asked for comes before what is implied. */
	{ "certificate-operation=troubleshoot", "tftp-encrypted-config=yes",
	    false, NOW, CAPF_OP_FETCH, false, CAPF_AUTH_NULL, KEY_RSA2048,
	    KEY_RSA2048 },
};

START_TEST(pending)
{
	struct phone_effective x;
	struct capf_pending p;
	char set[256];

	if (pendings[_i].profile != NULL)
		cl_profile("p", pendings[_i].profile);
	(void)snprintf(set, sizeof(set), "%s%s%s", pendings[_i].set,
	    pendings[_i].set[0] != '\0' && pendings[_i].profile != NULL ?
	    " " : "", pendings[_i].profile != NULL ? "profile=p" : "");
	cl_phone(CL_A, set, 5);
	ck_assert_int_eq(phone_effective_load(&x, cl.db, NULL, CL_A, &cl.e),
	    ERR_OK);
	capf_pending(&x, pendings[_i].has_key, pendings[_i].now, &p);
	phone_effective_clear(&x);
	ck_assert_int_eq(p.op, pendings[_i].op);
	ck_assert_int_eq(p.implied, pendings[_i].implied);
	ck_assert_int_eq(p.auth, pendings[_i].auth);
	ck_assert_int_eq(p.key, pendings[_i].key);
	ck_assert_int_eq(p.backup, pendings[_i].backup);
}
END_TEST

/* Files cannot be encrypted for an EC key, so asking for one would never end.
 * No command leads there, as they ask whether the maker's key is known. */
START_TEST(pending_ec_only)
{
	struct phone_effective x;
	struct capf_pending p;

	cl_profile("p", "tftp-encrypted-config=yes");
	cl_phone(CL_A, "profile=p", 5);
	ck_assert_int_eq(phone_effective_load(&x, cl.db, NULL, CL_A, &cl.e),
	    ERR_OK);
	x.value[SETTING_KEY_ORDER] = "ec-only";
	capf_pending(&x, false, NOW, &p);
	phone_effective_clear(&x);
	ck_assert_int_eq(p.op, CAPF_OP_NONE);
	ck_assert(!p.implied);
	ck_assert_int_eq(p.auth, CAPF_AUTH_NONE);
	ck_assert_int_eq(p.key, KEY_EC384);
}
END_TEST

/* --- the beginning --- */

static void
answered(enum capf_answer a, const char *why)
{
	ck_assert_msg(cl.task.answer == a, "%d: %s", (int)cl.task.answer,
	    cl.task.why);
	ck_assert_msg(strstr(cl.task.why, why) != NULL, "%s", cl.task.why);
}

START_TEST(who_is_it)
{
	cl_phone(CL_A, "", 5);
	ck_assert_int_eq(cl_begin(CL_B, 1, "", NOW), ERR_OK);
	answered(CAPF_NO_DEVICE, CL_B);
	ck_assert_int_eq(cl_begin("no such", 1, "", NOW), ERR_OK);
	answered(CAPF_DECLINED, "element 13");
	ck_assert_int_eq(cl_begin("jtapi.srv1", 1, "", NOW), ERR_OK);
	answered(CAPF_NO_DEVICE, "");
	ck_assert_int_eq(cl_begin("sep000000000001", 1, "", NOW), ERR_OK);
	answered(CAPF_NOTHING, "nothing is pending");
	ck_assert_str_eq(cl.task.owner.name, CL_A);
}
END_TEST

START_TEST(phone_with_a_dot)
{
	cl_phone("soft.1", INSTALL, 5);
	ck_assert_int_eq(cl_begin("soft.1", 1, "", NOW), ERR_OK);
	answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.owner.kind, CAPF_PHONE);
	ck_assert_str_eq(cl.task.owner.name, "soft.1");
}
END_TEST

#define BY_STRING INSTALL " authentication-mode=by-authentication-string"

START_TEST(by_string)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "12345678", NOW), ERR_OK);
	answered(CAPF_DECLINED, "no authentication string is set");
	cl_phone(CL_A, "authentication-string=12345678", 6);
	for (int i = 2; i < 6; i++) {
		ck_assert_int_eq(cl_begin(CL_A, (uint32_t)i, i == 2 ?
		    "123456789" : i == 3 ? "1234567" : "12345679", NOW),
		    ERR_OK);
		answered(CAPF_DECLINED, "wrong authentication string");
	}
	/* None at all is no guess. */
	ck_assert_int_eq(cl_begin(CL_A, 7, "", NOW), ERR_OK);
	answered(CAPF_DECLINED, "sent no");
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.wrong, CAPF_WRONG_MAX - 1);
	ck_assert_int_eq(cl_begin(CL_A, 8, "12345678", NOW), ERR_OK);
	answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.op, CAPF_OP_INSTALL);
	ck_assert_int_eq(cl.task.key, KEY_RSA2048);
}
END_TEST

START_TEST(too_many_wrong)
{
	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	for (uint32_t i = 1; i <= CAPF_WRONG_MAX; i++)
		ck_assert_int_eq(cl_begin(CL_A, i, "0000", NOW), ERR_OK);
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
	ck_assert(!cl_is_set(CL_A, SETTING_OPERATION_BY));
	ck_assert(!cl_is_set(CL_A, SETTING_AUTH_STRING));
	cl_outcome(CL_A, CAPF_FAILED, "too many wrong");
	ck_assert_int_eq(cl_begin(CL_A, 9, "12345678", NOW), ERR_OK);
	answered(CAPF_NOTHING, "");
	/* Asked for again, it starts from nothing. */
	cl_phone(CL_A, INSTALL " authentication-string=12345678", NOW + 9);
	ck_assert_int_eq(cl_begin(CL_A, 10, "1111", NOW + 10), ERR_OK);
	answered(CAPF_DECLINED, "wrong");
	ck_assert_int_eq(cl_begin(CL_A, 11, "12345678", NOW + 10), ERR_OK);
	answered(CAPF_GO, "");
}
END_TEST

#define UNTIL " operation-completes-by=2030-01-01T00:00:00Z"

/* The same until the same day: what was counted before is over all the same. */
START_TEST(asked_again_alike)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING UNTIL " authentication-string=12345678", 6);
	for (uint32_t i = 1; i <= CAPF_WRONG_MAX; i++)
		ck_assert_int_eq(cl_begin(CL_A, i, "0000", NOW), ERR_OK);
	cl_outcome(CL_A, CAPF_FAILED, "too many wrong");
	cl_phone(CL_A, BY_STRING UNTIL " authentication-string=12345678",
	    NOW);
	for (uint32_t i = 1; i < CAPF_WRONG_MAX; i++) {
		/* Within the same second, too. */
		ck_assert_int_eq(cl_begin(CL_A, 10 + i, "1111", NOW + i / 3),
		    ERR_OK);
		answered(CAPF_DECLINED, "wrong");
		ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p,
		    &cl.e), ERR_OK);
		ck_assert_int_eq(p.wrong, i);
	}
	ck_assert_int_eq(cl_begin(CL_A, 20, "12345678", NOW + 1), ERR_OK);
	answered(CAPF_GO, "");
}
END_TEST

/* Who has not proved who he is takes no session from who has. */
START_TEST(stranger_meanwhile)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	ck_assert_int_eq(cl_begin(CL_A, 1, "12345678", NOW), ERR_OK);
	answered(CAPF_GO, "");
	ck_assert_int_eq(cl_step(CL_A, 1, CAPF_STEP_KEY, NOW), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW + 1), ERR_OK);
	answered(CAPF_DECLINED, "sent no");
	ck_assert_int_eq(cl_begin(CL_A, 3, "0000", NOW + 1), ERR_OK);
	answered(CAPF_DECLINED, "wrong");
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(p.step, CAPF_STEP_KEY);
	ck_assert_int_eq(p.wrong, 1);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW + 2), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, c, NOW + 3),
	    ERR_OK);
	cl_outcome(CL_A, CAPF_DONE, "");
	cert_free(c);
}
END_TEST

/* What was not proved goes no further, whatever an engine says. */
START_TEST(not_proved_goes_no_further)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	answered(CAPF_DECLINED, "sent no");
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_end(CL_A, 1, CAPF_OP_INSTALL, c, NOW),
	    ERR_BADSTATE);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	cert_free(c);
}
END_TEST

/* Nothing more is sent for what is not asked for any more. */
START_TEST(cancelled_meanwhile)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_step(CL_A, 1, CAPF_STEP_KEY, NOW), ERR_OK);
	cl_phone(CL_A, "certificate-operation=no-pending-operation "
	    "operation-completes-by=", 6);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_BADSTATE);
	cert_free(c);
}
END_TEST

/* observed.db is newer than phonetrust.db: no more guesses for that. */
START_TEST(wrong_ones_are_not_forgotten)
{
	struct capf_owner o = cl_owner(CL_A);
	struct capf_progress p;

	cl_phone(CL_A, BY_STRING " authentication-string=12345678", 6);
	ck_assert_int_eq(cl_begin(CL_A, 1, "0000", NOW), ERR_OK);
	ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p, &cl.e),
	    ERR_OK);
	(void)fix_i64(cl.observed, "UPDATE capf_progress SET wrong = 5 "
	    "RETURNING wrong");
	ck_assert_int_eq(cl_begin(CL_A, 2, "12345678", NOW), ERR_OK);
	answered(CAPF_DECLINED, "too many wrong");
	ck_assert(!cl_is_set(CL_A, SETTING_CERT_OPERATION));
}
END_TEST

static void
begin_by(uint32_t session, enum capf_proof proof, const struct cert *c)
{
	struct capf_hello h = { .device = CL_A, .session = session,
	    .address = "192.0.2.9", .proof = proof, .now = NOW };

	if (c != NULL)
		cert_sha256(c, h.sha256);
	ck_assert_int_eq(cl_begin_with(&h), ERR_OK);
}

START_TEST(by_certificate)
{
	struct cert *a = cl_cert(CL_A, 1, NULL, 0), *b = cl_cert(CL_B, 2,
	    NULL, 0), *next = cl_cert(CL_A, 3, NULL, 0), *lost = cl_cert(
	    CL_A, 4, NULL, 0);

	cl_phone(CL_A, INSTALL, 5);
	cl_install(CL_A, 1, a, NOW);
	cl_phone(CL_B, INSTALL, 5);
	cl_install(CL_B, 1, b, NOW);
	cl_phone(CL_A, INSTALL " authentication-mode="
	    "by-existing-certificate-precedence-to-lsc", 6);
	begin_by(2, CAPF_PROOF_NONE, NULL);
	answered(CAPF_DECLINED, "showed no certificate");
	ck_assert_int_eq(cl_begin_with(&(struct capf_hello){ .device = CL_A,
	    .session = 22, .address = "192.0.2.9", .now = NOW,
	    .unproved = "no CA issued it" }), ERR_OK);
	answered(CAPF_DECLINED, "no CA issued it");
	begin_by(3, CAPF_PROOF_LSC, b);
	answered(CAPF_DECLINED, "another's");
	begin_by(4, CAPF_PROOF_LSC, a);
	answered(CAPF_GO, "");
	/* Its "stored" was lost: we do not know it, the phone has it. */
	begin_by(5, CAPF_PROOF_LSC, lost);
	answered(CAPF_GO, "");
	begin_by(6, CAPF_PROOF_MIC, lost);
	answered(CAPF_GO, "");
	ck_assert_int_eq(cl_end(CL_A, 6, CAPF_OP_INSTALL, next, NOW),
	    ERR_OK);
	cl_phone(CL_A, INSTALL, 7);
	begin_by(7, CAPF_PROOF_LSC, a);
	answered(CAPF_DECLINED, "superseded");
	cert_free(a);
	cert_free(b);
	cert_free(next);
	cert_free(lost);
}
END_TEST

/* --- an installation --- */

static enum device_cert_state
state_of(const struct cert *c)
{
	struct row_device_cert d;
	uint8_t sha[32];

	cert_sha256(c, sha);
	ck_assert_msg(row_device_cert_by_sha256(cl.db, sha, &d, &cl.e) ==
	    ERR_OK, "%s", cl.e.msg);
	return d.state;
}

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
	ck_assert_int_eq(state_of(one), DEVICE_SUPERSEDED);
	ck_assert_int_eq(state_of(two), DEVICE_CURRENT);
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
		answered(CAPF_GO, "");
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
		answered(CAPF_GO, "");
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

/* --- fetch, delete --- */

START_TEST(fetch_mic)
{
	struct lab_spec spec = { .cn = "Maker", .basic = "critical,CA:TRUE" };
	struct cert *maker = lab_issue(&spec, lab_key(5), NULL, NULL),
	    *mic = cl_cert("CP-8861-" CL_A, 1, maker, 5);
	struct capf_end x = { .owner = cl_owner(CL_A), .session = 1,
	    .op = CAPF_OP_FETCH, .ok = true, .mic = true, .now = NOW };
	struct row_device_cert d;

	x.der = cert_der(mic, &x.derlen);
	cl_phone(CL_A, "certificate-operation=troubleshoot", 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	answered(CAPF_GO, "");
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
	ck_assert_int_eq(state_of(c), DEVICE_DELETED);
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
	ck_assert_int_eq(state_of(c), DEVICE_CURRENT);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	cert_free(c);
}
END_TEST

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
	answered(CAPF_NOTHING, "not answered");
	ck_assert_int_eq(observed_capf_get(cl.observed, &no.owner, &p,
	    &cl.e), ERR_OK);
	ck_assert_int_eq(p.step, CAPF_STEP_CA);
	fix_tx(cl.db, body_answer, arg);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW), ERR_OK);
	answered(CAPF_GO, "");
	ck_assert_ptr_nonnull(cl.task.ready);
	/* Cut while it is stored: it is ready the next time too. */
	ck_assert_int_eq(cl_begin(CL_A, 4, "", NOW), ERR_OK);
	ck_assert_ptr_nonnull(cl.task.ready);
	/* It has lost the key: a new one next time. */
	ck_assert_int_eq(cl_end_with(&no), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 5, "", NOW), ERR_OK);
	answered(CAPF_GO, "");
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

START_TEST(ca_refuses)
{
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);
	void *arg[] = { NULL };

	cl_phone(CL_A, INSTALL, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW), ERR_OK);
	fix_tx(cl.db, body_answer, arg);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	answered(CAPF_DECLINED, "refused");
	cl_outcome(CL_A, CAPF_FAILED, "not ours");
	/* Asked for again, a new request is made. */
	cl_phone(CL_A, INSTALL, 9);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW), ERR_OK);
	answered(CAPF_GO, "");
	/* Who knows of it at once need not wait for the phone. */
	ck_assert_int_eq(cl_fail(CL_A, "not this one", NOW), ERR_OK);
	cl_outcome(CL_A, CAPF_FAILED, "not this one");
	ck_assert_int_eq(cl_fail(CL_A, "again", NOW), ERR_OK);
	cl_outcome(CL_A, CAPF_FAILED, "not this one");
	ck_assert_int_eq(cl_fail(CL_B, "nobody", NOW), ERR_OK);
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
	answered(CAPF_NOTHING, "");
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
	answered(CAPF_DECLINED, "wrong");
	ck_assert_int_eq(cl_begin("jane.1", 2, "4711", NOW + 9), ERR_OK);
	answered(CAPF_NOTHING, "its time has passed");
	fix_tx(cl.db, body_cti, &p);
	free(p.sealed);
	ck_assert_int_eq(cl_begin("jane.1", 3, "4711", NOW), ERR_OK);
	answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.key, KEY_RSA3072);
	ck_assert_int_eq(cl.task.owner.kind, CAPF_USER);
	x.der = cert_der(c, &x.derlen);
	ck_assert_msg(cl_end_with(&x) == ERR_OK, "%s", cl.e.msg);
	ck_assert_int_eq(row_capf_profile_get(cl.db, &x.owner, &p, &cl.e),
	    ERR_OK);
	ck_assert_str_eq(p.operation, "no-pending-operation");
	ck_assert_ptr_null(p.sealed);
	ck_assert_int_eq(state_of(c), DEVICE_CURRENT);
	row_capf_profile_clear(&p);
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
	answered(CAPF_NOTHING, "passed");
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
	Suite *s = suite_create("capf");
	TCase *t = tcase_create("steps");

	tcase_add_checked_fixture(t, cl_open, cl_close);
	tcase_add_loop_test(t, owner_of_name, 0,
	    (int)(sizeof(owners) / sizeof(owners[0])));
	tcase_add_loop_test(t, pending, 0,
	    (int)(sizeof(pendings) / sizeof(pendings[0])));
	tcase_add_test(t, pending_ec_only);
	tcase_add_test(t, who_is_it);
	tcase_add_test(t, phone_with_a_dot);
	tcase_add_test(t, by_string);
	tcase_add_test(t, too_many_wrong);
	tcase_add_test(t, asked_again_alike);
	tcase_add_test(t, stranger_meanwhile);
	tcase_add_test(t, not_proved_goes_no_further);
	tcase_add_test(t, cancelled_meanwhile);
	tcase_add_test(t, wrong_ones_are_not_forgotten);
	tcase_add_test(t, by_certificate);
	tcase_add_test(t, install);
	tcase_add_test(t, cut_connections);
	tcase_add_test(t, tries_within_the_wait);
	tcase_add_test(t, phone_refuses);
	tcase_add_test(t, two_sessions);
	tcase_add_test(t, shared_keys);
	tcase_add_test(t, whose_certificate);
	tcase_add_test(t, fetch_mic);
	tcase_add_test(t, delete_lsc);
	tcase_add_test(t, asked_for_meanwhile);
	tcase_add_test(t, ca_elsewhere);
	tcase_add_test(t, ca_refuses);
	tcase_add_test(t, implied);
	tcase_add_test(t, cti_client);
	tcase_add_test(t, expiry);
	tcase_add_test(t, stale);
	suite_add_tcase(s, t);
	return fix_run(s);
}
