/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of a folder without regard to the case of A-Z.  Any phone, or whoever
 * says to be one, can ask for names that are not there; reading a folder of
 * thousands of entries each time would be all that a loop does.  Names are
 * kept, in order, of folders that have been left alone for a while.
 */
#ifndef TRUST_FILE_INDEX_H
#define TRUST_FILE_INDEX_H

#include "base/clock.h"

#define FILE_SCAN_MAX	16384	/* entries of a folder searched without regard
				 * to case */
#define FILE_INDEX_FOLDERS	32	/* kept, the longest unused given up */

struct file_index;

/*
 * A folder that changed just now is read each time, as it could change again
 * and look the same (file_stamp.h): until its times are old by the wall time
 * of clock (clock_file() but for tests), or, whatever they are, until they
 * have been the same for FILE_SETTLE_MS.  clock is borrowed.  ERR_NOMEM.
 */
struct file_index	*file_index_new(const struct clock *clock,
		    struct err *e);
void		 file_index_free(struct file_index *ix);

/*
 * The entry that differs from part in the case of A-Z only, of several the
 * first by strcmp, written over part.  folder is borrowed and may be O_PATH.
 * ERR_NOTFOUND; ERR_LIMIT: more than FILE_SCAN_MAX entries; ERR_DENIED (it may
 * not be read), ERR_IO, ERR_NOMEM.
 */
int		 file_index_find(struct file_index *ix, int folder, char *part,
		    struct err *e);

/* Folders whose names are kept now. */
size_t		 file_index_kept(const struct file_index *ix);

#endif
