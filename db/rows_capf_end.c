/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * When certificates of phones end.  See rows_capf.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/rows_capf_part.h"

int
row_device_cert_ends(struct db *db, int64_t until,
    row_device_cert_end_fn *fn, void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_ENDS, e);
	struct device_cert_end x;
	uint8_t *issuer;
	size_t len;

	q_text(&q, 1, device_cert_state_name[DEVICE_CURRENT]);
	q_text(&q, 2, device_cert_type_name[DEVICE_LSC]);
	q_i64(&q, 3, until);
	while (q_row(&q)) {
		x = (struct device_cert_end){ .first = q_col_i64(&q, 1),
		    .n = q_col_i64(&q, 2) };
		issuer = NULL;
		q_col_blob(&q, 0, &issuer, &len);
		if (issuer != NULL && len == sizeof(x.issuer)) {
			x.has_issuer = true;
			memcpy(x.issuer, issuer, len);
		}
		free(issuer);
		if (q.ret == ERR_OK)
			q.ret = fn(arg, &x, e);
	}
	return q_end(&q);
}

static int
forget(struct db *db, const uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_FORGET, e);
	int ret;

	q_blob(&q, 1, sha256, SHA256_LEN);
	q_text(&q, 2, device_cert_state_name[DEVICE_CURRENT]);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return row_cert_remove(db, sha256, e);
}

int
row_device_cert_forget(struct db *db, int64_t now, size_t max, struct err *e)
{
	struct q q = q_begin(db, SQL_DEVICE_CERT_OVER, e);
	uint8_t (*over)[SHA256_LEN] = NULL;
	size_t n = 0;
	int ret;

	q_i64(&q, 1, now);
	q_text(&q, 2, capf_kind_name[CAPF_PHONE]);
	q_i64(&q, 3, (int64_t)max);
	q_text(&q, 4, device_cert_state_name[DEVICE_CURRENT]);
	q_text(&q, 5, device_cert_type_name[DEVICE_LSC]);
	for (; q_row(&q) && q_grow(&q, (void **)&over, n, sizeof(*over)); n++)
		q_col_fixed(&q, 0, over[n], SHA256_LEN);
	ret = q_end(&q);
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = forget(db, over[i], e);
	free(over);
	return ret;
}
