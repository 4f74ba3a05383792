/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones in JSON, see phone_json.h.  Only where an object begins and ends is
 * found here, so that a bad one has its line and a file of any size is read
 * object by object; what it says is jansson's to read.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "ctltool/phone_json.h"

static bool
is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

static size_t
skip_mark(const uint8_t *buf, size_t len)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	return len >= sizeof(mark) && memcmp(buf, mark, sizeof(mark)) == 0 ?
	    sizeof(mark) : 0;
}

bool
phone_json_is(const uint8_t *buf, size_t len)
{
	size_t i = skip_mark(buf, len);

	while (i < len && is_blank(buf[i]))
		i++;
	return i < len && (buf[i] == '[' || buf[i] == '{');
}

struct phone_json
phone_json_init(const uint8_t *buf, size_t len)
{
	return (struct phone_json){ .buf = buf, .len = len, .line = 1,
	    .off = skip_mark(buf, len) };
}

static void
step(struct phone_json *j)
{
	if (j->buf[j->off++] == '\n')
		j->line++;
}

static void
skip_line(struct phone_json *j)
{
	while (j->off < j->len && j->buf[j->off] != '\n')
		step(j);
}

/* Up to the next object.  ERR_NOTFOUND: there is none. */
static int
find_object(struct phone_json *j, struct err *e)
{
	for (; j->off < j->len; step(j)) {
		uint8_t b = j->buf[j->off];

		if (b == '{' && !j->ended)
			return ERR_OK;
		if (is_blank(b) || (b == ',' && j->in_array && !j->ended))
			continue;
		if (b == '[' && !j->in_array && !j->ended)
			j->in_array = true;
		else if (b == ']' && j->in_array && !j->ended)
			j->ended = true;
		else {
			skip_line(j);
			return err_set(e, ERR_PROTO, "something that is no "
			    "object: phones are objects in one array, or one "
			    "object per line");
		}
	}
	if (j->in_array && !j->ended) {
		j->ended = true;
		return err_set(e, ERR_PROTO, "the array is not closed: was "
		    "the file cut?");
	}
	return err_set(e, ERR_NOTFOUND, "end of the file");
}

/* Over an object, whose braces have to be in balance. */
static int
take_object(struct phone_json *j, const char **text, size_t *len,
    struct err *e)
{
	size_t start = j->off, depth = 0;
	bool quoted = false;

	for (; j->off < j->len; step(j)) {
		uint8_t b = j->buf[j->off];

		if (quoted && b == '\\' && j->off + 1 < j->len)
			step(j);
		else if (b == '"')
			quoted = !quoted;
		else if (!quoted && b == '{')
			depth++;
		else if (!quoted && b == '}' && --depth == 0)
			break;
	}
	if (j->off == j->len) {
		j->ended = true;
		return err_set(e, ERR_PROTO, "an object is not closed");
	}
	step(j);
	*text = (const char *)j->buf + start;
	*len = j->off - start;
	return *len <= PHONE_JSON_OBJECT_MAX ? ERR_OK : err_set(e, ERR_PROTO,
	    "an object of %zu bytes, at most %d are taken", *len,
	    PHONE_JSON_OBJECT_MAX);
}

/* The text of a value in buf or borrowed; NULL: says nothing. */
static int
value_text(const json_t *v, const char *key, char buf[32], const char **text,
    struct err *e)
{
	char shown[80];

	*text = NULL;
	switch (json_typeof(v)) {
	case JSON_NULL:
		return ERR_OK;
	case JSON_STRING:
		*text = json_string_value(v);
		return ERR_OK;
	case JSON_INTEGER:
		(void)snprintf(buf, 32, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
		*text = buf;
		return ERR_OK;
	case JSON_TRUE:
	case JSON_FALSE:
		*text = json_is_true(v) ? "true" : "false";
		return ERR_OK;
	default:
		str_visible(key, strlen(key), shown, sizeof(shown));
		return err_set(e, ERR_PROTO, "\"%s\": text, a whole number, "
		    "true, false or null is taken", shown);
	}
}

/* Where an empty text means something it is said so. */
static const char *
cell_of(int col, const char *text)
{
	if (text[0] != '\0')
		return text;
	return col == PHONE_COL_DESCRIPTION || col == PHONE_COL_CONFIG ||
	    col >= PHONE_COL_SETTING ? PHONE_CELL_NONE : NULL;
}

static int
take_member(struct phone_record *r, size_t *used, const char *key,
    const json_t *v, struct err *e)
{
	int col = phone_column(key), ret;
	char buf[32], shown[80];
	const char *text;
	size_t n;

	if (col < 0) {
		str_visible(key, strlen(key), shown, sizeof(shown));
		return err_set(e, ERR_PROTO, "\"%s\" is not known: the "
		    "columns are %s", shown, phone_columns_text);
	}
	r->secrets = r->secrets || phone_column_is_secret(col);
	if ((ret = value_text(v, key, buf, &text, e)) != ERR_OK)
		return ret;
	if (text == NULL || (text = cell_of(col, text)) == NULL)
		return ERR_OK;
	if (r->value[col] != NULL)
		return err_set(e, ERR_PROTO, "%s stands there twice",
		    phone_column_name(col));
	n = strlen(text) + 1;
	memcpy(r->text + *used, text, n);
	r->value[col] = r->text + *used;
	*used += n;
	return ERR_OK;
}

static int
take_members(struct phone_record *r, const json_t *o, size_t len,
    struct err *e)
{
	const char *key;
	size_t used = 0;
	json_t *v;
	int ret;

	/* No value is longer than what wrote it, but "" and numbers: both
	 * have a member around them that is. */
	r->textlen = 2 * len + 64;
	if ((r->text = malloc(r->textlen)) == NULL)
		return err_set(e, ERR_NOMEM, "a phone of the import");
	json_object_foreach((json_t *)(uintptr_t)o, key, v)
		if ((ret = take_member(r, &used, key, v, e)) != ERR_OK)
			return ret;
	return ERR_OK;
}

/* Without the place in the text, " near '...'": that may be a secret. */
static int
not_json(const json_error_t *why, int64_t line, struct err *e)
{
	const char *near = strstr(why->text, " near ");
	int n = near != NULL ? (int)(near - why->text) :
	    (int)strlen(why->text);

	return err_set(e, ERR_PROTO, "not JSON: %.*s in line %" PRId64, n,
	    why->text, line + why->line - 1);
}

int
phone_json_next(struct phone_json *j, struct phone_record *r, struct err *e)
{
	json_error_t why;
	const char *text = NULL;
	json_t *o;
	size_t len = 0;
	int ret;

	*r = (struct phone_record){ .line = j->line };
	ret = find_object(j, e);
	r->line = j->line;
	if (ret != ERR_OK || (ret = take_object(j, &text, &len, e)) != ERR_OK)
		return ret;
	o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (o == NULL)
		return not_json(&why, r->line, e);
	ret = take_members(r, o, len, e);
	json_decref(o);
	return ret;
}
