/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of a trust list, see show_list.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/rd.h"
#include "base/str.h"
#include "crypt/digest.h"
#include "ctltool/show_list.h"

#define HEX_ROW	8	/* bytes of a signature in one line */
#define HEX_SOME	16	/* bytes shown of a tag that nobody knows */

/* Tag names as the reference prints them: "ALGORTITHM" is its spelling. */
static const struct tag_name {
	uint8_t		 tag;
	const char	*name;
} header_tags[] = {
	{ TLV_SIGNER_INFO,	"SIGNERID" },
	{ TLV_SIGNER_NAME,	"SIGNERNAME" },
	{ TLV_SERIAL,		"SERIALNUMBER" },
	{ TLV_ISSUER_NAME,	"CANAME" },
	{ TLV_SIGNATURE_INFO,	"SIGNATUREINFO" },
	{ TLV_DIGEST_ALG,	"DIGESTALGORTITHM" },
	{ TLV_SIGALG_INFO,	"SIGNATUREALGOINFO" },
	{ TLV_SIGALG,		"SIGNATUREALGORTITHM" },
	{ TLV_MODULUS,		"SIGNATUREMODULUS" },
	{ TLV_SIGNATURE,	"SIGNATURE" },
	{ TLV_FILE_NAME,	"FILENAME" },
	{ TLV_TIMESTAMP,	"TIMESTAMP" },
	{ TLV_SIGNER_VERSION,	"SIGNERVERSION" },
	{ 0, NULL },
}, record_tags[] = {
	{ REC_LENGTH,		"RECORDLENGTH" },
	{ REC_DNS_NAME,		"DNSNAME" },
	{ REC_SUBJECT,		"SUBJECTNAME" },
	{ REC_ROLE,		"FUNCTION" },
	{ REC_ISSUER,		"ISSUERNAME" },
	{ REC_SERIAL,		"SERIALNUMBER" },
	{ REC_PUBLIC_KEY,	"PUBLICKEY" },
	{ REC_SIGNATURE,	"SIGNATURE" },
	{ REC_CERTIFICATE,	"CERTIFICATE" },
	{ REC_IP_ADDRESS,	"IPADDRESS" },
	{ REC_CERT_HASH,	"CERTIFICATEHASH" },
	{ REC_HASH_ALG,		"HASHALGORITHM" },
	{ 0, NULL },
};

static const char *
tag_name(const struct tag_name *t, uint8_t tag)
{
	for (; t->name != NULL; t++)
		if (t->tag == tag)
			return t->name;
	return "UNKNOWN";
}

static void
put_columns(struct wr *w)
{
	wr_str(w, "BYTEPOS TAG                     LENGTH  VALUE\n");
	wr_str(w, "------- ---                     ------  -----\n");
}

static void
put_row(struct wr *w, uint8_t tag, const char *name, size_t len,
    const char *value)
{
	if (*value == '\0')
		wr_fmt(w, "%-7u %-23s %zu\n", tag, name, len);
	else
		wr_fmt(w, "%-7u %-23s %-7zu %s\n", tag, name, len, value);
}

/* Strings carry a NUL that LENGTH counts; what follows it would be hidden. */
static void
put_string(struct wr *w, uint8_t tag, const char *name, const uint8_t *val,
    size_t len)
{
	char vis[SHOW_NAME_MAX];
	size_t n = len > 0 && val[len - 1] == '\0' ? len - 1 : len;

	str_visible((const char *)val, n, vis, sizeof(vis));
	put_row(w, tag, name, len, vis);
}

static void
put_unknown(struct wr *w, uint8_t tag, const uint8_t *val, size_t len)
{
	char value[3 * HEX_SOME + 8], name[24];

	(void)snprintf(name, sizeof(name), "UNKNOWN(%u)", tag);
	show_colons(val, len < HEX_SOME ? len : HEX_SOME, true, value,
	    3 * HEX_SOME + 1);
	if (len > HEX_SOME)
		(void)snprintf(value + strlen(value), 5, " ...");
	put_row(w, tag, name, len, value);
}

