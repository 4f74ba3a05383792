/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf install, upgrade, delete, fetch.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/capf_asking.h"
#include "ctltool/capf_text.h"
#include "ctltool/secret_in.h"
#include "db/params.h"

#define REFUSED_SHOWN	1000
#define REASONS_SHOWN	200
#define BATCH_MAX	100000
#define DAY_S		86400

/* --- what is asked --- */

int
capf_by(struct ctl *c, int64_t *by, struct err *e)
{
	const char *text = cmd_get(c->line, "--by");
	char value[SETTING_VALUE_MAX + 1];
	int ret;

	*by = 0;
	if (text == NULL)
		return ERR_OK;
	if ((ret = setting_check(setting_get(SETTING_OPERATION_BY), text, 0,
	    value, NULL)) != ERR_OK ||
	    (ret = clock_rfc3339_parse(value, by, NULL)) != ERR_OK)
		return err_set(e, ret, "--by: \"%.40s\" is no time: give one as "
		    "2026-11-30 18 or 2026-11-30T18:00:00Z, in UTC", text);
	return *by > clock_wall_s(c->clk) ? ERR_OK : err_set(e, ERR_ARG,
	    "--by: %s has passed: give a time to come", value);
}

static int
take_number(struct ctl *c, const char *option, int64_t *n, struct err *e)
{
	const char *text = cmd_get(c->line, option);

	*n = 0;
	if (text == NULL || str_to_i64(text, 1, BATCH_MAX, n, e) == ERR_OK)
		return ERR_OK;
	return err_wrap(e, "%s", option);
}

static int
take_rollout(struct ctl *c, struct capf_asking *a, struct err *e)
{
	int ret;

	if ((ret = take_number(c, "--batch", &a->batch, e)) != ERR_OK ||
	    (ret = take_number(c, "--pause-on-errors", &a->pause_on_errors,
	    e)) != ERR_OK)
		return ret;
	return a->pause_on_errors == 0 || a->batch > 0 ? ERR_OK : err_set(e,
	    ERR_ARG, "--pause-on-errors is for batches: add --batch N");
}

static int
take_string(struct ctl *c, struct capf_asking *a, struct err *e)
{
	const char *file = cmd_get(c->line, "--string-file");
	const struct secret *text;
	int ret;

	if (file == NULL)
		return ERR_OK;
	if (a->n != 1)
		return err_set(e, ERR_ARG, "--string-file is for one phone: "
		    "strings are made for several");
	if ((ret = secret_in(c, file, setting_get(SETTING_AUTH_STRING)->name,
	    &text, e)) != ERR_OK)
		return ret;
	a->given = (const char *)text->buf;
	return capf_string_check(a->given, e);
}

static int
take_ask(struct ctl *c, struct capf_asking *a, struct err *e)
{
	const char *auth = cmd_get(c->line, "--auth");
	const char *key = cmd_get(c->line, "--key");
	int ret;

	a->ask.auth = auth != NULL ? capf_auth_word(auth) : NULL;
	a->ask.key = key != NULL ? capf_key_find(key) : NULL;
	a->ask.flags = cmd_has(c->line, "--allow-weak") ?
	    SETTING_ALLOW_WEAK : 0;
	if ((ret = capf_by(c, &a->ask.by, e)) != ERR_OK)
		return ret;
	return take_rollout(c, a, e);
}

/* --- telling --- */

/* "SEP1, SEP2, ..." of those that something was written for, or is to be; how
 * many. */
static size_t
some_of(const struct capf_asking *a, bool written, char some[PHONE_WHICH_TEXT])
{
	size_t n = 0, used = 0;

	some[0] = '\0';
	for (size_t i = 0; i < a->n; i++) {
		if (written ? !a->t[i].changed :
		    !capf_asking_wanted(a, &a->t[i]))
			continue;
		if (++n <= PHONE_WHICH_SHOWN)
			used += (size_t)snprintf(some + used,
			    PHONE_WHICH_TEXT - used, "%s%s", n > 1 ? ", " :
			    "", a->t[i].name);
	}
	if (n > PHONE_WHICH_SHOWN)
		(void)snprintf(some + used, PHONE_WHICH_TEXT - used, ", ...");
	return n;
}

/* Said when it is written: before, each may still be refused. */
static void
tell_effect(const struct capf_asking *a)
{
	static const char *const what[] = {
		[CAPF_OP_INSTALL] = "a certificate is installed or renewed",
		[CAPF_OP_FETCH] = "the certificate is read",
		[CAPF_OP_DELETE] = "the certificate is deleted",
	};
	char some[PHONE_WHICH_TEXT];
	size_t n = some_of(a, true, some);

	if (n > 0)
		out_text(a->c->out, "Effect: %s on %zu phone%s (%s), when it "
		    "comes to CAPF; it is told to by its configuration, which "
		    "it reads when it restarts\n", what[a->ask.op], n, n == 1 ?
		    "" : "s", some);
}

