/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is served for a request name, see files.h (spec/phone-files.md
 * section 9, spec/signed-file.md sections 2 and 3).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/wr.h"
#include "db/params.h"
#include "trust/cluster_mode.h"
#include "trust/file_store.h"
#include "trust/phone_spell.h"

#define PREFIX_LIST_LEN	3	/* ITL, CTL */

/* --- the store --- */

static int
load_digest(struct file_store *fs, struct err *e)
{
	char *v = param_get(fs->db, PARAM_FILE_DIGEST, fs->node, e);

	if (v == NULL)
		return e->code;
	fs->digest = strcmp(v, "sha512") == 0 ? DIGEST_SHA512 : DIGEST_SHA1;
	free(v);
	return ERR_OK;
}

static int
load_roots(struct file_store *fs, struct err *e)
{
	char *v = param_get(fs->db, PARAM_TFTP_ROOT, fs->node, e);
	int ret;

	if (v == NULL)
		return e->code;
	ret = file_roots_set(fs->roots, v, e);
	free(v);
	return ret;
}

static int
load_own(struct file_store *fs, struct err *e)
{
	struct own own = { .cert = NULL };
	int ret = own_active(fs->db, UNIT_CALLMANAGER, "", &own, e);

	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return ret;
	own_clear(&fs->own);
	if (ret == ERR_OK)
		fs->own = own;
	return ERR_OK;
}

/* What rendering depends on besides the phone and profiles. */
static int
load_rendering(struct file_store *fs, struct err *e)
{
	int ret;
	char *v;

	if ((ret = render_servers_load(&fs->servers, fs->db, e)) != ERR_OK ||
	    (ret = render_loads_load(&fs->loads, fs->db, e)) != ERR_OK ||
	    (ret = cluster_mixed(fs->db, &fs->mixed, e)) != ERR_OK)
		return ret;
	if ((v = param_get(fs->db, PARAM_SIP_REALM, "", e)) == NULL)
		return e->code;
	(void)str_copy(fs->realm, sizeof(fs->realm), v);
	free(v);
	if ((v = param_get(fs->db, PARAM_FILES_SYMMETRIC, "", e)) == NULL)
		return e->code;
	fs->symmetric = strcmp(v, "yes") == 0;
	free(v);
	if ((v = param_get(fs->db, PARAM_AUTOREG_ENABLED, fs->node, e)) ==
	    NULL)
		return e->code;
	fs->autoreg = strcmp(v, "yes") == 0;
	free(v);
	return param_changed_at(fs->db, PARAM_AUTOREG_ENABLED, fs->node,
	    &fs->autoreg_at, e);
}

/* Read anew only when one of them changed: there may be hundreds. */
static int
load_profiles(struct file_store *fs, struct err *e)
{
	struct profile_base *b;
	int ret;

	if (fs->profiles != NULL && !fs->profiles_old)
		return ERR_OK;
	if ((ret = profile_base_load(&b, fs->db, e)) != ERR_OK)
		return ret;
	profile_base_free(fs->profiles);
	fs->profiles = b;
	fs->profiles_old = false;
	return ERR_OK;
}

static int
load_cache(struct file_store *fs, struct err *e)
{
	int64_t bytes;
	char *where;
	int ret;

	if (fs->cache == NULL)
		return ERR_OK;
	if ((ret = param_get_i64(fs->db, PARAM_TFTP_CACHE_BYTES, fs->node,
	    &bytes, e)) != ERR_OK)
		return ret;
	where = param_get(fs->db, PARAM_TFTP_CACHE, fs->node, e);
	if (where == NULL)
		return e->code;
	file_cache_set_max(fs->cache, (size_t)bytes);
	file_cache_set_disk(fs->cache, fs->statefd,
	    strcmp(where, "disk") == 0);
	free(where);
	return ERR_OK;
}

static void
see_change(void *arg, const char *kind, const char *key)
{
	struct file_store *fs = arg;

	(void)key;
	if (strcmp(kind, "profile") == 0 || strcmp(kind, "parameter") == 0)
		fs->profiles_old = true;
}

