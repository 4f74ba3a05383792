/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The shared header: reading, see tlv.h.
 */
#include <string.h>

#include "base/str.h"
#include "certs/internal.h"

#define BIT(tag)	(UINT32_C(1) << (tag))

/* Tags that this header defines, each with its place. */
#define TOP_TAGS	(BIT(TLV_VERSION) | BIT(TLV_HEADER_LENGTH) | \
			BIT(TLV_SIGNER_INFO) | BIT(TLV_SIGNATURE_INFO) | \
			BIT(TLV_SIGNATURE) | BIT(TLV_FILE_NAME) | \
			BIT(TLV_TIMESTAMP) | BIT(TLV_SIGNER_VERSION))
#define SIGNER_TAGS	(BIT(TLV_SIGNER_NAME) | BIT(TLV_SERIAL) | \
			BIT(TLV_ISSUER_NAME))
#define SIGINFO_TAGS	(BIT(TLV_DIGEST_ALG) | BIT(TLV_SIGALG_INFO))
#define SIGALG_TAGS	(BIT(TLV_SIGALG) | BIT(TLV_MODULUS))
#define KNOWN_TAGS	(TOP_TAGS | SIGNER_TAGS | SIGINFO_TAGS | SIGALG_TAGS | \
			BIT(TLV_PADDING))

int
tlv_next(struct rd *r, struct tlv_item *it, struct err *e)
{
	size_t left, len;

	it->off = rd_pos(r);
	it->tag = rd_u8(r);
	len = rd_u16(r);
	left = rd_left(r);
	if (r->err != ERR_OK)
		return err_at(e, ERR_PROTO, it->off, "cut inside tag and "
		    "length");
	it->val = rd_sub(r, len);
	if (r->err != ERR_OK)
		return err_at(e, ERR_PROTO, it->off, "tag %u of %zu bytes in "
		    "a block with %zu left", it->tag, len, left);
	return ERR_OK;
}

int
tlv_once(uint32_t known, uint32_t *seen, const struct tlv_item *it,
    struct err *e)
{
	uint32_t bit = it->tag < 32 ? BIT(it->tag) : 0;

	if ((known & *seen & bit) != 0)
		return err_at(e, ERR_PROTO, it->off, "tag %u stands twice",
		    it->tag);
	*seen |= bit;
	return ERR_OK;
}

static int
item_size(const struct tlv_item *it, size_t min, size_t max, struct err *e)
{
	size_t len = it->val.len;

	if (len >= min && len <= max)
		return ERR_OK;
	if (min == max)
		return err_at(e, ERR_PROTO, it->off, "tag %u has %zu bytes, "
		    "expected %zu", it->tag, len, min);
	return err_at(e, ERR_PROTO, it->off, "tag %u has %zu bytes, expected "
	    "%zu to %zu", it->tag, len, min, max);
}

int
tlv_item_u8(struct tlv_item *it, uint8_t *v, struct err *e)
{
	*v = rd_u8(&it->val);
	return item_size(it, 1, 1, e);
}

int
tlv_item_u16(struct tlv_item *it, uint16_t *v, struct err *e)
{
	*v = rd_u16(&it->val);
	return item_size(it, 2, 2, e);
}

int
tlv_item_u32(struct tlv_item *it, uint32_t *v, struct err *e)
{
	*v = rd_u32(&it->val);
	return item_size(it, 4, 4, e);
}

int
tlv_item_bytes(struct tlv_item *it, size_t min, size_t max, const uint8_t **p,
    size_t *len, struct err *e)
{
	int ret = item_size(it, min, max, e);

	if (ret != ERR_OK)
		return ret;
	*len = it->val.len;
	*p = rd_bytes(&it->val, *len);
	return ERR_OK;
}

int
tlv_item_str(struct tlv_item *it, size_t max, const char **s, struct err *e)
{
	size_t len = it->val.len;
	const char *p;
	int ret = item_size(it, 1, max, e);

	if (ret != ERR_OK)
		return ret;
	p = rd_cstr(&it->val, len);
	if (p == NULL || rd_left(&it->val) != 0)
		return err_at(e, ERR_PROTO, it->off, "tag %u is not text with "
		    "one NUL, at its end", it->tag);
	if (!str_is_utf8(p, len - 1))
		return err_at(e, ERR_PROTO, it->off, "tag %u is not UTF-8",
		    it->tag);
	for (size_t i = 0; i < len - 1; i++)
		if ((uint8_t)p[i] < 0x20 || p[i] == 0x7f)
			return err_at(e, ERR_PROTO, it->off, "tag %u holds a "
			    "control byte", it->tag);
	*s = p;
	return ERR_OK;
}

