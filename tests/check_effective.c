/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which value of a setting counts for a phone, and where it is from.
 */
#include <stdio.h>

#include "db/internal.h"
#include "tests/db_fixture.h"
#include "tests/profile_fix.h"
#include "trust/profile.h"

/* --- one write, in a transaction that is run twice --- */

WRITE(w_add, profile_add(d, &w->spec, w->now, &w->r, e))
WRITE(w_rename, profile_rename(d, w->name, w->to, w->now, &w->r, e))
WRITE(w_remove, profile_remove(d, w->name, e))
WRITE(w_secret_now, row_secret_put(d, w->name, w->to, (const uint8_t *)"x",
    1, w->now, e))
WRITE(w_secret, row_secret_put(d, w->name, w->to, (const uint8_t *)"x", 1, 1,
    e))

/* --- which value counts --- */

START_TEST(precedence)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	value(PHONE1, SETTING_WEB_ACCESS, "", FROM_DEFAULT);
	is(ERR_OK, param(PARAM_PHONE_WEB_ACCESS, "read-only"));
	value(PHONE1, SETTING_WEB_ACCESS, "read-only", FROM_PARAM);
	is(ERR_OK, set("p", "web-access=full"));
	value(PHONE1, SETTING_WEB_ACCESS, "full", FROM_PROFILE);
	is(ERR_OK, own(PHONE1, "web-access=disabled"));
	value(PHONE1, SETTING_WEB_ACCESS, "disabled", FROM_PHONE);
	is(ERR_OK, own(PHONE1, "web-access=default"));
	value(PHONE1, SETTING_WEB_ACCESS, "full", FROM_PROFILE);
	is(ERR_OK, set("p", "web-access=default"));
	is(ERR_OK, param(PARAM_PHONE_WEB_ACCESS, "default"));
	value(PHONE1, SETTING_WEB_ACCESS, "", FROM_DEFAULT);
}
END_TEST

static void
newest(const char *name, int64_t want)
{
	struct phone_effective x;
	struct err e = { 0 };

	ck_assert_int_eq(phone_effective_load(&x, db, NULL, name, &e),
	    ERR_OK);
	ck_assert_int_eq(x.changed_at, want);
	phone_effective_clear(&x);
}

/* When a phone's file changed last: what its values are from. */
START_TEST(newest_change)
{
	struct write u = { .digest = true, .user = { .name = "ann",
	    .changed_at = 60 } };
	struct write s = { .name = PHONE1, .to = "ssh-password", .now = 70 };

	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	newest(PHONE1, 2);
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	newest(PHONE1, 2);
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	newest(PHONE1, 10);
	is(ERR_OK, set("p", "web-access=full"));
	newest(PHONE1, 20);
	is(ERR_OK, own(PHONE1, "digest-user=ann"));
	newest(PHONE1, 30);
	is(ERR_OK, param(PARAM_PHONE_WEB_ACCESS, "read-only"));
	newest(PHONE1, 30);		/* the profile has its own */
	is(ERR_OK, param(PARAM_PHONE_GARP, "disabled"));
	newest(PHONE1, 50);
	is(ERR_OK, run(w_user, &u));
	newest(PHONE1, 60);
	is(ERR_OK, run(w_secret_now, &s));
	newest(PHONE1, 70);
}
END_TEST

/* What was taken with --allow-weak counts. */
START_TEST(weak_counts)
{
	struct setting_change c = { setting_get(SETTING_RSA_KEY_SIZE),
	    "1024" };
	struct write w = { .spec = { .name = "weak", .protocol =
	    PROTOCOL_SIP, .change = &c, .nchange = 1 } };

	is(ERR_REFUSED, run(w_add, &w));
	message("--allow-weak");
	w.spec.flags = SETTING_ALLOW_WEAK;
	is(ERR_OK, run(w_add, &w));
	phone(PHONE1, "8861", PROTOCOL_SIP, "weak");
	value(PHONE1, SETTING_RSA_KEY_SIZE, "1024", FROM_PROFILE);
}
END_TEST

/* A size is in the way of an order that is said at the same place, or
 * farther from the phone. */
