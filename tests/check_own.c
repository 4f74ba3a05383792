/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Own certificates: what is in them, stages, private keys.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/digest.h"
#include "tests/trust_cluster.h"

#define DAY_S	86400
#define MADE_N	UNIT_IPSEC	/* which nobody asked for: it comes last */

static const struct {
	enum own_unit	 unit;
	const char	*subject;	/* CN;O and serialNumber */
	const char	*uuid;
	enum key_type	 key;
	int		 years;
	bool		 ca;
	const char	*has[4];	/* in the dump */
	const char	*hasnt[4];
} made[] = {
	{ UNIT_CALLMANAGER, "CN=CallManager-lab;O=lab", "1111", KEY_RSA2048,
	    5, false, { "TLS Web Server Authentication",
	    "TLS Web Client Authentication", "Digital Signature",
	    "Key Encipherment" }, { "Certificate Sign" } },
	{ UNIT_CALLMANAGER_ECDSA, "CN=CallManager-ECDSA-lab;O=lab", "1111",
	    KEY_EC384, 5, false, { "TLS Web Server Authentication",
	    "TLS Web Client Authentication", "Digital Signature",
	    "ecdsa-with-SHA384" }, { "Encipherment" } },
	{ UNIT_TVS, "CN=TVS-cm1;O=lab", "9999", KEY_RSA2048, 5, false,
	    { "TLS Web Server Authentication" },
	    { "TLS Web Client Authentication", "Certificate Sign" } },
	{ UNIT_CAPF, "CN=CAPF-lab;O=lab", "1111", KEY_RSA2048, 5, true,
	    { "TLS Web Server Authentication", "CA:TRUE, pathlen:0",
	    "TLS Web Client Authentication", "Certificate Sign" }, { NULL } },
	{ UNIT_ITLRECOVERY, "CN=ITLRecovery-lab;O=lab", "1111", KEY_RSA2048,
	    20, false, { "Digital Signature" },
	    { "TLS Web", "Encipherment", "Certificate Sign" } },
	{ UNIT_HTTPS, "CN=https-cm1;O=lab", "9999", KEY_RSA2048, 5, false,
	    { "TLS Web Server Authentication",
	    "TLS Web Client Authentication" }, { "Certificate Sign" } },
};

START_TEST(what_is_made)
{
	const struct cert *c = own_new_cert(tc.own[made[_i].unit]);
	int64_t from = cert_not_before(c), to = cert_not_after(c);
	char *subject = cert_subject(c, CERT_NAME_SEMICOLON, NULL);
	char *text = cert_text(c, NULL);
	size_t n;

	ck_assert_msg(strncmp(subject, made[_i].subject,
	    strlen(made[_i].subject)) == 0, "%s", subject);
	ck_assert_msg(strstr(subject, made[_i].uuid) != NULL, "%s", subject);
	ck_assert_int_eq(cert_key_type(c), made[_i].key);
	ck_assert(cert_self_signed(c));
	ck_assert(cert_is_ca(c) == made[_i].ca);
	ck_assert_int_eq(from, TC_NOW - 3600);
	/* Calendar years: the leap days of 2028, ... are in it. */
	ck_assert_int_eq(to - TC_NOW, (int64_t)(made[_i].years * 365 +
	    (made[_i].years == 5 ? 1 : 5)) * DAY_S);
	(void)cert_serial(c, &n);
	ck_assert_uint_eq(n, 16);
	for (int i = 0; i < 4; i++) {
		if (made[_i].has[i] != NULL)
			ck_assert_msg(strstr(text, made[_i].has[i]) != NULL,
			    "no %s in\n%s", made[_i].has[i], text);
		if (made[_i].hasnt[i] != NULL)
			ck_assert_msg(strstr(text, made[_i].hasnt[i]) == NULL,
			    "%s in\n%s", made[_i].hasnt[i], text);
	}
	ck_assert_ptr_nonnull(strstr(text, "DNS:cm1.example.org"));
	ck_assert_ptr_nonnull(strstr(text, "IP Address:192.0.2.10"));
	ck_assert_ptr_nonnull(strstr(text, "IP Address:2001:DB8:"));
	free(subject);
	free(text);
}
END_TEST

