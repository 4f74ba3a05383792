/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A VFS between SQLite and the disk that lets the n-th operation that changes
 * a file go wrong: the process dies before it, or the operation fails.  For
 * tests only.
 *
 * Counted are xWrite, xTruncate, xSync and xDelete of databases and their
 * -wal files; the WAL index is shared memory and needs no disk.
 */
#ifndef TESTS_CRASH_VFS_H
#define TESTS_CRASH_VFS_H

enum crash_how {
	CRASH_NOT,		/* count only */
	CRASH_KILL,		/* SIGKILL to this process */
	CRASH_FULL,		/* SQLITE_FULL from then on (not for syncs) */
	CRASH_IOERR,		/* SQLITE_IOERR_* from then on */
	CRASH_SYNC,		/* SQLITE_IOERR_FSYNC from that sync on */
};

/* Register it and let db_open use it; before the first open. */
void	crash_vfs_use(void);

/* From now on: operation number n (1, 2, ...) and how it goes wrong. */
void	crash_vfs_arm(enum crash_how how, long n);

/* Operations since the last crash_vfs_arm. */
long	crash_vfs_count(void);

#endif
