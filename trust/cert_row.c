/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates and their rows, see cert_row.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/cert_row.h"

int
cert_row_put(struct db *db, const struct cert *c, struct err *e)
{
	struct row_cert row = {
		.not_before = cert_not_before(c),
		.not_after = cert_not_after(c),
	};
	const uint8_t *der, *serial, *ski;
	size_t skilen = 0;
	int ret;

	cert_sha256(c, row.sha256);
	cert_key_id(c, row.key_id);
	der = cert_der(c, &row.derlen);
	serial = cert_serial(c, &row.seriallen);
	ski = cert_ski(c, &skilen);
	if (row.seriallen > sizeof(row.serial) || skilen > sizeof(row.ski))
		return err_set(e, ERR_LIMIT, "serial number or key identifier "
		    "of a certificate is too long");
	memcpy(row.serial, serial, row.seriallen);
	if (ski != NULL) {
		memcpy(row.ski, ski, skilen);
		row.skilen = skilen;
	}
	row.subject = cert_subject(c, CERT_NAME_SEMICOLON, e);
	row.issuer = cert_issuer(c, CERT_NAME_SEMICOLON, e);
	if (row.subject == NULL || row.issuer == NULL)
		ret = err_wrap(e, "certificate");
	else if ((row.der = malloc(row.derlen)) == NULL)
		ret = err_set(e, ERR_NOMEM, "certificate");
	else {
		memcpy(row.der, der, row.derlen);
		ret = row_cert_put(db, &row, e);
	}
	row_cert_clear(&row);
	return ret;
}

struct cert *
cert_row_get(struct db *db, const uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct row_cert row = { .der = NULL };
	struct cert *c = NULL;

	if (row_cert_get(db, sha256, &row, e) == ERR_OK)
		c = cert_from_der(row.der, row.derlen, e);
	row_cert_clear(&row);
	return c;
}
