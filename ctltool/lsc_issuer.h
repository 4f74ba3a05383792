/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The CAs that issued phones' certificates, and which of them --issuer means.
 * A common name is often that of several: CAPF keeps its own when it is
 * renewed.
 */
#ifndef CTLTOOL_LSC_ISSUER_H
#define CTLTOOL_LSC_ISSUER_H

#include "db/rows_capf.h"

struct lsc_issuer {
	uint8_t	 sha256[SHA256_LEN];
	int64_t	 generation;	/* of this cluster's CAPF; 0: another CA */
	int64_t	 n;		/* certificates that were taken */
};

struct lsc_issuers {
	const char		*want;	/* as typed; NULL: any */
	struct lsc_issuer	*row;
	size_t			 n, hint;
	const struct lsc_issuer	*one;	/* that is meant; NULL: by its name */
};

/*
 * Within a transaction: all that are named in rows.  want, which is borrowed:
 * a generation of CAPF, a SHA-256 or 8 or more digits of its beginning (in any
 * case, with colons or without), else a common name.  ERR_ARG: the beginning
 * of several, which the text names.  lsc_issuers_clear() it, also on failure.
 */
int	lsc_issuers_load(struct lsc_issuers *s, struct db *db,
	    const char *want, struct err *e);
void	lsc_issuers_clear(struct lsc_issuers *s);

/* Who issued it; NULL: nobody knows. */
struct lsc_issuer *lsc_issuers_find(struct lsc_issuers *s,
	    const struct row_device_cert *d);
/* Is it meant?  by: the above, cn: what the certificate says. */
bool	lsc_issuers_take(const struct lsc_issuers *s,
	    const struct lsc_issuer *by, const char *cn);

/* How many of them took part in what was taken. */
size_t	lsc_issuers_taken(const struct lsc_issuers *s);

#endif
