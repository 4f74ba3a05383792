/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * End users and their digest credentials.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "tests/trust_cluster.h"
#include "trust/phone.h"
#include "trust/profile.h"
#include "trust/sealed.h"
#include "trust/user.h"

#define DEV	"SEP0011223344AA"

struct write {
	struct user_spec	 spec;
	uint8_t			*sealed;
	bool			 changed;
	int64_t			 nphone, now;
};

static int
tx_add(struct db *db, void *arg, struct err *e)
{
	struct write *w = arg;

	return user_add(db, &w->spec, w->now, &w->changed, e);
}

static int
tx_set(struct db *db, void *arg, struct err *e)
{
	struct write *w = arg;

	return user_set(db, &w->spec, w->now, &w->changed, &w->nphone, e);
}

static int
tx_remove(struct db *db, void *arg, struct err *e)
{
	return user_remove(db, CREDENTIAL_USER, arg, e);
}

/* A spec with these credentials; text NULL: none. */
static struct write
user(const char *name, const char *text)
{
	struct write w = { .spec = { .name = name, .digest = text,
	    .kr = tc.kr }, .now = 5 };
	struct err e = { 0 };

	if (text != NULL)
		ck_assert_msg(sealed_digest(tc.kr, &tc.rng, CREDENTIAL_USER,
		    name, "", text, &w.sealed, &w.spec.len, &e) == ERR_OK,
		    "%s", e.msg);
	w.spec.sealed = w.sealed;
	return w;
}

static bool
opens(const char *name, const char *text)
{
	struct row_credential c;
	struct secret *got = NULL;
	bool same;

	if (row_credential_get(tc.db, CREDENTIAL_USER, name, "", &c, NULL) !=
	    ERR_OK)
		return false;
	ck_assert_int_eq(sealed_digest_open(tc.kr, CREDENTIAL_USER, name, "",
	    c.sealed, c.len, &got, NULL), ERR_OK);
	same = strcmp((char *)got->buf, text) == 0;
	secret_free(got);
	row_credential_clear(&c);
	return same;
}

START_TEST(names)
{
	char long_name[USER_NAME_MAX + 2], out[USER_NAME_MAX + 1];
	struct err e = { 0 };

	memset(long_name, 'x', sizeof(long_name));
	long_name[USER_NAME_MAX + 1] = '\0';
	ck_assert_int_eq(user_name("ann.b@c-d_1+*#", out, &e), ERR_OK);
	ck_assert_str_eq(out, "ann.b@c-d_1+*#");
	ck_assert_int_eq(user_name(long_name, out, &e), ERR_ARG);
	long_name[USER_NAME_MAX] = '\0';
	ck_assert_int_eq(user_name(long_name, out, &e), ERR_OK);
	ck_assert_int_eq(user_name("", out, &e), ERR_ARG);
	ck_assert_int_eq(user_name("a b", out, &e), ERR_ARG);
	ck_assert_int_eq(user_name("a\"b", out, &e), ERR_ARG);
}
END_TEST

/* spec/security-settings.md section 8: 1-128 printable ASCII without ". */
START_TEST(credentials)
{
	char text[DIGEST_TEXT_MAX + 2];
	struct err e = { 0 };

	memset(text, 'x', sizeof(text));
	text[DIGEST_TEXT_MAX + 1] = '\0';
	ck_assert_int_eq(user_digest_check(text, &e), ERR_ARG);
	text[DIGEST_TEXT_MAX] = '\0';
	ck_assert_int_eq(user_digest_check(text, &e), ERR_OK);
	ck_assert_int_eq(user_digest_check("", &e), ERR_ARG);
	ck_assert_int_eq(user_digest_check("~ !#$", &e), ERR_OK);
	ck_assert_int_eq(user_digest_check("pass\"word", &e), ERR_ARG);
	ck_assert_ptr_null(strstr(e.msg, "word"));
	ck_assert_int_eq(user_digest_check("tab\t", &e), ERR_ARG);
	ck_assert_int_eq(user_digest_check("caf\xc3\xa9", &e), ERR_ARG);
}
END_TEST

