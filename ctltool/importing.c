/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See importing.h.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ctltool/importing.h"

#define BAD_SHOWN	1000	/* lines reported one by one */

static void
bad_line(void *arg, int64_t line, const char *why)
{
	char vis[OUT_VIS_MAX];
	struct importing *im = arg;

	if (im->nbad++ >= BAD_SHOWN)
		return;
	bar_wipe(&im->bar);
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
	int64_t ms = clock_mono_ms(im->c->clk) - im->began_ms;

	bar_draw(&im->bar, done, total, "%" PRId64 " rows/s",
	    im->res->rows * 1000 / (ms > 0 ? ms : 1));
}

static void
summary(struct importing *im)
{
	const struct phone_import *res = im->res;
	struct ctl *c = im->c;

	bar_wipe(&im->bar);
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

static void
audit_init(struct importing *im, struct ctl_audit *a,
    const struct phone_import *res)
{
	ctl_audit_init(im->c, a, "%.100s: %" PRId64 " added, %" PRId64
	    " changed, %" PRId64 " failed", im->file, res->added,
	    res->changed, res->failed);
	a->row.at = im->now;	/* a transaction reads no clock */
}

/* With the last of them, so that none is in without it. */
static int
audit_end(void *arg, struct db *db, const struct phone_import *all,
    struct err *e)
{
	struct ctl_audit a;

	if (all->added + all->changed == 0)
		return ERR_OK;
	audit_init(arg, &a, all);
	return ctl_audit_add(db, &a, e);
}

/* It was cut: what is in is in, whatever became of the rest. */
static void
audit_cut(struct importing *im)
{
	struct ctl_audit a;

	if (im->res->added + im->res->changed == 0)
		return;
	audit_init(im, &a, im->res);
	if (ctl_audit_put(im->c, &a, NULL) != ERR_OK)
		out_warn(im->c->out, "%s of %.80s are in, but not in the "
		    "audit log", im->what, im->file);
}

/* The rows are in; what of them failed decides the exit status. */
static int
conclude(struct importing *im, struct err *e)
{
	const struct phone_import *res = im->res;
	struct ctl *c = im->c;

	if (res->added + res->changed > 0)
		out_changed(c->out);
	summary(im);
	if (res->failed == 0)
		return ERR_OK;
	c->exit = EXIT_PARTLY;
	return err_set(e, ERR_PROTO, "%" PRId64 " of %" PRId64 " lines of "
	    "%.80s failed: correct them and import the file again", res->failed,
	    res->rows, im->file);
}

void
importing_init(struct importing *im, struct ctl *c, const char *what,
    const struct phone_import *res, struct phone_import_calls *calls)
{
	*im = (struct importing){
		.c = c, .file = cmd_get(c->line, "FILE"), .what = what,
		.bar = bar_of(c->out), .res = res, .bad = json_array(),
		.began_ms = clock_mono_ms(c->clk),
		.now = clock_wall_s(c->clk),
	};
	calls->bad = bad_line;
	calls->progress = progress;
	calls->end = audit_end;
	calls->arg = im;
	calls->rng = c->rng;
}

void
importing_clear(struct importing *im)
{
	json_decref(im->bad);
}

int
importing_end(struct importing *im, int ret, struct err *e)
{
	const struct phone_import *res = im->res;

	bar_wipe(&im->bar);
	if (ret == ERR_OK)
		return conclude(im, e);
	/* A part may be in: importing again is safe. */
	im->c->exit = res->added + res->changed > 0 ? EXIT_PARTLY :
	    ret == ERR_PROTO ? EXIT_FAILED : 0;
	audit_cut(im);
	if (res->rows > 0)
		summary(im);
	(void)err_wrap(e, "%.80s", im->file);
	return ret;
}
