/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One path from a peer's certificate to one trusted certificate: OpenSSL's
 * rules (RFC 5280 section 6), then ours.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "certs/verify_part.h"

#define SIGNATURE_BITS	112	/* security of SHA-224: SHA-1 has 63 */

static const struct {
	int		 code;
	enum verify_why	 why;
} reasons[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED,			VERIFY_EXPIRED },
	{ X509_V_ERR_CERT_NOT_YET_VALID,		VERIFY_NOT_YET },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,		VERIFY_UNKNOWN },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,	VERIFY_UNKNOWN },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,	VERIFY_UNKNOWN },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,		VERIFY_UNKNOWN },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,	VERIFY_UNKNOWN },
	{ X509_V_ERR_CERT_UNTRUSTED,			VERIFY_UNKNOWN },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE,		VERIFY_SIGNATURE },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE,	VERIFY_SIGNATURE },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, VERIFY_SIGNATURE },
	{ X509_V_ERR_NO_ISSUER_PUBLIC_KEY,		VERIFY_SIGNATURE },
	{ X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM,	VERIFY_SIGNATURE },
	{ X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH,	VERIFY_SIGNATURE },
	{ X509_V_ERR_INVALID_CA,			VERIFY_NOT_CA },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN,		VERIFY_NOT_CA },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED,		VERIFY_PATH_LENGTH },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG,		VERIFY_PATH_LENGTH },
	{ X509_V_ERR_PERMITTED_VIOLATION,		VERIFY_NAME },
	{ X509_V_ERR_EXCLUDED_VIOLATION,		VERIFY_NAME },
	{ X509_V_ERR_SUBTREE_MINMAX,			VERIFY_NAME },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,	VERIFY_NAME },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,	VERIFY_NAME },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,		VERIFY_NAME },
	{ X509_V_ERR_INVALID_PURPOSE,			VERIFY_PURPOSE },
	{ X509_V_ERR_HOSTNAME_MISMATCH,			VERIFY_HOST },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH,		VERIFY_HOST },
	{ X509_V_ERR_OUT_OF_MEM,			VERIFY_ERROR },
	{ X509_V_ERR_UNSPECIFIED,			VERIFY_ERROR },
};

static bool
say_expired(struct verify_job *j, enum verify_why why, X509 *x)
{
	char when[CLOCK_RFC3339_LEN] = "-";
	const ASN1_TIME *t = why == VERIFY_EXPIRED ? X509_get0_notAfter(x) :
	    X509_get0_notBefore(x);
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) == 1)
		clock_rfc3339((int64_t)timegm(&tm), when);
	return verify_say(j, why, x, why == VERIFY_EXPIRED ?
	    "expired %s" : "not yet valid, only from %s", when);
}

static bool
say_openssl(struct verify_job *j, X509_STORE_CTX *ctx)
{
	int code = X509_STORE_CTX_get_error(ctx);
	X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	enum verify_why why = VERIFY_MALFORMED;

	ERR_clear_error();
	for (size_t i = 0; i < N_OF(reasons); i++)
		if (reasons[i].code == code)
			why = reasons[i].why;
	if (x != NULL && (why == VERIFY_EXPIRED || why == VERIFY_NOT_YET))
		return say_expired(j, why, x);
	return verify_say(j, why, x, "%s",
	    X509_verify_cert_error_string(code));
}

static bool
key_is_strong(struct verify_job *j, X509 *x)
{
	const struct verify_policy *p = j->policy;
	EVP_PKEY *key = X509_get0_pubkey(x);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0, min;

	ERR_clear_error();
	switch (key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		min = p->min_rsa_bits > 0 ? p->min_rsa_bits : VERIFY_MIN_RSA;
		break;
	case EVP_PKEY_EC:
		min = p->min_ec_bits > 0 ? p->min_ec_bits : VERIFY_MIN_EC;
		break;
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return true;
	default:
		return verify_say(j, VERIFY_WEAK, x, "a kind of key that is "
		    "not taken");
	}
	return bits >= min || verify_say(j, VERIFY_WEAK, x, "key of %d bits, "
	    "%d is the least", bits, min);
}

static bool
signature_is_strong(struct verify_job *j, X509 *x)
{
	int md, bits;

	if (X509_get_signature_info(x, &md, NULL, &bits, NULL) != 1) {
		ERR_clear_error();
		return verify_say(j, VERIFY_WEAK, x, "signed in an unknown "
		    "manner");
	}
	if (bits >= SIGNATURE_BITS || (md == NID_sha1 && j->policy->sha1_ok))
		return true;
	return verify_say(j, VERIFY_WEAK, x, "signed with %s",
	    md != NID_undef ? OBJ_nid2ln(md) : "a weak key");
}

/* Sizes and digests; nobody's trust hangs on the anchor's own signature. */
static bool
is_strong(struct verify_job *j, const STACK_OF(X509) *chain)
{
	int n = sk_X509_num(chain);

	for (int i = 0; i < n; i++)
		if (!key_is_strong(j, sk_X509_value(chain, i)) ||
		    (i < n - 1 &&
		    !signature_is_strong(j, sk_X509_value(chain, i))))
			return false;
	return true;
}

/*
 * Certificate i of the chain, borrowed.  Reading one anew costs a tenth of a
 * millisecond: only those between leaf and anchor are, *made is to be freed.
 */
