/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one loop listens on, kept in step with the process's set of sockets
 * (trust/listen_set.h).
 */
#ifndef TFTPD_PLACES_H
#define TFTPD_PLACES_H

#include "tftpd/tftp_server.h"
#include "tftpd/web.h"

/*
 * A socket that is not wanted any more is served for so long: what waits in it
 * gets its answer.  Longer than the second that the kernel keeps a connection
 * back which has sent nothing yet (net/http_server.c).
 */
#define PLACES_LINGER_MS	1500

struct places;

/* For loop number loop of the set; all is borrowed and outlives it. */
struct places	*places_new(struct listen_set *set, unsigned loop,
		    struct tftp_server *tftp, struct web *web,
		    struct err *e);

/*
 * Serve on what is new in the set, and end what has lingered.  On failure
 * there are sockets that nobody reads: the process must end.
 */
int		 places_sync(struct places *p, int64_t now_ms, struct err *e);

/* After the servers; lets go of the sockets. */
void		 places_free(struct places *p);

#endif
