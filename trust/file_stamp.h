/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What stat(2) says of a file or folder, and when that stands for what is in
 * it: only then may something that was read be used again without reading.
 */
#ifndef TRUST_FILE_STAMP_H
#define TRUST_FILE_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/clock.h"

/*
 * Times of files advance with the kernel's ticks, at most 10 ms apart, some
 * file systems keep whole seconds or two, and those of other machines go by
 * another clock: changes within one step look alike.  What has not changed for
 * longer than this shows the next change.
 *
 * A write(2) stamps the file first and copies then, however long it takes:
 * with a busy disk it is made to wait for tenths of a second in between.  So
 * only folders, which are changed and stamped under a lock that also readers
 * take, go by the fine clock.
 */
#define FILE_SETTLE_FINE_MS	20	/* folders */
#define FILE_SETTLE_MS		2000
#define FILE_SETTLE_FOREIGN_MS	60000

/* Same file or folder, and no change between the two looks. */
bool	file_stamp_equal(const struct stat *a, const struct stat *b);

/*
 * A file system of this machine: names looked up by path are as new as those
 * opened, and its times are stamped by the kernel's own clock.
 */
bool	file_stamp_local(int fd);

/*
 * Will a change made after now, by clock_file() or a clock like it, give fd
 * other times than those in st?  Ask before reading, with st taken after:
 * now_ns, then fstat, then reading.
 */
bool	file_stamp_settled(int fd, const struct stat *st, int64_t now_ns);

#endif
