/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that a CA has made of phones' requests, and that wait for
 * their issuer in CAPF-trust, or for their phone: see enrol.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "trust/anchors.h"
#include "trust/capf.h"
#include "trust/enrol_part.h"

#define GROUP	64	/* requests of one transaction */

/* Names first: nothing is written while rows are read. */
struct owners {
	struct capf_owner	*owner;
	size_t			 n, room;
};

struct change {
	struct row_capf_csr	 was, row;	/* row borrows from was */
};

struct group {
	const char		*node;
	struct change		 change[GROUP];
	size_t			 n;
};

bool
enrol_is_held(const struct row_capf_csr *r)
{
	return r->state == CAPF_CSR_SENT && r->cert != NULL;
}

static bool
is_looked_at(const struct row_capf_csr *r)
{
	return enrol_is_held(r) || r->state == CAPF_CSR_ISSUED;
}

static int
add_owner(void *arg, const struct row_capf_csr *r, struct err *e)
{
	struct owners *o = arg;
	size_t room = o->room > 0 ? 2 * o->room : GROUP;
	struct capf_owner *p;

	if (!is_looked_at(r))
		return ERR_OK;
	if (o->n == o->room) {
		if ((p = reallocarray(o->owner, room, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "requests");
		o->owner = p;
		o->room = room;
	}
	o->owner[o->n++] = r->owner;
	return ERR_OK;
}

/* --- one of them --- */

/* What waits for its phone has been found good once. */
static int
check(struct verifier *v, const struct row_capf_csr *r, int64_t now,
    struct err *why)
{
	struct cert *c = cert_from_der(r->cert, r->certlen, why);
	int ret = ERR_OK;

	if (c == NULL)
		return ERR_REFUSED;
	if (r->state != CAPF_CSR_ISSUED)
		ret = enrol_check(v, r, c, now, why);
	else if (cert_not_after(c) >= now)
		ret = enrol_trusted(v, c, why);
	cert_free(c);
	return ret;
}

/* False: it stays as it was. */
static bool
judge(struct verifier *v, struct change *ch, int64_t now)
{
	struct err why = { .code = ERR_OK };
	struct row_capf_csr *r = &ch->row;
	int ret = check(v, r, now, &why);

	r->note[0] = '\0';
	if (ret != ERR_OK)
		str_visible(why.msg, strnlen(why.msg, CAPF_REASON_MAX),
		    r->note, sizeof(r->note));
	r->state = ret == ERR_OK ? CAPF_CSR_ISSUED : ret == ERR_VERIFY ?
	    CAPF_CSR_SENT : CAPF_CSR_REFUSED;
	if (r->state == CAPF_CSR_REFUSED)
		r->cert = NULL;
	return r->state != ch->was.state || strcmp(r->note, ch->was.note) !=
	    0;
}

static void
tell(const struct change *ch)
{
	const struct row_capf_csr *r = &ch->row;
	char device[ENROL_DEVICE_MAX];

	capf_owner_text(&r->owner, device, sizeof(device));
	if (r->state == CAPF_CSR_ISSUED)
		log_event(LOG_INFO, "enrol.issued", LOG_STR("device",
		    device));
	else if (r->state != ch->was.state)
		log_event(LOG_WARNING, r->state == CAPF_CSR_REFUSED ?
		    "enrol.refused" : "enrol.held", LOG_STR("device", device),
		    LOG_STR("why", r->note));
}

/* --- writing --- */

static int
write_tx(struct db *db, void *arg, struct err *e)
{
	const struct group *g = arg;
	struct err none = { .code = ERR_OK };
	int ret;

	for (size_t i = 0; i < g->n; i++) {
		ret = enrol_settle_asked(db, g->node, &g->change[i].was,
		    &g->change[i].row, &none);
		/* Another request by now: it has its own turn. */
		if (ret != ERR_OK && ret != ERR_NOTFOUND)
			return err_set(e, ret, "%s", none.msg);
	}
	return ERR_OK;
}

static void
forget(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		row_capf_csr_clear(&g->change[i].was);
	g->n = 0;
}

static int
write_group(struct db *db, struct group *g, size_t *settled, struct err *e)
{
	int ret = g->n == 0 ? ERR_OK :
	    db_result_err(db_tx(db, write_tx, g, e), e);

	for (size_t i = 0; ret == ERR_OK && i < g->n; i++) {
		*settled += g->change[i].row.state != CAPF_CSR_SENT;
		tell(&g->change[i]);
	}
	forget(g);
	return ret;
}

static int
look_at(struct db *db, struct verifier *v, const struct capf_owner *o,
    int64_t now, struct group *g, struct err *e)
{
	struct change *ch = &g->change[g->n];
	struct err none = { .code = ERR_OK };
	int ret = row_capf_csr_get(db, o, &ch->was, &none);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	ch->row = ch->was;
	ch->row.changed_at = now;
	if (is_looked_at(&ch->was) && judge(v, ch, now))
		g->n++;
	else
		row_capf_csr_clear(&ch->was);
	return ERR_OK;
}

static int
look_at_all(struct enrol_env *env, struct verifier *v,
    const struct owners *o, size_t *settled, struct err *e)
{
	struct group *g = calloc(1, sizeof(*g));
	int64_t now = clock_wall_s(env->clk);
	int ret = ERR_OK;

	if (g == NULL)
		return err_set(e, ERR_NOMEM, "requests");
	g->node = env->node;
	for (size_t i = 0; ret == ERR_OK && i < o->n &&
	    !enrol_must_stop(env); i++) {
		ret = look_at(env->db, v, &o->owner[i], now, g, e);
		if (ret == ERR_OK && g->n == GROUP)
			ret = write_group(env->db, g, settled, e);
	}
	if (ret == ERR_OK)
		ret = write_group(env->db, g, settled, e);
	forget(g);
	free(g);
	return ret;
}

/* Trust stores are large: they are read only when somebody waits. */
static int
look_with_stores(struct enrol_env *env, const struct owners *o,
    size_t *settled, struct err *e)
{
	struct anchors_loop *anchors;
	struct enrol_clock clk;
	int ret;

	enrol_clock_init(&clk, env->clk);
	if ((anchors = anchors_once(env->db, &clk.clock, e)) == NULL)
		return e->code;
	ret = look_at_all(env, anchors_now(anchors), o, settled, e);
	anchors_loop_free(anchors);
	return ret;
}

int
enrol_look_again(struct enrol_env *env, size_t *settled, struct err *e)
{
	struct owners o = { .owner = NULL };
	int ret = row_capf_csr_each(env->db, CAPF_CSR_SENT, INT64_MAX,
	    add_owner, &o, e);

	*settled = 0;
	if (ret == ERR_OK)
		ret = row_capf_csr_each(env->db, CAPF_CSR_ISSUED, INT64_MAX,
		    add_owner, &o, e);
	if (ret == ERR_OK && o.n > 0)
		ret = look_with_stores(env, &o, settled, e);
	free(o.owner);
	return ret;
}
