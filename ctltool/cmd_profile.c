/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone profile add, set, copy, rename, remove.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/opening.h"
#include "ctltool/removal.h"
#include "ctltool/settings.h"

#define PHONES_NAMED	5	/* in an effect; further ones are counted */

/* One change, as it runs within the transaction. */
struct change {
	struct profile_spec	 spec;
	struct setting_change	 setting[CMD_VALUES_MAX + 16];
	const char		*from, *to;
	struct profile_result	 r;
	struct opening		 opening;
	struct ctl_audit	 audit;
	int			 (*run)(struct db *db, struct change *ch,
				    struct err *e);
};

static int
change_tx(struct db *db, void *arg, struct err *e)
{
	struct change *ch = arg;
	int ret;

	ch->opening.waits = false;
	if ((ret = ch->run(db, ch, e)) != ERR_OK || !ch->r.changed)
		return ret;
	ch->opening.n = ch->r.opened;
	if ((ret = opening_check(&ch->opening, e)) != ERR_OK)
		return ret;
	return ctl_audit_add(db, &ch->audit, e);
}

static int
run_add(struct db *db, struct change *ch, struct err *e)
{
	return profile_add(db, &ch->spec, ch->audit.row.at, &ch->r, e);
}

static int
run_set(struct db *db, struct change *ch, struct err *e)
{
	return profile_set(db, &ch->spec, ch->audit.row.at, &ch->r, e);
}

static int
run_copy(struct db *db, struct change *ch, struct err *e)
{
	return profile_copy(db, ch->from, ch->to, ch->audit.row.at, &ch->r,
	    e);
}

static int
run_rename(struct db *db, struct change *ch, struct err *e)
{
	return profile_rename(db, ch->from, ch->to, ch->audit.row.at, &ch->r,
	    e);
}

/* --- what it means for phones --- */

struct named {
	char	 text[PHONES_NAMED * (PHONE_NAME_MAX + 2) + 1];
	int	 n;
};

static int
name_phone(void *arg, const struct row_phone *p, struct err *e)
{
	struct named *s = arg;
	size_t used = strlen(s->text);

	(void)snprintf(s->text + used, sizeof(s->text) - used, "%s%s",
	    used > 0 ? ", " : "", p->name);
	return ++s->n < PHONES_NAMED ? ERR_OK :
	    err_set(e, ERR_LIMIT, "enough");
}

/* "Effect: 12 phones with profile enc (SEP..., ...): what". */
static int
tell_phones(struct ctl *c, const char *profile, int64_t nphone,
    const char *what, struct err *e)
{
	struct named s = { .n = 0 };
	struct err stop = { 0 };
	int ret;

	if (nphone == 0)
		return ERR_OK;
	ret = row_phone_each_of(c->node.db, profile, name_phone, &s, &stop);
	if (ret != ERR_OK && ret != ERR_LIMIT)
		return err_set(e, ret, "%s", stop.msg);
	out_text(c->out, "Effect: %" PRId64 " phone%s with profile %s (%s%s): "
	    "%s\n", nphone, nphone == 1 ? "" : "s", profile, s.text,
	    nphone > s.n ? ", ..." : "", what);
	return ERR_OK;
}

/* How it ended: text, and the profile as it is now. */
static int
tell(struct ctl *c, const struct change *ch, const char *name,
    const char *done, struct err *e)
{
	struct phone_effective x;
	int ret;

	if (ch->r.advice != NULL)
		out_warn_lines(c->out, ch->r.advice);
	if ((ret = profile_effective(&x, c->node.db, NULL, name, PROTOCOL_SIP,
	    e)) != ERR_OK)
		return ret;
	out_text(c->out, "%s %s (%s)\n", name, ch->r.changed ? done :
	    "is so already, nothing changed",
	    phone_protocol_name[x.phone.protocol]);
	settings_show(c->out, &x, false);
	out_result(c->out, json_pack("{s:s, s:s, s:b, s:I, s:o}", "name",
	    name, "protocol", phone_protocol_name[x.phone.protocol],
	    "changed", ch->r.changed, "phones", (json_int_t)ch->r.nphone,
	    "settings", settings_json(&x)));
	phone_effective_clear(&x);
	return ERR_OK;
}

