/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a certificate of a phone is good for, by what is known about it: as
 * proof, as the current one, and while a session is under way.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/capf_lab.h"
#include "trust/capf_revoke.h"
#include "trust/device_key.h"
#include "trust/own_capf.h"

#define NOW	LAB_NOW
#define CANCEL	"certificate-operation=no-pending-operation " \
		"operation-completes-by="
#define INSTALL	"certificate-operation=install-upgrade "
#define FETCH	"certificate-operation=troubleshoot "
#define DELETE	"certificate-operation=delete "
#define BY_NULL	"authentication-mode=by-null-string"
#define BY_STRING "authentication-mode=by-authentication-string " \
		"authentication-string=12345678"
#define BY_LSC	"authentication-mode=" \
		"by-existing-certificate-precedence-to-lsc"
#define BY_MIC	"authentication-mode=" \
		"by-existing-certificate-precedence-to-mic"

static struct cert *a, *b, *other_ca;

/* a is CL_A's, b another one for it, both by the CA of the lab; other_ca is in
 * CAPF-trust. */
static void
set_up(void)
{
	struct lab_spec ca = { .cn = "CAPF before", .basic =
	    "critical,CA:TRUE,pathlen:0", .usage = "critical,keyCertSign" };

	cl_open();
	a = cl_cert(CL_A, 1, NULL, 0);
	b = cl_cert(CL_A, 2, NULL, 0);
	other_ca = lab_issue(&ca, lab_key(6), NULL, NULL);
	cl_trust("CAPF-trust", other_ca);
	cl_phone(CL_A, INSTALL BY_NULL, NOW - 100);
}

static void
tear_down(void)
{
	cert_free(a);
	cert_free(b);
	cert_free(other_ca);
	cl_close();
}

static int
body_own(struct db *db, void *arg, struct err *e)
{
	struct row_trust t;
	uint8_t sha[32];
	int ret;

	(void)arg;
	cert_sha256(cl.ca, sha);
	if ((ret = row_trust_get(db, "CAPF-trust", sha, &t, e)) != ERR_OK)
		return ret;
	(void)strcpy(t.origin, OWN_CAPF_ORIGIN);
	return row_trust_put(db, &t, e);
}

/* The CA of the lab is a CAPF of this cluster, which was renewed. */
static void
own_capf(void)
{
	uint8_t sha[32];
	bool made;

	fix_tx(cl.db, body_own, NULL);
	cert_sha256(cl.ca, sha);
	ck_assert_int_eq(own_capf_made(cl.db, sha, &made, &cl.e), ERR_OK);
	ck_assert(made);
	cert_sha256(other_ca, sha);
	ck_assert_int_eq(own_capf_made(cl.db, sha, &made, &cl.e), ERR_OK);
	ck_assert(!made);
}

static void
shows_as(uint32_t session, const struct cert *c, enum capf_proof proof,
    bool own_ca, bool expired)
{
	struct capf_hello h = { .device = CL_A, .session = session,
	    .address = "192.0.2.9", .proof = proof, .own_ca = own_ca,
	    .expired = expired, .now = NOW };

	cert_sha256(c, h.sha256);
	ck_assert_msg(cl_begin_with(&h) == ERR_OK, "%s", cl.e.msg);
}

static void
shows(uint32_t session, const struct cert *c)
{
	shows_as(session, c, CAPF_PROOF_LSC, true, false);
}

struct revoke {
	const struct cert	*cert;
	struct row_device_cert	 was;
	bool			 changed;
	int			 ret;
};

static int
body_revoke(struct db *db, void *arg, struct err *e)
{
	struct revoke *r = arg;
	uint8_t sha[32];

	cert_sha256(r->cert, sha);
	r->ret = capf_revoke(db, cl.observed, sha, NOW, &r->was, &r->changed,
	    e);
	return ERR_OK;
}

static void
revoke(const struct cert *c)
{
	struct revoke r = { .cert = c };

	fix_tx(cl.db, body_revoke, &r);
	ck_assert_int_eq(r.ret, ERR_OK);
	ck_assert(r.changed);
}

static int
body_stale(struct db *db, void *arg, struct err *e)
{
	return capf_stale_remove(cl.db, db, NOW + CAPF_STORE_S + 1, NULL,
	    arg, e);
}

