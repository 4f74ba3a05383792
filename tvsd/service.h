/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One question, one answer: from the bytes of a request to those of what the
 * phone gets, with a log line and an observation.  One per loop.
 */
#ifndef TVSD_SERVICE_H
#define TVSD_SERVICE_H

#include "base/clock.h"
#include "net/msg.h"
#include "trust/vouch_chain.h"
#include "tvsd/asks.h"

struct service;

/* All are borrowed.  Opens a database connection: call on the loop's
 * thread. */
struct service	*service_new(int statefd, const char *node,
		    struct vouch_stores *stores, const struct clock *clk,
		    struct asks *a, struct err *e);
void		 service_free(struct service *s);

/* For msg_server_new, whose arg is the service. */
extern const struct msg_def service_msg;

/* Its connection, for reading on the same thread. */
struct db	*service_db(struct service *s);

/* Has the database changed since the last call? */
bool		 service_changed(struct service *s);

/* Hand on what waits: a few times a second. */
void		 service_flush(struct service *s);

#endif
