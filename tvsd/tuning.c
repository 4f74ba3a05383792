/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parameters, see tuning.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tvsd/tuning.h"

static int
load_tls(struct msg_tuning *t, struct db *db, const char *node, struct err *e)
{
	char *floor = NULL, *rsa = NULL;
	int ret = ERR_NOMEM;

	if ((floor = param_get(db, PARAM_TVS_MIN_VERSION, node, e)) == NULL ||
	    (rsa = param_get(db, PARAM_TVS_STATIC_RSA, node, e)) == NULL)
		goto out;
	t->static_rsa = strcmp(rsa, "yes") == 0;
	ret = tls_floor_parse(floor, &t->floor) ? ERR_OK :
	    err_set(e, ERR_ARG, "lowest TLS version: %s", floor);
out:
	free(floor);
	free(rsa);
	return ret;
}

int
tuning_load(struct msg_tuning *t, int64_t *ring, struct db *db,
    const char *node, struct err *e)
{
	int64_t max, per_address;
	struct msg_tuning n = { 0 };
	const struct {
		enum param_id	 id;
		int64_t		*v;
	} numbers[] = {
		{ PARAM_TVS_MAX_CONNECTIONS, &max },
		{ PARAM_TVS_MAX_PER_ADDRESS, &per_address },
		{ PARAM_TVS_HANDSHAKE_TIMEOUT_MS, &n.limits.handshake_ms },
		{ PARAM_TVS_MESSAGE_TIMEOUT_MS, &n.limits.message_ms },
		{ PARAM_TVS_IDLE_TIMEOUT_MS, &n.limits.idle_ms },
		{ PARAM_OBSERVED_RING, ring },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (param_get_i64(db, numbers[i].id, node, numbers[i].v, e) !=
		    ERR_OK)
			return err_wrap(e, "parameters");
	if (load_tls(&n, db, node, e) != ERR_OK)
		return err_wrap(e, "parameters");
	n.max = (size_t)max;
	n.max_per_address = (size_t)per_address;
	*t = n;
	return ERR_OK;
}
