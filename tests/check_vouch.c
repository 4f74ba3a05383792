/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For whom is vouched, for which roles and how long, and why not.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/list.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"
#include "tests/trust_cluster.h"
#include "tests/vouch_fix.h"
#include "trust/cert_row.h"
#include "trust/vouch.h"

/* --- rows --- */

static int
tx_retire(struct db *db, void *arg, struct err *e)
{
	const enum own_unit *u = arg;
	struct row_own row;
	const char *name = own_unit_table()[*u].name;
	int ret;

	if ((ret = row_own_active(db, name, own_unit_table()[*u].per_node ?
	    tc.node.name : "", &row, e)) != ERR_OK)
		return ret;
	row.stage = OWN_RETIRED;
	return row_own_put(db, &row, e);
}

/* --- questions --- */

START_TEST(own_by_unit)
{
	struct vouch_answer a;

	a = verify(own_new_cert(tc.own[UNIT_CALLMANAGER]));
	ROLES(&a, 86400, ROLE_CCM, ROLE_TFTP);
	a = verify(own_new_cert(tc.own[UNIT_CALLMANAGER_ECDSA]));
	ROLES(&a, 86400, ROLE_CCM, ROLE_TFTP);
	a = verify(own_new_cert(tc.own[UNIT_CAPF]));
	ROLES(&a, 86400, ROLE_CAPF);
	a = verify(own_new_cert(tc.own[UNIT_TVS]));
	ROLES(&a, 86400, ROLE_TVS);
	a = verify(own_new_cert(tc.own[UNIT_ITLRECOVERY]));
	ROLES(&a, 86400, ROLE_SAST);
	a = verify(own_new_cert(tc.own[UNIT_HTTPS]));
	ROLES(&a, 3600, ROLE_APP_SERVER);
}
END_TEST

static int
tx_other_node(struct db *db, void *arg, struct err *e)
{
	struct row_own row = { .unit = "TVS", .node = "cm2",
	    .stage = OWN_ACTIVE, .generation = 1, .staged_at = TC_NOW,
	    .activated_at = TC_NOW };
	const struct cert *c = arg;
	int ret;

	cert_sha256(c, row.sha256);
	if ((ret = cert_row_put(db, c, e)) != ERR_OK)
		return ret;
	return row_own_put(db, &row, e);
}

START_TEST(own_of_another_node)
{
	struct vouch_answer a;

	tc_done(tx_other_node, ccm);
	a = verify(ccm);
	ROLES(&a, 86400, ROLE_TVS);
}
END_TEST

static const struct {
	const char	*unit;
	uint8_t		 roles[4];
	size_t		 n;
	uint32_t	 ttl;
} by_store[] = {
	{ "CallManager-trust", { ROLE_CCM }, 1, 86400 },
	{ "CAPF-trust", { ROLE_CAPF }, 1, 86400 },
	{ "https-trust", { ROLE_APP_SERVER }, 1, 3600 },
	{ "Phone-SAST-trust", { ROLE_SAST, ROLE_TFTP }, 2, 86400 },
};

START_TEST(others_by_store)
{
	struct vouch_answer a;

	ck_assert_int_eq(verify(ccm).verdict, VOUCH_UNKNOWN);
	trust(ccm, by_store[_i].unit, 0, 0);
	a = verify(ccm);		/* by the very next question */
	assert_roles(&a, by_store[_i].roles, by_store[_i].n, by_store[_i].ttl);
	ck_assert_str_eq(a.subject, "CN=CCM,O=Example Org,OU=Voice Lab,"
	    "L=Wellington,ST=WGN,C=NZ");
	ck_assert(a.has_cert);
	ck_assert_ptr_null(a.der);
	ck_assert_int_eq(verify(sast).verdict, VOUCH_UNKNOWN);
}
END_TEST

START_TEST(several_stores)
{
	struct vouch_answer a;

	trust(ccm, "CallManager-trust", 0, 0);
	trust(ccm, "https-trust", 0, 0);
	a = verify(ccm);
	ROLES(&a, 3600, ROLE_CCM, ROLE_APP_SERVER);
	trust(ccm, "https-trust", 0, TC_NOW);	/* removed there alone */
	a = verify(ccm);
	ROLES(&a, 86400, ROLE_CCM);
	trust(ccm, "CallManager-trust", 0, TC_NOW);
	ck_assert_int_eq(verify(ccm).verdict, VOUCH_REMOVED);
	ck_assert_uint_eq(verify(ccm).nroles, 0);
	trust(ccm, "CallManager-trust", 0, 0);	/* and back */
	ck_assert_int_eq(verify(ccm).verdict, VOUCH_VALID);
}
END_TEST

