/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone configurations as answers.
 *
 * An answer is looked up in two steps.  The first entry, by device and form,
 * says of which generation of the database it is known to be right, and the
 * key of the bytes.  While the database has not changed since, that is all.
 * After a change the phone's rows are read, and what the bytes depend on is
 * compared (the key): most changes are another phone's, and nothing is
 * rendered or signed again.
 *
 * A phone whose profile asks for an encrypted file has three: .enc.sgn is the
 * whole one, plain and .sgn are the short one that leads there
 * (trust/phone_file.h decides which).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/wr.h"
#include "trust/file_store.h"
#include "trust/phone_file.h"

struct head {			/* the first entry's bytes */
	int64_t		 generation;
	int64_t		 until;		/* another by its date alone */
	uint8_t		 key[CACHE_KEY_LEN];		/* of the answer */
};

struct asked {
	struct file_store	*fs;
	const char		*name;
	struct phone_file	 file;
};

/* --- entries --- */

static int
head_key(const struct file_store *fs, const struct file_name *n,
    uint8_t key[CACHE_KEY_LEN])
{
	char text[sizeof(n->device) + NODE_NAME_MAX + 8];
	int len = snprintf(text, sizeof(text), "%s %d %s", fs->node,
	    (int)n->form, n->device);

	return cache_key(key, "config", text, (size_t)len, NULL);
}

static struct blob *
find_current(struct file_store *fs, const uint8_t key[CACHE_KEY_LEN])
{
	struct blob *b = file_cache_find(fs->cache, key);
	struct head h = { .generation = -1 };

	if (b != NULL && b->len == sizeof(h))
		memcpy(&h, b->bytes, sizeof(h));
	blob_unref(b);
	if (h.generation == -1 || h.generation != fs->generation ||
	    (h.until != INT64_MAX && clock_wall_s(clock_system()) >= h.until))
		return NULL;
	return file_cache_find(fs->cache, h.key);
}

static void
put_current(struct file_store *fs, const uint8_t key[CACHE_KEY_LEN],
    const uint8_t answer[CACHE_KEY_LEN], int64_t until)
{
	struct head *h = calloc(1, sizeof(*h));
	struct blob *b;

	if (h == NULL)
		return;
	h->generation = fs->generation;
	h->until = until;
	memcpy(h->key, answer, sizeof(h->key));
	if ((b = blob_take((uint8_t *)h, sizeof(*h), NULL)) != NULL)
		file_cache_put(fs->cache, key, b);
	blob_unref(b);
}

/* --- making --- */

struct phone_file_base
store_base(const struct file_store *fs)
{
	return (struct phone_file_base){ .servers = &fs->servers,
	    .profiles = fs->profiles, .realm = fs->realm,
	    .loads = &fs->loads, .mixed = fs->mixed,
	    .symmetric = fs->symmetric,
	    .now = clock_wall_s(clock_system()) };
}

/* What all files depend on first, as it is in this view of the database. */
static int
read_phone(struct db *db, void *arg, struct err *e)
{
	struct asked *p = arg;
	struct phone_file_base b;
	int ret;

	if ((ret = store_refresh(p->fs, e)) != ERR_OK)
		return ret;
	b = store_base(p->fs);
	return phone_file_load(&p->file, db, &b, p->name, e);
}

static int
render_key(const struct file_store *fs, const struct phone_file *f,
    uint8_t key[CACHE_KEY_LEN], struct err *e)
{
	struct phone_file_base b = store_base(fs);
	uint8_t id[DIGEST_SHA256_LEN];
	int ret = phone_file_key(f, &b, f->open, id, e);

	return ret != ERR_OK ? ret : cache_key(key, "rendered", id,
	    sizeof(id), e);
}

static int
make_rendered(void *arg, struct blob **b, struct err *e)
{
	const struct asked *p = arg;
	struct phone_file_base base = store_base(p->fs);
	uint8_t *out = NULL;
	size_t len = 0;
	int ret;

	if ((ret = phone_file_render(&p->file, &base, p->fs->kr,
	    p->file.open, &out, &len, e)) != ERR_OK)
		return ret;
	*b = blob_take(out, len, e);
	return *b != NULL ? ERR_OK : ERR_NOMEM;
}

