/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db: rings of fetches.  See observed.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/observed.h"
#include "db/query.h"

#define USE_US		(INT64_C(3600) * 1000000)	/* the hour */
#define USE_MAX		8	/* addresses remembered per device */
#define KNOWN_STEP	1000	/* phones passed over in one transaction */
#define BUCKETS		512	/* a power of two, above OBSERVED_ADD_MAX */

struct seen {			/* a device of the fetches added together */
	char		 device[DEVICE_NAME_MAX + 1];
	char		 used[64];	/* address put last */
	int64_t		 last_us;
	size_t		 first, last, n;	/* its fetches */
};

struct adding {
	struct db			*db;
	const struct fetch		*f;
	const struct observed_bounds	*b;
	size_t				 next[OBSERVED_ADD_MAX]; /* of its
							* device */
	struct seen			 seen[OBSERVED_ADD_MAX];
	size_t				 nseen;
	uint16_t			 bucket[BUCKETS];	/* 0: empty */
	/* To whom the last one without device went: "" too is known */
	const char			*address;
	char				 device[DEVICE_NAME_MAX + 1];
};

int
observed_create(int dirfd, struct err *e)
{
	struct err first = { 0 };
	struct db *db;

	db = db_open(dirfd, OBSERVED_FILE, DB_WRITE, &first);
	if (db == NULL && first.code == ERR_NOTFOUND)
		db = db_open(dirfd, OBSERVED_FILE, DB_CREATE, &first);
	if (db == NULL)
		return err_set(e, first.code, "%s", first.msg);
	db_close(db);
	return ERR_OK;
}

int
observed_self_put(struct db *db, const char *node, struct err *e)
{
	struct q q = q_begin(db, SQL_SELF_CLEAR, e);
	int ret;

	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	q = q_begin(db, SQL_SELF_PUT, e);
	q_text(&q, 1, node);
	return q_run(&q);
}

int
observed_self_get(struct db *db, char out[NODE_NAME_MAX + 1], struct err *e)
{
	struct q q = q_begin(db, SQL_SELF_GET, e);

	out[0] = '\0';
	if (q_row(&q))
		q_col_text(&q, 0, out, NODE_NAME_MAX + 1);
	return q_end_found(&q, "the name of this node");
}

/* The one device that used the address within the hour before at_us, or "". */
static int
attribute(struct db *db, const char *address, int64_t at_us,
    char device[DEVICE_NAME_MAX + 1], struct err *e)
{
	struct q q = q_begin(db, SQL_USED_BY, e);

	device[0] = '\0';
	q_text(&q, 1, address);
	q_i64(&q, 2, at_us - USE_US);
	if (q_row(&q))
		q_col_text(&q, 0, device, DEVICE_NAME_MAX + 1);
	if (q_row(&q))
		device[0] = '\0';	/* two: a relay or a shared address */
	return q_end(&q);
}

static int
use_run(struct db *db, enum sql_id id, const struct fetch *f, bool *found,
    struct err *e)
{
	struct q q = q_begin(db, id, e);

	q_text(&q, 1, f->address);
	q_text(&q, 2, f->device);
	q_i64(&q, 3, f->started_us);
	*found = q_row(&q);
	return q_end(&q);
}

/* Mostly the address is known: then there is nothing to trim. */
static int
use_put(struct db *db, const struct fetch *f, struct err *e)
{
	bool known, none;
	struct q q;
	int ret;

	if ((ret = use_run(db, SQL_USE_SEEN, f, &known, e)) != ERR_OK ||
	    known ||
	    (ret = use_run(db, SQL_USE_ADD, f, &none, e)) != ERR_OK)
		return ret;
	q = q_begin(db, SQL_USE_TRIM, e);
	q_text(&q, 1, f->device);
	q_i64(&q, 2, USE_MAX);
	return q_run(&q);
}

/* A statement whose only value is a device. */
static int
run_device(struct db *db, enum sql_id id, const char *device, struct err *e)
{
	struct q q = q_begin(db, id, e);

	q_text(&q, 1, device);
	return q_run(&q);
}

static int
count_add(struct db *db, int64_t n, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_COUNT, e);

	q_i64(&q, 1, n);
	return q_run(&q);
}

static int
forget(struct db *db, const char *device, struct err *e)
{
	int ret;

	if ((ret = run_device(db, SQL_FETCH_FORGET, device, e)) != ERR_OK ||
	    (ret = run_device(db, SQL_USE_FORGET, device, e)) != ERR_OK ||
	    (ret = run_device(db, SQL_DEVICE_FORGET, device, e)) != ERR_OK)
		return ret;
	return count_add(db, -1, e);
}

/* The longest unseen but keep: of those that are not known to be phones, if
 * there are any; "" with *found false: there is no other. */
