/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust by chains: root, two CAs below it, a leaf; several CAs of one name.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/verify.h"
#include "tests/ca_lab.h"
#include "tests/verify_fix.h"

/* --- chains: root, two CAs below it, a leaf --- */

struct chain {
	const char	*name;
	struct lab_spec	 root, upper, lower, leaf;
	bool		 upper_sent, lower_sent;	/* else not at hand */
	bool		 upper_stored;
	enum verify_why	 why;
	struct verify_policy policy;
};

#define ROOT	{ .cn = "root", .basic = CA, .usage = SIGNS }
#define UPPER	{ .cn = "upper", .basic = CA, .usage = SIGNS }
#define LOWER	{ .cn = "lower", .basic = CA, .usage = SIGNS }
#define LEAF	{ .cn = "leaf", .san = "DNS:a.example.org,IP:192.0.2.7" }
#define SENT	.upper_sent = true, .lower_sent = true
#define ANY	.policy = { .units = 1 }
#define PAST	.policy = { .units = 1, .expired_ok = true }

static const struct chain chains[] = {
	{ "whole", ROOT, UPPER, LOWER, LEAF, SENT, ANY },
	{ "without the lower", ROOT, UPPER, LOWER, LEAF, .upper_sent = true,
	    .why = VERIFY_UNKNOWN, ANY },
	{ "without the upper", ROOT, UPPER, LOWER, LEAF, .lower_sent = true,
	    .why = VERIFY_UNKNOWN, ANY },
	{ "partial", ROOT, UPPER, LOWER, LEAF, .lower_sent = true,
	    .upper_stored = true, ANY },
	{ "leaf expired", ROOT, UPPER, LOWER, { .cn = "leaf",
	    .from_days = -9, .to_days = -1 }, SENT, .why = VERIFY_EXPIRED,
	    ANY },
	{ "lower expired", ROOT, UPPER, { .cn = "lower", .basic = CA,
	    .usage = SIGNS, .from_days = -9, .to_days = -1 }, LEAF, SENT,
	    .why = VERIFY_EXPIRED, ANY },
	{ "root expired", { .cn = "root", .basic = CA, .usage = SIGNS,
	    .from_days = -9, .to_days = -1 }, UPPER, LOWER, LEAF, SENT,
	    .why = VERIFY_EXPIRED, ANY },
	{ "lower not yet", ROOT, UPPER, { .cn = "lower", .basic = CA,
	    .usage = SIGNS, .from_days = 1, .to_days = 9 }, LEAF, SENT,
	    .why = VERIFY_NOT_YET, ANY },
	{ "all expired, and it may be", { .cn = "root", .basic = CA,
	    .usage = SIGNS, .from_days = -9, .to_days = -1 }, UPPER,
	    { .cn = "lower", .basic = CA, .usage = SIGNS, .from_days = -9,
	    .to_days = -2 }, { .cn = "leaf", .from_days = -9,
	    .to_days = -3 }, SENT, PAST },
	{ "lower not yet, may be expired", ROOT, UPPER, { .cn = "lower",
	    .basic = CA, .usage = SIGNS, .from_days = 1, .to_days = 9 }, LEAF,
	    SENT, .why = VERIFY_NOT_YET, PAST },
	{ "leaf not yet, may be expired", ROOT, UPPER, LOWER, { .cn = "leaf",
	    .from_days = 1, .to_days = 9 }, SENT, .why = VERIFY_NOT_YET,
	    PAST },
	{ "root not yet, may be expired", { .cn = "root", .basic = CA,
	    .usage = SIGNS, .from_days = 1, .to_days = 9 }, UPPER, LOWER,
	    LEAF, SENT, .why = VERIFY_NOT_YET, PAST },
	{ "path length", ROOT, { .cn = "upper", .usage = SIGNS,
	    .basic = CA ",pathlen:0" }, LOWER, LEAF, SENT,
	    .why = VERIFY_PATH_LENGTH, ANY },
	{ "path length enough", { .cn = "root", .usage = SIGNS,
	    .basic = CA ",pathlen:2" }, UPPER, LOWER, LEAF, SENT, ANY },
	{ "path length of the root", { .cn = "root", .usage = SIGNS,
	    .basic = CA ",pathlen:1" }, UPPER, LOWER, LEAF, SENT,
	    .why = VERIFY_PATH_LENGTH, ANY },
	{ "name permitted", ROOT, { .cn = "upper", .basic = CA,
	    .usage = SIGNS, .constraints = "permitted;DNS:example.org" },
	    LOWER, LEAF, SENT, ANY },
	{ "name not permitted", ROOT, { .cn = "upper", .basic = CA,
	    .usage = SIGNS, .constraints = "permitted;DNS:example.com" },
	    LOWER, LEAF, SENT, .why = VERIFY_NAME, ANY },
	{ "name excluded", ROOT, { .cn = "upper", .basic = CA,
	    .usage = SIGNS, .constraints = "excluded;DNS:a.example.org" },
	    LOWER, LEAF, SENT, .why = VERIFY_NAME, ANY },
	{ "lower is no CA", ROOT, UPPER, { .cn = "lower",
	    .basic = "critical,CA:FALSE" }, LEAF, SENT,
	    .why = VERIFY_NOT_CA, ANY },
	{ "lower has no mark of a CA", ROOT, UPPER, { .cn = "lower" }, LEAF,
	    SENT, .why = VERIFY_NOT_CA, ANY },
	{ "upper may not sign", ROOT, { .cn = "upper", .basic = CA,
	    .usage = "critical,cRLSign" }, LOWER, LEAF, SENT,
	    .why = VERIFY_NOT_CA, ANY },
	{ "server as client", ROOT, UPPER, LOWER, { .cn = "leaf",
	    .ext_usage = "serverAuth" }, SENT, .why = VERIFY_PURPOSE,
	    .policy = { .units = 1, .purpose = VERIFY_TLS_CLIENT } },
	{ "server as server", ROOT, UPPER, LOWER, { .cn = "leaf",
	    .ext_usage = "serverAuth" }, SENT,
	    .policy = { .units = 1, .purpose = VERIFY_TLS_SERVER } },
	{ "client as server", ROOT, UPPER, LOWER, { .cn = "leaf",
	    .ext_usage = "clientAuth" }, SENT, .why = VERIFY_PURPOSE,
	    .policy = { .units = 1, .purpose = VERIFY_TLS_SERVER } },
	{ "SHA-1", ROOT, { .cn = "upper", .basic = CA, .usage = SIGNS,
	    .o = "sha1" }, LOWER, LEAF, SENT, .why = VERIFY_WEAK, ANY },
	{ "SHA-1 taken", ROOT, { .cn = "upper", .basic = CA, .usage = SIGNS,
	    .o = "sha1" }, LOWER, LEAF, SENT,
	    .policy = { .units = 1, .sha1_ok = true } },
	{ "SHA-1 of the anchor itself", { .cn = "root", .basic = CA,
	    .usage = SIGNS, .o = "sha1" }, UPPER, LOWER, LEAF, SENT, ANY },
	{ "small keys", ROOT, UPPER, LOWER, LEAF, SENT, .why = VERIFY_WEAK,
	    .policy = { .units = 1, .min_ec_bits = 384 } },
	{ "host", ROOT, UPPER, LOWER, LEAF, SENT,
	    .policy = { .units = 1, .host = "A.example.org" } },
	{ "address", ROOT, UPPER, LOWER, LEAF, SENT,
	    .policy = { .units = 1, .host = "192.0.2.7" } },
	{ "other host", ROOT, UPPER, LOWER, LEAF, SENT, .why = VERIFY_HOST,
	    .policy = { .units = 1, .host = "b.example.org" } },
	{ "other address", ROOT, UPPER, LOWER, LEAF, SENT,
	    .why = VERIFY_HOST,
	    .policy = { .units = 1, .host = "2001:db8::1" } },
	{ "other units", ROOT, UPPER, LOWER, LEAF, SENT,
	    .why = VERIFY_OTHER_USE, .policy = { .units = 2 } },
};

