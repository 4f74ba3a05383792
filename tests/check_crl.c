/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Revocation lists: what is read, who may have made them, whom they name.
 */
#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "certs/crl.h"
#include "tests/ca_lab.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

#define CA	"critical,CA:TRUE"

static struct cert *ca, *other, *leaf[3];

static struct cert *
make_ca(const char *cn, size_t key, const char *usage)
{
	return lab_issue(&(struct lab_spec){ .cn = cn, .basic = CA,
	    .usage = usage }, lab_key(key), NULL, NULL);
}

static void
setup(void)
{
	ca = make_ca("ca", 0, "critical,keyCertSign,cRLSign");
	other = make_ca("other", 1, "critical,keyCertSign,cRLSign");
	for (size_t i = 0; i < N_OF(leaf); i++)
		leaf[i] = lab_issue(&(struct lab_spec){ .cn = "leaf",
		    .serial = 1000 * (int64_t)(i + 1) }, lab_key(2), ca,
		    lab_key(0));
}

static void
teardown(void)
{
	cert_free(ca);
	cert_free(other);
	for (size_t i = 0; i < N_OF(leaf); i++)
		cert_free(leaf[i]);
	lab_end();
}

START_TEST(read_back)
{
	struct crl *c = lab_revoke(&(struct lab_crl){
	    .revoked = { leaf[2], leaf[0] },
	    .entry_ext = { "2.5.29.21", "DER:0A0101" } }, ca, lab_key(0));
	const uint8_t *ski;
	size_t len, want;
	int64_t since;

	ck_assert_str_eq(crl_issuer(c), "CN=ca;O=Lab");
	ck_assert_uint_eq(crl_count(c), 2);
	ck_assert_int_eq(crl_this_update(c), LAB_NOW - LAB_DAY);
	ck_assert_int_eq(crl_next_update(c), LAB_NOW + LAB_DAY);
	ski = cert_ski(ca, &want);
	ck_assert_mem_eq(crl_key_id(c, &len), ski, want);
	ck_assert_uint_eq(len, want);
	ck_assert(crl_lists(c, leaf[0], &since));
	ck_assert_int_eq(since, LAB_NOW);
	ck_assert(!crl_lists(c, leaf[1], &since));
	ck_assert(crl_lists(c, leaf[2], NULL));
	ck_assert_int_eq(crl_verify(c, ca, NULL), ERR_OK);
	crl_free(crl_ref(c));
	crl_free(c);
	crl_free(NULL);
}
END_TEST

START_TEST(empty_list)
{
	struct crl *c = lab_revoke(&(struct lab_crl){ .no_next = true,
	    .no_ids = true }, ca, lab_key(0));
	size_t len;

	ck_assert_uint_eq(crl_count(c), 0);
	ck_assert_int_eq(crl_next_update(c), 0);
	(void)crl_key_id(c, &len);
	ck_assert_uint_eq(len, 0);
	ck_assert(!crl_lists(c, leaf[0], NULL));
	ck_assert_int_eq(crl_verify(c, ca, NULL), ERR_OK);
	crl_free(c);
}
END_TEST

static const struct {
	const char	*name, *value, *text;
	bool		 entry;
	int		 code;
} kinds[] = {
	{ "2.5.29.20", "DER:020107", NULL, false, ERR_OK },
	{ "issuingDistributionPoint", "critical,onlyuser:TRUE", NULL, false,
	    ERR_OK },
	{ "issuingDistributionPoint", "critical,indirectCRL:TRUE",
	    "full one", false, ERR_ARG },
	{ "issuingDistributionPoint", "critical,onlyAA:TRUE", "full one",
	    false, ERR_ARG },
	{ "issuingDistributionPoint",
	    "critical,onlysomereasons:keyCompromise", "full one", false,
	    ERR_ARG },
	{ "2.5.29.27", "critical,DER:020103", "delta", false, ERR_ARG },
	{ "1.2.3.4", "critical,DER:0500", "not understood", false, ERR_ARG },
	{ "1.2.3.4", "DER:0500", NULL, false, ERR_OK },
	{ "1.2.3.4", "critical,DER:0500", "not understood", true, ERR_ARG },
	{ "2.5.29.29", "critical,DER:3000", "not understood", true,
	    ERR_ARG },	/* certificateIssuer */
};

START_TEST(kind_of_list)
{
	struct lab_crl s = { .revoked = { leaf[0] } };
	struct err e = { 0 };
	struct crl *c;
	uint8_t *der;
	size_t len;

	if (kinds[_i].entry) {
		s.entry_ext[0] = kinds[_i].name;
		s.entry_ext[1] = kinds[_i].value;
	} else {
		s.ext[0] = kinds[_i].name;
		s.ext[1] = kinds[_i].value;
	}
	der = lab_crl_der(&s, ca, lab_key(0), &len);
	c = crl_from_der(der, len, &e);
	ck_assert_msg(e.code == kinds[_i].code, "%s: %s", kinds[_i].name,
	    e.msg);
	ck_assert((c != NULL) == (kinds[_i].code == ERR_OK));
	if (kinds[_i].text != NULL)
		ck_assert_msg(strstr(e.msg, kinds[_i].text) != NULL, "%s",
		    e.msg);
	crl_free(c);
	free(der);
}
END_TEST

