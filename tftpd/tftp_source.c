/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a TFTP transfer sends, see tftp_source.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tftpd/tftp_source.h"

#define READ_MAX	4096	/* of a file at a time, for netascii */

/* Take what was read off the front of v; the rest is still to come. */
static void
advance(struct iovec **v, int *n, size_t got)
{
	while (*n > 0 && got >= (*v)->iov_len) {
		got -= (*v)->iov_len;
		++*v;
		--*n;
	}
	if (*n > 0) {
		(*v)->iov_base = (uint8_t *)(*v)->iov_base + got;
		(*v)->iov_len -= got;
	}
}

static bool
read_all(int fd, struct iovec *v, int n, uint64_t off)
{
	ssize_t got;

	advance(&v, &n, 0);	/* an empty block at the end */
	while (n > 0) {
		got = preadv(fd, v, n, (off_t)off);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		off += (size_t)got;
		advance(&v, &n, (size_t)got);
	}
	return true;
}

void
tftp_source_clear(struct tftp_source *s)
{
	free(s->ahead);
	s->ahead = NULL;
	s->ahead_len = 0;
}

/* Fill what is read ahead from off on.  A failure is no harm: whether the
 * bytes that are wanted now are there is found out without. */
static bool
fill_ahead(struct tftp_source *s, uint64_t off)
{
	size_t room = s->len < TFTP_AHEAD ? (size_t)s->len : TFTP_AHEAD;
	size_t n = s->len - off < room ? (size_t)(s->len - off) : room;
	struct iovec v;

	s->ahead_len = 0;
	if (s->ahead == NULL && (s->ahead = malloc(room)) == NULL)
		return false;
	v = (struct iovec){ s->ahead, n };
	if (!read_all(s->fd, &v, 1, off))
		return false;
	s->ahead_off = off;
	s->ahead_len = n;
	return true;
}

/* len bytes from off on in memory, or NULL. */
static const uint8_t *
in_memory(struct tftp_source *s, uint64_t off, size_t len)
{
	if (s->body != NULL)
		return s->body + off;
	if (!s->goes_on || len == 0 || len > TFTP_AHEAD / 2)
		return NULL;
	if ((off < s->ahead_off || off + len > s->ahead_off + s->ahead_len) &&
	    !fill_ahead(s, off))
		return NULL;
	return s->ahead + (off - s->ahead_off);
}

bool
tftp_source_blocks(struct tftp_source *s, uint64_t off, uint8_t *buf,
    size_t stride, size_t blksize, size_t n, size_t len)
{
	const uint8_t *p = in_memory(s, off, len);
	struct iovec v[TFTP_BLOCKS_MAX];

	for (size_t i = 0; i < n; i++) {
		size_t part = len < blksize ? len : blksize;

		if (p != NULL) {
			memcpy(buf + i * stride, p, part);
			p += part;
		}
		v[i] = (struct iovec){ buf + i * stride, part };
		len -= part;
	}
	return p != NULL || read_all(s->fd, v, (int)n, off);
}

/* Some bytes of the source at off: in *p, from room or where they are. */
static size_t
look(const struct tftp_source *s, uint64_t off, uint8_t *room,
    const uint8_t **p)
{
	uint64_t left = s->len - off;
	size_t n = left < READ_MAX ? (size_t)left : READ_MAX;
	struct iovec v = { room, n };

	if (s->body != NULL) {
		*p = s->body + off;
		return n;
	}
	*p = room;
	return read_all(s->fd, &v, 1, off) ? n : 0;
}

/* Translate n bytes at p as far as there is room; the bytes that went out. */
static size_t
translate(struct tftp_place *at, const uint8_t *p, size_t n, uint8_t *buf,
    size_t max)
{
	size_t in = 0, out = 0;

	while (in < n && out < max) {
		bool line = p[in] == '\n', cr = p[in] == '\r';

		if ((line || cr) && !at->half) {
			buf[out++] = '\r';
			at->half = true;
			continue;
		}
		buf[out++] = cr ? '\0' : p[in];
		at->half = false;
		in++;
	}
	at->off += in;
	return out;
}

int64_t
tftp_source_netascii(const struct tftp_source *s, struct tftp_place *at,
    uint8_t *buf, size_t max)
{
	uint8_t room[READ_MAX];
	const uint8_t *p;
	size_t n, done = 0;

	while (done < max && at->off < s->len) {
		if ((n = look(s, at->off, room, &p)) == 0)
			return -1;
		done += translate(at, p, n, buf + done, max - done);
	}
	return (int64_t)done;
}
