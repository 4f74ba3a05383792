/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A laboratory for the TFTP server: it runs over loopback sockets in a thread,
 * with files and reports of the test's own; the test is the phone.
 */
#ifndef TESTS_TFTP_LAB_H
#define TESTS_TFTP_LAB_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/loop.h"
#include "tftpd/tftp_server.h"

#define LAB_REPORTS_MAX	2048
#define LAB_LARGE	100000		/* bytes of file "large" */
#define LAB_SHRINKING	100000		/* of "shrinks", at first */
#define LAB_NFILES	4

struct lab_file {
	const char	*name;
	size_t		 len;
};

/* A report of the server, with what had been asked for until then. */
struct lab_noted {
	uint64_t bytes;
	bool	 complete, ours;
	char	 name[256], result[24], why[96];
	int	 gets;
};

/* The server and what it told; all test-wide. */
struct tftp_lab {
	struct loop		*loop;
	struct tftp_server	*srv;
	struct admit		*admit;
	struct loop_io		*call_io;
	int			 fd, callfd[2];
	struct net_addr		 addr;
	pthread_t		 thread;
	atomic_int		 gets, released;
	pthread_mutex_t		 lock;
	pthread_cond_t		 changed;
	struct lab_noted	 reports[LAB_REPORTS_MAX];
	size_t			 nreports;
	int			 shrinking;	/* fd of file "shrinks" */
	struct stats		*stats;		/* of one loop */
	struct stats_counters	*c;		/* its */
};

extern struct tftp_lab		 lab;
extern const struct xfer_conf	 lab_conf;	/* no timer runs */
extern const struct lab_file	 lab_files[LAB_NFILES];
extern uint8_t			 lab_content[LAB_LARGE];	/* of all */

/* A checked fixture. */
void	lab_setup(void);
void	lab_teardown(void);

/* Serve on any port of ip; 100 transfers are admitted. */
void	lab_start(const char *ip, const struct xfer_conf *c);
void	lab_stop(void);

/* fn runs on the server's thread; returns when it has. */
void	lab_call(void (*fn)(void));

/* Report number i, waited for. */
struct lab_noted	lab_report(size_t i);

/* --- the phone --- */

struct phone {
	int		fd;
	struct net_addr	server;		/* where requests go */
	struct net_addr	tid;		/* where the last packet came from */
};

struct phone	phone_to(const char *ip);
struct phone	phone_new(void);	/* to 127.0.0.1 */

void	phone_put(const struct phone *p, const struct net_addr *to,
	    const void *buf, size_t len);
void	phone_ask_as(const struct phone *p, const char *name,
	    const char *mode, struct tftp_opts o);
void	phone_ask(const struct phone *p, const char *name);	/* tsize */
void	phone_ack(const struct phone *p, uint16_t block);

/* Whether a packet comes within ms; the next one, which must come; it is valid
 * until the next call. */
bool		phone_heard(const struct phone *p, int ms);
struct tftp_msg	phone_hear(struct phone *p);
void		phone_hear_error(struct phone *p, enum tftp_code code,
		    const char *text);

/* From DATA 1, which is m, to the end. */
void	phone_take(struct phone *p, struct tftp_msg m, size_t len,
	    size_t blksize);

#endif
