/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How certificate operations end, with whatever result.  See capf.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "trust/capf_part.h"
#include "trust/rollout.h"

/* The phone's settings say that nothing is pending; its row tells files. */
static int
clear_phone(const struct capf_ctx *c, const struct capf_asked *a,
    int64_t now, struct err *e)
{
	static const enum setting_id ids[] = { SETTING_CERT_OPERATION,
	    SETTING_OPERATION_BY };
	struct row_phone p = a->phone;
	int ret;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if ((ret = row_phone_setting_put(c->db, p.name,
		    setting_get(ids[i])->option, NULL, NULL, e)) != ERR_OK)
			return ret;
	if ((ret = row_secret_remove(c->db, p.name,
	    setting_get(SETTING_AUTH_STRING)->option, e)) != ERR_OK)
		return ret;
	p.changed_at = now;
	return row_phone_put(c->db, &p, e);
}

static int
clear_cti(const struct capf_ctx *c, const struct capf_asked *a, int64_t now,
    struct err *e)
{
	struct row_capf_profile p = a->cti;

	(void)str_copy(p.operation, sizeof(p.operation), CAPF_NO_OPERATION);
	p.completes_by = 0;
	p.sealed = NULL;
	p.len = 0;
	p.changed_at = now;
	return row_capf_profile_put(c->db, &p, e);
}

