/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of trust, csr, crl, srst and key_export, every write replayed on the
 * shadow.
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

struct write {
	const char	*name, *node;
	const void	*row;
	const uint8_t	*sha;
	size_t		 len;
};

#define WRITE(fn, call)							\
	static int							\
	fn(struct db *d, void *arg, struct err *e)			\
	{								\
		const struct write *w = arg;				\
									\
		return call;						\
	}
WRITE(put_cert, row_cert_put(d, w->row, e))
WRITE(del_cert, row_cert_remove(d, w->sha, e))
WRITE(put_trust, row_trust_put(d, w->row, e))
WRITE(purge_trust, row_trust_purge(d, w->name, w->sha, e))
WRITE(put_csr, row_csr_put(d, w->row, e))
WRITE(del_csr, row_csr_remove(d, w->name, w->node, e))
WRITE(put_crl, row_crl_put(d, w->row, e))
WRITE(del_crl, row_crl_remove(d, w->name, w->sha, w->len, e))
WRITE(put_srst, row_srst_put(d, w->row, e))
WRITE(del_srst, row_srst_remove(d, w->name, e))
WRITE(put_export, row_key_export_add(d, w->row, e))
WRITE(put_own, row_own_put(d, w->row, e))
WRITE(del_own, row_own_remove(d, w->name, w->node, w->sha, e))
WRITE(put_key, row_key_put(d, w->sha, "rsa2048", w->row, 3, 1, e))
WRITE(del_key, row_key_remove(d, w->sha, e))

static void
run(db_fn *fn, struct write w)
{
	fix_tx(db, fn, &w);
}

static void
not_there(db_fn *fn, struct write w)
{
	struct err e = { 0 };

	ck_assert_int_eq(db_tx(db, fn, &w, &e), DB_REFUSED);
	ck_assert_msg(e.code == ERR_NOTFOUND, "%d %s", e.code, e.msg);
}

static void
last_change(const char *kind, const char *key)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM change WHERE "
	    "seq = (SELECT max(seq) FROM change) AND kind = '%s' AND "
	    "key = '%s'", kind, key);
	ck_assert_msg(fix_i64(db, sql) == 1, "%s %s", kind, key);
}

/* A certificate row; its digest, key and serial are all bytes i. */
static void
cert(uint8_t i)
{
	char subject[] = "CN=a", issuer[] = "CN=b";
	uint8_t der[] = { 0x30, i };
	struct row_cert c = { .der = der, .derlen = 2, .subject = subject,
	    .issuer = issuer, .seriallen = 2, .skilen = 1, .not_before = 5,
	    .not_after = 6 };

	memset(c.sha256, i, SHA256_LEN);
	memset(c.key_id, i, SHA256_LEN);
	memset(c.serial, 7, 2);
	c.ski[0] = i;
	run(put_cert, (struct write){ .row = &c });
}

static struct row_trust
trust(const char *unit, uint8_t i, int64_t removed)
{
	struct row_trust t = { .name = "gw", .origin = "import",
	    .note = "of the gateway", .ttl = 60, .added_at = 8,
	    .removed_at = removed };

	(void)snprintf(t.unit, sizeof(t.unit), "%s", unit);
	memset(t.sha256, i, SHA256_LEN);
	run(put_trust, (struct write){ .row = &t });
	return t;
}

struct seen {
	size_t		 n;
	uint8_t		 last;
	size_t		 stop;
};

static int
see(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct seen *s = arg;

	ck_assert_mem_eq(t->sha256, c->sha256, SHA256_LEN);
	ck_assert_str_eq(c->subject, "CN=a");
	ck_assert_uint_eq(c->seriallen, 2);
	ck_assert_int_eq(c->not_after, 6);
	ck_assert_ptr_null(c->der);
	s->last = c->sha256[0];
	if (++s->n == s->stop)
		return err_set(e, ERR_LIMIT, "enough");
	return ERR_OK;
}

