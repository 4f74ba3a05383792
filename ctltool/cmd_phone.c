/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone add, list, show, remove.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/ctl.h"
#include "ctltool/folder_text.h"
#include "db/observed.h"
#include "trust/phone.h"
#include "trust/render.h"

#define FETCHES_SHOWN	10

/* --- add --- */

struct add {
	struct phone_spec	 spec;
	struct ctl_audit	 audit;
	bool			 added;
	char			*advice;
};

static int
add_tx(struct db *db, void *arg, struct err *e)
{
	struct add *a = arg;
	int ret;

	ret = phone_add(db, &a->spec, a->audit.row.at, &a->added, &a->advice,
	    e);
	if (ret != ERR_OK || !a->added)
		return ret;
	return ctl_audit_add(db, &a->audit, e);
}

static int
add_say(struct ctl *c, const struct add *a, struct err *e)
{
	char name[DEVICE_NAME_MAX + 1] = "";
	struct row_phone p;
	int ret;

	(void)str_device_name(a->spec.name, name);
	if ((ret = row_phone_get(c->node.db, name, &p, e)) != ERR_OK)
		return ret;
	out_text(c->out, "%s %s (model %s, %s)\n", p.name, a->added ?
	    "added" : "is there already, nothing changed",
	    p.model[0] != '\0' ? p.model : "unknown", p.has_file ?
	    "own configuration" : "minimal configuration");
	out_result(c->out, json_pack("{s:s, s:s, s:b, s:b}", "name", p.name,
	    "model", p.model, "own_config", p.has_file, "added", a->added));
	return ERR_OK;
}

int
cmd_phone_add(struct ctl *c, struct err *e)
{
	const char *config = cmd_get(c->line, "--config");
	struct add a = { .advice = NULL };
	uint8_t *xml = NULL;
	size_t len = 0;
	int ret;

	a.spec.name = cmd_get(c->line, "NAME");
	a.spec.model = cmd_get(c->line, "--model");
	if (config != NULL) {
		if ((ret = ctl_read_file(c, config, RENDER_XML_MAX, &xml,
		    &len, e)) != ERR_OK)
			return ret;
		a.spec.xml = xml;
		a.spec.xmllen = len;
		a.spec.xml_name = config;
	}
	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK) {
		ctl_audit_init(c, &a.audit, "%.64s", a.spec.name);
		ret = ctl_tx(c, add_tx, &a, e);
	}
	if (ret == ERR_OK && a.added)
		out_changed(c->out);
	if (ret == ERR_OK && a.advice != NULL)
		out_warn_lines(c->out, a.advice);
	if (ret == ERR_OK)
		ret = add_say(c, &a, e);
	free(a.advice);
	free(xml);
	return ret;
}

/* --- list --- */

static json_t *
phone_json(const struct row_phone *p)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:o, s:o}", "name", p->name,
	    "model", p->model, "own_config", p->has_file,
	    "origin", phone_origin_name[p->origin],
	    "created_at", out_time(p->created_at),
	    "changed_at", out_time(p->changed_at));
}

struct listing {
	struct ctl	*c;
	json_t		*phones;
	int64_t		 n;
};

static int
list_one(void *arg, const struct row_phone *p, struct err *e)
{
	char date[CLOCK_RFC3339_LEN];
	struct listing *l = arg;

	l->n++;
	if (l->c->out->json)
		return json_array_append_new(l->phones, phone_json(p)) == 0 ?
		    ERR_OK : err_set(e, ERR_NOMEM, "list of phones");
	clock_rfc3339(p->changed_at, date);
	out_text(l->c->out, "%-20s %-12s %-8s %-8s %s\n", p->name,
	    p->model[0] != '\0' ? p->model : "-",
	    p->has_file ? "own" : "minimal", phone_origin_name[p->origin],
	    date);
	return ERR_OK;
}

int
cmd_phone_list(struct ctl *c, struct err *e)
{
	struct listing l = { .c = c, .phones = json_array() };
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK) {
		out_text(c->out, "%-20s %-12s %-8s %-8s %s\n", "NAME",
		    "MODEL", "CONFIG", "ORIGIN", "CHANGED");
		ret = row_phone_each(c->node.db, list_one, &l, e);
	}
	if (ret == ERR_OK) {
		out_text(c->out, "%" PRId64 " phone%s\n", l.n,
		    l.n == 1 ? "" : "s");
		out_result(c->out, json_pack("{s:O, s:I}", "phones", l.phones,
		    "count", (json_int_t)l.n));
	}
	json_decref(l.phones);
	return ret;
}

/* --- show --- */

/* The name as stored, for look-ups and messages. */
static int
stored_name(struct ctl *c, char name[DEVICE_NAME_MAX + 1], struct err *e)
{
	const char *typed = cmd_get(c->line, "NAME");

	if (str_device_name(typed, name))
		return ERR_OK;
	return err_set(e, ERR_ARG, "\"%.80s\" is not a device name: it is a "
	    "letter and up to 63 of letters, digits, '.', '_', '-'", typed);
}

static int
get_phone(struct ctl *c, const char *name, struct row_phone *p,
    struct err *e)
{
	int ret = row_phone_get(c->node.db, name, p, e);

	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no phone %s: \"phone list\" shows "
		    "those there are", name);
	return ret;
}

static json_t *
fetch_json(const struct fetch *f)
{
	static const uint8_t none[32];

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}",
	    "at", out_time(f->started_us / 1000000),
	    "name", out_str(f->name), "address", out_str(f->address),
	    "kind", out_str(f->kind), "transport", out_str(f->transport),
	    "result", out_str(f->result), "bytes", (json_int_t)f->bytes,
	    "sha256", memcmp(f->version, none, sizeof(none)) == 0 ?
	    json_null() : out_hex(f->version, sizeof(f->version)));
}

