/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords and PINs: what may be set, how they are checked and renewed, and
 * how many tries there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/observed.h"
#include "db/params.h"
#include "tests/db_fixture.h"
#include "trust/user_hash.h"

#define T0	INT64_C(1795251284)
#define LOCK	(15 * 60)

static struct db *db, *observed;
static struct rng rng;
static struct rng_seeded seed;

static const struct user_key ann = { .name = "ann" };
static const struct user_key bob = { .name = "bob" };

struct set {
	const struct user_key	*k;
	const struct password	*p;
	const struct user_check	*renew;
	bool			 changed;
};

static int
set_tx(struct db *d, void *arg, struct err *e)
{
	struct set *s = arg;

	return s->renew != NULL ? user_hash_renew(d, s->k, s->renew, T0,
	    &s->changed, e) : user_hash_set(d, s->k, s->p, T0, &s->changed,
	    e);
}

static bool
put(const struct user_key *k, const struct password *p)
{
	struct set s = { .k = k, .p = p };

	fix_tx(db, set_tx, &s);
	return s.changed;
}

static struct password
of(const char *hash)
{
	struct err e = { 0 };
	struct password p;

	ck_assert_msg(password_parse(hash, &p, &e) == ERR_OK, "%s", e.msg);
	return p;
}

struct param {
	enum param_id	 id;
	const char	*value;
};

static int
param_tx(struct db *d, void *arg, struct err *e)
{
	struct param *p = arg;
	bool changed;

	return param_set(d, &param_table()[p->id], "", p->value, T0, &changed,
	    e);
}

static void
param(enum param_id id, const char *value)
{
	struct param p = { .id = id, .value = value };

	fix_tx(db, param_tx, &p);
}

static void
setup(void)
{
	struct err e = { 0 };
	int dirfd = fix_folder();

	db = fix_create(dirfd);
	ck_assert_msg(observed_create(dirfd, &e) == ERR_OK, "%s", e.msg);
	observed = fix_open(dirfd, OBSERVED_FILE, DB_WRITE);
	ck_assert_int_eq(db_shadow_enable(observed, NULL), ERR_OK);
	rng_seeded_init(&rng, &seed, 1);
	param(PARAM_USER_HASH_ROUNDS, "5000");
}

static void
teardown(void)
{
	db_close(observed);
	db_close(db);
	fix_remove();
}

static const struct {
	enum user_what	 what;
	const char	*text;
	bool		 ok;
} policy[] = {
	{ USER_PASSWORD, "", false }, { USER_PASSWORD, "1234567", false },
	{ USER_PASSWORD, "12345678", true },
	{ USER_PASSWORD, "caf\xc3\xa9 au lait", true },
	{ USER_PASSWORD, "caf\xe9 au lait", false },
	{ USER_PASSWORD, "with\ttabulator", false },
	{ USER_PASSWORD, "with delete\x7f", false },
	{ USER_PIN, "", false }, { USER_PIN, "1234", false },
	{ USER_PIN, "12345", true }, { USER_PIN, "12345a", false },
	{ USER_PIN, "12345678901234567890123456789012", true },
	{ USER_PIN, "123456789012345678901234567890123", false },
	{ USER_PIN, "-12345", false },
};

START_TEST(what_may_be_set)
{
	struct err e = { 0 };
	int ret = user_secret_check(db, policy[_i].what, policy[_i].text, &e);

	ck_assert_int_eq(ret, policy[_i].ok ? ERR_OK : ERR_ARG);
	ck_assert(policy[_i].text[0] == '\0' ||
	    strstr(e.msg, policy[_i].text) == NULL);
}
END_TEST

START_TEST(lengths)
{
	char text[USER_PASSWORD_MAX + 2];
	struct password p;

	memset(text, 'x', sizeof(text));
	text[USER_PASSWORD_MAX + 1] = '\0';
	ck_assert_int_eq(user_secret_check(db, USER_PASSWORD, text, NULL),
	    ERR_ARG);
	text[USER_PASSWORD_MAX] = '\0';
	ck_assert_int_eq(user_secret_check(db, USER_PASSWORD, text, NULL),
	    ERR_OK);
	param(PARAM_USER_PASSWORD_MIN, "20");
	param(PARAM_USER_PIN_MIN, "7");
	ck_assert_int_eq(user_secret_hash(db, USER_PASSWORD, "12345678", &rng,
	    &p, NULL), ERR_ARG);
	ck_assert_int_eq(user_secret_check(db, USER_PIN, "123456", NULL),
	    ERR_ARG);
	ck_assert_int_eq(user_secret_hash(db, USER_PIN, "1234567", &rng, &p,
	    NULL), ERR_OK);
	ck_assert_int_eq(p.rounds, 5000);
}
END_TEST

