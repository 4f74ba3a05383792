/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert bulk export, set cert bulk consolidate.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/bulk_place.h"
#include "ctltool/bulk_text.h"
#include "trust/bundle_move.h"
#include "trust/cert_import.h"

#define CONSOLIDATED	"consolidated" BULK_SUFFIX

/* --- export --- */

/* The same name each time, so that a new export takes the old one's place. */
static char *
file_name(const struct bundle_part *p)
{
	return str_printf("%s-%.8s" BULK_SUFFIX, p->cluster.name,
	    p->cluster.uuid);
}

static void
put_certs(struct out *o, const struct bundle_part *p)
{
	char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];

	for (size_t i = 0; i < p->ncert; i++) {
		const struct bundle_cert *bc = &p->cert[i];

		import_name(bc->cert, name);
		clock_rfc3339(cert_not_after(bc->cert), at);
		out_text(o, "  %-17s \"%s\"%s, until %s\n", bc->u->name, name,
		    bc->stage == OWN_ANNOUNCED ? " (announced)" : "", at);
	}
}

static void
say_export(struct ctl *c, const struct bundle_part *p, const char *where,
    size_t len)
{
	char vis[OUT_VIS_MAX];
	json_t *list = json_array(), *j = bulk_json_part(p);

	bulk_put_part(c->out, p);
	put_certs(c->out, p);
	if (ctl_is_rehearsal(c))
		out_text(c->out, "Would be written to %s, %zu bytes\n",
		    out_vis(where, vis), len);
	else
		out_text(c->out, "Successfully exported to %s, %zu bytes.\n"
		    "Tell the other cluster's administrator the SHA-256 above "
		    "by another way than the bundle goes.\n",
		    out_vis(where, vis), len);
	for (size_t i = 0; i < p->ncert; i++)
		if (json_array_append_new(list, bulk_json_cert(&p->cert[i])) !=
		    0)
			c->out->nomem = true;
	if (j == NULL || json_object_set_new(j, "certificates", list) != 0 ||
	    json_object_update_new(j, json_pack("{s:o, s:I}", "file",
	    out_str(where), "bytes", (json_int_t)len)) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
}

static int
write_part(struct ctl *c, const struct bundle_part *p, struct err *e)
{
	struct bundle b = { .part = (struct bundle_part *)(uintptr_t)p,
	    .n = 1 };
	char *name = file_name(p), *where = NULL;
	uint8_t *text = NULL;
	size_t len = 0;
	int ret;

	if (name == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	if ((ret = bundle_write(&b, &text, &len, e)) == ERR_OK &&
	    (ret = bulk_place_write(c, cmd_get(c->line, "--to"), name, text,
	    len, &where, e)) == ERR_OK)
		say_export(c, p, where, len);
	free(where);
	free(text);
	free(name);
	return ret;
}

int
cmd_cert_bulk_export(struct ctl *c, struct err *e)
{
	struct bundle_part p = { .ncert = 0 };
	struct keyring *kr;
	unsigned units;
	int ret;

	if ((units = bulk_units(c, e)) == 0)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&c->node, KEYRING_SIGN, e)) == NULL)
		return e->code;
	if ((ret = bundle_export(&p, &c->node, kr, units,
	    clock_wall_s(c->clk), e)) == ERR_OK)
		ret = write_part(c, &p, e);
	keyring_free(kr);
	bundle_part_clear(&p);
	return ret;
}

/* --- consolidate --- */

static size_t
clusters(const struct bundle *b)
{
	size_t n = 0;

	for (size_t i = 0, k; i < b->n; i++) {
		for (k = 0; k < i && strcmp(b->part[k].cluster.uuid,
		    b->part[i].cluster.uuid) != 0; k++)
			continue;
		n += k == i;
	}
	return n;
}

static void
say_consolidated(struct ctl *c, const struct bundle *b, const char *where,
    size_t len)
{
	char vis[OUT_VIS_MAX];
	json_t *list = json_array();

	for (size_t i = 0; i < b->n; i++) {
		bulk_put_part(c->out, &b->part[i]);
		if (json_array_append_new(list, bulk_json_part(&b->part[i])) !=
		    0)
			c->out->nomem = true;
	}
	if (b->n > clusters(b))
		out_warn(c->out, "one cluster's parts are signed by different "
		    "certificates: its recovery certificate was changed, or "
		    "one of them is by somebody else");
	out_text(c->out, "%s: %zu clusters, %zu bytes%s\n", out_vis(where,
	    vis), clusters(b), len, ctl_is_rehearsal(c) ?
	    " (not written)" : "");
	out_result(c->out, json_pack("{s:o, s:I, s:o, s:I}", "file",
	    out_str(where), "bytes", (json_int_t)len, "clusters", list,
	    "older_left_out", (json_int_t)b->nolder));
}

static int
read_places(struct ctl *c, struct bundle *b, struct err *e)
{
	const char *place;
	size_t files;
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK &&
	    (place = cmd_get_n(c->line, "PLACE", i)) != NULL; i++)
		ret = bulk_place_read(c, place, b, &files, e);
	if (ret == ERR_OK && clusters(b) < 2)
		ret = err_set(e, ERR_REFUSED, "there is only the bundle of "
		    "%s: export on the other clusters to the same place "
		    "first", b->part[0].cluster.name);
	return ret;
}

int
cmd_cert_bulk_consolidate(struct ctl *c, struct err *e)
{
	const char *to = cmd_get(c->line, "--to");
	struct bundle b = { .n = 0 };
	char *where = NULL;
	uint8_t *text = NULL;
	size_t len = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if (to == NULL && !bulk_place_is_folder(c, to = cmd_get(c->line,
	    "PLACE")))
		return err_set(e, ERR_ARG, "%.150s is no folder: say by --to "
		    "where the result goes", to);
	if ((ret = read_places(c, &b, e)) == ERR_OK &&
	    (ret = bundle_write(&b, &text, &len, e)) == ERR_OK &&
	    (ret = bulk_place_write(c, to, CONSOLIDATED, text, len, &where,
	    e)) == ERR_OK)
		say_consolidated(c, &b, where, len);
	free(where);
	free(text);
	bundle_clear(&b);
	return ret;
}
