/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Are gateways' certificates still the accepted ones?  Nobody tells when a
 * gateway renews its own (spec/operations.md section 13): each is asked, and
 * what it shows is compared and remembered in observed.db.
 */
#ifndef TRUST_SRST_CHECK_H
#define TRUST_SRST_CHECK_H

#include "certs/cert.h"
#include "db/observed.h"

enum srst_state {
	SRST_SAME,		/* the accepted one */
	SRST_OTHER,		/* another: phones that fall back will refuse
				 * the gateway, or it is not the gateway */
	SRST_UNCOMPARED,	/* it shows one, but none is accepted */
	SRST_SILENT,		/* nothing was shown; seen.why says why */
	SRST_NSTATE
};
extern const char *const srst_state_name[SRST_NSTATE];	/* "same", ... */

struct srst_look {
	const struct row_srst	*ref;
	enum srst_state		 state;
	struct srst_seen	 seen;
	const struct cert	*shown;		/* NULL with SRST_SILENT */
	bool			 news;	/* not what the last look told; the
					 * first look at one that is well is
					 * none */
};
typedef int	srst_look_fn(void *arg, const struct srst_look *l,
		    struct err *e);

struct srst_check {
	const char	*name;		/* this reference alone, due or not;
					 * NULL: secure ones */
	bool		 all;		/* also those that are not due */
	size_t		 max;		/* gateways asked at most, those not
					 * looked at for longest first; 0 all */
	int64_t		 now;
	long		 timeout_ms;	/* each, 0: FETCH_CERT_TIMEOUT_MS */
	srst_look_fn	*fn;		/* told of every look; not ERR_OK ends
					 * the check */
	void		*arg;
};

/*
 * Not within a transaction: gateways are waited for, one after the other.
 * observed is open for writing; NULL: nothing is remembered and no look is
 * old.  A reference is due when its last look is parameter srst.check_hours
 * ago, or not after its last change.  ERR_NOTFOUND: no such reference.
 * That gateways are silent is no error.
 */
int	srst_check(struct db *db, struct db *observed,
	    const struct srst_check *o, struct err *e);

/*
 * The last look at a reference, as long as it tells something: *l without
 * shown and news.  ERR_NOTFOUND: none since the reference was changed.
 */
int	srst_last_look(struct db *observed, const struct row_srst *ref,
	    struct srst_look *l, struct err *e);

/* The certificate its gateway shows now; cert_free().  Errors of
 * fetch_cert(), and of cert_from_der(). */
struct cert	*srst_fetch(const struct row_srst *ref, long timeout_ms,
		    struct err *e);

#endif
