/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of folders without regard to case, see file_index.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "trust/file_index.h"
#include "trust/file_stamp.h"
#include "trust/files.h"

struct folder {
	bool		 used;
	struct stat	 st;		/* as seen last */
	int64_t		 since_ms;	/* so since then at least */
	int64_t		 used_ms;
	bool		 kept;		/* what follows is known */
	char		**name;		/* sorted */
	size_t		 n;
	bool		 many;		/* above FILE_SCAN_MAX: no names */
};

struct file_index {
	const struct clock	*clock;
	struct folder		 folder[FILE_INDEX_FOLDERS];
};

static unsigned char
fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* By the folded bytes. */
static int
folded_cmp(const char *a, const char *b)
{
	while (*a != '\0' && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return fold(*a) - fold(*b);
}

static int
name_cmp(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int d = folded_cmp(x, y);

	return d != 0 ? d : strcmp(x, y);
}

/* --- folders kept --- */

static void
forget_names(struct folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->name[i]);
	free(f->name);
	f->name = NULL;
	f->n = 0;
}

static int
keep_name(struct folder *f, const char *name, size_t *room, struct err *e)
{
	size_t more = *room == 0 ? 64 : 2 * *room;
	char **p;

	if (f->n == *room) {
		if ((p = realloc(f->name, more * sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "names of a folder");
		f->name = p;
		*room = more;
	}
	if ((f->name[f->n] = strdup(name)) == NULL)
		return err_set(e, ERR_NOMEM, "names of a folder");
	f->n++;
	return ERR_OK;
}

static int
load(struct folder *f, DIR *dir, struct err *e)
{
	const struct dirent *d;
	int ret = ERR_OK;
	size_t room = 0;

	while (ret == ERR_OK && !f->many && (d = readdir(dir)) != NULL) {
		if (f->n == FILE_SCAN_MAX)
			f->many = true;
		else
			ret = keep_name(f, d->d_name, &room, e);
	}
	if (ret != ERR_OK || f->many)
		forget_names(f);
	else if (f->n > 0)
		qsort(f->name, f->n, sizeof(*f->name), name_cmp);
	f->kept = ret == ERR_OK;
	return ret;
}

static bool
same_folder(const struct folder *f, const struct stat *st)
{
	return f->used && f->st.st_dev == st->st_dev &&
	    f->st.st_ino == st->st_ino;
}

/* Its place, or the one it gets. */
static struct folder *
place_of(struct file_index *ix, const struct stat *st)
{
	struct folder *oldest = &ix->folder[0];

	for (size_t i = 0; i < FILE_INDEX_FOLDERS; i++) {
		struct folder *f = &ix->folder[i];

		if (same_folder(f, st))
			return f;
		if (oldest->used && (!f->used ||
		    f->used_ms < oldest->used_ms))
			oldest = f;
	}
	return oldest;
}

/* What is known of the folder, nothing when it has changed. */
static struct folder *
look_up(struct file_index *ix, const struct stat *st, int64_t now_ms)
{
	struct folder *f = place_of(ix, st);

	if (!f->used || !file_stamp_equal(&f->st, st)) {
		forget_names(f);
		*f = (struct folder){ .used = true, .st = *st,
		    .since_ms = now_ms };
	}
	f->used_ms = now_ms;
	return f;
}

/* --- searching --- */

static int
found(const char *best, bool many, char *part, struct err *e)
{
	/* What lies behind the bound might be smaller: no answer at all. */
	if (many)
		return err_set(e, ERR_LIMIT, "%s: a folder of more than %d "
		    "entries is searched for exact names only", part,
		    FILE_SCAN_MAX);
	if (best == NULL)
		return err_set(e, ERR_NOTFOUND, "%s: not there", part);
	memcpy(part, best, strlen(part));	/* of one length */
	return ERR_OK;
}

static int
find_kept(const struct folder *f, char *part, struct err *e)
{
	size_t lo = 0, hi = f->n, mid;

	/* The first that is not below part: the smallest of its equals. */
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (folded_cmp(f->name[mid], part) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return found(lo < f->n && str_ieq(f->name[lo], part) ? f->name[lo] :
	    NULL, f->many, part, e);
}

static int
find_on_disk(DIR *dir, char *part, struct err *e)
{
	char best[FILE_NAME_MAX + 1] = "";
	const struct dirent *d;
	size_t n = 0;

	while ((d = readdir(dir)) != NULL && n++ < FILE_SCAN_MAX)
		if (str_ieq(d->d_name, part) && (best[0] == '\0' ||
		    strcmp(d->d_name, best) < 0))
			(void)str_copy(best, sizeof(best), d->d_name);
	return found(best[0] != '\0' ? best : NULL, n > FILE_SCAN_MAX, part,
	    e);
}

/* folder for reading, from its start. */
static DIR *
open_for_reading(int folder, const char *part, struct err *e)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = NULL;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		(void)err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "the folder of %s", part);
	if (dir == NULL && fd != -1)
		(void)close(fd);
	return dir;
}

static int
find_new(struct folder *f, bool keep, int folder, char *part, struct err *e)
{
	struct err why = { 0 };
	DIR *dir = open_for_reading(folder, part, &why);
	int ret;

	if (dir == NULL)
		return err_set(e, why.code, "%s", why.msg);
	if (!keep)
		ret = find_on_disk(dir, part, e);
	else if ((ret = load(f, dir, e)) == ERR_OK)
		ret = find_kept(f, part, e);
	(void)closedir(dir);
	return ret;
}

int
file_index_find(struct file_index *ix, int folder, char *part, struct err *e)
{
	int64_t now_ns = clock_wall_ns(ix->clock);	/* before fstat */
	int64_t now_ms = clock_mono_ms(ix->clock);
	struct folder *f;
	struct stat st;
	bool keep;

	if (fstat(folder, &st) == -1)
		return err_sys(e, ERR_IO, "%s", part);
	f = look_up(ix, &st, now_ms);
	if (f->kept)
		return find_kept(f, part, e);
	keep = now_ms - f->since_ms >= FILE_SETTLE_MS ||
	    file_stamp_settled(folder, &st, now_ns);
	return find_new(f, keep, folder, part, e);
}

size_t
file_index_kept(const struct file_index *ix)
{
	size_t n = 0;

	for (size_t i = 0; i < FILE_INDEX_FOLDERS; i++)
		n += ix->folder[i].kept;
	return n;
}

struct file_index *
file_index_new(const struct clock *clock, struct err *e)
{
	struct file_index *ix = calloc(1, sizeof(*ix));

	if (ix == NULL)
		(void)err_set(e, ERR_NOMEM, "names of folders");
	else
		ix->clock = clock;
	return ix;
}

void
file_index_free(struct file_index *ix)
{
	if (ix == NULL)
		return;
	for (size_t i = 0; i < FILE_INDEX_FOLDERS; i++)
		forget_names(&ix->folder[i]);
	free(ix);
}
