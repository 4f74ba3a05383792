/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What engine and signer say to one another, one datagram each:
 *
 *	request:	version 1 | op | digest | padding | sequence (4) |
 *			key id (32) | length (2) | that many bytes
 *	answer:		version 1 | op | status | 0 | sequence (4) |
 *			length (2) | signature, or the error's text
 *
 * A request to decrypt has the client's TLS version (2) where the other has
 * digest and padding; its answer is a premaster secret.
 */
#ifndef CERTS_SIGN_MSG_H
#define CERTS_SIGN_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "certs/key.h"

#define SIGN_MSG_VERSION	1
#define SIGN_MSG_DATA_MAX	KEY_SIG_MAX
#define SIGN_MSG_MAX		(64 + SIGN_MSG_DATA_MAX)

enum sign_op {
	SIGN_OP_DIGEST	= 1,
	SIGN_OP_DECRYPT	= 2,
};

struct sign_request {
	enum sign_op	 op;
	enum digest_alg	 alg;		/* SIGN_OP_DIGEST */
	enum key_padding pad;
	uint16_t	 tls_version;	/* SIGN_OP_DECRYPT; not 0 */
	uint32_t	 seq;
	uint8_t		 id[KEY_ID_LEN];
	const uint8_t	*data;		/* borrowed: digest or ciphertext */
	size_t		 len;
};

struct sign_answer {
	enum sign_op	 op;
	int		 status;	/* ERR_OK, or the request's error */
	uint32_t	 seq;
	const uint8_t	*data;		/* borrowed: result or text */
	size_t		 len;
};

/*
 * Write into buf; the number of bytes, 0 when data is too long.  A secret is
 * in no other place then; it is the caller's to wipe.
 */
size_t	sign_request_put(const struct sign_request *q,
	    uint8_t buf[SIGN_MSG_MAX]);
size_t	sign_answer_put(const struct sign_answer *a,
	    uint8_t buf[SIGN_MSG_MAX]);

/* One whole datagram.  ERR_PROTO. */
int	sign_request_parse(struct sign_request *q, const uint8_t *buf,
	    size_t len, struct err *e);
int	sign_answer_parse(struct sign_answer *a, const uint8_t *buf,
	    size_t len, struct err *e);

#endif
