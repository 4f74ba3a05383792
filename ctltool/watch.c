/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Two looks at statistics compared, see watch.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/out.h"
#include "ctltool/watch.h"

#define INTERVAL_MIN_MS	100
#define INTERVAL_MAX_MS	3600000

uint64_t
watch_sum(const uint64_t n[STATS_NVIA])
{
	uint64_t sum = 0;

	for (int i = 0; i < STATS_NVIA; i++)
		sum += n[i];
	return sum;
}

uint64_t
watch_ended(const struct stats_view *v, enum stats_result r)
{
	uint64_t sum = 0;

	for (int i = 0; i < STATS_NVIA; i++)
		sum += v->ended[i][r];
	return sum;
}

bool
watch_is_failure(enum stats_result r)
{
	return r >= STATS_BUSY;
}

int
watch_interval(const char *s, int64_t *ms, struct err *e)
{
	int64_t whole, part = 0;
	size_t n = strcspn(s, ".");
	char head[8] = "", tail[4] = "000";

	if (n >= sizeof(head) || (s[n] == '.' && strlen(s + n + 1) > 3))
		goto wrong;
	memcpy(head, s, n);
	if (s[n] == '.')
		memcpy(tail, s + n + 1, strlen(s + n + 1));
	if (str_to_i64(head, 0, INTERVAL_MAX_MS / 1000, &whole, NULL) !=
	    ERR_OK || str_to_i64(tail, 0, 999, &part, NULL) != ERR_OK)
		goto wrong;
	*ms = whole * 1000 + part;
	if (*ms >= INTERVAL_MIN_MS && *ms <= INTERVAL_MAX_MS)
		return ERR_OK;
wrong:
	return err_set(e, ERR_ARG, "--interval \"%.20s\": give seconds from "
	    "0.1 to 3600, as 2 or 0.5", s);
}

/* --- comparing --- */

/* A counter that went back was another one. */
static uint64_t
grown(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

static void
subtract(struct stats_view *d, const struct stats_view *a,
    const struct stats_view *b)
{
	for (int i = 0; i < STATS_NVIA; i++) {
		d->begun[i] = grown(a->begun[i], b->begun[i]);
		d->bytes[i] = grown(a->bytes[i], b->bytes[i]);
		for (int k = 0; k < STATS_NRESULT; k++)
			d->ended[i][k] = grown(a->ended[i][k],
			    b->ended[i][k]);
	}
	d->packets = grown(a->packets, b->packets);
	d->resent = grown(a->resent, b->resent);
	d->timeouts = grown(a->timeouts, b->timeouts);
	d->shed = grown(a->shed, b->shed);
	d->malformed = grown(a->malformed, b->malformed);
	d->turned_away = grown(a->turned_away, b->turned_away);
}

static int
by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct watch_row *)a)->t->id;
	uint64_t y = ((const struct watch_row *)b)->t->id;

	return x < y ? -1 : x > y;
}

/* The fastest first, then the oldest. */
static int
by_rate(const void *a, const void *b)
{
	uint64_t x = ((const struct watch_row *)a)->rate;
	uint64_t y = ((const struct watch_row *)b)->rate;

	return x != y ? (x < y ? 1 : -1) : by_id(a, b);
}

/* Rows of v in order of their ids, rates 0.  NULL: out of memory. */
static struct watch_row *
rows_of(const struct stats_view *v)
{
	struct watch_row *row = calloc(v->nt + 1, sizeof(*row));

	for (size_t i = 0; row != NULL && i < v->nt; i++)
		row[i].t = &v->t[i];
	if (row != NULL && v->nt > 1)
		qsort(row, v->nt, sizeof(*row), by_id);
	return row;
}

static void
set_rates(struct watch *w, const struct watch_row *old, size_t nold)
{
	const struct watch_row *o;
	size_t n = w->now->v.nt;

	for (size_t i = 0; i < n; i++) {
		const struct stats_transfer *t = w->row[i].t;

		o = nold == 0 ? NULL :
		    bsearch(&w->row[i], old, nold, sizeof(*old), by_id);
		w->row[i].rate = grown(o != NULL ? o->t->bytes : 0, t->bytes) *
		    1000 / (uint64_t)w->ms;
	}
	if (n > 1)
		qsort(w->row, n, sizeof(*w->row), by_rate);
}

