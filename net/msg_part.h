/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the server of messages and its talks share, see msg.c and msg_talk.c.
 */
#ifndef NET_MSG_PART_H
#define NET_MSG_PART_H

#include "net/msg.h"
#include "net/serv.h"

enum msg_state {		/* what it waits for, see serv.h */
	ST_SHAKE = SERV_WAIT_SHAKE,
	ST_IDLE,		/* the next message has not begun */
	ST_PART,		/* the rest of one */
	ST_SEND,

	/* of talks */
	ST_REPLY,		/* as ST_IDLE */
	ST_LONG,		/* the same, longer than others */
	ST_HOLD,		/* msg_go */
	ST_CLOSE,		/* all is said; the peer closes as well */
};

enum msg_want {
	WANT_READ,
	WANT_WRITE,
	WANT_NOTHING,	/* of the socket */
	WANT_NEXT,	/* see whether the buffer holds another message */
	WANT_MORE,	/* read what polling would not show */
	WANT_CLOSE,
};

struct msg_conn {
	struct serv_conn	 base;
	struct msg_server	*server;
	enum msg_state		 state;
	bool			 up;		/* its handshake is over */
	bool			 eof;		/* the peer sends no more */
	struct serv_in		 in;
	uint8_t			*out;		/* what could not go at once */
	size_t			 outlen;
	struct msg_step		 step;		/* of a talk: the last */
	struct msg_peer		 peer;
};

struct msg_server {
	struct serv		 base;
	struct msg_limits	 lim;
	const struct msg_def	*def;
	struct serv_ops		 ops;
	void			*arg;
	uint8_t			*out;		/* of a turn */
	char			*in;
	char			 why[192];	/* of who is being dropped */
};

/* --- msg.c --- */

static inline bool
msg_is_talk(const struct msg_conn *c)
{
	return c->server->def->talk != NULL;
}

/* What has come is read into the server's buffer, until msg_conn_apply. */
void	msg_conn_begin(struct msg_conn *c);
/* Do what it wants; c may be gone afterwards. */
void	msg_conn_apply(struct msg_conn *c, enum msg_want want);
/* In one write, which is one TLS record: some phones read no answer that
 * comes in two.  What the peer does not take is kept. */
enum msg_want	 msg_conn_send(struct msg_conn *c, const uint8_t *buf,
		    size_t len);
/* It ends before its time. */
enum msg_want	 msg_conn_drop(struct msg_conn *c, const char *why);

/* --- msg_talk.c --- */

/* Wait in that state for as long as the last step said. */
void	msg_talk_wait(struct msg_conn *c, enum msg_state to);
/* The program's next step, for the message of len bytes that is next in the
 * buffer, or 0: that the connection is up. */
enum msg_want	 msg_talk(struct msg_conn *c, size_t len);
/* What was to be sent of a step is on its way. */
enum msg_want	 msg_talk_sent(struct msg_conn *c);
/* What comes after the last word is read, so that closing is no reset, and
 * dropped. */
enum msg_want	 msg_talk_closing(struct msg_conn *c);

#endif
