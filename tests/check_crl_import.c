/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which revocation lists are taken, and what is said of the others.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "tests/ca_lab.h"
#include "tests/db_fixture.h"
#include "trust/crl_import.h"
#include "trust/trust_store.h"

static struct node node;
static struct cert *ca, *stranger, *leaf;
static struct container set;
static struct crl_import p;

static int
trust_ca(struct db *db, void *arg, struct err *e)
{
	struct trust_add a = { .unit = TRUST_HTTPS, .cert = arg,
	    .origin = "test" };
	enum trust_change change;

	return trust_store_add(db, &a, LAB_NOW, &change, e);
}

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	node = (struct node){ .db = fix_create(fix_folder()) };
	(void)str_copy(node.row.name, sizeof(node.row.name), "cm1");
	ca = lab_issue(&(struct lab_spec){ .cn = "ca",
	    .basic = "critical,CA:TRUE" }, lab_key(0), NULL, NULL);
	stranger = lab_issue(&(struct lab_spec){ .cn = "stranger",
	    .basic = "critical,CA:TRUE" }, lab_key(1), NULL, NULL);
	leaf = lab_issue(&(struct lab_spec){ .cn = "leaf" }, lab_key(2), ca,
	    lab_key(0));
	fix_tx(node.db, trust_ca, ca);
}

static void
clear(void)
{
	crl_import_clear(&p);
	container_clear(&set);
}

static void
teardown(void)
{
	clear();
	cert_free(ca);
	cert_free(stranger);
	cert_free(leaf);
	db_close(node.db);
	fix_remove();
	lab_end();
}

/* The set gets a list of that CA. */
static void
add(const struct lab_crl *s, const struct cert *by, size_t key)
{
	struct container_crl *c;

	set.crl = reallocarray(set.crl, set.ncrl + 1, sizeof(*set.crl));
	ck_assert_ptr_nonnull(set.crl);
	c = &set.crl[set.ncrl++];
	c->der = lab_crl_der(s, by, lab_key(key), &c->len);
}

static void
must_plan(void)
{
	struct err e = { 0 };

	ck_assert_msg(crl_import_plan(&p, &node, &set, LAB_NOW, &e) ==
	    ERR_OK, "%s", e.msg);
}

static void
refuse(const char *text)
{
	struct err e = { 0 };

	ck_assert_int_eq(crl_import_plan(&p, &node, &set, LAB_NOW, &e),
	    ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
	clear();
}

static int
apply(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return crl_import_apply(db, &p, LAB_NOW, e);
}

static int64_t
stored(void)
{
	return fix_i64(node.db, "SELECT count(*) FROM crl");
}

START_TEST(taken_and_replaced)
{
	struct lab_crl s = { .revoked = { leaf }, .from_days = -5,
	    .to_days = 5 };
	struct row_crl row;
	const uint8_t *id;
	size_t len;

	add(&s, ca, 0);
	must_plan();
	ck_assert(p.changes);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(p.item[0].change, CRL_ADDED);
	ck_assert_str_eq(p.warnings, "");
	ck_assert_int_eq(stored(), 0);
	fix_tx(node.db, apply, NULL);
	ck_assert_int_eq(stored(), 1);
	crl_import_clear(&p);
	must_plan();			/* the same once more */
	ck_assert(!p.changes);
	ck_assert_int_eq(p.item[0].change, CRL_SAME);
	clear();

	s.from_days = -4;
	add(&s, ca, 0);
	must_plan();
	ck_assert_int_eq(p.item[0].change, CRL_REPLACES);
	ck_assert_int_eq(p.item[0].was, LAB_NOW - 5 * LAB_DAY);
	fix_tx(node.db, apply, NULL);
	ck_assert_int_eq(stored(), 1);
	id = crl_key_id(p.item[0].crl, &len);
	ck_assert_int_eq(row_crl_get(node.db, "CN=ca;O=Lab", id, len, &row,
	    NULL), ERR_OK);
	ck_assert_int_eq(row.this_update, LAB_NOW - 4 * LAB_DAY);
	ck_assert_int_eq(row.next_update, LAB_NOW + 5 * LAB_DAY);
	ck_assert_int_eq(row.added_at, LAB_NOW);
	row_crl_clear(&row);
	clear();
	s.from_days = -6;
	add(&s, ca, 0);
	refuse("is of 2026-11-15T08:54:44Z, the one that is here of "
	    "2026-11-17T08:54:44Z");
}
END_TEST

START_TEST(refused)
{
	struct lab_crl ok = { .revoked = { leaf } };

	refuse("no revocation list in the files");
	add(&ok, stranger, 1);
	refuse("revocation list of CN=stranger;O=Lab: no trust store has "
	    "this CA");
	add(&ok, ca, 1);
	refuse("the CA has not signed this revocation list");
	add(&(struct lab_crl){ .ext = { "2.5.29.27",
	    "critical,DER:020103" } }, ca, 0);
	refuse("delta");
	add(&(struct lab_crl){ .from_days = 1, .to_days = 2 }, ca, 0);
	refuse("begins at 2026-11-22T08:54:44Z, the clock of cm1 says "
	    "2026-11-21T08:54:44Z");
	add(&ok, ca, 0);
	set.crl[0].len--;
	refuse("not exactly one");
	add(&ok, ca, 0);
	add(&(struct lab_crl){ .from_days = -2, .to_days = 2 }, ca, 0);
	refuse("two revocation lists of CN=ca;O=Lab");
	/* One that is good does not help the other. */
	add(&ok, ca, 0);
	add(&ok, stranger, 1);
	refuse("no trust store has");
	ck_assert_int_eq(stored(), 0);
}
END_TEST

/* What is past its date is better than nothing. */
START_TEST(old_with_a_warning)
{
	add(&(struct lab_crl){ .from_days = -9, .to_days = -2,
	    .revoked = { leaf } }, ca, 0);
	set.cert = malloc(sizeof(*set.cert));
	set.cert[set.ncert++] = cert_ref(ca);
	must_plan();
	ck_assert(p.changes);
	ck_assert_ptr_nonnull(strstr(p.warnings, "replaced by "
	    "2026-11-19T08:54:44Z"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "1 certificates in the "
	    "files are left out"));
}
END_TEST

/* A CA that was renewed with another key: each key has its list. */
START_TEST(two_keys)
{
	struct cert *new = lab_issue(&(struct lab_spec){ .cn = "ca",
	    .basic = "critical,CA:TRUE" }, lab_key(3), NULL, NULL);
	struct lab_crl s = { .revoked = { leaf } };

	fix_tx(node.db, trust_ca, new);
	add(&s, ca, 0);
	add(&s, new, 3);
	must_plan();
	ck_assert_uint_eq(p.n, 2);
	fix_tx(node.db, apply, NULL);
	ck_assert_int_eq(stored(), 2);
	cert_free(new);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("import of revocation lists");
	TCase *t = tcase_create("import");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, taken_and_replaced);
	tcase_add_test(t, refused);
	tcase_add_test(t, old_with_a_warning);
	tcase_add_test(t, two_keys);
	suite_add_tcase(s, t);
	return fix_run(s);
}
