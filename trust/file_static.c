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
#include "trust/file_stamp.h"
#include "trust/file_store.h"
#include "trust/image.h"

#define SMALL_MAX	((size_t)64 << 10)	/* bytes kept in memory */

/* --- the hash of a content, without reading it again --- */

static int64_t
stamp_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* May what is read of it from now on be kept under st?  If st is still true
 * when all was read. */
static bool
settled(int fd, const struct stat *st)
{
	return file_stamp_settled(fd, st, clock_wall_ns(clock_file()));
}

static bool
unchanged(int fd, const struct stat *st)
{
	struct stat now;

	return fstat(fd, &now) == 0 && file_stamp_equal(&now, st);
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

/* What was kept under the times of a file, or NULL. */
static struct blob *
stamp_find(struct file_store *fs, const char *kind, const struct stat *st)
{
	uint8_t key[CACHE_KEY_LEN];

	return fs->cache != NULL && stamp_key(kind, st, key) == ERR_OK ?
	    file_cache_find(fs->cache, key) : NULL;
}

static void
stamp_put(struct file_store *fs, const char *kind, const struct stat *st,
    struct blob *b)
{
	uint8_t key[CACHE_KEY_LEN];

	if (fs->cache != NULL && stamp_key(kind, st, key) == ERR_OK)
		file_cache_put(fs->cache, key, b);
}

static bool
content_find(struct file_store *fs, const struct stat *st,
    uint8_t content[DIGEST_SHA256_LEN])
{
	struct blob *b = stamp_find(fs, "content", st);

	if (b == NULL)
		return false;
	memcpy(content, b->bytes, DIGEST_SHA256_LEN);
	blob_unref(b);
	return true;
}

static void
content_put(struct file_store *fs, const struct stat *st,
    const uint8_t content[DIGEST_SHA256_LEN])
{
	uint8_t *copy = malloc(DIGEST_SHA256_LEN);
	struct blob *b;

	if (copy == NULL)
		return;
	memcpy(copy, content, DIGEST_SHA256_LEN);
	if ((b = blob_take(copy, DIGEST_SHA256_LEN, NULL)) != NULL)
		stamp_put(fs, "content", st, b);
	blob_unref(b);
}

/* --- verbatim --- */

/* What no phone can take is served all the same: it is the administrator's
 * file.  Looked at once, and again when it changes. */
static void
judge_image(struct file_store *fs, const char *name, int fd,
    const struct stat *st)
{
	uint8_t *head = NULL;
	struct blob *b;
	struct image im;
	bool keep;

	if (!image_is(name) || fs->cache == NULL)
		return;
	if ((b = stamp_find(fs, "image", st)) == NULL) {
		keep = settled(fd, st);
		if (image_check_fd(&im, name, fd, &head, NULL) != ERR_OK)
			return;
		if (im.verdict == IMAGE_BAD)
			store_warn_once(fs, "files.image", name, im.why);
		free(head);
		b = blob_take(calloc(1, 1), 0, NULL);
		if (b != NULL && keep && unchanged(fd, st))
			stamp_put(fs, "image", st, b);
	}
	blob_unref(b);
}

/* A small file in memory: it is sent with fewer system calls, from one
 * reading, and mostly with none at all. */
static struct blob *
read_small(struct file_store *fs, const char *name, int fd,
    const struct stat *st)
{
	bool keep = settled(fd, st);
	uint8_t *buf = NULL;
	struct blob *b;
	size_t len;

	if (file_read_fd(fd, "", SMALL_MAX, &buf, &len, NULL) != ERR_OK)
		return NULL;
	/* Whose it is nobody can tell, so it is served all the same. */
	if (store_is_copy(buf, len))
		store_warn_once(fs, "files.copy", name, "looks like a "
		    "phone's configuration, and anybody can fetch it with "
		    "what passwords it has: no phone asks for this name, "
		    "remove it");
	if ((b = blob_take(buf, len, NULL)) == NULL)
		return NULL;
	if (keep && unchanged(fd, st))
		stamp_put(fs, "small", st, b);
	return b;
}

/* Takes fd over. */
static void
answer_verbatim(struct file_store *fs, struct file_answer *a, int fd,
    const struct stat *st)
{
	struct blob *b = NULL;

	judge_image(fs, a->name.full, fd, st);
	if (fs->cache != NULL && (uint64_t)st->st_size <= SMALL_MAX &&
	    (b = stamp_find(fs, "small", st)) == NULL)
		b = read_small(fs, a->name.full, fd, st);
	if (b == NULL) {
		store_answer_fd(a, fd, st);
		return;
	}
	(void)close(fd);
	store_answer(a, b);
}

/* The file in memory is the one that opening name would find. */
static bool
answer_small(struct file_store *fs, struct file_answer *a)
{
	struct blob *b = NULL;
	struct stat st;

	if (fs->cache != NULL &&
	    file_roots_look(fs->roots, a->name.full, &st) &&
	    (uint64_t)st.st_size <= SMALL_MAX)
		b = stamp_find(fs, "small", &st);
	if (b == NULL)
		return false;
	store_answer(a, b);
	return true;
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
	bool keep = settled(fd, st);
	size_t len = 0;
	int ret;

	ret = file_read_fd(fd, base, SIGNED_FILE_MAX, &buf, &len, e);
	if (ret == ERR_LIMIT)
		store_warn_once(fs, "files.large", base,
		    "too large to be signed");
	if (ret == ERR_OK)
		ret = digest_buf(DIGEST_SHA256, buf, len, content, e);
	if (ret == ERR_OK) {
		if (keep && unchanged(fd, st))
			content_put(fs, st, content);
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

/* The same without opening it. */
static bool
answer_signed(struct file_store *fs, struct file_answer *a)
{
	uint8_t content[DIGEST_SHA256_LEN];
	struct store_sign how = { .name = a->name.full, .content = content };
	struct blob *b = NULL;
	struct stat st;

	if (fs->cache != NULL &&
	    file_roots_look(fs->roots, a->name.base, &st) &&
	    content_find(fs, &st, content)) {
		how.changed_at = st.st_mtim.tv_sec;
		b = find_signed(fs, &how);
	}
	if (b == NULL)
		return false;
	store_answer(a, b);
	return true;
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
	if (sgn == -1 && answer_signed(fs, a))
		return ERR_OK;
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
	if (store_is_stale_config(fs, &a->name))
		return err_set(e, ERR_NOTFOUND, "%s: the phone's file is "
		    "encrypted, and this one is not", a->name.full);
	if (a->name.form != FILE_PLAIN && store_ends(a->name.base, ".tlv"))
		return err_set(e, ERR_NOTFOUND, "%s: lists are never signed "
		    "again", a->name.full);
	if (a->name.form == FILE_SGN)
		return get_signed(fs, a, e);
	/* X.enc.sgn only as it is stored: it is for one phone's key. */
	if (answer_small(fs, a))
		return ERR_OK;
	ret = store_open(fs, a->name.full, &fd, &st, e);
	if (ret == ERR_OK)
		answer_verbatim(fs, a, fd, &st);
	return ret;
}
