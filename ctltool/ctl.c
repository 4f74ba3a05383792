/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One run: parse, do, say how it went.  See ctl.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "ctltool/batch.h"
#include "ctltool/ctl.h"
#include "ctltool/help.h"
#include "ctltool/pager.h"
#include "ctltool/rehearse.h"
#include "ctltool/role.h"
#include "ctltool/secret_in.h"
#include "ctltool/shell.h"
#include "proc/proc.h"

#define OFFSET_MAX	(200LL * 366 * 86400)	/* --time-offset, seconds */

enum ctl_exit
ctl_exit_of(int code)
{
	switch (code) {
	case ERR_OK:
		return EXIT_DONE;
	case ERR_ARG:
		return EXIT_USAGE;
	case ERR_PROTO:
	case ERR_LIMIT:
	case ERR_VERIFY:
	case ERR_REFUSED:
		return EXIT_REFUSED;
	case ERR_UNREACHABLE:
		return EXIT_UNREACHED;
	case ERR_UNKNOWN:
		return EXIT_UNSETTLED;
	default:
		return EXIT_FAILED;
	}
}

int
ctl_denied(int ret, struct err *e)
{
	char why[ERR_MSG_MAX];

	if ((ret != ERR_DENIED && e->sys != EACCES && e->sys != EPERM) ||
	    geteuid() == 0 || strstr(e->msg, "run as ") != NULL)
		return ret;
	memcpy(why, e->msg, sizeof(why));
	return err_set(e, ret, "%.200s: run ctltool as root or as the "
	    "owner of the state folder", why);
}

bool
ctl_is_rehearsal(const struct ctl *c)
{
	return c->line->dry_run;
}

int
ctl_begin(struct ctl *c, enum db_open_mode mode, struct err *e)
{
	int ret;

	ret = node_open(&c->node, state_path(c->line->state), mode, e);
	if (ret != ERR_OK)
		return ctl_denied(ret, e);
	c->have_node = true;
	if (c->line->time_offset != NULL && !c->node.cluster.test)
		return err_set(e, ERR_REFUSED, "--time-offset is for states "
		    "made by node init --test only: leave it out");
	return role_check(c, e);
}

int
ctl_open(struct ctl *c, enum db_open_mode mode, struct err *e)
{
	int ret;

	if (mode == DB_WRITE && !(c->line->cmd->flags & CMD_WRITES))
		return err_set(e, ERR_BADSTATE, "the command table says that "
		    "%s changes nothing: this is a fault of ctltool",
		    c->line->cmd->words);
	if (!c->have_node)
		return ctl_begin(c, mode, e);
	/* A command before this one may have changed the node itself. */
	if ((ret = node_reload(&c->node, e)) != ERR_OK)
		return ret;
	return role_check(c, e);
}

int
ctl_tx(struct ctl *c, db_fn *fn, void *arg, struct err *e)
{
	return db_result_err(db_tx(c->node.db, fn, arg, e), e);
}

int
ctl_read_file(const struct ctl *c, const char *name, size_t max,
    uint8_t **buf, size_t *len, struct err *e)
{
	int ret = file_read(c->cwdfd, name, max, buf, len, e);

	/* A folder is no fault in the words of the command. */
	if (ret == ERR_ARG && e != NULL)
		e->code = ret = ERR_IO;
	return ret;
}

void
ctl_account(char *out, size_t outlen)
{
	const struct passwd *pw;
	uid_t uid = role_uid();

	pw = getpwuid(uid);
	if (pw == NULL || !str_copy(out, outlen, pw->pw_name))
		(void)snprintf(out, outlen, "uid %u", (unsigned)uid);
}

void
ctl_audit_init(struct ctl *c, struct ctl_audit *a, const char *fmt, ...)
{
	va_list ap;

	*a = (struct ctl_audit){ .row.at = clock_wall_s(c->clk) };
	(void)str_copy(a->row.node, sizeof(a->row.node), c->node.row.name);
	(void)str_copy(a->row.command, sizeof(a->row.command),
	    c->line->cmd->words);
	ctl_account(a->row.account, sizeof(a->row.account));
	va_start(ap, fmt);
	(void)vsnprintf(a->detail, sizeof(a->detail), fmt, ap);
	va_end(ap);
}

int
ctl_audit_add(struct db *db, const struct ctl_audit *a, struct err *e)
{
	struct row_audit row = a->row;
	char detail[sizeof(a->detail)];

	memcpy(detail, a->detail, sizeof(detail));
	row.detail = detail;
	return row_audit_add(db, &row, e);
}

static int
audit_tx(struct db *db, void *arg, struct err *e)
{
	return ctl_audit_add(db, arg, e);
}

int
ctl_audit_put(struct ctl *c, struct ctl_audit *a, struct err *e)
{
	return ctl_tx(c, audit_tx, a, e);
}

static int
set_clock(const struct cmd_line *l, struct err *e)
{
	int64_t s;

	if (l->time_offset == NULL)
		return ERR_OK;
	if (str_to_i64(l->time_offset, -OFFSET_MAX, OFFSET_MAX, &s, e) !=
	    ERR_OK)
		return err_wrap(e, "--time-offset");
	clock_set_offset(s);
	return ERR_OK;
}

