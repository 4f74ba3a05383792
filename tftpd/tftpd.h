/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tftpd: trust lists, configurations and static files for phones over TFTP,
 * HTTP and HTTPS.
 */
#ifndef TFTPD_TFTPD_H
#define TFTPD_TFTPD_H

#include "db/rows.h"
#include "net/addr.h"
#include "proc/proc.h"
#include "trust/node.h"
#include "trust/stats.h"

/* The node's own loopback addresses, 127.0.0.1 and ::1. */
#define TFTPD_ADDRS_MAX	(NODE_NAMES_MAX + 2)

/* Kinds of ports that speak HTTP; from TFTPD_HTTPS on, under TLS. */
enum { TFTPD_HTTP, TFTPD_HTTPS, TFTPD_HTTPS2, TFTPD_NWEB };

/* What the parent prepares and the engine inherits: fds[loop] each. */
struct tftpd_listen {
	int	udp[PROC_LOOPS_MAX];
	int	web[TFTPD_NWEB][PROC_LOOPS_MAX];
};

struct tftpd {
	char			 node[NODE_NAME_MAX + 1];	/* its name */
	struct tftpd_listen	 listen[TFTPD_ADDRS_MAX];
	size_t			 nlisten;
	unsigned		 loops;		/* fds in each of listen */
	struct signer		*signer;	/* signer process only */
	struct keyring		*cred;		/* K-cred; parent and engine */
	struct writer		*writer;	/* writer process only */
	int			 writerfd;	/* engine: to it, or -1 */
	struct stats		*stats;		/* parent and engine */
	int			 rcvbuf;	/* bytes, of a UDP socket */
};

/*
 * Which addresses to listen on for a node with these names: if all its
 * addresses are loopback ones, those and 127.0.0.1 and ::1; else every
 * address of the machine.  have_ip6: this machine speaks IPv6.  addrs holds
 * TFTPD_ADDRS_MAX, ports are 0.
 */
size_t	tftpd_addresses(const struct row_node_name *names, size_t nnames,
	    bool have_ip6, struct net_addr *addrs);

int	tftpd_main(int argc, char **argv);

#endif
