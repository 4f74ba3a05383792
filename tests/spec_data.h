/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/data/spec_rows.txt, whose head says what it holds: the rows of the
 * specification's tables of settings and what tests each of them.
 */
#ifndef TESTS_SPEC_DATA_H
#define TESTS_SPEC_DATA_H

#include <stdbool.h>
#include <stddef.h>

enum spec_kind {
	SPEC_SETTING,
	SPEC_PARAM,
	SPEC_TEST,
	SPEC_E2E,
	SPEC_LATER,
	SPEC_NOT,
};

struct spec_what {
	const char	*section, *row;
	enum spec_kind	 kind;
	const char	*name;		/* option, parameter, file, letter */
	const char	*rest;		/* "rule", name of the test, why */
};

/*
 * All of them, in order; *what is the caller's (free()), its texts stay.
 * Aborts unless each section has as many rows as it says, every row says
 * something, and every test that is named is there.
 */
size_t	 spec_data(struct spec_what **what);

#endif