START_TEST(life)
{
	struct write w = user("ann", "first"), again = user("ann", "first");
	struct write other = user("ann", "second"), none = user("ann", NULL);
	struct row_user u;

	tc_refused(tx_set, &w, ERR_NOTFOUND, "user list");
	w.spec.description = "Ann";
	tc_done(tx_add, &w);
	ck_assert(w.changed && opens("ann", "first"));
	/* Sealed again it is other bytes, and still the same. */
	tc_done(tx_add, &again);
	ck_assert(!again.changed);
	tc_done(tx_add, &none);
	ck_assert(!none.changed);
	tc_refused(tx_add, &other, ERR_EXISTS, "digest credentials");
	again.now = 9;
	tc_done(tx_set, &again);
	ck_assert(!again.changed);
	ck_assert_int_eq(row_user_get(tc.db, "ann", &u, NULL), ERR_OK);
	ck_assert_int_eq(u.changed_at, 5);
	ck_assert_str_eq(u.description, "Ann");
	other.now = 10;
	tc_done(tx_set, &other);
	ck_assert(other.changed && opens("ann", "second"));
	ck_assert_int_eq(row_user_get(tc.db, "ann", &u, NULL), ERR_OK);
	ck_assert_int_eq(u.changed_at, 10);
	none.spec.no_digest = true;
	tc_done(tx_set, &none);
	ck_assert(none.changed && !opens("ann", "second"));
	tc_done(tx_set, &none);
	ck_assert(!none.changed);
	tc_done(tx_remove, (void *)(uintptr_t)"ann");
	tc_refused(tx_remove, (void *)(uintptr_t)"ann", ERR_NOTFOUND,
	    "there is no user ann");
	free(w.sealed);
	free(again.sealed);
	free(other.sealed);
}
END_TEST

static int
tx_phone(struct db *db, void *arg, struct err *e)
{
	const struct setting_change c = {
		.setting = setting_get(SETTING_DIGEST_USER), .value = arg };
	const struct phone_spec s = { .name = DEV, .change = &c,
	    .nchange = 1 };
	struct phone_result r = { .advice = NULL };
	int ret = phone_put(db, &s, 1, &r, e);

	phone_result_clear(&r);
	return ret;
}

