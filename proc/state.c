/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The state folder, see state.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "proc/state.h"

/* The folders below, and whether the engine writes there. */
static const struct {
	const char	*name;
	bool		 engine_owned;
} state_folders[] = {
	{ "tftp", false },
	{ "cache", true },
	{ "run", false },
};

#define STATE_NFOLDERS	(sizeof(state_folders) / sizeof(state_folders[0]))

const char *
state_path(const char *option)
{
	const char *env;

	if (option != NULL)
		return option;
	env = getenv(STATE_ENV);
	return env != NULL && env[0] != '\0' ? env : STATE_DEFAULT;
}

/* 1 found, 0 no such account, negative on error. */
static int
user_named(const char *name, struct state_user *u, struct err *e)
{
	struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(name)) == NULL) {
		if (errno == 0 || errno == ENOENT || errno == ESRCH)
			return 0;
		return err_sys(e, ERR_IO, "looking up user %s", name);
	}
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		return err_set(e, ERR_REFUSED, "user %s has root's uid or "
		    "gid: give it its own", name);
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	return 1;
}

int
state_user(struct state_user *u, struct err *e)
{
	int r;

	*u = (struct state_user){ .uid = geteuid(), .gid = getegid() };
	if (u->uid != 0) {
		u->same = true;
		return ERR_OK;
	}
	if ((r = user_named(STATE_USER, u, e)) != 0)
		return r < 0 ? r : ERR_OK;
	u->fallback = true;
	if ((r = user_named("nobody", u, e)) != 0)
		return r < 0 ? r : ERR_OK;
	return err_set(e, ERR_BADSTATE, "no user " STATE_USER " to run engines "
	    "as: `adduser --system --group --no-create-home " STATE_USER
	    "' makes it");
}

/* --- making --- */

static int
own_folder(int fd, const char *path, const struct state_user *u,
    bool engine_owned, struct err *e)
{
	uid_t uid = engine_owned ? u->uid : geteuid();

	if (!u->same && fchown(fd, uid, u->gid) == -1)
		return err_sys(e, ERR_IO, "%s: setting its owner", path);
	if (fchmod(fd, u->same ? 0700 : 0750) == -1)
		return err_sys(e, errno == EPERM ? ERR_DENIED : ERR_IO,
		    "%s belongs to another user: `chown' it or run as root",
		    path);
	return ERR_OK;
}

static int
make_folder(int dirfd, size_t i, const struct state_user *u, struct err *e)
{
	const char *name = state_folders[i].name;
	int fd, ret;

	if (mkdirat(dirfd, name, 0700) == -1 && errno != EEXIST)
		return err_sys(e, ERR_IO, "making folder %s", name);
	if ((fd = openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return err_sys(e, ERR_IO, "folder %s", name);
	ret = own_folder(fd, name, u, state_folders[i].engine_owned, e);
	(void)close(fd);
	return ret;
}

static bool
is_ours(const char *name)
{
	for (size_t i = 0; i < STATE_NFOLDERS; i++)
		if (strcmp(name, state_folders[i].name) == 0)
			return true;
	return false;
}

/*
 * 1 when the folder has nothing in it, 0 when it has, -1 with errno.  A fresh
 * file system's lost+found does not count, nor (top) do sub-folders of ours
 * that are empty: an interrupted node init leaves them.
 */
static int
is_empty(int dirfd, const char *name, bool top)
{
	struct dirent *d;
	int fd, empty = 1;
	DIR *dir;

	if ((fd = openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return -1;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return -1;
	}
	while (empty == 1 && (d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0 ||
		    (top && strcmp(d->d_name, "lost+found") == 0))
			continue;
		empty = top && is_ours(d->d_name) &&
		    is_empty(fd, d->d_name, false) == 1;
	}
	(void)closedir(dir);
	return empty;
}

static int
check_empty(int dirfd, const char *path, struct err *e)
{
	switch (is_empty(dirfd, ".", true)) {
	case 1:
		return ERR_OK;
	case 0:
		return err_set(e, ERR_REFUSED, "%s is not empty and holds no "
		    "node: choose an empty folder with --state", path);
	default:
		return err_sys(e, ERR_IO, "%s", path);
	}
}

static bool
holds_node(int dirfd)
{
	struct stat st;

	return fstatat(dirfd, STATE_DB, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Make or take the folder itself; *made tells which. */
static int
take_folder(const char *path, int *dirfd, bool *made, struct err *e)
{
	*made = mkdir(path, 0700) == 0;
	if (!*made && errno == ENOENT)
		return err_set(e, ERR_IO, "%s cannot be made: the folder "
		    "above it does not exist; make that first", path);
	if (!*made && errno != EEXIST)
		return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "%s cannot be made: run as root, or choose another "
		    "folder with --state", path);
	if ((*dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "%s cannot be used as state folder: choose another with "
		    "--state", path);
	return ERR_OK;
}

int
state_create(const char *path, int *dirfd, struct err *e)
{
	struct state_user u;
	bool made = false;
	size_t n = 0;
	int fd = -1, ret;

	if ((ret = state_user(&u, e)) != ERR_OK)
		return ret;
	if ((ret = take_folder(path, &fd, &made, e)) != ERR_OK)
		goto out;
	if (holds_node(fd)) {
		ret = err_set(e, ERR_EXISTS, "%s already holds a node: "
		    "choose another folder with --state", path);
		goto out;
	}
	if ((ret = check_empty(fd, path, e)) != ERR_OK ||
	    (ret = own_folder(fd, path, &u, false, e)) != ERR_OK)
		goto out;
	while (n < STATE_NFOLDERS && ret == ERR_OK)
		ret = make_folder(fd, n++, &u, e);
out:
	if (ret == ERR_OK) {
		*dirfd = fd;
		return ERR_OK;
	}
	while (n > 0)		/* leave it as it was found */
		(void)unlinkat(fd, state_folders[--n].name, AT_REMOVEDIR);
	if (made)
		(void)rmdir(path);
	if (fd != -1)
		(void)close(fd);
	return ret;
}

/*
 * By name, never through a descriptor: closing one would drop the locks that
 * SQLite holds on a database in this process.
 */
int
state_own_file(int dirfd, const char *name, mode_t mode, bool engine_owned,
    struct err *e)
{
	struct state_user u;
	int ret;

	if ((ret = state_user(&u, e)) != ERR_OK)
		return ret;
	if (!u.same && fchownat(dirfd, name,
	    engine_owned ? u.uid : geteuid(), u.gid,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(e, ERR_IO, "%s: setting its owner", name);
	if (fchmodat(dirfd, name, mode, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(e, ERR_IO, "%s: setting its mode", name);
	return ERR_OK;
}

int
state_open(const char *path, int *dirfd, struct err *e)
{
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno != ENOENT)
		return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "state folder %s cannot be opened: run as root or as the "
		    "user it belongs to, or choose another with --state",
		    path);
	if (fd == -1 || !holds_node(fd)) {
		if (fd != -1)
			(void)close(fd);
		return err_set(e, ERR_BADSTATE, "%s is not initialised: run "
		    "`ctltool --state %s node init --name NAME --cluster "
		    "NAME --address IP'", path, path);
	}
	*dirfd = fd;
	return ERR_OK;
}
