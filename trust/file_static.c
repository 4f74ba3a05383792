/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Static files as answers (spec/signed-file.md section 3).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/wr.h"
#include "certs/signed.h"
#include "trust/file_store.h"
#include "trust/image.h"

/*
 * Times of files advance with the kernel's ticks, some file systems keep
 * whole seconds: two changes within one step look like one.
 */
#define SETTLED_NS	2000000000

/* --- the hash of a content, without reading it again --- */

static int64_t
stamp_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* Unchanged for so long that a change from now on shows in its times: only
 * then what was read of it may be kept. */
static bool
settled(const struct stat *st)
{
	int64_t now = clock_file_ns();

	return now - stamp_ns(&st->st_mtim) > SETTLED_NS &&
	    now - stamp_ns(&st->st_ctim) > SETTLED_NS;
}

static int
stamp_key(const char *kind, const struct stat *st, uint8_t key[CACHE_KEY_LEN])
{
	struct wr w = wr_init(64);
	int ret = ERR_NOMEM;

	wr_u64(&w, (uint64_t)st->st_dev);
	wr_u64(&w, (uint64_t)st->st_ino);
	wr_u64(&w, (uint64_t)st->st_size);
	wr_u64(&w, (uint64_t)st->st_mtim.tv_sec);
	wr_u64(&w, (uint64_t)st->st_ctim.tv_sec);
	wr_u32(&w, (uint32_t)st->st_mtim.tv_nsec);
	wr_u32(&w, (uint32_t)st->st_ctim.tv_nsec);
	if (w.err == ERR_OK)
		ret = cache_key(key, kind, w.buf, w.len, NULL);
	wr_clear(&w);
	return ret;
}

static bool
content_find(struct file_store *fs, const struct stat *st,
    uint8_t content[DIGEST_SHA256_LEN])
{
	uint8_t key[CACHE_KEY_LEN];
	struct blob *b = NULL;

	if (fs->cache != NULL && stamp_key("content", st, key) == ERR_OK)
		b = file_cache_find(fs->cache, key);
	if (b == NULL)
		return false;
	memcpy(content, b->bytes, DIGEST_SHA256_LEN);
	blob_unref(b);
	return true;
}

/* Keep what was read between two equal looks at a file that has settled. */
static void
content_put(struct file_store *fs, int fd, const struct stat *st,
    const uint8_t content[DIGEST_SHA256_LEN])
{
	uint8_t before[CACHE_KEY_LEN], after[CACHE_KEY_LEN], *copy;
	struct stat now;
	struct blob *b;

	if (fs->cache == NULL || !settled(st) || fstat(fd, &now) == -1 ||
	    stamp_key("content", st, before) != ERR_OK ||
	    stamp_key("content", &now, after) != ERR_OK ||
	    memcmp(before, after, sizeof(before)) != 0 ||
	    (copy = malloc(DIGEST_SHA256_LEN)) == NULL)
		return;
	memcpy(copy, content, DIGEST_SHA256_LEN);
	if ((b = blob_take(copy, DIGEST_SHA256_LEN, NULL)) != NULL)
		file_cache_put(fs->cache, before, b);
	blob_unref(b);
}

/* --- verbatim --- */

/* What no phone can take is served all the same: it is the administrator's
 * file.  Looked at once, and again when it changes. */
static void
judge_image(struct file_store *fs, const char *name, int fd,
    const struct stat *st)
{
	uint8_t key[CACHE_KEY_LEN], *head = NULL;
	struct blob *b = NULL;
	struct image im;

	if (!image_is(name) || fs->cache == NULL ||
	    stamp_key("image", st, key) != ERR_OK)
		return;
	if ((b = file_cache_find(fs->cache, key)) == NULL &&
	    image_check_fd(&im, name, fd, &head, NULL) == ERR_OK) {
		if (im.verdict == IMAGE_BAD)
			store_warn_once(fs, "files.image", name, im.why);
		free(head);
		b = blob_take(calloc(1, 1), 0, NULL);
		if (b != NULL && settled(st))
			file_cache_put(fs->cache, key, b);
	}
	blob_unref(b);
}

