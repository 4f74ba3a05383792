/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates of folders, see cert_folder.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctltool/ask.h"
#include "ctltool/bar.h"
#include "ctltool/cert_folder.h"
#include "ctltool/cert_walk.h"
#include "ctltool/secret_in.h"
#include "trust/cert_import_many.h"

#define BAD_SHOWN	1000	/* files reported one by one */
#define BAR_FILES	64	/* between two drawings */

struct folder {
	struct ctl		*c;
	const struct trust_unit_def *t;
	struct cert_walk	 walk;
	size_t			 at;		/* file to read next */
	struct bar		 bar;
	bool			 told;		/* what fails was said */
	int64_t			 now;
	json_t			*bad;
	int64_t			 nbad;
};

static bool
changes(const struct import_many *res)
{
	return res->added + res->returned > 0;
}

bool
cert_folder_named(const struct ctl *c)
{
	const char *file;

	for (size_t i = 0; (file = cmd_get_n(c->line, "FILE", i)) != NULL; i++)
		if (cert_walk_is_folder(c->cwdfd, file))
			return true;
	return false;
}

/* --- what import_many() asks and tells --- */

static void
progress(void *arg, const struct import_many *res)
{
	struct folder *f = arg;

	if (f->at % BAR_FILES == 0)
		bar_draw(&f->bar, (int64_t)f->at, (int64_t)f->walk.n,
		    "%zu of %zu files, %" PRId64 " failed", f->at, f->walk.n,
		    res->failed);
}

static int
next_file(void *arg, const char **name, uint8_t **buf, size_t *len,
    struct err *e)
{
	struct folder *f = arg;

	if (f->at == f->walk.n)
		return ERR_OK;
	*name = f->walk.name[f->at++];
	return ctl_read_file(f->c, *name, CONTAINER_FILE_MAX, buf, len, e);
}

static void
bad_file(void *arg, const char *name, const char *why)
{
	char vis[OUT_VIS_MAX], whyvis[OUT_VIS_MAX];
	struct folder *f = arg;

	if (f->told || f->nbad++ >= BAD_SHOWN)
		return;
	bar_wipe(&f->bar);
	out_progress(f->c->out, "%s: %s\n", out_vis(name, vis),
	    out_vis(why, whyvis));
	if (json_array_append_new(f->bad, json_pack("{s:o, s:o}", "file",
	    out_str(name), "why", out_str(why))) != 0)
		f->c->out->nomem = true;
}

static void
warn_line(void *arg, const char *line)
{
	char vis[OUT_VIS_MAX];
	struct folder *f = arg;

	if (f->told)
		return;
	bar_wipe(&f->bar);
	out_warn(f->c->out, "%s", out_vis(line, vis));
}

static const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void
audit_init(struct folder *f, struct ctl_audit *a,
    const struct import_many *res)
{
	ctl_audit_init(f->c, a, "%s: %.100s, %" PRId64 " added, %" PRId64
	    " returned, %" PRId64 " file%s failed", f->t->name,
	    cmd_get(f->c->line, "FILE"), res->added, res->returned,
	    res->failed, plural(res->failed));
	a->row.at = f->now;	/* a transaction reads no clock */
}

static int
audit_end(void *arg, struct db *db, const struct import_many *all,
    struct err *e)
{
	struct ctl_audit a;

	if (!changes(all))
		return ERR_OK;
	audit_init(arg, &a, all);
	return ctl_audit_add(db, &a, e);
}

/* It was cut: what is in is in. */
static void
audit_cut(struct folder *f, const struct import_many *res)
{
	struct ctl_audit a;

	if (!changes(res))
		return;
	f->c->exit = EXIT_PARTLY;
	audit_init(f, &a, res);
	if (ctl_audit_put(f->c, &a, NULL) != ERR_OK)
		out_warn(f->c->out, "certificates are in, but not in the audit "
		    "log");
}

/* --- the passes --- */

static int
pass(struct folder *f, struct import_many_how *how, bool look,
    struct import_many *res, struct err *e)
{
	const struct import_many_calls calls = { .next = next_file,
	    .bad = bad_file, .progress = progress, .warn = warn_line,
	    .end = audit_end, .arg = f };
	int ret;

	how->look = look;
	f->at = 0;
	ret = import_many(&f->c->node, how, f->now, res, &calls, e);
	bar_wipe(&f->bar);
	if (ret == ERR_OK && !f->told && f->nbad > BAD_SHOWN)
		out_progress(f->c->out, "... and %" PRId64 " files more that "
		    "failed\n", f->nbad - BAD_SHOWN);
	f->told = true;
	return ret;
}

