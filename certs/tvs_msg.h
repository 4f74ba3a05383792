/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of the Trust Verification Service, bytes to struct and back, for
 * both sides (spec/tvs.md sections 2 to 5).  No I/O, no policy.
 */
#ifndef CERTS_TVS_MSG_H
#define CERTS_TVS_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/cert.h"

#define TVS_HEADER	10		/* bytes before the body */
#define TVS_BODY_MAX	(CERT_DER_MAX + 4096)
#define TVS_MSG_MAX	(TVS_HEADER + TVS_BODY_MAX)
#define TVS_DEVICE_MAX	64
#define TVS_NAME_MAX	1024		/* subject, issuer; without NUL */
#define TVS_SERIAL_MAX	64		/* RFC 5280 has 20; zeros may lead */
#define TVS_ROLES_MAX	16
#define TVS_ELEMENTS_MAX 16

enum tvs_command {
	TVS_VERIFY_REQUEST	= 1,	/* here is a certificate */
	TVS_VERIFY_ANSWER	= 2,
	TVS_QUERY_REQUEST	= 3,	/* give me the one with this name */
	TVS_QUERY_ANSWER	= 4,
};

enum tvs_status {
	TVS_VALID	= 0,
	TVS_INVALID	= 1,		/* not trusted, or not found */
};

/* Borrowed bytes; len 0: not there. */
struct tvs_bytes {
	const uint8_t	*p;
	size_t		 len;
};

/* What its command has is filled, the rest is empty. */
struct tvs_msg {
	enum tvs_command command;
	uint32_t	 session;	/* the phone's; an answer repeats it */

	/* requests */
	struct tvs_bytes device;	/* who says to ask: for logs only */
	struct tvs_bytes subject;	/* query; text without its NUL */
	struct tvs_bytes issuer;	/* query; text without its NUL */
	struct tvs_bytes serial;	/* query; as sent, zeros may lead */
	uint8_t		 issuer_tag;	/* the tags these came with: they are */
	uint8_t		 serial_tag;	/* inferred, so worth a log line */

	/* verify request, query answer */
	struct tvs_bytes der;

	/* answers */
	enum tvs_status	 status;
	uint8_t		 roles[TVS_ROLES_MAX];	/* enum list_role */
	size_t		 nroles;
	uint32_t	 ttl;		/* seconds; 0: none given */
};

/*
 * How long the message is that begins at buf, from its first len bytes: *need
 * is TVS_HEADER until the header is whole, then header and body.  ERR_PROTO
 * as soon as the bytes cannot begin a message we take (other protocol,
 * version above 1, no such command, body above TVS_BODY_MAX).  Byte 3 is never
 * looked at.
 */
int	tvs_msg_need(const uint8_t *buf, size_t len, size_t *need,
	    struct err *e);

/*
 * One message that fills buf exactly; m borrows from it.  In a query, tag 3 is
 * the subject, the next text the issuer, the last element the serial, whatever
 * the tags of these two.  Elements that are not known are passed over.
 * ERR_PROTO: cut, over-long or repeated elements, one missing that its command
 * needs (certificate; issuer or subject, and serial; status), a device name
 * behind its 01 that is not [A-Za-z0-9._-]{1,64}.
 */
int	tvs_msg_parse(struct tvs_msg *m, const uint8_t *buf, size_t len,
	    struct err *e);

/*
 * Write m to buf, its length to *n: version 1, byte 3 zero, elements in the
 * order of spec/tvs.md section 5.  issuer_tag and serial_tag may be 0 for the
 * usual 4 and 5.  An answer that is not valid is its status alone.
 * ERR_ARG: a value too long, a command or element that cannot be.
 */
int	tvs_msg_build(const struct tvs_msg *m, uint8_t buf[TVS_MSG_MAX],
	    size_t *n, struct err *e);

/*
 * The device within a name like CP-8861-SEP0011223344AA, as devices are
 * stored (SEP0011223344AA); a name of another form as it is.  out is
 * NUL-ended; empty when there is no name or it has other characters.
 */
void	tvs_device(const struct tvs_msg *m, char out[TVS_DEVICE_MAX + 1]);

#endif
