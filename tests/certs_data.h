/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The golden vectors (tests/data/vectors) as our types.  Every function fails
 * the running test when something is missing.
 */
#ifndef TESTS_CERTS_DATA_H
#define TESTS_CERTS_DATA_H

#include "certs/list.h"
#include "certs/sign.h"
#include "certs/signed.h"

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

/* A file below the vectors, with a NUL behind it; free(). */
uint8_t		*data_file(const char *name, size_t *len);

/* keys/NAME.pem */
struct cert	*data_cert(const char *name);
struct key	*data_key(const char *name);

/* tests/data/keys/NAME.der: sizes that take long to make. */
uint8_t		*data_der(const char *name, size_t *len);

/* A key of that type: a stored one for RSA, else a new one. */
struct key	*data_key_of(enum key_type t);

/* A local signer with the keys of all of them. */
struct signer	*data_signer(void);

/* The lines below "### NAME" in an expected-parse.txt; free(). */
char		*data_expected(const char *file, const char *name);

/*
 * The header as the expected texts print it; values start at column width.
 * Appended to w, whose lines end in newlines.
 */
void		 data_print_header(struct wr *w, const struct tlv_header *h,
		    int width);

/* Text of w, cleared; free(). */
char		*data_take(struct wr *w);

#endif
