/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names, starts and losses of a storm.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phonesim/storm_plan.h"

#define DIGITS_MAX	12	/* of a MAC address */
#define NS_PER_S	INT64_C(1000000000)

int
storm_names_init(struct storm_names *n, const char *first, uint64_t count,
    struct err *e)
{
	size_t len = strlen(first);

	*n = (struct storm_names){ .digits = 0 };
	if (len > DEVICE_NAME_MAX)
		return err_set(e, ERR_ARG, "%s is too long", first);
	while (n->digits < DIGITS_MAX && (size_t)n->digits < len &&
	    isxdigit((unsigned char)first[len - 1 - (size_t)n->digits])) {
		n->digits++;
		if (islower((unsigned char)first[len - (size_t)n->digits]))
			n->lower = true;
	}
	if (n->digits == 0)
		return err_set(e, ERR_ARG, "%s cannot count up: let the name "
		    "of the first phone end in hexadecimal digits, as "
		    STORM_FIRST " does", first);
	memcpy(n->head, first, len - (size_t)n->digits);
	n->first = strtoull(first + len - n->digits, NULL, 16);
	if (count > (UINT64_C(1) << (4 * n->digits)) - n->first)
		return err_set(e, ERR_ARG, "%" PRIu64 " phones from %s do not "
		    "fit into %d hexadecimal digit%s: begin lower or take "
		    "fewer", count, first, n->digits,
		    n->digits == 1 ? "" : "s");
	return ERR_OK;
}

void
storm_name(const struct storm_names *n, uint64_t i,
    char out[DEVICE_NAME_MAX + 1])
{
	(void)snprintf(out, DEVICE_NAME_MAX + 1, n->lower ?
	    "%s%0*" PRIx64 : "%s%0*" PRIX64, n->head, n->digits,
	    n->first + i);
}

uint64_t
storm_due(int64_t start_ns, uint64_t rate, int64_t now_ns)
{
	uint64_t gone;

	if (rate == 0)
		return UINT64_MAX;
	gone = now_ns > start_ns ? (uint64_t)(now_ns - start_ns) : 0;
	return 1 + gone / NS_PER_S * rate + gone % NS_PER_S * rate / NS_PER_S;
}

bool
storm_fails(uint64_t i, uint64_t count, uint64_t failing)
{
	return i * failing / count != (i + 1) * failing / count;
}

/* splitmix64: good enough for luck, and the same everywhere. */
static uint64_t
luck_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

struct storm_luck
storm_luck_of(uint64_t seed, uint64_t phone, unsigned percent)
{
	struct storm_luck l = { .state = seed, .percent = percent };

	l.state = luck_next(&l.state) ^ phone;
	(void)luck_next(&l.state);
	return l;
}

bool
storm_lost(struct storm_luck *l)
{
	return l->percent > 0 && luck_next(&l->state) % 100 < l->percent;
}
