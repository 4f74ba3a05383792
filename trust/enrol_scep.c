/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The Simple Certificate Enrolment Protocol (RFC 8894): GetCACaps, GetCACert
 * (only certificates that are trusted here count), PKCSReq, and CertPoll while
 * the CA thinks.  Messages are signed and encrypted by themselves, so plain
 * HTTP will do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/scep.h"
#include "crypt/rng.h"
#include "net/fetch.h"
#include "trust/enrol_part.h"

#define CGI		"cgi-bin/pkiclient.exe"	/* section 4.1 */
#define AFTER_S		60	/* between polls */
#define PENDING		"the CA thinks about it"

struct enrol_session {
	struct scep_caps	 caps;
	struct container	 set;
	struct cert		*ca[SCEP_CERTS_MAX];	/* trusted; borrowed */
	size_t			 nca;
	const struct cert	*to;		/* encrypted to */
	const struct cert	*issuer;	/* the CA itself */
};

static int
get(struct enrol_job *j, const char *query, struct fetch_answer *a,
    uint8_t **buf, size_t *len, struct err *e)
{
	const struct enrol_http h = { .query = query,
	    .name = j->conf->path[0] != '\0' ? j->conf->path : CGI };

	return enrol_fetch(j, &h, a, buf, len, e);
}

/* --- once a round --- */

/* No capabilities are no error: then it is an old one. */
static int
get_caps(struct enrol_job *j, struct err *e)
{
	struct fetch_answer a;
	uint8_t *buf;
	size_t len;
	int ret;

	if ((ret = get(j, "operation=GetCACaps", &a, &buf, &len, e)) !=
	    ERR_OK)
		return ret;
	scep_caps_parse(&j->session->caps, buf, a.status == 200 ? len : 0);
	free(buf);
	return ERR_OK;
}

static int
choose(struct enrol_job *j, struct err *e)
{
	struct enrol_session *s = j->session;
	struct err why = { .code = ERR_OK };

	for (size_t i = 0; i < s->set.ncert && s->nca < SCEP_CERTS_MAX; i++)
		if (enrol_trusted_ca(j, s->set.cert[i], &why) == ERR_OK)
			s->ca[s->nca++] = s->set.cert[i];
	if (s->nca == 0)
		return err_set(e, ERR_VERIFY, "%s", s->set.ncert > 0 ?
		    why.msg : "GetCACert: no certificate");
	s->issuer = s->ca[0];
	for (size_t i = s->nca; i > 0; i--)
		if (cert_is_ca(s->ca[i - 1]))
			s->issuer = s->ca[i - 1];
	if ((s->to = scep_recipient(s->ca, s->nca)) == NULL)
		return err_set(e, ERR_ARG, "the SCEP server has no RSA key "
		    "that messages can be encrypted to");
	return ERR_OK;
}

static int
get_ca(struct enrol_job *j, struct err *e)
{
	struct fetch_answer a;
	uint8_t *buf;
	size_t len;
	int ret;

	if ((ret = get(j, "operation=GetCACert", &a, &buf, &len, e)) !=
	    ERR_OK)
		return ret;
	if (a.status != 200)
		ret = err_set(e, ERR_IO, "GetCACert: HTTP status %ld: is "
		    "capf.online_ca_path the server's?", a.status);
	else if ((ret = container_read(&j->session->set, buf, len,
	    CONTAINER_NO_KEYS, NULL, e)) == ERR_OK)
		ret = choose(j, e);
	free(buf);
	return ret;
}

static int
begin(struct enrol_job *j, struct err *e)
{
	int ret;

	if ((j->session = calloc(1, sizeof(*j->session))) == NULL)
		return err_set(e, ERR_NOMEM, "SCEP");
	if (j->env->ra.ra == NULL &&
	    (j->env->ra.ra = scep_ra_new(j->now, e)) == NULL)
		return ERR_CRYPTO;
	if ((ret = get_caps(j, e)) != ERR_OK)
		return ret;
	return get_ca(j, e);
}

