/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows about CAPF: certificates of devices, CTI profiles, outcomes, requests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/internal.h"
#include "db/rows_capf.h"
#include "tests/db_capf_fix.h"
#include "tests/db_fixture.h"

#define PHONE	"SEP000000000001"

WRITE(cert_remove, row_cert_remove(d, w->bytes, e))
WRITE(profile_put, row_capf_profile_put(d, w->row, e))
WRITE(profile_remove, row_capf_profile_remove(d, w->row, e))
WRITE(outcome_put, row_capf_outcome_put(d, w->row, e))
WRITE(csr_put, row_capf_csr_put(d, w->row, e))
WRITE(csr_remove, row_capf_csr_remove(d, w->row, e))
WRITE(mic_put, row_mic_allow_put(d, w->row, e))
WRITE(mic_remove, row_mic_allow_remove(d, w->name, e))
WRITE(phone_gone, row_phone_remove(d, w->name, e))
WRITE(forget, row_device_cert_forget(d, w->now, 10, e))

static int
tried(struct db *d, db_fn *fn, struct write w)
{
	struct err e = { 0 };

	return db_result_err(db_tx(d, fn, &w, &e), &e);
}

static int
take_cert(void *arg, const struct row_device_cert *c, struct err *e)
{
	struct names *l = arg;

	(void)e;
	l->n++;
	(void)snprintf(l->text + strlen(l->text), sizeof(l->text) -
	    strlen(l->text), "%s.%s/%s/%02x/%s ", c->owner.name,
	    c->owner.instance, device_cert_type_name[c->type], c->sha256[0],
	    device_cert_state_name[c->state]);
	return ERR_OK;
}

START_TEST(device_certs)
{
	struct capf_owner a = owner(CAPF_PHONE, PHONE, ""),
	    b = owner(CAPF_PHONE, "SEP000000000002", ""),
	    u = owner(CAPF_USER, "jane", "1");
	uint8_t issuer[SHA256_LEN], key[SHA256_LEN], sha[SHA256_LEN];
	struct row_device_cert d;
	struct names l = { .n = 0 };
	struct err e = { 0 };
	int64_t n;

	memset(issuer, 0xca, sizeof(issuer));
	certificate(1, 0x11, 500);
	certificate(2, 0x22, 900);
	certificate(3, 0x22, 700);
	certificate(4, 0x44, 700);
	device(a, DEVICE_LSC, 1, DEVICE_SUPERSEDED, 10);
	device(a, DEVICE_LSC, 2, DEVICE_CURRENT, 20);
	device(a, DEVICE_MIC, 4, DEVICE_CURRENT, 5);
	device(u, DEVICE_LSC, 3, DEVICE_CURRENT, 30);

	ck_assert_int_eq(row_device_cert_current(db, &a, DEVICE_LSC, &d, &e),
	    ERR_OK);
	ck_assert_int_eq(d.sha256[0], 2);
	ck_assert_int_eq(d.not_after, 900);
	ck_assert(d.has_issuer && d.issuer[0] == 0xca);
	ck_assert_int_eq(row_device_cert_current(db, &a, DEVICE_MIC, &d, &e),
	    ERR_OK);
	ck_assert(!d.has_issuer);
	ck_assert_int_eq(row_device_cert_current(db, &b, DEVICE_LSC, &d, &e),
	    ERR_NOTFOUND);
	memset(sha, 1, sizeof(sha));
	ck_assert_int_eq(row_device_cert_by_sha256(db, sha, &d, &e), ERR_OK);
	ck_assert_int_eq(d.state, DEVICE_SUPERSEDED);
	memset(sha, 9, sizeof(sha));
	ck_assert_int_eq(row_device_cert_by_sha256(db, sha, &d, &e),
	    ERR_NOTFOUND);

	/* Somebody else's key: only current ones, never one's own. */
	memset(key, 0x22, sizeof(key));
	ck_assert_int_eq(row_device_cert_by_key(db, key, &a, &d, &e), ERR_OK);
	ck_assert_str_eq(d.owner.name, "jane");
	ck_assert_int_eq(row_device_cert_by_key(db, key, &b, &d, &e), ERR_OK);
	memset(key, 0x11, sizeof(key));
	ck_assert_int_eq(row_device_cert_by_key(db, key, &b, &d, &e),
	    ERR_NOTFOUND);
	memset(key, 0x44, sizeof(key));
	ck_assert_int_eq(row_device_cert_by_key(db, key, &a, &d, &e),
	    ERR_NOTFOUND);

	ck_assert_int_eq(row_device_cert_each(db, NULL, -1, NULL, take_cert,
	    &l, &e), ERR_OK);
	ck_assert_str_eq(l.text, PHONE "./lsc/01/superseded " PHONE
	    "./lsc/02/current " PHONE "./mic/04/current "
	    "jane.1/lsc/03/current ");
	l = (struct names){ .n = 0 };
	ck_assert_int_eq(row_device_cert_each(db, &a, DEVICE_CURRENT, issuer,
	    take_cert, &l, &e), ERR_OK);
	ck_assert_str_eq(l.text, PHONE "./lsc/02/current ");
	l = (struct names){ .n = 0 };
	ck_assert_int_eq(row_device_cert_each(db, NULL, DEVICE_CURRENT,
	    issuer, take_cert, &l, &e), ERR_OK);
	ck_assert_uint_eq(l.n, 2);
	ck_assert_int_eq(row_device_cert_count(db, issuer, &n, &e), ERR_OK);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(row_device_cert_count(db, sha, &n, &e), ERR_OK);
	ck_assert_int_eq(n, 0);
}
END_TEST

