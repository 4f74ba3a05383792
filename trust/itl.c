/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The ITL, see itl.h: spec/trust-list.md sections 7, 8, 12 and 14.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "trust/itl.h"
#include "trust/own.h"

#define ITL_KIND	"itl"
#define CLUSTER_WIDE	""	/* in the column node */

/* A node as records speak of it: tags 2 and 10. */
struct place {
	char	node[NODE_NAME_MAX + 1];
	char	name[256];
	uint8_t	ip[4];
	bool	has_ip;
};

/* What the ITL should say.  Entries borrow from own and place. */
struct plan {
	struct own		*own[UNIT_N];
	size_t			 nown[UNIT_N];
	struct place		*place;		/* by joined_at, name */
	size_t			 nplace;
	struct list_entry	*entry;
	size_t			 nentry;
	struct list_build	 b;
	uint16_t		 tftp_role;
};

static void
plan_clear(struct plan *p)
{
	for (size_t i = 0; i < UNIT_N; i++)
		own_list_free(p->own[i], p->nown[i]);
	free(p->place);
	free(p->entry);
}

/*
 * Tag 2 is the first DNS name, else the first address as text; tag 10 the
 * first IPv4 address.  The form of IPv6 in tag 10 is unknown [?], so a node
 * without IPv4 has no tag 10.
 */
static void
place_from(struct place *pl, const struct row_node_name *names, size_t n)
{
	const char *dns = NULL, *addr = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *text = names[i].text;

		if (!names[i].is_ip) {
			dns = dns != NULL ? dns : text;
			continue;
		}
		addr = addr != NULL ? addr : text;
		if (!pl->has_ip)
			pl->has_ip = inet_pton(AF_INET, text, pl->ip) == 1;
	}
	dns = dns != NULL ? dns : addr;
	(void)str_copy(pl->name, sizeof(pl->name), dns != NULL ? dns : "");
}

static int
plan_places(struct plan *p, struct db *db, struct err *e)
{
	struct row_node_name *names;
	struct row_node *nodes = NULL;
	size_t n = 0, nnames;
	int ret;

	if ((ret = row_node_list(db, &nodes, &n, e)) != ERR_OK)
		return ret;
	if (n == 0) {
		ret = err_set(e, ERR_BADSTATE, "there is no node to list");
		goto out;
	}
	if ((p->place = calloc(n, sizeof(*p->place))) == NULL) {
		ret = err_set(e, ERR_NOMEM, "trust list");
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		struct place *pl = &p->place[p->nplace++];

		names = NULL;
		(void)str_copy(pl->node, sizeof(pl->node), nodes[i].name);
		if ((ret = row_node_names_get(db, nodes[i].name, &names,
		    &nnames, e)) != ERR_OK)
			break;
		place_from(pl, names, nnames);
		free(names);
	}
out:
	free(nodes);
	return ret;
}

/* Cluster-wide certificates stand at the first node. */
static const struct place *
plan_place(const struct plan *p, const char *node)
{
	for (size_t i = 0; i < p->nplace; i++)
		if (strcmp(p->place[i].node, node) == 0)
			return &p->place[i];
	return &p->place[0];
}

static int
plan_params(struct plan *p, struct db *db, struct err *e)
{
	char *digest, *version, *role;
	int ret = ERR_OK;

	digest = param_get(db, PARAM_ITL_DIGEST, CLUSTER_WIDE, e);
	version = param_get(db, PARAM_ITL_SIGNER_VERSION, CLUSTER_WIDE, e);
	role = param_get(db, PARAM_ITL_TFTP_ROLE, CLUSTER_WIDE, e);
	if (digest == NULL || version == NULL || role == NULL) {
		ret = err_wrap(e, "parameters of the ITL");
		goto out;
	}
	p->b.digest = strcmp(digest, "sha512") == 0 ? DIGEST_SHA512 :
	    DIGEST_SHA1;
	p->b.has_signer_version = true;
	p->b.signer_version = strcmp(version, "1.1") == 0 ? 0x0101 : 0x0100;
	p->tftp_role = strcmp(role, "tftp") == 0 ? ROLE_TFTP : ROLE_CCM_TFTP;
out:
	free(digest);
	free(version);
	free(role);
	return ret;
}

static int
plan_own(struct plan *p, struct db *db, struct err *e)
{
	size_t n = 1;		/* calloc(0) would be a special case */
	int ret;

	for (unsigned u = 0; u < UNIT_N; u++) {
		if (!own_unit_table()[u].listed)
			continue;
		if ((ret = own_listed(db, (enum own_unit)u, &p->own[u],
		    &p->nown[u], e)) != ERR_OK)
			return ret;
		n += 2 * p->nown[u];	/* CallManager stands twice */
	}
	if ((p->entry = calloc(n, sizeof(*p->entry))) == NULL)
		return err_set(e, ERR_NOMEM, "trust list");
	return ERR_OK;
}

/* The rows of a unit as records of one role. */
static void
plan_add(struct plan *p, enum own_unit unit, uint16_t role, bool announced)
{
	for (size_t i = 0; i < p->nown[unit]; i++) {
		const struct own *o = &p->own[unit][i];
		const struct place *pl = plan_place(p, o->row.node);

		if (o->row.stage != OWN_ACTIVE && !announced)
			continue;
		p->entry[p->nentry++] = (struct list_entry){
			.cert = o->cert,
			.role = role,
			.dns_name = pl->name,
			.ip = pl->has_ip ? pl->ip : NULL,
		};
	}
}

/*
 * SAST places are two, so what is only announced never takes one: a new
 * CallManager certificate comes first as a TFTP record, a new ITLRecovery
 * not at all before it is active.
 */
