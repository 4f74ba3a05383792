/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of many files of certificates into a trust store: each file is a
 * matter of its own, and a bad one does not keep out the others.
 */
#ifndef TRUST_CERT_IMPORT_MANY_H
#define TRUST_CERT_IMPORT_MANY_H

#include "trust/cert_import.h"

#define IMPORT_MANY_BATCH	1000	/* certificates of one transaction,
					 * and what the last file has more */

struct import_many {
	int64_t	 files, failed;		/* files; failed ones among them */
	int64_t	 added, returned, same, expired;	/* certificates */
};

struct import_many_calls {
	/*
	 * The next file: its name (borrowed until the next call; NULL: there
	 * is none any more) and bytes, which are free()d here.  Anything but
	 * ERR_OK is this file's failure.
	 */
	int	(*next)(void *arg, const char **name, uint8_t **buf,
		    size_t *len, struct err *e);
	void	(*bad)(void *arg, const char *name, const char *why);
	/* After each file; may be NULL. */
	void	(*progress)(void *arg, const struct import_many *res);
	/* A line of warning, each once; may be NULL. */
	void	(*warn)(void *arg, const char *line);
	/* In the last transaction, with the sums it will make true: may be
	 * called several times.  May be NULL. */
	int	(*end)(void *arg, struct db *db, const struct import_many *all,
		    struct err *e);
	void	*arg;
};

struct import_many_how {
	enum trust_unit		 unit;
	unsigned		 flags;		/* enum import_flag */
	const char		*note;		/* NULL: none */
	int64_t			 ttl;
	const char		*password;	/* for whichever needs one */
	bool			 look;		/* only say what would be
						 * done: nothing is written */
};

/*
 * Files from calls, IMPORT_MANY_BATCH certificates a transaction of its own
 * (so: not within one that is no group).  A file goes in with all its
 * certificates or fails with the reason that import_trust_plan() gives; with
 * IMPORT_SKIP_EXPIRED one that has ended certificates alone does not fail.
 * Doing it again changes nothing.  Errors are the database's, with what res
 * says already in.
 */
int	import_many(const struct node *n, const struct import_many_how *how,
	    int64_t now, struct import_many *res,
	    const struct import_many_calls *calls, struct err *e);

#endif