/* Which changes this view of the database has. */
static int
load_generation(struct file_store *fs, struct err *e)
{
	bool trimmed;
	int ret;

	fs->generation = -1;
	if ((ret = db_changes(fs->db, &fs->profiles_seq, &trimmed,
	    see_change, fs, e)) != ERR_OK) {
		fs->profiles_old = true;
		return ret;
	}
	fs->profiles_old = fs->profiles_old || trimmed;
	fs->generation = fs->profiles_seq;
	return ERR_OK;
}

/* One view of parameters, certificate and nodes. */
static int
load_all(struct db *db, void *arg, struct err *e)
{
	struct file_store *fs = arg;
	int ret;

	(void)db;
	if ((ret = load_generation(fs, e)) == ERR_OK &&
	    (ret = load_digest(fs, e)) == ERR_OK &&
	    (ret = load_cache(fs, e)) == ERR_OK &&
	    (ret = load_roots(fs, e)) == ERR_OK &&
	    (ret = load_own(fs, e)) == ERR_OK &&
	    (ret = phone_spell_free(fs->db, &fs->others, e)) == ERR_OK &&
	    (ret = load_profiles(fs, e)) == ERR_OK)
		ret = load_rendering(fs, e);
	if (ret != ERR_OK)
		fs->generation = -1;
	return ret;
}

static void
ignore_change(void *arg, const char *kind, const char *key)
{
	(void)arg;
	(void)kind;
	(void)key;
}

int
store_refresh(struct file_store *fs, struct err *e)
{
	struct err why = { 0 };
	int64_t seq = fs->generation;
	bool trimmed;
	int ret;

	if ((ret = db_changes(fs->db, &seq, &trimmed, ignore_change, NULL,
	    e)) != ERR_OK)
		return ret;
	if (!trimmed && seq == fs->generation)
		return ERR_OK;
	ret = load_all(fs->db, fs, &why);
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}

struct file_store *
file_store_new(int statefd, const char *node, struct signer *s,
    struct file_cache *c, struct err *e)
{
	struct file_store *fs = calloc(1, sizeof(*fs));
	struct err why = { 0 };		/* the loaders need one */

	if (fs == NULL) {
		(void)err_set(e, ERR_NOMEM, "file store");
		return NULL;
	}
	fs->signer = s;
	fs->cache = c;
	fs->statefd = statefd;
	fs->profiles_seq = -1;
	if (!str_copy(fs->node, sizeof(fs->node), node))
		(void)err_set(&why, ERR_ARG, "node name is too long");
	else if ((fs->roots = file_roots_new(statefd, &why)) != NULL &&
	    (fs->db = db_open(statefd, DB_FILE, DB_READ, &why)) != NULL &&
	    db_read_tx(fs->db, load_all, fs, &why) == ERR_OK)
		return fs;
	if (e != NULL)
		*e = why;
	file_store_free(fs);
	return NULL;
}

static void
forget_lists(struct file_store *fs)
{
	for (size_t i = 0; i < sizeof(fs->list) / sizeof(fs->list[0]); i++) {
		blob_unref(fs->list[i]);
		fs->list[i] = NULL;
	}
}

void
file_store_free(struct file_store *fs)
{
	if (fs == NULL)
		return;
	forget_lists(fs);
	own_clear(&fs->own);
	profile_base_free(fs->profiles);
	file_roots_free(fs->roots);
	db_close(fs->db);
	free(fs);
}

static void
load_again(struct file_store *fs)
{
	bool told = fs->unread;
	struct err e = { 0 };

	fs->changed = true;
	forget_lists(fs);
	fs->unread = db_read_tx(fs->db, load_all, fs, &e) != ERR_OK;
	if (!fs->unread)
		return;
	/* What could not be read stays as it was, and what others have made
	 * since is not trusted to go with it. */
	fs->generation = -1;
	if (!told)
		log_err(LOG_ERR, "files.reload", &e);
}

/* Asked before every answer: what an administrator was told is done holds
 * for the next request. */
static void
reload(struct file_store *fs)
{
	if (db_changed(fs->db))
		load_again(fs);
}

bool
file_store_changed(struct file_store *fs)
{
	bool changed;

	reload(fs);
	if (fs->unread)		/* tried again, but not for each request */
		load_again(fs);
	file_roots_check(fs->roots);
	changed = fs->changed;
	fs->changed = false;
	return changed;
}

struct db *
file_store_db(struct file_store *fs)
{
	return fs->db;
}

