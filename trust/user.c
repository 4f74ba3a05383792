/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * End users and application users, see user.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "db/rows_capf.h"
#include "db/rows_login.h"
#include "trust/profile.h"
#include "trust/sealed.h"
#include "trust/user.h"

#define NAMES_SHOWN	5

int
user_name(const char *s, char out[USER_NAME_MAX + 1], struct err *e)
{
	const struct setting *d = setting_get(SETTING_DIGEST_USER);
	char value[SETTING_VALUE_MAX + 1], shown[160];

	if (s[0] != '\0' && setting_check(d, s, 0, value, NULL) == ERR_OK) {
		(void)str_copy(out, USER_NAME_MAX + 1, value);
		return ERR_OK;
	}
	str_visible(s, strlen(s), shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not " USER_NAME_RULE, shown,
	    USER_NAME_MAX);
}

int
user_digest_check(const char *text, struct err *e)
{
	size_t n = strlen(text);
	bool ok = n > 0 && n <= DIGEST_TEXT_MAX;

	for (size_t i = 0; ok && i < n; i++)
		ok = text[i] >= 0x20 && text[i] < 0x7f && text[i] != '"';
	return ok ? ERR_OK : err_set(e, ERR_ARG, "digest credentials are 1 "
	    "to %d printable ASCII characters without \"", DIGEST_TEXT_MAX);
}

int
user_realm_check(const char *realm, struct err *e)
{
	size_t n = strlen(realm);
	char vis[160];
	bool ok = n <= REALM_MAX && (n == 0 ||
	    (realm[0] != ' ' && realm[n - 1] != ' '));

	for (size_t i = 0; ok && i < n; i++)
		ok = (realm[i] >= 'a' && realm[i] <= 'z') ||
		    (realm[i] >= 'A' && realm[i] <= 'Z') ||
		    (realm[i] >= '0' && realm[i] <= '9') ||
		    strchr(".-_ ", realm[i]) != NULL;
	if (ok)
		return ERR_OK;
	str_visible(realm, n, vis, sizeof(vis));
	return err_set(e, ERR_ARG, "\"%s\" is not " USER_REALM_RULE, vis,
	    REALM_MAX);
}

int
user_digest_for(struct db *db, const char *name, const char *realm,
    struct row_credential *c, struct err *e)
{
	struct err miss = { 0 };
	int ret;

	ret = row_credential_get(db, CREDENTIAL_USER, name, realm, c, &miss);
	if (ret == ERR_NOTFOUND)
		return row_credential_get(db, CREDENTIAL_USER, name, "", c,
		    e);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", miss.msg);
}

int
user_phones(struct db *db, const char *name, struct row_phone_name **rows,
    size_t *n, struct err *e)
{
	return row_phone_setting_with(db,
	    setting_get(SETTING_DIGEST_USER)->option, name, rows, n, e);
}

/* --- writing --- */

/* What is there is what is wanted.  What cannot be opened is not. */
static int
same_digest(struct db *db, const struct user_spec *s, const char *name,
    bool *there, bool *same, struct err *e)
{
	struct row_credential c = { .sealed = NULL };
	struct secret *text = NULL;
	struct err miss = { 0 };
	int ret;

	*there = *same = false;
	ret = row_credential_get(db, s->kind, name, s->realm, &c, &miss);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	*there = true;
	if (s->digest != NULL && sealed_digest_open(s->kr, s->kind, name,
	    s->realm, c.sealed, c.len, &text, NULL) == ERR_OK)
		*same = strlen(s->digest) + 1 == text->len &&
		    secret_equal(s->digest, text->buf, text->len);
	secret_free(text);
	row_credential_clear(&c);
	return ERR_OK;
}

static int
put_digest(struct db *db, const struct user_spec *s, const char *name,
    int64_t now, struct err *e)
{
	struct row_credential c = { .len = s->len, .changed_at = now };
	int ret;

	/* The row owns its bytes, so it gets a copy. */
	if ((c.sealed = malloc(s->len)) == NULL)
		return err_set(e, ERR_NOMEM, "user %s", name);
	memcpy(c.sealed, s->sealed, s->len);
	(void)str_copy(c.realm, sizeof(c.realm), s->realm);
	ret = row_credential_put(db, s->kind, name, &c, e);
	row_credential_clear(&c);
	return ret;
}

/* "SEP1, SEP2, ...". */
static void
name_some(const struct row_phone_name *rows, size_t n, char *out,
    size_t outlen)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && i < NAMES_SHOWN && used < outlen; i++)
		used += (size_t)snprintf(out + used, outlen - used, "%s%s",
		    i > 0 ? ", " : "", rows[i].name);
	if (n > NAMES_SHOWN && used < outlen)
		(void)snprintf(out + used, outlen - used, ", ...");
}

/* Neither logged in anywhere, nor waiting for another one to log out. */
static int
not_logged_in(struct db *db, const char *name, const char *whose,
    struct err *e)
{
	struct row_login *at = NULL, *before = NULL;
	size_t nat = 0, nbefore = 0;
	int ret;

