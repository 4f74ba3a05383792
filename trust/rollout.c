/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Roll-outs: asking, going on, taking back.  See rollout.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "trust/capf_ask.h"
#include "trust/capf_part.h"
#include "trust/rollout_part.h"

/* --- one phone --- */

struct ask {
	const struct row_rollout	*r;
	const struct profile_base	*base;
	const char			*phone;
	const char			*operation;	/* NULL: none any more */
	int64_t				 now;
};

static int
set_operation(struct db *db, const struct ask *k, struct err *e)
{
	struct setting_change c[2] = {
		{ setting_get(SETTING_CERT_OPERATION), k->operation },
		{ setting_get(SETTING_OPERATION_BY), NULL },
	};
	char until[CLOCK_RFC3339_LEN], *advice = NULL;
	size_t n = 1;
	bool changed;
	int ret;

	if (k->operation != NULL && k->r->completes_by != 0) {
		clock_rfc3339(k->r->completes_by, until);
		c[1].value = until;
		n = 2;
	}
	ret = phone_settings_set(db, k->base, k->phone, c, n, 0, k->now,
	    &changed, &advice, e);
	free(advice);
	return ret;
}

/* A body of its own, because rules may refuse what was written. */
static int
ask_body(struct db *db, void *arg, struct err *e)
{
	const struct ask *k = arg;
	int ret = capf_ask_free(db, k->base, k->phone, capf_operation_of(
	    k->operation), k->now, e);

	return ret == ERR_OK ? set_operation(db, k, e) : ret;
}

static int
put_state(struct db *db, struct row_rollout_phone *p,
    enum rollout_phone_state state, int64_t now, struct err *e)
{
	p->state = state;
	p->changed_at = now;
	return row_rollout_phone_put(db, p, e);
}

/* Rules can have changed since it was checked, and somebody may have asked
 * something else of it: then it has failed. */
static int
ask_one(struct db *db, struct row_rollout *r, struct row_rollout_phone *p,
    const struct profile_base *base, int64_t now, int64_t *asked,
    struct err *e)
{
	struct ask k = { .r = r, .base = base, .phone = p->phone,
	    .operation = r->operation, .now = now };
	struct err own = { 0 };
	enum db_result res = db_tx(db, ask_body, &k, &own);

	if (res == DB_DONE) {
		++*asked;
		return put_state(db, p, ROLLOUT_ASKED, now, e);
	}
	if (own.code != ERR_REFUSED && own.code != ERR_NOTFOUND &&
	    own.code != ERR_ARG)
		return err_set(e, db_result_err(res, &own), "%s", own.msg);
	r->errors++;
	str_visible(own.msg, strnlen(own.msg, ROLLOUT_WHY_MAX), p->why,
	    sizeof(p->why));
	return put_state(db, p, ROLLOUT_FAILED, now, e);
}

/* --- going on --- */

static int
put_rollout(struct db *db, struct row_rollout *r, enum rollout_state state,
    int64_t now, struct err *e)
{
	r->state = state;
	r->changed_at = now;
	return row_rollout_put(db, r, e);
}

static bool
must_pause(const struct row_rollout *r)
{
	return r->pause_on_errors > 0 && r->errors >= r->pause_on_errors;
}

/* One batch; *left: phones were there to be asked. */
static int
ask_batch(struct db *db, struct row_rollout *r,
    const struct profile_base *base, int64_t now, int64_t *asked,
    bool *left, struct err *e)
{
	struct row_rollout_phone *p;
	size_t n;
	int ret;

	if ((ret = row_rollout_phone_list(db, r->id, ROLLOUT_WAITING,
	    (size_t)r->batch, &p, &n, e)) != ERR_OK)
		return ret;
	*left = n > 0;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = ask_one(db, r, &p[i], base, now, asked, e);
	free(p);
	return ret;
}

static int
ask_on(struct db *db, struct row_rollout *r, bool outstanding, int64_t now,
    int64_t *asked, struct err *e)
{
	struct profile_base *base;
	bool left = true;
	int ret;

	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	while (ret == ERR_OK && left && *asked == 0 && !must_pause(r))
		ret = ask_batch(db, r, base, now, asked, &left, e);
	profile_base_free(base);
	if (ret != ERR_OK)
		return ret;
	if (*asked == 0 && !left && !outstanding)
		return put_rollout(db, r, ROLLOUT_DONE, now, e);
	return put_rollout(db, r, must_pause(r) ? ROLLOUT_PAUSED :
	    ROLLOUT_RUNNING, now, e);
}

/* Counting them all at the end of each would make it a matter of squares. */
static int
has_some(struct db *db, const char *id, enum rollout_phone_state state,
    bool *has, struct err *e)
{
	struct row_rollout_phone *p;
	size_t n;
	int ret = row_rollout_phone_list(db, id, (int)state, 1, &p, &n, e);

	if (ret != ERR_OK)
		return ret;
	free(p);
	*has = n > 0;
	return ERR_OK;
}

