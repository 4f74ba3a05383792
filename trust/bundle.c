/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles: signed blocks and files of them, see bundle.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/wr.h"
#include "certs/pkcs7.h"
#include "certs/pkcs7_pem.h"
#include "trust/bundle.h"

void
bundle_part_clear(struct bundle_part *p)
{
	for (size_t i = 0; i < p->ncert; i++)
		cert_free(p->cert[i].cert);
	free(p->cert);
	free(p->sast);
	cert_free(p->signer);
	free(p->der);
	*p = (struct bundle_part){ .ncert = 0 };
}

void
bundle_clear(struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++)
		bundle_part_clear(&b->part[i]);
	free(b->part);
	*b = (struct bundle){ .n = 0 };
}

/* --- one block --- */

int
bundle_part_sign(struct bundle_part *p, struct signer *s,
    const struct cert *c, struct err *e)
{
	uint8_t *text, *der;
	size_t len, derlen;
	int ret;

	if ((ret = bundle_manifest_build(p, &text, &len, e)) != ERR_OK)
		return ret;
	ret = pkcs7_sign(s, c, p->time, text, len, &der, &derlen, e);
	free(text);
	if (ret != ERR_OK)
		return err_wrap(e, "signing the bundle");
	free(p->der);
	p->der = der;
	p->len = derlen;
	cert_free(p->signer);
	p->signer = cert_ref((struct cert *)(uintptr_t)c);
	cert_sha256(c, p->signer_sha256);
	return ERR_OK;
}

int
bundle_part_open(struct bundle_part *p, const uint8_t *der, size_t len,
    struct err *e)
{
	struct cert *signer;
	uint8_t *text;
	size_t textlen;
	int ret;

	*p = (struct bundle_part){ .ncert = 0 };
	if ((ret = pkcs7_open(der, len, &text, &textlen, &signer, e)) !=
	    ERR_OK)
		return ret;
	ret = bundle_manifest_parse(p, text, textlen, e);
	free(text);
	p->signer = signer;
	cert_sha256(signer, p->signer_sha256);
	if (ret == ERR_OK && (p->der = malloc(len)) == NULL)
		ret = err_set(e, ERR_NOMEM, "bundle");
	if (ret != ERR_OK) {
		bundle_part_clear(p);
		return ret;
	}
	memcpy(p->der, der, len);
	p->len = len;
	return ERR_OK;
}

/* --- files --- */

/*
 * p, which is taken over when that goes well, beside the others.  A cluster is
 * its UUID and who signs for it: a stranger's block with the UUID of another
 * cluster puts nothing in the shade.
 */
static int
add_part(struct bundle *b, struct bundle_part *p, struct err *e)
{
	struct bundle_part *more;

	for (size_t i = 0; i < b->n; i++) {
		struct bundle_part *q = &b->part[i];

		if (strcmp(q->cluster.uuid, p->cluster.uuid) != 0 ||
		    memcmp(q->signer_sha256, p->signer_sha256,
		    SHA256_LEN) != 0)
			continue;
		b->nolder++;
		if (p->time >= q->time) {
			bundle_part_clear(q);
			*q = *p;
		} else {
			bundle_part_clear(p);
		}
		return ERR_OK;
	}
	if (b->n == BUNDLE_PARTS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d clusters in a "
		    "bundle", BUNDLE_PARTS_MAX);
	if ((more = reallocarray(b->part, b->n + 1, sizeof(*more))) == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	b->part = more;
	b->part[b->n++] = *p;
	return ERR_OK;
}

/* All blocks of a file on their own. */
static int
read_parts(struct bundle_part *part, size_t *n, const uint8_t *buf,
    size_t len, struct err *e)
{
	struct err why = { .code = ERR_OK };
	size_t off = 0, derlen;
	uint8_t *der;
	int ret;

	for (*n = 0; (ret = pkcs7_pem_next(buf, len, &off, &der, &derlen,
	    &why)) == ERR_OK; ++*n) {
		if (*n == BUNDLE_PARTS_MAX) {
			free(der);
			return err_set(e, ERR_LIMIT, "more than %d blocks in "
			    "a bundle", BUNDLE_PARTS_MAX);
		}
		ret = bundle_part_open(&part[*n], der, derlen, e);
		free(der);
		if (ret != ERR_OK)
			return *n > 0 ? err_wrap(e, "block %zu", *n + 1) : ret;
	}
	if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", why.msg);
	return *n > 0 ? ERR_OK : err_set(e, ERR_PROTO, "no bundle: there is "
	    "no PKCS7 block in it");
}

int
bundle_read(struct bundle *b, const uint8_t *buf, size_t len, struct err *e)
{
	struct bundle_part *part;
	size_t n = 0, taken = 0;
	int ret;

	if (len > BUNDLE_FILE_MAX)
		return err_set(e, ERR_LIMIT, "a bundle of more than %d bytes",
		    BUNDLE_FILE_MAX);
	if ((part = calloc(BUNDLE_PARTS_MAX, sizeof(*part))) == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	ret = read_parts(part, &n, buf, len, e);
	if (ret == ERR_OK && b->n + n > BUNDLE_PARTS_MAX)
		ret = err_set(e, ERR_LIMIT, "more than %d blocks in all",
		    BUNDLE_PARTS_MAX);
	while (ret == ERR_OK && taken < n &&
	    (ret = add_part(b, &part[taken], e)) == ERR_OK)
		taken++;
	for (size_t i = taken; i < n; i++)
		bundle_part_clear(&part[i]);
	free(part);
	return ret;
}

static int
by_cluster(const void *a, const void *b)
{
	const struct bundle_part *const *x = a, *const *y = b;
	int c = strcmp((*x)->cluster.name, (*y)->cluster.name);

	if (c == 0)
		c = strcmp((*x)->cluster.uuid, (*y)->cluster.uuid);
	return c != 0 ? c : memcmp((*x)->signer_sha256, (*y)->signer_sha256,
	    SHA256_LEN);
}

/* What people see in an editor: remarks, which nobody reads back. */
static void
put_part(struct wr *w, const struct bundle_part *p)
{
	char at[CLOCK_RFC3339_LEN], hex[2 * SHA256_LEN + 1];

	clock_rfc3339(p->time, at);
	str_hex(p->signer_sha256, SHA256_LEN, hex);
	wr_fmt(w, "\nCluster %s (%s), %s, %zu certificates\nsigned by its %s, "
	    "SHA-256 %s\n", p->cluster.name, p->cluster.uuid, at, p->ncert,
	    p->by->name, hex);
	pkcs7_pem_put(w, p->der, p->len);
}

int
bundle_write(const struct bundle *b, uint8_t **text, size_t *len,
    struct err *e)
{
	const struct bundle_part **p = calloc(b->n + 1, sizeof(*p));
	struct wr w = wr_init(BUNDLE_FILE_MAX);

	*text = NULL;
	if (p == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	for (size_t i = 0; i < b->n; i++)
		p[i] = &b->part[i];
	qsort(p, b->n, sizeof(*p), by_cluster);
	wr_str(&w, "Certificates of clusters for: ctltool set cert bulk "
	    "import\nWhat counts is what is signed within the blocks: openssl "
	    "cms -verify -noverify -inform PEM\n");
	for (size_t i = 0; i < b->n; i++)
		put_part(&w, p[i]);
	free(p);
	if ((*text = wr_take(&w, len)) == NULL)
		return err_set(e, ERR_LIMIT, "a bundle of more than %d bytes",
		    BUNDLE_FILE_MAX);
	return ERR_OK;
}
