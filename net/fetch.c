/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fetch over http, https and tftp with libcurl, see fetch.h.
 */
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "net/fetch.h"

struct fetch {
	const struct fetch_opts *o;
	const char	*scheme;
	CURL		*curl;
	CURLU		*url;
	struct curl_slist *headers;
	bool		 peer_taken, peer_refused, stopped;
	struct err	 unset;		/* why trust could not be set */
	struct wr	 body;
	char		 why[CURL_ERROR_SIZE];
};

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void
fetch_init(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

void
fetch_library(void)
{
	(void)pthread_once(&fetch_once, fetch_init);
}

static size_t
fetch_write(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;

	wr_bytes(&f->body, p, size * n);
	return f->body.err == ERR_OK ? size * n : 0;
}

/* By parts, so that no byte of a name can become another part of the URL. */
static int
fetch_url(struct fetch *f, const char *host, uint16_t port,
    const char *name, struct err *e)
{
	char h[FETCH_HOST_MAX], p[8], *path;
	int ret = ERR_OK;

	(void)snprintf(h, sizeof(h), strchr(host, ':') != NULL &&
	    host[0] != '[' ? "[%.250s]" : "%.250s", host);
	(void)snprintf(p, sizeof(p), "%u", port);
	if ((path = str_printf("/%s", name)) == NULL)
		return err_set(e, ERR_NOMEM, "%s", name);
	if (strlen(host) > 250 ||
	    curl_url_set(f->url, CURLUPART_SCHEME, f->scheme, 0) != CURLUE_OK ||
	    curl_url_set(f->url, CURLUPART_HOST, h, 0) != CURLUE_OK ||
	    curl_url_set(f->url, CURLUPART_PORT, p, 0) != CURLUE_OK)
		ret = err_set(e, ERR_ARG, "\"%.80s\" is not the name or "
		    "address of a server", host);
	else if (curl_url_set(f->url, CURLUPART_PATH, path,
	    CURLU_URLENCODE) != CURLUE_OK)
		ret = err_set(e, ERR_ARG, "not a file name that can be asked "
		    "for");
	else if (f->o->query != NULL && curl_url_set(f->url, CURLUPART_QUERY,
	    f->o->query, 0) != CURLUE_OK)
		ret = err_set(e, ERR_ARG, "not a query that can be asked");
	free(path);
	return ret;
}

/* What is the same for every scheme: bounded, and nothing from around us. */
static int
set_common(struct fetch *f)
{
	const struct fetch_opts *o = f->o;
	long connect_ms = o->connect_timeout_ms > 0 ? o->connect_timeout_ms :
	    FETCH_CONNECT_MS;
	long all_ms = o->timeout_ms > 0 ? o->timeout_ms : FETCH_TIMEOUT_MS;
	CURL *c = f->curl;

	return curl_easy_setopt(c, CURLOPT_CURLU, f->url) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
	    "http,https,tftp") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FAILONERROR,
	    o->answer == NULL ? 1L : 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)o->max) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, all_ms) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, fetch_write) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, f) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->why) == CURLE_OK;
}

/* In place of OpenSSL's own check, which asks authorities. */
static int
check_peer(X509_STORE_CTX *x, void *arg)
{
	struct fetch *f = arg;
	X509 *c = X509_STORE_CTX_get0_cert(x);
	uint8_t *der = NULL;
	int len = c != NULL ? i2d_X509(c, &der) : -1;

	f->peer_taken = len > 0 &&
	    f->o->peer(f->o->peer_arg, der, (size_t)len);
	f->peer_refused = !f->peer_taken;
	OPENSSL_free(der);
	if (f->peer_refused)
		X509_STORE_CTX_set_error(x, X509_V_ERR_CERT_REJECTED);
	return f->peer_taken;
}

static CURLcode
set_check(CURL *c, void *ctx, void *arg)
{
	struct fetch *f = arg;

	(void)c;
	if (f->o->trust != NULL)
		return f->o->trust->set(f->o->trust->arg, ctx, &f->unset) ==
		    ERR_OK ? CURLE_OK : CURLE_ABORTED_BY_CALLBACK;
	SSL_CTX_set_cert_verify_callback(ctx, check_peer, f);
	return CURLE_OK;
}

