/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What phone configurations take from rows, see render_env.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "db/rows.h"
#include "trust/listen_plan.h"
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

/* 0: each node's own. */
static int
port_for_all(struct render_servers *s, struct db *db, enum param_id id,
    uint16_t *port, struct err *e)
{
	int64_t v, at;
	int ret;

	if ((ret = param_get_i64(db, id, "", &v, e)) != ERR_OK ||
	    (ret = param_changed_at(db, id, "", &at, e)) != ERR_OK)
		return ret;
	if (v != 0)
		*port = (uint16_t)v;
	if (at > s->changed_at)
		s->changed_at = at;
	return ERR_OK;
}

/* Each 0 or one port for all nodes. */
static int
load_ports(struct render_servers *s, struct db *db, struct render_server *all,
    struct err *e)
{
	int ret;

	if ((ret = port_for_all(s, db, PARAM_SIP_PHONE_PORT, &all->sip_port,
	    e)) == ERR_OK &&
	    (ret = port_for_all(s, db, PARAM_SIP_PHONE_SECURE_PORT,
	    &all->sips_port, e)) == ERR_OK &&
	    (ret = port_for_all(s, db, PARAM_SCCP_PHONE_PORT,
	    &all->sccp_port, e)) == ERR_OK &&
	    (ret = port_for_all(s, db, PARAM_SCCP_PHONE_SECURE_PORT,
	    &all->sccps_port, e)) == ERR_OK)
		ret = port_for_all(s, db, PARAM_CAPF_PHONE_PORT,
		    &all->capf_port, e);
	return ret;
}

static uint16_t
pick_port(uint16_t all, uint16_t own)
{
	return all != 0 ? all : own;
}

static int
add_node(struct render_servers *s, struct db *db, const struct row_node *node,
    const struct render_server *all, struct err *e)
{
	const struct row_node_name *name;
	struct row_node_name *names = NULL;
	uint16_t port[PORT_N];
	size_t n = 0;
	int ret;

	if ((ret = listen_ports(db, node, port, &s->changed_at, e)) !=
	    ERR_OK || (ret = row_node_names_get(db, node->name, &names, &n,
	    e)) != ERR_OK)
		return ret;
	if ((name = pick_name(names, n)) != NULL) {
		(void)str_copy(s->address[s->n], sizeof(s->address[s->n]),
		    name->text);
		s->server[s->n] = (struct render_server){
			.address = s->address[s->n],
			.tvs_port = port[PORT_TVS],
			.capf_port = pick_port(all->capf_port,
			    port[PORT_CAPF]),
			.sip_port = pick_port(all->sip_port,
			    port[PORT_SIP]),
			.sips_port = pick_port(all->sips_port,
			    port[PORT_SIPS]),
			.sccp_port = all->sccp_port,
			.sccps_port = all->sccps_port,
		};
		if (node->changed_at > s->changed_at)
			s->changed_at = node->changed_at;
		s->n++;
	}
	free(names);
	return ERR_OK;
}

static int
make_id(struct render_servers *s, struct err *e)
{
	struct wr w = wr_init(1024);
	int ret;

	for (size_t i = 0; i < s->n; i++) {
		wr_cstr(&w, s->server[i].address);
		wr_u16(&w, s->server[i].tvs_port);
		wr_u16(&w, s->server[i].capf_port);
		wr_u16(&w, s->server[i].sip_port);
		wr_u16(&w, s->server[i].sips_port);
		wr_u16(&w, s->server[i].sccp_port);
		wr_u16(&w, s->server[i].sccps_port);
	}
	if (w.err != ERR_OK)
		ret = err_set(e, w.err, "servers of phones");
	else
		ret = digest_buf(DIGEST_SHA256, w.buf, w.len, s->id, e);
	wr_clear(&w);
	return ret;
}

int
render_servers_load(struct render_servers *s, struct db *db, struct err *e)
{
	struct render_server all = { .address = NULL };
	struct row_node *nodes = NULL;
	size_t n = 0;
	int ret;

	s->n = 0;
	s->changed_at = 0;
	if ((ret = load_ports(s, db, &all, e)) != ERR_OK ||
	    (ret = row_node_list(db, &nodes, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK &&
	    s->n < RENDER_SERVERS_MAX; i++)
		ret = add_node(s, db, &nodes[i], &all, e);
	free(nodes);
	return ret == ERR_OK ? make_id(s, e) : ret;
}

/* --- firmware --- */

void
render_loads_parse(struct render_loads *l, const char *text)
{
	const struct model *m;
	char *next, *load;

	l->n = 0;
	if (!str_copy(l->text, sizeof(l->text), text))
		l->text[0] = '\0';
	for (char *p = l->text; p != NULL && *p != '\0'; p = next) {
		if ((next = strchr(p, ',')) != NULL)
			*next++ = '\0';
		if ((load = strchr(p, '=')) == NULL)
			continue;
		*load++ = '\0';
		if ((m = model_find(p)) != NULL &&
		    l->n < RENDER_LOADS_MAX &&
		    render_loads_find(l, m)[0] == '\0')
			l->row[l->n++] = (struct render_load){ m, load };
	}
}

bool
render_loads_stray(const char *text, char *model, size_t len)
{
	for (; *text != '\0'; text += strcspn(text, ",")) {
		text += *text == ',';
		(void)snprintf(model, len, "%.*s", (int)strcspn(text, "=,"),
		    text);
		if (model_find(model) == NULL)
			return true;
	}
	return false;
}

const char *
render_loads_find(const struct render_loads *l, const struct model *m)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->row[i].model == m)
			return l->row[i].load;
	return "";
}

int
render_loads_load(struct render_loads *l, struct db *db, struct err *e)
{
	struct err own = { 0 };
	char *v = param_get(db, PARAM_PHONE_LOADS, "", &own);

	if (v == NULL)
		return err_set(e, own.code, "%s", own.msg);
	render_loads_parse(l, v);
	free(v);
	return param_changed_at(db, PARAM_PHONE_LOADS, "", &l->changed_at,
	    e);
}

struct render_env
render_env_of(const struct render_servers *s, const char *device,
    const struct phone_effective *phone)
{
	struct render_env env = { .device = device, .phone = phone,
	    .nserver = s->n };

	memcpy(env.server, s->server, sizeof(env.server));
	return env;
}
