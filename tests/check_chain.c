/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Chains: who issued whom, in any order, with authorities that share names
 * or are signed twice; what OpenSSL takes of them; uses and digests.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/cert_use.h"
#include "certs/chain.h"
#include "tests/ca_lab.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

#define CA(name)	{ .cn = (name), .basic = "critical,CA:TRUE", \
    .usage = "critical,keyCertSign,cRLSign" }

enum { ROOT, INT1, INT2, LEAF, OTHER, SELF, POOL };

static struct cert *pool[POOL];

static struct cert *
issue(const char *cn, bool ca, size_t key, const struct cert *by, size_t bykey)
{
	struct lab_spec authority = CA(cn), leaf = { .cn = cn };

	return lab_issue(ca ? &authority : &leaf, lab_key(key), by,
	    by != NULL ? lab_key(bykey) : NULL);
}

static void
setup(void)
{
	pool[ROOT] = issue("Root", true, 0, NULL, 0);
	pool[INT1] = issue("Int1", true, 1, pool[ROOT], 0);
	pool[INT2] = issue("Int2", true, 2, pool[INT1], 1);
	pool[LEAF] = issue("leaf", false, 3, pool[INT2], 2);
	pool[OTHER] = issue("Other", true, 4, NULL, 0);
	pool[SELF] = issue("self", false, 5, NULL, 0);
}

static void
teardown(void)
{
	for (size_t i = 0; i < POOL; i++)
		cert_free(pool[i]);
	lab_end();
}

START_TEST(issued)
{
	ck_assert(chain_issued(pool[ROOT], pool[INT1]));
	ck_assert(chain_issued(pool[ROOT], pool[ROOT]));
	ck_assert(!chain_issued(pool[ROOT], pool[INT2]));
	ck_assert(!chain_issued(pool[INT1], pool[ROOT]));
	ck_assert(!chain_issued(pool[OTHER], pool[INT1]));
}
END_TEST

START_TEST(classes)
{
	static const enum chain_class want[POOL] = {
		[ROOT] = CHAIN_ROOT, [INT1] = CHAIN_INTERMEDIATE,
		[INT2] = CHAIN_INTERMEDIATE, [LEAF] = CHAIN_LEAF,
		[OTHER] = CHAIN_ROOT, [SELF] = CHAIN_LEAF,
	};

	for (size_t i = 0; i < POOL; i++)
		ck_assert_int_eq(chain_class(pool[i], pool, POOL), want[i]);
}
END_TEST

/* All orders of five give the same one. */
START_TEST(sorted)
{
	struct cert *p[5], *left[5];
	size_t n = (size_t)_i, count;

	memcpy(left, pool, sizeof(left));
	for (count = 5; count > 0; count--) {
		size_t k = n % count;

		n /= count;
		p[5 - count] = left[k];
		memmove(left + k, left + k + 1,
		    (count - k - 1) * sizeof(left[0]));
	}
	ck_assert_int_eq(chain_sort(p, 5, NULL), ERR_OK);
	ck_assert_ptr_eq(p[0], pool[LEAF]);
	ck_assert_ptr_eq(p[1], pool[INT2]);
	ck_assert_ptr_eq(p[2], pool[INT1]);
	ck_assert(p[3] == pool[ROOT] || p[3] == pool[OTHER]);
	ck_assert(p[4] == pool[ROOT] || p[4] == pool[OTHER]);
}
END_TEST

START_TEST(made)
{
	struct chain ch;
	struct err e = { 0 };

	chain_make(&ch, pool[LEAF], pool, POOL);
	ck_assert_uint_eq(ch.n, 4);
	ck_assert(ch.complete);
	ck_assert_ptr_eq(ch.cert[3], pool[ROOT]);
	ck_assert_msg(chain_check(&ch, &e) == ERR_OK, "%s", e.msg);
	/* Without the one in the middle. */
	chain_make(&ch, pool[LEAF], pool + INT2, POOL - INT2);
	ck_assert_uint_eq(ch.n, 2);
	ck_assert(!ch.complete);
	ck_assert_int_eq(chain_check(&ch, &e), ERR_OK);
	chain_make(&ch, pool[SELF], pool, POOL);
	ck_assert_uint_eq(ch.n, 1);
	ck_assert(ch.complete);
	ck_assert_int_eq(chain_check(&ch, &e), ERR_OK);
	chain_make(&ch, pool[LEAF], NULL, 0);
	ck_assert_uint_eq(ch.n, 1);
	ck_assert(!ch.complete);
}
END_TEST

