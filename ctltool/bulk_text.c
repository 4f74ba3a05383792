/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See bulk_text.h.
 */
#include "base/clock.h"
#include "base/str.h"
#include "ctltool/bulk_text.h"
#include "ctltool/cert_json.h"
#include "trust/bundle_move.h"
#include "trust/cert_import.h"

unsigned
bulk_units(const struct ctl *c, struct err *e)
{
	const char *name;
	unsigned units = 0, one;

	if (cmd_get(c->line, "UNIT") == NULL)
		return bundle_units("all", e);
	for (size_t i = 0; (name = cmd_get_n(c->line, "UNIT", i)) != NULL;
	    i++) {
		if ((one = bundle_units(name, e)) == 0)
			return 0;
		units |= one;
	}
	return units;
}

void
bulk_put_part(struct out *o, const struct bundle_part *p)
{
	char at[CLOCK_RFC3339_LEN], name[IMPORT_NAME_MAX];
	char hex[2 * SHA256_LEN + 1];

	clock_rfc3339(p->time, at);
	import_name(p->signer, name);
	str_hex(p->signer_sha256, SHA256_LEN, hex);
	out_text(o, "Cluster %s (%s): %zu certificates, exported %s on %s\n"
	    "  signed by its %s \"%s\", SHA-256\n  %s\n", p->cluster.name,
	    p->cluster.uuid, p->ncert, at, p->node, p->by->name, name, hex);
}

json_t *
bulk_json_part(const struct bundle_part *p)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:o}, s:I}", "cluster",
	    p->cluster.name, "uuid", p->cluster.uuid, "node", p->node,
	    "exported_at", out_time(p->time), "signer", "unit", p->by->name,
	    "sha256", out_hex(p->signer_sha256, SHA256_LEN), "certificates",
	    (json_int_t)p->ncert);
}

json_t *
bulk_json_cert(const struct bundle_cert *bc)
{
	json_t *j = cert_json(bc->cert);

	if (j == NULL || json_object_update_new(j, json_pack(
	    "{s:s, s:s, s:s}", "unit", bc->u->name, "node", bc->node, "stage",
	    bc->stage == OWN_ACTIVE ? "active" : "announced")) != 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}
