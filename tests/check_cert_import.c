/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import: which certificate goes where, every refusal with the two values
 * that differ, and that nothing is imported twice.
 */
#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"
#include "tests/trust_cluster.h"
#include "trust/cert_import.h"
#include "trust/csr_own.h"
#include "trust/own_stage.h"

#define CA(name)	{ .cn = (name), .basic = "critical,CA:TRUE", \
    .usage = "critical,keyCertSign,cRLSign", .to_days = 3650 }

static struct node node;
static struct cert *root, *mid;
static struct csr_own *request;		/* of CallManager-ECDSA */

static void
setup_once(void)
{
	struct csr_want w = { .unit = UNIT_CALLMANAGER_ECDSA };
	struct lab_spec r = CA("Orbit Root"), m = CA("Orbit Issuing");
	struct err e = { 0 };

	tc_make();
	tc_open();
	node = (struct node){ .db = tc.db, .cluster = tc.cluster,
	    .row = tc.node, .names = tc.names, .nnames = tc.nnames };
	request = csr_own_make(&w, &node, tc.kr, &tc.rng, &e);
	ck_assert_msg(request != NULL, "%s", e.msg);
	tc_close();
	root = lab_issue(&r, lab_key(0), NULL, NULL);
	mid = lab_issue(&m, lab_key(1), root, lab_key(0));
}

static void
teardown_once(void)
{
	csr_own_free(request);
	cert_free(root);
	cert_free(mid);
	lab_end();
	tc_free();
}

static int
store_csr(struct db *db, void *arg, struct err *e)
{
	return csr_own_store(db, arg, TC_NOW, e);
}

static void
setup(void)
{
	tc_open();
	node.db = tc.db;
	tc_done(store_csr, request);
}

/* --- sets --- */

static void
give_cert(struct container *set, struct cert *c)
{
	set->cert = reallocarray(set->cert, set->ncert + 1,
	    sizeof(*set->cert));
	set->cert[set->ncert++] = c;
}

/* References; the last is NULL. */
static struct container
set_of(struct cert *first, ...)
{
	struct container set = { .ncert = 0 };
	struct cert *c;
	va_list ap;

	va_start(ap, first);
	for (c = first; c != NULL; c = va_arg(ap, struct cert *))
		give_cert(&set, cert_ref(c));
	va_end(ap);
	return set;
}

static void
give_key(struct container *set, struct key *k)
{
	set->key = reallocarray(set->key, set->nkey + 1, sizeof(*set->key));
	set->key[set->nkey++] = k;
}

/* An answer to the request, by the issuing authority. */
static struct cert *
answer(const struct lab_spec *s)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(csr_req(csr_own_csr(request)));

	return lab_issue(s, key, mid, lab_key(1));
}

#define GOOD	.cn = "cm1.example.org-ms", .san = "DNS:cm1.example.org", \
    .usage = "critical,digitalSignature", \
    .ext_usage = "serverAuth,clientAuth"

static const struct lab_spec good = { GOOD, .to_days = 400 };

/* --- doing --- */

struct act {
	struct import_own	*p;
	struct own_new		*leaf;
};

static int
apply(struct db *db, void *arg, struct err *e)
{
	struct act *a = arg;

	return import_own_apply(db, a->p, a->leaf, TC_NOW, e);
}

static void
plan_ok(struct import_own *p, enum own_unit unit, const struct container *set)
{
	struct err e = { 0 };

	ck_assert_msg(import_own_plan(p, &own_unit_table()[unit], &node, set,
	    TC_NOW, &e) == ERR_OK, "%s", e.msg);
}

static void
refuse(enum own_unit unit, const struct container *set, const char *says)
{
	struct import_own p;
	struct err e = { 0 };
	int ret = import_own_plan(&p, &own_unit_table()[unit], &node, set,
	    TC_NOW, &e);

	ck_assert_msg(ret == ERR_REFUSED && strstr(e.msg, says) != NULL,
	    "%d %s, not %s", ret, e.msg, says);
	import_own_clear(&p);
}

static void
do_import(struct import_own *p)
{
	struct act a = { .p = p };
	struct err e = { 0 };

	a.leaf = import_own_new(p, tc.kr, &tc.rng, &e);
	ck_assert_msg(a.leaf != NULL, "%s", e.msg);
	tc_done(apply, &a);
	own_new_free(a.leaf);
}

