/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whole small files, see file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

int
file_read_fd(int fd, const char *name, size_t max, uint8_t **buf, size_t *len,
    struct err *e)
{
	struct stat st;
	uint8_t *p = NULL;
	size_t n = 0, cap;
	ssize_t r;

	if (fstat(fd, &st) == -1)
		return err_sys(e, ERR_IO, "%s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_ARG, "%s: not a regular file", name);
	if ((uint64_t)st.st_size > max)
		return err_set(e, ERR_LIMIT, "%s: %lld bytes, at most %zu "
		    "are taken", name, (long long)st.st_size, max);
	cap = (size_t)st.st_size;
	if ((p = malloc(cap + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "%s", name);
	/* A file that grows is read to its first size, a cut one as it is. */
	while (n < cap && (r = pread(fd, p + n, cap - n, (off_t)n)) != 0) {
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1) {
			free(p);
			return err_sys(e, ERR_IO, "%s", name);
		}
		n += (size_t)r;
	}
	p[n] = '\0';
	*buf = p;
	*len = n;
	return ERR_OK;
}

int
file_read(int dirfd, const char *name, size_t max, uint8_t **buf, size_t *len,
    struct err *e)
{
	int fd, ret;

	/* O_NONBLOCK: a FIFO must not stop us before it is refused. */
	if ((fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) ==
	    -1)
		return err_sys(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO,
		    "%s", name);
	ret = file_read_fd(fd, name, max, buf, len, e);
	(void)close(fd);
	return ret;
}

int
file_write_all(int fd, const void *buf, size_t len, struct err *e)
{
	const uint8_t *p = buf;
	ssize_t r;

	while (len > 0) {
		if ((r = write(fd, p, len)) == -1) {
			if (errno == EINTR)
				continue;
			return err_sys(e, ERR_IO, "write");
		}
		p += r;
		len -= (size_t)r;
	}
	return ERR_OK;
}

/* fsync the folder that holds name, so the rename itself is durable. */
static int
sync_folder(int dirfd, const char *name, struct err *e)
{
	char path[PATH_MAX];
	int fd, ret = ERR_OK;

	if (!str_copy(path, sizeof(path), name))
		return err_set(e, ERR_ARG, "%s: path too long", name);
	if ((fd = openat(dirfd, dirname(path),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return err_sys(e, ERR_IO, "folder of %s", name);
	if (fsync(fd) == -1)
		ret = err_sys(e, ERR_IO, "folder of %s", name);
	(void)close(fd);
	return ret;
}

/* A rename would put a file where a device, a pipe or a link is: as root also
 * in the place of /dev/stdout. */
static int
check_target(int dirfd, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? ERR_OK : err_sys(e, ERR_IO, "%s",
		    name);
	return S_ISREG(st.st_mode) ? ERR_OK : err_set(e, ERR_IO, "%s is there "
	    "and not a regular file: name another one", name);
}

int
file_replace(int dirfd, const char *name, mode_t mode, const void *buf,
    size_t len, struct err *e)
{
	char tmp[PATH_MAX];
	int fd, n, ret;

	n = snprintf(tmp, sizeof(tmp), "%s.tmp.%ld", name, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_set(e, ERR_ARG, "%s: path too long", name);
	if ((ret = check_target(dirfd, name, e)) != ERR_OK)
		return ret;
	if ((fd = openat(dirfd, tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode)) ==
	    -1)
		return err_sys(e, ERR_IO, "%s", name);
	ret = file_write_all(fd, buf, len, e);
	/* fchmod: the umask must not make it narrower or wider than asked. */
	if (ret == ERR_OK && (fchmod(fd, mode) == -1 || fsync(fd) == -1))
		ret = err_sys(e, ERR_IO, "%s", name);
	(void)close(fd);
	if (ret == ERR_OK && renameat(dirfd, tmp, dirfd, name) == -1)
		ret = err_sys(e, ERR_IO, "%s", name);
	if (ret != ERR_OK) {
		(void)unlinkat(dirfd, tmp, 0);
		return ret;
	}
	return sync_folder(dirfd, name, e);
}
