/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What phones' certificates prove to CAPF: whose they are, who issued them,
 * and until when.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "certs/crl.h"
#include "certs/internal.h"
#include "db/params.h"
#include "tests/ca_lab.h"
#include "tests/capf_data.h"
#include "tests/certs_data.h"
#include "tests/db_fixture.h"
#include "trust/anchors.h"
#include "trust/capf_proof.h"
#include "trust/vendor_ca.h"

#define PHONE	"SEP0011223344AA"
#define SESSION	0x01020304u

/* Keys of the lab's pool. */
enum { KEY_OWN, KEY_OLD, KEY_VENDOR, KEY_OTHER_CA, KEY_STRANGE, KEY_PHONE };

static struct db *db;
static struct cert *own, *old, *vendor, *other, *strange;
static struct key *phone_key;
static struct err e;

/* --- rows --- */

struct write {
	const struct cert		*cert;
	const char			*unit;	/* of trust */
	const char			*origin;
	const char			*word;
	enum param_id			 param;
	enum own_stage			 stage;
	enum device_cert_state		 state;
};

static int
put_cert(struct db *d, const struct cert *c, struct err *err)
{
	struct row_cert row = { 0 };
	struct lab_row lab;
	const uint8_t *der;
	size_t len;
	int ret;

	lab_row_of(&lab, c, 0, 0);
	der = cert_der(c, &len);
	ck_assert_ptr_nonnull(row.der = malloc(len));
	memcpy(row.der, der, row.derlen = len);
	memcpy(row.sha256, lab.sha256, SHA256_LEN);
	row.subject = lab.subject;
	row.issuer = lab.issuer;
	memcpy(row.serial, lab.row.serial, row.seriallen = lab.row.seriallen);
	if (lab.row.skilen > 0)
		memcpy(row.ski, lab.row.ski, row.skilen = lab.row.skilen);
	cert_key_id(c, row.key_id);
	row.not_before = lab.row.not_before;
	row.not_after = lab.row.not_after;
	ret = row_cert_put(d, &row, err);
	free(row.der);
	lab_row_clear(&lab);
	return ret;
}

static int
trust_tx(struct db *d, void *arg, struct err *err)
{
	const struct write *w = arg;
	struct row_trust t = { .name = "x", .added_at = LAB_NOW };
	int ret = put_cert(d, w->cert, err);

	cert_sha256(w->cert, t.sha256);
	(void)snprintf(t.unit, sizeof(t.unit), "%s", w->unit);
	(void)snprintf(t.origin, sizeof(t.origin), "%s", w->origin);
	return ret != ERR_OK ? ret : row_trust_put(d, &t, err);
}

static int
own_tx(struct db *d, void *arg, struct err *err)
{
	const struct write *w = arg;
	struct row_own o = { .unit = "CAPF", .stage = w->stage,
	    .generation = 1 + w->stage };
	uint8_t id[KEY_ID_LEN];
	int ret;

	cert_key_id(w->cert, id);
	if ((ret = row_key_put(d, id, "ec256", (const uint8_t *)"x", 1,
	    LAB_NOW, err)) != ERR_OK ||
	    (ret = put_cert(d, w->cert, err)) != ERR_OK)
		return ret;
	cert_sha256(w->cert, o.sha256);
	return row_own_put(d, &o, err);
}

static int
device_tx(struct db *d, void *arg, struct err *err)
{
	const struct write *w = arg;
	struct row_device_cert c = { .owner = { .kind = CAPF_PHONE },
	    .state = w->state, .stored_at = LAB_NOW, .changed_at = LAB_NOW };
	int ret = put_cert(d, w->cert, err);

	(void)snprintf(c.owner.name, sizeof(c.owner.name), "%s", w->word);
	cert_sha256(w->cert, c.sha256);
	return ret != ERR_OK ? ret : row_device_cert_put(d, &c, err);
}

static int
param_tx(struct db *d, void *arg, struct err *err)
{
	const struct write *w = arg;
	bool changed;

	return param_set(d, &param_table()[w->param], "", w->word, LAB_NOW,
	    &changed, err);
}

