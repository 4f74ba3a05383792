/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf authstring: authentication strings of phones.  Whoever sees or
 * changes one stands in the audit log; the string never does.
 */
#include <stdlib.h>
#include <string.h>

#include "crypt/secret.h"
#include "ctltool/ask.h"
#include "ctltool/capf_text.h"
#include "ctltool/phone_which.h"
#include "trust/sealed.h"

enum verb { LOOK, GENERATE, REMOVE };

struct holder {
	const char	*name;		/* borrowed */
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
	size_t			 n, nchanged;
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
	s->verb = cmd_has(l, "--generate") ? GENERATE :
	    cmd_has(l, "--remove") ? REMOVE : LOOK;
	s->print = s->verb == LOOK ? cmd_has(l, "--print") :
	    s->verb == GENERATE && capf_may_print(s->c);
	return ERR_OK;
}

static int
find_holders(struct strings *s, const struct phone_which *w, struct err *e)
{
	struct row_phone p;
	int ret;

	if (w->n > 0 && (s->h = calloc(w->n, sizeof(*s->h))) == NULL)
		return err_set(e, ERR_NOMEM, "phones");
	for (s->n = 0; s->n < w->n; s->n++) {
		s->h[s->n].name = w->name[s->n];
		ret = row_phone_get(s->c->node.db, w->name[s->n], &p, e);
		if (ret == ERR_NOTFOUND)
			return err_set(e, ret, "no phone %s: \"phone list\" "
			    "shows those there are", w->name[s->n]);
		if (ret != ERR_OK)
			return ret;
	}
	return ERR_OK;
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

static const char *
option(void)
{
	return setting_get(SETTING_AUTH_STRING)->option;
}

/* --- what there is --- */

static int
read_one(struct strings *s, struct holder *h, struct err *e)
{
	struct secret *text = NULL;
	struct err why = { 0 };
	uint8_t *sealed = NULL;
	size_t len = 0;
	int ret;

	ret = row_secret_get(s->c->node.db, h->name, option(), &sealed, &len,
	    &why);
	if (ret != ERR_OK)
		return ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret, "%s",
		    why.msg);
	h->set = true;
	if (s->print && s->verb == LOOK && (ret = sealed_phone_open(s->kr,
	    h->name, option(), sealed, len, &text, e)) == ERR_OK)
		(void)snprintf(h->string, sizeof(h->string), "%s",
		    (const char *)text->buf);
	secret_free(text);
	free(sealed);
	return ret;
}

static int
make_one(struct strings *s, struct holder *h, struct err *e)
{
	int ret = capf_string_make(s->c->rng, h->string, e);

	return ret != ERR_OK ? ret : sealed_phone(s->kr, s->c->rng, h->name,
	    option(), h->string, &h->sealed, &h->len, e);
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
write_one(struct strings *s, struct db *db, struct holder *h, struct err *e)
{
	const struct phone_secret secret = {
		.setting = setting_get(SETTING_AUTH_STRING),
		.text = s->verb == GENERATE ? h->string : NULL,
		.sealed = h->sealed, .len = h->len };
	const struct phone_spec spec = { .name = h->name, .secret = &secret,
		.nsecret = 1, .kr = s->kr };
	struct phone_result r = { .advice = NULL };
	int ret = phone_set(db, &spec, s->now, &r, e);

	h->changed = ret == ERR_OK && r.changed;
	phone_result_clear(&r);
	return ret != ERR_OK && s->n > 1 ? err_wrap(e, "%s", h->name) : ret;
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
		ctl_audit_init(s->c, &s->audit, "%s: %s", s->h[0].name,
		    what[s->verb]);
	else
		ctl_audit_init(s->c, &s->audit, "%s and %zu more: %s",
		    s->h[0].name, s->n - 1, what[s->verb]);
	s->audit.row.at = s->now;
}

static int
confirm(struct strings *s, struct err *e)
{
	char question[64];

	if (s->verb != REMOVE)
		return ERR_OK;
	out_text(s->c->out, "Effect: what waits for %s string is refused "
	    "until there is another, or another --authentication-mode.\n",
	    s->n == 1 ? "this" : "such a");
	(void)snprintf(question, sizeof(question), "Remove the authentication "
	    "string of %zu phone%s?", s->n, s->n == 1 ? "" : "s");
	return ask_confirm(s->c, question, e);
}

/* --- telling --- */

static void
tell_one(struct strings *s, const struct holder *h, json_t *list)
{
	bool set = s->verb == LOOK ? h->set : s->verb == GENERATE;
	bool shown = s->print && h->string[0] != '\0';

	out_text(s->c->out, "%-20s %s\n", h->name, shown ? h->string : !set ?
	    (h->changed ? "removed" : "none") : h->changed ? "made" : "set");
	if (json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:o}",
	    "name", h->name, "set", set, "changed", h->changed, "string",
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
	out_result(s->c->out, json_pack("{s:o}", "phones", list));
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
	struct phone_which w = { .n = 0 };
	int ret;

	if ((ret = take_options(&s, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = phone_which_find(&w, c, e)) != ERR_OK ||
	    (ret = find_holders(&s, &w, e)) != ERR_OK)
		goto out;
	if (s.n > 0)
		ret = run(&s, e);
	else
		tell(&s);
out:
	strings_clear(&s);
	phone_which_clear(&w);
	return ret;
}
