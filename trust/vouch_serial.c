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

static const struct vouch_alike *
take(struct vouch_serials *s, const uint8_t *serial, size_t len,
    struct vouch_alike_cert *cert, size_t n)
{
	struct vouch_alike *a = &s->of[s->next];

	free(a->cert);
	*a = (struct vouch_alike){ .seriallen = len, .cert = cert, .n = n };
	memcpy(a->serial, serial, len);
	s->next = (s->next + 1) % VOUCH_SERIALS;
	return a;
}

void
vouch_serials_put(struct vouch_serials *s, const uint8_t *serial, size_t len,
    const struct row_cert *rows, size_t n)
{
	struct vouch_alike_cert *c;

	if (n < VOUCH_SERIAL_MANY || len > sizeof(s->of[0].serial) ||
	    (c = calloc(n, sizeof(*c))) == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		memcpy(c[i].sha256, rows[i].sha256, SHA256_LEN);
		c[i].issuer = store_name_key(rows[i].issuer);
		c[i].subject = store_name_key(rows[i].subject);
	}
	(void)take(s, serial, len, c, n);
}

/* --- so many that they are not read whole --- */

struct names {
	struct vouch_alike_cert	*cert;
	size_t			 n, room;
};

static int
add_name(void *arg, const uint8_t sha256[SHA256_LEN], const char *subject,
    const char *issuer, struct err *e)
{
	struct names *l = arg;
	size_t room = l->room > 0 ? 2 * l->room : 4096;
	struct vouch_alike_cert *c;

	if (l->n == l->room) {
		if ((c = reallocarray(l->cert, room, sizeof(*c))) == NULL)
			return err_set(e, ERR_NOMEM, "certificates");
		l->cert = c;
		l->room = room;
	}
	c = &l->cert[l->n++];
	memcpy(c->sha256, sha256, sizeof(c->sha256));
	c->subject = store_name_key(subject);
	c->issuer = store_name_key(issuer);
	return ERR_OK;
}

int
vouch_serials_read(struct vouch_serials *s, struct db *db,
    const uint8_t *serial, size_t len, const struct vouch_alike **a,
    struct err *e)
{
	struct names l = { .n = 0 };
	int ret;

	if (len > sizeof(s->of[0].serial))
		return err_set(e, ERR_LIMIT, "a serial number of %zu bytes",
		    len);
	if ((ret = row_cert_names_by_serial(db, serial, len,
	    VOUCH_SERIAL_MAX, add_name, &l, e)) == ERR_OK)
		*a = take(s, serial, len, l.cert, l.n);
	else
		free(l.cert);
	return ret;
}
