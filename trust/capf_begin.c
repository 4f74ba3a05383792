/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The beginning of a session: who it is, whether he proved it, what to do.
 * See capf.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/csr.h"
#include "db/params.h"
#include "trust/capf_part.h"
#include "trust/phone.h"
#include "trust/sealed.h"
#include "trust/setting.h"

#define STRING_MAX	15

void
capf_task_clear(struct capf_task *t)
{
	free(t->ready);
	t->ready = NULL;
	t->readylen = 0;
}

static void
answer(struct capf_task *t, enum capf_answer a, const char *why)
{
	t->answer = a;
	(void)str_copy(t->why, sizeof(t->why), why);
}

/* --- the proof --- */

enum proved { PROVED, NOT_PROVED, WRONG_STRING };

#define RESTS	"too many wrong authentication strings from its address: " \
		"none from there is looked at for fifteen minutes"
_Static_assert(CAPF_WRONG_REST_S == 15 * 60, "as RESTS says");

/* *s NULL with ERR_OK: none is set. */
static int
open_string(const struct capf_ctx *c, const struct capf_asked *a,
    struct secret **s, struct err *e)
{
	const char *option = setting_get(SETTING_AUTH_STRING)->option;
	struct err own = { 0 };
	uint8_t *sealed = NULL;
	size_t len = 0;
	int ret;

	*s = NULL;
	if (a->owner.kind != CAPF_PHONE)
		return a->cti.sealed == NULL ? ERR_OK : sealed_cti_open(c->kr,
		    capf_kind_name[a->owner.kind], a->owner.name,
		    a->owner.instance, a->cti.sealed, a->cti.len, s, e);
	ret = row_secret_get(c->db, a->owner.name, option, &sealed, &len,
	    &own);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	ret = sealed_phone_open(c->kr, a->owner.name, option, sealed, len, s,
	    e);
	free(sealed);
	return ret;
}

/* In time that depends on neither. */
static bool
same_string(const struct secret *s, const char given[STRING_MAX + 1])
{
	char a[STRING_MAX + 1] = { 0 }, b[STRING_MAX + 1] = { 0 };
	bool same = false;

	memcpy(b, given, strnlen(given, STRING_MAX));
	if (s->len <= STRING_MAX + 1) {
		memcpy(a, s->buf, s->len);
		a[STRING_MAX] = '\0';
		same = secret_equal(a, b, sizeof(a)) && a[0] != '\0';
	}
	secret_wipe(a, sizeof(a));
	secret_wipe(b, sizeof(b));
	return same;
}

static int
prove_string(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, enum proved *p, struct capf_task *t,
    struct err *e)
{
	struct secret *s;
	bool rests;
	int ret = capf_wrong_rests(c, &a->owner, h, &rests, e);

	if (ret == ERR_OK && rests) {
		answer(t, CAPF_DECLINED, RESTS);
		return ERR_OK;
	}
	if (ret != ERR_OK || (ret = open_string(c, a, &s, e)) != ERR_OK)
		return ret;
	if (s == NULL) {
		answer(t, CAPF_DECLINED, "no authentication string is set "
		    "for it: utils capf authstring");
	} else if (same_string(s, h->string)) {
		*p = PROVED;
	} else if (h->string[0] == '\0') {
		/* A phone that starts by itself has nobody who types. */
		answer(t, CAPF_DECLINED, "it sent no authentication string");
	} else {
		*p = WRONG_STRING;
		answer(t, CAPF_DECLINED, "wrong authentication string");
	}
	secret_free(s);
	return ERR_OK;
}

static int
note_lsc(void *arg, const struct row_device_cert *d, struct err *e)
{
	bool *had = arg;

	(void)e;
	*had = *had || d->type == DEVICE_LSC;
	return ERR_OK;
}

/*
 * One that no row knows: its "stored" never came, or it is of before this
 * cluster.  Not when he has had one here and was not sent this one since: then
 * it went to somebody who came under his name before he did.
 */
