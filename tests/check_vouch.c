/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For whom is vouched, for which roles and how long, and why not.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/list.h"
#include "db/params.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"
#include "tests/trust_cluster.h"
#include "trust/cert_row.h"
#include "trust/vouch.h"

static struct vouch_stores *stores;
static struct vouch *v;
static int64_t now_s;

static int64_t
wall_ns(void *arg)
{
	(void)arg;
	return now_s * INT64_C(1000000000);
}

static const struct clock at = { wall_ns, wall_ns, NULL };
static struct cert *ccm, *sast;

static void
setup(void)
{
	struct err e = { 0 };

	tc_open();
	ck_assert_ptr_nonnull(ccm = data_cert("ccm"));
	ck_assert_ptr_nonnull(sast = data_cert("sast"));
	ck_assert_ptr_nonnull(stores = vouch_stores_new(tc.dirfd, &e));
	v = vouch_new(tc.dirfd, tc.node.name, stores, &at, &e);
	ck_assert_msg(v != NULL, "%s", e.msg);
}

static void
teardown(void)
{
	vouch_free(v);
	vouch_stores_free(stores);
	cert_free(ccm);
	cert_free(sast);
	tc_close();
}

/* --- rows --- */

struct trusting {
	const struct cert	*cert;
	const char		*unit;
	int64_t			 ttl, removed_at;
};

static int
tx_trust(struct db *db, void *arg, struct err *e)
{
	const struct trusting *t = arg;
	struct row_trust row = { .origin = "test", .ttl = t->ttl,
	    .added_at = TC_NOW, .removed_at = t->removed_at };
	int ret;

	(void)str_copy(row.unit, sizeof(row.unit), t->unit);
	(void)str_copy(row.name, sizeof(row.name), "name");
	cert_sha256(t->cert, row.sha256);
	if ((ret = cert_row_put(db, t->cert, e)) != ERR_OK)
		return ret;
	return row_trust_put(db, &row, e);
}

static void
trust(const struct cert *c, const char *unit, int64_t ttl, int64_t removed)
{
	struct trusting t = { c, unit, ttl, removed };

	tc_done(tx_trust, &t);
}

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

static void
param(const char *name, const char *value)
{
	struct setting s = { name, value };

	tc_done(tx_param, &s);
}

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

static struct vouch_answer
verify_at(const struct cert *c, int64_t now)
{
	struct vouch_answer a;
	struct err e = { 0 };
	size_t len;
	const uint8_t *der = cert_der(c, &len);

	now_s = now;
	(void)vouch_changed(v);
	ck_assert_msg(vouch_verify(v, der, len, &a, &e) == ERR_OK, "%s",
	    e.msg);
	return a;
}

static struct vouch_answer
verify(const struct cert *c)
{
	return verify_at(c, TC_NOW + 86400);
}

static struct vouch_answer
query(const char *issuer, const char *subject, const uint8_t *serial,
    size_t len)
{
	const struct vouch_name q = {
		(const uint8_t *)issuer, (const uint8_t *)subject, serial,
		issuer != NULL ? strlen(issuer) : 0,
		subject != NULL ? strlen(subject) : 0, len,
	};
	struct vouch_answer a;
	struct err e = { 0 };

	now_s = TC_NOW + 86400;
	(void)vouch_changed(v);
	ck_assert_msg(vouch_query(v, &q, &a, &e) == ERR_OK,
	    "%s", e.msg);
	return a;
}

static void
assert_roles(const struct vouch_answer *a, const uint8_t *roles, size_t n,
    uint32_t ttl)
{
	ck_assert_int_eq(a->verdict, VOUCH_VALID);
	ck_assert_uint_eq(a->nroles, n);
	ck_assert_mem_eq(a->roles, roles, n);
	ck_assert_uint_eq(a->ttl, ttl);
}

#define ROLES(a, t, ...)						\
	assert_roles((a), (const uint8_t[]){ __VA_ARGS__ },		\
	    sizeof((const uint8_t[]){ __VA_ARGS__ }), (t))

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

#define NAME	"CN=CCM;O=Example Org;OU=Voice Lab;L=Wellington;ST=WGN;C=NZ"

static const struct {
	const char	*name;
	bool		 found;
} names[] = {
	{ NAME, true },
	{ "CN=CCM,O=Example Org,OU=Voice Lab,L=Wellington,ST=WGN,C=NZ", true },
	{ "C=NZ;ST=WGN;L=Wellington;OU=Voice Lab;O=Example Org;CN=CCM", true },
	{ "cn=CCM;o=Example Org;ou=Voice Lab;l=Wellington;st=WGN;c=NZ", true },
	{ "CN=CC\\4d;O=Example Org;OU=Voice Lab;L=Wellington;ST=WGN;C=NZ",
	    true },
	{ "CN=CCM, O=Example Org, OU=Voice Lab, L=Wellington, ST=WGN, C=NZ",
	    true },
	{ "CN=CCM;O=Example Org;OU=Voice Lab;L=Wellington;ST=WGN", false },
	{ NAME ";C=NZ", false },
	{ "CN=CCM2;O=Example Org;OU=Voice Lab;L=Wellington;ST=WGN;C=NZ",
	    false },
	{ "", false },
	{ "CN=", false },
};

