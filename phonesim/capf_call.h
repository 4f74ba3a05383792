/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's CAPF session (sim_capf.h) with one server over the network.
 */
#ifndef PHONESIM_CAPF_CALL_H
#define PHONESIM_CAPF_CALL_H

#include "net/loop.h"
#include "phonesim/sim_capf.h"
#include "trust/accept.h"

/* For each message of the server's, the first one with connection and
 * handshake: it may sign, and wait for a CA elsewhere. */
#define CAPF_CALL_MS	60000

struct ssl_ctx_st;
struct capf_call;

/*
 * The session is over, or it was: ERR_OK, what came of it is in the session;
 * ERR_UNREACHABLE, ERR_TIMEOUT, before the server's first message: there is
 * none; ERR_VERIFY: it is not the phone's server; ERR_NOMEM, ERR_IO of the
 * phone's own.  May free the call.
 */
typedef void	capf_call_fn(void *arg, int code, const char *why);

/* A key is to be made: capf_call_key() is to be called. */
typedef void	capf_call_key_fn(void *arg, enum key_type t);

struct capf_call_request {
	const struct accept_phone *phone;	/* whose server it must be;
						 * copied, but not its lists;
						 * NULL: any will do */
	const struct config_server *server;
	struct sim_capf		*session;	/* has begun; borrowed */
	capf_call_fn		*fn;		/* once, from the loop */
	capf_call_key_fn	*key;	/* NULL: keys are made at once */
	void			*arg;
	struct accept_verdict	*v;	/* of the server; borrowed */
};

/* As tvs_call_new. */
struct capf_call *capf_call_new(struct loop *l, struct ssl_ctx_st *ctx,
		    const struct capf_call_request *q, struct err *e);
/* k is taken over; NULL: it cannot be made. */
void		 capf_call_key(struct capf_call *c, struct key *k);
void		 capf_call_free(struct capf_call *c);

/* The same, waiting for the end; fn, key and arg are not used. */
int		 capf_call_wait(const struct capf_call_request *q,
		    struct err *e);

#endif
