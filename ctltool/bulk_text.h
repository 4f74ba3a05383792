/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the bulk commands say of bundles.
 */
#ifndef CTLTOOL_BULK_TEXT_H
#define CTLTOOL_BULK_TEXT_H

#include "ctltool/ctl.h"
#include "trust/bundle.h"

/* The units that argument UNIT names, as bits; all without it; 0 with e. */
unsigned	 bulk_units(const struct ctl *c, struct err *e);

/* Whose part it is and the SHA-256 of its signer, which people compare. */
void		 bulk_put_part(struct out *o, const struct bundle_part *p);
/* {cluster, uuid, node, exported_at, signer, certificates}; NULL: out of
 * memory. */
json_t		*bulk_json_part(const struct bundle_part *p);

/* Each certificate with unit, node, stage and SHA-256. */
json_t		*bulk_json_cert(const struct bundle_cert *bc);

#endif