START_TEST(order_over_size)
{
	is(ERR_OK, add("rsa", PROTOCOL_SIP, "rsa-key-size=3072"));
	is(ERR_OK, add("ec", PROTOCOL_SIP, "key-order=ec-only"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "rsa");
	phone(PHONE2, "8861", PROTOCOL_SIP, "ec");
	is(ERR_OK, own(PHONE1, "key-order=ec-only"));
	is(ERR_REFUSED, own(PHONE2, "rsa-key-size=3072"));
	message("RSA Key Size (Bits) 3072 does not go with Key Order EC Only");
	is(ERR_REFUSED, own(PHONE1, "rsa-key-size=2048"));
}
END_TEST

/* "" is a value where there is a default to turn off. */
START_TEST(none_over_default)
{
	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, param(PARAM_PHONE_SERVICES_URL, "http://h/"));
	value(PHONE1, SETTING_SERVICES_URL, "http://h/", FROM_PARAM);
	is(ERR_OK, own(PHONE1, "services-url="));
	value(PHONE1, SETTING_SERVICES_URL, "", FROM_PHONE);
}
END_TEST

START_TEST(predefined_stays)
{
	enum phone_protocol p;

	ck_assert(profile_is_predefined("standard sip non-secure profile",
	    &p) && p == PROTOCOL_SIP);
	ck_assert(!profile_is_predefined("", &p));
	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	phone(PHONE2, "8861", PROTOCOL_SIP, "gone");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_PROFILE);
	value(PHONE2, SETTING_SECURITY_MODE, "non-secure", FROM_PROFILE);
	for (int i = 0; i < PROTOCOL_N; i++) {
		const char *name = profile_predefined(i);

		is(ERR_REFUSED, add(name, PROTOCOL_SIP, ""));
		is(ERR_REFUSED, set(name, "web-access=full"));
		message("predefined");
		is(ERR_REFUSED, named(w_rename, name, "x"));
		is(ERR_REFUSED, named(w_remove, name, NULL));
		message("copy it");
	}
	is(ERR_OK, add("x", PROTOCOL_SIP, ""));
	is(ERR_REFUSED, named(w_rename, "x", profile_predefined(0)));
}
END_TEST

/* model, protocol, mode: what the transport is when nobody says */
static const struct {
	const char	*model, *mode, *transport;
	enum setting_from from;
} transports[] = {
	{ "8861", "non-secure", "tcp+udp", FROM_DERIVED },
	{ "8861", "encrypted", "tls", FROM_DERIVED },
	{ "8861", "authenticated", "tls", FROM_DERIVED },
	{ "7905", "non-secure", "udp", FROM_MODEL },
	{ "", "non-secure", "tcp+udp", FROM_DERIVED },
};

START_TEST(transport_follows)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "device-security-mode=%s",
	    transports[_i].mode);
	is(ERR_OK, add("p", PROTOCOL_SIP, text));
	phone(PHONE1, transports[_i].model, PROTOCOL_SIP, "p");
	value(PHONE1, SETTING_TRANSPORT, transports[_i].transport,
	    transports[_i].from);
}
END_TEST

