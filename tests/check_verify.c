/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust in certificates: what is trusted, and the reason when not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/verify.h"
#include "tests/ca_lab.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

#define CA	"critical,CA:TRUE"
#define SIGNS	"critical,keyCertSign,cRLSign"

static struct lab_store st;
static struct verify_result r;
static const struct verify_policy any = { .units = 1 };

static void
setup(void)
{
	lab_store_init(&st);
}

static void
teardown(void)
{
	lab_store_clear(&st);
	lab_end();
}

static struct cert *
root(const char *cn, size_t key)
{
	return lab_issue(&(struct lab_spec){ .cn = cn, .basic = CA,
	    .usage = SIGNS }, lab_key(key), NULL, NULL);
}

static bool
ask(const struct cert *leaf, const struct verify_policy *p,
    struct cert *const *chain, size_t n)
{
	bool ok = verify_cert(st.v, leaf, chain, n, p, &r);

	ck_assert(ok == (r.why == VERIFY_OK));
	ck_assert_msg(ok == (r.text[0] == '\0'), "%s", r.text);
	return ok;
}

#define is_trusted(leaf, p, chain, n) \
	ck_assert_msg(ask(leaf, p, chain, n), "%s", r.text)
#define is_refused(leaf, p, chain, n, because) do {			\
	ck_assert(!ask(leaf, p, chain, n));				\
	ck_assert_msg(r.why == (because), "%s: %s",			\
	    verify_why_name(r.why), r.text);				\
} while (0)

/* --- pinned --- */

#define ANCHORS	1000

START_TEST(thousand_of_one_subject)
{
	for (size_t i = 0; i < ANCHORS; i++)
		lab_store_add(&st, lab_issue(&(struct lab_spec){
		    .cn = "appliance", .no_ids = true }, lab_key(i % 50),
		    NULL, NULL), 1);
	lab_store_load(&st);
	for (size_t i = 0; i < ANCHORS; i++) {
		uint8_t is[DIGEST_SHA256_LEN];

		is_trusted(st.entry[i].cert, &any, NULL, 0);
		ck_assert(r.pinned);
		cert_sha256(st.entry[i].cert, is);
		ck_assert_mem_eq(r.anchor, is, sizeof(is));
	}
	/* Nothing was parsed for it, at load or later. */
	ck_assert_uint_eq(cert_cache_loads(verifier_cache(st.v)), 0);
}
END_TEST

START_TEST(one_key_several_serials)
{
	for (int i = 1; i <= 20; i++)
		lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "gw",
		    .serial = i, .basic = CA, .usage = SIGNS ",digitalSignature" },
		    lab_key(0), NULL, NULL), 1);
	lab_store_load(&st);
	for (size_t i = 0; i < st.n; i++)
		is_trusted(st.entry[i].cert, &any, NULL, 0);
}
END_TEST

START_TEST(pinned_leaf_of_a_ca)
{
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));

	lab_store_add(&st, leaf, 2);
	lab_store_load(&st);
	is_trusted(leaf, &(struct verify_policy){ .units = 6 }, &ca, 1);
	ck_assert(r.pinned);
	ck_assert_uint_eq(r.units, 2);
	ck_assert_uint_eq(r.depth, 0);
	is_refused(leaf, &(struct verify_policy){ .units = 5 }, &ca, 1,
	    VERIFY_OTHER_USE);
	cert_free(ca);
}
END_TEST

START_TEST(pinned_but_expired)
{
	lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "old",
	    .from_days = -9, .to_days = -1 }, lab_key(0), NULL, NULL), 1);
	lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "young",
	    .from_days = 1, .to_days = 9 }, lab_key(0), NULL, NULL), 1);
	lab_store_load(&st);
	is_refused(st.entry[0].cert, &any, NULL, 0, VERIFY_EXPIRED);
	ck_assert_str_eq(r.text, "O=Lab,CN=old: expired "
	    "2026-11-20T08:54:44Z");
	is_refused(st.entry[1].cert, &any, NULL, 0, VERIFY_NOT_YET);
	ck_assert_str_eq(r.text, "O=Lab,CN=young: not yet valid, only from "
	    "2026-11-22T08:54:44Z");
}
END_TEST

