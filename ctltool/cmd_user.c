/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * user add, set, list, show, remove: end users and digest credentials.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/ask.h"
#include "ctltool/secret_in.h"
#include "trust/profile.h"
#include "trust/sealed.h"
#include "trust/user.h"

struct change {
	struct user_spec	 spec;
	bool			 adding, changed;
	int64_t			 nphone;
	uint8_t			*sealed;
	struct keyring		*kr;
	struct ctl_audit	 audit;
};

static int
change_tx(struct db *db, void *arg, struct err *e)
{
	struct change *ch = arg;
	int64_t now = ch->audit.row.at;
	int ret = ch->adding ? user_add(db, &ch->spec, now, &ch->changed, e) :
	    user_set(db, &ch->spec, now, &ch->changed, &ch->nphone, e);

	if (ret != ERR_OK || !ch->changed)
		return ret;
	return ctl_audit_add(db, &ch->audit, e);
}

/* --- what a user is --- */

/* Its realms as JSON, null for any, and as text. */
static json_t *
realms_json(const struct row_credential *rows, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, rows[i].realm[0] != '\0' ?
		    out_str(rows[i].realm) : json_null());
	return list;
}

static json_t *
user_json(struct ctl *c, const struct row_user *u, size_t nphone,
    struct err *e)
{
	struct row_credential *rows = NULL;
	size_t n = 0;
	json_t *j;

	if (row_credential_list(c->node.db, CREDENTIAL_USER, u->name, &rows,
	    &n, e) != ERR_OK)
		return NULL;
	j = json_pack("{s:s, s:o, s:b, s:o, s:I, s:o}", "name", u->name,
	    "description", out_str(u->description), "digest_credentials",
	    u->has_digest, "realms", realms_json(rows, n), "phones",
	    (json_int_t)nphone, "changed_at", out_time(u->changed_at));
	free(rows);
	return j;
}

