/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists read and verified before.  What a list says, and whether a certificate
 * verifies it, follows from its bytes alone, so it changes no verdict to look
 * it up; and the phones of a cluster all hold the same list.  Lists are
 * compared byte by byte, certificates by their SHA-256.  Only what parsed and
 * what verified is remembered.
 */
#ifndef TRUST_ACCEPT_MEMO_H
#define TRUST_ACCEPT_MEMO_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/list.h"

#define ACCEPT_MEMO_LISTS	8	/* then the one used longest ago goes */

struct accept_memo;	/* of one thread */

struct accept_memo	*accept_memo_new(struct err *e);
void			 accept_memo_free(struct accept_memo *m);

/*
 * As list_parse, but the list is the memo's, over bytes of its own; it stays
 * until ACCEPT_MEMO_LISTS other lists were asked for.
 */
const struct list	*accept_memo_list(struct accept_memo *m,
			    const uint8_t *buf, size_t len, struct err *e);

/* As tlv_verify of a list that came from m. */
int	accept_memo_verify(struct accept_memo *m, const struct list *l,
	    const struct cert *c, struct err *e);

#endif
