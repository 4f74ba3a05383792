/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A session of capfd without phone and writer, for tests and fuzzing: after
 * each step what must always hold is checked (abort()), whatever was said.
 */
#ifndef TESTS_SESSION_LAB_H
#define TESTS_SESSION_LAB_H

#include "capfd/session.h"

struct session_lab {
	struct session		 s;
	struct session_do	 d;		/* of the last step */
	struct session_now	 now;
	struct session_ops	 ops;
	uint8_t			 out[CAPF_MSG_MAX];
	struct capf_msg		 said;		/* to the phone, borrows out */
	int			 prove, issue, trusted;	/* what these return */
	const uint8_t		*lsc;		/* what is issued */
	size_t			 lsclen;
	uint8_t			 password[16];	/* as the writer got it */

	unsigned		 asks[WIRE_END + 1];
	bool			 asked;		/* and not answered */
	bool			 told_ok;	/* WIRE_END said so */
	bool			 ended;		/* the phone was told */
	bool			 may_ok;	/* it has confirmed */
	bool			 go;		/* the writer said CAPF_GO */
};

/* Says the first message.  elsewhere: another CA issues. */
void	session_lab_start(struct session_lab *l, uint32_t id, bool elsewhere);
void	session_lab_stop(struct session_lab *l);

void	session_lab_say(struct session_lab *l, const uint8_t *buf, size_t len);
/* The writer's answer; task is taken. */
void	session_lab_answer(struct session_lab *l, int code,
	    const struct capf_task *t);
void	session_lab_ca(struct session_lab *l, bool issued);
/* The signer may have the key now. */
void	session_lab_sign(struct session_lab *l);
void	session_lab_cut(struct session_lab *l);

#endif
