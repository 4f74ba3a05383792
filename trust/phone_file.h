/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * All that one phone's files are made of, read at one moment: its settings,
 * the administrator's own XML, sealed secrets, and the key that its file is
 * encrypted for.
 */
#ifndef TRUST_PHONE_FILE_H
#define TRUST_PHONE_FILE_H

#include "certs/cert.h"
#include "db/rows_plain.h"
#include "trust/capf.h"
#include "trust/device_key.h"
#include "trust/render_env.h"
#include "trust/sealed.h"

/* What one file of a phone holds. */
enum phone_file_what {
	PHONE_FILE_NONE,	/* there is no such file */
	PHONE_FILE_WHOLE,	/* secrets and all */
	PHONE_FILE_BARE,	/* whole, but without secrets */
	PHONE_FILE_STUB,	/* what leads to the encrypted one */
};

/* What the content of an encrypted file may be sealed with. */
enum phone_key_kind {
	PHONE_KEY_NONE,
	PHONE_KEY_LSC,
	PHONE_KEY_MIC,
	PHONE_KEY_SYMMETRIC,
};
const char	*phone_key_kind_name(enum phone_key_kind k);	/* "lsc" */

/* What a phone's file may carry, in this order. */
enum phone_file_secret {
	FILE_SECRET_DIGEST,
	FILE_SECRET_PHONE,
	FILE_SECRET_SSH,
	FILE_SECRET_SYMMETRIC,		/* not carried: the key of the file */
	FILE_SECRET_N
};

struct phone_file {
	struct phone_effective	 phone;
	struct row_phone_file	 own;		/* xml NULL: none */
	struct {
		uint8_t	*sealed;		/* NULL: none */
		size_t	 len;
	} secret[FILE_SECRET_N];
	char			 realm[REALM_MAX + 1];	/* of the digest row */
	struct {
		bool		 has;
		struct row_srst	 row;
		char		*certificate;	/* base64 of its DER; NULL:
						 * not in the file */
	} srst;					/* its SRST reference */
	struct device_key	 key;		/* its certificates */
	struct capf_pending	 pending;
	struct row_phone_plain	 plain;		/* until 0: none now */
	bool			 flagged;	/* the profile asks for an
						 * encrypted file, now */
	enum phone_key_kind	 with;		/* its file would be
						 * encrypted with that */
	enum phone_file_what	 open;		/* the plain and the signed
						 * one are that */
	bool			 encrypted;	/* .enc.sgn is there */
	int64_t			 changed_at;	/* newest of all */
	int64_t			 until;		/* when it is another without
						 * a change; INT64_MAX: never */
};

/* What all phones' files depend on. */
struct phone_file_base {
	const struct render_servers	*servers;
	const struct profile_base	*profiles;
	const char			*realm;		/* sip.station_realm */
	const struct render_loads	*loads;
	bool				 mixed;		/* the cluster */
	bool				 symmetric;	/* parameter files.
							 * symmetric_encryption */
	int64_t				 now;
};

/*
 * Within a read transaction.  Secrets are read, not opened, and only those
 * that a file of the phone would carry.  *f is cleared on failure.  ERR_NOTFOUND: no
 * such phone.
 */
int	phone_file_load(struct phone_file *f, struct db *db,
	    const struct phone_file_base *b, const char *name,
	    struct err *e);
/*
 * Only which files there are, and why; for who tells people, of a phone whose
 * profiles are not read (NULL) or are.  phone_file_clear() it.
 */
int	phone_file_state(struct phone_file *f, struct db *db,
	    const struct profile_base *profiles, const char *name,
	    int64_t now, struct err *e);
void	phone_file_clear(struct phone_file *f);

/* Its part for the accepted certificate c of the phone's SRST reference: into
 * the file, if all conditions hold (srst_missing()), and when that ends. */
int	phone_file_take_srst(struct phone_file *f,
	    const struct phone_file_base *b, const struct cert *c,
	    struct err *e);

/* A name for the bytes: SHA-256 over all that they depend on. */
int	phone_file_key(const struct phone_file *f,
	    const struct phone_file_base *b, enum phone_file_what what,
	    uint8_t key[32], struct err *e);

/*
 * The bytes.  kr may be NULL while no secret has to be opened.
 * ERR_BADSTATE, ERR_VERIFY: a secret cannot be opened; others are
 * render_config()'s.
 */
int	phone_file_render(const struct phone_file *f,
	    const struct phone_file_base *b, const struct keyring *kr,
	    enum phone_file_what what, uint8_t **out, size_t *outlen,
	    struct err *e);

/* The key typed into the phone.  ERR_BADSTATE, ERR_VERIFY as above;
 * ERR_REFUSED: not one for AES-128. */
#define PHONE_SYMMETRIC_LEN	16
int	phone_file_symmetric(const struct phone_file *f,
	    const struct keyring *kr, uint8_t key[PHONE_SYMMETRIC_LEN],
	    struct err *e);

#endif
