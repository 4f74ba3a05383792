/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert import trust, set cert chain-for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cert_args.h"
#include "ctltool/cert_files.h"
#include "ctltool/cert_folder.h"
#include "ctltool/cert_import.h"
#include "ctltool/cert_json.h"
#include "trust/cert_row.h"

/* --- trust --- */

struct import {
	struct ctl		*c;
	const struct trust_unit_def *t;
	struct container	 set;
	struct import_trust	 p;
	const char		*note;
	int64_t			 ttl;
	struct cert_change	 ch;
};

static int
apply(struct db *db, void *arg, struct err *e)
{
	struct import *im = arg;

	return import_trust_apply(db, &im->p, "import", im->note, im->ttl,
	    im->ch.now, e);
}

static void
put_plan(struct import *im)
{
	struct out *o = im->c->out;

	if (im->p.changes)
		out_text(o, "Effect:\n");
	cert_import_put_cas(o, im->p.ca, im->p.nca);
	out_warn_lines(o, im->p.warnings);
	if (im->p.nexpired > 0)
		out_warn(o, "%zu certificates that have ended are left out",
		    im->p.nexpired);
}

static void
say(struct import *im)
{
	struct out *o = im->c->out;

	if (im->p.changes)
		out_text(o, "Successfully imported certificate for %s.\n",
		    im->t->name);
	else
		out_text(o, "%s has %s already: nothing changed.\n",
		    im->t->name, im->p.nca == 1 ? "this certificate" :
		    "these certificates");
	out_result(o, json_pack("{s:s, s:b, s:o, s:I, s:I}", "store",
	    im->t->name, "changed", im->p.changes, "trust",
	    cert_import_cas(im->p.ca, im->p.nca), "expired",
	    (json_int_t)im->p.nexpired, "repeated",
	    (json_int_t)im->set.nrepeated));
	if (im->p.nexpired > 0)
		im->c->exit = EXIT_PARTLY;
}

/* With files read and the state open. */
static int
import(struct import *im, struct err *e)
{
	struct ctl *c = im->c;
	char name[IMPORT_NAME_MAX];
	int ret;

	if ((ret = import_trust_plan(&im->p, im->t->unit, &c->node, &im->set,
	    cmd_has(c->line, "--skip-expired") ? IMPORT_SKIP_EXPIRED : 0,
	    im->ch.now, e)) != ERR_OK)
		return ret;
	put_plan(im);
	if (im->p.changes) {
		import_name(im->p.ca[0].cert, name);
		ctl_audit_init(c, &im->ch.audit, "%s: %s%s, %zu in all",
		    im->t->name, name, im->p.nca > 1 ? " and others" : "",
		    im->p.nca);
		if ((ret = cert_change_run(c, &im->ch, e)) != ERR_OK)
			return ret;
	}
	say(im);
	return ERR_OK;
}

#define TTL_MAX	(30 * 86400)

static int
options(struct import *im, struct err *e)
{
	const char *unit = cmd_get(im->c->line, "UNIT");
	const char *ttl = cmd_get(im->c->line, "--ttl");

	if ((im->t = trust_unit_find(unit)) == NULL)
		return err_set(e, ERR_ARG, "no trust store \"%.60s\": "
		    "CallManager-trust, CAPF-trust, TVS-trust, https-trust or "
		    "Phone-SAST-trust", unit);
	im->note = cmd_get(im->c->line, "--note");
	if (im->note != NULL && strlen(im->note) > TRUST_NOTE_MAX)
		return err_set(e, ERR_ARG, "--note: at most %d bytes",
		    TRUST_NOTE_MAX);
	if (ttl != NULL && str_to_i64(ttl, 60, TTL_MAX, &im->ttl, e) !=
	    ERR_OK)
		return err_wrap(e, "--ttl");
	return ERR_OK;
}

