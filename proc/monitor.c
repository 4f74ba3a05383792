/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The monitor, whose life is nobody else's business; see super.h.
 */
#include <string.h>
#include <sys/wait.h>

#include "proc/super.h"

/* It is gone: when is the next one due? */
static void
gone(struct super *s, const char *why)
{
	bool well = strcmp(why, "exit 0") == 0;

	if (!well)
		log_event(LOG_ERR, "proc.died",
		    LOG_STR("role", s->monitor.role), LOG_STR("why", why));
	s->monitor_at = super_now_ms() + (well ? PROC_MONITOR_AGAIN_MS :
	    PROC_MONITOR_REST_MS);
}

void
super_monitor(struct super *s)
{
	struct err e = { 0 };
	char why[32];

	if (child_reap(&s->monitor, WNOHANG, why, sizeof(why)))
		gone(s, why);
	if (s->monitor_at == -1 || s->monitor_at > super_now_ms())
		return;
	s->monitor_at = -1;
	if (super_start_monitor(s, &e) == ERR_OK) {
		log_event(LOG_INFO, "proc.monitor",
		    LOG_I64("pid", s->monitor.pid));
		return;
	}
	log_err(LOG_ERR, "proc.monitor", &e);
	s->monitor_at = super_now_ms() + PROC_MONITOR_REST_MS;
}

int64_t
super_monitor_wait(const struct super *s, int64_t left)
{
	int64_t until;

	if (s->monitor_at == -1)
		return left;
	until = s->monitor_at - super_now_ms();
	if (until < 0)
		until = 0;
	return left == -1 || until < left ? until : left;
}
