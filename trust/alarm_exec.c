/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The program that is told of alarms, see alarm.h.
 */
#include "trust/alarm.h"
#include "trust/exec_run.h"

int
alarm_exec_run(const char *path, const void *text, size_t len,
    int64_t timeout_ms, const struct alarm_env *env, struct err *e)
{
	const struct exec_job j = { .path = path, .in = text, .inlen = len,
	    .timeout_ms = timeout_ms, .stop = env->stop,
	    .stop_arg = env->stop_arg };
	struct exec_end x;
	int ret;

	if ((ret = exec_run(&j, &x, e)) != ERR_OK)
		return ret;
	exec_end_clear(&x);
	return x.status == 0 ? ERR_OK : err_set(e, ERR_IO, "the program "
	    "ended with status %d", x.status);
}