static void
remove_stale(int64_t want)
{
	int64_t n;

	fix_tx(cl.observed, body_stale, &n);
	ck_assert_int_eq(n, want);
}

static int
body_remove(struct db *db, void *arg, struct err *e)
{
	return phone_remove(db, arg, e);
}

static bool
has_row(const struct cert *c)
{
	struct row_device_cert d;
	uint8_t sha[32];

	cert_sha256(c, sha);
	return row_device_cert_by_sha256(cl.db, sha, &d, NULL) == ERR_OK;
}

static int
body_cancel(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return row_secret_remove(db, CL_A, "authentication-string", e);
}

/* As utils capf cancel does. */
static void
cancel(void)
{
	fix_tx(cl.db, body_cancel, NULL);
	cl_phone(CL_A, CANCEL, NOW);
}

/* Sent, and nothing more was heard. */
static void
sent(uint32_t session, const struct cert *c, const char *string)
{
	ck_assert_int_eq(cl_begin(CL_A, session, string, NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl_issued(CL_A, session, c, NOW), ERR_OK);
}

/* --- fetched --- */

static int
fetched(uint32_t session, const char *how, const char *string,
    const struct cert *c, bool mic)
{
	struct capf_end x = { .owner = cl_owner(CL_A), .session = session,
	    .op = CAPF_OP_FETCH, .ok = true, .mic = mic, .now = NOW };

	cancel();
	cl_phone(CL_A, how, NOW);
	ck_assert_int_eq(cl_begin(CL_A, session, string, NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	x.der = cert_der(c, &x.derlen);
	return cl_end_with(&x);
}

static void
refused(const char *why)
{
	ck_assert_msg(strstr(cl.e.msg, why) != NULL, "%s", cl.e.msg);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
}

static const enum device_cert_state past[] = { DEVICE_REVOKED,
	DEVICE_DELETED, DEVICE_SUPERSEDED };

/* Its certificate is public: whoever gives it proves nothing, and what has
 * ended stays so. */
START_TEST(past_ones_stay_past)
{
	const char *how[] = { FETCH BY_NULL, FETCH BY_STRING };

	cl_install(CL_A, 1, a, NOW);
	switch (past[_i]) {
	case DEVICE_REVOKED:
		revoke(a);
		break;
	case DEVICE_DELETED:
		cl_phone(CL_A, DELETE, NOW);
		ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
		ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_DELETE, NULL, NOW),
		    ERR_OK);
		break;
	default:
		cl_phone(CL_A, INSTALL, NOW);
		cl_install(CL_A, 2, b, NOW);
	}
	for (uint32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(fetched(10 + i, how[i], "12345678", a,
		    false), ERR_REFUSED);
		refused(device_cert_state_name[past[_i]]);
		ck_assert_int_eq(cl_state_of(a), past[_i]);
	}
	if (past[_i] == DEVICE_SUPERSEDED)
		ck_assert_int_eq(cl_state_of(b), DEVICE_CURRENT);
	/* Nor is it stored again. */
	cancel();
	cl_phone(CL_A, INSTALL BY_NULL, NOW);
	ck_assert_int_eq(cl_begin(CL_A, 20, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_end(CL_A, 20, CAPF_OP_INSTALL, a, NOW),
	    ERR_REFUSED);
}
END_TEST

START_TEST(current_one_again)
{
	cl_install(CL_A, 1, a, NOW);
	ck_assert_int_eq(fetched(2, FETCH BY_NULL, "", a, false), ERR_OK);
	ck_assert_int_eq(cl_state_of(a), DEVICE_CURRENT);
	cl_outcome(CL_A, CAPF_DONE, "");
}
END_TEST

/* Of our own we know those that were stored; of others those come along. */
START_TEST(unknown_ones)
{
	struct lab_spec spec = { .cn = CL_A, .from_days = -700,
	    .to_days = 100 };
	struct cert *before = cl_cert(CL_A, 3, other_ca, 6), *old;

	own_capf();
	ck_assert_int_eq(fetched(1, FETCH BY_STRING, "12345678", a, false),
	    ERR_REFUSED);
	refused("this cluster's CAPF");
	ck_assert_int_eq(fetched(2, FETCH BY_NULL, "", before, false),
	    ERR_OK);
	ck_assert_int_eq(cl_state_of(before), DEVICE_CURRENT);
	/* From before that one: no step back. */
	old = lab_issue(&spec, lab_key(4), other_ca, lab_key(6));
	ck_assert_int_eq(fetched(3, FETCH BY_NULL, "", old, false),
	    ERR_REFUSED);
	refused("older than its current");
	ck_assert_int_eq(cl_state_of(before), DEVICE_CURRENT);
	cert_free(old);
	cert_free(before);
}
END_TEST

/* Sent and never confirmed: somebody has proved who he is, at the one end or
 * the other. */
START_TEST(sent_ones)
{
	own_capf();
	sent(1, a, "");
	ck_assert_int_eq(fetched(2, FETCH BY_NULL, "", a, false),
	    ERR_REFUSED);
	refused("never confirmed");
	ck_assert(!has_row(a));
	ck_assert_msg(fetched(3, FETCH BY_STRING, "12345678", a, false) ==
	    ERR_OK, "%s", cl.e.msg);
	ck_assert_int_eq(cl_state_of(a), DEVICE_CURRENT);
	cl_phone(CL_A, INSTALL BY_STRING, NOW);
	sent(4, b, "12345678");
	ck_assert_int_eq(fetched(5, FETCH BY_NULL, "", b, false), ERR_OK);
	ck_assert_int_eq(cl_state_of(b), DEVICE_CURRENT);
	ck_assert_int_eq(cl_state_of(a), DEVICE_SUPERSEDED);
}
END_TEST

static const struct {
	bool		 mic;
	int64_t		 from, to;
	const char	*why;
} dates[] = {
	{ true, -900, -10, "MIC it gave expired" },
	{ false, -900, -10, "certificate it gave expired" },
	{ true, 1, 10, "not valid yet" },
	{ false, 1, 10, "not valid yet" },
};

START_TEST(out_of_time)
{
	struct lab_spec spec = { .cn = dates[_i].mic ? "CP-8861-" CL_A :
	    CL_A, .from_days = dates[_i].from, .to_days = dates[_i].to };
	struct cert *c = lab_issue(&spec, lab_key(3), other_ca, lab_key(6));

	ck_assert_int_eq(fetched(1, FETCH BY_NULL, "", c, dates[_i].mic),
	    ERR_REFUSED);
	refused(dates[_i].why);
	ck_assert(!has_row(c));
	cert_free(c);
}
END_TEST

/* --- proof --- */

/* Whoever came under its name was sent it, and proved nothing. */
START_TEST(never_confirmed_by_null)
{
	const char *how[] = { INSTALL BY_LSC, INSTALL BY_MIC };

	sent(1, a, "");
	cl_phone(CL_A, CANCEL, NOW);
	for (uint32_t i = 0; i < 2; i++) {
		cl_phone(CL_A, how[i], NOW + 1);
		shows(2 + i, a);
		cl_answered(CAPF_DECLINED, "proved nothing");
	}
	remove_stale(1);
	shows(5, a);
	cl_answered(CAPF_DECLINED, "no longer its own");
	/* No more than that is known of it: it had none. */
	ck_assert_int_eq(cl_state_of(a), DEVICE_DELETED);
	shows(6, b);
	cl_answered(CAPF_DECLINED, "this cluster's CAPF");
	shows_as(7, b, CAPF_PROOF_LSC, false, false);
	cl_answered(CAPF_GO, "");
	shows_as(8, b, CAPF_PROOF_MIC, false, false);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* Who typed the string has it, though it is asked of him anew. */
START_TEST(never_confirmed_by_string)
{
	cl_phone(CL_A, INSTALL BY_STRING, NOW);
	sent(1, a, "12345678");
	cancel();
	cl_phone(CL_A, INSTALL BY_LSC, NOW + 1);
	shows(2, a);
	cl_answered(CAPF_GO, "");
	remove_stale(1);
	shows(3, a);
	cl_answered(CAPF_DECLINED, "no longer its own");
}
END_TEST

static int
body_profile(struct db *db, void *arg, struct err *e)
{
	struct row_phone p;
	int ret = row_phone_get(db, CL_B, &p, e);

	(void)arg;
	(void)strcpy(p.profile, "lsc");
	return ret != ERR_OK ? ret : row_phone_put(db, &p, e);
}

/* The profile asks for proof by now: what was sent without is not enough. */
START_TEST(profile_asks_for_proof)
{
	cl_profile("null", BY_NULL);
	cl_profile("lsc", BY_LSC);
	cl_phone(CL_B, "profile=null " INSTALL, NOW - 100);
	cert_free(a);
	a = cl_cert(CL_B, 1, NULL, 0);
	ck_assert_int_eq(cl_begin(CL_B, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_issued(CL_B, 1, a, NOW), ERR_OK);
	fix_tx(cl.db, body_profile, NULL);
	ck_assert_int_eq(cl_begin_with(&(struct capf_hello){ .device = CL_B,
	    .session = 2, .proof = CAPF_PROOF_NONE, .now = NOW }), ERR_OK);
	cl_answered(CAPF_DECLINED, "showed no certificate");
	ck_assert_int_eq(cl_issued(CL_B, 1, a, NOW), ERR_BADSTATE);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "how " CL_B));
	{
		struct capf_hello h = { .device = CL_B, .session = 3,
		    .proof = CAPF_PROOF_LSC, .own_ca = true, .now = NOW };

		cert_sha256(a, h.sha256);
		ck_assert_int_eq(cl_begin_with(&h), ERR_OK);
	}
	cl_answered(CAPF_DECLINED, "proved nothing");
	ck_assert(!has_row(a));
}
END_TEST

static const struct {
	const char	*asked;
	enum capf_answer answer;
} by_expired[] = {
	{ INSTALL BY_MIC, CAPF_GO },
	{ DELETE BY_MIC, CAPF_DECLINED },
	{ FETCH BY_MIC, CAPF_DECLINED },
	{ FETCH BY_LSC, CAPF_DECLINED },
};

START_TEST(expired_mic)
{
	cancel();
	cl_phone(CL_A, by_expired[_i].asked, NOW);
	shows_as(1, b, CAPF_PROOF_MIC, false, true);
	cl_answered(by_expired[_i].answer, by_expired[_i].answer == CAPF_GO ?
	    "" : "installation only");
	shows_as(2, b, CAPF_PROOF_MIC, false, false);
	cl_answered(CAPF_GO, "");
}
END_TEST

/* --- revoked --- */

START_TEST(revoked_under_way)
{
	cl_install(CL_A, 1, a, NOW);
	cl_phone(CL_A, INSTALL BY_LSC, NOW);
	shows(2, a);
	cl_answered(CAPF_GO, "");
	revoke(a);
	ck_assert_int_eq(cl_issued(CL_A, 2, b, NOW), ERR_BADSTATE);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "was revoked while"));
	ck_assert_int_eq(cl_requested(CL_A, 2, b, NOW), ERR_BADSTATE);
	ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_INSTALL, b, NOW),
	    ERR_BADSTATE);
	ck_assert(!has_row(b));
	/* And not when another way to prove it is asked for meanwhile. */
	cl_phone(CL_A, BY_STRING, NOW);
	ck_assert_int_eq(cl_begin(CL_A, 3, "12345678", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	cancel();
	cl_phone(CL_A, INSTALL BY_LSC, NOW);
	ck_assert_int_eq(cl_issued(CL_A, 3, b, NOW), ERR_BADSTATE);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "how " CL_A));
}
END_TEST