/* "set", for any realm only; else the realms.  For the text. */
static int
put_realms(struct ctl *c, const char *name, struct err *e)
{
	struct row_credential *rows = NULL;
	char vis[OUT_VIS_MAX];
	size_t n = 0;
	int ret;

	if ((ret = row_credential_list(c->node.db, CREDENTIAL_USER, name,
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
user_load(struct ctl *c, const char *typed, struct row_user *u,
    struct row_phone_name **rows, size_t *n, struct err *e)
{
	char name[USER_NAME_MAX + 1];
	int ret;

	if ((ret = user_name(typed, name, e)) != ERR_OK)
		return ret;
	ret = row_user_get(c->node.db, name, u, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "there is no user %s: \"user list\" "
		    "shows those there are", name);
	return ret != ERR_OK ? ret : user_phones(c->node.db, name, rows, n,
	    e);
}

/* --- add, set --- */

static int
take_digest(struct ctl *c, struct change *ch, struct err *e)
{
	const char *file = cmd_get(c->line, "--digest-credentials-file");
	const char *realm = cmd_get(c->line, "--realm");
	char name[USER_NAME_MAX + 1];
	const struct secret *text;
	int ret;

	if (realm != NULL && (file == NULL || realm[0] == '\0'))
		return err_set(e, ERR_ARG, "--realm says what credentials are "
		    "for: %s", file == NULL ? "give --digest-credentials-file "
		    "too" : "leave it out for any realm");
	if (file == NULL)
		return ERR_OK;
	ch->spec.realm = realm != NULL ? realm : "";
	if ((ret = user_realm_check(ch->spec.realm, e)) != ERR_OK)
		return ret;
	if (strcmp(file, "none") == 0) {
		ch->spec.no_digest = true;
		return ERR_OK;
	}
	if ((ret = user_name(ch->spec.name, name, e)) != ERR_OK ||
	    (ret = secret_in(c, file, "Digest Credentials", &text, e)) !=
	    ERR_OK)
		return ret;
	ch->spec.digest = (const char *)text->buf;
	if ((ret = user_digest_check(ch->spec.digest, e)) != ERR_OK)
		return ret;
	if ((ch->kr = node_keyring(&c->node, KEYRING_CRED, e)) == NULL)
		return e->code;
	ch->spec.kr = ch->kr;
	ret = sealed_digest(ch->kr, c->rng, CREDENTIAL_USER, name,
	    ch->spec.realm, ch->spec.digest, &ch->sealed, &ch->spec.len, e);
	ch->spec.sealed = ch->sealed;
	return ret;
}

static int
change_say(struct ctl *c, const struct change *ch, struct err *e)
{
	struct row_phone_name *rows = NULL;
	struct row_user u;
	json_t *j;
	size_t n = 0;
	int ret;

	if ((ret = user_load(c, ch->spec.name, &u, &rows, &n, e)) != ERR_OK)
		return ret;
	free(rows);
	out_text(c->out, "user %s %s (digest credentials %s)\n", u.name,
	    !ch->changed ? "is so already, nothing changed" : ch->adding ?
	    "added" : "changed", u.has_digest ? "set" : "none");
	if (ch->changed && n > 0)
		out_text(c->out, "Effect: %zu phone%s with this digest user "
		    "get%s another configuration at the next restart\n", n,
		    n == 1 ? "" : "s", n == 1 ? "s" : "");
	j = user_json(c, &u, n, e);
	if (j != NULL && json_object_set_new(j, "changed",
	    json_boolean(ch->changed)) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
	return ERR_OK;
}

static int
change(struct ctl *c, bool adding, struct err *e)
{
	struct change ch = { .adding = adding };
	int ret;

	ch.spec.name = cmd_get(c->line, "NAME");
	ch.spec.description = cmd_get(c->line, "--description");
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = take_digest(c, &ch, e)) != ERR_OK)
		goto out;
	ctl_audit_init(c, &ch.audit, "%.128s%s%s%.64s", ch.spec.name,
	    ch.spec.digest != NULL ? " with digest credentials" :
	    ch.spec.no_digest ? " without digest credentials" : "",
	    ch.spec.realm != NULL && ch.spec.realm[0] != '\0' ?
	    " for realm " : "", ch.spec.realm != NULL ? ch.spec.realm : "");
	if ((ret = ctl_tx(c, change_tx, &ch, e)) != ERR_OK)
		goto out;
	if (ch.changed)
		out_changed(c->out);
	ret = change_say(c, &ch, e);
out:
	free(ch.sealed);
	keyring_free(ch.kr);
	return ret;
}

int
cmd_user_add(struct ctl *c, struct err *e)
{
	return change(c, true, e);
}

int
cmd_user_set(struct ctl *c, struct err *e)
{
	return change(c, false, e);
}

/* --- list, show --- */

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

int
cmd_user_list(struct ctl *c, struct err *e)
{
	struct row_setting_count *counts = NULL;
	struct row_user *rows = NULL;
	json_t *list = json_array(), *j;
	char vis[OUT_VIS_MAX];
	size_t n = 0, ncount = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = row_user_list(c->node.db, &rows, &n, e)) != ERR_OK ||
	    (ret = row_phone_setting_counts(c->node.db, setting_get(
	    SETTING_DIGEST_USER)->option, &counts, &ncount, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%-32s %-7s %7s  %s\n", "NAME", "DIGEST", "PHONES",
	    "DESCRIPTION");
	for (size_t i = 0; i < n; i++) {
		size_t nphone = phones_of(counts, ncount, rows[i].name);

		out_text(c->out, "%-32s %-7s %7zu  %s\n", rows[i].name,
		    rows[i].has_digest ? "set" : "none", nphone,
		    out_vis(rows[i].description, vis));
		if ((j = user_json(c, &rows[i], nphone, e)) == NULL ||
		    json_array_append_new(list, j) != 0)
			c->out->nomem = true;
	}
	out_text(c->out, "%zu user%s\n", n, n == 1 ? "" : "s");
	out_result(c->out, json_pack("{s:O, s:I}", "users", list, "count",
	    (json_int_t)n));
out:
	free(counts);
	free(rows);
	json_decref(list);
	return ret;
}

int
cmd_user_show(struct ctl *c, struct err *e)
{
	struct row_phone_name *rows = NULL;
	char vis[OUT_VIS_MAX], date[CLOCK_RFC3339_LEN];
	json_t *names = json_array(), *j;
	struct row_user u;
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK || (ret = user_load(c,
	    cmd_get(c->line, "NAME"), &u, &rows, &n, e)) != ERR_OK)
		goto out;
	clock_rfc3339(u.changed_at, date);
	out_text(c->out, "Name                %s\nDescription         %s\n",
	    u.name, out_vis(u.description, vis));
	if ((ret = put_realms(c, u.name, e)) != ERR_OK)
		goto out;
	out_text(c->out, "Changed             %s\n"
	    "Phones              %zu\n", date, n);
	for (size_t i = 0; i < n; i++) {
		out_text(c->out, "  %s\n", rows[i].name);
		if (json_array_append_new(names, json_string(rows[i].name)) !=
		    0)
			c->out->nomem = true;
	}
	j = user_json(c, &u, n, e);
	if (j != NULL && json_object_set(j, "phone_names", names) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
out:
	free(rows);
	json_decref(names);
	return ret;
}

/* --- remove --- */

struct removal {
	char			 name[USER_NAME_MAX + 1];
	struct ctl_audit	 audit;
};

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	struct removal *r = arg;
	int ret;

	if ((ret = user_remove(db, r->name, e)) != ERR_OK)
		return ret;
	return ctl_audit_add(db, &r->audit, e);
}

int
cmd_user_remove(struct ctl *c, struct err *e)
{
	struct removal r = { .name = "" };
	char question[USER_NAME_MAX + 32];
	int ret;

	/* What is refused is not asked about. */
	if ((ret = user_name(cmd_get(c->line, "NAME"), r.name, e)) !=
	    ERR_OK || (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = user_removable(c->node.db, r.name, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Effect: user %s and its digest credentials are "
	    "removed; no phone uses them.\n", r.name);
	(void)snprintf(question, sizeof(question), "Remove user %s?", r.name);
	if ((ret = ask_confirm(c, question, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &r.audit, "%s", r.name);
	if ((ret = ctl_tx(c, remove_tx, &r, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	out_text(c->out, "user %s removed\n", r.name);
	out_result(c->out, json_pack("{s:s, s:b}", "name", r.name, "removed",
	    true));
	return ERR_OK;
}
