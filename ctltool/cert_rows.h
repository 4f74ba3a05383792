/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists of certificates: one row each, whether own or of a trust store.
 */
#ifndef CTLTOOL_CERT_ROWS_H
#define CTLTOOL_CERT_ROWS_H

#include "ctltool/ctl.h"
#include "db/rows.h"

struct cert_line {
	char	 unit[TRUST_UNIT_MAX];
	char	 name[TRUST_NAME_MAX + 1];	/* of the file, without .pem */
	char	 node[NODE_NAME_MAX + 1];
	char	*subject, *issuer;	/* ';' style, owned */
	char	 about[512];		/* the reference's description */
	uint8_t	 sha256[SHA256_LEN], key_id[SHA256_LEN];
	uint8_t	 serial[64];
	size_t	 seriallen;
	int64_t	 not_before, not_after;
	const char *stage;		/* own ones; else NULL */
	char	 origin[TRUST_NAME_MAX + 1];	/* trusted ones; else "" */
	bool	 unused;		/* --unused: nothing needs it */
};

struct cert_lines {
	struct cert_line *line;
	size_t		 n, room;
};

/* A fresh line at the end, zeroed; NULL: out of memory. */
struct cert_line	*cert_lines_add(struct cert_lines *l, struct err *e);
void			 cert_lines_clear(struct cert_lines *l);
/* By unit and name. */
void			 cert_lines_sort(struct cert_lines *l);

/*
 * Filter and sort by --expiring, --duplicates, --unused and --sort of the
 * command line, then say them: "unit/name.pem: about", or with --long a
 * table.  The result is {"certificates": [...]}.
 */
int	cert_lines_say(struct ctl *c, struct cert_lines *l, struct err *e);

/* The CN of a name in ';' style, or the whole of it; out is terminated. */
void	cert_name_cn(const char *name, char *out, size_t outlen);

#endif
