/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The names of certificates that share a serial number with many others, as
 * gateways' do that have named themselves: to read all of them again for each
 * name that is asked for would take a thread tens of milliseconds.  Bounded: a
 * newer serial number takes the place of the oldest.
 */
#ifndef TRUST_VOUCH_SERIAL_H
#define TRUST_VOUCH_SERIAL_H

#include "db/rows.h"

#define VOUCH_SERIAL_MANY	64	/* fewer are not remembered */

struct vouch_alike {
	uint8_t		 serial[sizeof(((struct row_cert *)NULL)->serial)];
	size_t		 seriallen;
	struct vouch_alike_cert {
		uint8_t	 sha256[SHA256_LEN];
		uint64_t issuer, subject;	/* store_name_key */
	}		*cert;
	size_t		 n;			/* 0: nothing */
};

/* All zeros is an empty one. */
#define VOUCH_SERIALS	4
struct vouch_serials {
	struct vouch_alike	 of[VOUCH_SERIALS];
	size_t			 next;
};

/* Everything in it is of no use any more. */
void	vouch_serials_forget(struct vouch_serials *s);

/* NULL: not remembered. */
const struct vouch_alike *vouch_serials_get(const struct vouch_serials *s,
	    const uint8_t *serial, size_t len);

/* All that have it; without memory it is not remembered. */
void	vouch_serials_put(struct vouch_serials *s, const uint8_t *serial,
	    size_t len, const struct row_cert *rows, size_t n);

/*
 * The same of so many that whole certificates would be too much to read:
 * beyond VOUCH_SERIAL_MAX, more than a cluster has in all, they hide each
 * other.  *a is borrowed until the next call.
 */
#define VOUCH_SERIAL_MAX	(1 << 17)
int	vouch_serials_read(struct vouch_serials *s, struct db *db,
	    const uint8_t *serial, size_t len, const struct vouch_alike **a,
	    struct err *e);

#endif
