/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of cluster, node and node_name.  See rows.h.
 */
#include <string.h>

#include "db/query.h"
#include "db/rows.h"

const char *const node_port_name[PORT_N] = {
	[PORT_TFTP] = "tftp",
	[PORT_HTTP] = "http",
	[PORT_HTTPS] = "https",
	[PORT_HTTPS2] = "https2",
	[PORT_TVS] = "tvs",
	[PORT_CAPF] = "capf",
	[PORT_SIP] = "sip",
	[PORT_SIPS] = "sips",
	[PORT_CLUSTER] = "cluster",
};

const uint16_t node_port_default[PORT_N] = {
	[PORT_TFTP] = 69,
	[PORT_HTTP] = 6970,
	[PORT_HTTPS] = 6971,
	[PORT_HTTPS2] = 6972,
	[PORT_TVS] = 2445,
	[PORT_CAPF] = 3804,
	[PORT_SIP] = 5060,
	[PORT_SIPS] = 5061,
	[PORT_CLUSTER] = 2444,
};

int
row_cluster_get(struct db *db, struct row_cluster *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CLUSTER_GET, e);

	*c = (struct row_cluster){ 0 };
	if (q_row(&q)) {
		q_col_text(&q, 0, c->name, sizeof(c->name));
		q_col_text(&q, 1, c->uuid, sizeof(c->uuid));
		c->created_at = q_col_i64(&q, 2);
		c->test = q_col_i64(&q, 3) != 0;
	}
	return q_end_found(&q, "the cluster's row");
}

int
row_cluster_put(struct db *db, const struct row_cluster *c, struct err *e)
{
	struct q q = q_begin(db, SQL_CLUSTER_CLEAR_OTHER, e);
	int ret;

	q_text(&q, 1, c->uuid);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	q = q_begin(db, SQL_CLUSTER_PUT, e);
	q_text(&q, 1, c->name);
	q_text(&q, 2, c->uuid);
	q_i64(&q, 3, c->created_at);
	q_i64(&q, 4, c->test);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "node", "", e);
}

static void
node_fill(struct q *q, struct row_node *n)
{
	int64_t port;

	q_col_text(q, 0, n->name, sizeof(n->name));
	q_col_text(q, 1, n->uuid, sizeof(n->uuid));
	n->joined_at = q_col_i64(q, 2);
	n->changed_at = q_col_i64(q, 3);
	for (int i = 0; i < PORT_N; i++) {
		port = q_col_i64(q, 4 + i);
		if (port < 0 || port > UINT16_MAX)
			q->ret = err_set(q->e, ERR_LIMIT, "node %s: port %s "
			    "is out of range", n->name, node_port_name[i]);
		else
			n->port[i] = (uint16_t)port;
	}
}

int
row_node_get(struct db *db, const char *name, struct row_node *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_NODE_GET, e);

	*n = (struct row_node){ 0 };
	q_text(&q, 1, name);
	if (q_row(&q))
		node_fill(&q, n);
	return q_end_found(&q, "the node's row");
}

int
row_node_put(struct db *db, const struct row_node *n, struct err *e)
{
	struct q q = q_begin(db, SQL_NODE_PUT, e);
	int ret;

	q_text(&q, 1, n->name);
	q_text(&q, 2, n->uuid);
	q_i64(&q, 3, n->joined_at);
	q_i64(&q, 4, n->changed_at);
	for (int i = 0; i < PORT_N; i++)
		q_i64(&q, 5 + i, n->port[i]);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "node", n->name, e);
}

int
row_node_list(struct db *db, struct row_node **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_NODE_LIST, e);
	void *p = NULL;

	*rows = NULL;
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(**rows)); ++*n)
		node_fill(&q, (struct row_node *)p + *n);
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_node_names_get(struct db *db, const char *node,
    struct row_node_name **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_NODE_NAME_LIST, e);
	struct row_node_name *r;
	void *p = NULL;

	*rows = NULL;
	q_text(&q, 1, node);
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(*r)); ++*n) {
		r = (struct row_node_name *)p + *n;
		r->is_ip = q_col_i64(&q, 0) != 0;
		q_col_text(&q, 1, r->text, sizeof(r->text));
	}
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_node_names_put(struct db *db, const char *node,
    const struct row_node_name *rows, size_t n, struct err *e)
{
	struct q q = q_begin(db, SQL_NODE_NAME_CLEAR, e);
	int ret;

	q_text(&q, 1, node);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		q = q_begin(db, SQL_NODE_NAME_ADD, e);
		q_text(&q, 1, node);
		q_i64(&q, 2, (int64_t)i);
		q_i64(&q, 3, rows[i].is_ip);
		q_text(&q, 4, rows[i].text);
		if ((ret = q_run(&q)) != ERR_OK)
			return ret;
	}
	return db_change_add(db, "node", node, e);
}
