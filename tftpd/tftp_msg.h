/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TFTP packets, bytes to struct and back: RFC 1350, options by RFC 2347,
 * blksize by RFC 2348, timeout and tsize by RFC 2349, windowsize by RFC 7440.
 * No I/O, no state.
 */
#ifndef TFTPD_TFTP_MSG_H
#define TFTPD_TFTP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TFTP_HEAD_LEN		4	/* opcode and block of DATA, ACK */
#define TFTP_BLKSIZE_DEFAULT	512
#define TFTP_BLKSIZE_MIN	8	/* RFC 2348 */
#define TFTP_BLKSIZE_MAX	65464
#define TFTP_TIMEOUT_MIN	1	/* RFC 2349, seconds */
#define TFTP_TIMEOUT_MAX	255
#define TFTP_WINDOW_MIN		1	/* RFC 7440, blocks */
#define TFTP_WINDOW_MAX		65535

/* RFC 2347 bounds a request at 512 bytes; clients with long names and many
 * options were seen above that, none near this. */
#define TFTP_REQUEST_MAX	1024
#define TFTP_OPTIONS_MAX	32	/* pairs in one packet */
#define TFTP_DATAGRAM_MAX	(TFTP_HEAD_LEN + TFTP_BLKSIZE_MAX)

enum tftp_op {
	TFTP_RRQ = 1,
	TFTP_WRQ,
	TFTP_DATA,
	TFTP_ACK,
	TFTP_ERROR,
	TFTP_OACK,
};

enum tftp_code {			/* RFC 1350 appendix, RFC 2347 */
	TFTP_E_UNDEFINED,
	TFTP_E_NOT_FOUND,
	TFTP_E_ACCESS,
	TFTP_E_FULL,
	TFTP_E_ILLEGAL,
	TFTP_E_TID,
	TFTP_E_EXISTS,
	TFTP_E_USER,
	TFTP_E_OPTION,
};

enum tftp_mode {
	TFTP_OCTET,
	TFTP_NETASCII,
	TFTP_MAIL,
	TFTP_MODE_OTHER,
};

/* The options understood here; 0 / false: not given. */
struct tftp_opts {
	uint16_t	blksize;
	uint8_t		timeout_s;
	bool		has_tsize;
	uint64_t	tsize;
	uint16_t	windowsize;
};

struct tftp_msg {
	uint16_t	 op;		/* enum tftp_op */
	const char	*file;		/* RRQ, WRQ; points into the packet */
	enum tftp_mode	 mode;		/* RRQ, WRQ */
	struct tftp_opts opts;		/* RRQ, WRQ, OACK */
	uint16_t	 block;		/* DATA, ACK */
	uint16_t	 code;		/* ERROR: enum tftp_code */
	const uint8_t	*data;		/* DATA: payload; ERROR: text; points
					 * into the packet, not NUL-ended */
	size_t		 len;		/* of data */
};

/*
 * Parse one datagram.  ERR_PROTO with the offset for what is malformed.
 *
 * Options: names in any case; unknown ones, and known ones whose value is not
 * a number in range, are skipped as RFC 2347 lets a server do, so the
 * transfer goes on without them.  The same known option twice is refused,
 * because nothing says which counts.  A name without value is refused.
 * NUL bytes after the last option are taken for the padding of a client that
 * sends a fixed buffer; they can mean nothing else.  Any other byte left over
 * is refused, as is an ACK that is not four bytes long: what we cannot
 * account for was not sent by the peer we think it was.
 * The text of an ERROR may lack its NUL: a peer's wish to stop is honoured
 * even when it is sloppy.
 */
int	tftp_msg_parse(struct tftp_msg *m, const uint8_t *buf, size_t len,
	    struct err *e);

/*
 * Build into buf.  The result is the packet's length, 0 when it does not fit
 * in cap.  Options that are not set are left out.
 */
size_t	tftp_build_request(uint8_t *buf, size_t cap, enum tftp_op op,
	    const char *file, const char *mode, const struct tftp_opts *o);
size_t	tftp_build_oack(uint8_t *buf, size_t cap, const struct tftp_opts *o);
size_t	tftp_build_ack(uint8_t *buf, size_t cap, uint16_t block);
size_t	tftp_build_error(uint8_t *buf, size_t cap, enum tftp_code code,
	    const char *text);

/* The head of a DATA packet; the payload goes behind it. */
size_t	tftp_build_data(uint8_t *buf, size_t cap, uint16_t block);

#endif