static void
put_signature(struct wr *w, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wr_fmt(w, "%s%02x%s", i % HEX_ROW == 0 ? "        " : "  ",
		    p[i], i % HEX_ROW == HEX_ROW - 1 || i + 1 == n ? "\n" : "");
}

static void
put_header_tlv(struct wr *w, uint8_t tag, const uint8_t *val, size_t len)
{
	const char *name = tag_name(header_tags, tag);
	char value[3 * TLV_SERIAL_MAX + 1] = "";

	switch (tag) {
	case TLV_SIGNER_INFO:
	case TLV_SIGNATURE_INFO:
	case TLV_SIGALG_INFO:
		/* A container: its own length is the value, of 2 bytes. */
		(void)snprintf(value, sizeof(value), "%zu", len);
		put_row(w, tag, name, 2, value);
		break;
	case TLV_SIGNER_NAME:
	case TLV_ISSUER_NAME:
		put_string(w, tag, name, val, len);
		break;
	case TLV_SERIAL:
		show_colons(val, len, true, value, sizeof(value));
		put_row(w, tag, name, len, value);
		break;
	case TLV_SIGNER_VERSION:
		if (len == 2)
			(void)snprintf(value, sizeof(value), "%u.%u", val[0],
			    val[1]);
		put_row(w, tag, name, len, value);
		break;
	case TLV_SIGNATURE:
		put_row(w, tag, name, len, "");
		put_signature(w, val, len);
		break;
	case TLV_DIGEST_ALG:
	case TLV_SIGALG:
	case TLV_MODULUS:
	case TLV_FILE_NAME:
	case TLV_TIMESTAMP:
		put_row(w, tag, name, len, "");
		break;
	default:
		put_unknown(w, tag, val, len);
	}
}

/* The TLVs of the header as they stand; list_parse() has bounded them. */
static void
put_header_tlvs(struct wr *w, struct rd *r)
{
	const uint8_t *val;
	struct rd inner;
	uint8_t tag;
	size_t len;

	while (rd_left(r) > 0) {
		if ((tag = rd_u8(r)) == TLV_PADDING)
			continue;
		len = rd_u16(r);
		if ((val = rd_bytes(r, len)) == NULL)
			return;
		if (tag == TLV_VERSION || tag == TLV_HEADER_LENGTH)
			continue;	/* have lines of their own */
		put_header_tlv(w, tag, val, len);
		if (tag == TLV_SIGNER_INFO || tag == TLV_SIGNATURE_INFO ||
		    tag == TLV_SIGALG_INFO) {
			inner = rd_init(val, len);
			put_header_tlvs(w, &inner);
		}
	}
}

static const char *
function_text(unsigned role, char buf[24])
{
	return role == ROLE_SAST ? "System Administrator Security Token" :
	    show_role(role, buf);
}

static void
put_certificate(struct wr *w, const struct list_tlv *t)
{
	uint8_t sha1[DIGEST_MAX];
	char value[96];

	if (digest_buf(DIGEST_SHA1, t->val, t->len, sha1, NULL) != ERR_OK) {
		w->err = ERR_CRYPTO;
		return;
	}
	show_colons(sha1, digest_len(DIGEST_SHA1), true, value,
	    sizeof(value));
	for (char *p = value; *p != '\0'; p++)
		if (*p == ':')
			*p = ' ';
	wr_fmt(w, "%-7u %-23s %-7zu %s (SHA1 Hash HEX)\n", t->tag,
	    "CERTIFICATE", t->len, value);
}

