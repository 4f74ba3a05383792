/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections: opening, settings, checks.  See db.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "db/internal.h"

#define BUSY_PATIENT_MS	50	/* waited this long: ask more often */
#define BUSY_SLEEP_US	1000
#define BUSY_SHORT_US	250
#define PAGE_SIZE	4096	/* of SQLite, unless told otherwise */

static const char settings_all[] =
    "PRAGMA temp_store = MEMORY;"	/* no file beside the database */
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA foreign_keys = OFF;";

static const char settings_write[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA journal_size_limit = 8388608;";

void
db_patience(struct db *db, int64_t ms, int stopfd)
{
	db->patience_ms = ms;
	db->stopfd = stopfd;
	db->stopped_ms = 0;
}

/* Told to stop, and that long ago. */
static bool
busy_too_late(struct db *db, int64_t now)
{
	struct pollfd p = { .fd = db->stopfd, .events = POLLIN };

	if (db->stopfd == -1 || poll(&p, 1, 0) <= 0)
		return false;
	if (db->stopped_ms == 0)
		db->stopped_ms = now;
	return now - db->stopped_ms >= DB_STOP_MS;
}

/*
 * Wait for another writer in short sleeps: SQLite's own handler sleeps up to
 * 100 ms at a time.  Who has waited longer asks more often, so that a
 * newcomer seldom overtakes.
 */
static int
busy(void *arg, int count)
{
	int64_t now = clock_mono_ms(clock_system());
	struct timespec ts = { 0 };
	struct db *db = arg;

	if (count == 0)
		db->busy_since_ms = now;
	db->waited_ms = now - db->busy_since_ms;
	if (db->waited_ms >= db->patience_ms || busy_too_late(db, now))
		return 0;
	ts.tv_nsec = 1000L * (db->waited_ms < BUSY_PATIENT_MS ?
	    BUSY_SLEEP_US : BUSY_SHORT_US);
	(void)nanosleep(&ts, NULL);
	return 1;
}

int
db_exec(struct db *db, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ERR_OK : db_fail(db, rc, e);
}

int
db_pragma_i64(struct db *db, const char *sql, int64_t *v, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc;

	*v = 0;
	if ((rc = sqlite3_prepare_v2(db->h, sql, -1, &st, NULL)) == SQLITE_OK &&
	    (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*v = sqlite3_column_int64(st, 0);
		rc = SQLITE_DONE;
	}
	(void)sqlite3_finalize(st);
	return rc == SQLITE_DONE ? ERR_OK : db_fail(db, rc, e);
}

/*
 * An empty file with the folder's group, readable by it as the folder is, so
 * that engines of that group can read; -wal and -shm follow the file.
 */
static int
create_file(int dirfd, const char *name, struct err *e)
{
	struct stat st;
	mode_t mode;
	int fd;

	if (fstat(dirfd, &st) == -1)
		return err_sys(e, ERR_IO, "state folder");
	mode = S_IRUSR | S_IWUSR | (st.st_mode & S_IRGRP);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    mode);
	if (fd == -1 && errno == EEXIST)
		return ERR_OK;		/* the schema says whether it is ours */
	if (fd == -1)
		return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "%s cannot be made in the state folder", name);
	/* Not a member of that group: the file keeps ours. */
	if (fchown(fd, (uid_t)-1, st.st_gid) == -1)
		mode &= (mode_t)~S_IRGRP;
	(void)fchmod(fd, mode);
	(void)close(fd);
	return ERR_OK;
}

/* What can be said before SQLite says "unable to open". */
static int
look(int dirfd, const char *name, enum db_open_mode mode, struct err *e)
{
	struct stat st;

	if (strchr(name, '/') != NULL || strlen(name) >= DB_NAME_LEN)
		return err_set(e, ERR_ARG, "%s: not a database name", name);
	if (mode == DB_CREATE)
		return create_file(dirfd, name, e);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return err_set(e, ERR_NOTFOUND, "%s is not there: the "
			    "state folder is not initialised (ctltool node "
			    "init)", name);
		return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO, "%s",
		    name);
	}
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s is not a regular file", name);
	return ERR_OK;
}

/* Nobody asks how much memory SQLite has, which it would count under a lock at
 * each of some hundred allocations per transaction.  Told in time only to who
 * has not used SQLite before. */
