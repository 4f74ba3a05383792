/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Opening static files below their roots, see file_open.h.  The kernel keeps
 * us below (openat2 with RESOLVE_BENEATH): no check of ours could, as links
 * change between check and use.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "trust/file_open.h"
#include "trust/file_stamp.h"
#include "trust/files.h"

#define TFTP_FOLDER	"tftp"
#define LEVELS_MAX	256	/* folders above one another */
#define BENEATH_TRIES	8	/* renames below the root race with us */

struct file_root {
	char	*path;
	int	 fd;		/* -1: not there (yet), or refused */
	bool	 refused;
	bool	 local;		/* file_stamp_local */
	dev_t	 dev;
	ino_t	 ino;
};

struct file_roots {
	int		 statefd;	/* borrowed */
	struct file_index *index;
	char		*paths;		/* as set last, or NULL */
	struct file_root root[FILE_ROOTS_MAX];	/* [0] is tftp/ */
	size_t		 n;
};

static int
open_beneath(int root, const char *name, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	for (int i = 0; i < BENEATH_TRIES; i++) {
		fd = syscall(SYS_openat2, root, name, &how, sizeof(how));
		if (fd != -1 || errno != EAGAIN)
			return (int)fd;
	}
	return -1;
}

/* --- roots --- */

static bool
same_folder(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Is the folder fd the folder want, or below it without passing except?
 * Where we may not look up further, no path of ours leads through either.
 */
static bool
is_within(int fd, const struct stat *want, const struct stat *except)
{
	bool found = false;
	struct stat st, up;
	int at, next;

	if ((at = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    fstat(at, &st) == -1)
		goto out;
	for (int i = 0; i < LEVELS_MAX; i++) {
		if (except != NULL && same_folder(&st, except))
			break;
		if ((found = same_folder(&st, want)))
			break;
		next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close(at);
		if ((at = next) == -1 || fstat(at, &up) == -1 ||
		    same_folder(&up, &st))
			break;
		st = up;
	}
out:
	if (at != -1)
		(void)close(at);
	return found;
}

/* Keys and databases must not be in reach of a request. */
static bool
reaches_state(const struct file_roots *r, int fd)
{
	struct stat state, tftp, root;

	if (fstat(r->statefd, &state) == -1 ||
	    fstat(r->root[0].fd, &tftp) == -1 || fstat(fd, &root) == -1)
		return true;
	return is_within(fd, &state, &tftp) ||
	    is_within(r->statefd, &root, NULL);
}

static void
tell_root(const struct file_root *root, bool tell, const char *why)
{
	if (tell)
		log_event(LOG_ERR, "files.root", LOG_STR("file", root->path),
		    LOG_STR("why", why));
}

/* What is looked up in it without opening. */
static bool
know_root(struct file_root *root)
{
	struct stat st;

	if (fstat(root->fd, &st) == -1)
		return false;
	root->dev = st.st_dev;
	root->ino = st.st_ino;
	root->local = file_stamp_local(root->fd);
	return true;
}

static void
open_root(const struct file_roots *r, struct file_root *root, bool tell)
{
	if (root->fd != -1 || root->refused)
		return;
	if (root->path[0] != '/') {
		root->refused = true;
		tell_root(root, tell, "not used: tftp.root takes absolute "
		    "paths");
		return;
	}
	root->fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->fd == -1) {
		tell_root(root, tell, strerror(errno));
		return;
	}
	if (know_root(root) && !reaches_state(r, root->fd))
		return;
	(void)close(root->fd);
	root->fd = -1;
	root->refused = true;
	tell_root(root, tell, "not used: keys and databases of the state "
	    "folder would be in reach; give a folder elsewhere");
}

static void
clear_roots(struct file_roots *r, size_t from)
{
	for (size_t i = from; i < r->n; i++) {
		free(r->root[i].path);
		if (r->root[i].fd != -1)
			(void)close(r->root[i].fd);
	}
	r->n = from < r->n ? from : r->n;
}

struct file_roots *
file_roots_new(int statefd, struct err *e)
{
	struct file_roots *r = calloc(1, sizeof(*r));
	struct file_root *tftp;

	if (r == NULL) {
		(void)err_set(e, ERR_NOMEM, "file roots");
		return NULL;
	}
	tftp = &r->root[0];
	r->statefd = statefd;
	r->n = 1;
	tftp->fd = openat(statefd, TFTP_FOLDER,
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (tftp->fd == -1)
		(void)err_sys(e, ERR_IO, TFTP_FOLDER "/ of the state folder, "
		    "where static files belong: make it again");
	else if ((tftp->path = strdup(TFTP_FOLDER)) == NULL)
		(void)err_set(e, ERR_NOMEM, "file roots");
	else if (!know_root(tftp))
		(void)err_sys(e, ERR_IO, TFTP_FOLDER);
	else if ((r->index = file_index_new(clock_file(), e)) != NULL)
		return r;
	file_roots_free(r);
	return NULL;
}

void
file_roots_free(struct file_roots *r)
{
	if (r == NULL)
		return;
	clear_roots(r, 0);
	file_index_free(r->index);
	free(r->paths);
	free(r);
}

/* The next path of a ':' separated list, or NULL. */
static char *
next_path(const char **s)
{
	size_t n;
	char *p;

	*s += strspn(*s, ":");
	n = strcspn(*s, ":");
	p = n > 0 ? strndup(*s, n) : NULL;
	*s += n;
	return p;
}

int
file_roots_set(struct file_roots *r, const char *paths, struct err *e)
{
	bool is_new = r->paths == NULL || strcmp(r->paths, paths) != 0;
	const char *p = paths;
	char *copy, *path;

	if (is_new) {
		if ((copy = strdup(paths)) == NULL)
			return err_set(e, ERR_NOMEM, "file roots");
		free(r->paths);
		r->paths = copy;
		clear_roots(r, 1);
		while (r->n < FILE_ROOTS_MAX && (path = next_path(&p)) != NULL)
			r->root[r->n++] = (struct file_root){ .path = path,
			    .fd = -1 };
		if (p[strspn(p, ":")] != '\0')
			log_event(LOG_ERR, "files.root", LOG_STR("file", p),
			    LOG_STR("why", "not used: too many roots"));
	}
	for (size_t i = 1; i < r->n; i++)
		open_root(r, &r->root[i], is_new);
	return ERR_OK;
}

/* Is the path another folder by now?  tftp/ is held until there is one. */
static bool
is_replaced(const struct file_roots *r, const struct file_root *root)
{
	struct stat st;

	if (fstatat(r->statefd, root->path, &st, 0) == -1)
		return root != &r->root[0] && errno == ENOENT;
	return S_ISDIR(st.st_mode) &&
	    (st.st_dev != root->dev || st.st_ino != root->ino);
}

static void
reopen_tftp(struct file_roots *r)
{
	struct file_root new = r->root[0];

	new.fd = openat(r->statefd, TFTP_FOLDER,
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (new.fd == -1 || !know_root(&new)) {
		if (new.fd != -1)
			(void)close(new.fd);
		return;		/* another time */
	}
	(void)close(r->root[0].fd);
	r->root[0] = new;
}

void
file_roots_check(struct file_roots *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct file_root *root = &r->root[i];

		if (root->fd != -1 && is_replaced(r, root)) {
			if (i == 0) {
				reopen_tftp(r);
				continue;
			}
			(void)close(root->fd);
			root->fd = -1;
		}
		if (i > 0)
			open_root(r, root, false);
	}
}

int
file_roots_folder(const struct file_roots *r, size_t i, const char **path)
{
	*path = i < r->n ? r->root[i].path : NULL;
	return i < r->n ? r->root[i].fd : -1;
}

/* --- files --- */

static int
open_error(const struct file_root *root, const char *name, struct err *e)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
	case ENXIO:		/* a socket */
	case ENAMETOOLONG:
		return err_set(e, ERR_NOTFOUND, "%s: not there", name);
	case EXDEV:
		return err_set(e, ERR_DENIED, "%s: symlink leaves the root "
		    "%s", name, root->path);
	case ELOOP:
	case EACCES:
	case EPERM:
		return err_sys(e, ERR_DENIED, "%s in %s", name, root->path);
	case ENOSYS:
		return err_set(e, ERR_IO, "%s: this system has no openat2: "
		    "Linux 5.6 or later is needed, and no filter of system "
		    "calls that hides it", name);
	default:
		return err_sys(e, ERR_IO, "%s in %s", name, root->path);
	}
}

