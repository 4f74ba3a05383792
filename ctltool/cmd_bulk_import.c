/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert bulk import.
 */
#include <string.h>

#include "base/str.h"
#include "ctltool/bulk_place.h"
#include "ctltool/bulk_text.h"
#include "ctltool/cert_args.h"
#include "trust/bundle_move.h"
#include "trust/cert_import.h"

struct import {
	struct ctl		*c;
	struct bundle		 b;
	struct bundle_plan	 p;
	bool			 expected;	/* --expect-sha256: nobody is
						 * asked */
	struct cert_change	 ch;
};

static int
apply(struct db *db, void *arg, struct err *e)
{
	struct import *im = arg;

	return bundle_apply(db, &im->p, im->ch.now, e);
}

/* --- who signed --- */

/* Colons, as others show fingerprints, are left out. */
static bool
hex_is(const char *text, const uint8_t sha256[SHA256_LEN])
{
	char hex[2 * SHA256_LEN + 1];
	uint8_t want[SHA256_LEN];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(hex) - 1; text++)
		if (*text != ':')
			hex[n++] = *text;
	hex[n] = '\0';
	return *text == '\0' && str_unhex(hex, want, sizeof(want)) &&
	    memcmp(want, sha256, sizeof(want)) == 0;
}

static bool
is_other(const struct import *im, const struct bundle_part *part)
{
	return strcmp(part->cluster.uuid, im->c->node.cluster.uuid) != 0;
}

/* Every signer whose part goes in must be one of those expected. */
static int
check_signers(struct import *im, struct err *e)
{
	const struct cmd_line *l = im->c->line;
	char hex[2 * SHA256_LEN + 1];
	const char *want;
	size_t k;

	if ((im->expected = cmd_has(l, "--expect-sha256")) == false)
		return ERR_OK;
	for (size_t i = 0; i < im->b.n; i++) {
		const struct bundle_part *part = &im->b.part[i];

		if (!is_other(im, part))
			continue;
		for (k = 0; (want = cmd_get_n(l, "--expect-sha256", k)) !=
		    NULL && !hex_is(want, part->signer_sha256); k++)
			continue;
		if (want == NULL) {
			str_hex(part->signer_sha256, SHA256_LEN, hex);
			return err_set(e, ERR_VERIFY, "the part of cluster %s "
			    "is signed by a certificate with the SHA-256 %s, "
			    "which is none of those expected; nothing changed",
			    part->cluster.name, hex);
		}
	}
	return ERR_OK;
}

/* --- the plan --- */

static void
put_landing(struct out *o, const struct bundle_landing *l)
{
	char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];

	import_name(l->from->cert, name);
	clock_rfc3339(cert_not_after(l->from->cert), at);
	out_text(o, "  %-17s -> %-17s %-8s \"%s\"%s, until %s\n",
	    l->from->u->name, trust_unit_table()[l->unit].name,
	    bundle_change_name(l->change), name,
	    l->from->stage == OWN_ANNOUNCED ? " (announced)" : "", at);
}

static const char *
what(bool lists, bool files)
{
	return lists && files ? "lists and files" : lists ? "lists" :
	    files ? "files" : "neither lists nor files";
}

static void
put_accept(struct out *o, const struct bundle_part *part,
    const struct bundle_accept *a)
{
	const char *name = part->cluster.name;
	char at[CLOCK_RFC3339_LEN];

	clock_rfc3339(part->time, at);
	out_text(o, "  Phones here then accept %s signed by %s, when they "
	    "can ask our TVS.\n", what(a->ours_lists, a->ours_files), name);
	if (a->theirs_lists && a->theirs_files)
		out_text(o, "  Phones of %s accept our lists and files: its "
		    "TVS vouched for our signers at %s.\n", name, at);
	else
		out_text(o, "  Phones of %s accepted %s of ours at %s: %s "
		    "there.\n", name, what(a->theirs_lists, a->theirs_files),
		    at, a->carried ? "import this bundle" : "export here, and "
		    "import that");
}

