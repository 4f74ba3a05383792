/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set crl import, set crl delete, show crl: revocation lists.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/store.h"
#include "ctltool/ask.h"
#include "ctltool/cert_files.h"
#include "trust/crl_import.h"

/* --- import --- */

struct import {
	struct container	 set;
	struct crl_import	 p;
	int64_t			 now;
	struct ctl_audit	 audit;
};

static int
import_tx(struct db *db, void *arg, struct err *e)
{
	struct import *im = arg;
	int ret = crl_import_apply(db, &im->p, im->now, e);

	return ret != ERR_OK ? ret : ctl_audit_add(db, &im->audit, e);
}

static const char *
change_name(enum crl_change change)
{
	static const char *const names[] = {
		[CRL_SAME] = "same", [CRL_ADDED] = "added",
		[CRL_REPLACES] = "replaced",
	};

	return names[change];
}

static void
say(struct ctl *c, const struct import *im)
{
	json_t *list = json_array();
	char vis[OUT_VIS_MAX];

	for (size_t i = 0; i < im->p.n; i++) {
		const struct crl_item *it = &im->p.item[i];
		uint8_t sha256[DIGEST_SHA256_LEN];

		crl_sha256(it->crl, sha256);
		out_text(c->out, "%s: %zu revoked, %s\n",
		    out_vis(crl_issuer(it->crl), vis), crl_count(it->crl),
		    it->change == CRL_SAME ? "is here already" :
		    it->change == CRL_ADDED ? "added" :
		    "in place of an older one");
		if (json_array_append_new(list, json_pack(
		    "{s:o, s:o, s:I, s:o, s:s}", "issuer",
		    out_str(crl_issuer(it->crl)), "sha256",
		    out_hex(sha256, sizeof(sha256)), "revoked",
		    (json_int_t)crl_count(it->crl), "this_update",
		    out_time(crl_this_update(it->crl)), "change",
		    change_name(it->change))) != 0)
			c->out->nomem = true;
	}
	out_result(c->out, json_pack("{s:b, s:o}", "changed", im->p.changes,
	    "lists", list));
}

static int
import(struct ctl *c, struct import *im, struct err *e)
{
	int ret;

	im->now = clock_wall_s(c->clk);
	if ((ret = crl_import_plan(&im->p, &c->node, &im->set, im->now, e)) !=
	    ERR_OK)
		return ret;
	out_warn_lines(c->out, im->p.warnings);
	if (im->p.changes) {
		ctl_audit_init(c, &im->audit, "%s%s",
		    crl_issuer(im->p.item[0].crl), im->p.n > 1 ?
		    " and others" : "");
		if ((ret = ctl_tx(c, import_tx, im, e)) != ERR_OK)
			return ret;
		out_changed(c->out);
	}
	say(c, im);
	return ERR_OK;
}

