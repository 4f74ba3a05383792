/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What ends, for tests; see expiry_lab.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/observed.h"
#include "db/params.h"
#include "tests/expiry_lab.h"
#include "trust/trust_store.h"

struct expiry_lab xl;

static int64_t
wall(void *arg)
{
	return ((struct expiry_lab *)arg)->now * INT64_C(1000000000);
}

static int64_t
mono(void *arg)
{
	(void)arg;
	return clock_mono_ns(clock_system());
}

static int
tx_cluster(struct db *db, void *arg, struct err *e)
{
	struct row_cluster c = { .name = "lab", .created_at = LAB_NOW,
	    .uuid = "0f7e1c7e-1111-4222-8333-444455556666" };

	(void)arg;
	return row_cluster_put(db, &c, e);
}

void
xl_open(void)
{
	struct err e = { 0 };

	xl.dirfd = fix_folder();
	xl.db = fix_create(xl.dirfd);
	ck_assert_msg(observed_create(xl.dirfd, &e) == ERR_OK, "%s", e.msg);
	xl.observed = fix_open(xl.dirfd, OBSERVED_FILE, DB_WRITE);
	xl.now = LAB_NOW;
	xl.clk = (struct clock){ .wall_ns = wall, .mono_ns = mono,
	    .arg = &xl };
	fix_tx(xl.db, tx_cluster, NULL);
}

void
xl_close(void)
{
	db_close(xl.observed);
	db_close(xl.db);
	fix_remove();
	lab_end();
}

/* --- own --- */

struct owning {
	enum own_unit	 unit;
	const char	*node;
	enum own_stage	 stage;
	const struct cert *cert;
};

static int
tx_own(struct db *db, void *arg, struct err *e)
{
	const struct owning *o = arg;
	uint8_t id[KEY_ID_LEN];
	int ret;

	cert_key_id(o->cert, id);
	if ((ret = row_key_put(db, id, "ec256", (const uint8_t *)"key", 3, 1,
	    e)) != ERR_OK)
		return ret;
	return own_store_cert(db, o->unit, o->node, o->cert, o->stage,
	    LAB_NOW, e);
}

static struct cert *
issue(const char *cn, int64_t days, const struct cert *ca, EVP_PKEY *key)
{
	static int64_t serial = 1000;
	const struct lab_spec s = { .cn = cn, .serial = ++serial,
	    .from_days = -2000, .to_days = days };

	return lab_issue(&s, lab_key(1), ca, key);
}

static void
store_own(const struct owning *o, uint8_t sha256[SHA256_LEN])
{
	struct owning copy = *o;

	fix_tx(xl.db, tx_own, &copy);
	if (sha256 != NULL)
		cert_sha256(o->cert, sha256);
}

void
xl_own(enum own_unit unit, const char *node, enum own_stage stage,
    int64_t days, uint8_t sha256[SHA256_LEN])
{
	struct cert *c = issue(own_unit_table()[unit].name, days, NULL, NULL);

	store_own(&(struct owning){ unit, node, stage, c }, sha256);
	cert_free(c);
}

static struct cert *
issue_by_ca(const char *cn, int64_t days)
{
	struct cert *ca = lab_issue(&(struct lab_spec){ .cn = "CA",
	    .basic = "critical,CA:TRUE" }, lab_key(0), NULL, NULL);
	struct cert *c = issue(cn, days, ca, lab_key(0));

	cert_free(ca);
	return c;
}

void
xl_own_by_ca(enum own_unit unit, int64_t days)
{
	struct cert *c = issue_by_ca(own_unit_table()[unit].name, days);

	store_own(&(struct owning){ unit, "", OWN_ACTIVE, c }, NULL);
	cert_free(c);
}

/* --- others --- */

struct adding {
	struct trust_add add;
	int64_t		 removed_at;
};

static int
tx_trust(struct db *db, void *arg, struct err *e)
{
	const struct adding *a = arg;
	uint8_t sha256[SHA256_LEN];
	enum trust_change change;
	int ret = trust_store_add(db, &a->add, LAB_NOW, &change, e);

	if (ret != ERR_OK || a->removed_at == 0)
		return ret;
	cert_sha256(a->add.cert, sha256);
	return trust_store_remove(db, a->add.unit, sha256, a->removed_at, e);
}