int
tlv_item_serial(struct tlv_item *it, const uint8_t **p, size_t *len,
    struct err *e)
{
	int ret = tlv_item_bytes(it, 1, TLV_SERIAL_MAX, p, len, e);

	if (ret == ERR_OK && (*p)[0] == 0)
		return err_at(e, ERR_PROTO, it->off, "serial number with a "
		    "leading zero byte");
	return ret;
}

/* One block of TLVs: which may stand here, and what to do with each. */
struct block {
	uint32_t	 tags;
	uint32_t	 required;
	int		 (*put)(struct tlv_header *h, struct tlv_item *it,
			    struct err *e);
};

/*
 * A known tag in a foreign place would be read by those who ignore nesting,
 * and not by others: refused.  Unknown ones are skipped.
 */
static int
block_item(struct tlv_header *h, const struct block *b, uint32_t *seen,
    struct tlv_item *it, struct err *e)
{
	uint32_t bit = it->tag < 32 ? BIT(it->tag) : 0;
	int ret = tlv_once(b->tags, seen, it, e);

	if (ret != ERR_OK)
		return ret;
	if ((b->tags & bit) != 0)
		return b->put(h, it, e);
	if ((KNOWN_TAGS & bit) != 0)
		return err_at(e, ERR_PROTO, it->off, "tag %u does not belong "
		    "here", it->tag);
	return ERR_OK;
}

static int
block_complete(const struct block *b, uint32_t seen, size_t end, struct err *e)
{
	uint32_t missing = b->required & ~seen;

	for (unsigned tag = 0; tag < 32; tag++)
		if ((missing & BIT(tag)) != 0)
			return err_at(e, ERR_PROTO, end, "tag %u is missing",
			    tag);
	return ERR_OK;
}

static int
block_parse(struct tlv_header *h, const struct block *b, struct rd *r,
    struct err *e)
{
	struct tlv_item it;
	uint32_t seen = 0;
	int ret;

	while (rd_left(r) > 0)
		if ((ret = tlv_next(r, &it, e)) != ERR_OK ||
		    (ret = block_item(h, b, &seen, &it, e)) != ERR_OK)
			return ret;
	return block_complete(b, seen, rd_pos(r), e);
}

static int
put_signer(struct tlv_header *h, struct tlv_item *it, struct err *e)
{
	switch (it->tag) {
	case TLV_SIGNER_NAME:
		return tlv_item_str(it, TLV_NAME_MAX, &h->signer_name, e);
	case TLV_ISSUER_NAME:
		return tlv_item_str(it, TLV_NAME_MAX, &h->issuer_name, e);
	default:
		if (h->issuer_name == NULL)
			h->order = TLV_ORDER_CUCM;
		return tlv_item_serial(it, &h->serial, &h->seriallen, e);
	}
}

/* A number of one byte that the format has a meaning for. */
static int
item_code(struct tlv_item *it, uint8_t min, uint8_t max, uint8_t *v,
    struct err *e)
{
	int ret = tlv_item_u8(it, v, e);

	if (ret == ERR_OK && (*v < min || *v > max))
		return err_at(e, ERR_PROTO, it->off, "tag %u is %u, known are "
		    "%u to %u", it->tag, *v, min, max);
	return ret;
}

static int
put_sigalg(struct tlv_header *h, struct tlv_item *it, struct err *e)
{
	if (it->tag == TLV_SIGALG)
		return item_code(it, 0, 0, &h->sigalg, e);
	return item_code(it, 0, 3, &h->modulus_code, e);
}

static int
put_siginfo(struct tlv_header *h, struct tlv_item *it, struct err *e)
{
	static const struct block sigalg = {
		SIGALG_TAGS, SIGALG_TAGS, put_sigalg
	};

	if (it->tag == TLV_DIGEST_ALG)
		return item_code(it, 1, 3, &h->digest_code, e);
	return block_parse(h, &sigalg, &it->val, e);
}

