/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages between engine and writer, see wire.h.  Both ends are one program,
 * so there is no version; what the other end says is checked all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "capfd/wire.h"

enum { FLAG_OK = 1, FLAG_REFUSED = 2, FLAG_MIC = 4, FLAG_END = 8 };

/* Device names and the like go on to rows and logs. */
static void
get_text(struct rd *r, char *to, size_t size)
{
	const char *s = rd_cstr(r, size - 1);

	if (s == NULL)
		return;
	if (!str_is_utf8(s, strlen(s)))
		rd_fail(r, ERR_PROTO);
	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			rd_fail(r, ERR_PROTO);
	(void)str_copy(to, size, s);
}

/* A number below end. */
static unsigned
get_enum(struct rd *r, unsigned end)
{
	unsigned v = rd_u8(r);

	if (v >= end)
		rd_fail(r, ERR_PROTO);
	return r->err == ERR_OK ? v : 0;
}

static void
get_fixed(struct rd *r, void *to, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	if (p != NULL)
		memcpy(to, p, n);
}

/* All that is left; of length 0: none. */
static void
get_der(struct rd *r, const uint8_t **der, size_t *len)
{
	*len = rd_left(r);
	*der = rd_bytes(r, *len);
	if (*len > CERT_DER_MAX)
		rd_fail(r, ERR_PROTO);
	if (*len == 0)
		*der = NULL;
}

/* A message in the caller's buffer, which alone then has secrets to wipe. */
struct out {
	uint8_t	*buf;		/* WIRE_MAX */
	size_t	 n;
	int	 err;
};

static void
put_bytes(struct out *o, const void *p, size_t len)
{
	if (len > WIRE_MAX - o->n)
		o->err = ERR_LIMIT;
	if (o->err != ERR_OK || len == 0)
		return;
	memcpy(o->buf + o->n, p, len);
	o->n += len;
}

static void
put_int(struct out *o, uint64_t v, size_t bytes)
{
	uint8_t b[8];

	for (size_t i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
	put_bytes(o, b, bytes);
}

static void
put_text(struct out *o, const char *s)
{
	put_bytes(o, s, strlen(s) + 1);
}

/* Reasons may quote anything. */
static void
put_why(struct out *o, const char *s)
{
	for (size_t i = 0; s[i] != '\0' && i < CAPF_REASON_MAX; i++)
		put_int(o, s[i] < ' ' || s[i] > '~' ? '?' : (uint8_t)s[i], 1);
	put_int(o, 0, 1);
}

static void
put_owner(struct out *o, const struct capf_owner *who)
{
	put_int(o, who->kind, 1);
	put_text(o, who->name);
	put_text(o, who->instance);
}

static void
get_owner(struct rd *r, struct capf_owner *o)
{
	o->kind = (enum capf_kind)get_enum(r, CAPF_KIND_N);
	get_text(r, o->name, sizeof(o->name));
	get_text(r, o->instance, sizeof(o->instance));
}

static int
finish(const struct out *o, size_t *len, struct err *e)
{
	*len = o->n;
	return o->err == ERR_OK ? ERR_OK : err_set(e, o->err, "a message of "
	    "more than %d bytes to or from the writer", WIRE_MAX);
}

/* --- what is asked --- */

static void
put_hello(struct out *o, const struct capf_hello *h)
{
	put_text(o, h->device);
	put_int(o, h->session, 4);
	put_text(o, h->address);
	put_text(o, h->string);
	put_int(o, h->proof, 1);
	put_int(o, h->own_ca, 1);
	put_int(o, h->expired, 1);
	put_bytes(o, h->sha256, sizeof(h->sha256));
	put_why(o, h->unproved);
	put_int(o, (uint64_t)h->now, 8);
}

static void
get_hello(struct rd *r, struct capf_hello *h)
{
	get_text(r, h->device, sizeof(h->device));
	h->session = rd_u32(r);
	get_text(r, h->address, sizeof(h->address));
	get_text(r, h->string, sizeof(h->string));
	h->proof = (enum capf_proof)get_enum(r, CAPF_PROOF_MIC + 1);
	h->own_ca = get_enum(r, 2) != 0;
	h->expired = get_enum(r, 2) != 0;
	get_fixed(r, h->sha256, sizeof(h->sha256));
	get_text(r, h->unproved, sizeof(h->unproved));
	h->now = (int64_t)rd_u64(r);
}

static void
put_rest(struct out *o, const struct wire_ask *a)
{
	put_owner(o, &a->owner);
	put_int(o, a->session, 4);
	put_int(o, (uint64_t)a->now, 8);
	put_bytes(o, a->spki, sizeof(a->spki));
	put_int(o, a->op, 1);
	put_int(o, (a->ok ? FLAG_OK : 0u) | (a->mic ? FLAG_MIC : 0u) |
	    (a->refused ? FLAG_REFUSED : 0u), 1);
	put_why(o, a->why);
	put_bytes(o, a->der, a->derlen);
}

static void
get_rest(struct rd *r, struct wire_ask *a)
{
	unsigned flags;

	get_owner(r, &a->owner);
	a->session = rd_u32(r);
	a->now = (int64_t)rd_u64(r);
	get_fixed(r, a->spki, sizeof(a->spki));
	a->op = (enum capf_operation)get_enum(r, CAPF_OP_DELETE + 1);
	flags = get_enum(r, FLAG_END);
	a->ok = (flags & FLAG_OK) != 0;
	a->refused = (flags & FLAG_REFUSED) != 0;
	a->mic = (flags & FLAG_MIC) != 0;
	get_text(r, a->why, sizeof(a->why));
	get_der(r, &a->der, &a->derlen);
	if (a->der == NULL && a->kind != WIRE_END)
		rd_fail(r, ERR_PROTO);
}

int
wire_ask_build(const struct wire_ask *a, uint8_t buf[WIRE_MAX], size_t *len,
    struct err *e)
{
	struct out o = { .buf = buf };

	put_int(&o, a->nr, 4);
	put_int(&o, a->kind, 1);
	if (a->kind == WIRE_BEGIN)
		put_hello(&o, &a->hello);
	else
		put_rest(&o, a);
	return finish(&o, len, e);
}

static int
parsed(const struct rd *r, const char *what, struct err *e)
{
	if (r->err == ERR_OK && rd_left(r) == 0)
		return ERR_OK;
	return err_at(e, ERR_PROTO, rd_pos(r), "%s", what);
}

int
wire_ask_parse(struct wire_ask *a, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);

	*a = (struct wire_ask){ .nr = rd_u32(&r) };
	a->kind = (enum wire_kind)get_enum(&r, WIRE_END + 1);
	switch (a->kind) {
	case WIRE_BEGIN:
		get_hello(&r, &a->hello);
		break;
	case WIRE_ISSUED:
	case WIRE_REQUEST:
	case WIRE_END:
		get_rest(&r, a);
		break;
	default:
		rd_fail(&r, ERR_PROTO);
	}
	return parsed(&r, "what the engine asks of the writer", e);
}

