/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lint of schema and statements: what changesets would silently skip, and
 * what would differ between nodes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/internal.h"
#include "db/rows_rollout.h"
#include "tests/db_fixture.h"

/* Each query returns one line per fault: table and what. */
static const char *const lint[] = {
	"SELECT name, 'not STRICT' FROM pragma_table_list "
	"WHERE schema = 'main' AND type = 'table' AND strict = 0 "
	"AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",

	"SELECT name, 'no primary key' FROM pragma_table_list t "
	"WHERE schema = 'main' AND type = 'table' "
	"AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND NOT EXISTS "
	"(SELECT 1 FROM pragma_table_info(t.name) WHERE pk > 0)",

	"SELECT t.name, 'nullable key column ' || c.name "
	"FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c "
	"WHERE t.schema = 'main' AND c.pk > 0 AND c.\"notnull\" = 0 "
	"AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",

	"SELECT t.name, 'generated column ' || c.name "
	"FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c "
	"WHERE t.schema = 'main' AND c.hidden <> 0 "
	"AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",

	"SELECT name, 'neither table nor index: ' || type "
	"FROM sqlite_schema WHERE type NOT IN ('table', 'index')",

	"SELECT name, 'virtual or shadow table' FROM pragma_table_list "
	"WHERE schema = 'main' AND type <> 'table'",

	"SELECT t.name, 'foreign key' FROM pragma_table_list t "
	"JOIN pragma_foreign_key_list(t.name) WHERE t.schema = 'main'",

	"SELECT name, 'AUTOINCREMENT' FROM sqlite_schema "
	"WHERE sql LIKE '%autoincrement%'",

	"SELECT name, 'sqlite_sequence' FROM sqlite_schema "
	"WHERE name = 'sqlite_sequence'",

	/* Every index, the primary key's own too. */
	"SELECT t.name, 'collation ' || x.coll FROM pragma_table_list t "
	"JOIN pragma_index_list(t.name) i JOIN pragma_index_xinfo(i.name) x "
	"WHERE t.schema = 'main' AND x.cid >= 0 AND x.coll <> 'BINARY'",

	"SELECT name, 'COLLATE' FROM sqlite_schema "
	"WHERE sql LIKE '%collate%'",

	"SELECT t.name, 'UNIQUE beside the primary key: ' || i.name "
	"FROM pragma_table_list t JOIN pragma_index_list(t.name) i "
	"WHERE t.schema = 'main' AND i.\"unique\" = 1 AND i.origin <> 'pk'",
};

#define N_LINT	((int)(sizeof(lint) / sizeof(lint[0])))

static const char *const files[] = { DB_FILE, OBSERVED_FILE };

/* The faults found, each printed when loud. */
static int
faults(sqlite3 *h, bool loud)
{
	sqlite3_stmt *st;
	int n = 0;

	for (int i = 0; i < N_LINT; i++) {
		ck_assert_msg(sqlite3_prepare_v2(h, lint[i], -1, &st, NULL) ==
		    SQLITE_OK, "rule %d: %s", i, sqlite3_errmsg(h));
		for (; sqlite3_step(st) == SQLITE_ROW; n++)
			if (loud)
				(void)fprintf(stderr, "%s: %s\n",
				    (const char *)sqlite3_column_text(st, 0),
				    (const char *)sqlite3_column_text(st, 1));
		ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
	}
	return n;
}

START_TEST(schema_is_replicable)
{
	struct db *db = fix_open(fix_folder(), files[_i], DB_CREATE);

	ck_assert_int_eq(faults(db->h, true), 0);
	db_close(db);
}
END_TEST

/* The rules themselves: each finds what it is for. */
static const char *const bad[] = {
	"CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY)",
	"CREATE TABLE t (a INTEGER NOT NULL) STRICT",
	"CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT",
	"CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, "
	    "b INTEGER AS (a + 1)) STRICT",
	"CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT) STRICT",
	"CREATE TABLE t (a TEXT NOT NULL COLLATE NOCASE PRIMARY KEY) STRICT",
	"CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY, b TEXT UNIQUE) STRICT",
	"CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY, "
	    "b TEXT REFERENCES t (a)) STRICT",
	"CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY, b TEXT) STRICT; "
	    "CREATE UNIQUE INDEX i ON t (b)",
	"CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY) STRICT; CREATE TRIGGER "
	    "g AFTER INSERT ON t BEGIN DELETE FROM t; END",
	"CREATE VIEW v AS SELECT 1",
};

