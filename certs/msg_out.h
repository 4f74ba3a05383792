/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A small message written into the caller's buffer, for the codecs of phones'
 * protocols: n says where, err sticks.
 */
#ifndef CERTS_MSG_OUT_H
#define CERTS_MSG_OUT_H

#include <stddef.h>
#include <stdint.h>

struct msg_out {
	uint8_t	*buf;
	size_t	 size;
	size_t	 n;
	int	 err;		/* ERR_ARG: it does not fit, or cannot be */
};

void	msg_put(struct msg_out *o, const void *p, size_t len);

/* The lowest bytes of v, big-endian; bytes is at most 4. */
void	msg_put_int(struct msg_out *o, uint32_t v, size_t bytes);

/* A tag, and the length of what follows in two bytes. */
void	msg_put_start(struct msg_out *o, uint8_t tag, size_t len);

#endif
