/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust stores: which there are, what they are called, and for which
 * roles TVS vouches for what lies in them (issue: SAST and TFTP come from
 * Phone-SAST-trust alone, so that a gateway's certificate never becomes a
 * signer of files).
 */
#ifndef TRUST_TRUST_UNIT_H
#define TRUST_TRUST_UNIT_H

#include <stdint.h>

enum trust_unit {
	TRUST_CALLMANAGER,	/* SIP trunks, gateways, phones' LSC and MIC */
	TRUST_CAPF,		/* who issued the certificates of phones */
	TRUST_TVS,
	TRUST_HTTPS,		/* application servers, providers */
	TRUST_PHONE_SAST,	/* who signs lists and files elsewhere */
	TRUST_N
};

struct trust_unit_def {
	enum trust_unit	 unit;
	const char	*name;		/* "CallManager-trust" */
	const char	*own;		/* the own unit it belongs to, or NULL */
	uint32_t	 roles;		/* bit (1 << role), certs/list.h */
};
const struct trust_unit_def	*trust_unit_table(void);	/* TRUST_N */

/*
 * By name without regard to case, with or without "-trust"; tomcat is https.
 * NULL.
 */
const struct trust_unit_def	*trust_unit_find(const char *name);

#endif
