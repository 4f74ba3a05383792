/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * user import, user export.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypt/secret.h"
#include "ctltool/csv_out.h"
#include "ctltool/importing.h"
#include "ctltool/user_text.h"
#include "trust/user_import.h"

/* --- in --- */

static void
tell_more(struct out *o, const struct user_import *res)
{
	if (res->phones > 0)
		out_text(o, "Effect: %" PRId64 " phone%s with these digest "
		    "users get%s another configuration at the next restart\n",
		    res->phones, res->phones == 1 ? "" : "s", res->phones ==
		    1 ? "s" : "");
	if (res->old > 0)
		out_warn(o, "%" PRId64 " hash%s of a form that is out of "
		    "date: each is made anew at the first right try (report "
		    "user hashes)", res->old, res->old == 1 ? " is" :
		    "es are");
}

int
cmd_user_import(struct ctl *c, struct err *e)
{
	struct phone_import_calls calls = { .kr = NULL };
	struct user_import res = { .old = 0 };
	struct keyring *kr = NULL;
	struct importing im;
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	importing_init(&im, c, "users", &res.n, &calls);
	if ((ret = ctl_read_file(c, im.file, PHONE_CSV_MAX, &buf, &len, e)) !=
	    ERR_OK || (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		goto out;
	/* Without the key only a row with credentials fails, and says so. */
	calls.kr = kr = node_keyring(&c->node, KEYRING_CRED, NULL);
	ret = user_import_csv(c->node.db, user_kind(c->line), buf, len,
	    im.now, &res, &calls, e);
	bar_wipe(&im.bar);
	tell_more(c->out, &res);
	ret = importing_end(&im, ret, e);
out:
	keyring_free(kr);
	importing_clear(&im);
	secret_wipe(buf, len);
	free(buf);
	return ret;
}

/* --- out --- */

struct exporting {
	struct ctl		*c;
	enum credential_kind	 kind;
	struct wr		 w;
	size_t			 n, nsecret;
};

static int
export_tx(struct db *db, void *arg, struct err *e)
{
	struct exporting *x = arg;
	struct row_user *rows = NULL;
	struct row_hash *hash = NULL;
	int ret;

	if ((ret = row_hash_list(db, x->kind, &hash, &x->nsecret, e)) !=
	    ERR_OK || (ret = row_account_list(db, x->kind, &rows, &x->n,
	    e)) != ERR_OK)
		goto out;
	wr_str(&x->w, "name,description\n");
	for (size_t i = 0; i < x->n; i++) {
		csv_put(&x->w, rows[i].name);
		wr_u8(&x->w, ',');
		csv_put(&x->w, rows[i].description);
		wr_u8(&x->w, '\n');
		x->nsecret += rows[i].has_digest;
	}
	if (x->w.err != ERR_OK)
		ret = err_set(e, x->w.err, "the export is larger than %u "
		    "bytes", PHONE_CSV_MAX);
out:
	free(rows);
	free(hash);
	return ret;
}

static void
tell_export(struct exporting *x, const char *file)
{
	struct out *o = x->c->out;

	if (x->nsecret > 0)
		out_warn(o, "credentials, passwords and PINs of users (%zu) "
		    "are left out: set them again where the users go",
		    x->nsecret);
	if (file != NULL)
		out_text(o, "%zu %suser%s %s %s\n", x->n, user_kind_word(
		    x->kind), x->n == 1 ? "" : "s", ctl_is_rehearsal(x->c) ?
		    "would be in" : "in", file);
	else
		out_puts(o, (const char *)x->w.buf);
	out_result(o, json_pack("{s:I, s:o, s:I, s:o}", "users",
	    (json_int_t)x->n, "file", out_str(file), "secrets_left_out",
	    (json_int_t)x->nsecret, "content", file == NULL ? out_str(
	    (const char *)x->w.buf) : json_null()));
}

int
cmd_user_export(struct ctl *c, struct err *e)
{
	struct exporting x = { .c = c, .kind = user_kind(c->line),
	    .w = wr_init(PHONE_CSV_MAX) };
	const char *file = cmd_get(c->line, "FILE");
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = db_read_tx(c->node.db, export_tx, &x, e)) != ERR_OK ||
	    (file != NULL && !ctl_is_rehearsal(c) && (ret = file_replace(
	    c->cwdfd, file, 0640, x.w.buf, x.w.len, e)) != ERR_OK))
		goto out;
	wr_u8(&x.w, 0);
	if (x.w.err != ERR_OK)
		ret = err_set(e, x.w.err, "user export");
	else
		tell_export(&x, file);
out:
	wr_clear(&x.w);
	return ret;
}
