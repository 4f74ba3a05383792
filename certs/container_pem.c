/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PEM as it comes by mail, from terminals and out of consoles of gateways
 * (RFC 7468, more laxly): text around the blocks, any line ends, blanks before
 * the lines, lines of any length.  OpenSSL's reader stops silently at the
 * first block it does not like, so what follows would be lost unseen.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "certs/container_int.h"

#define BEGIN		"-----BEGIN "
#define END		"-----END "
#define DASHES		"-----"
#define LABEL_MAX	40
#define BARE_MIN	64	/* base64 shorter than any certificate */

struct block {
	const uint8_t	*at;		/* of BEGIN */
	char		 label[LABEL_MAX + 1];
	const uint8_t	*body, *end;
	const uint8_t	*next;		/* behind the END line */
};

bool
container_is_pem(const uint8_t *buf, size_t len)
{
	return memmem(buf, len, BEGIN, strlen(BEGIN)) != NULL;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_base64(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/';
}

uint8_t *
container_base64(const uint8_t *buf, size_t len, size_t *outlen, size_t *bad)
{
	size_t n = 0, pad = 0, i;
	uint8_t *text, *out = NULL;
	int got = -1;

	if ((text = OPENSSL_malloc(len + 1)) == NULL)
		return NULL;
	for (i = 0; i < len; i++) {
		if (is_blank(buf[i]))
			continue;
		pad += buf[i] == '=';
		if (pad > 2 || (pad > 0 && buf[i] != '=') ||
		    (pad == 0 && !is_base64(buf[i])))
			break;
		text[n++] = buf[i];
	}
	*bad = i;
	if (i == len && n > 0 && n % 4 == 0 &&
	    (out = OPENSSL_malloc(n / 4 * 3)) != NULL)
		got = EVP_DecodeBlock(out, text, (int)n);
	OPENSSL_clear_free(text, len + 1);
	if (got < (int)pad) {
		OPENSSL_free(out);
		return NULL;
	}
	*outlen = (size_t)got - pad;
	return out;
}

bool
container_bare(const uint8_t *buf, size_t len, uint8_t **der, size_t *derlen)
{
	size_t bad;

	/* 'M' is how every structure of some length begins. */
	while (len > 0 && is_blank(*buf)) {
		buf++;
		len--;
	}
	if (len < BARE_MIN || buf[0] != 'M')
		return false;
	*der = container_base64(buf, len, derlen, &bad);
	return *der != NULL;
}

/* What s is behind, or NULL. */
static const uint8_t *
find(const uint8_t *from, const uint8_t *end, const char *s)
{
	return memmem(from, (size_t)(end - from), s, strlen(s));
}

static int
block_next(struct block *b, const uint8_t *buf, const uint8_t *from,
    const uint8_t *end, struct err *e)
{
	char last[sizeof(END) + LABEL_MAX + sizeof(DASHES)];
	const uint8_t *label, *stop;
	size_t n;

	if ((b->at = find(from, end, BEGIN)) == NULL)
		return ERR_NOTFOUND;
	label = b->at + strlen(BEGIN);
	if ((stop = find(label, end, DASHES)) == NULL ||
	    (n = (size_t)(stop - label)) > LABEL_MAX)
		return err_at(e, ERR_PROTO, (size_t)(b->at - buf), "a BEGIN "
		    "line without an end");
	for (size_t i = 0; i < n; i++)
		b->label[i] = label[i] >= ' ' && label[i] <= '~' ?
		    (char)label[i] : '?';
	b->label[n] = '\0';
	b->body = stop + strlen(DASHES);
	(void)snprintf(last, sizeof(last), END "%s" DASHES, b->label);
	if ((b->end = find(b->body, end, last)) == NULL)
		return err_at(e, ERR_PROTO, (size_t)(b->at - buf), "the block "
		    "%s has no END line: the text is cut", b->label);
	b->next = b->end + strlen(last);
	return ERR_OK;
}

/*
 * Headers of RFC 1421 (Proc-Type, DEK-Info) end with an empty line.  Their
 * text goes to header, from which OpenSSL reads; "" when there are none.
 */
static int
take_header(struct block *b, char *header, size_t max, struct err *e)
{
	const uint8_t *colon = memchr(b->body, ':',
	    (size_t)(b->end - b->body)), *p;
	size_t n = 0, line = 1;

	header[0] = '\0';
	if (colon == NULL)
		return ERR_OK;
	for (p = b->body; p < b->end && is_blank(*p); p++)
		continue;
	for (; p < b->end && !(*p == '\n' && line == 0); p++) {
		if (*p == '\r')
			continue;
		line = *p == '\n' ? 0 : line + 1;
		if (n + 2 > max)
			return err_set(e, ERR_PROTO, "headers that do not "
			    "end");
		header[n++] = (char)*p;
	}
	header[n] = '\0';
	b->body = p;
	return ERR_OK;
}

/* The certificate before the trust settings that OpenSSL adds. */
static int
add_trusted(struct container_in *in, const uint8_t *der, size_t len,
    struct err *e)
{
	const uint8_t *p = der;
	X509 *x = d2i_X509_AUX(NULL, &p, (long)len);
	int ret;

	ERR_clear_error();
	ret = x != NULL ? container_add_x509(in, x, e) :
	    err_set(e, ERR_PROTO, "damaged");
	X509_free(x);
	return ret;
}

/* Labels say little: certificate authorities have put PKCS#7 between lines of
 * CERTIFICATE.  Their bytes tell. */
static bool
is_wanted(const char *label)
{
	static const char *const known[] = {
		"CERTIFICATE",		/* X509, TRUSTED, REQUEST too */
		"PRIVATE KEY", "PKCS7", "PKCS #7 SIGNED DATA", "CMS", "PKCS12",
		"CRL",
	};

	if (strcmp(label, "ATTRIBUTE CERTIFICATE") == 0)
		return false;
	for (size_t i = 0; i < N_OF(known); i++)
		if (strstr(label, known[i]) != NULL)
			return true;
	return false;			/* parameters, public keys, ... */
}

static int
block_read(struct container_in *in, struct block *b, struct err *e)
{
	bool key = strstr(b->label, "PRIVATE KEY") != NULL;
	char header[512];
	size_t len, bad;
	uint8_t *der;
	int ret;

	if (!is_wanted(b->label) || (key && in->no_keys))
		return ERR_OK;
	if ((ret = take_header(b, header, sizeof(header), e)) != ERR_OK)
		return ret;
	if ((der = container_base64(b->body, (size_t)(b->end - b->body), &len,
	    &bad)) == NULL)
		return err_set(e, ERR_PROTO, "not base64");
	if (key && header[0] != '\0')
		ret = container_key_1421(in, b->label, header, der, len, e);
	else if (strcmp(b->label, "TRUSTED CERTIFICATE") == 0)
		ret = add_trusted(in, der, len, e);
	else
		ret = container_der(in, der, len, e);
	OPENSSL_clear_free(der, len);
	return ret;
}

int
container_pem(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	const uint8_t *p = buf, *end = buf + len;
	struct block b;
	size_t n = 0;
	int ret;

	while ((ret = block_next(&b, buf, p, end, e)) == ERR_OK) {
		n++;
		if ((ret = block_read(in, &b, e)) != ERR_OK)
			return err_wrap(e, "block %zu, %s at byte %zu", n,
			    b.label, (size_t)(b.at - buf));
		p = b.next;
	}
	return ret == ERR_NOTFOUND ? ERR_OK : ret;
}
