/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * user add, set, remove: end users, application users and their credentials.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/removal.h"
#include "ctltool/secret_in.h"
#include "ctltool/user_text.h"
#include "trust/profile.h"
#include "trust/sealed.h"
#include "trust/user.h"

struct change {
	struct user_spec	 spec;
	char			 name[USER_NAME_MAX + 1];
	bool			 adding, changed, hashed;
	int64_t			 nphone;
	uint8_t			*sealed;
	struct keyring		*kr;
	struct password		 hash[USER_WHAT_N];	/* given ones */
	bool			 has_hash[USER_WHAT_N];
	struct ctl_audit	 audit;
};

/* Hashes have no say in what phones get. */
static int
change_hashes(struct db *db, struct change *ch, struct err *e)
{
	struct user_key key = { .kind = ch->spec.kind, .name = ch->name };
	bool changed;
	int ret;

	for (int i = 0; i < USER_WHAT_N; i++) {
		key.what = (enum user_what)i;
		if (!ch->has_hash[i])
			continue;
		if ((ret = user_hash_set(db, &key, &ch->hash[i],
		    ch->audit.row.at, &changed, e)) != ERR_OK)
			return ret;
		ch->hashed = ch->hashed || changed;
	}
	return ERR_OK;
}

static int
change_tx(struct db *db, void *arg, struct err *e)
{
	struct change *ch = arg;
	int64_t now = ch->audit.row.at;
	int ret = ch->adding ? user_add(db, &ch->spec, now, &ch->changed, e) :
	    user_set(db, &ch->spec, now, &ch->changed, &ch->nphone, e);

	ch->hashed = false;
	if (ret != ERR_OK || (ret = change_hashes(db, ch, e)) != ERR_OK ||
	    (!ch->changed && !ch->hashed))
		return ret;
	return ctl_audit_add(db, &ch->audit, e);
}

/* --- add, set --- */

static int
take_digest(struct ctl *c, struct change *ch, struct err *e)
{
	const char *file = cmd_get(c->line, "--digest-credentials-file");
	const char *realm = cmd_get(c->line, "--realm");
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
	if ((ret = secret_in(c, file, "Digest Credentials", &text, e)) !=
	    ERR_OK)
		return ret;
	ch->spec.digest = (const char *)text->buf;
	if ((ret = user_digest_check(ch->spec.digest, e)) != ERR_OK)
		return ret;
	if ((ch->kr = node_keyring(&c->node, KEYRING_CRED, e)) == NULL)
		return e->code;
	ch->spec.kr = ch->kr;
	ret = sealed_digest(ch->kr, c->rng, ch->spec.kind, ch->name,
	    ch->spec.realm, ch->spec.digest, &ch->sealed, &ch->spec.len, e);
	ch->spec.sealed = ch->sealed;
	return ret;
}

/* What another system made of passwords and PINs. */
static int
take_hashes(struct ctl *c, struct change *ch, struct err *e)
{
	static const char *const option[USER_WHAT_N] = {
		[USER_PASSWORD] = "--password-hash-file",
		[USER_PIN] = "--pin-hash-file",
	};
	const struct secret *text;
	const char *file;
	int ret;

	for (int i = 0; i < USER_WHAT_N; i++) {
		if ((file = cmd_get(c->line, option[i])) == NULL)
			continue;
		if ((ret = secret_in_once(c, file, option[i] + 2, &text,
		    e)) != ERR_OK || (ret = password_parse(
		    (const char *)text->buf, &ch->hash[i], e)) != ERR_OK)
			return ret;
		ch->has_hash[i] = true;
	}
	return ERR_OK;
}

