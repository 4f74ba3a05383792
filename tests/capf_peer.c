/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A CAPF server as a function, see capf_peer.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/capf_peer.h"
#include "tests/certs_data.h"

#define LSC_FROM	1790000000
#define LSC_UNTIL	1890000000

void
capf_peer_open(struct capf_peer *p)
{
	struct err e = { 0 };

	*p = (struct capf_peer){ .op = PEER_INSTALL, .key = KEY_EC256,
	    .session = 0x10203040 };
	p->ca = data_cert("capf");
	p->signer = data_signer();
	p->issuer = lsc_issuer_new(p->ca, p->signer, &e);
	ck_assert_msg(p->issuer != NULL, "%s", e.msg);
}

void
capf_peer_close(struct capf_peer *p)
{
	cert_free(p->lsc);
	cert_free(p->shown);
	lsc_issuer_free(p->issuer);
	signer_free(p->signer);
	cert_free(p->ca);
}

static size_t
build(struct capf_peer *p, struct capf_msg *m, uint8_t *out)
{
	struct err e = { 0 };
	size_t n;

	m->session = p->session;
	ck_assert_msg(capf_msg_build(m, out, &n, &e) == ERR_OK, "%s", e.msg);
	return n;
}

size_t
capf_peer_begin(struct capf_peer *p, uint8_t *out)
{
	struct capf_msg m = { .command = CAPF_AUTH_REQUEST,
	    .has_version = true, .version = CAPF_VERSION,
	    .has_auth_type = true };

	p->sessions++;
	p->session++;
	p->state = PEER_AUTH;
	p->in_progress = 0;
	p->sudi = false;
	p->why[0] = '\0';
	return build(p, &m, out);
}

static bool
end(struct capf_peer *p, uint8_t reason, const char *why, uint8_t *out,
    size_t *n)
{
	struct capf_msg m = { .command = CAPF_END_SESSION,
	    .has_reason = true, .reason = reason };

	(void)snprintf(p->why, sizeof(p->why), "%s", why);
	*n = build(p, &m, out);
	return true;
}

/* Why not, or NULL. */
static const char *
check_auth(struct capf_peer *p, const struct capf_msg *m, struct err *e)
{
	if (!m->has_device || m->device.len > CAPF_DEVICE_MAX)
		return "no name";
	memcpy(p->device, m->device.p, m->device.len);
	p->device[m->device.len] = '\0';
	p->version = m->has_version ? m->version : 0;
	p->sudi = m->sudi_cert.p != NULL;
	if (p->string != NULL && (m->password.len != strlen(p->string) ||
	    memcmp(m->password.p, p->string, m->password.len) != 0))
		return "another string";
	if (!p->wants_cert)
		return NULL;
	if (m->cert.p == NULL)
		return "no certificate";
	cert_free(p->shown);
	p->shown = cert_from_der(m->cert.p, m->cert.len, e);
	if (p->shown == NULL || capf_msg_verify(m, p->shown, p->session,
	    false, e) != ERR_OK)
		return e->msg;
	return lsc_is_of(p->shown, p->device, true) ? NULL :
	    "another phone's certificate";
}

static bool
ask_key(struct capf_peer *p, uint8_t *out, size_t *n)
{
	struct capf_msg m = { .command = CAPF_KEY_REQUEST,
	    .has_key_type = true };

	switch (p->key) {
	case KEY_EC256:
	case KEY_EC384:
	case KEY_EC521:
		m.key_type = 1;
		m.has_curve = true;
		m.curve = (uint8_t)(p->key - KEY_EC256);
		break;
	case KEY_RSA1024:
		m.key_bits = 1024;
		break;
	case KEY_RSA3072:
		m.key_bits = 3072;
		break;
	case KEY_OTHER:
		m.key_bits = 512;
		break;
	default:
		m.key_bits = 2048;
	}
	m.has_key_bits = m.key_bits > 0;
	*n = build(p, &m, out);
	return false;
}

static bool
begin_work(struct capf_peer *p, uint8_t *out, size_t *n)
{
	struct capf_msg m = { 0 };

	p->state = PEER_WORK;
	switch (p->op) {
	case PEER_NOTHING:
		return end(p, CAPF_REASON_NONE, "", out, n);
	case PEER_INSTALL:
		return ask_key(p, out, n);
	case PEER_FETCH:
		m.command = CAPF_FETCH_REQUEST;
		break;
	case PEER_DELETE:
		m.command = CAPF_DELETE_REQUEST;
		break;
	}
	*n = build(p, &m, out);
	return false;
}

