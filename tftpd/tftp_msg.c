/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TFTP packets, see tftp_msg.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "tftpd/tftp_msg.h"

enum option {
	OPTION_BLKSIZE,
	OPTION_TIMEOUT,
	OPTION_TSIZE,
	OPTION_WINDOWSIZE,
	OPTION_N
};

static const struct {
	const char	*name;
	int64_t		 min, max;
} options[OPTION_N] = {
	[OPTION_BLKSIZE] = { "blksize", TFTP_BLKSIZE_MIN, TFTP_BLKSIZE_MAX },
	[OPTION_TIMEOUT] = { "timeout", TFTP_TIMEOUT_MIN, TFTP_TIMEOUT_MAX },
	[OPTION_TSIZE] = { "tsize", 0, INT64_MAX },
	[OPTION_WINDOWSIZE] = { "windowsize", TFTP_WINDOW_MIN,
	    TFTP_WINDOW_MAX },
};

static enum option
option_find(const char *name)
{
	int i;

	for (i = 0; i < OPTION_N; i++)
		if (str_ieq(name, options[i].name))
			break;
	return (enum option)i;
}

static void
option_set(struct tftp_opts *o, enum option which, const char *value)
{
	int64_t v;

	if (str_to_i64(value, options[which].min, options[which].max, &v,
	    NULL) != ERR_OK)
		return;		/* not acted on: RFC 2347 */
	switch (which) {
	case OPTION_BLKSIZE:
		o->blksize = (uint16_t)v;
		break;
	case OPTION_TIMEOUT:
		o->timeout_s = (uint8_t)v;
		break;
	case OPTION_TSIZE:
		o->has_tsize = true;
		o->tsize = (uint64_t)v;
		break;
	case OPTION_WINDOWSIZE:
		o->windowsize = (uint16_t)v;
		break;
	case OPTION_N:
		break;
	}
}

static bool
only_padding(const struct rd *r)
{
	struct rd rest = *r;
	size_t n = rd_left(&rest);
	const uint8_t *p = rd_bytes(&rest, n);

	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void
parse_options(struct rd *r, struct tftp_opts *o)
{
	bool seen[OPTION_N] = { false };
	const char *name, *value;
	enum option which;

	for (int n = 0; r->err == ERR_OK && !only_padding(r); n++) {
		if (n == TFTP_OPTIONS_MAX) {
			rd_fail(r, ERR_PROTO);
			return;
		}
		name = rd_cstr(r, TFTP_REQUEST_MAX);
		value = rd_cstr(r, TFTP_REQUEST_MAX);
		if (name == NULL || value == NULL)
			return;
		which = option_find(name);
		if (*name == '\0' || (which < OPTION_N && seen[which])) {
			rd_fail(r, ERR_PROTO);
			return;
		}
		if (which < OPTION_N) {
			seen[which] = true;
			option_set(o, which, value);
		}
	}
}

static enum tftp_mode
parse_mode(const char *mode)
{
	if (mode == NULL)
		return TFTP_MODE_OTHER;
	if (str_ieq(mode, "octet"))
		return TFTP_OCTET;
	if (str_ieq(mode, "netascii"))
		return TFTP_NETASCII;
	return str_ieq(mode, "mail") ? TFTP_MAIL : TFTP_MODE_OTHER;
}

static void
parse_rest(struct rd *r, struct tftp_msg *m)
{
	m->len = rd_left(r);
	m->data = rd_bytes(r, m->len);
}

static void
parse_error(struct rd *r, struct tftp_msg *m)
{
	const uint8_t *nul;

	m->code = rd_u16(r);
	parse_rest(r, m);
	if (m->data != NULL && (nul = memchr(m->data, 0, m->len)) != NULL)
		m->len = (size_t)(nul - m->data);
}

int
tftp_msg_parse(struct tftp_msg *m, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);

	*m = (struct tftp_msg){ .op = rd_u16(&r) };
	switch (m->op) {
	case TFTP_RRQ:
	case TFTP_WRQ:
		m->file = rd_cstr(&r, TFTP_REQUEST_MAX);
		m->mode = parse_mode(rd_cstr(&r, TFTP_REQUEST_MAX));
		parse_options(&r, &m->opts);
		break;
	case TFTP_DATA:
		m->block = rd_u16(&r);
		parse_rest(&r, m);
		break;
	case TFTP_ACK:
		m->block = rd_u16(&r);
		if (rd_left(&r) > 0)
			rd_fail(&r, ERR_PROTO);
		break;
	case TFTP_ERROR:
		parse_error(&r, m);
		break;
	case TFTP_OACK:
		parse_options(&r, &m->opts);
		break;
	default:
		rd_fail(&r, ERR_PROTO);		/* keeps an earlier error */
	}
	return r.err == ERR_OK ? ERR_OK :
	    err_at(e, r.err, rd_pos(&r), "TFTP packet with opcode %u", m->op);
}