/* O_NONBLOCK: a FIFO must not stop us before it is refused. */
static int
open_exact(const struct file_root *root, const char *name, int *fd,
    struct stat *st, struct err *e)
{
	int f;

	if (root->fd == -1)
		return err_set(e, ERR_NOTFOUND, "%s: not there", name);
	f = open_beneath(root->fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (f == -1)
		return open_error(root, name, e);
	if (fstat(f, st) == -1 || !S_ISREG(st->st_mode)) {
		(void)close(f);
		return err_set(e, ERR_NOTFOUND, "%s: not a regular file",
		    name);
	}
	*fd = f;
	return ERR_OK;
}

static bool
entry_exists(int root, const char *path)
{
	int fd = open_beneath(root, path, O_PATH);

	if (fd != -1)
		(void)close(fd);
	return fd != -1;
}

/* Spell part, the last of path, as it stands in its folder. */
static int
spell_part(const struct file_roots *r, const struct file_root *root,
    char *path, char *part, struct err *e)
{
	int folder, ret;

	if (part == path)
		return file_index_find(r->index, root->fd, part, e);
	part[-1] = '\0';
	folder = open_beneath(root->fd, path, O_PATH | O_DIRECTORY);
	part[-1] = '/';
	if (folder == -1)
		return open_error(root, path, e);
	ret = file_index_find(r->index, folder, part, e);
	(void)close(folder);
	return ret;
}

/* Spell path, part by part, as it stands on disk.  As a whole it is not there
 * in this spelling. */
static int
spell(const struct file_roots *r, const struct file_root *root, char *path,
    struct err *e)
{
	char *part = path, *slash;
	bool exact = true;	/* so far */
	int ret;

