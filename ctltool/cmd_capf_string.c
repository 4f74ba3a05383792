/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf authstring: authentication strings of phones and CTI clients.
 * Whoever sees or changes one stands in the audit log; the string never does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/secret.h"
#include "ctltool/ask.h"
#include "ctltool/capf_csr.h"
#include "ctltool/capf_text.h"
#include "ctltool/phone_which.h"
#include "trust/capf_profile.h"
#include "trust/sealed.h"

enum verb { LOOK, GENERATE, REMOVE };

struct holder {
	struct capf_owner owner;
	char		 label[CAPF_CSR_NAME_MAX];
	bool		 set, changed;
	char		 string[CAPF_STRING_MAX + 1];	/* to be shown, or "" */
	uint8_t		*sealed;
	size_t		 len;
};

struct strings {
	struct ctl		*c;
	enum verb		 verb;
	bool			 print;
	struct holder		*h;
	size_t			 n, room, nchanged;
	struct keyring		*kr;
	int64_t			 now;
	struct ctl_audit	 audit;
};

static int
take_options(struct strings *s, struct err *e)
{
	const struct cmd_line *l = s->c->line;

	if (cmd_has(l, "--generate") && cmd_has(l, "--remove"))
		return err_set(e, ERR_ARG, "--generate and --remove "
		    "contradict each other: leave one out");
	if (cmd_has(l, "--print") && cmd_has(l, "--remove"))
		return err_set(e, ERR_ARG, "--print and --remove contradict "
		    "each other: leave one out");
	s->verb = cmd_has(l, "--generate") ? GENERATE :
	    cmd_has(l, "--remove") ? REMOVE : LOOK;
	s->print = s->verb == LOOK ? cmd_has(l, "--print") :
	    s->verb == GENERATE && capf_may_print(s->c);
	return ERR_OK;
}

static int
add_holder(struct strings *s, const struct capf_owner *o, struct err *e)
{
	size_t room = s->room > 0 ? 2 * s->room : 64;
	char label[CAPF_CSR_NAME_MAX];
	struct holder *h;

	capf_owner_text(o, label, sizeof(label));
	for (size_t i = 0; cmd_has(s->c->line, "NAME") && i < s->n; i++)
		if (s->h[i].owner.kind == o->kind &&
		    strcmp(s->h[i].label, label) == 0)
			return ERR_OK;
	/* Nothing secret is in there yet. */
	if (s->n == s->room) {
		if ((h = reallocarray(s->h, room, sizeof(*h))) == NULL)
			return err_set(e, ERR_NOMEM, "phones");
		s->h = h;
		s->room = room;
	}
	s->h[s->n] = (struct holder){ .owner = *o };
	(void)str_copy(s->h[s->n++].label, sizeof(label), label);
	return ERR_OK;
}

static int
find_named(struct strings *s, const char *words, struct err *e)
{
	char word[CAPF_CSR_NAME_MAX];
	struct capf_owner o;
	size_t n;
	int ret;

	for (; *words != '\0'; words += n) {
		if ((n = strspn(words, " ")) > 0)
			continue;
		n = strcspn(words, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, words);
		if ((ret = capf_owner_find(s->c->node.db, &o, word, e)) !=
		    ERR_OK || (ret = add_holder(s, &o, e)) != ERR_OK)
			return ret;
	}
	return s->n > 0 ? ERR_OK : err_set(e, ERR_ARG, "no name");
}

static int
find_phones(struct strings *s, struct err *e)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	struct phone_which w;
	int ret = phone_which_find(&w, s->c, e);

	for (size_t i = 0; ret == ERR_OK && i < w.n; i++) {
		(void)str_copy(o.name, sizeof(o.name), w.name[i]);
		ret = add_holder(s, &o, e);
	}
	phone_which_clear(&w);
	return ret;
}

/* By name also clients; what else chooses is about phones. */
static int
find_holders(struct strings *s, struct err *e)
{
	const struct cmd_line *l = s->c->line;
	const char *names = cmd_get(l, "NAME");

	return names != NULL && !cmd_has(l, "--all") && !cmd_has(l,
	    "--model") && !cmd_has(l, "--profile") ? find_named(s, names, e) :
	    find_phones(s, e);
}