START_TEST(lifetimes)
{
	struct vouch_answer a;

	trust(ccm, "CallManager-trust", 7200, 0);
	a = verify(ccm);
	ROLES(&a, 7200, ROLE_CCM);
	trust(ccm, "https-trust", 600, 0);	/* the shortest that is given */
	ck_assert_uint_eq(verify(ccm).ttl, 600);
	trust(sast, "CallManager-trust", 0, 0);
	ck_assert_uint_eq(verify(sast).ttl, 86400);
	param("tvs.ttl", "1000");
	ck_assert_uint_eq(verify(sast).ttl, 1000);
	param("tvs.ttl_app_server", "100");
	ck_assert_uint_eq(verify(
	    own_new_cert(tc.own[UNIT_HTTPS])).ttl, 100);
}
END_TEST

/* Remembered answers know the date as well. */
START_TEST(dates)
{
	int64_t from = cert_not_before(ccm), until = cert_not_after(ccm);

	trust(ccm, "CallManager-trust", 0, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(verify_at(ccm, from).verdict, VOUCH_VALID);
		ck_assert_int_eq(verify_at(ccm, from - 1).verdict,
		    VOUCH_NOT_YET);
		ck_assert_int_eq(verify_at(ccm, until).verdict, VOUCH_VALID);
		ck_assert_int_eq(verify_at(ccm, until + 1).verdict,
		    VOUCH_EXPIRED);
	}
	ck_assert_uint_eq(verify_at(ccm, until + 1).nroles, 0);
}
END_TEST

START_TEST(retired)
{
	enum own_unit u = UNIT_CAPF;

	tc_done(tx_retire, &u);
	ck_assert_int_eq(verify(own_new_cert(tc.own[u])).verdict,
	    VOUCH_RETIRED);
	trust(own_new_cert(tc.own[u]), "CAPF-trust", 0, 0);
	ck_assert_int_eq(verify(own_new_cert(tc.own[u])).verdict,
	    VOUCH_VALID);
}
END_TEST

START_TEST(no_certificate)
{
	static const uint8_t junk[] = { 0x30, 3, 2, 1, 1 };
	struct vouch_answer a;
	struct err e = { 0 };

	ck_assert_int_eq(vouch_verify(v, junk, sizeof(junk), &a, &e),
	    ERR_PROTO);
}
END_TEST

/* --- by chain --- */

/* What a CA of each store gives its servers, by parameter. */
static const struct {
	const char	*accept, *unit;
	int		 role;		/* -1: none */
} chains[] = {
	{ "no", "https-trust", -1 },
	{ "https", "https-trust", ROLE_APP_SERVER },
	{ "all", "https-trust", ROLE_APP_SERVER },
	{ "https", "CallManager-trust", -1 },
	{ "all", "CallManager-trust", ROLE_CCM },
	{ "all", "CAPF-trust", -1 },
	{ "all", "TVS-trust", -1 },
	{ "all", "Phone-SAST-trust", -1 },
};