static int
sign_config(struct file_store *fs, const struct file_name *n,
    const struct phone_file *f, const struct blob *plain,
    uint8_t key[CACHE_KEY_LEN], struct blob **b, struct err *e)
{
	struct store_sign how = { .changed_at = f->changed_at,
	    .content = plain->sha256 };
	char *name;
	int ret;

	/* The name in its own spelling, whatever the request's was. */
	if ((name = str_printf("%s%s", n->base, SUFFIX_SGN)) == NULL)
		return err_set(e, ERR_NOMEM, "%s", n->full);
	how.name = name;
	if ((ret = store_sign_key(fs, &how, key, e)) == ERR_OK)
		ret = store_sign(fs, &how, key, plain->bytes, plain->len, b,
		    e);
	free(name);
	return ret;
}

/* The name in its own spelling, whatever the request's was. */
static int
make_encrypted(struct file_store *fs, const struct file_name *n,
    const struct phone_file *f, uint8_t key[CACHE_KEY_LEN], struct blob **b,
    struct err *e)
{
	struct phone_file_base base = store_base(fs);
	char name[FILE_NAME_MAX + sizeof(SUFFIX_ENC)];
	struct store_enc x = { .file = f, .base = &base, .name = name };
	int ret;

	if (!f->encrypted)
		return err_set(e, ERR_NOTFOUND, "%s: not encrypted", n->full);
	(void)snprintf(name, sizeof(name), "%s%s", n->base, SUFFIX_ENC);
	if ((ret = store_enc_key(fs, &x, key, e)) == ERR_OK)
		ret = store_enc(fs, &x, key, b, e);
	return ret;
}

/* *key is that of the answer. */
static int
make_config(struct file_store *fs, const struct file_name *n,
    struct asked *p, uint8_t key[CACHE_KEY_LEN], struct blob **b,
    struct err *e)
{
	struct blob *plain = NULL;
	int ret;

	if (n->form == FILE_ENC)
		return make_encrypted(fs, n, &p->file, key, b, e);
	if ((ret = render_key(fs, &p->file, key, e)) != ERR_OK ||
	    (ret = file_cache_get(fs->cache, key, make_rendered, p, &plain,
	    e)) != ERR_OK)
		return ret;
	if (n->form == FILE_PLAIN) {
		*b = plain;
		return ERR_OK;
	}
	ret = sign_config(fs, n, &p->file, plain, key, b, e);
	blob_unref(plain);
	return ret;
}

static int
get_row(struct file_store *fs, struct file_answer *a,
    struct asked *p, const uint8_t head[CACHE_KEY_LEN],
    struct err *e)
{
	uint8_t key[CACHE_KEY_LEN];
	struct blob *b = NULL;
	int ret;

	/* It has certificates, and none will do: CAPF was told otherwise. */
	if (p->file.flagged && p->file.with == PHONE_KEY_NONE &&
	    p->file.key.has_lsc)
		store_warn_once(fs, "files.encrypt", p->name,
		    p->file.key.why);
	if ((ret = make_config(fs, &a->name, p, key, &b, e)) != ERR_OK)
		return ret;
	if (fs->cache != NULL)
		put_current(fs, head, key, p->file.until);
	store_answer(a, b);
	return ERR_OK;
}

/* A phone's file among the others was not validated until it is a row; those
 * of gateways and the like are nobody's to validate. */
static int
get_other(struct file_store *fs, struct file_answer *a, struct err *e)
{
	if (!file_name_is_phone(&a->name))
		return store_static(fs, a, e);
	return err_set(e, ERR_NOTFOUND, "%s: there is no phone %s: phone add "
	    "adds it, or a valid file of that name among the files, which "
	    "takes some seconds", a->name.full, a->name.device);
}

/* The row comes before a file of that name: it was validated. */
int
store_config(struct file_store *fs, struct file_answer *a, struct err *e)
{
	struct asked p = { .fs = fs, .name = a->name.device };
	uint8_t head[CACHE_KEY_LEN];
	struct err why = { 0 };
	struct blob *b;
	int ret;

	if (fs->cache != NULL) {
		if (head_key(fs, &a->name, head) != ERR_OK)
			return err_set(e, ERR_NOMEM, "%s", a->name.full);
		if ((b = find_current(fs, head)) != NULL) {
			store_answer(a, b);
			return ERR_OK;
		}
	}
	ret = db_read_tx(fs->db, read_phone, &p, &why);
	if (ret == ERR_NOTFOUND)
		ret = get_other(fs, a, e);
	else if (ret != ERR_OK)
		ret = err_set(e, ret, "%s", why.msg);
	else
		ret = get_row(fs, a, &p, head, e);
	phone_file_clear(&p.file);
	return ret;
}