static json_t *
refused_json(const struct capf_asking *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n; i++)
		if (a->t[i].refused != NULL && json_array_size(list) <
		    REFUSED_SHOWN && json_array_append_new(list,
		    json_pack("{s:s, s:o}", "name", a->t[i].name, "why",
		    out_str(a->t[i].refused))) != 0)
			a->c->out->nomem = true;
	return list;
}

/* "SEP1" or "3 phones (SEP1, SEP2, SEP3)" of those whose reason is that of
 * the one at first; how many. */
static size_t
same_reason(const struct capf_asking *a, size_t first,
    char who[PHONE_WHICH_TEXT + 32])
{
	char some[PHONE_WHICH_TEXT];
	size_t n = 0, used = 0;

	for (size_t i = first; i < a->n; i++) {
		struct capf_target *t = &a->t[i];

		if (t->refused == NULL || t->told || strcmp(t->refused,
		    a->t[first].refused) != 0)
			continue;
		t->told = true;
		if (++n <= PHONE_WHICH_SHOWN)
			used += (size_t)snprintf(some + used, sizeof(some) -
			    used, "%s%s", n > 1 ? ", " : "", t->name);
	}
	if (n == 1)
		(void)str_copy(who, PHONE_WHICH_TEXT + 32, some);
	else
		(void)snprintf(who, PHONE_WHICH_TEXT + 32, "%zu phones (%s%s)",
		    n, some, n > PHONE_WHICH_SHOWN ? ", ..." : "");
	return n;
}

/* Each reason once. */
static void
refused_text(const struct capf_asking *a)
{
	char vis[OUT_VIS_MAX], who[PHONE_WHICH_TEXT + 32];
	size_t shown = 0, lines = 0;

	for (size_t i = 0; i < a->n && lines < REASONS_SHOWN; i++) {
		if (a->t[i].refused == NULL || a->t[i].told)
			continue;
		shown += same_reason(a, i, who);
		lines++;
		out_progress(a->c->out, "%s: %s\n", who,
		    out_vis(a->t[i].refused, vis));
	}
	if (a->nrefused > shown)
		out_progress(a->c->out, "... and %zu more\n", a->nrefused -
		    shown);
}

bool
capf_may_print(const struct ctl *c)
{
	if (ctl_is_rehearsal(c))
		return false;	/* they will be others */
	return cmd_has(c->line, "--print") || (!c->out->json &&
	    isatty(fileno(c->out->to)));
}

static json_t *
strings_json(const struct capf_asking *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n; i++)
		if (a->t[i].changed && a->t[i].string[0] != '\0' &&
		    json_array_append_new(list, json_pack("{s:s, s:s}",
		    "name", a->t[i].name, "string", a->t[i].string)) != 0)
			a->c->out->nomem = true;
	return list;
}

/* What is typed in at the phones: this once, or later by authstring. */
static json_t *
tell_strings(const struct capf_asking *a)
{
	struct out *o = a->c->out;

	if (a->nstring == 0 || !capf_may_print(a->c)) {
		if (a->nstring > 0 && !ctl_is_rehearsal(a->c))
			out_warn(o, "authentication strings were made for %zu "
			    "phone%s: \"utils capf authstring\" shows them "
			    "with --print", a->nstring, a->nstring == 1 ? "" :
			    "s");
		return json_null();
	}
	out_text(o, "Authentication strings, to be typed in at the phones:\n");
	for (size_t i = 0; i < a->n; i++)
		if (a->t[i].changed && a->t[i].string[0] != '\0')
			out_text(o, "  %-20s %s\n", a->t[i].name,
			    a->t[i].string);
	return strings_json(a);
}

static int
until_of(const struct capf_asking *a, int64_t *until, struct err *e)
{
	int64_t days;
	int ret;

	*until = a->ask.by;
	if (a->ask.by != 0)
		return ERR_OK;
	if ((ret = param_get_i64(a->c->node.db, PARAM_CAPF_OPERATION_DAYS,
	    "", &days, e)) == ERR_OK)
		*until = a->now + days * DAY_S;
	return ret;
}

/* Of a roll-out, the first batch; the others wait. */
static size_t
asked_now(const struct capf_asking *a)
{
	return a->id[0] != '\0' ? (size_t)a->started.nasked : a->nchanged;
}

static void
tell_counts(const struct capf_asking *a, int64_t until)
{
	size_t now = asked_now(a);
	char date[CLOCK_RFC3339_LEN];
	struct out *o = a->c->out;

	out_text(o, "%s: %zu of %zu phones asked%s", capf_operation_name(
	    a->ask.op), now, a->n, a->id[0] != '\0' ? " now" : "");
	clock_rfc3339(until, date);
	if (a->nchanged > now)
		out_text(o, ", %zu wait", a->nchanged - now);
	if (a->nchanged > 0)
		out_text(o, ", until %s", date);
	if (a->nsame > 0)
		out_text(o, "; %zu asked already", a->nsame);
	if (a->nrefused > 0)
		out_text(o, "; %zu refused", a->nrefused);
	out_text(o, "\n");
	if (a->id[0] != '\0')
		out_text(o, "Roll-out %s: %lld at a time; watch rollout "
		    "%s\n", a->id, (long long)a->batch, a->id);
}

