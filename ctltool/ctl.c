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
#include "ctltool/ctl.h"
#include "ctltool/help.h"

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

int
ctl_open(struct ctl *c, enum db_open_mode mode, struct err *e)
{
	int ret;

	ret = node_open(&c->node, state_path(c->line->state), mode, e);
	if (ret != ERR_OK)
		return ctl_denied(ret, e);
	c->have_node = true;
	if (c->line->time_offset != NULL && !c->node.cluster.test)
		return err_set(e, ERR_REFUSED, "--time-offset is for states "
		    "made by node init --test only: leave it out");
	return ERR_OK;
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
	const char *sudo = getenv("SUDO_UID");
	const struct passwd *pw;
	uid_t uid = getuid();
	int64_t v;

	if (uid == 0 && sudo != NULL &&
	    str_to_i64(sudo, 0, UINT32_MAX, &v, NULL) == ERR_OK)
		uid = (uid_t)v;
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

static int
run(struct ctl *c, struct err *e)
{
	int ret;

	if (set_clock(c->line, e) != ERR_OK)
		return ERR_ARG;
	c->cwdfd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->cwdfd == -1)
		return err_sys(e, ERR_IO, "the folder ctltool was called in");
	ret = c->line->cmd->fn(c, e);
	if (c->have_node)
		node_close(&c->node);
	(void)close(c->cwdfd);
	return ret;
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

static int
dispatch(struct ctl *c, struct err *e)
{
	const struct cmd_line *l = c->line;

	if (l->cmd == NULL || l->version)
		return run_bare(c, e);
	if (l->help) {
		help_about(c->out, l->cmd->words);
		return ERR_OK;
	}
	return run(c, e);
}

int
ctl_main(int argc, char **argv)
{
	struct err e = { .code = ERR_OK };
	struct cmd_line l;
	struct out o = { .to = NULL };
	struct ctl c = {
		.line = &l, .out = &o, .clk = clock_system(),
		.rng = rng_system(), .cwdfd = -1,
	};
	int ret, status;

	log_init("ctltool", LOG_ERR, LOG_TEXT);
	ret = cmd_parse(&l, argc > 0 ? argc - 1 : 0, argv + 1, &e);
	if (out_init(&o, l.json, stdout, stderr, NULL) != ERR_OK)
		return EXIT_FAILED;
	if (ret == ERR_OK)
		ret = dispatch(&c, &e);
	status = c.exit != 0 ? c.exit : (int)ctl_exit_of(ret);
	if (status == EXIT_FAILED && o.changed)
		status = EXIT_PARTLY;	/* that promises nothing changed */
	if (ret == ERR_OK)
		e.code = ERR_OK;
	else if (ret == ERR_ARG && l.json)
		(void)fprintf(stderr, "ctltool: %s\n", e.msg);
	status = out_finish(&o, l.cmd != NULL ? l.cmd->words : "", status,
	    &e);
	out_clear(&o);
	return status;
}
