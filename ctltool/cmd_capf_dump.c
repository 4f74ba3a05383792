/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf csr dump: phones' requests for whoever takes them to their CA.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/wr.h"
#include "certs/csr.h"
#include "ctltool/capf_csr.h"
#include "ctltool/cert_walk.h"
#include "db/params.h"
#include "trust/capf.h"
#include "trust/enrol.h"

#define BUNDLE_MAX	(256 << 20)

struct dump {
	struct ctl		*c;
	const char		*to;
	bool			 rehearsal;
	int			 folderfd;	/* -1: one file */
	struct wr		 bundle;
	struct row_capf_csr	*row;		/* without der and cert */
	size_t			 n, room;
	json_t			*names;
	int64_t			 now;
	struct ctl_audit	 audit;
};

/* A name that can be a file's; others are told apart by their key. */
static void
file_name(const struct row_capf_csr *r, const char *name,
    char out[CAPF_CSR_NAME_MAX + 32])
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-";
	bool plain = name[0] != '.' && strspn(name, known) == strlen(name);
	char hex[2 * SHA256_LEN + 1];

	str_hex(r->spki, sizeof(r->spki), hex);
	(void)snprintf(out, CAPF_CSR_NAME_MAX + 32, plain ? "%s%s.csr" :
	    "_%s%.16s.csr", plain ? name : "", plain ? "" : hex);
}

static int
put_pem(struct dump *d, const struct row_capf_csr *r, const char *name,
    const char *pem, struct err *e)
{
	char file[CAPF_CSR_NAME_MAX + 32];

	if (d->folderfd == -1) {
		wr_fmt(&d->bundle, "# %s\n%s", name, pem);
		return d->bundle.err == ERR_OK ? ERR_OK : err_set(e,
		    d->bundle.err, "%zu requests do not fit into one file: "
		    "name a folder", d->n);
	}
	file_name(r, name, file);
	return d->rehearsal ? ERR_OK : file_replace(d->folderfd, file, 0644,
	    pem, strlen(pem), e);
}

