/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signing requests of own units, see csr_own.h.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/csr_own.h"
#include "trust/own_subject.h"

#define CN_MAX		64	/* ub-common-name, RFC 5280 appendix A */
#define DNS_NAME_MAX	253

struct csr_own {
	const struct own_unit_def	*u;
	char				 node[NODE_NAME_MAX + 1];
	struct csr			*csr;
	uint8_t				 key_id[KEY_ID_LEN];
	uint8_t				*sealed;
	size_t				 sealedlen;
};

/* What goes into the request; text is owned. */
struct draft {
	struct cert_san	 san[CSR_NAMES_MAX];
	char		*text[CSR_NAMES_MAX];
	size_t		 nsan;
	char		 cn[CN_MAX + 1];
	struct own_subject subject;
};

static void
draft_free(struct draft *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->nsan; i++)
		free(d->text[i]);
	free(d);
}

const char *
csr_own_node(const struct own_unit_def *u, const struct node *n)
{
	return u->per_node ? n->row.name : "";
}

/* --- names --- */

static int
add_name(struct draft *d, bool ip, const char *text, struct err *e)
{
	for (size_t i = 0; i < d->nsan; i++)
		if (str_ieq(d->text[i], text))
			return ERR_OK;
	if (d->nsan == CSR_NAMES_MAX)
		return err_set(e, ERR_LIMIT, "more than %d names",
		    CSR_NAMES_MAX);
	if ((d->text[d->nsan] = strdup(text)) == NULL)
		return err_set(e, ERR_NOMEM, "names of the request");
	d->san[d->nsan] = (struct cert_san){ .is_ip = ip,
	    .text = d->text[d->nsan] };
	d->nsan++;
	return ERR_OK;
}

/* What an administrator typed: an address, or a name as far as one can be
 * asked for. */
static int
add_typed(struct draft *d, const char *text, const char *option,
    struct err *e)
{
	struct in6_addr ip;
	size_t n = strlen(text);