START_TEST(certificate_stays_while_named)
{
	struct capf_owner a = owner(CAPF_PHONE, PHONE, "");
	uint8_t sha[SHA256_LEN];

	memset(sha, 1, sizeof(sha));
	certificate(1, 1, 500);
	(void)device(a, DEVICE_LSC, 1, DEVICE_SUPERSEDED, 10);
	run(db, cert_remove, (struct write){ .bytes = sha });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM certificate"), 1);
	fix_phone(db, PHONE);
	run(db, forget, (struct write){ .now = 501 });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device_cert"), 1);
	run(db, phone_gone, (struct write){ .name = PHONE });
	run(db, cert_remove, (struct write){ .bytes = sha });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM certificate"), 1);
	/* Who is added again is not who he was by a past one. */
	run(db, forget, (struct write){ .now = 500 });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device_cert"), 1);
	run(db, forget, (struct write){ .now = 501 });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device_cert"), 0);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM certificate"), 0);
	/* The current one is a past one when the phone is gone; a MIC is its
	 * maker's word, and goes. */
	certificate(1, 1, 500);
	(void)device(a, DEVICE_LSC, 1, DEVICE_CURRENT, 10);
	certificate(2, 2, 900);
	(void)device(a, DEVICE_MIC, 2, DEVICE_CURRENT, 10);
	fix_phone(db, PHONE);
	run(db, phone_gone, (struct write){ .name = PHONE });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device_cert"), 1);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device_cert WHERE "
	    "type = 'lsc' AND state = 'deleted'"), 1);
	run(db, forget, (struct write){ .now = 501 });
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM device_cert"), 0);
}
END_TEST