	for (;; part = slash + 1) {
		if ((slash = strchr(part, '/')) != NULL)
			*slash = '\0';
		ret = ERR_OK;
		if ((slash == NULL && exact) ||
		    !entry_exists(root->fd, path)) {
			ret = spell_part(r, root, path, part, e);
			exact = false;
		}
		if (slash == NULL || ret != ERR_OK)
			return ret;
		*slash = '/';
	}
}

static int
open_any_case(const struct file_roots *r, const struct file_root *root,
    const char *name, int *fd, struct stat *st, struct err *e)
{
	char path[FILE_NAME_MAX + 1];
	int ret;

	if (root->fd == -1 || !str_copy(path, sizeof(path), name))
		return err_set(e, ERR_NOTFOUND, "%s: not there", name);
	if ((ret = spell(r, root, path, e)) != ERR_OK)
		return ret;
	return open_exact(root, path, fd, st, e);
}

int
file_roots_open(const struct file_roots *r, const char *name, int *fd,
    struct stat *st, struct err *e)
{
	int ret = ERR_NOTFOUND;

	for (size_t i = 0; i < r->n && ret == ERR_NOTFOUND; i++)
		ret = open_exact(&r->root[i], name, fd, st, e);
	for (size_t i = 0; i < r->n && ret == ERR_NOTFOUND; i++)
		ret = open_any_case(r, &r->root[i], name, fd, st, e);
	return ret;
}

bool
file_roots_look(const struct file_roots *r, const char *name,
    struct stat *st)
{
	if (strchr(name, '/') != NULL)
		return false;	/* links may lead anywhere */
	for (size_t i = 0; i < r->n; i++) {
		const struct file_root *root = &r->root[i];

		if (root->fd == -1)
			continue;
		if (!root->local)
			return false;
		if (fstatat(root->fd, name, st, AT_SYMLINK_NOFOLLOW |
		    AT_NO_AUTOMOUNT) == 0)
			return S_ISREG(st->st_mode) &&
			    st->st_dev == root->dev;
		if (errno != ENOENT)
			return false;
	}
	return false;
}

/* --- removing --- */

static int
unlink_in(const struct file_root *root, const char *name, struct err *e)
{
	char path[FILE_NAME_MAX + 1], *last = path, *slash;
	const char *folder = ".";
	struct stat st;
	int fd, ret = ERR_OK;

	if (root->fd == -1 || !str_copy(path, sizeof(path), name))
		return err_set(e, ERR_NOTFOUND, "%s: not there", name);
	if ((slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		folder = path;
		last = slash + 1;
	}
	fd = open_beneath(root->fd, folder, O_PATH | O_DIRECTORY);
	if (fd == -1)
		return open_error(root, name, e);
	if (fstatat(fd, last, &st, AT_SYMLINK_NOFOLLOW) == -1)
		ret = open_error(root, name, e);
	else if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		ret = err_set(e, ERR_REFUSED, "%s in %s is not a file", name,
		    root->path);
	else if (unlinkat(fd, last, 0) == -1)
		ret = open_error(root, name, e);
	(void)close(fd);
	return ret;
}

int
file_roots_unlink(const struct file_roots *r, const char *name,
    const char **root, struct err *e)
{
	struct err why = { 0 };		/* one root's, until the last */
	int ret = ERR_NOTFOUND;

	for (size_t i = 0; i < r->n && ret == ERR_NOTFOUND; i++) {
		ret = unlink_in(&r->root[i], name, &why);
		if (root != NULL)
			*root = r->root[i].path;
	}
	if (ret != ERR_OK && e != NULL)
		*e = why;
	return ret;
}
