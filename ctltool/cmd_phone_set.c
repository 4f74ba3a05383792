/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone set: one phone, several, or all that a filter names, in one
 * transaction.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "ctltool/opening.h"
#include "ctltool/phone_args.h"
#include "ctltool/phone_plain.h"
#include "ctltool/phone_which.h"

#define NAMES_SHOWN	5
#define NAMES_KEPT	1000	/* in the JSON form */
#define ADVICE_MAX	8192

/* One phone that is meant. */
struct target {
	char			 name[PHONE_NAME_MAX + 1];
	bool			 changed;
	struct phone_secret	*secret;
};

struct setting_phones {
	struct ctl		*c;
	struct phone_args	 args;
	struct phone_plain_args	 plain;
	struct target		*t;
	size_t			 n, nchanged;
	struct wr		 advice;
	struct opening		 opening;
	struct ctl_audit	 audit;
};

static int
find_targets(struct setting_phones *s, struct err *e)
{
	struct phone_which w;
	int ret;

	if ((ret = phone_which_find(&w, s->c, e)) == ERR_OK && w.n > 0 &&
	    (s->t = calloc(w.n, sizeof(*s->t))) == NULL)
		ret = err_set(e, ERR_NOMEM, "phones");
	for (; ret == ERR_OK && s->n < w.n; s->n++)
		(void)str_copy(s->t[s->n].name, sizeof(s->t->name),
		    w.name[s->n]);
	phone_which_clear(&w);
	return ret;
}