	if ((ret = row_login_of_user(db, name, &at, &nat, e)) == ERR_OK &&
	    nat > 0)
		ret = err_set(e, ERR_REFUSED, "%s %s is logged in at %s: log "
		    "it out first (phone logout %s)", whose, name,
		    at[0].phone, at[0].phone);
	if (ret == ERR_OK && (ret = row_login_of_before(db, name, &before,
	    &nbefore, e)) == ERR_OK && nbefore > 0)
		ret = err_set(e, ERR_REFUSED, "%s %s is the digest user of %s "
		    "again when %s logs out there: log that one out first "
		    "(phone logout %s), and give the phone another one",
		    whose, name, before[0].phone, before[0].user,
		    before[0].phone);
	free(at);
	free(before);
	return ret;
}

static int
not_in_use(struct db *db, const char *name, const char *whose,
    struct err *e)
{
	char some[NAMES_SHOWN * (PHONE_NAME_MAX + 2) + 8];
	struct row_phone_name *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = not_logged_in(db, name, whose, e)) != ERR_OK ||
	    (ret = user_phones(db, name, &rows, &n, e)) != ERR_OK)
		return ret;
	name_some(rows, n, some, sizeof(some));
	free(rows);
	if (n == 0)
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "%s %s is the digest user of %zu "
	    "phone%s (%s): give %s another one first (phone set NAME "
	    "--digest-user USER, or default)", whose, name, n,
	    n == 1 ? "" : "s", some, n == 1 ? "it" : "them");
}

/* Without those of realm phones that name the user have none: refused while
 * there are such phones. */
static int
may_go(struct db *db, const char *name, const char *realm, struct err *e)
{
	struct row_credential c = { .sealed = NULL };
	struct err miss = { 0 };
	char *station;
	int ret = ERR_NOTFOUND;
	bool is_station;

	if ((station = param_get(db, PARAM_SIP_REALM, "", e)) == NULL)
		return e->code;
	is_station = strcmp(realm, station) == 0;
	if (realm[0] != '\0' && !is_station)
		ret = ERR_OK;		/* no phone has them */
	else
		ret = row_credential_get(db, CREDENTIAL_USER, name,
		    is_station ? "" : station, &c, &miss);
	row_credential_clear(&c);
	free(station);
	if (ret == ERR_NOTFOUND)
		return not_in_use(db, name, "the credentials stay:", e);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", miss.msg);
}

/* *what: the first thing that differs, NULL when nothing did. */
static int
write_digest(struct db *db, const struct user_spec *given, const char *name,
    int64_t now, const char **what, struct err *e)
{
	struct user_spec spec = *given, *s = &spec;
	bool there, same;
	int ret;

	if (s->digest == NULL && !s->no_digest)
		return ERR_OK;
	if (s->realm == NULL)
		s->realm = "";
	if ((ret = user_realm_check(s->realm, e)) != ERR_OK)
		return ret;
	if (s->digest != NULL &&
	    (ret = user_digest_check(s->digest, e)) != ERR_OK)
		return ret;
	if ((ret = same_digest(db, s, name, &there, &same, e)) != ERR_OK ||
	    (s->digest == NULL ? !there : same))
		return ret;
	*what = "digest credentials";
	if (s->digest != NULL)
		return put_digest(db, s, name, now, e);
	if (s->kind == CREDENTIAL_USER &&
	    (ret = may_go(db, name, s->realm, e)) != ERR_OK)
		return ret;
	return row_credential_remove(db, s->kind, name, s->realm, e);
}

static int
user_write(struct db *db, const struct user_spec *s, struct row_user *u,
    bool fresh, int64_t now, const char **what, struct err *e)
{
	char text[DESCRIPTION_LEN];
	int ret;

	if (s->description != NULL) {
		if ((ret = description_check(s->description, text, e)) !=
		    ERR_OK)
			return ret;
		if (strcmp(text, u->description) != 0)
			*what = "description";
		(void)str_copy(u->description, sizeof(u->description), text);
	}
	if ((ret = write_digest(db, s, u->name, now, what, e)) != ERR_OK)
		return ret;
	if (!fresh && *what == NULL)
		return ERR_OK;
	u->changed_at = now;
	return row_account_put(db, s->kind, u, e);
}

int
user_add(struct db *db, const struct user_spec *s, int64_t now,
    bool *changed, struct err *e)
{
	char name[USER_NAME_MAX + 1];
	const char *what = NULL;
	struct err miss = { 0 };
	struct row_user u;
	bool fresh;
	int ret;

	*changed = false;
	if ((ret = user_name(s->name, name, e)) != ERR_OK)
		return ret;
	ret = row_account_get(db, s->kind, name, &u, &miss);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	fresh = ret == ERR_NOTFOUND;
	(void)str_copy(u.name, sizeof(u.name), name);
	if ((ret = user_write(db, s, &u, fresh, now, &what, e)) != ERR_OK)
		return ret;
	if (!fresh && what != NULL)
		return err_set(e, ERR_EXISTS, "user %s is there with other "
		    "values (%s): change it with \"user set\"", name, what);
	*changed = fresh;
	return ERR_OK;
}

