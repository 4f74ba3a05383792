/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What holds between the parameters of auto-registration and profiles, see
 * autoreg.h: what cannot work is refused where it is typed, not when a phone
 * asks at night.
 */
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "trust/autoreg.h"
#include "trust/profile.h"

#define NOBODY		"(added)"	/* no phone's name, so it has no rows */
#define ADVICE_MAX	1024

/* As phone rows have it, with the protocol that goes with it. */
int
autoreg_profile_get(struct db *db, const char *node, struct row_phone *p,
    struct err *e)
{
	char *name = param_get(db, PARAM_AUTOREG_PROFILE, node, e);
	struct row_profile row;
	int ret = ERR_OK;

	if (name == NULL)
		return e->code;
	if (name[0] != '\0' && !profile_is_predefined(name, &p->protocol)) {
		ret = row_profile_get(db, name, &row, e);
		if (ret == ERR_NOTFOUND)
			ret = err_set(e, ERR_REFUSED, "there is no profile "
			    "%s: make it, or set param "
			    "autoregistration.profile to another", name);
		if (ret == ERR_OK) {
			p->protocol = row.protocol;
			(void)str_copy(p->profile, sizeof(p->profile),
			    row.name);
		}
	}
	free(name);
	return ret;
}

/* Can a phone of which nothing is known have it? */
static int
check_profile(struct db *db, const char *node, struct row_phone *p,
    struct err *e)
{
	struct phone_effective x;
	char *advice = NULL;
	int ret;

	*p = (struct row_phone){ .origin = ORIGIN_AUTO };
	(void)str_copy(p->name, sizeof(p->name), NOBODY);
	if ((ret = autoreg_profile_get(db, node, p, e)) != ERR_OK)
		return ret;
	if ((ret = phone_effective_of(&x, db, NULL, p, e)) != ERR_OK)
		return ret;
	ret = profile_check(&x, &advice, e);
	phone_effective_clear(&x);
	free(advice);
	return ret == ERR_REFUSED ? err_wrap(e, "autoregistration.profile, "
	    "whose phones are of unknown model") : ret;
}

typedef int	scope_fn(struct db *db, const char *node, void *arg,
		    struct err *e);

/* The cluster's value, then each node's. */
static int
each_scope(struct db *db, scope_fn *fn, void *arg, struct err *e)
{
	struct row_node *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = fn(db, "", arg, e)) != ERR_OK ||
	    (ret = row_node_list(db, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		ret = fn(db, rows[i].name, arg, e);
	free(rows);
	return ret;
}

/* --- parameters --- */

struct params {
	enum param_id	 id;		/* was set */
	bool		 nobody, no_number;
};

static int
check_scope(struct db *db, const char *node, void *arg, struct err *e)
{
	struct params *s = arg;
	struct autoreg_conf c;
	struct row_phone p;
	int ret;

	if ((ret = autoreg_conf_load(&c, db, node, e)) != ERR_OK ||
	    (!c.enabled && s->id != PARAM_AUTOREG_PROFILE) ||
	    (ret = check_profile(db, node, &p, e)) != ERR_OK)
		return ret;
	s->nobody |= c.enabled && c.first[0] == '\0';
	s->no_number |= c.enabled && c.number[0] != '\0' &&
	    p.protocol != PROTOCOL_SIP;
	return ERR_OK;
}

int
autoreg_param_check(struct db *db, enum param_id id, char **advice,
    struct err *e)
{
	struct params s = { .id = id };
	int ret;

	*advice = NULL;
	if (id != PARAM_AUTOREG_ENABLED && id != PARAM_AUTOREG_NAMES &&
	    id != PARAM_AUTOREG_RANGE && id != PARAM_AUTOREG_PROFILE)
		return ERR_OK;
	if ((ret = each_scope(db, check_scope, &s, e)) != ERR_OK ||
	    (!s.nobody && !s.no_number))
		return ret;
	*advice = str_printf("%s%s%s", s.nobody ? "nobody is added as long "
	    "as autoregistration.names is empty" : "", s.nobody &&
	    s.no_number ? "\n" : "", s.no_number ? "phones for SCCP get no "
	    "directory number: autoregistration.range counts for SIP" : "");
	return *advice != NULL ? ERR_OK : err_set(e, ERR_NOMEM, "advice");
}

/* --- profiles --- */

static int
names(struct db *db, const char *node, const char *profile, bool *yes,
    struct err *e)
{
	char *v = param_get(db, PARAM_AUTOREG_PROFILE, node, e);

	*yes = false;
	if (v == NULL)
		return e->code;
	*yes = strcmp(v, profile) == 0;
	free(v);
	return ERR_OK;
}

static int
check_if_named(struct db *db, const char *node, void *arg, struct err *e)
{
	struct row_phone p;
	bool yes;
	int ret = names(db, node, arg, &yes, e);

	return ret == ERR_OK && yes ? check_profile(db, node, &p, e) : ret;
}

int
autoreg_profile_check(struct db *db, const char *profile, struct err *e)
{
	struct err own = { .code = ERR_OK };
	int ret = each_scope(db, check_if_named,
	    (void *)(uintptr_t)profile, &own);

	return ret == ERR_OK ? ret : err_set(e, ret, "%s", own.msg);
}

static int
refuse_if_named(struct db *db, const char *node, void *arg, struct err *e)
{
	bool yes;
	int ret = names(db, node, arg, &yes, e);

	return ret != ERR_OK || !yes ? ret : err_set(e, ERR_REFUSED,
	    "profile %s is what autoregistration.profile%s%s says: set that "
	    "to another one first", (const char *)arg,
	    node[0] != '\0' ? " of node " : "", node);
}

int
autoreg_profile_free(struct db *db, const char *profile, struct err *e)
{
	struct err own = { .code = ERR_OK };
	int ret = each_scope(db, refuse_if_named,
	    (void *)(uintptr_t)profile, &own);

	return ret == ERR_OK ? ret : err_set(e, ret, "%s", own.msg);
}

struct renaming {
	const char	*from, *to;
	int64_t		 now;
};

/* A node that has the cluster's value has the new one by then. */
static int
rename_if_named(struct db *db, const char *node, void *arg, struct err *e)
{
	const struct renaming *r = arg;
	bool yes, changed;
	int ret = names(db, node, r->from, &yes, e);

	return ret != ERR_OK || !yes ? ret : param_set(db,
	    &param_table()[PARAM_AUTOREG_PROFILE], node, r->to, r->now,
	    &changed, e);
}

int
autoreg_profile_renamed(struct db *db, const char *from, const char *to,
    int64_t now, struct err *e)
{
	struct renaming r = { .from = from, .to = to, .now = now };
	struct err own = { .code = ERR_OK };
	int ret = each_scope(db, rename_if_named, &r, &own);

	return ret == ERR_OK ? ret : err_set(e, ret, "%s", own.msg);
}
