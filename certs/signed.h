/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signed files (.sgn): spec/signed-file.md.
 */
#ifndef CERTS_SIGNED_H
#define CERTS_SIGNED_H

#include "certs/tlv.h"

#define SIGNED_FILE_MAX	(64u << 20)	/* bytes we sign or verify in memory */

struct signed_file {
	struct tlv_header	 h;
	const uint8_t		*payload;	/* borrowed */
	size_t			 payloadlen;
};

/* Header of version 1.x and payload to the end.  ERR_PROTO. */
int	signed_parse(struct signed_file *f, const uint8_t *buf, size_t len,
	    struct err *e);

struct signed_build {
	const struct cert	*signer;
	enum digest_alg		 digest;
	enum cert_name_style	 names;	/* must equal the list's */
	const char		*name;	/* path asked for, with ".sgn" */
	uint32_t		 timestamp;	/* of the source */
};

/*
 * Order 1, 2, 3{4,6,5}, 7{8,9{10,11}}, 12, 14, 15, padding.  Names with a
 * leading '/', empty, '.' or '..' parts: ERR_ARG.
 */
int	signed_build(const struct signed_build *b, const uint8_t *payload,
	    size_t len, struct signer *s, uint8_t **out, size_t *outlen,
	    struct err *e);

#endif