static int
oldest(struct db *db, const char *keep, char device[DEVICE_NAME_MAX + 1],
    bool *known, bool *found, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_OLDEST, e);

	q_text(&q, 1, keep);
	if ((*found = q_row(&q))) {
		q_col_text(&q, 0, device, DEVICE_NAME_MAX + 1);
		*known = q_col_i64(&q, 1) != 0;
	}
	return q_end(&q);
}

static bool
is_phone(const struct observed_bounds *b, const char *device)
{
	return b->is_phone != NULL && b->is_phone(b->arg, device);
}

/* One less, with *more, if there is another than keep.  Phones are found out
 * when their turn comes, and marked: each once. */
static int
forget_one(struct db *db, const struct observed_bounds *b, const char *keep,
    bool *more, struct err *e)
{
	char device[DEVICE_NAME_MAX + 1];
	bool known;
	int ret;

	for (int i = 0; i < KNOWN_STEP; i++) {
		if ((ret = oldest(db, keep, device, &known, more, e)) !=
		    ERR_OK || !*more)
			return ret;
		if (known && !is_phone(b, keep))
			return forget(db, keep, e);
		if (known || !is_phone(b, device))
			return forget(db, device, e);
		if ((ret = run_device(db, SQL_DEVICE_KNOWN, device, e)) !=
		    ERR_OK)
			return ret;
	}
	*more = false;		/* the next new device goes on with it */
	return ERR_OK;
}

