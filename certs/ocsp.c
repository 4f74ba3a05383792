/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * OCSP, see ocsp.h.
 */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "certs/internal.h"
#include "certs/ocsp.h"

static const char scheme[] = "http://";

char *
ocsp_url(const struct cert *c)
{
	STACK_OF(OPENSSL_STRING) *all = X509_get1_ocsp(cert_x509(c));
	char *url = NULL;

	for (int i = 0; i < sk_OPENSSL_STRING_num(all) && url == NULL; i++) {
		const char *s = sk_OPENSSL_STRING_value(all, i);

		if (strncasecmp(s, scheme, strlen(scheme)) == 0 &&
		    strlen(s) <= OCSP_URL_MAX)
			url = strdup(s);
	}
	X509_email_free(all);
	ERR_clear_error();
	return url;
}

static OCSP_CERTID *
id_of(const struct cert *c, const struct cert *issuer)
{
	return OCSP_cert_to_id(EVP_sha1(), cert_x509(c), cert_x509(issuer));
}

int
ocsp_request(const struct cert *c, const struct cert *issuer, uint8_t **der,
    size_t *len, struct err *e)
{
	OCSP_REQUEST *r = OCSP_REQUEST_new();
	OCSP_CERTID *id = id_of(c, issuer);
	uint8_t *buf = NULL;
	int n = -1;

	*der = NULL;
	if (r != NULL && id != NULL && OCSP_request_add0_id(r, id) != NULL) {
		id = NULL;		/* now r's */
		n = i2d_OCSP_REQUEST(r, &buf);
	}
	if (n > 0 && (*der = malloc((size_t)n)) != NULL) {
		memcpy(*der, buf, (size_t)n);
		*len = (size_t)n;
	}
	OPENSSL_free(buf);
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(r);
	return *der != NULL ? ERR_OK :
	    ossl_err(e, ERR_CRYPTO, "OCSP request");
}

static int
check_status(OCSP_RESPONSE *r, struct err *e)
{
	int status = OCSP_response_status(r);

	switch (status) {
	case OCSP_RESPONSE_STATUS_SUCCESSFUL:
		return ERR_OK;
	case OCSP_RESPONSE_STATUS_TRYLATER:
	case OCSP_RESPONSE_STATUS_INTERNALERROR:
		return err_set(e, ERR_BUSY, "the OCSP responder has no answer "
		    "now (%s)", OCSP_response_status_str(status));
	default:
		return err_set(e, ERR_DENIED, "the OCSP responder refuses "
		    "(%s)", OCSP_response_status_str(status));
	}
}

/*
 * Only the issuer vouches for responders: OpenSSL accepts the issuer itself
 * (which is trusted here) and what it has issued for this purpose.
 */
static int
check_signature(OCSP_BASICRESP *b, const struct cert *issuer, int64_t now,
    struct err *e)
{
	X509_STORE *st = X509_STORE_new();
	STACK_OF(X509) *with = sk_X509_new_null();
	X509_VERIFY_PARAM *p = st != NULL ? X509_STORE_get0_param(st) : NULL;
	int ret;

	if (p == NULL || with == NULL ||
	    X509_STORE_add_cert(st, cert_x509(issuer)) != 1 ||
	    sk_X509_push(with, cert_x509(issuer)) <= 0) {
		ret = ossl_err(e, ERR_NOMEM, "OCSP answer");
		goto out;
	}
	(void)X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(p, (time_t)now);
	ret = OCSP_basic_verify(b, with, st, 0) == 1 ? ERR_OK :
	    ossl_err(e, ERR_VERIFY, "the OCSP answer is not signed by the "
	    "certificate's issuer");
out:
	sk_X509_free(with);
	X509_STORE_free(st);
	return ret;
}

static int
unix_time(const ASN1_GENERALIZEDTIME *t, int64_t *s, struct err *e)
{
	struct tm tm;

	*s = 0;
	if (t == NULL)
		return ERR_OK;
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return ossl_err(e, ERR_PROTO, "date in the OCSP answer");
	*s = timegm(&tm);
	return ERR_OK;
}

static int
read_single(OCSP_BASICRESP *b, OCSP_CERTID *id, int64_t now,
    struct ocsp_answer *a, struct err *e)
{
	ASN1_GENERALIZEDTIME *since = NULL, *this_update = NULL;
	ASN1_GENERALIZEDTIME *next_update = NULL;
	int status, why, ret;

	if (OCSP_resp_find_status(b, id, &status, &why, &since,
	    &this_update, &next_update) != 1)
		return ossl_err(e, ERR_VERIFY, "the OCSP answer is about "
		    "another certificate");
	if ((ret = unix_time(since, &a->since, e)) != ERR_OK ||
	    (ret = unix_time(this_update, &a->this_update, e)) != ERR_OK ||
	    (ret = unix_time(next_update, &a->next_update, e)) != ERR_OK)
		return ret;
	if (a->this_update > now + OCSP_SKEW_S)
		return err_set(e, ERR_VERIFY, "the OCSP answer is from the "
		    "future: look at the clocks");
	if (a->next_update != 0 && a->next_update < now - OCSP_SKEW_S)
		return err_set(e, ERR_VERIFY, "the OCSP answer is out of "
		    "date");
	a->status = status == V_OCSP_CERTSTATUS_GOOD ? OCSP_GOOD :
	    status == V_OCSP_CERTSTATUS_REVOKED ? OCSP_REVOKED :
	    OCSP_UNKNOWN;
	return ERR_OK;
}

int
ocsp_response(const uint8_t *buf, size_t len, const struct cert *c,
    const struct cert *issuer, int64_t now, struct ocsp_answer *a,
    struct err *e)
{
	OCSP_BASICRESP *b = NULL;
	OCSP_RESPONSE *r = NULL;
	OCSP_CERTID *id = NULL;
	const uint8_t *p = buf;
	int ret;

	*a = (struct ocsp_answer){ .status = OCSP_UNKNOWN };
	if (len > OCSP_RESPONSE_MAX)
		return err_set(e, ERR_LIMIT, "OCSP answer of %zu bytes, %d is "
		    "the most", len, OCSP_RESPONSE_MAX);
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	if (r == NULL || p != buf + len)
		ret = err_set(e, ERR_PROTO, "not exactly one OCSP answer");
	else if ((ret = check_status(r, e)) != ERR_OK)
		;
	else if ((b = OCSP_response_get1_basic(r)) == NULL)
		ret = err_set(e, ERR_PROTO, "an OCSP answer of an unknown "
		    "kind");
	else if ((id = id_of(c, issuer)) == NULL)
		ret = ossl_err(e, ERR_NOMEM, "OCSP answer");
	else if ((ret = check_signature(b, issuer, now, e)) == ERR_OK)
		ret = read_single(b, id, now, a, e);
	if (ret != ERR_OK)
		*a = (struct ocsp_answer){ .status = OCSP_UNKNOWN };
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
	ERR_clear_error();
	return ret;
}
