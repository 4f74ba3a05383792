/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An administrator's own configurations that lie among the static files: each
 * SEP*.cnf.xml of a root is checked as phone add --config does, and becomes
 * the phone's row (origin "folder"), which is what is served.  A file that is
 * not valid leaves the last good one in place and is reported; so is one that
 * a later command overrides.
 *
 * What became of each file stands in observed.db (db/observed.h), as this
 * node judged it: a folder is a node's own, while rows are the cluster's.
 */
#ifndef TRUST_FOLDER_H
#define TRUST_FOLDER_H

#include "base/clock.h"
#include "db/observed.h"

#define FOLDER_ACCOUNT	"tftpd"		/* in the audit log */
#define FOLDER_SETTLE_MS	500	/* a file has not changed for so long */
#define FOLDER_BAD_MS	3000	/* ... one that is not valid */
#define FOLDER_GONE_MS	2000	/* a file has been away for so long */

/* What decides about a valid file. */
struct folder_facts {
	bool	phone;		/* it has a row */
	bool	row;		/* ... with a configuration of its own */
	bool	same;		/* ... these very bytes */
	bool	judged;		/* this node has looked at a file before */
	bool	refused;	/* ... and it was not valid */
	bool	changed;	/* ... of other bytes */
	bool	newer;		/* modified after all that was set by then */
};

enum folder_act { FOLDER_KEEP, FOLDER_TAKE, FOLDER_LEAVE };

/*
 * The last act of the administrator counts: the file when its content has
 * changed since this node looked last, or it was modified (touched) since and
 * after the row; else what a command set or took away.  A file that comes
 * makes a phone that has no row, and is its configuration if it has none of
 * its own.
 */
enum folder_act	folder_decide(const struct folder_facts *f);

/*
 * One per node.  db and observed are open for writing and borrowed, as is
 * clk; the roots are those of node, tftp/ below statefd (the working folder)
 * and parameter tftp.root.
 */
struct folder;
struct folder	*folder_new(int statefd, const char *node, struct db *db,
		    struct db *observed, const struct clock *clk,
		    struct err *e);
void		 folder_free(struct folder *f);

/*
 * Look at all files, and bring rows in line with those that have changed and
 * are whole, of very many some.  *again_ms: look again then, something waits to
 * be judged, 0: the rest does; -1: nothing.  An error is ours (disk, memory): call again later.
 */
int		 folder_look(struct folder *f, int64_t *again_ms,
		    struct err *e);

/* The folders that were looked at, from 0; NULL past the last. */
const char	*folder_root(const struct folder *f, size_t i);

#endif
