/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What sends a phone to CAPF within its boot, and what it does with encrypted
 * files (spec/encrypted-config.md section 4, spec/capf.md section 5).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/enc_file.h"
#include "phonesim/sim.h"
#include "phonesim/tvs_ask.h"

static const char *const enrol_cause[] = {
	"capf_auth_mode", "certificate", "decrypt",
};
enum { CAUSE_MODE, CAUSE_CERTIFICATE, CAUSE_DECRYPT };

void
sim_enrol_boots(struct sim_boot *b)
{
	b->en.has_stub = b->en.enc_asked = b->en.undecrypted = false;
	b->en.held = b->en.wanted = false;
	b->r->boots++;
}

/* --- encrypted files --- */

static bool
has_hash(const struct sim_identity *i, const char *hash)
{
	char own[33];

	return i->cert != NULL && enc_cert_hash(i->cert, own, NULL) ==
	    ERR_OK && strcmp(own, hash) == 0;
}

/* Is the file encrypted for this phone, as the stub has it? */
static bool
for_us(const struct sim_boot *b)
{
	const struct sim_keys *k = &b->s->mem->keys;
	const char *hash = b->r->config.cert_hash;

	return has_hash(&k->lsc, hash) || has_hash(&k->mic, hash);
}

bool
sim_enrol_wants_file(const struct sim_boot *b)
{
	return b->s->enrol != NULL && b->r->config.encr_config &&
	    !b->en.enc_asked && (b->s->enrol->has_symmetric || for_us(b));
}

static bool
decrypt_with(const struct enc_file *f, const struct sim_identity *i,
    uint8_t **xml, size_t *len, struct err *e)
{
	return i->key != NULL && key_type_is_rsa(key_type(i->key)) &&
	    enc_file_open(f, i->key, NULL, xml, len, e) == ERR_OK;
}

/* LSC before MIC, as the server wraps for the one or the other. */
static bool
decrypt(const struct sim_boot *b, const struct enc_file *f, uint8_t **xml,
    size_t *len, struct err *e)
{
	const struct sim_keys *k = &b->s->mem->keys;

	if (!f->symmetric)
		return decrypt_with(f, &k->lsc, xml, len, e) ||
		    decrypt_with(f, &k->mic, xml, len, e);
	return b->s->enrol != NULL && b->s->enrol->has_symmetric &&
	    enc_file_open(f, NULL,
	    b->s->enrol->symmetric, xml, len, e) == ERR_OK;
}

bool
sim_enrol_decrypt(struct sim_boot *b, const struct sim_answer *a,
    uint8_t **xml, size_t *len)
{
	const struct sim_keys *k = &b->s->mem->keys;
	struct enc_file f;
	struct err e = { 0 };

	if (enc_file_parse(&f, a->buf, a->len, &e) == ERR_OK &&
	    decrypt(b, &f, xml, len, &e)) {
		b->st.decrypted = b->r->decrypted = true;
		return true;
	}
	if (e.msg[0] == '\0')
		(void)err_set(&e, ERR_VERIFY, k->lsc.key == NULL &&
		    k->mic.key == NULL ? "the phone has no key" :
		    "the phone has no RSA key");
	(void)snprintf(b->st.note, sizeof(b->st.note), "but it cannot be "
	    "decrypted: %s", e.msg);
	b->en.undecrypted = true;
	return false;
}

/* --- to CAPF or not --- */

static bool
want(struct sim_boot *b, int cause, enum config_capf auth)
{
	const struct phone_config *c = &b->r->config;
	struct sim_enrolment *en = &b->en;

	en->cause = enrol_cause[cause];
	en->auth = auth;
	en->nservers = c->ncapf;
	memcpy(en->servers, c->capf, sizeof(en->servers));
	en->server = 0;
	en->wanted = true;
	sim_ask_forget(b);
	return true;
}

static bool
decide(struct sim_boot *b)
{
	const struct phone_config *c = &b->r->config;
	const struct sim_enrolment *en = &b->en;

	if (b->s->enrol == NULL || en->held || b->r->boots >= SIM_BOOTS_MAX)
		return false;
	if (c->capf_auth != CONFIG_CAPF_NONE)
		return want(b, CAUSE_MODE, c->capf_auth);
	/* Without a mode it proves itself by nothing [I]. */
	if (!en->has_stub || b->s->enrol->has_symmetric)
		return false;
	if (en->undecrypted)
		return want(b, CAUSE_DECRYPT, CONFIG_CAPF_NULL);
	return c->encr_config && !for_us(b) ?
	    want(b, CAUSE_CERTIFICATE, CONFIG_CAPF_NULL) : false;
}

/* --- what came of it --- */

static void
count(struct sim_boot *b, const struct sim_capf_result *res)
{
	struct sim_capf_counts *n = &b->r->capf;

	n->sessions++;
	switch (res->end) {
	case SIM_CAPF_DONE:
		n->installed += res->op == SIM_CAPF_INSTALL;
		n->fetched += res->op == SIM_CAPF_FETCH;
		n->deleted += res->op == SIM_CAPF_DELETE;
		return;
	case SIM_CAPF_DECLINED:
	case SIM_CAPF_NO_DEVICE:
		n->refused++;
		return;
	case SIM_CAPF_LATER:
	case SIM_CAPF_BROKEN:
		n->broken++;
		return;
	case SIM_CAPF_NOTHING:
		return;
	}
}

