/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Mail over SMTP (RFC 5321) with libcurl, see mail.h.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/mail.h"

#define ADDRESS_MAX	256

struct sending {
	const struct mail	*m;
	CURL			*curl;
	CURLU			*url;
	struct curl_slist	*to;
	size_t			 sent;
	bool			 tls;		/* it has to be used */
	bool			 stopped;
	char			 why[CURL_ERROR_SIZE];
};

static size_t
give(char *buf, size_t size, size_t n, void *arg)
{
	struct sending *s = arg;
	size_t left = strlen(s->m->text) - s->sent, len = size * n;

	if (len > left)
		len = left;
	memcpy(buf, s->m->text + s->sent, len);
	s->sent += len;
	return len;
}

/* What the server says is not kept. */
static size_t
drop(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

static int
look(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct sending *s = arg;

	(void)dt;
	(void)dn;
	(void)ut;
	(void)un;
	s->stopped = s->m->stop(s->m->stop_arg);
	return s->stopped;
}

/* --- the server --- */

static CURLU *
parse(const char *url)
{
	CURLU *u = curl_url();
	char *user = NULL;

	if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER)
		return u;
	curl_free(user);
	curl_url_cleanup(u);
	return NULL;
}

static bool
scheme_is(CURLU *u, const char *want)
{
	char *s = NULL;
	bool is = curl_url_get(u, CURLUPART_SCHEME, &s, 0) == CURLUE_OK &&
	    str_ieq(s, want);

	curl_free(s);
	return is;
}

static bool
url_is_local(CURLU *u)
{
	struct in_addr a;
	char *s = NULL;
	bool local = curl_url_get(u, CURLUPART_HOST, &s, 0) == CURLUE_OK &&
	    (str_ieq(s, "localhost") || strcmp(s, "[::1]") == 0 ||
	    (inet_pton(AF_INET, s, &a) == 1 &&
	    ntohl(a.s_addr) >> 24 == 127));

	curl_free(s);
	return local;
}

bool
mail_is_local(const char *url)
{
	CURLU *u = parse(url);
	bool local = u != NULL && url_is_local(u);

	curl_url_cleanup(u);
	return local;
}

/* The path of libcurl's SMTP URLs is the name in EHLO. */
static int
set_url(struct sending *s, struct err *e)
{
	bool tls_first;
	char *path;
	int ret = ERR_OK;

	if ((s->url = parse(s->m->url)) == NULL)
		return err_set(e, ERR_ARG, "\"%.100s\" is no URL of a mail "
		    "server", s->m->url);
	tls_first = scheme_is(s->url, "smtps");
	if (!tls_first && !scheme_is(s->url, "smtp"))
		return err_set(e, ERR_ARG, "\"%.100s\": smtp:// and smtps:// "
		    "are spoken", s->m->url);
	s->tls = tls_first || s->m->starttls;
	if (s->tls && s->m->trust == NULL)
		return err_set(e, ERR_ARG, "TLS needs a check of the server");
	if (!s->tls && s->m->password != NULL && !url_is_local(s->url))
		return err_set(e, ERR_REFUSED, "the password of the mail "
		    "server would go in the clear: set param alarm.smtp_tls "
		    "required");
	if ((path = str_printf("/%s", s->m->hello)) == NULL ||
	    curl_url_set(s->url, CURLUPART_PATH, path, 0) != CURLUE_OK)
		ret = err_set(e, ERR_NOMEM, "mail");
	free(path);
	return ret;
}

/* --- the rest --- */

static int
set_recipients(struct sending *s, struct err *e)
{
	char address[ADDRESS_MAX];
	struct curl_slist *more;
	size_t n;

	for (const char *p = s->m->to; *p != '\0'; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		if (n == 0 || n >= sizeof(address))
			return err_set(e, ERR_ARG, "no address: %.80s", p);
		memcpy(address, p, n);
		address[n] = '\0';
		if ((more = curl_slist_append(s->to, address)) == NULL)
			return err_set(e, ERR_NOMEM, "mail");
		s->to = more;
	}
	return s->to != NULL ? ERR_OK : err_set(e, ERR_ARG, "no recipient");
}

