/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tests that take every step, or every byte, take some under valgrind, where
 * each is 20 to 50 times as slow and what is looked for is not in the last one.
 */
#ifndef TESTS_SLOW_H
#define TESTS_SLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* CK_FORK=no: tests/local.mk runs valgrind with that. */
static inline bool
slow_run(void)
{
	const char *mode = getenv("CK_FORK");

	return mode != NULL && strcmp(mode, "no") == 0;
}

/* 1, or n when it is slow. */
static inline size_t
slow_step(size_t n)
{
	return slow_run() ? n : 1;
}

#endif
