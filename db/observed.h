/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * observed.db, node-local: what phones were seen to fetch.  A ring per
 * device, written in batches by the writer thread, never on the path of a
 * reply; losing the last second is allowed.
 */
#ifndef DB_OBSERVED_H
#define DB_OBSERVED_H

#include "db/db.h"
#include "db/rows.h"
#include "db/rows_hash.h"

struct fetch {
	char		 device[65];	/* "" when the name does not tell */
	char		 address[64];	/* without port */
	char		 kind[16];	/* itl, ctl, config, static, ... */
	char		 name[256];	/* as resolved */
	uint8_t		 version[32];	/* sha256 of the bytes served; zero:
					 * not served */
	char		 transport[8];	/* tftp, http, https */
	int64_t		 started_us, completed_us;	/* wall clock; 0: not */
	uint64_t	 bytes;
	char		 result[24];	/* done, not_found, aborted, ... */
};

/* Make the file when it is not there, else migrate it. */
int	observed_create(int dirfd, struct err *e);

/*
 * Which node of the cluster this state folder is.  Put within a transaction
 * on observed.db; ERR_NOTFOUND before the first put.
 */
int	observed_self_put(struct db *db, const char *node, struct err *e);
int	observed_self_get(struct db *db, char out[NODE_NAME_MAX + 1],
	    struct err *e);

struct observed_bounds {
	int64_t	 ring;		/* fetches per device */
	int64_t	 devices;
	/* Is it one of ours?  Names can be invented, so the others are
	 * forgotten first.  NULL: none is. */
	bool	 (*is_phone)(void *arg, const char *device);
	void	*arg;
};

/*
 * Within a transaction on observed.db: add n fetches, oldest first, to the
 * rings of their devices.  Beyond bounds the longest unseen device is
 * forgotten.  A fetch without device is given to the one device that used its
 * address within the hour by its own name, if exactly one did.  Over TFTP only
 * a fetch that the address took bytes of is such a use.  What fails does not
 * keep the rest from being added; the first failure is returned.
 */
#define OBSERVED_ADD_MAX	256	/* n at most */
int	observed_add(struct db *db, const struct fetch *f, size_t n,
	    const struct observed_bounds *b, struct err *e);

/* Newest first; device NULL: all.  *rows is the caller's (free()). */
int	observed_list(struct db *db, const char *device, size_t max,
	    struct fetch **rows, size_t *n, struct err *e);

/* The version of that kind ("itl") which a device took whole last; *has false:
 * none that is remembered. */
int	observed_took(struct db *db, const char *device, const char *kind,
	    uint8_t version[32], bool *has, struct err *e);

/*
 * Did a device take a file of that kind whole, or hear that it has it, in a
 * later second than at?  When its ring went round since, nobody knows, and it
 * counts as taken.
 */
int	observed_fetched_since(struct db *db, const char *device,
	    const char *kind, int64_t at, bool *fetched, struct err *e);

/* When a device last asked for anything, *us 0: never. */
int	observed_seen(struct db *db, const char *device, int64_t *us,
	    struct err *e);

/*
 * What became of an administrator's own configuration that lies among the
 * files (trust/folder.h), as this node judged it last: one row per device.
 */
#define FOLDER_PATH_MAX	4200
#define FOLDER_WHY_MAX	511

enum folder_state {
	FOLDER_USED,		/* it is the phone's configuration */
	FOLDER_BAD,		/* not valid; the last good one is served */
	FOLDER_OLDER,		/* a later command set another one */
	FOLDER_STATE_N
};
extern const char *const folder_state_name[FOLDER_STATE_N];	/* "used", .. */

struct folder_file {
	char		 device[65];
	char		 path[FOLDER_PATH_MAX];	/* as an administrator finds it */
	uint8_t		 sha256[32];	/* of what was judged */
	uint8_t		 used[32];	/* of the one that became the row */
	enum folder_state state;
	char		 why[FOLDER_WHY_MAX + 1];	/* "" when used */
	int64_t		 judged_at;
};

/* put and remove within a transaction; ERR_NOTFOUND where there is none. */
int	observed_folder_put(struct db *db, const struct folder_file *f,
	    struct err *e);
int	observed_folder_get(struct db *db, const char *device,
	    struct folder_file *f, struct err *e);
int	observed_folder_remove(struct db *db, const char *device,
	    struct err *e);
/* In order of device; with faults those that are not used.  Stops when fn
 * returns non-ERR_OK and returns that. */
typedef int	folder_file_fn(void *arg, const struct folder_file *f,
		    struct err *e);
int	observed_folder_each(struct db *db, bool faults, folder_file_fn *fn,
	    void *arg, struct err *e);

/*
 * What the Trust Verification Service was asked: a ring per device.  Who asks
 * names himself, so devices are bounded together, not each known.
 */
#define TVS_ASK_SUBJECT	255
#define TVS_ASKS_MAX	100000		/* of all devices */

struct tvs_ask {
	char		 device[65];	/* as it calls itself; "" it did not */
	char		 address[64];	/* without port */
	bool		 query;		/* by name; else a whole certificate */
	bool		 has_sha256;
	uint8_t		 sha256[32];	/* of the certificate in question */
	char		 subject[TVS_ASK_SUBJECT + 1];	/* cut */
	char		 answer[24];	/* "valid", or why not */
	int64_t		 at_us;
};

/* Within a transaction, oldest first; ring is that of each device.  all: look
 * at TVS_ASKS_MAX too, which takes longer. */
int	observed_ask_add(struct db *db, const struct tvs_ask *a, size_t n,
	    int64_t ring, bool all, struct err *e);

/* Newest first; device NULL: all.  *rows is the caller's (free()). */
int	observed_ask_list(struct db *db, const char *device, size_t max,
	    struct tvs_ask **rows, size_t *n, struct err *e);

/*
 * What the gateway of an SRST reference showed this node last
 * (trust/srst_check.h).
 */
#define SRST_WHY_MAX	319

struct srst_seen {
	char		 name[SRST_NAME_MAX + 1];
	int64_t		 at;
	bool		 has_sha256;
	uint8_t		 sha256[32];	/* of its certificate */
	char		 why[SRST_WHY_MAX + 1];	/* "" or why there was none */
};
/* put within a transaction; ERR_NOTFOUND: never looked at. */
int	observed_srst_put(struct db *db, const struct srst_seen *s,
	    struct err *e);
int	observed_srst_get(struct db *db, const char *name,
	    struct srst_seen *s, struct err *e);

/*
 * Wrong passwords and PINs of a user (trust/user_check.h).  get fills what is
 * behind the key, zeros where there is none; the others within a transaction.
 */
struct user_try {
	enum credential_kind	 kind;
	char			 name[129];
	enum user_what		 what;
	int64_t			 wrong;		/* one after the other */
	int64_t			 since, at;	/* the first, the last */
};
int	observed_try_get(struct db *db, struct user_try *t, struct err *e);
int	observed_try_put(struct db *db, const struct user_try *t,
	    struct err *e);
int	observed_try_clear(struct db *db, const struct user_try *t,
	    struct err *e);
/* All whose last is later than that, together; forget those before. */
int	observed_try_sum(struct db *db, int64_t after, int64_t *wrong,
	    struct err *e);
/* Those after now, of a clock that was ahead: of now. */
int	observed_try_ahead(struct db *db, int64_t now, struct err *e);
int	observed_try_trim(struct db *db, int64_t before, struct err *e);

#endif
