/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See own_watch.h.
 */
#include <string.h>

#include "trust/own_watch.h"

/* Of what a signer of the unit holds, in their order. */
static int
hash_unit(struct digest *d, struct db *db, enum own_unit unit, struct err *e)
{
	struct own *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = own_held(db, unit, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		ret = digest_update(d, rows[i].key_id, KEY_ID_LEN, e);
	own_list_free(rows, n);
	return ret;
}

int
own_watch_look(struct own_watch *w, struct db *db, bool *changed,
    struct err *e)
{
	uint8_t keys[DIGEST_MAX];
	struct digest *d;
	int ret = ERR_OK;

	*changed = false;
	if ((d = digest_new(DIGEST_SHA256, e)) == NULL)
		return e->code;
	for (size_t i = 0; i < w->n && ret == ERR_OK; i++)
		ret = hash_unit(d, db, w->units[i], e);
	if (ret == ERR_OK)
		ret = digest_final(d, keys, e);
	digest_free(d);
	if (ret != ERR_OK)
		return ret;
	*changed = w->known && memcmp(keys, w->keys, sizeof(w->keys)) != 0;
	memcpy(w->keys, keys, sizeof(w->keys));
	w->known = true;
	return ERR_OK;
}

void
own_watch_missed(struct own_watch *w)
{
	memset(w->keys, 0, sizeof(w->keys));
}
