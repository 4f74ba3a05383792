/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * file list tftp: what phones can fetch.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "db/params.h"
#include "trust/itl.h"

#define FILES_MAX	100000	/* of all roots */
#define DEPTH_MAX	16	/* folders below a root */
#define NAME_LEN_MAX	255	/* of a request, and so of a path */

struct entry {
	char	*name;		/* below its root */
	char	*root;		/* borrowed */
	int64_t	 size, mtime;
};

struct listing {
	struct ctl	*c;
	const char	*pattern;	/* NULL: all */
	struct entry	*entry;
	size_t		 n, cap;
	bool		 cut;		/* FILES_MAX or DEPTH_MAX was met */
	json_t		*files, *generated;
};

static int
add_entry(struct listing *l, const char *name, char *root,
    const struct stat *st, struct err *e)
{
	struct entry *grown;

	if (l->pattern != NULL && fnmatch(l->pattern, name, 0) != 0)
		return ERR_OK;
	if (l->n == FILES_MAX) {
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
	l->entry[l->n] = (struct entry){
		.name = strdup(name), .root = root, .size = st->st_size,
		.mtime = st->st_mtim.tv_sec,
	};
	if (l->entry[l->n].name == NULL)
		return err_set(e, ERR_NOMEM, "list of files");
	l->n++;
	return ERR_OK;
}

static int	walk(struct listing *, int, const char *, char *, int,
		    struct err *);

/* A name of a folder: descend into folders, take regular files. */
static int
walk_name(struct listing *l, int dirfd, const char *prefix, const char *name,
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
		out_warn(l->c->out, "%s/%s cannot be read: %s", root, path,
		    strerror(errno));
		return ERR_OK;
	}
	if (depth == DEPTH_MAX)
		l->cut = true;
	else
		ret = walk(l, fd, path, root, depth + 1, e);
	(void)close(fd);
	return ret;
}

static int
walk(struct listing *l, int dirfd, const char *prefix, char *root, int depth,
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
walk_root(struct listing *l, int at, char *root, struct err *e)
{
	int fd, ret;

	fd = openat(at, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		out_warn(l->c->out, "%s cannot be read: %s", root,
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
	const struct entry *x = a, *y = b;
	int d = strcmp(x->root, y->root);

	return d != 0 ? d : strcmp(x->name, y->name);
}

static void
put_file(struct ctl *c, int64_t size, int64_t mtime, const char *name,
    const char *root)
{
	char date[CLOCK_RFC3339_LEN], vis[OUT_VIS_MAX];

	clock_rfc3339(mtime, date);
	out_text(c->out, "%10" PRId64 "  %s  %s", size, date,
	    out_vis(name, vis));
	out_text(c->out, "%s%s\n", root[0] != '\0' ? "  in " : "",
	    out_vis(root, vis));
}

static void
put_entries(struct listing *l, const char *own)
{
	const struct entry *f;

	if (l->n > 0)
		qsort(l->entry, l->n, sizeof(*l->entry), by_name);
	for (size_t i = 0; i < l->n; i++) {
		f = &l->entry[i];
		put_file(l->c, f->size, f->mtime, f->name,
		    strcmp(f->root, own) == 0 ? "" : f->root);
		if (json_array_append_new(l->files, json_pack(
		    "{s:o, s:o, s:I, s:o}", "name", out_str(f->name),
		    "root", out_str(f->root), "bytes", (json_int_t)f->size,
		    "modified_at", out_time(f->mtime))) != 0)
			l->c->out->nomem = true;
	}
	if (l->cut)
		out_warn(l->c->out, "not all files are shown: more than %d, "
		    "or more than %d folders deep", FILES_MAX, DEPTH_MAX);
}

/* tftp/ of the state folder, then the further roots. */
static int
list_static(struct listing *l, struct err *e)
{
	char own[] = "tftp", *roots, *root, *rest;
	int ret;

	roots = param_get(l->c->node.db, PARAM_TFTP_ROOT,
	    l->c->node.row.name, e);
	if (roots == NULL)
		return e->code;
	rest = roots;
	ret = walk_root(l, l->c->node.statefd, own, e);
	while (ret == ERR_OK && (root = strsep(&rest, ":")) != NULL)
		if (root[0] != '\0')
			ret = walk_root(l, l->c->node.statefd, root, e);
	if (ret == ERR_OK)
		put_entries(l, own);
	for (size_t i = 0; i < l->n; i++)
		free(l->entry[i].name);
	free(l->entry);
	free(roots);
	return ret;
}

/* --- made for phones --- */

static int
add_generated(struct listing *l, const char *name, const char *kind,
    int64_t changed_at, struct err *e)
{
	if (l->pattern != NULL && fnmatch(l->pattern, name, 0) != 0)
		return ERR_OK;
	if (json_array_append_new(l->generated, json_pack("{s:s, s:s, s:o}",
	    "name", name, "kind", kind, "modified_at",
	    out_time(changed_at))) != 0)
		return err_set(e, ERR_NOMEM, "list of files");
	return ERR_OK;
}

static int
list_phone(void *arg, const struct row_phone *p, struct err *e)
{
	char name[DEVICE_NAME_MAX + 16], date[CLOCK_RFC3339_LEN];
	struct listing *l = arg;

	(void)snprintf(name, sizeof(name), "%s.cnf.xml", p->name);
	if (l->pattern == NULL || fnmatch(l->pattern, name, 0) == 0) {
		clock_rfc3339(p->changed_at, date);
		out_text(l->c->out, "%10s  %s  %s\n", "on demand", date, name);
	}
	return add_generated(l, name, "config", p->changed_at, e);
}

static int
list_generated(struct listing *l, int64_t *phones, struct err *e)
{
	struct row_list itl;
	int ret;

	if ((ret = itl_current(l->c->node.db, &itl, e)) != ERR_OK)
		return ret;
	if (l->pattern == NULL || fnmatch(l->pattern, ITL_FILE_NAME, 0) == 0)
		put_file(l->c, (int64_t)itl.len, itl.made_at, ITL_FILE_NAME,
		    "");
	ret = add_generated(l, ITL_FILE_NAME, "itl", itl.made_at, e);
	row_list_clear(&itl);
	if (ret != ERR_OK ||
	    (ret = row_phone_count(l->c->node.db, phones, e)) != ERR_OK)
		return ret;
	if (cmd_has(l->c->line, "--all"))
		return row_phone_each(l->c->node.db, list_phone, l, e);
	out_text(l->c->out, "%" PRId64 " phone configuration%s (--all names "
	    "them)\n", *phones, *phones == 1 ? "" : "s");
	return ERR_OK;
}

int
cmd_file_list(struct ctl *c, struct err *e)
{
	struct listing l = {
		.c = c, .pattern = cmd_get(c->line, "PATTERN"),
		.files = json_array(), .generated = json_array(),
	};
	int64_t phones = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK) {
		out_text(c->out, "Static files\n");
		ret = list_static(&l, e);
	}
	if (ret == ERR_OK) {
		out_text(c->out, "Made for phones\n");
		ret = list_generated(&l, &phones, e);
	}
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:O, s:O, s:I}", "files",
		    l.files, "generated", l.generated, "phone_configurations",
		    (json_int_t)phones));
	json_decref(l.files);
	json_decref(l.generated);
	return ret;
}