START_TEST(rules_find)
{
	sqlite3 *h;

	ck_assert_int_eq(sqlite3_open(":memory:", &h), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(h, bad[_i], NULL, NULL, NULL) == SQLITE_OK,
	    "%s", sqlite3_errmsg(h));
	ck_assert_msg(faults(h, false) > 0, "%s", bad[_i]);
	ck_assert_int_eq(sqlite3_close(h), SQLITE_OK);
}
END_TEST

/* Every migration counts itself, so a cut one is begun again. */
START_TEST(migrations_count)
{
	const struct schema *s = schema_of(files[_i]);
	char want[64];

	for (int i = 0; i < s->version; i++) {
		(void)snprintf(want, sizeof(want),
		    "PRAGMA user_version = %d;", i + 1);
		ck_assert_msg(strstr(s->migration[i], want) != NULL,
		    "%s: step %d lacks %s", files[_i], i, want);
	}
}
END_TEST

/* A newer binary of the same program: one step more. */
START_TEST(migrates_up)
{
	const char *more[DB_SCHEMA_VERSION + 1];
	char step[128], want[32];
	struct schema next = *schema_of(DB_FILE);
	struct db *db = fix_create(fix_folder());
	const struct schema *now = db->schema;
	struct err e = { 0 };

	fix_phone(db, "SEP000000000001");
	shadow_free(db);	/* programs migrate before they replay */
	memcpy(more, next.migration, DB_SCHEMA_VERSION * sizeof(more[0]));
	(void)snprintf(step, sizeof(step), "CREATE TABLE extra (a TEXT NOT "
	    "NULL PRIMARY KEY) STRICT; PRAGMA user_version = %d;",
	    DB_SCHEMA_VERSION + 1);
	more[DB_SCHEMA_VERSION] = step;
	next.migration = more;
	next.version = DB_SCHEMA_VERSION + 1;
	db->schema = &next;
	(void)snprintf(want, sizeof(want), "needs %d", next.version);
	ck_assert_int_eq(schema_check(db, &e), ERR_SCHEMA);
	ck_assert_msg(strstr(e.msg, want) != NULL, "%s", e.msg);
	ck_assert_int_eq(schema_migrate(db, false, &e), ERR_OK);
	ck_assert_int_eq(schema_migrate(db, false, &e), ERR_OK);
	ck_assert_int_eq(fix_i64(db, "PRAGMA user_version"), next.version);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone"), 1);
	db->schema = now;
	ck_assert_int_eq(schema_migrate(db, false, &e), ERR_SCHEMA);
	db_close(db);
}
END_TEST

/* A step that fails leaves the version and the tables as they were. */
START_TEST(migration_fails_whole)
{
	const char *broken[DB_SCHEMA_VERSION + 1];
	struct schema next = *schema_of(DB_FILE);
	struct db *db = fix_open(fix_folder(), DB_FILE, DB_CREATE);
	struct err e = { 0 };

	memcpy(broken, next.migration, DB_SCHEMA_VERSION * sizeof(broken[0]));
	broken[DB_SCHEMA_VERSION] = "CREATE TABLE extra (a TEXT NOT NULL "
	    "PRIMARY KEY) STRICT; PRAGMA user_version = 99; "
	    "INSERT INTO nowhere VALUES (1);";
	next.migration = broken;
	next.version = DB_SCHEMA_VERSION + 1;
	db->schema = &next;
	ck_assert_int_eq(schema_migrate(db, false, &e), ERR_IO);
	ck_assert_int_eq(fix_i64(db, "PRAGMA user_version"),
	    DB_SCHEMA_VERSION);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM sqlite_schema "
	    "WHERE name = 'extra'"), 0);
	db_close(db);
}
END_TEST

