/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * CAPF profiles of CTI clients, and certificates taken away.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/rows_hash.h"
#include "tests/db_fixture.h"
#include "trust/capf_profile.h"
#include "trust/capf_revoke.h"
#include "trust/phone.h"
#include "trust/sealed.h"

#define NOW	1795251284
#define DAY	86400

static const uint8_t master[MASTER_KEY_LEN] = { 7 };
static struct keyring_new *fresh;
static struct keyring *kr;
static struct rng rng;
static struct rng_seeded seed;
static struct db *db;

static int
users_tx(struct db *d, void *arg, struct err *e)
{
	struct row_user u = { .name = "ann", .changed_at = NOW };
	int ret;

	(void)arg;
	if ((ret = row_account_put(d, CREDENTIAL_USER, &u, e)) != ERR_OK)
		return ret;
	if ((ret = row_account_put(d, CREDENTIAL_APPLICATION, &u, e)) !=
	    ERR_OK)
		return ret;
	(void)str_copy(u.name, sizeof(u.name), "jtapi");
	return row_account_put(d, CREDENTIAL_APPLICATION, &u, e);
}

static void
setup(void)
{
	struct err e = { 0 };

	rng_seeded_init(&rng, &seed, 4711);
	ck_assert_ptr_nonnull(fresh = keyring_make(master, "cm1", &rng, &e));
	ck_assert_ptr_nonnull(kr = keyring_of_new(fresh, KEYRING_CRED, &e));
	db = fix_create(fix_folder());
	fix_tx(db, users_tx, NULL);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
	keyring_free(kr);
	keyring_new_free(fresh);
}

struct change {
	struct capf_profile_spec s;
	bool	 set, changed;
	int64_t	 now;
};

static int
change_tx(struct db *d, void *arg, struct err *e)
{
	struct change *c = arg;
	int64_t now = c->now != 0 ? c->now : NOW;

	return c->set ? capf_profile_set(d, &c->s, now, &c->changed, e) :
	    capf_profile_add(d, &c->s, now, &c->changed, e);
}

static struct capf_owner
owner(enum capf_kind kind, const char *name, const char *instance)
{
	struct capf_owner o;

	ck_assert_int_eq(capf_profile_owner(&o, kind, name, instance, NULL),
	    ERR_OK);
	return o;
}

static void
with_string(struct change *c, const char *text)
{
	uint8_t *sealed;

	ck_assert_int_eq(sealed_cti(kr, &rng,
	    capf_kind_name[c->s.owner.kind], c->s.owner.name,
	    c->s.owner.instance, text, &sealed, &c->s.len, NULL), ERR_OK);
	c->s.string = text;
	c->s.sealed = sealed;
	c->s.kr = kr;
}

static void
change_clear(struct change *c)
{
	free((uint8_t *)(uintptr_t)c->s.sealed);
}

static bool
done(struct change *c)
{
	fix_tx(db, change_tx, c);
	change_clear(c);
	return c->changed;
}

static void
refused(struct change *c, int code, const char *says)
{
	struct err e = { 0 };

	ck_assert_int_eq(db_result_err(db_tx(db, change_tx, c, &e), &e),
	    code);
	ck_assert_msg(strstr(e.msg, says) != NULL, "%s", e.msg);
	change_clear(c);
}

static const struct {
	const char	*name, *instance, *says;
} owners[] = {
	{ "ann", "1", NULL }, { "jtapi", "Client17", NULL },
	{ "ann", "", "instance id" }, { "ann", "a-b", "instance id" },
	{ "ann", "a b", "instance id" }, { "a b", "1", "" },
};

START_TEST(names)
{
	struct capf_owner o;
	struct err e = { 0 };
	int ret = capf_profile_owner(&o, CAPF_USER, owners[_i].name,
	    owners[_i].instance, &e);

	ck_assert_int_eq(ret, owners[_i].says == NULL ? ERR_OK : ERR_ARG);
	if (ret == ERR_OK)
		ck_assert_str_eq(o.instance, owners[_i].instance);
	else
		ck_assert_ptr_nonnull(strstr(e.msg, owners[_i].says));
}
END_TEST

