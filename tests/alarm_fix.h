/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms of a node, with a clock of the test's.
 */
#ifndef TESTS_ALARM_FIX_H
#define TESTS_ALARM_FIX_H

#include "tests/expiry_lab.h"
#include "trust/monitor.h"

extern struct alarm_conf conf;
extern struct alarm_env env;
extern char program[128], out[128];

void	set_up(void);
void	tear_down(void);
void	load_conf(void);

/* Days after LAB_NOW; how many alarms of which threshold. */
void	round_at(double days, size_t n, int64_t want);
void	write_program(const char *text, mode_t mode);

#endif
