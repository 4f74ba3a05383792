/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of settings against tests/data/settings.txt, which restates the
 * specification row by row; then names and values.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/setting_data.h"
#include "tests/spec_data.h"
#include "trust/setting.h"

START_TEST(table_is_whole)
{
	const struct setting *s = setting_get(_i);
	const struct param_def *d;
	char out[SETTING_VALUE_MAX + 1], range[256];
	struct err e = { 0 };

	ck_assert_int_eq(s->id, _i);
	ck_assert(s->option != NULL && s->name != NULL && s->effect != NULL &&
	    s->source != NULL && s->element != NULL && s->unit != NULL);
	ck_assert_uint_le(strlen(s->option), SETTING_NAME_MAX);
	ck_assert_uint_eq(strspn(s->option, "abcdefghijklmnopqrstuvwxyz"
	    "0123456789-"), strlen(s->option));
	ck_assert(s->where != 0 && s->protocols != 0);
	ck_assert_ptr_eq(setting_find(s->option), s);
	ck_assert_ptr_eq(setting_find(s->name), s);
	ck_assert_int_le(s->max, SETTING_VALUE_MAX > 86400 ? 0 : 86400);
	if (s->def[0] != '\0') {
		ck_assert_msg(setting_check(s, s->def, 0, out, &e) == ERR_OK,
		    "%s: %s", s->option, e.msg);
		ck_assert_str_eq(out, s->def);
	}
	setting_range(s, range, sizeof(range));
	ck_assert_uint_gt(strlen(range), 3);
	ck_assert_uint_lt(strlen(range), sizeof(range) - 1);
	for (const struct setting_word *w = s->words; w != NULL &&
	    w->word != NULL; w++) {
		ck_assert_msg(setting_check(s, w->name, SETTING_ALLOW_WEAK,
		    out, &e) == ERR_OK, "%s %s: %s", s->option, w->name,
		    e.msg);
		ck_assert_str_eq(out, w->word);
		ck_assert_str_eq(setting_value_name(s, out), w->name);
	}
	if (s->param == SETTING_NO_PARAM)
		return;
	/* The parameter takes what the setting takes. */
	d = &param_table()[s->param];
	for (const struct setting_word *w = s->words; w != NULL &&
	    w->word != NULL; w++) {
		char *v = NULL;

		/* But for what is weak: no default for all phones. */
		if (setting_check(s, w->word, 0, out, NULL) == ERR_REFUSED)
			continue;
		ck_assert_msg(param_check(d, w->word, &v, &e) == ERR_OK,
		    "%s: %s", d->name, e.msg);
		ck_assert_str_eq(v, w->word);
		free(v);
	}
	if (s->words == NULL)
		ck_assert_msg(d->min == s->min && d->max == s->max, "%s",
		    d->name);
	ck_assert(strcmp(d->def, s->def) == 0 ||
	    strcmp(d->def, "default") == 0);
}
END_TEST

START_TEST(names_differ)
{
	for (int i = 0; i < SETTING_N; i++)
		for (int k = 0; k < i; k++) {
			ck_assert_str_ne(setting_get(i)->option,
			    setting_get(k)->option);
			ck_assert_str_ne(setting_get(i)->name,
			    setting_get(k)->name);
		}
	ck_assert_ptr_eq(setting_find("--key-order"),
	    setting_get(SETTING_KEY_ORDER));
	ck_assert_ptr_eq(setting_find("KEY ORDER"),
	    setting_get(SETTING_KEY_ORDER));
	ck_assert_ptr_eq(setting_find("RSA Key Size (Bits)"),
	    setting_get(SETTING_RSA_KEY_SIZE));
	ck_assert_ptr_null(setting_find("key"));
	ck_assert_ptr_null(setting_find(""));
	ck_assert_ptr_null(setting_find("--"));
}
END_TEST

/* --- the specification's rows --- */

