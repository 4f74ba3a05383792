/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers remembered, see vouch_memo.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/vouch_memo.h"

#define SLOTS	1024		/* a power of two */
#define HASHED	32		/* last bytes of a part: signatures differ */

struct entry {
	uint64_t		 round;		/* it was put in */
	char			 kind;
	uint8_t			*key;		/* the parts one by one */
	size_t			 len[VOUCH_KEY_PARTS];
	struct vouch_found	 found;
};

struct vouch_memo {
	uint64_t	round;		/* counts up with forget */
	struct entry	slot[SLOTS];
};

void
vouch_found_clear(struct vouch_found *f)
{
	free(f->der);
	*f = (struct vouch_found){ .der = NULL };
}

struct vouch_memo *
vouch_memo_new(struct err *e)
{
	struct vouch_memo *m = calloc(1, sizeof(*m));

	if (m == NULL)
		(void)err_set(e, ERR_NOMEM, "answers");
	else
		m->round = 1;
	return m;
}

static void
entry_clear(struct entry *en)
{
	vouch_found_clear(&en->found);
	free(en->key);
	*en = (struct entry){ .key = NULL };
}

void
vouch_memo_free(struct vouch_memo *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		entry_clear(&m->slot[i]);
	free(m);
}

void
vouch_memo_forget(struct vouch_memo *m)
{
	m->round++;
}

/* Who makes keys meet only has one put out the other. */
static size_t
slot_of(const struct vouch_key *k)
{
	uint32_t h = 2166136261u ^ (uint8_t)k->kind;	/* FNV-1a */

	for (size_t i = 0; i < VOUCH_KEY_PARTS; i++) {
		const uint8_t *p = k->part[i].p;
		size_t len = k->part[i].len;

		for (size_t n = len > HASHED ? len - HASHED : 0; n < len; n++)
			h = (h ^ p[n]) * 16777619u;
	}
	return (h ^ h >> 16) % SLOTS;
}

static bool
is_key(const struct entry *en, const struct vouch_key *k)
{
	const uint8_t *p = en->key;

	if (en->kind != k->kind)
		return false;
	for (size_t i = 0; i < VOUCH_KEY_PARTS; i++)
		if (en->len[i] != k->part[i].len)
			return false;
	for (size_t i = 0; i < VOUCH_KEY_PARTS; p += en->len[i++])
		if (en->len[i] > 0 &&
		    memcmp(p, k->part[i].p, en->len[i]) != 0)
			return false;
	return true;
}

const struct vouch_found *
vouch_memo_get(const struct vouch_memo *m, const struct vouch_key *k,
    int64_t now)
{
	const struct entry *en = &m->slot[slot_of(k)];

	if (en->round != m->round || !is_key(en, k) ||
	    (en->found.until != 0 && now >= en->found.until))
		return NULL;
	return &en->found;
}

const struct vouch_found *
vouch_memo_put(struct vouch_memo *m, const struct vouch_key *k,
    struct vouch_found *f)
{
	struct entry *en = &m->slot[slot_of(k)];
	size_t total = 1;	/* never 0 bytes */
	uint8_t *p;

	entry_clear(en);
	for (size_t i = 0; i < VOUCH_KEY_PARTS; i++)
		total += k->part[i].len;
	if ((p = en->key = malloc(total)) == NULL) {
		vouch_found_clear(f);
		return NULL;
	}
	for (size_t i = 0; i < VOUCH_KEY_PARTS; i++) {
		if ((en->len[i] = k->part[i].len) > 0)
			memcpy(p, k->part[i].p, en->len[i]);
		p += en->len[i];
	}
	en->kind = k->kind;
	en->round = m->round;
	en->found = *f;
	*f = (struct vouch_found){ .der = NULL };
	return &en->found;
}
