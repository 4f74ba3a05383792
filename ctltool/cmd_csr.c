/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set csr gen.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/csr_say.h"

struct gen {
	struct ctl		*c;
	const struct own_unit_def *u;
	struct csr_own		*made;
	char			*pem;
	json_t			*findings;
	bool			 replaced;
	int64_t			 now;
	struct ctl_audit	 audit;
};

static int
want_from(struct csr_want *w, const struct cmd_line *l,
    const char *names[CSR_NAMES_MAX], struct err *e)
{
	const char *san = cmd_get(l, "--san"), *key = cmd_get(l, "--key");
	const char *hash = cmd_get(l, "--hash");
	char lower[16];

	if (san != NULL)
		w->san = str_ieq(san, "multi") ? CSR_SAN_MULTI : CSR_SAN_NODE;
	w->cn = cmd_get(l, "--cn");
	w->parent_domain = cmd_get(l, "--parent-domain");
	while (w->nadd < CSR_NAMES_MAX &&
	    (names[w->nadd] = cmd_get_n(l, "--add-san", w->nadd)) != NULL)
		w->nadd++;
	w->add_san = names;
	if (key != NULL) {
		if (!str_copy(lower, sizeof(lower), key))
			lower[0] = '\0';
		str_lower(lower);
		if (!key_type_parse(lower, &w->key))
			return err_set(e, ERR_ARG, "--key: \"%.40s\" is no "
			    "kind of key", key);
		w->has_key = true;
	}
	if (hash != NULL) {
		w->hash = str_ieq(hash, "sha256") ? DIGEST_SHA256 :
		    str_ieq(hash, "sha384") ? DIGEST_SHA384 : DIGEST_SHA512;
		w->has_hash = true;
	}
	return ERR_OK;
}

static int
ask_replace(struct gen *g, struct err *e)
{
	struct err why = { .code = ERR_OK };
	char at[CLOCK_RFC3339_LEN], question[160];
	struct row_csr row;
	struct csr *old;

	old = csr_own_load(g->c->node.db, g->u->name, csr_own_node(g->u,
	    &g->c->node), &row, &why);
	if (old == NULL)
		return why.code == ERR_NOTFOUND ? ERR_OK :
		    err_set(e, why.code, "%s", why.msg);
	g->replaced = true;
	clock_rfc3339(row.created_at, at);
	row_csr_clear(&row);
	csr_free(old);
	(void)snprintf(question, sizeof(question), "A request of %s made at %s "
	    "is pending; a certificate that answers it can no longer be "
	    "imported.  Replace it?", g->u->name, at);
	return ask_confirm(g->c, question, e);
}

static int
gen_tx(struct db *db, void *arg, struct err *e)
{
	struct gen *g = arg;
	int ret;

	if ((ret = csr_own_store(db, g->made, g->now, e)) != ERR_OK)
		return ret;
	return ctl_audit_add(db, &g->audit, e);
}

static int
make(struct gen *g, struct err *e)
{
	const char *names[CSR_NAMES_MAX + 1];
	struct csr_want w = { .unit = g->u->unit };
	struct keyring *kr;
	int ret;

	if ((ret = want_from(&w, g->c->line, names, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&g->c->node, KEYRING_SIGN, e)) == NULL)
		return e->code;
	g->made = csr_own_make(&w, &g->c->node, kr, g->c->rng, e);
	keyring_free(kr);
	if (g->made == NULL)
		return e->code;
	g->pem = csr_to_pem(csr_own_csr(g->made), e);
	return g->pem != NULL ? ERR_OK : e->code;
}

/* The file is there already, cannot be, or the disk is full: said before a
 * request is pending. */
static int
write_out(struct gen *g, bool *written, struct err *e)
{
	const char *to = cmd_get(g->c->line, "--out");
	int fd, ret;

	*written = false;
	if (to == NULL || ctl_is_rehearsal(g->c))
		return ERR_OK;
	fd = openat(g->c->cwdfd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0644);
	if (fd == -1)
		return err_sys(e, ERR_IO, "%.200s (give another name with "
		    "--out)", to);
	*written = true;
	if ((ret = file_write_all(fd, g->pem, strlen(g->pem), e)) != ERR_OK)
		(void)err_wrap(e, "%.200s", to);
	else if (fsync(fd) == -1)
		ret = err_sys(e, ERR_IO, "%.200s", to);
	if (close(fd) == -1 && ret == ERR_OK)
		ret = err_sys(e, ERR_IO, "%.200s", to);
	return ret;
}

static void
gen_say(struct gen *g)
{
	const char *to = cmd_get(g->c->line, "--out");
	json_t *j = csr_json(g->u, csr_own_node(g->u, &g->c->node),
	    csr_own_csr(g->made));

	if (to == NULL)
		out_puts(g->c->out, g->pem);
	out_text(g->c->out, "Successfully Generated CSR for %s.\n",
	    g->u->name);
	if (j != NULL && json_object_update_new(j, json_pack("{s:b, s:o, s:s, "
	    "s:O}", "replaced", g->replaced, "file", to != NULL ? out_str(to) :
	    json_null(), "pem", g->pem, "lint", g->findings)) != 0)
		g->c->out->nomem = true;
	out_result(g->c->out, j);
}

/* With the state open. */
static int
gen(struct gen *g, struct err *e)
{
	bool written;
	int ret;

	if ((ret = ask_replace(g, e)) != ERR_OK || (ret = make(g, e)) !=
	    ERR_OK)
		return ret;
	csr_say(g->c->out, csr_own_csr(g->made));
	if ((ret = csr_lint(g->c->out, csr_own_csr(g->made), &g->findings, e)) !=
	    ERR_OK)
		return ret;
	ctl_audit_init(g->c, &g->audit, "%s, %s%s", g->u->name,
	    key_type_name(csr_key_type(csr_own_csr(g->made))), g->replaced ?
	    ", replaces a pending one" : "");
	if ((ret = write_out(g, &written, e)) == ERR_OK)
		ret = ctl_tx(g->c, gen_tx, g, e);
	if (ret != ERR_OK) {
		if (written)
			(void)unlinkat(g->c->cwdfd, cmd_get(g->c->line,
			    "--out"), 0);
		return ret;
	}
	out_changed(g->c->out);
	gen_say(g);
	return ERR_OK;
}

int
cmd_csr_gen(struct ctl *c, struct err *e)
{
	struct gen g = { .c = c, .now = clock_wall_s(c->clk) };
	int ret;

	if ((g.u = csr_unit(cmd_get(c->line, "UNIT"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = gen(&g, e);
	csr_own_free(g.made);
	free(g.pem);
	json_decref(g.findings);
	return ret;
}