/* The database of the first release, with rows, brought up to this one. */
static const char *const first_rows =
    "INSERT INTO cluster VALUES ('u-1', 'lab', 7, 1);"
    "INSERT INTO phone VALUES ('SEP000000000001', '8861', 3, 4);"
    "INSERT INTO phone VALUES ('SEP000000000002', '', 5, 6);"
    "INSERT INTO phone_file VALUES ('SEP000000000001', zeroblob(32), "
    "'command', 9, CAST('<device/>' AS BLOB));"
    "INSERT INTO parameter VALUES ('', 'itl.digest', 'sha512', 8);"
    "INSERT INTO change VALUES (1, 'phone', 'SEP000000000001');";

static int
put_phone(struct db *db, void *arg, struct err *e)
{
	return row_phone_put(db, arg, e);
}

/* So many steps and rows, past our code. */
static void
make_old(int steps, const char *rows)
{
	char path[128];
	sqlite3 *h;

	(void)snprintf(path, sizeof(path), "%s/%s", fix_path(), DB_FILE);
	ck_assert_int_eq(sqlite3_open(path, &h), SQLITE_OK);
	for (int i = 0; i < steps; i++)
		ck_assert_msg(sqlite3_exec(h,
		    schema_of(DB_FILE)->migration[i], NULL, NULL, NULL) ==
		    SQLITE_OK, "step %d: %s", i, sqlite3_errmsg(h));
	ck_assert_msg(sqlite3_exec(h, rows, NULL, NULL, NULL) == SQLITE_OK,
	    "%s", sqlite3_errmsg(h));
	ck_assert_int_eq(sqlite3_close(h), SQLITE_OK);
}

START_TEST(migrates_from_first)
{
	int dirfd = fix_folder();
	struct row_phone p;
	struct err e = { 0 };
	struct db *db;

	make_old(1, first_rows);
	ck_assert_ptr_null(db_open(dirfd, DB_FILE, DB_READ, &e));
	ck_assert_int_eq(e.code, ERR_SCHEMA);
	db = fix_open(dirfd, DB_FILE, DB_WRITE);
	ck_assert_int_eq(fix_i64(db, "PRAGMA user_version"),
	    DB_SCHEMA_VERSION);
	ck_assert_int_eq(faults(db->h, true), 0);
	ck_assert_int_eq(row_phone_get(db, "SEP000000000001", &p, &e),
	    ERR_OK);
	ck_assert_str_eq(p.model, "8861");
	ck_assert(p.protocol == PROTOCOL_SIP && p.origin == ORIGIN_COMMAND &&
	    p.created_at == 3 && p.changed_at == 4 && p.has_file);
	ck_assert(p.profile[0] == '\0' && p.description[0] == '\0');
	/* What the shadow copies is complete: old rows can be changed. */
	ck_assert_int_eq(db_shadow_enable(db, &e), ERR_OK);
	p.protocol = PROTOCOL_SCCP;
	fix_tx(db, put_phone, &p);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone "
	    "WHERE protocol = 'SCCP' AND name = 'SEP000000000001'"), 1);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM phone "
	    "WHERE protocol = 'SIP' AND profile = ''"), 1);
	db_close(db);
}
END_TEST

/* The fourth, with a roll-out that goes on. */
static const char *const rollout_rows =
    "INSERT INTO rollout VALUES ('r', 'install', 1, 0, 0, 'running', 0, '', "
    "5, 5);"
    "INSERT INTO rollout_phone VALUES ('r', 0, 'SEP000000000001', 'asked', "
    "5);";

static int
put_rollout_phone(struct db *db, void *arg, struct err *e)
{
	return row_rollout_phone_put(db, arg, e);
}

START_TEST(migrates_rollouts)
{
	int dirfd = fix_folder();
	uint8_t sha256[SHA256_LEN];
	struct row_rollout_phone *p;
	struct err e = { 0 };
	struct db *db;
	size_t n;

	make_old(4, rollout_rows);
	db = fix_open(dirfd, DB_FILE, DB_WRITE);
	ck_assert_int_eq(db_shadow_enable(db, &e), ERR_OK);
	ck_assert_int_eq(row_rollout_phone_list(db, "r", -1, 9, &p, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert(p->state == ROLLOUT_ASKED && p->why[0] == '\0');
	p->state = ROLLOUT_FAILED;
	(void)strcpy(p->why, "another was asked");
	fix_tx(db, put_rollout_phone, p);
	free(p);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM rollout_phone "
	    "WHERE why = 'another was asked'"), 1);
	ck_assert_int_eq(row_cluster_cert_get(db, "any", sha256, &e),
	    ERR_NOTFOUND);
	db_close(db);
}
END_TEST