START_TEST(in_use)
{
	struct write w = user("ann", NULL), pw = user("ann", "x");
	struct row_phone_name *rows;
	size_t n;

	tc_done(tx_add, &w);
	tc_refused(tx_phone, (void *)(uintptr_t)"ann", ERR_REFUSED,
	    "no digest credentials");
	tc_done(tx_set, &pw);
	ck_assert_int_eq(pw.nphone, 0);
	tc_done(tx_phone, (void *)(uintptr_t)"ann");
	ck_assert_int_eq(user_phones(tc.db, "ann", &rows, &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(rows[0].name, DEV);
	free(rows);
	tc_refused(tx_remove, (void *)(uintptr_t)"ann", ERR_REFUSED, DEV);
	w.spec.no_digest = true;
	tc_refused(tx_set, &w, ERR_REFUSED, "the credentials stay");
	ck_assert(opens("ann", "x"));
	tc_done(tx_phone, (void *)(uintptr_t)"default");
	tc_done(tx_remove, (void *)(uintptr_t)"ann");
	ck_assert(!opens("ann", "x"));
	free(pw.sealed);
}
END_TEST

/* The same for one realm only. */
static struct write
of_realm(const char *name, const char *realm, const char *text)
{
	struct write w = user(name, NULL);
	struct err e = { 0 };

	w.spec.realm = realm;
	w.spec.digest = text;
	w.spec.no_digest = text == NULL;
	if (text != NULL)
		ck_assert_int_eq(sealed_digest(tc.kr, &tc.rng, CREDENTIAL_USER,
		    name, realm, text, &w.sealed, &w.spec.len, &e), ERR_OK);
	w.spec.sealed = w.sealed;
	return w;
}

static void
done(int (*tx)(struct db *, void *, struct err *), struct write w)
{
	tc_done(tx, &w);
	free(w.sealed);
}

static void
refused(struct write w, const char *why)
{
	tc_refused(tx_set, &w, ERR_REFUSED, why);
	free(w.sealed);
}

static size_t
realms(const char *name)
{
	struct row_credential *rows;
	size_t n;

	ck_assert_int_eq(row_credential_list(tc.db, CREDENTIAL_USER, name,
	    &rows, &n, NULL), ERR_OK);
	free(rows);
	return n;
}

static int
tx_realm(struct db *db, void *arg, struct err *e)
{
	char *advice = NULL;
	bool changed;
	int ret = param_set(db, &param_table()[PARAM_SIP_REALM], "", arg, 5,
	    &changed, e);

	if (ret == ERR_OK)
		ret = profile_param_check(db, PARAM_SIP_REALM, &advice, e);
	free(advice);
	return ret;
}

START_TEST(realm_names)
{
	char text[REALM_MAX + 2];
	struct err e = { 0 };

	memset(text, 'x', sizeof(text));
	text[REALM_MAX + 1] = '\0';
	ck_assert_int_eq(user_realm_check(text, &e), ERR_ARG);
	text[REALM_MAX] = '\0';
	ck_assert_int_eq(user_realm_check(text, &e), ERR_OK);
	ck_assert_int_eq(user_realm_check("", &e), ERR_OK);
	ck_assert_int_eq(user_realm_check("ccm sip.line-1_a", &e), ERR_OK);
	ck_assert_int_eq(user_realm_check(" a", &e), ERR_ARG);
	ck_assert_int_eq(user_realm_check("a ", &e), ERR_ARG);
	ck_assert_int_eq(user_realm_check("a\"b", &e), ERR_ARG);
	ck_assert_int_eq(user_realm_check("a\x1b[m", &e), ERR_ARG);
	ck_assert_ptr_null(strchr(e.msg, '\x1b'));
}
END_TEST

/* One set for each realm; phones need that of their realm, or of any. */
START_TEST(per_realm)
{
	void *ann = (void *)(uintptr_t)"ann", *x = (void *)(uintptr_t)"x.y";
	struct write none = user("ann", NULL);

	none.spec.no_digest = true;
	done(tx_add, of_realm("ann", "x.y", "other"));
	/* No credentials that the phone could use. */
	tc_refused(tx_phone, ann, ERR_REFUSED, "no digest credentials");
	done(tx_set, of_realm("ann", "ccmsipline", "station"));
	tc_done(tx_phone, ann);
	done(tx_set, user("ann", "any"));
	ck_assert_uint_eq(realms("ann"), 3);
	ck_assert(opens("ann", "any"));
	/* Either goes while the other stays. */
	done(tx_set, of_realm("ann", "ccmsipline", NULL));
	refused(none, "the credentials stay");
	done(tx_set, of_realm("ann", "ccmsipline", "station"));
	done(tx_set, none);
	refused(of_realm("ann", "ccmsipline", NULL), "the credentials stay");
	done(tx_set, of_realm("ann", "x.y", NULL));
	ck_assert_uint_eq(realms("ann"), 1);
	/* The realm of challenges leaves no phone without. */
	tc_refused(tx_realm, x, ERR_REFUSED, DEV);
	done(tx_set, of_realm("ann", "x.y", "other"));
	tc_done(tx_realm, x);
	refused(of_realm("ann", "x.y", NULL), "the credentials stay");
	done(tx_set, of_realm("ann", "ccmsipline", NULL));
	tc_done(tx_phone, (void *)(uintptr_t)"default");
	tc_done(tx_realm, (void *)(uintptr_t)"unused");
	tc_done(tx_remove, ann);
	ck_assert_uint_eq(realms("ann"), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("user");
	TCase *t = tcase_create("user");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, names);
	tcase_add_test(t, credentials);
	tcase_add_test(t, life);
	tcase_add_test(t, in_use);
	tcase_add_test(t, realm_names);
	tcase_add_test(t, per_realm);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
