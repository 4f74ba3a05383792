/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See vouch_serial.h.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/store.h"
#include "trust/vouch_serial.h"

void
vouch_serials_forget(struct vouch_serials *s)
{
	for (size_t i = 0; i < VOUCH_SERIALS; i++)
		free(s->of[i].cert);
	*s = (struct vouch_serials){ .next = 0 };
}

const struct vouch_alike *
vouch_serials_get(const struct vouch_serials *s, const uint8_t *serial,
    size_t len)
{
	for (size_t i = 0; i < VOUCH_SERIALS; i++)
		if (s->of[i].n > 0 && s->of[i].seriallen == len &&
		    memcmp(s->of[i].serial, serial, len) == 0)
			return &s->of[i];
	return NULL;
}

void
vouch_serials_put(struct vouch_serials *s, const uint8_t *serial, size_t len,
    const struct row_cert *rows, size_t n)
{
	struct vouch_alike *a = &s->of[s->next];
	struct vouch_alike_cert *c;

	if (n < VOUCH_SERIAL_MANY || len > sizeof(a->serial) ||
	    (c = calloc(n, sizeof(*c))) == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		memcpy(c[i].sha256, rows[i].sha256, SHA256_LEN);
		c[i].issuer = store_name_key(rows[i].issuer);
		c[i].subject = store_name_key(rows[i].subject);
	}
	free(a->cert);
	*a = (struct vouch_alike){ .seriallen = len, .cert = c, .n = n };
	memcpy(a->serial, serial, len);
	s->next = (s->next + 1) % VOUCH_SERIALS;
}
