/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Profiles: every change of one, and which phones it concerns.
 */
#include <stdio.h>
#include <string.h>

#include "db/internal.h"
#include "db/rows_capf.h"
#include "tests/db_fixture.h"
#include "tests/profile_fix.h"
#include "trust/profile.h"

/* --- one write, in a transaction that is run twice --- */

WRITE(w_add, profile_add(d, &w->spec, w->now, &w->r, e))
WRITE(w_set, profile_set(d, &w->spec, w->now, &w->r, e))
WRITE(w_copy, profile_copy(d, w->name, w->to, w->now, &w->r, e))
WRITE(w_rename, profile_rename(d, w->name, w->to, w->now, &w->r, e))
WRITE(w_remove, profile_remove(d, w->name, e))
WRITE(w_check_new, phone_check_new(d, NULL, w->name, &w->advice, e))
WRITE(w_check, phone_check(d, NULL, w->name, &w->advice, e))
WRITE(w_secret, row_secret_put(d, w->name, w->to, (const uint8_t *)"x", 1, 1,
    e))

/* --- changes --- */

START_TEST(add_again)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, "key-order=ec-only nonce-validity-"
	    "time=600"));
	/* The default of a profile's own setting is no row. */
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM profile_setting"),
	    1);
	is(ERR_OK, add("p", PROTOCOL_SIP, "key-order=ec-only"));
	is(ERR_EXISTS, add("p", PROTOCOL_SIP, "key-order=rsa-only"));
	message("Key Order");
	is(ERR_EXISTS, add("p", PROTOCOL_SIP, ""));
	message("not given");
	is(ERR_EXISTS, add("p", PROTOCOL_SCCP, "key-order=ec-only"));
	message("protocol");
	is(ERR_ARG, add("p", PROTOCOL_SIP, "key-order=none"));
	ck_assert_int_eq(fix_i64(db, "SELECT changed_at FROM phone_profile"),
	    10);
}
END_TEST

START_TEST(set_once)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	is(ERR_OK, set("p", "pc-port=disabled"));
	ck_assert(changed);
	is(ERR_OK, set("p", "pc-port=no"));
	ck_assert(!changed);
	ck_assert_int_eq(fix_i64(db, "SELECT changed_at FROM phone_profile"),
	    20);
	is(ERR_OK, set("p", "nonce-validity-time=600"));
	ck_assert(!changed);
	is(ERR_NOTFOUND, set("q", "pc-port=no"));
	message("phone profile list");
	is(ERR_REFUSED, set("p", "display-name=x"));
	message("phone set");
	is(ERR_REFUSED, set("p", "rsa-key-size=1024"));
	message("--allow-weak");
}
END_TEST

START_TEST(set_row)
{
	struct write w = { .spec = { .name = "p", .protocol = PROTOCOL_SCCP,
	    .description = "caf\xc3\xa9" } };

	is(ERR_OK, add("p", PROTOCOL_SIP, "transport-type=udp"));
	is(ERR_REFUSED, run(w_set, &w));
	message("set --transport-type default");
	is(ERR_OK, set("p", "transport-type=default"));
	is(ERR_OK, run(w_set, &w));
	ck_assert(w.changed);
	w.changed = false;
	is(ERR_OK, run(w_set, &w));
	ck_assert(!w.changed);
	phone(PHONE1, "7941", PROTOCOL_SCCP, "p");
	w.spec.protocol = PROTOCOL_SIP;
	is(ERR_REFUSED, run(w_set, &w));
	message("used by 1 phones");
	w.spec.protocol = -1;
	w.spec.description = "a<b";
	is(ERR_ARG, run(w_set, &w));
}
END_TEST

/* What one phone cannot do stops the change for all. */
START_TEST(set_checks_phones)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	phone(PHONE2, "7912", PROTOCOL_SIP, "p");
	is(ERR_REFUSED, set("p", "device-security-mode=encrypted"));
	message(PHONE2);
	message("profile p");
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM profile_setting"),
	    0);
	phone(PHONE2, "7962", PROTOCOL_SIP, "p");
	is(ERR_OK, set("p", "device-security-mode=encrypted"));
}
END_TEST

