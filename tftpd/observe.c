/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Observations, see observe.h.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/seldom.h"
#include "db/gather.h"
#include "tftpd/observe.h"

struct observe {
	struct gather		*gather;
	_Atomic int64_t		 ring, devices;
	int			 statefd;	/* borrowed */
	/* of the writer thread */
	struct db		*db;		/* of phones, or NULL */
	struct seldom		 failed, unknown;
};

static void
fail_seldom(struct seldom *s, const struct err *why)
{
	uint64_t n;

	if (seldom_due(s, clock_mono_ms(clock_system()), &n))
		log_err(LOG_WARNING, "observe.failed", why,
		    LOG_U64("count", n));
}

/* On the writer thread, asked when there are too many devices.  Of a database
 * that cannot be read no device is a phone. */
static bool
is_phone(void *arg, const char *device)
{
	struct row_phone row;
	struct observe *o = arg;
	struct err e = { 0 };
	int ret;

	if (o->db == NULL &&
	    (o->db = db_open(o->statefd, DB_FILE, DB_READ, &e)) == NULL)
		ret = e.code;
	else
		ret = row_phone_get(o->db, device, &row, &e);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		fail_seldom(&o->unknown, &e);
	return ret == ERR_OK;
}

/* One fetch that cannot be kept does not take the others with it. */
static void
write_fetches(void *arg, struct db *db, const void *records, size_t n)
{
	struct observe *o = arg;
	const struct observed_bounds bounds = {
		.ring = atomic_load(&o->ring),
		.devices = atomic_load(&o->devices),
		.is_phone = is_phone, .arg = o,
	};
	struct err why = { 0 };

	if (observed_add(db, records, n, &bounds, &why) != ERR_OK)
		fail_seldom(&o->failed, &why);
}

/* What counts is the newest of a file. */
static bool
same_file(const void *older, const void *newer)
{
	const struct fetch *a = older, *b = newer;

	return strcmp(a->device, b->device) == 0 &&
	    strcmp(a->name, b->name) == 0;
}

struct observe *
observe_start(int statefd, struct err *e)
{
	static const struct gather_def def = {
		.size = sizeof(struct fetch), .max = OBSERVED_ADD_MAX,
		.same = same_file, .write = write_fetches,
		.dropped = "observe.dropped",
		.why = "the disk does not keep up with what phones fetch",
	};
	struct observe *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
	o->statefd = statefd;
	o->gather = gather_start(statefd, OBSERVED_FILE, &def, o, e);
	if (o->gather == NULL) {
		free(o);
		return NULL;
	}
	return o;
}

void
observe_set(struct observe *o, int64_t ring, int64_t devices)
{
	atomic_store(&o->ring, ring);
	atomic_store(&o->devices, devices);
}

void
observe_stop(struct observe *o)
{
	if (o == NULL)
		return;
	gather_stop(o->gather);
	db_close(o->db);
	free(o);
}

struct gather_port *
observe_port_new(struct observe *o, struct err *e)
{
	return gather_port_new(o->gather, e);
}
