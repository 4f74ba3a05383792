/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf csr list|count|delete: phones' requests for a CA elsewhere.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/ask.h"
#include "ctltool/capf_csr.h"
#include "ctltool/capf_text.h"
#include "trust/capf.h"
#include "trust/phone.h"

int
capf_csr_state(const struct ctl *c)
{
	const char *word = cmd_get(c->line, "--with-state");

	for (int i = 0; word != NULL && i < CAPF_CSR_STATE_N; i++)
		if (strcasecmp(word, capf_csr_state_name[i]) == 0)
			return i;
	return -1;
}

json_t *
capf_csr_json(const struct row_capf_csr *r)
{
	char name[CAPF_CSR_NAME_MAX];

	capf_owner_text(&r->owner, name, sizeof(name));
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o}",
	    "name", out_str(name), "kind", capf_kind_name[r->owner.kind],
	    "state", capf_csr_state_name[r->state], "key",
	    out_hex(r->spki, sizeof(r->spki)), "created_at",
	    out_time(r->created_at), "changed_at", out_time(r->changed_at),
	    "tries", (json_int_t)r->tries, "next_at", r->next_at > 0 ?
	    out_time(r->next_at) : json_null(), "note", r->note[0] != '\0' ?
	    out_str(r->note) : json_null());
}

/* --- list --- */

struct listing {
	struct ctl	*c;
	json_t		*list;
	size_t		 n;
};

static int
list_one(void *arg, const struct row_capf_csr *r, struct err *e)
{
	char made[CLOCK_RFC3339_LEN], at[CLOCK_RFC3339_LEN];
	char name[CAPF_CSR_NAME_MAX], vis[OUT_VIS_MAX];
	struct listing *l = arg;

	l->n++;
	capf_owner_text(&r->owner, name, sizeof(name));
	clock_rfc3339(r->created_at, made);
	clock_rfc3339(r->changed_at, at);
	out_text(l->c->out, "%-20s %-8s %-20s %-20s %5" PRId64 "  %s\n",
	    out_vis(name, vis), capf_csr_state_name[r->state], made, at,
	    r->tries, r->note);
	if (json_array_append_new(l->list, capf_csr_json(r)) != 0)
		return err_set(e, ERR_NOMEM, "requests");
	return ERR_OK;
}

int
cmd_capf_csr_list(struct ctl *c, struct err *e)
{
	struct listing l = { .c = c, .list = json_array() };
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK) {
		out_text(c->out, "%-20s %-8s %-20s %-20s %5s  %s\n", "NAME",
		    "STATE", "MADE", "CHANGED", "TRIES", "NOTE");
		ret = row_capf_csr_each(c->node.db, capf_csr_state(c),
		    INT64_MAX, list_one, &l, e);
	}
	if (ret == ERR_OK) {
		out_text(c->out, "%zu request%s\n", l.n, l.n == 1 ? "" : "s");
		out_result(c->out, json_pack("{s:O}", "requests", l.list));
	}
	json_decref(l.list);
	return ret;
}

/* --- count --- */

int
cmd_capf_csr_count(struct ctl *c, struct err *e)
{
	json_t *counts = json_object();
	int64_t n, all = 0;
	int ret;

	ret = ctl_open(c, DB_READ, e);
	for (int i = 0; ret == ERR_OK && i < CAPF_CSR_STATE_N; i++) {
		if ((ret = row_capf_csr_count(c->node.db, i, &n, e)) !=
		    ERR_OK)
			break;
		all += n;
		out_text(c->out, "%-8s %" PRId64 "\n",
		    capf_csr_state_name[i], n);
		if (json_object_set_new(counts, capf_csr_state_name[i],
		    json_integer((json_int_t)n)) != 0)
			c->out->nomem = true;
	}
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:O, s:I}", "requests",
		    counts, "all", (json_int_t)all));
	json_decref(counts);
	return ret;
}

/* --- delete --- */

struct deleting {
	struct ctl		*c;
	struct capf_owner	*owner;
	size_t			 n, room;
	struct ctl_audit	 audit;
};

