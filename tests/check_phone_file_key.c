/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the name of a phone's file in the cache depends on, and its secrets.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "tests/db_fixture.h"
#include "tests/phone_file_fix.h"
#include "trust/phone_file.h"
#include "trust/profile.h"

/* --- its name in the cache --- */

static uint8_t before[32];

static void
differs(bool want)
{
	uint8_t now[32];

	key(now, NULL);
	ck_assert_int_eq(memcmp(before, now, 32) != 0, want);
	memcpy(before, now, 32);
}

static int
set_own(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct setting_change s = { c->setting, c->value };
	char *advice = NULL;
	bool changed;
	int ret = phone_settings_set(d, NULL, DEV, &s, 1, 0, 2000, &changed,
	    &advice, e);

	free(advice);
	return ret;
}

static int
set_profile(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct setting_change s = { c->setting, c->value };
	struct profile_spec spec = { .name = c->profile, .protocol = -1,
	    .change = &s, .nchange = 1 };
	struct profile_result r = { .changed = false };
	int ret = profile_set(d, &spec, 3000, &r, e);

	profile_result_clear(&r);
	return ret;
}

static int
add_other(struct db *d, void *arg, struct err *e)
{
	struct profile_spec spec = { .name = "other" };
	struct profile_result r = { .changed = false };
	int ret = profile_add(d, &spec, 3500, &r, e);

	(void)arg;
	profile_result_clear(&r);
	return ret;
}

START_TEST(depends)
{
	struct make m = { .model = "8861", .set = "web-access=disabled",
	    .now = 1000 };
	struct change own = { .setting = setting_get(SETTING_LOAD),
	    .value = "own" };
	struct change prof = { .profile = "try",
	    .setting = setting_get(SETTING_GARP), .value = "disabled" };
	int64_t at;

	phone(&m);
	key(before, &at);
	ck_assert_int_eq(at, 1000);
	differs(false);
	/* What concerns others. */
	fix_phone(db, "SEP000000000009");
	fix_tx(db, add_other, NULL);
	param(PARAM_TFTP_RETRIES, "7");
	param(PARAM_PHONE_LOADS, "7965=x");
	differs(false);
	/* What concerns it. */
	fix_tx(db, set_own, &own);
	differs(true);
	fix_tx(db, set_profile, &prof);
	differs(true);
	param(PARAM_PHONE_PC_PORT, "disabled");
	differs(true);
	param(PARAM_SIP_PHONE_PORT, "5070");
	differs(true);
	key(before, &at);
	ck_assert_int_eq(at, 4000);
	fix_tx(db, put_node, (void *)(uintptr_t)"192.0.2.77");
	differs(true);
	own.value = NULL;
	fix_tx(db, set_own, &own);
	differs(true);
	param(PARAM_PHONE_LOADS, "8861=y");
	differs(true);
}
END_TEST

static int
put_own_tx(struct db *d, void *arg, struct err *e)
{
	return put_own(d, arg, e);
}

/* The newest of all that the file is made of. */
START_TEST(when_changed)
{
	struct make m = { .model = "8861", .now = 50 };
	struct make own = { .xml = (const uint8_t *)"<device/>",
	    .xmllen = 9, .now = 9000 };
	uint8_t k[32];
	int64_t at;

	phone(&m);
	key(k, &at);
	ck_assert_int_eq(at, 100);	/* the node */
	param(PARAM_PHONE_LOADS, "8841=y");
	read_base();
	key(k, &at);
	ck_assert_int_eq(at, 100);	/* another model's firmware */
	param(PARAM_PHONE_LOADS, "8861=y");
	read_base();
	key(k, &at);
	ck_assert_int_eq(at, 4000);
	fix_tx(db, put_own_tx, &own);
	key(k, &at);
	ck_assert_int_eq(at, 9000);
}
END_TEST

/* --- secrets --- */

static int
put_secret(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone p;
	int ret;

	if ((ret = row_phone_get(d, DEV, &p, e)) != ERR_OK ||
	    (ret = row_secret_put(d, DEV, c->secret, c->sealed, c->len, 1000,
	    e)) != ERR_OK)
		return ret;
	return row_phone_put(d, &p, e);
}