START_TEST(query_names)
{
	struct vouch_answer a;
	size_t len, derlen;
	const uint8_t *serial = cert_serial(ccm, &len);
	const uint8_t *der = cert_der(ccm, &derlen);

	trust(ccm, "Phone-SAST-trust", 0, 0);
	a = query(names[_i].name, NULL, serial, len);
	ck_assert_msg((a.verdict == VOUCH_VALID) == names[_i].found, "%s",
	    names[_i].name);
	if (!names[_i].found) {
		ck_assert_int_eq(a.verdict, VOUCH_UNKNOWN);
		ck_assert_ptr_null(a.der);
		return;
	}
	ROLES(&a, 86400, ROLE_SAST, ROLE_TFTP);
	ck_assert_uint_eq(a.derlen, derlen);
	ck_assert_mem_eq(a.der, der, derlen);
	/* Where no issuer came, the subject is compared. */
	a = query(NULL, names[_i].name, serial, len);
	ck_assert_int_eq(a.verdict, VOUCH_VALID);
}
END_TEST

START_TEST(query_serials)
{
	uint8_t more[64] = { 0 };
	size_t len;
	const uint8_t *serial = cert_serial(ccm, &len);

	trust(ccm, "Phone-SAST-trust", 0, 0);
	memcpy(more + 3, serial, len);
	ck_assert_int_eq(query(NAME, NAME, more, len + 3).verdict,
	    VOUCH_VALID);
	ck_assert_int_eq(query(NAME, NAME, more, 3).verdict, VOUCH_UNKNOWN);
	ck_assert_int_eq(query(NAME, NAME, serial, len - 1).verdict,
	    VOUCH_UNKNOWN);
	more[3]++;
	ck_assert_int_eq(query(NAME, NAME, more, len + 3).verdict,
	    VOUCH_UNKNOWN);
}
END_TEST

#define NALIKE	9000	/* more than are read whole */

/* Most of theirs sort before it. */
static int
tx_alike(struct db *db, void *arg, struct err *e)
{
	struct row_cert c = { .der = (uint8_t[]){ 0x30, 0 }, .derlen = 2,
	    .subject = (char[]){ "CN=gateway" },
	    .issuer = (char[]){ "CN=gateway" }, .not_after = TC_NOW };
	const uint8_t *serial = cert_serial(arg, &c.seriallen);
	int ret = ERR_OK;

	memcpy(c.serial, serial, c.seriallen);
	for (unsigned i = 0; i < NALIKE && ret == ERR_OK; i++) {
		c.sha256[0] = i % 16 == 0 ? 255 : 0;
		c.sha256[1] = c.key_id[0] = (uint8_t)i;
		c.sha256[2] = c.key_id[1] = (uint8_t)(i >> 8);
		ret = row_cert_put(db, &c, e);
	}
	return ret;
}

/* A signer is found among the gateways that share its serial number. */
START_TEST(query_serial_shared)
{
	struct vouch_answer a;
	size_t len;
	const uint8_t *serial = cert_serial(ccm, &len);

	trust(ccm, "Phone-SAST-trust", 0, 0);
	tc_done(tx_alike, ccm);
	a = query(NAME, NULL, serial, len);
	ROLES(&a, 86400, ROLE_SAST, ROLE_TFTP);
	/* Also when their names are remembered, by either name. */
	a = query(NULL, NAME, serial, len);
	ROLES(&a, 86400, ROLE_SAST, ROLE_TFTP);
	ck_assert_int_eq(query("CN=nobody", NULL, serial, len).verdict,
	    VOUCH_UNKNOWN);
	trust(ccm, "Phone-SAST-trust", 0, TC_NOW);
	a = query(NAME, NULL, serial, len);
	ck_assert_int_eq(a.verdict, VOUCH_REMOVED);
}
END_TEST

/* Another system writes names in a way we do not know. */
START_TEST(query_serial_alone)
{
	const char *other = "CN=elsewhere";
	size_t len;
	const uint8_t *serial = cert_serial(ccm, &len);

	trust(ccm, "Phone-SAST-trust", 0, 0);
	ck_assert_int_eq(query(other, NULL, serial, len).verdict,
	    VOUCH_UNKNOWN);
	ck_assert_str_eq(query(other, NULL, serial, len).subject, other);
	param("tvs.serial_alone", "yes");
	ck_assert_int_eq(query(other, NULL, serial, len).verdict,
	    VOUCH_VALID);
}
END_TEST

START_TEST(query_own_and_removed)
{
	const struct cert *own = own_new_cert(tc.own[UNIT_ITLRECOVERY]);
	struct vouch_answer a;
	char *issuer;
	size_t len;
	const uint8_t *serial = cert_serial(own, &len);

	ck_assert_ptr_nonnull(issuer = cert_issuer(own, CERT_NAME_SEMICOLON,
	    NULL));
	a = query(issuer, NULL, serial, len);
	ROLES(&a, 86400, ROLE_SAST);
	free(issuer);
	trust(ccm, "CallManager-trust", 0, TC_NOW);
	serial = cert_serial(ccm, &len);
	ck_assert_int_eq(query(NAME, NULL, serial, len).verdict,
	    VOUCH_REMOVED);
}
END_TEST

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
	tcase_add_loop_test(tc1, query_names, 0, N_OF(names));
	tcase_add_test(tc1, query_serials);
	tcase_add_test(tc1, query_serial_shared);
	tcase_add_test(tc1, query_serial_alone);
	tcase_add_test(tc1, query_own_and_removed);
	tcase_add_test(tc1, words);
	suite_add_tcase(s, tc1);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
