/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones that nobody added, on their way from a loop of the engine to the
 * writer process (trust/autoreg.h).  What would be refused there is not sent;
 * what does not fit is dropped and counted, as phones ask again.
 */
#ifndef TFTPD_UNKNOWN_H
#define TFTPD_UNKNOWN_H

#include "base/seldom.h"
#include "net/addr.h"
#include "trust/autoreg.h"

struct unknown {
	int			 fd;		/* to the writer, or -1; borrowed */
	struct autoreg_conf	 conf;
	struct seldom	 dropped;
};

/* The parameters, which may have changed. */
void	unknown_tune(struct unknown *u, struct db *db, const char *node);

/* There was no configuration for device, which peer asked for. */
void	unknown_asked(struct unknown *u, const char *device,
	    const struct net_addr *peer);

#endif