static int
set_tls(struct fetch *f)
{
	long name = f->o->trust != NULL ? 2 : 0;
	CURL *c = f->curl;

	return curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, set_check) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, f) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, name) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
}

/* No "Expect: 100-continue": it costs a second where nobody knows it. */
static bool
set_post(struct fetch *f)
{
	const struct fetch_opts *o = f->o;
	struct curl_slist *more;
	char type[128];

	(void)snprintf(type, sizeof(type), "Content-Type: %.100s",
	    o->post_type != NULL ? o->post_type : "application/octet-stream");
	if ((f->headers = curl_slist_append(NULL, type)) == NULL ||
	    (more = curl_slist_append(f->headers, "Expect:")) == NULL)
		return false;
	f->headers = more;
	return curl_easy_setopt(f->curl, CURLOPT_POST, 1L) == CURLE_OK &&
	    curl_easy_setopt(f->curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)o->postlen) == CURLE_OK &&
	    curl_easy_setopt(f->curl, CURLOPT_POSTFIELDS, o->post) ==
	    CURLE_OK && curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER,
	    f->headers) == CURLE_OK;
}

static bool
set_login(struct fetch *f)
{
	CURL *c = f->curl;

	return curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_USERNAME, f->o->user) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PASSWORD, f->o->password) == CURLE_OK;
}

static int
look(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct fetch *f = arg;

	(void)dt;
	(void)dn;
	(void)ut;
	(void)un;
	f->stopped = f->o->stop(f->o->stop_arg);
	return f->stopped;
}

static bool
set_stop(struct fetch *f)
{
	CURL *c = f->curl;

	return curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_XFERINFODATA, f) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

static bool
has_check(const struct fetch_opts *o)
{
	return o->peer != NULL || o->trust != NULL;
}

static int
set_options(struct fetch *f, struct err *e)
{
	const struct fetch_opts *o = f->o;
	CURLcode r;

	/* libcurl would only go on without the option (RFC 2348). */
	if (o->blksize != 0 && (o->blksize < 8 || o->blksize > 65464))
		return err_set(e, ERR_ARG, "block size %ld is not 8 to 65464",
		    o->blksize);
	r = o->blksize != 0 ?
	    curl_easy_setopt(f->curl, CURLOPT_TFTP_BLKSIZE, o->blksize) :
	    curl_easy_setopt(f->curl, CURLOPT_TFTP_NO_OPTIONS, 1L);
	if (r != CURLE_OK || !set_common(f) ||
	    (has_check(o) && !set_tls(f)) ||
	    (o->post != NULL && !set_post(f)) ||
	    (o->user != NULL && !set_login(f)) ||
	    (o->stop != NULL && !set_stop(f)))
		return err_set(e, ERR_IO, "libcurl does not do %s here",
		    f->scheme);
	return ERR_OK;
}

static int
http_status_err(long status, const char *name, struct err *e)
{
	switch (status) {
	case 404:
	case 410:
		return err_set(e, ERR_NOTFOUND, "%s: not found (HTTP %ld)",
		    name, status);
	case 401:
	case 403:
		return err_set(e, ERR_DENIED, "%s: denied (HTTP %ld)", name,
		    status);
	default:
		return err_set(e, ERR_IO, "%s: HTTP status %ld", name,
		    status);
	}
}

