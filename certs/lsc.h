/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Locally Significant Certificates (spec/capf.md sections 9 and 10): the key a
 * phone made checked, and the certificate or request over it.
 */
#ifndef CERTS_LSC_H
#define CERTS_LSC_H

#include "certs/cert.h"
#include "certs/sign.h"

struct lsc_key;		/* a public key of a phone */

/*
 * From SubjectPublicKeyInfo in DER, exact length.  ERR_PROTO: no RSA key, nor EC
 * key on a named curve we know as a whole point on it; ERR_REFUSED: RSA of
 * other sizes than 1024, 2048, 3072 and 4096 bits, or weak: modulus even, with
 * a small factor, a square or of a generator known for its weakness
 * (CVE-2017-15361), exponent even, 1 or above 64 bits [3 and 17 of old phones
 * are taken].
 * Whether that type was asked for, and whether another device has the same
 * key, is the caller's matter.
 */
struct lsc_key	*lsc_key_from_spki(const uint8_t *spki, size_t len,
		    struct err *e);
void		 lsc_key_free(struct lsc_key *k);
enum key_type	 lsc_key_type(const struct lsc_key *k);
/* SHA-256 of the SPKI DER, as certificate.key_id has it. */
void		 lsc_key_id(const struct lsc_key *k, uint8_t id[32]);

/* Can certificates hold that name: 1 to LSC_DEVICE_MAX printable ASCII
 * characters, for a CN and a URI?  ERR_ARG. */
#define LSC_DEVICE_MAX	64	/* RFC 5280 appendix A, ub-common-name */
int		 lsc_device_check(const char *device, struct err *e);

struct lsc_spec {
	const char	*device;	/* CN, and SAN URI as bare text */
	int64_t		 not_before, not_after;	/* bounded by the CA's */
	uint8_t		 serial[16];	/* random; never negative, not zero */
};


/*
 * An issuer's certificate with the sequence of its subject prepared once, and
 * a channel to its key.  s is borrowed; of ca nothing is kept.  One per loop.
 * ERR_ARG: not a CA, no keyCertSign.
 */
struct lsc_issuer;
struct lsc_issuer *lsc_issuer_new(const struct cert *ca, struct signer *s,
		    struct err *e);
void		 lsc_issuer_free(struct lsc_issuer *i);
/*
 * *der is the caller's (free()).  ERR_ARG: a device name that no certificate
 * can hold (1 to 64 printable ASCII characters can be a CN and a URI);
 * ERR_REFUSED: the CA's certificate ends before it would begin; errors of
 * sign_digest.
 */
int		 lsc_issue(struct lsc_issuer *i, const struct lsc_spec *s,
		    const struct lsc_key *k, uint8_t **der, size_t *len,
		    struct err *e);

/*
 * A PKCS#10 request over a phone's key, with the subject, SAN and usages an
 * LSC has, for a CA elsewhere.  The phone signs no request [?: commands 22 and
 * 23 may be for that], so CAPF signs it, as a registration authority does: the
 * CA must be told not to ask for proof of possession.
 */
int		 lsc_request(struct lsc_issuer *ra, const char *device,
		    const struct lsc_key *k, uint8_t **der, size_t *len,
		    struct err *e);

/*
 * Would c do as the LSC of device with the key spki (its SHA-256)?  Names the
 * two values that differ, or the usage bit that lacks or is too much: key, name
 * (as lsc_is_of with mic), digitalSignature, for RSA keyEncipherment,
 * clientAuth where uses are extended, neither CA:TRUE nor keyCertSign, dates.
 * ERR_REFUSED.
 */
int		 lsc_check(const struct cert *c, const char *device,
		    const uint8_t spki[32], int64_t now, struct err *e);

/* Does the certificate belong to that device: CN equal, or CP-<model>-<device>
 * with mic (case counts only in the first): the model is a word of up to eight
 * letters and digits with a digit in it, and variants of up to four ("8832",
 * "DX650", "8832-NR").  One with several CNs is nobody's. */
bool		 lsc_is_of(const struct cert *c, const char *device, bool mic);

#endif
