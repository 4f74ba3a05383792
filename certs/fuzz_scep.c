/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What SCEP servers say: capabilities, and answers, whose own certificate is
 * taken for the CA's when they bring one, so that more than the signature is
 * looked at.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "certs/scep_int.h"

int	LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/* The certificates within buf. */
static size_t
certs_of(const uint8_t *buf, size_t len, struct cert *ca[SCEP_CERTS_MAX])
{
	const uint8_t *p = buf;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
	STACK_OF(X509) *all = cms != NULL ? CMS_get1_certs(cms) : NULL;
	uint8_t *der;
	size_t n = 0;
	int derlen;

	for (int i = 0; i < sk_X509_num(all) && n < SCEP_CERTS_MAX; i++) {
		der = NULL;
		derlen = i2d_X509(sk_X509_value(all, i), &der);
		if (derlen > 0 && (ca[n] = cert_from_der(der,
		    (size_t)derlen, NULL)) != NULL)
			n++;
		OPENSSL_free(der);
	}
	sk_X509_pop_free(all, X509_free);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static struct scep_ra *ra;
	struct scep_ask a = { .transaction = "0123abcd" };
	struct cert *ca[SCEP_CERTS_MAX];
	struct scep_answer out;
	struct scep_caps caps;
	size_t n;

	if (ra == NULL && (ra = scep_ra_new(1795251284, NULL)) == NULL)
		abort();
	scep_caps_parse(&caps, buf, len);
	n = certs_of(buf, len, ca);
	if (scep_open(ra, &a, ca, n, buf, len, &out, NULL) == ERR_OK)
		scep_answer_clear(&out);
	for (size_t i = 0; i < n; i++)
		cert_free(ca[i]);
	return 0;
}