static int
remember(struct dump *d, const struct row_capf_csr *r, struct err *e)
{
	size_t room = d->room > 0 ? 2 * d->room : 64;
	struct row_capf_csr *p;

	if (d->n == d->room) {
		if ((p = reallocarray(d->row, room, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "requests");
		d->row = p;
		d->room = room;
	}
	d->row[d->n] = *r;
	d->row[d->n].der = d->row[d->n].cert = NULL;
	d->n++;
	return ERR_OK;
}

static int
dump_one(void *arg, const struct row_capf_csr *r, struct err *e)
{
	char name[CAPF_CSR_NAME_MAX], vis[OUT_VIS_MAX];
	struct dump *d = arg;
	struct csr *csr;
	char *pem;
	int ret;

	/* Where the certificate has come nobody is to be asked again. */
	if (r->cert != NULL || (r->state != CAPF_CSR_WAITING &&
	    !cmd_has(d->c->line, "--all")))
		return ERR_OK;
	capf_owner_text(&r->owner, name, sizeof(name));
	if ((csr = csr_from_der(r->der, r->derlen, e)) == NULL)
		return err_wrap(e, "request of %s", name);
	if ((pem = csr_to_pem(csr, e)) == NULL)
		ret = ERR_NOMEM;
	else if ((ret = put_pem(d, r, out_vis(name, vis), pem, e)) ==
	    ERR_OK)
		ret = remember(d, r, e);
	free(pem);
	csr_free(csr);
	if (ret == ERR_OK &&
	    json_array_append_new(d->names, out_str(name)) != 0)
		d->c->out->nomem = true;
	return ret;
}

/* The whole row is read again: only its state changes. */
static int
mark_one(struct db *db, const struct dump *d, const struct row_capf_csr *was,
    struct err *e)
{
	struct err none = { .code = ERR_OK };
	struct row_capf_csr r;
	int ret = row_capf_csr_get(db, &was->owner, &r, &none);

	if (ret == ERR_OK) {
		r.state = CAPF_CSR_SENT;
		r.note[0] = '\0';
		r.next_at = 0;
		r.changed_at = d->now;
		ret = enrol_settle(db, was, &r, &none);
		row_capf_csr_clear(&r);
	}
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", none.msg);
}

static int
mark_tx(struct db *db, void *arg, struct err *e)
{
	const struct dump *d = arg;
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < d->n; i++)
		ret = mark_one(db, d, &d->row[i], e);
	return ret == ERR_OK ? ctl_audit_add(db, &d->audit, e) : ret;
}

static int
open_target(struct dump *d, struct err *e)
{
	d->to = cmd_get(d->c->line, "TO");
	if (cert_walk_is_folder(d->c->cwdfd, d->to)) {
		d->folderfd = openat(d->c->cwdfd, d->to, O_RDONLY |
		    O_DIRECTORY | O_CLOEXEC);
		return d->folderfd != -1 ? ERR_OK : err_sys(e, ERR_IO, "%s",
		    d->to);
	}
	/* What is there may not have reached the CA yet. */
	if (faccessat(d->c->cwdfd, d->to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, "%s is there already: name a "
		    "new file", d->to);
	return ERR_OK;
}

static int
write_and_mark(struct dump *d, struct err *e)
{
	struct ctl *c = d->c;
	int ret;

	if (d->n == 0)
		return ERR_OK;
	if (d->folderfd == -1 && !d->rehearsal && (ret = file_replace(
	    c->cwdfd, d->to, 0644, d->bundle.buf, d->bundle.len, e)) !=
	    ERR_OK)
		return ret;
	ctl_audit_init(c, &d->audit, "%zu requests", d->n);
	if ((ret = ctl_tx(c, mark_tx, d, e)) == ERR_OK)
		out_changed(c->out);
	return ret;
}

static int
warn_if_online(struct dump *d, struct err *e)
{
	char *issuer = param_get(d->c->node.db, PARAM_CAPF_ISSUER, "", e);

	if (issuer == NULL)
		return e->code;
	if (d->n > 0 && strcmp(issuer, "offline") != 0)
		out_warn(d->c->out, "capf.issuer is %s: nobody is asked about "
		    "the requests that are dumped here any more", issuer);
	free(issuer);
	return ERR_OK;
}

static void
say(struct dump *d)
{
	struct out *o = d->c->out;
	char vis[OUT_VIS_MAX];

	if (d->n == 0)
		out_text(o, "No request waits%s.\n", cmd_has(d->c->line,
		    "--all") ? "" : " (--all writes those that were sent, "
		    "too)");
	else
		out_text(o, "%zu request%s in %s.\nWhen the CA has answered: "
		    "utils capf cert import FILE\n", d->n, d->n == 1 ? "" :
		    "s", out_vis(d->to, vis));
	out_result(o, json_pack("{s:o, s:I, s:O}", "to", d->n > 0 ?
	    out_str(d->to) : json_null(), "count", (json_int_t)d->n, "names",
	    d->names));
}

int
cmd_capf_csr_dump(struct ctl *c, struct err *e)
{
	struct dump d = { .c = c, .folderfd = -1, .names = json_array(),
	    .bundle = wr_init(BUNDLE_MAX), .now = clock_wall_s(c->clk),
	    .rehearsal = ctl_is_rehearsal(c) };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK &&
	    (ret = open_target(&d, e)) == ERR_OK &&
	    (ret = row_capf_csr_each(c->node.db, -1, INT64_MAX, dump_one,
	    &d, e)) == ERR_OK &&
	    (ret = warn_if_online(&d, e)) == ERR_OK &&
	    (ret = write_and_mark(&d, e)) == ERR_OK)
		say(&d);
	if (d.folderfd != -1)
		(void)close(d.folderfd);
	wr_clear(&d.bundle);
	free(d.row);
	json_decref(d.names);
	return ret;
}
