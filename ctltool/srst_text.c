/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See srst_text.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cert_show.h"
#include "ctltool/srst_text.h"

int
srst_sha256(const char *option, const char *text,
    uint8_t sha256[SHA256_LEN], struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	size_t n = 0;

	for (const char *p = text; *p != '\0' && n < sizeof(hex); p++)
		if (*p != ':' && *p != ' ')
			hex[n++] = *p;
	if (n == 2 * SHA256_LEN) {
		hex[n] = '\0';
		if (str_unhex(hex, sha256, SHA256_LEN))
			return ERR_OK;
	}
	return err_set(e, ERR_ARG, "%s: a SHA-256 has 64 hexadecimal digits, "
	    "colons between them or not", option);
}

/* --- certificates --- */

void
srst_show_cert(struct ctl *c, const struct cert *cert, const char *indent)
{
	static const enum digest_alg algs[] = { DIGEST_SHA256, DIGEST_SHA1,
	    DIGEST_MD5 };
	char from[CLOCK_RFC3339_LEN], to[CLOCK_RFC3339_LEN];
	char *subject = cert_subject(cert, CERT_NAME_COMMA, NULL);
	char *issuer = cert_issuer(cert, CERT_NAME_COMMA, NULL);
	char vis[OUT_VIS_MAX];

	clock_rfc3339(cert_not_before(cert), from);
	clock_rfc3339(cert_not_after(cert), to);
	out_text(c->out, "%sSubject: %s\n", indent,
	    out_vis(subject != NULL ? subject : "", vis));
	out_text(c->out, "%sIssuer: %s\n", indent,
	    out_vis(issuer != NULL ? issuer : "", vis));
	out_text(c->out, "%sValid: %s to %s\n", indent, from, to);
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		out_puts(c->out, indent);
		cert_show_fingerprint(c, cert, algs[i]);
	}
	free(subject);
	free(issuer);
}

json_t *
srst_cert_json(const struct cert *cert)
{
	char *subject, *issuer;
	json_t *j;

	if (cert == NULL)
		return json_null();
	subject = cert_subject(cert, CERT_NAME_SEMICOLON, NULL);
	issuer = cert_issuer(cert, CERT_NAME_SEMICOLON, NULL);
	j = json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "subject",
	    out_str(subject), "issuer", out_str(issuer), "key",
	    key_type_name(cert_key_type(cert)), "not_before",
	    out_time(cert_not_before(cert)), "not_after",
	    out_time(cert_not_after(cert)), "sha256",
	    cert_fingerprint_json(cert, DIGEST_SHA256), "sha1",
	    cert_fingerprint_json(cert, DIGEST_SHA1), "md5",
	    cert_fingerprint_json(cert, DIGEST_MD5));
	free(subject);
	free(issuer);
	return j;
}

/* --- looks --- */

static json_t *
sha_json(bool has, const uint8_t sha256[SHA256_LEN])
{
	return has ? out_hex(sha256, SHA256_LEN) : json_null();
}

json_t *
srst_look_json(const struct srst_look *l)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name",
	    l->ref->name, "state", srst_state_name[l->state], "at",
	    out_time(l->seen.at), "sha256", sha_json(l->seen.has_sha256,
	    l->seen.sha256), "accepted_sha256", sha_json(l->ref->has_accepted,
	    l->ref->accepted), "why", l->seen.why[0] != '\0' ?
	    out_str(l->seen.why) : json_null());
}

void
srst_show_look(struct ctl *c, const struct srst_look *l, const char *before)
{
	char sha[2 * SHA256_LEN + 1], at[CLOCK_RFC3339_LEN];
	char vis[OUT_VIS_MAX];

	str_hex(l->seen.sha256, SHA256_LEN, sha);
	clock_rfc3339(l->seen.at, at);
	out_text(c->out, "%s%s: ", before, at);
	switch (l->state) {
	case SRST_SAME:
		out_text(c->out, "the accepted certificate\n");
		break;
	case SRST_OTHER:
		out_text(c->out, "ANOTHER certificate than the accepted one, "
		    "SHA-256 %s: phones that fall back refuse the gateway "
		    "until it is accepted (srst fetch, srst accept), if it "
		    "is the gateway's\n", sha);
		break;
	case SRST_UNCOMPARED:
		out_text(c->out, "SHA-256 %s; no certificate is accepted "
		    "(srst fetch, srst accept)\n", sha);
		break;
	case SRST_SILENT:
		out_text(c->out, "no certificate: %s\n",
		    out_vis(l->seen.why, vis));
		break;
	case SRST_NSTATE:
		break;
	}
}

/* --- references --- */

json_t *
srst_json(const struct row_srst *r, int64_t phones)
{
	return json_pack("{s:s, s:o, s:i, s:o, s:i, s:i, s:b, s:o, s:o, s:o, "
	    "s:I}", "name", r->name, "address", out_str(r->address), "port",
	    (int)r->port, "sip_address", out_str(r->sip_address[0] != '\0' ?
	    r->sip_address : r->address), "sip_port", (int)r->sip_port,
	    "certificate_port", (int)r->cert_port, "secure", r->secure,
	    "accepted_sha256", sha_json(r->has_accepted, r->accepted),
	    "candidate_sha256", sha_json(r->has_candidate, r->candidate),
	    "changed_at", out_time(r->changed_at), "phones",
	    (json_int_t)phones);
}
