/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one loop of a daemon listens on, kept in step with the process's set of
 * sockets (listen_set.h).  All calls on the loop's thread.
 */
#ifndef TRUST_LISTEN_SERVE_H
#define TRUST_LISTEN_SERVE_H

#include "trust/listen_set.h"

/*
 * A socket that is not wanted any more is served for so long: what waits in it
 * gets its answer.  Longer than the second that the kernel keeps a connection
 * back which has sent nothing yet (net/serv.c).
 */
#define LISTEN_LINGER_MS	1500

struct listen_hooks {
	/* Begin to serve on fd, a listener of that kind. */
	int	(*serve)(void *arg, enum node_port kind, int fd,
		    struct err *e);
	/* No longer: what is under way may go on without the socket. */
	void	(*end)(void *arg, enum node_port kind, int fd);
	/* With each sync: let go of what has ended meanwhile. */
	void	(*tidy)(void *arg);
	void	*arg;
};

struct listen_serve;

/* For loop number loop of the set, which is borrowed; *hooks is copied, what
 * its arg is outlives it. */
struct listen_serve	*listen_serve_new(struct listen_set *set,
			    unsigned loop, const struct listen_hooks *hooks,
			    struct err *e);

/*
 * Serve on what is new in the set, and end what has lingered.  On failure
 * there are sockets that nobody reads: the process must end.
 */
int			 listen_serve_sync(struct listen_serve *p,
			    int64_t now_ms, struct err *e);

/* After the servers; lets go of the sockets. */
void			 listen_serve_free(struct listen_serve *p);

#endif