/* A profile serves several models: what one of them lacks is left out. */
START_TEST(not_applicable_has_default)
{
	is(ERR_OK, add("hard", PROTOCOL_SIP, "ssh-access=disabled "
	    "tls12-only=yes pc-port=disabled"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "hard");
	phone(PHONE2, "8861", PROTOCOL_SIP, "hard");
	value(PHONE1, SETTING_SSH_ACCESS, "", FROM_DEFAULT);
	value(PHONE1, SETTING_TLS12_ONLY, "", FROM_DEFAULT);
	value(PHONE1, SETTING_PC_PORT, "disabled", FROM_PROFILE);
	value(PHONE2, SETTING_TLS12_ONLY, "yes", FROM_PROFILE);
	is(ERR_REFUSED, own(PHONE1, "ssh-access=enabled"));
	message("SSH Access is not applicable to 7960/SIP");
	is(ERR_OK, own(PHONE2, "ssh-access=enabled"));
}
END_TEST

START_TEST(whole_phone)
{
	struct write w = { .name = PHONE1, .to = "ssh-password" };
	struct phone_effective x;
	struct err e = { 0 };

	is(ERR_OK, add("enc", PROTOCOL_SIP, "device-security-mode=encrypted "
	    "enable-digest-authentication=yes nonce-validity-time=60"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "enc");
	is(ERR_OK, own(PHONE1, "digest-user=ann idle-timer=5"));
	is(ERR_OK, run(w_secret, &w));
	ck_assert_int_eq(phone_effective_load(&x, db, NULL, PHONE1, &e),
	    ERR_OK);
	ck_assert_str_eq(x.profile, "enc");
	ck_assert_str_eq(x.model->name, "8861");
	ck_assert(x.user_known && x.user_has_digest);
	ck_assert_int_eq(x.changed_at, 30);
	ck_assert(effective_yes(&x, SETTING_DIGEST_AUTH));
	ck_assert_int_eq(effective_int(&x, SETTING_NONCE_VALIDITY), 60);
	ck_assert_int_eq(effective_int(&x, SETTING_IDLE_TIMER), 5);
	ck_assert_str_eq(effective_code(&x, SETTING_SECURITY_MODE), "3");
	ck_assert_str_eq(effective_code(&x, SETTING_TRANSPORT), "3");
	ck_assert_str_eq(effective_code(&x, SETTING_WEB_ACCESS), "");
	ck_assert_str_eq(x.value[SETTING_SSH_PASSWORD], "");
	ck_assert_int_eq(x.from[SETTING_SSH_PASSWORD], FROM_PHONE);
	ck_assert_int_eq(x.from[SETTING_PHONE_PASSWORD], FROM_DEFAULT);
	for (int i = 0; i < SETTING_N; i++)
		ck_assert_ptr_nonnull(x.value[i]);
	phone_effective_clear(&x);
	ck_assert_int_eq(phone_effective_load(&x, db, NULL, PHONE2, &e),
	    ERR_NOTFOUND);
	phone_effective_clear(&x);
}
END_TEST

/* Rows that no version wrote, or a later one, do not count. */
START_TEST(foreign_rows)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	shadow_free(db);
	ck_assert_int_eq(sqlite3_exec(db->h,
	    "INSERT INTO profile_setting VALUES ('p', 'web-access', 'open'), "
	    "('p', 'pc-port', 'DISABLED'), ('p', 'later', 'x'), "
	    "('p', 'digest-user', 'ann');"
	    "INSERT INTO phone_setting VALUES "
	    "('" PHONE1 "', 'device-security-mode', 'encrypted'), "
	    "('" PHONE1 "', 'ssh-password', 'x')", NULL, NULL, NULL), 0);
	value(PHONE1, SETTING_WEB_ACCESS, "", FROM_DEFAULT);
	value(PHONE1, SETTING_PC_PORT, "", FROM_DEFAULT);
	value(PHONE1, SETTING_DIGEST_USER, "", FROM_DEFAULT);
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_DEFAULT);
	value(PHONE1, SETTING_SSH_PASSWORD, "", FROM_DEFAULT);
}
END_TEST

START_TEST(base_serves_many)
{
	struct profile_base *b;
	struct phone_effective x;
	struct err e = { 0 };

	is(ERR_OK, add("a", PROTOCOL_SIP, "pc-port=disabled"));
	is(ERR_OK, add("b", PROTOCOL_SIP, "pc-port=enabled"));
	is(ERR_OK, add("c", PROTOCOL_SCCP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "a");
	phone(PHONE2, "8861", PROTOCOL_SIP, "b");
	ck_assert_int_eq(profile_base_load(&b, db, &e), ERR_OK);
	ck_assert_int_eq(phone_effective_load(&x, db, b, PHONE1, &e), ERR_OK);
	ck_assert_str_eq(x.value[SETTING_PC_PORT], "disabled");
	phone_effective_clear(&x);
	ck_assert_int_eq(phone_effective_load(&x, db, b, PHONE2, &e), ERR_OK);
	ck_assert_str_eq(x.value[SETTING_PC_PORT], "enabled");
	phone_effective_clear(&x);
	ck_assert_int_eq(profile_effective(&x, db, b, "c", PROTOCOL_SIP, &e),
	    ERR_OK);
	ck_assert_int_eq(x.phone.protocol, PROTOCOL_SCCP);
	phone_effective_clear(&x);
	ck_assert_int_eq(profile_effective(&x, db, b, "d", PROTOCOL_SIP, &e),
	    ERR_NOTFOUND);
	ck_assert_int_eq(profile_effective(&x, db, b,
	    "Standard SCCP Non-Secure Profile", PROTOCOL_SIP, &e), ERR_OK);
	ck_assert_int_eq(x.phone.protocol, PROTOCOL_SCCP);
	phone_effective_clear(&x);
	profile_base_free(b);
	profile_base_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("effective");
	TCase *t = tcase_create("profile");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, precedence);
	tcase_add_test(t, newest_change);
	tcase_add_test(t, weak_counts);
	tcase_add_test(t, order_over_size);
	tcase_add_test(t, none_over_default);
	tcase_add_test(t, predefined_stays);
	tcase_add_loop_test(t, transport_follows, 0, N(transports));
	tcase_add_test(t, not_applicable_has_default);
	tcase_add_test(t, whole_phone);
	tcase_add_test(t, foreign_rows);
	tcase_add_test(t, base_serves_many);
	suite_add_tcase(s, t);
	return fix_run(s);
}
