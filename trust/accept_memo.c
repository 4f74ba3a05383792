/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists read and verified before, see accept_memo.h.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "trust/accept_memo.h"

struct memo_list {
	struct list	*l;		/* NULL: free */
	uint8_t		*buf;		/* what l points into */
	uint64_t	 used;		/* when, in askings */
	bool		 verified;
	uint8_t		 by[DIGEST_SHA256_LEN];	/* the certificate */
};

struct accept_memo {
	struct memo_list list[ACCEPT_MEMO_LISTS];
	uint64_t	 asked;
};

struct accept_memo *
accept_memo_new(struct err *e)
{
	struct accept_memo *m = calloc(1, sizeof(*m));

	if (m == NULL)
		(void)err_set(e, ERR_NOMEM, "lists read before");
	return m;
}

static void
clear(struct memo_list *ml)
{
	list_free(ml->l);
	free(ml->buf);
	*ml = (struct memo_list){ .l = NULL };
}

void
accept_memo_free(struct accept_memo *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < ACCEPT_MEMO_LISTS; i++)
		clear(&m->list[i]);
	free(m);
}

static struct memo_list *
find(struct accept_memo *m, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < ACCEPT_MEMO_LISTS; i++) {
		struct memo_list *ml = &m->list[i];

		if (ml->l != NULL && ml->l->len == len &&
		    memcmp(ml->buf, buf, len) == 0)
			return ml;
	}
	return NULL;
}

/* A free one, or the one used longest ago. */
static struct memo_list *
victim(struct accept_memo *m)
{
	struct memo_list *v = &m->list[0];

	for (size_t i = 1; i < ACCEPT_MEMO_LISTS; i++)
		if (m->list[i].used < v->used)
			v = &m->list[i];
	return v;
}

const struct list *
accept_memo_list(struct accept_memo *m, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct memo_list new = { .used = ++m->asked }, *ml;

	if ((ml = find(m, buf, len)) != NULL) {
		ml->used = m->asked;
		return ml->l;
	}
	if (len > TLV_FILE_MAX) {
		/* list_parse has the words for it, and takes no byte. */
		list_free(list_parse(buf, len, e));
		return NULL;
	}
	if ((new.buf = malloc(len > 0 ? len : 1)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "trust list");
		return NULL;
	}
	memcpy(new.buf, buf, len);
	if ((new.l = list_parse(new.buf, len, e)) == NULL) {
		clear(&new);
		return NULL;
	}
	ml = victim(m);
	clear(ml);
	*ml = new;
	return ml->l;
}

int
accept_memo_verify(struct accept_memo *m, const struct list *l,
    const struct cert *c, struct err *e)
{
	struct memo_list *ml = find(m, l->buf, l->len);
	uint8_t id[DIGEST_SHA256_LEN];
	int ret;

	cert_sha256(c, id);
	if (ml != NULL && ml->verified && memcmp(ml->by, id, sizeof(id)) == 0)
		return ERR_OK;
	if ((ret = tlv_verify(&l->h, l->buf, l->len, c, e)) != ERR_OK)
		return ret;
	if (ml != NULL) {
		ml->verified = true;
		memcpy(ml->by, id, sizeof(id));
	}
	return ERR_OK;
}
