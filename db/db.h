/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The node's database: opening, migrations, transactions, changes.
 *
 * Only SQLite opens, copies or closes the files.  A struct db is one
 * connection and belongs to one thread; it is opened after fork.  STRICT
 * tables, natural NOT NULL primary keys, no AUTOINCREMENT, generated columns,
 * triggers or cascades (tests lint for it): changesets skip what breaks these
 * rules.  Every query whose order can be seen has an ORDER BY.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;

enum db_open_mode {
	DB_CREATE,	/* make the file; ERR_EXISTS when it is there */
	DB_WRITE,	/* read and write, WAL, synchronous FULL; migrates up */
	DB_READ,	/* read only; never creates, never migrates */
};

#define DB_SCHEMA_VERSION	7	/* PRAGMA user_version of this binary */
#define DB_FILE		"phonetrust.db"
#define OBSERVED_FILE	"observed.db"

/*
 * Open NAME below the folder dirfd.  The path above the folder is never
 * needed: the process changes its working directory to dirfd, for good, and
 * SQLite gets the relative name (through a VFS of ours that does not make it
 * absolute).  All databases of a process live in one folder.
 * ERR_NOTFOUND, ERR_SCHEMA (file newer than this binary, or DB_READ on an
 * older one: the text names both versions and the cure), ERR_DENIED,
 * ERR_BADSTATE (DB_READ of another uid without a writer that has it open),
 * ERR_EXISTS (DB_CREATE; a creation that was cut is taken over instead),
 * ERR_IO (disk full, read-only disk, not a database).
 *
 * A new file gets the folder's group and is readable by it as the folder is;
 * -wal and -shm follow the file.
 */
struct db	*db_open(int dirfd, const char *name, enum db_open_mode mode,
		    struct err *e);
void		 db_close(struct db *db);

/*
 * For a connection to OBSERVED_FILE: its commits outlast the process at once,
 * and the machine's power some seconds later, so none waits for the disk.
 * ERR_ARG for another database.
 */
int		 db_relax(struct db *db, struct err *e);

/*
 * For who commits all day long: its commits stop for a checkpoint once in
 * DB_SELDOM_PAGES pages of the log, not in SQLite's 1,000.  Of pages that are
 * written again and again the last is copied alone.
 */
#define DB_SELDOM_PAGES	4000
int		 db_checkpoint_seldom(struct db *db, struct err *e);

/* PRAGMA quick_check; ERR_IO with its first line. */
int		 db_check(struct db *db, struct err *e);

/*
 * True when another connection has committed since the last call (or since
 * open).  Costs a look at memory as long as it has not: ask before every
 * answer.  Only on connections that never write.
 */
bool		 db_changed(struct db *db);

/* A number that differs once another connection has committed, for those that
 * write too: their own commits leave it.  Within a transaction it stands. */
int		 db_others(struct db *db, int64_t *v, struct err *e);

/* --- transactions --- */

/*
 * The body of a transaction.  It may run several times and be rolled back:
 * SQL and deterministic signing only.  Keys, random bytes, serials and the
 * time are made before and come in through arg.  It returns ERR_OK to commit;
 * any error rolls everything back.
 */
typedef int	db_fn(struct db *db, void *arg, struct err *e);

enum db_result {
	DB_DONE,	/* committed and durable */
	DB_REFUSED,	/* fn said no, or the database did: nothing written */
	DB_UNREACHABLE,	/* nothing written: busy too long, no quorum (later) */
	DB_UNKNOWN,	/* the commit itself failed half way: will settle */
};

/* How long a writer waits for another one. */
#define DB_BUSY_MS	10000

/*
 * This connection waits so long instead, and once stopfd is readable (-1:
 * none; borrowed) for DB_STOP_MS in all: a process that is to end is not held
 * up by another one's transaction.
 */
#define DB_STOP_MS	500
void		 db_patience(struct db *db, int64_t ms, int stopfd);

/*
 * BEGIN IMMEDIATE, fn, COMMIT.  e says why for all but DB_DONE.  Disk full
 * and read-only disk are DB_REFUSED with ERR_IO and a text that says which.
 * Nested calls are refused (ERR_BADSTATE), but for db_tx_group.
 */
enum db_result	 db_tx(struct db *db, db_fn *fn, void *arg, struct err *e);

