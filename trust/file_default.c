/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * XMLDefault.cnf.xml (spec/phone-files.md section 8, spec/security-settings.md
 * section 12): the administrator's own file, else one made from the nodes
 * while this node's auto-registration is on, in either cluster mode.  Phones
 * without security by default ask for it plain, the others for .sgn: the name
 * decides.
 */
#include "base/wr.h"
#include "trust/file_store.h"
#include "trust/render.h"

#define NAME_SGN	"XMLDefault.cnf.xml" SUFFIX_SGN

static int
default_key(const struct file_store *fs, uint8_t key[CACHE_KEY_LEN],
    struct err *e)
{
	struct wr w = wr_init(sizeof(fs->loads.text) * 2);
	int ret;

	wr_bytes(&w, fs->servers.id, sizeof(fs->servers.id));
	for (size_t i = 0; i < fs->loads.n; i++) {
		wr_cstr(&w, fs->loads.row[i].model->name);
		wr_cstr(&w, fs->loads.row[i].load);
	}
	if (w.err != ERR_OK)
		ret = err_set(e, w.err, "XMLDefault.cnf.xml");
	else
		ret = cache_key(key, "default", w.buf, w.len, e);
	wr_clear(&w);
	return ret;
}

static int
make_default(void *arg, struct blob **b, struct err *e)
{
	const struct file_store *fs = arg;
	struct render_env env = render_env_of(&fs->servers, "", NULL);
	uint8_t *out = NULL;
	size_t len = 0;
	int ret;

	if ((ret = render_default(&env, fs->loads.row, fs->loads.n, &out,
	    &len, e)) != ERR_OK)
		return ret;
	*b = blob_take(out, len, e);
	return *b != NULL ? ERR_OK : ERR_NOMEM;
}

static int64_t
newest(const struct file_store *fs)
{
	int64_t at = fs->servers.changed_at;

	if (fs->loads.changed_at > at)
		at = fs->loads.changed_at;
	return fs->autoreg_at > at ? fs->autoreg_at : at;
}

static int
get_made(struct file_store *fs, struct file_answer *a, struct err *e)
{
	struct store_sign how = { .name = NAME_SGN,
	    .changed_at = newest(fs) };
	struct blob *plain = NULL, *b = NULL;
	uint8_t key[CACHE_KEY_LEN];
	int ret;

	if ((ret = default_key(fs, key, e)) != ERR_OK ||
	    (ret = file_cache_get(fs->cache, key, make_default, fs, &plain,
	    e)) != ERR_OK)
		return ret;
	if (a->name.form == FILE_PLAIN) {
		store_answer(a, plain);
		return ERR_OK;
	}
	how.content = plain->sha256;
	if ((ret = store_sign_key(fs, &how, key, e)) == ERR_OK &&
	    (ret = store_sign(fs, &how, key, plain->bytes, plain->len, &b,
	    e)) == ERR_OK)
		store_answer(a, b);
	blob_unref(plain);
	return ret;
}

int
store_default(struct file_store *fs, struct file_answer *a, struct err *e)
{
	struct err why = { 0 };
	int ret = store_static(fs, a, &why);

	if (ret == ERR_NOTFOUND && a->name.form != FILE_ENC && fs->autoreg)
		return get_made(fs, a, e);
	if (ret != ERR_OK && e != NULL)
		*e = why;
	return ret;
}
