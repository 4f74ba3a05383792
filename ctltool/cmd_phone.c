/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone add, copy.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/phone_args.h"
#include "trust/sealed.h"

/* --- add --- */

struct add {
	struct phone_spec	 spec;
	struct profile_spec	 profile;	/* of a template */
	char			 profile_named[PROFILE_NAME_MAX + 1];
	struct setting_change	 set[SETTING_N];
	bool			 profile_added;
	struct ctl_audit	 audit;
	bool			 added;
	char			*advice;
};

/* The template's profile, made when it is not there. */
static int
add_profile(struct db *db, struct add *a, struct err *e)
{
	struct profile_result r = { .advice = NULL };
	struct row_profile have;
	struct err miss = { 0 };
	int ret;

	a->profile_added = false;
	ret = row_profile_get(db, a->profile_named, &have, &miss);
	if (ret == ERR_OK)
		return ERR_OK;
	if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	ret = profile_add(db, &a->profile, a->audit.row.at, &r, e);
	a->profile_added = ret == ERR_OK;
	profile_result_clear(&r);
	return ret;
}

static int
add_tx(struct db *db, void *arg, struct err *e)
{
	struct add *a = arg;
	int ret;

	if (a->profile.name != NULL && (ret = add_profile(db, a, e)) !=
	    ERR_OK)
		return ret;
	ret = phone_add(db, &a->spec, a->audit.row.at, &a->added, &a->advice,
	    e);
	if (ret != ERR_OK || !a->added)
		return ret;
	return ctl_audit_add(db, &a->audit, e);
}

/* --template: a profile of that name, one for each protocol. */
static int
take_template(struct ctl *c, struct add *a, struct err *e)
{
	const char *name = cmd_get(c->line, "--template");
	const struct profile_template *t;

	if (name == NULL)
		return ERR_OK;
	if (a->spec.profile != NULL)
		return err_set(e, ERR_ARG, "--template makes a profile of its "
		    "name: leave out --profile");
	if ((t = profile_template_find(name)) == NULL)
		return err_set(e, ERR_ARG, "--template: \"%.40s\" is none of "
		    "plain, hardened, secure-when-ready", name);
	a->profile.protocol = settings_protocol(c->line);
	if (a->profile.protocol == -1)
		a->profile.protocol = PROTOCOL_SIP;
	(void)snprintf(a->profile_named, sizeof(a->profile_named), "%s%s",
	    t->name, a->profile.protocol == PROTOCOL_SCCP ? " SCCP" : "");
	for (const struct template_value *v = t->set; v->value != NULL; v++)
		a->set[a->profile.nchange++] = (struct setting_change){
		    setting_get(v->id), v->value };
	a->profile.change = a->set;
	a->profile.name = a->spec.profile = a->profile_named;
	return ERR_OK;
}

static int
add_say(struct ctl *c, const struct add *a, struct err *e)
{
	char name[PHONE_NAME_MAX + 1] = "";
	json_t *result = NULL;
	struct row_phone p;
	int ret;

	(void)str_device_name(a->spec.name, name);
	if ((ret = row_phone_get(c->node.db, name, &p, e)) != ERR_OK)
		return ret;
	if (a->profile_added)
		out_text(c->out, "profile %s added from its template\n",
		    a->profile_named);
	out_text(c->out, "%s %s (model %s, %s, %s)\n", p.name, a->added ?
	    "added" : "is there already, nothing changed",
	    p.model[0] != '\0' ? p.model : "unknown",
	    phone_profile_name(&p), p.has_file ? "own configuration" :
	    "configuration made from its settings");
	if ((ret = phone_tell(c, name, &result, e)) != ERR_OK)
		return ret;
	if (result != NULL && json_object_set_new(result, "added",
	    json_boolean(a->added)) != 0)
		c->out->nomem = true;
	out_result(c->out, result);
	return ERR_OK;
}

