/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What becomes of phones' requests: certificates that would do and that would
 * not, results that come too late, programs, files.  CAs on a network are in
 * tests/e2e/test_capf_online.py.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "base/wr.h"
#include "certs/csr.h"
#include "tests/expiry_lab.h"
#include "trust/anchors.h"
#include "trust/capf_import.h"
#include "trust/enrol.h"
#include "trust/exec_run.h"
#include "trust/phone.h"
#include "trust/trust_store.h"

#define PHONE	"SEP0011223344AA"
#define USAGE	"critical,digitalSignature,keyEncipherment"

static struct cert *ca;

static struct cert *
make_ca(const char *cn, size_t key)
{
	const struct lab_spec s = { .cn = cn,
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" };

	return lab_issue(&s, lab_key(key), NULL, NULL);
}

static int
trust_tx(struct db *db, void *arg, struct err *e)
{
	const struct trust_add a = { .unit = TRUST_CAPF, .cert = arg,
	    .origin = "test" };
	enum trust_change change;

	return trust_store_add(db, &a, LAB_NOW, &change, e);
}

static void
trust(struct cert *c)
{
	struct err e = { 0 };

	ck_assert_msg(db_tx(xl.db, trust_tx, c, &e) == DB_DONE, "%s",
	    e.msg);
}

static void
open_lab(void)
{
	xl_open();
	ca = make_ca("Lab CA", 0);
	trust(ca);
}

static void
close_lab(void)
{
	cert_free(ca);
	xl_close();
}

static struct cert *
issue_by(struct cert *issuer, size_t issuer_key, const char *cn,
    const char *usage, int64_t from, int64_t to, size_t key)
{
	const struct lab_spec s = { .cn = cn, .usage = usage,
	    .basic = "critical,CA:FALSE", .from_days = from, .to_days = to };

	return lab_issue(&s, lab_key(key), issuer, lab_key(issuer_key));
}

static struct cert *
issue(const char *cn, const char *usage, int64_t from, int64_t to, size_t key)
{
	return issue_by(ca, 0, cn, usage, from, to, key);
}

/* --- requests --- */

static int
put_tx(struct db *db, void *arg, struct err *e)
{
	return row_capf_csr_put(db, arg, e);
}

/* Over key number key of the lab. */
static struct row_capf_csr
put(const char *name, size_t key)
{
	struct cert_spec s = { .cn = name, .pathlen = -1,
	    .usage = CERT_USE_TLS_CLIENT, .hash = DIGEST_SHA256 };
	struct row_capf_csr r = { .owner = { .kind = CAPF_PHONE },
	    .created_at = 5, .changed_at = 5 };
	struct cert *c = issue(name, USAGE, 0, 0, key);
	struct err e = { 0 };
	struct key *k = key_generate(KEY_EC256, &e);
	struct csr *csr = csr_make(&s, k, &e);
	const uint8_t *der;
	size_t len;

	ck_assert_msg(csr != NULL, "%s", e.msg);
	der = csr_der(csr, &len);
	ck_assert_ptr_nonnull(r.der = malloc(len));
	memcpy(r.der, der, len);
	r.derlen = len;
	cert_key_id(c, r.spki);
	(void)snprintf(r.owner.name, sizeof(r.owner.name), "%s", name);
	ck_assert_msg(db_tx(xl.db, put_tx, &r, &e) == DB_DONE, "%s", e.msg);
	csr_free(csr);
	key_free(k);
	cert_free(c);
	return r;
}

static struct row_capf_csr
get(const char *name)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	struct row_capf_csr r;
	struct err e = { 0 };

	(void)snprintf(o.name, sizeof(o.name), "%s", name);
	ck_assert_msg(row_capf_csr_get(xl.db, &o, &r, &e) == ERR_OK, "%s",
	    e.msg);
	return r;
}

static void
expect(const char *name, enum capf_csr_state state, const char *note)
{
	struct row_capf_csr r = get(name);

	ck_assert_msg(r.state == state && strstr(r.note, note) != NULL &&
	    (r.cert != NULL) == (state == CAPF_CSR_ISSUED), "%s: %s, %s",
	    name, capf_csr_state_name[r.state], r.note);
	row_capf_csr_clear(&r);
}

