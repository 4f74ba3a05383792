/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a server says, as far as a phone listens: TFTP datagrams (RFC 1350,
 * RFC 2347 to 2349) and the head of an HTTP answer (RFC 9112).  No I/O.
 */
#ifndef PHONESIM_STORM_MSG_H
#define PHONESIM_STORM_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define STORM_BLKSIZE		1428
#define STORM_BLKSIZE_PLAIN	512	/* without OACK */
#define STORM_HEAD_MAX		8192	/* bytes of an HTTP head */

enum storm_op { STORM_DATA = 3, STORM_ERROR = 5, STORM_OACK = 6 };

struct storm_packet {
	enum storm_op	 op;
	uint16_t	 block;		/* DATA */
	uint16_t	 code;		/* ERROR */
	uint16_t	 blksize;	/* OACK; without one 512 */
	uint64_t	 tsize;		/* OACK; 0: not told */
	const uint8_t	*data;		/* DATA: payload, ERROR: text (not
					 * NUL-ended); points into the input */
	size_t		 len;
};

/* ERR_PROTO: no packet that a server sends to a reader, or an option that
 * was not asked for or has another value than a phone can take. */
int	storm_packet_parse(struct storm_packet *p, const uint8_t *buf,
	    size_t len, struct err *e);

struct storm_head {
	int		 status;
	uint64_t	 length;	/* Content-Length */
	size_t		 size;		/* bytes of the head */
};

/*
 * ERR_OK with h->size 0: the head is not complete.  ERR_PROTO: not the head
 * of an HTTP/1 answer with one Content-Length, or more than STORM_HEAD_MAX
 * bytes.
 */
int	storm_head_parse(struct storm_head *h, const uint8_t *buf, size_t len,
	    struct err *e);

#endif
