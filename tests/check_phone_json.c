/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones in JSON: arrays, lines, and what is wrong with them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/phone_json.h"

/* Phones written as "line:column=value,...;", "line:!;" for a bad one. */
static void
phones(const char *in, char *out, size_t outlen)
{
	struct phone_json j = phone_json_init((const uint8_t *)in,
	    strlen(in));
	struct phone_record r;
	struct err e = { 0 };
	size_t o = 0;
	int ret;

	out[0] = '\0';
	while ((ret = phone_json_next(&j, &r, &e)) != ERR_NOTFOUND) {
		bool first = true;

		o += (size_t)snprintf(out + o, outlen - o, "%d:%s",
		    (int)r.line, ret == ERR_OK ? "" : "!");
		for (int i = 0; ret == ERR_OK && i < PHONE_COLUMNS; i++) {
			if (r.value[i] == NULL)
				continue;
			o += (size_t)snprintf(out + o, outlen - o, "%s%s=%s",
			    first ? "" : ",", phone_column_name(i),
			    r.value[i]);
			first = false;
		}
		o += (size_t)snprintf(out + o, outlen - o, ";");
		phone_record_clear(&r);
	}
	phone_record_clear(&r);
}

static const struct {
	const char	*in, *want;
} vectors[] = {
	{ "", "" },
	{ "[]", "" },
	{ " [ ] \n", "" },
	{ "{\"name\":\"a\"}", "1:name=a;" },
	{ "{\"name\":\"a\"}\n\n{\"name\":\"b\"}\n", "1:name=a;3:name=b;" },
	{ "[\n{\"name\":\"a\"},\n{\"name\":\"b\",\n\"model\":\"8861\"}]",
	    "2:name=a;3:name=b,model=8861;" },
	{ "\xef\xbb\xbf[{\"name\":\"a\"}]", "1:name=a;" },
	{ "{\"name\":\"a\",\"Web Access\":\"full\",\"idle-timer\":5,"
	    "\"tls12-only\":true,\"model\":null}",
	    "1:name=a,web-access=full,tls12-only=true,idle-timer=5;" },
	/* What is empty is said where it means something. */
	{ "{\"name\":\"a\",\"profile\":\"\",\"services-url\":\"\","
	    "\"description\":\"\"}",
	    "1:name=a,description=(none),services-url=(none);" },
	{ "{\"name\":\"a\",\"display-name\":\"{\\\"}\\u00e9\"}",
	    "1:name=a,display-name={\"}\xc3\xa9;" },
	/* A bad one, and the next again. */
	{ "{\"nme\":\"a\"}\n{\"name\":\"b\"}", "1:!;2:name=b;" },
	{ "{\"name\":\"a\",\"name\":\"b\"}\n{\"name\":\"b\"}",
	    "1:!;2:name=b;" },
	{ "{\"web-access\":\"full\",\"Web Access\":\"full\"}", "1:!;" },
	{ "{\"name\":[1]}{\"name\":1.5}{\"name\":{}}", "1:!;1:!;1:!;" },
	{ "{name:1}\n{\"name\":\"b\"}", "1:!;2:name=b;" },
	{ "x\n{\"name\":\"b\"}", "1:!;2:name=b;" },
	{ "[{\"name\":\"a\"}\nnull,\n{\"name\":\"b\"}]",
	    "1:name=a;2:!;3:name=b;" },
	{ "{\"name\":\"a\"},{\"name\":\"b\"}", "1:name=a;1:!;" },
	{ "{\"name\":\"\\u0000\"}", "1:!;" },
	{ "{\"name\":\"\xff\"}", "1:!;" },
	{ "[{\"name\":\"a\"}] x", "1:name=a;1:!;" },
	/* Cut. */
	{ "[{\"name\":\"a\"},", "1:name=a;1:!;" },
	{ "{\"name\":\"a\"}\n{\"name\":", "1:name=a;2:!;" },
	{ "{\"name\":\"a", "1:!;" },
	{ "{\"name\":\"a\\", "1:!;" },
};

START_TEST(objects)
{
	char out[512];

	phones(vectors[_i].in, out, sizeof(out));
	ck_assert_msg(strcmp(out, vectors[_i].want) == 0, "%s: %s",
	    vectors[_i].in, out);
}
END_TEST

/* The text around a slip may be a secret. */
START_TEST(not_json)
{
	static const char in[] = "[\n{\"name\": \"a\",\n"
	    "\"ssh-password\": Swordfish}]";
	struct phone_json j = phone_json_init((const uint8_t *)in,
	    sizeof(in) - 1);
	struct phone_record r;
	struct err e = { 0 };

	ck_assert_int_eq(phone_json_next(&j, &r, &e), ERR_PROTO);
	ck_assert_str_eq(e.msg, "not JSON: invalid token in line 3");
	phone_record_clear(&r);
}
END_TEST

/* Who has secrets shows no cells. */
START_TEST(has_secrets)
{
	static const char in[] = "{\"name\": \"a\"}\n"
	    "{\"name\": \"b\", \"ssh-password\": null}";
	struct phone_json j = phone_json_init((const uint8_t *)in,
	    sizeof(in) - 1);
	struct phone_record r;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(phone_json_next(&j, &r, NULL), ERR_OK);
		ck_assert_int_eq(r.secrets, i == 1);
		phone_record_clear(&r);
	}
}
END_TEST

START_TEST(what_it_is)
{
	ck_assert(phone_json_is((const uint8_t *)" \n[", 3));
	ck_assert(phone_json_is((const uint8_t *)"{", 1));
	ck_assert(phone_json_is((const uint8_t *)"\xef\xbb\xbf{", 4));
	ck_assert(!phone_json_is((const uint8_t *)"name,model\n", 11));
	ck_assert(!phone_json_is((const uint8_t *)"", 0));
}
END_TEST

START_TEST(bounds)
{
	char *in = malloc(PHONE_JSON_OBJECT_MAX + 64), out[64];

	ck_assert_ptr_nonnull(in);
	memset(in, ' ', PHONE_JSON_OBJECT_MAX + 64);
	memcpy(in, "{\"name\":\"a\"", 11);
	in[PHONE_JSON_OBJECT_MAX - 1] = '}';
	in[PHONE_JSON_OBJECT_MAX] = '\0';
	phones(in, out, sizeof(out));
	ck_assert_str_eq(out, "1:name=a;");
	in[PHONE_JSON_OBJECT_MAX - 1] = ' ';
	memcpy(in + PHONE_JSON_OBJECT_MAX, "}\n{\"name\":\"b\"}", 15);
	phones(in, out, sizeof(out));
	ck_assert_str_eq(out, "1:!;2:name=b;");
	free(in);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_json");
	TCase *t = tcase_create("json");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, objects, 0,
	    (int)(sizeof(vectors) / sizeof(vectors[0])));
	tcase_add_test(t, not_json);
	tcase_add_test(t, has_secrets);
	tcase_add_test(t, what_it_is);
	tcase_add_test(t, bounds);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
