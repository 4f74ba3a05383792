/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the times of files tell, see file_stamp.h.
 */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "trust/file_stamp.h"

#define MS	INT64_C(1000000)

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
file_stamp_equal(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    same_time(&a->st_mtim, &b->st_mtim) &&
	    same_time(&a->st_ctim, &b->st_ctim);
}

bool
file_stamp_local(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) == -1)
		return false;
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:		/* and ext2, ext3 */
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

static int64_t
stamp_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/*
 * The time of change is set by every change, to the kernel's time; the time of
 * modification to whatever someone likes, such as whole seconds.  Where the
 * first is no whole microsecond, the file system keeps what the clock says.
 */
bool
file_stamp_settled(int fd, const struct stat *st, int64_t now_ns)
{
	int64_t age = now_ns - stamp_ns(&st->st_ctim);

	if (age > FILE_SETTLE_FOREIGN_MS * MS)
		return true;
	if (age <= FILE_SETTLE_FINE_MS * MS || !file_stamp_local(fd))
		return false;
	return (S_ISDIR(st->st_mode) && st->st_ctim.tv_nsec % 1000 != 0) ||
	    age > FILE_SETTLE_MS * MS;
}
