/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A trust list for people: our summary, then the reference's layout
 * (spec/admin-cli.md section 2.1), which scripts read.  Lists of any origin:
 * what is unknown is shown by number, what is absent left out.
 */
#ifndef CTLTOOL_SHOW_LIST_H
#define CTLTOOL_SHOW_LIST_H

#include <jansson.h>

#include "base/wr.h"
#include "certs/list.h"

#define SHOW_LIST_MAX	(4u << 20)	/* bytes of text of one list */

struct show_list {
	const struct list	*list;
	const char		*kind;		/* "ITL" or "CTL" */
	const struct err	*verdict;	/* code ERR_OK: verified */
	int64_t			 now;
};

/* "CTL" when the list says it is CTLFile.tlv (or, without a name of its own,
 * when called names such a file), else "ITL".  called may be NULL. */
const char	*show_list_kind(const struct list *l, const char *called);

/* Signer, what runs out first, size, records per role. */
void	show_list_summary(struct wr *w, const struct show_list *s);

/* The reference's layout.  Times are local, as there. */
int	show_list_dump(struct wr *w, const struct show_list *s,
	    struct err *e);

/* All of it; NULL when out of memory. */
json_t	*show_list_json(const struct show_list *s);

/* --- small texts, shared with explain --- */

/* "SHA-1", "SHA-256", "SHA-512" for a code of tag 8, else "digest 9". */
const char	*show_digest(unsigned code, char buf[24]);

/* "SAST", ..., or "role 99". */
const char	*show_role(unsigned role, char buf[24]);

/* "7c:3a:0e" of n bytes; upper says which case.  Cut at buflen. */
void	show_colons(const uint8_t *p, size_t n, bool upper, char *buf,
	    size_t buflen);

/* Signer name in the header as visible text. */
#define SHOW_NAME_MAX	(4 * TLV_NAME_MAX + 1)

/* The record whose certificate ends first; NULL: no certificates. */
const struct list_record	*show_shortest(const struct list *l);

/* "in 12 days", "today", "12 days ago". */
void	show_days(int64_t when, int64_t now, char *buf, size_t buflen);

#endif
