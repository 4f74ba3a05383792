/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The folders static files come from, and opening below them.
 */
#ifndef TRUST_FILE_OPEN_H
#define TRUST_FILE_OPEN_H

#include <sys/stat.h>

#include "trust/file_index.h"

#define FILE_ROOTS_MAX	16

struct file_roots;

/* tftp/ below the state folder, which is borrowed.  ERR_IO. */
struct file_roots	*file_roots_new(int statefd, struct err *e);
void		 file_roots_free(struct file_roots *r);

/*
 * The further roots, ':' separated (parameter tftp.root).  A path that is not
 * absolute, or a folder that is, contains or lies in the state folder
 * (but for tftp/ itself), is refused; what is refused or cannot be opened is
 * logged when the text is new.  ERR_NOMEM.
 */
int		 file_roots_set(struct file_roots *r, const char *paths,
		    struct err *e);

/*
 * Open a name that file_name_parse() took: exactly in each root in order,
 * then in each root part by part, the exact spelling before others that
 * differ in the case of A-Z only, of these the first by strcmp.  Regular
 * files only.  *fd is the caller's.
 * ERR_NOTFOUND; ERR_DENIED (a symlink leaves the root, not readable);
 * ERR_LIMIT (not there exactly, and a folder has more than FILE_SCAN_MAX
 * entries); ERR_IO.
 */
int		 file_roots_open(const struct file_roots *r,
		    const char *name, int *fd, struct stat *st,
		    struct err *e);

/*
 * What opening name would find, without opening it, where that is sure: a
 * regular file in its exact spelling, not within a folder of a root, no
 * symlink, on the root's own file system, and this one local.  False: open it.
 */
bool		 file_roots_look(const struct file_roots *r,
		    const char *name, struct stat *st);

/* The i-th root: its folder (O_PATH, borrowed), -1 when it is not there, and
 * its path as given, NULL past the last; tftp/ is the first, from the state
 * folder. */
int		 file_roots_folder(const struct file_roots *r, size_t i,
		    const char **path);

/* Look whether roots are still the folders of their paths, and which of those
 * that were missing are there now: from time to time. */
void		 file_roots_check(struct file_roots *r);

/*
 * Remove a name, in its exact spelling, from the first root that has it: a
 * regular file or a symlink itself.  *root (may be NULL) is that root's path,
 * borrowed.  ERR_NOTFOUND, ERR_DENIED, ERR_REFUSED (not a file), ERR_IO.
 */
int		 file_roots_unlink(const struct file_roots *r,
		    const char *name, const char **root, struct err *e);

#endif
