/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Comma-separated values and the phones in them, see phone_csv.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trust/phone.h"
#include "trust/phone_csv.h"

#define COLUMNS	"name, model"

/* --- records --- */

struct csv
csv_init(const uint8_t *buf, size_t len)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };
	struct csv c = { .buf = buf, .len = len, .line = 1 };

	if (len >= sizeof(mark) && memcmp(buf, mark, sizeof(mark)) == 0)
		c.off = sizeof(mark);
	return c;
}

/* The next byte, or -1; a line feed counts. */
static int
csv_take(struct csv *c)
{
	if (c->off == c->len)
		return -1;
	if (c->buf[c->off] == '\n')
		c->line++;
	return c->buf[c->off++];
}

static int
csv_peek(const struct csv *c)
{
	return c->off < c->len ? c->buf[c->off] : -1;
}

/* At the end of a record: LF, CRLF or the end of the file. */
static bool
csv_at_end(const struct csv *c)
{
	int b = csv_peek(c);

	return b == -1 || b == '\n' || (b == '\r' && c->off + 1 < c->len &&
	    c->buf[c->off + 1] == '\n') || (b == '\r' && c->off + 1 == c->len);
}

static void
csv_skip_line(struct csv *c)
{
	int b;

	do
		b = csv_take(c);
	while (b != -1 && b != '\n');
}

struct field {
	char	*out;		/* CSV_FIELD_MAX + 1 bytes */
	size_t	 n;		/* counts on past the maximum */
};

static void
field_add(struct field *f, int b)
{
	if (f->n < CSV_FIELD_MAX)
		f->out[f->n] = (char)b;
	f->n++;
}

/* Behind the opening quote. */
static int
quoted_field(struct csv *c, struct field *f, struct err *e)
{
	int b;

	while ((b = csv_take(c)) != -1) {
		if (b == '"' && csv_peek(c) != '"') {
			if (csv_at_end(c) || csv_peek(c) == ',')
				return ERR_OK;
			return err_set(e, ERR_PROTO,
			    "text behind a closing quote");
		}
		if (b == '"')
			(void)csv_take(c);	/* "" stands for one */
		field_add(f, b);
	}
	return err_set(e, ERR_PROTO, "a quote is not closed");
}

static int
plain_field(struct csv *c, struct field *f, struct err *e)
{
	while (!csv_at_end(c) && csv_peek(c) != ',') {
		if (csv_peek(c) == '"')
			return err_set(e, ERR_PROTO,
			    "a quote within a field: put the whole field in "
			    "quotes and double the one within");
		field_add(f, csv_take(c));
	}
	return ERR_OK;
}

static int
one_field(struct csv *c, char out[CSV_FIELD_MAX + 1], struct err *e)
{
	struct field f = { .out = out };
	int ret;

	if (csv_peek(c) == '"') {
		(void)csv_take(c);
		ret = quoted_field(c, &f, e);
	} else
		ret = plain_field(c, &f, e);
	if (ret != ERR_OK)
		return ret;
	if (f.n > CSV_FIELD_MAX)
		return err_set(e, ERR_PROTO, "a field of %zu bytes, at most "
		    "%d are taken", f.n, CSV_FIELD_MAX);
	out[f.n] = '\0';
	if (!str_is_utf8(out, f.n))
		return err_set(e, ERR_PROTO, "a field is not UTF-8");
	return ERR_OK;
}

int
csv_next(struct csv *c, struct csv_record *r, struct err *e)
{
	int ret;

	while (csv_at_end(c) && c->off < c->len)
		csv_skip_line(c);
	r->n = 0;
	r->line = c->line;
	if (c->off == c->len)
		return err_set(e, ERR_NOTFOUND, "end of the file");
	for (;;) {
		if (r->n == CSV_FIELDS_MAX)
			ret = err_set(e, ERR_PROTO, "more than %d fields",
			    CSV_FIELDS_MAX);
		else
			ret = one_field(c, r->field[r->n], e);
		if (ret != ERR_OK)
			break;
		r->n++;
		if (csv_at_end(c))
			break;
		(void)csv_take(c);	/* the comma */
	}
	csv_skip_line(c);
	return ret;
}

/* --- phones --- */

/* A canonical name met and its line. */
struct phone_seen {
	uint64_t	hash;
	int64_t		line;		/* 0: free */
	char		name[DEVICE_NAME_MAX + 1];
};