/* Security mode and certificate: refused, or waiting, never a trap. */
START_TEST(set_checks_certificates)
{
	struct write w = { .name = PHONE1 };

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	certificate(PHONE1, DEVICE_REVOKED);
	is(ERR_REFUSED, set("p", "device-security-mode=authenticated"));
	message(PHONE1 " has none");
	message("utils capf install " PHONE1);
	message("--secure-when-ready yes");
	is(ERR_OK, set("p", "device-security-mode=encrypted "
	    "secure-when-ready=yes"));
	ck_assert_str_eq(said, "");
	is(ERR_REFUSED, set("p", "secure-when-ready=no"));
	/* The phone may say it for itself. */
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	is(ERR_OK, set("p", "secure-when-ready=no"));
	is(ERR_REFUSED, own(PHONE1, "secure-when-ready=default"));
	certificate(PHONE1, DEVICE_CURRENT);
	is(ERR_OK, own(PHONE1, "secure-when-ready=default"));
	is(ERR_OK, run(w_check_new, &w));
	/* Lost later: advice, or nothing of the phone could be changed. */
	certificate(PHONE1, DEVICE_DELETED);
	is(ERR_OK, own(PHONE1, "certificate-operation=install-upgrade"));
	ck_assert_msg(strstr(said, "stays non-secure until") != NULL, "%s",
	    said);
	is(ERR_OK, set("p", "pc-port=disabled"));
	is(ERR_REFUSED, run(w_check_new, &w));
	/* The default of all phones is a mode as well. */
	is(ERR_OK, add("q", PROTOCOL_SIP, ""));
	phone(PHONE2, "8861", PROTOCOL_SIP, "q");
	certificate(PHONE2, DEVICE_REVOKED);
	is(ERR_REFUSED, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	message(PHONE2);
	certificate(PHONE2, DEVICE_CURRENT);
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
}
END_TEST

START_TEST(nothing_to_type)
{
	struct write w = { .name = PHONE1, .to = "authentication-string" };

	is(ERR_OK, add("p", PROTOCOL_SIP,
	    "authentication-mode=by-authentication-string"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	is(ERR_OK, own(PHONE1, "pc-port=disabled"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, own(PHONE1, "certificate-operation=install-upgrade"));
	ck_assert_msg(strstr(said, "utils capf authstring") != NULL, "%s",
	    said);
	is(ERR_OK, run(w_secret, &w));
	is(ERR_OK, own(PHONE1, "pc-port=enabled"));
	ck_assert_str_eq(said, "");
	/* Encrypted files send it there as well. */
	phone(PHONE2, "8861", PROTOCOL_SIP, "p");
	certificate(PHONE2, DEVICE_REVOKED);
	is(ERR_OK, set("p", "tftp-encrypted-config=yes"));
	ck_assert_msg(strstr(said, "utils capf authstring") != NULL, "%s",
	    said);
}
END_TEST

/* The parameter is what profiles without a size have. */
START_TEST(key_size_of_all)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	is(ERR_OK, param(PARAM_CAPF_KEY_SIZE, "4096"));
	value(PHONE1, SETTING_RSA_KEY_SIZE, "4096", FROM_PARAM);
	is(ERR_OK, set("p", "rsa-key-size=3072"));
	value(PHONE1, SETTING_RSA_KEY_SIZE, "3072", FROM_PROFILE);
}
END_TEST

START_TEST(phone_of_other_protocol)
{
	struct write w = { .name = PHONE1 };

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "7941", PROTOCOL_SCCP, "p");
	is(ERR_REFUSED, run(w_check, &w));
	message("profile p is for SIP");
	phone(PHONE1, "8861", PROTOCOL_SCCP, "");
	is(ERR_REFUSED, run(w_check, &w));
	message("no firmware");
}
END_TEST

/* A setting left behind by a change of the model. */
START_TEST(left_behind)
{
	struct write w = { .name = PHONE1 };

	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, own(PHONE1, "ssh-access=enabled"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "");
	is(ERR_REFUSED, run(w_check, &w));
	message("--ssh-access default");
	is(ERR_OK, own(PHONE1, "ssh-access=default"));
	is(ERR_OK, run(w_check, &w));
}
END_TEST

START_TEST(own_settings)
{
	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, own(PHONE1, "pc-port=disabled"));
	ck_assert(changed);
	ck_assert_int_eq(fix_i64(db, "SELECT changed_at FROM phone"), 30);
	is(ERR_OK, own(PHONE1, "pc-port=disabled"));
	ck_assert(!changed);
	is(ERR_OK, own(PHONE1, "certificate-operation=no-pending-operation"));
	ck_assert(!changed);
	is(ERR_REFUSED, own(PHONE1, "transport-type=udp"));
	message("phone profile set");
	is(ERR_ARG, own(PHONE1, "ssh-password=x"));
	is(ERR_NOTFOUND, own(PHONE2, "pc-port=disabled"));
	is(ERR_REFUSED, own(PHONE1, "rsa-key-size=512"));
}
END_TEST

/* Its file is open to all until its first key: said where there is anything
 * in it that should not be. */
START_TEST(waiting_with_passwords)
{
	struct write w = { .name = PHONE1, .to = "phone-password" };
	static const char note[] = "its file is served whole to whoever asks, "
	    "with its passwords";

	is(ERR_OK, add("p", PROTOCOL_SIP, "tftp-encrypted-config=yes "
	    "secure-when-ready=yes"));
	ck_assert_ptr_nonnull(strstr(said, note));
	is(ERR_OK, set("p", "secure-when-ready=no"));
	ck_assert_ptr_null(strstr(said, note));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	certificate(PHONE1, DEVICE_REVOKED);
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	ck_assert_ptr_null(strstr(said, note));
	is(ERR_OK, own(PHONE1, "secure-when-ready=no"));
	is(ERR_OK, run(w_secret, &w));
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	ck_assert_ptr_nonnull(strstr(said, note));
	is(ERR_OK, own(PHONE1, "secure-when-ready=no"));
	certificate(PHONE1, DEVICE_CURRENT);
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	ck_assert_ptr_null(strstr(said, note));
}
END_TEST

START_TEST(symmetric_key)
{
	struct write w = { .name = PHONE1, .to = "symmetric-key" };

	is(ERR_OK, add("p", PROTOCOL_SIP, "tftp-encrypted-config=yes"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "p");
	is(ERR_REFUSED, run(w_check, &w));
	is(ERR_OK, run(w_secret, &w));
	is(ERR_REFUSED, run(w_check, &w));
	message("files.symmetric_encryption yes");
	is(ERR_OK, param(PARAM_FILES_SYMMETRIC, "yes"));
	is(ERR_OK, run(w_check, &w));
	is(ERR_REFUSED, param(PARAM_FILES_SYMMETRIC, "no"));
	message(PHONE1);
}
END_TEST

START_TEST(authentication_string)
{
	struct write w = { .name = PHONE1, .to = "authentication-string" };

	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, run(w_secret, &w));
	is(ERR_REFUSED, run(w_check, &w));
	message("Authentication Mode By Null String");
	is(ERR_OK, own(PHONE1, "authentication-mode=by-authentication-"
	    "string"));
}
END_TEST

START_TEST(copies)
{
	is(ERR_OK, add("p", PROTOCOL_SCCP, "pc-port=disabled "
	    "device-security-mode=encrypted"));
	is(ERR_OK, named(w_copy, "p", "q"));
	ck_assert(changed);
	is(ERR_OK, named(w_copy, "p", "q"));
	ck_assert(!changed);
	is(ERR_OK, set("q", "pc-port=enabled"));
	is(ERR_EXISTS, named(w_copy, "p", "q"));
	is(ERR_NOTFOUND, named(w_copy, "none", "x"));
	is(ERR_ARG, named(w_copy, "p", "a\tb"));
	/* A copy of a predefined one stays non-secure whatever comes. */
	is(ERR_OK, named(w_copy, "Standard SIP Non-Secure Profile", "mine"));
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "mine");
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_PROFILE);
}
END_TEST

