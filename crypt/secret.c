/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets, see secret.h.
 */
#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#include "crypt/secret.h"

struct secret *
secret_new(size_t len)
{
	struct secret *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	/* One byte at least: an empty secret is not out of memory. */
	if ((s->buf = calloc(1, len > 0 ? len : 1)) == NULL) {
		free(s);
		return NULL;
	}
	s->len = len;
	return s;
}

struct secret *
secret_from(const void *buf, size_t len)
{
	struct secret *s = secret_new(len);

	if (s != NULL && len > 0)
		memcpy(s->buf, buf, len);
	return s;
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	secret_wipe(s->buf, s->len);
	free(s->buf);
	free(s);
}

void
secret_wipe(void *buf, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(buf, len);
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return len == 0 || CRYPTO_memcmp(a, b, len) == 0;
}