/* With the state open where the command is to run in a transaction. */
static int
run_handler(struct ctl *c, struct err *e)
{
	const struct cmd *cmd = c->line->cmd;
	int ret;

	if (cmd->level > LEVEL_VIEWER &&
	    (ret = role_check_early(c, e)) != ERR_OK)
		return ret;
	if (ctl_is_rehearsal(c) && (cmd->flags & CMD_WRITES) && !c->in_group)
		return rehearse(c, e);
	return cmd->fn(c, e);
}

int
ctl_prepare(struct ctl *c, struct err *e)
{
	if (set_clock(c->line, e) != ERR_OK)
		return ERR_ARG;
	c->cwdfd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->cwdfd == -1)
		return err_sys(e, ERR_IO, "the folder ctltool was called in");
	return ERR_OK;
}

int
ctl_end(struct ctl *c, struct err *e)
{
	int ret = ERR_OK;

	if (c->have_node)
		node_close(&c->node);
	c->have_node = false;
	secret_in_clear(c);
	if (c->cwdfd == -1)
		return ERR_OK;
	if (fchdir(c->cwdfd) == -1)
		ret = err_sys(e, ERR_IO, "the folder ctltool was called in");
	(void)close(c->cwdfd);
	c->cwdfd = -1;
	return ret;
}

static int
run(struct ctl *c, struct err *e)
{
	int ret, end;

	if ((ret = ctl_prepare(c, e)) != ERR_OK)
		return ret;
	ret = run_handler(c, e);
	end = ctl_end(c, ret == ERR_OK ? e : NULL);
	return ret != ERR_OK ? ret : end;
}

static int
run_in_group(struct ctl *c, struct err *e)
{
	int ret = role_check(c, e);

	return ret != ERR_OK ? ret : c->line->cmd->fn(c, e);
}

/* What is asked for without a command: version, help. */
static int
run_bare(struct ctl *c, struct err *e)
{
	if (c->line->version)
		return cmd_show_version(c, e);
	help_about(c->out, c->line->rest);
	return c->line->help ? ERR_OK :
	    err_set(e, ERR_ARG, "no command: give one of these");
}

int
ctl_run(struct ctl *c, struct err *e)
{
	const struct cmd_line *l = c->line;

	if (l->cmd == NULL || l->version)
		return run_bare(c, e);
	if (l->help) {
		help_about(c->out, l->cmd->words);
		return ERR_OK;
	}
	return c->in_group ? run_in_group(c, e) : run(c, e);
}

int
ctl_status(const struct ctl *c, int ret)
{
	int status = c->exit != 0 ? c->exit : (int)ctl_exit_of(ret);

	/* EXIT_FAILED promises that nothing changed. */
	return status == EXIT_FAILED && c->out->changed && !c->in_group ?
	    EXIT_PARTLY : status;
}

/* The command that the answer is one of. */
static const char *
called(const struct cmd_line *l)
{
	if (l->version)
		return "show version";
	if (l->help)
		return "help";
	return l->cmd != NULL ? l->cmd->words : "";
}

int
ctl_one(const struct cmd_line *l, int ret, struct err *e)
{
	struct out o = { .to = NULL };
	struct ctl c = {
		.line = l, .out = &o, .clk = clock_system(),
		.rng = rng_system(), .cwdfd = -1,
	};
	char *text = NULL, vis[OUT_VIS_MAX];
	FILE *to = stdout;
	size_t len = 0;
	int status;

	if (pager_wanted(l) && (to = open_memstream(&text, &len)) == NULL)
		to = stdout;
	if (out_init(&o, l->json, to, stderr, NULL) != ERR_OK)
		return EXIT_FAILED;
	o.dry_run = l->dry_run;
	if (ret == ERR_OK)
		ret = ctl_run(&c, e);
	status = ctl_status(&c, ret);
	if (ret == ERR_OK)
		e->code = ERR_OK;
	else if (ret == ERR_ARG && l->json)
		(void)fprintf(stderr, "ctltool: %s\n", out_vis(e->msg, vis));
	status = out_finish(&o, called(l), status, e);
	out_clear(&o);
	if (to != stdout) {
		(void)fclose(to);
		pager_show(text, len);
		free(text);
	}
	return status;
}

int
ctl_main(int argc, char **argv)
{
	struct err e = { .code = ERR_OK };
	struct cmd_line l;
	int ret;

	log_init("ctltool", LOG_ERR, LOG_TEXT);
	/* Keys and passwords are in it; where that cannot be had, as before. */
	(void)proc_no_dump(NULL);
	ret = cmd_parse(&l, argc > 0 ? argc - 1 : 0, argv + 1, &e);
	if (ret == ERR_OK && l.batch != NULL && !l.help && !l.version)
		return batch_main(&l);
	if (ret == ERR_OK && !l.help && !l.version && (l.cmd == NULL ?
	    shell_wanted() : l.cmd->fn == cmd_shell))
		return shell_main(&l);
	return ctl_one(&l, ret, &e);
}

/* Only reached when nothing follows the word. */
int
cmd_preflight(struct ctl *c, struct err *e)
{
	return err_set(e, ERR_ARG, "%s needs a command", c->line->cmd->words);
}

int
ctl_observed(struct ctl *c, struct db **db, struct err *e)
{
	struct err why = { .code = ERR_OK };

	*db = db_open(c->node.statefd, OBSERVED_FILE, DB_READ, &why);
	if (*db != NULL || why.code == ERR_NOTFOUND || why.code == ERR_SCHEMA)
		return ERR_OK;
	return err_set(e, why.code, "%s", why.msg);
}