/* A packet under construction in the caller's memory. */
struct out {
	uint8_t	*buf;
	size_t	 cap, len;
	bool	 full;
};

static void
out_bytes(struct out *o, const void *p, size_t n)
{
	if (o->full || n > o->cap - o->len) {
		o->full = true;
		return;
	}
	memcpy(o->buf + o->len, p, n);
	o->len += n;
}

static void
out_u16(struct out *o, uint16_t v)
{
	const uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	out_bytes(o, be, sizeof(be));
}

static void
out_cstr(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s) + 1);
}

static void
out_option(struct out *o, enum option which, uint64_t v)
{
	char num[24];

	(void)snprintf(num, sizeof(num), "%" PRIu64, v);
	out_cstr(o, options[which].name);
	out_cstr(o, num);
}

static void
out_options(struct out *o, const struct tftp_opts *opts)
{
	if (opts->blksize != 0)
		out_option(o, OPTION_BLKSIZE, opts->blksize);
	if (opts->timeout_s != 0)
		out_option(o, OPTION_TIMEOUT, opts->timeout_s);
	if (opts->has_tsize)
		out_option(o, OPTION_TSIZE, opts->tsize);
	if (opts->windowsize != 0)
		out_option(o, OPTION_WINDOWSIZE, opts->windowsize);
}

static size_t
out_len(const struct out *o)
{
	return o->full ? 0 : o->len;
}

size_t
tftp_build_request(uint8_t *buf, size_t cap, enum tftp_op op,
    const char *file, const char *mode, const struct tftp_opts *o)
{
	struct out out = { .buf = buf, .cap = cap };

	out_u16(&out, (uint16_t)op);
	out_cstr(&out, file);
	out_cstr(&out, mode);
	out_options(&out, o);
	return out_len(&out);
}

size_t
tftp_build_oack(uint8_t *buf, size_t cap, const struct tftp_opts *o)
{
	struct out out = { .buf = buf, .cap = cap };

	out_u16(&out, TFTP_OACK);
	out_options(&out, o);
	return out_len(&out);
}

static size_t
build_block(uint8_t *buf, size_t cap, enum tftp_op op, uint16_t block)
{
	struct out out = { .buf = buf, .cap = cap };

	out_u16(&out, (uint16_t)op);
	out_u16(&out, block);
	return out_len(&out);
}

size_t
tftp_build_ack(uint8_t *buf, size_t cap, uint16_t block)
{
	return build_block(buf, cap, TFTP_ACK, block);
}

size_t
tftp_build_data(uint8_t *buf, size_t cap, uint16_t block)
{
	return build_block(buf, cap, TFTP_DATA, block);
}

size_t
tftp_build_error(uint8_t *buf, size_t cap, enum tftp_code code,
    const char *text)
{
	struct out out = { .buf = buf, .cap = cap };

	out_u16(&out, TFTP_ERROR);
	out_u16(&out, (uint16_t)code);
	out_cstr(&out, text);
	return out_len(&out);
}
