/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tftpd: trust lists, configurations and static files for phones over TFTP,
 * HTTP and HTTPS.
 */
#ifndef TFTPD_TFTPD_H
#define TFTPD_TFTPD_H

#include "trust/daemon.h"
#include "trust/stats.h"

/* Kinds of ports that speak HTTP; from TFTPD_HTTPS on, under TLS. */
enum { TFTPD_HTTP, TFTPD_HTTPS, TFTPD_HTTPS2, TFTPD_NWEB };

struct tftpd {
	struct daemon		 d;		/* first */
	struct keyring		*cred;		/* K-cred; parent and engine */
	struct writer		*writer;	/* writer process only */
	int			 writerfd;	/* engine: to it, or -1 */
	struct stats		*stats;		/* parent and engine */
	int			 rcvbuf;	/* bytes, of a UDP socket */
};

int	tftpd_main(int argc, char **argv);

#endif
