/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The files of folders, see cert_walk.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/cert_walk.h"

struct walking {
	struct cert_walk	*w;
	int			 dirfd;
	bool			 recursive;
};

void
cert_walk_clear(struct cert_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->name[i]);
	free(w->name);
	*w = (struct cert_walk){ .n = 0 };
}

bool
cert_walk_is_folder(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* name is taken over, also on failure. */
static int
add_name(struct cert_walk *w, char *name, struct err *e)
{
	char **more;

	if (name == NULL)
		return err_set(e, ERR_NOMEM, "folder");
	if (w->n == CERT_WALK_MAX) {
		free(name);
		return err_set(e, ERR_LIMIT, "more than %d files: import the "
		    "folders below one by one", CERT_WALK_MAX);
	}
	if (w->n == w->room) {
		w->room = w->room > 0 ? 2 * w->room : 64;
		more = reallocarray(w->name, w->room, sizeof(*more));
		if (more == NULL) {
			free(name);
			return err_set(e, ERR_NOMEM, "folder");
		}
		w->name = more;
	}
	w->name[w->n++] = name;
	return ERR_OK;
}

static int	walk(struct walking *g, const char *path, int depth,
		    struct err *e);

/* Of a folder below; links to folders could lead round and round. */
static int
below(struct walking *g, const char *path, int depth, struct err *e)
{
	if (!g->recursive) {
		g->w->nfolders++;
		return ERR_OK;
	}
	if (depth == CERT_WALK_DEPTH)
		return err_set(e, ERR_LIMIT, "%.200s: more than %d folders "
		    "deep", path, CERT_WALK_DEPTH);
	return walk(g, path, depth + 1, e);
}

static int
entry(struct walking *g, const char *folder, const char *name, int depth,
    struct err *e)
{
	const char *slash = str_ends(folder, "/") ? "" : "/";
	char *path = str_printf("%s%s%s", folder, slash, name);
	struct stat st;
	int ret;

	if (path == NULL)
		return err_set(e, ERR_NOMEM, "folder");
	if (fstatat(g->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode)) {
		ret = below(g, path, depth, e);
		free(path);
		return ret;
	}
	/* What cannot be read is told when it is read. */
	return add_name(g->w, path, e);
}

static int
not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* By byte, whatever the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
walk(struct walking *g, const char *path, int depth, struct err *e)
{
	struct dirent **list = NULL;
	int n, ret = ERR_OK;

	if ((n = scandirat(g->dirfd, path, &list, not_dots, by_name)) == -1)
		return err_sys(e, ERR_IO, "%.200s", path);
	for (int i = 0; i < n; i++) {
		if (ret == ERR_OK)
			ret = entry(g, path, list[i]->d_name, depth, e);
		free(list[i]);
	}
	free(list);
	return ret;
}

int
cert_walk_add(struct cert_walk *w, int dirfd, const char *path,
    bool recursive, struct err *e)
{
	struct walking g = { .w = w, .dirfd = dirfd, .recursive = recursive };

	if (!cert_walk_is_folder(dirfd, path))
		return add_name(w, strdup(path), e);
	return walk(&g, path, 0, e);
}
