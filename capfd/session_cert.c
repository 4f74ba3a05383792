/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The certificate: stored, fetched or deleted.  See session.h.
 */
#include <stdlib.h>
#include <string.h>

#include "capfd/session_part.h"
#include "certs/cert.h"

/* der is copied. */
static bool
hold_der(struct session *s, const uint8_t *der, size_t len)
{
	free(s->der);
	s->derlen = 0;
	if ((s->der = malloc(len)) == NULL)
		return false;
	memcpy(s->der, der, len);
	s->derlen = len;
	return true;
}

void
session_issued(struct session *s, const uint8_t *der, size_t len,
    const struct session_now *now, struct session_do *d)
{
	struct err e = { 0 };

	if (der == NULL) {	/* it comes again, and the CA will have */
		session_say_why(s, "the CA has not issued yet");
		s->begun = false;
		session_end(s, CAPF_REASON_NONE, d);
	} else if (s->ops->trusted(s->arg, der, len, &e) != ERR_OK) {
		session_fail(s, e.msg, now, d);
	} else if (!hold_der(s, der, len)) {
		session_fail(s, "out of memory", now, d);
	} else {
		session_ask(s, WIRE_ISSUED, SESSION_ISSUED, now, d);
	}
}

void
session_ca_refused(struct session *s, const char *why, struct session_do *d)
{
	session_say_why(s, why);
	s->begun = false;
	session_end(s, CAPF_REASON_DECLINED, d);
}

void
session_store(struct session *s, struct session_do *d)
{
	struct capf_msg m = { .command = CAPF_STORE_REQUEST,
	    .has_cert_type = true, .cert_type = CAPF_CERT_LSC,
	    .cert = { s->der, s->derlen } };

	session_read_next(s, &m, SESSION_STORE, d);
}

static void
ask_end(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	session_ask(s, WIRE_END, SESSION_ENDED, now, d);
	d->ask.ok = true;
	d->ask.mic = s->mic;
}

void
session_on_stored(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	if (m->has_reason && m->reason == CAPF_REASON_OK)
		ask_end(s, now, d);
	else
		session_fail_by_phone(s, m, "the phone did not store its certificate",
		    now, d);
}

/* An LSC has the device's name alone, a MIC that of the model before it. */
static bool
take_fetched(struct session *s, const struct capf_bytes *der, struct err *e)
{
	struct cert *c = cert_from_der(der->p, der->len, e);
	bool lsc, ret;

	if (c == NULL)
		return false;
	lsc = lsc_is_of(c, s->device, false);
	s->mic = !lsc && lsc_is_of(c, s->device, true);
	ret = (lsc || s->mic) && hold_der(s, der->p, der->len);
	if (!ret)
		(void)err_set(e, ERR_REFUSED, "the certificate it gave is "
		    "not of this device");
	cert_free(c);
	return ret;
}

void
session_on_fetched(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	struct err e = { 0 };

	if (!m->has_reason || m->reason != CAPF_REASON_OK ||
	    m->cert.p == NULL) {
		session_say_why(s, "the phone has no certificate to give");
		s->refused = true;
		session_tell_failed(s, now, d);
		session_end(s, CAPF_REASON_NONE, d);
	} else if (!take_fetched(s, &m->cert, &e)) {
		session_refuse(s, e.msg, now, d);
	} else {
		ask_end(s, now, d);
	}
}

void
session_on_deleted(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	if (m->has_reason && m->reason == CAPF_REASON_OK)
		ask_end(s, now, d);
	else
		session_fail_by_phone(s, m, "the phone did not delete its certificate",
		    now, d);
}
