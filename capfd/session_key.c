/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The key of an installation.  See session.h.
 */
#include "capfd/session_part.h"

static uint16_t
rsa_bits(enum key_type t)
{
	switch (t) {
	case KEY_RSA1024:
		return 1024;
	case KEY_RSA2048:
		return 2048;
	case KEY_RSA3072:
		return 3072;
	case KEY_RSA4096:
		return 4096;
	default:
		return 0;
	}
}

/* Version 2 was seen to be asked without kind (spec/capf.md section 7). */
static void
ask_for_key(struct session *s, enum key_type t, const struct session_now *now,
    struct session_do *d)
{
	struct capf_msg m = { .command = CAPF_KEY_REQUEST };

	if (key_type_is_rsa(t)) {
		m.has_key_bits = true;
		m.key_bits = rsa_bits(t);
		m.has_key_type = s->version >= 3;
	} else {
		m.has_key_type = true;
		m.key_type = 1;
		m.has_curve = true;
		m.curve = (uint8_t)(t - KEY_EC256);
	}
	s->asked = t;
	s->key_until_ms = now->ms + s->waits.key;
	session_read_next(s, &m, SESSION_KEY, d);
}

/* EC only from who knows of it. */
void
session_install(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	enum key_type t = s->task.key;

	if (!key_type_is_rsa(t) && s->version < 3)
		t = s->task.backup;
	if (!key_type_is_rsa(t) && s->version < 3)
		session_fail(s, "an EC key is wanted, and the phone's version of the "
		    "protocol has none: set Key Order to one with RSA", now,
		    d);
	else
		ask_for_key(s, t, now, d);
}

/* It did not make the key.  EC may have another chance. */
static void
no_key(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	if (s->asked != s->task.backup && !key_type_is_rsa(s->asked) &&
	    key_type_is_rsa(s->task.backup))
		ask_for_key(s, s->task.backup, now, d);
	else
		session_fail_by_phone(s, m, "the phone made no key", now, d);
}

/* NULL with e filled. */
static struct lsc_key *
take_key(struct session *s, const struct capf_bytes *spki, struct err *e)
{
	struct lsc_key *k = lsc_key_from_spki(spki->p, spki->len, e);

	if (k == NULL)
		return NULL;
	if (lsc_key_type(k) == s->asked) {
		lsc_key_id(k, s->spki);
		return k;
	}
	(void)err_set(e, ERR_REFUSED, "a key of type %s was asked for, the "
	    "phone made one of type %s", key_type_name(s->asked),
	    key_type_name(lsc_key_type(k)));
	lsc_key_free(k);
	return NULL;
}

/* CAPF was promoted so soon after its key was made that the next signer, which
 * has it, is still on its way. */
static void
wait_for_signer(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	if (s->state != SESSION_SIGNER) {
		s->signer_until_ms = now->ms + s->waits.signer;
		session_enter(s, SESSION_SIGNER);
	}
	if (now->ms >= s->signer_until_ms) {
		session_fail(s, "the key of the CAPF certificate that was "
		    "made active did not come in time", now, d);
		return;
	}
	d->then = SESSION_WAIT;
	d->wait_ms = s->signer_until_ms - now->ms;
}

/* The certificate over its key, or the request for one. */
void
session_sign(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	bool elsewhere = s->ops->request != NULL;
	struct err e = { 0 };
	int ret = (elsewhere ? s->ops->request : s->ops->issue)(s->arg,
	    &s->task.owner, s->key, &s->der, &s->derlen, &e);

	if (ret == ERR_NOTFOUND) {
		wait_for_signer(s, now, d);
		return;
	}
	lsc_key_free(s->key);
	s->key = NULL;
	if (ret != ERR_OK)
		session_fail(s, e.msg, now, d);
	else if (elsewhere)
		session_ask(s, WIRE_REQUEST, SESSION_REQUESTED, now, d);
	else
		session_ask(s, WIRE_ISSUED, SESSION_ISSUED, now, d);
}

void
session_on_key(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	struct err e = { 0 };

	if (m->spki.p == NULL)
		no_key(s, m, now, d);
	else if ((s->key = take_key(s, &m->spki, &e)) == NULL)
		session_refuse(s, e.msg, now, d);
	else
		session_sign(s, now, d);
}

/* Any number of them, within the time that a key may take. */
void
session_on_progress(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	int64_t left = s->key_until_ms - now->ms;

	if (left <= 0) {
		session_fail(s, "the phone took longer for its key than "
		    "capf.key_generation_minutes", now, d);
		return;
	}
	d->then = SESSION_READ;
	d->wait_ms = left < s->waits.progress ? left : s->waits.progress;
}
