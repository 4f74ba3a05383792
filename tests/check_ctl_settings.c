/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings as options: the group of a command, what a line gives, what is
 * shown.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/settings.h"

static const struct cmd profile_cmd = {
	.words = "x", .settings = SETTINGS_PROFILE,
	.arg = { { .name = "NAME", .help = "x" },
	    { .name = "--allow-weak", .help = "x" } },
};
static const struct cmd phone_cmd = {
	.words = "y", .settings = SETTINGS_PHONE,
	.arg = { { .name = "NAME", .help = "x" } },
};
static const struct cmd plain_cmd = { .words = "z" };

static const struct cmd_arg *
find(const struct cmd *c, const char *name)
{
	for (const struct cmd_arg *a = cmd_args(c); a->name != NULL; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

static size_t
count(const struct cmd *c)
{
	size_t n = 0;

	while (cmd_args(c)[n].name != NULL)
		n++;
	return n;
}

START_TEST(groups)
{
	size_t profile = 0, phone = 0;

	for (int i = 0; i < SETTING_N; i++) {
		const struct setting *s = setting_get(i);
		char name[SETTING_NAME_MAX + 8];

		profile += (s->where & SETTING_IN_PROFILE) != 0;
		phone += (s->where & SETTING_IN_PHONE) != 0;
		(void)snprintf(name, sizeof(name), "--%s%s", s->option,
		    s->type == SETTING_SECRET ? "-file" : "");
		ck_assert_int_eq(find(&profile_cmd, name) != NULL,
		    (s->where & SETTING_IN_PROFILE) != 0);
		ck_assert_int_eq(find(&phone_cmd, name) != NULL,
		    (s->where & SETTING_IN_PHONE) != 0);
	}
	ck_assert_uint_eq(count(&profile_cmd), profile + 2);
	ck_assert_uint_eq(count(&phone_cmd), phone + 1);
	ck_assert_ptr_eq(cmd_args(&plain_cmd), plain_cmd.arg);
	/* The same array each time: arguments are told by their address. */
	ck_assert_ptr_eq(cmd_args(&profile_cmd), cmd_args(&profile_cmd));
	ck_assert_str_eq(cmd_args(&profile_cmd)->name, "NAME");
}
END_TEST

START_TEST(option_texts)
{
	for (int i = 0; i < SETTING_N; i++) {
		struct cmd_arg a = settings_arg(setting_get(i));
		size_t n = strlen(a.help);

		ck_assert_msg(n > 20 && a.help[n - 1] == '.', "%s", a.help);
		ck_assert_msg(strstr(a.help, setting_get(i)->name) != NULL,
		    "%s", a.help);
		/* A secret is never on the command line: it has a file. */
		ck_assert(setting_get(i)->type != SETTING_SECRET ||
		    str_ends(a.name, "-file"));
		ck_assert_int_eq(a.kind == KIND_FILE,
		    setting_get(i)->type == SETTING_SECRET);
	}
}
END_TEST

START_TEST(line)
{
	char *const argv[] = { (char[]){ "phone" },
	    (char[]){ "profile" }, (char[]){ "set" }, (char[]){ "p" },
	    (char[]){ "--key-order" }, (char[]){ "ec-only" },
	    (char[]){ "--protocol" }, (char[]){ "sccp" },
	    (char[]){ "--pc-port=no" }, (char[]){ "--allow-weak" },
	    (char[]){ "--when-ready" } };
	struct setting_change c[CMD_VALUES_MAX];
	struct cmd_line l;
	struct err e = { 0 };

	ck_assert_msg(cmd_parse(&l, 11, argv, &e) == ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(settings_given(&l, c), 3);
	ck_assert_int_eq(c[0].setting->id, SETTING_KEY_ORDER);
	ck_assert_str_eq(c[0].value, "ec-only");
	ck_assert_int_eq(c[1].setting->id, SETTING_PC_PORT);
	ck_assert_str_eq(c[1].value, "no");
	ck_assert_int_eq(c[2].setting->id, SETTING_WHEN_READY);
	ck_assert_str_eq(c[2].value, "yes");
	ck_assert_uint_eq(settings_secrets(&l, c), 0);
	ck_assert_int_eq(settings_protocol(&l), PROTOCOL_SCCP);
}
END_TEST

START_TEST(secrets_apart)
{
	const struct cmd_arg *pw = find(&phone_cmd,
	    "--ssh-password-file");
	const struct cmd_arg *web = find(&phone_cmd, "--web-access");
	struct setting_change c[CMD_VALUES_MAX];
	struct cmd_line l = { .cmd = &phone_cmd, .nval = 2,
	    .val = { { pw, "x" }, { web, "full" } } };

	ck_assert_uint_eq(settings_given(&l, c), 1);
	ck_assert_int_eq(c[0].setting->id, SETTING_WEB_ACCESS);
	ck_assert_uint_eq(settings_secrets(&l, c), 1);
	ck_assert_int_eq(c[0].setting->id, SETTING_SSH_PASSWORD);
	ck_assert_int_eq(settings_protocol(&l), -1);
}
END_TEST

/* A phone whose every setting has its default, and one secret. */
static struct phone_effective
phone_of(const char *model)
{
	struct phone_effective x = { .model = model_of(model) };

	(void)strcpy(x.phone.name, "SEP000000000001");
	(void)strcpy(x.phone.model, model);
	for (int i = 0; i < SETTING_N; i++)
		x.value[i] = setting_get(i)->def;
	x.value[SETTING_WEB_ACCESS] = "read-only";
	x.from[SETTING_WEB_ACCESS] = FROM_PARAM;
	x.from[SETTING_SSH_PASSWORD] = FROM_PHONE;
	return x;
}

static char *
shown(const struct phone_effective *x, bool all)
{
	struct out o = { .json = false };
	char *text = NULL;
	size_t n;

	o.to = o.side = open_memstream(&text, &n);
	ck_assert_ptr_nonnull(o.to);
	settings_show(&o, x, all);
	ck_assert_int_eq(fclose(o.to), 0);
	return text;
}

START_TEST(shows)
{
	struct phone_effective x = phone_of("8861");
	char *text = shown(&x, false);

	ck_assert_ptr_nonnull(strstr(text, "Read Only"));
	ck_assert_ptr_nonnull(strstr(text, "parameter phone.web_access"));
	ck_assert_ptr_nonnull(strstr(text, "(set)"));
	ck_assert_ptr_null(strstr(text, "Key Order"));
	free(text);
	text = shown(&x, true);
	ck_assert_ptr_nonnull(strstr(text, "RSA Only"));
	ck_assert_ptr_nonnull(strstr(text, "(left open)"));
	ck_assert_ptr_null(strstr(text, "Symmetric Key"));
	free(text);
}
END_TEST

START_TEST(shows_json)
{
	struct phone_effective x = phone_of("7960");
	json_t *j = settings_json(&x), *s;

	ck_assert_ptr_nonnull(j);
	s = json_object_get(j, "web-access");
	ck_assert_str_eq(json_string_value(json_object_get(s, "value")),
	    "read-only");
	ck_assert_str_eq(json_string_value(json_object_get(s, "from")),
	    "parameter");
	s = json_object_get(j, "symmetric-key");
	ck_assert(json_is_null(json_object_get(s, "value")));
	ck_assert_ptr_null(json_object_get(j, "ssh-password"));
	json_decref(j);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_settings");
	TCase *t = tcase_create("settings");
	SRunner *r;
	int failed;

	tcase_add_test(t, groups);
	tcase_add_test(t, option_texts);
	tcase_add_test(t, line);
	tcase_add_test(t, secrets_apart);
	tcase_add_test(t, shows);
	tcase_add_test(t, shows_json);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
