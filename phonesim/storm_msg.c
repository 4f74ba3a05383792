/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers of servers, see storm_msg.h.
 */
#include <stdbool.h>
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "phonesim/storm_msg.h"

#define OPTION_MAX	64	/* bytes of an option's name or value */
#define BLKSIZE_MIN	8	/* RFC 2348 */

static int
read_option(struct storm_packet *p, const char *name, const char *value,
    struct err *e)
{
	int64_t v;
	int ret;

	if (str_ieq(name, "blksize")) {
		ret = str_to_i64(value, BLKSIZE_MIN, STORM_BLKSIZE, &v, e);
		if (ret == ERR_OK)
			p->blksize = (uint16_t)v;
	} else if (str_ieq(name, "tsize")) {
		ret = str_to_i64(value, 0, INT64_MAX, &v, e);
		if (ret == ERR_OK)
			p->tsize = (uint64_t)v;
	} else
		return err_set(e, ERR_PROTO, "an option that was not asked "
		    "for");
	return ret == ERR_OK ? ERR_OK : err_set(e, ERR_PROTO, "option %s has "
	    "a value out of range", name);
}

static int
read_options(struct storm_packet *p, struct rd *r, struct err *e)
{
	const char *name, *value;
	int ret = ERR_OK;

	p->blksize = STORM_BLKSIZE_PLAIN;
	while (ret == ERR_OK && rd_left(r) > 0) {
		name = rd_cstr(r, OPTION_MAX);
		value = rd_cstr(r, OPTION_MAX);
		if (r->err == ERR_OK)
			ret = read_option(p, name, value, e);
	}
	return ret;
}

int
storm_packet_parse(struct storm_packet *p, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);
	unsigned op = rd_u16(&r);
	int ret = ERR_OK;

	*p = (struct storm_packet){ .op = op };
	switch (op) {
	case STORM_DATA:
		p->block = rd_u16(&r);
		p->len = rd_left(&r);
		p->data = rd_bytes(&r, p->len);
		break;
	case STORM_ERROR:
		p->code = rd_u16(&r);
		p->len = rd_left(&r);
		p->data = rd_bytes(&r, p->len);
		if (p->data != NULL)
			p->len = strnlen((const char *)p->data, p->len);
		break;
	case STORM_OACK:
		ret = read_options(p, &r, e);
		break;
	default:
		rd_fail(&r, ERR_PROTO);
	}
	if (r.err != ERR_OK)
		return err_at(e, ERR_PROTO, rd_pos(&r), "not a TFTP answer, "
		    "opcode %u", op);
	return ret;
}

/* The line at *off without its end; NULL: there is no whole one. */
static const char *
next_line(const uint8_t *buf, size_t len, size_t *off, size_t *n)
{
	const uint8_t *line = buf + *off, *end;

	if ((end = memchr(line, '\n', len - *off)) == NULL)
		return NULL;
	*off = (size_t)(end - buf) + 1;
	*n = (size_t)(end - line);
	if (*n > 0 && line[*n - 1] == '\r')
		(*n)--;
	return (const char *)line;
}

static bool
status_of(const char *line, size_t n, int *status)
{
	int64_t v;
	char digits[4];

	if (n < sizeof("HTTP/1.1 200") - 1 || memcmp(line, "HTTP/1.", 7) != 0 ||
	    line[8] != ' ' || (n > 12 && line[12] != ' '))
		return false;
	memcpy(digits, line + 9, 3);
	digits[3] = '\0';
	if (str_to_i64(digits, 100, 599, &v, NULL) != ERR_OK)
		return false;
	*status = (int)v;
	return true;
}

#define LENGTH_FIELD	"content-length:"

/* -1: a field that cannot be; 1: it told the length. */
static int
field_of(const char *line, size_t n, uint64_t *length)
{
	char text[64];
	const char *value;
	int64_t v;

	if (n < sizeof(LENGTH_FIELD) - 1 ||
	    strncasecmp(line, LENGTH_FIELD, sizeof(LENGTH_FIELD) - 1) != 0)
		return 0;
	if (n >= sizeof(text))
		return -1;
	memcpy(text, line, n);
	text[n] = '\0';
	text[strcspn(text, "\t")] = '\0';
	value = text + sizeof(LENGTH_FIELD) - 1;
	value += strspn(value, " ");
	if (str_to_i64(value, 0, INT64_MAX, &v, NULL) != ERR_OK)
		return -1;
	*length = (uint64_t)v;
	return 1;
}

int
storm_head_parse(struct storm_head *h, const uint8_t *buf, size_t len,
    struct err *e)
{
	size_t off = 0, n = 0, most = len;
	const char *line;
	int told = 0, f;

	*h = (struct storm_head){ .size = 0 };
	if (most > STORM_HEAD_MAX)
		most = STORM_HEAD_MAX;
	if ((line = next_line(buf, most, &off, &n)) != NULL &&
	    !status_of(line, n, &h->status))
		return err_set(e, ERR_PROTO, "not an HTTP answer");
	while (line != NULL &&
	    (line = next_line(buf, most, &off, &n)) != NULL && n > 0) {
		if ((f = field_of(line, n, &h->length)) == -1)
			return err_set(e, ERR_PROTO, "Content-Length is no "
			    "number");
		told += f;
	}
	if (line == NULL)
		return most < STORM_HEAD_MAX ? ERR_OK : err_set(e, ERR_PROTO,
		    "the HTTP head has more than %d bytes", STORM_HEAD_MAX);
	if (told != 1)
		return err_set(e, ERR_PROTO, "the HTTP answer has %d "
		    "Content-Length fields, not one", told);
	h->size = off;
	return ERR_OK;
}
