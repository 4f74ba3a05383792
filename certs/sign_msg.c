/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages between engine and signer, see sign_msg.h.
 */
#include <string.h>

#include "base/rd.h"
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

#define HEAD_LEN	8		/* up to the sequence number */

/*
 * By hand, not by a struct wr: that would leave secrets in memory that is
 * freed.  buf has room for all by its size.
 */
static size_t
put_message(uint8_t buf[SIGN_MSG_MAX], const uint8_t head[HEAD_LEN],
    const uint8_t *id, const uint8_t *data, size_t len)
{
	size_t n = HEAD_LEN;

	if (len > SIGN_MSG_DATA_MAX)
		return 0;
	memcpy(buf, head, HEAD_LEN);
	if (id != NULL) {
		memcpy(buf + n, id, KEY_ID_LEN);
		n += KEY_ID_LEN;
	}
	buf[n++] = (uint8_t)(len >> 8);
	buf[n++] = (uint8_t)len;
	if (len > 0)
		memcpy(buf + n, data, len);
	return n + len;
}

size_t
sign_request_put(const struct sign_request *q, uint8_t buf[SIGN_MSG_MAX])
{
	bool decrypt = q->op == SIGN_OP_DECRYPT;
	const uint8_t head[HEAD_LEN] = {
		SIGN_MSG_VERSION, (uint8_t)q->op,
		decrypt ? (uint8_t)(q->tls_version >> 8) : (uint8_t)q->alg,
		decrypt ? (uint8_t)q->tls_version : (uint8_t)q->pad,
		(uint8_t)(q->seq >> 24), (uint8_t)(q->seq >> 16),
		(uint8_t)(q->seq >> 8), (uint8_t)q->seq,
	};

	return put_message(buf, head, q->id, q->data, q->len);
}

size_t
sign_answer_put(const struct sign_answer *a, uint8_t buf[SIGN_MSG_MAX])
{
	const uint8_t head[HEAD_LEN] = {
		SIGN_MSG_VERSION, (uint8_t)a->op, status_code(a->status), 0,
		(uint8_t)(a->seq >> 24), (uint8_t)(a->seq >> 16),
		(uint8_t)(a->seq >> 8), (uint8_t)a->seq,
	};

	return put_message(buf, head, NULL, a->data, a->len);
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
	if (op != SIGN_OP_DIGEST && op != SIGN_OP_DECRYPT)
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

	if (v > KEY_PAD_TLS10)
		rd_fail(r, ERR_PROTO);
	return (enum key_padding)v;
}

static uint16_t
get_version(struct rd *r)
{
	uint16_t v = rd_u16(r);

	if (v == 0)
		rd_fail(r, ERR_PROTO);
	return v;
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
	if (q->op == SIGN_OP_DECRYPT) {
		q->tls_version = get_version(&r);
	} else {
		q->alg = get_alg(&r);
		q->pad = get_pad(&r);
	}
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
