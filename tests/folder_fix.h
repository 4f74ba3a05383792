/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A folder of phones' files that is watched, with a clock of the test's.
 */
#ifndef TESTS_FOLDER_FIX_H
#define TESTS_FOLDER_FIX_H

#include <time.h>

#include "tests/trust_cluster.h"
#include "trust/folder.h"

#define DEV	"SEP0011223344AA"
#define NAME	"tftp/" DEV ".cnf.xml"
#define ONE	"<device><mark>one</mark></device>"
#define TWO	"<device><mark>two</mark></device>"
#define BAD	"<device>\n<mark>\n</device>"
#define OLD	1500000000

struct command {
	const char	*text;		/* NULL: no file */
	int64_t		 at;
	bool		 remove;
};

extern struct db *observed;
extern struct folder *folder;
extern int64_t mono_ms;
extern int64_t still_s;	/* the time of day when it stands, or 0 */
extern char other[64];
extern const struct clock clk;

void	begin(void);
void	set_up(void);
void	tear_down(void);
void	put(const char *name, const char *text);
void	set_time(const char *name, time_t at);
int64_t	look(void);

/* Until nothing waits any more, in no time. */
void	settle(void);
bool	has_phone(const char *name, struct row_phone *p);
void	expect_file(const char *text, const char *origin);
void	expect_state(enum folder_state state, const char *why);
int64_t	changes(void);
int	command_tx(struct db *db, void *arg, struct err *e);
void	command(const char *text, int64_t at);

#endif