/* Int2 is signed by Int1 and by Other: the shorter way that is complete. */
START_TEST(cross_signed)
{
	struct cert *cross = issue("Int2", true, 2, pool[OTHER], 4);
	struct cert *p[] = { pool[INT2], cross, pool[INT1], pool[OTHER] };
	struct chain ch;

	chain_make(&ch, pool[LEAF], p, N_OF(p));
	ck_assert_uint_eq(ch.n, 3);
	ck_assert(ch.complete);
	ck_assert_ptr_eq(ch.cert[1], cross);
	ck_assert_ptr_eq(ch.cert[2], pool[OTHER]);
	cert_free(cross);
}
END_TEST

/* Names alone are nothing: same-named roots without key identifiers. */
START_TEST(same_names)
{
	struct lab_spec s = CA("Twin");
	struct lab_spec l = { .cn = "leaf", .no_ids = true };
	struct cert *twin[20], *leaf;
	struct chain ch;

	s.no_ids = true;
	for (size_t i = 0; i < N_OF(twin); i++)
		twin[i] = lab_issue(&s, lab_key(i % 6), NULL, NULL);
	leaf = lab_issue(&l, lab_key(6), twin[5], lab_key(5));
	chain_make(&ch, leaf, twin, 12);
	ck_assert(ch.complete);
	ck_assert_uint_eq(ch.n, 2);
	ck_assert(chain_issued(ch.cert[1], leaf));
	/* More of one name than are tried: still an end. */
	ck_assert_int_eq(chain_sort(twin, N_OF(twin), NULL), ERR_OK);
	for (size_t i = 0; i < N_OF(twin); i++)
		cert_free(twin[i]);
	cert_free(leaf);
}
END_TEST

/* A ring of three that sign one another ends. */
START_TEST(ring)
{
	struct cert *a = issue("A", true, 0, NULL, 0), *b, *c, *a2;
	struct cert *p[3];
	struct chain ch;

	b = issue("B", true, 1, a, 0);
	c = issue("C", true, 2, b, 1);
	a2 = issue("A", true, 0, c, 2);
	p[0] = a2;
	p[1] = b;
	p[2] = c;
	chain_make(&ch, c, p, 3);
	ck_assert(!ch.complete);
	ck_assert_uint_eq(ch.n, 3);
	ck_assert_int_eq(chain_sort(p, 3, NULL), ERR_OK);
	cert_free(a);
	cert_free(a2);
	cert_free(b);
	cert_free(c);
}
END_TEST

static const struct {
	const char	*what;
	struct lab_spec	 ca;		/* below Root */
	struct lab_spec	 leaf;		/* below that */
	const char	*says;		/* NULL: fine */
} rules[] = {
	{ "no CA", { .cn = "I", .basic = "critical,CA:FALSE" },
	    { .cn = "l" }, "CA" },
	{ "may not sign", { .cn = "I", .basic = "critical,CA:TRUE",
	    .usage = "critical,digitalSignature" }, { .cn = "l" }, "CA" },
	{ "path length", { .cn = "I", .basic = "critical,CA:TRUE,pathlen:0",
	    .usage = "critical,keyCertSign" }, { .cn = "l" }, NULL },
	{ "name constraints", { .cn = "I", .basic = "critical,CA:TRUE",
	    .constraints = "critical,permitted;DNS:orbit.example" },
	    { .cn = "l", .san = "DNS:a.other.example" }, "subtree" },
	{ "names within", { .cn = "I", .basic = "critical,CA:TRUE",
	    .constraints = "critical,permitted;DNS:orbit.example" },
	    { .cn = "l", .san = "DNS:a.orbit.example" }, NULL },
	/* Dates are left to the caller. */
	{ "ended", { .cn = "I", .basic = "critical,CA:TRUE", .from_days = -20,
	    .to_days = -10 }, { .cn = "l" }, NULL },
};

START_TEST(checked)
{
	struct cert *p[2], *leaf;
	struct chain ch;
	struct err e = { 0 };

	p[0] = lab_issue(&rules[_i].ca, lab_key(1), pool[ROOT], lab_key(0));
	p[1] = pool[ROOT];
	leaf = lab_issue(&rules[_i].leaf, lab_key(2), p[0], lab_key(1));
	chain_make(&ch, leaf, p, 2);
	ck_assert_uint_eq(ch.n, 3);
	if (rules[_i].says == NULL)
		ck_assert_msg(chain_check(&ch, &e) == ERR_OK, "%s: %s",
		    rules[_i].what, e.msg);
	else {
		ck_assert_int_eq(chain_check(&ch, &e), ERR_VERIFY);
		ck_assert_msg(strstr(e.msg, rules[_i].says) != NULL, "%s: %s",
		    rules[_i].what, e.msg);
	}
	cert_free(p[0]);
	cert_free(leaf);
}
END_TEST

#define TLS	(CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT)