static const struct lab_spec ca_spec = { .cn = "Lab CA",
    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" };

static struct cert *
issued(const char *usage, const struct cert *ca)
{
	const struct lab_spec s = { .cn = "server.example.org",
	    .ext_usage = usage, .san = "DNS:server.example.org" };

	return lab_issue(&s, lab_key(1), ca, lab_key(0));
}

START_TEST(by_chain)
{
	struct cert *ca = lab_issue(&ca_spec, lab_key(0), NULL, NULL);
	struct cert *server = issued("serverAuth", ca);
	struct cert *phone = issued("clientAuth", ca);
	struct vouch_answer a;

	trust(ca, chains[_i].unit, 0, 0);
	param("tvs.accept_chains", chains[_i].accept);
	a = verify_at(server, LAB_NOW);
	if (chains[_i].role == -1) {
		ck_assert_int_eq(a.verdict, VOUCH_UNKNOWN);
	} else {
		ROLES(&a, chains[_i].role == ROLE_APP_SERVER ? 3600 : 86400,
		    (uint8_t)chains[_i].role);
		ck_assert(a.chained);
	}
	/* A phone's certificate, which no server may present. */
	ck_assert_int_eq(verify_at(phone, LAB_NOW).verdict, VOUCH_UNKNOWN);
	cert_free(server);
	cert_free(phone);
	cert_free(ca);
	lab_end();
}
END_TEST

/* One that was removed by itself stays removed, whoever issued it; and the CA's
 * removal counts for all. */
START_TEST(chain_removed)
{
	struct cert *ca = lab_issue(&ca_spec, lab_key(0), NULL, NULL);
	struct cert *server = issued("serverAuth", ca);

	param("tvs.accept_chains", "https");
	trust(ca, "https-trust", 0, 0);
	ck_assert_int_eq(verify_at(server, LAB_NOW).verdict, VOUCH_VALID);
	trust(server, "https-trust", 0, TC_NOW);
	ck_assert_int_eq(verify_at(server, LAB_NOW).verdict, VOUCH_REMOVED);
	trust(server, "https-trust", 0, 0);
	ck_assert_int_eq(verify_at(server, LAB_NOW).verdict, VOUCH_VALID);
	cert_free(server);
	server = issued("serverAuth", ca);
	ck_assert_int_eq(verify_at(server, LAB_NOW).verdict, VOUCH_VALID);
	trust(ca, "https-trust", 0, TC_NOW);
	ck_assert_int_eq(verify_at(server, LAB_NOW + 2).verdict,
	    VOUCH_UNKNOWN);
	cert_free(server);
	cert_free(ca);
	lab_end();
}
END_TEST

static int
tx_crl(struct db *db, void *arg, struct err *e)
{
	const struct crl *c = arg;
	struct row_crl row = { .this_update = crl_this_update(c),
	    .next_update = crl_next_update(c), .added_at = TC_NOW };
	const uint8_t *id = crl_key_id(c, &row.key_idlen);
	const uint8_t *der = crl_der(c, &row.derlen);
	int ret;

	memcpy(row.key_id, id, row.key_idlen);
	crl_sha256(c, row.sha256);
	ck_assert_ptr_nonnull(row.issuer = strdup(crl_issuer(c)));
	ck_assert_ptr_nonnull(row.der = malloc(row.derlen));
	memcpy(row.der, der, row.derlen);
	ret = row_crl_put(db, &row, e);
	row_crl_clear(&row);
	return ret;
}

static int
tx_no_crl(struct db *db, void *arg, struct err *e)
{
	const struct crl *c = arg;
	size_t len;
	const uint8_t *id = crl_key_id(c, &len);

	return row_crl_remove(db, crl_issuer(c), id, len, e);
}

/* One that lies in a store itself is asked about at its CA; our own is not. */
START_TEST(revoked)
{
	struct cert *ca = lab_issue(&(struct lab_spec){ .cn = "Lab CA",
	    .basic = "critical,CA:TRUE" }, lab_key(0), NULL, NULL);
	struct cert *bad = issued("serverAuth", ca);
	struct cert *good = issued("serverAuth", ca);
	struct crl *c = lab_revoke(&(struct lab_crl){ .revoked = { bad } },
	    ca, lab_key(0));

	trust(ca, "CAPF-trust", 0, 0);
	trust(bad, "https-trust", 0, 0);
	trust(good, "https-trust", 0, 0);
	ck_assert_int_eq(verify_at(bad, LAB_NOW).verdict, VOUCH_VALID);
	tc_done(tx_crl, c);
	ck_assert_int_eq(verify_at(bad, LAB_NOW).verdict, VOUCH_REVOKED);
	ck_assert_int_eq(verify_at(good, LAB_NOW).verdict, VOUCH_VALID);
	tc_done(tx_no_crl, c);
	ck_assert_int_eq(verify_at(bad, LAB_NOW).verdict, VOUCH_VALID);
	crl_free(c);
	cert_free(good);
	cert_free(bad);
	cert_free(ca);
	lab_end();
}
END_TEST

/* --- by name --- */

START_TEST(words)
{
	ck_assert_str_eq(vouch_word(VOUCH_NOT_YET), "not yet valid");
	for (int i = 0; i < VOUCH_NVERDICT; i++)
		ck_assert_uint_gt(strlen(vouch_word((enum vouch_verdict)i)),
		    0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("vouch");
	TCase *tc1 = tcase_create("vouch");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(tc1, tc_make, tc_free);
	tcase_add_checked_fixture(tc1, setup, teardown);
	tcase_set_timeout(tc1, 120);
	tcase_add_test(tc1, own_by_unit);
	tcase_add_test(tc1, own_of_another_node);
	tcase_add_loop_test(tc1, others_by_store, 0, N_OF(by_store));
	tcase_add_test(tc1, several_stores);
	tcase_add_test(tc1, lifetimes);
	tcase_add_test(tc1, dates);
	tcase_add_test(tc1, retired);
	tcase_add_test(tc1, no_certificate);
	tcase_add_loop_test(tc1, by_chain, 0, N_OF(chains));
	tcase_add_test(tc1, chain_removed);
	tcase_add_test(tc1, revoked);
	tcase_add_test(tc1, words);
	suite_add_tcase(s, tc1);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
