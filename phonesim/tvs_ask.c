/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions to TVS as messages, see tvs_ask.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "phonesim/tvs_ask.h"

/* As a model that has TVS; the server takes it for a name, no more. */
#define DEVICE_MODEL	"CP-8861-"

static struct tvs_bytes
bytes_of(const char *s)
{
	return (struct tvs_bytes){ (const uint8_t *)s, strlen(s) };
}

int
tvs_ask_build(const struct accept_question *q, const char *device,
    uint32_t session, uint8_t buf[TVS_MSG_MAX], size_t *n, struct err *e)
{
	char name[sizeof(DEVICE_MODEL) + DEVICE_NAME_MAX];
	struct tvs_msg m = { .session = session };

	(void)snprintf(name, sizeof(name), "%s%.*s", DEVICE_MODEL,
	    DEVICE_NAME_MAX, device);
	m.device = bytes_of(strlen(name) <= TVS_DEVICE_MAX ? name : device);
	if (q->der != NULL) {
		m.command = TVS_VERIFY_REQUEST;
		m.der = (struct tvs_bytes){ q->der, q->derlen };
	} else {
		m.command = TVS_QUERY_REQUEST;
		m.subject = bytes_of(q->subject);
		m.issuer = bytes_of(q->issuer);
		m.serial = (struct tvs_bytes){ q->serial, q->seriallen };
	}
	return tvs_msg_build(&m, buf, n, e);
}

int
tvs_ask_read(const struct accept_question *q, uint32_t session,
    const uint8_t *buf, size_t len, struct tvs_msg *m, struct err *e)
{
	bool verify = q->der != NULL;
	int ret;

	if ((ret = tvs_msg_parse(m, buf, len, e)) != ERR_OK)
		return ret;
	if (m->command != (verify ? TVS_VERIFY_ANSWER : TVS_QUERY_ANSWER) ||
	    m->session != session)
		return err_set(e, ERR_PROTO, "the answer is to another "
		    "question");
	if (!verify && m->status == TVS_VALID && m->der.len == 0)
		return err_set(e, ERR_PROTO, "a valid answer without the "
		    "certificate");
	return ERR_OK;
}

void
tvs_ask_about(const struct accept_question *q, char *out, size_t outlen)
{
	char *name = NULL;
	struct cert *c;

	if (q->der == NULL) {
		str_visible(q->subject, strlen(q->subject), out, outlen);
		return;
	}
	if ((c = cert_from_der(q->der, q->derlen, NULL)) != NULL)
		name = cert_subject(c, CERT_NAME_SEMICOLON, NULL);
	if (name != NULL)
		str_visible(name, strlen(name), out, outlen);
	else
		(void)snprintf(out, outlen, "a certificate");
	free(name);
	cert_free(c);
}

void
tvs_ask_address(const struct config_server *t, char out[ACCEPT_FROM_MAX])
{
	char vis[ACCEPT_FROM_MAX - sizeof("[]:65535")];

	str_visible(t->address, strlen(t->address), vis, sizeof(vis));
	(void)snprintf(out, ACCEPT_FROM_MAX, strchr(vis, ':') != NULL &&
	    vis[0] != '[' ? "[%s]:%u" : "%s:%u", vis, t->port);
}
