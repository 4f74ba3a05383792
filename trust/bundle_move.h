/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles out of this cluster and into it: what is exported, in which trust
 * stores what comes in lands, and who accepts whose lists then
 * (spec/operations.md section 9, M2).
 */
#ifndef TRUST_BUNDLE_MOVE_H
#define TRUST_BUNDLE_MOVE_H

#include "trust/bundle.h"
#include "trust/node.h"
#include "trust/trust_store.h"

#define BUNDLE_UNIT(u)	(1u << (u))

/* Units as the reference calls them (all, tomcat, tftp, capf, itlrecovery) or
 * by name, as bits; 0 with e: ERR_ARG. */
unsigned	bundle_units(const char *name, struct err *e);

/*
 * The signed part of this cluster: active and announced certificates of the
 * units, of all nodes, and what its Phone-SAST-trust holds.  Signed by
 * ITLRecovery, which no daemon holds: whoever takes over a daemon can have
 * nothing signed with it.  bundle_part_clear() it either way.
 * ERR_NOTFOUND: the units have no certificate.
 */
int	bundle_export(struct bundle_part *p, const struct node *n,
	    const struct keyring *kr, unsigned units, int64_t now,
	    struct err *e);

/* --- import --- */

enum bundle_change {
	BUNDLE_NEW,
	BUNDLE_RETURNED,	/* had been removed from the store */
	BUNDLE_KNOWN,
	BUNDLE_OLDER,		/* the store has a later one of this name */
	BUNDLE_EXPIRED,
	BUNDLE_NCHANGE
};
const char	*bundle_change_name(enum bundle_change c);

/* One certificate on its way to one store. */
struct bundle_landing {
	const struct bundle_part	*part;
	const struct bundle_cert	*from;
	enum trust_unit			 unit;
	enum bundle_change		 change;
};

struct bundle_plan {
	struct bundle_landing	*landing;
	size_t			 n;
	size_t			 count[BUNDLE_NCHANGE];
	size_t			 nothers;	/* parts of other clusters */
	const struct bundle_part *ours;		/* NULL: not in it */
	bool			 changes;
};

/*
 * What importing b would do, as of now; borrows b.  New, returned: go in;
 * known, older and expired ones do not.  ERR_REFUSED: no part of another
 * cluster; a signer that has ended; a certificate not valid yet by this node's
 * clock; a key that cannot sign what Phone-SAST-trust vouches for.
 * bundle_plan_clear() it either way.
 */
int	bundle_plan(struct bundle_plan *p, const struct bundle *b,
	    const struct node *n, unsigned units, int64_t now,
	    struct err *e);
void	bundle_plan_clear(struct bundle_plan *p);

/* Within a transaction. */
int	bundle_apply(struct db *db, const struct bundle_plan *p, int64_t now,
	    struct err *e);

/*
 * Who takes whose lists and files, as far as is known here: by path B of
 * spec/operations.md section 0.  What a part says of the other cluster is as
 * of when that part was made.
 */
struct bundle_accept {
	bool	ours_lists, ours_files;		/* phones here, of theirs */
	bool	theirs_lists, theirs_files;	/* phones there, of ours */
	bool	carried;	/* the bundle has our signers for them */
};
int	bundle_accept(struct bundle_accept *a, const struct bundle_plan *p,
	    const struct bundle_part *part, struct db *db, struct err *e);

#endif
