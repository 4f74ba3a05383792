/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The ITL: its records, when it is signed anew and when not, its limits.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "tests/trust_cluster.h"
#include "trust/itl.h"

struct refresh {
	struct signer	*s;
	int64_t		 now;
	bool		 changed;
	char		*warning;
};

static struct signer *signer;
static struct refresh rf;

static void
open_all(void)
{
	enum own_unit unit = UNIT_ITLRECOVERY;
	struct err e = { 0 };

	tc_open();
	signer = own_signer(tc.db, tc.kr, &unit, 1, &e);
	ck_assert_msg(signer != NULL, "%s", e.msg);
	rf = (struct refresh){ .s = signer, .now = TC_NOW };
}

static void
close_all(void)
{
	free(rf.warning);
	signer_free(signer);
	tc_close();
}

static int
tx_refresh(struct db *db, void *arg, struct err *e)
{
	struct refresh *r = arg;

	return itl_refresh(db, r->s, r->now, &r->changed, &r->warning, e);
}

/* Refresh at that time; did anything change? */
static bool
refresh(int64_t now)
{
	rf.now = now;
	tc_done(tx_refresh, &rf);
	return rf.changed;
}

struct param {
	const char	*name, *value;
};

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct param *p = arg;
	bool changed;

	return param_set(db, param_find(p->name), "", p->value, TC_NOW,
	    &changed, e);
}

static void
set_param(const char *name, const char *value)
{
	struct param p = { name, value };

	tc_done(tx_param, &p);
}

static struct list *
current(struct row_list *row)
{
	struct err e = { 0 };
	struct list *l;

	ck_assert_msg(itl_current(tc.db, row, &e) == ERR_OK, "%s", e.msg);
	l = list_parse(row->bytes, row->len, &e);
	ck_assert_msg(l != NULL, "%s", e.msg);
	ck_assert_msg(list_verify_self(l, &e) == ERR_OK, "%s", e.msg);
	return l;
}

static void
release(struct list *l, struct row_list *row)
{
	list_free(l);
	row_list_clear(row);
}

/* The records as "role CN" lines. */
static void
check_records(const char *const *want, size_t n)
{
	struct row_list row;
	struct list *l = current(&row);
	char got[128];

	for (size_t i = 0; i < l->nrec && i < n; i++) {
		char *cn = cert_cn(l->rec[i].cert, NULL);

		(void)snprintf(got, sizeof(got), "%s %s",
		    list_role_name(l->rec[i].role), cn);
		ck_assert_msg(strcmp(got, want[i]) == 0, "%zu: %s, not %s", i,
		    got, want[i]);
		free(cn);
	}
	ck_assert_uint_eq(l->nrec, n);
	release(l, &row);
}

static const char *const plain_records[] = {
	"SAST ITLRecovery-lab", "SAST CallManager-lab",
	"CCM+TFTP CallManager-lab", "TVS TVS-cm1", "CAPF CAPF-lab",
	"TFTP CallManager-ECDSA-lab",
};

/* --- content --- */

START_TEST(first_list)
{
	struct row_list row;
	struct list *l;
	uint8_t sha[32], content[32];

	ck_assert_int_eq(itl_current(tc.db, &row, NULL), ERR_NOTFOUND);
	ck_assert(refresh(TC_NOW + 5));
	ck_assert_ptr_null(rf.warning);
	check_records(plain_records, 5);
	l = current(&row);
	ck_assert_str_eq(l->h.file_name, "ITLFile.tlv");
	ck_assert_uint_eq(l->h.version, 0x0102);
	ck_assert(l->h.has_signer_version);
	ck_assert_uint_eq(l->h.signer_version, 0x0100);
	ck_assert_uint_eq(l->h.digest_code, 1);
	ck_assert_uint_eq(l->h.timestamp, TC_NOW + 5);
	ck_assert_int_eq(l->h.order, TLV_ORDER_CUCM);
	ck_assert_ptr_eq(list_signer(l), &l->rec[0]);
	/* Tags 1 to 10 in order; the first DNS name, the first IPv4. */
	for (size_t i = 0; i < l->nrec; i++) {
		ck_assert_uint_eq(l->rec[i].ntlv, 10);
		ck_assert_str_eq(l->rec[i].dns_name, "cm1.example.org");
		ck_assert_uint_eq(l->rec[i].iplen, 4);
		ck_assert_mem_eq(l->rec[i].ip, "\xc0\x00\x02\x0a", 4);
	}
	ck_assert_str_eq(row.kind, "itl");
	ck_assert_str_eq(row.node, "");
	ck_assert_int_eq(row.made_at, TC_NOW + 5);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, row.bytes, row.len, sha,
	    NULL), ERR_OK);
	ck_assert_mem_eq(row.sha256, sha, 32);
	ck_assert_int_eq(list_content_hash(l, content, NULL), ERR_OK);
	ck_assert_mem_eq(row.content, content, 32);
	cert_sha256(own_new_cert(tc.own[UNIT_ITLRECOVERY]), sha);
	ck_assert_mem_eq(row.signer, sha, 32);
	release(l, &row);
}
END_TEST

