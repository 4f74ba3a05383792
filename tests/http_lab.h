/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTP server in a thread, for tests that play its clients over real
 * sockets.  What it serves:
 *
 *	/echo/TEXT	TEXT
 *	/big		BIG bytes of memory, tag "v1"
 *	/file		the same from a file that tests may change
 *	/small		the first SMALL bytes of that file
 *	/proc		64 bytes of a file that sendfile refuses
 *	/empty		nothing, well
 *	/count		how many connections there are
 *	/turned-away	how many the limits have turned away
 *	/drain		"draining", and it does
 *	/nothing	a handler that does nothing
 */
#ifndef TESTS_HTTP_LAB_H
#define TESTS_HTTP_LAB_H

#include <check.h>
#include <pthread.h>

#include "net/http.h"

#define PATIENCE_MS	60000	/* a test that waits longer has failed */
#define SHORT_MS	150	/* injected deadlines */
#define BIG		(16u << 20)
#define SMALL		3000

extern struct lab {
	struct loop		*loop;
	struct http_server	*server;
	struct net_count	*count;		/* 100 in all and per address */
	struct net_addr		 addr;
	int			 listenfd, filefd;
	pthread_t		 thread;
	uint8_t			*big;
	char			 file[64];

	pthread_mutex_t		 lock;		/* of what follows */
	unsigned		 ndone;
	uint64_t		 sent;		/* of the last reply */
	bool			 complete;
	unsigned		 nprogress;
	uint64_t		 progress;	/* the last told */
} lab;

extern const struct http_limits wide;

int64_t	now_ms(void);

/* Checked fixture; tests call lab_start, or lab_make and then lab_run. */
void	lab_set_up(void);
void	lab_tear_down(void);
void	lab_make(const struct http_limits *lim);
void	lab_run(void);
void	lab_start(const struct http_limits *lim);
void	lab_stop(void);		/* the loop is the caller's until lab_run */

/* A test case of s with that fixture. */
TCase	*lab_tcase(Suite *s, const char *name);
int	lab_main(Suite *s);

/* Wait until n replies are over. */
void	wait_done(unsigned n);

/* --- a client --- */

int	dial(void);
void	say(int fd, const char *text);
void	ask(int fd, const char *path);
void	ask_with(int fd, const char *path, const char *field);

/* Up to and with the empty line; "" when the connection has ended. */
void	hear_head(int fd, char *out, size_t outlen);
size_t	length_of(const char *head);

/* At most max bytes, less when the connection ends. */
size_t	hear(int fd, uint8_t *buf, size_t max);
void	expect_end(int fd);

/* The next reply has this status and body. */
void	expect(int fd, int status, const char *body);

/* Someone is let in, sooner or later. */
void	expect_in(void);

#endif
