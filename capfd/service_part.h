/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the service share, see service.h.
 */
#ifndef CAPFD_SERVICE_PART_H
#define CAPFD_SERVICE_PART_H

#include <sys/queue.h>

#include "capfd/service.h"
#include "capfd/session.h"
#include "capfd/tuning.h"

#define SERVICE_BUCKETS		1024
#define SERVICE_CA_LOOK_MS	250	/* has a CA elsewhere issued? */

struct talk {
	LIST_ENTRY(talk)	 asked;		/* by number, or awaiting a CA
						 * or the signer */
	bool			 listed;
	struct service		*service;
	struct msg_conn		*conn;		/* NULL: it is over */
	uint32_t		 nr;		/* of the question */
	int64_t			 began_ms, asked_ms, ca_until_ms;
	struct session		 session;
};
LIST_HEAD(talks, talk);

struct service {
	struct service_conf	 conf;
	struct db		*db;
	struct desk_port	*port;
	struct loop_io		*answers;
	struct loop_timer	*ca_timer;
	struct lsc_issuer	*issuer;
	uint8_t			 ca[DIGEST_SHA256_LEN];	/* its certificate */
	struct tuning_watch	 watch;
	struct anchors_loop	*anchors;	/* for what phones show */
	struct tuning		 tuning;
	struct session_ops	 ops;
	bool			 draining;
	struct talks		 asked[SERVICE_BUCKETS];
	struct talks		 at_ca;
	uint8_t			 out[CAPF_MSG_MAX];	/* outside of turns */
};

struct session_now	service_now(const struct service *s);

/* The parameters as they are now. */
int	service_read_tuning(struct service *s, struct err *e);
/* Read them again if they have changed: the loop looks a few times a second
 * only. */
void	service_look_now(struct service *s);

/* Of no list any more: what it waited for is there, or will not be. */
void	talk_unlist(struct talk *t);

/* What its session is to do; may free it. */
void	talk_go_on(struct talk *t, struct session_do *d);

void	talk_free(struct talk *t);

#endif
