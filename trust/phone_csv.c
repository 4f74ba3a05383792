/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Comma-separated values and the phones in them, see phone_csv.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trust/phone_csv.h"

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

bool
csv_is_over(const struct csv *c)
{
	struct csv at = *c;

	while (csv_at_end(&at) && at.off < at.len)
		csv_skip_line(&at);
	return at.off == at.len;
}

char *
csv_trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}

/* Where no column is called name, the line is one of cells. */
static bool
has_name(const struct csv_columns *cols, struct csv_record *r)
{
	bool has = false;

	for (size_t i = 0; i < r->n && !has; i++)
		has = cols->find(csv_trim(r->field[i])) == cols->name;
	return has;
}

/* Said by its place: the cell may be of a line below, and a secret. */
static int
unknown_column(const struct csv_columns *cols, struct csv_record *r, size_t i,
    struct err *e)
{
	if (!has_name(cols, r))
		return err_set(e, ERR_PROTO, "line %" PRId64 ": column %zu is "
		    "not known, and there is no column name: the first line "
		    "must name the columns: %s", r->line, i + 1, cols->all);
	if (i == 0)
		return err_set(e, ERR_PROTO, "line %" PRId64 ": column 1 is "
		    "not known: the columns are %s", r->line, cols->all);
	return err_set(e, ERR_PROTO, "line %" PRId64 ": column %zu, behind "
	    "%.40s, is not known: the columns are %s", r->line, i + 1,
	    csv_trim(r->field[i - 1]), cols->all);
}

static int
header_column(struct csv_columns *cols, struct csv_record *r, size_t i,
    struct err *e)
{
	const char *name = csv_trim(r->field[i]);
	int col = cols->find(name);

	if (col < 0)
		return unknown_column(cols, r, i, e);
	for (size_t k = 0; k < i; k++)
		if (cols->col[k] == col)
			return err_set(e, ERR_PROTO, "line %" PRId64
			    ": column %s stands there twice", r->line, name);
	cols->col[i] = col;
	return ERR_OK;
}

int
csv_header(struct csv *c, struct csv_record *r, struct csv_columns *cols,
    struct err *e)
{
	int ret = csv_next(c, r, e);
	bool named = false;

	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_PROTO, "empty: the first line must "
		    "name the columns: %s", cols->all);
	if (ret != ERR_OK)
		return err_wrap(e, "line %" PRId64, r->line);
	for (cols->n = 0; cols->n < r->n && ret == ERR_OK; cols->n++) {
		ret = header_column(cols, r, cols->n, e);
		named = named || cols->col[cols->n] == cols->name;
	}
	if (ret == ERR_OK && !named)
		ret = err_set(e, ERR_PROTO, "line %" PRId64 ": no column "
		    "name: the first line must name the columns: %s",
		    r->line, cols->all);
	return ret;
}

/* --- phones --- */

int
phone_csv_init(struct phone_csv *p, const uint8_t *buf, size_t len,
    struct err *e)
{
	int ret;

	*p = (struct phone_csv){ .csv = csv_init(buf, len),
	    .cols = { .find = phone_column, .all = phone_columns_text,
		.name = PHONE_COL_NAME } };
	ret = csv_header(&p->csv, &p->rec, &p->cols, e);
	for (size_t i = 0; ret == ERR_OK && i < p->cols.n; i++)
		p->secrets = p->secrets ||
		    phone_column_is_secret(p->cols.col[i]);
	return ret;
}

/* The cells that say something, in one piece of memory. */
static int
take_cells(struct phone_csv *p, struct phone_record *r, struct err *e)
{
	size_t need = 1, used = 0, n;

	for (size_t i = 0; i < p->cols.n; i++)
		need += strlen(p->rec.field[i]) + 1;
	if ((r->text = malloc(need)) == NULL)
		return err_set(e, ERR_NOMEM, "a line of the import");
	r->textlen = need;
	for (size_t i = 0; i < p->cols.n; i++) {
		const char *cell = csv_trim(p->rec.field[i]);

		if (cell[0] == '\0')
			continue;
		n = strlen(cell) + 1;
		memcpy(r->text + used, cell, n);
		r->value[p->cols.col[i]] = r->text + used;
		used += n;
	}
	return ERR_OK;
}

int
phone_csv_next(struct phone_csv *p, struct phone_record *r, struct err *e)
{
	int ret = csv_next(&p->csv, &p->rec, e);

	*r = (struct phone_record){ .line = p->rec.line,
	    .secrets = p->secrets };
	if (ret != ERR_OK)
		return ret;
	if (p->rec.n != p->cols.n)
		return err_set(e, ERR_PROTO, "%zu fields, the first line has "
		    "%zu", p->rec.n, p->cols.n);
	return take_cells(p, r, e);
}
