/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one loop of tftpd listens on (trust/listen_serve.h).
 */
#ifndef TFTPD_PLACES_H
#define TFTPD_PLACES_H

#include "tftpd/tftp_server.h"
#include "tftpd/web.h"
#include "trust/listen_serve.h"

struct places;

/* For loop number loop of the set; all is borrowed and outlives it. */
struct places	*places_new(struct listen_set *set, unsigned loop,
		    struct tftp_server *tftp, struct web *web,
		    struct err *e);

/* As listen_serve_sync. */
int		 places_sync(struct places *p, int64_t now_ms, struct err *e);

/* After the servers; lets go of the sockets. */
void		 places_free(struct places *p);

#endif