/* Its certificate waits for its issuer. */
static void
expect_held(const char *name, const char *note)
{
	struct row_capf_csr r = get(name);

	ck_assert_msg(enrol_is_held(&r) && strstr(r.note, note) != NULL,
	    "%s: %s, %s", name, capf_csr_state_name[r.state], r.note);
	row_capf_csr_clear(&r);
}

/* --- enrol_check --- */

static const struct {
	const char	*cn, *usage;
	int64_t		 from, to;	/* days */
	size_t		 key;
	const char	*say;		/* NULL: it will do */
} certs[] = {
	{ PHONE, USAGE, -1, 9, 1, NULL },
	{ "CP-8861-" PHONE, USAGE, -1, 9, 1, NULL },
	{ PHONE, "critical,digitalSignature", -1, 9, 1, NULL },	/* EC */
	{ PHONE, "critical,keyEncipherment", -1, 9, 1, "digitalSignature" },
	{ "SEP0011223344BB", USAGE, -1, 9, 1, "SEP0011223344BB" },
	{ PHONE, USAGE, -1, 9, 2, "key" },
	{ PHONE, USAGE, -9, -1, 1, "" },
	{ PHONE, USAGE, 1, 9, 1, "" },
};

START_TEST(check)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct cert *c = issue(certs[_i].cn, certs[_i].usage, certs[_i].from,
	    certs[_i].to, certs[_i].key);
	struct err e = { 0 };
	struct anchors_loop *l = anchors_once(xl.db, &xl.clk, &e);
	int ret = enrol_check(anchors_now(l), &r, c, LAB_NOW, &e);

	if (certs[_i].say == NULL)
		ck_assert_msg(ret == ERR_OK, "%d: %s", _i, e.msg);
	else
		ck_assert_msg(ret == ERR_REFUSED && strstr(e.msg,
		    certs[_i].say) != NULL, "%d: %d %s", _i, ret, e.msg);
	anchors_loop_free(l);
	cert_free(c);
	row_capf_csr_clear(&r);
}
END_TEST

/* A CA whose clock is ahead, but not by a day. */
START_TEST(clock_ahead)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct cert *c = issue(PHONE, USAGE, 1, 9, 1);
	struct err e = { 0 };
	struct enrol_clock clk;
	struct anchors_loop *l;

	enrol_clock_init(&clk, &xl.clk);
	l = anchors_once(xl.db, &clk.clock, &e);
	xl.now = LAB_NOW + LAB_DAY - ENROL_SKEW_S;
	ck_assert_msg(enrol_check(anchors_now(l), &r, c, xl.now, &e) ==
	    ERR_OK, "%s", e.msg);
	xl.now--;
	ck_assert_int_eq(enrol_check(anchors_now(l), &r, c, xl.now, &e),
	    ERR_REFUSED);
	anchors_loop_free(l);
	cert_free(c);
	row_capf_csr_clear(&r);
}
END_TEST

/* --- results --- */

struct settled {
	struct row_capf_csr	was, now;
};

static int
settle_tx(struct db *db, void *arg, struct err *e)
{
	struct settled *s = arg;

	return enrol_settle(db, &s->was, &s->now, e);
}