/* --- answers --- */

static void
put_task(struct out *o, const struct capf_task *t)
{
	put_int(o, t->answer, 1);
	put_owner(o, &t->owner);
	put_int(o, t->op, 1);
	put_int(o, t->key, 1);
	put_int(o, t->backup, 1);
	put_why(o, t->why);
	if (t->ready != NULL)
		put_bytes(o, t->ready, t->readylen);
}

static int
get_task(struct rd *r, struct capf_task *t)
{
	const uint8_t *der;

	t->answer = (enum capf_answer)get_enum(r, CAPF_NO_DEVICE + 1);
	get_owner(r, &t->owner);
	t->op = (enum capf_operation)get_enum(r, CAPF_OP_DELETE + 1);
	t->key = (enum key_type)get_enum(r, KEY_OTHER);
	t->backup = (enum key_type)get_enum(r, KEY_OTHER);
	get_text(r, t->why, sizeof(t->why));
	get_der(r, &der, &t->readylen);
	if (r->err != ERR_OK || der == NULL)
		return ERR_OK;
	if ((t->ready = malloc(t->readylen)) == NULL)
		return ERR_NOMEM;
	memcpy(t->ready, der, t->readylen);
	return ERR_OK;
}

int
wire_answer_build(const struct wire_answer *a, uint8_t buf[WIRE_MAX],
    size_t *len, struct err *e)
{
	struct out o = { .buf = buf };

	put_int(&o, a->nr, 4);
	put_int(&o, (uint64_t)-a->code, 4);
	put_why(&o, a->why);
	put_task(&o, &a->task);
	return finish(&o, len, e);
}

int
wire_answer_parse(struct wire_answer *a, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);
	uint32_t code;
	int ret;

	*a = (struct wire_answer){ .nr = rd_u32(&r) };
	if ((code = rd_u32(&r)) > -ERR_BUSY)
		rd_fail(&r, ERR_PROTO);
	a->code = -(int)code;
	get_text(&r, a->why, sizeof(a->why));
	if (get_task(&r, &a->task) != ERR_OK)
		return err_set(e, ERR_NOMEM, "answer of the writer");
	if ((ret = parsed(&r, "answer of the writer", e)) != ERR_OK)
		wire_answer_clear(a);
	return ret;
}

void
wire_answer_clear(struct wire_answer *a)
{
	capf_task_clear(&a->task);
}
