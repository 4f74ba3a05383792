/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates and their names in answers, see cert_json.h.
 */
#include <stdlib.h>

#include "ctltool/cert_json.h"

json_t *
cert_json(const struct cert *c)
{
	char *subject = cert_subject(c, CERT_NAME_SEMICOLON, NULL);
	char *issuer = cert_issuer(c, CERT_NAME_SEMICOLON, NULL);
	uint8_t sha256[DIGEST_SHA256_LEN];
	const uint8_t *serial;
	size_t len;
	json_t *j;

	serial = cert_serial(c, &len);
	cert_sha256(c, sha256);
	j = json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o}",
	    "subject", out_str(subject), "issuer", out_str(issuer),
	    "serial", out_hex(serial, len),
	    "key", key_type_name(cert_key_type(c)),
	    "not_before", out_time(cert_not_before(c)),
	    "not_after", out_time(cert_not_after(c)),
	    "sha256", out_hex(sha256, sizeof(sha256)));
	free(subject);
	free(issuer);
	return j;
}

json_t *
cert_json_names(const struct san_set *s)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < s->n; i++)
		if (json_array_append_new(list, out_str(s->san[i].text)) !=
		    0) {
			json_decref(list);
			return NULL;
		}
	return list;
}