static int64_t
in_store(enum trust_unit unit)
{
	int64_t n;

	ck_assert_int_eq(row_trust_count(tc.db, trust_unit_table()[unit].name,
	    &n, NULL), ERR_OK);
	return n;
}

static size_t
rows_of(enum own_unit unit, enum own_stage stage)
{
	struct row_own *rows;
	size_t n;

	ck_assert_int_eq(row_own_list(tc.db, own_unit_table()[unit].name,
	    (int)stage, &rows, &n, NULL), ERR_OK);
	free(rows);
	return n;
}

START_TEST(answered)
{
	struct cert *leaf = answer(&good);
	struct container set = set_of(root, leaf, mid, NULL);
	struct import_own p;
	struct row_csr row;
	struct own o;

	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(cert_same(p.leaf, leaf));
	ck_assert_int_eq(p.by, IMPORT_KEY_CSR);
	ck_assert(p.changes && p.csr_used && !p.known);
	ck_assert_uint_eq(p.nca, 2);
	ck_assert(cert_same(p.ca[0].cert, mid));
	ck_assert_int_eq(p.ca[0].change, TRUST_ADDED);
	ck_assert_uint_eq(p.nother, 0);
	ck_assert_str_eq(p.warnings, "");
	do_import(&p);
	import_own_clear(&p);
	ck_assert_int_eq(own_announced(tc.db, UNIT_CALLMANAGER_ECDSA, NULL,
	    &o, NULL), ERR_OK);
	ck_assert(cert_same(o.cert, leaf));
	own_clear(&o);
	ck_assert_uint_eq(rows_of(UNIT_CALLMANAGER_ECDSA, OWN_ACTIVE), 1);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 2);
	ck_assert_int_eq(row_csr_get(tc.db, "CallManager-ECDSA", "", &row,
	    NULL), ERR_NOTFOUND);
	/* Again: nothing. */
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(p.known && !p.changes);
	ck_assert_int_eq(p.by, IMPORT_KEY_OWN);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

static int
tx_key_gone(struct db *db, void *arg, struct err *e)
{
	int ret = row_csr_remove(db, "CallManager-ECDSA", "", e);

	return ret == ERR_OK ? row_key_remove(db, arg, e) : ret;
}

/* Another request was made while somebody read the plan. */
START_TEST(key_went_meanwhile)
{
	struct cert *leaf = answer(&good);
	struct container set = set_of(root, leaf, mid, NULL);
	struct import_own p;
	struct act a = { .p = &p };
	uint8_t id[KEY_ID_LEN];
	struct err e = { 0 };

	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	a.leaf = import_own_new(&p, tc.kr, &tc.rng, &e);
	cert_key_id(leaf, id);
	tc_done(tx_key_gone, id);
	tc_refused(apply, &a, ERR_REFUSED, "was removed meanwhile");
	ck_assert_uint_eq(rows_of(UNIT_CALLMANAGER_ECDSA, OWN_ANNOUNCED), 0);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 0);
	own_new_free(a.leaf);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

/* The authorities came before, the leaf comes alone. */
START_TEST(leaf_alone)
{
	struct cert *leaf = answer(&good);
	struct container set = set_of(root, mid, NULL), alone =
	    set_of(leaf, NULL);
	struct import_own p;

	refuse(UNIT_CALLMANAGER_ECDSA, &alone, "whose issuer \"O=Lab,"
	    "CN=Orbit Issuing\" is neither in the files nor in "
	    "CallManager-trust");
	container_clear(&set);
	set = set_of(root, mid, leaf, NULL);
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	do_import(&p);
	import_own_clear(&p);
	/* Now both lie in the store. */
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &alone);
	ck_assert(p.chain.complete);
	ck_assert_uint_eq(p.chain.n, 3);
	import_own_clear(&p);
	container_clear(&alone);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

static const struct {
	struct lab_spec	 s;
	const char	*says;
} bad[] = {
	{ { GOOD, .from_days = 2, .to_days = 400 },
	    "and the clock of cm1 says 2026-11-21T08:54:44Z (172800 seconds "
	    "before)" },
	{ { GOOD, .from_days = -400, .to_days = -1 },
	    "ended at 2026-11-20T08:54:44Z" },
	{ { .cn = "x", .usage = "digitalSignature" },
	    "the request has cm1.example.org, the certificate does not" },
	{ { .cn = "x", .san = "DNS:cm1.example.org,DNS:evil.example.org" },
	    "the certificate has evil.example.org, the request does not" },
	{ { .cn = "x", .san = "DNS:cm2.example.org" },
	    "the request has cm1.example.org, the certificate has "
	    "cm2.example.org instead" },
	{ { .cn = "x", .san = "DNS:cm1.example.org",
	    .usage = "keyAgreement" },
	    "may not be used for digitalSignature, which CallManager-ECDSA "
	    "needs" },
	{ { .cn = "x", .san = "DNS:cm1.example.org",
	    .ext_usage = "clientAuth" }, "may not be used for serverAuth" },
};

