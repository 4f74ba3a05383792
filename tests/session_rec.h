/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Recorded sessions of a phone, said again up to some message, and a writer
 * that agrees.
 */
#ifndef TESTS_SESSION_REC_H
#define TESTS_SESSION_REC_H

#include "tests/capf_data.h"
#include "tests/session_lab.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

struct vector {
	const char		*file;
	struct capf_task	 task;
	const char		*string;	/* as the writer gets it */
};

#define NVECTORS	8

#define WHOLE	5	/* the first so many do something */

extern struct session_lab lab;
extern struct capf_session rec;
extern const struct vector vectors[NVECTORS];
extern const struct vector *const rsa;
extern const struct vector *const ec;

/* What was issued then, so that the bytes are the same. */
void	start(const struct vector *v);
void	stop(void);

/* The writer agrees. */
void	agree(const struct vector *v);

/* Up to message n; all the writer is asked is agreed to. */
void	replay(const struct vector *v, size_t n);
void	declined(void);

#endif
