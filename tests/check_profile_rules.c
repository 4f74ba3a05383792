/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings of profiles and phones: the rules of tests/data/settings.txt.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/rows_capf.h"
#include "tests/db_fixture.h"
#include "tests/profile_fix.h"
#include "tests/setting_data.h"
#include "trust/profile.h"

/* --- one write, in a transaction that is run twice --- */

WRITE(w_check, phone_check(d, NULL, w->name, &w->advice, e))

/* --- the rules --- */

/* Settings that only phones have go to the phone, the rest to a profile. */
static void
split(const char *all, char *profile, char *mine, size_t len)
{
	char text[512], *word, *rest = text;

	profile[0] = mine[0] = '\0';
	(void)str_copy(text, sizeof(text), all);
	while ((word = strsep(&rest, " ")) != NULL) {
		char name[SETTING_NAME_MAX + 1];
		char *to = profile;

		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(word, "="), word);
		if (!(setting_find(name)->where & SETTING_IN_PROFILE))
			to = mine;
		(void)snprintf(to + strlen(to), len - strlen(to), "%s%s",
		    to[0] != '\0' ? " " : "", word);
	}
}

/* A phone of that model with those settings. */
static int
try_phone(const struct setting_rule *r)
{
	char model[32], profile[512], mine[512];
	const char *slash = strchr(r->who, '/');
	enum phone_protocol p = strcmp(slash + 1, "SIP") == 0 ?
	    PROTOCOL_SIP : PROTOCOL_SCCP;
	struct write w = { .name = PHONE1 };
	int ret;

	(void)snprintf(model, sizeof(model), "%.*s", (int)(slash - r->who),
	    r->who);
	split(r->set, profile, mine, sizeof(profile));
	if ((ret = add("try", (int)p, profile)) != ERR_OK)
		return ret;
	phone(PHONE1, model, p, "try");
	if (strstr(r->set, "device-security-mode") == NULL)
		certificate(PHONE1, DEVICE_REVOKED);
	if (mine[0] != '\0')
		return own(PHONE1, mine);
	return run(w_check, &w);
}

static void
check_rule(const struct setting_row *row, const struct setting_rule *r)
{
	int ret;

	setup();
	if (r->who[0] != '-')
		ret = try_phone(r);
	else
		ret = add("try", r->kind == RULE_REFUSE_SCCP ? PROTOCOL_SCCP :
		    PROTOCOL_SIP, r->set);
	switch (r->kind) {
	case RULE_TAKE:
	case RULE_SILENT:
	case RULE_ADVISE:
		ck_assert_msg(ret == ERR_OK, "%s: %s %s: %s", row->option,
		    r->who, r->set, last.msg);
		break;
	case RULE_REFUSE:
	case RULE_REFUSE_SCCP:
		ck_assert_msg(ret == ERR_REFUSED, "%s: %s %s was taken",
		    row->option, r->who, r->set);
		message(r->text);
		break;
	}
	if (r->kind == RULE_ADVISE)
		ck_assert_msg(strstr(said, r->text) != NULL, "%s: %s\n\"%s\"",
		    row->option, r->set, said);
	if (r->kind == RULE_SILENT)
		ck_assert_msg(said[0] == '\0', "%s", said);
	teardown();
}

START_TEST(rules)
{
	struct setting_row *rows;
	size_t n, seen = 0;

	teardown();
	n = setting_data(&rows);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < rows[i].nrule; k++, seen++)
			check_rule(&rows[i], &rows[i].rule[k]);
	ck_assert_uint_gt(seen, 50);
	free(rows);
	setup();
}
END_TEST

