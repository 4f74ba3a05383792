/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone show.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/capf_text.h"
#include "ctltool/folder_text.h"
#include "ctltool/login_text.h"
#include "ctltool/phone_args.h"
#include "ctltool/phone_sealed.h"
#include "db/observed.h"

#define FETCHES_SHOWN	10

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
	out_text(c->out, "Config       own, %zu bytes, by %s, changed %s\n",
	    f->len, f->origin, date);
	if (json_object_set_new(result, "config", json_pack(
	    "{s:o, s:s, s:o, s:I}", "sha256", out_hex(f->sha256, SHA256_LEN),
	    "origin", f->origin, "changed_at", out_time(f->changed_at),
	    "bytes", (json_int_t)f->len)) != 0)
		c->out->nomem = true;
}

static int
show_own(struct ctl *c, const struct row_phone *p, json_t *result,
    struct err *e)
{
	struct row_phone_file f;
	int ret;

	if (!p->has_file) {
		out_text(c->out, "Config       made from its settings\n");
		return json_object_set_new(result, "config", json_null()) == 0 ?
		    ERR_OK : err_set(e, ERR_NOMEM, "phone");
	}
	if ((ret = row_phone_file_get(c->node.db, p->name, &f, e)) != ERR_OK)
		return ret;
	show_file(c, &f, result);
	row_phone_file_clear(&f);
	return ERR_OK;
}

static void
show_head(struct ctl *c, const struct row_phone *p)
{
	char made[CLOCK_RFC3339_LEN], changed[CLOCK_RFC3339_LEN];
	char vis[OUT_VIS_MAX];

	clock_rfc3339(p->created_at, made);
	clock_rfc3339(p->changed_at, changed);
	out_text(c->out, "Name         %s\nModel        %s\nProtocol     %s\n"
	    "Profile      %s\n", p->name, p->model[0] != '\0' ? p->model :
	    "unknown", phone_protocol_name[p->protocol],
	    phone_profile_name(p));
	if (p->description[0] != '\0')
		out_text(c->out, "Description  %s\n",
		    out_vis(p->description, vis));
	out_text(c->out, "Added        %s, by %s\nChanged      %s\n", made,
	    phone_origin_name[p->origin], changed);
}

/* What CAPF is asked to do with it, and the certificate it has. */
static int
show_capf(struct ctl *c, const struct row_phone *p, json_t *result,
    struct err *e)
{
	struct db *observed = NULL;
	struct capf_status s;
	int ret;

	if ((ret = ctl_observed(c, &observed, e)) != ERR_OK)
		return ret;
	ret = capf_status_phone(&s, c->node.db, observed, NULL, p,
	    clock_wall_s(c->clk), e);
	db_close(observed);
	if (ret != ERR_OK)
		return ret;
	if (s.op != CAPF_OP_NONE || s.has_outcome || s.has_cert) {
		out_text(c->out, "CAPF\n");
		capf_status_text(c, &s, "  ");
	}
	if (json_object_set_new(result, "capf", capf_status_json(c, &s)) != 0)
		c->out->nomem = true;
	return ERR_OK;
}

/* Everything about it but what it fetched. */
static int
show_phone(struct ctl *c, const char *name, json_t **result, struct err *e)
{
	struct phone_effective x;
	int ret;

	ret = phone_effective_load(&x, c->node.db, NULL, name, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no phone %s: \"phone list\" shows "
		    "those there are", name);
	if (ret != ERR_OK)
		return ret;
	show_head(c, &x.phone);
	*result = phone_json(&x.phone);
	if ((ret = login_show(c, name, *result, e)) == ERR_OK &&
	    (ret = show_own(c, &x.phone, *result, e)) == ERR_OK &&
	    (ret = phone_sealed_show(c, name, *result, e)) == ERR_OK &&
	    (ret = show_capf(c, &x.phone, *result, e)) == ERR_OK) {
		out_text(c->out, "Settings\n");
		settings_show(c->out, &x, true);
		if (json_object_set_new(*result, "settings",
		    settings_json(&x)) != 0)
			c->out->nomem = true;
	}
	phone_effective_clear(&x);
	return ret;
}

int
cmd_phone_show(struct ctl *c, struct err *e)
{
	json_t *result = NULL, *fetches = json_array();
	char name[PHONE_NAME_MAX + 1];
	int ret;

	if ((ret = phone_name(cmd_get(c->line, "NAME"), name, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		goto out;
	ret = show_phone(c, name, &result, e);
	if (ret == ERR_NOTFOUND)
		(void)folder_text_phone(c, name, NULL, NULL);
	if (ret != ERR_OK ||
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