START_TEST(nothing_is_trusted_without_a_store)
{
	struct cert *c = root("ca", 0);

	is_refused(c, &any, NULL, 0, VERIFY_UNKNOWN);
	lab_store_load(&st);
	is_refused(c, &any, NULL, 0, VERIFY_UNKNOWN);
	lab_store_add(&st, c, 1);
	lab_store_load(&st);
	is_trusted(c, &any, NULL, 0);
	verifier_set_store(st.v, NULL, false);
	is_refused(c, &any, NULL, 0, VERIFY_UNKNOWN);
}
END_TEST

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

/* --- changes --- */

START_TEST(removed_at_once)
{
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));
	struct cert_store *snap;

	lab_store_add(&st, ca, 1);
	lab_store_load(&st);
	is_trusted(leaf, &any, NULL, 0);
	is_trusted(ca, &any, NULL, 0);
	ck_assert_uint_eq(st.asked, 0);
	/* The database has changed; the snapshot is still the old one. */
	snap = lab_store_snapshot(&st);
	verifier_set_store(st.v, snap, true);
	is_trusted(leaf, &any, NULL, 0);
	ck_assert_uint_gt(st.asked, 0);
	st.entry[0].units = 0;
	is_refused(leaf, &any, NULL, 0, VERIFY_REMOVED);
	is_refused(ca, &any, NULL, 0, VERIFY_REMOVED);
	st.entry[0].units = 1;
	is_trusted(leaf, &any, NULL, 0);
	st.fail = ERR_IO;
	is_refused(leaf, &any, NULL, 0, VERIFY_ERROR);
	ck_assert_str_eq(r.text, "the disk is gone");
	is_refused(ca, &any, NULL, 0, VERIFY_ERROR);
	cert_store_free(snap);
	cert_free(leaf);
}
END_TEST

START_TEST(removed_is_said)
{
	struct cert *ca = root("ca", 0);

	lab_store_add(&st, ca, 0);
	st.entry[0].removed = 1;
	lab_store_load(&st);
	is_refused(ca, &any, NULL, 0, VERIFY_REMOVED);
	/* In another store it was never. */
	is_refused(ca, &(struct verify_policy){ .units = 2 }, NULL, 0,
	    VERIFY_UNKNOWN);
}
END_TEST

START_TEST(added_at_once)
{
	struct cert_store *snap = lab_store_snapshot(&st);
	struct cert *c = root("new", 0);

	verifier_set_store(st.v, snap, true);
	lab_store_add(&st, c, 1);
	is_trusted(c, &any, NULL, 0);
	cert_store_free(snap);
}
END_TEST

START_TEST(source_fails)
{
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));

	lab_store_add(&st, ca, 1);
	lab_store_load(&st);
	st.fail = ERR_IO;
	is_refused(leaf, &any, NULL, 0, VERIFY_ERROR);
	st.fail = ERR_OK;
	is_trusted(leaf, &any, NULL, 0);
	cert_free(leaf);
}
END_TEST

/* --- as dear with thousands as with ten --- */

START_TEST(loads_do_not_grow)
{
	struct cert_store_build *b = cert_store_build_new(NULL);
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));
	struct cert_store *snap;
	struct lab_row row;

	lab_store_add(&st, ca, 1);
	lab_row_of(&row, ca, 1, 0);
	ck_assert_int_eq(cert_store_build_add(b, &row.row, NULL), ERR_OK);
	for (uint32_t i = 0; i < 100000; i++) {
		struct cert_store_row other = row.row;
		uint8_t sha256[DIGEST_SHA256_LEN] = { 1 };
		char name[32];

		memcpy(sha256 + 8, &i, sizeof(i));
		(void)snprintf(name, sizeof(name), "CN=%u", i);
		other.sha256 = sha256;
		other.subject = name;
		other.skilen = 0;
		ck_assert_int_eq(cert_store_build_add(b, &other, NULL),
		    ERR_OK);
	}
	ck_assert_ptr_nonnull(snap = cert_store_build_finish(b, NULL));
	verifier_set_store(st.v, snap, false);
	ck_assert_uint_eq(cert_cache_loads(verifier_cache(st.v)), 0);
	for (int i = 0; i < 10; i++)
		is_trusted(leaf, &any, NULL, 0);
	ck_assert_uint_eq(cert_cache_loads(verifier_cache(st.v)), 1);
	lab_row_clear(&row);
	cert_store_build_free(b);
	cert_store_free(snap);
	cert_free(leaf);
}
END_TEST

