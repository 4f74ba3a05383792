/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parameters of tftpd, see tuning.h.
 */
#include "db/params.h"
#include "tftpd/tuning.h"

int
tuning_load(struct tuning *t, struct db *db, const char *node, struct err *e)
{
	int64_t v[PARAM_N];

	for (int id = PARAM_TFTP_MAX_TRANSFERS; id <= PARAM_OBSERVED_DEVICES;
	    id++)
		if (param_get_i64(db, (enum param_id)id, node, &v[id], e) !=
		    ERR_OK)
			return err_wrap(e, "parameters");
	*t = (struct tuning){
		.xfer = {
			.timeout_ms = v[PARAM_TFTP_TIMEOUT_MS],
			.timeout_min_ms = v[PARAM_TFTP_TIMEOUT_MIN_MS],
			.retries = (unsigned)v[PARAM_TFTP_RETRIES],
			.life_ms = v[PARAM_TFTP_LIFE_S] * 1000,
			.blksize_max = (uint16_t)v[PARAM_TFTP_BLKSIZE_MAX],
			.windowsize_max =
			    (uint16_t)v[PARAM_TFTP_WINDOWSIZE_MAX],
		},
		.tftp_max = (size_t)v[PARAM_TFTP_MAX_TRANSFERS],
		.tftp_max_per_address = (size_t)v[PARAM_TFTP_MAX_PER_ADDRESS],
		.http = {
			.max_connections =
			    (size_t)v[PARAM_HTTP_MAX_CONNECTIONS],
			.max_per_address =
			    (size_t)v[PARAM_HTTP_MAX_PER_ADDRESS],
			.head_timeout_ms = v[PARAM_HTTP_HEAD_TIMEOUT_MS],
			.idle_timeout_ms = v[PARAM_HTTP_IDLE_TIMEOUT_MS],
			.min_rate = v[PARAM_HTTP_MIN_RATE],
		},
		.observed_ring = v[PARAM_OBSERVED_RING],
		.observed_devices = v[PARAM_OBSERVED_DEVICES],
	};
	return ERR_OK;
}

struct http_limits
tuning_http_share(const struct tuning *t, size_t n)
{
	struct http_limits share = t->http;

	share.max_connections = (share.max_connections + n - 1) / n;
	if (share.max_per_address > share.max_connections)
		share.max_per_address = share.max_connections;
	return share;
}
