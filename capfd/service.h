/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The sessions of one loop (session.h) on their connections, with what they
 * need: the writer's answers, the CA's key behind the signer, the database for
 * reading, the clock.  All calls on the loop's thread.
 */
#ifndef CAPFD_SERVICE_H
#define CAPFD_SERVICE_H

#include "base/clock.h"
#include "capfd/desk.h"
#include "certs/cert.h"
#include "certs/sign.h"
#include "net/msg.h"
#include "trust/anchors.h"
#include "trust/msg_loop.h"

struct service_conf {		/* all borrowed */
	int			 statefd;
	const char		*node;
	struct desk		*desk;
	struct anchors		*anchors;
	const struct clock	*clk;
	struct loop		*loop;
	struct signer		*signer;
};

struct service;

/* Opens a database connection. */
struct service	*service_new(const struct service_conf *c, struct err *e);
/* After the connections. */
void		 service_free(struct service *s);

/* For msg_server_new, whose arg is the service. */
extern const struct msg_def service_msg;

/* For struct msg_loop_def. */
struct db	*service_db(struct service *s);
bool		 service_changed(struct service *s);
int		 service_tune(struct service *s, struct msg_tuning *t,
		    struct err *e);
/* This certificate issues from now on; it is not kept. */
int		 service_use(struct service *s, const struct cert *ca,
		    struct err *e);
int		 service_look(struct service *s, struct err *e);
/* Sessions wait for the writer for SERVICE_DRAIN_MS at most. */
#define SERVICE_DRAIN_MS	1000
void		 service_drain(struct service *s);

#endif
