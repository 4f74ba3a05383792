/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See list_plan.h.
 */
#include <inttypes.h>

#include "base/str.h"
#include "ctltool/list_plan.h"
#include "trust/itl.h"
#include "trust/own.h"

int
list_sum_read(struct db *db, struct list_sum *s, struct err *e)
{
	struct row_list l;
	int ret;

	if ((ret = itl_current(db, &l, e)) != ERR_OK)
		return ret;
	ret = digest_buf(DIGEST_SHA1, l.bytes, l.len, s->sha1, e);
	s->len = l.len;
	row_list_clear(&l);
	return ret;
}

struct signer *
list_plan_signer(struct ctl *c, struct err *e)
{
	struct signer *s;
	struct keyring *kr;

	if ((kr = node_keyring(&c->node, KEYRING_SIGN, e)) == NULL)
		return NULL;
	/* A rollback brings a retired one back, which signs then. */
	s = own_signer_kept(c->node.db, kr, UNIT_ITLRECOVERY, e);
	keyring_free(kr);
	return s;
}

int
list_plan_tell(struct ctl *c, const struct list_sum *will,
    const char *daemons, struct err *e)
{
	char was[2 * DIGEST_MAX + 1], then[2 * DIGEST_MAX + 1];
	struct list_sum now;
	int64_t phones;
	int ret;

	if ((ret = list_sum_read(c->node.db, &now, e)) != ERR_OK ||
	    (ret = row_phone_count(c->node.db, &phones, e)) != ERR_OK)
		return ret;
	str_hex(now.sha1, digest_len(DIGEST_SHA1), was);
	str_hex(will->sha1, digest_len(DIGEST_SHA1), then);
	out_text(c->out, "  ITL file   %s(SHA1), %zu bytes\n"
	    "          -> %s(SHA1), %zu bytes\n", was, now.len, then,
	    will->len);
	out_text(c->out, "  Daemons    %s\n"
	    "  Phones     take it when they restart or are reset; %" PRId64
	    " known\n", daemons, phones);
	return ERR_OK;
}