/* Open, do and tell; what it means for phones when it changed. */
static int
change(struct ctl *c, struct change *ch, const char *name, const char *done,
    const char *effect, struct err *e)
{
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &ch->audit, "%.64s%s%.64s", name,
	    ch->from != NULL ? " from " : "",
	    ch->from != NULL ? ch->from : "");
	if ((ret = opening_tx(c, &ch->opening, change_tx, ch, e)) == ERR_OK)
		ret = tell(c, ch, name, done, e);
	if (ret == ERR_OK && ch->r.changed)
		ret = tell_phones(c, name, ch->r.nphone, effect, e);
	profile_result_clear(&ch->r);
	return ret;
}

static void
spec_of_line(struct ctl *c, struct change *ch)
{
	ch->spec.name = cmd_get(c->line, "NAME");
	ch->spec.protocol = settings_protocol(c->line);
	ch->spec.description = cmd_get(c->line, "--description");
	ch->spec.nchange += settings_given(c->line,
	    ch->setting + ch->spec.nchange);
	ch->spec.change = ch->setting;
	ch->spec.flags = cmd_has(c->line, "--allow-weak") ?
	    SETTING_ALLOW_WEAK : 0;
}

/* The template's values, but for those the line gives itself. */
static int
take_template(struct ctl *c, struct change *ch, struct err *e)
{
	const char *name = cmd_get(c->line, "--template");
	const struct profile_template *t;
	char option[SETTING_NAME_MAX + 3];

	if (name == NULL)
		return ERR_OK;
	if ((t = profile_template_find(name)) == NULL)
		return err_set(e, ERR_ARG, "--template: \"%.40s\" is none of "
		    "plain, hardened, secure-when-ready", name);
	for (const struct template_value *v = t->set; v->value != NULL; v++) {
		const struct setting *s = setting_get(v->id);

		(void)snprintf(option, sizeof(option), "--%s", s->option);
		if (cmd_has(c->line, option))
			continue;
		ch->setting[ch->spec.nchange].setting = s;
		ch->setting[ch->spec.nchange++].value = v->value;
	}
	return ERR_OK;
}

int
cmd_profile_add(struct ctl *c, struct err *e)
{
	struct change ch = { .run = run_add };
	int ret;

	if ((ret = take_template(c, &ch, e)) != ERR_OK)
		return ret;
	spec_of_line(c, &ch);
	return change(c, &ch, ch.spec.name, "added", "", e);
}

int
cmd_profile_set(struct ctl *c, struct err *e)
{
	struct change ch = { .run = run_set, .spec.may_open = true };

	spec_of_line(c, &ch);
	return change(c, &ch, ch.spec.name, "changed",
	    "another configuration at the next restart", e);
}

int
cmd_profile_copy(struct ctl *c, struct err *e)
{
	struct change ch = { .run = run_copy };

	ch.from = cmd_get(c->line, "FROM");
	ch.to = cmd_get(c->line, "TO");
	return change(c, &ch, ch.to, "added", "", e);
}

int
cmd_profile_rename(struct ctl *c, struct err *e)
{
	struct change ch = { .run = run_rename };

	ch.from = cmd_get(c->line, "FROM");
	ch.to = cmd_get(c->line, "TO");
	return change(c, &ch, ch.to, "is the name now",
	    "the new name, the same configuration", e);
}

/* --- remove --- */

int
cmd_profile_remove(struct ctl *c, struct err *e)
{
	const struct removal r = { .what = "profile", .name = cmd_get(
	    c->line, "NAME"), .effect = "no phone uses it; its settings are "
	    "removed", .removable = profile_removable,
	    .remove = profile_remove };

	return removal_run(c, &r, e);
}
