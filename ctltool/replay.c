/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Time and random bytes again, see replay.h.
 */
#include <stdlib.h>
#include <string.h>

#include "crypt/secret.h"
#include "ctltool/replay.h"

#define TAPE_MAX	(64u << 20)

static int64_t
wall(void *arg)
{
	const struct replay *r = arg;

	return r->wall_ns;
}

static int64_t
mono(void *arg)
{
	const struct replay *r = arg;

	return r->mono_ns;
}

/* By hand and not realloc: the old bytes are wiped. */
static int
grow(struct replay *r, size_t need, struct err *e)
{
	size_t cap = r->cap == 0 ? 4096 : r->cap;
	uint8_t *p;

	if (need > TAPE_MAX)
		return err_set(e, ERR_LIMIT, "more than %u random bytes in "
		    "one batch: make it shorter", TAPE_MAX);
	while (cap < need)
		cap *= 2;
	if (cap == r->cap)
		return ERR_OK;
	if ((p = malloc(cap)) == NULL)
		return err_set(e, ERR_NOMEM, "random bytes");
	if (r->len > 0)
		memcpy(p, r->tape, r->len);
	if (r->tape != NULL)
		secret_wipe(r->tape, r->cap);
	free(r->tape);
	r->tape = p;
	r->cap = cap;
	return ERR_OK;
}

static int
fill(void *arg, void *buf, size_t len, struct err *e)
{
	struct replay *r = arg;
	int ret;

	if (r->at + len > r->len) {
		if ((ret = grow(r, r->at + len, e)) != ERR_OK ||
		    (ret = rng_fill(r->source, r->tape + r->len,
		    r->at + len - r->len, e)) != ERR_OK)
			return ret;
		r->len = r->at + len;
	}
	if (len > 0)
		memcpy(buf, r->tape + r->at, len);
	r->at += len;
	return ERR_OK;
}

void
replay_init(struct replay *r, const struct clock *clk,
    const struct rng *source)
{
	*r = (struct replay){
		.source = source, .wall_ns = clock_wall_ns(clk),
		.mono_ns = clock_mono_ns(clk),
	};
	r->clk = (struct clock){ .wall_ns = wall, .mono_ns = mono, .arg = r };
	r->rng = (struct rng){ .fill = fill, .arg = r };
}

void
replay_rewind(struct replay *r)
{
	r->at = 0;
}

void
replay_clear(struct replay *r)
{
	if (r->tape != NULL)
		secret_wipe(r->tape, r->cap);
	free(r->tape);
	*r = (struct replay){ .len = 0 };
}