START_TEST(refused)
{
	struct cert *leaf = answer(&bad[_i].s);
	struct container set = set_of(root, leaf, mid, NULL);

	refuse(UNIT_CALLMANAGER_ECDSA, &set, bad[_i].says);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 0);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

/* What is paid for and works in most places is taken, with a word. */
START_TEST(only_warned)
{
	struct lab_spec s = { .cn = "x", .san = "DNS:cm1.example.org",
	    .ext_usage = "serverAuth", .md = EVP_sha1(), .from_days = -10,
	    .to_days = 5 };
	struct cert *leaf = answer(&s);
	struct cert *other = lab_issue(&good, lab_key(7), NULL, NULL);
	struct container set = set_of(root, leaf, mid, other, NULL);
	struct import_own p;

	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert_ptr_nonnull(strstr(p.warnings, "clientAuth"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "signed with sha1"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "ends in 5 days"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "1 other certificates"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "older than the one"));
	ck_assert_uint_eq(p.nother, 1);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
	cert_free(other);
}
END_TEST

START_TEST(not_ours)
{
	struct cert *stranger = lab_issue(&good, lab_key(7), mid, lab_key(1));
	struct container set = set_of(root, mid, NULL);
	struct key *k = key_generate(KEY_EC256, NULL);

	refuse(UNIT_CALLMANAGER_ECDSA, &set, "only certificates of "
	    "authorities: the one for CallManager-ECDSA is missing");
	give_cert(&set, cert_ref(stranger));
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "this certificate answers "
	    "another request");
	refuse(UNIT_HTTPS, &set, "no request of https is pending");
	give_key(&set, k);
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "they do not belong together");
	container_clear(&set);
	set = (struct container){ .ncert = 0 };
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "no certificate in the files");
	give_key(&set, key_generate(KEY_EC256, NULL));
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "no certificate for it");
	container_clear(&set);
	cert_free(stranger);
}
END_TEST

static const struct {
	struct lab_spec	 ca;
	const char	*says;
} bad_mid[] = {
	{ { .cn = "M", .basic = "critical,CA:TRUE", .from_days = -20,
	    .to_days = -10 }, "chain: \"M\" ended" },
	{ { .cn = "M", .basic = "critical,CA:FALSE" },
	    "the chain does not hold" },
	{ { .cn = "M", .basic = "critical,CA:TRUE",
	    .constraints = "critical,permitted;DNS:other.example" },
	    "the chain does not hold" },
};

START_TEST(bad_chain)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(csr_req(csr_own_csr(request)));
	struct cert *m = lab_issue(&bad_mid[_i].ca, lab_key(2), root,
	    lab_key(0));
	struct cert *leaf = lab_issue(&good, key, m, lab_key(2));
	struct container set = set_of(root, leaf, m, NULL);

	refuse(UNIT_CALLMANAGER_ECDSA, &set, bad_mid[_i].says);
	container_clear(&set);
	cert_free(leaf);
	cert_free(m);
}
END_TEST

/* --- keys from outside --- */

/* As another cluster hands it over: a self-signed certificate and its key. */
static struct container
pair(const char *cn, enum key_type t, const char *usage)
{
	struct lab_spec s = { .cn = cn, .usage = usage,
	    .san = "DNS:cm1.example.org" };
	struct key *k = data_key_of(t);
	struct container set = { .ncert = 0 };

	give_cert(&set, lab_issue(&s, key_pkey(k), NULL, NULL));
	give_key(&set, k);
	return set;
}

