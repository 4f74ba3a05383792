/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Extension mobility: who is logged in at a phone is its digest user, and
 * whoever leaves leaves it as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/observed.h"
#include "tests/db_fixture.h"
#include "trust/login.h"
#include "trust/phone.h"

#define ONE	"SEP000000000001"
#define TWO	"SEP000000000002"

static struct db *db;

/* --- one write, in a transaction that is run twice --- */

struct act {
	struct login_spec	 spec;
	struct login_result	 r;
	bool			 out;
	const char		*setting, *value, *profile;
	int			 ret;
	struct err		 e;
};

static int
act_tx(struct db *d, void *arg, struct err *e)
{
	struct act *a = arg;

	return a->out ? phone_logout(d, a->spec.phone, a->spec.now, &a->r,
	    e) : phone_login(d, &a->spec, &a->r, e);
}

/* What came of it is in the static result. */
static struct act act;

static int
run(struct act a)
{
	login_result_clear(&act.r);
	act = a;
	act.ret = db_tx(db, act_tx, &act, &act.e) == DB_DONE ? ERR_OK :
	    act.e.code;
	return act.ret;
}

static int
in(const char *phone, const char *user, bool move)
{
	return run((struct act){ .spec = { .phone = phone, .user = user,
	    .move = move, .account = "root", .now = 50 } });
}

static int
out(const char *phone)
{
	return run((struct act){ .out = true, .spec = { .phone = phone,
	    .now = 60 } });
}

static int
user_tx(struct db *d, void *arg, struct err *e)
{
	const char *name = arg;
	struct row_user u = { .changed_at = 1 };
	uint8_t sealed[] = "x";
	struct row_credential c = { .sealed = sealed, .len = 1 };
	int ret;

	(void)str_copy(u.name, sizeof(u.name), name);
	ret = row_user_put(d, &u, e);
	return ret != ERR_OK || strcmp(name, "bare") == 0 ? ret :
	    row_credential_put(d, CREDENTIAL_USER, name, &c, e);
}

static void
user(const char *name)
{
	fix_tx(db, user_tx, (void *)(uintptr_t)name);
}

static int
no_digest_tx(struct db *d, void *arg, struct err *e)
{
	return row_credential_remove(d, CREDENTIAL_USER, arg, "", e);
}

static int
digest_profile_tx(struct db *d, void *arg, struct err *e)
{
	struct row_profile p = { .name = "dig" };
	bool changed;
	int ret = row_profile_put(d, &p, e);

	(void)arg;
	return ret != ERR_OK ? ret : row_profile_setting_put(d, "dig",
	    "enable-digest-authentication", "yes", &changed, e);
}

static int
phone_tx(struct db *d, void *arg, struct err *e)
{
	struct act *a = arg;
	const struct setting_change c = { .setting = a->setting != NULL ?
	    setting_find(a->setting) : NULL, .value = a->value };
	const struct phone_spec s = { .name = a->spec.phone, .model = "8861",
	    .profile = a->profile, .change = &c,
	    .nchange = a->setting != NULL };
	struct phone_result r = { .advice = NULL };
	int ret = phone_put(d, &s, 10, &r, e);

	phone_result_clear(&r);
	return ret;
}

static int
phone(const char *name, const char *digest_user)
{
	struct act a = { .spec.phone = name, .setting = digest_user != NULL ?
	    "digest-user" : NULL, .value = digest_user,
	    .profile = strcmp(name, ONE) == 0 ? "dig" : NULL };
	struct err e = { 0 };

	return db_tx(db, phone_tx, &a, &e) == DB_DONE ? ERR_OK : e.code;
}

/* Its digest user and when it changed; "" for none. */
static void
is(const char *name, const char *digest_user, int64_t at)
{
	struct phone_effective x;

	ck_assert_int_eq(phone_effective_load(&x, db, NULL, name, NULL),
	    ERR_OK);
	ck_assert_str_eq(x.value[SETTING_DIGEST_USER], digest_user);
	ck_assert_int_eq(x.phone.changed_at, at);
	phone_effective_clear(&x);
}

static bool
logged_in(const char *name, const char *who)
{
	struct row_login l;

	return row_login_get(db, name, &l, NULL) == ERR_OK &&
	    strcmp(l.user, who) == 0;
}

static bool
owes(const char *name, const char *why)
{
	struct row_restart r;
	bool owed;

	ck_assert_int_eq(phone_restart_owed(db, NULL, name, &r, &owed, NULL),
	    ERR_OK);
	return owed && strcmp(r.why, why) == 0;
}

