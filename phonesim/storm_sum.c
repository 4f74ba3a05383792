/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Counts, reasons and times of a storm.
 */
#include <stdlib.h>
#include <string.h>

#include "phonesim/storm_sum.h"

int
storm_sum_init(struct storm_sum *s, uint64_t phones, struct err *e)
{
	*s = (struct storm_sum){ .phones = phones };
	s->us = calloc(phones > 0 ? phones : 1, sizeof(*s->us));
	if (s->us == NULL)
		return err_set(e, ERR_NOMEM, "times of the phones");
	return ERR_OK;
}

void
storm_sum_clear(struct storm_sum *s)
{
	free(s->us);
	s->us = NULL;
}

static void
general_text(const char *device, const char *why, char *out, size_t outlen)
{
	size_t n = strlen(device), off = 0;

	while (*why != '\0' && off + sizeof("NAME") < outlen) {
		if (n > 0 && strncmp(why, device, n) == 0) {
			memcpy(out + off, "NAME", 4);
			off += 4;
			why += n;
		} else
			out[off++] = *why++;
	}
	out[off] = '\0';
}

void
storm_sum_reason(struct storm_sum *s, const char *device, const char *why)
{
	char text[ERR_MSG_MAX];

	general_text(device, why, text, sizeof(text));
	for (size_t i = 0; i < s->nreason; i++)
		if (strcmp(s->reason[i].text, text) == 0) {
			s->reason[i].n++;
			return;
		}
	if (s->nreason == STORM_REASONS_MAX) {
		s->other++;
		return;
	}
	(void)str_copy(s->reason[s->nreason].text, sizeof(text), text);
	s->reason[s->nreason++].n = 1;
}

static void
add_capf(struct storm_sum *s, const char *device, const struct sim_report *r)
{
	s->capf.sessions += r->capf.sessions;
	s->capf.installed += r->capf.installed;
	s->capf.fetched += r->capf.fetched;
	s->capf.deleted += r->capf.deleted;
	s->capf.refused += r->capf.refused;
	s->capf.broken += r->capf.broken;
	s->decrypted += r->decrypted;
	if (r->capf_why[0] != '\0')
		storm_sum_reason(s, device, r->capf_why);
}

void
storm_sum_add(struct storm_sum *s, const char *device,
    const struct sim_report *r, const char *why, uint64_t us)
{
	s->us[s->done++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	if (r == NULL)
		s->failed++;
	else {
		s->outcome[r->outcome]++;
		why = r->why;
		s->tvs.questions += r->tvs.questions;
		s->tvs.valid += r->tvs.valid;
		s->tvs.invalid += r->tvs.invalid;
		s->tvs.unanswered += r->tvs.unanswered;
		if (r->outcome == SIM_TRUSTED && !r->verified)
			s->unverified++;
		add_capf(s, device, r);
	}
	if (why[0] != '\0')
		storm_sum_reason(s, device, why);
}

static int
by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
storm_sum_sort(struct storm_sum *s)
{
	qsort(s->us, s->done, sizeof(*s->us), by_time);
}

uint32_t
storm_sum_percentile(const struct storm_sum *s, unsigned p)
{
	uint64_t rank = (s->done * p + 99) / 100;

	if (s->done == 0)
		return 0;
	return s->us[rank > 0 ? rank - 1 : 0];
}
