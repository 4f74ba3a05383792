/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the writer share, see writer.h.
 */
#ifndef CAPFD_WRITER_PART_H
#define CAPFD_WRITER_PART_H

#include "base/seldom.h"
#include "capfd/wire.h"
#include "capfd/writer.h"
#include "trust/node.h"

#define GROUP_MAX	256	/* questions per commit */

struct job {
	uint8_t			*buf;		/* what ask borrows from */
	size_t			 len;
	struct wire_ask		 ask;
	struct wire_answer	 answer;
	int64_t			 since_ms;	/* when it came */
	bool			 held;		/* the database is not to be
						 * had: another time */
	bool			 late;		/* it was held */
	bool			 later;		/* in the turn's second group */
	struct writer		*w;
};

struct writer {
	struct node		 node;
	struct db		*observed;
	struct keyring		*kr;
	struct capf_cache	*cache;
	struct capf_ctx		 ctx;
	int64_t			 patience_ms;	/* with others who write */
	int64_t			 expire_ms;	/* the next look at what ends */
	struct job		 jobs[GROUP_MAX];
	size_t			 njobs;
	struct seldom		 broken;
};

/* Say of each of w's jobs in which of two groups it is run; false: all are in
 * the first. */
bool	group_split(struct writer *w);

/*
 * The jobs of one of them, in as few commits as can be: their answers are
 * there, but for those that are held.  e is empty, or as the first one left
 * it: ERR_UNREACHABLE, others are writing, and the second does not try.
 */
void	group_run(struct writer *w, bool later, struct err *e);

#endif
