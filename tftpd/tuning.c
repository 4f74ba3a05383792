/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parameters of tftpd, see tuning.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "tftpd/tuning.h"

static int
load_floor(enum tls_floor *f, enum param_id id, struct db *db,
    const char *node, struct err *e)
{
	char *v = param_get(db, id, node, e);
	int ret = ERR_OK;

	if (v == NULL)
		ret = err_wrap(e, "parameters");
	else if (!tls_floor_parse(v, f))
		ret = err_set(e, ERR_ARG, "lowest TLS version: %s", v);
	free(v);
	return ret;
}

static int
load_https(struct tuning *t, struct db *db, const char *node, struct err *e)
{
	char *plain;
	int ret;

	if ((ret = load_floor(&t->tls_lowest, PARAM_HTTPS_MIN_VERSION, db,
	    node, e)) != ERR_OK || (ret = load_floor(&t->tls_lowest2,
	    PARAM_HTTPS2_MIN_VERSION, db, node, e)) != ERR_OK)
		return ret;
	if ((plain = param_get(db, PARAM_HTTPS_PLAIN_SGN, node, e)) == NULL)
		return err_wrap(e, "parameters");
	t->plain_sgn = strcmp(plain, "yes") == 0;
	free(plain);
	return ERR_OK;
}

int
tuning_load(struct tuning *t, struct db *db, const char *node, struct err *e)
{
	struct tuning https = { 0 };
	int64_t v[PARAM_N];
	int ret;

	for (int id = PARAM_TFTP_MAX_TRANSFERS; id <= PARAM_OBSERVED_DEVICES;
	    id++)
		if (param_get_i64(db, (enum param_id)id, node, &v[id], e) !=
		    ERR_OK)
			return err_wrap(e, "parameters");
	if ((ret = load_https(&https, db, node, e)) != ERR_OK)
		return ret;
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
		.http_max = (size_t)v[PARAM_HTTP_MAX_CONNECTIONS],
		.http_max_per_address = (size_t)v[PARAM_HTTP_MAX_PER_ADDRESS],
		.http = {
			.head_timeout_ms = v[PARAM_HTTP_HEAD_TIMEOUT_MS],
			.idle_timeout_ms = v[PARAM_HTTP_IDLE_TIMEOUT_MS],
			.min_rate = v[PARAM_HTTP_MIN_RATE],
		},
		.tls_lowest = https.tls_lowest,
		.tls_lowest2 = https.tls_lowest2,
		.plain_sgn = https.plain_sgn,
		.observed_ring = v[PARAM_OBSERVED_RING],
		.observed_devices = v[PARAM_OBSERVED_DEVICES],
	};
	return ERR_OK;
}
