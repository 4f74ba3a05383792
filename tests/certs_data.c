/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The golden vectors as our types, see certs_data.h.
 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/certs_data.h"

uint8_t *
data_file(const char *name, size_t *len)
{
	const char *top = getenv("top_srcdir");
	struct err e = { 0 };
	char path[PATH_MAX];
	uint8_t *buf = NULL;

	(void)snprintf(path, sizeof(path), "%s/tests/data/vectors/%s",
	    top != NULL ? top : ".", name);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &buf, len, &e) ==
	    ERR_OK, "%s", e.msg);
	return buf;
}

static uint8_t *
key_file(const char *name, size_t *len)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "keys/%s.pem", name);
	return data_file(path, len);
}

struct cert *
data_cert(const char *name)
{
	struct err e = { 0 };
	size_t len;
	uint8_t *pem = key_file(name, &len);
	struct cert *c = cert_from_pem(pem, len, &e);

	ck_assert_msg(c != NULL, "%s: %s", name, e.msg);
	free(pem);
	return c;
}

struct key *
data_key(const char *name)
{
	struct err e = { 0 };
	size_t len;
	uint8_t *pem = key_file(name, &len);
	struct key *k = key_from_pem(pem, len, &e);

	ck_assert_msg(k != NULL, "%s: %s", name, e.msg);
	free(pem);
	return k;
}

struct signer *
data_signer(void)
{
	static const char *const names[] = {
		"sast", "ccm", "capf", "tvs", "tftp-ec",
	};
	struct signer *s = signer_local_new(NULL);

	ck_assert_ptr_nonnull(s);
	for (size_t i = 0; i < N_OF(names); i++)
		ck_assert_int_eq(signer_local_add(s, data_key(names[i]),
		    NULL), ERR_OK);
	return s;
}

char *
data_expected(const char *file, const char *name)
{
	size_t len;
	char *all = (char *)data_file(file, &len), *start, *end, *text;
	char head[128];

	(void)snprintf(head, sizeof(head), "### %s\n", name);
	start = strstr(all, head);
	ck_assert_msg(start != NULL, "%s has no %s", file, name);
	start += strlen(head);
	end = strstr(start, "\n### ");
	text = strndup(start, end != NULL ? (size_t)(end - start) :
	    strlen(start));
	free(all);
	return text;
}

static void
put(struct wr *w, int width, const char *label, const char *value)
{
	wr_fmt(w, "%-*s%s\n", width, label, value);
}

static void
put_serial(struct wr *w, int width, const struct tlv_header *h)
{
	char hex[2 * TLV_SERIAL_MAX + 1];

	str_hex(h->serial, h->seriallen, hex);
	put(w, width, "Serial Number:", hex);
}

void
data_print_header(struct wr *w, const struct tlv_header *h, int width)
{
	static const char *const digests[] = {
		"", "SHA1", "SHA256", "SHA512",
	};
	time_t t = h->timestamp;
	char when[32];
	struct tm tm;

	wr_fmt(w, "%-*s%u.%u\n", width, "Version:", h->version >> 8,
	    h->version & 0xff);
	wr_fmt(w, "%-*s%zu bytes\n", width, "Header Length:", h->length);
	if (h->has_signer_version)
		wr_fmt(w, "%-*s%u.%u\n", width, "Signer Version:",
		    h->signer_version >> 8, h->signer_version & 0xff);
	put(w, width, "Signer Name:", h->signer_name);
	if (h->order == TLV_ORDER_CUCM)
		put_serial(w, width, h);
	put(w, width, "Issuer Name:", h->issuer_name);
	if (h->order == TLV_ORDER_PEER)
		put_serial(w, width, h);
	put(w, width, "Digest Algorithm:", digests[h->digest_code]);
	wr_fmt(w, "%-*s%zu bytes\n", width, "Signature:", h->siglen);
	put(w, width, "Filename:", h->file_name);
	ck_assert(h->has_timestamp);
	(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S",
	    gmtime_r(&t, &tm));
	put(w, width, "Timestamp:", when);
}

char *
data_take(struct wr *w)
{
	size_t len;
	char *s = (char *)wr_take(w, &len);

	ck_assert_ptr_nonnull(s);
	return s;
}
