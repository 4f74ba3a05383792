/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See cert_rows.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/clock.h"
#include "ctltool/cert_rows.h"

#define DAY_S		86400
#define DAYS_MAX	36500

struct cert_line *
cert_lines_add(struct cert_lines *l, struct err *e)
{
	size_t room = l->room > 0 ? 2 * l->room : 32;
	struct cert_line *p;

	if (l->n == l->room) {
		if ((p = reallocarray(l->line, room, sizeof(*p))) == NULL) {
			(void)err_set(e, ERR_NOMEM, "certificates");
			return NULL;
		}
		l->line = p;
		l->room = room;
	}
	l->line[l->n] = (struct cert_line){ .subject = NULL };
	return &l->line[l->n++];
}

static void
line_clear(struct cert_line *x)
{
	free(x->subject);
	free(x->issuer);
}

void
cert_lines_clear(struct cert_lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		line_clear(&l->line[i]);
	free(l->line);
	*l = (struct cert_lines){ .line = NULL };
}

void
cert_name_cn(const char *name, char *out, size_t outlen)
{
	const char *p = str_starts(name, "CN=") ? name + 3 : name;
	size_t n = 0;

	/* An escaped separator belongs to the value. */
	while (p[n] != '\0' && (p == name || p[n] != ';'))
		n += p[n] == '\\' && p[n + 1] != '\0' ? 2 : 1;
	(void)snprintf(out, outlen, "%.*s", (int)n, p);
}

/* --- filters --- */

static void
keep(struct cert_lines *l, bool (*fits)(const struct cert_line *x,
    const void *arg), const void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (fits(&l->line[i], arg))
			l->line[n++] = l->line[i];
		else
			line_clear(&l->line[i]);
	}
	l->n = n;
}

static bool
expires(const struct cert_line *x, const void *arg)
{
	return x->not_after < *(const int64_t *)arg;
}

static bool
is_unused(const struct cert_line *x, const void *arg)
{
	(void)arg;
	return x->unused;
}

static int
by_subject(const void *va, const void *vb)
{
	const struct cert_line *a = va, *b = vb;
	int d = strcmp(a->unit, b->unit);

	if (d == 0)
		d = strcmp(a->subject, b->subject);
	return d != 0 ? d : memcmp(a->sha256, b->sha256, SHA256_LEN);
}

static bool
same_subject(const struct cert_line *a, const struct cert_line *b)
{
	return strcmp(a->unit, b->unit) == 0 &&
	    strcmp(a->subject, b->subject) == 0;
}

/* Those that share store and subject with another. */
static void
keep_duplicates(struct cert_lines *l)
{
	size_t n = 0;
	bool dup, last = false;

	if (l->n > 0)
		qsort(l->line, l->n, sizeof(*l->line), by_subject);
	for (size_t i = 0; i < l->n; i++) {
		dup = i + 1 < l->n && same_subject(&l->line[i],
		    &l->line[i + 1]);
		if (dup || last)
			l->line[n++] = l->line[i];
		else
			line_clear(&l->line[i]);
		last = dup;
	}
	l->n = n;
}

static int
by_name(const void *va, const void *vb)
{
	const struct cert_line *a = va, *b = vb;
	int d = strcmp(a->unit, b->unit);

	if (d == 0)
		d = strcmp(a->name, b->name);
	return d != 0 ? d : memcmp(a->sha256, b->sha256, SHA256_LEN);
}

void
cert_lines_sort(struct cert_lines *l)
{
	if (l->n > 0)
		qsort(l->line, l->n, sizeof(*l->line), by_name);
}

static int
by_expiry(const void *va, const void *vb)
{
	const struct cert_line *a = va, *b = vb;

	if (a->not_after != b->not_after)
		return a->not_after < b->not_after ? -1 : 1;
	return by_name(va, vb);
}