	if (inet_pton(AF_INET, text, &ip) == 1 ||
	    inet_pton(AF_INET6, text, &ip) == 1)
		return add_name(d, true, text, e);
	if (n == 0 || n > DNS_NAME_MAX || strspn(text,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-._*") != n)
		return err_set(e, ERR_ARG, "%s: \"%.80s\" is neither a host "
		    "name nor an address", option, text);
	return add_name(d, false, text, e);
}

/* The names of one node: DNS, or its addresses where it has none. */
static int
add_node(struct draft *d, const struct row_node_name *names, size_t n,
    struct err *e)
{
	bool dns = false;
	int ret = ERR_OK;

	for (size_t i = 0; i < n; i++)
		dns |= !names[i].is_ip;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if (names[i].is_ip != dns)
			ret = add_name(d, names[i].is_ip, names[i].text, e);
	return ret;
}

static int
add_all_nodes(struct draft *d, struct db *db, struct err *e)
{
	struct row_node_name *names;
	struct row_node *nodes = NULL;
	size_t n = 0, nnames;
	int ret;

	ret = row_node_list(db, &nodes, &n, e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		names = NULL;
		if ((ret = row_node_names_get(db, nodes[i].name, &names,
		    &nnames, e)) == ERR_OK)
			ret = add_node(d, names, nnames, e);
		free(names);
	}
	free(nodes);
	return ret;
}

static bool
is_multi(const struct csr_want *w, const struct own_unit_def *u)
{
	return w->san == CSR_SAN_MULTI ||
	    (w->san == CSR_SAN_DEFAULT && !u->per_node);
}

static int
draft_names(struct draft *d, const struct csr_want *w,
    const struct own_unit_def *u, const struct node *n, struct err *e)
{
	int ret;

	if (w->san == CSR_SAN_MULTI && u->per_node)
		return err_set(e, ERR_REFUSED, "each node has its own %s "
		    "certificate: leave out --san multi", u->name);
	ret = is_multi(w, u) ? add_all_nodes(d, n->db, e) :
	    add_node(d, n->names, n->nnames, e);
	for (size_t i = 0; ret == ERR_OK && i < w->nadd; i++)
		ret = add_typed(d, w->add_san[i], "--add-san", e);
	if (ret == ERR_OK && w->parent_domain != NULL)
		ret = add_typed(d, w->parent_domain, "--parent-domain", e);
	return ret;
}

/* --- subject --- */

/* The name this node is best known by: with a domain, if there is one. */
static const char *
fqdn(const struct node *n)
{
	const char *dns = NULL;

	for (size_t i = 0; i < n->nnames; i++) {
		if (n->names[i].is_ip)
			continue;
		if (strchr(n->names[i].text, '.') != NULL)
			return n->names[i].text;
		dns = dns != NULL ? dns : n->names[i].text;
	}
	return dns != NULL ? dns : n->row.name;
}

static int
draft_cn(struct draft *d, const struct csr_want *w,
    const struct own_unit_def *u, const struct node *n, struct err *e)
{
	bool tls = (u->usage & CERT_USE_TLS_SERVER) && !(u->usage &
	    CERT_USE_CA);
	char cn[NODE_NAME_MAX + 256 + 8];

	if (w->cn != NULL)
		return str_copy(d->cn, sizeof(d->cn), w->cn) && w->cn[0] !=
		    '\0' ? ERR_OK : err_set(e, ERR_ARG, "--cn: 1 to %d bytes, "
		    "not %zu", CN_MAX, strlen(w->cn));
	if (tls)
		(void)snprintf(cn, sizeof(cn), "%s%s", fqdn(n),
		    is_multi(w, u) ? "-ms" : "");
	else
		(void)snprintf(cn, sizeof(cn), "%s-%s", u->name,
		    u->per_node ? n->row.name : n->cluster.name);
	return str_copy(d->cn, sizeof(d->cn), cn) ? ERR_OK :
	    err_set(e, ERR_ARG, "the common name \"%.100s\" would be longer "
	    "than %d characters: give one with --cn", cn, CN_MAX);
}

/* --- making --- */

static enum digest_alg
hash_for(enum key_type t)
{
	return t == KEY_EC384 ? DIGEST_SHA384 : t == KEY_EC521 ?
	    DIGEST_SHA512 : DIGEST_SHA256;
}

static int
check_strength(const struct own_unit_def *u, enum key_type key,
    enum digest_alg hash, struct err *e)
{
	char *warning;
	int ret;

	if (key == KEY_RSA1024)
		return err_set(e, ERR_REFUSED, "a request over RSA 1024: no "
		    "authority signs it; rsa2048 is the least");
	if (hash == DIGEST_MD5 || hash == DIGEST_SHA1)
		return err_set(e, ERR_REFUSED, "a request signed with %s: no "
		    "authority takes it; sha256 is the least",
		    digest_name(hash));
	ret = own_key_check(u->unit, key, &warning, e);
	free(warning);
	return ret;
}

static int
fill(struct csr_own *c, const struct draft *d, enum key_type type,
    enum digest_alg hash, const struct keyring *kr, const struct rng *rng,
    struct err *e)
{
	struct own_wish w = { .years = 0 };
	struct cert_spec s = {
		.cn = d->cn, .san = d->san, .nsan = d->nsan,
		.usage = c->u->usage, .pathlen = c->u->pathlen, .hash = hash,
	};
	struct key *key = key_generate(type, e);
	int ret;

	if (key == NULL)
		return e->code;
	own_subject_wish(&d->subject, &w);
	s.o = w.o;
	s.ou = w.ou;
	s.l = w.l;
	s.st = w.st;
	s.c = w.c;
	if ((c->csr = csr_make(&s, key, e)) == NULL)
		ret = e->code;
	else
		ret = own_seal_key(key, kr, rng, c->key_id, &c->sealed,
		    &c->sealedlen, e);
	key_free(key);
	return ret;
}

struct csr_own *
csr_own_make(const struct csr_want *w, const struct node *n,
    const struct keyring *kr, const struct rng *rng, struct err *e)
{
	const struct own_unit_def *u = &own_unit_table()[w->unit];
	enum key_type type = w->has_key ? w->key : u->key;
	enum digest_alg hash = w->has_hash ? w->hash : hash_for(type);
	struct draft *d = calloc(1, sizeof(*d));
	struct csr_own *c = calloc(1, sizeof(*c)), *ret = NULL;

	if (d == NULL || c == NULL) {
		(void)err_set(e, ERR_NOMEM, "signing request");
		goto out;
	}
	c->u = u;
	(void)str_copy(c->node, sizeof(c->node), csr_own_node(u, n));
	if (check_strength(u, type, hash, e) == ERR_OK &&
	    draft_names(d, w, u, n, e) == ERR_OK &&
	    draft_cn(d, w, u, n, e) == ERR_OK &&
	    own_subject_load(n->db, &d->subject, e) == ERR_OK &&
	    fill(c, d, type, hash, kr, rng, e) == ERR_OK) {
		ret = c;
		c = NULL;
	}
out:
	draft_free(d);
	csr_own_free(c);
	return ret;
}

void
csr_own_free(struct csr_own *c)
{
	if (c == NULL)
		return;
	csr_free(c->csr);
	free(c->sealed);
	free(c);
}

const struct csr *
csr_own_csr(const struct csr_own *c)
{
	return c->csr;
}

/* --- rows --- */

int
csr_own_store(struct db *db, const struct csr_own *c, int64_t now,
    struct err *e)
{
	struct row_csr row = { .created_at = now }, old = { .der = NULL };
	uint8_t old_key[SHA256_LEN];
	size_t len;
	int ret;

	ret = row_csr_get(db, c->u->name, c->node, &old, e);
	memcpy(old_key, old.key_id, sizeof(old_key));
	row_csr_clear(&old);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return ret;
	(void)str_copy(row.unit, sizeof(row.unit), c->u->name);
	(void)str_copy(row.node, sizeof(row.node), c->node);
	memcpy(row.key_id, c->key_id, sizeof(row.key_id));
	row.der = (uint8_t *)(uintptr_t)csr_der(c->csr, &len);
	row.derlen = len;
	if (ret == ERR_OK &&
	    ((ret = row_csr_remove(db, row.unit, row.node, e)) != ERR_OK ||
	    (ret = row_key_remove(db, old_key, e)) != ERR_OK))
		return ret;
	if ((ret = row_key_put(db, c->key_id,
	    key_type_name(csr_key_type(c->csr)), c->sealed, c->sealedlen, now,
	    e)) != ERR_OK)
		return ret;
	return row_csr_put(db, &row, e);
}

struct csr *
csr_own_load(struct db *db, const char *unit, const char *node,
    struct row_csr *row, struct err *e)
{
	struct row_csr mine = { .der = NULL };
	struct row_csr *r = row != NULL ? row : &mine;
	struct csr *c = NULL;

	if (row_csr_get(db, unit, node, r, e) != ERR_OK)
		return NULL;
	if ((c = csr_from_der(r->der, r->derlen, e)) == NULL)
		row_csr_clear(r);
	row_csr_clear(&mine);
	return c;
}
