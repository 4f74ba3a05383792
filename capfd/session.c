/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A session, see session.h.  The operation stays pending until its owner has
 * confirmed, whatever goes wrong here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "capfd/session.h"
#include "certs/cert.h"
#include "crypt/secret.h"

const char *const session_state_name[SESSION_N] = {
	[SESSION_AUTH] = "authentication", [SESSION_BEGUN] = "begun",
	[SESSION_KEY] = "key", [SESSION_REQUESTED] = "requested",
	[SESSION_CA] = "ca", [SESSION_ISSUED] = "issued",
	[SESSION_STORE] = "store", [SESSION_FETCH] = "fetch",
	[SESSION_DELETE] = "delete", [SESSION_ENDED] = "ended",
	[SESSION_OVER] = "over",
};

/* Where a session is, under the operator's eyes. */
static void
enter(struct session *s, enum session_state to)
{
	log_event(LOG_DEBUG, "capf.state", LOG_STR("peer", s->peer),
	    LOG_STR("device", s->device),
	    LOG_STR("from", session_state_name[s->state]),
	    LOG_STR("to", session_state_name[to]));
	s->state = to;
}

static void
say_why(struct session *s, const char *why)
{
	if (s->why[0] == '\0')
		(void)str_copy(s->why, sizeof(s->why), why);
}

/* --- what is to be done --- */

/* m to the phone; it cannot fail but for our own fault. */
static void
send_msg(struct session *s, struct capf_msg *m, struct session_do *d)
{
	struct err e = { 0 };

	m->session = s->id;
	if (capf_msg_build(m, d->out, &d->len, &e) != ERR_OK) {
		d->len = 0;
		say_why(s, e.msg);
	}
}

static void
read_next(struct session *s, struct capf_msg *m, enum session_state next,
    struct session_do *d)
{
	send_msg(s, m, d);
	enter(s, next);
	d->then = SESSION_READ;
	d->wait_ms = s->waits.reply;
}

static void
ask(struct session *s, enum wire_kind kind, const struct session_now *now,
    struct session_do *d)
{
	d->has_ask = true;
	d->ask = (struct wire_ask){ .kind = kind, .owner = s->task.owner,
	    .session = s->id, .now = now->s, .op = s->task.op,
	    .der = s->der, .derlen = s->derlen };
	memcpy(d->ask.spki, s->spki, sizeof(s->spki));
}

static void
ask_and_wait(struct session *s, enum wire_kind kind,
    enum session_state next, const struct session_now *now,
    struct session_do *d)
{
	ask(s, kind, now, d);
	enter(s, next);
	d->then = SESSION_ASK;
	d->wait_ms = s->waits.writer;
}

/* The last word. */
static void
end(struct session *s, enum capf_reason reason, struct session_do *d)
{
	struct capf_msg m = { .command = CAPF_END_SESSION,
	    .has_reason = true, .reason = (uint8_t)reason };

	s->reason = (uint8_t)reason;
	send_msg(s, &m, d);
	enter(s, SESSION_OVER);
	d->then = SESSION_END;
}

/* The writer is told of what it knows to be under way. */
static void
tell_failed(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	if (!s->begun)
		return;
	s->begun = false;
	ask(s, WIRE_END, now, d);
	d->ask.der = NULL;
	d->ask.derlen = 0;
	d->ask.refused = s->refused;
	(void)str_copy(d->ask.why, sizeof(d->ask.why), s->why);
}

static void
fail(struct session *s, const char *why, const struct session_now *now,
    struct session_do *d)
{
	say_why(s, why);
	tell_failed(s, now, d);
	end(s, CAPF_REASON_DECLINED, d);
}

/* The same, where the phone did what cannot go well. */
static void
refuse(struct session *s, const char *why, const struct session_now *now,
    struct session_do *d)
{
	s->refused = true;
	fail(s, why, now, d);
}

