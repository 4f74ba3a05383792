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
