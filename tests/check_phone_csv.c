/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Comma-separated values (RFC 4180, section 2) and the phones in them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/phone_csv.h"

static struct csv_record rec;

/* Records written as "line:field|field;", "line:!;" for a bad one. */
static void
records(const char *in, size_t len, char *out, size_t outlen)
{
	struct csv c = csv_init((const uint8_t *)in, len);
	struct err e = { 0 };
	size_t o = 0;
	int ret;

	out[0] = '\0';
	while ((ret = csv_next(&c, &rec, &e)) != ERR_NOTFOUND) {
		o += (size_t)snprintf(out + o, outlen - o, "%d:",
		    (int)rec.line);
		if (ret != ERR_OK) {
			ck_assert_int_eq(ret, ERR_PROTO);
			o += (size_t)snprintf(out + o, outlen - o, "!");
		}
		for (size_t i = 0; ret == ERR_OK && i < rec.n; i++)
			o += (size_t)snprintf(out + o, outlen - o, "%s%s",
			    i > 0 ? "|" : "", rec.field[i]);
		o += (size_t)snprintf(out + o, outlen - o, ";");
	}
}

#define IN(s)	s, sizeof(s) - 1
static const struct {
	const char	*in;
	size_t		 len;
	const char	*want;
} vectors[] = {
	{ IN(""), "" },
	{ IN("\n\r\n\n"), "" },
	{ IN("a,b"), "1:a|b;" },
	{ IN("a,b\nc,d\n"), "1:a|b;2:c|d;" },
	{ IN("a,b\r\nc,d\r\n"), "1:a|b;2:c|d;" },
	{ IN("\xef\xbb\xbf" "a\n"), "1:a;" },
	{ IN("\n\na\n\n\nb"), "3:a;6:b;" },
	{ IN(","), "1:|;" },
	{ IN("a,\n"), "1:a|;" },
	{ IN("\"a\",\"b\"\n"), "1:a|b;" },
	{ IN("\"\",x"), "1:|x;" },
	{ IN("\"a,b\",c"), "1:a,b|c;" },
	{ IN("\"a\nb\",c\nd"), "1:a\nb|c;3:d;" },
	{ IN("\"a \"\"b\"\"\",c"), "1:a \"b\"|c;" },
	{ IN("\"a\"\r\nb"), "1:a;2:b;" },
	{ IN("a b , c"), "1:a b | c;" },
	{ IN("a\rb,c"), "1:a\rb|c;" },
	{ IN("a\r"), "1:a;" },
	/* malformed: the next line is read again */
	{ IN("a\"b,c\nd"), "1:!;2:d;" },
	{ IN("\"a\"b,c\nd"), "1:!;2:d;" },
	{ IN("x\n\"a,b\nc"), "1:x;2:!;" },
	{ IN("\"\"\"\nb"), "1:!;" },
	{ IN("a\0b\nc"), "1:!;2:c;" },
	{ IN("\xff\nc"), "1:!;2:c;" },
};

START_TEST(rfc4180)
{
	char out[256];

	records(vectors[_i].in, vectors[_i].len, out, sizeof(out));
	ck_assert_msg(strcmp(out, vectors[_i].want) == 0, "%s: %s",
	    vectors[_i].in, out);
}
END_TEST

START_TEST(bounds)
{
	char in[1024], out[2048];

	/* A field of CSV_FIELD_MAX bytes is taken, one more is not. */
	memset(in, 'x', sizeof(in));
	records(in, CSV_FIELD_MAX, out, sizeof(out));
	ck_assert_uint_eq(strlen(out), 2 + CSV_FIELD_MAX + 1);
	records(in, CSV_FIELD_MAX + 1, out, sizeof(out));
	ck_assert_str_eq(out, "1:!;");
	/* n fields are n - 1 commas. */
	memset(in, ',', sizeof(in));
	memcpy(in + CSV_FIELDS_MAX, "\nz", 2);
	records(in, CSV_FIELDS_MAX - 1, out, sizeof(out));
	ck_assert_uint_eq(strlen(out), 2 + CSV_FIELDS_MAX - 1 + 1);
	records(in, CSV_FIELDS_MAX + 2, out, sizeof(out));
	ck_assert_str_eq(out, "1:!;2:z;");
}
END_TEST

static const struct {
	const char	*in, *why;	/* why NULL: taken */
} headers[] = {
	{ "name,model\n", NULL },
	{ "model,name", NULL },
	{ " Name ,\"MODEL\"\r\n", NULL },
	{ "name\n", NULL },
	{ "name,web-access,Key Order,config,profile,protocol,description,"
	    "ssh-password\n", NULL },
	{ "", "empty" },
	{ "\n\n", "empty" },
	{ "model\n", "no column name" },
	{ "name,model,device pool\n", "line 1: column 3, behind model, is not "
	    "known: the columns are name, model" },
	{ "device pool,name\n", "line 1: column 1 is not known: the columns" },
	{ "name,device-security-mode\n", "is not known" },
	{ "SEP0011223344AA,8861\n", "column 1 is not known, and there is no "
	    "column name" },
	{ "name,model,name\n", "twice" },
	{ "name,key-order,Key Order\n", "twice" },
	{ "name,model,\n", "column 3, behind model, is not known" },
	{ "\"name,model\n", "line 1: a quote" },
};