START_TEST(too_late)
{
	struct settled s = { .was = put(PHONE, 1) };
	struct row_capf_csr other;
	struct err e = { 0 };

	s.now = s.was;
	s.now.state = CAPF_CSR_REFUSED;
	s.now.changed_at = 6;
	/* The phone has made another key meanwhile. */
	other = put(PHONE, 2);
	ck_assert_int_eq(db_tx(xl.db, settle_tx, &s, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	expect(PHONE, CAPF_CSR_WAITING, "");
	row_capf_csr_clear(&s.was);
	s.was = other;
	s.now = other;
	s.now.state = CAPF_CSR_REFUSED;
	s.now.changed_at = 6;
	ck_assert_int_eq(db_tx(xl.db, settle_tx, &s, &e), DB_DONE);
	expect(PHONE, CAPF_CSR_REFUSED, "");
	/* Once is enough. */
	ck_assert_int_eq(db_tx(xl.db, settle_tx, &s, &e), DB_REFUSED);
	row_capf_csr_clear(&s.was);
}
END_TEST

START_TEST(rests)
{
	ck_assert_int_eq(enrol_rest_s(0), 0);
	ck_assert_int_eq(enrol_rest_s(1), 15);
	ck_assert_int_eq(enrol_rest_s(3), 60);
	ck_assert_int_eq(enrol_rest_s(9), ENROL_REST_MAX_S);
	ck_assert_int_eq(enrol_rest_s(INT64_MAX), ENROL_REST_MAX_S);
}
END_TEST

/* --- rounds, by a program --- */

static char program[128];

static void
write_program(const char *text)
{
	struct err e = { 0 };

	ck_assert_int_eq(chmod(fix_path(), 0777), 0);
	(void)snprintf(program, sizeof(program), "%s/program", fix_path());
	ck_assert_msg(file_replace(xl.dirfd, "program", 0755, text,
	    strlen(text), &e) == ERR_OK, "%s", e.msg);
}

static struct enrol_report
round_at(int64_t now)
{
	struct enrol_env env = { .db = xl.db, .node = "cm1",
	    .clk = &xl.clk };
	struct enrol_report r;
	struct err e = { 0 };

	xl.now = now;
	ck_assert_msg(enrol_round(&env, &r, &e) == ERR_OK, "%s", e.msg);
	return r;
}

static void
certificate_program(const struct cert *c)
{
	struct err e = { 0 };
	char *pem = cert_to_pem(c, &e), *text;

	ck_assert_ptr_nonnull(pem);
	text = str_printf("#!/bin/sh\ncat <<E\n%sE\n", pem);
	write_program(text);
	free(text);
	free(pem);
}

START_TEST(rounds)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct cert *c = issue(PHONE, USAGE, -1, 9, 1);
	struct enrol_report got;

	/* Nobody is asked while CAPF issues itself, or by hand. */
	got = round_at(LAB_NOW);
	ck_assert(got.issued + got.refused + got.failed + got.later == 0);
	xl_param("capf.issuer", "exec");
	got = round_at(LAB_NOW);
	ck_assert(got.failed == 1 && got.ca_failed);
	expect(PHONE, CAPF_CSR_WAITING, "capf.exec");
	/* It rests, though the cause may be gone. */
	write_program("#!/bin/sh\necho \"$DEVICE $KIND $DAYS\" >&2\nexit 3\n");
	xl_param("capf.exec", program);
	got = round_at(LAB_NOW + 14);
	ck_assert(!got.ca_failed);
	got = round_at(LAB_NOW + 15);
	ck_assert(got.failed == 1 && !got.more);
	expect(PHONE, CAPF_CSR_WAITING, "status 3: " PHONE " phone 1825");
	write_program("#!/bin/sh\nexit 75\n");
	ck_assert_uint_eq(round_at(LAB_NOW + 44).failed, 0);
	got = round_at(LAB_NOW + 45);
	ck_assert_uint_eq(got.later, 1);
	expect(PHONE, CAPF_CSR_SENT, "later");
	certificate_program(c);
	ck_assert_uint_eq(round_at(LAB_NOW + 104).issued, 0);
	ck_assert_uint_eq(round_at(LAB_NOW + 105).issued, 1);
	expect(PHONE, CAPF_CSR_ISSUED, "");
	ck_assert_uint_eq(round_at(LAB_NOW + 9999).issued, 0);
	cert_free(c);
	row_capf_csr_clear(&r);
}
END_TEST

/* What the program gives is checked as anything else. */
START_TEST(rounds_refuse)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct cert *c = issue("SEP0011223344BB", USAGE, -1, 9, 1);

	xl_param("capf.issuer", "exec");
	certificate_program(c);
	xl_param("capf.exec", program);
	ck_assert_uint_eq(round_at(LAB_NOW).refused, 1);
	expect(PHONE, CAPF_CSR_REFUSED, "SEP0011223344BB");
	cert_free(c);
	row_capf_csr_clear(&r);
	r = put(PHONE, 2);
	c = issue(PHONE, USAGE, -1, 9, 1);	/* over another key */
	certificate_program(c);
	ck_assert_uint_eq(round_at(LAB_NOW).refused, 1);
	expect(PHONE, CAPF_CSR_REFUSED, "over the phone's key");
	cert_free(c);
	row_capf_csr_clear(&r);
}
END_TEST