START_TEST(recovery_from_outside)
{
	struct container set = pair("ITLRECOVERY_pub1", KEY_RSA4096,
	    "digitalSignature");
	struct import_own p;
	struct own o;

	plan_ok(&p, UNIT_ITLRECOVERY, &set);
	ck_assert_int_eq(p.by, IMPORT_KEY_FILE);
	ck_assert_uint_eq(p.nca, 0);
	ck_assert_ptr_nonnull(strstr(p.warnings, "rsa4096"));
	do_import(&p);
	import_own_clear(&p);
	ck_assert_int_eq(own_announced(tc.db, UNIT_ITLRECOVERY, NULL, &o,
	    NULL), ERR_OK);
	/* The key is there, sealed, and signs. */
	{
		const enum own_unit unit = UNIT_ITLRECOVERY;
		struct signer *s = own_signer(tc.db, tc.kr, &unit, 1, NULL);
		uint8_t sig[KEY_SIG_MAX], digest[32] = { 1 };
		size_t len;

		ck_assert_ptr_nonnull(s);
		ck_assert_int_eq(sign_digest(s, o.key_id, DIGEST_SHA256,
		    KEY_PAD_PKCS1, digest, 32, sig, &len, NULL), ERR_OK);
		signer_free(s);
	}
	own_clear(&o);
	container_clear(&set);
}
END_TEST

static const struct {
	enum own_unit	 unit;
	enum key_type	 key;
	const char	*says;		/* NULL: taken */
} keys[] = {
	{ UNIT_CALLMANAGER, KEY_RSA3072, "no code for rsa3072" },
	{ UNIT_CALLMANAGER, KEY_EC256, "no code for ec256" },
	{ UNIT_CALLMANAGER, KEY_RSA1024, NULL },
	{ UNIT_ITLRECOVERY, KEY_EC384, "no code for ec384" },
	{ UNIT_TVS, KEY_EC256, "RSA" },
	{ UNIT_CALLMANAGER_ECDSA, KEY_RSA1024, "rsa1024" },
	{ UNIT_HTTPS, KEY_EC256, NULL },
};

START_TEST(kinds)
{
	struct container set = pair("x", keys[_i].key,
	    "digitalSignature,keyEncipherment");
	struct import_own p;

	if (keys[_i].says != NULL)
		refuse(keys[_i].unit, &set, keys[_i].says);
	else {
		plan_ok(&p, keys[_i].unit, &set);
		import_own_clear(&p);
	}
	container_clear(&set);
}
END_TEST

START_TEST(at_once)
{
	struct container set = pair("status", KEY_EC256, NULL);
	struct import_own p;
	struct own o;

	plan_ok(&p, UNIT_HTTPS, &set);
	ck_assert_str_eq(p.node, "cm1");
	do_import(&p);
	ck_assert_int_eq(own_active(tc.db, UNIT_HTTPS, "cm1", &o, NULL),
	    ERR_OK);
	ck_assert(cert_same(o.cert, set.cert[0]));
	own_clear(&o);
	ck_assert_uint_eq(rows_of(UNIT_HTTPS, OWN_ANNOUNCED), 0);
	import_own_clear(&p);
	container_clear(&set);
}
END_TEST

/* A renewal over the key of what is announced withdraws it, not its key. */
START_TEST(renewed_before_promoted)
{
	struct lab_spec newer = { GOOD, .to_days = 700 };
	struct cert *first = answer(&good), *second = answer(&newer);
	struct container set = set_of(root, first, mid, NULL);
	const enum own_unit unit = UNIT_CALLMANAGER_ECDSA;
	struct import_own p;
	struct signer *s;
	struct own o;

	plan_ok(&p, unit, &set);
	do_import(&p);
	import_own_clear(&p);
	give_cert(&set, cert_ref(second));
	plan_ok(&p, unit, &set);
	ck_assert(cert_same(p.leaf, second));
	ck_assert_ptr_nonnull(strstr(p.warnings, "is withdrawn"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "2 certificates in the files "
	    "are over keys"));
	do_import(&p);
	import_own_clear(&p);
	ck_assert_uint_eq(rows_of(unit, OWN_ANNOUNCED), 1);
	ck_assert_int_eq(own_announced(tc.db, unit, NULL, &o, NULL), ERR_OK);
	ck_assert(cert_same(o.cert, second));
	own_clear(&o);
	s = own_signer(tc.db, tc.kr, &unit, 1, NULL);
	ck_assert_ptr_nonnull(s);
	signer_free(s);
	container_clear(&set);
	cert_free(first);
	cert_free(second);
}
END_TEST

static int
promote(struct db *db, void *arg, struct err *e)
{
	struct own_moved m;

	(void)arg;
	return own_stage_promote(db, UNIT_CALLMANAGER_ECDSA, NULL, TC_NOW, &m,
	    e);
}