static int
filter(struct ctl *c, struct cert_lines *l, struct err *e)
{
	const char *days = cmd_get(c->line, "--expiring");
	const char *sort = cmd_get(c->line, "--sort");
	int64_t n, until;

	if (days != NULL) {
		if (str_to_i64(days, 0, DAYS_MAX, &n, e) != ERR_OK)
			return err_wrap(e, "--expiring");
		until = clock_wall_s(c->clk) + n * DAY_S;
		keep(l, expires, &until);
	}
	if (cmd_has(c->line, "--unused"))
		keep(l, is_unused, NULL);
	if (cmd_has(c->line, "--duplicates"))
		keep_duplicates(l);
	if (l->n == 0)
		return ERR_OK;
	if (sort != NULL && str_ieq(sort, "expiry"))
		qsort(l->line, l->n, sizeof(*l->line), by_expiry);
	else if (sort != NULL)
		cert_lines_sort(l);
	return ERR_OK;
}

/* --- saying --- */

static int64_t
days_left(struct ctl *c, const struct cert_line *x)
{
	int64_t s = x->not_after - clock_wall_s(c->clk);

	return s >= 0 ? s / DAY_S : -((-s + DAY_S - 1) / DAY_S);
}

static json_t *
line_json(struct ctl *c, const struct cert_line *x)
{
	char file[TRUST_UNIT_MAX + TRUST_NAME_MAX + 8];

	(void)snprintf(file, sizeof(file), "%s/%s.pem", x->unit, x->name);
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
	    "s:I, s:o, s:o}", "unit", x->unit, "file", out_str(file), "node",
	    x->node, "description", out_str(x->about), "subject",
	    out_str(x->subject), "issuer", out_str(x->issuer), "serial",
	    out_hex(x->serial, x->seriallen), "sha256", out_hex(x->sha256,
	    SHA256_LEN), "not_before", out_time(x->not_before), "not_after",
	    out_time(x->not_after), "days_left",
	    (json_int_t)days_left(c, x), "stage", out_str(x->stage),
	    "origin", x->origin[0] != '\0' ? out_str(x->origin) :
	    json_null());
}

static void
line_short(struct ctl *c, const struct cert_line *x)
{
	char name[OUT_VIS_MAX], about[OUT_VIS_MAX];

	out_text(c->out, "%s/%s.pem: %s\n", x->unit, out_vis(x->name, name),
	    out_vis(x->about, about));
}

static void
line_long(struct ctl *c, const struct cert_line *x)
{
	char subject[256], issuer[256], vis[OUT_VIS_MAX], vis2[OUT_VIS_MAX];
	char serial[2 * sizeof(x->serial) + 1], when[CLOCK_RFC3339_LEN];

	cert_name_cn(x->subject, subject, sizeof(subject));
	cert_name_cn(x->issuer, issuer, sizeof(issuer));
	str_hex(x->serial, x->seriallen, serial);
	clock_rfc3339(x->not_after, when);
	out_text(c->out, "%-18s %-32s %-32s %-20.20s %-20s %6" PRId64
	    "  %-9s %s\n", x->unit, out_vis(subject, vis), out_vis(issuer,
	    vis2), serial, when, days_left(c, x), x->stage != NULL ?
	    x->stage : x->origin, x->name);
}

int
cert_lines_say(struct ctl *c, struct cert_lines *l, struct err *e)
{
	json_t *list;
	int ret;

	if ((ret = filter(c, l, e)) != ERR_OK)
		return ret;
	if (cmd_has(c->line, "--long") && l->n > 0)
		out_text(c->out, "%-18s %-32s %-32s %-20s %-20s %6s  %-9s "
		    "%s\n", "UNIT", "SUBJECT", "ISSUER", "SERIAL",
		    "NOT AFTER", "DAYS", "STATE", "NAME");
	list = json_array();
	for (size_t i = 0; i < l->n; i++) {
		if (c->out->json) {
			if (json_array_append_new(list, line_json(c,
			    &l->line[i])) != 0)
				c->out->nomem = true;
		} else if (cmd_has(c->line, "--long")) {
			line_long(c, &l->line[i]);
		} else {
			line_short(c, &l->line[i]);
		}
	}
	out_result(c->out, json_pack("{s:o}", "certificates", list));
	return ERR_OK;
}
