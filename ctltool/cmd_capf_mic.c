/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf mic-allow add, list, remove: phones whose factory certificate may
 * have expired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctltool/ctl.h"
#include "db/params.h"
#include "db/rows_capf.h"
#include "trust/phone.h"

struct change {
	bool			 adding;
	char			(*phone)[PHONE_NAME_MAX + 1];
	size_t			 n;
	bool			*done;		/* anew with each run */
	size_t			 ndone;
	struct ctl_audit	 audit;
};

static int
add_one(struct db *db, struct change *ch, size_t i, struct err *e)
{
	struct row_mic_allow m = { .added_at = ch->audit.row.at };
	struct row_phone phone;
	bool has;
	int ret = row_phone_get(db, ch->phone[i], &phone, e);

	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "there is no phone %s: \"phone add\" "
		    "makes one", ch->phone[i]);
	if (ret != ERR_OK ||
	    (ret = row_mic_allow_has(db, ch->phone[i], &has, e)) != ERR_OK ||
	    has)
		return ret;
	memcpy(m.phone, ch->phone[i], sizeof(m.phone));
	(void)snprintf(m.account, sizeof(m.account), "%.63s",
	    ch->audit.row.account);
	ch->done[i] = true;
	return row_mic_allow_put(db, &m, e);
}

static int
remove_one(struct db *db, struct change *ch, size_t i, struct err *e)
{
	bool has;
	int ret = row_mic_allow_has(db, ch->phone[i], &has, e);

	if (ret != ERR_OK || !has)
		return ret;
	ch->done[i] = true;
	return row_mic_allow_remove(db, ch->phone[i], e);
}

static int
change_tx(struct db *db, void *arg, struct err *e)
{
	struct change *ch = arg;
	int ret = ERR_OK;

	ch->ndone = 0;
	for (size_t i = 0; i < ch->n && ret == ERR_OK; i++) {
		ch->done[i] = false;
		ret = ch->adding ? add_one(db, ch, i, e) :
		    remove_one(db, ch, i, e);
		ch->ndone += ch->done[i];
	}
	if (ret != ERR_OK || ch->ndone == 0)
		return ret;
	return ctl_audit_add(db, &ch->audit, e);
}

/* The phone behind the last one, among those before. */
static bool
is_named(const struct change *ch)
{
	for (size_t i = 0; i < ch->n; i++)
		if (strcmp(ch->phone[i], ch->phone[ch->n]) == 0)
			return true;
	return false;
}

static int
take_names(struct ctl *c, struct change *ch, struct err *e)
{
	size_t n = 0;
	int ret = ERR_OK;

	while (cmd_get_n(c->line, "PHONE", n) != NULL)
		n++;
	ch->phone = calloc(n + 1, sizeof(*ch->phone));
	ch->done = calloc(n + 1, sizeof(*ch->done));
	if (ch->phone == NULL || ch->done == NULL)
		return err_set(e, ERR_NOMEM, "phones");
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		if ((ret = phone_name(cmd_get_n(c->line, "PHONE", i),
		    ch->phone[ch->n], e)) == ERR_OK && !is_named(ch))
			ch->n++;
	return ret;
}

static void
tell(struct ctl *c, const struct change *ch)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ch->n; i++) {
		out_text(c->out, "%s %s\n", ch->phone[i], ch->adding ?
		    ch->done[i] ? "may enrol by an expired certificate" :
		    "may already" : ch->done[i] ? "may no more" :
		    "is not on the list");
		if (ch->done[i] && json_array_append_new(list,
		    json_string(ch->phone[i])) != 0)
			c->out->nomem = true;
	}
	out_result(c->out, json_pack("{s:b, s:o}", "allowed", ch->adding,
	    "changed", list));
}

/* What the list is without. */
static int
warn_policy(struct ctl *c, struct err *e)
{
	char *word = param_get(c->node.db, PARAM_CAPF_EXPIRED_MIC, "", e);

	if (word == NULL)
		return e->code;
	if (strcmp(word, "allow-list") != 0)
		out_warn(c->out, "parameter capf.expired_mic is %s: the list "
		    "has no effect", word);
	free(word);
	return ERR_OK;
}

static int
change(struct ctl *c, struct change *ch, struct err *e)
{
	int ret;

	if ((ret = take_names(c, ch, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &ch->audit, "%zu phone%s from %s", ch->n,
	    ch->n == 1 ? "" : "s", ch->phone[0]);
	if ((ret = ctl_tx(c, change_tx, ch, e)) != ERR_OK)
		return ret;
	if (ch->ndone > 0)
		out_changed(c->out);
	tell(c, ch);
	return ch->adding ? warn_policy(c, e) : ERR_OK;
}

static int
cmd_change(struct ctl *c, bool adding, struct err *e)
{
	struct change ch = { .adding = adding };
	int ret = change(c, &ch, e);

	free(ch.phone);
	free(ch.done);
	return ret;
}

int
cmd_mic_allow_add(struct ctl *c, struct err *e)
{
	return cmd_change(c, true, e);
}

int
cmd_mic_allow_remove(struct ctl *c, struct err *e)
{
	return cmd_change(c, false, e);
}

/* --- list --- */

static void
list_rows(struct ctl *c, const struct row_mic_allow *rows, size_t n,
    const char *word)
{
	json_t *list = json_array();
	char when[CLOCK_RFC3339_LEN];

	if (n > 0)
		out_text(c->out, "%-20s %-20s %s\n", "PHONE", "SINCE", "BY");
	for (size_t i = 0; i < n; i++) {
		clock_rfc3339(rows[i].added_at, when);
		out_text(c->out, "%-20s %-20s %s\n", rows[i].phone, when,
		    rows[i].account);
		if (json_array_append_new(list, json_pack(
		    "{s:s, s:o, s:s}", "phone", rows[i].phone, "added_at",
		    out_time(rows[i].added_at), "account",
		    rows[i].account)) != 0)
			c->out->nomem = true;
	}
	if (n == 0)
		out_text(c->out, "No phone is on the list.\n");
	out_result(c->out, json_pack("{s:s, s:o}", "expired_mic", word,
	    "phones", list));
}

int
cmd_mic_allow_list(struct ctl *c, struct err *e)
{
	struct row_mic_allow *rows = NULL;
	char *word = NULL;
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = row_mic_allow_list(c->node.db, &rows, &n, e)) != ERR_OK)
		return ret;
	word = param_get(c->node.db, PARAM_CAPF_EXPIRED_MIC, "", e);
	if (word == NULL)
		ret = e->code;
	else {
		list_rows(c, rows, n, word);
		ret = warn_policy(c, e);
	}
	free(word);
	free(rows);
	return ret;
}
