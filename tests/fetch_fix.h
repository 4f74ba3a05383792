/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fetching from a server in this process.
 */
#ifndef TESTS_FETCH_FIX_H
#define TESTS_FETCH_FIX_H

#include <pthread.h>

#include "net/fetch.h"
#include "net/http.h"
#include "net/listen.h"

#define MAX	100000

/* A server in a thread: over HTTP ours, over TFTP one answer per name. */
struct lab {
	pthread_t		 thread;
	struct loop		*loop;
	struct http_server	*http;
	struct net_count	*count;
	int			 fd;
	uint16_t		 port;
	const char		*raw;	/* TCP: said to whoever calls */
	char			 asked[600];	/* the last name, or RRQ */
	char			 heard[2000];	/* a whole request */
	size_t			 askedlen;
	uint8_t			 body[MAX];
};

extern struct lab lab;

int	fetch(const char *scheme, const char *host, const char *name,
    const struct fetch_opts *o, uint8_t **buf, size_t *len, struct err *e);
void	expect_body(const char *scheme, const char *name, size_t want,
    long blksize);
void	expect_error(const char *scheme, const char *host, const char *name,
    size_t max, int code);
void	open_socket(enum net_proto proto);
void	set_up(void);

#endif
