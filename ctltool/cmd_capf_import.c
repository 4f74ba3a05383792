/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf cert import, utils capf ca password.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctltool/bar.h"
#include "ctltool/cert_walk.h"
#include "ctltool/cluster_password.h"
#include "ctltool/ctl.h"
#include "ctltool/secret_in.h"
#include "trust/anchors.h"
#include "trust/capf_import.h"
#include "trust/cert_import.h"
#include "trust/enrol.h"
#include "trust/sealed.h"

#define SHOWN_MAX	1000	/* bad ones told one by one */
#define DRAW_EVERY	64	/* certificates between two drawings */

struct importing {
	struct ctl		*c;
	struct cert_walk	 walk;
	size_t			 at;
	struct bar		 bar;
	json_t			*issued, *bad, *issuers, *files;
	int64_t			 seen, shown;
	struct ctl_audit	 audit;
};

/* --- what capf_import() asks and tells --- */

static void
draw(struct importing *im)
{
	if (im->seen++ % DRAW_EVERY == 0)
		bar_draw(&im->bar, (int64_t)im->at, (int64_t)im->walk.n,
		    "%" PRId64 " certificates", im->seen);
}

static int
next_file(void *arg, const char **name, uint8_t **buf, size_t *len,
    struct err *e)
{
	struct importing *im = arg;

	if (im->at == im->walk.n)
		return ERR_OK;
	*name = im->walk.name[im->at++];
	return ctl_read_file(im->c, *name, CAPF_IMPORT_FILE_MAX, buf, len,
	    e);
}

static void
say_bad(struct importing *im, const char *what, const char *why)
{
	char vis[OUT_VIS_MAX], whyvis[OUT_VIS_MAX];

	if (im->shown++ >= SHOWN_MAX)
		return;
	bar_wipe(&im->bar);
	out_progress(im->c->out, "%s: %s\n", out_vis(what, vis),
	    out_vis(why, whyvis));
}

static void
add(struct importing *im, json_t *list, json_t *j)
{
	if (json_array_append_new(list, j) != 0)
		im->c->out->nomem = true;
}

static void
told(void *arg, enum capf_import_end end, const char *file,
    const char *device, const struct cert *c, const char *why)
{
	static const char *const word[CAPF_IMPORT_END_N] = {
		[CAPF_IMPORT_REFUSED] = "refused",
		[CAPF_IMPORT_HELD] = "held",
		[CAPF_IMPORT_KEPT] = "kept",
		[CAPF_IMPORT_UNKNOWN] = "unknown",
	};
	struct importing *im = arg;
	char name[IMPORT_NAME_MAX];

	draw(im);
	import_name(c, name);
	switch (end) {
	case CAPF_IMPORT_ISSUED:
		add(im, im->issued, out_str(device));
		return;
	case CAPF_IMPORT_ISSUER:
		add(im, im->issuers, out_str(name));
		return;
	case CAPF_IMPORT_REFUSED:
	case CAPF_IMPORT_HELD:
	case CAPF_IMPORT_KEPT:
	case CAPF_IMPORT_UNKNOWN:
		say_bad(im, device[0] != '\0' ? device : name, why);
		add(im, im->bad, json_pack("{s:s, s:o, s:o, s:o, s:o}",
		    "outcome", word[end], "name", device[0] != '\0' ?
		    out_str(device) : json_null(), "file", out_str(file),
		    "certificate", out_str(name), "why", out_str(why)));
		return;
	case CAPF_IMPORT_SAME:
	case CAPF_IMPORT_END_N:
		return;
	}
}

static void
bad_file(void *arg, const char *file, const char *why)
{
	struct importing *im = arg;
	size_t n = strlen(file);

	/* What could not be opened is named already. */
	if (strncmp(why, file, n) == 0 && strncmp(why + n, ": ", 2) == 0)
		why += n + 2;
	say_bad(im, file, why);
	add(im, im->files, json_pack("{s:o, s:o}", "file", out_str(file),
	    "why", out_str(why)));
}

/* --- the command --- */

static int
audit_tx(struct db *db, void *arg, struct err *e)
{
	return ctl_audit_add(db, arg, e);
}

static void
say_issuers(struct importing *im, const struct capf_import *res)
{
	if (res->n[CAPF_IMPORT_ISSUER] == 0)
		return;
	out_warn(im->c->out, "%" PRId64 " certificate%s of CAs not taken: set "
	    "cert import trust CAPF and set cert import trust CallManager "
	    "take them", res->n[CAPF_IMPORT_ISSUER],
	    res->n[CAPF_IMPORT_ISSUER] == 1 ? " is" : "s are");
}

