/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert default-ca-list, show cert default-ca-list: authorities of a phone
 * vendor.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/cert_files.h"
#include "trust/vendor_ca.h"

static const char *const state_name[] = {
	[VENDOR_CA_MISSING] = "not supplied",
	[VENDOR_CA_OFF] = "disabled",
	[VENDOR_CA_ON] = "enabled",
};

/* --- show --- */

static int
show_one(struct ctl *c, const struct vendor_ca *v, json_t *list,
    struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	enum vendor_ca_state state;
	int ret;

	if ((ret = vendor_ca_state(c->node.db, v, &state, sha256, e)) !=
	    ERR_OK)
		return ret;
	out_text(c->out, "%-28s %-13s %s\n", v->cn, state_name[state],
	    v->reason);
	if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}",
	    "common_name", v->cn, "state", state_name[state], "reason",
	    v->reason, "sha256", state == VENDOR_CA_MISSING ? json_null() :
	    out_hex(sha256, sizeof(sha256)))) != 0)
		c->out->nomem = true;
	return ERR_OK;
}

int
cmd_show_default_ca_list(struct ctl *c, struct err *e)
{
	const struct vendor_ca *v;
	json_t *list = json_array();
	size_t n;
	int ret;

	v = vendor_ca_table(&n);
	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK) {
		out_text(c->out, "%-28s %-13s %s\n", "AUTHORITY", "STATE",
		    "FOR");
		for (size_t i = 0; i < n && ret == ERR_OK; i++)
			ret = show_one(c, &v[i], list, e);
	}
	if (ret == ERR_OK) {
		out_text(c->out, "Enabled ones lie in CallManager-trust and "
		    "CAPF-trust.\n");
		out_result(c->out, json_pack("{s:O}", "authorities", list));
	}
	json_decref(list);
	return ret;
}

/* --- set --- */

#define CHOSEN_MAX	64

struct choice {
	const char		*who;		/* "all", or a common name */
	bool			 on;
	struct container	 set;		/* supplied now */
	int64_t			 now;
	struct ctl_audit	 audit;
	/* results, made anew with each run of the transaction */
	const char		*done[CHOSEN_MAX];
	size_t			 ndone, nmatch;
	bool			 ended;		/* one that was supplied */
};

static bool
wanted(const struct choice *ch, const struct vendor_ca *v)
{
	return str_ieq(ch->who, "all") || str_ieq(ch->who, v->cn);
}

static void
note(struct choice *ch, const struct vendor_ca *v, bool changed)
{
	ch->nmatch++;
	if (changed && ch->ndone < CHOSEN_MAX)
		ch->done[ch->ndone++] = v->cn;
}

/* Those among the files that are meant; the rest is passed over. */
static int
supply(struct db *db, struct choice *ch, struct err *e)
{
	const struct vendor_ca *v;
	bool changed;
	char *cn;
	int ret;

	for (size_t i = 0; i < ch->set.ncert; i++) {
		if ((cn = cert_cn(ch->set.cert[i], e)) == NULL)
			return e->code;
		v = vendor_ca_find(cn);
		free(cn);
		if (v == NULL || !wanted(ch, v))
			continue;
		if (!cert_is_ca(ch->set.cert[i]))
			return err_set(e, ERR_REFUSED, "the certificate \"%s\" "
			    "is not one of an authority", v->cn);
		ch->ended |= cert_not_after(ch->set.cert[i]) <= ch->now;
		if ((ret = vendor_ca_supply(db, ch->set.cert[i], ch->now,
		    &changed, e)) != ERR_OK)
			return ret;
		note(ch, v, changed);
	}
	return ERR_OK;
}

static int
turn(struct db *db, struct choice *ch, const struct vendor_ca *v,
    struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	enum vendor_ca_state state;
	bool changed = false;
	int ret;

	if (!wanted(ch, v))
		return ERR_OK;
	if ((ret = vendor_ca_state(db, v, &state, sha256, e)) != ERR_OK)
		return ret;
	if (state == VENDOR_CA_MISSING)
		return ERR_OK;
	if (ch->on && state == VENDOR_CA_OFF)
		ret = vendor_ca_enable(db, sha256, ch->now, &changed, e);
	else if (!ch->on && state == VENDOR_CA_ON)
		ret = vendor_ca_disable(db, sha256, ch->now, &changed, e);
	if (ret == ERR_OK)
		note(ch, v, changed);
	return ret;
}