static void
change_effect(struct ctl *c, const struct change *ch, size_t nphone)
{
	if (ch->changed && nphone > 0)
		out_text(c->out, "Effect: %zu phone%s with this digest user "
		    "get%s another configuration at the next restart\n",
		    nphone, nphone == 1 ? "" : "s", nphone == 1 ? "s" : "");
	for (int i = 0; ch->hashed && i < USER_WHAT_N; i++)
		if (ch->has_hash[i] && ch->hash[i].form !=
		    PASSWORD_SHA512_CRYPT)
			out_warn(c->out, "the hash of the %s is of a form that "
			    "is out of date (%s): it is made anew at the "
			    "first right try (report user hashes)",
			    user_what_name[i],
			    password_form_name[ch->hash[i].form]);
}

static int
change_say(struct ctl *c, const struct change *ch, struct err *e)
{
	bool changed = ch->changed || ch->hashed;
	struct user_facts u;
	json_t *j;
	int ret;

	if ((ret = user_facts_load(c, ch->spec.kind, ch->name, &u, e)) !=
	    ERR_OK)
		return ret;
	out_text(c->out, "%suser %s %s (digest credentials %s)\n",
	    user_kind_word(ch->spec.kind), ch->name, !changed ?
	    "is so already, nothing changed" : ch->adding && ch->changed ?
	    "added" : "changed", u.row.has_digest ? "set" : "none");
	change_effect(c, ch, u.nphone);
	j = user_json(c, &u, e);
	if (j != NULL && json_object_set_new(j, "changed",
	    json_boolean(changed)) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
	user_facts_clear(&u);
	return ERR_OK;
}

static int
change(struct ctl *c, bool adding, struct err *e)
{
	struct change ch = { .adding = adding };
	int ret;

	ch.spec.kind = user_kind(c->line);
	ch.spec.name = ch.name;
	ch.spec.description = cmd_get(c->line, "--description");
	if ((ret = user_name(cmd_get(c->line, "NAME"), ch.name, e)) !=
	    ERR_OK || (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = take_digest(c, &ch, e)) != ERR_OK ||
	    (ret = take_hashes(c, &ch, e)) != ERR_OK)
		goto out;
	ctl_audit_init(c, &ch.audit, "%s%.128s%s%s%.64s%s",
	    user_kind_word(ch.spec.kind), ch.name, ch.spec.digest != NULL ?
	    " with digest credentials" : ch.spec.no_digest ?
	    " without digest credentials" : "", ch.spec.realm != NULL &&
	    ch.spec.realm[0] != '\0' ? " for realm " : "", ch.spec.realm !=
	    NULL ? ch.spec.realm : "", ch.has_hash[USER_PASSWORD] ||
	    ch.has_hash[USER_PIN] ? " with hashes" : "");
	if ((ret = ctl_tx(c, change_tx, &ch, e)) != ERR_OK)
		goto out;
	if (ch.changed || ch.hashed)
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

/* --- remove --- */

static int
end_removable(struct db *db, const char *name, struct err *e)
{
	return user_removable(db, CREDENTIAL_USER, name, e);
}

static int
end_remove(struct db *db, const char *name, struct err *e)
{
	return user_remove(db, CREDENTIAL_USER, name, e);
}

static int
application_removable(struct db *db, const char *name, struct err *e)
{
	return user_removable(db, CREDENTIAL_APPLICATION, name, e);
}

static int
application_remove(struct db *db, const char *name, struct err *e)
{
	return user_remove(db, CREDENTIAL_APPLICATION, name, e);
}

int
cmd_user_remove(struct ctl *c, struct err *e)
{
	const struct removal end = { .what = "user", .name = cmd_get(c->line,
	    "NAME"), .effect = "no phone uses its digest credentials; they "
	    "are removed, and its password and PIN",
	    .removable = end_removable, .remove = end_remove };
	struct removal r = end;

	if (user_kind(c->line) == CREDENTIAL_APPLICATION) {
		r.what = "application user";
		r.effect = "its digest credentials, its password and its PIN "
		    "are removed";
		r.removable = application_removable;
		r.remove = application_remove;
	}
	return removal_run(c, &r, e);
}
