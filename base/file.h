/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whole small files.  dirfd may be AT_FDCWD.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Read a regular file of at most max bytes.  *buf is the caller's (free()),
 * with an uncounted NUL behind it.  ERR_NOTFOUND, ERR_IO, ERR_LIMIT (larger),
 * ERR_ARG (not a regular file), ERR_NOMEM.
 */
int	file_read(int dirfd, const char *name, size_t max, uint8_t **buf,
	    size_t *len, struct err *e);

/* The same from an open descriptor, from its start; name is for messages. */
int	file_read_fd(int fd, const char *name, size_t max, uint8_t **buf,
	    size_t *len, struct err *e);

/*
 * Replace or make a file so that after a crash either the old or the new
 * content stands: temporary file, fsync, rename, fsync of the folder.  What is
 * there and no regular file, a link among it, is left: ERR_IO.
 */
int	file_replace(int dirfd, const char *name, mode_t mode,
	    const void *buf, size_t len, struct err *e);

/* All of len bytes to fd, over short writes and EINTR. */
int	file_write_all(int fd, const void *buf, size_t len, struct err *e);

#endif
