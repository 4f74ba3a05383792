/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of a session share.  See session.h.
 */
#ifndef CAPFD_SESSION_PART_H
#define CAPFD_SESSION_PART_H

#include "capfd/session.h"

/* --- session_step.c: what is to be done --- */

void	session_enter(struct session *s, enum session_state to);
/* The first reason stands. */
void	session_say_why(struct session *s, const char *why);

/* m, and the phone's answer in state next. */
void	session_read_next(struct session *s, struct capf_msg *m,
	    enum session_state next, struct session_do *d);
/* A question for the writer, and its answer in state next. */
void	session_ask(struct session *s, enum wire_kind kind,
	    enum session_state next, const struct session_now *now,
	    struct session_do *d);

/* The last word. */
void	session_end(struct session *s, enum capf_reason reason,
	    struct session_do *d);
/* The writer is told of what it knows to be under way. */
void	session_tell_failed(struct session *s, const struct session_now *now,
	    struct session_do *d);
/* Both. */
void	session_fail(struct session *s, const char *why,
	    const struct session_now *now, struct session_do *d);
/* The same, where the phone did what cannot go well. */
void	session_refuse(struct session *s, const char *why,
	    const struct session_now *now, struct session_do *d);
/* It said no itself. */
void	session_fail_by_phone(struct session *s, const struct capf_msg *m,
	    const char *what, const struct session_now *now,
	    struct session_do *d);

/* --- what a phone says: session_hello.c, session_key.c, session_cert.c --- */

typedef void	session_message_fn(struct session *s,
		    const struct capf_msg *m, const struct session_now *now,
		    struct session_do *d);

session_message_fn	session_on_hello, session_on_key, session_on_stored,
			session_on_fetched, session_on_deleted;

/* REQUEST IN PROGRESS: any number of them, within the time that a key may
 * take. */
void	session_on_progress(struct session *s, const struct session_now *now,
	    struct session_do *d);

/* --- and what it is told --- */

/* To make a key: EC only for who knows of it. */
void	session_install(struct session *s, const struct session_now *now,
	    struct session_do *d);
/* To store its certificate. */
void	session_store(struct session *s, struct session_do *d);

#endif
