/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Clocks, see clock.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define NS	INT64_C(1000000000)

static int64_t clock_offset_s;	/* set once at start-up */

static int64_t
system_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS + ts.tv_nsec;
}

static int64_t
system_wall_ns(void *arg)
{
	(void)arg;
	return system_ns(CLOCK_REALTIME) + clock_offset_s * NS;
}

static int64_t
system_mono_ns(void *arg)
{
	(void)arg;
	return system_ns(CLOCK_MONOTONIC);
}

const struct clock *
clock_system(void)
{
	static const struct clock c = {
		.wall_ns = system_wall_ns,
		.mono_ns = system_mono_ns,
	};

	return &c;
}

void
clock_set_offset(int64_t s)
{
	clock_offset_s = s;
}

static int64_t
file_wall_ns(void *arg)
{
	(void)arg;
	return system_ns(CLOCK_REALTIME_COARSE);
}

const struct clock *
clock_file(void)
{
	static const struct clock c = {
		.wall_ns = file_wall_ns,
		.mono_ns = system_mono_ns,
	};

	return &c;
}

int64_t
clock_wall_ns(const struct clock *c)
{
	return c->wall_ns(c->arg);
}

int64_t
clock_wall_s(const struct clock *c)
{
	return clock_wall_ns(c) / NS;
}

int64_t
clock_mono_ns(const struct clock *c)
{
	return c->mono_ns(c->arg);
}

int64_t
clock_mono_ms(const struct clock *c)
{
	return clock_mono_ns(c) / 1000000;
}

void
clock_rfc3339(int64_t unix_s, char out[CLOCK_RFC3339_LEN])
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < -1899 ||
	    tm.tm_year > 8099 ||
	    strftime(out, CLOCK_RFC3339_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(out, "-", 2);
}

int
clock_rfc3339_parse(const char *s, int64_t *unix_s, struct err *e)
{
	struct tm tm = { 0 };
	char back[CLOCK_RFC3339_LEN];
	const char *end;

	if (strlen(s) != CLOCK_RFC3339_LEN - 1 ||
	    (end = strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm)) == NULL ||
	    *end != '\0')
		return err_set(e, ERR_ARG, "not a time like "
		    "2026-11-21T10:54:31Z");
	*unix_s = (int64_t)timegm(&tm);
	clock_rfc3339(*unix_s, back);
	if (strcmp(back, s) != 0)	/* 31 February and the like */
		return err_set(e, ERR_ARG, "no such time");
	return ERR_OK;
}
