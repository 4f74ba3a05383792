/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert import own.
 */
#include "ctltool/cert_args.h"
#include "ctltool/cert_files.h"
#include "ctltool/cert_import.h"
#include "ctltool/cert_json.h"
#include "trust/own_order.h"

const char *
cert_import_change(enum trust_change change)
{
	switch (change) {
	case TRUST_SAME:
		return "same";
	case TRUST_ADDED:
		return "added";
	case TRUST_RETURNED:
		return "returned";
	}
	return "unknown";
}

json_t *
cert_import_cas(const struct import_ca *ca, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < n; i++) {
		json_t *j = cert_json(ca[i].cert);

		if (j == NULL || json_object_update_new(j, json_pack(
		    "{s:s, s:s}", "store", trust_unit_table()[ca[i].unit].name,
		    "change", cert_import_change(ca[i].change))) != 0 ||
		    json_array_append_new(list, j) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

void
cert_import_put_cas(struct out *o, const struct import_ca *ca, size_t n)
{
	char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];

	for (size_t i = 0; i < n; i++) {
		if (ca[i].change == TRUST_SAME)
			continue;
		import_name(ca[i].cert, name);
		clock_rfc3339(cert_not_after(ca[i].cert), at);
		out_text(o, "  %-19s + \"%s\"%s, until %s\n",
		    trust_unit_table()[ca[i].unit].name, name,
		    ca[i].change == TRUST_RETURNED ? " (was removed)" : "", at);
	}
}

/* --- own --- */

struct import {
	struct ctl		*c;
	struct container	 set;
	struct import_own	 p;
	struct own_new		*leaf;
	struct cert_change	 ch;
};

static int
apply(struct db *db, void *arg, struct err *e)
{
	struct import *im = arg;

	return import_own_apply(db, &im->p, im->leaf, im->ch.now, e);
}

static const char *
key_words(enum import_key by)
{
	switch (by) {
	case IMPORT_KEY_FILE:
		return "the private key in the files";
	case IMPORT_KEY_CSR:
		return "the key of the pending request";
	case IMPORT_KEY_OWN:
		return "a key it has";
	}
	return "?";
}

static void
put_plan(struct import *im)
{
	const struct import_own *p = &im->p;
	char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];

	import_name(p->leaf, name);
	clock_rfc3339(cert_not_after(p->leaf), at);
	out_text(im->c->out, "Effect:\n  %-19s %s \"%s\", until %s,\n"
	    "                      over %s\n", p->u->name, p->known ? "has" :
	    p->u->listed ? "announces" : "uses", name, at, key_words(p->by));
	cert_import_put_cas(im->c->out, p->ca, p->nca);
	out_warn_lines(im->c->out, p->warnings);
}

static void
say(struct import *im)
{
	const struct import_own *p = &im->p;
	struct out *o = im->c->out;
	json_t *j;

	if (!p->changes)
		out_text(o, "%s has this certificate already: nothing "
		    "changed.\n", p->u->name);
	else
		out_text(o, "Successfully imported certificate for %s.\n",
		    p->u->name);
	if (!p->known && p->u->listed)
		out_text(o, "It is announced: phones learn of it, and nothing "
		    "uses it yet.\nWhen all have the new list: set cert "
		    "promote %s\n", p->u->name);
	j = json_pack("{s:s, s:s, s:o, s:s, s:s, s:b, s:o, s:I}", "unit",
	    p->u->name, "node", p->node, "certificate", cert_json(p->leaf),
	    "key", p->by == IMPORT_KEY_FILE ? "file" : p->by ==
	    IMPORT_KEY_CSR ? "csr" : "own", "stage", p->known ? "unchanged" :
	    p->u->listed ? "announced" : "active", "changed", p->changes,
	    "trust", cert_import_cas(p->ca, p->nca), "left_out",
	    (json_int_t)p->nother);
	if (j == NULL || json_object_set_new(j, "itl",
	    cert_change_json(&im->ch)) != 0)
		o->nomem = true;
	out_result(o, j);
}

static int
make_leaf(struct import *im, struct err *e)
{
	struct keyring *kr;

	if ((kr = node_keyring(&im->c->node, KEYRING_SIGN, e)) == NULL)
		return e->code;
	im->leaf = import_own_new(&im->p, kr, im->c->rng, e);
	keyring_free(kr);
	return im->leaf != NULL ? ERR_OK : e->code;
}

/* As set cert regen asks before it announces. */
static int
check_order(struct import *im, struct err *e)
{
	struct confirm cf;
	int ret;

	if (im->p.known || !im->p.u->listed)
		return ERR_OK;
	if ((ret = cert_confirm(im->c, &cf, e)) != ERR_OK)
		return ret;
	return own_order_check(im->c->node.db, im->p.u->unit, &cf, e);
}

/* With files read and the state open. */
static int
import(struct import *im, const struct own_unit_def *u, struct err *e)
{
	struct ctl *c = im->c;
	char name[IMPORT_NAME_MAX];
	int ret;

	if ((ret = import_own_plan(&im->p, u, &c->node, &im->set, im->ch.now,
	    e)) != ERR_OK)
		return ret;
	put_plan(im);
	if (im->p.changes) {
		import_name(im->p.leaf, name);
		ctl_audit_init(c, &im->ch.audit, "%s: %s, %zu to trust stores",
		    u->name, name, im->p.nca);
		if ((ret = check_order(im, e)) != ERR_OK ||
		    (ret = make_leaf(im, e)) != ERR_OK ||
		    (ret = cert_change_run(c, &im->ch, e)) != ERR_OK)
			return ret;
	}
	say(im);
	return ERR_OK;
}

int
cmd_cert_import_own(struct ctl *c, struct err *e)
{
	const char *unit = cmd_get(c->line, "UNIT");
	const struct own_unit_def *u = own_unit_find(unit);
	struct import im = { .c = c, .ch = { .step = apply, .arg = &im,
	    .question = "Do you want to continue?",
	    .now = clock_wall_s(c->clk) } };
	int ret;

	if (u == NULL)
		return err_set(e, ERR_ARG, "no own unit \"%.60s\": \"show cert "
		    "list own\" names them%s", unit, trust_unit_find(unit) !=
		    NULL ? "; for a trust store: set cert import trust" : "");
	im.ch.lists = u->listed;
	if ((ret = cert_files_read(c, 0, &im.set, e)) == ERR_OK &&
	    (ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = import(&im, u, e);
	own_new_free(im.leaf);
	cert_change_clear(&im.ch);
	import_own_clear(&im.p);
	container_clear(&im.set);
	return ret;
}
