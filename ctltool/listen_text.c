/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Listening sockets as text and JSON, see listen_text.h.
 */
#include <stdlib.h>
#include <string.h>

#include "ctltool/listen_text.h"
#include "trust/listen_set.h"

static json_t *
row_json(const struct listen_row *r)
{
	return json_pack("{s:s, s:o, s:i, s:s, s:o}",
	    "name", node_port_name[r->place.kind],
	    "address", out_str(r->place.ip), "port", (int)r->place.port,
	    "state", listen_state_name[r->state],
	    "why", r->why[0] != '\0' ? out_str(r->why) : json_null());
}

static void
put_place(struct out *o, const struct listen_row *r)
{
	bool ip6 = strchr(r->place.ip, ':') != NULL;
	char vis[OUT_VIS_MAX];

	if (r->state == LISTEN_FAILED)
		return;
	out_text(o, " %s%s%s:%u%s", ip6 ? "[" : "", out_vis(r->place.ip, vis),
	    ip6 ? "]" : "", r->place.port,
	    r->state == LISTEN_KEPT ? " (kept)" : "");
}

/* Rows of a kind stand anywhere in the file. */
static void
put_kind(struct out *o, const struct listen_row *rows, size_t n,
    enum node_port kind)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= rows[i].place.kind == kind;
	if (!any)
		return;
	out_text(o, "  %-8s", node_port_name[kind]);
	for (size_t i = 0; i < n; i++)
		if (rows[i].place.kind == kind)
			put_place(o, &rows[i]);
	out_puts(o, "\n");
}

json_t *
listen_text(struct out *o, int statefd, const char *daemon, bool running)
{
	struct listen_row *rows = NULL;
	json_t *list;
	size_t n = 0;

	if (!running || listen_rows_read(statefd, daemon, &rows, &n, NULL) !=
	    ERR_OK)
		return json_null();
	for (int kind = 0; kind < PORT_N; kind++)
		put_kind(o, rows, n, (enum node_port)kind);
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		if (rows[i].state == LISTEN_FAILED)
			out_warn_lines(o, rows[i].why);
		if (json_array_append_new(list, row_json(&rows[i])) != 0)
			o->nomem = true;
	}
	free(rows);
	return list;
}
