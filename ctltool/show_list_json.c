/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A trust list for programs, see show_list.h.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "crypt/digest.h"
#include "ctltool/out.h"
#include "ctltool/show_list.h"

/* json_null for what a record does not have. */
static json_t *
hex_or_null(const uint8_t *p, size_t n)
{
	return p == NULL ? json_null() : out_hex(p, n);
}

static json_t *
digest_json(enum digest_alg alg, const void *buf, size_t len)
{
	uint8_t d[DIGEST_MAX];

	if (digest_buf(alg, buf, len, d, NULL) != ERR_OK)
		return NULL;
	return out_hex(d, digest_len(alg));
}

static json_t *
ip_json(const struct list_record *r)
{
	char text[INET_ADDRSTRLEN];

	if (r->ip == NULL)
		return json_null();
	if (r->iplen == 4 && inet_ntop(AF_INET, r->ip, text, sizeof(text)))
		return json_string(text);
	return out_hex(r->ip, r->iplen);
}

static json_t *
certificate_json(const struct cert *c, int64_t now)
{
	const uint8_t *der;
	size_t len;

	if (c == NULL)
		return json_null();
	der = cert_der(c, &len);
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:I}",
	    "bytes", (int)len, "key", key_type_name(cert_key_type(c)),
	    "sha1", digest_json(DIGEST_SHA1, der, len),
	    "sha256", digest_json(DIGEST_SHA256, der, len),
	    "not_before", out_time(cert_not_before(c)),
	    "not_after", out_time(cert_not_after(c)),
	    "days_left", (json_int_t)((cert_not_after(c) - now) / 86400));
}

/* Tags that stand in the record, in their order. */
static json_t *
tags_json(const struct list_record *r)
{
	json_t *tags = json_array();

	for (size_t i = 0; i < r->ntlv; i++)
		if (json_array_append_new(tags, json_pack("{s:i, s:i}", "tag",
		    (int)r->tlv[i].tag, "length", (int)r->tlv[i].len)) != 0) {
			json_decref(tags);
			return NULL;
		}
	return tags;
}

static json_t *
record_json(const struct show_list *s, size_t i)
{
	const struct list_record *r = &s->list->rec[i];
	char role[24];

	return json_pack("{s:i, s:i, s:i, s:s, s:i, s:o, s:o, s:o, s:o, s:o, "
	    "s:b, s:o, s:o}",
	    "number", (int)i + 1, "offset", (int)r->off, "length", (int)r->len,
	    "role", show_role(r->role, role), "role_number", (int)r->role,
	    "dns_name", out_str(r->dns_name), "ip_address", ip_json(r),
	    "subject", out_str(r->subject), "issuer", out_str(r->issuer),
	    "serial", hex_or_null(r->serial, r->seriallen),
	    "signer", list_signer(s->list) == r,
	    "certificate", certificate_json(r->cert, s->now),
	    "tags", tags_json(r));
}

static json_t *
records_json(const struct show_list *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->list->nrec; i++)
		if (json_array_append_new(list, record_json(s, i)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
roles_json(const struct list *l)
{
	json_t *roles = json_object(), *old;
	const char *name;
	char buf[24];

	for (size_t i = 0; i < l->nrec; i++) {
		name = show_role(l->rec[i].role, buf);
		old = json_object_get(roles, name);
		if (json_object_set_new(roles, name, json_integer(
		    (old != NULL ? json_integer_value(old) : 0) + 1)) != 0) {
			json_decref(roles);
			return NULL;
		}
	}
	return roles;
}

static json_t *
signer_json(const struct list *l)
{
	const struct tlv_header *h = &l->h;
	char digest[24];

	return json_pack("{s:o, s:o, s:o, s:s, s:i}",
	    "name", out_str(h->signer_name), "issuer",
	    out_str(h->issuer_name), "serial",
	    out_hex(h->serial, h->seriallen),
	    "digest", show_digest(h->digest_code, digest),
	    "signature_bytes", (int)h->siglen);
}

static json_t *
shortest_json(const struct show_list *s)
{
	const struct list_record *r = show_shortest(s->list);

	if (r == NULL)
		return json_null();
	return json_pack("{s:i, s:o, s:I}", "record",
	    (int)(r - s->list->rec) + 1, "not_after",
	    out_time(cert_not_after(r->cert)), "days_left",
	    (json_int_t)((cert_not_after(r->cert) - s->now) / 86400));
}

static json_t *
version_json(unsigned version)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u.%u", version >> 8,
	    version & 0xffu);
	return json_string(text);
}

json_t *
show_list_json(const struct show_list *s)
{
	const struct list *l = s->list;
	const struct tlv_header *h = &l->h;

	return json_pack("{s:s, s:b, s:o, s:i, s:i, s:o, s:o, s:o, s:o, s:o, "
	    "s:o, s:i, s:o, s:o, s:o, s:o}",
	    "kind", s->kind, "verified", s->verdict->code == ERR_OK,
	    "file_name", out_str(h->file_name),
	    "bytes", (int)l->len, "bytes_max", TLV_FILE_MAX,
	    "md5", digest_json(DIGEST_MD5, l->buf, l->len),
	    "sha1", digest_json(DIGEST_SHA1, l->buf, l->len),
	    "sha256", digest_json(DIGEST_SHA256, l->buf, l->len),
	    "modified_at", h->has_timestamp ? out_time(h->timestamp) :
	    json_null(),
	    "version", version_json(h->version),
	    "signer_version", h->has_signer_version ?
	    version_json(h->signer_version) : json_null(),
	    "header_bytes", (int)h->length, "signer", signer_json(l),
	    "ends_first", shortest_json(s),
	    "roles", roles_json(l), "records", records_json(s));
}
