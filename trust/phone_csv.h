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

#define CSV_FIELDS_MAX	64
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

/* --- phones --- */

#define PHONE_MODEL_MAX	31

struct phone_csv {
	struct csv	 csv;
	struct csv_record rec;
	size_t		 ncol, col_name, col_model;
	struct phone_seen *seen;	/* hash of the names met */
	size_t		 nseen, cap;
};

struct phone_csv_row {
	int64_t		 line;
	char		 name[DEVICE_NAME_MAX + 1];	/* canonical */
	char		 model[PHONE_MODEL_MAX + 1];	/* canonical or "" */
};

/* Reads the header line.  ERR_PROTO: the text names what is wrong and the
 * columns there are.  buf is borrowed.  phone_csv_clear() it. */
int		 phone_csv_init(struct phone_csv *p, const uint8_t *buf,
		    size_t len, struct err *e);
/*
 * The next phone.  ERR_NOTFOUND at the end; ERR_PROTO, ERR_ARG: this line is
 * bad, row->line is set, go on; others: stop.
 */
int		 phone_csv_next(struct phone_csv *p,
		    struct phone_csv_row *row, struct err *e);
void		 phone_csv_clear(struct phone_csv *p);

#endif
