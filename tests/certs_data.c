/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The golden vectors as our types, see certs_data.h.
 */
#include <check.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/certs_data.h"

/* tests/data/FOLDER/NAME SUFFIX */
static uint8_t *
read_data(const char *folder, const char *name, const char *suffix,
    size_t *len)
{
	const char *top = getenv("top_srcdir");
	struct err e = { 0 };
	uint8_t *buf = NULL;
	char *path;

	path = str_printf("%s/tests/data/%s/%s%s", top != NULL ? top : ".",
	    folder, name, suffix);
	ck_assert_ptr_nonnull(path);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &buf, len, &e) ==
	    ERR_OK, "%s", e.msg);
	free(path);
	return buf;
}

uint8_t *
data_file(const char *name, size_t *len)
{
	return read_data("vectors", name, "", len);
}

uint8_t *
data_der(const char *name, size_t *len)
{
	return read_data("keys", name, ".der", len);
}

struct key *
data_key_of(enum key_type t)
{
	struct err e = { 0 };
	uint8_t *der;
	struct key *k;
	size_t len;

	if (t == KEY_RSA2048)
		return data_key("ccm");
	if (!key_type_is_rsa(t)) {
		ck_assert_ptr_nonnull(k = key_generate(t, NULL));
		return k;
	}
	der = data_der(key_type_name(t), &len);
	k = key_from_der(der, len, &e);
	ck_assert_msg(k != NULL, "%s", e.msg);
	free(der);
	return k;
}

struct cert *
data_cert(const char *name)
{
	struct err e = { 0 };
	size_t len;
	uint8_t *pem = read_data("vectors/keys", name, ".pem",
	    &len);
	struct cert *c = cert_from_pem(pem, len, &e);

	ck_assert_msg(c != NULL, "%s: %s", name, e.msg);
	free(pem);
	return c;
}

/* RSA not by key_from_pem, which looks at its primes first: that is slow. */
struct key *
data_key(const char *name)
{
	struct err e = { 0 };
	char *label, *header;
	struct key *k;
	uint8_t *der;
	long derlen;
	size_t len;
	uint8_t *pem = read_data("vectors/keys", name, ".pem", &len);
	BIO *bio = BIO_new_mem_buf(pem, (int)len);

	ck_assert_int_eq(PEM_read_bio(bio, &label, &header, &der, &derlen), 1);
	k = strcmp(label, "PRIVATE KEY") == 0 ?
	    key_from_der(der, (size_t)derlen, &e) : key_from_pem(pem, len, &e);
	ck_assert_msg(k != NULL, "%s: %s", name, e.msg);
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
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
