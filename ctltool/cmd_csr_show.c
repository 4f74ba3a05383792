/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * show csr own, show csr list own|trust.
 */
#include <stdlib.h>
#include <string.h>

#include "ctltool/csr_say.h"

#define DAY_S	86400

/* Is the key there that the request is over? */
static bool
key_matches(struct db *db, const struct row_csr *row, const struct csr *csr)
{
	uint8_t id[KEY_ID_LEN], *sealed = NULL;
	bool yes;
	size_t len;

	yes = csr_key_id(csr, id, NULL) == ERR_OK &&
	    memcmp(id, row->key_id, sizeof(id)) == 0 &&
	    row_key_get(db, id, &sealed, &len, NULL) == ERR_OK;
	free(sealed);
	return yes;
}

static json_t *
shown_json(struct ctl *c, const struct own_unit_def *u,
    const struct row_csr *row, const struct csr *csr, bool match)
{
	int64_t age = clock_wall_s(c->clk) - row->created_at;
	json_t *j = csr_json(u, row->node, csr);

	if (j != NULL && json_object_update_new(j, json_pack("{s:o, s:I, "
	    "s:b}", "created_at", out_time(row->created_at), "age",
	    (json_int_t)age, "key_match", match)) != 0) {
		json_decref(j);
		j = NULL;
	}
	return j;
}

static int
show(struct ctl *c, const struct own_unit_def *u, const struct row_csr *row,
    const struct csr *csr, struct err *e)
{
	bool match = key_matches(c->node.db, row, csr);
	json_t *findings = NULL, *j;
	char at[CLOCK_RFC3339_LEN];
	char *pem = csr_to_pem(csr, e);
	int ret = pem != NULL ? ERR_OK : e->code;

	clock_rfc3339(row->created_at, at);
	if (ret == ERR_OK && !cmd_has(c->line, "--pem")) {
		csr_say(c->out, csr);
		out_text(c->out, "Made at   %s, %lld days ago\nKey match %s\n",
		    at, (long long)((clock_wall_s(c->clk) - row->created_at) /
		    DAY_S), match ? "yes" : "no: the key is not here, no "
		    "certificate can answer this request");
	}
	if (ret == ERR_OK)
		ret = csr_lint(cmd_has(c->line, "--pem") ? NULL : c->out, csr,
		    &findings, e);
	if (ret == ERR_OK) {
		out_puts(c->out, pem);
		j = shown_json(c, u, row, csr, match);
		if (j != NULL && json_object_update_new(j, json_pack("{s:s, "
		    "s:O}", "pem", pem, "lint", findings)) != 0)
			c->out->nomem = true;
		out_result(c->out, j);
	}
	json_decref(findings);
	free(pem);
	return ret;
}

int
cmd_show_csr_own(struct ctl *c, struct err *e)
{
	const struct own_unit_def *u;
	struct row_csr row;
	struct csr *csr;
	int ret;

	if ((u = csr_unit(cmd_get(c->line, "NAME"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if ((csr = csr_own_load(c->node.db, u->name, csr_own_node(u,
	    &c->node), &row, e)) == NULL)
		return e->code == ERR_NOTFOUND ? err_set(e, ERR_NOTFOUND,
		    "no request of %s is pending: set csr gen %s makes one",
		    u->name, u->name) : e->code;
	ret = show(c, u, &row, csr, e);
	row_csr_clear(&row);
	csr_free(csr);
	return ret;
}

static int
list_one(struct ctl *c, const struct row_csr *row, json_t *list,
    struct err *e)
{
	const struct own_unit_def *u = own_unit_find(row->unit);
	struct csr *csr;
	json_t *j;

	if (u == NULL)
		return ERR_OK;		/* of a newer version */
	if ((csr = csr_from_der(row->der, row->derlen, e)) == NULL)
		return err_wrap(e, "request of %s", row->unit);
	out_text(c->out, "%s/%s.csr%s%s\n", u->name, u->name,
	    row->node[0] != '\0' ? "  on " : "", row->node);
	j = shown_json(c, u, row, csr, key_matches(c->node.db, row, csr));
	csr_free(csr);
	if (j == NULL || json_array_append_new(list, j) != 0)
		return err_set(e, ERR_NOMEM, "requests");
	return ERR_OK;
}

int
cmd_show_csr_list_own(struct ctl *c, struct err *e)
{
	json_t *list = json_array();
	struct row_csr *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK)
		ret = row_csr_list(c->node.db, &rows, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = list_one(c, &rows[i], list, e);
	if (ret == ERR_OK) {
		if (n == 0)
			out_text(c->out, "No request is pending.\n");
		out_result(c->out, json_pack("{s:O}", "requests", list));
	}
	row_csr_free(rows, n);
	json_decref(list);
	return ret;
}

/* The reference has the word; requests are made for own units only. */
int
cmd_show_csr_list_trust(struct ctl *c, struct err *e)
{
	int ret = ctl_open(c, DB_READ, e);

	if (ret != ERR_OK)
		return ret;
	out_text(c->out, "Trust stores have no requests.\n");
	out_result(c->out, json_pack("{s:[]}", "requests"));
	return ERR_OK;
}
