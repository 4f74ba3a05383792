/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A state folder for tests of trust/node.h, fresh for each test.
 */
#ifndef TESTS_NODE_FIXTURE_H
#define TESTS_NODE_FIXTURE_H

#include "trust/node.h"

#define NOW	1795251284	/* what test_clock says */

extern char state[96];		/* path; not made yet */
extern const struct clock test_clock;
extern const struct node_spec good_spec;

/* Unchecked fixture: a finished node to copy, for making one takes long. */
void	template_make(void);
void	template_remove(void);

/* Checked fixture. */
void	folder_make(void);
void	folder_remove(void);

/* state becomes a copy of the template. */
void	copy_node(void);

/* node_init of good_spec there; must_init: it must do. */
int	init(uint64_t seed, struct err *e);
void	must_init(void);

bool	is_there(const char *name);
void	put_file(const char *name, const void *bytes, size_t len);

/* All that a finished node has, by opening it. */
void	check_whole(enum db_open_mode mode);

#endif
