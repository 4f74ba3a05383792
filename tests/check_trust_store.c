/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust stores: in once, out with a tombstone, back, found by many names.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/trust_cluster.h"
#include "trust/cert_row.h"
#include "trust/trust_store.h"

static struct cert *root, *nameless;
static uint8_t root_sha256[SHA256_LEN];

static struct cert *
make(const char *cn, const char *o, uint8_t serial)
{
	struct cert_spec s = {
		.cn = cn, .o = o, .serial = { 0, serial, 0xab }, .seriallen = 3,
		.not_before = TC_NOW, .not_after = TC_NOW + 86400,
		.usage = CERT_USE_CA, .pathlen = -1, .hash = DIGEST_SHA256,
	};
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert *c = cert_self_sign(&s, k, NULL);

	ck_assert_ptr_nonnull(c);
	key_free(k);
	return c;
}

static void
setup(void)
{
	tc_make();
	root = make("Orbit Root/CA", NULL, 0x11);
	nameless = make("..", "x", 0x12);
	cert_sha256(root, root_sha256);
}

static void
teardown(void)
{
	cert_free(root);
	cert_free(nameless);
	tc_free();
}

struct act {
	struct trust_add	 add;
	int64_t			 now;
	enum trust_change	 change;
};

static int
add_tx(struct db *db, void *arg, struct err *e)
{
	struct act *a = arg;

	return trust_store_add(db, &a->add, a->now, &a->change, e);
}

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	struct act *a = arg;

	return trust_store_remove(db, a->add.unit, root_sha256, a->now, e);
}

static int
undelete_tx(struct db *db, void *arg, struct err *e)
{
	struct act *a = arg;

	return trust_store_undelete(db, a->add.unit, root_sha256, a->now, e);
}

static enum trust_change
add(struct act *a)
{
	tc_done(add_tx, a);
	return a->change;
}

START_TEST(in_out_back)
{
	struct act a = { .now = 100, .add = { .unit = TRUST_CALLMANAGER,
	    .cert = root, .origin = "command", .note = "n", .ttl = 60 } };
	struct row_trust t;
	struct cert *c;

	ck_assert_int_eq(add(&a), TRUST_ADDED);
	a.now = 200;
	a.add.note = "other";
	ck_assert_int_eq(add(&a), TRUST_SAME);
	ck_assert_int_eq(row_trust_get(tc.db, "CallManager-trust",
	    root_sha256, &t, NULL), ERR_OK);
	ck_assert_int_eq(t.added_at, 100);
	ck_assert_str_eq(t.note, "n");
	ck_assert_int_eq(t.ttl, 60);
	c = cert_row_get(tc.db, root_sha256, NULL);
	ck_assert_ptr_nonnull(c);
	cert_free(c);

	a.add.unit = TRUST_CAPF;
	tc_refused(remove_tx, &a, ERR_NOTFOUND, "CAPF-trust does not have");
	a.add.unit = TRUST_CALLMANAGER;
	tc_refused(undelete_tx, &a, ERR_NOTFOUND, "no removed certificate");
	tc_done(remove_tx, &a);
	tc_refused(remove_tx, &a, ERR_NOTFOUND, "does not have");
	a.now = 300;
	tc_done(undelete_tx, &a);
	ck_assert_int_eq(row_trust_get(tc.db, "CallManager-trust",
	    root_sha256, &t, NULL), ERR_OK);
	ck_assert_int_eq(t.removed_at, 0);
	ck_assert_int_eq(t.added_at, 300);
	tc_done(remove_tx, &a);
	a.now = 400;
	ck_assert_int_eq(add(&a), TRUST_RETURNED);
	ck_assert_int_eq(add(&a), TRUST_SAME);
}
END_TEST

static size_t
found(const char *unit, const char *text, bool removed)
{
	const struct trust_unit_def *u = unit != NULL ?
	    trust_unit_find(unit) : NULL;
	struct row_trust *rows;
	struct err e = { 0 };
	size_t n;

	ck_assert_msg(trust_store_find(tc.db, u, text, removed, &rows, &n,
	    &e) == ERR_OK, "%s: %s", text, e.msg);
	for (size_t i = 0; i < n; i++)
		ck_assert_mem_eq(rows[i].sha256, root_sha256, SHA256_LEN);
	free(rows);
	return n;
}

START_TEST(found_by)
{
	struct act a = { .now = 100, .add = { .cert = root,
	    .origin = "command" } };
	struct act b = { .now = 100, .add = { .cert = nameless,
	    .origin = "command", .unit = TRUST_CAPF } };
	char name[TRUST_NAME_MAX + 1], path[300], hex[65];

	a.add.unit = TRUST_CALLMANAGER;
	(void)add(&a);
	a.add.unit = TRUST_CAPF;
	(void)add(&a);
	(void)add(&b);
	ck_assert_int_eq(trust_store_name(root, name, NULL), ERR_OK);
	ck_assert_msg(str_starts(name, "Orbit_Root_CA-"), "%s", name);
	ck_assert_uint_eq(strlen(name), 13 + 1 + 8);
	(void)snprintf(path, sizeof(path), "callmanager-TRUST/%s.pem", name);
	str_hex(root_sha256, SHA256_LEN, hex);
	ck_assert_uint_eq(found(NULL, name, false), 2);
	ck_assert_uint_eq(found("CAPF", name, false), 1);
	ck_assert_uint_eq(found(NULL, path, false), 1);
	ck_assert_uint_eq(found("CAPF", path, false), 0);
	ck_assert_uint_eq(found(NULL, "orbit root/ca", false), 2);
	ck_assert_uint_eq(found(NULL, "orbit root", false), 0);
	ck_assert_uint_eq(found(NULL, "11:AB", false), 2);
	ck_assert_uint_eq(found(NULL, "0011ab", false), 2);
	ck_assert_uint_eq(found(NULL, "1ab", false), 0);
	ck_assert_uint_eq(found(NULL, hex, false), 2);
	ck_assert_uint_eq(found("CAPF", hex, false), 1);
	ck_assert_uint_eq(found(NULL, "", false), 0);
	ck_assert_uint_eq(found(NULL, name, true), 0);
	tc_done(remove_tx, &a);
	ck_assert_uint_eq(found(NULL, name, true), 1);
	ck_assert_uint_eq(found(NULL, "11ab", true), 1);
	ck_assert_uint_eq(found(NULL, hex, true), 1);
	ck_assert_uint_eq(found(NULL, name, false), 1);
}
END_TEST

START_TEST(too_long)
{
	char text[TRUST_NOTE_MAX + 2];
	struct act a = { .add = { .cert = root, .origin = "command" } };

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	a.add.note = text;
	tc_refused(add_tx, &a, ERR_LIMIT, "note");
	a.add.note = NULL;
	a.add.name = text;
	tc_refused(add_tx, &a, ERR_LIMIT, "name");
	a.add.name = NULL;
	a.add.origin = text;
	tc_refused(add_tx, &a, ERR_LIMIT, "note");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust_store");
	TCase *t = tcase_create("trust_store");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_add_test(t, in_out_back);
	tcase_add_test(t, found_by);
	tcase_add_test(t, too_long);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
