/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See node_secret.h.
 */
#include <stdlib.h>

#include "db/rows.h"
#include "trust/node_secret.h"
#include "trust/sealed.h"

int
node_secret(const struct node *n, const char *name, struct secret **text,
    struct err *e)
{
	struct err none = { .code = ERR_OK };
	uint8_t *sealed = NULL;
	struct keyring *kr;
	size_t len;
	int ret;

	*text = NULL;
	ret = row_cluster_secret_get(n->db, name, &sealed, &len, NULL, &none);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	if ((kr = node_keyring(n, KEYRING_CRED, &none)) == NULL)
		ret = err_set(e, none.code, "%s", none.msg);
	else
		ret = sealed_cluster_open(kr, name, sealed, len, text, e);
	keyring_free(kr);
	free(sealed);
	return ret;
}
