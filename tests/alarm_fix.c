/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of alarms share, see alarm_fix.h.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "tests/alarm_fix.h"
#include "tests/expiry_lab.h"

struct alarm_conf conf;
struct alarm_env env;

void
set_up(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	log_set_level(LOG_ERR);
	xl_open();
	env = (struct alarm_env){ .db = xl.db, .observed = xl.observed,
	    .clk = &xl.clk };
}

void
tear_down(void)
{
	alarm_conf_clear(&conf);
	xl_close();
}

void
load_conf(void)
{
	struct err e = { 0 };

	alarm_conf_clear(&conf);
	ck_assert_msg(alarm_conf_load(xl.db, "cm1", &conf, &e) == ERR_OK,
	    "%s", e.msg);
}

void
round_at(double days, size_t n, int64_t want)
{
	struct alarm_raised r;
	struct err e = { 0 };

	xl.now = LAB_NOW + (int64_t)(days * (double)LAB_DAY);
	load_conf();
	ck_assert_msg(alarm_expiry_raise(&env, &conf, &r, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_msg(r.n == n, "day %.2f: %zu, not %zu", days, r.n, n);
	for (size_t i = 0; i < r.n; i++)
		ck_assert_int_eq(r.due[i].threshold, want);
	alarm_raised_clear(&r);
}

char program[128], out[128];

void
write_program(const char *text, mode_t mode)
{
	struct err e = { 0 };

	ck_assert_int_eq(chmod(fix_path(), 0777), 0);
	(void)snprintf(program, sizeof(program), "%s/program", fix_path());
	(void)snprintf(out, sizeof(out), "%s/out", fix_path());
	ck_assert_msg(file_replace(xl.dirfd, "program", mode, text,
	    strlen(text), &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(fchmodat(xl.dirfd, "program", mode, 0), 0);
}