START_TEST(serials_differ)
{
	const uint8_t *a, *b;
	size_t n;

	for (unsigned i = 0; i < MADE_N; i++) {
		a = cert_serial(own_new_cert(tc.own[i]), &n);
		ck_assert_uint_lt(a[0], 0x80);
		for (unsigned j = 0; j < i; j++) {
			b = cert_serial(own_new_cert(tc.own[j]), &n);
			ck_assert_mem_ne(a, b, n);
		}
	}
}
END_TEST

START_TEST(units_by_name)
{
	ck_assert_int_eq(own_unit_find("CallManager")->unit,
	    UNIT_CALLMANAGER);
	ck_assert_int_eq(own_unit_find("callmanager-ecdsa")->unit,
	    UNIT_CALLMANAGER_ECDSA);
	ck_assert_int_eq(own_unit_find("itlrecovery")->unit,
	    UNIT_ITLRECOVERY);
	ck_assert_int_eq(own_unit_find("Tomcat")->unit, UNIT_HTTPS);
	ck_assert_ptr_null(own_unit_find("CallManager "));
	ck_assert_ptr_null(own_unit_find(""));
	for (unsigned u = 0; u < UNIT_N; u++) {
		ck_assert_int_eq(own_unit_table()[u].unit, u);
		ck_assert(own_unit_table()[u].per_node == (u == UNIT_TVS ||
		    u == UNIT_HTTPS || u == UNIT_IPSEC));
		ck_assert(own_unit_table()[u].optional == (u >= MADE_N));
	}
}
END_TEST

/* The longest names give a common name of exactly 64 characters; what two
 * nodes share is one entry. */
START_TEST(long_names)
{
	struct row_cluster c = tc.cluster;
	struct row_node n = tc.node;
	struct row_node_name names[] = { { true, "192.0.2.1" },
	    { false, "cm1.example.org" }, { true, "192.0.2.1" },
	    { false, "CM1.example.org" } };
	struct err e = { 0 };
	struct own_new *o;
	char *text, *cn, *at;

	memset(c.name, 'c', CLUSTER_NAME_MAX);
	memset(n.name, 'n', NODE_NAME_MAX);
	c.name[CLUSTER_NAME_MAX] = n.name[NODE_NAME_MAX] = '\0';
	o = own_make(UNIT_CALLMANAGER_ECDSA, &c, &n, names, 4, tc.kr, &tc.rng,
	    TC_NOW, &e);
	ck_assert_msg(o != NULL, "%s", e.msg);
	cn = cert_cn(own_new_cert(o), NULL);
	ck_assert_uint_eq(strlen(cn), 64);
	ck_assert_int_eq(strncmp(cn, "CallManager-ECDSA-cccc", 22), 0);
	text = cert_text(own_new_cert(o), NULL);
	ck_assert_ptr_nonnull(at = strstr(text, "IP Address:192.0.2.1"));
	ck_assert_ptr_null(strstr(at + 1, "IP Address:"));
	ck_assert_ptr_nonnull(at = strstr(text, "DNS:"));
	ck_assert_ptr_null(strstr(at + 1, "DNS:"));
	free(text);
	free(cn);
	own_new_free(o);
}
END_TEST

