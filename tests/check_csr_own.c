/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests of own units: names, subject, keys, one pending at a time.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/san.h"
#include "tests/trust_cluster.h"
#include "trust/csr_own.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

static struct node node;

static int
second_node(struct db *db, void *arg, struct err *e)
{
	struct row_node n = tc.node;
	struct row_node_name names[] = { { true, "192.0.2.20" },
	    { false, "cm2.example.org" }, { false, "cm1.example.org" } };
	struct row_node bare = tc.node;
	struct row_node_name ip = { true, "192.0.2.30" };
	int ret;

	(void)arg;
	strcpy(n.name, "cm2");
	strcpy(bare.name, "cm3");
	if ((ret = row_node_put(db, &n, e)) != ERR_OK ||
	    (ret = row_node_names_put(db, "cm2", names, 3, e)) != ERR_OK ||
	    (ret = row_node_put(db, &bare, e)) != ERR_OK)
		return ret;
	return row_node_names_put(db, "cm3", &ip, 1, e);
}

static void
setup(void)
{
	tc_open();
	tc_done(second_node, NULL);
	node = (struct node){ .db = tc.db, .cluster = tc.cluster,
	    .row = tc.node, .names = tc.names, .nnames = tc.nnames };
}

static struct csr_own *
make(const struct csr_want *w, struct err *e)
{
	return csr_own_make(w, &node, tc.kr, &tc.rng, e);
}

