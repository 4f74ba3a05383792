/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking before phones' passwords, which nobody could read, stand in files for
 * everybody (trust/phone_guard.h).
 */
#ifndef CTLTOOL_OPENING_H
#define CTLTOOL_OPENING_H

#include "ctltool/ctl.h"

struct opening {
	int64_t	 n;		/* phones, as the transaction found */
	bool	 waits;		/* it ended because nobody had been asked */
	bool	 agreed;
};

/* At the end of the transaction, n being filled: ERR_REFUSED before an owner
 * agreed. */
int	opening_check(struct opening *o, struct err *e);

/*
 * Runs the transaction; where it waits for that, says what would be readable,
 * and when the account is an owner's and agrees, runs it again.
 */
int	opening_tx(struct ctl *c, struct opening *o, db_fn *fn, void *arg,
	    struct err *e);

#endif
