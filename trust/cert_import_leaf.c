/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import: which of many certificates is the one for the unit.  It is the one
 * over a key of ours, whatever its place in the files or its kind: a CAPF
 * certificate is a CA's.
 */
#include <string.h>

#include "base/str.h"
#include "trust/cert_import_int.h"

#define KEY_TEXT	17	/* the first 8 bytes of its SHA-256 */

static void
key_text(const uint8_t id[KEY_ID_LEN], char out[KEY_TEXT])
{
	str_hex(id, (KEY_TEXT - 1) / 2, out);
}

static const struct key *
key_in_files(const struct container *set, const uint8_t id[KEY_ID_LEN])
{
	uint8_t other[KEY_ID_LEN];

	for (size_t i = 0; i < set->nkey; i++)
		if (key_id(set->key[i], other, NULL) == ERR_OK &&
		    memcmp(id, other, sizeof(other)) == 0)
			return set->key[i];
	return NULL;
}

/* Is a private key at hand?  The request's counts before the file's: then it
 * is sealed already. */
static bool
has_key(const struct own_plan *o, const struct cert *c, enum import_key *by,
    const struct key **key)
{
	uint8_t id[KEY_ID_LEN];

	cert_key_id(c, id);
	*key = NULL;
	if (o->csr != NULL && memcmp(id, o->csr_key, sizeof(id)) == 0) {
		*by = IMPORT_KEY_CSR;
		return true;
	}
	for (size_t i = 0; i < o->nown; i++)
		if (memcmp(id, o->own[i].key_id, sizeof(id)) == 0) {
			*by = IMPORT_KEY_OWN;
			return true;
		}
	*by = IMPORT_KEY_FILE;
	return (*key = key_in_files(o->set, id)) != NULL;
}

static const struct cert *
first_leaf(const struct container *set)
{
	for (size_t i = 0; i < set->ncert; i++)
		if (chain_class(set->cert[i], set->cert, set->ncert) ==
		    CHAIN_LEAF)
			return set->cert[i];
	return NULL;
}

/* Files with keys, but for none of the certificates. */
static int
key_without(const struct own_plan *o, struct err *e)
{
	uint8_t id[KEY_ID_LEN], other[KEY_ID_LEN];
	char a[KEY_TEXT], b[KEY_TEXT], name[IMPORT_NAME_MAX];

	if (key_id(o->set->key[0], id, e) != ERR_OK)
		return e->code;
	if (o->set->ncert == 0)
		return err_set(e, ERR_REFUSED, "a private key, and no "
		    "certificate for it: add its file");
	key_text(id, a);
	cert_key_id(o->set->cert[0], other);
	key_text(other, b);
	import_name(o->set->cert[0], name);
	return err_set(e, ERR_REFUSED, "the private key in the files is %s, "
	    "the key of \"%s\" is %s: they do not belong together", a, name,
	    b);
}

/* None is over a key of ours: say what there is and what there should be. */
static int
none(const struct own_plan *o, struct err *e)
{
	const char *unit = o->p->u->name;
	char a[KEY_TEXT], b[KEY_TEXT], name[IMPORT_NAME_MAX];
	const struct cert *leaf = first_leaf(o->set);
	uint8_t id[KEY_ID_LEN];

	if (o->set->nkey > 0)
		return key_without(o, e);
	if (o->set->ncert == 0)
		return err_set(e, ERR_REFUSED, "no certificate in the files");
	if (leaf == NULL)
		return err_set(e, ERR_REFUSED, "only certificates of "
		    "authorities: the one for %s is missing; to add these "
		    "alone: set cert import trust", unit);
	import_name(leaf, name);
	if (o->csr == NULL)
		return err_set(e, ERR_REFUSED, "there is no private key for "
		    "\"%s\": no request of %s is pending (set csr gen %s), "
		    "and the files have none", name, unit, unit);
	cert_key_id(leaf, id);
	key_text(id, a);
	key_text(o->csr_key, b);
	return err_set(e, ERR_REFUSED, "the key of \"%s\" is %s, the pending "
	    "request of %s has %s: this certificate answers another request",
	    name, a, unit, b);
}

/* Of a renewal and what it renews the newer. */
static bool
is_newer(const struct cert *a, const struct cert *b)
{
	if (cert_not_before(a) != cert_not_before(b))
		return cert_not_before(a) > cert_not_before(b);
	return cert_not_after(a) > cert_not_after(b);
}

int
import_leaf(struct own_plan *o, struct err *e)
{
	struct import_own *p = o->p;
	const struct key *key;
	enum import_key by;
	char name[IMPORT_NAME_MAX];
	size_t n = 0;

	for (size_t i = 0; i < o->set->ncert; i++) {
		struct cert *c = o->set->cert[i];

		if (!has_key(o, c, &by, &key))
			continue;
		n++;
		if (p->leaf != NULL && !is_newer(c, p->leaf))
			continue;
		cert_free(p->leaf);
		p->leaf = cert_ref(c);
		p->by = by;
		p->key = key;
	}
	if (n == 0)
		return none(o, e);
	if (n > 1) {
		import_name(p->leaf, name);
		wr_fmt(&o->warn, "%zu certificates in the files are over keys "
		    "of this cluster: the newest, \"%s\", is taken\n", n,
		    name);
	}
	return ERR_OK;
}
