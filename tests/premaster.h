/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a TLS client can send in place of an encrypted premaster secret.
 */
#ifndef TESTS_PREMASTER_H
#define TESTS_PREMASTER_H

#include "certs/cert.h"

enum premaster {
	PREMASTER_GOOD,
	PREMASTER_VERSION,	/* of another version */
	PREMASTER_TYPE,		/* padding of a signature: 00 01 */
	PREMASTER_EARLY_ZERO,	/* too little padding */
	PREMASTER_NO_ZERO,	/* padding does not end */
	PREMASTER_SHORT,	/* 47 bytes */
	PREMASTER_LONG,		/* 49 bytes */
	PREMASTER_ZEROS,	/* the number 0 encrypted */
	PREMASTER_NOISE,	/* nothing that anybody encrypted */
	PREMASTER_MODULUS,	/* the modulus: no number below it */
	PREMASTER_LARGE,	/* all ones */
	PREMASTER_CUT,		/* a byte less than the modulus has */
	PREMASTER_LONGER,	/* a byte more */
	PREMASTER_EMPTY,
	PREMASTER_N
};

/*
 * Encrypt (or not) to c's RSA key.  plain is the secret of a good one, whose
 * first two bytes are version.  out holds KEY_SIG_MAX bytes.
 */
size_t	premaster_make(enum premaster kind, const struct cert *c,
	    uint16_t version, uint8_t plain[KEY_PREMASTER_LEN], uint8_t *out);

#endif