static int
rollback(struct db *db, void *arg, struct err *e)
{
	struct own_moved m;

	(void)arg;
	return own_stage_rollback(db, UNIT_CALLMANAGER_ECDSA, NULL, TC_NOW, &m,
	    e);
}

START_TEST(retired_stays_so)
{
	struct container set = { .ncert = 0 };
	struct cert *leaf = answer(&good);
	struct import_own p;

	give_cert(&set, cert_ref(leaf));
	give_cert(&set, cert_ref(root));
	give_cert(&set, cert_ref(mid));
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	do_import(&p);
	import_own_clear(&p);
	tc_done(promote, NULL);
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(p.known && !p.changes);
	import_own_clear(&p);
	container_clear(&set);
	/* The one before has retired; it does not come back this way. */
	set = set_of((struct cert *)(uintptr_t)own_new_cert(
	    tc.own[UNIT_CALLMANAGER_ECDSA]), NULL);
	refuse(UNIT_CALLMANAGER_ECDSA, &set, "set cert rollback");
	tc_done(rollback, NULL);
	plan_ok(&p, UNIT_CALLMANAGER_ECDSA, &set);
	ck_assert(p.known && !p.changes);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

/* CAPF's is a CA's; what issued it goes to two stores. */
START_TEST(capf)
{
	struct lab_spec s = { .cn = "CAPF-sub", .basic = "critical,CA:TRUE",
	    .usage = "critical,keyCertSign,digitalSignature,keyEncipherment",
	    .ext_usage = "serverAuth" };
	struct key *k = data_key_of(KEY_RSA4096);
	struct container set = set_of(mid, root, NULL);
	struct import_own p;

	give_cert(&set, lab_issue(&s, key_pkey(k), mid, lab_key(1)));
	give_key(&set, k);
	plan_ok(&p, UNIT_CAPF, &set);
	ck_assert_uint_eq(p.nca, 4);
	do_import(&p);
	import_own_clear(&p);
	ck_assert_int_eq(in_store(TRUST_CAPF), 2);
	ck_assert_int_eq(in_store(TRUST_CALLMANAGER), 2);
	/* One that is no CA's is refused. */
	s.basic = NULL;
	cert_free(set.cert[2]);
	set.cert[2] = lab_issue(&s, key_pkey(k), mid, lab_key(1));
	refuse(UNIT_CAPF, &set, "CA:TRUE");
	container_clear(&set);
}
END_TEST

/* --- trust stores --- */

struct trust_act {
	struct import_trust	*p;
};

static int
apply_trust(struct db *db, void *arg, struct err *e)
{
	struct trust_act *a = arg;

	return import_trust_apply(db, a->p, "import", "why", 60, TC_NOW, e);
}

START_TEST(trusted)
{
	struct lab_spec ended = { .cn = "old", .from_days = -20,
	    .to_days = -10 };
	struct lab_spec coming = { .cn = "new", .from_days = 10,
	    .to_days = 20 };
	struct cert *old = lab_issue(&ended, lab_key(3), NULL, NULL);
	struct cert *new = lab_issue(&coming, lab_key(3), NULL, NULL);
	struct container set = set_of(root, mid, old, NULL);
	struct trust_act a;
	struct import_trust p;
	struct err e = { 0 };

	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set, 0,
	    TC_NOW, &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "--skip-expired") != NULL &&
	    strstr(e.msg, "\"old\" ended at") != NULL, "%s", e.msg);
	import_trust_clear(&p);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_OK);
	ck_assert_uint_eq(p.nca, 2);
	ck_assert_uint_eq(p.nexpired, 1);
	ck_assert(p.changes);
	a.p = &p;
	tc_done(apply_trust, &a);
	import_trust_clear(&p);
	ck_assert_int_eq(in_store(TRUST_HTTPS), 2);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_OK);
	ck_assert(!p.changes);
	import_trust_clear(&p);
	container_clear(&set);

	set = set_of(root, new, NULL);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "the clock of cm1") != NULL, "%s", e.msg);
	import_trust_clear(&p);
	container_clear(&set);
	set = set_of(old, NULL);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_HTTPS, &node, &set,
	    IMPORT_SKIP_EXPIRED, TC_NOW, &e), ERR_REFUSED);
	import_trust_clear(&p);
	container_clear(&set);
	cert_free(old);
	cert_free(new);
}
END_TEST

