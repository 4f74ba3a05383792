/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a certificate may be used for, see cert_use.h.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/str.h"
#include "certs/cert_use.h"
#include "certs/internal.h"

/* One bit of an extension that a use needs. */
struct need {
	unsigned	 use;		/* enum cert_usage */
	bool		 extended;
	uint32_t	 bit;		/* KU_*, XKU_* */
	const char	*name;
};

static const struct need needs[] = {
	{ CERT_USE_SIGN | CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT, false,
	    KU_DIGITAL_SIGNATURE, "digitalSignature" },
	/* What phones with static RSA suites and encrypted files need. */
	{ CERT_USE_ENCIPHER, false, KU_KEY_ENCIPHERMENT, "keyEncipherment" },
	{ CERT_USE_TLS_SERVER, true, XKU_SSL_SERVER, "serverAuth" },
	{ CERT_USE_TLS_CLIENT, true, XKU_SSL_CLIENT, "clientAuth" },
	{ CERT_USE_CA, false, KU_KEY_CERT_SIGN, "keyCertSign" },
};

/* EC keys encipher nothing: RFC 5480 section 3. */
static bool
is_meant(const struct need *n, const struct cert *c, unsigned usage)
{
	return (n->use & usage) != 0 && (n->use != CERT_USE_ENCIPHER ||
	    key_type_is_rsa(cert_key_type(c)));
}

static void
add_name(char text[CERT_USE_TEXT_MAX], const char *name)
{
	size_t n = strlen(text);

	(void)snprintf(text + n, CERT_USE_TEXT_MAX - n, "%s%s",
	    n > 0 ? ", " : "", name);
}

unsigned
cert_use_missing(const struct cert *c, unsigned usage,
    char text[CERT_USE_TEXT_MAX])
{
	/* All bits are set where the extension is absent. */
	uint32_t ku = X509_get_key_usage(cert_x509(c));
	uint32_t xku = X509_get_extended_key_usage(cert_x509(c));
	unsigned missing = 0;

	ERR_clear_error();
	text[0] = '\0';
	if (xku != UINT32_MAX && (xku & XKU_ANYEKU))
		xku = UINT32_MAX;
	if ((usage & CERT_USE_CA) &&
	    !(X509_get_extension_flags(cert_x509(c)) & EXFLAG_CA)) {
		missing |= CERT_USE_CA;
		add_name(text, "CA:TRUE");
	}
	for (size_t i = 0; i < N_OF(needs); i++) {
		const struct need *n = &needs[i];

		if (is_meant(n, c, usage) &&
		    ((n->extended ? xku : ku) & n->bit) == 0) {
			missing |= n->use & usage;
			add_name(text, n->name);
		}
	}
	return missing;
}

const char *
cert_issues_by(const struct cert *c)
{
	uint32_t ku = X509_get_key_usage(cert_x509(c));
	bool ca = X509_get_extension_flags(cert_x509(c)) & EXFLAG_CA;

	ERR_clear_error();
	if (ca)
		return "CA:TRUE";
	return ku != UINT32_MAX && (ku & KU_KEY_CERT_SIGN) ? "keyCertSign" :
	    NULL;
}

static bool
is_ra_use(const ASN1_OBJECT *o)
{
	static const char *const ra[] = { "1.3.6.1.5.5.7.3.28",
	    "1.3.6.1.4.1.311.20.2.1" };
	char text[64];
	int n = OBJ_obj2txt(text, sizeof(text), o, 1);

	for (size_t i = 0; n > 0 && i < N_OF(ra); i++)
		if (strcmp(text, ra[i]) == 0)
			return true;
	return false;
}

bool
cert_is_ra(const struct cert *c)
{
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(cert_x509(c),
	    NID_ext_key_usage, NULL, NULL);
	bool is = false;

	for (int i = 0; !is && i < sk_ASN1_OBJECT_num(all); i++)
		is = is_ra_use(sk_ASN1_OBJECT_value(all, i));
	EXTENDED_KEY_USAGE_free(all);
	ERR_clear_error();
	return is;
}

bool
cert_hash(const struct cert *c, enum digest_alg *alg)
{
	return ossl_sig_hash(X509_get_signature_nid(cert_x509(c)), alg);
}