int
rollout_step(struct db *db, struct row_rollout *r, bool wait, int64_t now,
    int64_t *asked, struct err *e)
{
	bool waiting, outstanding;
	int ret;

	*asked = 0;
	if (r->state != ROLLOUT_RUNNING)
		return ERR_OK;
	if ((ret = has_some(db, r->id, ROLLOUT_WAITING, &waiting, e)) !=
	    ERR_OK || (ret = has_some(db, r->id, ROLLOUT_ASKED,
	    &outstanding, e)) != ERR_OK)
		return ret;
	if (!waiting && !outstanding)
		return put_rollout(db, r, ROLLOUT_DONE, now, e);
	if (must_pause(r))
		return put_rollout(db, r, ROLLOUT_PAUSED, now, e);
	if (!waiting || (wait && outstanding))
		return ERR_OK;
	return ask_on(db, r, outstanding, now, asked, e);
}

int
rollout_next(struct db *db, const char *id, int64_t now, int64_t *asked,
    struct err *e)
{
	struct row_rollout r;
	int ret;

	*asked = 0;
	if ((ret = row_rollout_get(db, id, &r, e)) != ERR_OK)
		return ret;
	return rollout_step(db, &r, true, now, asked, e);
}

static int
get_in(struct db *db, const char *id, enum rollout_state want,
    struct row_rollout *r, struct err *e)
{
	int ret = row_rollout_get(db, id, r, e);

	if (ret == ERR_OK && r->state != want)
		return err_set(e, ERR_BADSTATE, "roll-out %s is %s, not %s",
		    id, rollout_state_name[r->state],
		    rollout_state_name[want]);
	return ret;
}

/* To where it may be already. */
static int
get_to_move(struct db *db, const char *id, enum rollout_state from,
    enum rollout_state to, struct row_rollout *r, struct err *e)
{
	struct err own = { 0 };
	int ret = get_in(db, id, from, r, &own);

	if (ret == ERR_BADSTATE && r->state == to)
		return err_set(e, ERR_EXISTS, "roll-out %s is %s already",
		    id, rollout_state_name[to]);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", own.msg);
}

int
rollout_go_on(struct db *db, const char *id, int64_t now, int64_t *asked,
    struct err *e)
{
	struct row_rollout r;
	int ret;

	*asked = 0;
	if ((ret = get_in(db, id, ROLLOUT_RUNNING, &r, e)) != ERR_OK)
		return ret;
	return rollout_step(db, &r, false, now, asked, e);
}

int
rollout_resume(struct db *db, const char *id, int64_t now, int64_t *asked,
    struct err *e)
{
	struct row_rollout r;
	int ret;

	*asked = 0;
	if ((ret = get_to_move(db, id, ROLLOUT_PAUSED, ROLLOUT_RUNNING, &r,
	    e)) != ERR_OK)
		return ret;
	r.errors = 0;
	if ((ret = put_rollout(db, &r, ROLLOUT_RUNNING, now, e)) != ERR_OK)
		return ret;
	return rollout_step(db, &r, true, now, asked, e);
}

int
rollout_pause(struct db *db, const char *id, int64_t now, struct err *e)
{
	struct row_rollout r;
	int ret;

	if ((ret = get_to_move(db, id, ROLLOUT_RUNNING, ROLLOUT_PAUSED, &r,
	    e)) != ERR_OK)
		return ret;
	return put_rollout(db, &r, ROLLOUT_PAUSED, now, e);
}

/* --- what capfd tells --- */

/* True when that is news.  One that was never asked did something else. */
static bool
is_news(const struct row_rollout_phone *p, bool ok)
{
	return p->state == ROLLOUT_ASKED || (p->state == ROLLOUT_FAILED &&
	    ok && p->why[0] == '\0');
}

int
rollout_phone_ended(struct db *db, const char *phone, bool ok, int64_t now,
    struct err *e)
{
	struct row_rollout_phone *p;
	struct row_rollout r;
	int64_t asked;
	size_t n;
	int ret;