static int
plan_entries(struct plan *p, struct err *e)
{
	plan_add(p, UNIT_ITLRECOVERY, ROLE_SAST, false);
	if (p->nentry != 1)
		return err_set(e, ERR_BADSTATE, "there is no active "
		    "ITLRecovery certificate to sign the ITL with");
	p->b.signer = p->entry[0].cert;
	plan_add(p, UNIT_CALLMANAGER, ROLE_SAST, false);
	plan_add(p, UNIT_CALLMANAGER, p->tftp_role, true);
	plan_add(p, UNIT_TVS, ROLE_TVS, true);
	plan_add(p, UNIT_CAPF, ROLE_CAPF, true);
	if (p->b.signer_version == 0x0101)
		plan_add(p, UNIT_CALLMANAGER_ECDSA, ROLE_TFTP, true);
	p->b.layout = LIST_LAYOUT_CUCM;
	p->b.entry = p->entry;
	p->b.nentry = p->nentry;
	p->b.file_name = ITL_FILE_NAME;
	return ERR_OK;
}

static int
plan_make(struct plan *p, struct db *db, struct err *e)
{
	int ret;

	if ((ret = plan_params(p, db, e)) != ERR_OK ||
	    (ret = plan_places(p, db, e)) != ERR_OK ||
	    (ret = plan_own(p, db, e)) != ERR_OK)
		return ret;
	return plan_entries(p, e);
}

/* The newest version ever served that says the same; ERR_NOTFOUND. */
static int
find_content(struct db *db, const uint8_t content[SHA256_LEN],
    struct row_list *l, struct err *e)
{
	struct row_list *rows = NULL;
	size_t n = 0, i;
	int ret;

	if ((ret = row_list_history(db, ITL_KIND, &rows, &n, e)) != ERR_OK)
		return ret;
	for (i = n; i > 0; i--)
		if (strcmp(rows[i - 1].node, CLUSTER_WIDE) == 0 &&
		    memcmp(rows[i - 1].content, content, SHA256_LEN) == 0)
			break;
	ret = i > 0 ? row_list_get(db, rows[i - 1].sha256, l, e) :
	    err_set(e, ERR_NOTFOUND, "no earlier list says this");
	free(rows);
	return ret;
}

static int
sign_new(struct plan *p, struct signer *s, int64_t now,
    const uint8_t content[SHA256_LEN], struct row_list *l, struct err *e)
{
	int ret;

	if (s == NULL)
		return err_set(e, ERR_BADSTATE, "the ITL must be signed anew, "
		    "which needs the ITLRecovery key");
	p->b.timestamp = (uint32_t)now;
	if ((ret = list_build(&p->b, s, &l->bytes, &l->len, e)) != ERR_OK)
		return err_wrap(e, "ITL");
	(void)str_copy(l->kind, sizeof(l->kind), ITL_KIND);
	(void)str_copy(l->node, sizeof(l->node), CLUSTER_WIDE);
	memcpy(l->content, content, SHA256_LEN);
	cert_sha256(p->b.signer, l->signer);
	l->made_at = now;
	return digest_buf(DIGEST_SHA256, l->bytes, l->len, l->sha256, e);
}

/* Same content keeps its bytes for ever: what was served before is served
 * again, anything else is signed. */
static int
make_current(struct plan *p, struct db *db, struct signer *s, int64_t now,
    const uint8_t content[SHA256_LEN], struct row_list *l, struct err *e)
{
	int ret;

	ret = find_content(db, content, l, e);
	if (ret == ERR_NOTFOUND)
		ret = sign_new(p, s, now, content, l, e);
	if (ret != ERR_OK)
		return ret;
	return row_list_put_current(db, l, e);
}

static int
check_size(const struct plan *p, size_t bytes, char **warning, struct err *e)
{
	if (warning == NULL ||
	    (bytes < LIST_WARN_BYTES && p->nentry < LIST_WARN_CERTS))
		return ERR_OK;
	*warning = str_printf("the ITL has %zu bytes in %zu certificates; "
	    "phones have trouble from %d bytes or %d certificates on and take "
	    "none above %d bytes: fewer nodes or smaller certificates help",
	    bytes, p->nentry, LIST_WARN_BYTES, LIST_WARN_CERTS, TLV_FILE_MAX);
	return *warning != NULL ? ERR_OK :
	    err_set(e, ERR_NOMEM, "warning about the ITL");
}

int
itl_refresh(struct db *db, struct signer *s, int64_t now, bool *changed,
    char **warning, struct err *e)
{
	uint8_t content[SHA256_LEN];
	struct plan p = { .nplace = 0 };
	struct row_list l = { .bytes = NULL };
	int ret;

	*changed = false;
	if (warning != NULL) {
		free(*warning);
		*warning = NULL;
	}
	if ((ret = plan_make(&p, db, e)) != ERR_OK ||
	    (ret = list_build_content_hash(&p.b, content, e)) != ERR_OK)
		goto out;
	ret = itl_current(db, &l, e);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		goto out;
	if (ret == ERR_NOTFOUND ||
	    memcmp(l.content, content, SHA256_LEN) != 0) {
		row_list_clear(&l);
		l = (struct row_list){ .bytes = NULL };
		if ((ret = make_current(&p, db, s, now, content, &l,
		    e)) != ERR_OK)
			goto out;
		*changed = true;
	}
	ret = check_size(&p, l.len, warning, e);
out:
	row_list_clear(&l);
	plan_clear(&p);
	return ret;
}

int
itl_current(struct db *db, struct row_list *l, struct err *e)
{
	return row_list_current(db, ITL_KIND, CLUSTER_WIDE, l, e);
}
