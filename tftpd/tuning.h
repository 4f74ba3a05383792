/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parameters that tftpd acts on, read as one.
 */
#ifndef TFTPD_TUNING_H
#define TFTPD_TUNING_H

#include "certs/tls.h"
#include "db/db.h"
#include "net/http.h"
#include "tftpd/tftp_xfer.h"

struct tuning {
	struct xfer_conf	 xfer;
	size_t			 tftp_max, tftp_max_per_address;
	size_t			 http_max, http_max_per_address;
	struct http_limits	 http;
	enum tls_floor		 tls_lowest, tls_lowest2;	/* 6971, 6972 */
	bool			 plain_sgn;	/* on 6971 */
	int64_t			 observed_ring, observed_devices;
};

/* Effective values for node; *t is untouched on failure. */
int	tuning_load(struct tuning *t, struct db *db, const char *node,
	    struct err *e);

#endif
