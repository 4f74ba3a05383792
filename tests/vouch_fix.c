/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of vouching share, see vouch_fix.h.
 */
#include <check.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "tests/certs_data.h"
#include "tests/trust_cluster.h"
#include "tests/vouch_fix.h"
#include "trust/cert_row.h"
#include "trust/vouch.h"

static struct vouch_stores *stores;
struct vouch *v;
static int64_t now_s;

static int64_t
wall_ns(void *arg)
{
	(void)arg;
	return now_s * INT64_C(1000000000);
}

static const struct clock at = { wall_ns, wall_ns, NULL };

struct cert *ccm, *sast;

void
setup(void)
{
	struct err e = { 0 };

	tc_open();
	ck_assert_ptr_nonnull(ccm = data_cert("ccm"));
	ck_assert_ptr_nonnull(sast = data_cert("sast"));
	ck_assert_ptr_nonnull(stores = vouch_stores_new(tc.dirfd, &e));
	v = vouch_new(tc.dirfd, tc.node.name, stores, &at, &e);
	ck_assert_msg(v != NULL, "%s", e.msg);
}

void
teardown(void)
{
	vouch_free(v);
	vouch_stores_free(stores);
	cert_free(ccm);
	cert_free(sast);
	tc_close();
}

struct trusting {
	const struct cert	*cert;
	const char		*unit;
	int64_t			 ttl, removed_at;
};

static int
tx_trust(struct db *db, void *arg, struct err *e)
{
	const struct trusting *t = arg;
	struct row_trust row = { .origin = "test", .ttl = t->ttl,
	    .added_at = TC_NOW, .removed_at = t->removed_at };
	int ret;

	(void)str_copy(row.unit, sizeof(row.unit), t->unit);
	(void)str_copy(row.name, sizeof(row.name), "name");
	cert_sha256(t->cert, row.sha256);
	if ((ret = cert_row_put(db, t->cert, e)) != ERR_OK)
		return ret;
	return row_trust_put(db, &row, e);
}

void
trust(const struct cert *c, const char *unit, int64_t ttl, int64_t removed)
{
	struct trusting t = { c, unit, ttl, removed };

	tc_done(tx_trust, &t);
}

struct setting {
	const char	*name, *value;
};

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct setting *s = arg;
	bool changed;

	return param_set(db, param_find(s->name), "", s->value, TC_NOW,
	    &changed, e);
}

void
param(const char *name, const char *value)
{
	struct setting s = { name, value };

	tc_done(tx_param, &s);
}

struct vouch_answer
verify_at(const struct cert *c, int64_t now)
{
	struct vouch_answer a;
	struct err e = { 0 };
	size_t len;
	const uint8_t *der = cert_der(c, &len);

	now_s = now;
	(void)vouch_changed(v);
	ck_assert_msg(vouch_verify(v, der, len, &a, &e) == ERR_OK, "%s",
	    e.msg);
	return a;
}

struct vouch_answer
verify(const struct cert *c)
{
	return verify_at(c, TC_NOW + 86400);
}

struct vouch_answer
query(const char *issuer, const char *subject, const uint8_t *serial,
    size_t len)
{
	const struct vouch_name q = {
		(const uint8_t *)issuer, (const uint8_t *)subject, serial,
		issuer != NULL ? strlen(issuer) : 0,
		subject != NULL ? strlen(subject) : 0, len,
	};
	struct vouch_answer a;
	struct err e = { 0 };

	now_s = TC_NOW + 86400;
	(void)vouch_changed(v);
	ck_assert_msg(vouch_query(v, &q, &a, &e) == ERR_OK,
	    "%s", e.msg);
	return a;
}

void
assert_roles(const struct vouch_answer *a, const uint8_t *roles, size_t n,
    uint32_t ttl)
{
	ck_assert_int_eq(a->verdict, VOUCH_VALID);
	ck_assert_uint_eq(a->nroles, n);
	ck_assert_mem_eq(a->roles, roles, n);
	ck_assert_uint_eq(a->ttl, ttl);
}
