/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking many phones for one certificate operation: looked at, their
 * authentication strings made and sealed, and written, 1,000 a transaction.
 * A phone that is refused leaves the others alone.  With a roll-out they are
 * asked batch by batch, by capfd (trust/rollout.h).
 */
#ifndef CTLTOOL_CAPF_ASKING_H
#define CTLTOOL_CAPF_ASKING_H

#include "ctltool/bar.h"
#include "ctltool/phone_which.h"
#include "trust/capf_ask.h"
#include "trust/rollout.h"

#define CAPF_ASKING_BATCH	1000

struct capf_target {
	const char	*name;		/* borrowed */
	struct capf_look look;
	bool		 changed;
	char		*refused;	/* why; NULL */
	bool		 told;		/* with others of the same reason */
	char		 string[CAPF_STRING_LEN + 1];	/* made for it, or "" */
	uint8_t		*sealed;	/* of the string made or given */
	size_t		 len;
};

struct capf_asking {
	struct ctl		*c;
	struct capf_ask		 ask;
	const char		*given;		/* string; NULL: make them */
	int64_t			 batch;		/* of a roll-out; 0: none */
	int64_t			 pause_on_errors;
	int64_t			 now;		/* seconds */
	struct capf_target	*t;
	size_t			 n;
	size_t			 nchanged, nsame, nrefused, nstring;
	int			 code;		/* of the first refusal */
	/* of the batch that is in hand */
	size_t			 from, to;
	struct keyring		*kr;		/* once a string is sealed */
	char			*advice;	/* lines, each once; NULL */
	struct ctl_audit	 audit;
	/* of the roll-out */
	char			 id[ROLLOUT_ID_MAX + 1];	/* or "" */
	struct rollout_result	 started;
	size_t			 hint;
};

/* a with c, ask, given and now set.  capf_asking_clear() it, which wipes
 * strings. */
int	capf_asking_targets(struct capf_asking *a,
	    const struct phone_which *w, struct err *e);
void	capf_asking_clear(struct capf_asking *a);

/*
 * First: what speaks against it, and strings are made.  ERR_OK also when
 * phones are refused: they are counted, and t[].refused says why.
 */
int	capf_asking_look(struct capf_asking *a, struct err *e);
/* Then: of the others.  More may be refused, and are counted. */
int	capf_asking_run(struct capf_asking *a, struct bar *b, struct err *e);
/* The same as a roll-out, in one transaction; without a phone that could be
 * asked there is none. */
int	capf_asking_rollout(struct capf_asking *a, struct err *e);
/* Is anything to be written for this one? */
bool	capf_asking_wanted(const struct capf_asking *a,
	    const struct capf_target *t);

#endif
