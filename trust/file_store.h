/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the parts of the file store share: files.c (store, dispatch),
 * file_list.c, file_config.c, file_enc.c, file_copy.c, file_default.c,
 * file_static.c, file_sign.c.
 */
#ifndef TRUST_FILE_STORE_H
#define TRUST_FILE_STORE_H

#include <sys/stat.h>

#include "crypt/digest.h"
#include "db/rows.h"
#include "trust/cache.h"
#include "trust/file_open.h"
#include "trust/files.h"
#include "trust/own.h"
#include "trust/phone_file.h"
#include "trust/profile.h"
#include "trust/render_env.h"

#define SUFFIX_SGN	".sgn"
#define SUFFIX_ENC	".enc.sgn"
#define TOLD_MAX	128	/* warnings remembered so as not to repeat */

struct file_store {
	char			 node[NODE_NAME_MAX + 1];
	int			 statefd;	/* borrowed */
	struct signer		*signer;	/* borrowed, or NULL */
	struct file_cache	*cache;		/* borrowed, or NULL */
	struct db		*db;
	struct file_roots	*roots;
	enum digest_alg		 digest;	/* of .sgn files */
	struct own		 own;		/* signs them; cert NULL: none */
	const struct keyring	*kr;		/* borrowed, or NULL */
	struct render_servers	 servers;
	struct render_loads	 loads;
	bool			 mixed;		/* the cluster's mode */
	bool			 symmetric;	/* files.symmetric_encryption */
	struct profile_base	*profiles;
	int64_t			 profiles_seq;	/* newest change that
						 * profiles know of */
	bool			 profiles_old;	/* one of them changed */
	char			 realm[REALM_MAX + 1];	/* of phones */
	bool			 others;	/* there are phones whose name
						 * is no address */
	bool			 autoreg;	/* XMLDefault is served */
	int64_t			 autoreg_at;	/* when that was set */
	int64_t			 generation;	/* of the database: number of
						 * its newest change */
	struct blob		*list[FILE_CTL + 1];	/* as read last, or
							 * NULL */
	uint8_t			 told[TOLD_MAX][DIGEST_SHA256_LEN];
	size_t			 ntold;		/* counts on: a ring */
	bool			 changed;	/* not yet told to the caller */
	bool			 unread;	/* the database, when it changed */
};

/* Within a read transaction: what was read before it is read again if it is
 * older than this view of the database. */
int	store_refresh(struct file_store *fs, struct err *e);

/* A warning that would come with every request is given once per name. */
void	store_warn_once(struct file_store *fs, const char *event,
	    const char *name, const char *why);

/* May phones be here whose name is no address? */
bool	store_has_others(const struct file_store *fs);

/* Open a static file; what an administrator should know is told once. */
int	store_open(struct file_store *fs, const char *name, int *fd,
	    struct stat *st, struct err *e);

/* The answer takes b or fd over. */
void	store_answer(struct file_answer *a, struct blob *b);
void	store_answer_fd(struct file_answer *a, int fd, const struct stat *st);

bool	store_ends(const char *s, const char *suffix);	/* in any case */

/* One file per kind of name; *a has its name. */
int	store_list(struct file_store *fs, const char *kind,
	    struct file_answer *a, struct err *e);
int	store_config(struct file_store *fs, struct file_answer *a,
	    struct err *e);
int	store_default(struct file_store *fs, struct file_answer *a,
	    struct err *e);
int	store_static(struct file_store *fs, struct file_answer *a,
	    struct err *e);

/* What all phones' files depend on, as read last. */
struct phone_file_base	store_base(const struct file_store *fs);

/*
 * A phone's encrypted file (file_enc.c), named and then made: f says what it
 * is encrypted with.  The same bytes on every node and after a restart, so
 * that a phone can go on elsewhere.  The content is not kept.
 * ERR_BADSTATE: nothing to sign with, or to open secrets with.
 */
struct store_enc {
	const struct phone_file		*file;
	const struct phone_file_base	*base;
	const char			*name;	/* SEP....cnf.xml.enc.sgn */
};
int	store_enc_key(struct file_store *fs, const struct store_enc *x,
	    uint8_t key[CACHE_KEY_LEN], struct err *e);
int	store_enc(struct file_store *fs, const struct store_enc *x,
	    const uint8_t key[CACHE_KEY_LEN], struct blob **b,
	    struct err *e);

/*
 * A file among the static ones in whose path a phone here is named, while that
 * phone's file is to be encrypted: it may be what the file was before, in
 * whatever folder and signed how often.  Nothing in it says that it is not,
 * but for pictures, unless the phone's own configuration sends it there
 * (file_copy.c).
 */
bool	store_is_stale_config(struct file_store *fs,
	    const struct file_name *n);

/* Does a content look like a phone's configuration?
 * buf ends in a NUL that is not counted. */
bool	store_is_copy(const uint8_t *buf, size_t len);

/* A trust list on disk is never served. */
bool	store_is_list(const char *path);
int	store_no_list(struct file_store *fs, const struct file_name *n,
	    struct err *e);

/*
 * The signed form of a content, whose SHA-256 is known before its bytes are:
 * store_sign_key names the result, also after a restart, by everything it
 * depends on; store_sign gives it, from memory, from disk, or signed now.
 * ERR_BADSTATE: nothing to sign with.
 */
struct store_sign {
	const char	*name;		/* for tag 14 */
	int64_t		 changed_at;	/* of the source, for tag 15 */
	const uint8_t	*content;	/* SHA-256 */
};
int	store_can_sign(const struct file_store *fs, const char *name,
	    struct err *e);
uint32_t	store_tag_time(int64_t t);	/* as tag 15 carries it */
int	store_sign_key(struct file_store *fs, const struct store_sign *s,
	    uint8_t key[CACHE_KEY_LEN], struct err *e);
int	store_sign(struct file_store *fs, const struct store_sign *s,
	    const uint8_t key[CACHE_KEY_LEN], const uint8_t *payload,
	    size_t len, struct blob **b, struct err *e);

#endif