	if ((ret = row_rollout_phone_of(db, phone, &p, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		if (!is_news(&p[i], ok))
			continue;
		if ((ret = put_state(db, &p[i], ok ? ROLLOUT_PHONE_DONE :
		    ROLLOUT_FAILED, now, e)) != ERR_OK ||
		    (ret = row_rollout_get(db, p[i].rollout, &r, e)) !=
		    ERR_OK)
			break;
		r.errors += !ok;
		if (!ok)
			ret = put_rollout(db, &r, r.state, now, e);
		if (ret == ERR_OK)
			ret = rollout_step(db, &r, true, now, &asked, e);
	}
	free(p);
	return ret;
}

int
rollout_leave(struct db *db, const char *phone, int64_t now, bool *left,
    struct err *e)
{
	struct row_rollout_phone *p;
	struct row_rollout r;
	int64_t asked;
	size_t n;
	int ret;

	*left = false;
	if ((ret = row_rollout_phone_of(db, phone, &p, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		if (p[i].state != ROLLOUT_WAITING)
			continue;
		*left = true;
		(void)str_copy(p[i].why, sizeof(p[i].why), "taken out of it "
		    "before it was asked");
		if ((ret = put_state(db, &p[i], ROLLOUT_FAILED, now, e)) ==
		    ERR_OK && (ret = row_rollout_get(db, p[i].rollout, &r,
		    e)) == ERR_OK && (ret = put_rollout(db, &r, r.state, now,
		    e)) == ERR_OK)
			ret = rollout_step(db, &r, true, now, &asked, e);
	}
	free(p);
	return ret;
}

/* --- taking back --- */

/* The roll-out has asked nothing yet of one that waits: what is pending for it
 * is somebody else's. */
static int
is_others(struct db *db, const struct ask *k,
    const struct row_rollout_phone *p, bool *others, struct err *e)
{
	struct err own = { 0 };
	int ret;

	*others = false;
	if (p->state != ROLLOUT_WAITING)
		return ERR_OK;
	ret = capf_ask_free(db, k->base, k->phone, CAPF_OP_NONE, k->now,
	    &own);
	*others = ret == ERR_REFUSED;
	return ret == ERR_OK || *others ? ERR_OK : err_set(e, ret, "%s",
	    own.msg);
}

static int
take_back(struct db *db, const struct row_rollout *r,
    struct row_rollout_phone *p, const struct profile_base *base,
    int64_t now, struct err *e)
{
	struct ask k = { .r = r, .base = base, .phone = p->phone,
	    .now = now };
	struct capf_owner o = { .kind = CAPF_PHONE };
	bool others;
	int ret;

	if ((ret = is_others(db, &k, p, &others, e)) != ERR_OK || others)
		return ret;
	(void)str_copy(o.name, sizeof(o.name), p->phone);
	/* Before the operation: a string goes with nothing else. */
	if ((ret = row_secret_remove(db, p->phone,
	    setting_get(SETTING_AUTH_STRING)->option, e)) != ERR_OK ||
	    (ret = capf_drop_request(db, &o, e)) != ERR_OK ||
	    (ret = set_operation(db, &k, e)) != ERR_OK)
		return ret;
	return put_state(db, p, ROLLOUT_WAITING, now, e);
}

static int
take_back_all(struct db *db, const struct row_rollout *r,
    enum rollout_phone_state state, const struct profile_base *base,
    int64_t now, int64_t *back, struct err *e)
{
	struct row_rollout_phone *p;
	size_t n;
	int ret;

	if ((ret = row_rollout_phone_list(db, r->id, (int)state, 0, &p, &n,
	    e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = take_back(db, r, &p[i], base, now, e);
	free(p);
	*back = (int64_t)n;
	return ret;
}

int
rollout_cancel(struct db *db, const char *id, int64_t now, int64_t *back,
    struct err *e)
{
	struct profile_base *base;
	struct row_rollout r;
	int64_t waiting;
	int ret;

	*back = 0;
	if ((ret = row_rollout_get(db, id, &r, e)) != ERR_OK)
		return ret;
	if (r.state != ROLLOUT_RUNNING && r.state != ROLLOUT_PAUSED)
		return err_set(e, r.state == ROLLOUT_CANCELLED ? ERR_EXISTS :
		    ERR_BADSTATE, "roll-out %s is %s already", id,
		    rollout_state_name[r.state]);
	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	if ((ret = take_back_all(db, &r, ROLLOUT_WAITING, base, now,
	    &waiting, e)) == ERR_OK)
		ret = take_back_all(db, &r, ROLLOUT_ASKED, base, now, back,
		    e);
	profile_base_free(base);
	return ret != ERR_OK ? ret : put_rollout(db, &r, ROLLOUT_CANCELLED,
	    now, e);
}

int
rollout_view(struct db *db, const char *id, struct rollout_view *v,
    struct err *e)
{
	int ret;

	*v = (struct rollout_view){ .total = 0 };
	if ((ret = row_rollout_get(db, id, &v->row, e)) != ERR_OK ||
	    (ret = row_rollout_phone_count(db, id, v->n, e)) != ERR_OK)
		return ret;
	for (int i = 0; i < ROLLOUT_PHONE_STATE_N; i++)
		v->total += v->n[i];
	return ERR_OK;
}