static void
setup(void)
{
	db = fix_create(fix_folder());
	user("ann");
	user("bob");
	user("desk");
	user("bare");
	fix_tx(db, digest_profile_tx, NULL);
	ck_assert_int_eq(phone(ONE, "desk"), ERR_OK);
	ck_assert_int_eq(phone(TWO, NULL), ERR_OK);
}

static void
teardown(void)
{
	login_result_clear(&act.r);
	db_close(db);
	fix_remove();
}

START_TEST(in_and_out)
{
	ck_assert(!owes(ONE, ""));
	ck_assert_int_eq(in(ONE, "ann", false), ERR_OK);
	ck_assert(act.r.changed && act.r.restart);
	is(ONE, "ann", 50);
	ck_assert(logged_in(ONE, "ann") && owes(ONE, "ann logged in"));
	/* Again. */
	ck_assert_int_eq(in("sep000000000001", "ann", false), ERR_OK);
	ck_assert(!act.r.changed && !act.r.restart);
	ck_assert_str_eq(act.r.digest_user, "ann");
	ck_assert_int_eq(out(ONE), ERR_OK);
	ck_assert(act.r.changed && act.r.restart);
	ck_assert_str_eq(act.r.user, "ann");
	is(ONE, "desk", 60);
	ck_assert(!logged_in(ONE, "ann") && owes(ONE, "ann logged out"));
	ck_assert_int_eq(out(ONE), ERR_OK);
	ck_assert(!act.r.changed && !act.r.restart);
	ck_assert_str_eq(act.r.digest_user, "desk");
}
END_TEST

START_TEST(refused)
{
	ck_assert_int_eq(in(ONE, "nobody", false), ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(act.e.msg, "user list"));
	ck_assert_int_eq(in("SEP0000000000FF", "ann", false), ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(act.e.msg, "phone list"));
	ck_assert_int_eq(out("SEP0000000000FF"), ERR_NOTFOUND);
	ck_assert_int_eq(in(ONE, "a b", false), ERR_ARG);
	ck_assert_int_eq(in(ONE, "bare", false), ERR_REFUSED);
	is(ONE, "desk", 10);
	ck_assert(!logged_in(ONE, "bare") && !owes(ONE, ""));
}
END_TEST

START_TEST(one_phone_at_a_time)
{
	ck_assert_int_eq(in(ONE, "ann", false), ERR_OK);
	ck_assert_int_eq(in(TWO, "ann", false), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(act.e.msg, "--move"));
	is(TWO, "", 10);
	ck_assert_int_eq(in(TWO, "ann", true), ERR_OK);
	ck_assert_str_eq(act.r.from, ONE);
	is(ONE, "desk", 50);
	is(TWO, "ann", 50);
	ck_assert(!logged_in(ONE, "ann") && logged_in(TWO, "ann"));
	ck_assert(owes(ONE, "ann logged out") && act.r.from_restart);
	/* The file of one without digest authentication names no user. */
	ck_assert(!owes(TWO, "") && !act.r.restart);
}
END_TEST

/* His password stands in a file that is not encrypted: that is said. */
START_TEST(for_all_to_read)
{
	ck_assert_int_eq(in(TWO, "bob", false), ERR_OK);
	ck_assert(!act.r.opened);
	ck_assert_int_eq(in(ONE, "ann", false), ERR_OK);
	ck_assert(act.r.opened);
}
END_TEST

START_TEST(in_place_of_another)
{
	ck_assert_int_eq(in(ONE, "ann", false), ERR_OK);
	ck_assert_int_eq(in(ONE, "bob", false), ERR_OK);
	ck_assert_str_eq(act.r.was, "ann");
	ck_assert(logged_in(ONE, "bob"));
	/* ann is nowhere, so she may log in elsewhere. */
	ck_assert_int_eq(in(TWO, "ann", false), ERR_OK);
	ck_assert_int_eq(out(ONE), ERR_OK);
	is(ONE, "desk", 60);
}
END_TEST

/* Who is the phone's digest user anyway. */
START_TEST(at_his_own_phone)
{
	ck_assert_int_eq(in(ONE, "desk", false), ERR_OK);
	ck_assert(act.r.changed && !act.r.restart);
	is(ONE, "desk", 10);
	ck_assert_int_eq(out(ONE), ERR_OK);
	ck_assert(act.r.changed && !act.r.restart);
	is(ONE, "desk", 10);
	ck_assert(!owes(ONE, ""));
}
END_TEST

START_TEST(shared_is_said)
{
	ck_assert_int_eq(in(TWO, "desk", false), ERR_OK);
	ck_assert_ptr_nonnull(act.r.advice);
	ck_assert_ptr_nonnull(strstr(act.r.advice, "several phones"));
}
END_TEST

