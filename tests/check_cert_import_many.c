/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Many files into a trust store: more than one transaction takes, files that
 * fail, certificates met twice, a look beforehand, again, and cut.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/ca_lab.h"
#include "tests/trust_cluster.h"
#include "trust/cert_import_many.h"

#define MANY	(IMPORT_MANY_BATCH + 200)

static struct node node;
static struct cert *good[MANY], *old, *ec;
static struct file {
	const char	*bytes;		/* or */
	struct cert	*cert;
	int		 code;		/* or: cannot be read */
} files[MANY + 20];

static struct told {
	size_t	 at, n;
	size_t	 nbad, nprogress, nwarn, nend;
	char	 bad[32][200];
	int64_t	 end_added;
	int	 end_fails;
} told;

static struct cert *
issue(const char *cn, int64_t from, int64_t to)
{
	struct lab_spec s = { .cn = cn, .from_days = from, .to_days = to };

	return lab_issue(&s, lab_key(0), NULL, NULL);
}

static void
setup_once(void)
{
	char cn[32];

	tc_make();
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(cn, sizeof(cn), "gw%zu", i);
		good[i] = issue(cn, 0, 0);
	}
	old = issue("old", -20, -10);
	ec = issue("ec", 0, 0);
}

static void
teardown_once(void)
{
	for (size_t i = 0; i < MANY; i++)
		cert_free(good[i]);
	cert_free(old);
	cert_free(ec);
	lab_end();
	tc_free();
}

static void
setup(void)
{
	tc_open();
	node = (struct node){ .db = tc.db, .cluster = tc.cluster,
	    .row = tc.node, .names = tc.names, .nnames = tc.nnames };
	told = (struct told){ .n = 0 };
}

static void
give(const char *bytes, struct cert *c, int code)
{
	files[told.n++] = (struct file){ bytes, c, code };
}

/* --- the calls --- */

static int
next(void *arg, const char **name, uint8_t **buf, size_t *len, struct err *e)
{
	static char text[32];
	const struct file *f = &files[told.at];
	const void *from;

	(void)arg;
	if (told.at == told.n)
		return ERR_OK;
	(void)snprintf(text, sizeof(text), "f%zu", told.at++);
	*name = text;
	if (f->code != ERR_OK)
		return err_set(e, f->code, "unreadable");
	from = f->cert != NULL ? (const void *)cert_der(f->cert, len) :
	    f->bytes;
	if (f->cert == NULL)
		*len = strlen(f->bytes);
	*buf = malloc(*len + 1);
	memcpy(*buf, from, *len);
	return ERR_OK;
}

static void
bad(void *arg, const char *name, const char *why)
{
	(void)arg;
	(void)snprintf(told.bad[told.nbad++ % 32], sizeof(told.bad[0]),
	    "%s: %s", name, why);
}

static void
progress(void *arg, const struct import_many *res)
{
	(void)arg;
	(void)res;
	told.nprogress++;
}

static void
warn(void *arg, const char *line)
{
	(void)arg;
	(void)line;
	told.nwarn++;
}

static int
end(void *arg, struct db *db, const struct import_many *sum, struct err *e)
{
	(void)arg;
	(void)db;
	told.nend++;
	told.end_added = sum->added;
	return told.end_fails != ERR_OK ? err_set(e, told.end_fails, "cut") :
	    ERR_OK;
}

static int
run(struct import_many *res, enum trust_unit unit, unsigned flags, bool look)
{
	const struct import_many_how how = { .unit = unit, .flags = flags,
	    .note = "words", .look = look };
	const struct import_many_calls calls = { .next = next, .bad = bad,
	    .progress = progress, .warn = warn, .end = end };
	struct err e = { 0 };

	told.at = 0;
	return import_many(&node, &how, TC_NOW, res, &calls, &e);
}

static int64_t
in_store(enum trust_unit unit)
{
	int64_t n;

	ck_assert_int_eq(row_trust_count(tc.db, trust_unit_table()[unit].name,
	    &n, NULL), ERR_OK);
	return n;
}

static void
counts(const struct import_many *r, int64_t n, int64_t failed, int64_t added,
    int64_t same, int64_t expired)
{
	ck_assert_int_eq(r->files, n);
	ck_assert_int_eq(r->failed, failed);
	ck_assert_int_eq(r->added, added);
	ck_assert_int_eq(r->same, same);
	ck_assert_int_eq(r->expired, expired);
	ck_assert_int_eq(r->returned, 0);
}

/* --- the tests --- */

