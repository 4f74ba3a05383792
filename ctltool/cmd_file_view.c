/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * file view tftp, file delete tftp.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/asked.h"
#include "ctltool/file_walk.h"
#include "trust/file_open.h"
#include "trust/files.h"

#define VIEW_MAX	(1u << 20)	/* bytes shown */

/* --- view --- */

static int
show_text(struct ctl *c, const struct asked *k, struct err *e)
{
	const struct file_answer *a = &k->a;
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	if (a->len > VIEW_MAX)
		return err_set(e, ERR_LIMIT, "%.80s has %llu bytes, at most "
		    "%u are shown: file get tftp copies it, file tail tftp "
		    "shows its end", a->name.full,
		    (unsigned long long)a->len, VIEW_MAX);
	if ((ret = asked_read(k, 0, VIEW_MAX, &buf, &len, e)) != ERR_OK)
		return ret;
	if (asked_is_text(buf, len)) {
		out_text(c->out, "%s%s", (const char *)buf,
		    len > 0 && buf[len - 1] != '\n' ? "\n" : "");
		out_result(c->out, json_pack("{s:o, s:s, s:I, s:s}", "name",
		    out_str(a->name.full), "kind",
		    file_kind_name(a->name.kind), "bytes", (json_int_t)len,
		    "text", (const char *)buf));
	} else
		ret = err_set(e, ERR_REFUSED, "%.80s is not text: %s",
		    a->name.full, asked_advice(&a->name));
	free(buf);
	return ret;
}

/* What a phone gets under that name, but for signed forms. */
int
cmd_file_view(struct ctl *c, struct err *e)
{
	struct asked k;
	int ret;

	if ((ret = asked_open(&k, c, e)) == ERR_OK)
		ret = show_text(c, &k, e);
	asked_close(&k);
	return ret;
}

/* --- delete --- */

/* Nothing on disk has that name: what the administrator may have meant. */
static int
not_a_file(const struct file_name *n, struct err *e)
{
	switch (n->kind) {
	case FILE_ITL:
	case FILE_CTL:
		return err_set(e, ERR_REFUSED, "%.80s is not a file: the "
		    "list that phones get stands in the database and is not "
		    "deleted; show %s shows it", n->full,
		    n->kind == FILE_ITL ? "itl" : "ctl");
	case FILE_CONFIG:
		return err_set(e, ERR_NOTFOUND, "%.80s is not a file on "
		    "disk; a phone's configuration goes with phone remove %s",
		    n->full, n->device);
	case FILE_DEFAULT:
	case FILE_STATIC:
		break;
	}
	return err_set(e, ERR_NOTFOUND, "%.80s: there is no such file (names "
	    "are taken in their exact spelling): see file list tftp",
	    n->full);
}

static int
delete_file(struct ctl *c, struct file_roots *roots,
    const struct file_name *n, struct err *e)
{
	struct ctl_audit audit;
	const char *root;
	char vis[OUT_VIS_MAX];
	int ret;

	if (file_name_is_phone(n))
		out_text(c->out, "Effect: %s.\n", n->form == FILE_PLAIN ?
		    "an own configuration that came from it goes with it; "
		    "the phone then gets what is made from its settings" :
		    "none for phones, which never get it");
	else
		out_text(c->out, "Effect: phones get %s no longer%s.\n",
		    out_vis(n->full, vis), n->form == FILE_SGN ? " as it is "
		    "stored; where the file it signs is there, that is "
		    "signed when asked for" : "");
	if ((ret = ask_confirm(c, "Delete the File ...?\n"
	    "Enter \"y\" followed by return to continue", e)) != ERR_OK)
		return ret;
	/* Written down first: no deletion without a trace. */
	ctl_audit_init(c, &audit, "%s", n->full);
	if ((ret = ctl_audit_put(c, &audit, e)) != ERR_OK)
		return ret;
	if (ctl_is_rehearsal(c)) {
		out_text(c->out, "files: found = 1, deleted = 0\n");
		out_result(c->out, json_pack("{s:o, s:o, s:i, s:i}", "name",
		    out_str(n->full), "root", json_null(), "found", 1,
		    "deleted", 0));
		return ERR_OK;
	}
	ret = file_roots_unlink(roots, n->full, &root, e);
	if (ret == ERR_NOTFOUND)
		return not_a_file(n, e);
	if (ret != ERR_OK)
		return ret;
	out_changed(c->out);
	out_text(c->out, "files: found = 1, deleted = 1\n");
	out_result(c->out, json_pack("{s:o, s:o, s:i, s:i}", "name",
	    out_str(n->full), "root", out_str(root), "found", 1, "deleted",
	    1));
	return ERR_OK;
}

int
cmd_file_delete(struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	struct file_roots *roots = NULL;
	struct file_name n;
	int fd, ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = file_name_parse(&n, name, strlen(name), e)) != ERR_OK)
		return ret;
	if ((ret = file_walk_roots(c, &roots, e)) != ERR_OK)
		goto out;
	/* Nobody is asked about what is not there. */
	ret = file_walk_open(roots, n.full, &fd, e);
	if (ret == ERR_OK)
		(void)close(fd);
	if (ret == ERR_NOTFOUND)
		ret = not_a_file(&n, e);
	else if (ret == ERR_OK || ret == ERR_DENIED) {
		/* A link that leads out may go. */
		*e = (struct err){ .code = ERR_OK };
		ret = delete_file(c, roots, &n, e);
	}
out:
	file_roots_free(roots);
	return ret;
}