START_TEST(what_others_may_not_do_meanwhile)
{
	struct err e = { 0 };

	ck_assert_int_eq(in(ONE, "ann", false), ERR_OK);
	ck_assert_int_eq(phone(ONE, "bob"), ERR_REFUSED);
	ck_assert_int_eq(phone(ONE, "default"), ERR_REFUSED);
	/* Who is there, and who comes back: nothing to change. */
	ck_assert_int_eq(phone(ONE, "ann"), ERR_OK);
	ck_assert_int_eq(phone(ONE, "desk"), ERR_OK);
	is(ONE, "ann", 50);
	ck_assert_int_eq(user_removable(db, CREDENTIAL_USER, "ann", &e),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "logged in at " ONE));
	ck_assert_int_eq(user_removable(db, CREDENTIAL_USER, "desk", &e),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "phone logout " ONE));
	ck_assert_int_eq(out(ONE), ERR_OK);
	ck_assert_int_eq(user_removable(db, CREDENTIAL_USER, "ann", &e),
	    ERR_OK);
	ck_assert_int_eq(phone(ONE, "bob"), ERR_OK);
}
END_TEST

/* Rows changed behind the rules' back, as another node's may be. */
START_TEST(the_one_before_is_gone)
{
	ck_assert_int_eq(in(ONE, "ann", false), ERR_OK);
	fix_tx(db, no_digest_tx, (void *)(uintptr_t)"desk");
	ck_assert_int_eq(out(ONE), ERR_OK);
	ck_assert(act.r.changed && act.r.restart);
	ck_assert_ptr_nonnull(strstr(act.r.advice, "no digest user now"));
	ck_assert_str_eq(act.r.digest_user, "");
	is(ONE, "", 60);
	ck_assert(!logged_in(ONE, "ann") && owes(ONE, "ann logged out"));
}
END_TEST

/* With digest authentication on a phone needs a user, but whoever is there
 * may leave it. */
START_TEST(leaving_a_phone_that_needs_one)
{
	struct act a = { .spec.phone = TWO, .profile = "dig" };

	ck_assert_int_eq(in(TWO, "ann", false), ERR_OK);
	fix_tx(db, phone_tx, &a);
	ck_assert_int_eq(out(TWO), ERR_OK);
	ck_assert_ptr_nonnull(strstr(act.r.advice, "no digest user now"));
	is(TWO, "", 60);
	/* And one that has none can be logged in at. */
	ck_assert_int_eq(in(TWO, "bob", false), ERR_OK);
	is(TWO, "bob", 50);
}
END_TEST

static int
copy_tx(struct db *d, void *arg, struct err *e)
{
	struct phone_result r = { .advice = NULL };
	int ret = phone_copy(d, arg, "copy", NULL, 0, NULL, 70, &r, e);

	phone_result_clear(&r);
	return ret;
}

static int
remove_tx(struct db *d, void *arg, struct err *e)
{
	return phone_remove(d, arg, e);
}

START_TEST(copied_and_removed)
{
	void *one = (void *)(uintptr_t)ONE, *two = (void *)(uintptr_t)TWO;

	ck_assert_int_eq(in(ONE, "ann", false), ERR_OK);
	ck_assert_int_eq(in(TWO, "bob", false), ERR_OK);
	fix_tx(db, copy_tx, one);
	is("copy", "desk", 70);
	fix_tx(db, remove_tx, (void *)(uintptr_t)"copy");
	fix_tx(db, copy_tx, two);
	is("copy", "", 70);
	ck_assert(!logged_in("copy", "bob") && !owes("copy", ""));
	fix_tx(db, remove_tx, two);
	ck_assert(!logged_in(TWO, "bob"));
	ck_assert_int_eq(phone(TWO, NULL), ERR_OK);
	ck_assert(!owes(TWO, ""));
	ck_assert_int_eq(in(TWO, "bob", false), ERR_OK);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("login");
	TCase *t = tcase_create("login");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, in_and_out);
	tcase_add_test(t, refused);
	tcase_add_test(t, one_phone_at_a_time);
	tcase_add_test(t, for_all_to_read);
	tcase_add_test(t, in_place_of_another);
	tcase_add_test(t, at_his_own_phone);
	tcase_add_test(t, shared_is_said);
	tcase_add_test(t, what_others_may_not_do_meanwhile);
	tcase_add_test(t, the_one_before_is_gone);
	tcase_add_test(t, leaving_a_phone_that_needs_one);
	tcase_add_test(t, copied_and_removed);
	suite_add_tcase(s, t);
	return fix_run(s);
}
