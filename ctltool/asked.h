/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A file as a phone gets it, asked for by an administrator.
 */
#ifndef CTLTOOL_ASKED_H
#define CTLTOOL_ASKED_H

#include "ctltool/ctl.h"
#include "trust/files.h"

struct asked {
	struct file_store	*fs;
	struct keyring		*kr;	/* NULL: no credentials are shown */
	struct file_answer	 a;
};

/*
 * What stands under the name in argument NAME, but for signatures that are
 * made when they are asked for (ERR_REFUSED), and without master.key for files
 * that carry credentials (ERR_BADSTATE).  Opens the node.  asked_close() it
 * after every result.
 */
int	asked_open(struct asked *k, struct ctl *c, struct err *e);
void	asked_close(struct asked *k);

/* At most max bytes from offset on, of a file that may be large: fresh memory
 * with an uncounted NUL; *len 0 at the end. */
int	asked_read(const struct asked *k, uint64_t offset, size_t max,
	    uint8_t **buf, size_t *len, struct err *e);

/* Text that a terminal shows and does not obey. */
bool	asked_is_text(const uint8_t *p, size_t len);

/* What else says something of a file that is not text. */
const char	*asked_advice(const struct file_name *n);

#endif
