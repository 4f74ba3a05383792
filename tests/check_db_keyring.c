/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The cluster key under master.key, and the two keys derived from it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/digest.h"
#include "db/internal.h"
#include "db/keyring.h"
#include "tests/db_fixture.h"

static const uint8_t master[MASTER_KEY_LEN] = "0123456789abcdef0123456789abcde";
static const uint8_t other_master[MASTER_KEY_LEN] = "another";

static struct db *db;
static struct rng rng;
static struct rng_seeded rng_state;

static void
setup(void)
{
	db = fix_create(fix_folder());
	rng_seeded_init(&rng, &rng_state, 1);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

static int
store(struct db *d, void *arg, struct err *e)
{
	return keyring_store(d, arg, e);
}

static struct keyring_new *
make(const char *node)
{
	struct err e = { 0 };
	struct keyring_new *k = keyring_make(master, node, &rng, &e);

	ck_assert_msg(k != NULL, "%s", e.msg);
	return k;
}

static void
make_and_store(const char *node)
{
	struct keyring_new *k = make(node);

	fix_tx(db, store, k);
	keyring_new_free(k);
}

static struct keyring *
must_open(const char *node, unsigned use)
{
	struct err e = { 0 };
	struct keyring *kr = keyring_open(db, node, master, use, &e);

	ck_assert_msg(kr != NULL, "%s", e.msg);
	return kr;
}

static bool
same_key(const struct keyring *a, const struct keyring *b,
    enum keyring_use use)
{
	const struct seal_key *x = keyring_key(a, use);
	const struct seal_key *y = keyring_key(b, use);

	return x->id == y->id && memcmp(x->key, y->key, SEAL_KEY_LEN) == 0;
}

START_TEST(fresh_and_stored_agree)
{
	struct keyring_new *k = make("cm1");
	struct keyring *before = keyring_of_new(k, KEYRING_SIGN |
	    KEYRING_CRED, NULL), *after;

	ck_assert_ptr_nonnull(before);
	fix_tx(db, store, k);
	after = must_open("cm1", KEYRING_SIGN | KEYRING_CRED);
	ck_assert(same_key(before, after, KEYRING_SIGN));
	ck_assert(same_key(before, after, KEYRING_CRED));
	ck_assert_mem_ne(keyring_key(after, KEYRING_SIGN)->key,
	    keyring_key(after, KEYRING_CRED)->key, SEAL_KEY_LEN);
	keyring_free(before);
	keyring_free(after);
	keyring_new_free(k);
}
END_TEST

/* RFC 5869 over the cluster key, which is the seeded stream's first bytes. */
START_TEST(derivation)
{
	struct rng_seeded state;
	struct rng again;
	uint8_t key[32], want[SEAL_KEY_LEN];
	struct keyring *kr;

	rng_seeded_init(&again, &state, 1);
	ck_assert_int_eq(rng_fill(&again, key, sizeof(key), NULL), ERR_OK);
	make_and_store("cm1");
	kr = must_open("cm1", KEYRING_CRED);
	ck_assert_int_eq(hkdf_sha256(key, sizeof(key), NULL, 0,
	    "phonetrust K-cred", want, sizeof(want), NULL), ERR_OK);
	ck_assert_mem_eq(keyring_key(kr, KEYRING_CRED)->key, want,
	    sizeof(want));
	ck_assert_uint_eq(keyring_key(kr, KEYRING_CRED)->id, 1);
	keyring_free(kr);
}
END_TEST

START_TEST(only_what_was_asked)
{
	struct keyring *kr;

	make_and_store("cm1");
	kr = must_open("cm1", KEYRING_CRED);
	ck_assert_ptr_null(keyring_key(kr, KEYRING_SIGN));
	ck_assert_ptr_nonnull(keyring_key(kr, KEYRING_CRED));
	keyring_free(kr);
}
END_TEST

START_TEST(wrong_master)
{
	struct err e = { 0 };

	make_and_store("cm1");
	ck_assert_ptr_null(keyring_open(db, "cm1", other_master,
	    KEYRING_SIGN, &e));
	ck_assert_int_eq(e.code, ERR_VERIFY);
	ck_assert_msg(strstr(e.msg, "master.key") != NULL, "%s", e.msg);
}
END_TEST

START_TEST(unknown_node)
{
	struct err e = { 0 };
	char longname[NODE_NAME_MAX + 2];

	make_and_store("cm1");
	ck_assert_ptr_null(keyring_open(db, "cm2", master, KEYRING_SIGN, &e));
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	memset(longname, 'x', sizeof(longname));
	longname[NODE_NAME_MAX + 1] = '\0';
	ck_assert_ptr_null(keyring_make(master, longname, &rng, &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	keyring_free(NULL);
	keyring_new_free(NULL);
}
END_TEST

static int
move_row(struct db *d, void *arg, struct err *e)
{
	(void)arg;
	return db_exec(d, "UPDATE cluster_key SET node = 'cm2'", e);
}

/* A sealed key moved to another node's row does not open. */
START_TEST(moved_row)
{
	struct err e = { 0 };

	make_and_store("cm1");
	fix_tx(db, move_row, NULL);
	ck_assert_ptr_null(keyring_open(db, "cm2", master, KEYRING_SIGN, &e));
	ck_assert_int_eq(e.code, ERR_VERIFY);
}
END_TEST

START_TEST(stored_once)
{
	struct keyring_new *k = make("cm1");
	struct err e = { 0 };

	fix_tx(db, store, k);
	ck_assert_int_eq(db_tx(db, store, k, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_EXISTS);
	keyring_new_free(k);
}
END_TEST

/* The key is nowhere in the file. */
START_TEST(sealed_in_the_file)
{
	struct rng_seeded state;
	sqlite3_stmt *st;
	struct rng again;
	uint8_t key[32];

	rng_seeded_init(&again, &state, 1);
	ck_assert_int_eq(rng_fill(&again, key, sizeof(key), NULL), ERR_OK);
	make_and_store("cm1");
	ck_assert_int_eq(sqlite3_prepare_v2(db->h, "SELECT sealed FROM "
	    "cluster_key", -1, &st, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	ck_assert_int_eq(sqlite3_column_bytes(st, 0), 32 + SEAL_OVERHEAD);
	ck_assert_ptr_null(memmem(sqlite3_column_blob(st, 0),
	    32 + SEAL_OVERHEAD, key, 16));
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_keyring");
	TCase *t = tcase_create("keyring");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, fresh_and_stored_agree);
	tcase_add_test(t, derivation);
	tcase_add_test(t, only_what_was_asked);
	tcase_add_test(t, wrong_master);
	tcase_add_test(t, unknown_node);
	tcase_add_test(t, moved_row);
	tcase_add_test(t, stored_once);
	tcase_add_test(t, sealed_in_the_file);
	suite_add_tcase(s, t);
	return fix_run(s);
}