static int
allow_tx(struct db *d, void *arg, struct err *err)
{
	struct row_mic_allow m = { .account = "anne", .added_at = LAB_NOW };
	const struct write *w = arg;

	(void)snprintf(m.phone, sizeof(m.phone), "%s", w->word);
	return row_mic_allow_put(d, &m, err);
}

static void
set(enum param_id id, const char *word)
{
	fix_tx(db, param_tx, &(struct write){ .param = id, .word = word });
}

/* --- certificates --- */

static struct cert *
ca(const char *cn, size_t key, int64_t from, int64_t to)
{
	return lab_issue(&(struct lab_spec){ .cn = cn, .from_days = from,
	    .to_days = to, .basic = "critical,CA:TRUE", .usage =
	    "critical,keyCertSign,cRLSign" }, lab_key(key), NULL, NULL);
}

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	db = fix_create(fix_folder());
	phone_key = NULL;
	own = ca("CAPF-1", KEY_OWN, 0, 0);
	old = ca("CAPF-0", KEY_OLD, 0, 0);
	vendor = ca("Cisco Manufacturing CA", KEY_VENDOR, -900, -10);
	other = ca("Elsewhere", KEY_OTHER_CA, 0, 0);
	strange = ca("CAPF-1", KEY_STRANGE, 0, 0);	/* by name alone */
	fix_tx(db, own_tx, &(struct write){ .cert = own, .stage =
	    OWN_ACTIVE });
	fix_tx(db, own_tx, &(struct write){ .cert = old, .stage =
	    OWN_RETIRED });
	fix_tx(db, trust_tx, &(struct write){ .cert = vendor,
	    .unit = "CAPF-trust", .origin = VENDOR_CA_ORIGIN });
	fix_tx(db, trust_tx, &(struct write){ .cert = other,
	    .unit = "CAPF-trust", .origin = "anne" });
	fix_tx(db, trust_tx, &(struct write){ .cert = strange,
	    .unit = "CallManager-trust", .origin = "anne" });
	fix_phone(db, PHONE);
}

static void
teardown(void)
{
	cert_free(own);
	cert_free(old);
	cert_free(vendor);
	cert_free(other);
	cert_free(strange);
	key_free(phone_key);
	db_close(db);
	fix_remove();
	lab_end();
}

struct ca_of {
	const struct cert	*cert;
	size_t			 key;
};

static struct ca_of
ca_of(size_t key)
{
	const struct cert *const all[] = { own, old, vendor, other, strange };

	return (struct ca_of){ all[key], key };
}

static struct cert *
leaf(const char *cn, size_t by, int64_t from, int64_t to)
{
	struct ca_of c = ca_of(by);

	return lab_issue(&(struct lab_spec){ .cn = cn, .from_days = from,
	    .to_days = to, .usage = "critical,digitalSignature" },
	    lab_key(KEY_PHONE), c.cert, lab_key(c.key));
}

/* --- messages --- */

struct hello {
	struct capf_msg	 m;
	uint8_t		 sig[4][KEY_SIG_MAX];
};

static struct capf_bytes
der_of(const struct cert *c)
{
	struct capf_bytes b;

	b.p = cert_der(c, &b.len);
	return b;
}

static void
say_hello(struct hello *h, const char *device, const struct cert *c,
    const struct cert *sudi)
{
	if (phone_key == NULL) {
		EVP_PKEY *k = lab_key(KEY_PHONE);

		(void)EVP_PKEY_up_ref(k);
		ck_assert_ptr_nonnull(phone_key = key_new(k, NULL));
	}
	h->m = (struct capf_msg){ .command = CAPF_AUTH_RESPONSE,
	    .session = SESSION, .has_device = true,
	    .device = { (const uint8_t *)device, strlen(device) },
	    .cert = der_of(c) };
	ck_assert_int_eq(capf_sign_d1(&h->m, phone_key, h->sig[0],
	    &h->m.signed1.len, h->sig[1], &h->m.signed512.len, NULL), ERR_OK);
	h->m.signed1.p = h->sig[0];
	h->m.signed512.p = h->sig[1];
	if (sudi == NULL)
		return;
	h->m.sudi_cert = der_of(sudi);
	ck_assert_int_eq(capf_sign_d2(h->m.sudi_cert.p, h->m.sudi_cert.len,
	    SESSION, phone_key, h->sig[2], &h->m.sudi_sig1.len, h->sig[3],
	    &h->m.sudi_sig512.len, NULL), ERR_OK);
	h->m.sudi_sig1.p = h->sig[2];
	h->m.sudi_sig512.p = h->sig[3];
}