static int
prove_unknown(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, enum proved *p, struct capf_task *t,
    struct err *e)
{
	struct capf_issued i = { .der = NULL };
	struct err own = { 0 };
	bool had = false;
	int ret = ERR_OK;

	if (h->proof == CAPF_PROOF_LSC && (ret = row_device_cert_each(c->db,
	    &a->owner, -1, NULL, note_lsc, &had, e)) != ERR_OK)
		return ret;
	if (had)
		ret = observed_issued_get(c->observed, h->sha256, &i, &own);
	capf_issued_clear(&i);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", own.msg);
	if (ret == ERR_OK)
		*p = PROVED;
	else
		answer(t, CAPF_DECLINED, "it showed a certificate that is not "
		    "known here, and has had another since: let it prove "
		    "itself in another way (authentication-mode)");
	return ERR_OK;
}

/* Which of its certificates a phone shows is its choice: the precedence is
 * what its file tells it.  One of ours must not be known as a past one. */
static int
prove_certificate(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, enum proved *p, struct capf_task *t,
    struct err *e)
{
	struct row_device_cert d;
	struct err own = { 0 };
	int ret;

	if (h->proof == CAPF_PROOF_NONE) {
		answer(t, CAPF_DECLINED, h->unproved[0] != '\0' ?
		    h->unproved : "it showed no certificate");
		return ERR_OK;
	}
	ret = row_device_cert_by_sha256(c->db, h->sha256, &d, &own);
	if (ret == ERR_NOTFOUND)
		return prove_unknown(c, a, h, p, t, e);
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	if (d.owner.kind != a->owner.kind ||
	    strcmp(d.owner.name, a->owner.name) != 0 ||
	    strcmp(d.owner.instance, a->owner.instance) != 0)
		answer(t, CAPF_DECLINED, "it showed another's certificate");
	else if (d.state != DEVICE_CURRENT)
		answer(t, CAPF_DECLINED, "it showed a certificate that is "
		    "no longer its own (superseded, revoked or deleted)");
	else
		*p = PROVED;
	return ERR_OK;
}

static int
prove(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, enum proved *p, struct capf_task *t,
    struct err *e)
{
	*p = NOT_PROVED;
	switch (a->p.auth) {
	case CAPF_AUTH_STRING:
		return prove_string(c, a, h, p, t, e);
	case CAPF_AUTH_NULL:
		*p = PROVED;
		return ERR_OK;
	case CAPF_AUTH_LSC:
	case CAPF_AUTH_MIC:
		return prove_certificate(c, a, h, p, t, e);
	case CAPF_AUTH_NONE:
		break;
	}
	return err_set(e, ERR_BADSTATE, "an operation without authentication "
	    "mode");
}

/* --- what to do --- */

/* Is it for a key of a kind that is wanted now?  What cannot be read is its
 * CA's matter. */
static bool
request_fits(const struct capf_asked *a, const struct row_capf_csr *r)
{
	struct csr *csr = csr_from_der(r->der, r->derlen, NULL);
	enum key_type t;

	if (csr == NULL)
		return true;
	t = csr_key_type(csr);
	csr_free(csr);
	return t == a->p.key || t == a->p.backup;
}

/* Its certificate came, and the phone did not while it was valid. */
static bool
has_ended(const struct row_capf_csr *r, int64_t now)
{
	struct cert *c = r->state == CAPF_CSR_ISSUED ? cert_from_der(r->cert,
	    r->certlen, NULL) : NULL;
	bool ended = c != NULL && cert_not_after(c) < now;

	cert_free(c);
	return ended;
}

/*
 * Offline no CA has said anything: a certificate that was imported will not
 * do, and one that does may come for the same key, so the phone waits.
 */
static int
look_at_refused(const struct capf_ctx *c, const struct capf_asked *a,
    const struct row_capf_csr *r, int64_t now, struct capf_task *t,
    struct err *e)
{
	char *issuer = param_get(c->db, PARAM_CAPF_ISSUER, "", e);
	bool offline = issuer != NULL && strcmp(issuer, "offline") == 0;

