/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Encrypted phone configurations (spec/encrypted-config.md).
 *
 * Every node, and a node after a restart, must serve the same bytes: a phone
 * goes on elsewhere in the middle, and compares.  Nothing is stored for that.
 * Key, IV and the padding of the wrapped key follow from the cluster's secret
 * K-cred and from everything that the file is (HKDF, then the stream of AES in
 * counter mode): who has not K-cred, who could read the passwords anyway, sees random
 * bytes, and another content, phone certificate or signer has others.  All
 * that repeating tells is that nothing changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/wr.h"
#include "certs/enc_file.h"
#include "crypt/rng.h"
#include "trust/file_store.h"

#define DERIVE_INFO	"phonetrust enc.sgn 1"
#define CONFIG_MIDDLE	".cnf.xml"
#define KEY_PARTS_MAX	(3 * DIGEST_SHA256_LEN + FILE_NAME_MAX + 64)

struct making {
	struct file_store	*fs;
	const struct store_enc	*x;
};

/* --- naming --- */

/* All that makes the file what it is, besides the content. */
static void
write_parts(struct wr *w, const struct file_store *fs,
    const struct store_enc *x)
{
	wr_u8(w, (uint8_t)x->file->with);
	wr_bytes(w, x->file->key.sha256, sizeof(x->file->key.sha256));
	wr_bytes(w, fs->own.row.sha256, sizeof(fs->own.row.sha256));
	wr_u8(w, (uint8_t)fs->digest);
	wr_u32(w, store_tag_time(x->file->changed_at));
	wr_cstr(w, x->name);
}

static int
need_key(const struct file_store *fs, const struct store_enc *x,
    const struct seal_key **k, struct err *e)
{
	*k = fs->kr != NULL ? keyring_key(fs->kr, KEYRING_CRED) : NULL;
	if (*k != NULL)
		return ERR_OK;
	return err_set(e, ERR_BADSTATE, "%s: the cluster's key for passwords "
	    "is not open here", x->name);
}

int
store_enc_key(struct file_store *fs, const struct store_enc *x,
    uint8_t key[CACHE_KEY_LEN], struct err *e)
{
	struct wr w = wr_init(KEY_PARTS_MAX);
	uint8_t id[DIGEST_SHA256_LEN];
	const struct seal_key *k;
	int ret;

	if ((ret = store_can_sign(fs, x->name, e)) != ERR_OK ||
	    (ret = need_key(fs, x, &k, e)) != ERR_OK ||
	    (ret = phone_file_key(x->file, x->base, PHONE_FILE_WHOLE, id,
	    e)) != ERR_OK)
		return ret;
	wr_bytes(&w, id, sizeof(id));
	wr_u32(&w, k->id);
	write_parts(&w, fs, x);
	/* The typed-in key is not in the content. */
	if (x->file->with == PHONE_KEY_SYMMETRIC &&
	    digest_buf(DIGEST_SHA256,
	    x->file->secret[FILE_SECRET_SYMMETRIC].sealed,
	    x->file->secret[FILE_SECRET_SYMMETRIC].len, id, e) == ERR_OK)
		wr_bytes(&w, id, sizeof(id));
	if (w.err != ERR_OK)
		ret = err_set(e, w.err, "%s", x->name);
	else
		ret = cache_key(key, "encrypted", w.buf, w.len, e);
	wr_clear(&w);
	return ret;
}

/* --- making --- */

/* The secret that the random bytes of this one file follow from. */
static int
derive(const struct making *m, const uint8_t *xml, size_t len,
    uint8_t secret[RNG_DERIVED_LEN], struct err *e)
{
	struct wr w = wr_init(KEY_PARTS_MAX);
	uint8_t content[DIGEST_SHA256_LEN];
	const struct seal_key *k;
	int ret;

	if ((ret = need_key(m->fs, m->x, &k, e)) != ERR_OK ||
	    (ret = digest_buf(DIGEST_SHA256, xml, len, content, e)) != ERR_OK)
		return ret;
	wr_bytes(&w, content, sizeof(content));
	write_parts(&w, m->fs, m->x);
	if (w.err != ERR_OK)
		ret = err_set(e, w.err, "%s", m->x->name);
	else
		ret = hkdf_sha256(k->key, sizeof(k->key), w.buf, w.len,
		    DERIVE_INFO, secret, RNG_DERIVED_LEN, e);
	wr_clear(&w);
	return ret;
}

