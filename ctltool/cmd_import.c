/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone import.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "crypt/secret.h"
#include "ctltool/bar.h"
#include "ctltool/ctl.h"
#include "ctltool/phone_json.h"
#include "trust/phone_import.h"
#include "trust/render.h"

#define BAD_SHOWN	1000	/* lines reported one by one */

struct importing {
	struct ctl	*c;
	const char	*file;
	struct bar	 bar;
	int64_t		 began_ms, now;
	struct phone_import res;
	json_t		*bad;
	int64_t		 nbad;
};

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
	    im->res.rows * 1000 / (ms > 0 ? ms : 1));
}

static void
summary(struct importing *im, const struct phone_import *res)
{
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

/* With the last of the phones, so that none is in without it. */
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
audit_cut(struct importing *im, const struct phone_import *res)
{
	struct ctl_audit a;

	if (res->added + res->changed == 0)
		return;
	audit_init(im, &a, res);
	if (ctl_audit_put(im->c, &a, NULL) != ERR_OK)
		out_warn(im->c->out, "phones of %.80s are in, but not in the "
		    "audit log", im->file);
}

/* Each once, with a line to look at. */
static void
advise(struct out *o, const struct phone_advice *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct phone_advice_row *r = &a->row[i];

		if (r->n == 1)
			out_warn(o, "line %" PRId64 ": %s", r->line, r->text);
		else
			out_warn(o, "line %" PRId64 " and %" PRId64 " more: %s",
			    r->line, r->n - 1, r->text);
	}
	if (a->more > 0)
		out_warn(o, "and %" PRId64 " warnings of other kinds",
		    a->more);
}

/* The rows are in; what of them failed decides the exit status. */
static int
conclude(struct importing *im, const struct phone_import *res, struct err *e)
{
	struct ctl *c = im->c;

	if (res->added + res->changed > 0)
		out_changed(c->out);
	summary(im, res);
	if (res->failed == 0)
		return ERR_OK;
	c->exit = EXIT_PARTLY;
	return err_set(e, ERR_PROTO, "%" PRId64 " of %" PRId64 " lines of "
	    "%.80s failed: correct them and import the file again", res->failed,
	    res->rows, im->file);
}

/* A file of column config stands beside the one that names it. */
static int
read_config(void *arg, const char *name, uint8_t **xml, size_t *len,
    struct err *e)
{
	struct importing *im = arg;
	const char *slash = strrchr(im->file, '/');
	char *path;
	int ret;

	if (name[0] == '/' || slash == NULL)
		return ctl_read_file(im->c, name, RENDER_XML_MAX, xml, len, e);
	path = str_printf("%.*s/%s", (int)(slash - im->file), im->file, name);
	if (path == NULL)
		return err_set(e, ERR_NOMEM, "%s", name);
	ret = ctl_read_file(im->c, path, RENDER_XML_MAX, xml, len, e);
	free(path);
	return ret;
}

static int
json_source(void *arg, struct phone_record *r, struct err *e)
{
	return phone_json_next(arg, r, e);
}

static int
import(struct importing *im, const uint8_t *buf, size_t len,
    const struct phone_import_calls *calls, struct err *e)
{
	struct phone_json j = phone_json_init(buf, len);
	const struct phone_source src = { .next = json_source, .arg = &j,
	    .done = &j.off, .total = len };

	if (phone_json_is(buf, len))
		return phone_import(im->c->node.db, &src, im->now, &im->res,
		    calls, e);
	return phone_import_csv(im->c->node.db, buf, len, im->now, &im->res,
	    calls, e);
}

int
cmd_phone_import(struct ctl *c, struct err *e)
{
	struct importing im = {
		.c = c, .file = cmd_get(c->line, "FILE"),
		.bar = bar_of(c->out), .bad = json_array(),
		.began_ms = clock_mono_ms(c->clk),
		.now = clock_wall_s(c->clk),
	};
	struct phone_import_calls calls = { .bad = bad_line,
	    .progress = progress, .end = audit_end, .read = read_config,
	    .arg = &im, .rng = c->rng };
	struct phone_advice advice = { .n = 0 };
	struct keyring *kr = NULL;
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	calls.advice = &advice;
	if ((ret = ctl_read_file(c, im.file, PHONE_CSV_MAX, &buf, &len, e)) !=
	    ERR_OK || (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		goto out;
	/* Without the key only a row with a secret fails, and says so. */
	calls.kr = kr = node_keyring(&c->node, KEYRING_CRED, NULL);
	ret = import(&im, buf, len, &calls, e);
	bar_wipe(&im.bar);
	advise(c->out, &advice);
	if (ret != ERR_OK) {
		/* A part may be in: importing again is safe. */
		c->exit = im.res.added + im.res.changed > 0 ? EXIT_PARTLY :
		    ret == ERR_PROTO ? EXIT_FAILED : 0;
		audit_cut(&im, &im.res);
		if (im.res.rows > 0)
			summary(&im, &im.res);
		(void)err_wrap(e, "%.80s", im.file);
		goto out;
	}
	ret = conclude(&im, &im.res, e);
out:
	phone_advice_clear(&advice);
	keyring_free(kr);
	json_decref(im.bad);
	secret_wipe(buf, len);
	free(buf);
	return ret;
}
