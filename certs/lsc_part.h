/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of lsc.h share.
 */
#ifndef CERTS_LSC_PART_H
#define CERTS_LSC_PART_H

#include "certs/lsc.h"

#define LSC_SPKI_MAX	2048	/* RSA of 4096 bits takes 550 */

struct lsc_key {
	enum key_type	 type;
	uint8_t		*spki;
	size_t		 len;
	uint8_t		 id[32];
	uint8_t		 ski[20];	/* RFC 5280 section 4.2.1.2, (1) */
};

/*
 * A small factor, a perfect square, or the mark of a generator whose primes are
 * powers of 65537 modulo all small primes; NULL: none of that.
 */
const char	*lsc_modulus_fault(const struct bignum_st *n);

#endif
