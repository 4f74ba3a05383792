/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of the Simple Certificate Enrolment Protocol (RFC 8894), as a
 * registration authority sends and reads them: requests are signed with a key
 * of its own, because phones do not sign theirs, and answers are encrypted to
 * that.
 */
#ifndef CERTS_SCEP_H
#define CERTS_SCEP_H

#include "certs/cert.h"
#include "certs/csr.h"
#include "crypt/secret.h"

#define SCEP_MESSAGE_MAX	(256 << 10)
#define SCEP_CAPS_MAX		4096
#define SCEP_CERTS_MAX		8	/* of a CA, with its RAs */
#define SCEP_NONCE_LEN		16

/* --- what a CA can do (section 3.5.2) --- */

struct scep_caps {
	bool	post, aes, sha256;
};
/* Lines of GetCACaps; words that are not known are skipped. */
void	scep_caps_parse(struct scep_caps *c, const uint8_t *buf, size_t len);

/* --- the registration authority --- */

/* A fresh RSA key with a certificate by itself. */
struct scep_ra;
struct scep_ra	*scep_ra_new(int64_t now, struct err *e);
void		 scep_ra_free(struct scep_ra *r);
int64_t		 scep_ra_not_after(const struct scep_ra *r);
/* As bytes, only for sealing; and back: ERR_PROTO. */
int		 scep_ra_pack(const struct scep_ra *r, struct secret **out,
		    struct err *e);
struct scep_ra	*scep_ra_unpack(const uint8_t *buf, size_t len,
		    struct err *e);

/* text and which RA this is: what it asked for it can ask about again. */
void		 scep_ra_tag(const struct scep_ra *r, char *out,
		    size_t outlen, const char *text);

/*
 * The request c with the password in it that a CA may want (NULL: none),
 * signed by the RA, whose key is not the one it is about.
 */
struct csr	*scep_csr(struct scep_ra *r, const struct csr *c,
		    const char *challenge, struct err *e);

/* --- messages --- */

/* Whom the CA's certificates say to encrypt to: the RA among them that may be
 * encrypted to, else the CA.  Borrowed; NULL: none has an RSA key. */
const struct cert	*scep_recipient(struct cert *const *ca, size_t n);

struct scep_ask {
	bool			 poll;		/* CertPoll, else PKCSReq */
	const struct cert	*to;		/* encrypted to it */
	const struct cert	*issuer;	/* CertPoll: the CA */
	const struct csr	*csr;		/* as it was asked for */
	struct scep_caps	 caps;
	char			 transaction[65];	/* hex */
	uint8_t			 nonce[SCEP_NONCE_LEN];	/* fresh */
};
/* *der is the caller's (free()). */
int	scep_build(struct scep_ra *r, const struct scep_ask *a, uint8_t **der,
	    size_t *len, struct err *e);

enum scep_status { SCEP_SUCCESS = 0, SCEP_FAILURE = 2, SCEP_PENDING = 3 };

struct scep_answer {
	enum scep_status status;
	char		 why[160];	/* of a failure, made visible */
	uint8_t		*certs;		/* of success: PKCS#7, for
					 * container_read(); free() */
	size_t		 len;
};
/*
 * The CertRep to a: signed by one of the CA's certificates, of that
 * transaction and nonce.  ERR_PROTO (no such message), ERR_VERIFY (signature,
 * transaction, nonce, or it cannot be decrypted), ERR_LIMIT.
 */
int	scep_open(struct scep_ra *r, const struct scep_ask *a,
	    struct cert *const *ca, size_t n, const uint8_t *buf, size_t len,
	    struct scep_answer *out, struct err *e);
void	scep_answer_clear(struct scep_answer *a);

#endif
