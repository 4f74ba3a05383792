/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * user list, user show, report user hashes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/user_text.h"
#include "db/params.h"
#include "trust/profile.h"

/* --- list --- */

static int
by_value(const void *a, const void *b)
{
	const struct row_setting_count *x = a, *y = b;

	return strcmp(x->value, y->value);
}

/* How many phones name the user: of counts that are in order. */
static size_t
phones_of(const struct row_setting_count *rows, size_t n, const char *name)
{
	struct row_setting_count key, *hit;

	(void)snprintf(key.value, sizeof(key.value), "%s", name);
	hit = n > 0 ? bsearch(&key, rows, n, sizeof(key), by_value) : NULL;
	return hit != NULL ? (size_t)hit->n : 0;
}

struct listing {
	enum credential_kind	 kind;
	struct row_user		*rows;
	struct row_setting_count *counts;
	size_t			 n, ncount, shown;
	int64_t			 rounds;
	bool			 shared;	/* only those of several */
	json_t			*list;
};

static int
list_load(struct ctl *c, struct listing *l, struct err *e)
{
	int ret;

	if ((ret = row_account_list(c->node.db, l->kind, &l->rows, &l->n,
	    e)) != ERR_OK || (ret = param_get_i64(c->node.db,
	    PARAM_USER_HASH_ROUNDS, "", &l->rounds, e)) != ERR_OK ||
	    l->kind != CREDENTIAL_USER)
		return ret;
	return row_phone_setting_counts(c->node.db, setting_get(
	    SETTING_DIGEST_USER)->option, &l->counts, &l->ncount, e);
}

static int
list_one(struct ctl *c, struct listing *l, const struct row_user *row,
    struct err *e)
{
	struct user_facts u = { .kind = l->kind, .row = *row,
	    .nphone = phones_of(l->counts, l->ncount, row->name) };
	char vis[OUT_VIS_MAX];
	json_t *j;
	int ret;

	if (l->shared && u.nphone < 2)
		return ERR_OK;
	if ((ret = user_facts_fill(c, &u, l->rounds, e)) != ERR_OK)
		return ret;
	l->shown++;
	out_text(c->out, "%-32s %-7s %-12s %-12s %7zu  %s\n", row->name,
	    row->has_digest ? "set" : "none",
	    user_hash_state_name[u.hash[USER_PASSWORD]],
	    user_hash_state_name[u.hash[USER_PIN]], u.nphone,
	    out_vis(row->description, vis));
	if ((j = user_json(c, &u, e)) == NULL ||
	    json_array_append_new(l->list, j) != 0)
		c->out->nomem = true;
	return ERR_OK;
}

int
cmd_user_list(struct ctl *c, struct err *e)
{
	struct listing l = { .kind = user_kind(c->line), .list = json_array(),
	    .shared = cmd_has(c->line, "--shared") };
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = list_load(c, &l, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%-32s %-7s %-12s %-12s %7s  %s\n", "NAME", "DIGEST",
	    "PASSWORD", "PIN", "PHONES", "DESCRIPTION");
	for (size_t i = 0; ret == ERR_OK && i < l.n; i++)
		ret = list_one(c, &l, &l.rows[i], e);
	out_text(c->out, "%zu %suser%s\n", l.shown, user_kind_word(l.kind),
	    l.shown == 1 ? "" : "s");
	out_result(c->out, json_pack("{s:O, s:I}", "users", l.list, "count",
	    (json_int_t)l.shown));
out:
	free(l.counts);
	free(l.rows);
	json_decref(l.list);
	return ret;
}

/* --- show --- */

