/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Static files, see file_walk.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/file_walk.h"
#include "db/params.h"

#define NAME_LEN_MAX	255	/* of a request, and so of a path */

static int
add_entry(struct file_walk *l, const char *name, char *root,
    const struct stat *st, struct err *e)
{
	struct file_entry *grown;

	if (l->n == FILE_WALK_MAX) {
		l->cut = true;
		return ERR_OK;
	}
	if (l->n == l->cap) {
		grown = reallocarray(l->entry, l->cap + 256, sizeof(*grown));
		if (grown == NULL)
			return err_set(e, ERR_NOMEM, "list of files");
		l->entry = grown;
		l->cap += 256;
	}
	l->entry[l->n] = (struct file_entry){
		.name = strdup(name), .root = root, .size = st->st_size,
		.mtime = st->st_mtim,
	};
	if (l->entry[l->n].name == NULL)
		return err_set(e, ERR_NOMEM, "list of files");
	l->n++;
	return ERR_OK;
}

static int	walk(struct file_walk *, int, const char *, char *, int,
		    struct err *);

/* A name of a folder: descend into folders, take regular files. */
static int
walk_name(struct file_walk *l, int dirfd, const char *prefix, const char *name,
    char *root, int depth, struct err *e)
{
	char path[NAME_LEN_MAX + 1];
	struct stat st;
	int fd, n, ret = ERR_OK;

	n = snprintf(path, sizeof(path), "%s%s%s", prefix,
	    prefix[0] != '\0' ? "/" : "", name);
	/* No phone can ask for longer names; links are not followed here. */
	if (n < 0 || (size_t)n >= sizeof(path) ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return ERR_OK;
	if (S_ISREG(st.st_mode))
		return add_entry(l, path, root, &st, e);
	if (!S_ISDIR(st.st_mode))
		return ERR_OK;
	fd = openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		out_warn(l->out, "%s/%s cannot be read: %s", root, path,
		    strerror(errno));
		return ERR_OK;
	}
	if (depth == FILE_WALK_DEPTH)
		l->cut = true;
	else
		ret = walk(l, fd, path, root, depth + 1, e);
	(void)close(fd);
	return ret;
}

static int
walk(struct file_walk *l, int dirfd, const char *prefix, char *root, int depth,
    struct err *e)
{
	struct dirent *d;
	int fd, ret = ERR_OK;
	DIR *dir;

	fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		if (fd != -1)
			(void)close(fd);
		return err_sys(e, ERR_IO, "%s", root);
	}
	while (ret == ERR_OK && (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 &&
		    strcmp(d->d_name, "..") != 0)
			ret = walk_name(l, dirfd, prefix, d->d_name, root,
			    depth, e);
	(void)closedir(dir);
	return ret;
}

static int
walk_root(struct file_walk *l, int at, char *root, struct err *e)
{
	int fd, ret;

	fd = openat(at, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		out_warn(l->out, "%s cannot be read: %s", root,
		    strerror(errno));
		return ERR_OK;
	}
	ret = walk(l, fd, "", root, 0, e);
	(void)close(fd);
	return ret;
}

static int
by_name(const void *a, const void *b)
{
	const struct file_entry *x = a, *y = b;
	int d = strcmp(x->root, y->root);

	return d != 0 ? d : strcmp(x->name, y->name);
}

static const struct file_entry *
find_in(const struct file_walk *w, const struct file_entry *like,
    const char *name)
{
	struct file_entry key = { .root = like->root,
	    .name = (char *)(uintptr_t)name };

	return bsearch(&key, w->entry, w->n, sizeof(key), by_name);
}

static bool
newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec :
	    a->tv_nsec > b->tv_nsec;
}

/* tftpd signs X afresh then, and leaves X.sgn aside. */
static void
mark_stale(struct file_walk *w)
{
	char base[NAME_LEN_MAX + 1];
	const struct file_entry *f;
	size_t n;

	for (size_t i = 0; i < w->n; i++) {
		n = strlen(w->entry[i].name);
		if (n <= 4 || !str_ieq(w->entry[i].name + n - 4, ".sgn"))
			continue;
		memcpy(base, w->entry[i].name, n - 4);
		base[n - 4] = '\0';
		f = find_in(w, &w->entry[i], base);
		w->entry[i].stale = f != NULL &&
		    newer(&f->mtime, &w->entry[i].mtime);
	}
}

/* The pattern comes last: what it leaves out tells what is stale. */
static void
keep_matching(struct file_walk *w, const char *pattern)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (pattern == NULL ||
		    fnmatch(pattern, w->entry[i].name, 0) == 0)
			w->entry[n++] = w->entry[i];
		else
			free(w->entry[i].name);
	}
	w->n = n;
}

int
file_walk(struct file_walk *w, struct ctl *c, const char *pattern,
    struct err *e)
{
	static char own[] = "tftp";
	char *root, *rest;
	int ret;

	*w = (struct file_walk){ .out = c->out };
	w->roots = param_get(c->node.db, PARAM_TFTP_ROOT, c->node.row.name,
	    e);
	if ((rest = w->roots) == NULL)
		return e->code;
	ret = walk_root(w, c->node.statefd, own, e);
	while (ret == ERR_OK && (root = strsep(&rest, ":")) != NULL)
		if (root[0] != '\0')
			ret = walk_root(w, c->node.statefd, root, e);
	if (w->n > 0)
		qsort(w->entry, w->n, sizeof(*w->entry), by_name);
	mark_stale(w);
	keep_matching(w, pattern);
	if (w->cut)
		out_warn(c->out, "not all files are looked at: more than %d, "
		    "or more than %d folders deep", FILE_WALK_MAX,
		    FILE_WALK_DEPTH);
	return ret;
}

void
file_walk_clear(struct file_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->entry[i].name);
	free(w->entry);
	free(w->roots);
	*w = (struct file_walk){ .n = 0 };
}

int
file_walk_roots(struct ctl *c, struct file_roots **r, struct err *e)
{
	char *paths;
	int ret;

	*r = NULL;
	paths = param_get(c->node.db, PARAM_TFTP_ROOT, c->node.row.name, e);
	if (paths == NULL)
		return e->code;
	if ((*r = file_roots_new(c->node.statefd, e)) == NULL)
		ret = e->code;
	else
		ret = file_roots_set(*r, paths, e);
	free(paths);
	return ret;
}

int
file_walk_open(const struct file_roots *r, const char *name, int *fd,
    struct err *e)
{
	struct err why = { 0 };		/* also of roots that lack it */
	struct stat st;
	int ret = file_roots_open(r, name, fd, &st, &why);

	if (ret != ERR_OK)
		*e = why;
	return ret;
}
