/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The state folder of a node: phonetrust.db, observed.db, master.key (0600),
 * tftp/, cache/, run/.
 */
#ifndef PROC_STATE_H
#define PROC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define STATE_DEFAULT	"/var/lib/phonetrust"
#define STATE_ENV	"PHONETRUST_STATE"
#define STATE_USER	"phonetrust"
#define STATE_DB	"phonetrust.db"	/* a folder with it holds a node */

/* --state's value if given, else $PHONETRUST_STATE, else the default. */
const char	*state_path(const char *option);

/*
 * The account engines run as: user phonetrust, else nobody (*fallback set).
 * When this process is not root: its own uid and gid, *same set.
 */
struct state_user {
	uid_t	uid;
	gid_t	gid;
	bool	fallback;	/* no user phonetrust: nobody */
	bool	same;		/* not root: nothing is dropped */
};
int	state_user(struct state_user *u, struct err *e);

/*
 * Make the folder (or take an existing empty one) and its sub-folders with
 * owner and modes: folder, tftp/ and run/ 0750 root:group of the engine user,
 * who reads there; cache/ 0750 and owned by the engine user.  When not root,
 * all belongs to this user, 0700.  Returns the open folder.  ERR_EXISTS when
 * it already holds a node, ERR_REFUSED when it is not empty, else ERR_DENIED
 * or ERR_IO; each text names the cure, and nothing is left of the attempt.
 */
int	state_create(const char *path, int *dirfd, struct err *e);

/*
 * Give a file made in the folder its place: owner root or the engine user,
 * the engine user's group (when not root: as it is), and mode.
 */
int	state_own_file(int dirfd, const char *name, mode_t mode,
	    bool engine_owned, struct err *e);

/*
 * Open an initialised folder.  ERR_BADSTATE: "... is not initialised: run
 * ctltool --state ... node init".
 */
int	state_open(const char *path, int *dirfd, struct err *e);

/*
 * Read master.key: exactly len bytes, refused (ERR_DENIED) when readable or
 * writable by group or others, or not owned by this user or root; the text
 * says chmod 600.  ERR_NOTFOUND, ERR_PROTO (another length), ERR_IO.
 */
int	state_master_key(int dirfd, uint8_t *key, size_t len, struct err *e);

/* Write it, 0600, never over an existing one (ERR_EXISTS). */
int	state_master_key_write(int dirfd, const uint8_t *key, size_t len,
	    struct err *e);

/* --- who runs: run/NAME.lock, held by the daemon's parent for its life --- */

/* Take the lock and write the pid into it; *fd keeps it.  ERR_BUSY names the
 * pid that holds it. */
int	run_lock(int dirfd, const char *name, int *fd, struct err *e);

/* The pid that holds run/NAME.lock, 0 when none does, or -1 with errno when
 * this account may not see it.  Takes no lock. */
pid_t	run_pid(int dirfd, const char *name);

#endif
