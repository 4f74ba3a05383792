/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a certificate, in DER and in PEM, and everything that can be
 * asked of it.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/chain.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
ask(struct cert *c)
{
	static const uint8_t digest[32];
	size_t n;
	char *s;

	for (int i = CERT_NAME_COMMA; i <= CERT_NAME_SEMICOLON_ASIS; i++) {
		s = cert_subject(c, (enum cert_name_style)i, NULL);
		free(s);
		s = cert_issuer(c, (enum cert_name_style)i, NULL);
		free(s);
	}
	s = cert_cn(c, NULL);
	free(s);
	s = cert_text(c, NULL);
	free(s);
	if (cert_serial(c, &n)[0] == 0 && n > 0)
		abort();
	(void)cert_public_key(c, &n);
	(void)cert_signature(c, &n);
	(void)cert_ski(c, &n);
	(void)cert_is_ca(c);
	(void)cert_self_signed(c);
	(void)cert_verify_digest(c, DIGEST_SHA256, digest, sizeof(digest),
	    digest, sizeof(digest), NULL);
}

/* Both readers take the same bytes for a certificate. */
static void
compare(const struct cert *c, const uint8_t *buf, size_t len)
{
	struct cert *k = cert_from_der_keyless(buf, len, NULL);
	uint8_t a[KEY_ID_LEN], b[KEY_ID_LEN];

	if ((c == NULL) != (k == NULL))
		abort();
	if (k == NULL)
		return;
	cert_key_id(c, a);
	cert_key_id(k, b);
	if (memcmp(a, b, sizeof(a)) != 0)
		abort();
	ask(k);
	(void)chain_issued(c, k);
	cert_free(k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct cert *c = cert_from_der(buf, len, NULL);
	const uint8_t *der;
	size_t n;

	compare(c, buf, len);
	if (c != NULL) {
		der = cert_der(c, &n);
		if (n != len || memcmp(der, buf, len) != 0)
			abort();
		ask(c);
		cert_free(c);
	}
	if ((c = cert_from_pem(buf, len, NULL)) != NULL) {
		ask(c);
		cert_free(c);
	}
	return 0;
}