static const struct {
	struct lab_spec	 s;
	unsigned	 usage, missing;
	const char	*text;
} uses[] = {
	{ { .cn = "bare" }, TLS | CERT_USE_SIGN | CERT_USE_ENCIPHER, 0, "" },
	{ { .cn = "x", .usage = "critical,digitalSignature" }, TLS |
	    CERT_USE_ENCIPHER, 0, "" },	/* an EC key enciphers nothing */
	{ { .cn = "x", .usage = "keyEncipherment" }, CERT_USE_SIGN,
	    CERT_USE_SIGN, "digitalSignature" },
	{ { .cn = "x", .ext_usage = "serverAuth" }, TLS, CERT_USE_TLS_CLIENT,
	    "clientAuth" },
	{ { .cn = "x", .ext_usage = "emailProtection" }, TLS, TLS,
	    "serverAuth, clientAuth" },
	{ { .cn = "x", .ext_usage = "anyExtendedKeyUsage" }, TLS, 0, "" },
	{ { .cn = "x" }, CERT_USE_CA, CERT_USE_CA, "CA:TRUE" },
	{ { .cn = "x", .basic = "CA:TRUE", .usage = "digitalSignature" },
	    CERT_USE_CA, CERT_USE_CA, "keyCertSign" },
	{ CA("x"), CERT_USE_CA, 0, "" },
};

START_TEST(missing)
{
	struct cert *c = lab_issue(&uses[_i].s, lab_key(0), NULL, NULL);
	char text[CERT_USE_TEXT_MAX];
	enum digest_alg hash = DIGEST_MD5;

	ck_assert_uint_eq(cert_use_missing(c, uses[_i].usage, text),
	    uses[_i].missing);
	ck_assert_str_eq(text, uses[_i].text);
	ck_assert(cert_hash(c, &hash));
	ck_assert_int_eq(hash, DIGEST_SHA256);
	cert_free(c);
}
END_TEST

START_TEST(registration_authority)
{
	static const struct {
		const char	*ext_usage;
		bool		 is;
	} t[] = {
		{ NULL, false },
		{ "serverAuth,clientAuth", false },
		{ "anyExtendedKeyUsage", false },
		{ "1.3.6.1.5.5.7.3.2", false },
		{ "1.3.6.1.5.5.7.3.28", true },
		{ "clientAuth,1.3.6.1.4.1.311.20.2.1", true },
		{ "1.3.6.1.4.1.311.20.2", false },
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		const struct lab_spec s = { .cn = "x",
		    .ext_usage = t[i].ext_usage };
		struct cert *c = lab_issue(&s, lab_key(0), NULL, NULL);

		ck_assert_int_eq(cert_is_ra(c), t[i].is);
		cert_free(c);
	}
}
END_TEST

START_TEST(rsa_enciphers)
{
	struct lab_spec s = { .cn = "x", .usage = "digitalSignature",
	    .md = EVP_sha1() };
	struct cert *c = lab_issue(&s, lab_rsa("rsa3072"), NULL, NULL);
	char text[CERT_USE_TEXT_MAX];
	enum digest_alg hash;

	ck_assert_uint_eq(cert_use_missing(c, CERT_USE_ENCIPHER, text),
	    CERT_USE_ENCIPHER);
	ck_assert_str_eq(text, "keyEncipherment");
	ck_assert(cert_hash(c, &hash));
	ck_assert_int_eq(hash, DIGEST_SHA1);
	cert_free(c);
}
END_TEST

/* What a stranger wrote into its certificate a terminal must not obey. */
START_TEST(plain_text)
{
	static const struct lab_spec s = { .cn = "x\033[2J",
	    .san = "DNS:a\033]0;owned\007b,URI:http://c\xc2\x9b" "2Jd" };
	struct cert *c = lab_issue(&s, lab_key(0), NULL, NULL);
	char *text = cert_text(c, NULL);

	ck_assert_msg(strstr(text, "DNS:a?]0;owned?b, URI:http://c??2Jd\n") !=
	    NULL, "%s", text);
	for (const char *p = text; *p != '\0'; p++)
		ck_assert(*p == '\n' || (*p >= ' ' && *p <= '~'));
	free(text);
	cert_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("chain");
	TCase *t = tcase_create("chain");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, issued);
	tcase_add_test(t, classes);
	tcase_add_loop_test(t, sorted, 0, 120);
	tcase_add_test(t, made);
	tcase_add_test(t, cross_signed);
	tcase_add_test(t, same_names);
	tcase_add_test(t, ring);
	tcase_add_loop_test(t, checked, 0, (int)N_OF(rules));
	tcase_add_loop_test(t, missing, 0, (int)N_OF(uses));
	tcase_add_test(t, registration_authority);
	tcase_add_test(t, rsa_enciphers);
	tcase_add_test(t, plain_text);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
