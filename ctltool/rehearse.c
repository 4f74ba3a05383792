/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rehearsals, see rehearse.h.  The effect is read from the change rows that
 * every write leaves for readers' caches, so it is what would happen and not
 * what a handler believes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "ctltool/rehearse.h"
#include "trust/itl.h"

#define KINDS_MAX	32
#define KEYS_SHOWN	20	/* in the text */
#define KEYS_KEPT	1000	/* in the JSON form */

/* --- what has changed --- */

struct kind {
	char	 name[32];
	json_t	*keys;		/* object: each key once, in order */
	size_t	 n;		/* distinct keys */
};

struct changes {
	struct kind	 kind[KINDS_MAX];
	size_t		 nkind;
	bool		 nomem;
};

static struct kind *
kind_of(struct changes *ch, const char *name)
{
	struct kind *k;

	for (size_t i = 0; i < ch->nkind; i++)
		if (strcmp(ch->kind[i].name, name) == 0)
			return &ch->kind[i];
	if (ch->nkind == KINDS_MAX)
		return NULL;
	k = &ch->kind[ch->nkind++];
	(void)str_copy(k->name, sizeof(k->name), name);
	if ((k->keys = json_object()) == NULL)
		ch->nomem = true;
	return k;
}

static void
note(void *arg, const char *kind, const char *key)
{
	struct changes *ch = arg;
	struct kind *k = kind_of(ch, kind);
	char vis[700];

	if (k == NULL || k->keys == NULL)
		return;
	str_visible(key, strlen(key), vis, sizeof(vis));
	if (json_object_get(k->keys, vis) != NULL)
		return;
	k->n++;
	if (json_object_set_new(k->keys, vis, json_true()) != 0)
		ch->nomem = true;
}

static void
changes_clear(struct changes *ch)
{
	for (size_t i = 0; i < ch->nkind; i++)
		json_decref(ch->kind[i].keys);
}

static json_t *
kind_json(const struct kind *k)
{
	json_t *keys = json_array(), *ignored, *j;
	const char *key;

	json_object_foreach(k->keys, key, ignored) {
		if (json_array_size(keys) < KEYS_KEPT)
			(void)json_array_append_new(keys, json_string(key));
	}
	(void)ignored;
	j = json_pack("{s:s, s:I, s:o}", "kind", k->name, "count",
	    (json_int_t)k->n, "keys", keys);
	return j;
}

static void
kind_text(struct out *o, const struct kind *k)
{
	json_t *ignored;
	const char *key;
	size_t n = 0;

	out_text(o, "  %-10s %zu", k->name, k->n);
	json_object_foreach(k->keys, key, ignored) {
		if (n == KEYS_SHOWN)
			break;
		out_text(o, "%s%s", n++ > 0 ? ", " : ": ", key);
	}
	(void)ignored;
	out_text(o, "%s\n", k->n > KEYS_SHOWN ? ", ..." : "");
}

/* --- the list phones trust by --- */

static json_t *
list_json(const struct row_list *l, char sha1[2 * DIGEST_MAX + 1])
{
	uint8_t d[DIGEST_MAX];

	sha1[0] = '\0';
	if (digest_buf(DIGEST_SHA1, l->bytes, l->len, d, NULL) != ERR_OK)
		return NULL;
	str_hex(d, digest_len(DIGEST_SHA1), sha1);
	return json_pack("{s:s, s:I}", "sha1", sha1, "bytes",
	    (json_int_t)l->len);
}

/* The ITL before and after, when it is another one. */
static int
list_tell(const struct effect *ef, struct db *db, struct out *o,
    json_t **itl, struct err *e)
{
	char was[2 * DIGEST_MAX + 1], is[2 * DIGEST_MAX + 1];
	struct row_list before, after;
	int64_t phones;
	int ret;

	if (!ef->have_itl || (ret = itl_current(db, &after, e)) ==
	    ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return ret;
	if (memcmp(after.sha256, ef->itl, sizeof(ef->itl)) == 0)
		goto out;
	if ((ret = row_list_get(db, ef->itl, &before, e)) != ERR_OK)
		goto out;
	*itl = json_pack("{s:o, s:o}", "before", list_json(&before, was),
	    "after", list_json(&after, is));
	row_list_clear(&before);
	if ((ret = row_phone_count(db, &phones, e)) == ERR_OK)
		out_text(o, "  ITL file   %s(SHA1)\n          -> %s(SHA1)\n"
		    "  phones take the new list when they restart or are "
		    "reset; %" PRId64 " known\n", was, is, phones);
out:
	row_list_clear(&after);
	return ret;
}

int
effect_begin(struct effect *ef, struct db *db, struct err *e)
{
	struct row_list l;
	bool trimmed;
	int ret;

	*ef = (struct effect){ .seq = -1 };	/* nothing read: to the newest */
	if ((ret = db_changes(db, &ef->seq, &trimmed, note, NULL, e)) !=
	    ERR_OK)
		return ret;
	if ((ret = itl_current(db, &l, e)) == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return ret;
	memcpy(ef->itl, l.sha256, sizeof(ef->itl));
	ef->have_itl = true;
	row_list_clear(&l);
	return ERR_OK;
}

int
effect_tell(const struct effect *ef, struct db *db, struct out *o,
    struct err *e)
{
	json_t *kinds = json_array(), *itl = json_null();
	struct changes ch = { .nkind = 0 };
	int64_t seq = ef->seq;
	bool trimmed;
	int ret;

	if ((ret = db_changes(db, &seq, &trimmed, note, &ch, e)) != ERR_OK)
		goto out;
	out_text(o, "Effect%s\n", ch.nkind > 0 ? "" : trimmed ?
	    ": more changes than are kept" : ": none");
	for (size_t i = 0; i < ch.nkind && !ch.nomem; i++) {
		kind_text(o, &ch.kind[i]);
		if (json_array_append_new(kinds, kind_json(&ch.kind[i])) != 0)
			ch.nomem = true;
	}
	if ((ret = list_tell(ef, db, o, &itl, e)) == ERR_OK)
		out_effect(o, json_pack("{s:b, s:O, s:O}", "more", trimmed,
		    "changes", kinds, "itl", itl));
	if (ret == ERR_OK && ch.nomem)
		ret = err_set(e, ERR_NOMEM, "effect");
out:
	changes_clear(&ch);
	json_decref(kinds);
	json_decref(itl);
	return ret;
}

/* --- one command --- */

struct rehearsal {
	struct ctl	*c;
	bool		 done;	/* the handler came to its end */
	int		 ret;	/* what it said */
	struct err	 e;
};

static int
rehearse_tx(struct db *db, void *arg, struct err *e)
{
	struct rehearsal *r = arg;
	struct effect ef;
	int ret;

	if ((ret = effect_begin(&ef, db, e)) != ERR_OK)
		return ret;
	r->ret = r->c->line->cmd->fn(r->c, &r->e);
	if ((ret = effect_tell(&ef, db, r->c->out, e)) != ERR_OK)
		return ret;
	r->done = true;
	return err_set(e, ERR_REFUSED, "a rehearsal");
}

int
rehearse(struct ctl *c, struct err *e)
{
	struct rehearsal r = { .c = c };
	enum db_result res;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Dry run, nothing is changed.  The command would "
	    "say:\n");
	c->in_group = true;
	res = db_tx_group(c->node.db, rehearse_tx, &r, e);
	c->in_group = false;
	if (!r.done)
		return db_result_err(res, e);
	*e = r.e;
	return r.ret;
}
