/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a cut "node init" leaves, see leftover.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "db/db.h"
#include "db/observed.h"
#include "db/rows.h"
#include "trust/leftover.h"

/*
 * In the order of removal.  A log that outlives its database would be
 * replayed into the next one, so logs go first; the database goes last, as
 * the sign that the rest may go.
 */
static const char *const made_files[] = {
	OBSERVED_FILE "-wal", OBSERVED_FILE "-shm", OBSERVED_FILE "-journal",
	OBSERVED_FILE, "master.key",
	DB_FILE "-wal", DB_FILE "-shm", DB_FILE "-journal", DB_FILE,
};
static const char *const made_folders[] = { "tftp", "cache", "run" };

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct found {
	bool	database;
	bool	files;		/* made_files other than the database */
	char	other[64];	/* the first that no run of ours makes */
};

static bool
is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static bool
is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *
open_folder(int dirfd, const char *name)
{
	DIR *dir;
	int fd;

	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return NULL;
	if ((dir = fdopendir(fd)) == NULL)
		(void)close(fd);
	return dir;
}

static bool
is_empty_folder(int dirfd, const char *name)
{
	struct dirent *d;
	bool empty = true;
	DIR *dir;

	if ((dir = open_folder(dirfd, name)) == NULL)
		return false;
	while ((d = readdir(dir)) != NULL)
		if (!is_dot(d->d_name))
			empty = false;
	(void)closedir(dir);
	return empty;
}

static void
look_at(int dirfd, const char *name, struct found *f)
{
	bool known;

	if (strcmp(name, DB_FILE) == 0) {
		f->database = true;
		return;
	}
	if (is_one_of(name, made_files, COUNT(made_files))) {
		f->files = true;
		return;
	}
	/* A fresh file system brings its lost+found. */
	known = strcmp(name, "lost+found") == 0 ||
	    (is_one_of(name, made_folders, COUNT(made_folders)) &&
	    is_empty_folder(dirfd, name));
	if (!known && f->other[0] == '\0')
		str_visible(name, strlen(name), f->other, sizeof(f->other));
}

static int
look(int dirfd, const char *path, struct found *f, struct err *e)
{
	struct dirent *d;
	DIR *dir;

	*f = (struct found){ .database = false };
	if ((dir = open_folder(dirfd, ".")) == NULL)
		return err_sys(e, ERR_IO, "read folder %s", path);
	while ((d = readdir(dir)) != NULL)
		if (!is_dot(d->d_name))
			look_at(dirfd, d->d_name, f);
	(void)closedir(dir);
	return ERR_OK;
}

/* A file of no bytes and without a log: made, and the disk was full. */
static bool
is_blank(int dirfd)
{
	struct stat db, wal;

	return fstatat(dirfd, DB_FILE, &db, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(db.st_mode) && db.st_size == 0 &&
	    (fstatat(dirfd, DB_FILE "-wal", &wal, AT_SYMLINK_NOFOLLOW) == -1 ?
	    errno == ENOENT : wal.st_size == 0);
}

/*
 * Does the database know a cluster?  The caller's path may be relative, so
 * the working directory, which db_open changes, is put back.
 */
static int
read_cluster(int dirfd, struct row_cluster *c, struct err *e)
{
	int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), ret;
	struct err why = { 0 };
	struct db *db;

	/* For writing: a cut run's log must be recovered to be read. */
	if ((db = db_open(dirfd, DB_FILE, DB_WRITE, &why)) == NULL)
		ret = err_set(e, why.code, "the database there is left as it "
		    "is: %s", why.msg);
	else
		ret = row_cluster_get(db, c, e);
	db_close(db);
	if (cwd != -1 && fchdir(cwd) == -1 && ret == ERR_OK)
		ret = err_sys(e, ERR_IO, "working directory");
	if (cwd != -1)
		(void)close(cwd);
	return ret;
}

/* ERR_OK: a database that no run has finished. */
static int
check_database(int dirfd, const char *path, struct err *e)
{
	struct row_cluster c;
	struct err why = { 0 };
	int ret;

	/* Not through SQLite, which would want to write on a full disk. */
	ret = is_blank(dirfd) ? ERR_NOTFOUND :
	    read_cluster(dirfd, &c, &why);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret == ERR_OK)
		return err_set(e, ERR_EXISTS, "%s holds a node of cluster %s "
		    "already: choose another folder", path, c.name);
	return err_set(e, ret, "%s: %s", path, why.msg);
}

static int
remove_all(int dirfd, const char *path, struct err *e)
{
	for (size_t i = 0; i < COUNT(made_files); i++)
		if (unlinkat(dirfd, made_files[i], 0) == -1 &&
		    errno != ENOENT)
			return err_sys(e, ERR_IO, "remove %s/%s, left by a "
			    "run that was cut", path, made_files[i]);
	for (size_t i = 0; i < COUNT(made_folders); i++)
		if (unlinkat(dirfd, made_folders[i], AT_REMOVEDIR) == -1 &&
		    errno != ENOENT)
			return err_sys(e, ERR_IO, "remove %s/%s, left by a "
			    "run that was cut", path, made_folders[i]);
	return ERR_OK;
}

int
leftover_clear(int dirfd, const char *path, struct err *e)
{
	struct found f;
	int ret;

	if ((ret = look(dirfd, path, &f, e)) != ERR_OK)
		return ret;
	if (f.database && (ret = check_database(dirfd, path, e)) != ERR_OK)
		return ret;
	if (f.other[0] != '\0')
		return err_set(e, ERR_REFUSED, "%s holds \"%s\": choose an "
		    "empty folder", path, f.other);
	if (f.files && !f.database)
		return err_set(e, ERR_REFUSED, "%s holds files of a node but "
		    "no %s: put that back, or choose an empty folder", path,
		    DB_FILE);
	return remove_all(dirfd, path, e);
}
