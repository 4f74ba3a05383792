/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The backend of both transports: bytes from trust/files.h, a log line and
 * an observation for every request.  One per loop.
 */
#ifndef TFTPD_STORE_H
#define TFTPD_STORE_H

#include "db/keyring.h"
#include "tftpd/observe.h"
#include "tftpd/serve.h"
#include "tftpd/tuning.h"
#include "trust/cache.h"

struct store;

/* channel to the signer process is taken over, also on failure; statefd, c
 * (shared by all loops) and o are borrowed.  Opens a database connection: call on the loop's thread. */
struct store	*store_new(int statefd, const char *node, int channel,
		    struct file_cache *c, struct observe *o, struct err *e);
void		 store_free(struct store *s);

/* Where unknown phones are told of (tftpd/unknown.h); -1: nowhere. */
void		 store_unknown(struct store *s, int writerfd);

struct serve_backend	store_backend(struct store *s);

/* As file_store_set_keyring. */
void	store_set_keyring(struct store *s, const struct keyring *kr);

/* Hand on the observations that wait: a few times a second. */
void	store_flush(struct store *s);

/* The loop's channel to the signer process. */
struct signer	*store_signer(struct store *s);

/* Its connection, for reading parameters on the same thread. */
struct db	*store_db(struct store *s);

/* True, with *t filled anew, when parameters may have changed since the last
 * call.  What cannot be read is logged and leaves things as they are. */
bool		 store_tuning(struct store *s, struct tuning *t);

#endif
