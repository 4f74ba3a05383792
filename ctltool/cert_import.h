/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What imports say of trust stores.
 */
#ifndef CTLTOOL_CERT_IMPORT_H
#define CTLTOOL_CERT_IMPORT_H

#include "ctltool/out.h"
#include "trust/cert_import.h"

/* "same", "added", "returned" */
const char	*cert_import_change(enum trust_change change);

/* The certificates with store and change; NULL: out of memory. */
json_t		*cert_import_cas(const struct import_ca *ca, size_t n);

/* A line for each that is new. */
void		 cert_import_put_cas(struct out *o, const struct import_ca *ca,
		    size_t n);

#endif