int
cmd_phone_add(struct ctl *c, struct err *e)
{
	struct phone_secret secret[PHONE_SECRETS_MAX];
	struct add a = { .advice = NULL };
	struct phone_args args = { .kr = NULL };
	char name[PHONE_NAME_MAX + 1];
	size_t nsealed = 0;
	int ret;

	if ((ret = phone_name(cmd_get(c->line, "NAME"), name, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = phone_args_take(c, &args, e)) != ERR_OK ||
	    (ret = phone_args_seal(c, &args, name, secret, e)) != ERR_OK)
		goto out;
	nsealed = args.nsecret;
	a.spec = args.spec;
	a.spec.name = name;
	a.spec.secret = secret;
	a.spec.nsecret = nsealed;
	if ((ret = take_template(c, &a, e)) != ERR_OK)
		goto out;
	ctl_audit_init(c, &a.audit, "%s", name);
	if ((ret = ctl_tx(c, add_tx, &a, e)) != ERR_OK)
		goto out;
	if (a.added)
		out_changed(c->out);
	if (a.advice != NULL)
		out_warn_lines(c->out, a.advice);
	ret = add_say(c, &a, e);
out:
	phone_args_unseal(secret, nsealed);
	phone_args_clear(&args);
	free(a.advice);
	return ret;
}

/* --- copy --- */

struct copy {
	const char		*from, *to;
	struct phone_secret	 secret[PHONE_SECRETS_MAX];
	struct secret		*text[PHONE_SECRETS_MAX];
	size_t			 nsecret;
	struct keyring		*kr;
	struct phone_result	 r;
	struct ctl_audit	 audit;
};

static int
copy_tx(struct db *db, void *arg, struct err *e)
{
	struct copy *cp = arg;
	int ret = phone_copy(db, cp->from, cp->to, cp->secret, cp->nsecret,
	    cp->kr, cp->audit.row.at, &cp->r, e);

	if (ret != ERR_OK || !cp->r.changed)
		return ret;
	return ctl_audit_add(db, &cp->audit, e);
}

/* One secret of the original, sealed again for the copy. */
static int
copy_secret(struct ctl *c, struct copy *cp, const char *from, const char *to,
    const struct setting *s, struct err *e)
{
	struct phone_secret *x = &cp->secret[cp->nsecret];
	uint8_t *sealed = NULL, *again;
	size_t len;
	int ret;

	if ((ret = row_secret_get(c->node.db, from, s->option, &sealed, &len,
	    e)) == ERR_OK && (ret = sealed_phone_open(cp->kr, from, s->option,
	    sealed, len, &cp->text[cp->nsecret], e)) == ERR_OK) {
		*x = (struct phone_secret){ .setting = s, .text =
		    (const char *)cp->text[cp->nsecret]->buf };
		cp->nsecret++;
		if ((ret = sealed_phone(cp->kr, c->rng, to, s->option,
		    x->text, &again, &x->len, e)) == ERR_OK)
			x->sealed = again;
	}
	free(sealed);
	return ret;
}

/* How many there are; with --with-secrets they are taken along. */
static int
copy_secrets(struct ctl *c, struct copy *cp, size_t *n, struct err *e)
{
	bool with = cmd_has(c->line, "--with-secrets");
	char from[PHONE_NAME_MAX + 1], to[PHONE_NAME_MAX + 1];
	struct row_secret *rows = NULL;
	const struct setting *s;
	int ret;

	if ((ret = phone_name(cp->from, from, e)) != ERR_OK ||
	    (ret = phone_name(cp->to, to, e)) != ERR_OK ||
	    (ret = row_secret_list(c->node.db, from, &rows, n, e)) != ERR_OK)
		return ret;
	if (with && *n > 0 && (cp->kr = node_keyring(&c->node, KEYRING_CRED,
	    e)) == NULL)
		ret = e->code;
	for (size_t i = 0; with && ret == ERR_OK && i < *n &&
	    i < PHONE_SECRETS_MAX; i++)
		if ((s = setting_find(rows[i].name)) != NULL)
			ret = copy_secret(c, cp, from, to, s, e);
	free(rows);
	return ret;
}

static int
copy_say(struct ctl *c, const struct copy *cp, size_t left, struct err *e)
{
	json_t *result = NULL;
	int ret;

	if (cp->r.advice != NULL)
		out_warn_lines(c->out, cp->r.advice);
	if (left > 0)
		out_warn(c->out, "%zu secret%s of %s not copied: "
		    "--with-secrets takes them along", left,
		    left == 1 ? "" : "s", cp->from);
	out_text(c->out, "%s %s\n", cp->r.name, cp->r.changed ? "added" :
	    "is there already, nothing changed");
	if ((ret = phone_tell(c, cp->r.name, &result, e)) != ERR_OK)
		return ret;
	if (result != NULL && (json_object_set_new(result, "added",
	    json_boolean(cp->r.added)) != 0 || json_object_set_new(result,
	    "secrets_left_out", json_integer((json_int_t)left)) != 0))
		c->out->nomem = true;
	out_result(c->out, result);
	return ERR_OK;
}

int
cmd_phone_copy(struct ctl *c, struct err *e)
{
	struct copy cp = { .from = cmd_get(c->line, "FROM"),
	    .to = cmd_get(c->line, "TO") };
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = copy_secrets(c, &cp, &n, e)) != ERR_OK)
		goto out;
	ctl_audit_init(c, &cp.audit, "%.64s from %.64s%s", cp.to, cp.from,
	    cp.nsecret > 0 ? " with secrets" : "");
	if ((ret = ctl_tx(c, copy_tx, &cp, e)) != ERR_OK)
		goto out;
	if (cp.r.changed)
		out_changed(c->out);
	ret = copy_say(c, &cp, n - cp.nsecret, e);
out:
	phone_args_unseal(cp.secret, cp.nsecret);
	for (size_t i = 0; i < PHONE_SECRETS_MAX; i++)
		secret_free(cp.text[i]);
	keyring_free(cp.kr);
	phone_result_clear(&cp.r);
	return ret;
}
