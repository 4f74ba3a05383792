/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * show tvs asks: what phones asked the Trust Verification Service.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "db/observed.h"

#define ASKS_SHOWN	20

static json_t *
ask_json(const struct tvs_ask *a)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o}",
	    "device", a->device, "address", a->address,
	    "command", a->query ? "query" : "verify",
	    "sha256", a->has_sha256 ? out_hex(a->sha256, sizeof(a->sha256)) :
	    json_null(), "subject", a->subject, "answer", a->answer,
	    "asked_at", out_time(a->at_us / 1000000));
}

/* The engine's own words, and the phones': none of it reaches a terminal as
 * it is. */
static void
show_ask(struct ctl *c, const struct tvs_ask *a, json_t *list)
{
	char date[CLOCK_RFC3339_LEN], device[OUT_VIS_MAX];
	char subject[OUT_VIS_MAX], answer[OUT_VIS_MAX], address[OUT_VIS_MAX];

	clock_rfc3339(a->at_us / 1000000, date);
	out_text(c->out, "%s  %-15s %-15s %-6s %-13s %s\n", date,
	    a->device[0] != '\0' ? out_vis(a->device, device) : "-",
	    out_vis(a->address, address), a->query ? "query" : "verify",
	    out_vis(a->answer, answer), out_vis(a->subject, subject));
	if (json_array_append_new(list, ask_json(a)) != 0)
		c->out->nomem = true;
}

static int
load(struct ctl *c, struct tvs_ask **rows, size_t *n, struct err *e)
{
	const char *name = cmd_get(c->line, "DEVICE");
	const char *limit = cmd_get(c->line, "--limit");
	char device[DEVICE_NAME_MAX + 1];
	int64_t max = ASKS_SHOWN;
	struct db *db;
	int ret;

	if (limit != NULL && (ret = str_to_i64(limit, 1, TVS_ASKS_MAX, &max,
	    e)) != ERR_OK)
		return err_wrap(e, "--limit");
	if (name != NULL && str_device_name(name, device))
		name = device;
	if ((ret = ctl_observed(c, &db, e)) != ERR_OK || db == NULL)
		return ret;
	ret = observed_ask_list(db, name, (size_t)max, rows, n, e);
	db_close(db);
	return ret;
}

int
cmd_show_tvs_asks(struct ctl *c, struct err *e)
{
	struct tvs_ask *rows = NULL;
	json_t *list = json_array();
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = load(c, &rows, &n, e)) != ERR_OK) {
		json_decref(list);
		return ret;
	}
	if (n == 0)
		out_text(c->out, "Nothing was asked yet\n");
	for (size_t i = 0; i < n; i++)
		show_ask(c, &rows[i], list);
	free(rows);
	out_result(c->out, json_pack("{s:o}", "asks", list));
	return ERR_OK;
}