static struct capf_shown shown;

static int
check_msg(const struct capf_msg *m)
{
	struct anchors_loop *l = anchors_once(db, &lab_clock, NULL);
	struct capf_prover p = { .db = db, .now = LAB_NOW };
	int ret;

	ck_assert_ptr_nonnull(l);
	p.verifier = anchors_now(l);
	e = (struct err){ 0 };
	ret = capf_proof_check(&p, m, SESSION, &shown, &e);
	anchors_loop_free(l);
	if (ret != ERR_OK) {
		ck_assert_int_eq(shown.proof, CAPF_PROOF_NONE);
		ck_assert_str_ne(e.msg, "");
	}
	return ret;
}

/* The verdict on one certificate, which is released. */
static int
check_cert(const char *device, struct cert *c)
{
	uint8_t sha256[32];
	struct hello h;
	int ret;

	say_hello(&h, device, c, NULL);
	ret = check_msg(&h.m);
	cert_sha256(c, sha256);
	if (ret == ERR_OK)
		ck_assert_mem_eq(shown.sha256, sha256, sizeof(sha256));
	cert_free(c);
	return ret;
}

/* --- who issued it, for whom --- */

static const struct {
	const char	*cn;
	size_t		 by;
	int64_t		 from, to;
	int		 code;
	enum capf_proof	 proof;
	const char	*says;
} table[] = {
	{ PHONE, KEY_OWN, 0, 0, ERR_OK, CAPF_PROOF_LSC, NULL },
	{ PHONE, KEY_OLD, 0, 0, ERR_OK, CAPF_PROOF_LSC, NULL },
	{ PHONE, KEY_OTHER_CA, 0, 0, ERR_OK, CAPF_PROOF_LSC, NULL },
	{ "CP-8861-" PHONE, KEY_OTHER_CA, 0, 0, ERR_OK, CAPF_PROOF_MIC,
	    NULL },
	/* another phone's, another CA's */
	{ "SEP0011223344AB", KEY_OWN, 0, 0, ERR_REFUSED, 0,
	    "\"SEP0011223344AB\", not of " PHONE },
	{ "CP-8861-SEP0011223344AB", KEY_OTHER_CA, 0, 0, ERR_REFUSED, 0,
	    "not of " PHONE },
	{ PHONE, KEY_STRANGE, 0, 0, ERR_REFUSED, 0, "not for this" },
	/* what this cluster never issues to a phone */
	{ "CP-8861-" PHONE, KEY_OWN, 0, 0, ERR_REFUSED, 0, "not of " PHONE },
	{ "CP-a.b-" PHONE, KEY_OTHER_CA, 0, 0, ERR_REFUSED, 0,
	    "not of " PHONE },
	/* dates */
	{ PHONE, KEY_OWN, -10, -1, ERR_REFUSED, 0, "expired" },
	{ PHONE, KEY_OWN, 1, 10, ERR_REFUSED, 0, "not valid yet" },
	{ PHONE, KEY_OTHER_CA, -10, -1, ERR_REFUSED, 0, "expired" },
	{ PHONE, KEY_OTHER_CA, 1, 10, ERR_REFUSED, 0, "not yet valid" },
	{ "CP-8861-" PHONE, KEY_OTHER_CA, -10, -1, ERR_REFUSED, 0,
	    "utils capf mic-allow add " PHONE },
	{ "CP-7962G-" PHONE, KEY_VENDOR, -500, -20, ERR_REFUSED, 0,
	    "utils capf mic-allow add " PHONE },
	{ PHONE, KEY_VENDOR, 0, 0, ERR_REFUSED, 0,
	    "utils capf mic-allow add " PHONE },
};