static void
end(struct enrol_job *j)
{
	if (j->session != NULL)
		container_clear(&j->session->set);
	free(j->session);
	j->session = NULL;
}

/* --- a request --- */

static int
send_message(struct enrol_job *j, const struct scep_ask *a,
    struct scep_answer *out, struct err *e)
{
	struct enrol_http h = { .query = "operation=PKIOperation",
	    .type = "application/x-pki-message",
	    .name = j->conf->path[0] != '\0' ? j->conf->path : CGI };
	struct fetch_answer http;
	uint8_t *msg, *buf;
	size_t len;
	int ret;

	if ((ret = scep_build(j->env->ra.ra, a, &msg, &h.postlen, e)) != ERR_OK)
		return ret;
	h.post = msg;
	ret = enrol_fetch(j, &h, &http, &buf, &len, e);
	free(msg);
	if (ret != ERR_OK)
		return ret;
	j->after_s = http.retry_after_s;
	ret = http.status != 200 ? err_set(e, ERR_IO, "PKIOperation: HTTP "
	    "status %ld", http.status) : scep_open(j->env->ra.ra, a,
	    j->session->ca, j->session->nca, buf, len, out, e);
	free(buf);
	return ret;
}

static int
understand(struct enrol_job *j, const struct scep_answer *a, struct err *e)
{
	switch (a->status) {
	case SCEP_SUCCESS:
		j->outcome = ENROL_ISSUED;
		return container_read(&j->got, a->certs, a->len,
		    CONTAINER_NO_KEYS, NULL, e);
	case SCEP_PENDING:
		j->outcome = ENROL_LATER;
		j->after_s = j->after_s > 0 ? j->after_s : AFTER_S;
		scep_ra_tag(j->env->ra.ra, j->why, sizeof(j->why), PENDING);
		return ERR_OK;
	case SCEP_FAILURE:
		enrol_refuse(j, "the SCEP server refused it: %s", a->why);
		return ERR_OK;
	}
	return err_set(e, ERR_PROTO, "pkiStatus");
}

/*
 * The CA encrypts to the key that has signed: what was asked for with another
 * one (of a cluster that was put back) is asked for anew, under the same
 * transaction.
 */
static bool
was_asked(const struct enrol_job *j)
{
	char tag[CAPF_REASON_MAX + 1];

	scep_ra_tag(j->env->ra.ra, tag, sizeof(tag), PENDING);
	return j->row->state == CAPF_CSR_SENT &&
	    strcmp(j->row->note, tag) == 0;
}

static int
ask(struct enrol_job *j, struct err *e)
{
	const struct secret *pw = j->env->password;
	struct scep_ask a = { .to = j->session->to, .poll = was_asked(j),
	    .issuer = j->session->issuer, .caps = j->session->caps };
	struct scep_answer out = { .certs = NULL };
	struct csr *csr;
	int ret;

	if ((ret = enrol_ra_keep(&j->env->ra, j->env->db, j->now, e)) !=
	    ERR_OK)
		return ret;
	if ((csr = scep_csr(j->env->ra.ra, j->csr, pw != NULL ?
	    (const char *)pw->buf : NULL, e)) == NULL)
		return ERR_CRYPTO;
	a.csr = csr;
	str_hex(j->row->spki, sizeof(j->row->spki), a.transaction);
	if ((ret = rng_fill(rng_system(), a.nonce, sizeof(a.nonce), e)) ==
	    ERR_OK && (ret = send_message(j, &a, &out, e)) == ERR_OK)
		ret = understand(j, &out, e);
	scep_answer_clear(&out);
	csr_free(csr);
	return ret;
}

const struct enrol_backend enrol_scep = {
	.issuer = "scep", .begin = begin, .ask = ask, .end = end,
};
