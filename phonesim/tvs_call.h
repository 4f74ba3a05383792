/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One request to one TVS server over the network.
 */
#ifndef PHONESIM_TVS_CALL_H
#define PHONESIM_TVS_CALL_H

#include "net/addr.h"
#include "net/loop.h"
#include "phonesim/sim.h"

#define TVS_CALL_MS	5000	/* connection, handshake and answer */

struct ssl_ctx_st;
struct tvs_call;

/* a is borrowed, its code as of sim_tvs_fn. */
typedef void	tvs_call_fn(void *arg, const struct sim_answer *a);

struct tvs_call_request {
	const struct accept_phone *phone;	/* whose server it must be;
						 * copied, but not its lists;
						 * NULL: any will do */
	const struct config_server	*server;
	const uint8_t		*request;	/* copied */
	size_t			 requestlen;
	tvs_call_fn		*fn;	/* once, from the loop; may free it */
	void			*arg;
};

/*
 * Within l; ctx (tls_client_ctx) is borrowed.  A host name is looked up before
 * this returns.  NULL: fn is not called; ERR_UNREACHABLE, ERR_LIMIT (no
 * descriptor left), ERR_NOMEM, ERR_IO.
 */
struct tvs_call	*tvs_call_new(struct loop *l, struct ssl_ctx_st *ctx,
		    const struct tvs_call_request *q, struct err *e);
void		 tvs_call_free(struct tvs_call *c);

/* The same, waiting for the answer; fn and arg are not used.  *buf is the
 * caller's (free()). */
int	tvs_call_wait(const struct tvs_call_request *q, uint8_t **buf,
	    size_t *len, struct err *e);

/* The first address of a host name, or the one that host is.
 * ERR_UNREACHABLE. */
int	tvs_call_resolve(const char *host, uint16_t port, struct net_addr *a,
	    struct err *e);

#endif
