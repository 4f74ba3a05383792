/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What SQLite's result codes mean to an operator: cause and cure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/internal.h"

#define WAL_WRITE_BYTE	120	/* SQLite's lock byte of the WAL writer */

/* A line of /proc/locks: does it hold the WAL write lock of st's inode? */
static bool
lock_matches(const char *line, const struct stat *st, long *pid)
{
	unsigned long long inode, from, to;
	unsigned int maj, min;
	char end[24];

	if (sscanf(line, "%*d: POSIX %*s WRITE %ld %x:%x:%llu %llu %23s",
	    pid, &maj, &min, &inode, &from, end) != 6 || *pid <= 0)
		return false;
	if (maj != major(st->st_dev) || min != minor(st->st_dev) ||
	    inode != (unsigned long long)st->st_ino)
		return false;
	if (strcmp(end, "EOF") == 0)
		return from <= WAL_WRITE_BYTE;
	return sscanf(end, "%llu", &to) == 1 && from <= WAL_WRITE_BYTE &&
	    to >= WAL_WRITE_BYTE;
}

/*
 * Who holds the write lock.  /proc/locks, because F_GETLK would need the file
 * open, and closing it would drop this process's own locks.
 */
static long
lock_holder(const struct db *db)
{
	char path[DB_NAME_LEN + 8], line[256];
	struct stat st;
	long pid, found = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s-shm", db->name);
	if (stat(path, &st) == -1 || (f = fopen("/proc/locks", "re")) == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), f) != NULL)
		if (lock_matches(line, &st, &pid))
			found = pid;
	(void)fclose(f);
	return found;
}

static void
process_name(long pid, char *out, size_t outlen)
{
	char path[64];
	FILE *f;

	out[0] = '\0';
	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	if ((f = fopen(path, "re")) == NULL)
		return;
	if (fgets(out, (int)outlen, f) != NULL)
		out[strcspn(out, "\n")] = '\0';
	(void)fclose(f);
}

static int
fail_busy(const struct db *db, struct err *e)
{
	double s = (double)(db->waited_ms / 100) / 10;
	long pid = lock_holder(db);
	char name[32];

	if (pid == 0)
		return err_set(e, ERR_BUSY, "%s: another process has been "
		    "writing for more than %g s; try again", db->name, s);
	if (pid == (long)getpid())
		return err_set(e, ERR_BUSY, "%s: another thread of this "
		    "process has been writing for more than %g s", db->name,
		    s);
	process_name(pid, name, sizeof(name));
	return err_set(e, ERR_BUSY, "%s: %s (process %ld) has been writing "
	    "for more than %g s; try again, or see what it does", db->name,
	    name, pid, s);
}

static int
fail_full(const struct db *db, struct err *e)
{
	return err_set(e, ERR_IO, "%s: the disk is full, nothing was written: "
	    "free space on the disk of the state folder, then try again",
	    db->name);
}

static bool
disk_readonly(const struct db *db)
{
	struct statvfs v;

	return statvfs(db->name, &v) == 0 && (v.f_flag & ST_RDONLY) != 0;
}

static int
fail_readonly(const struct db *db, struct err *e)
{
	if (db->mode == DB_READ && disk_readonly(db))
		return err_set(e, ERR_IO, "%s: the disk is mounted read-only, "
		    "and even reading needs a file beside the database: look "
		    "in the kernel's log why, and mount it read-write",
		    db->name);
	/* A journal or WAL index that only a writer may bring in order. */
	if (db->mode == DB_READ)
		return err_set(e, ERR_BADSTATE, "%s: can be read only while a "
		    "program that may write has it open: start the daemons "
		    "first", db->name);
	if (disk_readonly(db))
		return err_set(e, ERR_IO, "%s: the disk is mounted read-only, "
		    "nothing was written: look in the kernel's log why, and "
		    "mount it read-write", db->name);
	return err_set(e, ERR_DENIED, "%s: this account may not write it: run "
	    "as the account that owns the state folder", db->name);
}

static int
fail_damaged(const struct db *db, int rc, struct err *e)
{
	const char *what = (rc & 0xff) == SQLITE_NOTADB ? "not a database" :
	    "damaged";

	if (db->schema->id == SCHEMA_OBSERVED)
		return err_set(e, ERR_IO, "%s: %s: stop the daemons and "
		    "remove it, they make it anew", db->name, what);
	return err_set(e, ERR_IO, "%s: %s: restore it from a backup (stop the "
	    "daemons first)", db->name, what);
}

/* The system's own reason decides when there is one. */
static int
fail_io(const struct db *db, int rc, struct err *e)
{
	int sys = sqlite3_system_errno(db->h);

	if (sys == ENOSPC || sys == EDQUOT)
		return fail_full(db, e);
	if (sys == EROFS ||
	    ((rc & 0xff) == SQLITE_CANTOPEN && disk_readonly(db)))
		return fail_readonly(db, e);
	if (sys == EACCES || sys == EPERM)
		return err_set(e, ERR_DENIED, "%s: permission denied: run as "
		    "the account that owns the state folder", db->name);
	errno = sys != 0 ? sys : EIO;
	return err_sys(e, ERR_IO, "%s: the disk failed (%s): look in the "
	    "kernel's log", db->name, sqlite3_errstr(rc));
}

static int
fail_other(const struct db *db, int rc, struct err *e)
{
	return err_set(e, (rc & 0xff) == SQLITE_CONSTRAINT ? ERR_BADSTATE :
	    ERR_IO, "%s: %s (%d)", db->name, db->h != NULL ?
	    sqlite3_errmsg(db->h) : sqlite3_errstr(rc), rc);
}

int
db_fail(const struct db *db, int rc, struct err *e)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail_busy(db, e);
	case SQLITE_FULL:
		return fail_full(db, e);
	case SQLITE_READONLY:
		return fail_readonly(db, e);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fail_damaged(db, rc, e);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return fail_io(db, rc, e);
	case SQLITE_NOMEM:
		return err_set(e, ERR_NOMEM, "%s", db->name);
	case SQLITE_TOOBIG:
		return err_set(e, ERR_LIMIT, "%s: a value above %d bytes",
		    db->name, DB_LENGTH_MAX);
	default:
		return fail_other(db, rc, e);
	}
}
