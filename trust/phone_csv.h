/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Records of comma-separated values (RFC 4180), and the phones in them.
 */
#ifndef TRUST_PHONE_CSV_H
#define TRUST_PHONE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "trust/phone_import.h"

#define CSV_FIELDS_MAX	80
#define CSV_FIELD_MAX	256	/* bytes of a field */

/* --- records --- */

struct csv {
	const uint8_t	*buf;		/* borrowed */
	size_t		 len, off;
	int64_t		 line;		/* of the next byte, from 1 */
};

struct csv_record {
	int64_t		 line;		/* where it starts */
	size_t		 n;
	char		 field[CSV_FIELDS_MAX][CSV_FIELD_MAX + 1];
};

/* Start over buf; a UTF-8 byte order mark is skipped. */
struct csv	 csv_init(const uint8_t *buf, size_t len);

/*
 * The next record that is not an empty line.  ERR_NOTFOUND at the end.
 * ERR_PROTO: a malformed one; r->line is set and reading goes on behind the
 * next line feed (a quote that is never closed takes all that is left).
 */
int		 csv_next(struct csv *c, struct csv_record *r, struct err *e);
/* Nothing but empty lines is left. */
bool		 csv_is_over(const struct csv *c);

/* Without the white space at both ends, a slip of spreadsheets; in place. */
char		*csv_trim(char *s);

/* The columns that a header line names. */
struct csv_columns {
	int		(*find)(const char *name);	/* -1: not known */
	const char	*all;		/* for messages: all there are */
	int		 name;		/* the one called name: required */
	size_t		 n;
	int		 col[CSV_FIELDS_MAX];	/* as find gives them */
};
/* Reads it; cols with find, all and name set.  ERR_PROTO: the text says what
 * is wrong, by place, and the columns there are. */
int		 csv_header(struct csv *c, struct csv_record *r,
		    struct csv_columns *cols, struct err *e);

/* --- phones --- */

struct phone_csv {
	struct csv	 csv;
	struct csv_record rec;
	struct csv_columns cols;	/* enum phone_column */
	bool		 secrets;	/* one of them is of secrets */
};

/* Reads the header line.  ERR_PROTO: the text names what is wrong and the
 * columns there are.  buf is borrowed. */
int		 phone_csv_init(struct phone_csv *p, const uint8_t *buf,
		    size_t len, struct err *e);
/* A phone_source_next (phone_import.h) over p. */
int		 phone_csv_next(struct phone_csv *p, struct phone_record *r,
		    struct err *e);

#endif
