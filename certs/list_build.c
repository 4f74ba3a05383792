/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust lists: building, see list.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/list.h"

#define BODY_MAX	(4u << 20)	/* to say how much too large a list is */

static enum cert_name_style
names_of_layout(enum list_layout l)
{
	switch (l) {
	case LIST_LAYOUT_PEER:
		return CERT_NAME_COMMA;
	case LIST_LAYOUT_CUCM:
		return CERT_NAME_SEMICOLON;
	case LIST_LAYOUT_CUCM_ASIS:
		return CERT_NAME_SEMICOLON_ASIS;
	}
	abort();
}

/* "SAST ITLRecovery_lab" */
static void
entry_label(const struct list_entry *en, char *out, size_t len)
{
	const char *role = list_role_name(en->role);
	char *cn = en->cert != NULL ? cert_cn(en->cert, NULL) : NULL;

	if (role != NULL)
		(void)snprintf(out, len, "%s %s", role,
		    cn != NULL ? cn : "(empty)");
	else
		(void)snprintf(out, len, "role %u %s", en->role,
		    cn != NULL ? cn : "(empty)");
	free(cn);
}

/* Names for an error text: as many as fit, then how many more. */
#define LABELS_TAIL	24	/* ", " and " and 128 more" */
struct labels {
	char	text[ERR_MSG_MAX / 2];
	size_t	n, hidden;
};

static void
labels_add(struct labels *l, const struct list_entry *en)
{
	size_t at = strlen(l->text);
	char one[128];

	entry_label(en, one, sizeof(one));
	if (l->hidden > 0 ||
	    at + strlen(one) + LABELS_TAIL > sizeof(l->text))
		l->hidden++;
	else
		(void)snprintf(l->text + at, sizeof(l->text) - at, "%s%s",
		    l->n > 0 ? ", " : "", one);
	l->n++;
}

/* The names as one phrase. */
static const char *
labels_text(struct labels *l)
{
	size_t at = strlen(l->text);

	if (l->hidden > 0)
		(void)snprintf(l->text + at, sizeof(l->text) - at,
		    " and %zu more", l->hidden);
	return l->text;
}

static int
check_sast(const struct list_build *b, struct err *e)
{
	struct labels l = { 0 };
	bool found = false;
	size_t n = 0;

	for (size_t i = 0; i < b->nentry; i++) {
		const struct list_entry *en = &b->entry[i];

		if (en->role != ROLE_SAST)
			continue;
		n++;
		labels_add(&l, en);
		found |= en->cert != NULL && cert_same(en->cert, b->signer);
	}
	if (n > LIST_SAST_MAX)
		return err_set(e, ERR_LIMIT, "%zu SAST records, phones take "
		    "at most %d: %s", n, LIST_SAST_MAX, labels_text(&l));
	if (!found)
		return err_set(e, ERR_ARG, "the signer is not among the SAST "
		    "records of %s", b->file_name);
	return ERR_OK;
}

static int
check(const struct list_build *b, struct err *e)
{
	if (b->nentry > LIST_RECORDS_MAX)
		return err_set(e, ERR_LIMIT, "%zu records, %d are the most",
		    b->nentry, LIST_RECORDS_MAX);
	return check_sast(b, e);
}

static void
put_names(struct wr *w, const struct tlv_names *n, enum list_layout layout,
    uint16_t role)
{
	tlv_put_str(w, REC_SUBJECT, n->subject);
	if (layout != LIST_LAYOUT_PEER)
		tlv_put_u16(w, REC_ROLE, role);
	tlv_put_str(w, REC_ISSUER, n->issuer);
	tlv_put(w, REC_SERIAL, n->serial, n->seriallen);
	if (layout == LIST_LAYOUT_PEER)
		tlv_put_u16(w, REC_ROLE, role);
}

static int
put_cert(struct wr *w, const struct list_entry *en, enum list_layout layout,
    struct err *e)
{
	struct tlv_names n;
	const uint8_t *p;
	size_t len;
	int ret = tlv_names_of(&n, en->cert, names_of_layout(layout), e);

	if (ret != ERR_OK)
		goto out;
	p = cert_public_key(en->cert, &len);
	if (len == 0) {
		ret = err_set(e, ERR_ARG, "%s: lists carry RSA and EC keys "
		    "only", n.subject);
		goto out;
	}
	put_names(w, &n, layout, en->role);
	tlv_put(w, REC_PUBLIC_KEY, p, len);
	p = cert_signature(en->cert, &len);
	tlv_put(w, REC_SIGNATURE, p, len);
	p = cert_der(en->cert, &len);
	tlv_put(w, REC_CERTIFICATE, p, len);
out:
	tlv_names_clear(&n);
	return ret;
}

