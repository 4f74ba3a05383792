/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of the Certificate Authority Proxy Function, bytes to struct and
 * back, for both sides (spec/capf.md sections 2 to 8).  No I/O, no policy.
 */
#ifndef CERTS_CAPF_MSG_H
#define CERTS_CAPF_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/cert.h"
#include "certs/key.h"

#define CAPF_HEADER	8
#define CAPF_BODY_MAX	16384		/* [ours: two certificates and room] */
#define CAPF_MSG_MAX	(CAPF_HEADER + CAPF_BODY_MAX)
#define CAPF_PASSWORD_MAX 63		/* as sent; policy wants 4 to 15 */
#define CAPF_DEVICE_MAX	257
#define CAPF_VERSION	3
#define CAPF_ELEMENTS_MAX 32

enum capf_command {
	CAPF_AUTH_REQUEST	= 1,	/* server */
	CAPF_AUTH_RESPONSE	= 2,
	CAPF_KEY_REQUEST	= 3,	/* server */
	CAPF_KEY_RESPONSE	= 4,
	CAPF_STORE_REQUEST	= 9,	/* server */
	CAPF_STORE_RESPONSE	= 10,
	CAPF_FETCH_REQUEST	= 11,	/* server */
	CAPF_FETCH_RESPONSE	= 12,
	CAPF_DELETE_REQUEST	= 13,	/* server */
	CAPF_DELETE_RESPONSE	= 14,
	CAPF_END_SESSION	= 15,	/* server, last */
	CAPF_RETRY_LATER	= 16,	/* [?] never sent by us */
	CAPF_IN_PROGRESS	= 17,
};
/* "store certificate request"; also of those that are names only (5 to 8, 16,
 * 18 to 23); "unknown command". */
const char	*capf_command_name(uint8_t c);

enum capf_reason {
	CAPF_REASON_NONE	= 0,	/* nothing to do */
	CAPF_REASON_OK		= 1,
	CAPF_REASON_DECLINED	= 7,
	CAPF_REASON_NO_DEVICE	= 9,
};

enum capf_cert_type { CAPF_CERT_LSC = 1, CAPF_CERT_MIC = 2 };

struct capf_bytes {		/* borrowed; p NULL: not there */
	const uint8_t	*p;
	size_t		 len;
};

struct capf_msg {
	uint8_t			 command;
	uint32_t		 session;
	/* Elements; has_X tells, or p of bytes. */
	bool			 has_reason, has_version, has_auth_type,
				 has_cert_type, has_key_bits, has_key_type,
				 has_curve, has_password, has_device;
	uint8_t			 reason, version, auth_type, cert_type;
	uint16_t		 key_bits;
	uint8_t			 key_type;	/* 0 RSA, 1 EC */
	uint8_t			 curve;		/* 0 P-256, 1 P-384, 2 P-521 */
	struct capf_bytes	 password;	/* without NUL; may be of length 0 */
	struct capf_bytes	 device;	/* without NUL */
	struct capf_bytes	 cert;		/* DER, without inner header */
	struct capf_bytes	 signed1;	/* element 6 */
	struct capf_bytes	 signed512;	/* element 20's signature */
	struct capf_bytes	 spki;		/* element 9 */
	struct capf_bytes	 sudi_cert, sudi_sig1, sudi_sig512; /* 16 */
	uint8_t			 unknown[8];	/* tags passed over, for the log */
	size_t			 nunknown;
};

/* How long the message is that begins at buf: CAPF_HEADER until the header is
 * whole; ERR_PROTO as soon as it is none of ours (protocol id, a command
 * without a name, length). */
int	capf_msg_need(const uint8_t *buf, size_t len, size_t *need,
	    struct err *e);
/*
 * One message that fills buf exactly; m borrows from it.  Any order of
 * elements; unknown tags are passed over (those that have a name but no known
 * form too: 2, 5, 12, 14, 15, 19); ERR_PROTO: a tag twice, cut or over-long
 * lengths, fixed sizes that differ, text without its NUL or with another,
 * inner headers that do not add up, an element 16 without its certificate.
 * Which elements a command needs is the caller's matter, as are their values.
 */
int	capf_msg_parse(struct capf_msg *m, const uint8_t *buf, size_t len,
	    struct err *e);
/* Elements in ascending order, exactly those that are there.  ERR_ARG. */
int	capf_msg_build(const struct capf_msg *m, uint8_t buf[CAPF_MSG_MAX],
	    size_t *n, struct err *e);

/* --- signatures of element 6, 20 and 16 (capf_sign.c) --- */

/* The bare hashes, of section 8: D1 and D2. */
int	capf_hash_d1(const struct capf_msg *m, uint8_t sha1[20],
	    uint8_t sha512[64], struct err *e);
int	capf_hash_d2(const struct capf_msg *m, uint32_t session,
	    uint8_t sha1[20], uint8_t sha512[64], struct err *e);

/*
 * Does the key of cert c, which the message carries, sign for it: element 20,
 * and 6 when it is there; without 20 ERR_REFUSED unless sha1_alone.  RSA: the
 * padding is checked whole, then exactly hash or DigestInfo and hash; EC:
 * ECDSA.  When element 16 is there, it too, by the certificate in it
 * (session: the one we chose).  ERR_VERIFY: it does not; ERR_ARG: c is not
 * the message's certificate, or there is no device name; ERR_PROTO: element 16
 * holds no certificate.  Whether to trust either certificate, and for which
 * device, is not asked here.
 */
int	capf_msg_verify(const struct capf_msg *m, const struct cert *c,
	    uint32_t session, bool sha1_alone, struct err *e);

/* The phone's side: signatures over D1 (bare hash for RSA) with its key; sig1
 * and sig512 hold KEY_SIG_MAX. */
int	capf_sign_d1(const struct capf_msg *m, const struct key *k,
	    uint8_t *sig1, size_t *len1, uint8_t *sig512, size_t *len512,
	    struct err *e);
int	capf_sign_d2(const uint8_t *sudi, size_t len, uint32_t session,
	    const struct key *k, uint8_t *sig1, size_t *len1,
	    uint8_t *sig512, size_t *len512, struct err *e);

#endif
