/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What vouch.c remembers of requests it has answered: many phones ask about
 * the same few certificates.  Bounded; a newer entry takes the place of an
 * older one.  Keys are compared byte by byte, so an entry is never wrong.
 */
#ifndef TRUST_VOUCH_MEMO_H
#define TRUST_VOUCH_MEMO_H

#include "trust/vouch.h"

/* What does not change with the hour. */
struct vouch_found {
	enum vouch_verdict verdict;	/* but for the dates */
	uint32_t	 roles;		/* bit (1 << role) */
	uint32_t	 ttl;
	int64_t		 not_before, not_after;
	int64_t		 until;		/* ask again from then on; 0: never */
	bool		 has_cert, chained;
	uint8_t		 sha256[32];
	char		 subject[VOUCH_SUBJECT_MAX + 1];
	uint8_t		*der;		/* owned, or NULL */
	size_t		 derlen;
};
void	vouch_found_clear(struct vouch_found *f);

struct vouch_memo;
struct vouch_memo	*vouch_memo_new(struct err *e);
void			 vouch_memo_free(struct vouch_memo *m);

/* Everything in it is of no use any more. */
void			 vouch_memo_forget(struct vouch_memo *m);

/* A key: the kind of question and up to three texts. */
#define VOUCH_KEY_PARTS	3
struct vouch_key {
	char		 kind;
	struct {
		const uint8_t	*p;
		size_t		 len;
	} part[VOUCH_KEY_PARTS];
};

/* NULL: not remembered, or not until now. */
const struct vouch_found *vouch_memo_get(const struct vouch_memo *m,
			    const struct vouch_key *k, int64_t now);
/* Takes f over, and gives what is remembered; NULL with f released when there
 * is no memory. */
const struct vouch_found *vouch_memo_put(struct vouch_memo *m,
			    const struct vouch_key *k, struct vouch_found *f);

#endif
