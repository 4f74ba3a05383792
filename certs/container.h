/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whatever people hand in as "the certificate": certificates, private keys,
 * signing requests and CRLs out of PEM with text around it, DER, bare base64,
 * PKCS#7 and PKCS#12, in any order and under any name.  What a file is follows
 * from its bytes.  Several files add to one set, in which each thing stands
 * once.
 */
#ifndef CERTS_CONTAINER_H
#define CERTS_CONTAINER_H

#include "certs/cert.h"
#include "certs/csr.h"
#include "certs/key.h"

#define CONTAINER_FILE_MAX	(8 << 20)	/* bytes of one file */
#define CONTAINER_CERTS_MAX	2048
#define CONTAINER_KEYS_MAX	16
#define CONTAINER_CRLS_MAX	64
#define CONTAINER_CSRS_MAX	16

/* Rounds of key derivation that one file may ask for: hostile ones ask for
 * 2^31, real ones for up to 600,000 per encrypted part. */
#define CONTAINER_WORK_MAX	UINT64_C(5000000)

struct container_crl {
	uint8_t		*der;
	size_t		 len;
};

struct container {			/* start with zeroes */
	struct cert		**cert;
	size_t			 ncert;
	struct key		**key;
	size_t			 nkey;
	struct csr		**csr;
	size_t			 ncsr;
	struct container_crl	*crl;
	size_t			 ncrl;
	size_t			 nrepeated;	/* left out: there already */
};
void	container_clear(struct container *c);

enum container_flag {
	/* Leave private keys out; those that are encrypted by themselves then
	 * need no password. */
	CONTAINER_NO_KEYS	= 1 << 0,
};

/*
 * Add what is in buf, in the order it stands there.  password opens PKCS#12
 * and encrypted keys; NULL: none was given, and only PKCS#12 with an empty one
 * opens.  Nothing is trusted or verified but the integrity of PKCS#12, that
 * numbers of private keys fit together, and that requests are signed with
 * their own key.
 * On failure the set is as it was.  ERR_DENIED: a password is needed;
 * ERR_VERIFY: this one does not open it; ERR_PROTO: damaged, or nothing that
 * is known here, the text says where; ERR_ARG: a private key of a kind that
 * is not used here; ERR_LIMIT.
 */
int	container_read(struct container *c, const uint8_t *buf, size_t len,
	    unsigned flags, const char *password, struct err *e);

#endif