static struct cert *
issue(const struct lab_spec *spec, size_t key, const struct cert *by,
    size_t by_key)
{
	struct lab_spec s = *spec;

	if (s.o != NULL && strcmp(s.o, "sha1") == 0)
		s.md = EVP_sha1();
	return lab_issue(&s, lab_key(key), by, by != NULL ?
	    lab_key(by_key) : NULL);
}

START_TEST(chain)
{
	const struct chain *c = &chains[_i];
	struct cert *rt = issue(&c->root, 0, NULL, 0);
	struct cert *upper = issue(&c->upper, 1, rt, 0);
	struct cert *lower = issue(&c->lower, 2, upper, 1);
	struct cert *leaf = issue(&c->leaf, 3, lower, 2);
	struct cert *sent[3] = { leaf };
	size_t n = 1;

	if (c->upper_sent)
		sent[n++] = upper;
	if (c->lower_sent)
		sent[n++] = lower;
	lab_store_add(&st, rt, 1);
	if (c->upper_stored)
		lab_store_add(&st, cert_ref(upper), 1);
	lab_store_load(&st);
	ck_assert_msg(ask(leaf, &c->policy, sent, n) ==
	    (c->why == VERIFY_OK) && r.why == c->why, "%s: %s, %s", c->name,
	    verify_why_name(r.why), r.text);
	ck_assert(!r.pinned);
	if (c->why == VERIFY_OK)
		ck_assert_uint_eq(r.depth, c->upper_stored ? 2 : 3);
	cert_free(upper);
	cert_free(lower);
	cert_free(leaf);
}
END_TEST