/* It said no itself. */
static void
fail_by_phone(struct session *s, const struct capf_msg *m, const char *what,
    const struct session_now *now, struct session_do *d)
{
	char why[128];

	(void)snprintf(why, sizeof(why), m->has_reason ? "%s, reason %u" :
	    "%s and gave no reason", what, m->reason);
	refuse(s, why, now, d);
}

void
session_begin(struct session *s, uint32_t id, struct session_do *d)
{
	struct capf_msg m = { .command = CAPF_AUTH_REQUEST,
	    .has_version = true, .version = CAPF_VERSION,
	    .has_auth_type = true };

	s->id = id;
	read_next(s, &m, SESSION_AUTH, d);
}

/* --- who it is --- */

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
		return "a version of the protocol above 3";
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

static void
on_hello(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	struct capf_hello h = { .session = s->id, .now = now->s };
	struct err e = { 0 };
	const char *why;

	if ((why = fault_of_hello(s, m, sizeof(h.device) - 1)) != NULL) {
		fail(s, why, now, d);
		return;
	}
	if (!take_proof(s, m, &h, &e)) {
		fail(s, e.msg, now, d);
		return;
	}
	(void)str_copy(h.device, sizeof(h.device), s->device);
	(void)str_copy(h.address, sizeof(h.address), s->peer);
	take_string(h.string, sizeof(h.string), &m->password);
	ask_and_wait(s, WIRE_BEGIN, SESSION_BEGUN, now, d);
	d->ask.hello = h;
	secret_wipe(h.string, sizeof(h.string));
}

/* --- keys --- */

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
	read_next(s, &m, SESSION_KEY, d);
}

