/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * show cert list trust, show cert trust, set cert delete, set cert undelete:
 * certificates of others.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/cert_rows.h"
#include "ctltool/cert_show.h"
#include "db/params.h"
#include "trust/cert_row.h"
#include "trust/trust_store.h"

#define USES_SHOWN	20

static const struct trust_unit_def *
trust_unit(const char *name, struct err *e)
{
	const struct trust_unit_def *u = trust_unit_find(name);

	if (u == NULL)
		(void)err_set(e, ERR_ARG, "no trust store \"%.80s\": "
		    "CallManager-trust, CAPF-trust, TVS-trust, https-trust "
		    "or Phone-SAST-trust", name);
	return u;
}

/* --- list --- */

struct listing {
	struct cert_lines	 lines;
	struct cert_uses	*uses;	/* NULL: nobody asks for --unused */
};

static int
list_one(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct listing *l = arg;
	struct cert_line *x;
	struct cert_use *uses;
	char issuer[300];
	size_t n;
	int ret;

	if ((x = cert_lines_add(&l->lines, e)) == NULL)
		return ERR_NOMEM;
	(void)str_copy(x->unit, sizeof(x->unit), t->unit);
	(void)str_copy(x->name, sizeof(x->name), t->name);
	(void)str_copy(x->origin, sizeof(x->origin), t->origin);
	if ((x->subject = strdup(c->subject)) == NULL ||
	    (x->issuer = strdup(c->issuer)) == NULL)
		return err_set(e, ERR_NOMEM, "certificates");
	cert_name_cn(c->issuer, issuer, sizeof(issuer));
	if (t->note[0] != '\0')
		(void)str_copy(x->about, sizeof(x->about), t->note);
	else if (strcmp(c->subject, c->issuer) == 0)
		(void)str_copy(x->about, sizeof(x->about),
		    "Self-signed certificate");
	else
		(void)snprintf(x->about, sizeof(x->about),
		    "Certificate Signed by %s", issuer);
	memcpy(x->sha256, c->sha256, sizeof(x->sha256));
	memcpy(x->key_id, c->key_id, sizeof(x->key_id));
	memcpy(x->serial, c->serial, sizeof(x->serial));
	x->seriallen = c->seriallen;
	x->not_before = c->not_before;
	x->not_after = c->not_after;
	if (l->uses == NULL)
		return ERR_OK;
	if ((ret = cert_uses_of(l->uses, t, c, 0, &uses, &n, e)) != ERR_OK)
		return ret;
	free(uses);
	x->unused = n == 0;
	return ERR_OK;
}

int
cmd_show_cert_list_trust(struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "STORE");
	const struct trust_unit_def *u = NULL;
	struct listing l = { .uses = NULL };
	int ret;

	if (name != NULL && (u = trust_unit(name, e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if (cmd_has(c->line, "--unused") &&
	    (l.uses = cert_uses_load(c->node.db, e)) == NULL)
		return e->code;
	if ((ret = row_trust_each(c->node.db, u != NULL ? u->name : NULL,
	    list_one, &l, e)) == ERR_OK) {
		cert_lines_sort(&l.lines);
		ret = cert_lines_say(c, &l.lines, e);
	}
	cert_uses_free(l.uses);
	cert_lines_clear(&l.lines);
	return ret;
}

/* --- one --- */

/* Exactly one certificate; it may lie in several stores. */
static int
find_one(struct ctl *c, const struct trust_unit_def *u, const char *text,
    bool removed, struct row_trust **rows, size_t *n, struct err *e)
{
	int ret = trust_store_find(c->node.db, u, text, removed, rows, n, e);

	if (ret != ERR_OK)
		return ret;
	if (*n == 0)
		ret = err_set(e, ERR_NOTFOUND, "no %s certificate \"%.100s\"%s"
		    "%s: \"show cert list trust\" names them",
		    removed ? "removed" : "trusted", text, u != NULL ?
		    " in " : "", u != NULL ? u->name : "");
	for (size_t i = 1; i < *n && ret == ERR_OK; i++)
		if (memcmp((*rows)[i].sha256, (*rows)[0].sha256,
		    SHA256_LEN) != 0)
			ret = err_set(e, ERR_ARG, "\"%.100s\" names several "
			    "certificates, as %s/%s.pem and %s/%s.pem: give "
			    "the file's name or the SHA-256", text,
			    (*rows)[0].unit, (*rows)[0].name,
			    (*rows)[i].unit, (*rows)[i].name);
	if (ret != ERR_OK) {
		free(*rows);
		*rows = NULL;
	}
	return ret;
}

static int
uses_of(struct ctl *c, const struct row_trust *t, struct cert_use **uses,
    size_t *n, struct err *e)
{
	struct cert_uses *all;
	struct row_cert rc;
	int ret;

	*uses = NULL;
	*n = 0;
	if ((all = cert_uses_load(c->node.db, e)) == NULL)
		return e->code;
	if ((ret = row_cert_get(c->node.db, t->sha256, &rc, e)) == ERR_OK) {
		ret = cert_uses_of(all, t, &rc, USES_SHOWN, uses, n, e);
		row_cert_clear(&rc);
	}
	cert_uses_free(all);
	return ret;
}

static json_t *
stores_json(const struct row_trust *rows, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_pack(
		    "{s:s, s:o, s:o, s:o, s:I, s:o}", "unit", rows[i].unit,
		    "name", out_str(rows[i].name), "origin",
		    out_str(rows[i].origin), "note", out_str(rows[i].note),
		    "ttl", (json_int_t)rows[i].ttl, "added_at",
		    out_time(rows[i].added_at)));
	return list;
}

static int
show_trusted(struct ctl *c, const struct row_trust *rows, size_t n,
    struct err *e)
{
	struct cert_use *uses = NULL;
	struct cert *cert;
	size_t nuses = 0;
	int ret;

	if ((cert = cert_row_get(c->node.db, rows[0].sha256, e)) == NULL)
		return e->code;
	if ((ret = uses_of(c, &rows[0], &uses, &nuses, e)) == ERR_OK)
		ret = cert_show(c, cert, uses, nuses < USES_SHOWN ? nuses :
		    USES_SHOWN, nuses, json_pack("{s:o}", "stores",
		    stores_json(rows, n)), e);
	free(uses);
	cert_free(cert);
	return ret;
}

int
cmd_show_cert_trust(struct ctl *c, struct err *e)
{
	struct row_trust *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = find_one(c, NULL, cmd_get(c->line, "NAME"), false, &rows,
	    &n, e)) != ERR_OK)
		return ret;
	ret = show_trusted(c, rows, n, e);
	free(rows);
	return ret;
}

