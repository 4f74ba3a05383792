/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See spec_data.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/spec_data.h"

#define WHAT_MAX	256

struct reading {
	struct spec_what	*what;
	size_t			 n;
	const char		*section;
	long			 want, have;	/* rows of the section */
};

static char text[64 << 10];		/* of the file, cut up in place */

static const char *
top(void)
{
	const char *dir = getenv("top_srcdir");

	return dir != NULL ? dir : ".";
}

/* The whole of a file below the top, with a NUL. */
static void
slurp(const char *name, char *buf, size_t len)
{
	char path[512];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", top(), name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(buf, 1, len - 1, f);
	ck_assert_msg(n > 0 && n < len - 1, "%s", path);
	buf[n] = '\0';
	(void)fclose(f);
}

static void
check_test(const char *path, const char *pattern)
{
	static char source[256 << 10];

	slurp(path, source, sizeof(source));
	ck_assert_msg(strstr(source, pattern) != NULL, "%s has no %s", path,
	    pattern);
}

static void
check_named(const struct spec_what *w)
{
	char path[256], pattern[128];

	if (w->kind == SPEC_TEST) {
		(void)snprintf(path, sizeof(path), "tests/%s.c", w->name);
		(void)snprintf(pattern, sizeof(pattern), "START_TEST(%s)\n",
		    w->rest);
		check_test(path, pattern);
		(void)snprintf(pattern, sizeof(pattern), ", %s", w->rest);
		check_test(path, pattern);	/* it is run */
	} else if (w->kind == SPEC_E2E) {
		(void)snprintf(path, sizeof(path), "tests/e2e/%s.py",
		    w->name);
		(void)snprintf(pattern, sizeof(pattern), "def %s(", w->rest);
		check_test(path, pattern);
	}
}

/* The text behind the first blank, which ends the first word. */
static char *
behind(char *s)
{
	char *p = strchr(s, ' ');

	if (p == NULL)
		return s + strlen(s);
	*p = '\0';
	return p + 1;
}

static void
take_what(struct reading *r, const char *row, char *s)
{
	static const char *const kind[] = {
		[SPEC_SETTING] = "setting", [SPEC_PARAM] = "param",
		[SPEC_TEST] = "test", [SPEC_E2E] = "e2e",
		[SPEC_LATER] = "later", [SPEC_NOT] = "not",
	};
	struct spec_what *w = &r->what[r->n++];
	char *rest = behind(s);

	ck_assert_uint_lt(r->n, WHAT_MAX);
	*w = (struct spec_what){ .section = r->section, .row = row,
	    .kind = SPEC_NOT, .name = rest };
	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
		if (strcmp(s, kind[i]) == 0) {
			w->kind = (enum spec_kind)i;
			w->rest = behind(rest);
			ck_assert_msg(w->name[0] != '\0', "%s", row);
			check_named(w);
			return;
		}
	ck_abort_msg("%s: what is \"%s\"?", row, s);
}

static void
take_row(struct reading *r, char *line)
{
	char *what = strstr(line, " = "), *next;

	ck_assert_msg(what != NULL && r->section != NULL, "%s", line);
	*what = '\0';
	r->have++;
	for (what += 3; what != NULL; what = next) {
		if ((next = strstr(what, "; ")) != NULL) {
			*next = '\0';
			next += 2;
		}
		take_what(r, line, what);
	}
}

static void
end_section(const struct reading *r)
{
	if (r->section != NULL)
		ck_assert_msg(r->have == r->want, "section %s: %ld rows",
		    r->section, r->have);
}

size_t
spec_data(struct spec_what **what)
{
	struct reading r = { .n = 0 };
	char *rest = text, *line;

	slurp("tests/data/spec_rows.txt", text, sizeof(text));
	*what = r.what = calloc(WHAT_MAX, sizeof(*r.what));
	ck_assert_ptr_nonnull(r.what);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (!str_starts(line, "section ")) {
			take_row(&r, line);
			continue;
		}
		end_section(&r);
		r.section = line + strlen("section ");
		r.want = strtol(behind(line + strlen("section ")), NULL, 10);
		r.have = 0;
	}
	end_section(&r);
	return r.n;
}