START_TEST(verdict)
{
	int ret = check_cert(PHONE, leaf(table[_i].cn, table[_i].by,
	    table[_i].from, table[_i].to));

	ck_assert_msg(ret == table[_i].code, "%d: %s", _i, e.msg);
	ck_assert_int_eq(shown.proof, table[_i].proof);
	ck_assert(!shown.expired);
	if (table[_i].says != NULL)
		ck_assert_msg(strstr(e.msg, table[_i].says) != NULL, "%s",
		    e.msg);
}
END_TEST

START_TEST(no_certificate)
{
	const struct capf_msg m = { .command = CAPF_AUTH_RESPONSE,
	    .has_device = true, .device = { (const uint8_t *)PHONE,
	    strlen(PHONE) } };
	struct cert *c = leaf(PHONE, KEY_OWN, 0, 0);
	struct hello h;

	ck_assert_int_eq(check_msg(&m), ERR_OK);
	ck_assert_int_eq(shown.proof, CAPF_PROOF_NONE);
	say_hello(&h, PHONE, c, NULL);
	h.m.has_device = false;
	ck_assert_int_eq(check_msg(&h.m), ERR_ARG);
	h.m.has_device = true;
	h.m.cert.len--;
	ck_assert_int_eq(check_msg(&h.m), ERR_PROTO);
	cert_free(c);
}
END_TEST

/* Of a CA that only has the name; and without a signature that fits. */
START_TEST(forged)
{
	struct cert *c = lab_issue(&(struct lab_spec){ .cn = PHONE,
	    .usage = "critical,digitalSignature" }, lab_key(KEY_PHONE), own,
	    lab_key(KEY_STRANGE)), *d;
	struct hello h;

	ck_assert_int_eq(check_cert(PHONE, c), ERR_REFUSED);
	c = leaf(PHONE, KEY_OWN, 0, 0);
	d = leaf(PHONE, KEY_OWN, 0, 0);
	say_hello(&h, PHONE, c, NULL);
	h.m.cert = der_of(d);		/* signed for the other */
	ck_assert_int_eq(check_msg(&h.m), ERR_VERIFY);
	say_hello(&h, PHONE, c, NULL);
	h.m.device.p = (const uint8_t *)"sep0011223344aa";
	ck_assert_int_eq(check_msg(&h.m), ERR_VERIFY);
	say_hello(&h, "sep0011223344aa", c, NULL);	/* in any case */
	ck_assert_int_eq(check_msg(&h.m), ERR_OK);
	cert_free(c);
	cert_free(d);
}
END_TEST

START_TEST(sha1_alone)
{
	struct cert *c = leaf(PHONE, KEY_OWN, 0, 0);
	struct hello h;

	say_hello(&h, PHONE, c, NULL);
	h.m.signed512.p = NULL;
	ck_assert_int_eq(check_msg(&h.m), ERR_REFUSED);
	set(PARAM_CAPF_SHA1, "yes");
	ck_assert_int_eq(check_msg(&h.m), ERR_OK);
	ck_assert_int_eq(shown.proof, CAPF_PROOF_LSC);
	cert_free(c);
}
END_TEST

START_TEST(usages)
{
	struct cert *c = lab_issue(&(struct lab_spec){ .cn = PHONE,
	    .usage = "critical,keyEncipherment" }, lab_key(KEY_PHONE), own,
	    lab_key(KEY_OWN));

	ck_assert_int_eq(check_cert(PHONE, c), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "digitalSignature"));
	c = lab_issue(&(struct lab_spec){ .cn = PHONE,
	    .basic = "critical,CA:TRUE" }, lab_key(KEY_PHONE), own,
	    lab_key(KEY_OWN));
	ck_assert_int_eq(check_cert(PHONE, c), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "CA"));
}
END_TEST