/* --- several of one name --- */

static struct lab_spec
aged(const char *cn, int64_t from_days)
{
	return (struct lab_spec){ .cn = cn, .basic = CA, .usage = SIGNS,
	    .from_days = from_days, .to_days = 900 };
}

#define CAS	100

/* Key identifiers lead to the one of many. */
START_TEST(many_cas_of_one_name)
{
	struct cert *leaf;

	for (size_t i = 0; i < CAS; i++) {
		struct lab_spec s = aged("ca", -1 - (int64_t)i);

		lab_store_add(&st, lab_issue(&s, lab_key(i % 50), NULL, NULL),
		    1);
	}
	lab_store_load(&st);
	for (size_t i = 0; i < 50; i += 7) {
		leaf = lab_issue(&(struct lab_spec){ .cn = "leaf" },
		    lab_key(60), st.entry[i].cert, lab_key(i));
		is_trusted(leaf, &any, NULL, 0);
		cert_free(leaf);
	}
}
END_TEST

/* Without them the signature tells, among as many as are looked at. */
START_TEST(no_key_identifiers)
{
	for (size_t i = 0; i < VERIFY_ISSUERS_MAX; i++) {
		struct lab_spec s = aged("ca", -1 - (int64_t)i);

		s.no_ids = true;
		lab_store_add(&st, lab_issue(&s, lab_key(i), NULL, NULL), 1);
	}
	lab_store_load(&st);
	for (size_t i = 0; i < VERIFY_ISSUERS_MAX; i++) {
		struct cert *leaf = lab_issue(&(struct lab_spec){
		    .cn = "leaf", .no_ids = true }, lab_key(60),
		    st.entry[i].cert, lab_key(i));

		is_trusted(leaf, &any, NULL, 0);
		cert_free(leaf);
	}
}
END_TEST

START_TEST(nobody_of_that_name_signed)
{
	struct lab_spec s = aged("ca", -1);
	struct cert *ca, *leaf;

	s.no_ids = true;
	for (size_t i = 0; i < 3; i++)
		lab_store_add(&st, lab_issue(&s, lab_key(i), NULL, NULL), 1);
	lab_store_load(&st);
	ca = lab_issue(&s, lab_key(5), NULL, NULL);
	leaf = lab_issue(&(struct lab_spec){ .cn = "leaf", .no_ids = true },
	    lab_key(6), ca, lab_key(5));
	is_refused(leaf, &any, NULL, 0, VERIFY_SIGNATURE);
	is_refused(leaf, &any, &ca, 1, VERIFY_SIGNATURE);
	cert_free(ca);
	cert_free(leaf);
}
END_TEST

