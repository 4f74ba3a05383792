/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Deadlines, see tftp_alarm.h.
 */
#include <stdlib.h>

#include "tftpd/tftp_alarm.h"

#define ALARMS_FIRST	64	/* room at first */

static void
put(struct tftp_alarms *h, struct tftp_alarm *a, size_t pos)
{
	h->v[pos - 1] = a;
	a->pos = pos;
}

static void
up(struct tftp_alarms *h, struct tftp_alarm *a)
{
	size_t pos = a->pos;

	for (; pos > 1 && h->v[pos / 2 - 1]->at_ms > a->at_ms; pos /= 2)
		put(h, h->v[pos / 2 - 1], pos);
	put(h, a, pos);
}

static void
down(struct tftp_alarms *h, struct tftp_alarm *a)
{
	size_t pos = a->pos, kid;

	for (; (kid = pos * 2) <= h->n; pos = kid) {
		if (kid < h->n && h->v[kid]->at_ms < h->v[kid - 1]->at_ms)
			kid++;
		if (h->v[kid - 1]->at_ms >= a->at_ms)
			break;
		put(h, h->v[kid - 1], pos);
	}
	put(h, a, pos);
}

static bool
grow(struct tftp_alarms *h)
{
	size_t cap = h->cap == 0 ? ALARMS_FIRST : h->cap * 2;
	struct tftp_alarm **v;

	if (h->n < h->cap)
		return true;
	if ((v = reallocarray(h->v, cap, sizeof(struct tftp_alarm *))) == NULL)
		return false;
	h->v = v;
	h->cap = cap;
	return true;
}

bool
tftp_alarm_set(struct tftp_alarms *h, struct tftp_alarm *a, int64_t at_ms)
{
	if (a->pos == 0) {
		if (!grow(h))
			return false;
		put(h, a, ++h->n);
	}
	a->at_ms = at_ms;
	up(h, a);
	down(h, a);
	return true;
}

void
tftp_alarm_stop(struct tftp_alarms *h, struct tftp_alarm *a)
{
	struct tftp_alarm *other;

	if (a->pos == 0)
		return;
	other = h->v[--h->n];
	if (other != a) {
		put(h, other, a->pos);
		up(h, other);
		down(h, other);
	}
	a->pos = 0;
}

struct tftp_alarm *
tftp_alarm_first(const struct tftp_alarms *h)
{
	return h->n > 0 ? h->v[0] : NULL;
}

void
tftp_alarms_clear(struct tftp_alarms *h)
{
	free(h->v);
	*h = (struct tftp_alarms){ 0 };
}
