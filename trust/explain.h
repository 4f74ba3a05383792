/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a file is, in facts that a program can print: any trust list or signed
 * file.
 */
#ifndef TRUST_EXPLAIN_H
#define TRUST_EXPLAIN_H

#include "certs/enc_file.h"
#include "certs/list.h"
#include "certs/signed.h"
#include "db/db.h"

enum explain_kind { EXPLAIN_LIST, EXPLAIN_SIGNED, EXPLAIN_ENCRYPTED };

enum explain_verdict {
	EXPLAIN_VERIFIED,	/* by a certificate of this cluster */
	EXPLAIN_SELF,		/* list: by its own SAST record, which is not
				 * (or cannot be checked to be) ours */
	EXPLAIN_UNKNOWN_SIGNER,	/* cannot be checked: no such certificate */
	EXPLAIN_BROKEN,		/* signature does not fit the bytes */
};

struct explain {
	enum explain_kind	 kind;
	struct list		*list;		/* EXPLAIN_LIST */
	struct signed_file	 sf;		/* the others */
	struct enc_file		 enc;		/* EXPLAIN_ENCRYPTED */
	struct tlv_header	 h;
	enum explain_verdict	 verdict;
	bool			 have_state;	/* db was given */
	char			 unit[32];	/* own unit that signed, or "" */
	char			 why[320];
};

/*
 * buf must outlive ex.  db NULL: no state to check against; else the signer is
 * looked for among all own certificates, retired ones too.  Which roles a list
 * has is reported, never judged.  ERR_PROTO: neither a trust list nor a signed
 * file (offset and reason); ex is cleared then.  explain_clear() it.
 */
int	explain_bytes(struct explain *ex, struct db *db, const uint8_t *buf,
	    size_t len, struct err *e);
void	explain_clear(struct explain *ex);

#endif
