/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * file get tftp ITLRecovery.p12: the recovery key with its certificate, for a
 * safe outside of the cluster.  The name is the reference's; nothing of it is
 * ever served.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "certs/pkcs12.h"
#include "ctltool/ask.h"
#include "ctltool/secret_in.h"
#include "trust/own.h"

#define DEFAULT_NAME	"ITLRecovery.p12"

struct taking {
	struct ctl	*c;
	const char	*to;
	struct own	 own;
	struct key	*key;
	const struct secret *pass;
	uint8_t		*der;
	size_t		 len;
	struct row_key_export row;
	struct ctl_audit audit;
};

static int
load(struct taking *t, struct err *e)
{
	struct ctl *c = t->c;
	struct keyring *kr;
	int ret;

	if ((ret = own_active(c->node.db, UNIT_ITLRECOVERY, NULL, &t->own,
	    e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&c->node, KEYRING_SIGN, e)) == NULL)
		return e->code;
	t->key = own_key(c->node.db, kr, &t->own, e);
	keyring_free(kr);
	return t->key != NULL ? ERR_OK : e->code;
}

static int
note_tx(struct db *db, void *arg, struct err *e)
{
	struct taking *t = arg;
	int ret;

	if ((ret = row_key_export_add(db, &t->row, e)) != ERR_OK)
		return ret;
	return ctl_audit_add(db, &t->audit, e);
}

/* Written down before it leaves: what cannot be noted does not happen. */
static int
note(struct taking *t, struct err *e)
{
	t->row.at = clock_wall_s(t->c->clk);
	memcpy(t->row.sha256, t->own.row.sha256, SHA256_LEN);
	ctl_account(t->row.account, sizeof(t->row.account));
	ctl_audit_init(t->c, &t->audit, "the recovery key leaves");
	return ctl_tx(t->c, note_tx, t, e);
}

static int
make(struct taking *t, struct err *e)
{
	const char *file = cmd_get(t->c->line, "--password-file");
	int ret;

	if ((ret = secret_in(t->c, file != NULL ? file : "-",
	    "Passphrase of the file", &t->pass, e)) != ERR_OK)
		return ret;
	return pkcs12_make(t->key, t->own.cert, "ITLRecovery",
	    (const char *)t->pass->buf, &t->der, &t->len, e);
}

static int
take(struct taking *t, struct err *e)
{
	struct ctl *c = t->c;
	char vis[OUT_VIS_MAX];
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = load(t, e)) != ERR_OK)
		return ret;
	if (!ctl_is_rehearsal(c) && ((ret = make(t, e)) != ERR_OK ||
	    (ret = ask_confirm(c, "Whoever has the file and its passphrase can "
	    "sign trust lists.  Do you want to continue?", e)) != ERR_OK ||
	    (ret = note(t, e)) != ERR_OK || (ret = file_replace(c->cwdfd,
	    t->to, 0600, t->der, t->len, e)) != ERR_OK))
		return ret;
	if (ctl_is_rehearsal(c))
		out_text(c->out, "the recovery key would be in %s\n",
		    out_vis(t->to, vis));
	else
		out_text(c->out, "%s: %zu bytes.  Keep it outside of the "
		    "cluster, in two places, and the passphrase elsewhere.\n",
		    out_vis(t->to, vis), t->len);
	out_result(c->out, json_pack("{s:o, s:I, s:o}", "to",
	    out_str(t->to), "bytes", (json_int_t)t->len, "certificate",
	    out_hex(t->own.row.sha256, SHA256_LEN)));
	return ERR_OK;
}

int
cmd_file_get_recovery(struct ctl *c, struct err *e)
{
	struct taking t = { .c = c, .to = cmd_get(c->line, "--to") };
	int ret;

	if (t.to == NULL)
		t.to = DEFAULT_NAME;
	ret = take(&t, e);
	if (t.der != NULL)
		secret_wipe(t.der, t.len);
	free(t.der);
	key_free(t.key);
	own_clear(&t.own);
	return ret;
}