int
watch_compare(struct watch *w, const struct watch_look *before,
    const struct watch_look *now, struct err *e)
{
	static const struct stats_view none;
	const struct stats_view *a = &before->v, *b = &now->v;
	struct watch_row *old;
	uint64_t live = watch_sum(b->live);

	*w = (struct watch){ .now = now, .ms = now->mono_ms -
	    before->mono_ms };
	if (w->ms < 1)
		w->ms = 1;
	if (a->engine_us != b->engine_us || a->pid != b->pid)
		a = &none;
	subtract(&w->d, a, b);
	w->unlisted = live > b->nt ? live - b->nt : 0;
	old = rows_of(a);
	w->row = rows_of(b);
	if (old == NULL || w->row == NULL) {
		free(old);
		watch_clear(w);
		return err_set(e, ERR_NOMEM, "transfers");
	}
	set_rates(w, old, a->nt);
	free(old);
	return ERR_OK;
}

void
watch_clear(struct watch *w)
{
	free(w->row);
	*w = (struct watch){ .row = NULL };
}

int64_t
watch_age(const struct watch *w, int64_t started_us)
{
	int64_t now = w->now->wall_us;

	return started_us > 0 && started_us < now ? now - started_us : 0;
}

/* --- JSON --- */

static json_t *
via_json(const uint64_t n[STATS_NVIA])
{
	json_t *j = json_object();

	for (int i = 0; j != NULL && i < STATS_NVIA; i++)
		if (json_object_set_new(j, stats_via_name((enum stats_via)i),
		    json_integer((json_int_t)n[i])) != 0) {
			json_decref(j);
			return NULL;
		}
	return j;
}

static json_t *
ended_json(const struct stats_view *v)
{
	json_t *j = json_object();

	for (int r = 0; j != NULL && r < STATS_NRESULT; r++)
		if (json_object_set_new(j,
		    stats_result_name((enum stats_result)r), json_integer(
		    (json_int_t)watch_ended(v, (enum stats_result)r))) != 0) {
			json_decref(j);
			return NULL;
		}
	return j;
}

static json_t *
counters_json(const struct stats_view *v)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "begun", via_json(v->begun), "bytes", via_json(v->bytes),
	    "ended", ended_json(v),
	    "packets", (json_int_t)v->packets,
	    "retransmissions", (json_int_t)v->resent,
	    "timeouts", (json_int_t)v->timeouts,
	    "shed", (json_int_t)v->shed,
	    "malformed", (json_int_t)v->malformed,
	    "turned_away", (json_int_t)v->turned_away);
}

static json_t *
row_json(const struct watch *w, const struct watch_row *r)
{
	const struct stats_transfer *t = r->t;
	char peer[NET_ADDR_TEXT];

	net_addr_text(&t->peer, peer);
	return json_pack("{s:I, s:s, s:s, s:o, s:I, s:I, s:I, s:i, s:i, s:I, "
	    "s:I, s:o, s:I}",
	    "id", (json_int_t)t->id, "peer", peer,
	    "transport", stats_via_name(t->via), "file", out_str(t->name),
	    "size", (json_int_t)t->size, "bytes", (json_int_t)t->bytes,
	    "bytes_per_second", (json_int_t)r->rate,
	    "blksize", (int)t->blksize, "windowsize", (int)t->window,
	    "retransmissions", (json_int_t)t->resent,
	    "timeouts", (json_int_t)t->timeouts,
	    "started", out_time(t->started_us / 1000000), "age_ms",
	    (json_int_t)(watch_age(w, t->started_us) / 1000));
}

static json_t *
rows_json(const struct watch *w)
{
	json_t *j = json_array();

	for (size_t i = 0; j != NULL && i < w->now->v.nt; i++)
		if (json_array_append_new(j, row_json(w, &w->row[i])) != 0) {
			json_decref(j);
			return NULL;
		}
	return j;
}

static json_t *
cache_json(const struct file_cache_stats *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}",
	    "hits", (json_int_t)c->hits, "misses", (json_int_t)c->misses,
	    "made", (json_int_t)c->made, "entries", (json_int_t)c->n,
	    "bytes", (json_int_t)c->bytes);
}

json_t *
watch_json(const struct watch *w)
{
	const struct stats_view *v = &w->now->v;

	return json_pack("{s:o, s:{s:I, s:o, s:o, s:I, s:I}, s:o, s:I, s:o, "
	    "s:I, s:o, s:o, s:o, s:I}",
	    "time", out_time(w->now->wall_us / 1000000),
	    "tftpd", "pid", (json_int_t)v->pid,
	    "started", out_time(v->started_us / 1000000),
	    "counting_since", out_time(v->engine_us / 1000000),
	    "loops", (json_int_t)v->nloops,
	    "receive_buffer", (json_int_t)v->rcvbuf,
	    "live", via_json(v->live),
	    "connections", (json_int_t)v->connections,
	    "total", counters_json(v),
	    "interval_ms", (json_int_t)w->ms,
	    "interval", counters_json(&w->d),
	    "cache", cache_json(&v->cache),
	    "transfers", rows_json(w),
	    "not_listed", (json_int_t)w->unlisted);
}