static struct csr_own *
make_ok(const struct csr_want *w)
{
	struct err e = { 0 };
	struct csr_own *c = make(w, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	return c;
}

static const char *const more[] = { "10.0.0.1", "x_y.example.org",
    "CM1.example.org" };

static const struct {
	struct csr_want	 w;
	const char	*subject;
	const char	*names[6];
	enum key_type	 key;
	enum digest_alg	 hash;
	bool		 ca;
} made[] = {
	{ { .unit = UNIT_CALLMANAGER_ECDSA }, "CN=cm1.example.org-ms;O=lab",
	    { "cm1.example.org", "cm2.example.org", "192.0.2.30" },
	    KEY_EC384, DIGEST_SHA384, false },
	{ { .unit = UNIT_CALLMANAGER_ECDSA, .san = CSR_SAN_NODE,
	    .has_key = true, .key = KEY_EC256 }, "CN=cm1.example.org;O=lab",
	    { "cm1.example.org" }, KEY_EC256, DIGEST_SHA256, false },
	{ { .unit = UNIT_CALLMANAGER_ECDSA, .cn = "voice.example.org",
	    .add_san = more, .nadd = 3, .parent_domain = "example.org",
	    .san = CSR_SAN_NODE, .has_hash = true, .hash = DIGEST_SHA512 },
	    "CN=voice.example.org;O=lab", { "cm1.example.org", "example.org",
	    "x_y.example.org", "10.0.0.1" }, KEY_EC384, DIGEST_SHA512,
	    false },
	{ { .unit = UNIT_HTTPS, .has_key = true, .key = KEY_EC521 },
	    "CN=cm1.example.org;O=lab", { "cm1.example.org" }, KEY_EC521,
	    DIGEST_SHA512, false },
	{ { .unit = UNIT_CAPF }, "CN=CAPF-lab;O=lab", { "cm1.example.org",
	    "cm2.example.org", "192.0.2.30" }, KEY_RSA2048, DIGEST_SHA256,
	    true },
};

START_TEST(what_is_made)
{
	struct csr_own *o = make_ok(&made[_i].w);
	const struct csr *c = csr_own_csr(o);
	struct san_set san;
	enum digest_alg hash;
	char *subject = csr_subject(c, CERT_NAME_SEMICOLON, NULL);

	ck_assert_str_eq(subject, made[_i].subject);
	ck_assert_int_eq(csr_verify(c, NULL), ERR_OK);
	ck_assert_int_eq(csr_key_type(c), made[_i].key);
	ck_assert(csr_hash(c, &hash) && hash == made[_i].hash);
	ck_assert(csr_wants_ca(c) == made[_i].ca);
	ck_assert_int_eq(san_of_csr(c, &san, NULL), ERR_OK);
	for (size_t i = 0; i < N_OF(made[_i].names) &&
	    made[_i].names[i] != NULL; i++) {
		ck_assert_uint_lt(i, san.n);
		ck_assert_str_eq(san.san[i].text, made[_i].names[i]);
		ck_assert(i + 1 == san.n || made[_i].names[i + 1] != NULL);
	}
	san_set_free(&san);
	free(subject);
	csr_own_free(o);
}
END_TEST

static const char *const bad_name[] = { "a b" };

static const struct {
	struct csr_want	 w;
	int		 code;
	const char	*says;
} wrong[] = {
	{ { .unit = UNIT_CALLMANAGER, .has_key = true, .key = KEY_RSA1024 },
	    ERR_REFUSED, "rsa2048 is the least" },
	{ { .unit = UNIT_CALLMANAGER, .has_key = true, .key = KEY_RSA3072 },
	    ERR_REFUSED, "no code for rsa3072" },
	{ { .unit = UNIT_CALLMANAGER, .has_key = true, .key = KEY_EC256 },
	    ERR_REFUSED, "no code for ec256" },
	{ { .unit = UNIT_ITLRECOVERY, .has_key = true, .key = KEY_EC256 },
	    ERR_REFUSED, "no code for ec256" },
	{ { .unit = UNIT_CALLMANAGER_ECDSA, .has_key = true,
	    .key = KEY_RSA2048 }, ERR_REFUSED, "rsa2048" },
	{ { .unit = UNIT_TVS, .has_key = true, .key = KEY_EC256 },
	    ERR_REFUSED, "RSA" },
	{ { .unit = UNIT_HTTPS, .has_hash = true, .hash = DIGEST_SHA1 },
	    ERR_REFUSED, "sha256 is the least" },
	{ { .unit = UNIT_TVS, .san = CSR_SAN_MULTI }, ERR_REFUSED,
	    "leave out --san multi" },
	{ { .unit = UNIT_HTTPS, .add_san = bad_name, .nadd = 1 }, ERR_ARG,
	    "--add-san" },
	{ { .unit = UNIT_HTTPS, .parent_domain = "" }, ERR_ARG,
	    "--parent-domain" },
	{ { .unit = UNIT_HTTPS, .cn = "" }, ERR_ARG, "--cn" },
	{ { .unit = UNIT_HTTPS, .cn = "0123456789012345678901234567890123456789"
	    "0123456789012345678901234" }, ERR_ARG, "--cn" },
};

START_TEST(refused)
{
	struct err e = { 0 };

	ck_assert_ptr_null(make(&wrong[_i].w, &e));
	ck_assert_msg(e.code == wrong[_i].code && strstr(e.msg,
	    wrong[_i].says) != NULL, "%d: %d %s", _i, e.code, e.msg);
}
END_TEST

/* A node whose name does not fit asks for --cn. */
START_TEST(long_name)
{
	struct csr_want w = { .unit = UNIT_CALLMANAGER_ECDSA };
	struct row_node_name names[1] = { { false, "" } };
	struct err e = { 0 };

	memset(names[0].text, 'a', 62);
	memcpy(names[0].text + 30, ".", 1);
	node.names = names;
	node.nnames = 1;
	ck_assert_ptr_null(make(&w, &e));
	ck_assert_msg(strstr(e.msg, "--cn") != NULL, "%s", e.msg);
	w.san = CSR_SAN_NODE;
	csr_own_free(make_ok(&w));
}
END_TEST

static int
store(struct db *db, void *arg, struct err *e)
{
	return csr_own_store(db, arg, TC_NOW, e);
}

static bool
has_key(const struct csr_own *o)
{
	uint8_t id[KEY_ID_LEN], *sealed = NULL;
	size_t len;
	bool yes;

	ck_assert_int_eq(csr_key_id(csr_own_csr(o), id, NULL), ERR_OK);
	yes = row_key_get(tc.db, id, &sealed, &len, NULL) == ERR_OK;
	free(sealed);
	return yes;
}

START_TEST(one_pending)
{
	struct csr_want w = { .unit = UNIT_HTTPS, .has_key = true,
	    .key = KEY_EC256 };
	struct csr_own *a = make_ok(&w), *b = make_ok(&w);
	struct err e = { 0 };
	struct row_csr row;
	struct csr *c;

	ck_assert_ptr_null(csr_own_load(tc.db, "https", "cm1", NULL, &e));
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	tc_done(store, a);
	ck_assert(has_key(a));
	c = csr_own_load(tc.db, "https", "cm1", &row, &e);
	ck_assert(csr_same(c, csr_own_csr(a)));
	ck_assert_int_eq(row.created_at, TC_NOW);
	csr_free(c);
	row_csr_clear(&row);
	tc_done(store, b);
	ck_assert(has_key(b));
	ck_assert(!has_key(a));
	c = csr_own_load(tc.db, "https", "cm1", NULL, &e);
	ck_assert(csr_same(c, csr_own_csr(b)));
	csr_free(c);
	csr_own_free(a);
	csr_own_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("csr_own");
	TCase *t = tcase_create("csr_own");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, setup, tc_close);
	tcase_add_loop_test(t, what_is_made, 0, (int)N_OF(made));
	tcase_add_loop_test(t, refused, 0, (int)N_OF(wrong));
	tcase_add_test(t, long_name);
	tcase_add_test(t, one_pending);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