/* --- weak keys --- */

START_TEST(rsa_1024)
{
	EVP_PKEY *weak = lab_rsa("rsa1024");

	lab_store_add(&st, lab_issue(&(struct lab_spec){ .cn = "weak" },
	    weak, NULL, NULL), 1);
	lab_store_load(&st);
	is_refused(st.entry[0].cert, &any, NULL, 0, VERIFY_WEAK);
	ck_assert_str_eq(r.text, "O=Lab,CN=weak: key of 1024 bits, 2048 is "
	    "the least");
	is_trusted(st.entry[0].cert, &((struct verify_policy){ .units = 1,
	    .min_rsa_bits = 1024 }), NULL, 0);
}
END_TEST

/* --- revocation --- */

static enum { GOOD, REVOKED, UNKNOWN } state;
static unsigned asked;

static int
revoked(void *arg, const struct cert *c, const struct cert *issuer, bool *yes,
    struct err *e)
{
	(void)arg;
	ck_assert(c != NULL && issuer != NULL && c != issuer);
	asked++;
	*yes = state == REVOKED;
	return state == UNKNOWN ? err_set(e, ERR_NOTFOUND, "nobody knows") :
	    ERR_OK;
}

static int
load_entry(void *arg, const uint8_t sha256[DIGEST_SHA256_LEN], uint8_t **der,
    size_t *len, struct err *e)
{
	const uint8_t *p = cert_der(st.entry[0].cert, len);

	(void)arg;
	(void)sha256;
	(void)e;
	ck_assert_ptr_nonnull(*der = malloc(*len));
	memcpy(*der, p, *len);
	return ERR_OK;
}

START_TEST(revocation)
{
	struct verifier_source src = { .load = load_entry,
	    .revoked = revoked };
	struct cert *ca = root("ca", 0), *leaf = lab_issue(
	    &(struct lab_spec){ .cn = "leaf" }, lab_key(1), ca, lab_key(0));
	struct cert_store *snap;

	lab_store_add(&st, ca, 1);
	verifier_free(st.v);
	st.v = verifier_new(&src, &lab_clock, NULL);
	snap = lab_store_snapshot(&st);
	verifier_set_store(st.v, snap, false);
	asked = 0;
	state = GOOD;
	is_trusted(leaf, &any, NULL, 0);
	state = UNKNOWN;
	is_trusted(leaf, &any, NULL, 0);
	state = REVOKED;
	is_refused(leaf, &any, NULL, 0, VERIFY_REVOKED);
	ck_assert_uint_eq(asked, 3);
	is_trusted(ca, &any, NULL, 0);		/* nobody above it */
	ck_assert_uint_eq(asked, 3);
	ck_assert(verify_revoked(st.v, leaf));
	ck_assert(!verify_revoked(st.v, ca));
	ck_assert_uint_eq(asked, 4);
	cert_store_free(snap);
	cert_free(leaf);
}
END_TEST

START_TEST(names_of_reasons)
{
	for (int i = 0; i <= VERIFY_N; i++) {
		const char *s = verify_why_name((enum verify_why)i);

		ck_assert(s != NULL && s[0] != '\0');
	}
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
	tcase_add_test(t, thousand_of_one_subject);
	tcase_add_test(t, one_key_several_serials);
	tcase_add_test(t, pinned_leaf_of_a_ca);
	tcase_add_test(t, pinned_but_expired);
	tcase_add_test(t, nothing_is_trusted_without_a_store);
	tcase_add_loop_test(t, chain, 0, (int)N_OF(chains));
	tcase_add_test(t, many_cas_of_one_name);
	tcase_add_test(t, no_key_identifiers);
	tcase_add_test(t, nobody_of_that_name_signed);
	tcase_add_loop_test(t, renewed_ca, 0, 3);
	tcase_add_test(t, cross_signed);
	tcase_add_test(t, name_in_other_letters);
	tcase_add_test(t, long_chains);
	tcase_add_test(t, removed_at_once);
	tcase_add_test(t, removed_is_said);
	tcase_add_test(t, added_at_once);
	tcase_add_test(t, source_fails);
	tcase_add_test(t, loads_do_not_grow);
	tcase_add_test(t, rsa_1024);
	tcase_add_test(t, revocation);
	tcase_add_test(t, names_of_reasons);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
