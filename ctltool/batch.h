/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * ctltool -f FILE: many commands in one transaction.
 *
 * Every line is parsed before anything runs.  Then all handlers run within
 * one db_tx_group; what they say is kept until it has committed, and their
 * clock stands still and their random bytes repeat, because the whole may run
 * again (db.h).
 */
#ifndef CTLTOOL_BATCH_H
#define CTLTOOL_BATCH_H

#include "ctltool/cmd.h"

#define BATCH_BYTES_MAX		(64u << 20)	/* of the file */
#define BATCH_SAID_MAX		(256l << 20)	/* of what the commands say */

/* Run the file of l->batch with l's options; the exit status. */
int	batch_main(const struct cmd_line *l);

/* The same with the text in hand; for tests and fuzzing: parse only.  The
 * number of lines that cannot stand in a batch. */
size_t	batch_check(const char *text, size_t len);

#endif
