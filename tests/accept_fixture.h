/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones and what they are given: golden vectors (tests/data/vectors) and
 * files made here with the vectors' keys, for tests of trust/accept.h.
 */
#ifndef TESTS_ACCEPT_FIXTURE_H
#define TESTS_ACCEPT_FIXTURE_H

#include "certs/list.h"
#include "certs/signed.h"
#include "trust/accept.h"
#include "trust/accept_memo.h"

#define T0	1795251284	/* the vectors' time */

struct bytes {
	uint8_t	*buf;
	size_t	 len;
};

/* A vector; free() its buf. */
struct bytes	data(const char *name);

/* The vectors' certificates, and two of one name and serial number. */
enum who { SAST, CCM, CAPF, TVS, STRANGER, IMPOSTOR, NWHO };
extern struct cert	*cert[NWHO];
extern struct signer	*keys;		/* of all of them */

/* Lists to hold; strangers: signed by STRANGER. */
extern struct bytes	 itl, ctl, stubs, sast_only, strangers;

/* Unchecked fixtures, the second with a memo that has verified what is held:
 * every verdict must be the same. */
void		setup(void);
void		setup_memo(void);
void		teardown(void);

/* A list signed by signer with second as the other SAST. */
struct bytes	make_list(enum who signer, enum who second,
		    const char *file_name);
struct bytes	make_signed(enum who signer, const char *name);

/* What it holds; NULL: none. */
struct accept_phone	phone(const struct bytes *with_ctl,
			    const struct bytes *with_itl);

/* From one changed byte to the next: as wanted, more under valgrind
 * (CK_FORK=no), where one now and then must do. */
size_t		stride(size_t wanted);

#endif
