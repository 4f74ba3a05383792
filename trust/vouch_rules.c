/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parameters of the answers to phones, see vouch_rules.h.
 */
#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "db/rows.h"
#include "trust/vouch_rules.h"

static int
load_yes(struct db *db, enum param_id id, const char *node, bool *yes,
    struct err *e)
{
	char *word = param_get(db, id, node, e);

	if (word == NULL)
		return ERR_NOMEM;
	*yes = strcmp(word, "yes") == 0;
	free(word);
	return ERR_OK;
}

static int
load_accept(struct vouch_rules *r, struct db *db, const char *node,
    struct err *e)
{
	char *word = param_get(db, PARAM_TVS_ACCEPT_CHAINS, node, e);

	if (word == NULL)
		return ERR_NOMEM;
	r->accept = vouch_chains_parse(word);
	free(word);
	return ERR_OK;
}

/* Lists that are there, or a responder that may be asked. */
static int
load_revocation(struct vouch_rules *r, struct db *db, const char *node,
    struct err *e)
{
	struct row_crl *rows;
	size_t n;
	int ret;

	if ((ret = load_yes(db, PARAM_CERT_OCSP, node, &r->revocation,
	    e)) != ERR_OK ||
	    (ret = row_crl_list(db, &rows, &n, e)) != ERR_OK)
		return ret;
	r->revocation |= n > 0;
	row_crl_free(rows, n);
	return ERR_OK;
}

int
vouch_rules_load(struct vouch_rules *r, struct db *db, const char *node,
    struct err *e)
{
	int ret;

	if ((ret = param_get_i64(db, PARAM_TVS_TTL, node, &r->ttl,
	    e)) != ERR_OK ||
	    (ret = param_get_i64(db, PARAM_TVS_TTL_APP_SERVER, node,
	    &r->ttl_app_server, e)) != ERR_OK ||
	    (ret = load_yes(db, PARAM_TVS_SERIAL_ALONE, node,
	    &r->serial_alone, e)) != ERR_OK ||
	    (ret = load_accept(r, db, node, e)) != ERR_OK)
		return ret;
	return load_revocation(r, db, node, e);
}
