/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which phones have the trust list that is served now, as far as this node
 * saw them fetch it (spec/operations.md section 0: "confirmed").
 */
#ifndef TRUST_CONFIRM_H
#define TRUST_CONFIRM_H

#include "db/observed.h"

#define CONFIRM_NAMED	20	/* phones that are named; the rest is counted */

struct confirm {
	size_t		 known;		/* phones with a row */
	size_t		 current;	/* took the current ITL last */
	size_t		 older;		/* took another one last */
	size_t		 never;		/* took none that is remembered */
	size_t		 silent;	/* asked for nothing since then */
	/* Of those that are not current, in order of name. */
	char		 name[CONFIRM_NAMED][PHONE_NAME_MAX + 1];
	size_t		 nname;
	char		 silent_name[CONFIRM_NAMED][PHONE_NAME_MAX + 1];
	size_t		 nsilent_name;
};

/*
 * observed may be NULL: then nobody is known to have anything.  silent_from
 * is in Unix seconds: phones that asked for nothing since count as silent.
 */
int	confirm_read(struct db *db, struct db *observed, int64_t silent_from,
	    struct confirm *c, struct err *e);

#endif