static int
curl_err(struct fetch *f, CURLcode r, const char *name, struct err *e)
{
	const char *why = f->why[0] != '\0' ? f->why : curl_easy_strerror(r);
	const struct fetch_trust *t = f->o->trust;
	struct err no = { 0 };
	long status = 0;

	if (f->stopped)
		return err_set(e, ERR_BUSY, "%s: given up", name);
	if (f->unset.code != ERR_OK)
		return err_set(e, f->unset.code, "%s: %s", name, f->unset.msg);
	if (t != NULL && t->verdict(t->arg, &no) == ERR_VERIFY)
		return err_set(e, ERR_VERIFY, "%s: the server is not trusted: "
		    "%s", name, no.msg);
	if (f->peer_refused)
		return err_set(e, ERR_VERIFY, "%s: the server's certificate "
		    "is not one expected there", name);
	switch (r) {
	case CURLE_HTTP_RETURNED_ERROR:
		(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE,
		    &status);
		return http_status_err(status, name, e);
	case CURLE_TFTP_NOTFOUND:
		return err_set(e, ERR_NOTFOUND, "%s: not found (TFTP)", name);
	case CURLE_TFTP_PERM:
		return err_set(e, ERR_DENIED, "%s: denied (TFTP)", name);
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, ERR_UNREACHABLE, "%s: no server answers: "
		    "%s", name, why);
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(e, ERR_VERIFY, "%s: %s", name, why);
	case CURLE_OPERATION_TIMEDOUT:
		/* libcurl's own text speaks of sockets here. */
		return err_set(e, ERR_TIMEOUT, "%s: no complete answer in "
		    "time", name);
	case CURLE_FILESIZE_EXCEEDED:
		return err_set(e, ERR_LIMIT, "%s: more than %zu bytes", name,
		    f->body.max);
	case CURLE_WRITE_ERROR:
		return err_set(e, f->body.err != ERR_OK ? f->body.err :
		    ERR_IO, "%s: more than %zu bytes", name, f->body.max);
	case CURLE_OUT_OF_MEMORY:
		return err_set(e, ERR_NOMEM, "%s", name);
	default:
		return err_set(e, ERR_IO, "%s: %s", name, why);
	}
}

static bool
was_checked(const struct fetch *f)
{
	const struct fetch_trust *t = f->o->trust;

	return t != NULL ? t->verdict(t->arg, NULL) == ERR_OK :
	    f->peer_taken;
}

/* A body may be taken without an answer, or for later. */
static bool
is_success(const struct fetch *f, long status)
{
	return status == 200 || (f->o->post != NULL && status > 200 &&
	    status < 300);
}

/* "Text/HTML; charset=x" is "text/html". */
static void
take_answer(struct fetch *f, struct fetch_answer *a)
{
	const char *type = NULL;
	curl_off_t after = 0;

	*a = (struct fetch_answer){ .status = 0 };
	(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &a->status);
	if (curl_easy_getinfo(f->curl, CURLINFO_RETRY_AFTER, &after) ==
	    CURLE_OK && after > 0)
		a->retry_after_s = (int64_t)after;
	if (curl_easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &type) !=
	    CURLE_OK || type == NULL)
		return;
	(void)snprintf(a->type, sizeof(a->type), "%.*s",
	    (int)strcspn(type, "; \t"), type);
	str_lower(a->type);
}

