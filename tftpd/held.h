/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers in memory while they are sent.  The same bytes are kept once,
 * however many phones they go to, and large ones are bounded together: a
 * request of a few bytes, from a forged address even, can ask for a signed
 * file of many megabytes.  One per loop.
 */
#ifndef TFTPD_HELD_H
#define TFTPD_HELD_H

#include <stddef.h>

#include "trust/files.h"

#define HELD_SMALL	(64u << 10)	/* up to here an answer is not counted */
#define HELD_MAX	(256u << 20)	/* bytes of the others */

struct held;
struct held_answer;

/* max: bytes of answers above HELD_SMALL.  ERR_NOMEM. */
struct held	*held_new(size_t max, struct err *e);
/* All answers have been released. */
void		 held_free(struct held *h);

/*
 * Keep a's memory, or what is kept of the same content; *a is empty then, as
 * after file_answer_clear().  ERR_BUSY when too much is held, ERR_NOMEM; *a
 * is unchanged.  a->body must not be NULL.
 */
int		 held_add(struct held *h, struct file_answer *a,
		    struct held_answer **ha, struct err *e);
const uint8_t	*held_body(const struct held_answer *ha);
void		 held_release(void *held_answer);

#endif