	if (issuer == NULL)
		return e->code;
	free(issuer);
	if (offline) {
		answer(t, CAPF_NOTHING, "the certificate that came for it "
		    "will not do: utils capf csr list");
		return ERR_OK;
	}
	answer(t, CAPF_DECLINED, "its CA refused the request");
	return capf_close(c, a, CAPF_FAILED, r->note[0] != '\0' ? r->note :
	    t->why, now, e);
}

/* A CA elsewhere: what became of the request for the key made before. */
static int
look_at_request(const struct capf_ctx *c, const struct capf_asked *a,
    int64_t now, struct capf_task *t, struct err *e)
{
	struct err own = { 0 };
	struct row_capf_csr r;
	int ret = row_capf_csr_get(c->db, &a->owner, &r, &own);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	/* Else the phone makes another key. */
	if (!request_fits(a, &r) || has_ended(&r, now)) {
		row_capf_csr_clear(&r);
		return capf_drop_request(c->db, &a->owner, e);
	}
	switch (r.state) {
	case CAPF_CSR_WAITING:
	case CAPF_CSR_SENT:
		answer(t, CAPF_NOTHING, r.cert != NULL ? "its certificate "
		    "waits for its issuer: utils capf csr list" :
		    "its CA has not answered yet");
		break;
	case CAPF_CSR_ISSUED:
		t->ready = r.cert;
		t->readylen = r.certlen;
		r.cert = NULL;
		break;
	case CAPF_CSR_REFUSED:
	case CAPF_CSR_STATE_N:
		ret = look_at_refused(c, a, &r, now, t, e);
		break;
	}
	row_capf_csr_clear(&r);
	return ret;
}

/* Once per session, so that a step that is run again counts as one. */
static void
count_try(struct capf_progress *p, const struct capf_hello *h)
{
	if (p->session == h->session || h->now < p->next_at)
		return;
	p->tries++;
	p->next_at = p->tries <= CAPF_RETRIES ? h->now + CAPF_RETRY_S : 0;
}

/* Anybody can say a name: that ends no session of who has proved who he is, and
 * is no try of his. */
static void
turn_away(struct capf_progress *p, const struct capf_hello *h,
    const struct capf_task *t, bool wrong)
{
	if (!capf_is_again(p, h)) {
		p->unproved++;
		p->wrong += wrong;
	}
	p->turned_away = h->session;
	if (p->session == h->session)
		p->step = CAPF_STEP_NONE;
	if (p->step != CAPF_STEP_NONE)
		return;
	p->at = h->now;
	(void)str_copy(p->reason, sizeof(p->reason), t->why);
	if (p->tries == 0)
		(void)str_copy(p->address, sizeof(p->address), h->address);
}

static int
not_proved(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_progress *p, const struct capf_hello *h,
    struct err *e)
{
	int ret;

	if ((ret = observed_capf_put(c->observed, p, e)) != ERR_OK)
		return ret;
	if (p->wrong < CAPF_WRONG_TOTAL)
		return ERR_OK;
	return capf_close(c, a, CAPF_FAILED, "too many wrong authentication "
	    "strings: ask for it again", h->now, e);
}

/* The session is this one's from now on. */
static void
take_session(struct capf_progress *p, const struct capf_hello *h)
{
	count_try(p, h);
	p->session = h->session;
	p->at = h->now;
	(void)str_copy(p->address, sizeof(p->address), h->address);
}

/* What the phone is asked for at once. */
static enum capf_step
next_step(const struct capf_task *t)
{
	static const enum capf_step step[] = {
		[CAPF_OP_INSTALL] = CAPF_STEP_KEY,
		[CAPF_OP_FETCH] = CAPF_STEP_FETCH,
		[CAPF_OP_DELETE] = CAPF_STEP_DELETE,
	};

	return t->ready != NULL ? CAPF_STEP_AUTH : step[t->op];
}