static int
fetch_run(struct fetch *f, const char *name, struct err *e)
{
	CURLcode r = curl_easy_perform(f->curl);
	long status = 0;

	if (r != CURLE_OK)
		return curl_err(f, r, name, e);
	if (f->o->answer != NULL)
		take_answer(f, f->o->answer);
	/* Redirects and the like end here: they are not the file. */
	(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	if (strcmp(f->scheme, "tftp") != 0 && f->o->answer == NULL &&
	    !is_success(f, status))
		return http_status_err(status, name, e);
	if (strcmp(f->scheme, "https") == 0 && !was_checked(f))
		return err_set(e, ERR_VERIFY, "%s: the server was not "
		    "checked", name);
	return ERR_OK;
}

static int
check_scheme(const char *scheme, const struct fetch_opts *o, struct err *e)
{
	bool https = strcmp(scheme, "https") == 0;

	if (!https && strcmp(scheme, "http") != 0 &&
	    strcmp(scheme, "tftp") != 0)
		return err_set(e, ERR_ARG, "%s: none of http, https and tftp",
		    scheme);
	if (strcmp(scheme, "tftp") == 0 && (o->post != NULL ||
	    o->query != NULL || o->user != NULL || o->answer != NULL))
		return err_set(e, ERR_ARG, "nothing can be posted over tftp, "
		    "and nobody logs in there");
	if (https != has_check(o) || (o->peer != NULL && o->trust != NULL))
		return err_set(e, ERR_ARG, "%s %s a check of the server",
		    scheme, https ? "needs" : "knows not of");
	return ERR_OK;
}

int
fetch_file(const char *scheme, const char *host, uint16_t port,
    const char *name, const struct fetch_opts *o, uint8_t **buf, size_t *len,
    struct err *e)
{
	struct fetch f = { .o = o, .scheme = scheme,
	    .body = wr_init(o->max) };
	int ret;

	fetch_library();
	if ((ret = check_scheme(scheme, o, e)) != ERR_OK)
		return ret;
	f.curl = curl_easy_init();
	f.url = curl_url();
	if (f.curl == NULL || f.url == NULL)
		ret = err_set(e, ERR_NOMEM, "libcurl");
	else if ((ret = fetch_url(&f, host, port, name, e)) == ERR_OK &&
	    (ret = set_options(&f, e)) == ERR_OK)
		ret = fetch_run(&f, name, e);
	curl_easy_cleanup(f.curl);
	curl_slist_free_all(f.headers);
	curl_url_cleanup(f.url);
	if (ret == ERR_OK && (*buf = wr_take(&f.body, len)) == NULL)
		ret = err_set(e, ERR_NOMEM, "%s", name);
	wr_clear(&f.body);
	return ret;
}

/* A part of url in out; absent: "". */
static bool
url_part(CURLU *url, CURLUPart part, unsigned flags, char *out, size_t len)
{
	char *s = NULL;
	CURLUcode r = curl_url_get(url, part, &s, flags);
	bool ok = r == CURLUE_OK ? str_copy(out, len, s) :
	    r == CURLUE_NO_USER || r == CURLUE_NO_QUERY ||
	    r == CURLUE_NO_FRAGMENT;

	if (r != CURLUE_OK)
		out[0] = '\0';
	curl_free(s);
	return ok;
}

static bool
url_parts(CURLU *url, struct fetch_url *u)
{
	char port[8], other[8], path[FETCH_NAME_MAX + 1];
	int64_t n;

	if (!url_part(url, CURLUPART_SCHEME, 0, u->scheme,
	    sizeof(u->scheme)) ||
	    !url_part(url, CURLUPART_HOST, 0, u->host, sizeof(u->host)) ||
	    !url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port,
	    sizeof(port)) ||
	    !url_part(url, CURLUPART_PATH, CURLU_URLDECODE, path,
	    sizeof(path)) || u->host[0] == '\0' || path[0] != '/' ||
	    str_to_i64(port, 1, UINT16_MAX, &n, NULL) != ERR_OK)
		return false;
	u->port = (uint16_t)n;
	(void)str_copy(u->name, sizeof(u->name), path + 1);
	return url_part(url, CURLUPART_USER, 0, other, sizeof(other)) &&
	    other[0] == '\0' &&
	    url_part(url, CURLUPART_QUERY, 0, other, sizeof(other)) &&
	    other[0] == '\0' &&
	    url_part(url, CURLUPART_FRAGMENT, 0, other, sizeof(other)) &&
	    other[0] == '\0';
}

int
fetch_url_parse(struct fetch_url *u, const char *url, struct err *e)
{
	CURLU *c = curl_url();
	bool ok;

	*u = (struct fetch_url){ 0 };
	if (c == NULL)
		return err_set(e, ERR_NOMEM, "libcurl");
	ok = curl_url_set(c, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    url_parts(c, u) && (strcmp(u->scheme, "http") == 0 ||
	    strcmp(u->scheme, "https") == 0 ||
	    strcmp(u->scheme, "tftp") == 0);
	curl_url_cleanup(c);
	if (!ok)
		return err_set(e, ERR_ARG, "\"%.100s\" is no URL that can be "
		    "fetched", url);
	return ERR_OK;
}