/* "profile+phone" and so on, as the data file says it. */
static void
where_text(const struct setting *s, char *out, size_t outlen)
{
	(void)snprintf(out, outlen, "%s%s%s%s",
	    s->where & SETTING_IN_PROFILE ? "profile" : "",
	    s->where == (SETTING_IN_PROFILE | SETTING_IN_PHONE) ? "+" : "",
	    s->where & SETTING_IN_PHONE ? "phone" : "",
	    s->param != SETTING_NO_PARAM ? "+param" : "");
}

static const char *
protocols_text(const struct setting *s)
{
	return s->protocols == 1u << PROTOCOL_SIP ? "SIP" : "all";
}

static void
check_row(const struct setting_row *r)
{
	const struct setting *s = setting_find(r->option);
	char where[64], range[256];

	ck_assert_msg(s != NULL, "no setting %s", r->option);
	where_text(s, where, sizeof(where));
	setting_range(s, range, sizeof(range));
	ck_assert_msg(strcmp(s->name, r->name) == 0, "%s: name %s", r->option,
	    s->name);
	ck_assert_msg(strcmp(where, r->where) == 0, "%s: where %s",
	    r->option, where);
	ck_assert_msg(strcmp(protocols_text(s), r->protocols) == 0,
	    "%s: protocols", r->option);
	ck_assert_msg(strcmp(range, r->range) == 0, "%s: range %s",
	    r->option, range);
	ck_assert_msg(strcmp(s->def, r->def) == 0, "%s: default %s",
	    r->option, s->def);
	ck_assert_msg(strcmp(s->element, r->element) == 0, "%s: element %s",
	    r->option, s->element);
}

static void
check_values(const struct setting_row *r)
{
	const struct setting *s = setting_find(r->option);
	char out[SETTING_VALUE_MAX + 1];
	struct err e = { 0 };
	int ret;

	for (size_t i = 0; i < r->ngood; i++) {
		ret = setting_check(s, r->good[i], 0, out, &e);
		ck_assert_msg(ret == ERR_OK, "%s \"%s\": %s", r->option,
		    r->good[i], e.msg);
	}
	for (size_t i = 0; i < r->nbad; i++) {
		ret = setting_check(s, r->bad[i], 0, out, &e);
		ck_assert_msg(ret == ERR_ARG || ret == ERR_REFUSED,
		    "%s \"%s\" was taken", r->option, r->bad[i]);
		ck_assert_msg(strstr(e.msg, s->name) != NULL, "%s", e.msg);
	}
}

START_TEST(specification)
{
	struct setting_row *rows;
	size_t n;

	n = setting_data(&rows);
	ck_assert_uint_eq(n, SETTING_N);
	for (size_t i = 0; i < n; i++) {
		check_row(&rows[i]);
		check_values(&rows[i]);
	}
	free(rows);
}
END_TEST

static const struct setting_row *
row_of(const struct setting_row *rows, size_t n, const char *option)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].option, option) == 0)
			return &rows[i];
	return NULL;
}

/* A row of the specification is tested: values, what phones read of it, and
 * what it depends on. */
static void
check_spec(const struct spec_what *w, const struct setting_row *r)
{
	const struct setting *s = setting_find(w->name);
	size_t nword = 0;

	ck_assert_msg(s != NULL && r != NULL, "%s: no %s", w->row, w->name);
	ck_assert_msg(r->def != NULL && r->range != NULL && r->ngood > 0 &&
	    r->nbad > 0, "%s: range, default and values", w->name);
	ck_assert_msg((strcmp(w->rest, "rule") == 0) == (r->nrule > 0),
	    "%s: dependencies", w->name);
	for (const struct setting_word *x = s->words; x != NULL &&
	    x->word != NULL; x++)
		nword += x->code[0] != '\0';
	if (s->element[0] != '\0' && s->type == SETTING_ENUM)
		ck_assert_msg(r->neffect == nword, "%s: effects", w->name);
}