/* A phone that is asked for a key such as that of put(). */
static int
install_tx(struct db *db, void *arg, struct err *e)
{
	const struct setting_change c[] = {
		{ setting_get(SETTING_CERT_OPERATION), "install-upgrade" },
		{ setting_get(SETTING_KEY_ORDER), "ec-only" },
		{ setting_get(SETTING_EC_KEY_SIZE), arg },
	};
	const struct phone_spec s = { .name = PHONE, .model = "8861",
	    .change = c, .nchange = 3 };
	struct phone_result r = { .changed = false };
	int ret = phone_put(db, &s, LAB_NOW, &r, e);

	phone_result_clear(&r);
	return ret;
}

static void
install(const char *ec_size)
{
	struct err e = { 0 };

	ck_assert_msg(db_tx(xl.db, install_tx, (void *)(uintptr_t)ec_size,
	    &e) == DB_DONE, "%s", e.msg);
}

/* The phone may not come again for days: who looks at its operation, and a
 * roll-out, know at once. */
START_TEST(refused_at_once)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct row_capf_outcome o;
	struct err e = { 0 };

	xl_param("itl.signer_version", "1.1");
	xl_param("capf.issuer", "exec");
	write_program("#!/bin/sh\necho not this phone >&2\nexit 1\n");
	xl_param("capf.exec", program);
	/* It is to make another kind of key by now: not its matter. */
	install("384");
	ck_assert_uint_eq(round_at(LAB_NOW).refused, 1);
	expect(PHONE, CAPF_CSR_REFUSED, "not this phone");
	ck_assert_int_eq(row_capf_outcome_get(xl.db, &r.owner, &o, &e),
	    ERR_NOTFOUND);
	row_capf_csr_clear(&r);
	r = put(PHONE, 1);
	install("256");
	ck_assert_uint_eq(round_at(LAB_NOW).refused, 1);
	ck_assert_int_eq(row_capf_outcome_get(xl.db, &r.owner, &o, &e),
	    ERR_OK);
	ck_assert_int_eq(o.result, CAPF_FAILED);
	ck_assert_str_eq(o.reason, "not this phone");
	ck_assert_str_eq(o.node, "cm1");
	/* Nothing is left that the next one asked for would end by. */
	ck_assert_int_eq(fix_i64(xl.db, "SELECT count(*) FROM capf_csr"), 0);
	ck_assert_int_eq(fix_i64(xl.db, "SELECT count(*) FROM phone_setting "
	    "WHERE setting = 'certificate-operation'"), 0);
	row_capf_csr_clear(&r);
}
END_TEST

/* --- what waits for its issuer --- */

static struct enrol_report
round_again(int64_t now)
{
	struct enrol_env env = { .db = xl.db, .node = "cm1",
	    .clk = &xl.clk, .look_again = true };
	struct enrol_report r;
	struct err e = { 0 };

	xl.now = now;
	ck_assert_msg(enrol_round(&env, &r, &e) == ERR_OK, "%s", e.msg);
	ck_assert(!env.look_again);
	return r;
}