static CURLcode
set_check(CURL *c, void *ctx, void *arg)
{
	const struct sending *s = arg;

	(void)c;
	return s->m->trust->set(s->m->trust->arg, ctx, NULL) == ERR_OK ?
	    CURLE_OK : CURLE_ABORTED_BY_CALLBACK;
}

static bool
set_tls(struct sending *s)
{
	CURL *c = s->curl;

	return curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, set_check) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, s) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
}

static bool
set_login(struct sending *s)
{
	CURL *c = s->curl;

	return curl_easy_setopt(c, CURLOPT_USERNAME, s->m->user) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PASSWORD, s->m->password) == CURLE_OK;
}

static bool
set_stop(struct sending *s)
{
	CURL *c = s->curl;

	return curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_XFERINFODATA, s) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

static bool
set_common(struct sending *s)
{
	const struct mail *m = s->m;
	CURL *c = s->curl;

	return curl_easy_setopt(c, CURLOPT_CURLU, s->url) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps") ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, m->timeout_ms > 0 ?
	    m->timeout_ms : (long)FETCH_TIMEOUT_MS) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)FETCH_CONNECT_MS) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_MAIL_FROM, m->from) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, s->to) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_READFUNCTION, give) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_READDATA, s) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->why) == CURLE_OK;
}

static int
mail_err(const struct sending *s, CURLcode r, struct err *e)
{
	const char *why = s->why[0] != '\0' ? s->why : curl_easy_strerror(r);
	struct err no = { 0 };

	if (s->stopped)
		return err_set(e, ERR_BUSY, "given up: this process ends");
	if (s->tls && s->m->trust->verdict(s->m->trust->arg, &no) ==
	    ERR_VERIFY)
		return err_set(e, ERR_VERIFY, "the mail server is not "
		    "trusted: %s", no.msg);
	switch (r) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, ERR_UNREACHABLE, "no mail server answers: "
		    "%s", why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, ERR_TIMEOUT, "the mail server has not "
		    "taken the message in time");
	case CURLE_LOGIN_DENIED:
		return err_set(e, ERR_DENIED, "the mail server refuses the "
		    "login (alarm.smtp_user, utils cert alarm password)");
	case CURLE_USE_SSL_FAILED:
		return err_set(e, ERR_IO, "the mail server offers no "
		    "STARTTLS: use smtps://, or set param alarm.smtp_tls "
		    "none");
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(e, ERR_VERIFY, "the mail server: %s", why);
	case CURLE_OUT_OF_MEMORY:
		return err_set(e, ERR_NOMEM, "mail");
	default:
		return err_set(e, ERR_IO, "the mail server: %s", why);
	}
}

static int
run(struct sending *s, struct err *e)
{
	CURLcode r = curl_easy_perform(s->curl);

	if (r != CURLE_OK)
		return mail_err(s, r, e);
	if (s->tls && s->m->trust->verdict(s->m->trust->arg, NULL) != ERR_OK)
		return err_set(e, ERR_VERIFY, "the mail server was not "
		    "checked");
	return ERR_OK;
}

int
mail_send(const struct mail *m, struct err *e)
{
	struct sending s = { .m = m };
	int ret;

	fetch_library();
	if ((s.curl = curl_easy_init()) == NULL)
		return err_set(e, ERR_NOMEM, "libcurl");
	if ((ret = set_url(&s, e)) == ERR_OK &&
	    (ret = set_recipients(&s, e)) == ERR_OK) {
		if (!set_common(&s) || (s.tls && !set_tls(&s)) ||
		    (m->password != NULL && !set_login(&s)) ||
		    (m->stop != NULL && !set_stop(&s)))
			ret = err_set(e, ERR_IO, "libcurl does not send mail "
			    "here");
		else
			ret = run(&s, e);
	}
	curl_easy_cleanup(s.curl);
	curl_slist_free_all(s.to);
	curl_url_cleanup(s.url);
	return ret;
}