static int
limit_devices(struct db *db, const struct observed_bounds *b,
    const char *keep, struct err *e)
{
	bool more = true;
	int64_t n;
	int ret;

	while (more) {
		struct q q = q_begin(db, SQL_DEVICE_TOTAL, e);

		n = q_row(&q) ? q_col_i64(&q, 0) : 0;
		if ((ret = q_end(&q)) != ERR_OK)
			return ret;
		if (n <= b->devices)
			return ERR_OK;
		if ((ret = forget_one(db, b, keep, &more, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

/* The device was seen with n more fetches: *seq is the number of the last. */
static int
device_seen(struct db *db, const char *device, int64_t at_us, size_t n,
    int64_t *seq, bool *is_new, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_SEEN, e);
	int ret;

	*seq = (int64_t)n;
	q_text(&q, 1, device);
	q_i64(&q, 2, at_us);
	q_i64(&q, 3, (int64_t)n);
	if (q_row(&q))
		*seq = q_col_i64(&q, 0);
	*is_new = !q.found;
	if ((ret = q_end(&q)) != ERR_OK || !*is_new)
		return ret;
	q = q_begin(db, SQL_DEVICE_ADD, e);
	q_text(&q, 1, device);
	q_i64(&q, 2, at_us);
	q_i64(&q, 3, (int64_t)n);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return count_add(db, 1, e);
}

static int
ring_trim(struct db *db, const char *device, int64_t upto, struct err *e)
{
	struct q q = q_begin(db, SQL_FETCH_TRIM, e);

	q_text(&q, 1, device);
	q_i64(&q, 2, upto);
	return q_run(&q);
}

static int
ring_put(struct db *db, const struct fetch *f, const char *device,
    int64_t seq, struct err *e)
{
	struct q q = q_begin(db, SQL_FETCH_ADD, e);

	q_text(&q, 1, device);
	q_text(&q, 2, f->address);
	q_text(&q, 3, f->kind);
	q_text(&q, 4, f->name);
	q_blob(&q, 5, f->version, sizeof(f->version));
	q_text(&q, 6, f->transport);
	q_i64(&q, 7, f->started_us);
	q_i64(&q, 8, f->completed_us);
	q_i64(&q, 9, f->bytes > INT64_MAX ? INT64_MAX : (int64_t)f->bytes);
	q_text(&q, 10, f->result);
	q_i64(&q, 11, seq);
	return q_run(&q);
}

/* Whoever is at the address took something, or shook hands first: the sender
 * of a lone datagram may be forged, and with it who uses an address. */
static bool
was_heard(const struct fetch *f)
{
	return strcmp(f->transport, "tftp") != 0 || f->bytes > 0 ||
	    f->completed_us != 0;
}

/* --- several at a time: what their devices need is done once --- */

static struct seen *
seen_of(struct adding *a, const char *device)
{
	uint32_t h = 2166136261u;	/* FNV-1a */
	struct seen *s;

	for (const char *p = device; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	for (h ^= h >> 16; a->bucket[h % BUCKETS] != 0; h++) {
		s = &a->seen[a->bucket[h % BUCKETS] - 1];
		if (strcmp(s->device, device) == 0)
			return s;
	}
	s = &a->seen[a->nseen++];
	a->bucket[h % BUCKETS] = (uint16_t)a->nseen;
	*s = (struct seen){ .last_us = INT64_MIN };
	(void)str_copy(s->device, sizeof(s->device), device);
	return s;
}

/* Whose is it? */
static int
find_device(struct adding *a, const struct fetch *f, const char **device,
    struct err *e)
{
	int ret;

	if (f->device[0] != '\0') {
		*device = f->device;
		return ERR_OK;
	}
	*device = a->device;
	if (a->address != NULL && strcmp(a->address, f->address) == 0)
		return ERR_OK;
	ret = attribute(a->db, f->address, f->started_us, a->device, e);
	a->address = ret == ERR_OK ? f->address : NULL;
	return ret;
}

static int
take(struct adding *a, size_t i, struct err *e)
{
	const struct fetch *f = &a->f[i];
	const char *device;
	struct seen *s;
	int ret;

	if ((ret = find_device(a, f, &device, e)) != ERR_OK)
		return ret;
	s = seen_of(a, device);
	if (s->n++ == 0)
		s->first = i;
	else
		a->next[s->last] = i;
	s->last = i;
	if (s->last_us < f->started_us)
		s->last_us = f->started_us;
	/* An attribution must not prove itself: only names count. */
	if (f->device[0] == '\0' || !was_heard(f) ||
	    strcmp(s->used, f->address) == 0)
		return ERR_OK;
	(void)str_copy(s->used, sizeof(s->used), f->address);
	a->address = NULL;	/* it may be somebody else's now */
	return use_put(a->db, f, e);
}

/* What later ones would push out at once is left out. */
static int
put(struct adding *a, struct seen *s, struct err *e)
{
	int64_t ring = a->b->ring, seq;
	size_t i = s->first;
	bool is_new;
	int ret;

	for (; s->n > (uint64_t)ring; s->n--)
		i = a->next[i];
	if ((ret = device_seen(a->db, s->device, s->last_us, s->n, &seq,
	    &is_new, e)) != ERR_OK)
		return ret;
	for (size_t k = s->n; k > 0; k--, i = a->next[i])
		if ((ret = ring_put(a->db, &a->f[i], s->device,
		    seq - (int64_t)k + 1, e)) != ERR_OK)
			return ret;
	if (seq > ring &&
	    (ret = ring_trim(a->db, s->device, seq - ring, e)) != ERR_OK)
		return ret;
	return is_new ? limit_devices(a->db, a->b, s->device, e) : ERR_OK;
}

int
observed_add(struct db *db, const struct fetch *f, size_t n,
    const struct observed_bounds *b, struct err *e)
{
	struct adding a = { .db = db, .f = f, .b = b };
	struct err why = { 0 };
	int ret = ERR_OK;

	if (n > OBSERVED_ADD_MAX)
		return err_set(e, ERR_ARG, "%zu fetches", n);
	for (size_t i = 0; i < n; i++)
		if (take(&a, i, &why) != ERR_OK && ret == ERR_OK)
			ret = err_set(e, why.code, "%s", why.msg);
	for (size_t i = 0; i < a.nseen; i++)
		if (put(&a, &a.seen[i], &why) != ERR_OK && ret == ERR_OK)
			ret = err_set(e, why.code, "%s", why.msg);
	return ret;
}

static void
fetch_fill(struct q *q, struct fetch *f)
{
	int64_t bytes;

	q_col_text(q, 0, f->device, sizeof(f->device));
	q_col_text(q, 1, f->address, sizeof(f->address));
	q_col_text(q, 2, f->kind, sizeof(f->kind));
	q_col_text(q, 3, f->name, sizeof(f->name));
	q_col_fixed(q, 4, f->version, sizeof(f->version));
	q_col_text(q, 5, f->transport, sizeof(f->transport));
	f->started_us = q_col_i64(q, 6);
	f->completed_us = q_col_i64(q, 7);
	bytes = q_col_i64(q, 8);
	f->bytes = bytes > 0 ? (uint64_t)bytes : 0;
	q_col_text(q, 9, f->result, sizeof(f->result));
}

int
observed_list(struct db *db, const char *device, size_t max,
    struct fetch **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, device != NULL ? SQL_FETCH_LIST_DEVICE :
	    SQL_FETCH_LIST, e);
	void *p = NULL;

	*rows = NULL;
	q_i64(&q, 1, max > INT64_MAX ? INT64_MAX : (int64_t)max);
	if (device != NULL)
		q_text(&q, 2, device);
	for (*n = 0; q_row(&q) && q_grow(&q, &p, *n, sizeof(**rows)); ++*n)
		fetch_fill(&q, (struct fetch *)p + *n);
	return q_end_rows(&q, p, (void **)rows, n);
}

int
observed_seen(struct db *db, const char *device, int64_t *us, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_LAST, e);

	*us = 0;
	q_text(&q, 1, device);
	if (q_row(&q))
		*us = q_col_i64(&q, 0);
	return q_end(&q);
}

int
observed_took(struct db *db, const char *device, const char *kind,
    uint8_t version[32], bool *has, struct err *e)
{
	struct q q = q_begin(db, SQL_FETCH_TOOK, e);

	q_text(&q, 1, device);
	q_text(&q, 2, kind);
	q_text(&q, 3, "done");
	if ((*has = q_row(&q)))
		q_col_fixed(&q, 0, version, SHA256_LEN);
	return q_end(&q);
}