START_TEST(spec_rows)
{
	size_t n, nwhat, seen[SETTING_N] = { 0 };
	struct setting_row *rows;
	struct spec_what *what;

	n = setting_data(&rows);
	nwhat = spec_data(&what);
	for (size_t i = 0; i < nwhat; i++) {
		if (what[i].kind != SPEC_SETTING)
			continue;
		check_spec(&what[i], row_of(rows, n, what[i].name));
		seen[setting_find(what[i].name)->id]++;
	}
	/* And none that the specification has is without its row. */
	for (int i = 0; i < SETTING_N; i++)
		if (str_starts(setting_get(i)->source,
		    "security-settings.md"))
			ck_assert_msg(seen[i] > 0, "%s",
			    setting_get(i)->option);
	free(what);
	free(rows);
}
END_TEST

/* --- parameters: defaults for all phones --- */

static const char *const texts[] = {
	"a", "a;b", "a'b", "a*b", "a b", "a/b", "/a", "..", "a..b", "\xc3\xa9",
	"a+b(c)", "a&b", "a<b", "http://", "https://", "http:///x", "http://h",
	"https://h", "https://h/a?b=c#d", "http://h/\"", "http://h/`",
	"http://h/{x}", "http://h/|", "http://h/^", "http://h/\\",
	"http://\xc3\xa9/", "https://\xc3\xa9/", "http://h/a b", "ftp://h/",
	"HTTP://h/",
};

/* Whatever a parameter takes, its setting takes, and writes it the same. */
static void
no_wider(const struct setting *s, const char *text)
{
	const struct param_def *d = &param_table()[s->param];
	char out[SETTING_VALUE_MAX + 1], *v = NULL;
	struct err e = { 0 };

	if (param_check(d, text, &v, NULL) != ERR_OK)
		return;
	ck_assert_msg(setting_check(s, text, 0, out, &e) == ERR_OK,
	    "%s takes \"%s\": %s", d->name, text, e.msg);
	ck_assert_str_eq(out, v);
	free(v);
}

START_TEST(parameters)
{
	struct setting_row *rows;
	size_t n = setting_data(&rows);
	const struct setting *s;

	for (size_t i = 0; i < n; i++) {
		if ((s = setting_find(rows[i].option))->param ==
		    SETTING_NO_PARAM || s->words != NULL)
			continue;
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			no_wider(s, texts[k]);
		for (size_t k = 0; k < rows[i].nbad; k++)
			no_wider(s, rows[i].bad[k]);
		for (size_t k = 0; k < rows[i].ngood; k++) {
			char *v = NULL;

			ck_assert_msg(param_check(&param_table()[s->param],
			    rows[i].good[k], &v, NULL) == ERR_OK, "%s \"%s\"",
			    s->option, rows[i].good[k]);
			free(v);
		}
	}
	free(rows);
}
END_TEST

/* --- values --- */