START_TEST(renames)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, "pc-port=disabled"));
	is(ERR_OK, add("other", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	is(ERR_EXISTS, named(w_rename, "p", "other"));
	is(ERR_NOTFOUND, named(w_rename, "none", "x"));
	is(ERR_OK, named(w_rename, "p", "p"));
	ck_assert(!changed);
	is(ERR_OK, named(w_rename, "p", "new name (1)"));
	ck_assert(changed);
	value(PHONE1, SETTING_PC_PORT, "disabled", FROM_PROFILE);
	is(ERR_NOTFOUND, set("p", "pc-port=enabled"));
}
END_TEST

START_TEST(removes)
{
	char name[32];

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	for (int i = 1; i <= 5; i++) {
		(void)snprintf(name, sizeof(name), "SEP00000000000%d", i);
		phone(name, "8861", PROTOCOL_SIP, "p");
	}
	is(ERR_REFUSED, named(w_remove, "p", NULL));
	message("used by 5 phones (SEP000000000001, SEP000000000002, "
	    "SEP000000000003, ...)");
	for (int i = 1; i <= 5; i++) {
		(void)snprintf(name, sizeof(name), "SEP00000000000%d", i);
		phone(name, "8861", PROTOCOL_SIP, "");
	}
	is(ERR_OK, named(w_remove, "p", NULL));
	is(ERR_NOTFOUND, named(w_remove, "p", NULL));
}
END_TEST

START_TEST(resolves)
{
	char out[PROFILE_NAME_MAX + 1];
	struct err e = { 0 };

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	ck_assert_int_eq(profile_resolve(db, "p", PROTOCOL_SIP, out, &e), 0);
	ck_assert_str_eq(out, "p");
	ck_assert_int_eq(profile_resolve(db, "", PROTOCOL_SCCP, out, &e), 0);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(profile_resolve(db,
	    "Standard SIP Non-Secure Profile", PROTOCOL_SIP, out, &e), 0);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(profile_resolve(db,
	    "Standard SIP Non-Secure Profile", PROTOCOL_SCCP, out, &e),
	    ERR_REFUSED);
	ck_assert_int_eq(profile_resolve(db, "p", PROTOCOL_SCCP, out, &e),
	    ERR_REFUSED);
	ck_assert_int_eq(profile_resolve(db, "q", PROTOCOL_SIP, out, &e),
	    ERR_NOTFOUND);
}
END_TEST

static const struct {
	const char	*name, *set;
} made[] = {
	{ "plain", "device-security-mode=non-secure "
	    "tftp-encrypted-config=no " },
	{ "hardened", "device-security-mode=encrypted "
	    "tftp-encrypted-config=yes settings-access=restricted "
	    "web-access=disabled tls12-only=yes pc-voice-vlan-access=disabled "
	    "gratuitous-arp=disabled ssh-access=disabled " },
	{ "secure-when-ready", "device-security-mode=encrypted "
	    "tftp-encrypted-config=yes secure-when-ready=yes " },
};

/* Word for word what manual and help say of them. */
START_TEST(template_values)
{
	const struct profile_template *t = profile_template_find(
	    made[_i].name);
	char text[512] = "";
	size_t n = 0;

	ck_assert_ptr_nonnull(t);
	for (const struct template_value *v = t->set; v->value != NULL; v++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s=%s ",
		    setting_get(v->id)->option, v->value);
	ck_assert_str_eq(text, made[_i].set);
}
END_TEST

static const struct {
	const char	*text;
	bool		 name, description;
} texts[] = {
	{ "enc", true, true }, { "A b.c-d_e(f)/g", true, true },
	{ "", false, true }, { " a", false, true }, { "a ", false, true },
	{ "a\"b", false, false }, { "a%b", false, false },
	{ "a&b", false, false }, { "a\\b", false, false },
	{ "-", true, true }, { "(none)", true, false },
	{ "(none).", true, true },
	{ "a<b", false, false }, { "a\nb", false, false },
	{ "\xc3\xa4", false, true }, { "\xff", false, false },
	{ "0123456789012345678901234567890123456789012345678901234567890123",
	    true, false },
	{ "01234567890123456789012345678901234567890123456789012345678901234",
	    false, false },
	{ "01234567890123456789012345678901234567890123456789", true, true },
	{ "01234567890123456789012345678901234567890123456789x", true,
	    false },
};

START_TEST(names_and_descriptions)
{
	char name[PROFILE_NAME_MAX + 1], text[DESCRIPTION_LEN];
	struct err e = { 0 };

	ck_assert_int_eq(profile_name(texts[_i].text, name, &e) == ERR_OK,
	    texts[_i].name);
	ck_assert_int_eq(description_check(texts[_i].text, text, &e) ==
	    ERR_OK, texts[_i].description);
}
END_TEST

START_TEST(ready_made)
{
	int n = 0;

	for (const struct profile_template *t = profile_templates();
	    t->name != NULL; t++, n++) {
		struct write w = { .spec = { .name = t->name,
		    .protocol = PROTOCOL_SIP } };
		size_t k = 0;

		for (; t->set[k].value != NULL; k++) {
			w.change[k].setting = setting_get(t->set[k].id);
			w.change[k].value = t->set[k].value;
		}
		ck_assert_uint_le(k, 8);
		w.spec.change = w.change;
		w.spec.nchange = k;
		is(ERR_OK, run(w_add, &w));
		ck_assert_msg(n == 0 ? said[0] == '\0' : strncmp(said, n == 1 ?
		    "NOTE: TFTP Encrypted Config with Authentication Mode By "
		    "Null String: whoever" : "NOTE: Secure When Ready: ",
		    n == 1 ? 75 : 25) == 0, "%s", said);
		ck_assert_ptr_eq(profile_template_find(t->name), t);
	}
	ck_assert_int_eq(n, 3);
	ck_assert_ptr_null(profile_template_find("none"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, add_again);
	tcase_add_test(t, set_once);
	tcase_add_test(t, set_row);
	tcase_add_test(t, set_checks_phones);
	tcase_add_test(t, set_checks_certificates);
	tcase_add_test(t, nothing_to_type);
	tcase_add_test(t, key_size_of_all);
	tcase_add_test(t, phone_of_other_protocol);
	tcase_add_test(t, left_behind);
	tcase_add_test(t, own_settings);
	tcase_add_test(t, waiting_with_passwords);
	tcase_add_test(t, symmetric_key);
	tcase_add_test(t, authentication_string);
	tcase_add_test(t, copies);
	tcase_add_test(t, renames);
	tcase_add_test(t, removes);
	tcase_add_test(t, resolves);
	tcase_add_loop_test(t, names_and_descriptions, 0, N(texts));
	tcase_add_test(t, ready_made);
	tcase_add_loop_test(t, template_values, 0, N(made));
	suite_add_tcase(s, t);
	return fix_run(s);
}
