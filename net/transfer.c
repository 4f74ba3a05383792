/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files to and from servers with libcurl, see transfer.h.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "net/transfer.h"

#define KEY_TEXT	"SHA256:"
#define KEY_LEN		43	/* of 32 bytes in base64 without padding */
#define LIST_MAX	(2 << 20)	/* bytes of a folder's names */

struct xfer {
	const struct transfer	*t;
	CURL			*curl;
	CURLU			*url;
	char			 scheme[8];
	struct curl_slist	*headers;
	const uint8_t		*put;		/* what is left to send */
	size_t			 putlen;
	struct wr		 body;
	char			 key[sizeof(KEY_TEXT) + 44];	/* shown */
	bool			 key_refused;
	char			 why[CURL_ERROR_SIZE];
};

static pthread_once_t transfer_once = PTHREAD_ONCE_INIT;

static void
transfer_init(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool
transfer_is_url(const char *text)
{
	return str_starts(text, "http://") || str_starts(text, "https://") ||
	    str_starts(text, "sftp://");
}

/* --- bytes --- */

static size_t
take_bytes(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;

	wr_bytes(&x->body, p, size * n);
	return x->body.err == ERR_OK ? size * n : 0;
}

static size_t
give_bytes(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	size_t room = size * n;

	if (room > x->putlen)
		room = x->putlen;
	memcpy(p, x->put, room);
	x->put += room;
	x->putlen -= room;
	return room;
}

/* --- the server --- */

static CURLcode
set_check(CURL *c, void *ctx, void *arg)
{
	const struct fetch_trust *trust = ((struct xfer *)arg)->t->trust;

	(void)c;
	return trust->set(trust->arg, ctx, NULL) == ERR_OK ? CURLE_OK :
	    CURLE_ABORTED_BY_CALLBACK;
}

/* As OpenSSH shows it: base64 without padding. */
static int
check_key(void *arg, int type, const char *key, size_t len)
{
	struct xfer *x = arg;
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned char b64[64];
	unsigned mdlen = 0;

	(void)type;
	x->key_refused = true;
	if (EVP_Digest(key, len, md, &mdlen, EVP_sha256(), NULL) != 1)
		return CURLKHMATCH_MISMATCH;
	(void)EVP_EncodeBlock(b64, md, (int)mdlen);
	(void)snprintf(x->key, sizeof(x->key), KEY_TEXT "%.*s", KEY_LEN,
	    (char *)b64);
	x->key_refused = x->t->host_key == NULL ||
	    strcmp(x->key, x->t->host_key) != 0;
	return x->key_refused ? CURLKHMATCH_MISMATCH : CURLKHMATCH_OK;
}

static bool
set_sftp(struct xfer *x)
{
	CURL *c = x->curl;

	return curl_easy_setopt(c, CURLOPT_SSH_HOSTKEYFUNCTION, check_key) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSH_HOSTKEYDATA, x) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSH_AUTH_TYPES,
	    (long)(CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD)) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FTP_CREATE_MISSING_DIRS, 0L) ==
	    CURLE_OK && (x->t->password == NULL ||
	    curl_easy_setopt(c, CURLOPT_PASSWORD, x->t->password) ==
	    CURLE_OK);
}

static bool
set_https(struct xfer *x)
{
	CURL *c = x->curl;

	return curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, set_check) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, x) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
}

/* No "Expect: 100-continue": it costs a second where nobody knows it. */
static bool
set_http(struct xfer *x)
{
	CURL *c = x->curl;

	x->headers = curl_slist_append(NULL, "Expect:");
	return x->headers != NULL &&
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK &&
	    (x->t->password == NULL || (curl_easy_setopt(c,
	    CURLOPT_PASSWORD, x->t->password) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) ==
	    CURLE_OK));
}

static bool
set_common(struct xfer *x)
{
	CURL *c = x->curl;
	long ms = x->t->timeout_ms > 0 ? x->t->timeout_ms : FETCH_TIMEOUT_MS;

	return curl_easy_setopt(c, CURLOPT_CURLU, x->url) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,sftp") ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)FETCH_CONNECT_MS) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->why) == CURLE_OK;
}

