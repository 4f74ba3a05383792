/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone profile list, show.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "ctltool/settings.h"

/* A profile of either kind. */
struct entry {
	struct row_profile	 row;
	bool			 predefined;
	int64_t			 nphone;
};

static int
predefined(struct ctl *c, enum phone_protocol p, struct entry *x,
    struct err *e)
{
	*x = (struct entry){ .predefined = true, .row.protocol = p };
	(void)snprintf(x->row.name, sizeof(x->row.name), "%s",
	    profile_predefined(p));
	return row_phone_count_of(c->node.db, "", (int)p, &x->nphone, e);
}

static json_t *
entry_json(const struct entry *x, const struct phone_effective *v)
{
	return json_pack("{s:s, s:s, s:o, s:b, s:I, s:o, s:s, s:b}", "name",
	    x->row.name, "protocol", phone_protocol_name[x->row.protocol],
	    "description", out_str(x->row.description), "predefined",
	    x->predefined, "phones", (json_int_t)x->nphone, "changed_at",
	    x->predefined ? json_null() : out_time(x->row.changed_at),
	    "device_security_mode", v->value[SETTING_SECURITY_MODE],
	    "tftp_encrypted_config", effective_yes(v, SETTING_ENC_CONFIG));
}

/* --- list --- */

struct listing {
	struct ctl			*c;
	const struct profile_base	*base;
	json_t				*list;
};

static int
list_one(struct listing *l, const struct entry *x, struct err *e)
{
	struct phone_effective v;
	char vis[OUT_VIS_MAX];
	int ret;

	if ((ret = profile_effective(&v, l->c->node.db, l->base, x->row.name,
	    x->row.protocol, e)) != ERR_OK)
		return ret;
	out_text(l->c->out, "%-32s %-8s %-14s %-9s %7" PRId64 "  %s\n",
	    x->row.name, phone_protocol_name[x->row.protocol],
	    setting_value_name(setting_get(SETTING_SECURITY_MODE),
	    v.value[SETTING_SECURITY_MODE]),
	    effective_yes(&v, SETTING_ENC_CONFIG) ? "yes" : "no",
	    x->nphone, out_vis(x->row.description, vis));
	if (json_array_append_new(l->list, entry_json(x, &v)) != 0)
		l->c->out->nomem = true;
	phone_effective_clear(&v);
	return ERR_OK;
}

static int
list_all(struct listing *l, int protocol, struct err *e)
{
	struct row_profile *rows = NULL;
	struct entry x;
	size_t n = 0;
	int ret = ERR_OK;

	for (int p = 0; ret == ERR_OK && p < PROTOCOL_N; p++)
		if ((protocol == -1 || protocol == p) && (ret = predefined(
		    l->c, (enum phone_protocol)p, &x, e)) == ERR_OK)
			ret = list_one(l, &x, e);
	if (ret == ERR_OK)
		ret = row_profile_list(l->c->node.db, &rows, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		if (protocol != -1 && protocol != (int)rows[i].protocol)
			continue;
		x = (struct entry){ .row = rows[i] };
		if ((ret = row_phone_count_of(l->c->node.db, rows[i].name, -1,
		    &x.nphone, e)) == ERR_OK)
			ret = list_one(l, &x, e);
	}
	free(rows);
	return ret;
}

int
cmd_profile_list(struct ctl *c, struct err *e)
{
	struct listing l = { .c = c, .list = json_array() };
	struct profile_base *base = NULL;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = profile_base_load(&base, c->node.db, e)) != ERR_OK)
		goto out;
	l.base = base;
	out_text(c->out, "%-32s %-8s %-14s %-9s %7s  %s\n", "NAME",
	    "PROTOCOL", "SECURITY MODE", "ENCRYPTED", "PHONES",
	    "DESCRIPTION");
	ret = list_all(&l, settings_protocol(c->line), e);
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:O}", "profiles", l.list));
out:
	profile_base_free(base);
	json_decref(l.list);
	return ret;
}

/* --- show --- */

static int
entry_get(struct ctl *c, const char *name, struct entry *x, struct err *e)
{
	enum phone_protocol p;
	int ret;

	if (profile_is_predefined(name, &p))
		return predefined(c, p, x, e);
	*x = (struct entry){ .predefined = false };
	ret = row_profile_get(c->node.db, name, &x->row, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "there is no profile \"%.64s\": \"phone "
		    "profile list\" shows those there are", name);
	if (ret != ERR_OK)
		return ret;
	return row_phone_count_of(c->node.db, x->row.name, -1, &x->nphone, e);
}

static void
show_head(struct ctl *c, const struct entry *x)
{
	char vis[OUT_VIS_MAX], date[CLOCK_RFC3339_LEN];

	clock_rfc3339(x->row.changed_at, date);
	out_text(c->out, "Name         %s%s\nProtocol     %s\n", x->row.name,
	    x->predefined ? " (predefined)" : "",
	    phone_protocol_name[x->row.protocol]);
	if (x->row.description[0] != '\0')
		out_text(c->out, "Description  %s\n",
		    out_vis(x->row.description, vis));
	out_text(c->out, "Phones       %" PRId64 "\n", x->nphone);
	if (!x->predefined)
		out_text(c->out, "Changed      %s\n", date);
}

int
cmd_profile_show(struct ctl *c, struct err *e)
{
	struct phone_effective v;
	struct entry x;
	json_t *j;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK || (ret = entry_get(c,
	    cmd_get(c->line, "NAME"), &x, e)) != ERR_OK ||
	    (ret = profile_effective(&v, c->node.db, NULL, x.row.name,
	    x.row.protocol, e)) != ERR_OK)
		return ret;
	show_head(c, &x);
	out_text(c->out, "Settings\n");
	settings_show(c->out, &v, true);
	j = entry_json(&x, &v);
	if (j != NULL && json_object_set_new(j, "settings",
	    settings_json(&v)) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
	phone_effective_clear(&v);
	return ERR_OK;
}
