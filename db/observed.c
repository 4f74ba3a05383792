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

/* Forget the longest unseen but keep, if there is another. */
static int
forget_oldest(struct db *db, const char *keep, bool *found, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_OLDEST, e);
	char device[DEVICE_NAME_MAX + 1];
	int ret;

	q_text(&q, 1, keep);
	if ((*found = q_row(&q)))
		q_col_text(&q, 0, device, sizeof(device));
	if ((ret = q_end(&q)) != ERR_OK || !*found)
		return ret;
	if ((ret = run_device(db, SQL_FETCH_FORGET, device, e)) != ERR_OK ||
	    (ret = run_device(db, SQL_USE_FORGET, device, e)) != ERR_OK ||
	    (ret = run_device(db, SQL_DEVICE_FORGET, device, e)) != ERR_OK)
		return ret;
	return count_add(db, -1, e);
}

static int
limit_devices(struct db *db, const char *keep, int64_t devices,
    struct err *e)
{
	bool more = true;
	int64_t n;
	int ret;

	while (more) {
		struct q q = q_begin(db, SQL_DEVICE_TOTAL, e);

		n = q_row(&q) ? q_col_i64(&q, 0) : 0;
		if ((ret = q_end(&q)) != ERR_OK)
			return ret;
		if (n <= devices)
			return ERR_OK;
		if ((ret = forget_oldest(db, keep, &more, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

/* The device was seen: *seq is the number of this fetch. */
static int
device_seen(struct db *db, const char *device, int64_t at_us, int64_t *seq,
    struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_SEEN, e);
	int ret;

	*seq = 1;
	q_text(&q, 1, device);
	q_i64(&q, 2, at_us);
	if (q_row(&q))
		*seq = q_col_i64(&q, 0);
	if ((ret = q_end(&q)) != ERR_OK || q.found)
		return ret;
	q = q_begin(db, SQL_DEVICE_ADD, e);
	q_text(&q, 1, device);
	q_i64(&q, 2, at_us);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return count_add(db, 1, e);
}

static int
ring_put(struct db *db, const struct fetch *f, const char *device,
    int64_t seq, int64_t ring, struct err *e)
{
	struct q q = q_begin(db, SQL_FETCH_ADD, e);
	int ret;

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
	if ((ret = q_run(&q)) != ERR_OK || seq <= ring)
		return ret;
	q = q_begin(db, SQL_FETCH_TRIM, e);
	q_text(&q, 1, device);
	q_i64(&q, 2, seq - ring);
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

int
observed_add(struct db *db, const struct fetch *f, int64_t ring,
    int64_t devices, struct err *e)
{
	char device[DEVICE_NAME_MAX + 1];
	bool named = f->device[0] != '\0';
	int64_t seq;
	int ret;

	(void)str_copy(device, sizeof(device), f->device);
	if (!named && (ret = attribute(db, f->address, f->started_us, device,
	    e)) != ERR_OK)
		return ret;
	if ((ret = device_seen(db, device, f->started_us, &seq, e)) !=
	    ERR_OK ||
	    (ret = ring_put(db, f, device, seq, ring, e)) != ERR_OK)
		return ret;
	/* An attribution must not prove itself: only names count. */
	if (named && was_heard(f) && (ret = use_put(db, f, e)) != ERR_OK)
		return ret;
	/* 1: it is new */
	return seq == 1 ? limit_devices(db, device, devices, e) : ERR_OK;
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
