/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The beginning of a session: who it is, and what to do when he has proved it.
 * See capf.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/capf_part.h"
#include "trust/phone.h"

void
capf_task_clear(struct capf_task *t)
{
	free(t->ready);
	t->ready = NULL;
	t->readylen = 0;
}

void
capf_answer(struct capf_task *t, enum capf_answer a, const char *why)
{
	t->answer = a;
	(void)str_copy(t->why, sizeof(t->why), why);
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
    const struct capf_progress *p, int64_t wrong_max,
    const struct capf_hello *h, struct err *e)
{
	int ret;

	if ((ret = observed_capf_put(c->observed, p, e)) != ERR_OK)
		return ret;
	if (p->wrong < wrong_max)
		return ERR_OK;
	return capf_close(c, a, CAPF_FAILED, "too many wrong authentication "
	    "strings: ask for it again", h->now, e);
}

/* The session is this one's from now on. */
static void
take_session(struct capf_progress *p, const struct capf_hello *h,
    const struct capf_asked *a, const struct capf_proved *proved)
{
	count_try(p, h);
	p->auth = a->p.auth;
	p->by_cert = proved->by_cert;
	memcpy(p->shown, h->sha256, sizeof(p->shown));
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
	struct capf_proved proved;
	bool done;
	int ret;

	if ((ret = capf_progress_of(c, a, h, &p, e)) != ERR_OK ||
	    (ret = capf_confirm(c, a, h, &p, &done, e)) != ERR_OK)
		return ret;
	if (done) {
		capf_answer(t, CAPF_NOTHING, "it had stored its certificate "
		    "in a session before: that is known now");
		return ERR_OK;
	}
	if ((ret = capf_wrong_renew(c, a, &p, e)) != ERR_OK ||
	    (ret = capf_prove(c, a, h, &proved, t, e)) != ERR_OK)
		return ret;
	/* As many as that, and the operation still pending: the database
	 * was put back to before the last one. */
	if (p.wrong >= proved.wrong_max && proved.how == CAPF_PROVED) {
		proved.how = CAPF_NOT_PROVED;
		capf_answer(t, CAPF_DECLINED, "too many wrong authentication "
		    "strings");
	}
	if (proved.how == CAPF_WRONG_STRING &&
	    (ret = capf_wrong_add(c, a, h, e)) != ERR_OK)
		return ret;
	if (proved.how != CAPF_PROVED) {
		turn_away(&p, h, t, proved.how == CAPF_WRONG_STRING);
		return not_proved(c, a, &p, proved.wrong_max, h, e);
	}
	take_session(&p, h, a, &proved);
	capf_keys(a, p.asked);
	capf_answer(t, CAPF_GO, "");
	t->op = a->p.op;
	t->key = a->p.key;
	t->backup = a->p.backup;
	if (t->op == CAPF_OP_INSTALL &&
	    (ret = capf_look_at_request(c, a, h->now, t, e)) != ERR_OK)
		return ret;
	p.step = t->answer == CAPF_GO ? next_step(t) :
	    t->answer == CAPF_NOTHING ? CAPF_STEP_CA : CAPF_STEP_NONE;
	return observed_capf_put(c->observed, &p, e);
}

static int
unasked(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, struct capf_task *t, struct err *e)
{
	capf_answer(t, CAPF_NOTHING, a->expired ? "its time has passed" :
	    a->sealed ? "nothing is pending for it: if it has lost its key, "
	    "utils capf install gives it a new one" :
	    "nothing is pending for it");
	return capf_unasked_add(c, a, h, e);
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
		capf_answer(t, ret == ERR_PROTO ? CAPF_DECLINED :
		    CAPF_NO_DEVICE, own.msg);
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
		ret = unasked(c, &a, h, t, e);
	else if (ret == ERR_OK)
		ret = begin(c, &a, h, t, e);
	if (ret != ERR_OK)
		capf_task_clear(t);
	capf_asked_clear(&a);
	return ret;
}
