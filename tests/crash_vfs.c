/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See crash_vfs.h.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db/internal.h"
#include "tests/crash_vfs.h"

#define CRASH_NAME	"crash"

enum op { OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_DELETE };

struct crash_file {
	sqlite3_file	 base;		/* what SQLite sees */
	sqlite3_file	*real;		/* behind this struct */
};

/* The writer thread counts too. */
static _Atomic long count, at;
static _Atomic int mode;

static sqlite3_vfs crash_vfs;
static sqlite3_vfs *real_vfs;

void
crash_vfs_arm(enum crash_how how, long n)
{
	mode = CRASH_NOT;
	count = 0;
	at = n;
	mode = how;
}

long
crash_vfs_count(void)
{
	return count;
}

static int
strike(enum op op)
{
	long n = ++count;

	if (mode == CRASH_NOT || n < at)
		return SQLITE_OK;
	switch ((enum crash_how)mode) {
	case CRASH_NOT:
		break;
	case CRASH_KILL:
		(void)kill(getpid(), SIGKILL);
		for (;;)
			(void)pause();
	case CRASH_FULL:
		if (op == OP_WRITE)
			return SQLITE_FULL;
		break;
	case CRASH_IOERR:
		return op == OP_WRITE ? SQLITE_IOERR_WRITE :
		    op == OP_TRUNCATE ? SQLITE_IOERR_TRUNCATE :
		    op == OP_SYNC ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_DELETE;
	case CRASH_SYNC:
		if (op == OP_SYNC)
			return SQLITE_IOERR_FSYNC;
		break;
	}
	return SQLITE_OK;
}

static sqlite3_file *
real(sqlite3_file *f)
{
	return ((struct crash_file *)f)->real;
}

static int
cf_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int
cf_read(sqlite3_file *f, void *buf, int n, sqlite3_int64 off)
{
	return real(f)->pMethods->xRead(real(f), buf, n, off);
}

static int
cf_write(sqlite3_file *f, const void *buf, int n, sqlite3_int64 off)
{
	int rc = strike(OP_WRITE);

	return rc != SQLITE_OK ? rc :
	    real(f)->pMethods->xWrite(real(f), buf, n, off);
}

static int
cf_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = strike(OP_TRUNCATE);

	return rc != SQLITE_OK ? rc :
	    real(f)->pMethods->xTruncate(real(f), size);
}

/* The disk itself is not waited for: a killed process loses no page cache. */
static int
cf_sync(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	return strike(OP_SYNC);
}

static int
cf_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int
cf_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int
cf_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int
cf_reserved(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int
cf_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int
cf_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int
cf_device(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int
cf_shm_map(sqlite3_file *f, int page, int size, int extend,
    void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int
cf_shm_lock(sqlite3_file *f, int off, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), off, n, flags);
}

static void
cf_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int
cf_shm_unmap(sqlite3_file *f, int del)
{
	return real(f)->pMethods->xShmUnmap(real(f), del);
}

static const sqlite3_io_methods crash_methods = {
	.iVersion = 2,		/* no memory-mapped reading */
	.xClose = cf_close,
	.xRead = cf_read,
	.xWrite = cf_write,
	.xTruncate = cf_truncate,
	.xSync = cf_sync,
	.xFileSize = cf_size,
	.xLock = cf_lock,
	.xUnlock = cf_unlock,
	.xCheckReservedLock = cf_reserved,
	.xFileControl = cf_control,
	.xSectorSize = cf_sector,
	.xDeviceCharacteristics = cf_device,
	.xShmMap = cf_shm_map,
	.xShmLock = cf_shm_lock,
	.xShmBarrier = cf_shm_barrier,
	.xShmUnmap = cf_shm_unmap,
};

static int
crash_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	struct crash_file *c = (struct crash_file *)f;
	int rc;

	(void)v;
	c->real = (sqlite3_file *)(c + 1);
	c->base.pMethods = NULL;
	rc = real_vfs->xOpen(real_vfs, name, c->real, flags, out);
	if (rc == SQLITE_OK)
		c->base.pMethods = &crash_methods;
	return rc;
}

static int
crash_delete(sqlite3_vfs *v, const char *name, int sync)
{
	int rc = strike(OP_DELETE);

	(void)v;
	return rc != SQLITE_OK ? rc :
	    real_vfs->xDelete(real_vfs, name, sync);
}

static int
crash_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	return real_vfs->xAccess(real_vfs, name, flags, out);
}

void
crash_vfs_use(void)
{
	if (real_vfs != NULL)
		return;		/* tests that share a process */
	if ((real_vfs = sqlite3_vfs_find(NULL)) == NULL)
		abort();
	crash_vfs = *real_vfs;
	crash_vfs.pNext = NULL;
	crash_vfs.zName = CRASH_NAME;
	crash_vfs.szOsFile = (int)sizeof(struct crash_file) +
	    real_vfs->szOsFile;
	crash_vfs.xOpen = crash_open;
	crash_vfs.xDelete = crash_delete;
	crash_vfs.xAccess = crash_access;
	if (sqlite3_vfs_register(&crash_vfs, 0) != SQLITE_OK)
		abort();
	db_set_base_vfs(CRASH_NAME);
}