/* What it was sent since goes with it, in a session that is under way and in
 * one that was cut. */
START_TEST(revoked_with_what_was_sent)
{
	const char *asked = _i == 0 ? DELETE BY_LSC : INSTALL BY_LSC;

	own_capf();
	cl_install(CL_A, 1, a, NOW);
	cl_phone(CL_A, INSTALL BY_LSC, NOW);
	shows(2, a);
	ck_assert_int_eq(cl_issued(CL_A, 2, b, NOW), ERR_OK);
	revoke(a);
	ck_assert_int_eq(cl_state_of(a), DEVICE_REVOKED);
	ck_assert_int_eq(cl_state_of(b), DEVICE_REVOKED);
	ck_assert_int_ne(cl_end(CL_A, 2, CAPF_OP_INSTALL, b, NOW), ERR_OK);
	ck_assert_int_eq(cl_state_of(b), DEVICE_REVOKED);
	cancel();
	cl_phone(CL_A, asked, NOW);
	shows(3, b);
	cl_answered(CAPF_DECLINED, "no longer its own");
	ck_assert_int_eq(fetched(4, FETCH BY_STRING, "12345678", b, false),
	    ERR_REFUSED);
}
END_TEST

/* Before anything was confirmed, by what was sent. */
START_TEST(revoke_what_was_sent)
{
	struct revoke r = { .cert = a };

	sent(1, a, "");
	sent(2, b, "");
	fix_tx(cl.db, body_revoke, &r);
	ck_assert_int_eq(r.ret, ERR_OK);
	ck_assert(r.changed && r.was.stored_at == 0);
	ck_assert_str_eq(r.was.owner.name, CL_A);
	ck_assert_int_eq(cl_state_of(a), DEVICE_REVOKED);
	ck_assert(!has_row(b));
	ck_assert_int_eq(cl_end(CL_A, 2, CAPF_OP_INSTALL, b, NOW), ERR_OK);
	cert_free(b);
	b = cl_cert(CL_A, 4, NULL, 0);
	r.cert = b;
	fix_tx(cl.db, body_revoke, &r);
	ck_assert_int_eq(r.ret, ERR_NOTFOUND);
}
END_TEST

