/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * CAs that are asked over a network or through a program for phones'
 * certificates (parameter capf.issuer: est, scep, exec).  A process of its own
 * (proc/proc.h), because it waits for them; requests are rows (capf_csr) that
 * CAPF left, and what came of each is written back, one transaction each.
 *
 * The phone signs no request (spec/capf.md section 3: what commands 22 and 23
 * do is not known), so nothing proves to the CA that the key is the phone's:
 * CAPF has seen that, and asks as a registration authority.  A CA that
 * demands a request signed with its own key refuses every one.
 */
#ifndef TRUST_ENROL_H
#define TRUST_ENROL_H

#include "base/clock.h"
#include "certs/identity.h"
#include "certs/verify.h"
#include "crypt/secret.h"
#include "db/rows_capf.h"
#include "trust/node.h"

#define ENROL_TIMEOUT_MS	30000	/* an answer of a CA */
#define ENROL_EXEC_MS		60000	/* a program */
#define ENROL_REST_MAX_S	3600	/* between tries of one request */
#define ENROL_PAUSE_MAX_S	300	/* between tries of a CA that fails */
#define ENROL_ROUND_MAX		64	/* requests between looks at stop */

/* --- a certificate for a request, wherever it came from --- */

/*
 * A clock that is ENROL_SKEW_S ahead of base: a CA's own may be, and what it
 * issues then begins in a moment.  For the verifier of enrol_check().
 */
#define ENROL_SKEW_S	300
struct enrol_clock {
	struct clock		 clock;
	const struct clock	*base;
};
void	enrol_clock_init(struct enrol_clock *c, const struct clock *base);

/*
 * Would c do for that request: the same key, the phone's name, the uses and
 * dates an LSC needs (certs/lsc.h), and an issuer that CAPF-trust has itself,
 * for phones are asked for nothing but their own certificate later on.  It may
 * begin ENROL_SKEW_S after now.  ERR_REFUSED with what differs and what to do;
 * ERR_VERIFY: it will do as soon as its issuer is imported, which is named.
 */
int	enrol_check(struct verifier *v, const struct row_capf_csr *r,
	    const struct cert *c, int64_t now, struct err *e);

/* Is the issuer of a certificate that did once still trusted?  The same codes;
 * what has not begun is not looked at again. */
int	enrol_trusted(struct verifier *v, const struct cert *c,
	    struct err *e);

/*
 * Within a transaction: the request becomes what r says, if it still is the
 * one it was read as (key, state, time of change); else ERR_NOTFOUND.
 */
int	enrol_settle(struct db *db, const struct row_capf_csr *was,
	    const struct row_capf_csr *r, struct err *e);

/* The same for what came of asking a CA: what it refused has failed
 * (capf_refused). */
int	enrol_settle_asked(struct db *db, const char *node,
	    const struct row_capf_csr *was, const struct row_capf_csr *r,
	    struct err *e);

/*
 * What waits for an issuer of its own: the CA's certificate stays in the row,
 * which is CAPF_CSR_SENT, so that nobody asks the CA again, and is looked at
 * anew when trust stores have changed.
 */
bool	enrol_is_held(const struct row_capf_csr *r);

/*
 * Look at all of those, whatever capf.issuer is by now.  *settled became
 * CAPF_CSR_ISSUED, or CAPF_CSR_REFUSED where time has made it so.
 *
 * And at those whose phone has not come for its certificate yet: when its
 * issuer is no more trusted it waits as the others do, and what was revoked is
 * refused.  What ended is left to the phone, which makes another key.
 */
struct enrol_env;
int	enrol_look_again(struct enrol_env *env, size_t *settled,
	    struct err *e);

/* How long a request rests after so many failures in a row: 15 seconds, then
 * twice as long each time, at most ENROL_REST_MAX_S. */
int64_t	enrol_rest_s(int64_t tries);

/* --- one round: for tests too --- */

/* By whom SCEP servers are asked, see enrol_part.h. */
struct scep_ra;
struct enrol_ra {
	struct scep_ra		*ra;		/* NULL: made when needed */
	uint8_t			*sealed;	/* of it; NULL: kept nowhere */
	size_t			 len;
	bool			 kept;		/* in the database */
	bool			 row;		/* it has one, perhaps other */
};

struct enrol_env {
	struct db		*db;		/* to write */
	const char		*node;		/* whose capf.exec */
	const struct clock	*clk;
	const struct secret	*password;	/* ends in a NUL; or NULL */
	const struct identity	*client;	/* towards https; or NULL */
	struct enrol_ra		 ra;		/* enrol_ra_clear() */
	bool			 look_again;	/* in the next round, which
						 * clears it */
	bool			(*stop)(void *arg);	/* give up; or NULL */
	void			*stop_arg;
};
bool	enrol_must_stop(const struct enrol_env *env);

struct enrol_report {
	size_t	 issued, refused;
	size_t	 later;		/* the CA has it, and will say */
	size_t	 held;		/* issued, by whom nobody trusts here */
	size_t	 settled;	/* enrol_look_again */
	size_t	 failed;	/* will be tried again */
	bool	 more;		/* others are due as well */
	/* The CA itself fails: the others were not asked for.  Its reason. */
	bool	 ca_failed;
	struct err why;
};
/*
 * Ask for what is due, one after the other.  An error means that the database
 * or a setting is at fault; CAs that fail are no error.  With another
 * capf.issuer nothing is due.
 */
int	enrol_round(struct enrol_env *env, struct enrol_report *r,
	    struct err *e);

/* --- the process --- */

/* Still privileged: open what is to be written, read the password and the
 * certificate with its key. */
struct enrol;
struct enrol	*enrol_open(int statefd, struct err *e);
void		 enrol_close(struct enrol *x);

/*
 * Unprivileged, in the state folder: rounds until stopfd is readable, or,
 * with *again set, until what enrol_open read has changed.
 */
int		 enrol_serve(struct enrol *x, int stopfd, bool *again,
		    struct err *e);

#endif