static uint64_t
hash_name(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;	/* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

/* The place of a name, or the free one where it belongs. */
static struct phone_seen *
seen_slot(struct phone_seen *seen, size_t cap, uint64_t h, const char *name)
{
	size_t i = (size_t)h & (cap - 1);

	while (seen[i].line != 0 && (seen[i].hash != h ||
	    strcmp(seen[i].name, name) != 0))
		i = (i + 1) & (cap - 1);
	return &seen[i];
}

static int
seen_grow(struct phone_csv *p, struct err *e)
{
	size_t cap = p->cap == 0 ? 1024 : p->cap * 2;
	struct phone_seen *seen = calloc(cap, sizeof(*seen));

	if (seen == NULL)
		return err_set(e, ERR_NOMEM, "names of %zu phones", p->nseen);
	for (size_t i = 0; i < p->cap; i++)
		if (p->seen[i].line != 0)
			*seen_slot(seen, cap, p->seen[i].hash,
			    p->seen[i].name) = p->seen[i];
	free(p->seen);
	p->seen = seen;
	p->cap = cap;
	return ERR_OK;
}

static int
seen_add(struct phone_csv *p, const struct phone_csv_row *row, struct err *e)
{
	uint64_t h = hash_name(row->name);
	struct phone_seen *s;
	int ret;

	if (p->nseen >= p->cap / 2 && (ret = seen_grow(p, e)) != ERR_OK)
		return ret;
	s = seen_slot(p->seen, p->cap, h, row->name);
	if (s->line != 0)
		return err_set(e, ERR_ARG, "%s stands in line %" PRId64
		    " already", row->name, s->line);
	s->hash = h;
	s->line = row->line;
	(void)str_copy(s->name, sizeof(s->name), row->name);
	p->nseen++;
	return ERR_OK;
}

/* White space at both ends is a slip of spreadsheets, never meant. */
static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}

static int
header_column(struct phone_csv *p, size_t i, struct err *e)
{
	static const size_t none = (size_t)-1;
	const char *name = trim(p->rec.field[i]);
	char shown[80];
	size_t *col;

	if (str_ieq(name, "name"))
		col = &p->col_name;
	else if (str_ieq(name, "model"))
		col = &p->col_model;
	else {
		str_visible(name, strlen(name), shown, sizeof(shown));
		return err_set(e, ERR_PROTO, "line %" PRId64 ": column "
		    "\"%s\" is not known: the columns are " COLUMNS,
		    p->rec.line, shown);
	}
	if (*col != none)
		return err_set(e, ERR_PROTO, "line %" PRId64 ": column %s "
		    "stands there twice", p->rec.line, name);
	*col = i;
	return ERR_OK;
}

int
phone_csv_init(struct phone_csv *p, const uint8_t *buf, size_t len,
    struct err *e)
{
	int ret;

	*p = (struct phone_csv){ .csv = csv_init(buf, len),
	    .col_name = (size_t)-1, .col_model = (size_t)-1 };
	ret = csv_next(&p->csv, &p->rec, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_PROTO, "empty: the first line must "
		    "name the columns " COLUMNS);
	if (ret != ERR_OK)
		return err_wrap(e, "line %" PRId64, p->rec.line);
	for (size_t i = 0; i < p->rec.n && ret == ERR_OK; i++)
		ret = header_column(p, i, e);
	if (ret == ERR_OK && (p->col_name == (size_t)-1 ||
	    p->col_model == (size_t)-1))
		ret = err_set(e, ERR_PROTO, "line %" PRId64 ": no column %s: "
		    "the first line must name the columns " COLUMNS,
		    p->rec.line, p->col_name == (size_t)-1 ? "name" :
		    "model");
	p->ncol = p->rec.n;
	return ret;
}

static int
read_row(struct phone_csv *p, struct phone_csv_row *row, struct err *e)
{
	const char *name, *model;
	char shown[80];
	int ret;

	if (p->rec.n != p->ncol)
		return err_set(e, ERR_PROTO, "%zu fields, the first line has "
		    "%zu", p->rec.n, p->ncol);
	name = trim(p->rec.field[p->col_name]);
	model = trim(p->rec.field[p->col_model]);
	if (!str_device_name(name, row->name)) {
		str_visible(name, strlen(name), shown, sizeof(shown));
		return err_set(e, ERR_ARG, "\"%s\" is not a phone name: a "
		    "letter, then at most 63 of A-Z a-z 0-9 . _ -", shown);
	}
	row->model[0] = '\0';
	if (*model != '\0' &&
	    (ret = phone_model(model, row->model, e)) != ERR_OK)
		return ret;
	return seen_add(p, row, e);
}

int
phone_csv_next(struct phone_csv *p, struct phone_csv_row *row, struct err *e)
{
	int ret = csv_next(&p->csv, &p->rec, e);

	row->line = p->rec.line;
	return ret != ERR_OK ? ret : read_row(p, row, e);
}

void
phone_csv_clear(struct phone_csv *p)
{
	free(p->seen);
	p->seen = NULL;
	p->nseen = p->cap = 0;
}