/* Only what can sign lists. */
START_TEST(signers)
{
	struct container ec = set_of(root, NULL), rsa = pair("pub1",
	    KEY_RSA1024, NULL), big = pair("pub2", KEY_RSA3072, NULL);
	struct import_trust p;
	struct err e = { 0 };

	ck_assert_int_eq(import_trust_plan(&p, TRUST_PHONE_SAST, &node, &ec, 0,
	    TC_NOW, &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "key of kind ec256") != NULL, "%s", e.msg);
	import_trust_clear(&p);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_PHONE_SAST, &node, &big,
	    0, TC_NOW, &e), ERR_REFUSED);
	import_trust_clear(&p);
	ck_assert_int_eq(import_trust_plan(&p, TRUST_PHONE_SAST, &node, &rsa,
	    0, TC_NOW, &e), ERR_OK);
	ck_assert_ptr_nonnull(strstr(p.warnings, "accept trust lists"));
	ck_assert_ptr_nonnull(strstr(p.warnings, "1024 bits"));
	import_trust_clear(&p);
	container_clear(&ec);
	container_clear(&rsa);
	container_clear(&big);
}
END_TEST

/* Authorities of one name, half of them with the key that has signed the
 * leaf: each of the others would be tried against each of those. */
#define MANY	120

START_TEST(many_of_one_name)
{
	const struct lab_spec s = { .cn = "Orbit Issuing", .no_ids = true,
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign",
	    .to_days = 3650 };
	struct cert *leaf = answer(&good);
	struct container set = set_of(leaf, mid, root, NULL);
	struct import_own p;
	struct err e = { 0 };

	for (size_t i = 0; i < MANY; i++)
		give_cert(&set, lab_issue(&s, lab_key(i % 2 == 0 ? 1 : 7),
		    NULL, NULL));
	ck_assert_int_eq(import_own_plan(&p,
	    &own_unit_table()[UNIT_CALLMANAGER_ECDSA], &node, &set, TC_NOW,
	    &e), ERR_LIMIT);
	ck_assert_msg(strstr(e.msg, "one name") != NULL, "%s", e.msg);
	import_own_clear(&p);
	container_clear(&set);
	cert_free(leaf);
}
END_TEST

START_TEST(stores)
{
	static const struct {
		enum own_unit	unit;
		size_t		n;
		enum trust_unit	first;
	} of[] = {
		{ UNIT_CALLMANAGER, 1, TRUST_CALLMANAGER },
		{ UNIT_CALLMANAGER_ECDSA, 1, TRUST_CALLMANAGER },
		{ UNIT_TVS, 1, TRUST_TVS }, { UNIT_CAPF, 2, TRUST_CAPF },
		{ UNIT_HTTPS, 1, TRUST_HTTPS }, { UNIT_ITLRECOVERY, 0, 0 },
		{ UNIT_IPSEC, 1, TRUST_CALLMANAGER },
	};
	enum trust_unit st[IMPORT_STORES_MAX];

	for (size_t i = 0; i < N_OF(of); i++) {
		size_t n = import_stores(&own_unit_table()[of[i].unit], st);

		ck_assert_uint_eq(n, of[i].n);
		for (size_t k = 0; k < n; k++)
			ck_assert_int_ne(st[k], TRUST_PHONE_SAST);
		if (n > 0)
			ck_assert_int_eq(st[0], of[i].first);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_import");
	TCase *t = tcase_create("cert_import");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, setup_once, teardown_once);
	tcase_add_checked_fixture(t, setup, tc_close);
	tcase_add_test(t, answered);
	tcase_add_test(t, key_went_meanwhile);
	tcase_add_test(t, leaf_alone);
	tcase_add_loop_test(t, refused, 0, (int)N_OF(bad));
	tcase_add_test(t, only_warned);
	tcase_add_test(t, not_ours);
	tcase_add_loop_test(t, bad_chain, 0, (int)N_OF(bad_mid));
	tcase_add_test(t, recovery_from_outside);
	tcase_add_loop_test(t, kinds, 0, (int)N_OF(keys));
	tcase_add_test(t, at_once);
	tcase_add_test(t, renewed_before_promoted);
	tcase_add_test(t, retired_stays_so);
	tcase_add_test(t, capf);
	tcase_add_test(t, trusted);
	tcase_add_test(t, signers);
	tcase_add_test(t, stores);
	tcase_add_test(t, many_of_one_name);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