static bool
set_put(struct xfer *x, const void *buf, size_t len)
{
	x->put = buf;
	x->putlen = len;
	return curl_easy_setopt(x->curl, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	    curl_easy_setopt(x->curl, CURLOPT_INFILESIZE_LARGE,
	    (curl_off_t)len) == CURLE_OK &&
	    curl_easy_setopt(x->curl, CURLOPT_READFUNCTION, give_bytes) ==
	    CURLE_OK &&
	    curl_easy_setopt(x->curl, CURLOPT_READDATA, x) == CURLE_OK;
}

/* --- the URL --- */

static bool
has_part(CURLU *url, CURLUPart part)
{
	char *s = NULL;
	bool has = curl_url_get(url, part, &s, 0) == CURLUE_OK;

	curl_free(s);
	return has;
}

/* On this machine nobody listens. */
static bool
is_local(CURLU *url)
{
	struct in_addr a;
	char *s = NULL;
	bool local = curl_url_get(url, CURLUPART_HOST, &s, 0) == CURLUE_OK &&
	    (str_ieq(s, "localhost") || strcmp(s, "[::1]") == 0 ||
	    (inet_pton(AF_INET, s, &a) == 1 &&
	    ntohl(a.s_addr) >> 24 == 127));

	curl_free(s);
	return local;
}

static int
parse_url(struct xfer *x, struct err *e)
{
	const struct transfer *t = x->t;
	char *scheme = NULL;
	bool ok;

	ok = strlen(t->url) <= TRANSFER_URL_MAX && transfer_is_url(t->url) &&
	    curl_url_set(x->url, CURLUPART_URL, t->url, 0) == CURLUE_OK &&
	    curl_url_get(x->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    str_copy(x->scheme, sizeof(x->scheme), scheme) &&
	    !has_part(x->url, CURLUPART_QUERY) &&
	    !has_part(x->url, CURLUPART_FRAGMENT);
	curl_free(scheme);
	if (!ok)
		return err_set(e, ERR_ARG, "this is no URL that files are "
		    "sent to: sftp://user@host/path, http://host/path or "
		    "https://host/path");
	if (has_part(x->url, CURLUPART_PASSWORD))
		return err_set(e, ERR_ARG, "a password within a URL is seen "
		    "by everybody on this machine: give it by --password-file "
		    "FILE");
	if (strcmp(x->scheme, "sftp") == 0 &&
	    !has_part(x->url, CURLUPART_USER))
		return err_set(e, ERR_ARG, "sftp needs an account: "
		    "sftp://user@host/path");
	if (t->host_key != NULL && (!str_starts(t->host_key, KEY_TEXT) ||
	    strlen(t->host_key) != strlen(KEY_TEXT) + KEY_LEN))
		return err_set(e, ERR_ARG, "the server's key is given as "
		    "ssh-keygen -l shows it: " KEY_TEXT "and 43 characters");
	if (t->password != NULL && strcmp(x->scheme, "http") == 0 &&
	    !is_local(x->url))
		return err_set(e, ERR_REFUSED, "the password would go over "
		    "the line in the clear: use https:// or sftp://");
	if ((strcmp(x->scheme, "https") == 0) != (t->trust != NULL))
		return err_set(e, ERR_ARG, "https, and nothing else, needs a "
		    "trust store");
	return ERR_OK;
}

/* --- what became of it --- */

static int
http_err(long status, struct err *e)
{
	return err_set(e, status == 401 || status == 403 ? ERR_DENIED :
	    status == 404 || status == 410 ? ERR_NOTFOUND : ERR_IO,
	    "the server answers HTTP status %ld%s", status, status == 405 ||
	    status == 501 ? ": it takes no files by PUT" : "");
}

static int
key_err(const struct xfer *x, struct err *e)
{
	if (x->t->host_key == NULL)
		return err_set(e, ERR_VERIFY, "the server shows the key %s: "
		    "when its administrator says that this is so, give it by "
		    "--host-key", x->key);
	return err_set(e, ERR_VERIFY, "the server shows the key %s, not the "
	    "one expected: it may be another server", x->key);
}

static int
curl_err(const struct xfer *x, CURLcode r, struct err *e)
{
	const struct fetch_trust *trust = x->t->trust;
	const char *why = x->why[0] != '\0' ? x->why : curl_easy_strerror(r);
	struct err no = { 0 };
	long status = 0;

	if (x->key_refused)
		return key_err(x, e);
	if (trust != NULL && trust->verdict(trust->arg, &no) == ERR_VERIFY)
		return err_set(e, ERR_VERIFY, "the server is not trusted: %s",
		    no.msg);
	switch (r) {
	case CURLE_HTTP_RETURNED_ERROR:
		(void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE,
		    &status);
		return http_err(status, e);
	case CURLE_LOGIN_DENIED:
		return err_set(e, ERR_DENIED, "the server refuses account or "
		    "password%s", x->t->password == NULL ? ": none was given "
		    "(--password-file FILE)" : "");
	case CURLE_REMOTE_ACCESS_DENIED:
		return err_set(e, ERR_DENIED, "%s", why);
	case CURLE_REMOTE_FILE_NOT_FOUND:
		return err_set(e, ERR_NOTFOUND, "%s", why);
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, ERR_UNREACHABLE, "no server answers: %s",
		    why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, ERR_TIMEOUT, "no complete answer in time");
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(e, ERR_VERIFY, "%s", why);
	case CURLE_WRITE_ERROR:
		return err_set(e, ERR_LIMIT, "more than %zu bytes",
		    x->body.max);
	case CURLE_OUT_OF_MEMORY:
		return err_set(e, ERR_NOMEM, "libcurl");
	default:
		return err_set(e, ERR_IO, "%s", why);
	}
}

static int
run(struct xfer *x, struct err *e)
{
	const struct fetch_trust *trust = x->t->trust;
	CURLcode r = curl_easy_perform(x->curl);
	long status = 0;

	if (r != CURLE_OK)
		return curl_err(x, r, e);
	(void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (strcmp(x->scheme, "sftp") != 0 && status / 100 != 2)
		return http_err(status, e);
	if (trust != NULL && trust->verdict(trust->arg, NULL) != ERR_OK)
		return err_set(e, ERR_VERIFY, "the server was not checked");
	return ERR_OK;
}

/* --- the three uses --- */

static int
start(struct xfer *x, const struct transfer *t, size_t max, struct err *e)
{
	int ret;

	(void)pthread_once(&transfer_once, transfer_init);
	*x = (struct xfer){ .t = t, .body = wr_init(max) };
	x->curl = curl_easy_init();
	x->url = curl_url();
	if (x->curl == NULL || x->url == NULL)
		return err_set(e, ERR_NOMEM, "libcurl");
	if ((ret = parse_url(x, e)) != ERR_OK)
		return ret;
	if (!set_common(x) || !(strcmp(x->scheme, "sftp") == 0 ? set_sftp(x) :
	    set_http(x)) || (t->trust != NULL && !set_https(x)))
		return err_set(e, ERR_IO, "libcurl does not do %s here",
		    x->scheme);
	return ERR_OK;
}

static void
end(struct xfer *x)
{
	curl_easy_cleanup(x->curl);
	curl_slist_free_all(x->headers);
	curl_url_cleanup(x->url);
	wr_clear(&x->body);
}

int
transfer_put(const struct transfer *t, const void *buf, size_t len,
    struct err *e)
{
	struct xfer x;
	int ret;

	/* What a server says to it does not matter, but it has an end. */
	if ((ret = start(&x, t, LIST_MAX, e)) == ERR_OK)
		ret = set_put(&x, buf, len) ? run(&x, e) :
		    err_set(e, ERR_IO, "libcurl does not do %s here",
		    x.scheme);
	end(&x);
	return ret;
}

int
transfer_get(const struct transfer *t, uint8_t **buf, size_t *len,
    struct err *e)
{
	struct xfer x;
	int ret;

	*buf = NULL;
	if ((ret = start(&x, t, t->max, e)) == ERR_OK &&
	    strcmp(x.scheme, "sftp") != 0)
		ret = err_set(e, ERR_ARG, "%s is fetched otherwise",
		    x.scheme);
	if (ret == ERR_OK)
		ret = run(&x, e);
	if (ret == ERR_OK && (*buf = wr_take(&x.body, len)) == NULL)
		ret = err_set(e, ERR_NOMEM, "sftp");
	end(&x);
	return ret;
}

int
transfer_list(const struct transfer *t, char **names, struct err *e)
{
	struct xfer x;
	size_t len;
	int ret;

	*names = NULL;
	if ((ret = start(&x, t, LIST_MAX, e)) == ERR_OK &&
	    (strcmp(x.scheme, "sftp") != 0 || !str_ends(t->url, "/")))
		ret = err_set(e, ERR_ARG, "no folder of an sftp server");
	if (ret == ERR_OK && curl_easy_setopt(x.curl, CURLOPT_DIRLISTONLY,
	    1L) != CURLE_OK)
		ret = err_set(e, ERR_IO, "libcurl does not do sftp here");
	if (ret == ERR_OK)
		ret = run(&x, e);
	if (ret == ERR_OK && memchr(x.body.buf != NULL ? x.body.buf :
	    (uint8_t *)"", '\0', x.body.len) != NULL)
		ret = err_set(e, ERR_PROTO, "a folder with a NUL in a name");
	if (ret == ERR_OK && (*names = (char *)wr_take(&x.body, &len)) == NULL)
		ret = err_set(e, ERR_NOMEM, "sftp");
	end(&x);
	return ret;
}
