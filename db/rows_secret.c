/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of cluster_secret and cluster_cert.  See rows.h.
 */
#include "db/query.h"
#include "db/rows.h"

int
row_cluster_secret_put(struct db *db, const char *name,
    const uint8_t *sealed, size_t len, int64_t now, struct err *e)
{
	struct q q = q_begin(db, SQL_SECRET_PUT, e);
	int ret;

	q_text(&q, 1, name);
	q_blob(&q, 2, sealed, len);
	q_i64(&q, 3, now);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	return db_change_add(db, "secret", name, e);
}

int
row_cluster_secret_get(struct db *db, const char *name, uint8_t **sealed,
    size_t *len, int64_t *changed_at, struct err *e)
{
	struct q q = q_begin(db, SQL_SECRET_GET, e);

	*sealed = NULL;
	*len = 0;
	q_text(&q, 1, name);
	if (q_row(&q)) {
		q_col_blob(&q, 0, sealed, len);
		if (changed_at != NULL)
			*changed_at = q_col_i64(&q, 1);
	}
	return q_not_there(q_end_found(&q, "secret"), "the secret", name, e);
}

int
row_cluster_secret_remove(struct db *db, const char *name, struct err *e)
{
	struct q q = q_begin(db, SQL_SECRET_REMOVE, e);
	int ret;

	q_text(&q, 1, name);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "the secret", name, e);
	return db_change_add(db, "secret", name, e);
}

int
row_cluster_cert_put(struct db *db, const char *name, const uint8_t *sha256,
    struct err *e)
{
	struct q q = q_begin(db, sha256 != NULL ? SQL_CLUSTER_CERT_PUT :
	    SQL_CLUSTER_CERT_REMOVE, e);

	q_text(&q, 1, name);
	if (sha256 != NULL)
		q_blob(&q, 2, sha256, SHA256_LEN);
	return q_run(&q);
}

int
row_cluster_cert_get(struct db *db, const char *name,
    uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct q q = q_begin(db, SQL_CLUSTER_CERT_GET, e);

	q_text(&q, 1, name);
	if (q_row(&q))
		q_col_fixed(&q, 0, sha256, SHA256_LEN);
	return q_not_there(q_end_found(&q, "certificate"), "the certificate",
	    name, e);
}
