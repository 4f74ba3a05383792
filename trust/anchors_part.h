/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of anchors share, see anchors.h.
 */
#ifndef TRUST_ANCHORS_PART_H
#define TRUST_ANCHORS_PART_H

#include "certs/crl.h"
#include "trust/anchors.h"
#include "trust/revocation.h"

/* The trust stores at one moment. */
struct anchors_view {
	struct cert_store	*store;
	struct crl_set		*crls;
	bool			 ocsp;	/* parameter cert.ocsp */
	int64_t			 seq;	/* newest change that is in it */
};

/* old: lists that are still the same are taken from there (NULL: none). */
int	anchors_view_make(struct anchors_view *w, struct db *db,
	    const struct crl_set *old, struct err *e);
/* The revocation lists alone; old as above. */
int	anchors_lists_make(struct crl_set **set, struct db *db,
	    const struct crl_set *old, struct err *e);
struct anchors_view	anchors_view_ref(const struct anchors_view *w);
void	anchors_view_clear(struct anchors_view *w);

/* What a verifier's questions need; borrowed by it. */
struct anchors_ask {
	struct db		*db;
	const struct clock	*clock;
	struct crl_set		*crls;
	struct revocation	*ocsp;	/* NULL: not asked */
};
struct verifier_source	 anchors_source(struct anchors_ask *ask);

/* --- anchors_loop.c, for anchors_thread.c --- */

struct anchors_changed {
	bool	 trust;		/* something of a snapshot */
	bool	 lists;
};
/* For db_changes: adds to the struct anchors_changed. */
void	anchors_is_change(void *arg, const char *kind, const char *key);

/* --- anchors_thread.c, for anchors_loop.c --- */

/* The newest view (references of the caller's) when its number is not *made;
 * moves *made.  False: no newer. */
bool			 anchors_newer(struct anchors *a, uint64_t *made,
			    struct anchors_view *w);

/* A snapshot with this change is wanted (-1: one that begins from now on):
 * the number of the first that will have it; 0 when there is one already. */
uint64_t		 anchors_want(struct anchors *a, int64_t seq);
int			 anchors_statefd(const struct anchors *a);
struct revocation	*anchors_revocation(struct anchors *a);

#endif
