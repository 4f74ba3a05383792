/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets: bytes that are wiped when released, compared in constant time and
 * never printed.  Never copy the struct.
 */
#ifndef CRYPT_SECRET_H
#define CRYPT_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct secret {
	uint8_t	*buf;
	size_t	 len;
};

/* Zeroed bytes; NULL when out of memory.  Released by secret_free. */
struct secret	*secret_new(size_t len);
struct secret	*secret_from(const void *buf, size_t len);
void		 secret_free(struct secret *s);

/* Wipe so that the compiler cannot leave it out. */
void		 secret_wipe(void *buf, size_t len);

/* Equal, in time that depends on len only. */
bool		 secret_equal(const void *a, const void *b, size_t len);

#endif