static int
put_user(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_user u = { .changed_at = 900 };
	struct row_credential cred = { .sealed = c->sealed, .len = c->len,
	    .changed_at = 5000 };
	int ret;

	(void)str_copy(u.name, sizeof(u.name), c->user);
	(void)str_copy(cred.realm, sizeof(cred.realm), c->realm);
	if ((ret = row_user_put(d, &u, e)) == ERR_OK)
		ret = row_credential_put(d, CREDENTIAL_USER, c->user, &cred,
		    e);
	return ret;
}

static void
secret(const char *name, const char *text)
{
	struct change c = { .secret = name };
	struct err e = { 0 };

	ck_assert_int_eq(sealed_phone(kr, &rng, DEV, name, text, &c.sealed,
	    &c.len, &e), ERR_OK);
	fix_tx(db, put_secret, &c);
	free(c.sealed);
}

static void
user(const char *realm, const char *text)
{
	struct change c = { .user = "ann", .realm = realm };
	struct err e = { 0 };

	ck_assert_int_eq(sealed_digest(kr, &rng, CREDENTIAL_USER, "ann",
	    realm, text, &c.sealed, &c.len, &e), ERR_OK);
	fix_tx(db, put_user, &c);
	free(c.sealed);
}

static bool
has(const char *text)
{
	size_t len;
	uint8_t *out = render(&len);
	bool found = strstr((char *)out, text) != NULL;

	free(out);
	return found;
}

START_TEST(secrets)
{
	struct make m = { .model = "8861", .now = 1000,
	    .set = "enable-digest-authentication=yes" };
	struct change own = { .setting = setting_get(SETTING_DIGEST_USER),
	    .value = "ann" };
	struct change enc = { .profile = "try",
	    .setting = setting_get(SETTING_ENC_CONFIG), .value = "yes" };
	struct phone_file f;
	struct err e = { 0 };
	uint8_t *out = NULL;
	size_t len;
	int64_t at;

	user("", "any-realm");
	phone(&m);
	fix_tx(db, set_own, &own);
	secret("phone-password", "4711");
	secret("ssh-password", "sh<ell");
	read_base();
	ck_assert(has("<authName>ann</authName>"));
	ck_assert(has("<authPassword>any-realm</authPassword>"));
	ck_assert(has("<phonePassword>4711</phonePassword>"));
	ck_assert(has("<sshPassword>sh&lt;ell</sshPassword>"));
	key(before, &at);
	ck_assert_int_eq(at, 5000);
	/* The realm's own counts before the one for any. */
	user("ccmsipline", "this-realm");
	differs(true);
	ck_assert(has("<authPassword>this-realm</authPassword>"));
	secret("phone-password", "4712");
	differs(true);
	/* Without the key no file rather than one that locks the phone out. */
	ck_assert_int_eq(phone_file_load(&f, db, &b, DEV, &e), ERR_OK);
	ck_assert_int_eq(phone_file_render(&f, &b, NULL, f.open, &out, &len, &e),
	    ERR_BADSTATE);
	ck_assert_ptr_null(out);
	ck_assert_ptr_null(strstr(e.msg, "4712"));
	phone_file_clear(&f);
	/* Flagged: nothing is even read. */
	fix_tx(db, set_profile, &enc);
	read_base();
	ck_assert_int_eq(phone_file_load(&f, db, &b, DEV, &e), ERR_OK);
	for (int i = 0; i < FILE_SECRET_N; i++)
		ck_assert_ptr_null(f.secret[i].sealed);
	ck_assert_int_eq(phone_file_render(&f, &b, NULL, f.open, &out, &len, &e),
	    ERR_OK);
	ck_assert_ptr_null(strstr((char *)out, "this-realm"));
	ck_assert_ptr_null(strstr((char *)out, "4712"));
	ck_assert_ptr_null(strstr((char *)out, "ell"));
	free(out);
	phone_file_clear(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_file_key");
	TCase *t = tcase_create("phone_file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, depends);
	tcase_add_test(t, when_changed);
	tcase_add_test(t, secrets);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return fix_run(s);
}
