/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One run of a command: what the handlers share.
 */
#ifndef CTLTOOL_CTL_H
#define CTLTOOL_CTL_H

#include "base/clock.h"
#include "crypt/rng.h"
#include "ctltool/cmd.h"
#include "ctltool/out.h"
#include "proc/state.h"
#include "trust/node.h"

/* design: "Command line" */
enum ctl_exit {
	EXIT_DONE	= 0,
	EXIT_FAILED	= 1,	/* nothing changed */
	EXIT_USAGE	= 2,
	EXIT_PARTLY	= 3,	/* in part, or otherwise than asked */
	EXIT_REFUSED	= 4,
	EXIT_UNREACHED	= 6,	/* nothing written */
	EXIT_UNSETTLED	= 7,	/* outcome unknown, will settle */
};

struct ctl {
	const struct cmd_line	*line;
	struct out		*out;
	const struct clock	*clk;
	const struct rng	*rng;
	int		 cwdfd;		/* where the user's file names start:
					 * opening a database moves the process
					 * to the state folder */
	bool		 have_node;
	struct node	 node;		/* after ctl_open */
	int		 exit;		/* a handler's own choice; 0: by error */
};

/* main() of ctltool. */
int		 ctl_main(int argc, char **argv);

/* The exit status that goes with an error code. */
enum ctl_exit	 ctl_exit_of(int code);

/*
 * Open the state folder of --state, $PHONETRUST_STATE or the default.  Once a
 * run; closed by ctl_main.  e may not be NULL.
 */
int		 ctl_open(struct ctl *c, enum db_open_mode mode,
		    struct err *e);

/* ret, with the cure added to e when this account may not open the state. */
int		 ctl_denied(int ret, struct err *e);

/* db_tx folded into the error idiom. */
int		 ctl_tx(struct ctl *c, db_fn *fn, void *arg, struct err *e);

/* A file named by the user, relative to where the command was called. */
int		 ctl_read_file(const struct ctl *c, const char *name,
		    size_t max, uint8_t **buf, size_t *len, struct err *e);

/* Who runs this: SUDO_UID's account under sudo, else the user's. */
void		 ctl_account(char *out, size_t outlen);

/* Within a transaction: a row of the audit log.  detail may be NULL. */
struct ctl_audit {
	struct row_audit	 row;
	char			 detail[256];
};
void		 ctl_audit_init(struct ctl *c, struct ctl_audit *a,
		    const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));
int		 ctl_audit_add(struct db *db, const struct ctl_audit *a,
		    struct err *e);

/* --- the handlers, one file per group --- */
cmd_fn	cmd_node_init;
cmd_fn	cmd_show_cert_list_own, cmd_show_cert_own, cmd_show_ctl, cmd_show_itl;
cmd_fn	cmd_show_status, cmd_show_version;
cmd_fn	cmd_param_set, cmd_param_show;
cmd_fn	cmd_phone_add, cmd_phone_import, cmd_phone_list, cmd_phone_remove;
cmd_fn	cmd_phone_show;
cmd_fn	cmd_file_delete, cmd_file_list, cmd_file_verify, cmd_file_view;
cmd_fn	cmd_explain;
cmd_fn	cmd_service_list, cmd_service_restart, cmd_service_start;
cmd_fn	cmd_service_stop;
cmd_fn	cmd_watch_tftp;
cmd_fn	cmd_help, cmd_complete;

#endif
