/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names met, see phone_names.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/phone_names.h"

/* A canonical name met and its line. */
struct phone_seen {
	uint64_t	hash;
	int64_t		line;		/* 0: free */
	char		name[DEVICE_NAME_MAX + 1];
};

static uint64_t
hash_name(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;	/* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

/* The place of a name, or the free one where it belongs. */
static struct phone_seen *
seen_slot(struct phone_seen *seen, size_t cap, uint64_t h, const char *name)
{
	size_t i = (size_t)h & (cap - 1);

	while (seen[i].line != 0 && (seen[i].hash != h ||
	    strcmp(seen[i].name, name) != 0))
		i = (i + 1) & (cap - 1);
	return &seen[i];
}

static int
seen_grow(struct phone_names *p, struct err *e)
{
	size_t cap = p->cap == 0 ? 1024 : p->cap * 2;
	struct phone_seen *seen = calloc(cap, sizeof(*seen));

	if (seen == NULL)
		return err_set(e, ERR_NOMEM, "names of %zu phones", p->n);
	for (size_t i = 0; i < p->cap; i++)
		if (p->seen[i].line != 0)
			*seen_slot(seen, cap, p->seen[i].hash,
			    p->seen[i].name) = p->seen[i];
	free(p->seen);
	p->seen = seen;
	p->cap = cap;
	return ERR_OK;
}

int
phone_names_add(struct phone_names *p, const char *name, int64_t line,
    struct err *e)
{
	uint64_t h = hash_name(name);
	struct phone_seen *s;
	int ret;

	if (p->n >= p->cap / 2 && (ret = seen_grow(p, e)) != ERR_OK)
		return ret;
	s = seen_slot(p->seen, p->cap, h, name);
	if (s->line != 0)
		return err_set(e, ERR_ARG, "%s stands in line %" PRId64
		    " already", name, s->line);
	s->hash = h;
	s->line = line;
	(void)str_copy(s->name, sizeof(s->name), name);
	p->n++;
	return ERR_OK;
}

void
phone_names_clear(struct phone_names *p)
{
	free(p->seen);
	*p = (struct phone_names){ .seen = NULL };
}