int
cmd_cert_import_trust(struct ctl *c, struct err *e)
{
	struct import im = { .c = c, .ch = { .step = apply, .arg = &im,
	    .question = "Do you want to continue?",
	    .now = clock_wall_s(c->clk) } };
	int ret;

	if ((ret = options(&im, e)) != ERR_OK)
		return ret;
	if (cert_folder_named(c))
		return cert_folder_import(c, im.t, im.note, im.ttl, e);
	if ((ret = cert_files_read(c, CONTAINER_NO_KEYS, &im.set, e)) ==
	    ERR_OK && (ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = import(&im, e);
	cert_change_clear(&im.ch);
	import_trust_clear(&im.p);
	container_clear(&im.set);
	return ret;
}

/* --- chain-for --- */

static int
from_store(struct ctl *c, const char *text, struct cert **cert,
    struct err *e)
{
	struct row_trust *rows;
	size_t n = 0;
	int ret;

	if ((ret = trust_store_find(c->node.db, NULL, text, false, &rows, &n,
	    e)) != ERR_OK)
		return ret;
	if (n == 0)
		ret = err_set(e, ERR_NOTFOUND, "no certificate \"%.100s\": "
		    "give an own unit, or what \"show cert list trust\" "
		    "names", text);
	for (size_t i = 1; ret == ERR_OK && i < n; i++)
		if (memcmp(rows[0].sha256, rows[i].sha256, SHA256_LEN) != 0)
			ret = err_set(e, ERR_ARG, "\"%.100s\" may mean %s, %s "
			    "or others: give the SHA-256", text, rows[0].name,
			    rows[i].name);
	if (ret == ERR_OK && (*cert = cert_row_get(c->node.db,
	    rows[0].sha256, e)) == NULL)
		ret = e->code;
	free(rows);
	return ret;
}

/* The certificate that a unit has now, or with --announced will have. */
static int
from_unit(struct ctl *c, const struct own_unit_def *u, struct cert **cert,
    struct err *e)
{
	bool announced = cmd_has(c->line, "--announced");
	struct own *rows = NULL;
	size_t n = 0;
	int ret;

	ret = own_listed(c->node.db, u->unit, &rows, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if (rows[i].row.stage == (announced ? OWN_ANNOUNCED :
		    OWN_ACTIVE) && (!u->per_node || strcmp(rows[i].row.node,
		    c->node.row.name) == 0)) {
			cert_free(*cert);
			*cert = cert_ref(rows[i].cert);
		}
	own_list_free(rows, n);
	if (ret == ERR_OK && *cert == NULL)
		ret = err_set(e, ERR_NOTFOUND, "%s has no %s certificate",
		    u->name, announced ? "announced" : "active");
	return ret;
}

/* What one is to do with it at a gateway. */
static const char *
step(const struct chain *ch, size_t i)
{
	if (ch->n == 1)
		return "self-signed: authenticate a trustpoint with it";
	if (i == 0 && cert_is_ca(ch->cert[0]))
		return "the authority itself: authenticate a trustpoint of its "
		    "own";
	if (i == 0)
		return "the certificate itself: only for the device that has "
		    "its key (import ... certificate)";
	if (i == 1 && !cert_is_ca(ch->cert[0]))
		return "the authority that issued it: authenticate the "
		    "trustpoint with this one";
	return i + 1 == ch->n && ch->complete ? "root: authenticate a "
	    "trustpoint of its own" : "authority above: authenticate a "
	    "trustpoint of its own";
}

static int
put_chain(struct ctl *c, const struct chain *ch, struct err *e)
{
	json_t *list = json_array();
	char name[IMPORT_NAME_MAX], *pem;

	for (size_t i = ch->n; i > 0; i--) {
		json_t *j = cert_json(ch->cert[i - 1]);

		if ((pem = cert_to_pem(ch->cert[i - 1], e)) == NULL) {
			json_decref(j);
			json_decref(list);
			return e->code;
		}
		import_name(ch->cert[i - 1], name);
		/* '!' begins a comment where this is pasted. */
		out_text(c->out, "! %zu of %zu: %s\n! %s\n%s", ch->n - i + 1,
		    ch->n, name, step(ch, i - 1), pem);
		if (j == NULL || json_object_update_new(j, json_pack(
		    "{s:s, s:s}", "step", step(ch, i - 1), "pem", pem)) != 0 ||
		    json_array_append_new(list, j) != 0)
			c->out->nomem = true;
		free(pem);
	}
	out_result(c->out, json_pack("{s:b, s:o}", "complete", ch->complete,
	    "chain", list));
	return ERR_OK;
}

static int
show_chain(struct ctl *c, const struct cert *cert, struct err *e)
{
	const int any = -1;
	struct cert **pool = NULL;
	struct chain ch;
	size_t n = 0;
	int ret;

	if ((ret = import_chain(c->node.db, cert, &any, 1, &pool, &n, &ch,
	    e)) == ERR_OK)
		ret = put_chain(c, &ch, e);
	if (ret == ERR_OK && !ch.complete) {
		out_warn(c->out, "the chain is not complete: the issuer of "
		    "the first certificate is in no trust store");
		c->exit = EXIT_PARTLY;
	}
	for (size_t i = 0; i < n; i++)
		cert_free(pool[i]);
	free(pool);
	return ret;
}

int
cmd_cert_chain_for(struct ctl *c, struct err *e)
{
	const char *text = cmd_get(c->line, "CERT");
	const struct own_unit_def *u = own_unit_find(text);
	struct cert *cert = NULL;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	ret = u != NULL ? from_unit(c, u, &cert, e) :
	    from_store(c, text, &cert, e);
	if (ret == ERR_OK)
		ret = show_chain(c, cert, e);
	cert_free(cert);
	return ret;
}