static int
tell(const struct capf_asking *a, struct err *e)
{
	struct out *o = a->c->out;
	int64_t until;
	json_t *strings;
	int ret;

	if ((ret = until_of(a, &until, e)) != ERR_OK)
		return ret;
	if (a->nchanged > 0)
		out_changed(o);
	if (a->advice != NULL)
		out_warn_lines(o, a->advice);
	refused_text(a);
	tell_effect(a);
	tell_counts(a, until);
	strings = tell_strings(a);
	out_result(o, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, "
	    "s:I, s:o, s:o}", "operation", capf_operation_word(a->ask.op),
	    "phones", (json_int_t)a->n, "asked", (json_int_t)asked_now(a),
	    "waiting", (json_int_t)(a->nchanged - asked_now(a)), "same",
	    (json_int_t)a->nsame, "refused", (json_int_t)a->nrefused,
	    "refused_phones", refused_json(a), "until", out_time(until),
	    "strings_made", (json_int_t)a->nstring, "strings", strings,
	    "rollout", a->id[0] != '\0' ? json_string(a->id) : json_null()));
	return ERR_OK;
}

/* What was refused decides the exit status. */
static int
conclude(const struct capf_asking *a, struct err *e)
{
	if (a->nrefused == 0)
		return ERR_OK;
	if (a->n == 1)
		return err_set(e, a->code, "%s: %s", a->t[0].name,
		    a->t[0].refused);
	a->c->exit = a->nrefused < a->n ? EXIT_PARTLY : EXIT_REFUSED;
	return err_set(e, ERR_REFUSED, "%zu of %zu phones were refused: each "
	    "line above says why", a->nrefused, a->n);
}

/* --- doing it --- */

static int
confirm(const struct capf_asking *a, struct err *e)
{
	char question[PHONE_WHICH_TEXT + 96], some[PHONE_WHICH_TEXT];
	size_t n = some_of(a, false, some);

	if (a->ask.op != CAPF_OP_DELETE || n == 0)
		return ERR_OK;
	(void)snprintf(question, sizeof(question), "Delete the certificate of "
	    "%zu phone%s (%s)?", n, n == 1 ? "" : "s", some);
	return ask_confirm(a->c, question, e);
}

static int
write_all(struct capf_asking *a, struct err *e)
{
	struct bar b = bar_of(a->c->out);
	int ret;

	ret = a->batch > 0 ? capf_asking_rollout(a, e) :
	    capf_asking_run(a, &b, e);
	if (ret != ERR_OK && a->nchanged > 0) {
		out_changed(a->c->out);
		a->c->exit = EXIT_PARTLY;
	}
	return ret;
}

static int
run(struct capf_asking *a, struct err *e)
{
	int ret;

	if (a->n == 0) {
		out_text(a->c->out, "there is no such phone: nothing "
		    "changed\n");
		return tell(a, e);
	}
	if ((ret = capf_asking_look(a, e)) != ERR_OK)
		return ret;
	if (a->n == 1 && a->nrefused == 1)
		return conclude(a, e);
	if ((ret = confirm(a, e)) != ERR_OK ||
	    (ret = write_all(a, e)) != ERR_OK)
		return ret;
	if ((a->n > 1 || a->nrefused == 0) && (ret = tell(a, e)) != ERR_OK)
		return ret;
	return conclude(a, e);
}

static int
ask_phones(struct ctl *c, enum capf_operation op, struct err *e)
{
	struct capf_asking a = { .c = c, .ask.op = op,
		.now = clock_wall_s(c->clk) };
	struct phone_which w = { .n = 0 };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = take_ask(c, &a, e)) != ERR_OK ||
	    (ret = phone_which_find(&w, c, e)) != ERR_OK ||
	    (ret = capf_asking_targets(&a, &w, e)) != ERR_OK ||
	    (ret = take_string(c, &a, e)) != ERR_OK)
		goto out;
	ret = run(&a, e);
out:
	capf_asking_clear(&a);
	phone_which_clear(&w);
	return ret;
}

int
cmd_capf_install(struct ctl *c, struct err *e)
{
	return ask_phones(c, CAPF_OP_INSTALL, e);
}

int
cmd_capf_fetch(struct ctl *c, struct err *e)
{
	return ask_phones(c, CAPF_OP_FETCH, e);
}

int
cmd_capf_delete(struct ctl *c, struct err *e)
{
	return ask_phones(c, CAPF_OP_DELETE, e);
}
