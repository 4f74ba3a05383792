/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * All that one phone's file is made of, read at one moment: its settings, the
 * administrator's own XML, and sealed secrets.
 */
#ifndef TRUST_PHONE_FILE_H
#define TRUST_PHONE_FILE_H

#include "certs/cert.h"
#include "trust/render_env.h"
#include "trust/sealed.h"

/* What a phone's file may carry, in this order. */
enum phone_file_secret {
	FILE_SECRET_DIGEST,
	FILE_SECRET_PHONE,
	FILE_SECRET_SSH,
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
	int64_t				 now;
};

/*
 * Within a read transaction.  Secrets are read, not opened, and only those
 * that the file would carry.  *f is cleared on failure.  ERR_NOTFOUND: no
 * such phone.
 */
int	phone_file_load(struct phone_file *f, struct db *db,
	    const struct phone_file_base *b, const char *name,
	    struct err *e);
void	phone_file_clear(struct phone_file *f);

/* Its part for the accepted certificate c of the phone's SRST reference: into
 * the file, if all conditions hold (srst_missing()), and when that ends. */
int	phone_file_take_srst(struct phone_file *f,
	    const struct phone_file_base *b, const struct cert *c,
	    struct err *e);

/* A name for the bytes: SHA-256 over all that they depend on. */
int	phone_file_key(const struct phone_file *f,
	    const struct phone_file_base *b, uint8_t key[32], struct err *e);

/*
 * The bytes.  kr may be NULL while no secret has to be opened.
 * ERR_BADSTATE, ERR_VERIFY: a secret cannot be opened; others are
 * render_config()'s.
 */
int	phone_file_render(const struct phone_file *f,
	    const struct phone_file_base *b, const struct keyring *kr,
	    uint8_t **out, size_t *outlen, struct err *e);

#endif