/* "set", for any realm only; else the realms. */
static int
put_realms(struct ctl *c, const struct user_facts *u, struct err *e)
{
	struct row_credential *rows = NULL;
	char vis[OUT_VIS_MAX];
	size_t n = 0;
	int ret;

	if ((ret = row_credential_list(c->node.db, u->kind, u->row.name,
	    &rows, &n, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Digest Credentials  %s", n > 0 ? "set" : "none");
	for (size_t i = 0; i < n && (n > 1 || rows[0].realm[0] != '\0'); i++)
		out_text(c->out, "%s%s%s", i > 0 ? ", " : ", for ",
		    rows[i].realm[0] != '\0' ? "realm " : "any realm",
		    out_vis(rows[i].realm, vis));
	out_text(c->out, "\n");
	free(rows);
	return ERR_OK;
}

static int
put_user(struct ctl *c, const struct user_facts *u, struct err *e)
{
	char vis[OUT_VIS_MAX], date[CLOCK_RFC3339_LEN];
	int ret;

	out_text(c->out, "Name                %s\nKind                %s\n"
	    "Description         %s\n", u->row.name,
	    u->kind == CREDENTIAL_USER ? "end user" : "application user",
	    out_vis(u->row.description, vis));
	if ((ret = put_realms(c, u, e)) != ERR_OK)
		return ret;
	clock_rfc3339(u->row.changed_at, date);
	out_text(c->out, "Password            %s\nPIN                 %s\n"
	    "Changed             %s\n",
	    user_hash_state_name[u->hash[USER_PASSWORD]],
	    user_hash_state_name[u->hash[USER_PIN]], date);
	if (u->kind == CREDENTIAL_APPLICATION)
		return ERR_OK;
	if (u->login[0] != '\0') {
		clock_rfc3339(u->login_at, date);
		out_text(c->out, "Logged in           at %s, since %s\n",
		    u->login, date);
	}
	out_text(c->out, "Phones              %zu\n", u->nphone);
	for (size_t i = 0; i < u->nphone; i++)
		out_text(c->out, "  %s\n", u->phone[i].name);
	return ERR_OK;
}

int
cmd_user_show(struct ctl *c, struct err *e)
{
	json_t *names = json_array(), *j;
	struct user_facts u = { .phone = NULL };
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = user_facts_load(c, user_kind(c->line), cmd_get(c->line,
	    "NAME"), &u, e)) != ERR_OK || (ret = put_user(c, &u, e)) !=
	    ERR_OK)
		goto out;
	for (size_t i = 0; i < u.nphone; i++)
		if (json_array_append_new(names, json_string(
		    u.phone[i].name)) != 0)
			c->out->nomem = true;
	j = user_json(c, &u, e);
	if (j != NULL && json_object_set(j, "phone_names", names) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
out:
	user_facts_clear(&u);
	json_decref(names);
	return ret;
}

/* --- report user hashes --- */

static int
report_kind(struct ctl *c, enum credential_kind kind, json_t *list,
    size_t *total, struct err *e)
{
	char date[CLOCK_RFC3339_LEN];
	struct user_old *rows = NULL;
	size_t n = 0;
	int ret = user_hash_old(c->node.db, kind, &rows, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		clock_rfc3339(rows[i].changed_at, date);
		out_text(c->out, "%-12s %-9s %-13s %7" PRId64 "  %-20s  %s\n",
		    credential_kind_name[kind], user_what_name[rows[i].what],
		    password_form_name[rows[i].form], rows[i].rounds, date,
		    rows[i].name);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, "
		    "s:s, s:I, s:o}", "kind", credential_kind_name[kind],
		    "name", rows[i].name, "what",
		    user_what_name[rows[i].what], "form",
		    password_form_name[rows[i].form], "rounds",
		    (json_int_t)rows[i].rounds, "set_at", out_time(
		    rows[i].changed_at))) != 0)
			c->out->nomem = true;
	}
	free(rows);
	*total += n;
	return ret;
}

int
cmd_report_user_hashes(struct ctl *c, struct err *e)
{
	json_t *list = json_array();
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%-12s %-9s %-13s %7s  %-20s  %s\n", "KIND", "OF",
	    "FORM", "ROUNDS", "SET", "NAME");
	if ((ret = report_kind(c, CREDENTIAL_USER, list, &n, e)) != ERR_OK ||
	    (ret = report_kind(c, CREDENTIAL_APPLICATION, list, &n, e)) !=
	    ERR_OK)
		goto out;
	out_text(c->out, "%zu hash%s out of date; each is made anew when its "
	    "user gives the right one\n", n, n == 1 ? " is" : "es are");
	out_result(c->out, json_pack("{s:O, s:I}", "hashes", list, "count",
	    (json_int_t)n));
out:
	json_decref(list);
	return ret;
}