static int
conclude(struct importing *im, const struct capf_import *res, struct err *e)
{
	struct ctl *c = im->c;
	const int64_t *n = res->n;
	int64_t bad = n[CAPF_IMPORT_REFUSED] + n[CAPF_IMPORT_HELD] +
	    n[CAPF_IMPORT_KEPT] + n[CAPF_IMPORT_UNKNOWN] + res->failed_files;

	if (im->shown > SHOWN_MAX)
		out_progress(c->out, "... and %" PRId64 " more\n",
		    im->shown - SHOWN_MAX);
	say_issuers(im, res);
	out_text(c->out, "%" PRId64 " file%s: %" PRId64 " certificates taken, "
	    "%" PRId64 " there already, %" PRId64 " kept until their issuer "
	    "is imported, %" PRId64 " refused, %" PRId64 " over no key that "
	    "was asked for; %" PRId64 " files failed\n",
	    res->files, res->files == 1 ? "" : "s", n[CAPF_IMPORT_ISSUED],
	    n[CAPF_IMPORT_SAME], n[CAPF_IMPORT_HELD],
	    n[CAPF_IMPORT_REFUSED] + n[CAPF_IMPORT_KEPT],
	    n[CAPF_IMPORT_UNKNOWN], res->failed_files);
	out_result(c->out, json_pack("{s:I, s:O, s:I, s:O, s:O, s:O}",
	    "files", (json_int_t)res->files, "issued", im->issued, "same",
	    (json_int_t)n[CAPF_IMPORT_SAME], "bad", im->bad, "issuers",
	    im->issuers, "failed_files", im->files));
	if (bad == 0)
		return ERR_OK;
	c->exit = n[CAPF_IMPORT_ISSUED] + n[CAPF_IMPORT_SAME] +
	    n[CAPF_IMPORT_HELD] > 0 ?
	    EXIT_PARTLY : EXIT_FAILED;
	return err_set(e, ERR_REFUSED, "%" PRId64 " of what was handed in %s "
	    "not taken, for the reasons above: correct that and import it "
	    "again%s", bad, bad == 1 ? "was" : "were", c->exit == EXIT_PARTLY ?
	    "; the rest is in, and stays as it is" : "");
}

static int
import(struct importing *im, const char *password, struct err *e)
{
	const struct capf_import_calls calls = { .next = next_file,
	    .told = told, .bad_file = bad_file, .arg = im };
	struct ctl *c = im->c;
	struct capf_import res;
	struct anchors_loop *anchors;
	struct enrol_clock clk;
	int ret;

	enrol_clock_init(&clk, c->clk);
	if ((anchors = anchors_once(c->node.db, &clk.clock, e)) == NULL)
		return e->code;
	ret = capf_import(c->node.db, anchors_now(anchors), password,
	    clock_wall_s(c->clk), &res, &calls, e);
	anchors_loop_free(anchors);
	bar_wipe(&im->bar);
	if (res.n[CAPF_IMPORT_ISSUED] + res.n[CAPF_IMPORT_REFUSED] +
	    res.n[CAPF_IMPORT_HELD] > 0) {
		out_changed(c->out);
		ctl_audit_init(c, &im->audit, "%" PRId64 " issued, %" PRId64
		    " refused, %" PRId64 " kept", res.n[CAPF_IMPORT_ISSUED],
		    res.n[CAPF_IMPORT_REFUSED], res.n[CAPF_IMPORT_HELD]);
		if (ctl_tx(c, audit_tx, &im->audit, NULL) != ERR_OK)
			out_warn(c->out, "certificates are in, but not in the "
			    "audit log");
	}
	return ret == ERR_OK ? conclude(im, &res, e) : ret;
}

static int
find_files(struct importing *im, struct err *e)
{
	bool recursive = cmd_has(im->c->line, "--recursive");
	const char *file;
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK &&
	    (file = cmd_get_n(im->c->line, "FILE", i)) != NULL; i++)
		ret = cert_walk_add(&im->walk, im->c->cwdfd, file, recursive,
		    e);
	if (ret == ERR_OK && im->walk.nfolders > 0)
		out_warn(im->c->out, im->walk.nfolders == 1 ? "%zu folder "
		    "below is left out: --recursive takes it too" :
		    "%zu folders below are left out: --recursive takes them "
		    "too", im->walk.nfolders);
	if (ret == ERR_OK && im->walk.n == 0)
		return err_set(e, ERR_NOTFOUND, "there is no file in it");
	return ret;
}

static int
get_password(struct ctl *c, const char **password, struct err *e)
{
	const char *from = cmd_get(c->line, "--password-file");
	const struct secret *text;
	int ret;

	*password = NULL;
	if (from == NULL)
		return ERR_OK;
	if ((ret = secret_in_once(c, from, "password", &text, e)) == ERR_OK)
		*password = (const char *)text->buf;
	return ret;
}

int
cmd_capf_cert_import(struct ctl *c, struct err *e)
{
	struct importing im = { .c = c, .bar = bar_of(c->out),
	    .issued = json_array(), .bad = json_array(),
	    .issuers = json_array(), .files = json_array() };
	const char *password;
	int ret;

	if ((ret = get_password(c, &password, e)) == ERR_OK &&
	    (ret = find_files(&im, e)) == ERR_OK &&
	    (ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = import(&im, password, e);
	cert_walk_clear(&im.walk);
	json_decref(im.issued);
	json_decref(im.bad);
	json_decref(im.issuers);
	json_decref(im.files);
	return ret;
}

int
cmd_capf_ca_password(struct ctl *c, struct err *e)
{
	return cluster_password(c, CLUSTER_SECRET_CA, "CA", e);
}
