/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of SCEP share (RFC 8894, section 3.2.1).
 */
#ifndef CERTS_SCEP_INT_H
#define CERTS_SCEP_INT_H

#include "certs/internal.h"
#include "certs/scep.h"

struct scep_ra {
	struct key	*key;
	struct cert	*cert;
};

enum scep_attr {
	SCEP_MESSAGE_TYPE,
	SCEP_PKI_STATUS,
	SCEP_FAIL_INFO,
	SCEP_SENDER_NONCE,
	SCEP_RECIPIENT_NONCE,
	SCEP_TRANSACTION,
	SCEP_FAIL_TEXT,
	SCEP_OID_N
};
/* ASN1_OBJECT_free() it; NULL: out of memory. */
ASN1_OBJECT	*scep_object(enum scep_attr a);

#define SCEP_TYPE_REP	"3"
#define SCEP_TYPE_REQ	"19"
#define SCEP_TYPE_POLL	"20"

#endif
