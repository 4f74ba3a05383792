/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Auto-registration: a phone that nobody added, with a name in the range of
 * parameter autoregistration.names, is added when it asks for its
 * configuration.  The engine, which hears it, may not write: it tells the
 * writer process, which decides by itself.
 */
#ifndef TRUST_AUTOREG_H
#define TRUST_AUTOREG_H

#include "base/str.h"
#include "db/params.h"
#include "db/rows.h"

#define AUTOREG_ADDRESS_MAX	63
#define AUTOREG_NUMBER_MAX	16	/* digits of a directory number */
#define AUTOREG_ASK_LEN		(DEVICE_NAME_MAX + 1 + AUTOREG_ADDRESS_MAX + 1)

struct autoreg_conf {		/* the parameters, as of one node */
	bool	 enabled;
	char	 first[16], last[16];	/* names; "" when there are none */
	/* directory numbers, digits, both as long; "" when there are none */
	char	 number[AUTOREG_NUMBER_MAX + 1];
	char	 last_number[AUTOREG_NUMBER_MAX + 1];
	int64_t	 max, per_minute;
};
int	autoreg_conf_load(struct autoreg_conf *c, struct db *db,
	    const char *node, struct err *e);

/* Is it a phone's name, within the range, and registration on? */
bool	autoreg_wanted(const struct autoreg_conf *c, const char *device);

/* What the engine tells the writer. */
struct autoreg_ask {
	char	 device[DEVICE_NAME_MAX + 1];
	char	 address[AUTOREG_ADDRESS_MAX + 1];	/* without port */
};
void	autoreg_ask_build(const struct autoreg_ask *a,
	    uint8_t out[AUTOREG_ASK_LEN]);
/* ERR_PROTO: another length, not SEP and 12 hex digits, not an address. */
int	autoreg_ask_parse(struct autoreg_ask *a, const uint8_t *buf,
	    size_t len, struct err *e);

/*
 * At most per_minute of a minute, evenly, a tenth of them at once.  Zeroed to
 * begin with.
 */
struct autoreg_rate {
	int64_t	 since_ms;
	int64_t	 left;		/* thousandths; 0 with since_ms 0: full */
};
bool	autoreg_rate_take(struct autoreg_rate *r, int64_t per_minute,
	    int64_t now_ms);

enum autoreg_result {
	AUTOREG_ADDED,
	AUTOREG_KNOWN,		/* it has a row */
	AUTOREG_OUTSIDE,	/* off, or not within the range */
	AUTOREG_FULL,		/* autoregistration.max are there */
	AUTOREG_NO_NUMBER,	/* no directory number is free */
};

struct autoreg_done {
	enum autoreg_result	 res;
	char			 number[AUTOREG_NUMBER_MAX + 1]; /* or "" */
};

/*
 * Within a transaction: decide by the parameters as they are, and add the
 * phone (origin "auto", model unknown, the profile of parameter
 * autoregistration.profile, of SIP phones the lowest directory number of
 * autoregistration.range that no phone has) with its audit row.  ERR_REFUSED:
 * the profile is not there or cannot be a phone's of unknown model; text has
 * the cure.
 */
int	autoreg_add(struct db *db, const char *node,
	    const struct autoreg_ask *a, int64_t now,
	    struct autoreg_done *done, struct err *e);

/* --- what is typed (autoreg_check.c) --- */

/*
 * Within a transaction that set parameter id: ERR_REFUSED, with the cure,
 * when some node's autoregistration.profile is not there or cannot be a
 * phone's of unknown model.  *advice (fresh text; NULL: nothing to say): why
 * nobody will be added, or without a number.  Other parameters than
 * autoregistration.* pass.
 */
int	autoreg_param_check(struct db *db, enum param_id id, char **advice,
	    struct err *e);

/* Within a transaction that changed a profile: the same if some node's
 * parameter names it. */
int	autoreg_profile_check(struct db *db, const char *profile,
	    struct err *e);

/* ERR_REFUSED, with the cure, when some node's parameter names it. */
int	autoreg_profile_free(struct db *db, const char *profile,
	    struct err *e);

/* Within a transaction: parameters that name it have its new name. */
int	autoreg_profile_renamed(struct db *db, const char *from,
	    const char *to, int64_t now, struct err *e);

/* The profile of phones that are added at a node ("": the cluster's value)
 * into p, with its protocol.  ERR_REFUSED: it is not there. */
int	autoreg_profile_get(struct db *db, const char *node,
	    struct row_phone *p, struct err *e);

#endif
