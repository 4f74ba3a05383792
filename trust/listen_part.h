/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What listen_set.c and listen_open.c share.
 */
#ifndef TRUST_LISTEN_PART_H
#define TRUST_LISTEN_PART_H

#include <pthread.h>

#include "trust/listen_set.h"

struct listen_missing {
	struct listen_place	 place;
	bool			 ours;		/* a socket of ours has it */
	char			 why[ERR_MSG_MAX];
};

struct listen_set {
	const char		*name;
	const struct listen_kind *kinds;
	size_t			 nkinds;
	unsigned		 loops;
	pthread_mutex_t		 lock;		/* of what follows */
	struct listen_sock	*sock[LISTEN_SOCKS_MAX];
	size_t			 n;
	unsigned		 version;

	/* parent only */
	struct listen_plan	 plan;
	uint32_t		 last_id;
	struct listen_missing	 missing[LISTEN_PLACES_MAX];
	size_t			 nmissing;
	struct listen_missing	 before[LISTEN_PLACES_MAX];	/* logged */
	size_t			 nbefore;
};

/* Parent to engine: a new one with its descriptors, or id's end without. */
struct listen_order {
	uint32_t		 id;
	struct listen_place	 place;
};

int	listen_order_add(int fd, const struct listen_sock *k, unsigned loops,
	    struct err *e);
int	listen_order_drop(int fd, uint32_t id, struct err *e);

/* fds are taken over unless false. */
bool	listen_set_add(struct listen_set *s, uint32_t id,
	    const struct listen_place *at, const int *fds);
void	listen_set_drop(struct listen_set *s, size_t i);

#endif