START_TEST(header_line)
{
	const char *in = headers[_i].in;
	struct phone_csv p;
	struct err e = { 0 };
	int ret = phone_csv_init(&p, (const uint8_t *)in, strlen(in), &e);

	if (headers[_i].why == NULL)
		ck_assert_msg(ret == ERR_OK, "%s: %s", in, e.msg);
	else
		ck_assert_msg(ret == ERR_PROTO &&
		    strstr(e.msg, headers[_i].why) != NULL, "%s: %s", in,
		    e.msg);
}
END_TEST

static const char rows_in[] =
    "model,name,web-access\n"
    "8861,SEP0011223344AA,full\n"		/* 2 */
    "CP-7925G, sep0011223344ab ,\n"		/* 3 */
    ",lobby-1, (none) \n"			/* 4 */
    "8861,SEP0011223344AD,x,y\n"		/* 5 bad: 4 fields */
    "8861\n"					/* 6 bad: 1 field */
    "\"8861\",\"SEP00112233\"\"44AD\",\n"	/* 7 */
    "8861,SEP0011223344AE,";			/* 8: no line feed */

static const struct {
	int		 line;
	const char	*name, *model, *web;	/* NULL: says nothing */
	const char	*why;			/* NULL: taken */
} rows_want[] = {
	{ 2, "SEP0011223344AA", "8861", "full", NULL },
	{ 3, "sep0011223344ab", "CP-7925G", NULL, NULL },
	{ 4, "lobby-1", NULL, PHONE_CELL_NONE, NULL },
	{ 5, NULL, NULL, NULL, "4 fields, the first line has 3" },
	{ 6, NULL, NULL, NULL, "1 fields" },
	{ 7, "SEP00112233\"44AD", "8861", NULL, NULL },
	{ 8, "SEP0011223344AE", "8861", NULL, NULL },
};

static void
same(const char *got, const char *want)
{
	if (want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, want);
}

START_TEST(rows)
{
	struct phone_record r;
	struct phone_csv p;
	struct err e = { 0 };

	ck_assert_int_eq(phone_csv_init(&p, (const uint8_t *)rows_in,
	    strlen(rows_in), &e), ERR_OK);
	for (size_t i = 0; i < sizeof(rows_want) / sizeof(rows_want[0]);
	    i++) {
		int ret = phone_csv_next(&p, &r, &e);

		ck_assert_int_eq(r.line, rows_want[i].line);
		if (rows_want[i].why != NULL)
			ck_assert_msg(ret == ERR_PROTO && strstr(e.msg,
			    rows_want[i].why) != NULL, "line %d: %s",
			    rows_want[i].line, e.msg);
		else
			ck_assert_msg(ret == ERR_OK, "line %d: %s",
			    rows_want[i].line, e.msg);
		same(r.value[PHONE_COL_NAME], rows_want[i].name);
		same(r.value[PHONE_COL_MODEL], rows_want[i].model);
		same(r.value[PHONE_COL_SETTING + SETTING_WEB_ACCESS],
		    rows_want[i].web);
		phone_record_clear(&r);
	}
	ck_assert_int_eq(phone_csv_next(&p, &r, &e), ERR_NOTFOUND);
	phone_record_clear(&r);
}
END_TEST

/* Each name of a column finds it again; profiles' settings are none. */
START_TEST(column_names)
{
	for (int i = 0; i < PHONE_COLUMNS; i++) {
		const char *name = phone_column_name(i);

		if (name != NULL)
			ck_assert_int_eq(phone_column(name), i);
		else
			ck_assert_int_eq(phone_column(setting_get(i -
			    PHONE_COL_SETTING)->option), -1);
	}
	ck_assert_int_eq(phone_column("Web Access"), PHONE_COL_SETTING +
	    SETTING_WEB_ACCESS);
	ck_assert_int_eq(phone_column(""), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_csv");
	TCase *t = tcase_create("csv");
	SRunner *r;
	int failed;

#define COUNT(a)	(int)(sizeof(a) / sizeof((a)[0]))
	tcase_add_loop_test(t, rfc4180, 0, COUNT(vectors));
	tcase_add_test(t, bounds);
	tcase_add_loop_test(t, header_line, 0, COUNT(headers));
	tcase_add_test(t, rows);
	tcase_add_test(t, column_names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