/* The engine's own words: an engine gone bad must not reach a terminal. */
static void
show_fetch(struct ctl *c, const struct fetch *f, json_t *list)
{
	char date[CLOCK_RFC3339_LEN], vis[OUT_VIS_MAX], how[OUT_VIS_MAX];
	char end[OUT_VIS_MAX];

	clock_rfc3339(f->started_us / 1000000, date);
	out_text(c->out, "  %s  %-5s %-12s %8" PRIu64 "  %s\n", date,
	    out_vis(f->transport, how), out_vis(f->result, end), f->bytes,
	    out_vis(f->name, vis));
	if (json_array_append_new(list, fetch_json(f)) != 0)
		c->out->nomem = true;
}

/* What observed.db knows; that there is none yet is no error. */
static int
show_fetches(struct ctl *c, const char *name, json_t *list, struct err *e)
{
	struct fetch *rows = NULL;
	struct db *db;
	size_t n = 0;
	int ret;

	if ((db = db_open(c->node.statefd, OBSERVED_FILE, DB_READ, e)) == NULL)
		return e->code == ERR_NOTFOUND ? ERR_OK : e->code;
	ret = observed_list(db, name, FETCHES_SHOWN, &rows, &n, e);
	db_close(db);
	if (ret != ERR_OK)
		return ret;
	out_text(c->out, n == 0 ? "Fetched nothing yet\n" :
	    "Last fetches\n");
	for (size_t i = 0; i < n; i++)
		show_fetch(c, &rows[i], list);
	free(rows);
	return ERR_OK;
}

static void
show_file(struct ctl *c, const struct row_phone_file *f, json_t *result)
{
	char date[CLOCK_RFC3339_LEN];

	clock_rfc3339(f->changed_at, date);
	out_text(c->out, "Config   own, %zu bytes, by %s, changed %s\n",
	    f->len, f->origin, date);
	if (json_object_set_new(result, "config", json_pack(
	    "{s:o, s:s, s:o, s:I}", "sha256", out_hex(f->sha256, SHA256_LEN),
	    "origin", f->origin, "changed_at", out_time(f->changed_at),
	    "bytes", (json_int_t)f->len)) != 0)
		c->out->nomem = true;
}

static int
show_phone(struct ctl *c, const struct row_phone *p, json_t *result,
    struct err *e)
{
	struct row_phone_file f;
	char date[CLOCK_RFC3339_LEN];
	int ret;

	clock_rfc3339(p->created_at, date);
	out_text(c->out, "Name     %s\nModel    %s\nAdded    %s, by %s\n",
	    p->name, p->model[0] != '\0' ? p->model : "unknown", date,
	    phone_origin_name[p->origin]);
	if (!p->has_file) {
		out_text(c->out, "Config   minimal, from model and node "
		    "addresses\n");
		return json_object_set_new(result, "config", json_null()) == 0 ?
		    ERR_OK : err_set(e, ERR_NOMEM, "phone");
	}
	if ((ret = row_phone_file_get(c->node.db, p->name, &f, e)) != ERR_OK)
		return ret;
	show_file(c, &f, result);
	row_phone_file_clear(&f);
	return ERR_OK;
}

int
cmd_phone_show(struct ctl *c, struct err *e)
{
	json_t *result = NULL, *fetches = json_array();
	char name[DEVICE_NAME_MAX + 1];
	struct row_phone p;
	int ret;

	if ((ret = stored_name(c, name, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		goto out;
	if ((ret = get_phone(c, name, &p, e)) != ERR_OK) {
		(void)folder_text_phone(c, name, NULL, NULL);
		goto out;
	}
	result = phone_json(&p);
	if ((ret = show_phone(c, &p, result, e)) != ERR_OK ||
	    (ret = folder_text_phone(c, name, result, e)) != ERR_OK ||
	    (ret = show_fetches(c, name, fetches, e)) != ERR_OK)
		goto out;
	if (json_object_set(result, "fetches", fetches) != 0)
		c->out->nomem = true;
	out_result(c->out, json_incref(result));
out:
	json_decref(result);
	json_decref(fetches);
	return ret;
}

/* --- remove --- */

struct removal {
	char			 name[DEVICE_NAME_MAX + 1];
	struct ctl_audit	 audit;
};

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	struct removal *r = arg;
	int ret;

	if ((ret = phone_remove(db, r->name, e)) != ERR_OK)
		return ret;
	return ctl_audit_add(db, &r->audit, e);
}

int
cmd_phone_remove(struct ctl *c, struct err *e)
{
	struct removal r = { .name = "" };
	struct row_phone p;
	char question[160];
	int ret;

	if ((ret = stored_name(c, r.name, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = get_phone(c, r.name, &p, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Effect: %s gets no configuration any more%s.\n",
	    p.name, p.has_file ? "; its own XML is removed with it" : "");
	if ((ret = folder_text_stays(c, r.name, e)) != ERR_OK)
		return ret;
	(void)snprintf(question, sizeof(question), "Remove phone %s?", p.name);
	if ((ret = ask_confirm(c, question, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &r.audit, "%s", r.name);
	if ((ret = ctl_tx(c, remove_tx, &r, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	out_text(c->out, "%s removed\n", r.name);
	out_result(c->out, json_pack("{s:s, s:b}", "name", r.name, "removed",
	    true));
	return ERR_OK;
}
