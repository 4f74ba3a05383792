/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One certificate, whole: text, fingerprints, who uses it, PEM.
 */
#ifndef CTLTOOL_CERT_SHOW_H
#define CTLTOOL_CERT_SHOW_H

#include "ctltool/ctl.h"
#include "trust/cert_use.h"

/*
 * nuses of the uses are there, of all of them.  j (taken over) is what the
 * caller knows; the certificate's values are added and it is the result.
 * With --pem the PEM is all that is said.
 */
int	cert_show(struct ctl *c, const struct cert *cert,
	    const struct cert_use *uses, size_t nuses, size_t all, json_t *j,
	    struct err *e);

/* One of its fingerprints as a line, and as a value. */
void	cert_show_fingerprint(struct ctl *c, const struct cert *cert,
	    enum digest_alg alg);
json_t	*cert_fingerprint_json(const struct cert *cert,
	    enum digest_alg alg);

#endif
