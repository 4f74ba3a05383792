/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the parts of trust/folder.h share: many files' rows in one
 * transaction.
 */
#ifndef TRUST_FOLDER_PUT_H
#define TRUST_FOLDER_PUT_H

#include "trust/folder.h"

#define FOLDER_BATCH	100		/* files */
#define FOLDER_BATCH_BYTES	(8u << 20)

struct folder_item {
	struct folder_file	 rec;	/* as it will be remembered */
	struct folder_file	 was;	/* as it is */
	bool			 had;	/* there is such a one */
	bool			 gone;	/* the file is */
	uint8_t			*xml;	/* of a valid file; owned */
	size_t			 len;
	int64_t			 modified_at;
	/* results */
	enum folder_act		 act;
	bool			 new_phone, removed;
};

struct folder_batch {
	const char		*node;
	int64_t			 now;
	struct folder_item	 item[FOLDER_BATCH];
	size_t			 n, bytes;
};

/* Rows, then what is remembered, then the log.  Empties the batch, also on
 * failure. */
int	folder_batch_run(struct folder_batch *b, struct db *db,
	    struct db *observed, struct err *e);
void	folder_batch_clear(struct folder_batch *b);

#endif