int
capf_drop_request(struct db *db, const struct capf_owner *o, struct err *e)
{
	struct err own = { 0 };
	int ret = row_capf_csr_remove(db, o, &own);

	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

static int
audit(const struct capf_ctx *c, const struct row_capf_outcome *o,
    struct err *e)
{
	struct row_audit a = { .at = o->at, .account = "capfd" };
	char who[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2];
	char detail[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + CAPF_REASON_MAX + 8];

	capf_owner_text(&o->owner, who, sizeof(who));
	(void)str_copy(a.node, sizeof(a.node), o->node);
	(void)snprintf(a.command, sizeof(a.command), "capf %s %s",
	    capf_result_name[o->result], o->operation);
	(void)snprintf(detail, sizeof(detail), "%s%s%s", who,
	    o->reason[0] != '\0' ? ": " : "", o->reason);
	a.detail = detail;
	return row_audit_add(c->db, &a, e);
}

int
capf_close(const struct capf_ctx *c, const struct capf_asked *a,
    enum capf_result result, const char *why, int64_t now, struct err *e)
{
	struct row_capf_outcome o = { .owner = a->owner, .result = result,
	    .at = now };
	int ret;

	(void)str_copy(o.operation, sizeof(o.operation), a->operation);
	(void)snprintf(o.reason, sizeof(o.reason), "%s", why);
	(void)str_copy(o.node, sizeof(o.node), c->node);
	ret = a->owner.kind == CAPF_PHONE ? clear_phone(c, a, now, e) :
	    clear_cti(c, a, now, e);
	if (ret != ERR_OK ||
	    (ret = capf_drop_request(c->db, &a->owner, e)) != ERR_OK ||
	    (ret = row_capf_outcome_put(c->db, &o, e)) != ERR_OK ||
	    (ret = audit(c, &o, e)) != ERR_OK)
		return ret;
	return a->owner.kind != CAPF_PHONE ? ERR_OK : rollout_phone_ended(
	    c->db, a->owner.name, result == CAPF_DONE, now, e);
}

/* --- what has passed --- */

static int
expire(const struct capf_ctx *c, const struct capf_owner *o, int64_t now,
    int64_t *n, struct err *e)
{
	struct capf_asked a;
	int ret;

	if ((ret = capf_asked_load(c, o, now, &a, e)) != ERR_OK)
		return ret;
	if (a.expired) {
		ret = capf_close(c, &a, CAPF_EXPIRED, "its time has passed",
		    now, e);
		++*n;
	}
	capf_asked_clear(&a);
	return ret;
}

static int
expire_phones(const struct capf_ctx *c, int64_t now, size_t max, int64_t *n,
    struct err *e)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	struct row_phone_name *rows;
	char text[CLOCK_RFC3339_LEN];
	size_t nrow;
	int ret;

	clock_rfc3339(now, text);
	if ((ret = row_phone_setting_upto(c->db,
	    setting_get(SETTING_OPERATION_BY)->option, text,
	    setting_get(SETTING_CERT_OPERATION)->option, max, &rows, &nrow,
	    e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < nrow; i++) {
		(void)str_copy(o.name, sizeof(o.name), rows[i].name);
		ret = expire(c, &o, now, n, e);
	}
	free(rows);
	return ret;
}

static int
expire_clients(const struct capf_ctx *c, int64_t now, size_t max,
    int64_t *n, struct err *e)
{
	struct row_capf_profile *rows;
	size_t nrow;
	int ret;

	if ((ret = row_capf_profile_list(c->db, &rows, &nrow, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < nrow &&
	    *n < (int64_t)max; i++)
		ret = expire(c, &rows[i].owner, now, n, e);
	row_capf_profiles_free(rows, nrow);
	return ret;
}

/* A phone that was removed tells nobody that it is not outstanding any more. */
static int
push_rollouts(const struct capf_ctx *c, int64_t now, struct err *e)
{
	struct row_rollout *rows;
	int64_t asked;
	size_t n;
	int ret;

	if ((ret = row_rollout_list(c->db, ROLLOUT_RUNNING, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = rollout_next(c->db, rows[i].id, now, &asked, e);
	free(rows);
	return ret;
}

/* --- what is left of owners who are gone --- */

struct gone {
	const struct capf_ctx	*c;
	struct capf_owner	*owner;
	size_t			 n, max;
};

static int
is_gone(const struct capf_ctx *c, const struct capf_owner *o, bool *gone,
    struct err *e)
{
	struct row_capf_profile cti = { .sealed = NULL };
	struct row_phone p;
	struct err own = { 0 };
	int ret = o->kind == CAPF_PHONE ? row_phone_get(c->db, o->name, &p,
	    &own) : row_capf_profile_get(c->db, o, &cti, &own);

	row_capf_profile_clear(&cti);
	*gone = ret == ERR_NOTFOUND;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

static int
look_gone(void *arg, const struct capf_progress *p, struct err *e)
{
	struct gone *g = arg;
	bool gone;
	int ret;

	if (g->n == g->max)
		return ERR_OK;
	if ((ret = is_gone(g->c, &p->owner, &gone, e)) == ERR_OK && gone)
		g->owner[g->n++] = p->owner;
	return ret;
}

static int
look_unasked(void *arg, const struct capf_unasked *u, struct err *e)
{
	struct capf_progress p = { .owner.kind = CAPF_PHONE };

	(void)str_copy(p.owner.name, sizeof(p.owner.name), u->phone);
	return look_gone(arg, &p, e);
}

/* When rows know what was sent to him, and not before: what none knows might be
 * taken for one of before this cluster when he is added again. */
static int
forget(const struct capf_ctx *c, const struct capf_owner *o, int64_t now,
    struct err *e)
{
	int64_t n;
	int ret = capf_void_issued(c, o, now, &n, e);

	if (ret != ERR_OK || n > 0)
		return ret;
	if ((ret = observed_capf_remove(c->observed, o, e)) != ERR_OK ||
	    (ret = observed_wrong_remove_of(c->observed, o, e)) != ERR_OK ||
	    (ret = observed_issued_remove_of(c->observed, o, NULL, e)) !=
	    ERR_OK || o->kind != CAPF_PHONE)
		return ret;
	return observed_unasked_remove(c->observed, o->name, e);
}

static int
forget_gone(const struct capf_ctx *c, int64_t now, size_t max, struct err *e)
{
	struct gone g = { .c = c, .max = max < 100 ? max : 100 };
	int ret;

	if (g.max == 0)
		return ERR_OK;
	if ((g.owner = calloc(g.max, sizeof(*g.owner))) == NULL)
		return err_set(e, ERR_NOMEM, "progress of operations");
	if ((ret = observed_capf_each(c->observed, look_gone, &g, e)) ==
	    ERR_OK)
		ret = observed_unasked_each(c->observed, look_unasked, &g, e);
	for (size_t i = 0; ret == ERR_OK && i < g.n; i++)
		ret = forget(c, &g.owner[i], now, e);
	free(g.owner);
	return ret;
}

int
capf_expire(const struct capf_ctx *c, int64_t now, size_t max, int64_t *n,
    struct err *e)
{
	int ret;

	*n = 0;
	if ((ret = expire_phones(c, now, max, n, e)) != ERR_OK ||
	    (ret = expire_clients(c, now, max, n, e)) != ERR_OK ||
	    (ret = push_rollouts(c, now, e)) != ERR_OK)
		return ret;
	if ((ret = forget_gone(c, now, max, e)) != ERR_OK)
		return ret;
	return row_device_cert_forget(c->db, now, max, e);
}
