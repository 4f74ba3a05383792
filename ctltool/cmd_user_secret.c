/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * user passwd, user pin, user verify.
 */
#include "ctltool/secret_in.h"
#include "ctltool/user_try.h"

struct setting_secret {
	struct user_key		 key;
	struct row_user		 user;
	struct password		 hash;
	bool			 remove, changed;
	struct ctl_audit	 audit;
};

static int
secret_tx(struct db *db, void *arg, struct err *e)
{
	struct setting_secret *s = arg;
	struct row_user u;
	int ret;

	/* It may be gone by now. */
	if ((ret = user_get(db, s->key.kind, s->key.name, &u, e)) != ERR_OK ||
	    (ret = user_hash_set(db, &s->key, s->remove ? NULL : &s->hash,
	    s->audit.row.at, &s->changed, e)) != ERR_OK || !s->changed)
		return ret;
	return ctl_audit_add(db, &s->audit, e);
}

static int
take_secret(struct ctl *c, struct setting_secret *s, struct err *e)
{
	const char *file = cmd_get(c->line, "FILE");
	const struct secret *text;
	int ret;

	s->remove = cmd_has(c->line, "--remove");
	if (s->remove && file != NULL)
		return err_set(e, ERR_ARG, "FILE sets one and "
		    "--remove takes it away: leave one out");
	if (s->remove)
		return ERR_OK;
	if ((ret = secret_in(c, file != NULL ? file : "-", s->key.what ==
	    USER_PIN ? "PIN" : "password", &text, e)) != ERR_OK)
		return ret;
	return user_secret_hash(c->node.db, s->key.what,
	    (const char *)text->buf, c->rng, &s->hash, e);
}

/* The user that the line names, as its key. */
static int
key_of(struct ctl *c, enum user_what what, struct row_user *u,
    struct user_key *k, struct err *e)
{
	*k = (struct user_key){ .kind = user_kind(c->line), .name = u->name,
	    .what = what };
	return user_get(c->node.db, k->kind, cmd_get(c->line, "NAME"), u, e);
}

static int
set_secret(struct ctl *c, enum user_what what, struct err *e)
{
	struct setting_secret s = { .changed = false };
	const char *word = what == USER_PIN ? "PIN" : "password";
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = key_of(c, what, &s.user, &s.key, e)) != ERR_OK ||
	    (ret = take_secret(c, &s, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &s.audit, "%s%.128s: %s", user_kind_word(
	    s.key.kind), s.user.name, s.remove ? "removed" : "set");
	if ((ret = ctl_tx(c, secret_tx, &s, e)) != ERR_OK)
		return ret;
	if (s.changed)
		out_changed(c->out);
	if (!s.remove && (ret = user_try_forget(c, &s.key, e)) != ERR_OK)
		return ret;
	out_text(c->out, s.changed ? "%suser %s: the %s is %s\n" :
	    "%suser %s: there is no %s: nothing changed\n", user_kind_word(
	    s.key.kind), s.user.name, word, s.remove ? "removed" : "set");
	out_result(c->out, json_pack("{s:s, s:s, s:b, s:b}", "name",
	    s.user.name, "kind", credential_kind_name[s.key.kind], "set",
	    !s.remove, "changed", s.changed));
	return ERR_OK;
}

int
cmd_user_passwd(struct ctl *c, struct err *e)
{
	return set_secret(c, USER_PASSWORD, e);
}

int
cmd_user_pin(struct ctl *c, struct err *e)
{
	return set_secret(c, USER_PIN, e);
}

int
cmd_user_verify(struct ctl *c, struct err *e)
{
	const char *file = cmd_get(c->line, "FILE");
	struct row_user u;
	struct user_key k;
	bool renewed;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = key_of(c, cmd_has(c->line, "--pin") ? USER_PIN :
	    USER_PASSWORD, &u, &k, e)) != ERR_OK ||
	    (ret = user_try(c, &k, file != NULL ? file : "-", &renewed,
	    e)) != ERR_OK)
		return ret;
	if (renewed)
		out_changed(c->out);
	out_text(c->out, "%suser %s: the %s is right%s\n", user_kind_word(
	    k.kind), u.name, k.what == USER_PIN ? "PIN" : "password",
	    renewed ? "; its hash was out of date and is made anew" : "");
	out_result(c->out, json_pack("{s:s, s:s, s:s, s:b, s:b}", "name",
	    u.name, "kind", credential_kind_name[k.kind], "what",
	    user_what_name[k.what], "right", true, "renewed", renewed));
	return ERR_OK;
}