/* --- delete, undelete --- */

struct moving {
	const struct trust_unit_def *u;
	const uint8_t	*sha256;
	int64_t		 now;
	bool		 back;
	struct ctl_audit audit;
};

static int
move_tx(struct db *db, void *arg, struct err *e)
{
	struct moving *m = arg;
	int ret = m->back ? trust_store_undelete(db, m->u->unit, m->sha256,
	    m->now, e) : trust_store_remove(db, m->u->unit, m->sha256,
	    m->now, e);

	return ret != ERR_OK ? ret : ctl_audit_add(db, &m->audit, e);
}

static int
check_uses(struct ctl *c, const struct row_trust *t, struct err *e)
{
	struct cert_use *uses = NULL;
	char list[1024] = "";
	size_t n = 0, len;
	int ret;

	if ((ret = uses_of(c, t, &uses, &n, e)) != ERR_OK || n == 0) {
		free(uses);
		return ret;
	}
	for (size_t i = 0; i < n && i < 5; i++) {
		len = strlen(list);
		(void)snprintf(list + len, sizeof(list) - len, "%s%.150s",
		    i > 0 ? ", " : "", uses[i].what);
	}
	free(uses);
	if (cmd_get(c->line, "--sacrifice") == NULL)
		return err_set(e, ERR_REFUSED, "%s/%s.pem is needed by %s%s: "
		    "remove these first, or --sacrifice all breaks them",
		    t->unit, t->name, list, n > 5 ? ", ..." : "");
	out_warn(c->out, "this breaks %s%s", list, n > 5 ? ", ..." : "");
	return ERR_OK;
}

static void
tell_ttl(struct ctl *c, const struct row_trust *t)
{
	if (t->ttl > 0)
		out_text(c->out, "Phones that asked TVS about it trust it for "
		    "up to %" PRId64 " seconds more.\n", t->ttl);
	else
		out_text(c->out, "Phones that asked TVS about it trust it "
		    "until their answer runs out (a day at most).\n");
}

static int
move(struct ctl *c, const struct trust_unit_def *u, struct row_trust *t,
    bool back, struct err *e)
{
	struct moving m = { .u = u, .sha256 = t->sha256, .back = back,
	    .now = clock_wall_s(c->clk) };
	int ret;

	if (!back && ((ret = check_uses(c, t, e)) != ERR_OK ||
	    (ret = ask_confirm(c, "Do you want to continue?", e)) != ERR_OK))
		return ret;
	ctl_audit_init(c, &m.audit, "%s/%s", t->unit, t->name);
	if ((ret = ctl_tx(c, move_tx, &m, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	out_text(c->out, "%s/%s.pem is %s\n", t->unit, t->name, back ?
	    "trusted again" : "removed; set cert undelete brings it back");
	if (!back)
		tell_ttl(c, t);
	out_result(c->out, json_pack("{s:s, s:o, s:o, s:b}", "unit", t->unit,
	    "name", out_str(t->name), "sha256", out_hex(t->sha256,
	    SHA256_LEN), "trusted", back));
	return ERR_OK;
}

static int
cmd_move(struct ctl *c, bool back, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	const struct trust_unit_def *u;
	struct row_trust *rows = NULL;
	size_t n = 0;
	int ret;

	if ((u = trust_unit(cmd_get(c->line, "STORE"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = find_one(c, u, name, back, &rows, &n, e)) != ERR_OK)
		return ret;
	ret = move(c, u, &rows[0], back, e);
	free(rows);
	return ret;
}

int
cmd_cert_delete(struct ctl *c, struct err *e)
{
	return cmd_move(c, false, e);
}

int
cmd_cert_undelete(struct ctl *c, struct err *e)
{
	return cmd_move(c, true, e);
}