static void
strings_clear(struct strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->h[i].sealed);
	if (s->h != NULL)
		secret_wipe(s->h, s->n * sizeof(*s->h));
	free(s->h);
	keyring_free(s->kr);
}

/* --- what there is --- */

/* A client is asked for nothing else, so the operation goes first. */
static int
is_needed(const struct holder *h, struct err *e)
{
	const struct capf_owner *o = &h->owner;

	return err_set(e, ERR_REFUSED, "%s: an installation needs its "
	    "authentication string: take that back first (utils capf profile "
	    "set %s %s --kind %s --operation no-pending-operation), or make "
	    "another string (--generate)", h->label, o->name, o->instance,
	    capf_kind_name[o->kind]);
}

/* *sealed is the caller's; NULL with ERR_OK: none. */
static int
get_sealed(struct strings *s, const struct holder *h, uint8_t **sealed,
    size_t *len, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	const struct capf_owner *o = &h->owner;
	struct db *db = s->c->node.db;
	struct err own = { 0 };
	int ret;

	if (o->kind == CAPF_PHONE) {
		ret = row_secret_get(db, o->name,
		    setting_get(SETTING_AUTH_STRING)->option, sealed, len,
		    &own);
	} else if ((ret = row_capf_profile_get(db, o, &p, &own)) == ERR_OK) {
		*sealed = p.sealed;
		*len = p.len;
		if (s->verb == REMOVE && capf_operation_of(p.operation) !=
		    CAPF_OP_NONE)
			return is_needed(h, e);
	}
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret,
	    "%s", own.msg);
}

static int
open_sealed(struct strings *s, struct holder *h, const uint8_t *sealed,
    size_t len, struct err *e)
{
	struct secret *text = NULL;
	int ret = sealed_capf_open(s->kr, &h->owner, sealed, len, &text, e);

	if (ret == ERR_OK)
		(void)snprintf(h->string, sizeof(h->string), "%s",
		    (const char *)text->buf);
	secret_free(text);
	return ret;
}

static int
read_one(struct strings *s, struct holder *h, struct err *e)
{
	uint8_t *sealed = NULL;
	size_t len = 0;
	int ret = get_sealed(s, h, &sealed, &len, e);

	h->set = sealed != NULL;
	if (ret == ERR_OK && h->set && s->print && s->verb == LOOK)
		ret = open_sealed(s, h, sealed, len, e);
	free(sealed);
	return ret;
}

static int
make_one(struct strings *s, struct holder *h, struct err *e)
{
	int ret = capf_string_make(s->c->rng, h->string, e);

	return ret != ERR_OK ? ret : sealed_capf(s->kr, s->c->rng, &h->owner,
	    h->string, &h->sealed, &h->len, e);
}

static int
prepare(struct strings *s, struct err *e)
{
	int ret = ERR_OK;

	if ((s->print || s->verb == GENERATE) && (s->kr = node_keyring(
	    &s->c->node, KEYRING_CRED, e)) == NULL)
		return ctl_denied(e->code, e);
	for (size_t i = 0; ret == ERR_OK && i < s->n; i++)
		if ((ret = read_one(s, &s->h[i], e)) == ERR_OK &&
		    s->verb == GENERATE)
			ret = make_one(s, &s->h[i], e);
	return ret;
}

/* --- changing --- */

static int
write_client(struct strings *s, struct db *db, struct holder *h,
    struct err *e)
{
	const struct capf_profile_spec spec = { .owner = h->owner,
		.string = s->verb == GENERATE ? h->string : NULL,
		.sealed = h->sealed, .len = h->len,
		.no_string = s->verb == REMOVE, .kr = s->kr };

	return capf_profile_set(db, &spec, s->now, &h->changed, e);
}

static int
write_phone(struct strings *s, struct db *db, struct holder *h,
    struct err *e)
{
	const struct phone_secret secret = {
		.setting = setting_get(SETTING_AUTH_STRING),
		.text = s->verb == GENERATE ? h->string : NULL,
		.sealed = h->sealed, .len = h->len };
	const struct phone_spec spec = { .name = h->owner.name,
		.secret = &secret, .nsecret = 1, .kr = s->kr };
	struct phone_result r = { .advice = NULL };
	int ret = phone_set(db, &spec, s->now, &r, e);

