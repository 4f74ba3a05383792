/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The files of a lab (sim_lab.h) over TFTP, without options, and HTTP on this
 * machine, from a thread of its own: for storms, which open connections.
 */
#ifndef TESTS_SIM_SERVER_H
#define TESTS_SIM_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "net/addr.h"
#include "tests/sim_lab.h"

struct sim_server {
	struct lab		*lab;	/* unchanged while it serves */
	struct net_addr		 tftp, http;
	int			 signal;	/* sent to this process at the
						 * first request; 0: none */
	bool			 silent;
	atomic_uint		 requests;
	/* Its own: */
	pthread_t		 thread;
	int			 udp, tcp, stop[2];
	const struct lab_file	*sent[65536];	/* to this port, by TFTP */
};

/* lab, signal and silent are set. */
void	sim_server_start(struct sim_server *s);
void	sim_server_stop(struct sim_server *s);

#endif
