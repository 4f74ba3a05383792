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

typedef int	open_fn(const struct keyring *kr, const char *name,
		    const uint8_t *sealed, size_t len, struct secret **out,
		    struct err *e);

static int
read_sealed(const struct node *n, const char *name, open_fn *open,
    struct secret **out, struct err *e)
{
	struct err none = { .code = ERR_OK };
	uint8_t *sealed = NULL;
	struct keyring *kr;
	size_t len;
	int ret;

	*out = NULL;
	ret = row_cluster_secret_get(n->db, name, &sealed, &len, NULL, &none);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	if ((kr = node_keyring(n, KEYRING_CRED, &none)) == NULL)
		ret = err_set(e, none.code, "%s", none.msg);
	else
		ret = open(kr, name, sealed, len, out, e);
	keyring_free(kr);
	free(sealed);
	return ret;
}

int
node_secret(const struct node *n, const char *name, struct secret **text,
    struct err *e)
{
	return read_sealed(n, name, sealed_cluster_open, text, e);
}

int
node_identity(const struct node *n, const char *name, struct identity **id,
    struct err *e)
{
	struct secret *bytes;
	int ret = read_sealed(n, name, sealed_cluster_bytes_open, &bytes, e);

	*id = NULL;
	if (ret != ERR_OK || bytes == NULL)
		return ret;
	*id = identity_unpack(bytes->buf, bytes->len, e);
	secret_free(bytes);
	return *id != NULL ? ERR_OK : err_wrap(e, "%s", name);
}