	h->changed = ret == ERR_OK && r.changed;
	phone_result_clear(&r);
	return ret;
}

static int
write_one(struct strings *s, struct db *db, struct holder *h, struct err *e)
{
	int ret = (h->owner.kind == CAPF_PHONE ? write_phone : write_client)(
	    s, db, h, e);

	return ret != ERR_OK && s->n > 1 ? err_wrap(e, "%s", h->label) : ret;
}

/* That strings were shown is put down before they are. */
static int
strings_tx(struct db *db, void *arg, struct err *e)
{
	struct strings *s = arg;
	int ret = ERR_OK;

	s->nchanged = 0;
	for (size_t i = 0; s->verb != LOOK && ret == ERR_OK && i < s->n; i++) {
		ret = write_one(s, db, &s->h[i], e);
		s->nchanged += s->h[i].changed;
	}
	if (ret == ERR_OK && (s->print || s->nchanged > 0))
		ret = ctl_audit_add(db, &s->audit, e);
	return ret;
}

static void
init_audit(struct strings *s)
{
	static const char *const what[] = {
		[LOOK] = "shown", [GENERATE] = "made", [REMOVE] = "removed",
	};

	if (s->n == 1)
		ctl_audit_init(s->c, &s->audit, "%s: %s", s->h[0].label,
		    what[s->verb]);
	else
		ctl_audit_init(s->c, &s->audit, "%s and %zu more: %s",
		    s->h[0].label, s->n - 1, what[s->verb]);
	s->audit.row.at = s->now;
}

static int
confirm(struct strings *s, struct err *e)
{
	bool phones = true, set = false;
	char question[80];

	for (size_t i = 0; i < s->n; i++)
		set = set || s->h[i].set;
	if (s->verb != REMOVE || !set)
		return ERR_OK;
	out_text(s->c->out, "Effect: what waits for %s string is refused "
	    "until there is another, or another --authentication-mode.\n",
	    s->n == 1 ? "this" : "such a");
	for (size_t i = 0; i < s->n; i++)
		phones = phones && s->h[i].owner.kind == CAPF_PHONE;
	(void)snprintf(question, sizeof(question), "Remove the authentication "
	    "string of %zu %s%s?", s->n, phones ? "phone" : "phone or client",
	    s->n == 1 ? "" : "s");
	return ask_confirm(s->c, question, e);
}

/* --- telling --- */

static void
tell_one(struct strings *s, const struct holder *h, json_t *list)
{
	bool set = s->verb == LOOK ? h->set : s->verb == GENERATE;
	bool shown = s->print && h->string[0] != '\0';

	out_text(s->c->out, "%-20s %s\n", h->label, shown ? h->string : !set ?
	    (h->changed ? "removed" : "none") : h->changed ? "made" : "set");
	if (json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b, "
	    "s:o}", "kind", capf_kind_name[h->owner.kind], "name", h->label,
	    "set", set, "changed", h->changed, "string",
	    shown ? json_string(h->string) : json_null())) != 0)
		s->c->out->nomem = true;
}

static void
tell(struct strings *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++)
		tell_one(s, &s->h[i], list);
	if (s->verb == GENERATE && !s->print && s->n > 0 &&
	    !ctl_is_rehearsal(s->c))
		out_warn(s->c->out, "strings are shown on a terminal, or with "
		    "--print");
	out_result(s->c->out, json_pack("{s:o}", "owners", list));
}

static int
run(struct strings *s, struct err *e)
{
	int ret;

	if ((ret = prepare(s, e)) != ERR_OK || (ret = confirm(s, e)) !=
	    ERR_OK)
		return ret;
	init_audit(s);
	if ((s->verb != LOOK || s->print) && (ret = ctl_tx(s->c, strings_tx,
	    s, e)) != ERR_OK)
		return ret;
	if (s->nchanged > 0)
		out_changed(s->c->out);
	tell(s);
	return ERR_OK;
}

int
cmd_capf_authstring(struct ctl *c, struct err *e)
{
	struct strings s = { .c = c, .now = clock_wall_s(c->clk) };
	int ret;

	if ((ret = take_options(&s, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = find_holders(&s, e)) != ERR_OK)
		goto out;
	if (s.n > 0)
		ret = run(&s, e);
	else
		tell(&s);
out:
	strings_clear(&s);
	return ret;
}
