/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that a CA elsewhere has made of phones' requests, brought back
 * in files (capf.issuer offline): each goes to the request over its key,
 * whatever the file, its order and its name say, and is checked first.  Some
 * hundred are written in one transaction; those that were cut off, or are
 * missing, come with the next import.
 */
#ifndef TRUST_CAPF_IMPORT_H
#define TRUST_CAPF_IMPORT_H

#include "certs/verify.h"
#include "db/rows_capf.h"

#define CAPF_IMPORT_FILE_MAX	(64 << 20)	/* bytes of one file */

enum capf_import_end {
	CAPF_IMPORT_ISSUED,	/* the phone fetches it when it comes */
	CAPF_IMPORT_SAME,	/* was there already */
	CAPF_IMPORT_REFUSED,	/* would not do; the request says why too */
	CAPF_IMPORT_HELD,	/* is taken by itself once its issuer is
				 * imported; the request says which */
	CAPF_IMPORT_KEPT,	/* would not do, and the request has another
				 * one, which stays */
	CAPF_IMPORT_UNKNOWN,	/* no request is over its key */
	CAPF_IMPORT_ISSUER,	/* of a CA: not taken here */
	CAPF_IMPORT_END_N
};

struct capf_import {
	int64_t	 files, failed_files;
	int64_t	 n[CAPF_IMPORT_END_N];
};

struct capf_import_calls {
	/* The next file, *name borrowed, *buf the callee's; *name NULL: that
	 * was the last.  An error counts as a file that failed. */
	int	(*next)(void *arg, const char **name, uint8_t **buf,
		    size_t *len, struct err *e);
	/* What became of a certificate.  device "" when no request has its
	 * key; why "" when it was taken. */
	void	(*told)(void *arg, enum capf_import_end end, const char *file,
		    const char *device, const struct cert *c,
		    const char *why);
	void	(*bad_file)(void *arg, const char *file, const char *why);
	void	*arg;
};

/*
 * Import; v: the trust stores (anchors_once), password: of encrypted files or
 * NULL, now: by the caller's clock, so that nothing depends on when a
 * transaction runs.  ERR_*: the database failed; what is in is in.
 */
int	capf_import(struct db *db, struct verifier *v, const char *password,
	    int64_t now, struct capf_import *res,
	    const struct capf_import_calls *calls, struct err *e);

/*
 * How much of a file's text is read at once: bytes from off on, which end
 * behind a PEM block, or all that is left.  For tests.
 */
size_t	capf_import_piece(const uint8_t *buf, size_t len, size_t off);

#endif
