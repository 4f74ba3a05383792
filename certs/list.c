/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust lists: reading and verifying, see list.h.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/internal.h"
#include "certs/list.h"

#define BIT(tag)	(UINT32_C(1) << (tag))
#define REC_TAGS	(BIT(REC_LENGTH) | BIT(REC_DNS_NAME) | \
			BIT(REC_SUBJECT) | BIT(REC_ROLE) | BIT(REC_ISSUER) | \
			BIT(REC_SERIAL) | BIT(REC_PUBLIC_KEY) | \
			BIT(REC_SIGNATURE) | BIT(REC_CERTIFICATE) | \
			BIT(REC_IP_ADDRESS) | BIT(REC_CERT_HASH) | \
			BIT(REC_HASH_ALG))

const char *
list_role_name(unsigned role)
{
	switch (role) {
	case ROLE_SAST:
		return "SAST";
	case ROLE_CCM:
		return "CCM";
	case ROLE_CCM_TFTP:
		return "CCM+TFTP";
	case ROLE_TFTP:
		return "TFTP";
	case ROLE_CAPF:
		return "CAPF";
	case ROLE_APP_SERVER:
		return "APP-SERVER";
	case ROLE_TVS:
		return "TVS";
	}
	return NULL;
}

static int
put_cert(struct list_record *rec, struct tlv_item *it, struct err *e)
{
	const uint8_t *der;
	size_t len, off = it->off;
	int ret = tlv_item_bytes(it, 1, CERT_DER_MAX, &der, &len, e);

	if (ret != ERR_OK)
		return ret;
	if ((rec->cert = cert_from_der(der, len, e)) != NULL)
		return ERR_OK;
	if (e != NULL && e->code == ERR_NOMEM)
		return ERR_NOMEM;
	return err_at(e, ERR_PROTO, off, "the record's certificate is not "
	    "exactly one DER certificate");
}

static int
put_ip(struct list_record *rec, struct tlv_item *it, struct err *e)
{
	size_t len = it->val.len;

	if (len != 4 && len != 16)
		return err_at(e, ERR_PROTO, it->off, "IP address of %zu "
		    "bytes", len);
	return tlv_item_bytes(it, len, len, &rec->ip, &rec->iplen, e);
}

static int
put_item(struct list_record *rec, struct tlv_item *it, struct err *e)
{
	switch (it->tag) {
	case REC_DNS_NAME:
		return tlv_item_str(it, TLV_NAME_MAX, &rec->dns_name, e);
	case REC_SUBJECT:
		return tlv_item_str(it, TLV_NAME_MAX, &rec->subject, e);
	case REC_ROLE:
		return tlv_item_u16(it, &rec->role, e);
	case REC_ISSUER:
		return tlv_item_str(it, TLV_NAME_MAX, &rec->issuer, e);
	case REC_SERIAL:
		return tlv_item_serial(it, &rec->serial, &rec->seriallen, e);
	case REC_PUBLIC_KEY:
		return tlv_item_bytes(it, 1, UINT16_MAX, &rec->public_key,
		    &rec->public_keylen, e);
	case REC_SIGNATURE:
		return tlv_item_bytes(it, 1, UINT16_MAX, &rec->signature,
		    &rec->signaturelen, e);
	case REC_CERTIFICATE:
		return put_cert(rec, it, e);
	case REC_IP_ADDRESS:
		return put_ip(rec, it, e);
	}
	return ERR_OK;		/* 11, 12 and unknown ones: in tlv[] */
}

static bool
same(const uint8_t *a, size_t alen, const uint8_t *b, size_t blen)
{
	return alen == blen && memcmp(a, b, alen) == 0;
}

static bool
name_differs(const X509_NAME *n, const char *text)
{
	return text != NULL && !cert_name_matches(n, text);
}

/* What the record says beside its certificate must be the certificate's. */
static int
check_cert(struct list_record *rec, struct err *e)
{
	const uint8_t *p;
	size_t len;

	if (rec->cert == NULL)
		return ERR_OK;
	p = cert_serial(rec->cert, &len);
	if (rec->serial != NULL && !same(rec->serial, rec->seriallen, p, len))
		return err_at(e, ERR_PROTO, rec->off, "the record's serial "
		    "number is not its certificate's");
	p = cert_public_key(rec->cert, &len);
	if (rec->public_key != NULL && len > 0 &&
	    !same(rec->public_key, rec->public_keylen, p, len))
		return err_at(e, ERR_PROTO, rec->off, "the record's public "
		    "key is not its certificate's");
	rec->names_differ =
	    name_differs(X509_get_subject_name(cert_x509(rec->cert)),
	    rec->subject) ||
	    name_differs(X509_get_issuer_name(cert_x509(rec->cert)),
	    rec->issuer);
	return ERR_OK;
}

/* Tag 1 and the record it spans, itself included. */
static int
open_record(struct list_record *rec, struct rd *file, struct rd *r,
    struct err *e)
{
	size_t left = rd_left(file);
	struct rd peek = *file;
	struct tlv_item it;
	uint16_t len;
	int ret;

