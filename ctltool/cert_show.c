/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See cert_show.h.
 */
#include <stdlib.h>

#include "base/str.h"
#include "ctltool/cert_show.h"
#include "ctltool/show_list.h"

json_t *
cert_fingerprint_json(const struct cert *cert, enum digest_alg alg)
{
	uint8_t d[DIGEST_MAX];

	if (cert_fingerprint(cert, alg, d, NULL) != ERR_OK)
		return NULL;
	return out_hex(d, digest_len(alg));
}

void
cert_show_fingerprint(struct ctl *c, const struct cert *cert,
    enum digest_alg alg)
{
	char text[3 * DIGEST_MAX + 1];
	uint8_t d[DIGEST_MAX];

	if (cert_fingerprint(cert, alg, d, NULL) != ERR_OK)
		return;
	show_colons(d, digest_len(alg), true, text, sizeof(text));
	out_text(c->out, "Fingerprint (%s): %s\n", digest_name(alg), text);
}

static json_t *
uses_json(const struct cert_use *uses, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, out_str(uses[i].what));
	return list;
}

static json_t *
cert_json(const struct cert *cert, const char *text, const char *pem,
    const struct cert_use *uses, size_t nuses, size_t all)
{
	const uint8_t *serial;
	char *subject, *issuer;
	size_t len;
	json_t *j;

	subject = cert_subject(cert, CERT_NAME_SEMICOLON, NULL);
	issuer = cert_issuer(cert, CERT_NAME_SEMICOLON, NULL);
	serial = cert_serial(cert, &len);
	j = json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, "
	    "s:I, s:o, s:o}", "subject", out_str(subject), "issuer",
	    out_str(issuer), "serial", out_hex(serial, len),
	    "key", key_type_name(cert_key_type(cert)),
	    "not_before", out_time(cert_not_before(cert)),
	    "not_after", out_time(cert_not_after(cert)),
	    "md5", cert_fingerprint_json(cert, DIGEST_MD5),
	    "sha1", cert_fingerprint_json(cert, DIGEST_SHA1),
	    "sha256", cert_fingerprint_json(cert, DIGEST_SHA256),
	    "used_by", uses_json(uses, nuses),
	    "used_by_count", (json_int_t)all,
	    "text", text != NULL ? json_string(text) : json_null(),
	    "pem", json_string(pem));
	free(subject);
	free(issuer);
	return j;
}

static void
put_uses(struct ctl *c, const struct cert_use *uses, size_t n, size_t all)
{
	char vis[OUT_VIS_MAX];

	out_text(c->out, "Used by:%s\n", all == 0 ? " nothing" : "");
	for (size_t i = 0; i < n; i++)
		out_text(c->out, "  %s\n", out_vis(uses[i].what, vis));
	if (all > n)
		out_text(c->out, "  and %zu more\n", all - n);
}

int
cert_show(struct ctl *c, const struct cert *cert,
    const struct cert_use *uses, size_t nuses, size_t all, json_t *j,
    struct err *e)
{
	char *pem, *text = NULL;
	json_t *values;
	int ret = ERR_NOMEM;

	if ((pem = cert_to_pem(cert, e)) == NULL)
		goto out;
	if (cmd_has(c->line, "--pem")) {
		out_puts(c->out, pem);
	} else {
		if ((text = cert_text(cert, e)) == NULL)
			goto out;
		out_text(c->out, "%s%s", text,
		    str_ends(text, "\n") ? "" : "\n");
		cert_show_fingerprint(c, cert, DIGEST_MD5);
		cert_show_fingerprint(c, cert, DIGEST_SHA1);
		cert_show_fingerprint(c, cert, DIGEST_SHA256);
		put_uses(c, uses, nuses, all);
		out_puts(c->out, pem);
	}
	values = cert_json(cert, text, pem, uses, nuses, all);
	if (j != NULL && json_object_update(j, values) == 0) {
		out_result(c->out, j);
		j = NULL;
	}
	json_decref(values);
	ret = j == NULL ? ERR_OK : err_set(e, ERR_NOMEM, "certificate");
out:
	json_decref(j);
	free(pem);
	free(text);
	return ret;
}