/* --- what is written down about it --- */

static const struct {
	enum device_cert_state	 state;
	const char		*owner;
	int			 code;
	const char		*says;
} rows[] = {
	{ DEVICE_CURRENT, PHONE, ERR_OK, NULL },
	{ DEVICE_SUPERSEDED, PHONE, ERR_OK, NULL },
	{ DEVICE_REVOKED, PHONE, ERR_REFUSED, "revoked" },
	{ DEVICE_DELETED, PHONE, ERR_REFUSED, "deleted" },
	{ DEVICE_CURRENT, "SEP0011223344AB", ERR_REFUSED, "not of " PHONE },
};

START_TEST(written)
{
	struct cert *c = leaf(PHONE, KEY_OWN, 0, 0);

	fix_phone(db, "SEP0011223344AB");
	fix_tx(db, device_tx, &(struct write){ .cert = c,
	    .state = rows[_i].state, .word = rows[_i].owner });
	ck_assert_int_eq(check_cert(PHONE, c), rows[_i].code);
	if (rows[_i].says != NULL)
		ck_assert_msg(strstr(e.msg, rows[_i].says) != NULL, "%s",
		    e.msg);
}
END_TEST

static int
crl_tx(struct db *d, void *arg, struct err *err)
{
	const struct crl *c = arg;
	struct row_crl row = { .added_at = LAB_NOW };
	const uint8_t *p;
	int ret;

	p = crl_key_id(c, &row.key_idlen);
	memcpy(row.key_id, p, row.key_idlen);
	ck_assert_ptr_nonnull(row.issuer = strdup(crl_issuer(c)));
	crl_sha256(c, row.sha256);
	row.this_update = crl_this_update(c);
	row.next_update = crl_next_update(c);
	p = crl_der(c, &row.derlen);
	ck_assert_ptr_nonnull(row.der = malloc(row.derlen));
	memcpy(row.der, p, row.derlen);
	ret = row_crl_put(d, &row, err);
	row_crl_clear(&row);
	return ret;
}

/* By its CA; also where the certificate has expired, and that would do. */
START_TEST(revoked)
{
	static const size_t by[] = { KEY_OTHER_CA, KEY_VENDOR };
	struct ca_of issuer = ca_of(by[_i]);
	struct cert *c = leaf("CP-7962G-" PHONE, by[_i], 0, 0);
	struct cert *good = leaf("CP-7962G-" PHONE, by[_i], 0, 0);
	struct crl *list = lab_revoke(&(struct lab_crl){ .revoked = { c } },
	    issuer.cert, lab_key(issuer.key));

	set(PARAM_CAPF_EXPIRED_MIC, "always");
	fix_tx(db, crl_tx, list);
	ck_assert_int_eq(check_cert(PHONE, good), ERR_OK);
	ck_assert_int_eq(check_cert(PHONE, c), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "revoked") != NULL, "%s", e.msg);
	crl_free(list);
}
END_TEST

/* --- expired ones of the factory --- */

static const struct {
	const char	*word;		/* of capf.expired_mic */
	bool		 listed;
	const char	*cn;
	size_t		 by;
	int64_t		 from, to;
	int		 code;
} expired[] = {
	{ "never", true, "CP-7962G-" PHONE, KEY_VENDOR, -500, -20,
	    ERR_REFUSED },
	{ "allow-list", false, "CP-7962G-" PHONE, KEY_VENDOR, -500, -20,
	    ERR_REFUSED },
	{ "allow-list", true, "CP-7962G-" PHONE, KEY_VENDOR, -500, -20,
	    ERR_OK },
	{ "always", false, "CP-7962G-" PHONE, KEY_VENDOR, -500, -20,
	    ERR_OK },
	/* only the vendor's CA has expired; the phone alone has */
	{ "always", false, "CP-7962G-" PHONE, KEY_VENDOR, 0, 0, ERR_OK },
	{ "always", false, "CP-7962G-" PHONE, KEY_OTHER_CA, -50, -20,
	    ERR_OK },
	{ "always", false, PHONE, KEY_VENDOR, -500, -20, ERR_OK },
	/* never what is no MIC, another's, not yet valid, or a stranger's */
	{ "always", true, PHONE, KEY_OTHER_CA, -500, -20, ERR_REFUSED },
	{ "always", true, PHONE, KEY_OWN, -500, -20, ERR_REFUSED },
	{ "always", true, "CP-7962G-" PHONE, KEY_OWN, -500, -20,
	    ERR_REFUSED },
	{ "always", true, "CP-7962G-SEP0011223344AB", KEY_VENDOR, -500, -20,
	    ERR_REFUSED },
	{ "always", true, "CP-7962G-" PHONE, KEY_VENDOR, 1, 10,
	    ERR_REFUSED },
	{ "always", true, "CP-7962G-" PHONE, KEY_STRANGE, -500, -20,
	    ERR_REFUSED },
};

