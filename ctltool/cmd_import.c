/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone import.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "trust/phone.h"

#define BAD_SHOWN	1000	/* lines reported one by one */
#define BAR_WIDTH	40

struct importing {
	struct ctl	*c;
	bool		 bar;		/* stderr is a terminal */
	bool		 bar_drawn;
	json_t		*bad;
	int64_t		 nbad;
};

static void
bar_wipe(struct importing *im)
{
	if (im->bar_drawn)
		out_progress(im->c->out, "\r\033[K");
	im->bar_drawn = false;
}

static void
bad_line(void *arg, int64_t line, const char *why)
{
	char vis[OUT_VIS_MAX];
	struct importing *im = arg;

	if (im->nbad++ >= BAD_SHOWN)
		return;
	bar_wipe(im);
	out_progress(im->c->out, "line %" PRId64 ": %s\n", line,
	    out_vis(why, vis));
	if (json_array_append_new(im->bad, json_pack("{s:I, s:o}", "line",
	    (json_int_t)line, "why", out_str(why))) != 0)
		im->c->out->nomem = true;
}

static void
progress(void *arg, int64_t done, int64_t total)
{
	struct importing *im = arg;
	int filled;

	if (!im->bar || total <= 0)
		return;
	filled = (int)(done * BAR_WIDTH / total);
	out_progress(im->c->out, "\r[%.*s%*s] %3d%%", filled,
	    "########################################",
	    BAR_WIDTH - filled, "", (int)(done * 100 / total));
	im->bar_drawn = true;
}

static void
summary(struct importing *im, const struct phone_import *res)
{
	struct ctl *c = im->c;

	bar_wipe(im);
	if (im->nbad > BAD_SHOWN)
		out_progress(c->out, "... and %" PRId64 " bad lines more\n",
		    im->nbad - BAD_SHOWN);
	out_text(c->out, "%" PRId64 " lines: %" PRId64 " added, %" PRId64
	    " changed, %" PRId64 " as they were, %" PRId64 " failed\n",
	    res->rows, res->added, res->changed, res->same, res->failed);
	out_result(c->out, json_pack("{s:I, s:I, s:I, s:I, s:I, s:O}",
	    "rows", (json_int_t)res->rows, "added", (json_int_t)res->added,
	    "changed", (json_int_t)res->changed,
	    "same", (json_int_t)res->same,
	    "failed", (json_int_t)res->failed, "failed_lines", im->bad));
}

static int
audit_tx(struct db *db, void *arg, struct err *e)
{
	return ctl_audit_add(db, arg, e);
}

/* What is in is in, whatever became of the rest. */
static int
audit(struct importing *im, const char *file, const struct phone_import *res,
    struct err *e)
{
	struct ctl *c = im->c;
	struct ctl_audit a;
	int ret;

	if (res->added + res->changed == 0)
		return ERR_OK;
	ctl_audit_init(c, &a, "%.100s: %" PRId64 " added, %" PRId64
	    " changed, %" PRId64 " failed", file, res->added, res->changed,
	    res->failed);
	if ((ret = ctl_tx(c, audit_tx, &a, e)) != ERR_OK) {
		c->exit = EXIT_PARTLY;
		(void)err_wrap(e, "the phones are in, but not in the audit "
		    "log");
	}
	return ret;
}

/* The rows are in; what of them failed decides the exit status. */
static int
conclude(struct importing *im, const char *file,
    const struct phone_import *res, struct err *e)
{
	struct ctl *c = im->c;
	int ret;

	ret = audit(im, file, res, e);
	summary(im, res);
	if (ret != ERR_OK)
		return ret;
	if (res->failed == 0)
		return ERR_OK;
	c->exit = EXIT_PARTLY;
	return err_set(e, ERR_PROTO, "%" PRId64 " of %" PRId64 " lines of "
	    "%.80s failed: correct them and import the file again", res->failed,
	    res->rows, file);
}

int
cmd_phone_import(struct ctl *c, struct err *e)
{
	const char *file = cmd_get(c->line, "FILE");
	struct importing im = {
		.c = c, .bar = isatty(STDERR_FILENO), .bad = json_array(),
	};
	struct phone_import res = { .rows = 0 };
	uint8_t *csv = NULL;
	size_t len;
	int ret;

	if ((ret = ctl_read_file(c, file, PHONE_CSV_MAX, &csv, &len, e)) !=
	    ERR_OK || (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		goto out;
	ret = phone_import_csv(c->node.db, csv, len, clock_wall_s(c->clk),
	    &res, bad_line, progress, &im, e);
	if (ret != ERR_OK) {
		/* A part may be in: importing again is safe. */
		c->exit = res.added + res.changed > 0 ? EXIT_PARTLY :
		    ret == ERR_PROTO ? EXIT_FAILED : 0;
		(void)audit(&im, file, &res, NULL);
		if (res.rows > 0)
			summary(&im, &res);
		(void)err_wrap(e, "%.80s", file);
		goto out;
	}
	ret = conclude(&im, file, &res, e);
out:
	json_decref(im.bad);
	free(csv);
	return ret;
}
