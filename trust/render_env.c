/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The servers of phone configurations, see render_env.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/rows.h"
#include "trust/render_env.h"

/* Addresses first: not every phone is given a name server. */
static const struct row_node_name *
pick_name(const struct row_node_name *names, size_t n)
{
	const struct row_node_name *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strlen(names[i].text) > RENDER_ADDRESS_MAX)
			continue;
		if (names[i].is_ip)
			return &names[i];
		if (best == NULL)
			best = &names[i];
	}
	return best;
}

static int
add_node(struct render_servers *s, struct db *db, const struct row_node *node,
    struct err *e)
{
	const struct row_node_name *name;
	struct row_node_name *names = NULL;
	size_t n = 0;
	int ret;

	if ((ret = row_node_names_get(db, node->name, &names, &n, e)) !=
	    ERR_OK)
		return ret;
	if ((name = pick_name(names, n)) != NULL) {
		(void)str_copy(s->address[s->n], sizeof(s->address[s->n]),
		    name->text);
		s->server[s->n] = (struct render_server){
			.address = s->address[s->n],
			.tvs_port = node->port[PORT_TVS],
			.capf_port = node->port[PORT_CAPF],
			.sip_port = node->port[PORT_SIP],
			.sips_port = node->port[PORT_SIPS],
		};
		s->n++;
	}
	free(names);
	return ERR_OK;
}

int
render_servers_load(struct render_servers *s, struct db *db, struct err *e)
{
	struct row_node *nodes = NULL;
	size_t n = 0;
	int ret;

	s->n = 0;
	if ((ret = row_node_list(db, &nodes, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK &&
	    s->n < RENDER_SERVERS_MAX; i++)
		ret = add_node(s, db, &nodes[i], e);
	free(nodes);
	return ret;
}

struct render_env
render_env_of(const struct render_servers *s, const char *device,
    const char *model)
{
	struct render_env env = { .device = device, .model = model,
	    .nserver = s->n };

	memcpy(env.server, s->server, sizeof(env.server));
	return env;
}
