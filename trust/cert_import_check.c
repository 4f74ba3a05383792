/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import: what a certificate for an own unit must be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/cert_use.h"
#include "certs/san.h"
#include "trust/cert_import_int.h"

#define DAY_S		86400
#define SHORT_DAYS	30	/* left, that make one ask why */
#define NAMES_TEXT	90	/* of each side of a difference */

/* --- dates and strength --- */

int
import_dates(const struct cert *c, const char *node, int64_t now,
    struct err *e)
{
	char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];
	char clk[CLOCK_RFC3339_LEN];
	int64_t from = cert_not_before(c), to = cert_not_after(c);

	import_name(c, name);
	clock_rfc3339(now, clk);
	if (from > now) {
		clock_rfc3339(from, at);
		return err_set(e, ERR_REFUSED, "\"%s\" is valid from %s on, "
		    "and the clock of %s says %s (%lld seconds before): wait, "
		    "or set the clock right", name, at, node, clk,
		    (long long)(from - now));
	}
	if (to < now) {
		clock_rfc3339(to, at);
		return err_set(e, ERR_REFUSED, "\"%s\" ended at %s, and the "
		    "clock of %s says %s", name, at, node, clk);
	}
	return ERR_OK;
}

void
import_weak(struct wr *warn, const struct cert *c)
{
	enum digest_alg hash;
	char name[IMPORT_NAME_MAX];

	import_name(c, name);
	/* What a root says of itself nobody checks. */
	if (!cert_self_signed(c) && cert_hash(c, &hash) &&
	    (hash == DIGEST_SHA1 || hash == DIGEST_MD5))
		wr_fmt(warn, "\"%s\" is signed with %s, which TLS peers refuse "
		    "nowadays\n", name, digest_name(hash));
	if (cert_key_type(c) == KEY_RSA1024 || (cert_key_type(c) ==
	    KEY_OTHER && cert_key_bits(c) < 256))
		wr_fmt(warn, "\"%s\" has a key of %d bits, which TLS peers "
		    "refuse nowadays\n", name, cert_key_bits(c));
}

/* --- names --- */

/* Both sides, in words; a and b are fresh and released here. */
static int
names_differ(char *a, char *b, struct err *e)
{
	int ret = ERR_OK;

	if (a == NULL || b == NULL)
		ret = err_set(e, ERR_NOMEM, "names of a certificate");
	else if (a[0] != '\0' && b[0] != '\0')
		ret = err_set(e, ERR_REFUSED, "CSR SAN and Certificate SAN "
		    "does not match: the request has %.*s, the certificate "
		    "has %.*s instead", NAMES_TEXT, a, NAMES_TEXT, b);
	else if (a[0] != '\0')
		ret = err_set(e, ERR_REFUSED, "CSR SAN and Certificate SAN "
		    "does not match: the request has %.*s, the certificate "
		    "does not", NAMES_TEXT, a);
	else if (b[0] != '\0')
		ret = err_set(e, ERR_REFUSED, "CSR SAN and Certificate SAN "
		    "does not match: the certificate has %.*s, the request "
		    "does not: make one with --add-san", NAMES_TEXT, b);
	free(a);
	free(b);
	return ret;
}

static int
check_names_of_csr(const struct own_plan *o, const struct san_set *have,
    struct err *e)
{
	struct san_set want;
	int ret;

	if ((ret = san_of_csr(o->csr, &want, e)) != ERR_OK)
		return ret;
	ret = names_differ(san_missing(&want, have), san_missing(have, &want),
	    e);
	san_set_free(&want);
	return ret;
}

/* Without a request: does it name this node at all? */
static void
warn_names(struct own_plan *o, const struct san_set *have)
{
	const struct node *n = o->n;

	if (!(o->p->u->usage & CERT_USE_TLS_SERVER))
		return;
	for (size_t i = 0; i < n->nnames; i++)
		if (san_has(have, n->names[i].is_ip ? SAN_IP : SAN_DNS,
		    n->names[i].text))
			return;
	wr_fmt(&o->warn, "the certificate has no name or address of %s: peers "
	    "that check it will refuse %s\n", n->row.name, o->p->u->name);
}

static int
check_names(struct own_plan *o, struct err *e)
{
	struct san_set have;
	int ret;

	if ((ret = san_of_cert(o->p->leaf, &have, e)) != ERR_OK)
		return ret;
	if (o->p->by == IMPORT_KEY_CSR)
		ret = check_names_of_csr(o, &have, e);
	else
		warn_names(o, &have);
	for (size_t i = 0; ret == ERR_OK && i < have.n; i++)
		if (strchr(have.san[i].text, '*') != NULL)
			wr_fmt(&o->warn, "the certificate has a wildcard name, "
			    "%s: phones and many peers do not match it\n",
			    have.san[i].text);
	san_set_free(&have);
	return ret;
}

/* --- key and use --- */

static int
check_key(struct own_plan *o, struct err *e)
{
	const struct own_unit_def *u = o->p->u;
	enum key_type t = cert_key_type(o->p->leaf);
	char *warning = NULL;
	int ret;

	if (t == KEY_OTHER)
		return err_set(e, ERR_REFUSED, "%s cannot have a key of this "
		    "kind (%d bits): RSA 2048 or 4096, or for HTTPS EC P-256, "
		    "P-384 or P-521", u->name, cert_key_bits(o->p->leaf));
	if ((ret = own_key_check(u->unit, t, &warning, e)) == ERR_OK &&
	    warning != NULL)
		wr_fmt(&o->warn, "%s\n", warning);
	free(warning);
	return ret;
}

/* Public authorities no longer give clientAuth: that alone is no reason to
 * refuse what was paid for. */
