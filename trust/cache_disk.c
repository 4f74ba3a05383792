/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signatures on disk, see cache_disk.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rd.h"
#include "base/wr.h"
#include "crypt/digest.h"
#include "trust/cache_disk.h"

#define MAGIC		0x50545331	/* "PTS1" */
#define SET_BYTES	(CACHE_DISK_SLOT * CACHE_DISK_WAYS)
#define QUEUE_MAX	4096	/* slots waiting: 4 MiB */

struct job {
	struct job	*next;
	uint8_t		 key[CACHE_KEY_LEN];
	uint8_t		 slot[CACHE_DISK_SLOT];
};

struct cache_disk {
	int		 fd;
	pthread_t	 writer;
	bool		 told;		/* writer only: a failed write */
	pthread_mutex_t	 lock;		/* of what follows */
	pthread_cond_t	 wake;
	struct job	*first, **last;
	size_t		 queued;
	bool		 stop;
};

/* --- slots --- */

bool
cache_slot_parse(struct cache_slot *s, const uint8_t slot[CACHE_DISK_SLOT])
{
	struct rd r = rd_init(slot, CACHE_DISK_SLOT);
	uint8_t digest[DIGEST_SHA256_LEN];
	const uint8_t *sum;
	size_t end;

	if (rd_u32(&r) != MAGIC)
		return false;
	s->written = rd_u64(&r);
	s->key = rd_bytes(&r, CACHE_KEY_LEN);
	s->len = rd_u16(&r);
	s->head = rd_bytes(&r, s->len);
	end = rd_pos(&r);
	sum = rd_bytes(&r, sizeof(digest));
	return r.err == ERR_OK && s->len > 0 &&
	    digest_buf(DIGEST_SHA256, slot, end, digest, NULL) == ERR_OK &&
	    memcmp(digest, sum, sizeof(digest)) == 0;
}

int
cache_slot_build(const struct cache_slot *s, uint8_t slot[CACHE_DISK_SLOT],
    struct err *e)
{
	struct wr w = wr_init(CACHE_DISK_SLOT);
	uint8_t digest[DIGEST_SHA256_LEN];
	int ret;

	wr_u32(&w, MAGIC);
	wr_u64(&w, s->written);
	wr_bytes(&w, s->key, CACHE_KEY_LEN);
	wr_u16(&w, (uint16_t)s->len);
	wr_bytes(&w, s->head, s->len);
	if (w.err != ERR_OK || s->len == 0 || s->len > CACHE_DISK_HEAD_MAX)
		ret = err_set(e, ERR_LIMIT, "a header of %zu bytes", s->len);
	else if ((ret = digest_buf(DIGEST_SHA256, w.buf, w.len, digest, e)) ==
	    ERR_OK) {
		wr_bytes(&w, digest, sizeof(digest));
		memset(slot, 0, CACHE_DISK_SLOT);
		memcpy(slot, w.buf, w.len);
	}
	wr_clear(&w);
	return ret;
}

static off_t
set_offset(const uint8_t key[CACHE_KEY_LEN])
{
	size_t set = (key[4] | (size_t)key[5] << 8) % CACHE_DISK_SETS;

	return (off_t)(set * SET_BYTES);
}

/* What lies behind the end of the file is empty. */
static bool
read_set(int fd, off_t off, uint8_t set[SET_BYTES])
{
	ssize_t n;

	memset(set, 0, SET_BYTES);
	do
		n = pread(fd, set, SET_BYTES, off);
	while (n == -1 && errno == EINTR);
	return n != -1;
}

/* --- writing --- */

/* The key's own slot, else an empty or broken one, else the oldest. */
static size_t
choose(const uint8_t set[SET_BYTES], const uint8_t *key)
{
	uint64_t oldest = UINT64_MAX;
	struct cache_slot s;
	size_t best = 0;

	for (size_t i = 0; i < CACHE_DISK_WAYS; i++) {
		if (!cache_slot_parse(&s, set + i * CACHE_DISK_SLOT))
			s.written = 0;
		else if (memcmp(s.key, key, CACHE_KEY_LEN) == 0)
			return i;
		if (s.written < oldest) {
			oldest = s.written;
			best = i;
		}
	}
	return best;
}