int
user_get(struct db *db, enum credential_kind kind, const char *typed,
    struct row_user *u, struct err *e)
{
	bool app = kind == CREDENTIAL_APPLICATION;
	char name[USER_NAME_MAX + 1];
	int ret;

	if ((ret = user_name(typed, name, e)) != ERR_OK)
		return ret;
	ret = row_account_get(db, kind, name, u, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "there is no %suser %s: \"user list%s\" "
		    "shows those there are", app ? "application " : "", name,
		    app ? " --application" : "");
	return ret;
}

int
user_set(struct db *db, const struct user_spec *s, int64_t now,
    bool *changed, int64_t *nphone, struct err *e)
{
	struct row_phone_name *rows = NULL;
	const char *what = NULL;
	struct row_user u;
	size_t n = 0;
	int ret;

	*changed = false;
	*nphone = 0;
	if ((ret = user_get(db, s->kind, s->name, &u, e)) != ERR_OK ||
	    (ret = user_write(db, s, &u, false, now, &what, e)) != ERR_OK ||
	    (s->kind == CREDENTIAL_USER &&
	    (ret = user_phones(db, u.name, &rows, &n, e)) != ERR_OK))
		return ret;
	free(rows);
	*changed = what != NULL;
	*nphone = (int64_t)n;
	return ERR_OK;
}

/* Its clients would keep certificates that nobody looks after. */
static int
no_clients(struct db *db, enum credential_kind kind, const char *name,
    struct err *e)
{
	enum capf_kind want = kind == CREDENTIAL_USER ? CAPF_USER :
	    CAPF_APPLICATION;
	struct row_capf_profile *rows = NULL;
	size_t n = 0;
	int ret = row_capf_profile_list(db, &rows, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if (rows[i].owner.kind == want &&
		    strcmp(rows[i].owner.name, name) == 0)
			ret = err_set(e, ERR_REFUSED, "%s has a CAPF profile, "
			    "instance %s: remove that first (utils capf "
			    "profile remove)", name, rows[i].owner.instance);
	row_capf_profiles_free(rows, n);
	return ret;
}

int
user_removable(struct db *db, enum credential_kind kind, const char *name,
    struct err *e)
{
	struct row_user u;
	int ret;

	if ((ret = user_get(db, kind, name, &u, e)) != ERR_OK ||
	    (ret = no_clients(db, kind, u.name, e)) != ERR_OK ||
	    kind == CREDENTIAL_APPLICATION)
		return ret;
	return not_in_use(db, u.name, "user", e);
}

int
user_remove(struct db *db, enum credential_kind kind, const char *name,
    struct err *e)
{
	int ret = user_removable(db, kind, name, e);

	return ret != ERR_OK ? ret : row_account_remove(db, kind, name, e);
}

int
user_shared(struct db *db, const char *name, const char *phone,
    char **advice, struct err *e)
{
	struct row_phone_name *rows = NULL;
	size_t n = 0, others = 0;
	int ret;

	*advice = NULL;
	if ((ret = user_phones(db, name, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		others += strcmp(rows[i].name, phone) != 0;
	free(rows);
	if (others == 0)
		return ERR_OK;
	/* The same words for each phone: advice is gathered by its text. */
	*advice = str_printf("%s is the digest user of several phones, and a "
	    "server cannot tell them apart (user show %s)", name, name);
	return *advice != NULL ? ERR_OK : err_set(e, ERR_NOMEM, "%s", name);
}

/* A user without credentials for realm, when phones name it. */
static int
left_out(struct db *db, const char *name, const char *realm, struct err *e)
{
	char some[NAMES_SHOWN * (PHONE_NAME_MAX + 2) + 8];
	struct row_phone_name *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = user_phones(db, name, &rows, &n, e)) != ERR_OK)
		return ret;
	name_some(rows, n, some, sizeof(some));
	free(rows);
	if (n == 0)
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "user %s has no digest credentials for "
	    "realm %.60s, and %zu phone%s (%s) answer%s with them: give it "
	    "some first (user set %s --digest-credentials-file FILE --realm "
	    "...), or some for any realm", name, realm, n, n == 1 ? "" : "s",
	    some, n == 1 ? "s" : "", name);
}

int
user_realm_changed(struct db *db, struct err *e)
{
	struct row_credential c = { .sealed = NULL };
	struct row_user *rows = NULL;
	struct err miss = { 0 };
	char *realm;
	size_t n = 0;
	int ret;

	if ((realm = param_get(db, PARAM_SIP_REALM, "", e)) == NULL)
		return e->code;
	ret = row_user_list(db, &rows, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		if (!rows[i].has_digest)
			continue;
		ret = user_digest_for(db, rows[i].name, realm, &c, &miss);
		row_credential_clear(&c);
		if (ret == ERR_NOTFOUND)
			ret = left_out(db, rows[i].name, realm, e);
		else if (ret != ERR_OK)
			(void)err_set(e, ret, "%s", miss.msg);
	}
	free(rows);
	free(realm);
	return ret;
}
