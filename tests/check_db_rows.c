/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed rows: what is put comes back, in order, with its change rows; rows no
 * version wrote are refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/internal.h"
#include "tests/db_fixture.h"

static struct db *db;

static void
setup(void)
{
	db = fix_create(fix_folder());
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

static void
is(int ret, int want, const struct err *e)
{
	ck_assert_msg(ret == want, "%d: %s", ret, e->msg);
}

/* The newest change row. */
static void
changed(const char *kind, const char *key)
{
	sqlite3_stmt *st;

	ck_assert_int_eq(sqlite3_prepare_v2(db->h, "SELECT kind, key FROM "
	    "change ORDER BY seq DESC LIMIT 1", -1, &st, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	ck_assert_str_eq((const char *)sqlite3_column_text(st, 0), kind);
	ck_assert_str_eq((const char *)sqlite3_column_text(st, 1), key);
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
}

/* A body for each writing call, over the row in arg. */
#define BODY(name, call, type)						\
	static int							\
	name(struct db *d, void *arg, struct err *e)			\
	{								\
		const type *row = arg;					\
									\
		return call;						\
	}
BODY(put_cluster, row_cluster_put(d, row, e), struct row_cluster)
BODY(put_node, row_node_put(d, row, e), struct row_node)
BODY(put_cert, row_cert_put(d, row, e), struct row_cert)
BODY(put_own, row_own_put(d, row, e), struct row_own)
BODY(put_list, row_list_put_current(d, row, e), struct row_list)
BODY(put_phone, row_phone_put(d, row, e), struct row_phone)
BODY(add_phone, row_phone_add(d, row, e), struct row_phone)
BODY(del_phone, row_phone_remove(d, row->name, e), struct row_phone)
BODY(put_file, row_phone_file_put(d, row, e), struct row_phone_file)
BODY(del_file, row_phone_file_remove(d, row->name, e), struct row_phone_file)
BODY(add_audit, row_audit_add(d, row, e), struct row_audit)

START_TEST(cluster)
{
	struct row_cluster c = { .name = "lab", .uuid = "u-1",
	    .created_at = 7, .test = true }, got;
	struct err e = { 0 };

	is(row_cluster_get(db, &got, &e), ERR_NOTFOUND, &e);
	fix_tx(db, put_cluster, &c);
	changed("node", "");
	is(row_cluster_get(db, &got, &e), ERR_OK, &e);
	ck_assert_str_eq(got.name, "lab");
	ck_assert_str_eq(got.uuid, "u-1");
	ck_assert(got.created_at == 7 && got.test);
	/* There is one: another identity takes its place. */
	c = (struct row_cluster){ .name = "other", .uuid = "u-2" };
	fix_tx(db, put_cluster, &c);
	is(row_cluster_get(db, &got, &e), ERR_OK, &e);
	ck_assert_str_eq(got.name, "other");
	ck_assert(!got.test);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM cluster"), 1);
}
END_TEST

static void
make_node(const char *name, int64_t joined)
{
	struct row_node n = { .uuid = "u", .joined_at = joined,
	    .changed_at = joined + 1 };

	(void)snprintf(n.name, sizeof(n.name), "%s", name);
	for (int i = 0; i < PORT_N; i++)
		n.port[i] = (uint16_t)(node_port_default[i] + joined);
	fix_tx(db, put_node, &n);
	changed("node", name);
}

START_TEST(nodes)
{
	struct err e = { 0 };
	struct row_node n, *rows;
	size_t count;

	is(row_node_get(db, "cm1", &n, &e), ERR_NOTFOUND, &e);
	is(row_node_list(db, &rows, &count, &e), ERR_OK, &e);
	ck_assert(rows == NULL && count == 0);
	make_node("cm2", 5);
	make_node("cm3", 1);
	make_node("cm1", 5);
	is(row_node_get(db, "cm2", &n, &e), ERR_OK, &e);
	ck_assert(n.joined_at == 5 && n.changed_at == 6);
	for (int i = 0; i < PORT_N; i++) {
		ck_assert_uint_eq(n.port[i], node_port_default[i] + 5u);
		ck_assert_ptr_nonnull(node_port_name[i]);
	}
	is(row_node_list(db, &rows, &count, &e), ERR_OK, &e);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(rows[0].name, "cm3");
	ck_assert_str_eq(rows[1].name, "cm1");
	ck_assert_str_eq(rows[2].name, "cm2");
	free(rows);
	make_node("cm2", 0);		/* moved to the front */
	is(row_node_list(db, &rows, &count, &e), ERR_OK, &e);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(rows[0].name, "cm2");
	free(rows);
}
END_TEST

static int
put_names(struct db *d, void *arg, struct err *e)
{
	static const struct row_node_name two[] = {
		{ .is_ip = true, .text = "192.0.2.1" },
		{ .text = "cm1.example" },
	};

	return row_node_names_put(d, "cm1", two, *(size_t *)arg, e);
}

START_TEST(node_names)
{
	struct row_node_name *rows;
	struct err e = { 0 };
	size_t n = 2;

	fix_tx(db, put_names, &n);
	changed("node", "cm1");
	is(row_node_names_get(db, "cm1", &rows, &n, &e), ERR_OK, &e);
	ck_assert_uint_eq(n, 2);
	ck_assert(rows[0].is_ip && !rows[1].is_ip);
	ck_assert_str_eq(rows[0].text, "192.0.2.1");
	ck_assert_str_eq(rows[1].text, "cm1.example");
	free(rows);
	n = 1;
	fix_tx(db, put_names, &n);
	is(row_node_names_get(db, "cm1", &rows, &n, &e), ERR_OK, &e);
	ck_assert_uint_eq(n, 1);
	free(rows);
	is(row_node_names_get(db, "cm2", &rows, &n, &e), ERR_OK, &e);
	ck_assert(n == 0 && rows == NULL);
}
END_TEST

static int
put_key(struct db *d, void *arg, struct err *e)
{
	uint8_t id[SHA256_LEN] = { 1 };

	return row_key_put(d, id, "rsa2048", arg, strlen(arg), 3, e);
}

START_TEST(keys)
{
	char first[] = "sealed", again[] = "resealed";
	uint8_t id[SHA256_LEN] = { 1 }, *p;
	struct err e = { 0 };
	size_t len;

	is(row_key_get(db, id, &p, &len, &e), ERR_NOTFOUND, &e);
	fix_tx(db, put_key, first);
	fix_tx(db, put_key, again);
	is(row_key_get(db, id, &p, &len, &e), ERR_OK, &e);
	ck_assert_uint_eq(len, strlen(again));
	ck_assert_mem_eq(p, again, len);
	free(p);
}
END_TEST

START_TEST(certificates)
{
	uint8_t der[] = { 0x30, 0x03, 0x00, 0x01, 0x02 };
	char subject[] = "CN=a", issuer[] = "CN=b;O=c";
	struct row_cert c = { .sha256 = { 9 }, .der = der,
	    .derlen = sizeof(der), .subject = subject, .issuer = issuer,
	    .serial = { 0, 1 }, .seriallen = 2, .key_id = { 8 },
	    .not_before = -5, .not_after = 5 }, got;
	struct err e = { 0 };

	fix_tx(db, put_cert, &c);
	fix_tx(db, put_cert, &c);	/* the same bytes: nothing to do */
	is(row_cert_get(db, c.sha256, &got, &e), ERR_OK, &e);
	ck_assert_uint_eq(got.derlen, sizeof(der));
	ck_assert_mem_eq(got.der, der, sizeof(der));
	ck_assert_str_eq(got.subject, subject);
	ck_assert_str_eq(got.issuer, issuer);
	ck_assert_uint_eq(got.seriallen, 2);
	ck_assert_mem_eq(got.serial, c.serial, 2);
	ck_assert_mem_eq(got.key_id, c.key_id, SHA256_LEN);
	ck_assert_uint_eq(got.skilen, 0);
	ck_assert(got.not_before == -5 && got.not_after == 5);
	row_cert_clear(&got);
	c.sha256[0] = 1;
	is(row_cert_get(db, c.sha256, &got, &e), ERR_NOTFOUND, &e);
	row_cert_clear(&got);
}
END_TEST

static struct row_own
own(const char *unit, const char *node, uint8_t id, enum own_stage stage,
    int64_t generation)
{
	struct row_own o = { .sha256 = { id }, .stage = stage,
	    .generation = generation, .staged_at = 1 };

	(void)snprintf(o.unit, sizeof(o.unit), "%s", unit);
	(void)snprintf(o.node, sizeof(o.node), "%s", node);
	return o;
}

/* Promote b over a, both ways round within one transaction. */
static int
promote(struct db *d, void *arg, struct err *e)
{
	struct row_own *o = arg;
	int ret;

	o[0].stage = OWN_RETIRED;
	o[1].stage = OWN_ACTIVE;
	if ((ret = row_own_put(d, &o[0], e)) != ERR_OK)
		return ret;
	return row_own_put(d, &o[1], e);
}

START_TEST(own_rows)
{
	struct row_own o[2] = { own("TVS", "cm1", 1, OWN_ACTIVE, 1),
	    own("TVS", "cm1", 2, OWN_ACTIVE, 2) }, got, *rows;
	struct row_own other = own("TVS", "cm2", 3, OWN_ACTIVE, 1);
	struct row_own wide = own("CAPF", "", 4, OWN_ANNOUNCED, 1);
	struct err e = { 0 };
	size_t n;

	is(row_own_active(db, "TVS", "cm1", &got, &e), ERR_NOTFOUND, &e);
	fix_tx(db, put_own, &o[0]);
	changed("own", "TVS");
	fix_tx(db, put_own, &o[0]);	/* itself again */
	fix_tx(db, put_own, &other);
	fix_tx(db, put_own, &wide);
	ck_assert_int_eq(db_tx(db, put_own, &o[1], &e), DB_REFUSED);
	is(e.code, ERR_BADSTATE, &e);
	fix_tx(db, promote, o);
	is(row_own_active(db, "TVS", "cm1", &got, &e), ERR_OK, &e);
	ck_assert(got.sha256[0] == 2 && got.generation == 2);
	is(row_own_list(db, NULL, -1, &rows, &n, &e), ERR_OK, &e);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(rows[0].unit, "CAPF");
	ck_assert(rows[1].sha256[0] == 1 && rows[2].sha256[0] == 2 &&
	    rows[3].sha256[0] == 3);
	free(rows);
	is(row_own_list(db, "TVS", OWN_ACTIVE, &rows, &n, &e), ERR_OK, &e);
	ck_assert(n == 2 && rows[0].sha256[0] == 2);
	free(rows);
	is(row_own_list(db, "CAPF", OWN_RETIRED, &rows, &n, &e), ERR_OK, &e);
	ck_assert(n == 0 && rows == NULL);
}
END_TEST

static struct row_list
list(uint8_t id, int64_t made_at, uint8_t *bytes)
{
	return (struct row_list){ .sha256 = { id }, .kind = "itl",
	    .content = { id }, .signer = { 7 }, .made_at = made_at,
	    .bytes = bytes, .len = 3 };
}

START_TEST(lists)
{
	uint8_t bytes[] = { 1, 0, 1 };
	struct row_list a = list(1, 20, bytes), b = list(2, 10, bytes);
	struct row_list got, *rows;
	struct err e = { 0 };
	int64_t before;
	size_t n;

	is(row_list_current(db, "itl", "", &got, &e), ERR_NOTFOUND, &e);
	fix_tx(db, put_list, &a);
	changed("list", "itl");
	before = fix_i64(db, "SELECT count(*) FROM change");
	fix_tx(db, put_list, &a);	/* it is: no change */
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM change"), before);
	fix_tx(db, put_list, &b);
	is(row_list_current(db, "itl", "", &got, &e), ERR_OK, &e);
	ck_assert(got.sha256[0] == 2 && got.len == 3 && got.signer[0] == 7);
	ck_assert_mem_eq(got.bytes, bytes, 3);
	row_list_clear(&got);
	fix_tx(db, put_list, &a);	/* an older version comes back */
	is(row_list_current(db, "itl", "", &got, &e), ERR_OK, &e);
	ck_assert_int_eq(got.sha256[0], 1);
	row_list_clear(&got);
	is(row_list_get(db, b.sha256, &got, &e), ERR_OK, &e);
	ck_assert_int_eq(got.made_at, 10);
	row_list_clear(&got);
	is(row_list_current(db, "ctl", "", &got, &e), ERR_NOTFOUND, &e);
	is(row_list_history(db, "itl", &rows, &n, &e), ERR_OK, &e);
	ck_assert(n == 2 && rows[0].sha256[0] == 2 && rows[1].sha256[0] == 1);
	ck_assert(rows[0].bytes == NULL && rows[0].len == 0);
	free(rows);
}
END_TEST

static int
count_names(void *arg, const struct row_phone *p, struct err *e)
{
	char *seen = arg;

	(void)snprintf(seen + strlen(seen), 64 - strlen(seen), "%s%s ",
	    p->name, p->has_file ? "+" : "");
	return strcmp(p->name, "c") == 0 ? err_set(e, ERR_LIMIT, "enough") :
	    ERR_OK;
}

START_TEST(phones)
{
	struct row_phone p = { .name = "b", .model = "8861", .created_at = 1,
	    .changed_at = 2 }, got;
	struct row_phone_file f = { .name = "a", .origin = "command" };
	char seen[64] = "";
	struct err e = { 0 };
	int64_t n;

	fix_tx(db, add_phone, &p);
	changed("phone", "b");
	ck_assert_int_eq(db_tx(db, add_phone, &p, &e), DB_REFUSED);
	is(e.code, ERR_EXISTS, &e);
	(void)snprintf(p.model, sizeof(p.model), "7941");
	fix_tx(db, put_phone, &p);
	is(row_phone_get(db, "b", &got, &e), ERR_OK, &e);
	ck_assert_str_eq(got.model, "7941");
	ck_assert(got.created_at == 1 && got.changed_at == 2 &&
	    !got.has_file);
	for (const char *c = "adc"; *c != '\0'; c++) {
		p.name[0] = *c;
		fix_tx(db, put_phone, &p);
	}
	fix_tx(db, put_file, &f);
	is(row_phone_count(db, &n, &e), ERR_OK, &e);
	ck_assert_int_eq(n, 4);
	is(row_phone_each(db, count_names, seen, &e), ERR_LIMIT, &e);
	ck_assert_str_eq(seen, "a+ b c ");
	p.name[0] = 'a';
	fix_tx(db, del_phone, &p);
	changed("phone", "a");
	is(row_phone_get(db, "a", &got, &e), ERR_NOTFOUND, &e);
	ck_assert_msg(strstr(e.msg, "phone a") != NULL, "%s", e.msg);
	is(row_phone_file_get(db, "a", &f, &e), ERR_NOTFOUND, &e);
	ck_assert_int_eq(db_tx(db, del_phone, &p, &e), DB_REFUSED);
	is(e.code, ERR_NOTFOUND, &e);
}
END_TEST

START_TEST(phone_files)
{
	uint8_t xml[] = "<device/>";
	struct row_phone_file f = { .name = "SEP000000000001",
	    .sha256 = { 5 }, .origin = "command", .changed_at = 9,
	    .xml = xml, .len = sizeof(xml) - 1 }, got;
	struct err e = { 0 };

	fix_tx(db, put_file, &f);
	changed("phone", f.name);
	is(row_phone_file_get(db, f.name, &got, &e), ERR_OK, &e);
	ck_assert_uint_eq(got.len, sizeof(xml) - 1);
	ck_assert_str_eq((char *)got.xml, "<device/>");
	ck_assert_str_eq(got.origin, "command");
	ck_assert(got.sha256[0] == 5 && got.changed_at == 9);
	row_phone_file_clear(&got);
	fix_tx(db, del_file, &f);
	changed("phone", f.name);
	is(row_phone_file_get(db, f.name, &got, &e), ERR_NOTFOUND, &e);
	ck_assert_int_eq(db_tx(db, del_file, &f, &e), DB_REFUSED);
	is(e.code, ERR_NOTFOUND, &e);
}
END_TEST

START_TEST(audit)
{
	char detail[] = "why";
	struct row_audit a = { .node = "cm1", .at = 10, .account = "root",
	    .command = "phone add", .detail = detail }, *rows;
	struct err e = { 0 };
	size_t n;

	fix_tx(db, add_audit, &a);
	a.detail = NULL;
	fix_tx(db, add_audit, &a);
	a.at = 5;
	fix_tx(db, add_audit, &a);
	memcpy(a.node, "cm0", 4);
	a.at = 10;
	fix_tx(db, add_audit, &a);
	is(row_audit_list(db, 100, &rows, &n, &e), ERR_OK, &e);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(rows[0].node, "cm0");
	ck_assert(rows[1].detail == NULL && rows[1].at == 10);
	ck_assert_str_eq(rows[2].detail, "why");
	ck_assert_str_eq(rows[2].command, "phone add");
	ck_assert_int_eq(rows[3].at, 5);
	row_audit_free(rows, n);
	is(row_audit_list(db, 2, &rows, &n, &e), ERR_OK, &e);
	ck_assert_uint_eq(n, 2);
	row_audit_free(rows, n);
	row_audit_free(NULL, 0);
	ck_assert_int_eq(fix_i64(db, "SELECT max(seq) FROM audit "
	    "WHERE node = 'cm1'"), 3);
}
END_TEST

/* --- rows nobody wrote: bounded, refused, nothing overrun --- */

static const struct {
	const char	*sql;
	int		 code;
} foreign[] = {
	{ "INSERT INTO phone (name, model, created_at, changed_at) "
	    "VALUES (printf('%0100d', 1), '', 0, 0)", ERR_LIMIT },
	{ "INSERT INTO phone (name, model, created_at, changed_at) "
	    "VALUES ('x', CAST(x'610062' AS TEXT), 0, 0)", ERR_LIMIT },
	{ "INSERT INTO node VALUES ('x', 'u', 0, 0, 70000, 1, 1, 1, 1, 1, 1, "
	    "1, 1)", ERR_LIMIT },
	{ "INSERT INTO certificate VALUES (zeroblob(32), x'', '', '', "
	    "zeroblob(65), zeroblob(32), x'', 0, 0)", ERR_LIMIT },
};

static int
read_all(void)
{
	uint8_t zero[SHA256_LEN] = { 0 };
	struct row_node *found;
	struct row_cert cert;
	char seen[64] = "";
	size_t n;
	int ret;

	if ((ret = row_phone_each(db, count_names, seen, NULL)) != ERR_OK)
		return ret;
	if ((ret = row_node_list(db, &found, &n, NULL)) != ERR_OK) {
		ck_assert(found == NULL && n == 0);
		return ret;
	}
	ret = row_cert_get(db, zero, &cert, NULL);
	ck_assert_ptr_null(cert.der);
	return ret;
}

START_TEST(foreign_rows)
{
	struct err e = { 0 };

	is(db_exec(db, foreign[_i].sql, &e), ERR_OK, &e);
	ck_assert_int_eq(read_all(), foreign[_i].code);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_rows");
	TCase *t = tcase_create("rows");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, cluster);
	tcase_add_test(t, nodes);
	tcase_add_test(t, node_names);
	tcase_add_test(t, keys);
	tcase_add_test(t, certificates);
	tcase_add_test(t, own_rows);
	tcase_add_test(t, lists);
	tcase_add_test(t, phones);
	tcase_add_test(t, phone_files);
	tcase_add_test(t, audit);
	tcase_add_loop_test(t, foreign_rows, 0,
	    (int)(sizeof(foreign) / sizeof(foreign[0])));
	suite_add_tcase(s, t);
	return fix_run(s);
}