static int
choice_tx(struct db *db, void *arg, struct err *e)
{
	struct choice *ch = arg;
	const struct vendor_ca *v;
	int ret = ERR_OK;
	size_t n;

	ch->ndone = ch->nmatch = 0;
	ch->ended = false;
	v = vendor_ca_table(&n);
	if (ch->set.ncert > 0)
		ret = supply(db, ch, e);
	else
		for (size_t i = 0; i < n && ret == ERR_OK; i++)
			ret = turn(db, ch, &v[i], e);
	if (ret != ERR_OK || ch->ndone == 0)
		return ret;
	return ctl_audit_add(db, &ch->audit, e);
}

static int
nothing_matched(const struct choice *ch, struct err *e)
{
	if (ch->set.ncert > 0)
		return err_set(e, ERR_NOTFOUND, "none of the %zu certificates "
		    "in the files is %s%s: \"show cert default-ca-list\" "
		    "names the common names", ch->set.ncert, str_ieq(ch->who,
		    "all") ? "one of the list" : "that of ",
		    str_ieq(ch->who, "all") ? "" : ch->who);
	return err_set(e, ERR_NOTFOUND, "nobody has supplied %s: name the "
	    "files with the vendor's certificates", str_ieq(ch->who, "all") ?
	    "any of them" : ch->who);
}

static json_t *
done_json(const struct choice *ch)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ch->ndone; i++)
		(void)json_array_append_new(list, json_string(ch->done[i]));
	return list;
}

static void
say(struct ctl *c, const struct choice *ch)
{
	for (size_t i = 0; i < ch->ndone; i++)
		out_text(c->out, "%s is %s\n", ch->done[i], ch->on ?
		    "enabled" : "disabled");
	if (ch->ndone == 0)
		out_text(c->out, "%s so already: nothing changed\n",
		    ch->nmatch == 1 ? "It is" : "All are");
	if (ch->ended)
		out_warn(c->out, "one of these authorities has ended: it only "
		    "lets phones enrol, and those alone that parameter "
		    "capf.expired_mic allows (utils capf mic-allow)");
	out_result(c->out, json_pack("{s:b, s:o}", "enabled", ch->on,
	    "changed", done_json(ch)));
}

static int
choose(struct ctl *c, struct choice *ch, struct err *e)
{
	int ret;

	if (!str_ieq(ch->who, "all") && vendor_ca_find(ch->who) == NULL)
		return err_set(e, ERR_ARG, "no authority \"%.80s\" in the "
		    "list: \"show cert default-ca-list\" shows it", ch->who);
	if (cmd_get(c->line, "FILE") != NULL &&
	    (ret = cert_files_read(c, CONTAINER_NO_KEYS, &ch->set, e)) !=
	    ERR_OK)
		return ret;
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	if (ch->on)
		out_warn(c->out, "with these authorities every phone of that "
		    "vendor is let in, whoever owns it: have them only as "
		    "long as phones get their own certificates (LSC)");
	if ((ret = ask_confirm(c, "Do you want to continue?", e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &ch->audit, "%s", ch->who);
	if ((ret = ctl_tx(c, choice_tx, ch, e)) != ERR_OK)
		return ret;
	if (ch->nmatch == 0)
		return nothing_matched(ch, e);
	if (ch->ndone > 0)
		out_changed(c->out);
	say(c, ch);
	return ERR_OK;
}

static int
cmd_choose(struct ctl *c, bool on, struct err *e)
{
	struct choice ch = { .who = cmd_get(c->line, "WHO"), .on = on,
	    .now = clock_wall_s(c->clk) };
	int ret = choose(c, &ch, e);

	container_clear(&ch.set);
	return ret;
}

int
cmd_default_ca_enable(struct ctl *c, struct err *e)
{
	return cmd_choose(c, true, e);
}

int
cmd_default_ca_disable(struct ctl *c, struct err *e)
{
	return cmd_choose(c, false, e);
}