static int
add_owner(struct deleting *d, const struct capf_owner *o, struct err *e)
{
	size_t room = d->room > 0 ? 2 * d->room : 64;
	struct capf_owner *p;

	if (d->n == d->room) {
		if ((p = reallocarray(d->owner, room, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "requests");
		d->owner = p;
		d->room = room;
	}
	d->owner[d->n++] = *o;
	return ERR_OK;
}

static int
add_row(void *arg, const struct row_capf_csr *r, struct err *e)
{
	return add_owner(arg, &r->owner, e);
}

/* With a dot it is a client of either kind, or a phone. */
static int
get_request(struct db *db, const char *name, struct capf_owner *o,
    struct row_capf_csr *r, struct err *e)
{
	struct capf_owner phone = { .kind = CAPF_PHONE };
	struct err own = { 0 };
	int ret = ERR_NOTFOUND;

	if (phone_name(name, phone.name, NULL) == ERR_OK)
		ret = row_capf_csr_get(db, &phone, r, &own);
	if (ret == ERR_OK)
		*o = phone;
	for (int k = CAPF_APPLICATION; ret == ERR_NOTFOUND &&
	    o->kind != CAPF_PHONE && k < CAPF_KIND_N; k++) {
		o->kind = (enum capf_kind)k;
		ret = row_capf_csr_get(db, o, r, &own);
	}
	return ret == ERR_OK ? ret : err_set(e, ret, ret == ERR_NOTFOUND ?
	    "there is no request of %s: \"utils capf csr list\" shows those "
	    "there are" : "%s", ret == ERR_NOTFOUND ? name : own.msg);
}

static int
add_named(struct deleting *d, const char *name, int state, struct err *e)
{
	struct row_capf_csr r;
	struct capf_owner o;
	int ret;

	if ((ret = capf_owner_typed(&o, name, e)) != ERR_OK ||
	    (ret = get_request(d->c->node.db, name, &o, &r, e)) != ERR_OK)
		return ret;
	if (state != -1 && (int)r.state != state)
		ret = err_set(e, ERR_REFUSED, "the request of %s is %s, not "
		    "%s", name, capf_csr_state_name[r.state],
		    capf_csr_state_name[state]);
	else
		ret = add_owner(d, &o, e);
	row_capf_csr_clear(&r);
	return ret;
}

static int
find_named(struct deleting *d, struct err *e)
{
	const char *name = cmd_get(d->c->line, "NAME");
	int ret = ERR_OK, state = capf_csr_state(d->c);

	if (strcasecmp(name, "all") == 0)
		return row_capf_csr_each(d->c->node.db, state, INT64_MAX,
		    add_row, d, e);
	for (size_t i = 0; ret == ERR_OK &&
	    (name = cmd_get_n(d->c->line, "NAME", i)) != NULL; i++)
		ret = add_named(d, name, state, e);
	return ret;
}

static int
delete_tx(struct db *db, void *arg, struct err *e)
{
	struct err none = { .code = ERR_OK };
	struct deleting *d = arg;
	int ret;

	for (size_t i = 0; i < d->n; i++) {
		ret = row_capf_csr_remove(db, &d->owner[i], &none);
		if (ret != ERR_OK && ret != ERR_NOTFOUND)
			return err_set(e, ret, "%s", none.msg);
	}
	return ctl_audit_add(db, &d->audit, e);
}

int
cmd_capf_csr_delete(struct ctl *c, struct err *e)
{
	struct deleting d = { .c = c };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = find_named(&d, e)) != ERR_OK)
		goto out;
	if (d.n > 0) {
		out_text(c->out, "Effect:\n  %zu request%s removed\n", d.n,
		    d.n == 1 ? "" : "s");
		ctl_audit_init(c, &d.audit, "%zu requests, %.100s", d.n,
		    cmd_get(c->line, "NAME"));
		if ((ret = ask_confirm(c, "Do you want to continue?", e)) !=
		    ERR_OK || (ret = ctl_tx(c, delete_tx, &d, e)) != ERR_OK)
			goto out;
		out_changed(c->out);
	}
	out_text(c->out, "%zu request%s removed.\n", d.n, d.n == 1 ? "" :
	    "s");
	out_result(c->out, json_pack("{s:I}", "removed", (json_int_t)d.n));
out:
	free(d.owner);
	return ret;
}
