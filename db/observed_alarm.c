/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: alarms and their channels.  See observed_alarm.h.
 */
#include "db/observed_alarm.h"
#include "db/query.h"

/* --- raised --- */

int
observed_alarm_get(struct db *db, const char *kind, const char *key,
    int64_t threshold, int64_t *at, struct err *e)
{
	struct q q = q_begin(db, SQL_ALARM_GET, e);

	*at = 0;
	q_text(&q, 1, kind);
	q_text(&q, 2, key);
	q_i64(&q, 3, threshold);
	if (q_row(&q))
		*at = q_col_i64(&q, 0);
	return q_end(&q);
}

int
observed_alarm_put(struct db *db, const char *kind, const char *key,
    int64_t threshold, int64_t at, struct err *e)
{
	struct q q = q_begin(db, SQL_ALARM_PUT, e);

	q_text(&q, 1, kind);
	q_text(&q, 2, key);
	q_i64(&q, 3, threshold);
	q_i64(&q, 4, at);
	return q_run(&q);
}

int
observed_alarm_list(struct db *db, const char *kind,
    struct alarm_mark **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_ALARM_LIST, e);
	struct alarm_mark *m = NULL;

	*n = 0;
	q_text(&q, 1, kind);
	for (; q_row(&q) && q_grow(&q, (void **)&m, *n, sizeof(*m)); ++*n) {
		q_col_text(&q, 0, m[*n].key, sizeof(m[*n].key));
		m[*n].threshold = q_col_i64(&q, 1);
		m[*n].at = q_col_i64(&q, 2);
	}
	return q_end_rows(&q, m, (void **)rows, n);
}

int
observed_alarm_remove(struct db *db, const char *kind, const char *key,
    struct err *e)
{
	struct q q = q_begin(db, SQL_ALARM_REMOVE, e);

	q_text(&q, 1, kind);
	q_text(&q, 2, key);
	return q_run(&q);
}

/* --- not yet taken --- */

int
observed_due_put(struct db *db, const char *channel,
    const struct alarm_due *d, struct err *e)
{
	struct q q = q_begin(db, SQL_DUE_PUT, e);

	q_text(&q, 1, channel);
	q_text(&q, 2, d->kind);
	q_text(&q, 3, d->key);
	q_i64(&q, 4, d->threshold);
	q_i64(&q, 5, d->at);
	q_text(&q, 6, d->line);
	q_text(&q, 7, d->json);
	return q_run(&q);
}

int
observed_due_list(struct db *db, const char *channel, size_t max,
    struct alarm_due **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_DUE_LIST, e);
	struct alarm_due *d = NULL;

	*n = 0;
	q_text(&q, 1, channel);
	q_i64(&q, 2, (int64_t)max);
	for (; q_row(&q) && q_grow(&q, (void **)&d, *n, sizeof(*d)); ++*n) {
		q_col_text(&q, 0, d[*n].kind, sizeof(d[*n].kind));
		q_col_text(&q, 1, d[*n].key, sizeof(d[*n].key));
		d[*n].threshold = q_col_i64(&q, 2);
		d[*n].at = q_col_i64(&q, 3);
		q_col_text(&q, 4, d[*n].line, sizeof(d[*n].line));
		q_col_text(&q, 5, d[*n].json, sizeof(d[*n].json));
	}
	return q_end_rows(&q, d, (void **)rows, n);
}

int
observed_due_count(struct db *db, const char *channel, int64_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_DUE_COUNT, e);

	q_text(&q, 1, channel);
	*n = q_row(&q) ? q_col_i64(&q, 0) : 0;
	return q_end(&q);
}

int
observed_due_remove(struct db *db, const char *channel,
    const struct alarm_due *d, struct err *e)
{
	struct q q = q_begin(db, SQL_DUE_REMOVE, e);

	q_text(&q, 1, channel);
	q_text(&q, 2, d->kind);
	q_text(&q, 3, d->key);
	q_i64(&q, 4, d->threshold);
	q_i64(&q, 5, d->at);
	return q_run(&q);
}

int
observed_due_clear(struct db *db, const char *channel, struct err *e)
{
	struct q q = q_begin(db, SQL_DUE_CLEAR, e);

	q_text(&q, 1, channel);
	return q_run(&q);
}

/* --- channels --- */

int
observed_channel_put(struct db *db, const char *channel,
    const struct alarm_state *s, struct err *e)
{
	struct q q = q_begin(db, SQL_CHANNEL_PUT, e);

	q_text(&q, 1, channel);
	q_i64(&q, 2, s->ok_at);
	q_i64(&q, 3, s->failed_at);
	q_i64(&q, 4, s->failures);
	q_text(&q, 5, s->why);
	return q_run(&q);
}

int
observed_channel_get(struct db *db, const char *channel,
    struct alarm_state *s, struct err *e)
{
	struct q q = q_begin(db, SQL_CHANNEL_GET, e);

	*s = (struct alarm_state){ 0 };
	q_text(&q, 1, channel);
	if (q_row(&q)) {
		s->ok_at = q_col_i64(&q, 0);
		s->failed_at = q_col_i64(&q, 1);
		s->failures = q_col_i64(&q, 2);
		q_col_text(&q, 3, s->why, sizeof(s->why));
	}
	return q_end(&q);
}

int
observed_channel_remove(struct db *db, const char *channel, struct err *e)
{
	struct q q = q_begin(db, SQL_CHANNEL_REMOVE, e);

	q_text(&q, 1, channel);
	return q_run(&q);
}
