/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Hashes of passwords and PINs.  What is made here is SHA-512 crypt, crypt(5)
 * of libcrypt, which also checks it; what other systems made of SHA-1 (RFC
 * 2307's {SHA}, its salted {SSHA}, bare hexadecimal digits) is understood and
 * out of date.
 */
#ifndef CRYPT_PASSWORD_H
#define CRYPT_PASSWORD_H

#include <stdbool.h>

#include "base/err.h"
#include "crypt/rng.h"

#define PASSWORD_TEXT_MAX	256	/* bytes of what is hashed */
#define PASSWORD_HASH_MAX	191	/* characters of a hash */
#define PASSWORD_ROUNDS_MIN	5000	/* of new ones */
#define PASSWORD_ROUNDS_MAX	1000000	/* a check must come to an end */

enum password_form {
	PASSWORD_SHA512_CRYPT,		/* $6$[rounds=N$]SALT$HASH */
	PASSWORD_SSHA,			/* {SSHA}base64(SHA-1, salt) */
	PASSWORD_SHA,			/* {SHA}base64(SHA-1) */
	PASSWORD_FORM_N
};
extern const char *const password_form_name[PASSWORD_FORM_N];

/*
 * What form a hash has, and the rounds of SHA-512 crypt, else 0.  out: as it
 * is kept, 40 hexadecimal digits as {SHA}.  ERR_ARG: none of those; the text
 * of the error holds nothing of it.
 */
struct password {
	enum password_form	 form;
	int64_t			 rounds;
	char			 hash[PASSWORD_HASH_MAX + 1];
};
int	password_parse(const char *text, struct password *out, struct err *e);

/* Of another form than new ones, or with fewer rounds. */
bool	password_is_old(const struct password *p, int64_t rounds);

/* A new hash with a salt of 96 random bits.  ERR_ARG: empty, longer than
 * PASSWORD_TEXT_MAX, or rounds out of range. */
int	password_make(const char *text, int64_t rounds, const struct rng *rng,
	    struct password *out, struct err *e);

/* Whether text is the one; the time taken depends on the hash and the length
 * of text.  What is longer than PASSWORD_TEXT_MAX never is. */
int	password_check(const struct password *p, const char *text,
	    bool *right, struct err *e);

#endif