static int
put_entry(struct wr *w, const struct list_entry *en, enum list_layout layout,
    struct err *e)
{
	size_t start = w->len;
	int ret = ERR_OK;

	if (en->cert == NULL && (en->dns_name == NULL || en->ip == NULL))
		return err_set(e, ERR_ARG, "an empty record has a name and an "
		    "address");
	if (en->dns_name != NULL &&
	    (ret = tlv_text_check(en->dns_name, "DNS name", e)) != ERR_OK)
		return ret;
	tlv_put_u16(w, REC_LENGTH, 0);
	if (en->dns_name != NULL)
		tlv_put_str(w, REC_DNS_NAME, en->dns_name);
	if (en->cert == NULL)
		tlv_put_u16(w, REC_ROLE, en->role);
	else
		ret = put_cert(w, en, layout, e);
	if (en->ip != NULL)
		tlv_put(w, REC_IP_ADDRESS, en->ip, 4);
	/* Bounds of its parts keep a record below 64 kB. */
	wr_patch_u16(w, start + TLV_HEAD, (uint16_t)(w->len - start));
	return ret;
}

static int
too_large(const struct list_build *b, const size_t *end, size_t header,
    struct err *e)
{
	size_t total = header + end[b->nentry - 1];
	struct labels l = { 0 };

	for (size_t i = 0; i < b->nentry; i++)
		if (header + end[i] > TLV_FILE_MAX)
			labels_add(&l, &b->entry[i]);
	return err_set(e, ERR_LIMIT, "%s would have %zu bytes in %zu records, "
	    "phones take at most %d; beyond it: %s", b->file_name, total,
	    b->nentry, TLV_FILE_MAX, labels_text(&l));
}

/* All records; end[i] is where record i ends. */
static int
put_body(struct wr *w, const struct list_build *b, size_t *end, struct err *e)
{
	int ret;

	for (size_t i = 0; i < b->nentry; i++) {
		ret = put_entry(w, &b->entry[i], b->layout, e);
		if (ret != ERR_OK)
			return ret;
		end[i] = w->len;
	}
	return w->err == ERR_OK ? ERR_OK : err_set(e, w->err, "trust list");
}

static struct tlv_build
header_of(const struct list_build *b)
{
	return (struct tlv_build){
		.version = 0x0102,
		.has_signer_version = b->has_signer_version,
		.signer_version = b->signer_version,
		.order = b->layout == LIST_LAYOUT_PEER ? TLV_ORDER_PEER :
		    TLV_ORDER_CUCM,
		.names = names_of_layout(b->layout),
		.signer = b->signer,
		.digest = b->digest,
		.file_name = b->file_name,
		.timestamp = b->timestamp,
	};
}

/* The unsigned file; wr_clear(&img->w). */
static int
list_image(struct tlv_image *img, const struct list_build *b, struct err *e)
{
	struct tlv_build t = header_of(b);
	struct wr body = wr_init(BODY_MAX);
	size_t end[LIST_RECORDS_MAX];
	int ret;

	*img = (struct tlv_image){ 0 };
	if ((ret = check(b, e)) != ERR_OK ||
	    (ret = put_body(&body, b, end, e)) != ERR_OK ||
	    (ret = tlv_image_build(img, &t, body.buf, body.len, BODY_MAX,
	    e)) != ERR_OK)
		goto out;
	if (img->w.len > TLV_FILE_MAX)
		ret = too_large(b, end, img->w.len - body.len, e);
out:
	wr_clear(&body);
	return ret;
}

int
list_build(const struct list_build *b, struct signer *s, uint8_t **out,
    size_t *outlen, struct err *e)
{
	struct tlv_build t = header_of(b);
	struct tlv_image img;
	int ret;

	*out = NULL;
	if ((ret = list_image(&img, b, e)) == ERR_OK)
		ret = tlv_image_sign(&img, &t, s, out, outlen, e);
	wr_clear(&img.w);
	return ret;
}

int
list_build_content_hash(const struct list_build *b, uint8_t out[32],
    struct err *e)
{
	struct tlv_image img;
	int ret;

	if ((ret = list_image(&img, b, e)) == ERR_OK) {
		struct tlv_cut cut[2] = {
			{ img.sig_off, TLV_HEAD + img.siglen },
			{ img.ts_off, TLV_HEAD + 4 },
		};

		ret = tlv_hash_without(img.w.buf, img.w.len, cut, N_OF(cut),
		    out, e);
	}
	wr_clear(&img.w);
	return ret;
}