static const struct {
	enum setting_id	 id;
	const char	*value, *out;		/* NULL: refused */
	int		 code;
	const char	*text;
} values[] = {
	{ SETTING_SECURITY_MODE, "Non Secure", "non-secure", 0, NULL },
	{ SETTING_SECURITY_MODE, "NON_SECURE", "non-secure", 0, NULL },
	{ SETTING_SECURITY_MODE, "secure", NULL, ERR_ARG,
	    "non-secure|authenticated|encrypted" },
	{ SETTING_TRANSPORT, "TCP+UDP", "tcp+udp", 0, NULL },
	{ SETTING_TRANSPORT, "tcpudp", NULL, ERR_ARG, "tcp+udp" },
	{ SETTING_ENC_CONFIG, "on", "yes", 0, NULL },
	{ SETTING_ENC_CONFIG, "TRUE", "yes", 0, NULL },
	{ SETTING_ENC_CONFIG, "off", "no", 0, NULL },
	{ SETTING_ENC_CONFIG, "1", NULL, ERR_ARG, "no|yes" },
	{ SETTING_PC_PORT, "no", "disabled", 0, NULL },
	{ SETTING_BUILTIN_BRIDGE, "yes", "on", 0, NULL },
	{ SETTING_SETTINGS_ACCESS, "on", "enabled", 0, NULL },
	{ SETTING_CAPF_AUTH_MODE,
	    "By Existing Certificate (Precedence to LSC)",
	    "by-existing-certificate-precedence-to-lsc", 0, NULL },
	{ SETTING_RSA_KEY_SIZE, "512", NULL, ERR_REFUSED, "broken" },
	{ SETTING_RSA_KEY_SIZE, "1024", NULL, ERR_REFUSED, "--allow-weak" },
	{ SETTING_RSA_KEY_SIZE, "1536", NULL, ERR_ARG, "1024|2048" },
	{ SETTING_NONCE_VALIDITY, "0600", "600", 0, NULL },
	{ SETTING_NONCE_VALIDITY, "", NULL, ERR_ARG, "10 to 86400" },
	{ SETTING_LOAD, "", "", 0, NULL },
	{ SETTING_LOAD, "sip88xx.12-8-1-0001-455", "sip88xx.12-8-1-0001-455",
	    0, NULL },
	{ SETTING_DIAL_TEMPLATE, "/etc/x", NULL, ERR_ARG, "without" },
	{ SETTING_DISPLAY_NAME, "J\xc3\xb6rg", "J\xc3\xb6rg", 0, NULL },
	{ SETTING_DISPLAY_NAME, "a\xff", NULL, ERR_ARG, "Display" },
	{ SETTING_DISPLAY_NAME, "a<b", NULL, ERR_ARG, "Display" },
	{ SETTING_DISPLAY_NAME, "a\nb", NULL, ERR_ARG, "\\x0a" },
	{ SETTING_SECURE_IDLE_URL, "http://h/", NULL, ERR_ARG, "https://" },
	{ SETTING_SERVICES_URL, "http://", NULL, ERR_ARG, "http://" },
	{ SETTING_SERVICES_URL, "http://h/#DEVICENAME#",
	    "http://h/#DEVICENAME#", 0, NULL },
	{ SETTING_OPERATION_BY, "2026-11-30 18", "2026-11-30T18:00:00Z", 0,
	    NULL },
	{ SETTING_OPERATION_BY, "2026-11-30T18:05", "2026-11-30T18:05:00Z",
	    0, NULL },
	{ SETTING_OPERATION_BY, "2026-11-30", "2026-11-30T23:59:59Z", 0,
	    NULL },
	{ SETTING_OPERATION_BY, "2026-02-30", NULL, ERR_ARG, "UTC" },
	{ SETTING_OPERATION_BY, "2026-11-3", NULL, ERR_ARG, "UTC" },
	{ SETTING_OPERATION_BY, "2026-02-30 18", NULL, ERR_ARG, "UTC" },
	{ SETTING_OPERATION_BY, "tomorrow", NULL, ERR_ARG, "UTC" },
	{ SETTING_OPERATION_BY, "", "", 0, NULL },
	{ SETTING_SYMMETRIC_KEY, "00000000000000000000000000000000", NULL,
	    ERR_ARG, "not all of them 0" },
	{ SETTING_SYMMETRIC_KEY, "0102030405060708090a0b0c0d0e0f101112131415"
	    "161718191a1b1c1d1e1f20", NULL, ERR_ARG, "32 hexadecimal" },
	{ SETTING_AUTH_STRING, "12a4", NULL, ERR_ARG, "4 to 15 digits" },
};

