/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Extension mobility, see login.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/observed.h"
#include "db/params.h"
#include "trust/login.h"
#include "trust/phone.h"
#include "trust/phone_guard.h"

void
login_result_clear(struct login_result *r)
{
	free(r->advice);
	*r = (struct login_result){ .advice = NULL };
}

/* ERR_OK or ERR_NOTFOUND, else said in e. */
static int
find(struct db *db, const char *phone, struct row_login *l, struct err *e)
{
	struct err miss = { 0 };
	int ret = row_login_get(db, phone, l, &miss);

	return ret == ERR_OK || ret == ERR_NOTFOUND ? ret :
	    err_set(e, ret, "%s", miss.msg);
}

/* The digest user that a phone has of its own, "". */
static int
own_user(struct db *db, const char *phone, char user[USER_NAME_MAX + 1],
    struct err *e)
{
	const char *option = setting_get(SETTING_DIGEST_USER)->option;
	struct row_setting *rows = NULL;
	size_t n = 0;
	int ret;

	user[0] = '\0';
	if ((ret = row_phone_settings(db, phone, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, option) == 0)
			(void)str_copy(user, USER_NAME_MAX + 1,
			    rows[i].value);
	free(rows);
	return ERR_OK;
}

/* Its file is another one than what it has read, if it says who the digest user
 * is. */
static int
owe_restart(struct db *db, const char *phone, const char *who,
    const char *what, int64_t now, struct login_result *r, struct err *e)
{
	struct row_restart row = { .at = now };
	struct phone_effective x;
	int ret = phone_effective_load(&x, db, NULL, phone, e);

	if (ret != ERR_OK)
		return ret;
	r->restart = effective_carries_digest(&x);
	phone_effective_clear(&x);
	if (!r->restart)
		return ERR_OK;
	(void)str_copy(row.phone, sizeof(row.phone), phone);
	(void)snprintf(row.why, sizeof(row.why), "%s %s", who, what);
	return row_restart_put(db, &row, e);
}

/* His password stands in a file for everybody. */
static int
is_opened(struct db *db, const char *phone, int64_t now, bool *opened,
    struct err *e)
{
	struct phone_effective x;
	enum phone_guard g;
	int ret = phone_guard_of(db, NULL, phone, now, &g, e);

	*opened = false;
	if (ret != ERR_OK || g != GUARD_OPEN ||
	    (ret = phone_effective_load(&x, db, NULL, phone, e)) != ERR_OK)
		return ret;
	*opened = effective_carries_digest(&x);
	phone_effective_clear(&x);
	return ERR_OK;
}

/* "": none. */
static int
set_user(struct db *db, const char *phone, const char *user, const char *who,
    const char *what, int64_t now, struct login_result *r, struct err *e)
{
	const struct setting_change c = { .setting = setting_get(
	    SETTING_DIGEST_USER), .value = user[0] != '\0' ? user : NULL };
	const struct phone_spec s = { .name = phone, .change = &c,
	    .nchange = 1 };
	struct phone_result done = { .advice = NULL };
	int ret;

	if ((ret = phone_set(db, &s, now, &done, e)) != ERR_OK)
		return ret;
	(void)str_copy(r->digest_user, sizeof(r->digest_user), user);
	free(r->advice);
	r->advice = done.advice;
	if (user[0] != '\0' && (ret = is_opened(db, phone, now, &r->opened,
	    e)) != ERR_OK)
		return ret;
	return done.changed ? owe_restart(db, phone, who, what, now, r, e) :
	    ERR_OK;
}

/* --- out --- */

/* The one before, as far as the phone can have it again. */
static int
usable_before(struct db *db, const struct row_login *l, const char **user,
    struct err *e)
{
	struct row_credential c = { .sealed = NULL };
	struct err own = { 0 };
	char *realm;
	int ret;

	*user = "";
	if (l->before[0] == '\0')
		return ERR_OK;
	if ((realm = param_get(db, PARAM_SIP_REALM, "", &own)) == NULL)
		return err_set(e, own.code, "%s", own.msg);
	ret = user_digest_for(db, l->before, realm, &c, &own);
	row_credential_clear(&c);
	free(realm);
	if (ret == ERR_OK)
		*user = l->before;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

/* Written past the rules, of which digest authentication needs a user: who
 * leaves must be able to. */
static int
leave_without(struct db *db, const struct row_login *l, const char *why,
    int64_t now, struct login_result *r, struct err *e)
{
	struct row_phone p;
	int ret;

	free(r->advice);
	r->advice = str_printf("%s has no digest user now: %s", l->phone,
	    why);
	if (r->advice == NULL)
		return err_set(e, ERR_NOMEM, "%s", l->phone);
	if ((ret = row_phone_setting_put(db, l->phone, setting_get(
	    SETTING_DIGEST_USER)->option, NULL, NULL, e)) != ERR_OK ||
	    (ret = row_phone_get(db, l->phone, &p, e)) != ERR_OK)
		return ret;
	p.changed_at = now;
	if ((ret = row_phone_put(db, &p, e)) != ERR_OK)
		return ret;
	return owe_restart(db, l->phone, l->user, "logged out", now, r, e);
}

static int
log_out(struct db *db, const struct row_login *l, int64_t now,
    struct login_result *r, struct err *e)
{
	struct err why = { 0 };
	const char *user;
	int ret;

	if ((ret = row_login_remove(db, l->phone, e)) != ERR_OK ||
	    (ret = usable_before(db, l, &user, e)) != ERR_OK)
		return ret;
	r->changed = true;
	if (user[0] == '\0' && l->before[0] != '\0') {
		(void)err_set(&why, ERR_REFUSED, "%s, which it had before, has "
		    "no credentials any more", l->before);
		return leave_without(db, l, why.msg, now, r, e);
	}
	ret = set_user(db, l->phone, user, l->user, "logged out", now, r,
	    &why);
	if (ret == ERR_REFUSED)
		return leave_without(db, l, why.msg, now, r, e);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", why.msg);
}

static int
begin(struct db *db, const char *phone, struct login_result *r,
    struct err *e)
{
	struct row_phone p;
	int ret;