static void
begin_step(const struct sim_boot *b, struct sim_step *st)
{
	*st = (struct sim_step){ .device = b->s->mem->device,
	    .kind = SIM_CAPF, .server = b->en.address, .v = b->en.v,
	    .capf = { .cause = b->en.cause, .auth = b->en.auth } };
	(void)snprintf(st->asked, sizeof(st->asked), "CAPF %s",
	    b->en.address);
}

/* What was not as it should be, for those who see no steps. */
static void
keep_why(struct sim_boot *b, const struct sim_step *st)
{
	char what[ERR_MSG_MAX + 32];

	if (st->status == SIM_GOT && st->accepted)
		return;
	if (st->capf.held)
		sim_capf_text(&st->capf.res, what, sizeof(what));
	else
		(void)str_copy(what, sizeof(what), st->note);
	(void)snprintf(b->r->capf_why, sizeof(b->r->capf_why), "%.90s: "
	    "%.320s", st->asked, what);
}

static void
trace(struct sim_boot *b, const struct sim_step *st)
{
	keep_why(b, st);
	b->r->nsteps++;
	if (b->s->trace != NULL)
		b->s->trace(b->s->trace_arg, st);
}

/* A session that the phone does not even begin. */
static void
not_asked(struct sim_boot *b, const char *why)
{
	struct sim_step st;

	b->en.address[0] = '\0';
	begin_step(b, &st);
	st.server = NULL;
	(void)str_copy(st.asked, sizeof(st.asked), "CAPF");
	st.status = SIM_NOT_ASKED;
	(void)str_copy(st.note, sizeof(st.note), why);
	trace(b, &st);
	b->en.wanted = false;
	b->en.held = true;
}

/* What lies with the user or the file; true: there is no session. */
static bool
cannot_begin(struct sim_boot *b)
{
	const struct sim_enrolment *en = &b->en;

	if (en->nservers == 0)
		not_asked(b, "the configuration names no CAPF server");
	else if (en->auth == CONFIG_CAPF_STRING &&
	    b->s->enrol->string == NULL)
		not_asked(b, "the phone waits for an authentication string to "
		    "be typed in: give --auth-string");
	else
		return false;
	return true;
}

bool
sim_enrol_wanted(struct sim_boot *b)
{
	return decide(b) && !cannot_begin(b);
}

static void
begin_session(struct sim_boot *b)
{
	struct sim_enrolment *en = &b->en;
	struct sim_mem *m = b->s->mem;

	sim_capf_clear(&en->session);
	sim_capf_begin(&en->session, m->device, &m->keys, m->dirfd,
	    b->s->enrol, en->auth);
	tvs_ask_address(&en->servers[en->server], en->address);
}

void
sim_enrol_want(struct sim_boot *b, struct sim_want *w)
{
	begin_session(b);
	b->en.v = (struct accept_verdict){ .path = ACCEPT_NONE };
	w->server = &b->en.servers[b->en.server];
	w->session = &b->en.session;
	w->v = &b->en.v;
}

/* A session that was held; true: the phone boots again for its sake. */
static bool
held(struct sim_boot *b)
{
	const struct sim_capf_result *res = &b->en.session.res;
	bool again = res->end == SIM_CAPF_DONE;
	struct sim_step st;

	begin_step(b, &st);
	st.status = SIM_GOT;
	st.accepted = again || res->end == SIM_CAPF_NOTHING ||
	    res->end == SIM_CAPF_LATER;
	st.capf.held = true;
	st.capf.res = *res;
	(void)str_copy(st.note, sizeof(st.note), again ? "boots again" : "");
	count(b, res);
	trace(b, &st);
	b->en.wanted = false;
	b->en.held = true;
	return again;
}

/* Nobody there, or not its server: the next one. */
static void
pass_over(struct sim_boot *b, int code, const char *why)
{
	struct sim_step st;

	begin_step(b, &st);
	st.status = code == ERR_UNREACHABLE || code == ERR_TIMEOUT ?
	    SIM_NO_ANSWER : SIM_FAILED;
	(void)str_copy(st.note, sizeof(st.note), why);
	trace(b, &st);
	sim_ask_forget(b);
	if (b->en.server + 1 < b->en.nservers) {
		b->en.server++;
		return;
	}
	b->en.wanted = false;
	b->en.held = true;
}

int
sim_enrol_told(struct sim_boot *b, int code, const char *why, bool *settled,
    bool *again, struct err *e)
{
	*again = false;
	if (code == ERR_NOMEM || code == ERR_IO)
		return err_set(e, code, "%s", why);
	if (code == ERR_OK)
		*again = held(b);
	else
		pass_over(b, code, why);
	*settled = !b->en.wanted;
	return ERR_OK;
}