/* --- a CA elsewhere --- */

static int
body_ready(struct db *db, void *arg, struct err *e)
{
	const struct cert *c = arg;
	struct capf_owner o = cl_owner(CL_A);
	struct row_capf_csr r;
	const uint8_t *der;
	int ret;

	if ((ret = row_capf_csr_get(db, &o, &r, e)) != ERR_OK)
		return ret;
	r.state = CAPF_CSR_ISSUED;
	der = cert_der(c, &r.certlen);
	ck_assert_ptr_nonnull(r.cert = malloc(r.certlen));
	memcpy(r.cert, der, r.certlen);
	ret = row_capf_csr_put(db, &r, e);
	row_capf_csr_clear(&r);
	return ret;
}

/* It is over the key of somebody who had proved nothing: sent again to who has,
 * who cannot use it, it makes the first one nobody. */
START_TEST(requested_by_null)
{
	struct capf_end no = { .owner = cl_owner(CL_A), .session = 3,
	    .op = CAPF_OP_INSTALL, .refused = true, .why = "no such key",
	    .now = NOW + 2 };
	struct capf_hello h = { .device = CL_A, .session = 4,
	    .address = "192.0.2.9", .proof = CAPF_PROOF_LSC, .now = NOW + 3 };

	cl_phone(CL_A, "key-order=ec-only ec-key-size=256", NOW - 1);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_requested(CL_A, 1, a, NOW), ERR_OK);
	fix_tx(cl.db, body_ready, a);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW), ERR_OK);
	ck_assert_ptr_nonnull(cl.task.ready);
	ck_assert_int_eq(cl_issued(CL_A, 2, a, NOW), ERR_OK);
	cl_phone(CL_A, BY_STRING, NOW + 1);
	ck_assert_int_eq(cl_begin(CL_A, 3, "12345678", NOW + 2), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl_issued(CL_A, 3, a, NOW + 2), ERR_OK);
	ck_assert_int_eq(cl_end_with(&no), ERR_OK);
	cert_sha256(a, h.sha256);
	ck_assert_int_eq(cl_begin_with(&h), ERR_OK);
	cl_answered(CAPF_DECLINED, "no authentication string");
	ck_assert(!has_row(a));
}
END_TEST