void
file_store_set_keyring(struct file_store *fs, const struct keyring *kr)
{
	fs->kr = kr;
}

void
store_warn_once(struct file_store *fs, const char *event, const char *name,
    const char *why)
{
	uint8_t id[DIGEST_SHA256_LEN];
	char *key = str_printf("%s %s", event, name);
	size_t n = fs->ntold < TOLD_MAX ? fs->ntold : TOLD_MAX;
	bool told = key == NULL || digest_buf(DIGEST_SHA256, key,
	    strlen(key), id, NULL) != ERR_OK;

	free(key);
	for (size_t i = 0; i < n && !told; i++)
		told = memcmp(fs->told[i], id, sizeof(id)) == 0;
	if (told)
		return;
	memcpy(fs->told[fs->ntold++ % TOLD_MAX], id, sizeof(id));
	log_event(LOG_WARNING, event, LOG_STR("file", name),
	    LOG_STR("why", why));
}

int
store_open(struct file_store *fs, const char *name, int *fd, struct stat *st,
    struct err *e)
{
	struct err why = { 0 };
	int ret = file_roots_open(fs->roots, name, fd, st, &why);

	if (ret == ERR_DENIED)
		store_warn_once(fs, "files.denied", name, why.msg);
	if (ret == ERR_LIMIT) {
		store_warn_once(fs, "files.folder", name, why.msg);
		ret = ERR_NOTFOUND;
	}
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}

/* --- answers --- */

void
file_answer_clear(struct file_answer *a)
{
	if (a->fd != -1)
		(void)close(a->fd);
	blob_unref(a->blob);
	a->fd = -1;
	a->blob = NULL;
	a->body = NULL;
	a->len = 0;
}

void
store_answer(struct file_answer *a, struct blob *b)
{
	a->blob = b;
	a->body = b->bytes;
	a->len = b->len;
	memcpy(a->version, b->sha256, sizeof(a->version));
}

/* The bytes as they are on disk. */
void
store_answer_fd(struct file_answer *a, int fd, const struct stat *st)
{
	a->fd = fd;
	a->len = (uint64_t)st->st_size;
}

static const char *
content_type(const struct file_name *n)
{
	return n->form == FILE_PLAIN && store_ends(n->full, ".xml") ?
	    "text/xml" : "application/octet-stream";
}

/* Asked again while what has changed could not be read. */
bool
store_has_others(const struct file_store *fs)
{
	bool any;

	if (fs->generation != -1)
		return fs->others;
	return phone_spell_free(fs->db, &any, NULL) != ERR_OK || any;
}

/* The phone is asked for in any case (spec/phone-files.md section 2), and its
 * files go by the name it was given. */
static void
spell_device(struct file_store *fs, struct file_name *n)
{
	char own[PHONE_NAME_MAX + 1], *at;

	if (!store_has_others(fs) || n->device[0] == '\0' ||
	    str_is_sep(n->device) ||
	    phone_spelling(fs->db, n->device, own, NULL) != ERR_OK)
		return;
	at = n->base + (n->kind == FILE_CONFIG ? 0 : PREFIX_LIST_LEN);
	memcpy(at, own, strlen(own));
	(void)str_copy(n->device, sizeof(n->device), own);
}

static int
resolve(struct file_store *fs, struct file_answer *a, struct err *e)
{
	switch (a->name.kind) {
	case FILE_ITL:
		return store_list(fs, "itl", a, e);
	case FILE_CTL:
		return store_list(fs, "ctl", a, e);
	case FILE_CONFIG:
		return store_config(fs, a, e);
	case FILE_DEFAULT:
		return store_default(fs, a, e);
	case FILE_STATIC:
		return store_static(fs, a, e);
	}
	abort();
}

int
file_store_get(struct file_store *fs, const char *req, size_t len,
    struct file_answer *a, struct err *e)
{
	int ret;

	*a = (struct file_answer){ .fd = -1 };
	reload(fs);
	if ((ret = file_name_parse(&a->name, req, len, e)) != ERR_OK)
		return ret;
	spell_device(fs, &a->name);
	a->type = content_type(&a->name);
	if ((ret = resolve(fs, a, e)) != ERR_OK)
		file_answer_clear(a);
	return ret;
}
