/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How many transfers and connections there may be, in all and per address,
 * over all loops of the process.
 */
#ifndef TFTPD_ADMIT_H
#define TFTPD_ADMIT_H

#include "net/addr.h"

struct admit;

/* Bounds are set by admit_set and admit_set_http; until then nobody is let
 * in.  NULL with e filled: ERR_NOMEM or no random bytes. */
struct admit	*admit_new(struct err *e);
void		 admit_free(struct admit *a);

/* Transfers over TFTP. */
void		 admit_set(struct admit *a, size_t max_total,
		    size_t max_per_ip);
bool		 admit_enter(struct admit *a, const struct net_addr *peer);
void		 admit_leave(struct admit *a, const struct net_addr *peer);
/* Nobody is let in now, whatever the address. */
bool		 admit_full(struct admit *a);

/* Connections over HTTP and HTTPS: the count for net/http.h, as old as a. */
void		 admit_set_http(struct admit *a, size_t max_total,
		    size_t max_per_ip);
struct net_count *admit_http(struct admit *a);

#endif
