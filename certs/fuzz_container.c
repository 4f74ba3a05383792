/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: containers of certificates (PEM, DER, PKCS#7, PKCS#12), and
 * chains of what comes out.
 */
#include <stdlib.h>

#include "certs/chain.h"
#include "certs/container.h"
#include "certs/cert_use.h"
#include "certs/san.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a caller would do with the set. */
static void
use(struct container *c)
{
	char text[CERT_USE_TEXT_MAX];
	struct san_set san;
	struct chain ch;

	if (chain_sort(c->cert, c->ncert, NULL) != ERR_OK)
		abort();
	for (size_t i = 0; i < c->ncert; i++) {
		chain_make(&ch, c->cert[i], c->cert, c->ncert);
		(void)chain_check(&ch, NULL);
		(void)cert_use_missing(c->cert[i], CERT_USE_TLS_SERVER, text);
		if (san_of_cert(c->cert[i], &san, NULL) == ERR_OK)
			san_set_free(&san);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container c = { .ncert = 0 };

	/* Key derivation of more than a few rounds takes all the time. */
	if (size > 16384)
		return 0;
	if (container_read(&c, data, size, 0, "secret", NULL) != ERR_OK &&
	    c.ncert + c.nkey + c.ncsr + c.ncrl > 0)
		abort();
	if (container_read(&c, data, size, CONTAINER_NO_KEYS, NULL, NULL) ==
	    ERR_OK && c.ncert <= 16)
		use(&c);
	container_clear(&c);
	return 0;
}
