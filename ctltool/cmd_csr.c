/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set csr gen, show csr own, show csr list own|trust.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/cert_json.h"
#include "trust/cert_lint.h"
#include "trust/csr_own.h"

#define DAY_S	86400

/* UNIT or UNIT/UNIT.csr, without regard to case. */
static const struct own_unit_def *
unit_named(const char *name, struct err *e)
{
	const struct own_unit_def *d;
	size_t n = strcspn(name, "/");
	char unit[64], file[72];

	if (n < sizeof(unit)) {
		memcpy(unit, name, n);
		unit[n] = '\0';
		d = own_unit_find(unit);
		if (d != NULL) {
			(void)snprintf(file, sizeof(file), "/%s.csr", d->name);
			if (name[n] == '\0' || str_ieq(name + n, file))
				return d;
		}
	}
	(void)err_set(e, ERR_ARG, "no own unit \"%.60s\": \"show cert list "
	    "own\" names them", name);
	return NULL;
}

/* --- what one says --- */

struct findings {
	json_t	*list;
	bool	 nomem;
	struct out *o;		/* NULL: no text */
};

static void
note_finding(void *arg, const char *code, const char *text)
{
	struct findings *f = arg;

	if (f->o != NULL && json_array_size(f->list) == 0)
		out_text(f->o, "An authority may reject it:\n");
	if (f->o != NULL)
		out_text(f->o, "  %s\n", text);
	if (json_array_append_new(f->list, json_pack("{s:s, s:o}", "code",
	    code, "text", out_str(text))) != 0)
		f->nomem = true;
}

/* *list gets what an authority may reject, said as text to o (NULL: not). */
static int
lint(struct out *o, const struct csr *csr, json_t **list, struct err *e)
{
	struct findings f = { .list = json_array(), .o = o };
	int ret = cert_lint_csr(csr, note_finding, &f, e);

	if (ret == ERR_OK && (f.nomem || f.list == NULL))
		ret = err_set(e, ERR_NOMEM, "signing request");
	*list = f.list;
	return ret;
}

/* What is the same in every answer about a request. */
static json_t *
csr_json(const struct own_unit_def *u, const char *node,
    const struct csr *csr)
{
	char *subject = csr_subject(csr, CERT_NAME_SEMICOLON, NULL);
	struct san_set san = { .san = NULL };
	uint8_t id[KEY_ID_LEN];
	enum digest_alg hash;
	json_t *j = NULL;

	if (san_of_csr(csr, &san, NULL) == ERR_OK &&
	    csr_key_id(csr, id, NULL) == ERR_OK)
		j = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "unit",
		    u->name, "node", node, "subject", out_str(subject), "key",
		    key_type_name(csr_key_type(csr)), "hash",
		    csr_hash(csr, &hash) ? digest_name(hash) : "unknown",
		    "key_sha256", out_hex(id, sizeof(id)), "names",
		    cert_json_names(&san));
	free(subject);
	san_set_free(&san);
	return j;
}

static void
put_csr(struct out *o, const struct csr *csr)
{
	char *subject = csr_subject(csr, CERT_NAME_COMMA, NULL);
	struct san_set san = { .san = NULL };
	char vis[OUT_VIS_MAX];
	enum digest_alg hash;

	out_text(o, "Subject   %s\n", subject != NULL ? out_vis(subject, vis) :
	    "?");
	out_text(o, "Key       %s, signed with %s\n",
	    key_type_name(csr_key_type(csr)), csr_hash(csr, &hash) ?
	    digest_name(hash) : "an unknown digest");
	if (san_of_csr(csr, &san, NULL) == ERR_OK)
		for (size_t i = 0; i < san.n; i++)
			out_text(o, "%s%s\n", i == 0 ? "Names     " :
			    "          ", san.san[i].text);
	san_set_free(&san);
	free(subject);
}

/* --- set csr gen --- */

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

/* The file is there already, or cannot be: said before anything is done. */
static int
open_out(struct ctl *c, int *fd, struct err *e)
{
	const char *to = cmd_get(c->line, "--out");

	*fd = -1;
	if (to == NULL || ctl_is_rehearsal(c))
		return ERR_OK;
	*fd = openat(c->cwdfd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0644);
	return *fd != -1 ? ERR_OK : err_sys(e, ERR_IO, "%.200s (give another "
	    "name with --out)", to);
}

static int
close_out(struct gen *g, int fd, int ret, struct err *e)
{
	const char *to = cmd_get(g->c->line, "--out");

	if (fd == -1)
		return ret;
	if (ret == ERR_OK && (ret = file_write_all(fd, g->pem,
	    strlen(g->pem), e)) == ERR_OK && fsync(fd) == -1)
		ret = err_sys(e, ERR_IO, "%.200s", to);
	if (close(fd) == -1 && ret == ERR_OK)
		ret = err_sys(e, ERR_IO, "%.200s", to);
	if (ret != ERR_OK)
		(void)unlinkat(g->c->cwdfd, to, 0);
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
	int fd, ret;

	if ((ret = ask_replace(g, e)) != ERR_OK || (ret = make(g, e)) !=
	    ERR_OK)
		return ret;
	put_csr(g->c->out, csr_own_csr(g->made));
	if ((ret = lint(g->c->out, csr_own_csr(g->made), &g->findings, e)) !=
	    ERR_OK)
		return ret;
	ctl_audit_init(g->c, &g->audit, "%s, %s%s", g->u->name,
	    key_type_name(csr_key_type(csr_own_csr(g->made))), g->replaced ?
	    ", replaces a pending one" : "");
	if ((ret = open_out(g->c, &fd, e)) != ERR_OK)
		return ret;
	if ((ret = ctl_tx(g->c, gen_tx, g, e)) == ERR_OK)
		out_changed(g->c->out);
	if ((ret = close_out(g, fd, ret, e)) == ERR_OK)
		gen_say(g);
	return ret;
}

