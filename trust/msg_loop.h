/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop of a daemon that speaks messages over TLS (net/msg.h) with the
 * active certificate of its unit: listeners that come and go, the signer's
 * channel, certificate and parameters that change while it runs, and its end.
 * What it says is the program's.  All calls on the loop's own thread but where it says so.
 */
#ifndef TRUST_MSG_LOOP_H
#define TRUST_MSG_LOOP_H

#include "certs/tls.h"
#include "net/addr.h"
#include "net/msg.h"
#include "proc/proc.h"
#include "trust/listen_set.h"
#include "trust/own.h"

/* How long what is under way gets once told to stop; the rest of
 * PROC_DRAIN_MS is for ending in order. */
#define MSG_LOOP_DRAIN_MS	(PROC_DRAIN_MS - 2000)

struct msg_tuning {		/* from the daemon's parameters */
	enum tls_floor		 floor;
	bool			 static_rsa;
	size_t			 max, max_per_address;	/* connections */
	struct msg_limits	 limits;
};

struct msg_loop_def {
	/* Names of log events: parameters that cannot be read; no key for the
	 * certificate; connections that an end cut. */
	const char		*unread, *keyless, *cut;
	enum own_unit		 unit;
	const struct msg_def	*msg;
	/* A connection of the loop's, for reading. */
	struct db	*(*db)(void *arg);
	/* Has the database changed since the last call? */
	bool		 (*changed)(void *arg);
	/* Read the parameters: at the start and after changes. */
	int		 (*tune)(void *arg, struct msg_tuning *t,
			    struct err *e);
	/* This certificate is used from now on, and its key is here.  May be
	 * NULL. */
	int		 (*use)(void *arg, const struct own *own,
			    struct err *e);
	/* A few times a second.  Negative: it cannot go on.  May be NULL. */
	int		 (*look)(void *arg, struct err *e);
	/* From now on nothing new comes: what is under way should not wait
	 * for long.  May be NULL. */
	void		 (*drain)(void *arg);
};

struct msg_loop_conf {		/* borrowed, all of it */
	const struct msg_loop_def *def;
	const char		*node;
	struct listen_set	*listen;
	struct net_count	*count;		/* of connections */
	const uint8_t		*ticket_keys;	/* TLS_TICKET_KEYS; NULL: no
						 * tickets */
};

struct msg_loop;

/* channel, to the signer, is taken over, also on failure. */
struct msg_loop	*msg_loop_new(const struct msg_loop_conf *c, int channel,
		    struct err *e);
struct loop	*msg_loop_loop(struct msg_loop *l);
struct signer	*msg_loop_signer(struct msg_loop *l);

/* For loop i: from now on it listens, and either of stopfds tells it to
 * drain.  arg is def's, msg_arg that of def->msg. */
int		 msg_loop_begin(struct msg_loop *l, void *arg, void *msg_arg,
		    unsigned i, const int stopfds[2], struct err *e);
int		 msg_loop_run(struct msg_loop *l, struct err *e);

/* Ends all connections: before what args name is freed.  NULL is fine for
 * both. */
void		 msg_loop_end(struct msg_loop *l);
void		 msg_loop_free(struct msg_loop *l);

/* From another thread: a channel to another signer, taken over. */
void		 msg_loop_rekey(struct msg_loop *l, int channel);

#endif