START_TEST(sealing_key_needed)
{
	struct keyring *cred = keyring_of_new(tc.cluster_key, KEYRING_CRED,
	    NULL);
	enum own_unit u = UNIT_CALLMANAGER_ECDSA;
	struct err e = { 0 };

	ck_assert_ptr_nonnull(cred);
	ck_assert_ptr_null(own_make(u, &tc.cluster, &tc.node, tc.names, 1,
	    cred, &tc.rng, TC_NOW, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	ck_assert_ptr_null(own_signer(tc.db, cred, &u, 1, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	keyring_free(cred);
}
END_TEST

/* --- rows --- */

START_TEST(stored_active)
{
	struct own o;
	uint8_t sha[32];

	for (unsigned u = 0; u < MADE_N; u++) {
		const struct cert *c = own_new_cert(tc.own[u]);

		ck_assert_int_eq(own_active(tc.db, (enum own_unit)u, "cm1",
		    &o, NULL), ERR_OK);
		cert_sha256(c, sha);
		ck_assert_mem_eq(o.row.sha256, sha, 32);
		ck_assert_str_eq(o.row.unit, own_unit_table()[u].name);
		ck_assert_str_eq(o.row.node, own_unit_table()[u].per_node ?
		    "cm1" : "");
		ck_assert_int_eq(o.row.generation, 1);
		ck_assert_int_eq(o.row.activated_at, TC_NOW);
		cert_key_id(c, sha);
		ck_assert_mem_eq(o.key_id, sha, 32);
		cert_sha256(o.cert, sha);
		ck_assert_mem_eq(o.row.sha256, sha, 32);
		own_clear(&o);
	}
	/* Another node's TVS is another certificate; there is none. */
	ck_assert_int_eq(own_active(tc.db, UNIT_TVS, "cm2", &o, NULL),
	    ERR_NOTFOUND);
	ck_assert_int_eq(own_active(tc.db, UNIT_CAPF, "cm2", &o, NULL),
	    ERR_OK);
	own_clear(&o);
}
END_TEST

START_TEST(stored_certificate_row)
{
	const struct cert *c = own_new_cert(tc.own[UNIT_CAPF]);
	struct row_cert r;
	uint8_t sha[32];
	const uint8_t *p;
	size_t n;

	cert_sha256(c, sha);
	ck_assert_int_eq(row_cert_get(tc.db, sha, &r, NULL), ERR_OK);
	p = cert_der(c, &n);
	ck_assert_uint_eq(r.derlen, n);
	ck_assert_mem_eq(r.der, p, n);
	ck_assert_int_eq(strncmp(r.subject, "CN=CAPF-lab;", 12), 0);
	ck_assert_str_eq(r.subject, r.issuer);
	p = cert_serial(c, &n);
	ck_assert_uint_eq(r.seriallen, n);
	ck_assert_mem_eq(r.serial, p, n);
	p = cert_ski(c, &n);
	ck_assert_uint_eq(r.skilen, n);
	ck_assert_mem_eq(r.ski, p, n);
	ck_assert_int_eq(r.not_before, cert_not_before(c));
	ck_assert_int_eq(r.not_after, cert_not_after(c));
	row_cert_clear(&r);
}
END_TEST

static int
tx_second_active(struct db *db, void *arg, struct err *e)
{
	return own_store(db, arg, OWN_ACTIVE, TC_NOW + 60, e);
}

static int
tx_announce(struct db *db, void *arg, struct err *e)
{
	return own_store(db, arg, OWN_ANNOUNCED, TC_NOW + 60, e);
}

static int
tx_retire(struct db *db, void *arg, struct err *e)
{
	struct row_own *r = arg;

	r->stage = OWN_RETIRED;
	return row_own_put(db, r, e);
}

START_TEST(stages)
{
	struct own *rows, o;
	size_t n;

	tc_refused(tx_second_active, tc.next[UNIT_CALLMANAGER], ERR_BADSTATE,
	    "retire");
	tc_done(tx_announce, tc.next[UNIT_CALLMANAGER]);
	ck_assert_int_eq(own_listed(tc.db, UNIT_CALLMANAGER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(rows[0].row.stage, OWN_ACTIVE);
	ck_assert_int_eq(rows[1].row.stage, OWN_ANNOUNCED);
	ck_assert_int_eq(rows[1].row.generation, 2);
	ck_assert_int_eq(rows[1].row.staged_at, TC_NOW + 60);
	ck_assert_int_eq(rows[1].row.activated_at, 0);
	ck_assert_int_eq(own_active(tc.db, UNIT_CALLMANAGER, NULL, &o, NULL),
	    ERR_OK);
	ck_assert_int_eq(o.row.generation, 1);

	/* Retired ones are in no list but are still ours. */
	tc_done(tx_retire, &o.row);
	own_clear(&o);
	own_list_free(rows, n);
	ck_assert_int_eq(own_listed(tc.db, UNIT_CALLMANAGER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(rows[0].row.generation, 2);
	own_list_free(rows, n);
	ck_assert_int_eq(own_active(tc.db, UNIT_CALLMANAGER, NULL, &o, NULL),
	    ERR_NOTFOUND);
	ck_assert_int_eq(own_all(tc.db, &rows, &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, MADE_N + 1);
	own_list_free(rows, n);
}
END_TEST

static int	sign_as(struct signer *s, const struct own_new *o);

/* What was retired last is held, as it is shown until the loops have seen its
 * promotion; what was retired before that is not. */
START_TEST(held)
{
	struct own *rows, o;
	struct err e = { 0 };
	struct signer *s;
	size_t n;

	tc_done(tx_announce, tc.next[UNIT_CALLMANAGER]);
	ck_assert_int_eq(own_active(tc.db, UNIT_CALLMANAGER, NULL, &o, NULL),
	    ERR_OK);
	tc_done(tx_retire, &o.row);
	own_clear(&o);
	ck_assert_int_eq(own_held(tc.db, UNIT_CALLMANAGER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 2);
	o = rows[1];
	o.row.staged_at = TC_NOW + 120;
	tc_done(tx_retire, &o.row);
	own_list_free(rows, n);
	ck_assert_int_eq(own_held(tc.db, UNIT_CALLMANAGER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(rows[0].row.generation, 2);
	own_list_free(rows, n);
	s = own_signer(tc.db, tc.kr, &(enum own_unit){ UNIT_CALLMANAGER }, 1,
	    &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	ck_assert_int_eq(sign_as(s, tc.next[UNIT_CALLMANAGER]), ERR_OK);
	ck_assert_int_eq(sign_as(s, tc.own[UNIT_CALLMANAGER]), ERR_NOTFOUND);
	signer_free(s);
}
END_TEST

/* --- private keys --- */

static int
sign_as(struct signer *s, const struct own_new *o)
{
	const struct cert *c = own_new_cert(o);
	bool rsa = key_type_is_rsa(cert_key_type(c));
	uint8_t d[32] = { 1 }, sig[KEY_SIG_MAX], id[KEY_ID_LEN];
	size_t len;
	int ret;

	cert_key_id(c, id);
	if ((ret = sign_digest(s, id, DIGEST_SHA256, rsa ? KEY_PAD_PKCS1 :
	    KEY_PAD_ECDSA, d, sizeof(d), sig, &len, NULL)) != ERR_OK)
		return ret;
	return cert_verify_digest(c, DIGEST_SHA256, d, sizeof(d), sig, len,
	    NULL);
}

/* Each unit's key signs; keys of units not asked for are not there. */
START_TEST(signer_has_what_was_asked)
{
	struct err e = { 0 };

	tc_done(tx_announce, tc.next[UNIT_CALLMANAGER]);
	for (unsigned u = 0; u < MADE_N; u++) {
		enum own_unit ask = (enum own_unit)u;
		struct signer *s = own_signer(tc.db, tc.kr, &ask, 1, &e);

		ck_assert_msg(s != NULL, "%s", e.msg);
		for (unsigned k = 0; k < MADE_N; k++)
			ck_assert_int_eq(sign_as(s, tc.own[k]), k == u ?
			    ERR_OK : ERR_NOTFOUND);
		ck_assert_int_eq(sign_as(s, tc.next[UNIT_CALLMANAGER]),
		    u == UNIT_CALLMANAGER ? ERR_OK : ERR_NOTFOUND);
		signer_free(s);
	}
}
END_TEST

START_TEST(signer_of_another_cluster)
{
	static const uint8_t master[MASTER_KEY_LEN] = { 9 };
	struct keyring_new *kn = keyring_make(master, "cm1", &tc.rng, NULL);
	struct keyring *kr = keyring_of_new(kn, KEYRING_SIGN, NULL);
	enum own_unit ask = UNIT_CALLMANAGER;
	struct err e = { 0 };

	ck_assert_ptr_null(own_signer(tc.db, kr, &ask, 1, &e));
	ck_assert_msg(strstr(e.msg, "CallManager") != NULL, "%s", e.msg);
	keyring_free(kr);
	keyring_new_free(kn);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("own");
	TCase *tc_made = tcase_create("made"), *tc_rows = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc_made, tc_make, tc_free);
	tcase_add_checked_fixture(tc_made, tc_open, tc_close);
	tcase_add_loop_test(tc_made, what_is_made, 0, MADE_N);
	tcase_add_test(tc_made, serials_differ);
	tcase_add_test(tc_made, units_by_name);
	tcase_add_test(tc_made, long_names);
	tcase_add_test(tc_made, sealing_key_needed);
	suite_add_tcase(s, tc_made);
	tcase_add_unchecked_fixture(tc_rows, tc_make, tc_free);
	tcase_add_checked_fixture(tc_rows, tc_open, tc_close);
	tcase_add_test(tc_rows, stored_active);
	tcase_add_test(tc_rows, stored_certificate_row);
	tcase_add_test(tc_rows, stages);
	tcase_add_test(tc_rows, held);
	tcase_add_test(tc_rows, signer_has_what_was_asked);
	tcase_add_test(tc_rows, signer_of_another_cluster);
	suite_add_tcase(s, tc_rows);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
