/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the certificates and signatures of an authentication response prove
 * (spec/capf.md section 8): that the phone has an LSC, or a certificate its
 * vendor gave it (MIC).  Whether that is enough is capf_begin's matter.
 *
 * An LSC is one that a CAPF certificate of this cluster has issued, announced,
 * active or retired, or a CA of CAPF-trust.  A MIC is one whose subject names
 * the phone as vendors do (CP-<model>-<device>), or which a vendor's CA (set
 * cert default-ca-list) has issued, and which chains to CAPF-trust.  Each has
 * to belong to the device that shows it, to be valid now and not revoked: by
 * a list of its CA, or by "utils capf revoke"; what a phone said it had
 * deleted is not taken either.
 *
 * Vendors' certificates end while their phones live on.  Parameter
 * capf.expired_mic says whose expired MIC is taken here: nobody's, that of
 * the phones named by "utils capf mic-allow", or anybody's; their authorities
 * may then have expired as well.  That is for an installation alone (capf.h);
 * nothing else ever takes one.
 */
#ifndef TRUST_CAPF_PROOF_H
#define TRUST_CAPF_PROOF_H

#include "certs/capf_msg.h"
#include "certs/verify.h"
#include "db/db.h"
#include "trust/capf.h"

/* One thread's; all borrowed. */
struct capf_prover {
	struct db		*db;	/* phonetrust.db, for reading */
	struct verifier		*verifier;	/* as it is now: anchors_now */
	int64_t			 now;
};

struct capf_shown {
	enum capf_proof	 proof;
	uint8_t		 sha256[DIGEST_SHA256_LEN];	/* unless NONE */
	bool		 expired;	/* a MIC, taken all the same: it proves
					 * who is to have an LSC, no more */
	bool		 own_ca;	/* a CAPF of this cluster, active or
					 * before, issued it */
};

/*
 * m: an authentication response; session: the one we chose.  Without
 * certificate ERR_OK and CAPF_PROOF_NONE.  Element 16's certificate has to
 * pass as well; what element 4 is decides the kind.
 * ERR_PROTO (not a certificate), ERR_VERIFY (a signature does not fit),
 * ERR_REFUSED (SHA-1 alone, another device's, untrusted, expired, revoked),
 * all of them the phone's doing; ERR_ARG (no device name); other errors are
 * ours: the phone may come again.  e is for the log.
 */
int	capf_proof_check(const struct capf_prover *p,
	    const struct capf_msg *m, uint32_t session, struct capf_shown *s,
	    struct err *e);

#endif
