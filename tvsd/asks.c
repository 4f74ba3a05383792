/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What was asked, see asks.h.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/seldom.h"
#include "db/gather.h"
#include "tvsd/asks.h"

#define BATCH		256
#define RECENT		4096	/* asks remembered by a port */
#define AGAIN_MS	60000
#define TRIM_EVERY	64	/* batches between looks at all rows */

struct asks {
	struct gather		*gather;
	_Atomic int64_t		 ring;
	/* of the writer thread */
	unsigned		 batches;
	struct seldom		 failed;
};

struct asks_port {
	struct gather_port	*port;
	struct {
		uint64_t	 key;		/* 0: none yet */
		int64_t		 at_ms;
	} recent[RECENT];
};

static void
write_asks(void *arg, struct db *db, const void *records, size_t n)
{
	bool all = false;
	struct asks *a = arg;
	struct err e = { 0 };
	uint64_t count;

	if (++a->batches % TRIM_EVERY == 0)
		all = true;
	if (observed_ask_add(db, records, n, atomic_load(&a->ring), all,
	    &e) != ERR_OK &&
	    seldom_due(&a->failed, clock_mono_ms(clock_system()), &count))
		log_err(LOG_WARNING, "tvs.unrecorded", &e,
		    LOG_U64("count", count));
}

static bool
same_ask(const void *older, const void *newer)
{
	const struct tvs_ask *a = older, *b = newer;

	return strcmp(a->device, b->device) == 0 &&
	    memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}

struct asks *
asks_start(int statefd, struct err *e)
{
	static const struct gather_def def = {
		.size = sizeof(struct tvs_ask), .max = BATCH,
		.same = same_ask, .write = write_asks,
		.dropped = "tvs.unrecorded",
		.why = "the disk does not keep up with what phones ask",
	};
	struct asks *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
	a->ring = 1;
	a->gather = gather_start(statefd, OBSERVED_FILE, &def, a, e);
	if (a->gather == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

void
asks_set(struct asks *a, int64_t ring)
{
	atomic_store(&a->ring, ring);
}

void
asks_stop(struct asks *a)
{
	if (a == NULL)
		return;
	gather_stop(a->gather);
	free(a);
}

struct asks_port *
asks_port_new(struct asks *a, struct err *e)
{
	struct asks_port *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "observations");
		return NULL;
	}
	if ((p->port = gather_port_new(a->gather, e)) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
asks_port_free(struct asks_port *p)
{
	if (p == NULL)
		return;
	gather_port_free(p->port);
	free(p);
}

static uint64_t
mix(uint64_t h, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)	/* FNV-1a */
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	return h;
}

/* Who makes keys meet keeps an ask of his own from being put down. */
bool
asks_new(struct asks_port *p, const char *device, const void *what,
    size_t len, int verdict, int64_t now_ms)
{
	uint64_t key = UINT64_C(14695981039346656037) + (uint64_t)verdict;
	size_t i;

	key = mix(key, device, strlen(device) + 1);
	key = mix(key, what, len) | 1;
	i = (key ^ key >> 32) / 2 % RECENT;
	if (p->recent[i].key == key && now_ms - p->recent[i].at_ms < AGAIN_MS)
		return false;
	p->recent[i].key = key;
	p->recent[i].at_ms = now_ms;
	return true;
}

void
asks_put(struct asks_port *p, const struct tvs_ask *ask)
{
	gather_put(p->port, ask);
}

void
asks_flush(struct asks_port *p)
{
	gather_flush(p->port);
}
