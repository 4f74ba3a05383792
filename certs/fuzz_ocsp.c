/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as an OCSP answer, about the certificate that the answers of the
 * corpus are about: the first bytes of the input, in the order length (2),
 * certificate, length (2), issuer; then the answer.
 */
#include <stdlib.h>

#include "base/rd.h"
#include "certs/ocsp.h"

#define NOW	INT64_C(1795251284)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct cert *
next_cert(struct rd *r)
{
	size_t len = rd_u16(r);
	const uint8_t *p = rd_bytes(r, len);

	return p != NULL ? cert_from_der(p, len, NULL) : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct rd r = rd_init(buf, len);
	struct cert *c = next_cert(&r), *issuer = next_cert(&r);
	struct ocsp_answer a;
	size_t n = rd_left(&r);
	const uint8_t *p = rd_bytes(&r, n);

	if (c != NULL && issuer != NULL && p != NULL) {
		if (ocsp_response(p, n, c, issuer, NOW, &a, NULL) != ERR_OK &&
		    a.status != OCSP_UNKNOWN)
			abort();
		free(ocsp_url(c));
	}
	cert_free(c);
	cert_free(issuer);
	return 0;
}