static void
count_no_memory(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int
open_handle(struct db *db, struct err *e)
{
	const char *vfs = vfs_name();
	int rc, flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
	    SQLITE_OPEN_EXRESCODE;

	if (vfs == NULL)
		return err_set(e, ERR_NOMEM, "SQLite VFS");
	flags |= db->mode == DB_READ ? SQLITE_OPEN_READONLY :
	    SQLITE_OPEN_READWRITE;
	if ((rc = sqlite3_open_v2(db->name, &db->h, flags, vfs)) != SQLITE_OK)
		return db_fail(db, rc, e);
	/* SQLite falls back to reading when it may not write. */
	if (db->mode != DB_READ && sqlite3_db_readonly(db->h, "main") != 0)
		return db_fail(db, SQLITE_READONLY, e);
	return ERR_OK;
}

static int
configure(struct db *db, struct err *e)
{
	int ret;

	(void)sqlite3_busy_handler(db->h, busy, db);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0,
	    NULL);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_limit(db->h, SQLITE_LIMIT_LENGTH, DB_LENGTH_MAX);
	(void)sqlite3_limit(db->h, SQLITE_LIMIT_ATTACHED, 0);
	if ((ret = db_exec(db, settings_all, e)) != ERR_OK)
		return ret;
	if (db->mode != DB_READ)
		return db_exec(db, settings_write, e);
	return ERR_OK;
}

/* What db_changed may look at without asking SQLite. */
static int
look_for_wal(struct db *db, struct err *e)
{
	sqlite3_stmt *st = NULL;
	const char *mode;
	int rc;

	if (db->mode != DB_READ)
		return ERR_OK;
	if ((rc = sqlite3_prepare_v2(db->h, "PRAGMA journal_mode", -1, &st,
	    NULL)) == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		mode = (const char *)sqlite3_column_text(st, 0);
		db->wal = mode != NULL && strcmp(mode, "wal") == 0;
		rc = SQLITE_DONE;
	}
	(void)sqlite3_finalize(st);
	return rc == SQLITE_DONE ? ERR_OK : db_fail(db, rc, e);
}

/* Every transaction is replayed in builds for tests; observed.db is local to
 * its node and never replicated. */
static int
shadow_if_wanted(struct db *db, struct err *e)
{
#ifdef PT_TEST_BUILD
	if (db->mode != DB_READ && db->schema->id == SCHEMA_MAIN)
		return db_shadow_enable(db, e);
#endif
	(void)db;
	(void)e;
	return ERR_OK;
}

struct db *
db_open(int dirfd, const char *name, enum db_open_mode mode, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct db *db;
	int ret;

	(void)pthread_once(&once, count_no_memory);
	if (look(dirfd, name, mode, e) != ERR_OK)
		return NULL;
	if ((db = calloc(1, sizeof(*db))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "%s", name);
		return NULL;
	}
	db->mode = mode;
	db_patience(db, DB_BUSY_MS, -1);
	db->schema = schema_of(name);
	(void)str_copy(db->name, sizeof(db->name), name);
	if (fchdir(dirfd) == -1) {
		(void)err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "state folder");
		goto fail;
	}
	if (open_handle(db, e) != ERR_OK || configure(db, e) != ERR_OK)
		goto fail;
	ret = mode == DB_READ ? schema_check(db, e) :
	    schema_migrate(db, mode == DB_CREATE, e);
	if (ret != ERR_OK || db_pragma_i64(db, "PRAGMA data_version",
	    &db->data_version, e) != ERR_OK ||
	    look_for_wal(db, e) != ERR_OK ||
	    shadow_if_wanted(db, e) != ERR_OK)
		goto fail;
	return db;
fail:
	db_close(db);
	return NULL;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	shadow_free(db);
	for (int i = 0; i < SQL_N; i++)
		(void)sqlite3_finalize(db->stmt[i]);
	(void)sqlite3_close(db->h);
	free(db);
}

int
db_relax(struct db *db, struct err *e)
{
	if (db->schema->id != SCHEMA_OBSERVED)
		return err_set(e, ERR_ARG, "%s: its commits are to last",
		    db->name);
	return db_exec(db, "PRAGMA synchronous = NORMAL", e);
}

/* The log keeps its room: a write into it costs the disk less than one behind
 * its end. */
int
db_checkpoint_seldom(struct db *db, struct err *e)
{
	char sql[96];

	(void)snprintf(sql, sizeof(sql), "PRAGMA wal_autocheckpoint = %d;"
	    "PRAGMA journal_size_limit = %d;", DB_SELDOM_PAGES,
	    2 * DB_SELDOM_PAGES * PAGE_SIZE);
	return db_exec(db, sql, e);
}

int
db_check(struct db *db, struct err *e)
{
	sqlite3_stmt *st = NULL;
	const char *line;
	int rc, ret = ERR_OK;

	if ((rc = sqlite3_prepare_v2(db->h, "PRAGMA quick_check(1)", -1, &st,
	    NULL)) != SQLITE_OK || (rc = sqlite3_step(st)) != SQLITE_ROW) {
		ret = db_fail(db, rc, e);
		goto out;
	}
	line = (const char *)sqlite3_column_text(st, 0);
	if (line == NULL || strcmp(line, "ok") != 0)
		ret = err_set(e, ERR_IO, "%s: damaged: %.200s: restore it "
		    "from a backup (stop the daemons first)", db->name,
		    line != NULL ? line : "no answer");
out:
	(void)sqlite3_finalize(st);
	return ret;
}