START_TEST(expired_mic)
{
	int ret;

	set(PARAM_CAPF_EXPIRED_MIC, expired[_i].word);
	if (expired[_i].listed)
		fix_tx(db, allow_tx, &(struct write){ .word = PHONE });
	ret = check_cert(PHONE, leaf(expired[_i].cn, expired[_i].by,
	    expired[_i].from, expired[_i].to));
	ck_assert_msg(ret == expired[_i].code, "%d: %s", _i, e.msg);
	/* The list is no cure where nobody's is taken. */
	if (strcmp(expired[_i].word, "never") == 0)
		ck_assert_ptr_nonnull(strstr(e.msg, "not even of phones on"));
	if (ret == ERR_OK) {
		ck_assert_int_eq(shown.proof, CAPF_PROOF_MIC);
		ck_assert(shown.expired);
	}
}
END_TEST

/* --- element 16 --- */

static const struct {
	const char	*cn;
	size_t		 by;
	int64_t		 to;		/* days; 0: a year */
	int		 code;
} sudis[] = {
	{ "CP-8861-" PHONE, KEY_OTHER_CA, 0, ERR_OK },
	{ PHONE, KEY_OWN, 0, ERR_OK },
	{ "CP-8861-SEP0011223344AB", KEY_OTHER_CA, 0, ERR_REFUSED },
	{ "CP-8861-" PHONE, KEY_STRANGE, 0, ERR_REFUSED },
	{ "CP-8861-" PHONE, KEY_OTHER_CA, -1, ERR_REFUSED },
};

START_TEST(sudi)
{
	struct cert *c = leaf(PHONE, KEY_OWN, 0, 0), *s = leaf(sudis[_i].cn,
	    sudis[_i].by, sudis[_i].to != 0 ? -10 : 0, sudis[_i].to);
	struct hello h;

	say_hello(&h, PHONE, c, s);
	ck_assert_msg(check_msg(&h.m) == sudis[_i].code, "%s", e.msg);
	if (sudis[_i].code == ERR_OK)
		ck_assert_int_eq(shown.proof, CAPF_PROOF_LSC);
	else
		ck_assert_ptr_nonnull(strstr(e.msg, "element 16"));
	say_hello(&h, PHONE, c, c);	/* the same twice */
	ck_assert_int_eq(check_msg(&h.m), ERR_OK);
	h.sig[3][8] ^= 1;
	ck_assert_int_eq(check_msg(&h.m), ERR_VERIFY);
	cert_free(c);
	cert_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_proof");
	TCase *tc = tcase_create("capf_proof");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, verdict, 0, N_OF(table));
	tcase_add_test(tc, no_certificate);
	tcase_add_test(tc, forged);
	tcase_add_test(tc, sha1_alone);
	tcase_add_test(tc, usages);
	tcase_add_loop_test(tc, written, 0, N_OF(rows));
	tcase_add_loop_test(tc, revoked, 0, 2);
	tcase_add_loop_test(tc, expired_mic, 0, N_OF(expired));
	tcase_add_loop_test(tc, sudi, 0, N_OF(sudis));
	suite_add_tcase(s, tc);
	return fix_run(s);
}