static bool
issue(struct capf_peer *p, const struct capf_msg *m, uint8_t *out, size_t *n)
{
	struct lsc_spec s = { .device = p->device, .not_before = LSC_FROM,
	    .not_after = LSC_UNTIL, .serial = { 7 } };
	struct capf_msg store = { .command = CAPF_STORE_REQUEST,
	    .has_cert_type = true, .cert_type = CAPF_CERT_LSC };
	struct err e = { 0 };
	struct lsc_key *k;
	uint8_t *der, *spki;
	size_t len;

	s.serial[15] = (uint8_t)p->sessions;
	if ((k = lsc_key_from_spki(m->spki.p, m->spki.len, &e)) == NULL)
		return end(p, CAPF_REASON_DECLINED, e.msg, out, n);
	if (lsc_key_type(k) != p->key) {
		lsc_key_free(k);
		return end(p, CAPF_REASON_DECLINED, "another key", out, n);
	}
	if (p->other_key) {
		struct key *own = data_key("capf");

		lsc_key_free(k);
		ck_assert_int_eq(key_spki(own, &spki, &len, NULL), ERR_OK);
		k = lsc_key_from_spki(spki, len, &e);
		free(spki);
		key_free(own);
	}
	ck_assert_msg(lsc_issue(p->issuer, &s, k, &der, &len, &e) == ERR_OK,
	    "%s", e.msg);
	lsc_key_free(k);
	cert_free(p->lsc);
	ck_assert_ptr_nonnull(p->lsc = cert_from_der(der, len, &e));
	store.cert = (struct capf_bytes){ der, len };
	*n = build(p, &store, out);
	free(der);
	p->state = PEER_CONFIRM;
	return false;
}

static bool
go_on(struct capf_peer *p, const struct capf_msg *m, uint8_t *out, size_t *n)
{
	switch (m->command) {
	case CAPF_IN_PROGRESS:
		p->in_progress++;
		return false;
	case CAPF_KEY_RESPONSE:
		if (m->spki.p == NULL)
			return end(p, CAPF_REASON_DECLINED, "no key", out, n);
		return p->later ? end(p, CAPF_REASON_NONE, "", out, n) :
		    issue(p, m, out, n);
	case CAPF_FETCH_RESPONSE:
		cert_free(p->shown);
		p->shown = m->cert.p != NULL ? cert_from_der(m->cert.p,
		    m->cert.len, NULL) : NULL;
		return end(p, CAPF_REASON_NONE, "", out, n);
	case CAPF_DELETE_RESPONSE:
		return end(p, m->reason, "", out, n);
	}
	return end(p, CAPF_REASON_DECLINED, capf_command_name(m->command),
	    out, n);
}

bool
capf_peer_answer(struct capf_peer *p, const uint8_t *buf, size_t len,
    uint8_t *out, size_t *n)
{
	struct capf_msg m;
	struct err e = { 0 };
	const char *why;

	*n = 0;
	ck_assert_msg(capf_msg_parse(&m, buf, len, &e) == ERR_OK, "%s",
	    e.msg);
	if (m.session != p->session)
		return end(p, CAPF_REASON_DECLINED, "another session", out,
		    n);
	if (p->state == PEER_WORK)
		return go_on(p, &m, out, n);
	if (p->state == PEER_CONFIRM && m.command == CAPF_STORE_RESPONSE) {
		p->stored += m.reason == CAPF_REASON_OK;
		return end(p, m.reason == CAPF_REASON_OK ? m.reason :
		    CAPF_REASON_DECLINED, "", out, n);
	}
	if (p->state == PEER_CONFIRM && m.command == CAPF_IN_PROGRESS)
		return false;
	if (m.command != CAPF_AUTH_RESPONSE || p->state != PEER_AUTH)
		return end(p, CAPF_REASON_DECLINED, capf_command_name(
		    m.command), out, n);
	if ((why = check_auth(p, &m, &e)) != NULL)
		return end(p, CAPF_REASON_DECLINED, why, out, n);
	return begin_work(p, out, n);
}
