/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signing phone files, each content once (spec/signed-file.md sections 2 and
 * 3): PKCS#1 v1.5 and tag 15 from the source make it deterministic, so what
 * was signed before stands for what would be signed now.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/wr.h"
#include "certs/signed.h"
#include "trust/cache_disk.h"
#include "trust/file_store.h"

#define KEY_PARTS_MAX	(2 * DIGEST_SHA256_LEN + FILE_NAME_MAX + 64)

struct making {
	struct file_store	*fs;
	const struct store_sign	*s;
	const uint8_t		*key, *payload;
	size_t			 len;
};

uint32_t
store_tag_time(int64_t t)
{
	return t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

int
store_can_sign(const struct file_store *fs, const char *name, struct err *e)
{
	if (fs->signer != NULL && fs->own.cert != NULL)
		return ERR_OK;
	return err_set(e, ERR_BADSTATE, "%s: nothing to sign with: %s",
	    name, fs->signer == NULL ? "no signer" :
	    "there is no active CallManager certificate");
}

int
store_sign_key(struct file_store *fs, const struct store_sign *s,
    uint8_t key[CACHE_KEY_LEN], struct err *e)
{
	struct wr w = wr_init(KEY_PARTS_MAX);
	int ret;

	if ((ret = store_can_sign(fs, s->name, e)) != ERR_OK)
		return ret;
	wr_bytes(&w, s->content, DIGEST_SHA256_LEN);
	wr_bytes(&w, fs->own.row.sha256, DIGEST_SHA256_LEN);
	wr_u8(&w, (uint8_t)fs->digest);
	wr_u32(&w, store_tag_time(s->changed_at));
	wr_cstr(&w, s->name);
	if (w.err != ERR_OK)
		ret = err_set(e, w.err, "%s", s->name);
	else
		ret = cache_key(key, "signed", w.buf, w.len, e);
	wr_clear(&w);
	return ret;
}

/* Header and payload together, if the signature is ours over this payload:
 * the disk is not believed. */
static bool
join_verified(const struct making *m, const uint8_t *head, size_t headlen,
    uint8_t **out, size_t *outlen)
{
	uint8_t *buf = malloc(headlen + m->len + 1);
	struct signed_file f;

	if (buf == NULL)
		return false;
	memcpy(buf, head, headlen);
	if (m->len > 0)
		memcpy(buf + headlen, m->payload, m->len);
	*outlen = headlen + m->len;
	if (signed_parse(&f, buf, *outlen, NULL) == ERR_OK &&
	    f.h.length == headlen && f.h.file_name != NULL &&
	    strcmp(f.h.file_name, m->s->name) == 0 &&
	    tlv_verify(&f.h, buf, *outlen, m->fs->own.cert, NULL) == ERR_OK) {
		*out = buf;
		return true;
	}
	free(buf);
	return false;
}

static bool
from_disk(const struct making *m, uint8_t **out, size_t *outlen)
{
	struct cache_disk *d = file_cache_disk(m->fs->cache);
	uint8_t head[CACHE_DISK_HEAD_MAX];
	size_t len;

	return d != NULL && (len = cache_disk_find(d, m->key, head)) > 0 &&
	    join_verified(m, head, len, out, outlen);
}

static int
sign_now(const struct making *m, uint8_t **out, size_t *outlen, struct err *e)
{
	struct signed_build b = { .signer = m->fs->own.cert,
	    .digest = m->fs->digest, .names = CERT_NAME_SEMICOLON,
	    .name = m->s->name, .timestamp = store_tag_time(m->s->changed_at) };
	struct cache_disk *d = file_cache_disk(m->fs->cache);
	int ret;

	ret = signed_build(&b, m->payload, m->len, m->fs->signer, out, outlen,
	    e);
	/* Not found is the file's answer; this is the key's. */
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_BADSTATE, "%s: the signer does not hold "
		    "the key of the CallManager certificate yet: ask again in "
		    "a second", m->s->name);
	if (ret == ERR_OK && d != NULL)
		cache_disk_put(d, m->key, *out, *outlen - m->len);
	return ret;
}

static int
make_signed(void *arg, struct blob **b, struct err *e)
{
	const struct making *m = arg;
	uint8_t *out = NULL;
	size_t len = 0;
	int ret;

	if (!from_disk(m, &out, &len) &&
	    (ret = sign_now(m, &out, &len, e)) != ERR_OK)
		return ret;
	*b = blob_take(out, len, e);
	return *b != NULL ? ERR_OK : ERR_NOMEM;
}

int
store_sign(struct file_store *fs, const struct store_sign *s,
    const uint8_t key[CACHE_KEY_LEN], const uint8_t *payload, size_t len,
    struct blob **b, struct err *e)
{
	struct making m = { .fs = fs, .s = s, .key = key, .payload = payload,
	    .len = len };

	return file_cache_get(fs->cache, key, make_signed, &m, b, e);
}
