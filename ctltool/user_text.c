/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Users as the commands show them, see user_text.h.
 */
#include <stdlib.h>

#include "base/str.h"
#include "ctltool/user_text.h"
#include "db/params.h"

const char *const user_hash_state_name[HASH_STATE_N] = {
	[HASH_NONE] = "none",
	[HASH_SET] = "set",
	[HASH_OLD] = "out-of-date",
};

enum credential_kind
user_kind(const struct cmd_line *l)
{
	return cmd_has(l, "--application") ? CREDENTIAL_APPLICATION :
	    CREDENTIAL_USER;
}

const char *
user_kind_word(enum credential_kind kind)
{
	return kind == CREDENTIAL_APPLICATION ? "application " : "";
}

static int
fill_hash(struct ctl *c, struct user_facts *u, enum user_what what,
    int64_t rounds, struct err *e)
{
	const struct user_key k = { .kind = u->kind, .name = u->row.name,
	    .what = what };
	struct err why = { 0 };
	struct password p;
	int ret = user_hash_get(c->node.db, &k, &p, NULL, &why);

	u->hash[what] = HASH_NONE;
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK && ret != ERR_PROTO)
		return err_set(e, ret, "%s", why.msg);
	/* What nobody can check is not in order either. */
	u->hash[what] = ret == ERR_PROTO || password_is_old(&p, rounds) ?
	    HASH_OLD : HASH_SET;
	return ERR_OK;
}

static int
fill_login(struct ctl *c, struct user_facts *u, struct err *e)
{
	struct row_login *rows = NULL;
	size_t n = 0;
	int ret;

	if (u->kind != CREDENTIAL_USER)
		return ERR_OK;
	if ((ret = row_login_of_user(c->node.db, u->row.name, &rows, &n,
	    e)) != ERR_OK)
		return ret;
	if (n > 0) {
		(void)str_copy(u->login, sizeof(u->login), rows[0].phone);
		u->login_at = rows[0].at;
	}
	free(rows);
	return ERR_OK;
}

int
user_facts_fill(struct ctl *c, struct user_facts *u, int64_t rounds,
    struct err *e)
{
	int ret;

	for (int i = 0; i < USER_WHAT_N; i++)
		if ((ret = fill_hash(c, u, (enum user_what)i, rounds, e)) !=
		    ERR_OK)
			return ret;
	return fill_login(c, u, e);
}

int
user_facts_load(struct ctl *c, enum credential_kind kind, const char *name,
    struct user_facts *u, struct err *e)
{
	int64_t rounds;
	int ret;

	*u = (struct user_facts){ .kind = kind };
	if ((ret = user_get(c->node.db, kind, name, &u->row, e)) != ERR_OK ||
	    (ret = param_get_i64(c->node.db, PARAM_USER_HASH_ROUNDS, "",
	    &rounds, e)) != ERR_OK)
		return ret;
	if (kind == CREDENTIAL_USER && (ret = user_phones(c->node.db,
	    u->row.name, &u->phone, &u->nphone, e)) != ERR_OK)
		return ret;
	if ((ret = user_facts_fill(c, u, rounds, e)) != ERR_OK)
		user_facts_clear(u);
	return ret;
}

void
user_facts_clear(struct user_facts *u)
{
	free(u->phone);
	u->phone = NULL;
}

/* Its realms as JSON, null for any. */
static json_t *
realms_json(const struct row_credential *rows, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, rows[i].realm[0] != '\0' ?
		    out_str(rows[i].realm) : json_null());
	return list;
}

json_t *
user_json(struct ctl *c, const struct user_facts *u, struct err *e)
{
	struct row_credential *rows = NULL;
	size_t n = 0;
	json_t *j;

	if (row_credential_list(c->node.db, u->kind, u->row.name, &rows, &n,
	    e) != ERR_OK)
		return NULL;
	j = json_pack("{s:s, s:s, s:o, s:b, s:o, s:s, s:s, s:I, s:o, s:o}",
	    "name", u->row.name, "kind", credential_kind_name[u->kind],
	    "description", out_str(u->row.description), "digest_credentials",
	    u->row.has_digest, "realms", realms_json(rows, n), "password",
	    user_hash_state_name[u->hash[USER_PASSWORD]], "pin",
	    user_hash_state_name[u->hash[USER_PIN]], "phones",
	    (json_int_t)u->nphone, "logged_in_at", u->login[0] != '\0' ?
	    json_string(u->login) : json_null(), "changed_at",
	    out_time(u->row.changed_at));
	free(rows);
	return j;
}