static void
store_trust(enum trust_unit unit, const char *name, struct cert *c,
    int64_t removed_at)
{
	struct adding a = { .add = { .unit = unit, .cert = c, .name = name,
	    .origin = "test" }, .removed_at = removed_at };

	fix_tx(xl.db, tx_trust, &a);
}

void
xl_trust(enum trust_unit unit, const char *name, int64_t days,
    int64_t removed_at, uint8_t sha256[SHA256_LEN])
{
	struct cert *c = issue(name, days, NULL, NULL);

	store_trust(unit, name, c, removed_at);
	if (sha256 != NULL)
		cert_sha256(c, sha256);
	cert_free(c);
}

void
xl_trust_by_ca(enum trust_unit unit, const char *name, int64_t days,
    int64_t removed_at)
{
	struct cert *c = issue_by_ca(name, days);

	store_trust(unit, name, c, removed_at);
	cert_free(c);
}

static int
tx_srst(struct db *db, void *arg, struct err *e)
{
	return row_srst_put(db, arg, e);
}

static int
tx_cert(struct db *db, void *arg, struct err *e)
{
	return row_cert_put(db, arg, e);
}

void
xl_srst(const char *name, bool secure, int64_t days)
{
	struct row_srst s = { .address = "127.0.0.1", .port = 2000,
	    .sip_address = "127.0.0.1", .sip_port = 5060, .cert_port = 9,
	    .secure = secure, .has_accepted = true, .changed_at = 1 };
	char subject[80], issuer[] = "CN=gw";
	uint8_t der[] = { 0x30, 0 };
	struct row_cert c = { .der = der, .derlen = 2, .subject = subject,
	    .issuer = issuer, .seriallen = 1, .not_before = 1,
	    .not_after = LAB_NOW + days * LAB_DAY };

	(void)snprintf(s.name, sizeof(s.name), "%s", name);
	(void)snprintf(subject, sizeof(subject), "CN=%s", name);
	memset(s.accepted, name[0], SHA256_LEN);
	memcpy(c.sha256, s.accepted, SHA256_LEN);
	fix_tx(xl.db, tx_cert, &c);
	fix_tx(xl.db, tx_srst, &s);
}

static int
tx_export(struct db *db, void *arg, struct err *e)
{
	return row_key_export_add(db, arg, e);
}

void
xl_export(const uint8_t sha256[SHA256_LEN], int64_t at)
{
	struct row_key_export x = { .at = at, .account = "ann" };

	memcpy(x.sha256, sha256, SHA256_LEN);
	fix_tx(xl.db, tx_export, &x);
}

static int
tx_crl(struct db *db, void *arg, struct err *e)
{
	return row_crl_put(db, arg, e);
}

void
xl_crl(const char *issuer, int64_t days)
{
	char name[80];
	uint8_t der[] = { 0x30, 0 };
	struct row_crl c = { .issuer = name, .this_update = 1, .added_at = 1,
	    .next_update = days != 0 ? LAB_NOW + days * LAB_DAY : 0,
	    .der = der, .derlen = 2 };

	(void)snprintf(name, sizeof(name), "%s", issuer);
	memset(c.sha256, issuer[3], SHA256_LEN);
	fix_tx(xl.db, tx_crl, &c);
}

void
xl_phones(int n)
{
	char name[20];

	for (int i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012d", i);
		fix_phone(xl.db, name);
	}
}

struct setting {
	const char	*name, *value;
};

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct setting *s = arg;
	bool changed;

	return param_set(db, param_find(s->name), "", s->value, LAB_NOW,
	    &changed, e);
}

void
xl_param(const char *name, const char *value)
{
	struct setting s = { name, value };

	fix_tx(xl.db, tx_param, &s);
}

int64_t
xl_observed(const char *sql)
{
	return fix_i64(xl.observed, sql);
}