/* What would happen, before anybody is asked. */
static int
look_and_ask(struct folder *f, struct import_many_how *how,
    struct import_many *res, struct err *e)
{
	int ret;

	if ((ret = pass(f, how, true, res, e)) != ERR_OK || !changes(res))
		return ret;
	out_text(f->c->out, "Effect:\n  %-19s + %" PRId64 " certificates, %"
	    PRId64 " of them were removed before\n", f->t->name,
	    res->added + res->returned, res->returned);
	if (res->failed > 0)
		out_text(f->c->out, "  %-19s   %" PRId64 " of %" PRId64
		    " files, named above, are left out\n", "", res->failed,
		    res->files);
	return ask_confirm(f->c, "Do you want to continue?", e);
}

static int
conclude(struct folder *f, const struct import_many *res, struct err *e)
{
	struct ctl *c = f->c;
	bool changed = changes(res);

	if (changed)
		out_changed(c->out);
	out_text(c->out, "%" PRId64 " file%s: %" PRId64 " certificate%s added, "
	    "%" PRId64 " returned, %" PRId64 " there already, %" PRId64
	    " expired and left out; %" PRId64 " file%s failed\n", res->files,
	    plural(res->files), res->added, plural(res->added), res->returned,
	    res->same, res->expired, res->failed, plural(res->failed));
	out_result(c->out, json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I,"
	    " s:O}", "store", f->t->name, "changed", changed, "files",
	    (json_int_t)res->files, "added", (json_int_t)res->added,
	    "returned", (json_int_t)res->returned, "same",
	    (json_int_t)res->same, "expired", (json_int_t)res->expired,
	    "failed", (json_int_t)res->failed, "failed_files", f->bad));
	if (res->failed + res->expired > 0)
		c->exit = EXIT_PARTLY;
	if (res->failed == 0)
		return ERR_OK;
	if (res->failed == res->files)
		c->exit = EXIT_FAILED;
	return err_set(e, ERR_PROTO, "%" PRId64 " of %" PRId64 " files "
	    "failed: see above; importing the folder again is safe",
	    res->failed, res->files);
}

static int
import(struct folder *f, struct import_many_how *how, struct err *e)
{
	struct ctl *c = f->c;
	struct import_many res;
	int ret;

	/* Nobody to be asked: once over the files is enough. */
	if (!c->line->yes && !ctl_is_rehearsal(c)) {
		if ((ret = look_and_ask(f, how, &res, e)) != ERR_OK)
			return ret;
		if (!changes(&res))
			return conclude(f, &res, e);
	}
	if ((ret = pass(f, how, false, &res, e)) != ERR_OK) {
		audit_cut(f, &res);
		return ret;
	}
	return conclude(f, &res, e);
}

static int
password(struct ctl *c, struct import_many_how *how, struct err *e)
{
	const char *from = cmd_get(c->line, "--password-file");
	const struct secret *text;
	int ret;

	if (from == NULL)
		return ERR_OK;
	if ((ret = secret_in_once(c, from, "password", &text, e)) == ERR_OK)
		how->password = (const char *)text->buf;
	return ret;
}

int
cert_folder_import(struct ctl *c, const struct trust_unit_def *t,
    const char *note, int64_t ttl, struct err *e)
{
	struct import_many_how how = { .unit = t->unit, .note = note,
	    .ttl = ttl, .flags = cmd_has(c->line, "--skip-expired") ?
	    IMPORT_SKIP_EXPIRED : 0 };
	struct folder f = { .c = c, .t = t, .bad = json_array(),
	    .bar = bar_of(c->out), .now = clock_wall_s(c->clk) };
	bool recursive = cmd_has(c->line, "--recursive");
	const char *file;
	int ret = password(c, &how, e);

	for (size_t i = 0; ret == ERR_OK &&
	    (file = cmd_get_n(c->line, "FILE", i)) != NULL; i++)
		ret = strcmp(file, "-") == 0 ? err_set(e, ERR_ARG, "standard "
		    "input and folders do not go together") :
		    cert_walk_add(&f.walk, c->cwdfd, file, recursive, e);
	if (ret == ERR_OK && f.walk.nfolders > 0)
		out_warn(c->out, "%zu folders below are left out: --recursive "
		    "takes them too", f.walk.nfolders);
	if (ret == ERR_OK && f.walk.n == 0)
		ret = err_set(e, ERR_NOTFOUND, "there is no file in it");
	if (ret == ERR_OK && (ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = import(&f, &how, e);
	cert_walk_clear(&f.walk);
	json_decref(f.bad);
	return ret;
}
