/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's CAPF session, see sim_capf.h: spec/capf.md sections 3 to 9.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phonesim/sim_capf.h"

static void
drop_out(struct sim_capf *c)
{
	for (size_t i = 0; i < c->nout; i++) {
		secret_wipe(c->out[i].buf, c->out[i].len);
		free(c->out[i].buf);
	}
	c->nout = 0;
}

static void __attribute__((format(printf, 3, 4)))
over(struct sim_capf *c, enum sim_capf_end end, const char *fmt, ...)
{
	va_list ap;

	drop_out(c);
	c->state = SC_OVER;
	c->wants_key = false;
	c->res.end = end;
	va_start(ap, fmt);
	(void)vsnprintf(c->res.why, sizeof(c->res.why), fmt, ap);
	va_end(ap);
}

void
sim_capf_begin(struct sim_capf *c, const char *device, struct sim_keys *keys,
    int dirfd, const struct sim_enrol *how, enum config_capf auth)
{
	*c = (struct sim_capf){ .how = how, .keys = keys, .dirfd = dirfd,
	    .device = device, .auth = auth, .state = SC_BEGIN };
}

void
sim_capf_clear(struct sim_capf *c)
{
	drop_out(c);
}

void
sim_capf_lost(struct sim_capf *c, const char *why)
{
	if (c->state != SC_OVER)
		over(c, SIM_CAPF_BROKEN, "%s", why);
}

/* --- out --- */

/* One more message of either side; behind the last one the phone goes. */
static void
count(struct sim_capf *c)
{
	unsigned cut = c->how->bad.cut_after;

	c->res.messages++;
	if (c->state == SC_OVER)
		return;
	if (cut > 0 && c->res.messages == cut)
		over(c, SIM_CAPF_BROKEN, "the phone cuts the connection after "
		    "%u messages, on purpose", cut);
	else if (c->res.messages >= SIM_CAPF_MESSAGES_MAX)
		over(c, SIM_CAPF_BROKEN, "more than %d messages",
		    SIM_CAPF_MESSAGES_MAX);
}

static int
queue(struct sim_capf *c, const uint8_t *buf, size_t len, struct err *e)
{
	struct sim_capf_msg *m = &c->out[c->nout];

	if ((m->buf = malloc(len)) == NULL)
		return err_set(e, ERR_NOMEM, "message");
	memcpy(m->buf, buf, len);
	m->len = len;
	c->nout++;
	return ERR_OK;
}

int
sim_capf_put(struct sim_capf *c, struct capf_msg *m, struct err *e)
{
	uint8_t *buf;
	size_t len;
	int ret;

	m->session = c->session + (c->how->bad.wrong_session ? 1 : 0);
	if ((buf = malloc(CAPF_MSG_MAX)) == NULL)
		return err_set(e, ERR_NOMEM, "message");
	c->sent++;
	if ((ret = capf_msg_build(m, buf, &len, e)) == ERR_OK &&
	    (ret = queue(c, buf, len, e)) == ERR_OK &&
	    c->sent == c->how->bad.duplicate)
		ret = queue(c, buf, len, e);
	secret_wipe(buf, CAPF_MSG_MAX);
	free(buf);
	return ret;
}

/* A message that says how it went, and no more. */
static int
put_reason(struct sim_capf *c, enum capf_command command, uint8_t reason,
    struct err *e)
{
	struct capf_msg m = { .command = command, .has_reason = true,
	    .reason = reason };

	return sim_capf_put(c, &m, e);
}

enum sim_capf_next
sim_capf_next(struct sim_capf *c, const struct sim_capf_msg **out)
{
	if (c->state == SC_OVER)
		return SIM_CAPF_OVER;
	if (c->nout > 0) {
		*out = &c->out[0];
		return SIM_CAPF_SEND;
	}
	if (c->wants_key && c->how->bad.slow_key_s > 0 && !c->paused)
		return SIM_CAPF_PAUSE;
	return c->wants_key ? SIM_CAPF_MAKE_KEY : SIM_CAPF_RECEIVE;
}

