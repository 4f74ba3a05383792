/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of messages over TLS (net/msg.h) in a thread, with a golden
 * certificate, for tests of those who ask one.
 */
#ifndef TESTS_MSG_LAB_H
#define TESTS_MSG_LAB_H

#include <pthread.h>

#include "certs/tls.h"
#include "net/msg.h"

/* The answer to a message, of any bytes; negative: the connection ends. */
typedef int	msg_lab_fn(void *arg, const uint8_t *buf, size_t len,
		    uint8_t *out, size_t *outlen);

struct msg_lab {
	struct net_addr		 addr;	/* where it listens */
	msg_lab_fn		*fn;
	void			*arg;
	/* Its own: */
	struct msg_def		 def;
	struct loop		*loop;
	struct msg_server	*server;
	struct net_count	*count;
	struct cert		*cert;
	struct signer		*signer;
	struct tls_keys		*keys;
	struct ssl_ctx_st	*ctx;
	int			 fd;
	pthread_t		 thread;
	bool			 halted;
};

/* cert: of keys/NAME.pem; max and need as of struct msg_def. */
void	msg_lab_start(struct msg_lab *l, const char *cert, size_t max,
	    int (*need)(const uint8_t *, size_t, size_t *, struct err *),
	    msg_lab_fn *fn, void *arg);
/* Of any definition, which is copied. */
void	msg_lab_start_def(struct msg_lab *l, const char *cert,
	    const struct msg_def *def, const struct msg_limits *lim,
	    void *arg);
/* Its thread is over; all else stays until msg_lab_stop. */
void	msg_lab_halt(struct msg_lab *l);
void	msg_lab_stop(struct msg_lab *l);

/* A listening socket on this machine, which nobody serves. */
int	msg_lab_listen(struct net_addr *a);

#endif