/* spec/phone-files.md section 5: what words are in the file. */
START_TEST(codes)
{
	struct setting_row *rows;
	size_t n, seen = 0;

	n = setting_data(&rows);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < rows[i].neffect; k++, seen++) {
			const struct setting *s = setting_find(rows[i].option);
			const struct setting_word *w = setting_word(s,
			    rows[i].effect[k].value);

			ck_assert_msg(w != NULL && strcmp(w->code,
			    rows[i].effect[k].code) == 0, "%s %s",
			    s->option, rows[i].effect[k].value);
		}
	ck_assert_uint_gt(seen, 30);
	free(rows);
}
END_TEST

/* Requirement document SO5, "Configuring Media Encryption with Barge". */
START_TEST(bridge_wording)
{
	static const char exact[] =
	    "If you configure encryption for Cisco Unified IP Phone models "
	    "7960 and 7940, those encrypted devices cannot accept a barge "
	    "request when they are participating in an encrypted call. When "
	    "the call is encrypted, the barge attempt fails.";

	ck_assert_str_eq(profile_bridge_message, exact);
	is(ERR_OK, add("enc", PROTOCOL_SCCP, "device-security-mode=encrypted"));
	phone(PHONE1, "7960", PROTOCOL_SCCP, "enc");
	phone(PHONE2, "7961", PROTOCOL_SCCP, "enc");
	is(ERR_OK, own(PHONE2, "builtin-bridge=on"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, own(PHONE1, "builtin-bridge=on"));
	ck_assert_str_eq(said, exact);
	/* Through the profile, too. */
	is(ERR_OK, set("enc", "pc-port=disabled"));
	ck_assert_str_eq(said, exact);
	is(ERR_OK, own(PHONE1, "builtin-bridge=off"));
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(bridge_by_defaults)
{
	is(ERR_OK, add("sys", PROTOCOL_SCCP, ""));
	phone(PHONE1, "7960", PROTOCOL_SCCP, "sys");
	phone(PHONE2, "7940", PROTOCOL_SCCP, "");
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "on"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	ck_assert_msg(strstr(said, profile_bridge_message) != NULL, "%s",
	    said);
	/* The one with the predefined profile stays non-secure. */
	ck_assert_msg(strstr(said, "This concerns 1 phone.") != NULL, "%s",
	    said);
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "off"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "on"));
	ck_assert_msg(strstr(said, profile_bridge_message) != NULL, "%s",
	    said);
	is(ERR_OK, param(PARAM_TFTP_RETRIES, "7"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_LOADS, "8841=a"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_LOADS, "8841=a,8842=a"));
	ck_assert_ptr_nonnull(strstr(said, "8842 is no model"));
}
END_TEST

/* A default that changed is no occasion to say everything again. */
START_TEST(defaults_say_what_is_new)
{
	is(ERR_OK, add("own", PROTOCOL_SIP, "device-security-mode=encrypted "
	    "exclude-digest-credentials-in-configuration-file=yes "
	    "builtin-bridge=on"));
	is(ERR_OK, add("sys", PROTOCOL_SIP, "device-security-mode=encrypted "
	    "exclude-digest-credentials-in-configuration-file=yes"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "own");
	phone(PHONE2, "7940", PROTOCOL_SIP, "sys");
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "on"));
	ck_assert_msg(str_starts(said, profile_bridge_message), "%s", said);
	ck_assert_str_eq(said + strlen(profile_bridge_message),
	    "\nThis concerns 1 phone.");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "non-secure"));
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(default_mode_is_checked)
{
	is(ERR_OK, add("sys", PROTOCOL_SIP, ""));
	phone(PHONE1, "7905", PROTOCOL_SIP, "sys");
	is(ERR_REFUSED, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	message(PHONE1);
	message("not applicable to 7905/SIP");
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_DEFAULT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("profile_rules");
	TCase *t = tcase_create("profile");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rules);
	tcase_add_test(t, codes);
	tcase_add_test(t, bridge_wording);
	tcase_add_test(t, bridge_by_defaults);
	tcase_add_test(t, defaults_say_what_is_new);
	tcase_add_test(t, default_mode_is_checked);
	suite_add_tcase(s, t);
	return fix_run(s);
}
