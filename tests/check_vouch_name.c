/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which certificate a query means, by name and serial number.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/list.h"
#include "tests/certs_data.h"
#include "tests/trust_cluster.h"
#include "tests/vouch_fix.h"
#include "trust/vouch.h"

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

int
main(void)
{
	Suite *s = suite_create("vouch_name");
	TCase *tc1 = tcase_create("vouch");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(tc1, tc_make, tc_free);
	tcase_add_checked_fixture(tc1, setup, teardown);
	tcase_set_timeout(tc1, 120);
	tcase_add_loop_test(tc1, query_names, 0, N_OF(names));
	tcase_add_test(tc1, query_serials);
	tcase_add_test(tc1, query_serial_shared);
	tcase_add_test(tc1, query_serial_alone);
	tcase_add_test(tc1, query_own_and_removed);
	suite_add_tcase(s, tc1);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
