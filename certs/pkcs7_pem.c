/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#7 as PEM, see pkcs7_pem.h.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "certs/pkcs7_pem.h"

#define BEGIN	"-----BEGIN PKCS7-----"
#define END	"-----END PKCS7-----"

#define LINE_DER	48	/* bytes in a line of 64 characters */

void
pkcs7_pem_put(struct wr *w, const uint8_t *der, size_t len)
{
	unsigned char line[4 * LINE_DER / 3 + 1];

	wr_str(w, BEGIN "\n");
	for (size_t i = 0; i < len; i += LINE_DER) {
		size_t n = len - i < LINE_DER ? len - i : LINE_DER;

		wr_bytes(w, line, (size_t)EVP_EncodeBlock(line, der + i,
		    (int)n));
		wr_str(w, "\n");
	}
	wr_str(w, END "\n");
}

/* Where a line that begins with text starts, from off on; len: nowhere. */
static size_t
find_line(const uint8_t *buf, size_t len, size_t off, const char *text)
{
	const uint8_t *p;
	size_t n = strlen(text);

	while (off < len) {
		p = memmem(buf + off, len - off, text, n);
		if (p == NULL)
			return len;
		if (p == buf || p[-1] == '\n')
			return (size_t)(p - buf);
		off = (size_t)(p - buf) + n;
	}
	return len;
}

static int
decode(const uint8_t *b64, size_t len, size_t at, uint8_t **der,
    size_t *derlen, struct err *e)
{
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	uint8_t *out = malloc(len + 1);
	int n = 0, tail = 0, ret = ERR_OK;

	if (ctx == NULL || out == NULL) {
		ret = err_set(e, ERR_NOMEM, "PKCS#7");
	} else {
		EVP_DecodeInit(ctx);
		/* A '-' would be an end to OpenSSL, and the rest unread. */
		if (memchr(b64, '-', len) != NULL ||
		    EVP_DecodeUpdate(ctx, out, &n, b64, (int)len) == -1 ||
		    EVP_DecodeFinal(ctx, out + n, &tail) != 1 ||
		    n + tail == 0)
			ret = err_at(e, ERR_PROTO, at, "a PKCS7 block with "
			    "other than base64 in it");
	}
	EVP_ENCODE_CTX_free(ctx);
	if (ret != ERR_OK) {
		free(out);
		return ret;
	}
	*der = out;
	*derlen = (size_t)(n + tail);
	return ERR_OK;
}

int
pkcs7_pem_next(const uint8_t *buf, size_t len, size_t *off, uint8_t **der,
    size_t *derlen, struct err *e)
{
	size_t begin, end;

	*der = NULL;
	if ((begin = find_line(buf, len, *off, BEGIN)) == len)
		return err_set(e, ERR_NOTFOUND, "no PKCS7 block any more");
	begin += strlen(BEGIN);
	end = find_line(buf, len, begin, END);
	if (end == len || end - begin > INT32_MAX)
		return err_at(e, ERR_PROTO, begin, "a PKCS7 block without "
		    "an end");
	*off = end + strlen(END);
	return decode(buf + begin, end - begin, begin, der, derlen, e);
}