static int
put_top(struct tlv_header *h, struct tlv_item *it, struct err *e)
{
	static const struct block signer = {
		SIGNER_TAGS, SIGNER_TAGS, put_signer
	};
	static const struct block siginfo = {
		SIGINFO_TAGS, SIGINFO_TAGS, put_siginfo
	};

	switch (it->tag) {
	case TLV_SIGNER_VERSION:
		h->has_signer_version = true;
		return tlv_item_u16(it, &h->signer_version, e);
	case TLV_SIGNER_INFO:
		return block_parse(h, &signer, &it->val, e);
	case TLV_SIGNATURE_INFO:
		return block_parse(h, &siginfo, &it->val, e);
	case TLV_SIGNATURE:
		h->sig_off = it->off;
		return tlv_item_bytes(it, 1, KEY_SIG_MAX, &h->signature,
		    &h->siglen, e);
	case TLV_FILE_NAME:
		return tlv_item_str(it, TLV_NAME_MAX, &h->file_name, e);
	default:
		h->has_timestamp = true;
		h->ts_off = it->off;
		return tlv_item_u32(it, &h->timestamp, e);
	}
}

/* Tags 1 and 2 come first; the reader then ends where the header does. */
static int
parse_start(struct tlv_header *h, struct rd *file, struct rd *r,
    struct err *e)
{
	struct tlv_item it;
	uint16_t length;
	int ret;

	if ((ret = tlv_next(file, &it, e)) != ERR_OK)
		return ret;
	if (it.tag != TLV_VERSION)
		return err_at(e, ERR_PROTO, it.off, "begins with tag %u "
		    "instead of a version (1)", it.tag);
	if ((ret = tlv_item_u16(&it, &h->version, e)) != ERR_OK ||
	    (ret = tlv_next(file, &it, e)) != ERR_OK)
		return ret;
	if (it.tag != TLV_HEADER_LENGTH)
		return err_at(e, ERR_PROTO, it.off, "tag %u instead of the "
		    "header length (2)", it.tag);
	if ((ret = tlv_item_u16(&it, &length, e)) != ERR_OK)
		return ret;
	if (length < rd_pos(file) || length - rd_pos(file) > rd_left(file))
		return err_at(e, ERR_PROTO, it.off, "header length %u in a "
		    "file of %zu bytes", length, file->len);
	h->length = length;
	*r = rd_sub(file, length - rd_pos(file));
	return ERR_OK;
}

/* Padding ends the header: nothing else may follow it. */
static int
parse_padding(struct tlv_header *h, struct rd *r, struct err *e)
{
	size_t off = rd_pos(r);

	for (h->npad = 0; rd_left(r) > 0; h->npad++)
		if (rd_u8(r) != TLV_PADDING)
			return err_at(e, ERR_PROTO, rd_pos(r) - 1, "something "
			    "after the padding of the header");
	if (h->npad > TLV_PAD_MAX)
		return err_at(e, ERR_PROTO, off, "%zu bytes of padding, %d "
		    "is the most", h->npad, TLV_PAD_MAX);
	return ERR_OK;
}

int
tlv_header_parse(struct tlv_header *h, const uint8_t *buf, size_t len,
    struct err *e)
{
	static const struct block top = {
		TOP_TAGS, BIT(TLV_SIGNER_INFO) | BIT(TLV_SIGNATURE_INFO) |
		    BIT(TLV_SIGNATURE), put_top
	};
	uint32_t seen = BIT(TLV_VERSION) | BIT(TLV_HEADER_LENGTH);
	struct rd file = rd_init(buf, len), r;
	struct tlv_item it;
	int ret;

	*h = (struct tlv_header){ .signer_version = 0x0100 };
	if ((ret = parse_start(h, &file, &r, e)) != ERR_OK)
		return ret;
	while (rd_left(&r) > 0 && r.buf[r.off] != TLV_PADDING)
		if ((ret = tlv_next(&r, &it, e)) != ERR_OK ||
		    (ret = block_item(h, &top, &seen, &it, e)) != ERR_OK)
			return ret;
	if ((ret = parse_padding(h, &r, e)) != ERR_OK)
		return ret;
	return block_complete(&top, seen, rd_pos(&r), e);
}
