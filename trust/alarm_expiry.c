/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms about what ends, see alarm_expiry.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "trust/alarm_expiry.h"

#define DAY_S		86400
#define REPEAT_S	(DAY_S - 600)	/* rounds come an hour apart */
#define URGENT_DAYS	30		/* from here on an operator must act */

struct round {
	const struct alarm_conf	*c;
	int64_t			 now;
	struct expiries		 x;
	struct alarm_mark	*mark;		/* by key, threshold */
	size_t			 nmark;
	bool			*gone;		/* of each mark */
	struct alarm_raised	*r;
};

static bool
in_use(const struct expiry *x)
{
	return x->kind == EXPIRY_SRST || x->kind == EXPIRY_CA_CLIENT ||
	    (x->kind == EXPIRY_OWN && x->stage == OWN_ACTIVE);
}

static bool
is_wanted(const struct alarm_conf *c, const struct expiry *x)
{
	switch (x->kind) {
	case EXPIRY_OWN:
		return x->stage != OWN_RETIRED && (x->node[0] == '\0' ||
		    strcmp(x->node, c->node) == 0);
	case EXPIRY_TRUST:
	case EXPIRY_SRST:
	case EXPIRY_CRL:
	case EXPIRY_CA_CLIENT:
		return true;
	case EXPIRY_EXPORT:
		return x->stale;
	case EXPIRY_LSC:
		return c->lsc;
	case EXPIRY_KIND_N:
		break;
	}
	return false;
}

int64_t
alarm_expiry_threshold(const struct alarm_conf *c, const struct expiry *x,
    int64_t now)
{
	int64_t left, found = -1;

	if (!is_wanted(c, x))
		return -1;
	if (x->kind == EXPIRY_EXPORT || x->not_after <= now)
		return 0;
	if (x->kind == EXPIRY_CRL || x->not_after == EXPIRY_NEVER)
		return -1;
	left = x->not_after - now;
	for (size_t i = 0; i < c->nday && left <= c->day[i] * DAY_S; i++)
		found = c->day[i];
	return found;
}

/* What it is, and which certificate: another one is another alarm. */
static void
key_of(const struct expiry *x, char out[ALARM_KEY_MAX + 1])
{
	char hex[2 * SHA256_LEN + 1];

	str_hex(x->sha256, SHA256_LEN, hex);
	(void)snprintf(out, ALARM_KEY_MAX + 1, "%s/%.31s/%.64s/%s",
	    expiry_kind_name[x->kind], x->unit, x->kind == EXPIRY_SRST ||
	    x->kind == EXPIRY_LSC ? x->name : x->node, hex);
}

static int
mark_cmp(const void *vkey, const void *vmark)
{
	return strcmp(vkey, ((const struct alarm_mark *)vmark)->key);
}

/* The first mark of a key, which is that of its smallest threshold. */
static const struct alarm_mark *
mark_of(const struct round *ro, const char *key)
{
	const struct alarm_mark *m = ro->nmark == 0 ? NULL : bsearch(key,
	    ro->mark, ro->nmark, sizeof(*ro->mark), mark_cmp);

	while (m != NULL && m > ro->mark && strcmp(m[-1].key, key) == 0)
		m--;
	return m;
}

/* A clock that was set back repeats nothing. */
static bool
is_due(const struct round *ro, const struct expiry *x, int64_t threshold,
    const struct alarm_mark *m)
{
	if (m == NULL || m->threshold > threshold)
		return true;
	return threshold == 0 && in_use(x) &&
	    m->at <= ro->now - REPEAT_S;
}

/* --- words --- */

static void
say_line(const struct expiry *x, int64_t now, char out[ALARM_LINE_MAX + 1])
{
	char what[EXPIRY_WHAT_MAX], when[CLOCK_RFC3339_LEN];
	bool many = x->kind == EXPIRY_LSC && x->count > 1;
	const char *cure = x->kind == EXPIRY_CA_CLIENT ? ": utils capf ca "
	    "certificate takes the next one" : "";
	int64_t days = expiry_days(x->not_after, now);

	expiry_what(x, what);
	clock_rfc3339(x->not_after, when);
	if (x->kind == EXPIRY_EXPORT)
		(void)snprintf(out, ALARM_LINE_MAX + 1, "the exported copies "
		    "of the %s key are of an older certificate: export the "
		    "key in use", x->unit);
	else if (x->not_after <= now)
		(void)snprintf(out, ALARM_LINE_MAX + 1, "%s %s ended at %s, "
		    "%" PRId64 " day%s ago%s", what, many ? "have" : "has",
		    when, (now - x->not_after) / DAY_S,
		    (now - x->not_after) / DAY_S == 1 ? "" : "s", cure);
	else
		(void)snprintf(out, ALARM_LINE_MAX + 1, "%s end%s in %" PRId64
		    " day%s, at %s%s", what, many ? "" : "s", days,
		    days == 1 ? "" : "s", when, cure);
}