static int
body_state(struct db *db, void *arg, struct err *e)
{
	const enum capf_csr_state *state = arg;
	struct capf_owner o = cl_owner(CL_A);
	struct row_capf_csr r;
	int ret = row_capf_csr_get(db, &o, &r, e);

	if (ret != ERR_OK)
		return ret;
	r.state = *state;
	ret = row_capf_csr_put(db, &r, e);
	row_capf_csr_clear(&r);
	return ret;
}

static int64_t
nrequests(void)
{
	return fix_i64(cl.db, "SELECT count(*) FROM capf_csr");
}

/* Whatever became of it: who proves himself is not given what was made over the
 * key of who had only said his name, nor does he wait for it, nor fail by it. */
START_TEST(request_of_a_stranger)
{
	enum capf_csr_state state = (enum capf_csr_state)(_i % 4);
	bool proof_now = _i < 4;

	cl_phone(CL_A, "key-order=ec-only ec-key-size=256", NOW - 1);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_requested(CL_A, 1, a, NOW), ERR_OK);
	if (state == CAPF_CSR_ISSUED)
		fix_tx(cl.db, body_ready, a);
	else
		fix_tx(cl.db, body_state, &state);
	if (proof_now)
		cl_phone(CL_A, BY_STRING, NOW + 1);
	ck_assert_int_eq(cl_begin(CL_A, 2, proof_now ? "12345678" : "",
	    NOW + 2), ERR_OK);
	if (proof_now) {
		cl_answered(CAPF_GO, "");
		ck_assert_ptr_null(cl.task.ready);
		ck_assert_int_eq(nrequests(), 0);
		/* The next one is his, and is taken up again. */
		ck_assert_int_eq(cl_requested(CL_A, 2, b, NOW + 2), ERR_OK);
		fix_tx(cl.db, body_ready, b);
		ck_assert_int_eq(cl_begin(CL_A, 3, "12345678", NOW + 3),
		    ERR_OK);
		ck_assert_ptr_nonnull(cl.task.ready);
		return;
	}
	cl_answered(state == CAPF_CSR_ISSUED ? CAPF_GO : state ==
	    CAPF_CSR_REFUSED ? CAPF_DECLINED : CAPF_NOTHING, state ==
	    CAPF_CSR_ISSUED ? "" : "its CA");
	ck_assert_int_eq(cl.task.ready != NULL, state == CAPF_CSR_ISSUED);
}
END_TEST