static void
put_record_tlv(struct wr *w, const struct list_record *r,
    const struct list_tlv *t)
{
	const char *name = tag_name(record_tags, t->tag);
	char value[3 * TLV_SERIAL_MAX + 1];

	switch (t->tag) {
	case REC_LENGTH:
		(void)snprintf(value, sizeof(value), "%zu", r->len);
		put_row(w, t->tag, name, t->len, value);
		break;
	case REC_DNS_NAME:
	case REC_SUBJECT:
	case REC_ISSUER:
		put_string(w, t->tag, name, t->val, t->len);
		break;
	case REC_ROLE:
		put_row(w, t->tag, name, t->len,
		    function_text(r->role, value));
		break;
	case REC_SERIAL:
		show_colons(t->val, t->len, true, value, sizeof(value));
		put_row(w, t->tag, name, t->len, value);
		break;
	case REC_CERTIFICATE:
		put_certificate(w, t);
		break;
	case REC_PUBLIC_KEY:
	case REC_SIGNATURE:
	case REC_IP_ADDRESS:
	case REC_CERT_HASH:
	case REC_HASH_ALG:
		put_row(w, t->tag, name, t->len, "");
		break;
	default:
		put_unknown(w, t->tag, t->val, t->len);
	}
}

static void
put_record(struct wr *w, const struct show_list *s, size_t i)
{
	const struct list_record *r = &s->list->rec[i];

	wr_fmt(w, "\n        %s Record #:%zu\n                  ----\n",
	    s->kind, i + 1);
	put_columns(w);
	for (size_t k = 0; k < r->ntlv; k++)
		put_record_tlv(w, r, &r->tlv[k]);
	if (r->role == ROLE_SAST)
		wr_fmt(w, "This etoken was %sused to sign the %s file.\n",
		    list_signer(s->list) == r ? "" : "not ", s->kind);
}

static int
put_checksums(struct wr *w, const struct show_list *s, struct err *e)
{
	uint8_t md5[DIGEST_MAX], sha1[DIGEST_MAX];
	char md5hex[2 * DIGEST_MAX + 1], sha1hex[2 * DIGEST_MAX + 1];
	int ret;

	if ((ret = digest_buf(DIGEST_MD5, s->list->buf, s->list->len, md5,
	    e)) != ERR_OK)
		return ret;
	if ((ret = digest_buf(DIGEST_SHA1, s->list->buf, s->list->len, sha1,
	    e)) != ERR_OK)
		return ret;
	str_hex(md5, digest_len(DIGEST_MD5), md5hex);
	str_hex(sha1, digest_len(DIGEST_SHA1), sha1hex);
	wr_fmt(w, "The checksum value of the %s file:\n%s(MD5)\n%s(SHA1)\n\n",
	    s->kind, md5hex, sha1hex);
	return ERR_OK;
}

static void
put_modified(struct wr *w, const struct show_list *s)
{
	time_t t = (time_t)s->list->h.timestamp;
	char text[64];
	struct tm tm;

	if (!s->list->h.has_timestamp || localtime_r(&t, &tm) == NULL)
		(void)str_copy(text, sizeof(text), "an unknown date");
	else
		(void)strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Z %Y",
		    &tm);
	wr_fmt(w, "The %s File was last modified on %s\n\n", s->kind, text);
}

int
show_list_dump(struct wr *w, const struct show_list *s, struct err *e)
{
	const struct list *l = s->list;
	struct rd r = rd_init(l->buf, l->h.length);
	char why[4 * ERR_MSG_MAX];
	int ret;

	if ((ret = put_checksums(w, s, e)) != ERR_OK)
		return ret;
	wr_fmt(w, "Length of %s file: %zu\n", s->kind, l->len);
	put_modified(w, s);
	wr_fmt(w, "        Parse %s File\n        ----------------\n\n",
	    s->kind);
	wr_fmt(w, "Version:        %u.%u\nHeaderLength:   %zu (BYTES)\n\n",
	    l->h.version >> 8, l->h.version & 0xffu, l->h.length);
	put_columns(w);
	put_header_tlvs(w, &r);
	for (size_t i = 0; i < l->nrec; i++)
		put_record(w, s, i);
	if (s->verdict->code == ERR_OK) {
		wr_fmt(w, "\nThe %s file was verified successfully.\n",
		    s->kind);
	} else {
		wr_fmt(w, "\nError verifying the %s file: ", s->kind);
		str_visible(s->verdict->msg, strlen(s->verdict->msg), why,
		    sizeof(why));
		wr_fmt(w, "%s\n", why);
	}
	return w->err == ERR_OK ? ERR_OK :
	    err_set(e, w->err, "text of the %s file", s->kind);
}