static const struct cert *
chain_cert(struct verify_job *j, const STACK_OF(X509) *chain, int i,
    const struct cert *anchor, struct cert **made)
{
	uint8_t *der = NULL;
	int len;

	*made = NULL;
	if (i == 0)
		return j->leaf;
	if (i == sk_X509_num(chain) - 1)
		return anchor;
	len = i2d_X509(sk_X509_value(chain, i), &der);
	if (len > 0)
		*made = cert_from_der(der, (size_t)len, NULL);
	OPENSSL_free(der);
	return *made;
}

/* Not knowing keeps the certificate: who looks says so where it is read. */
static bool
is_revoked(struct verify_job *j, const STACK_OF(X509) *chain, int i,
    const struct cert *anchor)
{
	const struct verifier_source *src = &j->v->src;
	struct cert *made[2];
	const struct cert *c = chain_cert(j, chain, i, anchor, &made[0]);
	const struct cert *by = chain_cert(j, chain, i + 1, anchor, &made[1]);
	bool revoked = false, failed = c == NULL || by == NULL;

	if (failed)
		(void)verify_say(j, VERIFY_ERROR, NULL, "out of memory");
	else if (src->revoked(src->arg, c, by, &revoked, NULL) == ERR_OK &&
	    revoked)
		(void)verify_say(j, VERIFY_REVOKED, sk_X509_value(chain, i),
		    "revoked by its issuer");
	cert_free(made[0]);
	cert_free(made[1]);
	return revoked || failed;
}

static bool
is_unrevoked(struct verify_job *j, const STACK_OF(X509) *chain,
    const struct cert *anchor)
{
	if (!verify_may_be_revoked(j->v))
		return true;
	for (int i = 0; i + 1 < sk_X509_num(chain); i++)
		if (is_revoked(j, chain, i, anchor))
			return false;
	return true;
}

static bool
set_host(X509_VERIFY_PARAM *p, const char *host)
{
	uint8_t ip[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, ip) == 1)
		return X509_VERIFY_PARAM_set1_ip(p, ip, 4) == 1;
	if (inet_pton(AF_INET6, host, ip) == 1)
		return X509_VERIFY_PARAM_set1_ip(p, ip, 16) == 1;
	X509_VERIFY_PARAM_set_hostflags(p,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(p, host, 0) == 1;
}

static bool
set_param(const struct verify_job *j, X509_STORE_CTX *ctx)
{
	static const int purposes[] = {
		[VERIFY_ANY] = 0,
		[VERIFY_TLS_SERVER] = X509_PURPOSE_SSL_SERVER,
		[VERIFY_TLS_CLIENT] = X509_PURPOSE_SSL_CLIENT,
	};
	int purpose = purposes[j->policy->purpose];
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);

	if ((j->param != NULL && X509_VERIFY_PARAM_set1(p, j->param) != 1) ||
	    (j->policy->host != NULL && !set_host(p, j->policy->host)) ||
	    (purpose != 0 &&
	    X509_VERIFY_PARAM_set_purpose(p, purpose) != 1))
		return false;
	X509_VERIFY_PARAM_set_depth(p, VERIFY_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(p, 0);	/* ours is is_strong */
	/* A time that is set is looked at, whatever the flags say. */
	if (!j->policy->expired_ok)
		X509_VERIFY_PARAM_set_time(p, (time_t)j->now);
	return X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN |
	    X509_V_FLAG_TRUSTED_FIRST | (j->policy->expired_ok ?
	    X509_V_FLAG_NO_CHECK_TIME : 0)) == 1;
}

/* Where OpenSSL was told to look at no dates, at the beginnings. */
static bool
has_begun(struct verify_job *j, const STACK_OF(X509) *chain)
{
	time_t now = (time_t)j->now;

	for (int i = 0; j->policy->expired_ok && i < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i);

		if (X509_cmp_time(X509_get0_notBefore(x), &now) >= 0)
			return say_expired(j, VERIFY_NOT_YET, x);
	}
	return true;
}

static bool
verify(struct verify_job *j, X509_STORE_CTX *ctx, STACK_OF(X509) *anchors,
    const struct cert *anchor)
{
	STACK_OF(X509) *chain;

	/* A pinned certificate needs nobody else. */
	if (sk_X509_push(anchors, cert_x509(anchor)) <= 0 ||
	    X509_STORE_CTX_init(ctx, NULL, cert_x509(j->leaf),
	    anchor != j->leaf ? j->untrusted : NULL) != 1)
		return verify_say(j, VERIFY_ERROR, NULL, "out of memory");
	X509_STORE_CTX_set0_trusted_stack(ctx, anchors);
	if (!set_param(j, ctx))
		return verify_say(j, VERIFY_ERROR, NULL, "\"%.100s\" cannot "
		    "be the name of a server", j->policy->host != NULL ?
		    j->policy->host : "");
	if (X509_verify_cert(ctx) != 1)
		return say_openssl(j, ctx);
	chain = X509_STORE_CTX_get0_chain(ctx);
	if (!has_begun(j, chain) || !is_strong(j, chain) ||
	    !is_unrevoked(j, chain, anchor))
		return false;
	j->r->depth = (size_t)sk_X509_num(chain) - 1;
	return true;
}

bool
verify_path(struct verify_job *j, const struct cert *anchor)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *anchors = sk_X509_new_null();
	bool ok;

	ok = ctx != NULL && anchors != NULL ?
	    verify(j, ctx, anchors, anchor) :
	    verify_say(j, VERIFY_ERROR, NULL, "out of memory");
	X509_STORE_CTX_free(ctx);
	sk_X509_free(anchors);		/* borrowed all along */
	ERR_clear_error();
	return ok;
}