int
cmd_csr_gen(struct ctl *c, struct err *e)
{
	struct gen g = { .c = c, .now = clock_wall_s(c->clk) };
	int ret;

	if ((g.u = unit_named(cmd_get(c->line, "UNIT"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = gen(&g, e);
	csr_own_free(g.made);
	free(g.pem);
	json_decref(g.findings);
	return ret;
}

/* --- show --- */

/* Is the key there that the request is over? */
static bool
key_matches(struct db *db, const struct row_csr *row, const struct csr *csr)
{
	uint8_t id[KEY_ID_LEN], *sealed = NULL;
	bool yes;
	size_t len;

	yes = csr_key_id(csr, id, NULL) == ERR_OK &&
	    memcmp(id, row->key_id, sizeof(id)) == 0 &&
	    row_key_get(db, id, &sealed, &len, NULL) == ERR_OK;
	free(sealed);
	return yes;
}

static json_t *
shown_json(struct ctl *c, const struct own_unit_def *u,
    const struct row_csr *row, const struct csr *csr, bool match)
{
	int64_t age = clock_wall_s(c->clk) - row->created_at;
	json_t *j = csr_json(u, row->node, csr);

	if (j != NULL && json_object_update_new(j, json_pack("{s:o, s:I, "
	    "s:b}", "created_at", out_time(row->created_at), "age",
	    (json_int_t)age, "key_match", match)) != 0) {
		json_decref(j);
		j = NULL;
	}
	return j;
}

static int
show(struct ctl *c, const struct own_unit_def *u, const struct row_csr *row,
    const struct csr *csr, struct err *e)
{
	bool match = key_matches(c->node.db, row, csr);
	json_t *findings = NULL, *j;
	char at[CLOCK_RFC3339_LEN];
	char *pem = csr_to_pem(csr, e);
	int ret = pem != NULL ? ERR_OK : e->code;

	clock_rfc3339(row->created_at, at);
	if (ret == ERR_OK && !cmd_has(c->line, "--pem")) {
		put_csr(c->out, csr);
		out_text(c->out, "Made at   %s, %lld days ago\nKey match %s\n",
		    at, (long long)((clock_wall_s(c->clk) - row->created_at) /
		    DAY_S), match ? "yes" : "no: the key is not here, no "
		    "certificate can answer this request");
	}
	if (ret == ERR_OK)
		ret = lint(cmd_has(c->line, "--pem") ? NULL : c->out, csr,
		    &findings, e);
	if (ret == ERR_OK) {
		out_puts(c->out, pem);
		j = shown_json(c, u, row, csr, match);
		if (j != NULL && json_object_update_new(j, json_pack("{s:s, "
		    "s:O}", "pem", pem, "lint", findings)) != 0)
			c->out->nomem = true;
		out_result(c->out, j);
	}
	json_decref(findings);
	free(pem);
	return ret;
}

int
cmd_show_csr_own(struct ctl *c, struct err *e)
{
	const struct own_unit_def *u;
	struct row_csr row;
	struct csr *csr;
	int ret;

	if ((u = unit_named(cmd_get(c->line, "NAME"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if ((csr = csr_own_load(c->node.db, u->name, csr_own_node(u,
	    &c->node), &row, e)) == NULL)
		return e->code == ERR_NOTFOUND ? err_set(e, ERR_NOTFOUND,
		    "no request of %s is pending: set csr gen %s makes one",
		    u->name, u->name) : e->code;
	ret = show(c, u, &row, csr, e);
	row_csr_clear(&row);
	csr_free(csr);
	return ret;
}

static int
list_one(struct ctl *c, const struct row_csr *row, json_t *list,
    struct err *e)
{
	const struct own_unit_def *u = own_unit_find(row->unit);
	struct csr *csr;
	json_t *j;

	if (u == NULL)
		return ERR_OK;		/* of a newer version */
	if ((csr = csr_from_der(row->der, row->derlen, e)) == NULL)
		return err_wrap(e, "request of %s", row->unit);
	out_text(c->out, "%s/%s.csr%s%s\n", u->name, u->name,
	    row->node[0] != '\0' ? "  on " : "", row->node);
	j = shown_json(c, u, row, csr, key_matches(c->node.db, row, csr));
	csr_free(csr);
	if (j == NULL || json_array_append_new(list, j) != 0)
		return err_set(e, ERR_NOMEM, "requests");
	return ERR_OK;
}

int
cmd_show_csr_list_own(struct ctl *c, struct err *e)
{
	json_t *list = json_array();
	struct row_csr *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK)
		ret = row_csr_list(c->node.db, &rows, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = list_one(c, &rows[i], list, e);
	if (ret == ERR_OK) {
		if (n == 0)
			out_text(c->out, "No request is pending.\n");
		out_result(c->out, json_pack("{s:O}", "requests", list));
	}
	row_csr_free(rows, n);
	json_decref(list);
	return ret;
}

/* The reference has the word; requests are made for own units only. */
int
cmd_show_csr_list_trust(struct ctl *c, struct err *e)
{
	int ret = ctl_open(c, DB_READ, e);

	if (ret != ERR_OK)
		return ret;
	out_text(c->out, "Trust stores have no requests.\n");
	out_result(c->out, json_pack("{s:[]}", "requests"));
	return ERR_OK;
}
