/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * show itl, show ctl, show version.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "ctltool/ctl.h"
#include "ctltool/show_list.h"
#include "trust/itl.h"

/* Show a list of these bytes; ERR_VERIFY when it is not what it should be. */
static int
show_bytes(struct ctl *c, const uint8_t *buf, size_t len, const char *kind,
    const char *called, struct err *e)
{
	struct wr w = wr_init(SHOW_LIST_MAX);
	struct err verdict = { .code = ERR_OK };
	struct show_list s = { .verdict = &verdict };
	struct list *l;
	int ret;

	if ((l = list_parse(buf, len, e)) == NULL)
		return err_wrap(e, "%s", called);
	(void)list_verify_self(l, &verdict);
	s.list = l;
	s.kind = kind != NULL ? kind : show_list_kind(l, called);
	s.now = clock_wall_s(c->clk);
	show_list_summary(&w, &s);
	if ((ret = show_list_dump(&w, &s, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%.*s", (int)w.len, (const char *)w.buf);
	out_result(c->out, show_list_json(&s));
	if (verdict.code != ERR_OK)
		ret = err_set(e, ERR_VERIFY, "%s is not to be trusted: %.200s",
		    called, verdict.msg);
out:
	wr_clear(&w);
	list_free(l);
	return ret;
}

static int
show_file(struct ctl *c, const char *name, struct err *e)
{
	uint8_t *buf;
	size_t len;
	int ret;

	if ((ret = ctl_read_file(c, name, TLV_FILE_MAX, &buf, &len, e)) !=
	    ERR_OK)
		return ret;
	ret = show_bytes(c, buf, len, NULL, name, e);
	free(buf);
	/* Whatever is wrong with the bytes: an invalid list. */
	if (ret != ERR_OK && ret != ERR_NOMEM)
		c->exit = EXIT_REFUSED;
	return ret;
}

int
cmd_show_itl(struct ctl *c, struct err *e)
{
	const char *file = cmd_get(c->line, "--file");
	struct row_list l;
	int ret;

	if (file != NULL)
		return show_file(c, file, e);
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if ((ret = itl_current(c->node.db, &l, e)) != ERR_OK)
		return ret;
	ret = show_bytes(c, l.bytes, l.len, "ITL", ITL_FILE_NAME, e);
	row_list_clear(&l);
	return ret;
}

/* What the reference prints without a CTL; scripts look for it. */
static int
no_ctl(struct ctl *c, struct err *e)
{
	out_text(c->out, "Length of CTL file: 0\n"
	    "CTL File not found. The cluster is in non-secure mode.\n"
	    "Error parsing the CTL File.\n");
	return err_set(e, ERR_NOTFOUND, "no CTL file: in non-secure mode "
	    "phones need none; \"show itl\" shows the list they use");
}

int
cmd_show_ctl(struct ctl *c, struct err *e)
{
	const char *file = cmd_get(c->line, "--file");
	struct row_list l;
	int ret;

	if (file != NULL)
		return show_file(c, file, e);
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	ret = row_list_current(c->node.db, "ctl", "", &l, e);
	if (ret == ERR_NOTFOUND)
		return no_ctl(c, e);
	if (ret != ERR_OK)
		return ret;
	ret = show_bytes(c, l.bytes, l.len, "CTL", CTL_FILE_NAME, e);
	row_list_clear(&l);
	return ret;
}

int
cmd_show_version(struct ctl *c, struct err *e)
{
	const char *which = cmd_get(c->line, "WHICH");

	(void)e;
	if (which != NULL && str_ieq(which, "inactive")) {
		out_text(c->out, "there is no inactive version\n");
		out_result(c->out, json_null());
		return ERR_OK;
	}
	out_text(c->out, "%s %s\ndatabase schema %d\n", PACKAGE_NAME,
	    PACKAGE_VERSION, DB_SCHEMA_VERSION);
	out_result(c->out, json_pack("{s:s, s:s, s:i}", "name", PACKAGE_NAME,
	    "version", PACKAGE_VERSION, "schema", DB_SCHEMA_VERSION));
	return ERR_OK;
}
