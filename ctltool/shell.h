/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Many commands of one run, a line each: the admin: prompt on a terminal,
 * else lines as they come.
 *
 * Each command is a process of its own, as if called from the system's shell:
 * the prompt holds no database (nor lock, nor old view) between commands, a
 * command that is interrupted or breaks takes nothing with it, and a command
 * may rely on being alone in its process.
 */
#ifndef CTLTOOL_SHELL_H
#define CTLTOOL_SHELL_H

#include <stdio.h>

#include "ctltool/cmd.h"

#define SHELL_PROMPT	"admin:"

/*
 * Run lines until the end of input or exit; options of l hold for every line.
 * The exit status: that of the last command that failed, 0 when none did.
 */
int	shell_main(const struct cmd_line *l);

/* Called without a command: standard input and output are a terminal. */
bool	shell_wanted(void);

/*
 * Names of files for the prompt: those that begin with what stands in last
 * from byte at on, to out, a line each with what stands before it; folders end
 * in '/'.  only_folders leaves the rest out.  So are names with control
 * characters, and what is no UTF-8.
 */
void	shell_files(FILE *out, const char *last, size_t at,
	    bool only_folders);

#endif