int
cmd_crl_import(struct ctl *c, struct err *e)
{
	struct import im = { .now = 0 };
	int ret;

	if ((ret = cert_files_read(c, CONTAINER_NO_KEYS, &im.set, e)) ==
	    ERR_OK && (ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = import(c, &im, e);
	crl_import_clear(&im.p);
	container_clear(&im.set);
	return ret;
}

/* --- show --- */

static size_t
count_of(struct ctl *c, const struct row_crl *row)
{
	struct row_crl whole;
	struct crl *crl;
	size_t n;

	if (row_crl_get(c->node.db, row->issuer, row->key_id, row->key_idlen,
	    &whole, NULL) != ERR_OK)
		return 0;
	crl = crl_from_der(whole.der, whole.derlen, NULL);
	n = crl != NULL ? crl_count(crl) : 0;
	crl_free(crl);
	row_crl_clear(&whole);
	return n;
}

static void
show_one(struct ctl *c, const struct row_crl *row, json_t *list)
{
	bool old = row->next_update != 0 &&
	    row->next_update < clock_wall_s(c->clk);
	char vis[OUT_VIS_MAX], from[CLOCK_RFC3339_LEN];
	char to[CLOCK_RFC3339_LEN] = "-", hex[2 * SHA256_LEN + 1];
	size_t n = count_of(c, row);

	clock_rfc3339(row->this_update, from);
	if (row->next_update != 0)
		clock_rfc3339(row->next_update, to);
	str_hex(row->sha256, SHA256_LEN, hex);
	out_text(c->out, "%s\n  %zu revoked; of %s, next by %s%s\n  SHA-256 "
	    "%s\n", out_vis(row->issuer, vis), n, from, to,
	    old ? ": too old to tell, certificates are kept" : "", hex);
	if (json_array_append_new(list, json_pack(
	    "{s:o, s:o, s:I, s:o, s:o, s:o, s:b}", "issuer",
	    out_str(row->issuer), "sha256", out_hex(row->sha256, SHA256_LEN),
	    "revoked", (json_int_t)n, "this_update",
	    out_time(row->this_update), "next_update",
	    row->next_update != 0 ? out_time(row->next_update) : json_null(),
	    "added_at", out_time(row->added_at), "old", old)) != 0)
		c->out->nomem = true;
}

int
cmd_show_crl(struct ctl *c, struct err *e)
{
	json_t *list = json_array();
	struct row_crl *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK &&
	    (ret = row_crl_list(c->node.db, &rows, &n, e)) == ERR_OK) {
		for (size_t i = 0; i < n; i++)
			show_one(c, &rows[i], list);
		if (n == 0)
			out_text(c->out, "No revocation list is here.\n");
		out_result(c->out, json_pack("{s:O}", "lists", list));
	}
	row_crl_free(rows, n);
	json_decref(list);
	return ret;
}

/* --- delete --- */

struct removal {
	const struct row_crl	*row;
	struct ctl_audit	 audit;
};

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	struct removal *r = arg;
	int ret = row_crl_remove(db, r->row->issuer, r->row->key_id,
	    r->row->key_idlen, e);

	return ret != ERR_OK ? ret : ctl_audit_add(db, &r->audit, e);
}

/* By the CA's name in any order and case, or the list's SHA-256. */
static bool
is_meant(const struct row_crl *row, const char *text)
{
	uint8_t sha256[SHA256_LEN];

	if (str_unhex(text, sha256, sizeof(sha256)))
		return memcmp(sha256, row->sha256, sizeof(sha256)) == 0;
	return store_name_key(row->issuer) == store_name_key(text);
}

static int
find(const struct row_crl *rows, size_t n, const char *text,
    const struct row_crl **found, struct err *e)
{
	*found = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!is_meant(&rows[i], text))
			continue;
		if (*found != NULL)
			return err_set(e, ERR_ARG, "\"%.100s\" has several "
			    "lists: give the SHA-256 that show crl prints",
			    text);
		*found = &rows[i];
	}
	return *found != NULL ? ERR_OK : err_set(e, ERR_NOTFOUND,
	    "no revocation list \"%.100s\": show crl names them", text);
}

static int
remove_one(struct ctl *c, const struct row_crl *row, struct err *e)
{
	struct removal r = { .row = row };
	char vis[OUT_VIS_MAX];
	int ret;

	if ((ret = ask_confirm(c, "Whom it revoked will be trusted again. Do "
	    "you want to continue?", e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &r.audit, "%s", row->issuer);
	if ((ret = ctl_tx(c, remove_tx, &r, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	out_text(c->out, "The revocation list of %s is removed.\n",
	    out_vis(row->issuer, vis));
	out_result(c->out, json_pack("{s:o, s:o}", "issuer",
	    out_str(row->issuer), "sha256", out_hex(row->sha256,
	    SHA256_LEN)));
	return ERR_OK;
}

int
cmd_crl_delete(struct ctl *c, struct err *e)
{
	const struct row_crl *row;
	struct row_crl *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK &&
	    (ret = row_crl_list(c->node.db, &rows, &n, e)) == ERR_OK &&
	    (ret = find(rows, n, cmd_get(c->line, "CA"), &row, e)) == ERR_OK)
		ret = remove_one(c, row, e);
	row_crl_free(rows, n);
	return ret;
}