START_TEST(certificates_of_a_subject)
{
	struct row_cert *rows;
	struct err e = { 0 };
	size_t n;

	certificate(1, 1, 500);
	certificate(2, 2, 900);
	certificate(3, 3, 700);
	ck_assert_int_eq(row_cert_by_subject(db, "s", 2, &rows, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(rows[0].sha256[0], 2);
	ck_assert_int_eq(rows[1].der[0], 3);
	for (size_t i = 0; i < n; i++)
		row_cert_clear(&rows[i]);
	free(rows);
	ck_assert_int_eq(row_cert_by_subject(db, "i", 2, &rows, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, 0);
	free(rows);
}
END_TEST

struct set {
	const char	*phone, *name, *value;
};

static int
set_one(struct db *d, void *arg, struct err *e)
{
	const struct set *s = arg;

	return row_phone_setting_put(d, s->phone, s->name, s->value, NULL,
	    e);
}

START_TEST(settings_up_to)
{
	static struct set sets[] = {
		{ "a", "by", "2026-01-03" }, { "a", "op", "x" },
		{ "b", "by", "2026-01-01" }, { "b", "op", "x" },
		{ "c", "by", "2026-01-02" },	/* nothing asked */
		{ "d", "by", "2026-01-04" }, { "d", "op", "x" },
		{ "e", "op", "x" },
	};
	struct row_phone_name *rows;
	struct err e = { 0 };
	size_t n;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		fix_tx(db, set_one, &sets[i]);
	ck_assert_int_eq(row_phone_setting_upto(db, "by", "2026-01-03", "op",
	    9, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].name, "b");
	ck_assert_str_eq(rows[1].name, "a");
	free(rows);
	ck_assert_int_eq(row_phone_setting_upto(db, "by", "2026-01-03", "op",
	    1, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	free(rows);
}
END_TEST

/* One's own commits leave it; another's do not. */
START_TEST(commits_of_others)
{
	struct db *other = fix_open(dirfd_of, DB_FILE, DB_WRITE);
	struct err e = { 0 };
	int64_t was, now;

	ck_assert_int_eq(db_others(db, &was, &e), ERR_OK);
	fix_phone(db, PHONE);
	ck_assert_int_eq(db_others(db, &now, &e), ERR_OK);
	ck_assert_int_eq(now, was);
	fix_phone(other, "SEP000000000002");
	ck_assert_int_eq(db_others(db, &now, &e), ERR_OK);
	ck_assert_int_ne(now, was);
	db_close(other);
}
END_TEST

START_TEST(change_rows)
{
	struct capf_owner a = owner(CAPF_PHONE, PHONE, ""),
	    u = owner(CAPF_USER, "jane", "1");

	certificate(1, 1, 500);
	device(a, DEVICE_LSC, 1, DEVICE_CURRENT, 10);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM change "
	    "WHERE kind = 'phone' AND key = '" PHONE "'"), 1);
	device(u, DEVICE_LSC, 1, DEVICE_CURRENT, 10);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM change "
	    "WHERE kind = 'capf' AND key = 'jane'"), 1);
}
END_TEST

START_TEST(profiles)
{
	uint8_t sealed[] = { 1, 2, 3 };
	struct row_capf_profile p = { .owner = owner(CAPF_APPLICATION, "jtapi",
	    "srv1"), .operation = "install-upgrade", .key_order = "rsa-only",
	    .rsa_bits = 2048, .ec_bits = 384, .completes_by = 77,
	    .sealed = sealed, .len = 3, .changed_at = 9 }, got, *rows;
	struct capf_owner other = owner(CAPF_APPLICATION, "jtapi", "srv2");
	struct err e = { 0 };
	size_t n;

	run(db, profile_put, (struct write){ .row = &p });
	ck_assert_int_eq(row_capf_profile_get(db, &p.owner, &got, &e),
	    ERR_OK);
	ck_assert_str_eq(got.owner.instance, "srv1");
	ck_assert_str_eq(got.operation, "install-upgrade");
	ck_assert_str_eq(got.key_order, "rsa-only");
	ck_assert_int_eq(got.rsa_bits, 2048);
	ck_assert_int_eq(got.ec_bits, 384);
	ck_assert_int_eq(got.completes_by, 77);
	ck_assert_uint_eq(got.len, 3);
	ck_assert_int_eq(memcmp(got.sealed, sealed, 3), 0);
	row_capf_profile_clear(&got);
	p.sealed = NULL;
	run(db, profile_put, (struct write){ .row = &p });
	ck_assert_int_eq(row_capf_profile_list(db, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_null(rows[0].sealed);
	row_capf_profiles_free(rows, n);
	ck_assert_int_eq(row_capf_profile_get(db, &other, &got, &e),
	    ERR_NOTFOUND);
	run(db, profile_remove, (struct write){ .row = &p.owner });
	ck_assert_int_eq(tried(db, profile_remove,
	    (struct write){ .row = &p.owner }), ERR_NOTFOUND);
}
END_TEST

START_TEST(outcomes)
{
	struct row_capf_outcome o = { .owner = owner(CAPF_PHONE, PHONE, ""),
	    .operation = "delete", .result = CAPF_FAILED,
	    .reason = "it said no", .node = "cm1", .at = 5 }, got;
	struct err e = { 0 };

	ck_assert_int_eq(row_capf_outcome_get(db, &o.owner, &got, &e),
	    ERR_NOTFOUND);
	run(db, outcome_put, (struct write){ .row = &o });
	o.result = CAPF_EXPIRED;
	run(db, outcome_put, (struct write){ .row = &o });
	ck_assert_int_eq(row_capf_outcome_get(db, &o.owner, &got, &e),
	    ERR_OK);
	ck_assert_int_eq(got.result, CAPF_EXPIRED);
	ck_assert_str_eq(got.operation, "delete");
	ck_assert_str_eq(got.reason, "it said no");
	ck_assert_str_eq(got.node, "cm1");
	ck_assert_int_eq(got.at, 5);
}
END_TEST

static int
take_csr(void *arg, const struct row_capf_csr *c, struct err *e)
{
	struct names *l = arg;

	(void)e;
	l->n++;
	(void)snprintf(l->text + strlen(l->text), sizeof(l->text) -
	    strlen(l->text), "%s=%s ", c->owner.name,
	    capf_csr_state_name[c->state]);
	return ERR_OK;
}

START_TEST(requests)
{
	uint8_t der[] = { 0x30, 0 }, cert[] = { 0x30, 1, 0 };
	struct row_capf_csr c = { .owner = owner(CAPF_PHONE, PHONE, ""),
	    .der = der, .derlen = 2, .state = CAPF_CSR_WAITING,
	    .next_at = 100, .created_at = 1, .changed_at = 2 }, got;
	struct names l = { .n = 0 };
	struct err e = { 0 };
	int64_t n;

	memset(c.spki, 7, sizeof(c.spki));
	run(db, csr_put, (struct write){ .row = &c });
	ck_assert_int_eq(row_capf_csr_get(db, &c.owner, &got, &e), ERR_OK);
	ck_assert_ptr_null(got.cert);
	ck_assert_uint_eq(got.derlen, 2);
	row_capf_csr_clear(&got);
	ck_assert_int_eq(row_capf_csr_each(db, CAPF_CSR_WAITING, 99,
	    take_csr, &l, &e), ERR_OK);
	ck_assert_uint_eq(l.n, 0);
	ck_assert_int_eq(row_capf_csr_each(db, CAPF_CSR_WAITING, 100,
	    take_csr, &l, &e), ERR_OK);
	ck_assert_str_eq(l.text, PHONE "=waiting ");

	c.state = CAPF_CSR_ISSUED;
	c.cert = cert;
	c.certlen = 3;
	c.tries = 4;
	c.auth = 1;
	run(db, csr_put, (struct write){ .row = &c });
	ck_assert_int_eq(row_capf_csr_by_spki(db, c.spki, &got, &e), ERR_OK);
	ck_assert_uint_eq(got.certlen, 3);
	ck_assert_int_eq(got.tries, 4);
	ck_assert_int_eq(got.auth, 1);
	ck_assert_int_eq(got.state, CAPF_CSR_ISSUED);
	row_capf_csr_clear(&got);
	ck_assert_int_eq(row_capf_csr_count(db, CAPF_CSR_WAITING, &n, &e),
	    ERR_OK);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(row_capf_csr_count(db, -1, &n, &e), ERR_OK);
	ck_assert_int_eq(n, 1);
	run(db, csr_remove, (struct write){ .row = &c.owner });
	ck_assert_int_eq(row_capf_csr_get(db, &c.owner, &got, &e),
	    ERR_NOTFOUND);
	ck_assert_int_eq(row_capf_csr_by_spki(db, c.spki, &got, &e),
	    ERR_NOTFOUND);
	ck_assert_int_eq(tried(db, csr_remove,
	    (struct write){ .row = &c.owner }), ERR_NOTFOUND);
}
END_TEST

START_TEST(allowed)
{
	struct row_mic_allow m = { .phone = PHONE, .account = "root",
	    .added_at = 3 }, *rows;
	struct err e = { 0 };
	bool has;
	size_t n;

	run(db, mic_put, (struct write){ .row = &m });
	ck_assert_int_eq(row_mic_allow_has(db, PHONE, &has, &e), ERR_OK);
	ck_assert(has);
	ck_assert_int_eq(row_mic_allow_has(db, "SEP9", &has, &e), ERR_OK);
	ck_assert(!has);
	ck_assert_int_eq(row_mic_allow_list(db, &rows, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(rows[0].account, "root");
	free(rows);
	run(db, mic_remove, (struct write){ .name = PHONE });
	ck_assert_int_eq(tried(db, mic_remove,
	    (struct write){ .name = PHONE }), ERR_NOTFOUND);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_capf");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, device_certs);
	tcase_add_test(t, certificate_stays_while_named);
	tcase_add_test(t, certificates_of_a_subject);
	tcase_add_test(t, settings_up_to);
	tcase_add_test(t, commits_of_others);
	tcase_add_test(t, change_rows);
	tcase_add_test(t, profiles);
	tcase_add_test(t, outcomes);
	tcase_add_test(t, requests);
	tcase_add_test(t, allowed);
	suite_add_tcase(s, t);
	return fix_run(s);
}