	rec->off = rd_pos(file);
	if ((ret = tlv_next(&peek, &it, e)) != ERR_OK)
		return ret;
	if (it.tag != REC_LENGTH)
		return err_at(e, ERR_PROTO, it.off, "a record begins with "
		    "tag %u instead of its length (1)", it.tag);
	if ((ret = tlv_item_u16(&it, &len, e)) != ERR_OK)
		return ret;
	if (len < TLV_HEAD + 2 || len > left)
		return err_at(e, ERR_PROTO, it.off, "record of %u bytes where "
		    "%zu are left", len, left);
	rec->len = len;
	*r = rd_sub(file, len);
	return ERR_OK;
}

static int
keep_item(struct list_record *rec, const struct tlv_item *it, struct err *e)
{
	if (rec->ntlv == LIST_REC_TAGS_MAX)
		return err_at(e, ERR_LIMIT, it->off, "record with more than "
		    "%d tags", LIST_REC_TAGS_MAX);
	rec->tlv[rec->ntlv++] = (struct list_tlv){
		.tag = it->tag, .off = it->off,
		.val = it->val.buf, .len = it->val.len,
	};
	return ERR_OK;
}

static int
parse_record(struct list_record *rec, struct rd *file, struct err *e)
{
	struct tlv_item it;
	uint32_t seen = 0;
	struct rd r;
	int ret = open_record(rec, file, &r, e);

	if (ret != ERR_OK)
		return ret;
	while (rd_left(&r) > 0)
		if ((ret = tlv_next(&r, &it, e)) != ERR_OK ||
		    (ret = tlv_once(REC_TAGS, &seen, &it, e)) != ERR_OK ||
		    (ret = keep_item(rec, &it, e)) != ERR_OK ||
		    (ret = put_item(rec, &it, e)) != ERR_OK)
			return ret;
	if ((seen & BIT(REC_ROLE)) == 0)
		return err_at(e, ERR_PROTO, rec->off, "record without a role "
		    "(tag %d)", REC_ROLE);
	return check_cert(rec, e);
}

static int
parse_records(struct list *l, struct rd *r, struct err *e)
{
	int ret;

	while (rd_left(r) > 0) {
		if (l->nrec == LIST_RECORDS_MAX)
			return err_at(e, ERR_LIMIT, rd_pos(r), "more than %d "
			    "records", LIST_RECORDS_MAX);
		/* Counted before it is parsed: list_free sees its cert. */
		ret = parse_record(&l->rec[l->nrec++], r, e);
		if (ret != ERR_OK)
			return err_wrap(e, "record %zu", l->nrec);
	}
	return ERR_OK;
}

struct list *
list_parse(const uint8_t *buf, size_t len, struct err *e)
{
	struct rd r = rd_init(buf, len);
	struct list *l;

	if (len > TLV_FILE_MAX) {
		(void)err_set(e, ERR_LIMIT, "%zu bytes, a trust list has at "
		    "most %d", len, TLV_FILE_MAX);
		return NULL;
	}
	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->rec = calloc(LIST_RECORDS_MAX, sizeof(*l->rec))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "trust list");
		goto fail;
	}
	l->buf = buf;
	l->len = len;
	if (tlv_header_parse(&l->h, buf, len, e) != ERR_OK)
		goto fail;
	if (l->h.version >> 8 != 1 || l->h.version < LIST_VERSION_MIN) {
		(void)err_at(e, ERR_PROTO, TLV_HEAD, "version %u.%u, trust "
		    "lists have 1.2", l->h.version >> 8, l->h.version & 0xff);
		goto fail;
	}
	(void)rd_bytes(&r, l->h.length);
	if (parse_records(l, &r, e) != ERR_OK)
		goto fail;
	return l;
fail:
	list_free(l);
	return NULL;
}

void
list_free(struct list *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->nrec; i++)
		cert_free(l->rec[i].cert);
	free(l->rec);
	free(l);
}

bool
list_record_named(const struct list_record *rec, const struct tlv_header *h)
{
	const uint8_t *serial;
	size_t len;

	if (rec->cert == NULL)
		return false;
	if (tlv_names_cert(h, rec->cert))
		return true;
	serial = cert_serial(rec->cert, &len);
	return same(serial, len, h->serial, h->seriallen) &&
	    rec->issuer != NULL && strcmp(rec->issuer, h->issuer_name) == 0;
}

const struct list_record *
list_signer(const struct list *l)
{
	for (size_t i = 0; i < l->nrec; i++)
		if (l->rec[i].role == ROLE_SAST &&
		    list_record_named(&l->rec[i], &l->h))
			return &l->rec[i];
	return NULL;
}

int
list_verify_self(const struct list *l, struct err *e)
{
	const struct list_record *rec = list_signer(l);

	if (rec == NULL)
		return err_set(e, ERR_VERIFY, "no SAST record of this list is "
		    "its signer, %s", l->h.signer_name);
	return tlv_verify(&l->h, l->buf, l->len, rec->cert, e);
}

int
list_content_hash(const struct list *l, uint8_t out[32], struct err *e)
{
	const struct tlv_header *h = &l->h;
	struct tlv_cut sig = { h->sig_off, TLV_HEAD + h->siglen };
	struct tlv_cut ts = { h->ts_off, TLV_HEAD + 4 };
	struct tlv_cut cut[2] = { sig, ts };

	if (!h->has_timestamp)
		return tlv_hash_without(l->buf, l->len, cut, 1, out, e);
	if (ts.off < sig.off) {
		cut[0] = ts;
		cut[1] = sig;
	}
	return tlv_hash_without(l->buf, l->len, cut, 2, out, e);
}