void
sim_capf_sent(struct sim_capf *c)
{
	secret_wipe(c->out[0].buf, c->out[0].len);
	free(c->out[0].buf);
	c->nout--;
	memmove(c->out, c->out + 1, c->nout * sizeof(c->out[0]));
	count(c);
}

void
sim_capf_paused(struct sim_capf *c)
{
	c->paused = true;
}

/* --- what it is asked --- */

/* A message without element 17 comes to old phones: RSA. */
static enum key_type
key_wanted(const struct capf_msg *m)
{
	static const enum key_type curves[] = { KEY_EC256, KEY_EC384,
	    KEY_EC521 };

	if (m->has_key_type && m->key_type == 1)
		return m->has_curve && m->curve < 3 ? curves[m->curve] :
		    KEY_OTHER;
	if (m->has_key_type && m->key_type != 0)
		return KEY_OTHER;
	return m->has_key_bits ? key_type_rsa(m->key_bits) : KEY_OTHER;
}

static int
put_progress(struct sim_capf *c, struct err *e)
{
	struct capf_msg m = { .command = CAPF_IN_PROGRESS };

	return sim_capf_put(c, &m, e);
}

static int
answer_key_request(struct sim_capf *c, const struct capf_msg *m,
    struct err *e)
{
	const struct sim_misbehave *bad = &c->how->bad;

	c->res.op = SIM_CAPF_INSTALL;
	c->res.key = key_wanted(m);
	if (c->res.key == KEY_OTHER || bad->no_key)
		return put_reason(c, CAPF_KEY_RESPONSE, CAPF_REASON_DECLINED,
		    e);
	c->wants_key = true;
	c->paused = false;
	return bad->no_progress || bad->reorder ? ERR_OK :
	    put_progress(c, e);
}

static int
put_key(struct sim_capf *c, const struct key *k, struct err *e)
{
	struct capf_msg m = { .command = CAPF_KEY_RESPONSE };
	uint8_t *der;
	size_t len;
	int ret;

	if ((ret = key_spki(k, &der, &len, e)) != ERR_OK)
		return ret;
	m.spki = (struct capf_bytes){ der, len };
	ret = sim_capf_put(c, &m, e);
	free(der);
	return ret;
}

int
sim_capf_key(struct sim_capf *c, struct key *k, struct err *e)
{
	int ret;

	c->wants_key = false;
	if (c->state == SC_OVER) {
		key_free(k);
		return ERR_OK;
	}
	if (k == NULL)
		return put_reason(c, CAPF_KEY_RESPONSE, CAPF_REASON_DECLINED,
		    e);
	c->res.made_key = true;
	if ((ret = sim_keys_set_pending(c->keys, c->dirfd, k, e)) != ERR_OK)
		return ret;
	if ((ret = put_key(c, c->keys->pending, e)) == ERR_OK &&
	    c->how->bad.reorder)
		ret = put_progress(c, e);
	return ret;
}

/* What cannot be stored is the phone's to refuse; only its disk is ours. */
static int
answer_store(struct sim_capf *c, const struct capf_msg *m, struct err *e)
{
	struct err why = { 0 };
	struct cert *cert = NULL;
	int ret = ERR_PROTO;

	c->res.op = SIM_CAPF_INSTALL;
	if (c->how->bad.not_stored)
		(void)err_set(&why, ERR_REFUSED, "on purpose");
	else if (m->has_cert_type && m->cert_type != CAPF_CERT_LSC)
		(void)err_set(&why, ERR_PROTO, "it is no LSC");
	else if ((cert = cert_from_der(m->cert.p, m->cert.len, &why)) != NULL)
		ret = sim_keys_set_lsc(c->keys, c->dirfd, cert, &why);
	cert_free(cert);
	if (ret == ERR_IO || ret == ERR_NOMEM)
		return err_set(e, ret, "%s", why.msg);
	if (ret != ERR_OK)
		(void)snprintf(c->res.why, sizeof(c->res.why),
		    "the phone did not store the certificate: %.200s",
		    why.msg);
	return put_reason(c, CAPF_STORE_RESPONSE, ret == ERR_OK ?
	    CAPF_REASON_OK : CAPF_REASON_DECLINED, e);
}