static void
write_job(struct cache_disk *d, const struct job *j)
{
	off_t off = set_offset(j->key);
	uint8_t set[SET_BYTES];
	struct err e = { 0 };
	ssize_t n = -1;

	if (read_set(d->fd, off, set))
		n = pwrite(d->fd, j->slot, sizeof(j->slot), off +
		    (off_t)(choose(set, j->key) * CACHE_DISK_SLOT));
	if (n != -1 || d->told)
		return;
	d->told = true;
	(void)err_sys(&e, ERR_IO, CACHE_DISK_FILE
	    ": signatures will have to be made again after a restart");
	log_err(LOG_WARNING, "cache.disk", &e);
}

static void *
writer_main(void *arg)
{
	struct cache_disk *d = arg;
	struct job *j;

	(void)pthread_mutex_lock(&d->lock);
	while (d->first != NULL || !d->stop) {
		if ((j = d->first) == NULL) {
			(void)pthread_cond_wait(&d->wake, &d->lock);
			continue;
		}
		if ((d->first = j->next) == NULL)
			d->last = &d->first;
		d->queued--;
		(void)pthread_mutex_unlock(&d->lock);
		write_job(d, j);
		free(j);
		(void)pthread_mutex_lock(&d->lock);
	}
	(void)pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* --- */

static int
open_file(int statefd, struct err *e)
{
	struct stat st;
	int fd = openat(statefd, CACHE_DISK_FILE,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);

	if (fd == -1) {
		(void)err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    CACHE_DISK_FILE " of the state folder: signatures are "
		    "kept in memory only; make cache/ again, owned by the "
		    "daemon's user");
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	(void)close(fd);
	(void)err_set(e, ERR_IO, CACHE_DISK_FILE " is not a regular file: "
	    "signatures are kept in memory only; remove it");
	return -1;
}

struct cache_disk *
cache_disk_new(int statefd, struct err *e)
{
	struct cache_disk *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		(void)err_set(e, ERR_NOMEM, CACHE_DISK_FILE);
		return NULL;
	}
	d->last = &d->first;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_cond_init(&d->wake, NULL);
	if ((d->fd = open_file(statefd, e)) == -1)
		goto fail;
	if (pthread_create(&d->writer, NULL, writer_main, d) != 0) {
		(void)err_set(e, ERR_NOMEM, "thread of " CACHE_DISK_FILE);
		(void)close(d->fd);
		goto fail;
	}
	return d;
fail:
	(void)pthread_cond_destroy(&d->wake);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
	return NULL;
}

void
cache_disk_free(struct cache_disk *d)
{
	if (d == NULL)
		return;
	(void)pthread_mutex_lock(&d->lock);
	d->stop = true;
	(void)pthread_cond_signal(&d->wake);
	(void)pthread_mutex_unlock(&d->lock);
	(void)pthread_join(d->writer, NULL);
	(void)close(d->fd);
	(void)pthread_cond_destroy(&d->wake);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

size_t
cache_disk_find(struct cache_disk *d, const uint8_t key[CACHE_KEY_LEN],
    uint8_t head[CACHE_DISK_HEAD_MAX])
{
	uint8_t set[SET_BYTES];
	struct cache_slot s;

	if (!read_set(d->fd, set_offset(key), set))
		return 0;
	for (size_t i = 0; i < CACHE_DISK_WAYS; i++) {
		if (!cache_slot_parse(&s, set + i * CACHE_DISK_SLOT) ||
		    memcmp(s.key, key, CACHE_KEY_LEN) != 0 ||
		    s.len > CACHE_DISK_HEAD_MAX)
			continue;
		memcpy(head, s.head, s.len);
		return s.len;
	}
	return 0;
}

void
cache_disk_put(struct cache_disk *d, const uint8_t key[CACHE_KEY_LEN],
    const void *head, size_t len)
{
	struct cache_slot s = { .key = key, .head = head, .len = len,
	    .written = (uint64_t)clock_wall_s(clock_system()) };
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL || cache_slot_build(&s, j->slot, NULL) != ERR_OK) {
		free(j);
		return;
	}
	memcpy(j->key, key, sizeof(j->key));
	(void)pthread_mutex_lock(&d->lock);
	if (d->queued < QUEUE_MAX) {
		*d->last = j;
		d->last = &j->next;
		d->queued++;
		j = NULL;
		(void)pthread_cond_signal(&d->wake);
	}
	(void)pthread_mutex_unlock(&d->lock);
	free(j);
}
