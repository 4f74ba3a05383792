/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Enrolment over Secure Transport (RFC 7030, as RFC 8951 clarifies it):
 * /cacerts, whose certificates must be trusted here already, and
 * /simpleenroll with HTTP's basic authentication, a certificate of ours, or
 * both, as the server wants it (sections 3.2.3 and 3.3.2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/fetch.h"
#include "trust/enrol_part.h"

#define WELL_KNOWN	".well-known/est/"
#define NAME_MAX_LEN	200
#define AFTER_S		60	/* a 202 without Retry-After */

static void
est_name(const struct enrol_job *j, const char *what, char out[NAME_MAX_LEN])
{
	const char *label = j->conf->path;

	(void)snprintf(out, NAME_MAX_LEN, WELL_KNOWN "%s%s%s", label,
	    label[0] != '\0' ? "/" : "", what);
}

static int
status_err(const struct fetch_answer *a, const char *what, struct err *e)
{
	switch (a->status) {
	case 401:
	case 403:
		return err_set(e, ERR_DENIED, "%s: the EST server does not "
		    "let us in (HTTP %ld): set param capf.online_ca_user and "
		    "utils capf ca password, or utils capf ca certificate",
		    what, a->status);
	case 404:
		return err_set(e, ERR_NOTFOUND, "%s: not there (HTTP 404): is "
		    "capf.online_ca_path the server's label?", what);
	default:
		return err_set(e, ERR_IO, "%s: HTTP status %ld", what,
		    a->status);
	}
}

/* --- /cacerts --- */

static int
check_cacerts(struct enrol_job *j, const struct container *set,
    struct err *e)
{
	int ret = err_set(e, ERR_PROTO, "/cacerts has no certificate");

	/* The CA's, and those before and after it in a change of keys. */
	for (size_t i = 0; i < set->ncert; i++)
		if ((ret = enrol_trusted_ca(j, set->cert[i], e)) == ERR_OK)
			return ERR_OK;
	return ret;
}

static int
begin(struct enrol_job *j, struct err *e)
{
	struct container set = { .ncert = 0 };
	struct fetch_answer a;
	char name[NAME_MAX_LEN];
	const struct enrol_http h = { .name = name };
	uint8_t *buf;
	size_t len;
	int ret;

	if (strcmp(j->conf->scheme, "https") != 0)
		return err_set(e, ERR_BADSTATE, "EST knows https alone: set "
		    "param capf.online_ca_scheme https");
	est_name(j, "cacerts", name);
	if ((ret = enrol_fetch(j, &h, &a, &buf, &len, e)) != ERR_OK)
		return ret;
	if (a.status != 200)
		ret = status_err(&a, "/cacerts", e);
	else if ((ret = container_read(&set, buf, len, CONTAINER_NO_KEYS,
	    NULL, e)) == ERR_OK)
		ret = check_cacerts(j, &set, e);
	container_clear(&set);
	free(buf);
	return ret;
}

/* --- /simpleenroll --- */

/* Section 4.2.3: what the server says in text/plain is for people. */
static void
refused(struct enrol_job *j, const struct fetch_answer *a, const uint8_t *buf,
    size_t len)
{
	bool text = strcmp(a->type, "text/plain") == 0 && len > 0;
	char vis[160] = "";

	if (text)
		str_visible((const char *)buf, strcspn((const char *)buf,
		    "\r\n"), vis, sizeof(vis));
	enrol_refuse(j, "the EST server refused it (HTTP %ld)%s%s", a->status,
	    text ? ": " : "", vis);
}

static int
understand(struct enrol_job *j, const struct fetch_answer *a,
    const uint8_t *buf, size_t len, struct err *e)
{
	switch (a->status) {
	case 200:
		j->outcome = ENROL_ISSUED;
		return container_read(&j->got, buf, len, CONTAINER_NO_KEYS,
		    NULL, e);
	case 202:
		j->outcome = ENROL_LATER;
		j->after_s = a->retry_after_s > 0 ? a->retry_after_s :
		    AFTER_S;
		(void)str_copy(j->why, sizeof(j->why), "the EST server will "
		    "say later");
		return ERR_OK;
	case 400:
	case 413:
	case 415:
	case 422:
		refused(j, a, buf, len);
		return ERR_OK;
	default:
		j->after_s = a->retry_after_s;
		return status_err(a, "/simpleenroll", e);
	}
}

static int
ask(struct enrol_job *j, struct err *e)
{
	struct enrol_http h = { .type = "application/pkcs10", .login = true };
	struct fetch_answer a;
	char name[NAME_MAX_LEN], *body;
	const uint8_t *der;
	uint8_t *buf;
	size_t derlen, len;
	int ret;

	der = csr_der(j->csr, &derlen);
	if ((body = malloc(STR_BASE64_LEN(derlen))) == NULL)
		return err_set(e, ERR_NOMEM, "request");
	str_base64(der, derlen, body);
	est_name(j, "simpleenroll", name);
	h.name = name;
	h.post = body;
	h.postlen = strlen(body);
	if ((ret = enrol_fetch(j, &h, &a, &buf, &len, e)) == ERR_OK) {
		ret = understand(j, &a, buf, len, e);
		free(buf);
	}
	free(body);
	return ret;
}

static void
end(struct enrol_job *j)
{
	(void)j;
}

const struct enrol_backend enrol_est = {
	.issuer = "est", .begin = begin, .ask = ask, .end = end,
};
