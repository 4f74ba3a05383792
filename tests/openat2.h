/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Static files are opened with openat2 and no other way is safe; valgrind
 * 3.19 does not know the call, so tests under it leave static files out.
 */
#ifndef TESTS_OPENAT2_H
#define TESTS_OPENAT2_H

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Says so on stderr when it is not there. */
static inline bool
have_openat2(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	long fd = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd == -1)
		(void)fprintf(stderr, "static files skipped: no openat2\n");
	else
		(void)close((int)fd);
	return fd != -1;
}

#endif
