/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copies of phones' configurations among the static files: backups, exports,
 * what an editor leaves.  Of a phone whose file is to be encrypted none may be
 * served (spec/phone-files.md section 9).  Whose a copy is stands in its name
 * alone, so whatever names such a phone is taken for one: what is in it would
 * have to be guessed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "trust/file_store.h"
#include "trust/phone_spell.h"

#define CONFIG_MIDDLE	".cnf.xml"

/* Whether a path names a phone that must have no copies. */
struct verdict {
	int64_t	 generation;	/* of the database */
	int64_t	 until;		/* another by its date alone */
	bool	 hidden;
};

struct looking {
	struct file_store	*fs;
	const char		*path;
	struct verdict		 verdict;
};

/* Names that are asked for may be anything: few are looked up. */
static bool
is_there(struct file_store *fs, const char *path)
{
	struct stat st;
	int fd, ret = store_open(fs, path, &fd, &st, NULL);

	if (ret == ERR_OK)
		(void)close(fd);
	return ret != ERR_NOTFOUND;
}

static bool
is_any_there(struct file_store *fs, const struct file_name *n)
{
	return is_there(fs, n->full) || (n->form != FILE_PLAIN &&
	    is_there(fs, n->base));
}

/* --- whose they are --- */

/* Is the path the text of an element there? */
static bool
is_text_in(const struct row_phone_file *own, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 1; own->xml != NULL && i + n < own->len; i++)
		if (own->xml[i - 1] == '>' && own->xml[i + n] == '<' &&
		    strncasecmp((const char *)own->xml + i, path, n) == 0)
			return true;
	return false;
}

/* Sent there by its own configuration, as to dial rules: no copy of it. */
static bool
is_sent_there(const struct phone_file *f, const char *path)
{
	static const enum setting_id files[] = { SETTING_DIAL_TEMPLATE,
	    SETTING_SOFT_KEY_FILE, SETTING_FEATURE_POLICY };

	if (strcasestr(path, CONFIG_MIDDLE) != NULL)
		return false;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (str_ieq(f->phone.value[files[i]], path))
			return true;
	return is_text_in(&f->own, path);
}

/* No such phone: nobody's secrets are kept here. */
static int
look_one(void *arg, struct db *db, const char *device, struct err *e)
{
	struct looking *l = arg;
	struct phone_file_base b = store_base(l->fs);
	struct err miss = { .code = ERR_OK };
	struct phone_file f;
	int ret = phone_file_load(&f, db, &b, device, &miss);

	if (ret == ERR_OK) {
		if ((f.flagged || f.open != PHONE_FILE_WHOLE) &&
		    !is_sent_there(&f, l->path))
			l->verdict.hidden = true;
		if (f.until < l->verdict.until)
			l->verdict.until = f.until;
	}
	phone_file_clear(&f);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

static int
look(struct db *db, void *arg, struct err *e)
{
	struct looking *l = arg;
	int ret;

	l->verdict = (struct verdict){ .generation = -1,
	    .until = INT64_MAX };
	if ((ret = store_refresh(l->fs, e)) == ERR_OK)
		ret = phone_named_in(db, l->path, look_one, l, e);
	l->verdict.generation = l->fs->generation;
	return ret;
}

/* --- verdicts kept --- */

static int
verdict_key(const char *path, uint8_t key[CACHE_KEY_LEN])
{
	char folded[FILE_NAME_MAX + 1];

	(void)str_copy(folded, sizeof(folded), path);
	str_upper(folded);
	return cache_key(key, "named", folded, strlen(folded), NULL);
}

static bool
find_verdict(struct file_store *fs, const uint8_t key[CACHE_KEY_LEN],
    struct verdict *v)
{
	struct blob *b = file_cache_find(fs->cache, key);

	*v = (struct verdict){ .generation = -1 };
	if (b != NULL && b->len == sizeof(*v))
		memcpy(v, b->bytes, sizeof(*v));
	blob_unref(b);
	return v->generation != -1 && v->generation == fs->generation &&
	    (v->until == INT64_MAX || clock_wall_s(clock_system()) < v->until);
}

static void
put_verdict(struct file_store *fs, const uint8_t key[CACHE_KEY_LEN],
    const struct verdict *v)
{
	struct verdict *copy = calloc(1, sizeof(*copy));
	struct blob *b;

	if (copy == NULL)
		return;
	copy->generation = v->generation;
	copy->until = v->until;
	copy->hidden = v->hidden;
	if ((b = blob_take((uint8_t *)copy, sizeof(*copy), NULL)) != NULL)
		file_cache_put(fs->cache, key, b);
	blob_unref(b);
}

/* Of a file that is there.  What cannot be told is hidden. */
static bool
names_hidden(struct file_store *fs, const struct file_name *n)
{
	struct looking l = { .fs = fs, .path = n->base };
	bool keep = fs->cache != NULL;
	uint8_t key[CACHE_KEY_LEN];
	struct verdict v;
	struct err e = { .code = ERR_OK };

	if (keep && verdict_key(n->base, key) != ERR_OK)
		return true;
	if (keep && find_verdict(fs, key, &v))
		return v.hidden && is_any_there(fs, n);
	if (!is_any_there(fs, n))
		return false;
	if (db_read_tx(fs->db, look, &l, &e) != ERR_OK)
		return true;
	if (keep)
		put_verdict(fs, key, &l.verdict);
	return l.verdict.hidden;
}

/* --- what they are --- */

static bool
is_image(int fd)
{
	uint8_t head[4];

	return pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    (memcmp(head, "\x89PNG", 4) == 0 ||
	    memcmp(head, "\xff\xd8\xff", 3) == 0);
}

/* What is not there hides nothing. */
static bool
is_harmless(struct file_store *fs, const char *path)
{
	bool harmless;
	struct stat st;
	int fd, ret;

	ret = store_open(fs, path, &fd, &st, NULL);
	if (ret != ERR_OK)
		return ret == ERR_NOTFOUND;
	harmless = is_image(fd);
	(void)close(fd);
	return harmless;
}

/* Called like a configuration it is one, whatever is in it. */
static bool
may_hide(struct file_store *fs, const struct file_name *n)
{
	return strcasestr(n->base, CONFIG_MIDDLE) != NULL ||
	    !is_harmless(fs, n->full) || (n->form != FILE_PLAIN &&
	    !is_harmless(fs, n->base));
}

bool
store_is_stale_config(struct file_store *fs, const struct file_name *n)
{
	if ((!phone_address_in(n->base) && !store_has_others(fs)) ||
	    !names_hidden(fs, n) || !may_hide(fs, n))
		return false;
	store_warn_once(fs, "files.stale", n->base, "has the name of a phone "
	    "whose file is encrypted, and may be a copy that is not: it is "
	    "never served; remove it, or what is none give a name without "
	    "the phone's, or name it in the phone's configuration");
	return true;
}

/* The element, not devicePool. */
static bool
has_device(const char *text)
{
	while ((text = strcasestr(text, "<device")) != NULL) {
		text += strlen("<device");
		if (strchr(" \t\r\n/>", *text) != NULL)
			return true;
	}
	return false;
}

bool
store_is_copy(const uint8_t *buf, size_t len)
{
	const char *text = (const char *)buf;
	size_t at = len > 3 && memcmp(buf, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	at += strspn(text + at, " \t\r\n");
	return at < len && buf[at] == '<' && memchr(buf, '\0', len) == NULL &&
	    has_device(text + at);
}
