/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings as options, see settings.h; and cmd_args() of cmd.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/settings.h"

#define COMMANDS_MAX	8	/* that take settings */
#define HELP_MAX	640

/* What the table says of a setting, as help. */
struct text {
	char	 name[SETTING_NAME_MAX + 8];	/* with "--", maybe "-file" */
	char	 help[HELP_MAX];
};

static struct text texts[SETTING_N];

static const struct text *
text_of(const struct setting *s)
{
	struct text *t = &texts[s->id];
	char range[256];
	const char *by = "", *how = s->type == SETTING_SECRET ? "  FILE "
	    "holds it in its first line; - reads it from the terminal or "
	    "standard input; none removes it." : "";

	if (t->name[0] != '\0')
		return t;
	(void)snprintf(t->name, sizeof(t->name), "--%s%s", s->option,
	    s->type == SETTING_SECRET ? "-file" : "");
	setting_range(s, range, sizeof(range));
	if (s->param != SETTING_NO_PARAM)
		by = param_table()[s->param].name;
	(void)snprintf(t->help, sizeof(t->help), "%s: %s.  Values: %s%s%s.%s"
	    "%s%s%s%s%s", s->name, s->effect, range,
	    s->unit[0] != '\0' ? " " : "", s->unit,
	    s->def[0] != '\0' ? "  Default " : "", s->def,
	    by[0] != '\0' ? (s->def[0] != '\0' ? ", by parameter " :
	    "  Default by parameter ") : "", by,
	    s->def[0] != '\0' || by[0] != '\0' ? "." : "", how);
	return t;
}

struct cmd_arg
settings_arg(const struct setting *s)
{
	const struct text *t = text_of(s);
	bool secret = s->type == SETTING_SECRET;

	/* The command line is no place for a secret: every account sees it. */
	return (struct cmd_arg){
		.name = t->name, .value = secret ? "FILE" : "VALUE",
		.kind = secret ? KIND_FILE : KIND_SETTING,
		.flags = secret ? ARG_WHOLE : 0, .help = t->help,
	};
}

static bool
wanted(const struct setting *s, enum cmd_settings which)
{
	return (s->where & (which == SETTINGS_PROFILE ? SETTING_IN_PROFILE :
	    SETTING_IN_PHONE)) != 0;
}

const struct cmd_arg *
cmd_args(const struct cmd *c)
{
	static struct made {
		const struct cmd *cmd;
		struct cmd_arg	  arg[CMD_ARGS_MAX + SETTING_N + 1];
	} made[COMMANDS_MAX];
	struct made *m = made;
	size_t n = 0;

	if (c->settings == SETTINGS_NONE)
		return c->arg;
	while (m->cmd != NULL && m->cmd != c)
		if (++m == made + COMMANDS_MAX)
			abort();	/* COMMANDS_MAX is too small */
	if (m->cmd == c)
		return m->arg;
	m->cmd = c;
	for (; c->arg[n].name != NULL; n++)
		m->arg[n] = c->arg[n];
	for (int i = 0; i < SETTING_N; i++)
		if (wanted(setting_get(i), c->settings))
			m->arg[n++] = settings_arg(setting_get(i));
	return m->arg;
}

/* The setting that an option of ours stands for, or NULL. */
static const struct setting *
setting_of(const struct cmd_arg *a)
{
	for (int i = 0; i < SETTING_N; i++)
		if (a->name == texts[i].name)
			return setting_get(i);
	if (strcmp(a->name, SETTINGS_WHEN_READY) == 0)
		return setting_get(SETTING_WHEN_READY);
	return NULL;
}

static size_t
given(const struct cmd_line *l, bool secret,
    struct setting_change c[CMD_VALUES_MAX])
{
	const struct setting *s;
	size_t n = 0;

	for (size_t i = 0; i < l->nval; i++) {
		if ((s = setting_of(l->val[i].arg)) == NULL ||
		    (s->type == SETTING_SECRET) != secret)
			continue;
		c[n].setting = s;
		c[n++].value = l->val[i].arg->value != NULL ?
		    l->val[i].value : "yes";
	}
	return n;
}

size_t
settings_given(const struct cmd_line *l,
    struct setting_change c[CMD_VALUES_MAX])
{
	return given(l, false, c);
}

size_t
settings_secrets(const struct cmd_line *l,
    struct setting_change c[CMD_VALUES_MAX])
{
	return given(l, true, c);
}

int
settings_protocol(const struct cmd_line *l)
{
	const char *p = cmd_get(l, "--protocol");

	for (int i = 0; p != NULL && i < PROTOCOL_N; i++)
		if (str_ieq(p, phone_protocol_name[i]))
			return i;
	return -1;
}

/* --- showing --- */

/* A profile is for any model. */
static bool
applies(const struct phone_effective *x, const struct setting *s)
{
	bool phone = x->phone.name[0] != '\0';

	return (phone || (s->where & SETTING_IN_PROFILE)) &&
	    setting_applies(s, phone ? x->model : NULL, x->phone.protocol);
}

static const char *
value_text(const struct phone_effective *x, const struct setting *s)
{
	if (s->type == SETTING_SECRET)
		return x->from[s->id] == FROM_PHONE ? "(set)" : "(none)";
	if (x->value[s->id][0] == '\0')
		return s->words != NULL ? "(left open)" : "(none)";
	return setting_value_name(s, x->value[s->id]);
}

void
settings_show(struct out *o, const struct phone_effective *x, bool all)
{
	const struct setting *s = setting_table();
	char vis[OUT_VIS_MAX];

	for (int i = 0; i < SETTING_N; i++) {
		if (!applies(x, &s[i]) ||
		    (!all && x->from[i] == FROM_DEFAULT))
			continue;
		out_text(o, "  %-36s %-28s %s%s%s\n", s[i].name,
		    out_vis(value_text(x, &s[i]), vis),
		    setting_from_name(x->from[i]),
		    x->from[i] == FROM_PARAM ? " " : "",
		    x->from[i] == FROM_PARAM ?
		    param_table()[s[i].param].name : "");
	}
}

json_t *
settings_json(const struct phone_effective *x)
{
	const struct setting *s = setting_table();
	json_t *j = json_object();

	for (int i = 0; i < SETTING_N; i++) {
		bool secret = s[i].type == SETTING_SECRET;

		if (!applies(x, &s[i]))
			continue;
		if (json_object_set_new(j, s[i].option, json_pack(
		    "{s:s, s:o, s:s, s:b}", "name", s[i].name, "value",
		    secret ? json_null() : out_str(x->value[i]), "from",
		    setting_from_name(x->from[i]), "secret", secret)) != 0) {
			json_decref(j);
			return NULL;
		}
	}
	return j;
}
