/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of db/ share: a temporary state folder and short ways to
 * open, write and look.  Every failure ends the test.
 */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

#include <check.h>

#include "db/db.h"
#include "db/rows.h"

/* A fresh empty folder, mode 0755, open; the working directory is elsewhere. */
int		 fix_folder(void);

/* Its path, valid until fix_remove. */
const char	*fix_path(void);

/* Remove it with all it holds. */
void		 fix_remove(void);

/* db_open that must succeed. */
struct db	*fix_open(int dirfd, const char *name, enum db_open_mode mode);

/* db_open(DB_CREATE) of the main database with shadow replay. */
struct db	*fix_create(int dirfd);

/* db_tx that must be DB_DONE. */
void		 fix_tx(struct db *db, db_fn *fn, void *arg);

/* One number by SQL, past the statement table. */
int64_t		 fix_i64(struct db *db, const char *sql);

/* A transaction body: add the phone named by arg. */
int		 fix_add_phone(struct db *db, void *arg, struct err *e);

/* Add a phone in a transaction of its own. */
void		 fix_phone(struct db *db, const char *name);

/* Run a suite of one file: main() of every test. */
int		 fix_run(Suite *s);

#endif
