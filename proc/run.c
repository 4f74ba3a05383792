/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who runs, see state.h.  The lock is one of an open file description: it can
 * be asked about without being taken, and no close elsewhere drops it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "proc/state.h"

/* A holder that has not written its pid yet is given this long. */
#define RUN_TRIES	50
#define RUN_PAUSE_NS	2000000

static bool
run_name(const char *name, char out[NAME_MAX])
{
	int n = snprintf(out, NAME_MAX, "run/%s.lock", name);

	return n > 0 && n < NAME_MAX && strchr(name, '/') == NULL;
}

static bool
run_held(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/* The living process named in the file, or 0. */
static pid_t
run_read(int fd)
{
	char text[24] = "";
	int64_t pid;
	ssize_t n;

	if ((n = pread(fd, text, sizeof(text) - 1, 0)) <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	if (str_to_i64(text, 1, INT_MAX, &pid, NULL) != ERR_OK ||
	    (kill((pid_t)pid, 0) == -1 && errno == ESRCH))
		return 0;
	return (pid_t)pid;
}

static pid_t
run_holder(int fd)
{
	const struct timespec pause = { .tv_nsec = RUN_PAUSE_NS };
	pid_t pid = 0;

	for (int i = 0; i < RUN_TRIES && run_held(fd); i++) {
		if ((pid = run_read(fd)) != 0)
			return pid;
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static int
run_write(int fd, const char *file, struct err *e)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) == -1 || pwrite(fd, text, (size_t)n, 0) != n)
		return err_sys(e, ERR_IO, "%s", file);
	return ERR_OK;
}

int
run_lock(int dirfd, const char *name, int *fd, struct err *e)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char file[NAME_MAX];
	int ret;

	if (!run_name(name, file))
		return err_set(e, ERR_ARG, "not a daemon's name");
	if ((*fd = openat(dirfd, file,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640)) == -1)
		return errno == EACCES ? err_sys(e, ERR_DENIED, "%s cannot be "
		    "opened: run as root or as the user the state belongs to",
		    file) : err_sys(e, ERR_IO, "%s cannot be opened", file);
	if (fcntl(*fd, F_OFD_SETLK, &l) == 0)
		ret = run_write(*fd, file, e);
	else if (errno == EAGAIN || errno == EACCES)
		ret = err_set(e, ERR_BUSY, "%s already runs as pid %ld: "
		    "stop it first", name, (long)run_holder(*fd));
	else
		ret = err_sys(e, ERR_IO, "locking %s", file);
	if (ret != ERR_OK) {
		(void)close(*fd);
		*fd = -1;
	}
	return ret;
}

pid_t
run_pid(int dirfd, const char *name)
{
	char file[NAME_MAX];
	pid_t pid;
	int fd;

	if (!run_name(name, file))
		return 0;
	if ((fd = openat(dirfd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) ==
	    -1)
		return errno == ENOENT ? 0 : -1;
	pid = run_holder(fd);
	(void)close(fd);
	return pid;
}