/* --- phones that are gone --- */

START_TEST(removed_and_added)
{
	struct capf_owner o = cl_owner(CL_A);
	struct row_device_cert d;
	int64_t n;

	cl_install(CL_A, 1, a, NOW);
	cl_phone(CL_A, INSTALL, NOW);
	if (_i == 1)
		revoke(a);
	cl_install(CL_A, 2, b, NOW);
	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
	ck_assert_int_eq(cl_state_of(a), past[_i == 1 ? 0 : 2]);
	ck_assert_int_eq(cl_state_of(b), DEVICE_DELETED);
	cl_phone(CL_A, INSTALL BY_MIC, NOW);
	shows(3, a);
	cl_answered(CAPF_DECLINED, "no longer its own");
	shows(4, b);
	cl_answered(CAPF_DECLINED, "no longer its own");
	ck_assert_int_eq(row_device_cert_current(cl.db, &o, DEVICE_LSC, &d,
	    &cl.e), ERR_NOTFOUND);
	/* Its row outlives the certificate only while the phone is here. */
	ck_assert_int_eq(cl_expire(NOW + 400 * LAB_DAY, &n), ERR_OK);
	ck_assert(has_row(a));
	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
	ck_assert_int_eq(cl_expire(NOW + LAB_DAY, &n), ERR_OK);
	ck_assert(has_row(a));
	ck_assert_int_eq(cl_expire(NOW + 400 * LAB_DAY, &n), ERR_OK);
	ck_assert(!has_row(a));
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM certificate "
	    "WHERE subject LIKE '%" CL_A "%' AND sha256 NOT IN (SELECT sha256 "
	    "FROM device_cert)"), 0);
}
END_TEST

/* What was sent to the one who was removed is nothing to the next. */
START_TEST(sent_to_the_one_before)
{
	cl_phone(CL_A, INSTALL BY_STRING, NOW);
	sent(1, a, "12345678");
	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
	cl_phone(CL_A, INSTALL BY_LSC, NOW + 1);
	shows(2, a);
	cl_answered(CAPF_DECLINED, "this cluster's CAPF");
}
END_TEST

/* Of another CA too, and what was its current one proves no more. */
START_TEST(elsewhere_and_removed)
{
	struct cert *c = cl_cert(CL_A, 3, other_ca, 6);

	cl_install(CL_A, 1, c, NOW);
	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
	cl_phone(CL_A, INSTALL BY_LSC, NOW + 1);
	shows_as(2, c, CAPF_PROOF_LSC, false, false);
	cl_answered(CAPF_DECLINED, "no longer its own");
	cert_free(c);
}
END_TEST

static int64_t
nissued(void)
{
	return fix_i64(cl.observed, "SELECT count(*) FROM capf_issued");
}

