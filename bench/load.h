/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of tftpload share: the plan of a run as its options gave it,
 * the files that phones ask for, the phones, and what was counted.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/err.h"

#define LOAD_FILES_MAX	64
#define LOAD_NAME_MAX	127
#define LOAD_BEGINS_MAX	32
#define LOAD_PACKET_MAX	10240	/* bytes of a datagram */
#define LOAD_BATCH	64	/* datagrams read at a time */

/* Numbers are int64_t and words char *: the table of options fills them. */
struct load_plan {
	const char	*host;
	int64_t		 port;
	const char	*root;
	const char	*files;		/* names below root, or NULL: */
	const char	*first;		/* names counted up from this one, */
	const char	*suffix;	/* this behind each of them; */
	const char	*begins;	/* they begin so, in hexadecimal */
	int64_t		 clients;
	int64_t		 transfers;
	int64_t		 warmup;	/* transfers before, not measured */
	int64_t		 blksize;
	int64_t		 windowsize;	/* 0: do not ask */
	int64_t		 tsize;		/* 1: ask */
	int64_t		 timeout_s;	/* 0: do not ask */
	int64_t		 loss_ppm;	/* of the datagrams, both ways */
	int64_t		 rto_ms;
	int64_t		 max_s;
	int64_t		 seed;
};

/*
 * Fill p from the command line, defaults for what is not given.  False: *code
 * is what to exit with, after --help or a word on stderr of what is wrong.
 */
bool	load_plan_parse(struct load_plan *p, int argc, char **argv, int *code);

struct load_file {
	const char	*name;
	const uint8_t	*data;		/* NULL: not known, see begins */
	size_t		 len;		/* not known: what tsize says */
};

struct load_files {
	size_t		 n;		/* 0: names are counted up */
	char		*names;		/* those of file[], owned */
	struct load_file file[LOAD_FILES_MAX];
	char		 head[LOAD_NAME_MAX + 1];
	int		 digits;
	uint64_t	 first;
	const char	*suffix;
	uint8_t		 begins[LOAD_BEGINS_MAX];
	size_t		 nbegins;
};

/* Read the plan's files, or learn how to count names. */
int	load_files_open(struct load_files *f, const struct load_plan *p,
	    struct err *e);
void	load_files_close(struct load_files *f);

/* What transfer nr asks for; buf is where a counted name goes. */
struct load_file load_file_of(const struct load_files *f, uint64_t nr,
	    char buf[LOAD_NAME_MAX + 1]);

struct load_phone {
	int		 fd;		/* -1: no more to do */
	bool		 answered;	/* connected to the server's port */
	bool		 gap_told;	/* the ACK for a lost block was sent */
	struct load_file file;
	char		 name[LOAD_NAME_MAX + 1];
	size_t		 blksize;	/* as granted */
	unsigned	 windowsize;
	unsigned	 unacked;	/* blocks since the last ACK */
	uint64_t	 last;		/* last block in order, not cut */
	int		 retries;
	int64_t		 nr;		/* of the transfer */
	int64_t		 start_ns;
	int64_t		 heard_ns;
};

/* What a run came to; only measured transfers count in the first three. */
struct load_count {
	int64_t		 ok;
	int64_t		 bytes;
	int64_t		*took_ns;	/* of each that is ok */
	int64_t		 started;
	int64_t		 finished;
	int64_t		 timeouts;
	int64_t		 protocol;	/* errors of the server */
	int64_t		 wrong;		/* bytes that the file has not */
	int64_t		 resent;
	int64_t		 gaps;
	int64_t		 lost_in;
	int64_t		 lost_out;
	int64_t		 received;
	int64_t		 begin_ns;	/* of what is measured */
	double		 begin_cpu_s;
};

struct load {
	struct load_plan	 plan;
	struct load_files	 files;
	struct sockaddr_in	 server;
	int			 ep;
	struct load_phone	*phone;		/* plan.clients of them */
	struct load_count	 count;
	uint64_t		 luck;
	struct mmsghdr		 msg[LOAD_BATCH];
	struct iovec		 iov[LOAD_BATCH];
	uint8_t			 buf[LOAD_BATCH][LOAD_PACKET_MAX];
};

/* Processor seconds of this process. */
double	load_cpu_s(void);

int64_t	load_now_ns(void);

/* The next transfer of a phone; none left: its fd is -1. */
int	load_phone_start(struct load *l, struct load_phone *p, struct err *e);

/* Something can be read.  Errors are those of starting the next transfer. */
int	load_phone_readable(struct load *l, struct load_phone *p,
	    struct err *e);

/* Nothing heard for the plan's rto_ms: ask again, or give up. */
int	load_phone_silent(struct load *l, struct load_phone *p, int64_t now_ns,
	    struct err *e);

#endif
