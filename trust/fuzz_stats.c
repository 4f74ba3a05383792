/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: a file of statistics.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trust/stats.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("stats", MFD_CLOEXEC);
	struct stats_view v;

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (stats_look_fd(fd, &v, NULL) == ERR_OK)
		for (size_t i = 0; i < v.nt; i++)
			if (v.t[i].via >= STATS_NVIA ||
			    strlen(v.t[i].name) >= sizeof(v.t[i].name))
				abort();
	stats_view_clear(&v);
	(void)close(fd);
	return 0;
}