static void
deletes(uint32_t session, const struct cert *shown)
{
	cl_phone(CL_A, shown != NULL ? DELETE BY_LSC : DELETE, NOW);
	if (shown != NULL)
		shows_as(session, shown, CAPF_PROOF_LSC, false, false);
	else
		ck_assert_int_eq(cl_begin(CL_A, session, "", NOW), ERR_OK);
	cl_answered(CAPF_GO, "");
	for (int i = 0; i < 2; i++)	/* its end may come twice */
		ck_assert_msg(cl_end(CL_A, session, CAPF_OP_DELETE, NULL, NOW)
		    == ERR_OK, "%s", cl.e.msg);
}

static void
gone_and_forgotten(void)
{
	int64_t n;

	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
	for (int i = 0; i < 2; i++) {	/* what rows know is forgotten */
		ck_assert_int_eq(cl_expire(NOW + 1, &n), ERR_OK);
		ck_assert_int_eq(nissued(), i == 0);
	}
}

static void
sends_many(void)
{
	for (uint32_t i = 0; i < CAPF_ISSUED_MAX; i++) {
		struct cert *c = cl_cert(CL_A, 4, other_ca, 6);

		ck_assert_int_eq(cl_begin(CL_A, 10 + i, "", NOW + 1), ERR_OK);
		ck_assert_int_eq(cl_issued(CL_A, 10 + i, c, NOW + 1), ERR_OK);
		cert_free(c);
	}
	ck_assert_int_eq(nissued(), CAPF_ISSUED_MAX);
}

static const char *const forgotten[] = { "no longer its own",
	"no longer its own", "one of its name who was removed",
	"more than are remembered" };

/* Sent to who had only said its name, and forgotten: not one of before. */
START_TEST(sent_and_forgotten)
{
	struct cert *c = cl_cert(CL_A, 3, other_ca, 6);

	sent(1, c, "");
	switch (_i) {
	case 0:
		deletes(2, NULL);
		break;
	case 1:
		gone_and_forgotten();
		break;
	case 2:
		fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
		break;
	default:
		sends_many();
	}
	cl_phone(CL_A, INSTALL BY_LSC, NOW + 1);
	shows_as(40, c, CAPF_PROOF_LSC, false, false);
	cl_answered(CAPF_DECLINED, forgotten[_i]);
	cert_free(c);
}
END_TEST

