/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages between engine and signer, see sign_msg.h.
 */
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "certs/sign_msg.h"

/* Errors that concern one request; any other one breaks the channel. */
static const int statuses[] = {
	ERR_OK, ERR_NOMEM, ERR_ARG, ERR_NOTFOUND, ERR_CRYPTO,
};
#define NSTATUS	(sizeof(statuses) / sizeof(statuses[0]))

static uint8_t
status_code(int status)
{
	for (size_t i = 0; i < NSTATUS; i++)
		if (statuses[i] == status)
			return (uint8_t)-status;
	return (uint8_t)-ERR_CRYPTO;
}

/* The writer's bytes to buf. */
static size_t
put_out(struct wr *w, uint8_t buf[SIGN_MSG_MAX])
{
	size_t n = w->err == ERR_OK ? w->len : 0;

	if (n > 0)
		memcpy(buf, w->buf, n);
	wr_clear(w);
	return n;
}

size_t
sign_request_put(const struct sign_request *q, uint8_t buf[SIGN_MSG_MAX])
{
	struct wr w = wr_init(SIGN_MSG_MAX);

	if (q->len > SIGN_MSG_DATA_MAX)
		return 0;
	wr_u8(&w, SIGN_MSG_VERSION);
	wr_u8(&w, (uint8_t)q->op);
	wr_u8(&w, (uint8_t)q->alg);
	wr_u8(&w, (uint8_t)q->pad);
	wr_u32(&w, q->seq);
	wr_bytes(&w, q->id, KEY_ID_LEN);
	wr_u16(&w, (uint16_t)q->len);
	wr_bytes(&w, q->data, q->len);
	return put_out(&w, buf);
}

size_t
sign_answer_put(const struct sign_answer *a, uint8_t buf[SIGN_MSG_MAX])
{
	struct wr w = wr_init(SIGN_MSG_MAX);

	if (a->len > SIGN_MSG_DATA_MAX)
		return 0;
	wr_u8(&w, SIGN_MSG_VERSION);
	wr_u8(&w, (uint8_t)a->op);
	wr_u8(&w, status_code(a->status));
	wr_u8(&w, 0);
	wr_u32(&w, a->seq);
	wr_u16(&w, (uint16_t)a->len);
	wr_bytes(&w, a->data, a->len);
	return put_out(&w, buf);
}

/* Length and data, which end the datagram. */
static const uint8_t *
get_data(struct rd *r, size_t *len)
{
	const uint8_t *p;

	*len = rd_u16(r);
	if (*len > SIGN_MSG_DATA_MAX)
		rd_fail(r, ERR_PROTO);
	p = rd_bytes(r, *len);
	if (rd_left(r) > 0)
		rd_fail(r, ERR_PROTO);
	return p;
}

static enum sign_op
get_start(struct rd *r)
{
	uint8_t op;

	if (rd_u8(r) != SIGN_MSG_VERSION)
		rd_fail(r, ERR_PROTO);
	op = rd_u8(r);
	if (op != SIGN_OP_DIGEST)
		rd_fail(r, ERR_PROTO);
	return (enum sign_op)op;
}

static enum digest_alg
get_alg(struct rd *r)
{
	uint8_t v = rd_u8(r);

	if (v > DIGEST_SHA512)
		rd_fail(r, ERR_PROTO);
	return (enum digest_alg)v;
}

static enum key_padding
get_pad(struct rd *r)
{
	uint8_t v = rd_u8(r);

	if (v > KEY_PAD_ECDSA)
		rd_fail(r, ERR_PROTO);
	return (enum key_padding)v;
}

static int
get_status(struct rd *r)
{
	int v = -(int)rd_u8(r);

	for (size_t i = 0; i < NSTATUS; i++)
		if (statuses[i] == v)
			return v;
	rd_fail(r, ERR_PROTO);
	return ERR_PROTO;
}

int
sign_request_parse(struct sign_request *q, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);
	const uint8_t *id;

	*q = (struct sign_request){ 0 };
	q->op = get_start(&r);
	q->alg = get_alg(&r);
	q->pad = get_pad(&r);
	q->seq = rd_u32(&r);
	if ((id = rd_bytes(&r, KEY_ID_LEN)) != NULL)
		memcpy(q->id, id, KEY_ID_LEN);
	q->data = get_data(&r, &q->len);
	return r.err == ERR_OK ? ERR_OK : err_at(e, ERR_PROTO, rd_pos(&r),
	    "malformed request to the signer");
}

int
sign_answer_parse(struct sign_answer *a, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);

	*a = (struct sign_answer){ 0 };
	a->op = get_start(&r);
	a->status = get_status(&r);
	if (rd_u8(&r) != 0)
		rd_fail(&r, ERR_PROTO);
	a->seq = rd_u32(&r);
	a->data = get_data(&r, &a->len);
	return r.err == ERR_OK ? ERR_OK : err_at(e, ERR_PROTO, rd_pos(&r),
	    "malformed answer of the signer");
}