static int
begin(const struct capf_ctx *c, struct capf_asked *a,
    const struct capf_hello *h, struct capf_task *t, struct err *e)
{
	struct capf_progress p;
	enum proved proved;
	bool done;
	int ret;

	if ((ret = capf_progress_of(c, a, h, &p, e)) != ERR_OK ||
	    (ret = capf_confirm(c, a, h, &p, &done, e)) != ERR_OK)
		return ret;
	if (done) {
		answer(t, CAPF_NOTHING, "it had stored its certificate in a "
		    "session before: that is known now");
		return ERR_OK;
	}
	if ((ret = prove(c, a, h, &proved, t, e)) != ERR_OK)
		return ret;
	/* As many as that, and the operation still pending: the database
	 * was put back to before the last one. */
	if (p.wrong >= CAPF_WRONG_TOTAL && proved == PROVED) {
		proved = NOT_PROVED;
		answer(t, CAPF_DECLINED, "too many wrong authentication "
		    "strings");
	}
	if (proved == WRONG_STRING &&
	    (ret = capf_wrong_add(c, &a->owner, h, e)) != ERR_OK)
		return ret;
	if (proved != PROVED) {
		turn_away(&p, h, t, proved == WRONG_STRING);
		return not_proved(c, a, &p, h, e);
	}
	take_session(&p, h);
	capf_keys(a, p.asked);
	answer(t, CAPF_GO, "");
	t->op = a->p.op;
	t->key = a->p.key;
	t->backup = a->p.backup;
	if (t->op == CAPF_OP_INSTALL &&
	    (ret = look_at_request(c, a, h->now, t, e)) != ERR_OK)
		return ret;
	p.step = t->answer == CAPF_GO ? next_step(t) :
	    t->answer == CAPF_NOTHING ? CAPF_STEP_CA : CAPF_STEP_NONE;
	return observed_capf_put(c->observed, &p, e);
}

/* USER.INSTANCE of whom: a phone may have a dot in its name as well. */
static int
find_owner(const struct capf_ctx *c, const struct capf_hello *h,
    struct capf_asked *a, struct err *e)
{
	struct capf_owner o;
	struct err own = { 0 };
	int ret;

	if ((ret = capf_owner_parse(&o, h->device, e)) != ERR_OK)
		return ret;
	if (o.kind == CAPF_PHONE)
		return capf_asked_load(c, &o, h->now, a, e);
	for (int kind = CAPF_APPLICATION; kind <= CAPF_USER; kind++) {
		o.kind = (enum capf_kind)kind;
		ret = capf_asked_load(c, &o, h->now, a, &own);
		if (ret != ERR_NOTFOUND)
			return ret == ERR_OK ? ret : err_set(e, ret, "%s",
			    own.msg);
	}
	o = (struct capf_owner){ .kind = CAPF_PHONE };
	if (phone_name(h->device, o.name, NULL) != ERR_OK)
		return err_set(e, ERR_NOTFOUND, "%s", own.msg);
	return capf_asked_load(c, &o, h->now, a, e);
}

int
capf_begin(const struct capf_ctx *c, const struct capf_hello *h,
    struct capf_task *t, struct err *e)
{
	struct capf_asked a = { .expired = false };
	struct err own = { 0 };
	int ret = find_owner(c, h, &a, &own);

	*t = (struct capf_task){ .answer = CAPF_DECLINED };
	if (ret == ERR_PROTO || ret == ERR_NOTFOUND) {
		answer(t, ret == ERR_PROTO ? CAPF_DECLINED : CAPF_NO_DEVICE,
		    own.msg);
		return ERR_OK;
	}
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	t->owner = a.owner;
	if (a.expired) {
		ret = capf_close(c, &a, CAPF_EXPIRED, "its time has passed",
		    h->now, e);
		/* What encrypted files imply is still to be done. */
		(void)str_copy(a.operation, sizeof(a.operation),
		    capf_operation_word(a.p.op));
	}
	if (ret == ERR_OK && a.p.op == CAPF_OP_NONE)
		answer(t, CAPF_NOTHING, a.expired ? "its time has passed" :
		    "nothing is pending for it");
	else if (ret == ERR_OK)
		ret = begin(c, &a, h, t, e);
	if (ret != ERR_OK)
		capf_task_clear(t);
	capf_asked_clear(&a);
	return ret;
}