START_TEST(parameters)
{
	struct row_list row;
	struct list *l;

	set_param("itl.digest", "sha512");
	set_param("itl.signer_version", "1.1");
	ck_assert(refresh(TC_NOW));
	check_records(plain_records, 6);
	l = current(&row);
	ck_assert_uint_eq(l->h.digest_code, 3);
	ck_assert_uint_eq(l->h.signer_version, 0x0101);
	ck_assert_int_eq(cert_key_type(l->rec[5].cert), KEY_EC384);
	release(l, &row);

	set_param("itl.tftp_role", "tftp");
	ck_assert(refresh(TC_NOW + 1));
	l = current(&row);
	ck_assert_uint_eq(l->rec[2].role, ROLE_TFTP);
	release(l, &row);
}
END_TEST

/* --- bytes stay --- */

START_TEST(unchanged_keeps_bytes)
{
	struct row_list a, b;
	struct refresh keyless = { .now = TC_NOW + 9 };

	ck_assert(refresh(TC_NOW));
	ck_assert_int_eq(itl_current(tc.db, &a, NULL), ERR_OK);
	for (int i = 1; i <= 3; i++)
		ck_assert(!refresh(TC_NOW + 1000 * i));
	tc_done(tx_refresh, &keyless);	/* nothing to sign: no key needed */
	ck_assert(!keyless.changed);
	ck_assert_int_eq(itl_current(tc.db, &b, NULL), ERR_OK);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.bytes, b.bytes, a.len);
	row_list_clear(&a);
	row_list_clear(&b);
}
END_TEST