START_TEST(held)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct cert *other = make_ca("Other CA", 3);
	struct cert *c = issue_by(other, 3, PHONE, USAGE, -1, 9, 1);
	struct enrol_report got;

	xl_param("capf.issuer", "exec");
	certificate_program(c);
	xl_param("capf.exec", program);
	got = round_at(LAB_NOW);
	ck_assert(got.held == 1 && got.refused == 0 && got.issued == 0);
	expect_held(PHONE, "lacks its issuer \"Other CA\"");
	/* Nobody asks the CA again, however long it takes. */
	write_program("#!/bin/sh\nexit 1\n");
	got = round_again(LAB_NOW + 86400);
	ck_assert(got.settled == 0 && got.refused == 0 && got.held == 0);
	expect_held(PHONE, "Other CA");
	trust(other);
	/* With another issuer set, too. */
	xl_param("capf.issuer", "self");
	ck_assert_uint_eq(round_at(LAB_NOW + 86401).settled, 0);
	ck_assert_uint_eq(round_again(LAB_NOW + 86401).settled, 1);
	expect(PHONE, CAPF_CSR_ISSUED, "");
	cert_free(other);
	cert_free(c);
	row_capf_csr_clear(&r);
}
END_TEST

/* A CA that has a new key bears the name that is trusted already; what waits
 * too long is of no use any more. */
START_TEST(held_until_it_ends)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct cert *renewed = make_ca("Lab CA", 3);
	struct cert *c = issue_by(renewed, 3, PHONE, USAGE, -1, 9, 1);

	xl_param("capf.issuer", "exec");
	certificate_program(c);
	xl_param("capf.exec", program);
	ck_assert_uint_eq(round_at(LAB_NOW).held, 1);
	expect_held(PHONE, "Lab CA");
	ck_assert_uint_eq(round_again(LAB_NOW + 10 * LAB_DAY).settled, 1);
	expect(PHONE, CAPF_CSR_REFUSED, "expired");
	cert_free(renewed);
	cert_free(c);
	row_capf_csr_clear(&r);
}
END_TEST

static int
untrust_tx(struct db *db, void *arg, struct err *e)
{
	uint8_t sha256[DIGEST_SHA256_LEN];

	cert_sha256(arg, sha256);
	return trust_store_remove(db, TRUST_CAPF, sha256, LAB_NOW, e);
}

static void
untrust(struct cert *c)
{
	struct err e = { 0 };

	ck_assert_msg(db_tx(xl.db, untrust_tx, c, &e) == DB_DONE, "%s",
	    e.msg);
}

/* Between its certificate and the phone's coming for it the CA is trusted no
 * more, then again; what ended meanwhile is the phone's matter. */
START_TEST(issuer_taken_away)
{
	struct row_capf_csr r = put(PHONE, 1);
	struct cert *c = issue(PHONE, USAGE, -1, 9, 1);

	xl_param("capf.issuer", "exec");
	certificate_program(c);
	xl_param("capf.exec", program);
	ck_assert_uint_eq(round_at(LAB_NOW).issued, 1);
	ck_assert_uint_eq(round_again(LAB_NOW + 1).settled, 0);
	expect(PHONE, CAPF_CSR_ISSUED, "");
	untrust(ca);
	ck_assert_uint_eq(round_again(LAB_NOW + 2).settled, 0);
	expect_held(PHONE, "lacks its issuer \"Lab CA\"");
	trust(ca);
	ck_assert_uint_eq(round_again(LAB_NOW + 3).settled, 1);
	expect(PHONE, CAPF_CSR_ISSUED, "");
	untrust(ca);
	(void)round_again(LAB_NOW + 10 * LAB_DAY);
	expect(PHONE, CAPF_CSR_ISSUED, "");
	cert_free(c);
	row_capf_csr_clear(&r);
}
END_TEST

/* More of them than one transaction takes, and a stop in between. */
#define HELD_MANY	70
static int looked;

static bool
stop_late(void *arg)
{
	(void)arg;
	return ++looked > HELD_MANY - 3;
}

