/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One run of a command: what the handlers share.
 *
 * A handler opens the state with ctl_open and writes with ctl_tx.  Under
 * --dry-run and in a batch both happen within one transaction of the caller,
 * so a handler of a command that writes
 * - has CMD_WRITES in the table, or it cannot open the state for writing;
 * - takes time and random bytes from c->clk and c->rng only, because it may
 *   be run again from its start;
 * - acts outside of the database only with CMD_OUTSIDE in the table, and not
 *   when ctl_is_rehearsal().
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

enum ctl_role {
	ROLE_NOT_ASKED,
	ROLE_NONE,
	ROLE_VIEWER,
	ROLE_OPERATOR,
	ROLE_OWNER,
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
	bool		 in_group;	/* within a transaction of the caller */
	bool		 in_batch;	/* that of several commands */
	struct secret_typed *typed;	/* secret_in.h: given at this run */
	enum ctl_role	 role;		/* of the account, once asked */
	int		 exit;		/* a handler's own choice; 0: by error */
};

/* main() of ctltool. */
int		 ctl_main(int argc, char **argv);

/* The exit status that goes with an error code. */
enum ctl_exit	 ctl_exit_of(int code);

/*
 * Open the state folder of --state, $PHONETRUST_STATE or the default, and
 * check that the account may give this command.  Once a run; closed by
 * ctl_run.  Within a transaction of the caller it is open already.  e may not
 * be NULL.
 */
int		 ctl_open(struct ctl *c, enum db_open_mode mode,
		    struct err *e);

/* --dry-run: the transaction will be rolled back; leave the rest alone too. */
bool		 ctl_is_rehearsal(const struct ctl *c);

/* Before and after commands: clock and folder; state and folder again. */
int		 ctl_prepare(struct ctl *c, struct err *e);
int		 ctl_end(struct ctl *c, struct err *e);

/* Open the state for a group of commands; ctl_open then finds it open. */
int		 ctl_begin(struct ctl *c, enum db_open_mode mode,
		    struct err *e);

/*
 * Do what the line asks for: the command, its rehearsal or its help.  c is
 * filled up to cwdfd and may be in a group of the caller.
 */
int		 ctl_run(struct ctl *c, struct err *e);

/* Run one parsed line (ret, e: what cmd_parse said) on the standard streams;
 * its exit status. */
int		 ctl_one(const struct cmd_line *l, int ret, struct err *e);

/* The exit status of a run that gave ret. */
int		 ctl_status(const struct ctl *c, int ret);

/* ret, with the cure added to e when this account may not open the state. */
int		 ctl_denied(int ret, struct err *e);

/* db_tx folded into the error idiom. */
int		 ctl_tx(struct ctl *c, db_fn *fn, void *arg, struct err *e);

/* observed.db, to read, of the open node; db_close() it.  *db NULL: nothing
 * was observed yet. */
int		 ctl_observed(struct ctl *c, struct db **db, struct err *e);

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
/* In a transaction of its own: of what acted outside of the database. */
int		 ctl_audit_put(struct ctl *c, struct ctl_audit *a,
		    struct err *e);

/* --- the handlers, one file per group --- */
cmd_fn	cmd_mic_allow_add, cmd_mic_allow_list, cmd_mic_allow_remove;
cmd_fn	cmd_node_init;
cmd_fn	cmd_show_cert_list_own, cmd_show_cert_own, cmd_show_ctl, cmd_show_itl;
cmd_fn	cmd_cert_promote, cmd_cert_purge, cmd_cert_regen, cmd_cert_rollback;
cmd_fn	cmd_cert_export, cmd_file_get_recovery;
cmd_fn	cmd_default_ca_disable, cmd_default_ca_enable;
cmd_fn	cmd_show_default_ca_list, cmd_show_tls_min_version;
cmd_fn	cmd_tls_min_version;
cmd_fn	cmd_cert_delete, cmd_cert_subject, cmd_cert_undelete;
cmd_fn	cmd_show_cert_list_trust, cmd_show_cert_trust;
cmd_fn	cmd_cert_alarm_password, cmd_cert_alarm_test, cmd_cert_check;
cmd_fn	cmd_cert_plan, cmd_show_cert_expiry;
cmd_fn	cmd_show_status, cmd_show_tvs_asks, cmd_show_version;
cmd_fn	cmd_crl_delete, cmd_crl_import, cmd_show_crl;
cmd_fn	cmd_csr_gen, cmd_show_csr_list_own, cmd_show_csr_list_trust;
cmd_fn	cmd_show_csr_own;
cmd_fn	cmd_capf_ca_certificate;
cmd_fn	cmd_capf_ca_password, cmd_capf_cert_import, cmd_capf_csr_count;
cmd_fn	cmd_capf_csr_delete, cmd_capf_csr_dump, cmd_capf_csr_list;
cmd_fn	cmd_cert_bulk_consolidate, cmd_cert_bulk_export;
cmd_fn	cmd_cert_bulk_import;
cmd_fn	cmd_cert_import_own, cmd_cert_import_trust, cmd_cert_chain_for;
cmd_fn	cmd_srst_accept, cmd_srst_add, cmd_srst_check, cmd_srst_fetch;
cmd_fn	cmd_srst_list, cmd_srst_remove, cmd_srst_set, cmd_srst_show;
cmd_fn	cmd_param_set, cmd_param_show;
cmd_fn	cmd_phone_add, cmd_phone_copy, cmd_phone_export, cmd_phone_import;
cmd_fn	cmd_phone_list, cmd_phone_remove, cmd_phone_set, cmd_phone_show;
cmd_fn	cmd_phone_login, cmd_phone_logout, cmd_report_user_hashes;
cmd_fn	cmd_user_add, cmd_user_export, cmd_user_import, cmd_user_list;
cmd_fn	cmd_user_passwd, cmd_user_pin;
cmd_fn	cmd_user_remove, cmd_user_set, cmd_user_show, cmd_user_verify;
cmd_fn	cmd_profile_add, cmd_profile_copy, cmd_profile_list;
cmd_fn	cmd_profile_remove, cmd_profile_rename, cmd_profile_set;
cmd_fn	cmd_profile_show;
cmd_fn	cmd_report_sbd, cmd_show_models;
cmd_fn	cmd_file_delete, cmd_file_list, cmd_file_verify, cmd_file_view;
cmd_fn	cmd_file_dump, cmd_file_get, cmd_file_search, cmd_file_tail;
cmd_fn	cmd_explain;
cmd_fn	cmd_run_sql;
cmd_fn	cmd_service_list, cmd_service_restart, cmd_service_start;
cmd_fn	cmd_service_stop;
cmd_fn	cmd_help, cmd_complete, cmd_preflight;
cmd_fn	cmd_shell, cmd_exit, cmd_pagination;
cmd_fn	cmd_watch_rollout, cmd_watch_tftp;
cmd_fn	cmd_capf_authstring, cmd_capf_cancel, cmd_capf_delete;
cmd_fn	cmd_capf_fetch, cmd_capf_install, cmd_capf_keep_alive;
cmd_fn	cmd_capf_lsc_list, cmd_capf_pause, cmd_capf_profile_add;
cmd_fn	cmd_capf_profile_list, cmd_capf_profile_remove;
cmd_fn	cmd_capf_profile_set, cmd_capf_profile_show, cmd_capf_resume;
cmd_fn	cmd_capf_revoke, cmd_capf_stale_delete, cmd_capf_stale_list;
cmd_fn	cmd_capf_status;

#endif
