/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Roll-outs: one certificate operation for many phones, in batches
 * (spec/operations.md section 10).  How each phone proves itself, its key and
 * its string are settings of the phone, written when the roll-out starts;
 * they do nothing before the operation is asked of it.  A batch is asked when
 * nobody of the one before is outstanding; a phone is "asked" as soon as its
 * file says so, and does it when it reads that.
 *
 * All within db_tx_group on phonetrust.db: what a phone's rules refuse is
 * undone by itself.
 */
#ifndef TRUST_ROLLOUT_H
#define TRUST_ROLLOUT_H

#include "crypt/rng.h"
#include "db/rows_rollout.h"
#include "trust/phone.h"

/* Made before the transaction: "20261121-201500-7f3a", sortable. */
int	rollout_id_make(char id[ROLLOUT_ID_MAX + 1], int64_t now,
	    const struct rng *rng, struct err *e);

struct rollout_phone {
	const char			*name;	/* canonical */
	/* Its authentication string, or NULL: sealed before, as
	 * struct phone_spec has it. */
	const struct phone_secret	*secret;
};

struct rollout_spec {
	const char			*id;
	const char			*operation;	/* word of the setting:
					 * "install-upgrade" */
	const struct rollout_phone	*phone;
	size_t				 nphone;
	/* For each phone: authentication-mode, key-order, rsa-key-size,
	 * ec-key-size; not the operation and its time. */
	const struct setting_change	*change;
	size_t				 nchange;
	unsigned			 flags;		/* SETTING_ALLOW_WEAK */
	const struct keyring		*kr;		/* with secrets */
	int64_t				 batch;		/* 0: all at once */
	int64_t				 pause_on_errors;	/* 0: never */
	int64_t				 completes_by;	/* 0: by parameter */
	const char			*account;
	/* Phones that cannot do it are left out and told (--all, --model);
	 * without: the first one refuses everything. */
	bool				 skip;
	void				(*skipped)(void *arg,
					    const char *phone,
					    const char *why);
	void				*arg;
};
struct rollout_result {
	int64_t	 nphone, nskipped;
	int64_t	 nasked;	/* of the first batch */
};
/*
 * Everything is checked for every phone, then the first batch is asked.
 * skipped may be called again for the same phones when the transaction runs
 * again.  ERR_EXISTS: a phone is waiting in or asked by another roll-out;
 * ERR_REFUSED: rules, an operation that is pending, or nobody is left; ERR_NOTFOUND; ERR_ARG.
 */
int	rollout_start(struct db *db, const struct rollout_spec *s,
	    int64_t now, struct rollout_result *r, struct err *e);

/*
 * A phone has done its operation or failed at it: told by the writer of capfd
 * (capf_end() does).  No roll-out of it is no error.  Goes on with
 * rollout_next().
 */
int	rollout_phone_ended(struct db *db, const char *phone, bool ok,
	    int64_t now, struct err *e);

/*
 * A phone that waits in a roll-out will not be asked by it: it counts as
 * failed, and its row says why, but not as an error.  *left: there was one.
 */
int	rollout_leave(struct db *db, const char *phone, int64_t now, bool *left,
	    struct err *e);

/*
 * What follows now: the next batch is asked, the roll-out pauses because
 * errors have reached pause_on_errors since it was started or resumed, or it
 * is done.  *asked: phones asked by this call.  A phone that was removed is
 * passed over; one that can no longer be asked, also because somebody has asked
 * another operation of it, has failed, and its row says why.
 */
int	rollout_next(struct db *db, const char *id, int64_t now,
	    int64_t *asked, struct err *e);

/* The next batch now, though some of the one before are outstanding (they are
 * switched off).  ERR_BADSTATE: it is not running. */
int	rollout_go_on(struct db *db, const char *id, int64_t now,
	    int64_t *asked, struct err *e);
/* Goes on; errors are counted from 0 again.  ERR_BADSTATE: it is over;
 * ERR_EXISTS: it runs already. */
int	rollout_resume(struct db *db, const char *id, int64_t now,
	    int64_t *asked, struct err *e);
/* A running one stops asking.  ERR_BADSTATE: it is over; ERR_EXISTS: it is
 * paused already. */
int	rollout_pause(struct db *db, const char *id, int64_t now,
	    struct err *e);
/* What is asked of phones that have not done it is taken back, their strings
 * too; not what somebody else has asked of one that still waits.
 * ERR_BADSTATE: it is done; ERR_EXISTS: it is cancelled already.  *back: of
 * how many. */
int	rollout_cancel(struct db *db, const char *id, int64_t now,
	    int64_t *back, struct err *e);

/* For who watches. */
struct rollout_view {
	struct row_rollout	 row;
	int64_t			 n[ROLLOUT_PHONE_STATE_N];
	int64_t			 total;
};
int	rollout_view(struct db *db, const char *id, struct rollout_view *v,
	    struct err *e);
/* Per phone: row_rollout_phone_list(). */

#endif
