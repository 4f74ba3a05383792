/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of trust/accept.h share.
 */
#ifndef TRUST_ACCEPT_PART_H
#define TRUST_ACCEPT_PART_H

#include "trust/accept.h"
#include "trust/accept_memo.h"

#define SHOWN_MAX	96	/* bytes of a foreign name within a sentence */

/* The lists a phone holds, parsed; NULL: none.  They are the memo's. */
struct held {
	const struct accept_phone *p;
	struct accept_memo	*memo, *own;	/* own: none was given */
	const struct list	*ctl, *itl;
};

/* h is zero.  A list held that cannot be read vouches for nothing, and the
 * phone is not blank either: false, refused.  Close in any case. */
bool	accept_held_open(struct held *h, const struct accept_phone *p,
	    struct accept_verdict *v);
void	accept_held_close(struct held *h);
/* It holds no list, or an emptied ITL alone. */
bool	accept_held_blank(const struct held *h);

/* What a phone is given. */
struct given {
	const struct list	*list;	/* NULL: another signed file */
	const struct tlv_header	*h;
	const uint8_t		*buf;
	size_t			 len;
};

int	accept_verify(struct accept_memo *m, const struct given *g,
	    const struct cert *c, struct err *e);

bool	accept_is_file_role(uint16_t role);
bool	accept_is_server_key(const struct cert *c);	/* EC */

/* The verdict with its sentence. */
bool	accept_refuse(struct accept_verdict *v, enum accept_step step,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool	accept_grant(struct accept_verdict *v, enum accept_path path,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A name from a file as it may stand in a sentence; of a subject that begins
 * with its CN, as ours and Cisco's do, the CN alone: the rest is the same for
 * all of a cluster. */
const char *accept_shown(const char *name, char out[SHOWN_MAX]);
const char *accept_shown_signer(const char *name, char out[SHOWN_MAX]);

/* --- accept_tvs.c --- */

bool	accept_has_tvs(const struct list *l);	/* l may be NULL */

/*
 * v has the refusal for want of a record: does TVS vouch for who signed g, or
 * for the server of this certificate, with a role as wanted says?  What it
 * says is added to the sentence.
 */
bool	accept_tvs_signer(const struct held *h, const struct given *g,
	    struct accept_verdict *v);
bool	accept_tvs_vouches(const struct accept_phone *p,
	    const struct list *itl, const uint8_t *der, size_t len,
	    bool (*role)(uint16_t), const char *wanted,
	    struct accept_verdict *v);

#endif
