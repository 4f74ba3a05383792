/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords that went through libxml2 are not left on the heap.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypt/secret.h"
#include "trust/render.h"

#define LEN	40

/* Made at run time, and never in one piece where it may stay. */
static void
put_password(char *to, char first)
{
	for (int i = 0; i < LEN; i++)
		to[i] = (char)('A' + (first + 7 * i + i * i) % 26);
}

/* How often it stands in [from, to), which is this process' own. */
static size_t
count_in(const uint8_t *from, const uint8_t *to, char first)
{
	char c[LEN];
	size_t n = 0;

	put_password(c, first);
	for (const uint8_t *p = from; p + LEN <= to; p++)
		n += p[0] == (uint8_t)c[0] && memcmp(p, c, LEN) == 0;
	secret_wipe(c, sizeof(c));
	return n;
}

static size_t
count_on_heap(char first)
{
	unsigned long from, to;
	char line[256];
	size_t n = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "[heap]") != NULL && sscanf(line,
		    "%lx-%lx", &from, &to) == 2)
			n += count_in((const uint8_t *)from,
			    (const uint8_t *)to, first);
	(void)fclose(f);
	return n;
}

/* Through a parse, a change and the way out, as a phone's own file goes. */
static void
render(char first)
{
	static const char head[] = "<?xml version=\"1.0\"?>\n<device a=\"";
	static const char mid[] = "\"><x>", end[] = "</x></device>";
	struct render_env env = { .device = "SEP0011223344AA", .nserver = 1,
	    .server = { { .address = "192.0.2.1" } } };
	char *text = malloc(sizeof(head) + sizeof(mid) + sizeof(end) +
	    2 * LEN), *p = text;
	uint8_t *out;
	size_t len;
	struct err e = { 0 };

	ck_assert_ptr_nonnull(text);
	p = stpcpy(p, head);
	put_password(p, first);
	p = stpcpy(p + LEN, mid);
	put_password(p, first);
	p = stpcpy(p + LEN, end);
	ck_assert_msg(render_config(&env, (uint8_t *)text,
	    (size_t)(p - text), &out, &len, &e) == ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(count_in(out, out + len, first), 2);
	secret_wipe(text, (size_t)(p - text));
	secret_wipe(out, len);
	free(text);
	free(out);
}

START_TEST(nothing_stays)
{
	for (char first = 1; first < 20; first++) {
		render(first);
		ck_assert_uint_eq(count_on_heap(first), 0);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("xml_mem");
	TCase *t = tcase_create("xml_mem");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, nothing_stays);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
