/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The certificate that a phone's files are encrypted for: its LSC, or when it
 * has none with an RSA key, its MIC (spec/encrypted-config.md section 2).
 */
#ifndef TRUST_DEVICE_KEY_H
#define TRUST_DEVICE_KEY_H

#include "certs/cert.h"
#include "db/rows_capf.h"

struct device_key {
	bool		 has_lsc;	/* a current LSC, of any key */
	bool		 has_key;	/* cert can be encrypted for */
	bool		 is_mic;
	bool		 had_key;	/* it has none, and had one */
	bool		 revoked;	/* it has none: the last one it got
					 * was revoked */
	uint8_t		 sha256[32];	/* of cert */
	struct cert	*cert;		/* with has_key */
	/* Why there is none, with the cure; "" with has_key. */
	char		 why[192];
};
/* ERR_OK also when there is none.  device_key_clear() it. */
int	device_key_load(struct device_key *k, struct db *db,
	    const char *phone, struct err *e);
void	device_key_clear(struct device_key *k);

/* Does it have a MIC, known here, whose key is RSA: one that files can be
 * encrypted for whatever becomes of its LSC? */
int	device_key_mic(struct db *db, const char *phone, bool *rsa,
	    struct err *e);

#endif
