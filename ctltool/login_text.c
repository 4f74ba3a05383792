/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Logins and restarts owed, see login_text.h.
 */
#include <string.h>

#include "ctltool/login_text.h"

json_t *
login_json(struct out *o, const struct login_result *r)
{
	json_t *j = json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:b}", "phone",
	    r->phone, "user", r->user[0] != '\0' ? json_string(r->user) :
	    json_null(), "logged_out", r->was[0] != '\0' ?
	    json_string(r->was) : json_null(), "moved_from",
	    r->from[0] != '\0' ? json_string(r->from) : json_null(),
	    "digest_user", r->digest_user[0] != '\0' ?
	    json_string(r->digest_user) : json_null(), "changed", r->changed,
	    "restart_owed", r->restart);

	if (j == NULL)
		o->nomem = true;
	return j;
}

void
login_effect(struct ctl *c, const struct login_result *r)
{
	const char *p = r->advice;
	size_t n;

	if (r->restart)
		out_text(c->out, "Effect: digest user of %s is %s; it owes a "
		    "restart, which gets it another configuration\n",
		    r->phone, r->digest_user[0] != '\0' ? r->digest_user :
		    "none");
	else if (r->changed)
		out_text(c->out, "Effect: digest user of %s is %s; its "
		    "configuration does not say so and stays as it is, so no "
		    "restart is owed\n", r->phone, r->digest_user[0] != '\0' ?
		    r->digest_user : "none");
	if (r->opened)
		out_warn(c->out, "%s: its file is not encrypted: whoever asks "
		    "for it reads the password of %s", r->phone,
		    r->digest_user);
	for (; p != NULL && *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		out_warn(c->out, "%s: %.*s", r->phone, (int)n, p);
	}
}

/* --- phone show --- */

static int
show_login(struct ctl *c, const char *phone, json_t **j, struct err *e)
{
	char date[CLOCK_RFC3339_LEN];
	struct err miss = { 0 };
	struct row_login l;
	int ret = row_login_get(c->node.db, phone, &l, &miss);

	*j = NULL;
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	clock_rfc3339(l.at, date);
	out_text(c->out, "Logged in    %s, since %s, by %s; else %s\n",
	    l.user, date, l.account, l.before[0] != '\0' ? l.before :
	    "nobody");
	*j = json_pack("{s:s, s:o, s:s, s:o}", "user", l.user, "before",
	    l.before[0] != '\0' ? json_string(l.before) : json_null(),
	    "account", l.account, "at", out_time(l.at));
	return ERR_OK;
}

static int
show_restart(struct ctl *c, const char *phone, json_t **j, struct err *e)
{
	char date[CLOCK_RFC3339_LEN];
	struct db *observed;
	struct row_restart r;
	bool owed = false;
	int ret;

	*j = NULL;
	if ((ret = ctl_observed(c, &observed, e)) != ERR_OK)
		return ret;
	ret = phone_restart_owed(c->node.db, observed, phone, &r, &owed, e);
	db_close(observed);
	if (ret != ERR_OK || !owed)
		return ret;
	clock_rfc3339(r.at, date);
	out_text(c->out, "Restart      owed since %s: %s\n", date, r.why);
	*j = json_pack("{s:s, s:o}", "why", r.why, "at", out_time(r.at));
	return ERR_OK;
}

int
login_show(struct ctl *c, const char *phone, json_t *result, struct err *e)
{
	json_t *login, *restart;
	int ret;

	if ((ret = show_login(c, phone, &login, e)) != ERR_OK)
		return ret;
	if (json_object_set_new(result, "login", login != NULL ? login :
	    json_null()) != 0)
		c->out->nomem = true;
	if ((ret = show_restart(c, phone, &restart, e)) != ERR_OK)
		return ret;
	if (json_object_set_new(result, "restart_owed", restart != NULL ?
	    restart : json_null()) != 0)
		c->out->nomem = true;
	return ERR_OK;
}