/* EC only from who knows of it. */
static void
begin_install(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	enum key_type t = s->task.key;

	if (!key_type_is_rsa(t) && s->version < 3)
		t = s->task.backup;
	if (!key_type_is_rsa(t) && s->version < 3)
		fail(s, "an EC key is wanted, and the phone's version of the "
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
		fail_by_phone(s, m, "the phone made no key", now, d);
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

static void
on_key(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	bool elsewhere = s->ops->request != NULL;
	struct lsc_key *k = NULL;
	struct err e = { 0 };
	int ret;

	if (m->spki.p == NULL) {
		no_key(s, m, now, d);
		return;
	}
	if ((k = take_key(s, &m->spki, &e)) == NULL) {
		refuse(s, e.msg, now, d);
		return;
	}
	ret = (elsewhere ? s->ops->request : s->ops->issue)(s->arg,
	    &s->task.owner, k, &s->der, &s->derlen, &e);
	if (ret != ERR_OK)
		fail(s, e.msg, now, d);
	else if (elsewhere)
		ask_and_wait(s, WIRE_REQUEST, SESSION_REQUESTED, now, d);
	else
		ask_and_wait(s, WIRE_ISSUED, SESSION_ISSUED, now, d);
	lsc_key_free(k);
}

/* Any number of them, within the time that a key may take. */
static void
on_progress(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	int64_t left = s->key_until_ms - now->ms;

	if (left <= 0) {
		fail(s, "the phone took longer for its key than "
		    "capf.key_generation_minutes", now, d);
		return;
	}
	d->then = SESSION_READ;
	d->wait_ms = left < s->waits.progress ? left : s->waits.progress;
}

/* --- certificates --- */

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
	if (der == NULL) {	/* it comes again, and the CA will have */
		say_why(s, "the CA has not issued yet");
		s->begun = false;
		end(s, CAPF_REASON_NONE, d);
	} else if (!hold_der(s, der, len)) {
		fail(s, "out of memory", now, d);
	} else {
		ask_and_wait(s, WIRE_ISSUED, SESSION_ISSUED, now, d);
	}
}

static void
store(struct session *s, struct session_do *d)
{
	struct capf_msg m = { .command = CAPF_STORE_REQUEST,
	    .has_cert_type = true, .cert_type = CAPF_CERT_LSC,
	    .cert = { s->der, s->derlen } };

	read_next(s, &m, SESSION_STORE, d);
}

static void
ask_end(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	ask_and_wait(s, WIRE_END, SESSION_ENDED, now, d);
	d->ask.ok = true;
	d->ask.mic = s->mic;
}

static void
on_stored(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	if (m->has_reason && m->reason == CAPF_REASON_OK)
		ask_end(s, now, d);
	else
		fail_by_phone(s, m, "the phone did not store its certificate",
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

static void
on_fetched(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	struct err e = { 0 };

	if (!m->has_reason || m->reason != CAPF_REASON_OK ||
	    m->cert.p == NULL) {
		say_why(s, "the phone has no certificate to give");
		s->refused = true;
		tell_failed(s, now, d);
		end(s, CAPF_REASON_NONE, d);
	} else if (!take_fetched(s, &m->cert, &e)) {
		refuse(s, e.msg, now, d);
	} else {
		ask_end(s, now, d);
	}
}

static void
on_deleted(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	if (m->has_reason && m->reason == CAPF_REASON_OK)
		ask_end(s, now, d);
	else
		fail_by_phone(s, m, "the phone did not delete its certificate",
		    now, d);
}

/* --- messages --- */

static void
note_tags(struct session *s, const struct capf_msg *m)
{
	size_t at = strlen(s->tags);

	for (size_t i = 0; i < m->nunknown && at + 5 < sizeof(s->tags); i++)
		at += (size_t)snprintf(s->tags + at, sizeof(s->tags) - at,
		    at > 0 ? ",%u" : "%u", m->unknown[i]);
}

static void
unexpected(struct session *s, const struct capf_msg *m,
    const struct session_now *now, struct session_do *d)
{
	char why[96];

	(void)snprintf(why, sizeof(why), "%s in state %s",
	    capf_command_name(m->command), session_state_name[s->state]);
	refuse(s, why, now, d);
}

typedef void	message_fn(struct session *s, const struct capf_msg *m,
		    const struct session_now *now, struct session_do *d);

/* What the phone is expected to say; the others wait for others. */
static const struct {
	enum capf_command	 command;	/* 0: nothing */
	message_fn		*fn;
} expected[SESSION_N] = {
	[SESSION_AUTH]	= { CAPF_AUTH_RESPONSE, on_hello },
	[SESSION_KEY]	= { CAPF_KEY_RESPONSE, on_key },
	[SESSION_STORE]	= { CAPF_STORE_RESPONSE, on_stored },
	[SESSION_FETCH]	= { CAPF_FETCH_RESPONSE, on_fetched },
	[SESSION_DELETE] = { CAPF_DELETE_RESPONSE, on_deleted },
};

static void
undone(struct session_do *d)
{
	uint8_t *out = d->out;

	*d = (struct session_do){ .out = out };
}

void
session_message(struct session *s, const uint8_t *buf, size_t len,
    const struct session_now *now, struct session_do *d)
{
	struct err e = { 0 };
	struct capf_msg m;

	undone(d);
	if (s->state == SESSION_OVER) {
		d->then = SESSION_END;
		return;
	}
	if (capf_msg_parse(&m, buf, len, &e) != ERR_OK) {
		refuse(s, e.msg, now, d);
		return;
	}
	note_tags(s, &m);
	if (m.session != s->id)
		refuse(s, "the id of another session", now, d);
	else if (s->state == SESSION_KEY && m.command == CAPF_IN_PROGRESS)
		on_progress(s, now, d);
	else if (expected[s->state].fn == NULL ||
	    m.command != expected[s->state].command)
		unexpected(s, &m, now, d);
	else
		expected[s->state].fn(s, &m, now, d);
}

/* --- answers of the writer --- */

static void
begin_task(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	struct capf_msg fetch = { .command = CAPF_FETCH_REQUEST };
	struct capf_msg delete = { .command = CAPF_DELETE_REQUEST };

	s->begun = true;
	switch (s->task.op) {
	case CAPF_OP_NONE:
		fail(s, "nothing to do", now, d);
		break;
	case CAPF_OP_INSTALL:
		if (s->task.ready != NULL)
			session_issued(s, s->task.ready, s->task.readylen,
			    now, d);
		else
			begin_install(s, now, d);
		break;
	case CAPF_OP_FETCH:
		read_next(s, &fetch, SESSION_FETCH, d);
		break;
	case CAPF_OP_DELETE:
		read_next(s, &delete, SESSION_DELETE, d);
		break;
	}
}

/* The task is the session's from now on. */
static void
on_begun(struct session *s, const struct wire_answer *a,
    const struct session_now *now, struct session_do *d)
{
	s->task = a->task;
	say_why(s, s->task.why);
	switch (s->task.answer) {
	case CAPF_GO:
		s->why[0] = '\0';
		begin_task(s, now, d);
		break;
	case CAPF_NOTHING:
		s->ok = true;
		end(s, CAPF_REASON_NONE, d);
		break;
	case CAPF_DECLINED:
		end(s, CAPF_REASON_DECLINED, d);
		break;
	case CAPF_NO_DEVICE:
		end(s, CAPF_REASON_NO_DEVICE, d);
		break;
	}
}

/* The request waits for its CA; so does the phone, for a while. */
static void
on_requested(struct session *s, const struct session_now *now,
    struct session_do *d)
{
	if (s->waits.ca <= 0) {
		enter(s, SESSION_CA);
		session_issued(s, NULL, 0, now, d);
		return;
	}
	enter(s, SESSION_CA);
	d->then = SESSION_WAIT;
	d->wait_ms = s->waits.ca;
}

/* What the phone gave cannot be had: that is its failure, and is told.  Where
 * the writer could not, the operation goes on. */
static void
answered_no(struct session *s, const struct wire_answer *a,
    const struct session_now *now, struct session_do *d)
{
	if (s->state == SESSION_BEGUN) {
		s->begun = false;
		fail(s, a->why, now, d);
	} else if (a->code == ERR_REFUSED || a->code == ERR_EXISTS) {
		refuse(s, a->why, now, d);
	} else {
		if (s->state == SESSION_ENDED)
			s->begun = false;
		fail(s, a->why, now, d);
	}
}

void
session_answer(struct session *s, const struct wire_answer *a,
    const struct session_now *now, struct session_do *d)
{
	undone(d);
	if (s->gone) {
		s->task = a->task;
		s->begun = a->code == ERR_OK && a->task.answer == CAPF_GO;
		tell_failed(s, now, d);
		enter(s, SESSION_OVER);
		d->then = SESSION_END;
		return;
	}
	if (a->code != ERR_OK) {
		answered_no(s, a, now, d);
		return;
	}
	switch (s->state) {
	case SESSION_BEGUN:
		on_begun(s, a, now, d);
		return;
	case SESSION_REQUESTED:
		on_requested(s, now, d);
		return;
	case SESSION_ISSUED:
		store(s, d);
		return;
	case SESSION_ENDED:
		s->begun = false;
		s->ok = true;
		end(s, s->task.op == CAPF_OP_FETCH ? CAPF_REASON_NONE :
		    CAPF_REASON_OK, d);
		return;
	case SESSION_AUTH:
	case SESSION_KEY:
	case SESSION_CA:
	case SESSION_STORE:
	case SESSION_FETCH:
	case SESSION_DELETE:
	case SESSION_OVER:
		break;
	case SESSION_N:
		break;
	}
	abort();	/* nothing was asked */
}

void
session_gone(struct session *s, const char *why,
    const struct session_now *now, struct session_do *d)
{
	undone(d);
	d->then = SESSION_END;
	if (s->state == SESSION_OVER)
		return;
	say_why(s, why);
	if (s->state == SESSION_BEGUN) {	/* see session_answer */
		s->gone = true;
		d->then = SESSION_ASK;
		return;
	}
	if (s->state != SESSION_ENDED)	/* the phone had confirmed */
		tell_failed(s, now, d);
	enter(s, SESSION_OVER);
}

void
session_clear(struct session *s)
{
	free(s->der);
	s->der = NULL;
	capf_task_clear(&s->task);
}