/* --- statements --- */

/* SELECTs of one row by their nature: a whole key, or an aggregate. */
static const enum sql_id one_row[] = {
	SQL_CHANGE_LAST, SQL_NODE_GET, SQL_PARAM_GET, SQL_KEY_GET,
	SQL_CERT_GET, SQL_LIST_CURRENT, SQL_LIST_GET, SQL_PHONE_GET,
	SQL_PHONE_COUNT, SQL_PHONE_COUNT_FROM, SQL_PHONE_COUNT_OF,
	SQL_PHONE_FILE_GET,
	SQL_PHONE_SECRET_GET, SQL_PROFILE_GET, SQL_USER_GET,
	SQL_CREDENTIAL_GET, SQL_DEVICE_LAST, SQL_DEVICE_TOTAL,
	SQL_FOLDER_GET, SQL_TRUST_GET, SQL_TRUST_COUNT, SQL_CSR_GET,
	SQL_CRL_GET, SQL_SRST_GET, SQL_SRST_CHECK_GET,
	SQL_APPLICATION_GET, SQL_USER_HASH_GET, SQL_LOGIN_GET,
	SQL_RESTART_GET, SQL_FETCH_SINCE, SQL_USER_TRY_GET, SQL_USER_TRY_SUM,
	SQL_SECRET_GET, SQL_ALARM_GET, SQL_DUE_COUNT, SQL_CHANNEL_GET,
	SQL_DEVICE_CERT_COUNT, SQL_CAPF_PROFILE_GET, SQL_CAPF_OUTCOME_GET,
	SQL_CAPF_CSR_GET, SQL_CAPF_CSR_COUNT, SQL_MIC_ALLOW_HAS,
	SQL_ROLLOUT_GET, SQL_CAPF_PROGRESS_GET, SQL_CAPF_ISSUED_GET,
	SQL_CAPF_ISSUED_COUNT, SQL_CAPF_WRONG_GET, SQL_CAPF_UNASKED_GET,
	SQL_PHONE_PLAIN_GET,
};

static bool
is_one_row(int id)
{
	for (size_t i = 0; i < sizeof(one_row) / sizeof(one_row[0]); i++)
		if ((int)one_row[i] == id)
			return true;
	return false;
}

START_TEST(selects_are_ordered)
{
	int seen = 0;

	for (int i = 0; i < SQL_N; i++) {
		const char *t = sql_table[i].text;
		bool ordered;

		ck_assert_msg(t != NULL, "statement %d is missing", i);
		if (strncmp(t, "SELECT", 6) != 0)
			continue;
		ordered = strstr(t, " ORDER BY ") != NULL;
		ck_assert_msg(ordered != is_one_row(i), "statement %d: %s", i,
		    t);
		seen++;
	}
	ck_assert_int_gt(seen, 15);
}
END_TEST

/* The condition of an index on some rows has to stand there as it does in the
 * index, which is then used: every request of a phone comes by it. */
static const enum sql_id of_some[] = { SQL_PHONE_FOLDED,
	SQL_PHONE_FOLDED_UPTO };

static bool
is_of_some(int id)
{
	for (size_t i = 0; i < sizeof(of_some) / sizeof(of_some[0]); i++)
		if ((int)of_some[i] == id)
			return true;
	return false;
}

START_TEST(index_of_some_is_used)
{
	struct db *db = fix_open(fix_folder(), DB_FILE, DB_CREATE);
	const char *plan;
	sqlite3_stmt *st;
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s",
	    sql_table[of_some[_i]].text);
	ck_assert_int_eq(sqlite3_prepare_v2(db->h, sql, -1, &st, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	plan = (const char *)sqlite3_column_text(st, 3);
	ck_assert_msg(strncmp(plan, "SEARCH phone USING", 18) == 0 &&
	    strstr(plan, "INDEX phone_folded") != NULL, "%s", plan);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_DONE);
	(void)sqlite3_finalize(st);
	db_close(db);
}
END_TEST

