/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a TFTP transfer sends: memory or a file, as it is or as netascii
 * (RFC 764, as RFC 1350 section 1 wants it): a line feed goes out as CR LF, a
 * carriage return as CR NUL.  Nothing is kept but a place and a few blocks, so
 * a transfer costs the same however long its file.
 */
#ifndef TFTPD_TFTP_SOURCE_H
#define TFTPD_TFTP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file is read with pread and never mapped: it may shrink while it is open.
 * body and fd are borrowed. */
struct tftp_source {
	const uint8_t	*body;		/* or NULL: */
	int		 fd;
	uint64_t	 len;
	bool		 netascii;
	bool		 goes_on;	/* worth memory for what comes next */

	uint8_t		*ahead;		/* read before it is asked for */
	uint64_t	 ahead_off;
	size_t		 ahead_len;
};

/* Bytes read ahead at most: in lock-step the cost of a block would else be
 * that of a system call.  Less than half at a time comes that way. */
#define TFTP_AHEAD	16384

/* Let go of what was read ahead. */
void	tftp_source_clear(struct tftp_source *s);

/* A place in the bytes as they go out; zeroed: the start. */
struct tftp_place {
	uint64_t	off;		/* of the source */
	bool		half;		/* CR of the byte at off is out */
};

#define TFTP_BLOCKS_MAX	64	/* of one tftp_source_blocks */

/*
 * n blocks of octets from off on into buf, block i at i * stride; len bytes in
 * all, so the last may be short.  At most one system call for a file, few when
 * it goes_on.  False when the file has shrunk or cannot be read.
 */
bool	tftp_source_blocks(struct tftp_source *s, uint64_t off, uint8_t *buf,
	    size_t stride, size_t blksize, size_t n, size_t len);

/*
 * The next bytes of netascii, at most max, and *at behind them.  Fewer only at
 * the end.  -1 when the file has shrunk or cannot be read.
 */
int64_t	tftp_source_netascii(const struct tftp_source *s,
	    struct tftp_place *at, uint8_t *buf, size_t max);

#endif