static int
seal_targets(struct setting_phones *s, struct err *e)
{
	int ret;

	for (size_t i = 0; s->args.nsecret > 0 && i < s->n; i++) {
		s->t[i].secret = calloc(PHONE_SECRETS_MAX,
		    sizeof(struct phone_secret));
		if (s->t[i].secret == NULL)
			return err_set(e, ERR_NOMEM, "secrets");
		if ((ret = phone_args_seal(s->c, &s->args, s->t[i].name,
		    s->t[i].secret, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

static void
targets_clear(struct setting_phones *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->t[i].secret != NULL)
			phone_args_unseal(s->t[i].secret, s->args.nsecret);
		free(s->t[i].secret);
	}
	free(s->t);
	wr_clear(&s->advice);
	phone_args_clear(&s->args);
}

/* --- changing them --- */

/* Each line once, with the first phone it is about. */
static void
keep_advice(struct setting_phones *s, const char *name, const char *text)
{
	size_t n;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (s->advice.len > 0 && memmem(s->advice.buf, s->advice.len,
		    text, n) != NULL)
			continue;
		if (s->advice.len + n + sizeof(s->t[0].name) < ADVICE_MAX)
			wr_fmt(&s->advice, "%s%s: %.*s", s->advice.len > 0 ?
			    "\n" : "", name, (int)n, text);
	}
}

/* The plain file comes after the profile that it is an exception of. */
static int
set_plain(struct db *db, struct setting_phones *s, struct target *t,
    const struct profile_base *base, struct err *e)
{
	struct row_phone_plain p = s->plain.row;
	char *advice = NULL;
	bool changed;
	int ret;

	if (!s->plain.given)
		return ERR_OK;
	(void)str_copy(p.phone, sizeof(p.phone), t->name);
	if ((ret = phone_plain_set(db, base, &p, s->audit.row.at, &changed,
	    e)) != ERR_OK)
		return ret;
	t->changed = t->changed || changed;
	if (!changed || p.until == 0)
		return ERR_OK;
	ret = phone_plain_advice(db, base, t->name, s->audit.row.at, &advice,
	    e);
	if (advice != NULL)
		keep_advice(s, t->name, advice);
	free(advice);
	return ret;
}

static int
set_one(struct db *db, struct setting_phones *s, struct target *t,
    const struct profile_base *base, struct err *e)
{
	struct phone_spec spec = s->args.spec;
	struct phone_result r = { .advice = NULL };
	int ret;

	spec.name = t->name;
	spec.base = base;
	spec.secret = t->secret;
	spec.nsecret = s->args.nsecret;
	spec.may_open = true;
	if ((ret = phone_set(db, &spec, s->audit.row.at, &r, e)) != ERR_OK)
		return s->n > 1 && ret != ERR_NOTFOUND ?
		    err_wrap(e, "%s", t->name) : ret;
	t->changed = r.changed;
	s->opening.n += r.opened;
	if (r.advice != NULL)
		keep_advice(s, t->name, r.advice);
	phone_result_clear(&r);
	ret = set_plain(db, s, t, base, e);
	s->nchanged += t->changed;
	return ret;
}

static int
set_tx(struct db *db, void *arg, struct err *e)
{
	struct setting_phones *s = arg;
	struct profile_base *base;
	int ret;

	s->nchanged = 0;
	s->opening.n = 0;
	s->opening.waits = false;
	wr_clear(&s->advice);
	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < s->n; i++)
		ret = set_one(db, s, &s->t[i], base, e);
	profile_base_free(base);
	if (ret == ERR_OK)
		ret = opening_check(&s->opening, e);
	if (ret == ERR_OK && s->nchanged > 0)
		ret = ctl_audit_add(db, &s->audit, e);
	return ret;
}

static void
init_audit(struct setting_phones *s)
{
	char options[160];

	phone_args_named(s->c, options, sizeof(options));
	if (s->plain.given && s->plain.row.until != 0) {
		char until[CLOCK_RFC3339_LEN];
		size_t n = strlen(options);

		clock_rfc3339(s->plain.row.until, until);
		(void)snprintf(options + n, sizeof(options) - n, " (%s)",
		    until);
	}
	if (s->n == 1)
		ctl_audit_init(s->c, &s->audit, "%s%s", s->t[0].name,
		    options);
	else
		ctl_audit_init(s->c, &s->audit, "%zu phones%s", s->n,
		    options);
}

/* --- telling --- */

static json_t *
changed_names(const struct setting_phones *s)
{
	json_t *names = json_array();

	for (size_t i = 0; i < s->n; i++)
		if (s->t[i].changed && json_array_size(names) < NAMES_KEPT)
			(void)json_array_append_new(names,
			    json_string(s->t[i].name));
	return names;
}

static void
tell_effect(const struct setting_phones *s)
{
	char some[NAMES_SHOWN * (PHONE_NAME_MAX + 2) + 8] = "";
	size_t used = 0, shown = 0;

	for (size_t i = 0; i < s->n && shown < NAMES_SHOWN; i++)
		if (s->t[i].changed)
			used += (size_t)snprintf(some + used,
			    sizeof(some) - used, "%s%s", shown++ > 0 ? ", " :
			    "", s->t[i].name);
	out_text(s->c->out, "Effect: %zu phone%s (%s%s) get%s another "
	    "configuration at the next restart\n", s->nchanged,
	    s->nchanged == 1 ? "" : "s", some, s->nchanged > shown ?
	    ", ..." : "", s->nchanged == 1 ? "s" : "");
}

static int
tell(struct setting_phones *s, struct err *e)
{
	struct out *o = s->c->out;
	json_t *phone = NULL;
	int ret = ERR_OK;

	if (s->advice.len > 0) {
		wr_u8(&s->advice, 0);
		if (s->advice.err == ERR_OK)
			out_warn_lines(o, (const char *)s->advice.buf);
	}
	if (s->n == 1) {
		out_text(o, "%s %s\n", s->t[0].name, s->nchanged > 0 ?
		    "changed" : "is so already, nothing changed");
		ret = phone_tell(s->c, s->t[0].name, &phone, e);
	} else
		out_text(o, "%zu of %zu phones changed\n", s->nchanged, s->n);
	if (ret != ERR_OK)
		return ret;
	if (s->nchanged > 0)
		tell_effect(s);
	phone_plain_tell(s->c, &s->plain, s->n);
	out_result(o, json_pack("{s:I, s:I, s:o, s:o}", "phones",
	    (json_int_t)s->n, "changed", (json_int_t)s->nchanged,
	    "changed_names", changed_names(s), "phone", phone != NULL ?
	    phone : json_null()));
	return ERR_OK;
}

int
cmd_phone_set(struct ctl *c, struct err *e)
{
	struct setting_phones s = { .c = c, .advice = wr_init(2 *
	    ADVICE_MAX) };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = phone_plain_take(c, &s.plain, e)) != ERR_OK ||
	    (ret = phone_args_take(c, &s.args, e)) != ERR_OK ||
	    (ret = find_targets(&s, e)) != ERR_OK ||
	    (ret = seal_targets(&s, e)) != ERR_OK)
		goto out;
	init_audit(&s);
	if ((ret = opening_tx(c, &s.opening, set_tx, &s, e)) != ERR_OK)
		goto out;
	if (s.nchanged > 0)
		out_changed(c->out);
	ret = tell(&s, e);
out:
	targets_clear(&s);
	return ret;
}