static void
say_json(const struct expiry *x, int64_t now, struct alarm_due *a)
{
	struct wr w = wr_init(ALARM_JSON_MAX);
	char hex[2 * SHA256_LEN + 1];
	bool known = x->not_after != EXPIRY_NEVER;

	str_hex(x->sha256, SHA256_LEN, hex);
	alarm_object(&w, a);
	wr_fmt(&w, ", \"of\": \"%s\", \"unit\": ", expiry_kind_name[x->kind]);
	alarm_json_str(&w, x->unit);
	wr_str(&w, ", \"name\": ");
	alarm_json_str(&w, x->name);
	wr_str(&w, ", \"node\": ");
	alarm_json_str(&w, x->node);
	wr_str(&w, ", \"subject\": ");
	alarm_json_str(&w, x->subject);
	if (x->kind == EXPIRY_LSC)
		wr_fmt(&w, ", \"count\": %" PRId64, x->count);
	wr_fmt(&w, ", \"sha256\": \"%s\", \"ended\": %s, \"stale\": %s, "
	    "\"not_after\": ", hex, x->not_after <= now ? "true" : "false",
	    x->stale ? "true" : "false");
	if (known) {
		alarm_json_time(&w, x->not_after);
		wr_fmt(&w, ", \"days_left\": %" PRId64 "}",
		    expiry_days(x->not_after, now));
	} else {
		wr_str(&w, "null, \"days_left\": null}");
	}
	a->json[0] = '\0';
	if (w.err == ERR_OK) {
		memcpy(a->json, w.buf, w.len);
		a->json[w.len] = '\0';
	}
	wr_clear(&w);
}

/* --- a round --- */

static int
collect(struct round *ro, struct err *e)
{
	struct alarm_raised *r = ro->r;
	const struct alarm_mark *m;
	struct alarm_due a;
	int64_t threshold;

	r->due = calloc(ALARM_EXPIRY_MAX, sizeof(*r->due));
	if (r->due == NULL)
		return err_set(e, ERR_NOMEM, "alarms");
	for (size_t i = 0; i < ro->x.n; i++) {
		const struct expiry *x = &ro->x.row[i];

		key_of(x, a.key);
		m = mark_of(ro, a.key);
		for (const struct alarm_mark *k = m; k != NULL &&
		    k < ro->mark + ro->nmark && strcmp(k->key, a.key) == 0;
		    k++)
			ro->gone[k - ro->mark] = false;
		threshold = alarm_expiry_threshold(ro->c, x, ro->now);
		if (threshold == -1 || !is_due(ro, x, threshold, m))
			continue;
		if (r->n == ALARM_EXPIRY_MAX) {
			r->more = true;
			continue;
		}
		(void)str_copy(a.kind, sizeof(a.kind), ALARM_EXPIRY_KIND);
		a.threshold = threshold;
		a.at = ro->now;
		say_line(x, ro->now, a.line);
		say_json(x, ro->now, &a);
		r->due[r->n++] = a;
	}
	return ERR_OK;
}

/* What has gone or was renewed is forgotten: should it come back, it alarms
 * again. */
static int
write_round(struct db *observed, void *arg, struct err *e)
{
	const struct round *ro = arg;
	const struct alarm_raised *r = ro->r;
	int ret;

	for (size_t i = 0; i < ro->nmark; i++)
		if (ro->gone[i] && (ret = observed_alarm_remove(observed,
		    ALARM_EXPIRY_KIND, ro->mark[i].key, e)) != ERR_OK)
			return ret;
	for (size_t i = 0; i < r->n; i++)
		if ((ret = observed_alarm_put(observed, ALARM_EXPIRY_KIND,
		    r->due[i].key, r->due[i].threshold, ro->now, e)) !=
		    ERR_OK ||
		    (ret = alarm_queue(observed, ro->c, &r->due[i], e)) !=
		    ERR_OK)
			return ret;
	return ERR_OK;
}

static void
log_round(const struct round *ro)
{
	for (size_t i = 0; i < ro->r->n; i++) {
		const struct alarm_due *a = &ro->r->due[i];

		log_event(a->threshold < URGENT_DAYS ? LOG_ERR : LOG_WARNING,
		    "cert.expiry", LOG_STR("cert", a->key),
		    LOG_I64("threshold", a->threshold),
		    LOG_STR("why", a->line));
	}
	if (ro->r->more)
		log_event(LOG_WARNING, "cert.expiry_more", LOG_STR("why",
		    "more certificates are due than one round raises: the "
		    "next follows"));
}

static bool
any_gone(const struct round *ro)
{
	for (size_t i = 0; i < ro->nmark; i++)
		if (ro->gone[i])
			return true;
	return false;
}

static int
load_round(const struct alarm_env *env, struct round *ro, struct err *e)
{
	int64_t days = ro->c->nday > 0 ? ro->c->day[0] : 0;
	int ret;

	if ((ret = expiry_load(env->db, ro->now + (days + 1) * DAY_S, &ro->x,
	    e)) != ERR_OK ||
	    (ret = observed_alarm_list(env->observed, ALARM_EXPIRY_KIND,
	    &ro->mark, &ro->nmark, e)) != ERR_OK)
		return ret;
	ro->gone = malloc(ro->nmark + 1);
	if (ro->gone == NULL)
		return err_set(e, ERR_NOMEM, "alarms");
	memset(ro->gone, true, ro->nmark);
	return collect(ro, e);
}

int
alarm_expiry_raise(const struct alarm_env *env, const struct alarm_conf *c,
    struct alarm_raised *r, struct err *e)
{
	struct round ro = { .c = c, .now = clock_wall_s(env->clk), .r = r };
	int ret;

	*r = (struct alarm_raised){ .due = NULL };
	ret = load_round(env, &ro, e);
	if (ret == ERR_OK && (r->n > 0 || any_gone(&ro)))
		ret = db_result_err(db_tx(env->observed, write_round, &ro, e),
		    e);
	if (ret == ERR_OK)
		log_round(&ro);
	else
		alarm_raised_clear(r);
	expiries_clear(&ro.x);
	free(ro.mark);
	free(ro.gone);
	return ret;
}

void
alarm_raised_clear(struct alarm_raised *r)
{
	free(r->due);
	*r = (struct alarm_raised){ .due = NULL };
}