static void
answer_verbatim(struct file_store *fs, struct file_answer *a, int fd,
    const struct stat *st)
{
	judge_image(fs, a->name.full, fd, st);
	store_answer_fd(a, fd, st);
}

/* --- signed --- */

/* Signed before, and the file has not changed since: no byte is read. */
static struct blob *
find_signed(struct file_store *fs, const struct store_sign *how)
{
	uint8_t key[CACHE_KEY_LEN];

	return store_sign_key(fs, how, key, NULL) == ERR_OK ?
	    file_cache_find(fs->cache, key) : NULL;
}

static int
read_and_sign(struct file_store *fs, const char *base, int fd,
    const struct stat *st, struct store_sign *how, struct blob **b,
    struct err *e)
{
	uint8_t key[CACHE_KEY_LEN], content[DIGEST_SHA256_LEN], *buf = NULL;
	size_t len = 0;
	int ret;

	ret = file_read_fd(fd, base, SIGNED_FILE_MAX, &buf, &len, e);
	if (ret == ERR_LIMIT)
		store_warn_once(fs, "files.large", base,
		    "too large to be signed");
	if (ret == ERR_OK)
		ret = digest_buf(DIGEST_SHA256, buf, len, content, e);
	if (ret == ERR_OK) {
		content_put(fs, fd, st, content);
		how->content = content;
		if ((ret = store_sign_key(fs, how, key, e)) == ERR_OK)
			ret = store_sign(fs, how, key, buf, len, b, e);
	}
	free(buf);
	return ret;
}

/*
 * Sign an open file; fd stays the caller's.  Only the phone decides that it
 * wants X.sgn: firmware is asked for by its own name, and parts that are
 * called .sgn on disk were served as they are.
 */
static int
sign_static(struct file_store *fs, struct file_answer *a, int fd,
    const struct stat *st, struct err *e)
{
	uint8_t content[DIGEST_SHA256_LEN];
	struct store_sign how = { .name = a->name.full,
	    .changed_at = st->st_mtim.tv_sec, .content = content };
	struct blob *b = NULL;
	int ret = ERR_OK;

	if (content_find(fs, st, content))
		b = find_signed(fs, &how);
	if (b == NULL)
		ret = read_and_sign(fs, a->name.base, fd, st, &how, &b, e);
	if (ret == ERR_OK)
		store_answer(a, b);
	return ret;
}

static bool
newer(const struct stat *a, const struct stat *b)
{
	return stamp_ns(&a->st_mtim) > stamp_ns(&b->st_mtim);
}

/* X.sgn: a stored one as it is, unless a newer X says that it is stale. */
static int
get_signed(struct file_store *fs, struct file_answer *a, struct err *e)
{
	struct stat st, stored;
	int fd = -1, sgn = -1, ret;

	ret = store_open(fs, a->name.full, &sgn, &stored, e);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return ret;
	ret = store_open(fs, a->name.base, &fd, &st, e);
	if (ret == ERR_OK && sgn != -1 && newer(&st, &stored))
		store_warn_once(fs, "files.stale", a->name.full, "older than "
		    "the file it signs, which is signed afresh: remove it");
	else if (sgn != -1) {
		if (ret == ERR_OK)
			(void)close(fd);
		answer_verbatim(fs, a, sgn, &stored);
		return ERR_OK;
	}
	if (ret == ERR_OK) {
		ret = sign_static(fs, a, fd, &st, e);
		(void)close(fd);
	}
	if (sgn != -1)
		(void)close(sgn);
	return ret;
}

int
store_static(struct file_store *fs, struct file_answer *a, struct err *e)
{
	struct stat st;
	int fd, ret;

	if (store_is_list(a->name.base))
		return store_no_list(fs, &a->name, e);
	if (a->name.form != FILE_PLAIN && store_ends(a->name.base, ".tlv"))
		return err_set(e, ERR_NOTFOUND, "%s: lists are never signed "
		    "again", a->name.full);
	if (a->name.form == FILE_SGN)
		return get_signed(fs, a, e);
	/* X.enc.sgn only as it is stored: it is for one phone's key. */
	ret = store_open(fs, a->name.full, &fd, &st, e);
	if (ret == ERR_OK)
		answer_verbatim(fs, a, fd, &st);
	return ret;
}