static json_t *
json_part(const struct import *im, const struct bundle_part *part,
    const struct bundle_accept *a)
{
	json_t *j = bulk_json_part(part);

	if (j == NULL || json_object_update_new(j, json_pack(
	    "{s:b, s:{s:b, s:b}, s:{s:b, s:b}, s:b}", "own",
	    !is_other(im, part), "phones_here_accept", "lists", a->ours_lists,
	    "files", a->ours_files, "phones_there_accept", "lists",
	    a->theirs_lists, "files", a->theirs_files, "carries_ours",
	    a->carried)) != 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* Parts with what goes where, and who accepts whom then. */
static int
put_plan(struct import *im, json_t *parts, struct err *e)
{
	struct out *o = im->c->out;
	struct bundle_accept a;
	int ret;

	for (size_t i = 0; i < im->b.n; i++) {
		const struct bundle_part *part = &im->b.part[i];

		bulk_put_part(o, part);
		a = (struct bundle_accept){ .carried = false };
		if (!is_other(im, part)) {
			out_text(o, "  this cluster itself: skipped\n");
		} else {
			for (size_t k = 0; k < im->p.n; k++)
				if (im->p.landing[k].part == part)
					put_landing(o, &im->p.landing[k]);
			if ((ret = bundle_accept(&a, &im->p, part,
			    im->c->node.db, e)) != ERR_OK)
				return ret;
			put_accept(o, part, &a);
		}
		if (json_array_append_new(parts, json_part(im, part, &a)) !=
		    0)
			o->nomem = true;
	}
	return ERR_OK;
}

/* --- the end --- */

static json_t *
json_landings(const struct bundle_plan *p)
{
	json_t *list = json_array(), *j;

	for (size_t i = 0; list != NULL && i < p->n; i++) {
		const struct bundle_landing *l = &p->landing[i];

		j = bulk_json_cert(l->from);
		if (j == NULL || json_object_update_new(j, json_pack(
		    "{s:s, s:s, s:s}", "cluster", l->part->cluster.name,
		    "store", trust_unit_table()[l->unit].name, "change",
		    bundle_change_name(l->change))) != 0 ||
		    json_array_append_new(list, j) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void
say(struct import *im, json_t *parts)
{
	const struct bundle_plan *p = &im->p;
	struct out *o = im->c->out;
	json_t *counts = json_object();

	for (enum bundle_change c = 0; c < BUNDLE_NCHANGE; c++)
		if (json_object_set_new(counts, bundle_change_name(c),
		    json_integer((json_int_t)p->count[c])) != 0)
			o->nomem = true;
	if (p->changes)
		out_text(o, "Successfully imported: %zu new, %zu returned, "
		    "%zu known, %zu older, %zu expired.\n",
		    p->count[BUNDLE_NEW], p->count[BUNDLE_RETURNED],
		    p->count[BUNDLE_KNOWN], p->count[BUNDLE_OLDER],
		    p->count[BUNDLE_EXPIRED]);
	else
		out_text(o, "Nothing of it is new here: nothing changed.\n");
	if (p->count[BUNDLE_OLDER] > 0)
		out_warn(o, "%zu certificates are older than those of the same "
		    "name here and are left out: ask for a new export",
		    p->count[BUNDLE_OLDER]);
	if (p->count[BUNDLE_EXPIRED] > 0) {
		out_warn(o, "%zu certificates have ended and are left out",
		    p->count[BUNDLE_EXPIRED]);
		im->c->exit = EXIT_PARTLY;
	}
	out_result(o, json_pack("{s:b, s:O, s:o, s:o}", "changed", p->changes,
	    "clusters", parts, "counts", counts, "certificates",
	    json_landings(p)));
}

static int
import(struct import *im, unsigned units, struct err *e)
{
	struct ctl *c = im->c;
	json_t *parts = json_array();
	int ret;

	if ((ret = check_signers(im, e)) != ERR_OK ||
	    (ret = bundle_plan(&im->p, &im->b, &c->node, units, im->ch.now,
	    e)) != ERR_OK || (ret = put_plan(im, parts, e)) != ERR_OK)
		goto out;
	if (im->p.changes) {
		if (!im->expected)
			im->ch.question = "Compare the SHA-256 of each "
			    "signer with what its administrator says. "
			    "Continue?";
		if (!im->expected && c->line->yes)
			out_warn(c->out, "nobody has compared the SHA-256 of "
			    "the signers: --expect-sha256 does");
		ctl_audit_init(c, &im->ch.audit, "%.100s: %zu new, %zu "
		    "returned, of %zu other clusters", cmd_get(c->line,
		    "--from"), im->p.count[BUNDLE_NEW],
		    im->p.count[BUNDLE_RETURNED], im->p.nothers);
		if ((ret = cert_change_run(c, &im->ch, e)) != ERR_OK)
			goto out;
	}
	say(im, parts);
out:
	json_decref(parts);
	return ret;
}

int
cmd_cert_bulk_import(struct ctl *c, struct err *e)
{
	struct import im = { .c = c, .ch = { .step = apply, .arg = &im,
	    .now = clock_wall_s(c->clk) } };
	unsigned units;
	size_t files;
	int ret;

	if ((units = bulk_units(c, e)) == 0)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK &&
	    (ret = bulk_place_read(c, cmd_get(c->line, "--from"), &im.b,
	    &files, e)) == ERR_OK)
		ret = import(&im, units, e);
	cert_change_clear(&im.ch);
	bundle_plan_clear(&im.p);
	bundle_clear(&im.b);
	return ret;
}