	login_result_clear(r);
	if ((ret = phone_name(phone, r->phone, e)) != ERR_OK)
		return ret;
	ret = row_phone_get(db, r->phone, &p, e);
	return ret != ERR_NOTFOUND ? ret : err_set(e, ret, "no phone %s: "
	    "\"phone list\" shows those there are", r->phone);
}

int
phone_logout(struct db *db, const char *phone, int64_t now,
    struct login_result *r, struct err *e)
{
	struct row_login l;
	int ret;

	if ((ret = begin(db, phone, r, e)) != ERR_OK ||
	    (ret = own_user(db, r->phone, r->digest_user, e)) != ERR_OK)
		return ret;
	if ((ret = find(db, r->phone, &l, e)) != ERR_OK)
		return ret == ERR_NOTFOUND ? ERR_OK : ret;
	(void)str_copy(r->user, sizeof(r->user), l.user);
	r->digest_user[0] = '\0';
	return log_out(db, &l, now, r, e);
}

/* --- in --- */

/* He is logged in elsewhere: refused, or logged out there. */
static int
leave_other(struct db *db, const struct login_spec *s,
    struct login_result *r, struct login_result *there, struct err *e)
{
	struct row_login *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = row_login_of_user(db, r->user, &rows, &n, e)) != ERR_OK)
		return ret;
	if (n > 0 && !s->move)
		ret = err_set(e, ERR_REFUSED, "%s is logged in at %s: log it "
		    "out there first (phone logout %s), or give --move",
		    r->user, rows[0].phone, rows[0].phone);
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		(void)str_copy(r->from, sizeof(r->from), rows[i].phone);
		ret = log_out(db, &rows[i], s->now, there, e);
		r->from_restart = there->restart;
	}
	free(rows);
	return ret;
}

/* Who is logged in here leaves; l->before: what the phone had before him. */
static int
leave_here(struct db *db, struct row_login *l, struct login_result *r,
    struct err *e)
{
	int ret = find(db, r->phone, l, e);

	if (ret == ERR_NOTFOUND)
		return own_user(db, r->phone, l->before, e);
	if (ret != ERR_OK || strcmp(l->user, r->user) == 0)
		return ret;
	(void)str_copy(r->was, sizeof(r->was), l->user);
	return row_login_remove(db, r->phone, e);
}

/* What is advised about the other phone as well. */
static int
join_advice(struct login_result *r, const struct login_result *there,
    struct err *e)
{
	char *both;

	if (there->advice == NULL)
		return ERR_OK;
	both = str_printf("%s%s%s", there->advice, r->advice != NULL ? "\n" :
	    "", r->advice != NULL ? r->advice : "");
	if (both == NULL)
		return err_set(e, ERR_NOMEM, "%s", r->phone);
	free(r->advice);
	r->advice = both;
	return ERR_OK;
}

static int
log_in(struct db *db, const struct login_spec *s, struct row_login *l,
    struct login_result *r, struct err *e)
{
	struct login_result there = { .advice = NULL };
	int ret;

	if ((ret = leave_other(db, s, r, &there, e)) == ERR_OK &&
	    (ret = set_user(db, r->phone, r->user, r->user, "logged in",
	    s->now, r, e)) == ERR_OK)
		ret = join_advice(r, &there, e);
	login_result_clear(&there);
	if (ret != ERR_OK)
		return ret;
	r->changed = true;
	(void)str_copy(l->phone, sizeof(l->phone), r->phone);
	(void)str_copy(l->user, sizeof(l->user), r->user);
	(void)str_copy(l->account, sizeof(l->account), s->account);
	l->at = s->now;
	return row_login_put(db, l, e);
}

int
phone_login(struct db *db, const struct login_spec *s,
    struct login_result *r, struct err *e)
{
	struct row_login l = { .at = 0 };
	struct row_user u;
	int ret;

	if ((ret = begin(db, s->phone, r, e)) != ERR_OK ||
	    (ret = user_get(db, CREDENTIAL_USER, s->user, &u, e)) != ERR_OK)
		return ret;
	(void)str_copy(r->user, sizeof(r->user), u.name);
	if ((ret = leave_here(db, &l, r, e)) != ERR_OK)
		return ret;
	if (strcmp(l.user, r->user) == 0)
		return own_user(db, r->phone, r->digest_user, e);
	return log_in(db, s, &l, r, e);
}

int
phone_settings_at_rest(struct db *db, const char *phone,
    struct row_setting *rows, size_t n, struct err *e)
{
	const char *option = setting_get(SETTING_DIGEST_USER)->option;
	struct row_login l;
	int ret;

	if ((ret = find(db, phone, &l, e)) != ERR_OK)
		return ret == ERR_NOTFOUND ? ERR_OK : ret;
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, option) == 0)
			(void)str_copy(rows[i].value, sizeof(rows[i].value),
			    l.before);
	return ERR_OK;
}

/* --- the restart owed --- */

int
phone_restart_owed(struct db *db, struct db *observed, const char *phone,
    struct row_restart *row, bool *owed, struct err *e)
{
	struct err miss = { 0 };
	bool fetched = false;
	int ret = row_restart_get(db, phone, row, &miss);

	*owed = false;
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	if (observed != NULL && (ret = observed_fetched_since(observed,
	    phone, "config", row->at, &fetched, e)) != ERR_OK)
		return ret;
	*owed = !fetched;
	return ERR_OK;
}