/* A CA renewed with its key: the old one has expired, or forbids. */
START_TEST(renewed_ca)
{
	struct lab_spec old = aged("ca", -500), new = aged("ca", -300);
	struct lab_spec leaf = { .cn = "leaf", .san = "DNS:a.example.org" };
	struct cert *c;

	if (_i == 0)
		old.to_days = -1;
	else if (_i == 1)
		new.constraints = "excluded;DNS:example.org";
	else
		old.constraints = "excluded;DNS:example.org";
	lab_store_add(&st, lab_issue(&old, lab_key(0), NULL, NULL), 1);
	lab_store_add(&st, lab_issue(&new, lab_key(0), NULL, NULL), 1);
	lab_store_load(&st);
	c = lab_issue(&leaf, lab_key(1), st.entry[0].cert, lab_key(0));
	is_trusted(c, &any, NULL, 0);
	cert_free(c);
}
END_TEST

/* The CA that is expired here sends its renewal, signed by one we know. */
START_TEST(cross_signed)
{
	struct lab_spec old = aged("ca", -500), new = aged("ca", -3);
	struct cert *other = root("other", 5), *cross, *leaf;

	old.to_days = -1;
	lab_store_add(&st, lab_issue(&old, lab_key(0), NULL, NULL), 1);
	lab_store_add(&st, other, 1);
	lab_store_load(&st);
	cross = lab_issue(&new, lab_key(0), other, lab_key(5));
	leaf = lab_issue(&(struct lab_spec){ .cn = "leaf" }, lab_key(1),
	    cross, lab_key(0));
	is_refused(leaf, &any, NULL, 0, VERIFY_EXPIRED);
	is_trusted(leaf, &any, &cross, 1);
	ck_assert_uint_eq(r.depth, 2);
	cert_free(cross);
	cert_free(leaf);
}
END_TEST

/* Letter case and spaces are nothing to X.500. */
START_TEST(name_in_other_letters)
{
	struct lab_spec a = aged("The  CA", -5), b = aged("the ca", -5);
	struct cert *twin, *leaf;

	lab_store_add(&st, lab_issue(&a, lab_key(0), NULL, NULL), 1);
	lab_store_load(&st);
	twin = lab_issue(&b, lab_key(0), NULL, NULL);
	leaf = lab_issue(&(struct lab_spec){ .cn = "leaf" }, lab_key(1),
	    twin, lab_key(0));
	is_trusted(leaf, &any, NULL, 0);
	cert_free(twin);
	cert_free(leaf);
}
END_TEST

START_TEST(long_chains)
{
	struct cert *c[12] = { root("0", 0) };
	size_t n = N_OF(c) - 1;

	lab_store_add(&st, c[0], 1);
	lab_store_load(&st);
	for (size_t i = 1; i <= n; i++) {
		char cn[8];

		(void)snprintf(cn, sizeof(cn), "%zu", i);
		c[i] = lab_issue(&(struct lab_spec){ .cn = cn, .basic = CA,
		    .usage = SIGNS }, lab_key(i), c[i - 1], lab_key(i - 1));
	}
	is_trusted(c[VERIFY_DEPTH_MAX], &any, c + 1, VERIFY_DEPTH_MAX);
	ck_assert(!ask(c[n], &any, c + 1, n));
	for (size_t i = 1; i <= n; i++)
		cert_free(c[i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust in certificates");
	TCase *t = tcase_create("verify");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, chain, 0, (int)N_OF(chains));
	tcase_add_test(t, many_cas_of_one_name);
	tcase_add_test(t, no_key_identifiers);
	tcase_add_test(t, nobody_of_that_name_signed);
	tcase_add_loop_test(t, renewed_ca, 0, 3);
	tcase_add_test(t, cross_signed);
	tcase_add_test(t, name_in_other_letters);
	tcase_add_test(t, long_chains);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
