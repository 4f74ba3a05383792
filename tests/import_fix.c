/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of imports share, see import_fix.h.
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
#include "tests/import_fix.h"

#define CA(name)	{ .cn = (name), .basic = "critical,CA:TRUE", \
    .usage = "critical,keyCertSign,cRLSign", .to_days = 3650 }

struct node node;
struct cert *root, *mid;
struct csr_own *request;		/* of CallManager-ECDSA */

void
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

void
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

void
setup(void)
{
	tc_open();
	node.db = tc.db;
	tc_done(store_csr, request);
}

/* --- sets --- */

void
give_cert(struct container *set, struct cert *c)
{
	set->cert = reallocarray(set->cert, set->ncert + 1,
	    sizeof(*set->cert));
	set->cert[set->ncert++] = c;
}

struct container
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

void
give_key(struct container *set, struct key *k)
{
	set->key = reallocarray(set->key, set->nkey + 1, sizeof(*set->key));
	set->key[set->nkey++] = k;
}

struct cert *
answer(const struct lab_spec *s)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(csr_req(csr_own_csr(request)));

	return lab_issue(s, key, mid, lab_key(1));
}

const struct lab_spec good = { GOOD, .to_days = 400 };

/* --- doing --- */

int
apply(struct db *db, void *arg, struct err *e)
{
	struct act *a = arg;

	return import_own_apply(db, a->p, a->leaf, TC_NOW, e);
}

void
plan_ok(struct import_own *p, enum own_unit unit, const struct container *set)
{
	struct err e = { 0 };

	ck_assert_msg(import_own_plan(p, &own_unit_table()[unit], &node, set,
	    TC_NOW, &e) == ERR_OK, "%s", e.msg);
}

void
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

void
do_import(struct import_own *p)
{
	struct act a = { .p = p };
	struct err e = { 0 };

	a.leaf = import_own_new(p, tc.kr, &tc.rng, &e);
	ck_assert_msg(a.leaf != NULL, "%s", e.msg);
	tc_done(apply, &a);
	own_new_free(a.leaf);
}

int64_t
in_store(enum trust_unit unit)
{
	int64_t n;

	ck_assert_int_eq(row_trust_count(tc.db, trust_unit_table()[unit].name,
	    &n, NULL), ERR_OK);
	return n;
}

size_t
rows_of(enum own_unit unit, enum own_stage stage)
{
	struct row_own *rows;
	size_t n;

	ck_assert_int_eq(row_own_list(tc.db, own_unit_table()[unit].name,
	    (int)stage, &rows, &n, NULL), ERR_OK);
	free(rows);
	return n;
}

/* --- keys from outside --- */

struct container
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
