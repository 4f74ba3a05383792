/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the commands about certificates share.
 */
#ifndef CTLTOOL_CERT_ARGS_H
#define CTLTOOL_CERT_ARGS_H

#include "ctltool/ctl.h"
#include "ctltool/list_plan.h"
#include "trust/confirm.h"
#include "trust/own.h"

/* "CallManager" or "CallManager/CallManager.pem", without regard to case;
 * NULL with e (ERR_ARG). */
const struct own_unit_def	*cert_unit(const char *name, struct err *e);

/*
 * The names that a certificate of the unit gets: those of this node, or of
 * all nodes.  *names is the caller's (free()).
 */
int	cert_names(struct ctl *c, const struct own_unit_def *u,
	    struct row_node_name **names, size_t *n, struct err *e);

/* Who has which list; silent is who asked for nothing for so long
 * (spec/admin-cli.md section 10). */
#define CERT_SILENT_DAYS	7
int	cert_confirm(struct ctl *c, struct confirm *cf, struct err *e);

/*
 * A change of certificates with the list that follows from it: rehearsed, so
 * that the plan is what will happen, told, asked about, done.
 */
struct cert_change {
	/* Within the transaction; may run several times. */
	int		(*step)(struct db *db, void *arg, struct err *e);
	void		*arg;
	const char	*question;	/* NULL: nobody is asked */
	bool		 lists;		/* the ITL may change */
	struct ctl_audit audit;
	int64_t		 now;
	/* results */
	bool		 itl_changed;
	struct list_sum	 itl;
	char		*warning;	/* free() */
	/* its own */
	struct signer	*signer;
	bool		 rehearse, rehearsed;
	struct list_sum	 told;		/* what the rehearsal ended with */
};
/* c->audit is filled; c open for writing.  cert_change_clear() after it. */
int	cert_change_run(struct ctl *c, struct cert_change *ch,
	    struct err *e);
void	cert_change_clear(struct cert_change *ch);

/* "itl": null, or the new list. */
json_t	*cert_change_json(const struct cert_change *ch);

#endif
