/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SRST references and gateways' certificates as commands show them.
 */
#ifndef CTLTOOL_SRST_TEXT_H
#define CTLTOOL_SRST_TEXT_H

#include "ctltool/ctl.h"
#include "trust/srst.h"
#include "trust/srst_check.h"

/* A SHA-256 as typed, with or without colons.  ERR_ARG. */
int	 srst_sha256(const char *option, const char *text,
	    uint8_t sha256[SHA256_LEN], struct err *e);

/* Subject, issuer, dates and the three fingerprints; advice about dates. */
void	 srst_show_cert(struct ctl *c, const struct cert *cert,
	    const char *indent);
json_t	*srst_cert_json(const struct cert *cert);

/* One look: "other", what the gateway shows. */
json_t	*srst_look_json(const struct srst_look *l);
void	 srst_show_look(struct ctl *c, const struct srst_look *l,
	    const char *before);

/* A row; phones: how many use it. */
json_t	*srst_json(const struct row_srst *r, int64_t phones);

#endif