static int
seal_content(const struct making *m, const uint8_t *xml, size_t len,
    uint8_t **out, size_t *outlen, struct err *e)
{
	uint8_t secret[RNG_DERIVED_LEN], sym[PHONE_SYMMETRIC_LEN];
	const struct phone_file *f = m->x->file;
	struct rng_derived d;
	struct rng rng;
	struct enc_build b = { .signer = m->fs->own.cert,
	    .digest = m->fs->digest, .names = CERT_NAME_SEMICOLON,
	    .name = m->x->name, .rng = &rng,
	    .timestamp = store_tag_time(f->changed_at) };
	int ret;

	if ((ret = derive(m, xml, len, secret, e)) != ERR_OK)
		return ret;
	rng_derived_init(&rng, &d, secret);
	if (f->with != PHONE_KEY_SYMMETRIC)
		b.phone = f->key.cert;
	else if ((ret = phone_file_symmetric(f, m->fs->kr, sym, e)) == ERR_OK)
		b.key = sym;
	if (ret == ERR_OK)
		ret = enc_file_build(&b, xml, len, m->fs->signer, out,
		    outlen, e);
	rng_derived_clear(&d);
	secret_wipe(secret, sizeof(secret));
	secret_wipe(sym, sizeof(sym));
	return ret;
}

static int
make_enc(void *arg, struct blob **b, struct err *e)
{
	const struct making *m = arg;
	uint8_t *xml = NULL, *out = NULL;
	size_t len = 0, n = 0;
	int ret;

	if ((ret = phone_file_render(m->x->file, m->x->base, m->fs->kr,
	    PHONE_FILE_WHOLE, &xml, &len, e)) != ERR_OK)
		return ret;
	ret = seal_content(m, xml, len, &out, &n, e);
	secret_wipe(xml, len);
	free(xml);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_BADSTATE, "%s: the signer does not hold "
		    "the key of the CallManager certificate yet: ask again in "
		    "a second", m->x->name);
	if (ret != ERR_OK)
		return ret;
	*b = blob_take(out, n, e);
	return *b != NULL ? ERR_OK : ERR_NOMEM;
}

int
store_enc(struct file_store *fs, const struct store_enc *x,
    const uint8_t key[CACHE_KEY_LEN], struct blob **b, struct err *e)
{
	struct making m = { .fs = fs, .x = x };

	return file_cache_get(fs->cache, key, make_enc, &m, b, e);
}

/* --- what lies among the static files --- */

#define SEP_LEN		15		/* SEP and an address */

struct looking {
	struct file_store	*fs;
	const char		*path;
	bool			 flagged;
};

/* The phone whose configuration a path is called like, without its suffixes;
 * backups too, such as SEP0011223344AA.cnf.xml.old. */
static bool
config_of(const char *path, char device[PHONE_NAME_MAX + 1])
{
	const char *name = strrchr(path, '/');
	char text[FILE_NAME_MAX + 1];

	name = name != NULL ? name + 1 : path;
	if (strcasestr(name, CONFIG_MIDDLE) == NULL)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s",
	    (int)(strcasestr(name, CONFIG_MIDDLE) - name), name);
	return str_device_name(text, device);
}

/* The next phone named within a path, *at behind it: backups are called
 * .SEP0011223344AA.cnf.xml.swp and SEP0011223344AA-old.cnf.xml too. */
static bool
next_named(const char **at, char device[PHONE_NAME_MAX + 1])
{
	char text[SEP_LEN + 1];

	while ((*at = strcasestr(*at, "SEP")) != NULL) {
		(void)snprintf(text, sizeof(text), "%s", *at);
		if (strspn(text + 3, "0123456789abcdefABCDEF") ==
		    SEP_LEN - 3 && str_device_name(text, device)) {
			*at += SEP_LEN;
			return true;
		}
		*at += 3;
	}
	return false;
}

/* No such phone: nobody's secrets are kept here. */
static int
look_one(struct looking *l, struct db *db, const char *device,
    struct err *e)
{
	struct phone_file_base b = store_base(l->fs);
	struct err miss = { .code = ERR_OK };
	struct phone_file f;
	int ret = phone_file_load(&f, db, &b, device, &miss);

	if (ret == ERR_OK && f.flagged)
		l->flagged = true;
	phone_file_clear(&f);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

static int
look(struct db *db, void *arg, struct err *e)
{
	struct looking *l = arg;
	char device[PHONE_NAME_MAX + 1];
	const char *at = l->path;
	int ret;

	l->flagged = false;
	if ((ret = store_refresh(l->fs, e)) == ERR_OK &&
	    config_of(l->path, device))
		ret = look_one(l, db, device, e);
	while (ret == ERR_OK && !l->flagged && next_named(&at, device))
		ret = look_one(l, db, device, e);
	return ret;
}

bool
store_is_stale_config(struct file_store *fs, const char *path)
{
	struct looking l = { .fs = fs, .path = path };
	struct err e = { .code = ERR_OK };

	if (strcasestr(path, CONFIG_MIDDLE) == NULL ||
	    (db_read_tx(fs->db, look, &l, &e) == ERR_OK && !l.flagged))
		return false;
	store_warn_once(fs, "files.stale", path, "its phone's file is "
	    "encrypted, this one is not and is never served: remove it");
	return true;
}
