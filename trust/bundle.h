/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles: what clusters give each other so that phones can move between
 * them (spec/admin-cli.md section 6.5, spec/operations.md section 9, M2).
 *
 * A bundle is a text file with one PKCS7 block per cluster, anything around
 * them being remarks for people.  A block is SignedData over that cluster's
 * manifest: lines "key: value" that say whose it is and when it was made, then
 * for each certificate some more such lines and the certificate as PEM:
 *
 *	phonetrust-bundle: 1
 *	cluster: orbit
 *	uuid: 1b671a64-40d5-491e-99b0-da01ff1f3341
 *	node: pub1
 *	time: 2026-11-21T18:00:00Z
 *	signer: ITLRecovery
 *	sast: <SHA-256 of what its Phone-SAST-trust holds>	(any number)
 *	certificates: 2
 *
 *	unit: CallManager
 *	node:					(empty: cluster-wide)
 *	stage: active
 *	roles: CCM CCM+TFTP TFTP
 *	sha256: <of the certificate>
 *	-----BEGIN CERTIFICATE-----
 *	...
 *	-----END CERTIFICATE-----
 *
 * Keys come in this order; keys that are not known are skipped, so that a
 * later version can say more.  Several clusters' blocks in one file keep
 * their own signatures: whoever merges files can add nothing.
 */
#ifndef TRUST_BUNDLE_H
#define TRUST_BUNDLE_H

#include "trust/own.h"

#define BUNDLE_FILE_MAX		(32 << 20)	/* bytes */
#define BUNDLE_PARTS_MAX	32		/* clusters */
#define BUNDLE_CERTS_MAX	200		/* of one cluster */
#define BUNDLE_SAST_MAX		1000
#define BUNDLE_LINE_MAX		1024

struct bundle_cert {
	const struct own_unit_def	*u;
	char				 node[NODE_NAME_MAX + 1];
	enum own_stage			 stage;	/* announced or active */
	uint8_t				 sha256[SHA256_LEN];
	struct cert			*cert;
};

struct bundle_part {
	struct row_cluster		 cluster;	/* name and uuid */
	char				 node[NODE_NAME_MAX + 1];
	int64_t				 time;
	const struct own_unit_def	*by;	/* unit of the signer */
	struct bundle_cert		*cert;
	size_t				 ncert;
	uint8_t				(*sast)[SHA256_LEN];
	size_t				 nsast;
	/* Of a block that was read or signed: */
	struct cert			*signer;
	uint8_t				 signer_sha256[SHA256_LEN];
	uint8_t				*der;	/* as it came */
	size_t				 len;
};
void	bundle_part_clear(struct bundle_part *p);

/* Start with zeroes.  At most one part of a cluster, by UUID and signer: a
 * stranger who uses the UUID of another cluster does not displace its part. */
struct bundle {
	struct bundle_part	*part;
	size_t			 n;
	size_t			 nolder;	/* left out for newer ones */
};
void	bundle_clear(struct bundle *b);

/* --- manifests --- */

/* The roles that TVS would tell of a unit's certificate, as bits of
 * certs/list.h. */
uint32_t	bundle_roles(enum own_unit unit);

/* May such a unit's certificates be in a bundle, or sign one? */
bool	bundle_has_unit(enum own_unit unit);
bool	bundle_signs(enum own_unit unit);

/* The manifest of p; *text is the caller's.  ERR_LIMIT, ERR_NOMEM. */
int	bundle_manifest_build(const struct bundle_part *p, uint8_t **text,
	    size_t *len, struct err *e);

/* And back.  bundle_part_clear() it either way.  ERR_PROTO with the line,
 * ERR_LIMIT. */
int	bundle_manifest_parse(struct bundle_part *p, const uint8_t *text,
	    size_t len, struct err *e);

/* --- files --- */

/*
 * Sign p's manifest with the key of c, which s holds and which p->by names;
 * fills signer and der.
 */
int	bundle_part_sign(struct bundle_part *p, struct signer *s,
	    const struct cert *c, struct err *e);

/* One signed block.  Its signature must fit the certificate in it: whether to
 * believe that one is for people to say.  ERR_PROTO, ERR_VERIFY, ERR_LIMIT. */
int	bundle_part_open(struct bundle_part *p, const uint8_t *der, size_t len,
	    struct err *e);

/*
 * Add the blocks of a file.  Of one cluster's several the newest stays.
 * On failure nothing of the file is in b, but after ERR_NOMEM.  ERR_PROTO (no block at all, or a damaged one),
 * ERR_VERIFY (a signature does not fit), ERR_LIMIT.
 */
int	bundle_read(struct bundle *b, const uint8_t *buf, size_t len,
	    struct err *e);

/* The file; parts in order of cluster and UUID.  *text is the caller's. */
int	bundle_write(const struct bundle *b, uint8_t **text, size_t *len,
	    struct err *e);

#endif
