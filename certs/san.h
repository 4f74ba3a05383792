/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Subject alternative names as sets that can be compared (RFC 5280 section
 * 4.2.1.6).
 */
#ifndef CERTS_SAN_H
#define CERTS_SAN_H

#include "certs/cert.h"
#include "certs/csr.h"

#define SAN_MAX		1000	/* names of one certificate */
#define SAN_TEXT_MAX	255

enum san_kind { SAN_DNS, SAN_IP, SAN_OTHER };

struct san {
	enum san_kind	 kind;
	char		 text[SAN_TEXT_MAX + 1];	/* DNS in lower case;
				 * an address as inet_ntop writes it; others
				 * with their kind before a colon, cut */
};

struct san_set {
	struct san	*san;	/* sorted by kind and text, each once */
	size_t		 n;
};
void	san_set_free(struct san_set *s);

/* The names of a certificate or request; none is no error.  ERR_PROTO,
 * ERR_LIMIT. */
int	san_of_cert(const struct cert *c, struct san_set *s, struct err *e);
int	san_of_csr(const struct csr *c, struct san_set *s, struct err *e);

bool	san_has(const struct san_set *s, enum san_kind kind,
	    const char *text);

/*
 * Names of a that are not in b, as "a, b and 3 more" in fresh text (free());
 * "" when there are none.  NULL: out of memory.
 */
char	*san_missing(const struct san_set *a, const struct san_set *b);

#endif