static struct capf_bytes
der_of(const struct cert *cert)
{
	struct capf_bytes b;

	b.p = cert_der(cert, &b.len);
	return b;
}

static int
answer_fetch(struct sim_capf *c, struct err *e)
{
	const struct sim_keys *k = c->keys;
	const struct cert *cert = k->lsc.cert != NULL ? k->lsc.cert :
	    k->mic.cert;
	struct capf_msg m = { .command = CAPF_FETCH_RESPONSE,
	    .has_reason = true, .reason = CAPF_REASON_OK };

	c->res.op = SIM_CAPF_FETCH;
	if (cert == NULL)
		return put_reason(c, CAPF_FETCH_RESPONSE,
		    CAPF_REASON_DECLINED, e);
	if (cert != k->lsc.cert) {
		m.has_cert_type = true;
		m.cert_type = CAPF_CERT_MIC;
	}
	m.cert = der_of(cert);
	return sim_capf_put(c, &m, e);
}

static int
answer_delete(struct sim_capf *c, struct err *e)
{
	int ret;

	c->res.op = SIM_CAPF_DELETE;
	if ((ret = sim_keys_drop_lsc(c->keys, c->dirfd, e)) != ERR_OK)
		return ret;
	return put_reason(c, CAPF_DELETE_RESPONSE, CAPF_REASON_OK, e);
}

/* Why the phone itself failed, if it did, outweighs what the server says. */
static void
take_end(struct sim_capf *c, const struct capf_msg *m)
{
	char before[sizeof(c->res.why)];
	enum sim_capf_end end = SIM_CAPF_BROKEN;

	(void)str_copy(before, sizeof(before), c->res.why);
	switch (m->has_reason ? m->reason : UINT8_MAX) {
	case CAPF_REASON_NONE:
		end = c->res.op == SIM_CAPF_INSTALL ? SIM_CAPF_LATER :
		    c->res.op == SIM_CAPF_NO_OP ? SIM_CAPF_NOTHING :
		    SIM_CAPF_DONE;
		break;
	case CAPF_REASON_OK:
		end = SIM_CAPF_DONE;
		break;
	case CAPF_REASON_DECLINED:
		end = SIM_CAPF_DECLINED;
		break;
	case CAPF_REASON_NO_DEVICE:
		end = SIM_CAPF_NO_DEVICE;
		break;
	default:
		over(c, SIM_CAPF_BROKEN, "the server ended the session with a "
		    "reason that no phone knows");
		return;
	}
	over(c, before[0] != '\0' ? SIM_CAPF_BROKEN : end, "%s", before);
}

static int
answer(struct sim_capf *c, const struct capf_msg *m, struct err *e)
{
	bool works = c->state == SC_PROVED;

	if (m->command == CAPF_AUTH_REQUEST && c->state == SC_BEGIN) {
		c->state = SC_PROVED;
		return sim_capf_answer_auth(c, e);
	}
	if (m->command == CAPF_KEY_REQUEST && works)
		return answer_key_request(c, m, e);
	if (m->command == CAPF_STORE_REQUEST && works && m->cert.p != NULL)
		return answer_store(c, m, e);
	if (m->command == CAPF_FETCH_REQUEST && works)
		return answer_fetch(c, e);
	if (m->command == CAPF_DELETE_REQUEST && works)
		return answer_delete(c, e);
	if (m->command == CAPF_END_SESSION)
		take_end(c, m);
	else
		over(c, SIM_CAPF_BROKEN, "the server sent a %s, which is not "
		    "due", capf_command_name(m->command));
	return ERR_OK;
}

int
sim_capf_take(struct sim_capf *c, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct err why = { 0 };
	struct capf_msg m;
	int ret = ERR_OK;

	if (c->state == SC_OVER)
		return ERR_OK;
	if (capf_msg_parse(&m, buf, len, &why) != ERR_OK) {
		over(c, SIM_CAPF_BROKEN, "%s", why.msg);
		return ERR_OK;
	}
	if (c->state == SC_BEGIN)
		c->session = m.session;
	if (m.session != c->session)
		over(c, SIM_CAPF_BROKEN, "the server changed the session id");
	else
		ret = answer(c, &m, e);
	count(c);
	return ret;
}