/*
 * As db_tx, and db_tx and db_read_tx called by fn are part of it: each in a
 * savepoint of its own, so that one that fails undoes itself only; DB_DONE of
 * such a one means "when the group commits".  For callers that run other
 * callers: fn repeats them all when it runs again, so they too get their
 * time and random bytes from outside.  A group may be part of a group.
 */
enum db_result	 db_tx_group(struct db *db, db_fn *fn, void *arg,
		    struct err *e);

/*
 * fn in one group on each of two databases, for what belongs together although
 * no commit spans both.  fn gets inner, which is committed first: a crash
 * between the two leaves inner's part alone.  When inner runs fn again, outer
 * is put back to before fn first.  In a group of both it is a part of each.
 * Outer is one that is not replayed (observed.db): what inner has committed
 * would be done again with it.
 */
enum db_result	 db_tx_pair(struct db *outer, struct db *inner, db_fn *fn,
		    void *arg, struct err *e);

/* Fold a result into the idiom: ERR_OK or e's code (ERR_UNREACHABLE,
 * ERR_UNKNOWN for the last two). */
int		 db_result_err(enum db_result r, const struct err *e);

/*
 * A consistent view over several reads: BEGIN .. END around fn on a DB_READ
 * (or any) connection.
 */
int		 db_read_tx(struct db *db, db_fn *fn, void *arg,
		    struct err *e);

/*
 * Shadow replay: run every transaction twice (rolled back in between), demand
 * equal changesets, apply the changeset to a shadow copy and compare ordered
 * content.  A difference aborts the process.  Programs do it in builds
 * configured with --enable-test-build; tests call it on any connection opened
 * for writing, before its first transaction.
 */
int		 db_shadow_enable(struct db *db, struct err *e);

/* --- writer thread: db_tx_post --- */

/*
 * One per process and database: a thread with its own write connection that
 * commits many posted bodies in one transaction, each in a savepoint of its
 * own, so that one that fails undoes only itself.
 */
struct db_writer;
struct db_port;		/* where the answers of one loop arrive */

typedef void	db_done(void *arg, enum db_result r, const struct err *e);

/* queue_max bounds what may be waiting.  group_ms > 0: wait that long to
 * gather a group before each commit. */
struct db_writer *db_writer_start(int dirfd, const char *name,
		    size_t queue_max, unsigned group_ms, struct err *e);

/*
 * Commits what is queued, then ends the thread and closes its connection;
 * what another process's transaction does not let through for DB_STOP_MS is
 * refused.
 * Ports stay until freed: what was answered can still be run, posting is
 * refused.
 */
void		 db_writer_stop(struct db_writer *w);

/* fd becomes readable when answers wait; then call db_port_run. */
struct db_port	*db_port_new(struct db_writer *w, struct err *e);
int		 db_port_fd(const struct db_port *p);
void		 db_port_run(struct db_port *p);

/* May be called with bodies on their way and from within a done: they run,
 * but their done is not called (see release below). */
void		 db_port_free(struct db_port *p);

/*
 * Queue fn.  done (may be NULL) runs on the thread that calls db_port_run;
 * arg must live until then.  Without done, or when the port was freed before
 * done could run, arg is released by release (may be NULL), on the writer
 * thread or on the one that frees the port.  queue_max counts bodies not yet
 * run and answers not yet fetched.  ERR_LIMIT when the queue is full,
 * ERR_BADSTATE after db_writer_stop: nothing was taken.
 */
int		 db_tx_post(struct db_port *p, db_fn *fn, void *arg,
		    db_done *done, void (*release)(void *), struct err *e);

/* --- changes --- */

/* Within a transaction: add a row to change(seq, kind, key), trimmed to
 * DB_CHANGE_MAX.  kind: "own", "list", "phone", "profile", "user",
 * "parameter", "node". */
#define DB_CHANGE_MAX	100000
int		 db_change_add(struct db *db, const char *kind,
		    const char *key, struct err *e);

/*
 * Calls fn for each change past *seq in order and moves *seq.  *trimmed is
 * set (else cleared) when rows past *seq are gone, *seq is ahead of the file,
 * or *seq is -1 (nothing read yet): reload everything; fn is not called and
 * *seq is the newest.  fn may read through db, but not call db_changes.
 */
typedef void	db_change_fn(void *arg, const char *kind, const char *key);
int		 db_changes(struct db *db, int64_t *seq, bool *trimmed,
		    db_change_fn *fn, void *arg, struct err *e);

#endif