#define SHA	"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="		/* secret */
#define SSHA	"{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0"	/* secret */

START_TEST(set_and_removed)
{
	const struct password a = of(SHA), b = of(SSHA);
	struct password got;
	int64_t at;

	ck_assert_int_eq(user_hash_get(db, &ann, &got, &at, NULL),
	    ERR_NOTFOUND);
	ck_assert(!put(&ann, NULL));
	ck_assert(put(&ann, &a));
	ck_assert(!put(&ann, &a));
	ck_assert(put(&ann, &b));
	ck_assert_int_eq(user_hash_get(db, &ann, &got, &at, NULL), ERR_OK);
	ck_assert_str_eq(got.hash, b.hash);
	ck_assert_int_eq(at, T0);
	ck_assert(put(&ann, NULL));
	ck_assert_int_eq(user_hash_get(db, &ann, &got, NULL, NULL),
	    ERR_NOTFOUND);
}
END_TEST

/* A row that another version wrote, or a hand. */
START_TEST(what_is_no_hash)
{
	struct password bad = { .hash = "$y$j9T$x" }, got;
	struct user_old *rows;
	struct user_check c;
	struct err e = { 0 };
	size_t n;

	ck_assert(put(&ann, &bad));
	ck_assert_int_eq(user_hash_get(db, &ann, &got, NULL, &e), ERR_PROTO);
	ck_assert_ptr_nonnull(strstr(e.msg, "user passwd ann"));
	ck_assert_int_eq(user_check(db, observed, &ann, "x", &rng, T0, &c,
	    NULL), ERR_PROTO);
	ck_assert_int_eq(user_hash_old(db, CREDENTIAL_USER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 0);
	free(rows);
}
END_TEST

static struct user_check
check(const struct user_key *k, const char *text, int64_t now)
{
	struct err e = { 0 };
	struct user_check c;

	ck_assert_msg(user_check(db, observed, k, text, &rng, now, &c, &e) ==
	    ERR_OK, "%s", e.msg);
	return c;
}

START_TEST(renewed_by_the_right_one)
{
	const struct password a = of(SSHA), other = of(SHA);
	struct set s = { .k = &ann };
	struct user_old *rows;
	struct user_check c;
	size_t n;

	put(&ann, &a);
	ck_assert_int_eq(user_hash_old(db, CREDENTIAL_USER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert(strcmp(rows[0].name, "ann") == 0 && rows[0].form ==
	    PASSWORD_SSHA && rows[0].what == USER_PASSWORD);
	free(rows);
	ck_assert_int_eq(check(&ann, "Secret", T0).verdict, USER_WRONG);
	c = check(&ann, "secret", T0);
	ck_assert(c.verdict == USER_RIGHT && c.old);
	s.renew = &c;
	/* Another one was set meanwhile: it stays. */
	put(&ann, &other);
	fix_tx(db, set_tx, &s);
	ck_assert(!s.changed);
	put(&ann, &a);
	fix_tx(db, set_tx, &s);
	ck_assert(s.changed);
	c = check(&ann, "secret", T0);
	ck_assert(c.verdict == USER_RIGHT && !c.old);
	ck_assert_int_eq(user_hash_old(db, CREDENTIAL_USER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 0);
	free(rows);
	/* More work is asked for. */
	param(PARAM_USER_HASH_ROUNDS, "5001");
	ck_assert_int_eq(user_hash_old(db, CREDENTIAL_USER, &rows, &n, NULL),
	    ERR_OK);
	ck_assert(n == 1 && rows[0].rounds == 5000);
	free(rows);
	/* And gone meanwhile. */
	c = check(&ann, "secret", T0);
	ck_assert(c.old);
	put(&ann, NULL);
	fix_tx(db, set_tx, &s);
	ck_assert(!s.changed);
	ck_assert_int_eq(check(&ann, "secret", T0).verdict, USER_NONE_SET);
}
END_TEST

START_TEST(tries_of_one)
{
	const struct password a = of(SHA);
	struct user_check c;

	put(&ann, &a);
	put(&bob, &a);
	for (int64_t left = 4; left >= 0; left--) {
		c = check(&ann, "wrong", T0 + 10 - left);
		ck_assert_int_eq(c.verdict, USER_WRONG);
		ck_assert_int_eq(c.left, left);
	}
	/* The right one is not looked at, and lengthens nothing. */
	c = check(&ann, "secret", T0 + 11);
	ck_assert_int_eq(c.verdict, USER_LOCKED);
	ck_assert_int_eq(c.wait, LOCK - 1);
	ck_assert_int_eq(check(&bob, "secret", T0 + 11).verdict, USER_RIGHT);
	ck_assert_int_eq(check(&ann, "secret", T0 + 9 + LOCK).verdict,
	    USER_LOCKED);
	c = check(&ann, "wrong", T0 + 10 + LOCK);
	ck_assert(c.verdict == USER_WRONG && c.left == 4);
	ck_assert_int_eq(check(&ann, "secret", T0 + 10 + LOCK).verdict,
	    USER_RIGHT);
	/* A right one clears the others. */
	ck_assert_int_eq(check(&ann, "wrong", T0 + 10 + LOCK).left, 4);
}
END_TEST

/* Tries of a clock that ran ahead lock for no longer than others. */
START_TEST(clock_set_back)
{
	const struct password a = of(SHA);

	put(&ann, &a);
	for (int i = 0; i < 5; i++)
		(void)check(&ann, "wrong", T0 + 100 * 365 * 86400LL);
	ck_assert_int_eq(check(&ann, "secret", T0).verdict, USER_LOCKED);
	ck_assert(check(&ann, "secret", T0).wait <= LOCK);
	ck_assert_int_eq(check(&ann, "secret", T0 + LOCK).verdict,
	    USER_RIGHT);
}
END_TEST

START_TEST(tries_of_all)
{
	const struct password a = of(SHA);
	char name[16];
	struct user_key k = { .name = name };
	struct user_check c;

	param(PARAM_USER_MAX_TRIES_TOTAL, "10");
	put(&ann, &a);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(name, sizeof(name), "u%d", i);
		put(&k, &a);
		ck_assert_int_eq(check(&k, "wrong", T0).verdict, USER_WRONG);
	}
	c = check(&ann, "secret", T0 + 5);
	ck_assert_int_eq(c.verdict, USER_TOO_MANY);
	ck_assert_int_eq(c.wait, LOCK);
	ck_assert_int_eq(check(&ann, "secret", T0 + LOCK).verdict,
	    USER_RIGHT);
}
END_TEST

/* PIN and password, end user and application of one name: each for itself. */
START_TEST(each_for_itself)
{
	const struct user_key pin = { .name = "ann", .what = USER_PIN };
	const struct user_key app = { .name = "ann",
	    .kind = CREDENTIAL_APPLICATION };
	const struct password a = of(SHA);

	put(&ann, &a);
	ck_assert_int_eq(check(&pin, "secret", T0).verdict, USER_NONE_SET);
	ck_assert_int_eq(check(&app, "secret", T0).verdict, USER_NONE_SET);
	put(&pin, &a);
	put(&app, &a);
	for (int i = 0; i < 6; i++)
		(void)check(&ann, "wrong", T0);
	ck_assert_int_eq(check(&ann, "secret", T0).verdict, USER_LOCKED);
	ck_assert_int_eq(check(&pin, "secret", T0).verdict, USER_RIGHT);
	ck_assert_int_eq(check(&app, "secret", T0).verdict, USER_RIGHT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("user_hash");
	TCase *t = tcase_create("user_hash");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_may_be_set, 0,
	    (int)(sizeof(policy) / sizeof(policy[0])));
	tcase_add_test(t, lengths);
	tcase_add_test(t, set_and_removed);
	tcase_add_test(t, what_is_no_hash);
	tcase_add_test(t, renewed_by_the_right_one);
	tcase_add_test(t, tries_of_one);
	tcase_add_test(t, clock_set_back);
	tcase_add_test(t, tries_of_all);
	tcase_add_test(t, each_for_itself);
	suite_add_tcase(s, t);
	return fix_run(s);
}