static int
check_use(struct own_plan *o, struct err *e)
{
	const struct own_unit_def *u = o->p->u;
	char missing[CERT_USE_TEXT_MAX], name[IMPORT_NAME_MAX];

	import_name(o->p->leaf, name);
	if (cert_use_missing(o->p->leaf, u->usage &
	    ~(unsigned)CERT_USE_TLS_CLIENT, missing) != 0)
		return err_set(e, ERR_REFUSED, "\"%s\" may not be used for %s, "
		    "which %s needs: ask the authority for a template that "
		    "has it", name, missing, u->name);
	if (cert_use_missing(o->p->leaf, u->usage, missing) != 0)
		wr_fmt(&o->warn, "\"%s\" may not be used for %s: peers of "
		    "secure trunks that look at it will refuse our calls\n",
		    name, missing);
	return ERR_OK;
}

/* --- what the unit has now --- */

static void
warn_active(struct own_plan *o, const struct own *now)
{
	const struct cert *leaf = o->p->leaf;
	char *issuer;

	if (cert_self_signed(leaf) && !cert_self_signed(now->cert) &&
	    (issuer = cert_issuer_cn(now->cert, NULL)) != NULL) {
		char vis[IMPORT_NAME_MAX];

		str_visible(issuer, strlen(issuer), vis, sizeof(vis));
		free(issuer);
		wr_fmt(&o->warn, "this replaces a certificate signed by \"%s\" "
		    "with a self-signed one\n", vis);
	}
	if (cert_not_before(leaf) < cert_not_before(now->cert))
		wr_fmt(&o->warn, "this certificate is older than the one that "
		    "%s uses now\n", o->p->u->name);
}

static int
check_stages(struct own_plan *o, struct err *e)
{
	struct import_own *p = o->p;
	char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];
	uint8_t sha256[SHA256_LEN];

	cert_sha256(p->leaf, sha256);
	for (size_t i = 0; i < o->nown; i++)
		if (memcmp(o->own[i].row.sha256, sha256, SHA256_LEN) == 0) {
			if (o->own[i].row.stage == OWN_RETIRED)
				return err_set(e, ERR_REFUSED, "%s has used "
				    "this certificate before, it is retired: "
				    "set cert rollback %s brings it back",
				    p->u->name, p->u->name);
			p->known = true;
		}
	for (size_t i = 0; !p->known && i < o->nown; i++) {
		const struct own *r = &o->own[i];

		if (r->row.stage == OWN_ACTIVE)
			warn_active(o, r);
		if (r->row.stage != OWN_ANNOUNCED)
			continue;
		import_name(r->cert, name);
		clock_rfc3339(r->row.staged_at, at);
		wr_fmt(&o->warn, "the certificate announced at %s, \"%s\", is "
		    "withdrawn\n", at, name);
	}
	return ERR_OK;
}

int
import_check_leaf(struct own_plan *o, struct err *e)
{
	const struct cert *leaf = o->p->leaf;
	int64_t left = cert_not_after(leaf) - o->now;
	int ret;

	if ((ret = check_key(o, e)) != ERR_OK ||
	    (ret = import_dates(leaf, o->n->row.name, o->now, e)) != ERR_OK ||
	    (ret = check_names(o, e)) != ERR_OK ||
	    (ret = check_use(o, e)) != ERR_OK ||
	    (ret = check_stages(o, e)) != ERR_OK)
		return ret;
	import_weak(&o->warn, leaf);
	if (left < SHORT_DAYS * DAY_S)
		wr_fmt(&o->warn, "the certificate ends in %lld days\n",
		    (long long)(left / DAY_S));
	return ERR_OK;
}

/* --- chain --- */

static int
not_complete(const struct own_plan *o, const char *store, struct err *e)
{
	const struct chain *ch = &o->p->chain;
	const struct cert *top = ch->cert[ch->n - 1];
	char name[IMPORT_NAME_MAX], vis[IMPORT_NAME_MAX];
	char *issuer = cert_issuer(top, CERT_NAME_COMMA, e);

	if (issuer == NULL)
		return e->code;
	import_name(top, name);
	str_visible(issuer, strlen(issuer), vis, sizeof(vis));
	free(issuer);
	return err_set(e, ERR_REFUSED, "the chain ends at \"%s\", whose issuer "
	    "\"%s\" is neither in the files nor in %s: add its certificate",
	    name, vis, store);
}

int
import_check_chain(struct own_plan *o, struct err *e)
{
	enum trust_unit stores[IMPORT_STORES_MAX];
	size_t n = import_stores(o->p->u, stores);
	const struct chain *ch = &o->p->chain;
	struct err why = { .code = ERR_OK };
	int ret;

	if (!ch->complete)
		return not_complete(o, n > 0 ? trust_unit_table()[stores[0]].
		    name : "a trust store", e);
	for (size_t i = 1; i < ch->n; i++) {
		if ((ret = import_dates(ch->cert[i], o->n->row.name, o->now,
		    e)) != ERR_OK)
			return err_wrap(e, "chain");
		import_weak(&o->warn, ch->cert[i]);
		if (cert_not_after(ch->cert[i]) <
		    cert_not_after(ch->cert[0])) {
			char name[IMPORT_NAME_MAX], at[CLOCK_RFC3339_LEN];

			import_name(ch->cert[i], name);
			clock_rfc3339(cert_not_after(ch->cert[i]), at);
			wr_fmt(&o->warn, "\"%s\" of its chain ends earlier, at "
			    "%s\n", name, at);
		}
	}
	if (chain_check(ch, &why) != ERR_OK)
		return err_set(e, ERR_REFUSED, "%s", why.msg);
	return ERR_OK;
}
