/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tests that take every step, or every byte, take some under valgrind, where
 * each is 20 to 50 times as slow and what is looked for is not in the last one;
 * and every third in a build with sanitizers, which look for how bytes are
 * handled.  That each of them counts says the plain build.
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

#ifdef __SANITIZE_ADDRESS__
#define SLOW_STEP	3
#else
#define SLOW_STEP	1
#endif

/* 1; under valgrind n; with sanitizers something between. */
static inline size_t
slow_step(size_t n)
{
	return slow_run() ? n : n < SLOW_STEP ? n : SLOW_STEP;
}

#endif