START_TEST(cut_and_longer)
{
	size_t len;
	uint8_t *der = lab_crl_der(&(struct lab_crl){ .revoked = { leaf[0] } },
	    ca, lab_key(0), &len), *longer = calloc(1, len + 1);
	struct err e = { 0 };

	for (size_t i = 0; i < len; i++)
		ck_assert_ptr_null(crl_from_der(der, i, NULL));
	memcpy(longer, der, len);
	ck_assert_ptr_null(crl_from_der(longer, len + 1, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_ptr_null(crl_from_der(der, CRL_DER_MAX + 1, &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
	free(longer);
	free(der);
}
END_TEST

START_TEST(who_made_it)
{
	struct cert *twin = make_ca("ca", 3, "critical,keyCertSign,cRLSign");
	struct cert *mute = make_ca("ca", 0, "critical,keyCertSign");
	struct crl *c = lab_revoke(&(struct lab_crl){ 0 }, ca, lab_key(0));
	struct crl *forged = lab_revoke(&(struct lab_crl){ 0 }, ca,
	    lab_key(5));
	EVP_PKEY *rsa = lab_rsa("rsa1024");
	struct cert *old = lab_issue(&(struct lab_spec){ .cn = "old",
	    .basic = CA }, rsa, NULL, NULL);
	struct crl *md5 = lab_revoke(&(struct lab_crl){ .md = EVP_md5() },
	    old, rsa);
	struct err e = { 0 };

	ck_assert_int_eq(crl_verify(c, other, &e), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "another CA"));
	ck_assert_int_eq(crl_verify(c, twin, &e), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "another key"));
	ck_assert_int_eq(crl_verify(c, mute, &e), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "may not sign"));
	ck_assert_int_eq(crl_verify(forged, ca, &e), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "has not signed"));
	ck_assert_int_eq(crl_verify(md5, old, &e), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "MD5"));
	crl_free(c);
	crl_free(forged);
	crl_free(md5);
	cert_free(old);
	cert_free(twin);
	cert_free(mute);
}
END_TEST

/* --- sets --- */

START_TEST(sets)
{
	struct cert *renewed = make_ca("CA", 4, "critical,keyCertSign,"
	    "cRLSign"), *stray = lab_issue(&(struct lab_spec){
	    .cn = "leaf" }, lab_key(2), other, lab_key(1));
	struct crl *c[] = {
		lab_revoke(&(struct lab_crl){ .revoked = { leaf[1] } }, ca,
		    lab_key(0)),
		lab_revoke(&(struct lab_crl){ .revoked = { leaf[0] } },
		    renewed, lab_key(4)),
	};
	struct crl_set *s = crl_set_new(c, N_OF(c), NULL);
	uint8_t sha256[DIGEST_SHA256_LEN];
	bool first;

	ck_assert_ptr_nonnull(s);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(crl_set_ask(s, leaf[0], ca, LAB_NOW,
		    &first), CRL_GOOD);
		ck_assert_int_eq(crl_set_ask(s, leaf[1], ca, LAB_NOW, NULL),
		    CRL_REVOKED);
		ck_assert_int_eq(crl_set_ask(s, leaf[0], renewed, LAB_NOW,
		    NULL), CRL_REVOKED);
	}
	ck_assert_int_eq(crl_set_ask(s, stray, other, LAB_NOW, NULL),
	    CRL_NO_LIST);
	crl_sha256(c[1], sha256);
	ck_assert_ptr_eq(crl_set_find(s, sha256), c[1]);
	sha256[0] ^= 1;
	ck_assert_ptr_null(crl_set_find(s, sha256));
	crl_set_free(crl_set_ref(s));
	crl_set_free(s);
	crl_set_free(NULL);
	crl_free(c[0]);
	crl_free(c[1]);
	cert_free(renewed);
	cert_free(stray);
}
END_TEST

START_TEST(unknown_is_told_once)
{
	struct crl *c = lab_revoke(&(struct lab_crl){ .from_days = -9,
	    .to_days = -2, .revoked = { leaf[1] } }, ca, lab_key(0));
	struct crl *forged = lab_revoke(&(struct lab_crl){ 0 }, other,
	    lab_key(5));
	struct crl *both[] = { forged, c };
	struct crl_set *s = crl_set_new(both, 2, NULL);
	struct cert *stray = lab_issue(&(struct lab_spec){ .cn = "leaf" },
	    lab_key(2), other, lab_key(1));
	bool first;

	ck_assert_int_eq(crl_set_ask(s, leaf[0], ca, LAB_NOW, &first),
	    CRL_OLD);
	ck_assert(first);
	ck_assert_int_eq(crl_set_ask(s, leaf[2], ca, LAB_NOW, &first),
	    CRL_OLD);
	ck_assert(!first);
	/* Who was revoked stays so. */
	ck_assert_int_eq(crl_set_ask(s, leaf[1], ca, LAB_NOW, &first),
	    CRL_REVOKED);
	ck_assert_int_eq(crl_set_ask(s, leaf[0], ca, LAB_NOW - 3 * LAB_DAY,
	    &first), CRL_GOOD);
	ck_assert_int_eq(crl_set_ask(s, stray, other, LAB_NOW, &first),
	    CRL_FALSE);
	ck_assert(first);
	crl_set_free(s);
	crl_free(c);
	crl_free(forged);
	cert_free(stray);
}
END_TEST

START_TEST(empty_set)
{
	struct crl_set *s = crl_set_new(NULL, 0, NULL);

	ck_assert_int_eq(crl_set_ask(s, leaf[0], ca, LAB_NOW, NULL),
	    CRL_NO_LIST);
	crl_set_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("revocation lists");
	TCase *t = tcase_create("lists");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, read_back);
	tcase_add_test(t, empty_list);
	tcase_add_loop_test(t, kind_of_list, 0, (int)N_OF(kinds));
	tcase_add_test(t, cut_and_longer);
	tcase_add_test(t, who_made_it);
	tcase_add_test(t, sets);
	tcase_add_test(t, unknown_is_told_once);
	tcase_add_test(t, empty_set);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
