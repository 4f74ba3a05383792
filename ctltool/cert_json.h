/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates and their names in answers.
 */
#ifndef CTLTOOL_CERT_JSON_H
#define CTLTOOL_CERT_JSON_H

#include "certs/san.h"
#include "ctltool/out.h"

/* {subject, issuer, serial, key, not_before, not_after, sha256}; NULL: out of
 * memory. */
json_t	*cert_json(const struct cert *c);

/* Names as an array of texts. */
json_t	*cert_json_names(const struct san_set *s);

#endif
