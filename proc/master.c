/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The file with the key that seals all others, see state.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "proc/state.h"

#define MASTER_KEY	"master.key"

/* The key file's whole path for messages, as well as it can be told. */
static void
master_path(int dirfd, char *out, size_t outlen)
{
	char link[48], dir[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	n = readlink(link, dir, sizeof(dir));
	if (n > 0 && (size_t)n + sizeof("/" MASTER_KEY) <= outlen)
		(void)snprintf(out, outlen, "%.*s/" MASTER_KEY, (int)n, dir);
	else
		(void)snprintf(out, outlen, MASTER_KEY);
}

static int
check_file(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(e, ERR_IO, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_DENIED, "%s is not a regular file",
		    path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(e, ERR_DENIED, "%s belongs to user %ld, who "
		    "could change it: `chown %ld %s'", path,
		    (long)st.st_uid, (long)geteuid(), path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_DENIED, "%s can be read or written by "
		    "others (mode %04o): `chmod 600 %s'", path,
		    (unsigned)(st.st_mode & 07777), path);
	return ERR_OK;
}

/* Exactly len bytes: one more is asked for, to see that it is not there. */
static int
read_exactly(int fd, const char *path, uint8_t *key, size_t len,
    struct err *e)
{
	uint8_t more;
	size_t n = 0;
	ssize_t r = 1;

	while (n < len && (r = read(fd, key + n, len - n)) > 0)
		n += (size_t)r;
	if (r > 0)
		r = read(fd, &more, 1);
	explicit_bzero(&more, sizeof(more));
	if (r == -1)
		return err_sys(e, ERR_IO, "%s", path);
	if (n != len || r != 0)
		return err_set(e, ERR_PROTO, "%s does not have %zu bytes: "
		    "restore it from a backup", path, len);
	return ERR_OK;
}

int
state_master_key(int dirfd, uint8_t *key, size_t len, struct err *e)
{
	char path[ERR_MSG_MAX / 3];
	int fd, ret;

	master_path(dirfd, path, sizeof(path));
	fd = openat(dirfd, MASTER_KEY,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return err_set(e, ERR_NOTFOUND, "%s is missing: restore it "
		    "from a backup, the node's keys cannot be read without "
		    "it", path);
	if (fd == -1)
		return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "%s cannot be opened: run as root or as the user the "
		    "state belongs to", path);
	if ((ret = check_file(fd, path, e)) == ERR_OK)
		ret = read_exactly(fd, path, key, len, e);
	if (ret != ERR_OK)
		explicit_bzero(key, len);
	(void)close(fd);
	return ret;
}

int
state_master_key_write(int dirfd, const uint8_t *key, size_t len,
    struct err *e)
{
	char path[ERR_MSG_MAX / 3];
	int fd, ret;

	master_path(dirfd, path, sizeof(path));
	if ((fd = openat(dirfd, MASTER_KEY,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) ==
	    -1)
		return err_sys(e, errno == EEXIST ? ERR_EXISTS : ERR_IO,
		    "%s", path);
	ret = file_write_all(fd, key, len, e);
	/* Also the folder: a key that seals must not be lost to a crash. */
	if (ret == ERR_OK && (fchmod(fd, 0600) == -1 || fsync(fd) == -1 ||
	    fsync(dirfd) == -1))
		ret = err_sys(e, ERR_IO, "%s", path);
	(void)close(fd);
	if (ret != ERR_OK)
		(void)unlinkat(dirfd, MASTER_KEY, 0);
	return ret;
}