START_TEST(long_instance)
{
	char id[CAPF_INSTANCE_MAX + 2];
	struct capf_owner o;

	memset(id, 'a', sizeof(id));
	id[CAPF_INSTANCE_MAX + 1] = '\0';
	ck_assert_int_eq(capf_profile_owner(&o, CAPF_USER, "ann", id, NULL),
	    ERR_ARG);
	id[CAPF_INSTANCE_MAX] = '\0';
	ck_assert_int_eq(capf_profile_owner(&o, CAPF_USER, "ann", id, NULL),
	    ERR_OK);
	ck_assert_int_eq(capf_profile_kind("USER"), CAPF_USER);
	ck_assert_int_eq(capf_profile_kind("phone"), CAPF_KIND_N);
}
END_TEST

START_TEST(add)
{
	struct row_capf_profile p = { .sealed = NULL };
	struct change c = { .s.owner = owner(CAPF_APPLICATION, "jtapi", "1") };
	struct capf_owner o = c.s.owner;

	ck_assert(done(&c));
	ck_assert(!done(&c));	/* the same again */
	ck_assert_int_eq(capf_profile_get(db, &o, &p, NULL), ERR_OK);
	ck_assert_str_eq(p.operation, "no-pending-operation");
	ck_assert_str_eq(p.key_order, "rsa-only");
	ck_assert_int_eq(p.rsa_bits, 2048);
	ck_assert_int_eq(p.ec_bits, 384);
	ck_assert_int_eq(p.completes_by, 0);
	ck_assert_ptr_null(p.sealed);
	row_capf_profile_clear(&p);
	c = (struct change){ .s = { .owner = o, .rsa = "4096" } };
	refused(&c, ERR_EXISTS, "profile set");
	c = (struct change){ .s.owner = owner(CAPF_USER, "bob", "1") };
	refused(&c, ERR_NOTFOUND, "no end user bob");
	c = (struct change){ .s.owner = owner(CAPF_USER, "jtapi", "1") };
	refused(&c, ERR_NOTFOUND, "no end user jtapi");
}
END_TEST

START_TEST(twins)
{
	struct change c = { .s.owner = owner(CAPF_APPLICATION, "ann", "1") };

	ck_assert(done(&c));
	c = (struct change){ .s.owner = owner(CAPF_USER, "ann", "1") };
	refused(&c, ERR_REFUSED, "another instance id");
	c = (struct change){ .s.owner = owner(CAPF_USER, "ann", "2") };
	ck_assert(done(&c));
}
END_TEST

/* A certificate holds 64 characters of "ann.INSTANCE". */
START_TEST(too_long_for_a_certificate)
{
	char id[CAPF_INSTANCE_MAX + 1] = "";
	struct change c = { .changed = false };

	memset(id, 'a', 61);
	c.s.owner = owner(CAPF_USER, "ann", id);
	refused(&c, ERR_ARG, "at most 64");
	id[60] = '\0';
	c = (struct change){ .s.owner = owner(CAPF_USER, "ann", id) };
	ck_assert(done(&c));
}
END_TEST

/* --- a client and a phone of one name --- */

static int
phone_tx(struct db *d, void *arg, struct err *e)
{
	const struct phone_spec s = { .name = arg, .model = "8861" };
	char *advice = NULL;
	bool added;
	int ret = phone_add(d, &s, NOW, &added, &advice, e);

	free(advice);
	return ret;
}

static void
phone_refused(char *name)
{
	struct err e = { 0 };

	ck_assert_int_eq(db_result_err(db_tx(db, phone_tx, name, &e), &e),
	    ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "utils capf profile remove") != NULL,
	    "%s", e.msg);
}

/* To CAPF both say nothing but that name. */
START_TEST(phones_with_dots)
{
	struct change c = { .s.owner = owner(CAPF_USER, "ann", "i1") };

	ck_assert(done(&c));
	c = (struct change){ .s.owner = owner(CAPF_APPLICATION, "jtapi",
	    "i1") };
	ck_assert(done(&c));
	phone_refused((char[]){ "ann.i1" });
	phone_refused((char[]){ "jtapi.i1" });
	fix_tx(db, phone_tx, (char[]){ "ann.i2" });
	/* One that is there stays changeable. */
	fix_tx(db, phone_tx, (char[]){ "ann.i2" });
	c = (struct change){ .s.owner = owner(CAPF_USER, "ann", "i2") };
	refused(&c, ERR_REFUSED, "there is a phone ann.i2");
	c = (struct change){ .s.owner = owner(CAPF_APPLICATION, "ann", "i2") };
	refused(&c, ERR_REFUSED, "there is a phone ann.i2");
}
END_TEST

