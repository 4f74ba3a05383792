/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who a phone says it is, and what it shows for that.  See session.h.
 */
#include <string.h>

#include "base/str.h"
#include "capfd/session_part.h"
#include "crypt/secret.h"

/* What goes to rows and the log; names are shorter than CAPF_DEVICE_MAX. */
static bool
take_device(struct session *s, const struct capf_bytes *b, size_t max)
{
	if (b->len == 0 || b->len > max)
		return false;
	for (size_t i = 0; i < b->len; i++)
		if (b->p[i] <= ' ' || b->p[i] > '~')
			return false;
	memcpy(s->device, b->p, b->len);
	s->device[b->len] = '\0';
	str_device_fold(s->device);
	return true;
}

/* What no string of ours can be is a wrong one, and no missing one. */
static void
take_string(char *to, size_t size, const struct capf_bytes *b)
{
	bool fits = b->len < size;

	for (size_t i = 0; i < b->len && fits; i++)
		fits = b->p[i] >= ' ' && b->p[i] <= '~';
	if (!fits)
		(void)str_copy(to, size, "?");
	else if (b->len > 0)
		memcpy(to, b->p, b->len);
}

/* NULL: it may go on. */
static const char *
fault_of_hello(struct session *s, const struct capf_msg *m, size_t max)
{
	s->version = m->has_version ? m->version : 1;
	if (!m->has_device)
		return "no device name";
	if (!take_device(s, &m->device, max))
		return "no name of a device";
	if (s->version == 0 || s->version > CAPF_VERSION)
		return s->version == 0 ? "version 0 of the protocol" :
		    "a version of the protocol above 3";
	if (m->has_reason && m->reason != CAPF_REASON_OK)
		return "the phone says that it cannot";
	return NULL;
}

/*
 * A certificate that proves nothing may not be needed: the writer decides, by
 * how this phone is to prove itself.  One that it misuses ends the session.
 */
static bool
take_proof(struct session *s, const struct capf_msg *m, struct capf_hello *h,
    struct err *e)
{
	int ret;

	if (m->cert.p == NULL)
		return true;
	if ((ret = s->ops->prove(s->arg, m, s->id, h, e)) == ERR_OK)
		return true;
	if (ret != ERR_REFUSED)
		return false;
	h->proof = CAPF_PROOF_NONE;
	(void)str_copy(h->unproved, sizeof(h->unproved), e->msg);
	return true;
}

void
session_on_hello(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	struct capf_hello h = { .session = s->id, .now = now->s };
	struct err e = { 0 };
	const char *why;

	if ((why = fault_of_hello(s, m, sizeof(h.device) - 1)) != NULL) {
		session_fail(s, why, now, d);
		return;
	}
	if (!take_proof(s, m, &h, &e)) {
		session_fail(s, e.msg, now, d);
		return;
	}
	(void)str_copy(h.device, sizeof(h.device), s->device);
	(void)str_copy(h.address, sizeof(h.address), s->peer);
	take_string(h.string, sizeof(h.string), &m->password);
	session_ask(s, WIRE_BEGIN, SESSION_BEGUN, now, d);
	d->ask.hello = h;
	secret_wipe(h.string, sizeof(h.string));
}
