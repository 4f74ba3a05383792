/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone import.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "crypt/secret.h"
#include "ctltool/importing.h"
#include "ctltool/phone_json.h"
#include "trust/phone_import.h"
#include "trust/render.h"

/* Each once, with a line to look at. */
static void
advise(struct out *o, const struct phone_advice *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct phone_advice_row *r = &a->row[i];

		if (r->n == 1)
			out_warn(o, "line %" PRId64 ": %s", r->line, r->text);
		else
			out_warn(o, "line %" PRId64 " and %" PRId64 " more: %s",
			    r->line, r->n - 1, r->text);
	}
	if (a->more > 0)
		out_warn(o, "and %" PRId64 " warnings of other kinds",
		    a->more);
}

/* A file of column config stands beside the one that names it. */
static int
read_config(void *arg, const char *name, uint8_t **xml, size_t *len,
    struct err *e)
{
	struct importing *im = arg;
	const char *slash = strrchr(im->file, '/');
	char *path;
	int ret;

	if (name[0] == '/' || slash == NULL)
		return ctl_read_file(im->c, name, RENDER_XML_MAX, xml, len, e);
	path = str_printf("%.*s/%s", (int)(slash - im->file), im->file, name);
	if (path == NULL)
		return err_set(e, ERR_NOMEM, "%s", name);
	ret = ctl_read_file(im->c, path, RENDER_XML_MAX, xml, len, e);
	free(path);
	return ret;
}

static int
json_source(void *arg, struct phone_record *r, struct err *e)
{
	return phone_json_next(arg, r, e);
}

static int
import(struct importing *im, const uint8_t *buf, size_t len,
    struct phone_import *res, const struct phone_import_calls *calls,
    struct err *e)
{
	struct phone_json j = phone_json_init(buf, len);
	const struct phone_source src = { .next = json_source, .arg = &j,
	    .done = &j.off, .total = len };

	if (phone_json_is(buf, len))
		return phone_import(im->c->node.db, &src, im->now, res,
		    calls, e);
	return phone_import_csv(im->c->node.db, buf, len, im->now, res,
	    calls, e);
}

int
cmd_phone_import(struct ctl *c, struct err *e)
{
	struct phone_import_calls calls = { .read = read_config };
	struct phone_import res = { .rows = 0 };
	struct phone_advice advice = { .n = 0 };
	struct keyring *kr = NULL;
	struct importing im;
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	importing_init(&im, c, "phones", &res, &calls);
	calls.advice = &advice;
	if ((ret = ctl_read_file(c, im.file, PHONE_CSV_MAX, &buf, &len, e)) !=
	    ERR_OK || (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		goto out;
	/* Without the key only a row with a secret fails, and says so. */
	calls.kr = kr = node_keyring(&c->node, KEYRING_CRED, NULL);
	ret = import(&im, buf, len, &res, &calls, e);
	bar_wipe(&im.bar);
	advise(c->out, &advice);
	ret = importing_end(&im, ret, e);
out:
	phone_advice_clear(&advice);
	keyring_free(kr);
	importing_clear(&im);
	secret_wipe(buf, len);
	free(buf);
	return ret;
}
