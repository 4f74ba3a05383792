/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The rows of tests/data/settings.txt, whose head says what they mean: for
 * the tests of values, of rules, and of what rendering makes of both.
 */
#ifndef TESTS_SETTING_DATA_H
#define TESTS_SETTING_DATA_H

#include <stddef.h>

#define ROW_LINES_MAX	24

enum rule_kind {
	RULE_TAKE,
	RULE_REFUSE,
	RULE_REFUSE_SCCP,
	RULE_ADVISE,
	RULE_SILENT,
};

struct setting_rule {
	enum rule_kind	 kind;
	const char	*who;		/* "-" or "8861/SIP" */
	const char	*set;		/* "option=value option=value" */
	const char	*text;		/* "" for take and silent */
};

struct setting_row {
	const char	*option, *name, *where, *protocols, *range, *def;
	const char	*element;
	const char	*good[ROW_LINES_MAX], *bad[ROW_LINES_MAX];
	size_t		 ngood, nbad;
	struct setting_rule rule[ROW_LINES_MAX];
	size_t		 nrule;
	struct {
		const char	*value, *code;
	}		 effect[ROW_LINES_MAX];
	size_t		 neffect;
};

/* All rows; *rows is the caller's (free()), its texts stay. */
size_t	 setting_data(struct setting_row **rows);

#endif