START_TEST(install)
{
	struct capf_owner o = owner(CAPF_USER, "ann", "1");
	struct change c = { .s = { .owner = o,
	    .operation = "install-upgrade" } };
	struct row_capf_profile p = { .sealed = NULL };
	struct secret *text = NULL;

	refused(&c, ERR_REFUSED, "--generate-string");
	with_string(&c, "12345678");
	ck_assert(done(&c));
	ck_assert_int_eq(capf_profile_get(db, &o, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.completes_by, NOW + 10 * DAY);
	ck_assert_int_eq(sealed_cti_open(kr, "user", "ann", "1", p.sealed,
	    p.len, &text, NULL), ERR_OK);
	ck_assert_str_eq((char *)text->buf, "12345678");
	secret_free(text);
	row_capf_profile_clear(&p);
	/* The same string is no change; what waits for one keeps it. */
	c = (struct change){ .set = true, .s.owner = o };
	with_string(&c, "12345678");
	ck_assert(!done(&c));
	c = (struct change){ .set = true, .s = { .owner = o,
	    .no_string = true } };
	refused(&c, ERR_REFUSED, "needs an authentication string");
	c = (struct change){ .set = true, .s = { .owner = o, .no_string =
	    true, .operation = "no-pending-operation" } };
	ck_assert(done(&c));
	ck_assert_int_eq(capf_profile_get(db, &o, &p, NULL), ERR_OK);
	ck_assert_ptr_null(p.sealed);
	ck_assert_int_eq(p.completes_by, 0);
	row_capf_profile_clear(&p);
}
END_TEST

static const struct {
	struct capf_profile_spec s;
	int			 code;
	const char		*says;
} bad[] = {
	{ { .operation = "delete" }, ERR_ARG, "nothing else" },
	{ { .operation = "nonsense" }, ERR_ARG, "--certificate-operation" },
	{ { .key_order = "rsa" }, ERR_ARG, "--key-order" },
	{ { .rsa = "1024" }, ERR_REFUSED, "--allow-weak" },
	{ { .rsa = "512" }, ERR_REFUSED, "--rsa-key-size" },
	{ { .ec = "256" }, ERR_REFUSED, "does not go with Key Order" },
	{ { .rsa = "2048", .key_order = "ec-only" }, ERR_REFUSED,
	    "does not go with Key Order" },
	{ { .by = NOW + 1 }, ERR_REFUSED, "--operation install-upgrade" },
	{ { .string = "12", .sealed = NULL }, ERR_ARG, "4 to 15 digits" },
};

START_TEST(values)
{
	struct change c = { .s = bad[_i].s };

	c.s.owner = owner(CAPF_USER, "ann", "1");
	refused(&c, bad[_i].code, bad[_i].says);
}
END_TEST

START_TEST(sizes)
{
	struct capf_owner o = owner(CAPF_USER, "ann", "1");
	struct change c = { .s = { .owner = o, .key_order = "ec-only",
	    .ec = "521" } };
	struct row_capf_profile p = { .sealed = NULL };

	ck_assert(done(&c));
	c = (struct change){ .set = true, .s = { .owner = o, .key_order =
	    "ec-preferred-rsa-backup", .rsa = "1024", .flags =
	    SETTING_ALLOW_WEAK } };
	ck_assert(done(&c));
	ck_assert_int_eq(capf_profile_get(db, &o, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.rsa_bits, 1024);
	ck_assert_int_eq(p.ec_bits, 521);
	row_capf_profile_clear(&p);
	c = (struct change){ .set = true, .s = { .owner = o, .rsa =
	    "default", .ec = "default" } };
	ck_assert(done(&c));
	ck_assert_int_eq(capf_profile_get(db, &o, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.rsa_bits, 2048);
	ck_assert_int_eq(p.ec_bits, 384);
	row_capf_profile_clear(&p);
}
END_TEST

/* Asked again after its time had passed, it has a new one. */
START_TEST(again)
{
	struct capf_owner o = owner(CAPF_USER, "ann", "1");
	struct change c = { .s = { .owner = o,
	    .operation = "install-upgrade" } };
	struct row_capf_profile p = { .sealed = NULL };

	with_string(&c, "12345678");
	ck_assert(done(&c));
	c = (struct change){ .set = true, .now = NOW + 20 * DAY, .s = {
	    .owner = o, .rsa = "3072" } };
	ck_assert(done(&c));
	ck_assert_int_eq(capf_profile_get(db, &o, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.completes_by, NOW + 10 * DAY);
	row_capf_profile_clear(&p);
	c = (struct change){ .set = true, .now = NOW + 20 * DAY, .s = {
	    .owner = o, .operation = "install-upgrade" } };
	ck_assert(done(&c));
	ck_assert_int_eq(capf_profile_get(db, &o, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.completes_by, NOW + 30 * DAY);
	row_capf_profile_clear(&p);
}
END_TEST

static int
remove_tx(struct db *d, void *arg, struct err *e)
{
	return capf_profile_remove(d, arg, e);
}

START_TEST(removal)
{
	struct capf_owner o = owner(CAPF_USER, "ann", "1");
	struct change c = { .s.owner = o };
	struct err e = { 0 };

	ck_assert(done(&c));
	fix_tx(db, remove_tx, &o);
	ck_assert_int_eq(db_result_err(db_tx(db, remove_tx, &o, &e), &e),
	    ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(e.msg, "profile list"));
	c = (struct change){ .set = true, .s.owner = o };
	refused(&c, ERR_NOTFOUND, "profile list");
}
END_TEST

/* --- revoking --- */

static int
cert_tx(struct db *d, void *arg, struct err *e)
{
	struct row_device_cert *c = arg;
	char name[] = "CN=x";
	uint8_t der[] = { 0x30, 0x00 };
	struct row_cert row = { .der = der, .derlen = sizeof(der),
		.subject = name, .issuer = name, .serial = { 1 },
		.seriallen = 1, .not_before = NOW, .not_after = NOW + DAY };
	int ret;

	memcpy(row.sha256, c->sha256, SHA256_LEN);
	if ((ret = row_cert_put(d, &row, e)) != ERR_OK)
		return ret;
	return row_device_cert_put(d, c, e);
}

struct revoking {
	uint8_t			 sha256[SHA256_LEN];
	struct row_device_cert	 was;
	bool			 changed;
};

static int
revoke_tx(struct db *d, void *arg, struct err *e)
{
	struct revoking *r = arg;

	return capf_revoke(d, NULL, r->sha256, NOW + 5, &r->was, &r->changed, e);
}

START_TEST(revoke)
{
	struct row_device_cert c = { .owner = { .kind = CAPF_PHONE,
	    .name = "SEP000000000001" }, .type = DEVICE_LSC,
	    .sha256 = { 1 }, .state = DEVICE_CURRENT, .stored_at = NOW,
	    .changed_at = NOW };
	struct revoking r = { .sha256 = { 1 } };
	struct row_device_cert out;
	struct row_phone p;
	struct err e = { 0 };

	fix_phone(db, "SEP000000000001");
	ck_assert_int_eq(db_result_err(db_tx(db, revoke_tx, &r, &e), &e),
	    ERR_NOTFOUND);
	fix_tx(db, cert_tx, &c);
	fix_tx(db, revoke_tx, &r);
	ck_assert(r.changed);
	ck_assert_str_eq(r.was.owner.name, "SEP000000000001");
	ck_assert_int_eq(r.was.state, DEVICE_CURRENT);
	ck_assert_int_eq(row_device_cert_current(db, &c.owner, DEVICE_LSC,
	    &out, &e), ERR_NOTFOUND);
	/* Its configuration is younger than that. */
	ck_assert_int_eq(row_phone_get(db, "SEP000000000001", &p, &e),
	    ERR_OK);
	ck_assert_int_eq(p.changed_at, NOW + 5);
	fix_tx(db, revoke_tx, &r);
	ck_assert(!r.changed);
	c.state = DEVICE_DELETED;
	fix_tx(db, cert_tx, &c);
	ck_assert_int_eq(db_result_err(db_tx(db, revoke_tx, &r, &e), &e),
	    ERR_REFUSED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_profile");
	TCase *t = tcase_create("capf_profile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, names, 0, sizeof(owners) / sizeof(owners[0]));
	tcase_add_test(t, long_instance);
	tcase_add_test(t, add);
	tcase_add_test(t, twins);
	tcase_add_test(t, too_long_for_a_certificate);
	tcase_add_test(t, phones_with_dots);
	tcase_add_test(t, install);
	tcase_add_loop_test(t, values, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, sizes);
	tcase_add_test(t, again);
	tcase_add_test(t, removal);
	tcase_add_test(t, revoke);
	suite_add_tcase(s, t);
	return fix_run(s);
}