START_TEST(held_many)
{
	struct cert *other = make_ca("Other CA", 3);
	struct cert *c = issue_by(other, 3, PHONE, USAGE, -1, 9, 1);
	struct enrol_env env = { .db = xl.db, .node = "cm1",
	    .clk = &xl.clk, .stop = stop_late };
	struct row_capf_csr r = put(PHONE, 1);
	struct err e = { 0 };
	size_t settled;

	/* All over one key: names count here. */
	r.state = CAPF_CSR_SENT;
	r.cert = (uint8_t *)(uintptr_t)cert_der(c, &r.certlen);
	for (int i = 0; i < HELD_MANY; i++) {
		(void)snprintf(r.owner.name, sizeof(r.owner.name),
		    i == 0 ? PHONE : "SEP0011223344%02X", i);
		ck_assert_int_eq(db_tx(xl.db, put_tx, &r, &e), DB_DONE);
	}
	trust(other);
	xl.now = LAB_NOW;
	ck_assert_int_eq(enrol_look_again(&env, &settled, &e), ERR_OK);
	ck_assert_uint_eq(settled, HELD_MANY - 3);
	env.stop = NULL;
	ck_assert_int_eq(enrol_look_again(&env, &settled, &e), ERR_OK);
	ck_assert_uint_eq(settled, 3);
	/* Only one of them bears the name of its phone. */
	expect(PHONE, CAPF_CSR_ISSUED, "");
	expect("SEP0011223344" "01", CAPF_CSR_REFUSED, "common name");
	r.cert = NULL;
	row_capf_csr_clear(&r);
	cert_free(other);
	cert_free(c);
}
END_TEST

/* --- what programs may say --- */

START_TEST(exec_output)
{
	static const char *const env[] = { "DEVICE=x y", NULL };
	struct exec_job j = { .in = "in\n", .inlen = 3, .env = env,
	    .outmax = 20, .timeout_ms = 20000 };
	struct err e = { 0 };
	struct exec_end x;

	write_program("#!/bin/sh\ncat\nprintf %s \"$DEVICE\"\n"
	    "printf 'one\\ntwo' >&2\nexit 5\n");
	j.path = program;
	ck_assert_msg(exec_run(&j, &x, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(x.status, 5);
	ck_assert_str_eq((char *)x.out, "in\nx y");
	ck_assert_uint_eq(x.outlen, 6);
	ck_assert_str_eq(x.why, "one");
	exec_end_clear(&x);
	/* More than that fails in the program. */
	write_program("#!/bin/sh\n"
	    "/bin/echo 123456789012345678901234567890 || exit 6\n");
	ck_assert_int_eq(exec_run(&j, &x, &e), ERR_OK);
	ck_assert_int_eq(x.status, 6);
	ck_assert_uint_le(x.outlen, 20);
	exec_end_clear(&x);
	write_program("#!/bin/sh\nexit 127\n");
	ck_assert_int_eq(exec_run(&j, &x, &e), ERR_IO);
}
END_TEST

/* --- files --- */

START_TEST(pieces)
{
	struct wr w = wr_init(1 << 20);
	size_t off = 0, n, count = 0;

	ck_assert_uint_eq(capf_import_piece((const uint8_t *)"abc", 3, 0),
	    3);
	for (int i = 0; i < 1201; i++)
		wr_fmt(&w, "-----BEGIN X-----\n%d\n-----END X-----\n", i);
	wr_str(&w, "and no more\n");
	while (off < w.len) {
		n = capf_import_piece(w.buf, w.len, off);
		ck_assert_uint_gt(n, 0);
		ck_assert_mem_eq(w.buf + off, "-----BEGIN", 10);
		ck_assert_int_eq(w.buf[off + n - 1], '\n');
		off += n;
		count++;
	}
	ck_assert_uint_eq(off, w.len);
	ck_assert_uint_eq(count, 3);
	wr_clear(&w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("enrol");
	TCase *t = tcase_create("enrol");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_lab, close_lab);
	tcase_add_loop_test(t, check, 0,
	    (int)(sizeof(certs) / sizeof(certs[0])));
	tcase_add_test(t, clock_ahead);
	tcase_add_test(t, too_late);
	tcase_add_test(t, rests);
	tcase_add_test(t, rounds);
	tcase_add_test(t, rounds_refuse);
	tcase_add_test(t, refused_at_once);
	tcase_add_test(t, held);
	tcase_add_test(t, held_until_it_ends);
	tcase_add_test(t, issuer_taken_away);
	tcase_add_test(t, held_many);
	tcase_add_test(t, exec_output);
	tcase_add_test(t, pieces);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
