/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The other side of net/msg.h: a connection over TLS on which messages go out
 * and an answer to each comes back, within a loop.
 */
#ifndef NET_MSG_CLIENT_H
#define NET_MSG_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/loop.h"
#include "net/tls.h"

struct msg_client_def {
	size_t		 max;		/* bytes of an answer */
	/* As of struct msg_def. */
	int	(*need)(const uint8_t *buf, size_t len, size_t *need,
		    struct err *e);
	/* Is this the server?  Nothing is sent to another one. */
	tls_peer_fn	*peer;
	/*
	 * code ERR_OK: the answer to what was sent last; another message may
	 * be sent.  Else the connection is of no more use: ERR_UNREACHABLE
	 * (nobody there), ERR_TIMEOUT, ERR_VERIFY (peer said no), ERR_PROTO,
	 * ERR_IO (it ended), ERR_NOMEM; why says so to people.  Called once
	 * for each message; the client may be freed within.
	 */
	void	(*answer)(void *arg, int code, const char *why,
		    const uint8_t *buf, size_t len);
};

struct msg_client;

/*
 * Connect to addr (SIGPIPE is ignored by the program); def, l and ctx (tls_client_ctx) are borrowed.  Failures of
 * the connection are the answer to the first message.  NULL: ERR_LIMIT (no
 * descriptor left), ERR_NOMEM, ERR_IO.
 */
struct msg_client *msg_client_new(struct loop *l, const struct net_addr *addr,
		    struct ssl_ctx_st *ctx, const struct msg_client_def *def,
		    void *arg, struct err *e);

/*
 * Send a message, which is copied, as soon as there is a connection; its
 * answer must be there within ms from now.  One at a time.  ERR_NOMEM: answer
 * is not called.
 */
int		 msg_client_send(struct msg_client *c, const uint8_t *buf,
		    size_t len, int64_t ms, struct err *e);

/*
 * For a server that speaks first, and messages without an answer: put sends
 * one after those that were put before; expect waits ms for the next message,
 * which goes to answer as that to a message sent does.  While none is
 * expected nothing is read.  ERR_NOMEM of put: nothing is sent.
 */
int		 msg_client_put(struct msg_client *c, const uint8_t *buf,
		    size_t len, struct err *e);
void		 msg_client_expect(struct msg_client *c, int64_t ms);

/* n bytes go out in a write, which is a TLS record of its own; 0: all that
 * waits. */
void		 msg_client_pieces(struct msg_client *c, size_t n);

/* Say that nothing more comes: close_notify. */
void		 msg_client_finish(struct msg_client *c);

/* Ends the connection; no call is made.  What was put may not have gone yet,
 * if the server takes nothing. */
void		 msg_client_free(struct msg_client *c);

#endif
