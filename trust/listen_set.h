/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The listening sockets of a daemon, made anew while it runs when parameters
 * change (proc/proc.h has the processes):
 *
 *   keeper   sees the change and sends the parent what is wanted
 *            (listen_watch_look)
 *   parent   opens and closes sockets, for it may be root (listen_set_told),
 *            sends them to the engine, and writes run/NAME.listen
 *   engine   takes them (listen_set_take); its loops hold what they serve on
 *            (listen_set_hold), so none is closed under them
 *
 * A kind of listener keeps its old sockets until all its new ones are there,
 * and those of single addresses when every address is wanted.
 * A daemon says its kinds, gives listen_set_told to proc and listen_watch_look
 * to its keeper.
 */
#ifndef TRUST_LISTEN_SET_H
#define TRUST_LISTEN_SET_H

#include "proc/proc.h"
#include "trust/listen_plan.h"

#define LISTEN_RETRY_MS	2000	/* for what cannot be had */

/* One place, a socket for each loop.  Constant while held. */
struct listen_sock {
	uint32_t		 id;
	struct listen_place	 place;
	int			 fds[PROC_LOOPS_MAX];

	unsigned		 refs;		/* under the set's lock */
	bool			 settled;	/* was wanted, with all of its
						 * kind */
	bool			 wanted;	/* now */
};
#define LISTEN_SOCKS_MAX	(2 * LISTEN_PLACES_MAX)

struct listen_set;

/* kinds is borrowed; name is the daemon's. */
struct listen_set *listen_set_new(const char *name,
		    const struct listen_kind *kinds, size_t nkinds,
		    unsigned loops, struct err *e);
/* Closes what nobody holds any more; NULL is fine. */
void		 listen_set_free(struct listen_set *s);

/*
 * Parent, before anything is forked: open all that node db says, or nothing.
 * ERR_BUSY, ERR_DENIED, ERR_IO: text says the parameter to change.
 */
int		 listen_set_open(struct listen_set *s, int statefd,
		    struct db *db, const char *node, struct err *e);

/* Parent: proc's parent_told, see there. */
int		 listen_set_told(struct listen_set *s, struct proc *p,
		    const void *msg, size_t len, int64_t *again_ms,
		    struct err *e);

/* Parent, at the end: run/NAME.listen goes. */
void		 listen_set_finish(struct listen_set *s, int statefd);

/* --- keeper --- */

struct listen_watch {
	int			 parentfd;
	const char		*node;
	const struct listen_kind *kinds;
	size_t			 nkinds;
	struct listen_plan	 last;		/* sent; zeroed to begin with */
};

/* The database may have changed: tell the parent what is wanted, if that is
 * another thing.  False (logged): it could not be read or sent. */
bool		 listen_watch_look(struct listen_watch *w, struct db *db);

/* --- engine --- */

/*
 * Take a message of the parent from fd, if there is one.  False when it is
 * closed, or what came could not be taken: then the parent knows sockets that
 * this process does not have, and it should end.
 */
bool		 listen_set_take(struct listen_set *s, int fd);

/* Counts changes; any thread. */
unsigned	 listen_set_version(struct listen_set *s);

/* All there are now, each held, at most LISTEN_SOCKS_MAX; any thread. */
size_t		 listen_set_hold(struct listen_set *s,
		    struct listen_sock *socks[LISTEN_SOCKS_MAX]);
/* Whoever lets go last closes it; any thread. */
void		 listen_sock_release(struct listen_set *s,
		    struct listen_sock *k);

/* --- run/NAME.listen --- */

enum listen_state {
	LISTEN_OPEN,
	LISTEN_KEPT,		/* in place of what failed */
	LISTEN_FAILED,
};

struct listen_row {
	enum listen_state	 state;
	struct listen_place	 place;
	char			 why[256];	/* LISTEN_FAILED */
};

extern const char *const listen_state_name[];	/* "open", ... */

#define LISTEN_ROWS_MAX	(LISTEN_SOCKS_MAX + LISTEN_PLACES_MAX)

/*
 * Read it for daemon name.  *rows is the caller's (free()).  ERR_NOTFOUND,
 * ERR_DENIED, ERR_PROTO.
 */
int		 listen_rows_read(int statefd, const char *name,
		    struct listen_row **rows, size_t *n, struct err *e);
/* The text of it; rows holds LISTEN_ROWS_MAX. */
int		 listen_rows_parse(const char *text, struct listen_row *rows,
		    size_t *n, struct err *e);

#endif
