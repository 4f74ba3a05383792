/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the commands of CAPF share: how a phone or a CTI client stands, and how
 * that is said.
 */
#ifndef CTLTOOL_CAPF_TEXT_H
#define CTLTOOL_CAPF_TEXT_H

#include "ctltool/ctl.h"
#include "trust/capf_ask.h"
#include "trust/capf_unasked.h"

/* Everything about one owner. */
struct capf_status {
	struct capf_owner	 owner;
	char			 label[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2];
	enum capf_operation	 op;		/* pending */
	bool			 implied;	/* by encrypted files */
	const char		*mode;		/* word of Authentication Mode */
	bool			 has_string;
	int64_t			 until;		/* INT64_MAX: no end */
	bool			 has_progress;	/* of what is pending */
	struct capf_progress	 progress;
	bool			 has_outcome;
	struct row_capf_outcome	 outcome;
	bool			 has_cert;	/* a current one: LSC, else MIC */
	struct row_device_cert	 cert;
	struct capf_unasked	 unasked;	/* visits 0: nothing to say */
};

/* base: NULL reads it.  observed may be NULL.  ERR_NOTFOUND. */
int	capf_status_phone(struct capf_status *s, struct db *db,
	    struct db *observed, const struct profile_base *base,
	    const struct row_phone *p, int64_t now, struct err *e);
int	capf_status_client(struct capf_status *s, struct db *db,
	    struct db *observed, const struct row_capf_profile *p,
	    int64_t now, struct err *e);

/* Its last operation ended badly and nothing else came of it. */
bool	capf_status_failed(const struct capf_status *s);

/* Lines for a table of many (NULL: its head), and all of one, each line
 * indented. */
void	capf_status_line(struct out *o, const struct capf_status *s);
void	capf_status_text(struct ctl *c, const struct capf_status *s,
	    const char *indent);
json_t	*capf_status_json(struct ctl *c, const struct capf_status *s);

/* A phone's name or USER.INSTANCE as typed.  ERR_ARG, with the cure. */
int	 capf_owner_typed(struct capf_owner *o, const char *text,
	    struct err *e);
/* The same, of one that is there: a phone, whose name may have a dot, or who
 * has a CAPF profile.  ERR_NOTFOUND, with the cure. */
int	 capf_owner_find(struct db *db, struct capf_owner *o,
	    const char *text, struct err *e);
/* {kind, name, instance}; instance null for phones. */
json_t	*capf_owner_json(const struct capf_owner *o);

/* --by of the line in seconds, 0 without; ERR_ARG: it has passed. */
int	capf_by(struct ctl *c, int64_t *by, struct err *e);
/* May authentication strings be shown now? */
bool	capf_may_print(const struct ctl *c);

/* A time, or otherwise for 0 and INT64_MAX. */
const char	*capf_date(int64_t at, const char *otherwise,
		    char out[CLOCK_RFC3339_LEN]);

#endif