START_TEST(value)
{
	const struct setting *s = setting_get(values[_i].id);
	char out[SETTING_VALUE_MAX + 1];
	struct err e = { 0 };
	int ret = setting_check(s, values[_i].value, 0, out, &e);

	if (values[_i].out != NULL) {
		ck_assert_msg(ret == ERR_OK, "%s", e.msg);
		ck_assert_str_eq(out, values[_i].out);
		return;
	}
	ck_assert_msg(ret == values[_i].code, "%d %s", ret, e.msg);
	ck_assert_msg(strstr(e.msg, values[_i].text) != NULL, "%s", e.msg);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(weak_on_demand)
{
	const struct setting *s = setting_get(SETTING_RSA_KEY_SIZE);
	char out[SETTING_VALUE_MAX + 1];

	ck_assert_int_eq(setting_check(s, "1024", SETTING_ALLOW_WEAK, out,
	    NULL), ERR_OK);
	ck_assert_int_eq(setting_check(s, "512", SETTING_ALLOW_WEAK, out,
	    NULL), ERR_REFUSED);
}
END_TEST

/* What is secret never gets into a message. */
START_TEST(secrets_stay_secret)
{
	char out[SETTING_VALUE_MAX + 1];
	struct err e = { 0 };

	for (int i = 0; i < SETTING_N; i++) {
		if (setting_get(i)->type != SETTING_SECRET)
			continue;
		ck_assert_int_eq(setting_check(setting_get(i),
		    "geheim \x01 wort", 0, out, &e), ERR_ARG);
		ck_assert_msg(strstr(e.msg, "geheim") == NULL, "%s", e.msg);
		ck_assert_int_eq(setting_get(i)->where, SETTING_IN_PHONE);
		ck_assert_str_eq(setting_get(i)->def, "");
	}
}
END_TEST

/* setting, model, protocol, applies */
static const struct {
	enum setting_id	 id;
	const char	*model;
	enum phone_protocol p;
	bool		 applies;
} applies[] = {
	{ SETTING_TRANSPORT, "8861", PROTOCOL_SIP, true },
	{ SETTING_TRANSPORT, "7960", PROTOCOL_SCCP, false },
	{ SETTING_EXCLUDE_DIGEST, "7960", PROTOCOL_SIP, true },
	{ SETTING_EXCLUDE_DIGEST, "8861", PROTOCOL_SIP, false },
	{ SETTING_TLS12_ONLY, "8861", PROTOCOL_SIP, true },
	{ SETTING_TLS12_ONLY, "7970", PROTOCOL_SIP, false },
	{ SETTING_SSH_ACCESS, "7960", PROTOCOL_SIP, false },
	{ SETTING_SSH_ACCESS, "7970", PROTOCOL_SIP, true },
	{ SETTING_SSH_ACCESS, "", PROTOCOL_SIP, false },
	{ SETTING_SYMMETRIC_KEY, "7960", PROTOCOL_SIP, true },
	{ SETTING_SYMMETRIC_KEY, "7960", PROTOCOL_SCCP, false },
	{ SETTING_SYMMETRIC_KEY, "8861", PROTOCOL_SIP, false },
	{ SETTING_SYMMETRIC_KEY, "7905", PROTOCOL_SIP, false },
	{ SETTING_SYMMETRIC_KEY, "7912", PROTOCOL_SCCP, false },
	{ SETTING_WEB_ACCESS, "", PROTOCOL_SCCP, true },
	{ SETTING_CERT_OPERATION, "7905", PROTOCOL_SIP, false },
};

START_TEST(where_it_applies)
{
	ck_assert_int_eq(setting_applies(setting_get(applies[_i].id),
	    model_of(applies[_i].model), applies[_i].p), applies[_i].applies);
}
END_TEST

START_TEST(any_model)
{
	ck_assert(setting_applies(setting_get(SETTING_SSH_ACCESS), NULL,
	    PROTOCOL_SIP));
	ck_assert(!setting_applies(setting_get(SETTING_TRANSPORT), NULL,
	    PROTOCOL_SCCP));
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("setting");
	TCase *t = tcase_create("setting");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, table_is_whole, 0, SETTING_N);
	tcase_add_test(t, names_differ);
	tcase_add_test(t, specification);
	tcase_add_test(t, spec_rows);
	tcase_add_test(t, parameters);
	tcase_add_loop_test(t, value, 0, N(values));
	tcase_add_test(t, weak_on_demand);
	tcase_add_test(t, secrets_stay_secret);
	tcase_add_loop_test(t, where_it_applies, 0, N(applies));
	tcase_add_test(t, any_model);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
