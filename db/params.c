/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of parameters, see params.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "db/query.h"

const struct param_def *
param_find(const char *name)
{
	const struct param_def *d = param_table();

	for (int i = 0; i < PARAM_N; i++)
		if (strcmp(d[i].name, name) == 0)
			return &d[i];
	for (int i = 0; i < PARAM_N; i++)
		if (str_ieq(d[i].name, name))
			return &d[i];
	return NULL;
}

/* The row's value in *value, NULL when there is none. */
static int
row_get(struct db *db, const struct param_def *d, const char *node,
    char **value, struct err *e)
{
	struct q q = q_begin(db, SQL_PARAM_GET, e);

	*value = NULL;
	q_text(&q, 1, node);
	q_text(&q, 2, d->name);
	if (q_row(&q))
		q_col_dup(&q, 0, value);
	return q_end(&q);
}

static int
row_put(struct db *db, const struct param_def *d, const char *node,
    const char *value, int64_t now, struct err *e)
{
	struct q q = q_begin(db, SQL_PARAM_PUT, e);

	q_text(&q, 1, node);
	q_text(&q, 2, d->name);
	q_text(&q, 3, value);
	q_i64(&q, 4, now);
	return q_run(&q);
}

static int
row_delete(struct db *db, const struct param_def *d, const char *node,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PARAM_DELETE, e);

	q_text(&q, 1, node);
	q_text(&q, 2, d->name);
	return q_run(&q);
}

/* What a row of node would only repeat: a node's row the cluster's value, the
 * cluster's row the default. */
static int
inherited(struct db *db, const struct param_def *d, const char *node,
    char **value, struct err *e)
{
	int ret;

	*value = NULL;
	if (node[0] != '\0' && (ret = row_get(db, d, "", value, e)) != ERR_OK)
		return ret;
	if (*value == NULL && (*value = strdup(d->def)) == NULL)
		return err_set(e, ERR_NOMEM, "parameter");
	return ERR_OK;
}

int
param_set(struct db *db, const struct param_def *d, const char *node,
    const char *value, int64_t now, bool *changed, struct err *e)
{
	char *new = NULL, *old = NULL, *base = NULL;
	int ret;

	*changed = false;
	if (node[0] != '\0' && d->scope == PARAM_CLUSTER)
		return err_set(e, ERR_ARG, "%s is the same on all nodes: set "
		    "it without a node", d->name);
	if ((ret = param_check(d, value, &new, e)) != ERR_OK ||
	    (ret = row_get(db, d, node, &old, e)) != ERR_OK ||
	    (ret = inherited(db, d, node, &base, e)) != ERR_OK)
		goto out;
	if (strcmp(new, base) == 0) {
		if (old == NULL)
			goto out;
		ret = row_delete(db, d, node, e);
	} else {
		if (old != NULL && strcmp(old, new) == 0)
			goto out;
		ret = row_put(db, d, node, new, now, e);
	}
	if (ret == ERR_OK)
		ret = db_change_add(db, "parameter", d->name, e);
	*changed = ret == ERR_OK;
out:
	free(new);
	free(old);
	free(base);
	return ret;
}

/* Put a row's value in *best unless this version would refuse it. */
static int
better(struct db *db, const struct param_def *d, const char *node,
    char **best, struct err *e)
{
	char *raw, *canonical;
	int ret;

	if ((ret = row_get(db, d, node, &raw, e)) != ERR_OK || raw == NULL)
		return ret;
	ret = param_check(d, raw, &canonical, NULL);
	free(raw);
	if (ret == ERR_OK)
		*best = canonical;
	else if (ret == ERR_NOMEM)
		return err_set(e, ret, "parameter");
	return ERR_OK;
}

char *
param_get(struct db *db, enum param_id id, const char *node, struct err *e)
{
	const struct param_def *d = &param_table()[id];
	char *v = NULL;

	if (d->scope == PARAM_NODE && node[0] != '\0' &&
	    better(db, d, node, &v, e) != ERR_OK)
		return NULL;
	if (v == NULL && better(db, d, "", &v, e) != ERR_OK)
		return NULL;
	if (v == NULL && (v = strdup(d->def)) == NULL)
		(void)err_set(e, ERR_NOMEM, "parameter");
	return v;
}

static int
changed_at(struct db *db, const char *name, const char *node, int64_t *at,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PARAM_GET, e);

	*at = 0;
	q_text(&q, 1, node);
	q_text(&q, 2, name);
	if (q_row(&q))
		*at = q_col_i64(&q, 1);
	return q_end(&q);
}

int
param_changed_at(struct db *db, enum param_id id, const char *node,
    int64_t *at, struct err *e)
{
	const struct param_def *d = &param_table()[id];
	int ret = ERR_OK;

	*at = 0;
	if (d->scope == PARAM_NODE && node[0] != '\0')
		ret = changed_at(db, d->name, node, at, e);
	if (ret == ERR_OK && *at == 0)
		ret = changed_at(db, d->name, "", at, e);
	return ret;
}

int
param_get_i64(struct db *db, enum param_id id, const char *node, int64_t *v,
    struct err *e)
{
	struct err own = { 0 };
	const struct param_def *d = &param_table()[id];
	char *s;
	int ret;

	if (e == NULL)
		e = &own;
	if ((s = param_get(db, id, node, e)) == NULL)
		return e->code;
	ret = str_to_i64(s, d->min, d->max, v, e);
	free(s);
	return ret;
}
