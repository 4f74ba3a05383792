/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signed files, see signed.h.
 */
#include <string.h>

#include "certs/internal.h"
#include "certs/signed.h"

int
signed_parse(struct signed_file *f, const uint8_t *buf, size_t len,
    struct err *e)
{
	int ret;

	*f = (struct signed_file){ 0 };
	if ((ret = tlv_header_parse(&f->h, buf, len, e)) != ERR_OK)
		return ret;
	if (f->h.version >> 8 != 1)
		return err_at(e, ERR_PROTO, TLV_HEAD, "header version %u.%u, "
		    "signed files have 1.0", f->h.version >> 8,
		    f->h.version & 0xff);
	f->payload = buf + f->h.length;
	f->payloadlen = len - f->h.length;
	return ERR_OK;
}

static bool
part_ok(const char *p, size_t n)
{
	return n > 0 && !(n == 1 && p[0] == '.') &&
	    !(n == 2 && p[0] == '.' && p[1] == '.');
}

/* A path below the root of what phones ask for: no way out, no root. */
static bool
path_ok(const char *name)
{
	size_t n;

	for (const char *p = name;; p += n + 1) {
		n = strcspn(p, "/");
		if (!part_ok(p, n))
			return false;
		if (p[n] == '\0')
			return true;
	}
}

int
signed_build(const struct signed_build *b, const uint8_t *payload, size_t len,
    struct signer *s, uint8_t **out, size_t *outlen, struct err *e)
{
	struct tlv_build t = {
		.version = 0x0100,
		.order = TLV_ORDER_PEER,
		.names = b->names,
		.signer = b->signer,
		.digest = b->digest,
		.file_name = b->name,
		.timestamp = b->timestamp,
	};

	*out = NULL;
	if (!path_ok(b->name))
		return err_set(e, ERR_ARG, "\"%s\" is not a path relative to "
		    "the file root without empty, '.' and '..' parts",
		    b->name);
	return tlv_file_build(&t, payload, len, s, SIGNED_FILE_MAX, out,
	    outlen, e);
}