START_TEST(trusted)
{
	struct seen s = { 0 };
	struct row_trust t, *list;
	struct err e = { 0 };
	int64_t count;
	size_t n;

	cert(1);
	cert(2);
	(void)trust("CAPF-trust", 2, 0);
	(void)trust("CallManager-trust", 2, 0);
	t = trust("CallManager-trust", 1, 0);
	last_change("trust", "CallManager-trust");
	ck_assert_int_eq(row_trust_count(db, NULL, &count, &e), ERR_OK);
	ck_assert_int_eq(count, 3);
	ck_assert_int_eq(row_trust_each(db, NULL, see, &s, &e), ERR_OK);
	ck_assert_uint_eq(s.n, 3);
	ck_assert_uint_eq(s.last, 2);
	s = (struct seen){ .stop = 1 };
	ck_assert_int_eq(row_trust_each(db, "CallManager-trust", see, &s, &e),
	    ERR_LIMIT);
	ck_assert_uint_eq(s.last, 1);
	ck_assert_str_eq(e.msg, "enough");
	ck_assert_int_eq(row_trust_list(db, NULL, t.sha256, false, &list, &n,
	    &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].note, "of the gateway");
	ck_assert_int_eq(list[0].ttl, 60);
	free(list);
}
END_TEST

START_TEST(tombstones)
{
	struct seen s = { 0 };
	uint8_t sha[SHA256_LEN];
	struct row_trust t, *list;
	struct err e = { 0 };
	size_t n;

	memset(sha, 1, sizeof(sha));
	cert(1);
	(void)trust("TVS-trust", 1, 50);
	ck_assert_int_eq(row_trust_each(db, NULL, see, &s, &e), ERR_OK);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_int_eq(row_trust_get(db, "TVS-trust", sha, &t, &e),
	    ERR_OK);
	ck_assert_int_eq(t.removed_at, 50);
	ck_assert_int_eq(row_trust_list(db, "TVS-trust", NULL, true, &list,
	    &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(list);
	ck_assert_int_eq(row_trust_removed_before(db, 50, &list, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 0);
	free(list);
	ck_assert_int_eq(row_trust_removed_before(db, 51, &list, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(list);
	/* A certificate stays while its tombstone does. */
	run(del_cert, (struct write){ .sha = sha });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM certificate"), 1);
	run(purge_trust, (struct write){ .name = "TVS-trust",
	    .sha = sha });
	ck_assert_int_eq(row_trust_get(db, "TVS-trust", sha, &t, &e),
	    ERR_NOTFOUND);
	run(del_cert, (struct write){ .sha = (uint8_t[SHA256_LEN]){ 0 } });
	(void)trust("TVS-trust", 1, 0);
	run(purge_trust, (struct write){ .name = "TVS-trust",
	    .sha = sha });
	ck_assert_int_eq(row_trust_get(db, "TVS-trust", sha, &t, &e),
	    ERR_OK);	/* what is trusted is not purged */
}
END_TEST

START_TEST(requests)
{
	uint8_t der[] = { 1, 2, 3 };
	struct row_csr c = { .unit = "TVS", .node = "cm1", .created_at = 4,
	    .der = der, .derlen = 3 }, got, *list;
	struct err e = { 0 };
	size_t n;

	run(put_csr, (struct write){ .row = &c });
	c.created_at = 5;
	run(put_csr, (struct write){ .row = &c });
	last_change("csr", "TVS");
	ck_assert_int_eq(row_csr_get(db, "TVS", "cm1", &got, &e), ERR_OK);
	ck_assert_int_eq(got.created_at, 5);
	ck_assert_uint_eq(got.derlen, 3);
	ck_assert_mem_eq(got.der, der, 3);
	row_csr_clear(&got);
	ck_assert_int_eq(row_csr_get(db, "TVS", "", &got, &e), ERR_NOTFOUND);
	ck_assert_int_eq(row_csr_list(db, &list, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	row_csr_free(list, n);
	run(del_csr, (struct write){ .name = "TVS", .node = "cm1" });
	not_there(del_csr, (struct write){ .name = "TVS", .node = "cm1" });
}
END_TEST

START_TEST(revocation_lists)
{
	char issuer[] = "CN=ca";
	uint8_t der[] = { 9 };
	struct row_crl c = { .issuer = issuer, .key_id = { 3 }, .key_idlen = 1,
	    .this_update = 1, .next_update = 2, .added_at = 3, .der = der,
	    .derlen = 1 }, got, *list;
	struct err e = { 0 };
	size_t n;

	run(put_crl, (struct write){ .row = &c });
	c.key_idlen = 0;
	run(put_crl, (struct write){ .row = &c });
	c.this_update = 7;
	run(put_crl, (struct write){ .row = &c });
	last_change("crl", "CN=ca");
	ck_assert_int_eq(row_crl_list(db, &list, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(list[0].this_update, 7);
	ck_assert_uint_eq(list[0].derlen, 0);
	row_crl_free(list, n);
	ck_assert_int_eq(row_crl_get(db, "CN=ca", c.key_id, 1, &got, &e),
	    ERR_OK);
	ck_assert_uint_eq(got.derlen, 1);
	row_crl_clear(&got);
	run(del_crl, (struct write){ .name = issuer, .sha = c.key_id,
	    .len = 1 });
	not_there(del_crl, (struct write){ .name = issuer, .sha = c.key_id,
	    .len = 1 });
	ck_assert_int_eq(row_crl_get(db, "CN=ca", c.key_id, 1, &got, &e),
	    ERR_NOTFOUND);
}
END_TEST

START_TEST(references)
{
	struct row_srst s = { .name = "branch", .address = "192.0.2.9",
	    .port = 2000, .sip_address = "192.0.2.8", .sip_port = 5060,
	    .cert_port = 2445, .secure = true, .has_candidate = true,
	    .changed_at = 3 }, got, *list;
	struct err e = { 0 };
	size_t n;

	memset(s.candidate, 5, SHA256_LEN);
	run(put_srst, (struct write){ .row = &s });
	last_change("srst", "branch");
	ck_assert_int_eq(row_srst_get(db, "branch", &got, &e), ERR_OK);
	ck_assert(got.secure && got.has_candidate && !got.has_accepted);
	ck_assert_mem_eq(got.candidate, s.candidate, SHA256_LEN);
	ck_assert_str_eq(got.sip_address, "192.0.2.8");
	ck_assert_uint_eq(got.cert_port, 2445);
	ck_assert_int_eq(row_srst_list(db, &list, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(list);
	run(del_srst, (struct write){ .name = "branch" });
	not_there(del_srst, (struct write){ .name = "branch" });
	ck_assert_int_eq(row_srst_get(db, "branch", &got, &e), ERR_NOTFOUND);
}
END_TEST

static int
put_profile(struct db *d, void *arg, struct err *e)
{
	struct row_profile p = { .name = "p" };
	int ret;

	(void)arg;
	if ((ret = row_profile_put(d, &p, e)) != ERR_OK)
		return ret;
	return row_profile_setting_put(d, "p", "s", "v", NULL, e);
}

static int
put_phone(struct db *d, void *arg, struct err *e)
{
	const char *const *what = arg;	/* name, profile, own value or NULL */
	struct row_phone p = { .created_at = 1 };
	int ret;

	(void)snprintf(p.name, sizeof(p.name), "%s", what[0]);
	(void)snprintf(p.profile, sizeof(p.profile), "%s", what[1]);
	if ((ret = row_phone_put(d, &p, e)) != ERR_OK)
		return ret;
	return row_phone_setting_put(d, p.name, "s", what[2], NULL, e);
}

static int
gather(void *arg, const struct row_phone *p, struct err *e)
{
	char *names = arg;

	(void)e;
	(void)strcat(strcat(names, p->name), " ");
	return strcmp(p->name, "stop") == 0 ? ERR_LIMIT : ERR_OK;
}

/* A value of one's own counts before that of the profile. */
START_TEST(with_a_value)
{
	static const char *const phone[][3] = {
		{ "own", "", "v" }, { "profile", "p", NULL },
		{ "both", "p", "v" }, { "other", "p", "w" },
		{ "none", "p", "" }, { "without", "", NULL },
	};
	struct row_profile *rows;
	char names[200] = "";
	size_t n;

	fix_tx(db, put_profile, NULL);
	for (size_t i = 0; i < sizeof(phone) / sizeof(phone[0]); i++)
		fix_tx(db, put_phone, (void *)(uintptr_t)phone[i]);
	ck_assert_int_eq(row_phone_each_with(db, "s", "v", gather, names,
	    NULL), ERR_OK);
	ck_assert_str_eq(names, "both own profile ");
	names[0] = '\0';
	ck_assert_int_eq(row_phone_each_with(db, "s", "x", gather, names,
	    NULL), ERR_OK);
	ck_assert_str_eq(names, "");
	ck_assert_int_eq(row_profile_with(db, "s", "v", &rows, &n, NULL),
	    ERR_OK);
	ck_assert(n == 1 && strcmp(rows[0].name, "p") == 0);
	free(rows);
	ck_assert_int_eq(row_profile_with(db, "s", "w", &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 0);
	free(rows);
}
END_TEST

START_TEST(exports)
{
	struct row_key_export x = { .sha256 = { 1 }, .at = 9,
	    .account = "root" }, *list;
	struct err e = { 0 };
	size_t n;

	run(put_export, (struct write){ .row = &x });
	run(put_export, (struct write){ .row = &x });
	ck_assert_int_eq(row_key_export_list(db, x.sha256, &list, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].account, "root");
	free(list);
	ck_assert_int_eq(row_key_export_list(db, (uint8_t[SHA256_LEN]){ 2 },
	    &list, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 0);
	free(list);
}
END_TEST

/* Keys and certificates go when nothing names them, and not before. */
START_TEST(needed)
{
	uint8_t id[SHA256_LEN];
	struct row_own o = { .unit = "TVS", .node = "cm1",
	    .stage = OWN_RETIRED, .generation = 1 };
	struct row_cert *list;
	struct err e = { 0 };
	size_t n;

	memset(id, 4, SHA256_LEN);
	memset(o.sha256, 4, SHA256_LEN);
	cert(4);
	cert(5);
	run(put_key, (struct write){ .sha = id, .row = "abc" });
	run(put_own, (struct write){ .row = &o });
	run(del_key, (struct write){ .sha = id });
	run(del_cert, (struct write){ .sha = id });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM key"), 1);
	ck_assert_int_eq(row_cert_by_serial(db, (uint8_t[]){ 7, 7 }, 2, 9,
	    &list, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(list[0].derlen, 2);
	for (size_t i = 0; i < n; i++)
		row_cert_clear(&list[i]);
	free(list);
	ck_assert_int_eq(row_cert_by_serial(db, (uint8_t[]){ 7 }, 1, 9,
	    &list, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 0);
	free(list);
	run(del_own, (struct write){ .name = "TVS", .node = "cm1",
	    .sha = id });
	last_change("own", "TVS");
	not_there(del_own, (struct write){ .name = "TVS", .node = "cm1",
	    .sha = id });
	run(del_key, (struct write){ .sha = id });
	run(del_cert, (struct write){ .sha = id });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM key"), 0);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM certificate"), 1);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("rows");
	Suite *s = suite_create("db_trust");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, trusted);
	tcase_add_test(tc, tombstones);
	tcase_add_test(tc, requests);
	tcase_add_test(tc, revocation_lists);
	tcase_add_test(tc, references);
	tcase_add_test(tc, with_a_value);
	tcase_add_test(tc, exports);
	tcase_add_test(tc, needed);
	suite_add_tcase(s, tc);
	return fix_run(s);
}