/* What it never confirmed, and proved itself with, it had stored. */
START_TEST(deleted_by_what_was_sent)
{
	struct cert *c = cl_cert(CL_A, 3, other_ca, 6);
	struct row_device_cert d;
	uint8_t sha[32];

	cl_phone(CL_A, INSTALL BY_STRING, NOW);
	sent(1, c, "12345678");
	cancel();
	deletes(2, c);
	cert_sha256(c, sha);
	ck_assert_int_eq(row_device_cert_by_sha256(cl.db, sha, &d, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(d.state, DEVICE_DELETED);
	ck_assert_int_eq(d.stored_at, NOW);
	cl_phone(CL_A, INSTALL BY_LSC, NOW + 1);
	shows_as(3, c, CAPF_PROOF_LSC, false, false);
	cl_answered(CAPF_DECLINED, "no longer its own");
	cert_free(c);
}
END_TEST

/* --- files --- */

/* It never had a key by what it was only sent. */
START_TEST(no_key_before)
{
	struct lab_spec spec = { .cn = CL_A };
	struct cert *rsa = lab_issue(&spec, lab_rsa("rsa1024"), cl.ca,
	    lab_key(0));
	struct device_key k;
	struct revoke r = { .cert = rsa };

	sent(1, rsa, "");
	if (_i == 0)
		remove_stale(1);
	else
		fix_tx(cl.db, body_revoke, &r);
	ck_assert(has_row(rsa));
	ck_assert_int_eq(device_key_load(&k, cl.db, CL_A, &cl.e), ERR_OK);
	ck_assert(!k.has_key && !k.had_key);
	ck_assert_int_eq(k.revoked, _i == 1);
	device_key_clear(&k);
	cert_free(rsa);
}
END_TEST

/* A MIC may prove who it is when it has expired: what was revoked stays so for
 * whoever is added again. */
START_TEST(revoked_mic_of_the_one_before)
{
	struct lab_spec spec = { .cn = "CP-8861-" CL_A, .from_days = -10,
	    .to_days = 5 };
	struct cert *mic = lab_issue(&spec, lab_key(3), other_ca, lab_key(6));
	int64_t n;

	ck_assert_msg(fetched(1, FETCH BY_STRING, "12345678", mic, true) ==
	    ERR_OK, "%s", cl.e.msg);
	revoke(mic);
	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
	ck_assert_int_eq(cl_expire(NOW + 400 * LAB_DAY, &n), ERR_OK);
	cl_phone(CL_A, INSTALL BY_MIC, NOW);
	shows_as(2, mic, CAPF_PROOF_MIC, false, true);
	cl_answered(CAPF_DECLINED, "no longer its own");
	cert_free(mic);
}
END_TEST

/* What was sent is known as that when the MIC was fetched meanwhile: of a CA
 * elsewhere too it proves as much as was proved before. */
START_TEST(mic_fetched_meanwhile)
{
	struct lab_spec spec = { .cn = "CP-8861-" CL_A };
	struct cert *mic = lab_issue(&spec, lab_key(3), other_ca, lab_key(6));
	struct cert *c = cl_cert(CL_A, 4, _i < 2 ? other_ca : NULL, 6 * (_i <
	    2));
	bool proved = _i & 1;

	cl_phone(CL_A, proved ? BY_STRING : BY_NULL, NOW);
	sent(1, c, proved ? "12345678" : "");
	ck_assert_msg(fetched(2, FETCH BY_STRING, "12345678", mic, true) ==
	    ERR_OK, "%s", cl.e.msg);
	cl_phone(CL_A, INSTALL BY_LSC, NOW + 1);
	shows_as(3, c, CAPF_PROOF_LSC, _i >= 2, false);
	cl_answered(proved ? CAPF_GO : CAPF_DECLINED, proved ? "" :
	    "had proved nothing");
	cert_free(c);
	cert_free(mic);
}
END_TEST

/* A phone of the name of one before may ask for its first certificate, though
 * the last one was revoked; but its passwords stay where they were. */
START_TEST(key_of_the_one_before)
{
	struct lab_spec spec = { .cn = CL_A };
	struct cert *rsa = lab_issue(&spec, lab_rsa("rsa1024"), cl.ca,
	    lab_key(0));
	struct device_key k;

	cl_install(CL_A, 1, rsa, NOW);
	if (_i == 0) {
		cl_phone(CL_A, INSTALL, NOW);
		cl_install(CL_A, 2, b, NOW);
	} else
		revoke(rsa);
	fix_tx(cl.db, body_remove, (void *)(uintptr_t)CL_A);
	cl_phone(CL_A, INSTALL BY_NULL, NOW + 1);
	ck_assert_int_eq(device_key_load(&k, cl.db, CL_A, &cl.e), ERR_OK);
	ck_assert(!k.has_key && k.had_key && !k.revoked);
	device_key_clear(&k);
	cert_free(rsa);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_good");
	TCase *t = tcase_create("good");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, past_ones_stay_past, 0, 3);
	tcase_add_test(t, current_one_again);
	tcase_add_test(t, unknown_ones);
	tcase_add_test(t, sent_ones);
	tcase_add_loop_test(t, out_of_time, 0, 4);
	tcase_add_test(t, never_confirmed_by_null);
	tcase_add_test(t, never_confirmed_by_string);
	tcase_add_test(t, profile_asks_for_proof);
	tcase_add_loop_test(t, expired_mic, 0, 4);
	tcase_add_test(t, revoked_under_way);
	tcase_add_loop_test(t, revoked_with_what_was_sent, 0, 2);
	tcase_add_test(t, revoke_what_was_sent);
	tcase_add_test(t, requested_by_null);
	tcase_add_loop_test(t, request_of_a_stranger, 0, 8);
	tcase_add_loop_test(t, removed_and_added, 0, 2);
	tcase_add_test(t, sent_to_the_one_before);
	tcase_add_test(t, elsewhere_and_removed);
	tcase_add_loop_test(t, sent_and_forgotten, 0, 4);
	tcase_add_test(t, deleted_by_what_was_sent);
	tcase_add_loop_test(t, no_key_before, 0, 2);
	tcase_add_test(t, revoked_mic_of_the_one_before);
	tcase_add_loop_test(t, mic_fetched_meanwhile, 0, 4);
	tcase_add_loop_test(t, key_of_the_one_before, 0, 2);
	suite_add_tcase(s, t);
	return fix_run(s);
}
