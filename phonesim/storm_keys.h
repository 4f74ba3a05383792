/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys for the phones of a storm.  Each phone would make its own while the
 * others do theirs; here threads do it, as many as the process may use
 * processors, at a low priority, so that the loop goes on answering.
 */
#ifndef PHONESIM_STORM_KEYS_H
#define PHONESIM_STORM_KEYS_H

#include "certs/key.h"
#include "net/loop.h"

struct storm_keys;
struct storm_key_job;

/* From the loop.  k is the callee's; NULL: none could be made. */
typedef void	storm_key_fn(void *arg, struct key *k);

/*
 * dir is a folder of keys by the name of the phone, made when missing: what is
 * there is taken, what is made goes there.  NULL: none.
 */
struct storm_keys *storm_keys_new(struct loop *l, const char *dir,
		    struct err *e);
/* Waits for those that are in the making; fn is called no more. */
void		 storm_keys_free(struct storm_keys *ks);

/* The first asked for is the first begun.  NULL: no memory. */
struct storm_key_job *storm_keys_ask(struct storm_keys *ks, enum key_type t,
		    const char *device, storm_key_fn *fn, void *arg);
/* fn is not to be called.  NULL is fine; not once fn was called. */
void		 storm_keys_drop(struct storm_key_job *j);

#endif