/* There and back: the old bytes are served again, all versions are kept. */
START_TEST(content_seen_before)
{
	struct refresh keyless = { .now = TC_NOW + 200 };
	struct row_list a, b, c, *rows;
	size_t n;

	ck_assert(refresh(TC_NOW));
	ck_assert_int_eq(itl_current(tc.db, &a, NULL), ERR_OK);
	set_param("itl.signer_version", "1.1");
	ck_assert(refresh(TC_NOW + 100));
	ck_assert_int_eq(itl_current(tc.db, &b, NULL), ERR_OK);
	ck_assert_mem_ne(a.sha256, b.sha256, 32);
	set_param("itl.signer_version", "1.0");
	tc_done(tx_refresh, &keyless);
	ck_assert(keyless.changed);
	ck_assert_int_eq(itl_current(tc.db, &c, NULL), ERR_OK);
	ck_assert_uint_eq(c.len, a.len);
	ck_assert_mem_eq(c.bytes, a.bytes, a.len);
	ck_assert_int_eq(c.made_at, TC_NOW);
	ck_assert_int_eq(row_list_history(tc.db, "itl", &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 2);
	free(rows);
	row_list_clear(&a);
	row_list_clear(&b);
	row_list_clear(&c);
}
END_TEST

struct seen {
	int	lists;
};

static void
count_change(void *arg, const char *kind, const char *key)
{
	struct seen *s = arg;

	if (strcmp(kind, "list") == 0 && strcmp(key, "itl") == 0)
		s->lists++;
}

START_TEST(change_rows)
{
	struct seen s = { 0 };
	int64_t seq = 0;
	bool trimmed;

	(void)refresh(TC_NOW);
	(void)refresh(TC_NOW + 1);
	ck_assert_int_eq(db_changes(tc.db, &seq, &trimmed, count_change, &s,
	    NULL), ERR_OK);
	ck_assert_int_eq(s.lists, 1);
}
END_TEST

START_TEST(no_key)
{
	struct refresh r = { .now = TC_NOW };
	enum own_unit other = UNIT_CALLMANAGER;
	struct signer *s = own_signer(tc.db, tc.kr, &other, 1, NULL);

	tc_refused(tx_refresh, &r, ERR_BADSTATE, "ITLRecovery");
	r.s = s;
	tc_refused(tx_refresh, &r, ERR_NOTFOUND, "");
	signer_free(s);
}
END_TEST

/* --- stages and nodes --- */

struct store {
	const struct own_new	*own;
	enum own_stage		 stage;
};

static int
tx_store(struct db *db, void *arg, struct err *e)
{
	const struct store *s = arg;

	return own_store(db, s->own, s->stage, TC_NOW + 60, e);
}

/* Announced: a TFTP record beside the active one, no SAST place. */
START_TEST(announced)
{
	static const char *const want[] = { "SAST ITLRecovery-lab",
	    "SAST CallManager-lab", "CCM+TFTP CallManager-lab",
	    "CCM+TFTP CallManager-lab", "TVS TVS-cm1", "CAPF CAPF-lab" };
	struct store s = { tc.next[UNIT_CALLMANAGER], OWN_ANNOUNCED };
	struct row_list row;
	struct list *l;
	uint8_t want_sha[32], sha[32];

	(void)refresh(TC_NOW);
	tc_done(tx_store, &s);
	ck_assert(refresh(TC_NOW + 60));
	check_records(want, 6);
	l = current(&row);
	cert_sha256(own_new_cert(s.own), want_sha);
	cert_sha256(l->rec[3].cert, sha);
	ck_assert_mem_eq(sha, want_sha, 32);
	cert_sha256(l->rec[2].cert, sha);
	ck_assert_mem_ne(sha, want_sha, 32);
	release(l, &row);

	/* A new ITLRecovery is in no list before it is active. */
	s.own = tc.next[UNIT_ITLRECOVERY];
	tc_done(tx_store, &s);
	ck_assert(!refresh(TC_NOW + 120));
	check_records(want, 6);
}
END_TEST

static int
tx_retire_recovery(struct db *db, void *arg, struct err *e)
{
	struct row_own r;
	int ret;

	(void)arg;
	if ((ret = row_own_active(db, "ITLRecovery", "", &r, e)) != ERR_OK)
		return ret;
	r.stage = OWN_RETIRED;
	return row_own_put(db, &r, e);
}

START_TEST(no_active_recovery)
{
	tc_done(tx_retire_recovery, NULL);
	tc_refused(tx_refresh, &rf, ERR_BADSTATE, "no active ITLRecovery");
}
END_TEST

/* A node with an IPv6 address only has no tag 10; its TVS record is its own
 * place, cluster-wide ones stay at the first node. */
struct second_node {
	const struct row_node_name	*names;
	size_t				 nnames;
	const struct own_new		*tvs;
};

static int
tx_second_node(struct db *db, void *arg, struct err *e)
{
	const struct second_node *s = arg;
	struct row_node n = { .name = "cm0", .joined_at = TC_NOW + 60 };
	int ret;

	if ((ret = row_node_put(db, &n, e)) != ERR_OK ||
	    (ret = row_node_names_put(db, n.name, s->names, s->nnames,
	    e)) != ERR_OK)
		return ret;
	return own_store(db, s->tvs, OWN_ACTIVE, TC_NOW + 60, e);
}

START_TEST(second_node)
{
	static const char *const want[] = { "SAST ITLRecovery-lab",
	    "SAST CallManager-lab", "CCM+TFTP CallManager-lab",
	    "TVS TVS-cm0", "TVS TVS-cm1", "CAPF CAPF-lab" };
	struct row_node_name names[] = { { true, "2001:db8::2" } };
	struct row_node n = { .name = "cm0", .uuid = "x" };
	struct second_node s = { names, 1, NULL };
	struct own_new *tvs;
	struct row_list row;
	struct list *l;

	tvs = own_make(UNIT_TVS, &tc.cluster, &n, names, 1, tc.kr, &tc.rng,
	    TC_NOW, NULL);
	s.tvs = tvs;
	(void)refresh(TC_NOW);
	tc_done(tx_second_node, &s);
	ck_assert(refresh(TC_NOW + 60));
	check_records(want, 6);
	l = current(&row);
	ck_assert_str_eq(l->rec[0].dns_name, "cm1.example.org");
	ck_assert_str_eq(l->rec[3].dns_name, "2001:db8::2");
	ck_assert_ptr_null(l->rec[3].ip);
	ck_assert_str_eq(l->rec[4].dns_name, "cm1.example.org");
	release(l, &row);
	own_new_free(tvs);
}
END_TEST

/* --- limits --- */

/* One certificate announced for many nodes. */
struct many {
	const char	*unit;
	int		 n;
};

static int
tx_many(struct db *db, void *arg, struct err *e)
{
	const struct many *m = arg;
	struct row_own r;
	int ret;

	if ((ret = row_own_active(db, m->unit, "", &r, e)) != ERR_OK)
		return ret;
	r.stage = OWN_ANNOUNCED;
	for (int i = 0; i < m->n; i++) {
		(void)snprintf(r.node, sizeof(r.node), "n%02d", i);
		if ((ret = row_own_put(db, &r, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

/* EC certificates are small: their number counts before their size. */
START_TEST(warning_by_certificates)
{
	struct many m = { "CallManager-ECDSA", 33 };

	set_param("itl.signer_version", "1.1");
	tc_done(tx_many, &m);
	ck_assert(refresh(TC_NOW));
	ck_assert_ptr_null(rf.warning);		/* 39 */
	m.n = 34;
	tc_done(tx_many, &m);
	ck_assert(refresh(TC_NOW + 1));
	ck_assert_ptr_nonnull(rf.warning);	/* 40 */
	ck_assert_msg(strstr(rf.warning, "in 40 certificates") != NULL, "%s",
	    rf.warning);
	/* Said again as long as it is so. */
	ck_assert(!refresh(TC_NOW + 2));
	ck_assert_ptr_nonnull(rf.warning);
}
END_TEST

START_TEST(warning_by_bytes)
{
	struct many m = { "CAPF", 0 };
	struct row_list row = { .len = 0 };

	for (m.n = 20; row.len < LIST_WARN_BYTES; m.n++) {
		row_list_clear(&row);
		tc_done(tx_many, &m);
		ck_assert(refresh(TC_NOW + m.n));
		ck_assert_int_eq(itl_current(tc.db, &row, NULL), ERR_OK);
		ck_assert((rf.warning != NULL) ==
		    (row.len >= LIST_WARN_BYTES));
	}
	ck_assert_int_lt(m.n, 35);	/* fewer than 40 certificates */
	ck_assert_ptr_nonnull(strstr(rf.warning, "60000 bytes"));
	row_list_clear(&row);
}
END_TEST

START_TEST(too_large)
{
	struct row_list before, after;
	struct many m = { "CAPF", 60 };

	(void)refresh(TC_NOW);
	ck_assert_int_eq(itl_current(tc.db, &before, NULL), ERR_OK);
	tc_done(tx_many, &m);
	tc_refused(tx_refresh, &rf, ERR_LIMIT, "CAPF-lab");
	ck_assert_int_eq(itl_current(tc.db, &after, NULL), ERR_OK);
	ck_assert_mem_eq(before.sha256, after.sha256, 32);
	row_list_clear(&before);
	row_list_clear(&after);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("itl");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, first_list);
	tcase_add_test(t, parameters);
	tcase_add_test(t, unchanged_keeps_bytes);
	tcase_add_test(t, content_seen_before);
	tcase_add_test(t, change_rows);
	tcase_add_test(t, no_key);
	tcase_add_test(t, announced);
	tcase_add_test(t, no_active_recovery);
	tcase_add_test(t, second_node);
	tcase_add_test(t, warning_by_certificates);
	tcase_add_test(t, warning_by_bytes);
	tcase_add_test(t, too_large);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
