/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of db/ share and nobody else sees.
 */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

#include <sqlite3.h>

#include "db/db.h"
#include "db/sql.h"

#define DB_NAME_LEN	64
#define DB_LENGTH_MAX	(16 << 20)	/* bytes of one value or row */
#define DB_INDEX_WORDS	24		/* both headers of a WAL's index */

enum db_in_tx {
	DB_TX_NONE,
	DB_TX_READ,
	DB_TX_WRITE,
};

struct shadow;

struct db {
	sqlite3			*h;
	const struct schema	*schema;
	struct shadow		*shadow;	/* NULL: no replay */
	enum db_open_mode	 mode;
	enum db_in_tx		 in_tx;
	bool			 group;		/* others may join it */
	bool			 spoiled;	/* a part could not be undone */
	bool			 wal;		/* opened for reading, in WAL mode */
	int64_t			 data_version;	/* as db_changed saw it */
	uint32_t		 index[DB_INDEX_WORDS];	/* the same */
	int64_t			 patience_ms;
	int			 stopfd;	/* borrowed; or -1 */
	int64_t			 busy_since_ms, waited_ms;
	int64_t			 stopped_ms;	/* when it was seen; 0: not */
	char			 name[DB_NAME_LEN];
	sqlite3_stmt		*stmt[SQL_N];	/* prepared at first use */
};

/* --- migrate.c --- */

struct schema {
	enum sql_schema		 id;
	int32_t			 application_id;
	const char *const	*migration;	/* append only */
	int			 version;	/* how many there are */
};

/* The schema of a file name: OBSERVED_FILE has its own, all else the main. */
const struct schema	*schema_of(const char *name);

/* Bring up to the binary's version.  create: ERR_EXISTS unless empty. */
int	schema_migrate(struct db *db, bool create, struct err *e);

/* Exactly the binary's version, or ERR_SCHEMA with the cure. */
int	schema_check(struct db *db, struct err *e);

/* --- vfs.c --- */

/* Name of our VFS, registered at first use; NULL when that fails. */
const char	*vfs_name(void);

/* For tests, before any open: build ours on this VFS (NULL: the default). */
void		 db_set_base_vfs(const char *name);

/* --- fail.c --- */

/* Say in e what rc of an SQLite call means, with cause and cure; the ERR_*. */
int	db_fail(const struct db *db, int rc, struct err *e);

/* --- db.c --- */

/* One SQL text or several, without values. */
int	db_exec(struct db *db, const char *sql, struct err *e);
int	db_pragma_i64(struct db *db, const char *sql, int64_t *v,
	    struct err *e);

/* --- shadow.c --- */

/* fn twice within the open transaction, replayed and compared. */
int	shadow_run(struct db *db, db_fn *fn, void *arg, struct err *e);

/* How the transaction ended: the shadow keeps or drops what it replayed. */
void	shadow_end(struct db *db, bool committed);

/* Compare everything a last time and release. */
void	shadow_free(struct db *db);

#endif