START_TEST(more_than_a_batch)
{
	struct import_many r;

	for (size_t i = 0; i < MANY; i++)
		give(NULL, good[i], 0);
	ck_assert_int_eq(run(&r, TRUST_CALLMANAGER, 0, true), ERR_OK);
	counts(&r, MANY, 0, MANY, 0, 0);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 0);
	ck_assert_uint_eq(told.nend, 0);
	ck_assert_int_eq(run(&r, TRUST_CALLMANAGER, 0, false), ERR_OK);
	counts(&r, MANY, 0, MANY, 0, 0);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), MANY);
	ck_assert_int_eq(told.end_added, MANY);
	ck_assert_uint_ge(told.nprogress, 2 * (size_t)MANY);
	/* Again. */
	ck_assert_int_eq(run(&r, TRUST_CALLMANAGER, 0, false), ERR_OK);
	counts(&r, MANY, 0, 0, MANY, 0);
}
END_TEST

START_TEST(each_by_itself)
{
	struct import_many r;

	give("hello\n", NULL, 0);
	give(NULL, good[0], 0);
	give(NULL, NULL, ERR_IO);
	give(NULL, good[0], 0);
	give(NULL, old, 0);
	give("", NULL, 0);
	give(NULL, good[1], 0);
	for (int look = 1; look >= 0; look--) {
		told.nbad = 0;
		ck_assert_int_eq(run(&r, TRUST_HTTPS, 0, look != 0), ERR_OK);
		counts(&r, 7, 4, 2, 1, 0);
		ck_assert_uint_eq(told.nbad, 4);
		ck_assert_ptr_nonnull(strstr(told.bad[0], "f0: "));
		ck_assert_str_eq(told.bad[1], "f2: unreadable");
		ck_assert_ptr_nonnull(strstr(told.bad[2], "f4: leave it out, "
		    "or give --skip-expired: \"old\" ended"));
	}
	ck_assert_int_eq(in_store(TRUST_HTTPS), 2);
	/* Those that have ended are no failure where they are skipped. */
	ck_assert_int_eq(run(&r, TRUST_HTTPS, IMPORT_SKIP_EXPIRED, false),
	    ERR_OK);
	counts(&r, 7, 3, 0, 3, 1);
}
END_TEST

/* The store's own rules, and a warning once. */
START_TEST(signers_alone)
{
	struct import_many r;

	give(NULL, ec, 0);
	give(NULL, (struct cert *)(uintptr_t)own_new_cert(
	    tc.own[UNIT_CALLMANAGER]), 0);
	give(NULL, (struct cert *)(uintptr_t)own_new_cert(
	    tc.own[UNIT_ITLRECOVERY]), 0);
	ck_assert_int_eq(run(&r, TRUST_PHONE_SAST, 0, false), ERR_OK);
	counts(&r, 3, 1, 2, 0, 0);
	ck_assert_ptr_nonnull(strstr(told.bad[0], "f0: \"ec\" has a key of "
	    "kind ec256"));
	ck_assert_uint_eq(told.nwarn, 1);
}
END_TEST

/* What a transaction before brought stays; the one that failed leaves
 * nothing, and res says so. */
START_TEST(cut)
{
	struct import_many r;

	for (size_t i = 0; i < MANY; i++)
		give(NULL, good[i], 0);
	told.end_fails = ERR_IO;
	ck_assert_int_eq(run(&r, TRUST_CALLMANAGER, 0, false), ERR_IO);
	ck_assert_int_eq(r.added, IMPORT_MANY_BATCH);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), IMPORT_MANY_BATCH);
	told.end_fails = ERR_OK;
	ck_assert_int_eq(run(&r, TRUST_CALLMANAGER, 0, false), ERR_OK);
	counts(&r, MANY, 0, MANY - IMPORT_MANY_BATCH, IMPORT_MANY_BATCH, 0);
}
END_TEST

START_TEST(none)
{
	struct import_many r;

	ck_assert_int_eq(run(&r, TRUST_CALLMANAGER, 0, false), ERR_OK);
	counts(&r, 0, 0, 0, 0, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_import_many");
	TCase *c = tcase_create("cert_import_many");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(c, setup_once, teardown_once);
	tcase_add_checked_fixture(c, setup, tc_close);
	tcase_set_timeout(c, 240);
	tcase_add_test(c, more_than_a_batch);
	tcase_add_test(c, each_by_itself);
	tcase_add_test(c, signers_alone);
	tcase_add_test(c, cut);
	tcase_add_test(c, none);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
