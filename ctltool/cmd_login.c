/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone login, phone logout.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/login_text.h"
#include "ctltool/phone_which.h"
#include "ctltool/user_try.h"

/* --- in --- */

struct login {
	struct login_spec	 spec;
	struct login_result	 r;
	struct ctl_audit	 audit;
};

static int
login_tx(struct db *db, void *arg, struct err *e)
{
	struct login *l = arg;
	int ret = phone_login(db, &l->spec, &l->r, e);

	return ret != ERR_OK || !l->r.changed ? ret :
	    ctl_audit_add(db, &l->audit, e);
}

/* With --pin or --pin-file it is the user himself who asks. */
static int
check_pin(struct ctl *c, const char *user, struct err *e)
{
	const char *file = cmd_get(c->line, "--pin-file");
	struct user_key k = { .kind = CREDENTIAL_USER, .what = USER_PIN };
	struct row_user u;
	bool renewed;
	int ret;

	if (file == NULL && !cmd_has(c->line, "--pin"))
		return ERR_OK;
	if ((ret = user_get(c->node.db, CREDENTIAL_USER, user, &u, e)) !=
	    ERR_OK)
		return ret;
	k.name = u.name;
	return user_try(c, &k, file != NULL ? file : "-", &renewed, e);
}

static void
tell_login(struct ctl *c, const struct login_result *r)
{
	if (!r->changed)
		out_text(c->out, "%s is logged in at %s already: nothing "
		    "changed\n", r->user, r->phone);
	else
		out_text(c->out, "%s logged in at %s%s%s%s%s\n", r->user,
		    r->phone, r->was[0] != '\0' ? "; logged out: " : "",
		    r->was, r->from[0] != '\0' ? "; no longer at " : "",
		    r->from);
	login_effect(c, r);
	if (r->from[0] != '\0' && r->from_restart)
		out_text(c->out, "Effect: %s owes a restart too\n", r->from);
}

int
cmd_phone_login(struct ctl *c, struct err *e)
{
	struct login l = { .spec = { .phone = cmd_get(c->line, "NAME"),
	    .user = cmd_get(c->line, "USER"), .move = cmd_has(c->line,
	    "--move") } };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = check_pin(c, l.spec.user, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &l.audit, "%.128s at %.64s", l.spec.user,
	    l.spec.phone);
	l.spec.account = l.audit.row.account;
	l.spec.now = l.audit.row.at;
	if ((ret = ctl_tx(c, login_tx, &l, e)) == ERR_OK) {
		if (l.r.changed)
			out_changed(c->out);
		tell_login(c, &l.r);
		out_result(c->out, login_json(c->out, &l.r));
	}
	login_result_clear(&l.r);
	return ret;
}

/* --- out --- */

struct logout {
	struct phone_which	 which;
	struct login_result	*r;	/* one for each */
	size_t			 nchanged;
	struct ctl_audit	 audit;
};

static int
logout_tx(struct db *db, void *arg, struct err *e)
{
	struct logout *l = arg;
	int ret;

	l->nchanged = 0;
	for (size_t i = 0; i < l->which.n; i++) {
		struct login_result *r = &l->r[i];

		if ((ret = phone_logout(db, l->which.name[i],
		    l->audit.row.at, r, e)) != ERR_OK)
			return ret;
		if (!r->changed)
			continue;
		l->nchanged++;
		(void)snprintf(l->audit.detail, sizeof(l->audit.detail),
		    "%s at %s", r->user, r->phone);
		if ((ret = ctl_audit_add(db, &l->audit, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

/* Of all phones those that somebody is logged in at. */
static int
which(struct ctl *c, struct logout *l, struct err *e)
{
	struct row_login *rows = NULL;
	size_t n = 0;
	int ret;

	if (!cmd_has(c->line, "--all") || cmd_get(c->line, "NAME") != NULL)
		return phone_which_find(&l->which, c, e);
	if ((ret = row_login_list(c->node.db, &rows, &n, e)) == ERR_OK &&
	    n > 0 && (l->which.name = calloc(n, sizeof(*l->which.name))) ==
	    NULL)
		ret = err_set(e, ERR_NOMEM, "phones");
	for (; ret == ERR_OK && l->which.n < n; l->which.n++)
		(void)str_copy(l->which.name[l->which.n],
		    sizeof(*l->which.name), rows[l->which.n].phone);
	free(rows);
	return ret;
}

static void
tell_logout(struct ctl *c, const struct logout *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->which.n; i++) {
		const struct login_result *r = &l->r[i];

		if (!r->changed)
			out_text(c->out, "nobody is logged in at %s: nothing "
			    "changed\n", r->phone);
		else
			out_text(c->out, "%s logged out at %s\n", r->user,
			    r->phone);
		login_effect(c, r);
		if (json_array_append_new(list, login_json(c->out, r)) != 0)
			c->out->nomem = true;
	}
	if (l->which.n != 1)
		out_text(c->out, "%zu logged out\n", l->nchanged);
	out_result(c->out, json_pack("{s:o, s:I}", "phones", list, "changed",
	    (json_int_t)l->nchanged));
}

static int
log_out(struct ctl *c, struct logout *l, struct err *e)
{
	int ret;

	if ((l->r = calloc(l->which.n + 1, sizeof(*l->r))) == NULL)
		return err_set(e, ERR_NOMEM, "phones");
	ctl_audit_init(c, &l->audit, "%s", "");
	if ((ret = ctl_tx(c, logout_tx, l, e)) == ERR_OK) {
		if (l->nchanged > 0)
			out_changed(c->out);
		tell_logout(c, l);
	}
	for (size_t i = 0; i < l->which.n; i++)
		login_result_clear(&l->r[i]);
	free(l->r);
	return ret;
}

int
cmd_phone_logout(struct ctl *c, struct err *e)
{
	struct logout l = { .r = NULL };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK &&
	    (ret = which(c, &l, e)) == ERR_OK)
		ret = log_out(c, &l, e);
	phone_which_clear(&l.which);
	return ret;
}