/* Values are bound: no literal text, no upsert by REPLACE (which changesets
 * carry as delete and insert, and which drops what it does not name). */
START_TEST(statements_prepare)
{
	struct db *db = fix_open(fix_folder(), files[_i], DB_CREATE);
	enum sql_schema other = _i == 0 ? SCHEMA_OBSERVED : SCHEMA_MAIN;
	sqlite3_stmt *st;
	int n = 0;

	for (int i = 0; i < SQL_N; i++) {
		const char *t = sql_table[i].text;

		ck_assert_msg(strchr(t, '\'') == NULL || is_of_some(i), "%s",
		    t);
		ck_assert_msg(strstr(t, "REPLACE") == NULL, "%s", t);
		if (sql_table[i].schema == other)
			continue;
		ck_assert_msg(sqlite3_prepare_v2(db->h, t, -1, &st, NULL) ==
		    SQLITE_OK, "%s: %s", t, sqlite3_errmsg(db->h));
		ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
		n++;
	}
	ck_assert_int_gt(n, 20);
	db_close(db);
}
END_TEST

/* Tables of its own that a statement builds each time it runs. */
static int
tables_built(sqlite3 *h, const char *text)
{
	sqlite3_stmt *st;
	int n = 0;

	ck_assert_msg(sqlite3_prepare_v2(h, text, -1, &st, NULL) == SQLITE_OK,
	    "%s: %s", text, sqlite3_errmsg(h));
	ck_assert_int_eq(sqlite3_bind_parameter_count(st), 0);
	while (sqlite3_step(st) == SQLITE_ROW)
		n += strcmp((const char *)sqlite3_column_text(st, 1),
		    "OpenEphemeral") == 0;
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
	return n;
}

/* The checks of a row are done in place: see db/migrate.c. */
START_TEST(rows_build_no_tables)
{
	struct db *db = fix_open(fix_folder(), files[_i], DB_CREATE);
	char text[256];
	sqlite3_stmt *st;
	int n = 0;

	ck_assert_int_eq(sqlite3_exec(db->h, "CREATE TABLE t (a TEXT CHECK "
	    "(a IN ('x', 'y', 'z')))", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(tables_built(db->h, "EXPLAIN INSERT INTO t "
	    "DEFAULT VALUES"), 1);
	ck_assert_int_eq(sqlite3_exec(db->h, "DROP TABLE t", NULL, NULL,
	    NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db->h, "SELECT name FROM "
	    "sqlite_schema WHERE type = 'table'", -1, &st, NULL), SQLITE_OK);
	for (; sqlite3_step(st) == SQLITE_ROW; n++) {
		(void)snprintf(text, sizeof(text), "EXPLAIN INSERT INTO %s "
		    "DEFAULT VALUES",
		    (const char *)sqlite3_column_text(st, 0));
		ck_assert_msg(tables_built(db->h, text) == 0, "%s", text);
	}
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
	ck_assert_int_gt(n, 10);
	db_close(db);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_schema");
	TCase *t = tcase_create("schema");

	tcase_add_checked_fixture(t, NULL, fix_remove);
	tcase_add_loop_test(t, schema_is_replicable, 0, 2);
	tcase_add_loop_test(t, rules_find, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_loop_test(t, migrations_count, 0, 2);
	tcase_add_test(t, migrates_up);
	tcase_add_test(t, migration_fails_whole);
	tcase_add_test(t, migrates_from_first);
	tcase_add_test(t, migrates_rollouts);
	tcase_add_test(t, selects_are_ordered);
	tcase_add_loop_test(t, index_of_some_is_used, 0, 2);
	tcase_add_loop_test(t, statements_prepare, 0, 2);
	tcase_add_loop_test(t, rows_build_no_tables, 0, 2);
	suite_add_tcase(s, t);
	return fix_run(s);
}
