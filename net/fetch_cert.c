/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The certificate of a TLS server, see fetch_cert.h.
 */
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/fetch_cert.h"

#define HOST_MAX	250	/* characters */

struct shown {
	CURL	*curl;
	CURLU	*url;
	uint8_t	*der;		/* free() */
	size_t	 len;
	bool	 too_long;
	char	 why[CURL_ERROR_SIZE];
};

/* In place of OpenSSL's check.  That the server has the key too is known
 * only when the handshake has come to its end. */
static int
keep_cert(X509_STORE_CTX *x, void *arg)
{
	struct shown *s = arg;
	X509 *c = X509_STORE_CTX_get0_cert(x);
	uint8_t *der = NULL;
	int len = c != NULL ? i2d_X509(c, &der) : -1;

	s->too_long = len > FETCH_CERT_MAX;
	if (len > 0 && !s->too_long && s->der == NULL &&
	    (s->der = malloc((size_t)len)) != NULL) {
		memcpy(s->der, der, (size_t)len);
		s->len = (size_t)len;
	}
	OPENSSL_free(der);
	return s->der != NULL;
}

/* The last word on the context: what a file of the system says does not
 * count here. */
static CURLcode
set_context(CURL *c, void *arg, void *user)
{
	SSL_CTX *ctx = arg;

	(void)c;
	SSL_CTX_set_cert_verify_callback(ctx, keep_cert, user);
	(void)SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_security_level(ctx, 0);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, "ALL:!aNULL:@SECLEVEL=0") == 1 ?
	    CURLE_OK : CURLE_SSL_CIPHER;
}

static bool
set_url(CURLU *url, const char *host, uint16_t port)
{
	char h[HOST_MAX + 3], p[8];

	if (strlen(host) > HOST_MAX)
		return false;
	(void)snprintf(h, sizeof(h), strchr(host, ':') != NULL &&
	    host[0] != '[' ? "[%s]" : "%s", host);
	(void)snprintf(p, sizeof(p), "%u", port);
	return curl_url_set(url, CURLUPART_SCHEME, "https", 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_HOST, h, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_PORT, p, 0) == CURLUE_OK;
}

static bool
set_options(struct shown *s, long timeout_ms)
{
	CURL *c = s->curl;

	return curl_easy_setopt(c, CURLOPT_CURLU, s->url) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, set_context) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, s) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->why) == CURLE_OK;
}

static int
failed(const struct shown *s, CURLcode r, const char *host, uint16_t port,
    struct err *e)
{
	const char *why = s->why[0] != '\0' ? s->why : curl_easy_strerror(r);

	if (s->too_long)
		return err_set(e, ERR_LIMIT, "%s port %u shows a certificate "
		    "of more than %d bytes", host, port, FETCH_CERT_MAX);
	switch (r) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, ERR_UNREACHABLE, "nobody answers at %s port "
		    "%u: %.150s", host, port, why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, ERR_TIMEOUT, "%s port %u does not answer in "
		    "time", host, port);
	case CURLE_OUT_OF_MEMORY:
		return err_set(e, ERR_NOMEM, "%s port %u", host, port);
	default:
		return err_set(e, ERR_PROTO, "%s port %u does not end a TLS "
		    "handshake: %.150s", host, port, why);
	}
}

static int
shake(struct shown *s, const char *host, uint16_t port, struct err *e)
{
	CURLcode r = curl_easy_perform(s->curl);

	if (r != CURLE_OK)
		return failed(s, r, host, port, e);
	if (s->der == NULL)
		return err_set(e, ERR_PROTO, "%s port %u shows no "
		    "certificate", host, port);
	return ERR_OK;
}

int
fetch_cert(const char *host, uint16_t port, long timeout_ms, uint8_t **der,
    size_t *len, struct err *e)
{
	struct shown s = { .curl = curl_easy_init(), .url = curl_url() };
	int ret;

	if (timeout_ms <= 0)
		timeout_ms = FETCH_CERT_TIMEOUT_MS;
	if (s.curl == NULL || s.url == NULL)
		ret = err_set(e, ERR_NOMEM, "libcurl");
	else if (!set_url(s.url, host, port))
		ret = err_set(e, ERR_ARG, "\"%.80s\" is not the name or "
		    "address of a server", host);
	else if (!set_options(&s, timeout_ms))
		ret = err_set(e, ERR_IO, "libcurl does not do TLS here");
	else
		ret = shake(&s, host, port, e);
	curl_easy_cleanup(s.curl);
	curl_url_cleanup(s.url);
	if (ret == ERR_OK) {
		*der = s.der;
		*len = s.len;
		s.der = NULL;
	}
	free(s.der);
	return ret;
}
