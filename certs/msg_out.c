/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See msg_out.h.
 */
#include <string.h>

#include "base/err.h"
#include "certs/msg_out.h"

void
msg_put(struct msg_out *o, const void *p, size_t len)
{
	if (len > o->size - o->n)
		o->err = ERR_ARG;
	if (o->err != ERR_OK || len == 0)
		return;
	memcpy(o->buf + o->n, p, len);
	o->n += len;
}

void
msg_put_int(struct msg_out *o, uint32_t v, size_t bytes)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 8), (uint8_t)v };

	msg_put(o, b + sizeof(b) - bytes, bytes);
}

void
msg_put_start(struct msg_out *o, uint8_t tag, size_t len)
{
	if (len > UINT16_MAX)
		o->err = ERR_ARG;
	msg_put_int(o, tag, 1);
	msg_put_int(o, (uint32_t)len, 2);
}
