/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking many phones, see capf_asking.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/secret.h"
#include "ctltool/capf_asking.h"
#include "trust/sealed.h"

#define ADVICE_MAX	8192

int
capf_asking_targets(struct capf_asking *a, const struct phone_which *w,
    struct err *e)
{
	if (w->n > 0 && (a->t = calloc(w->n, sizeof(*a->t))) == NULL)
		return err_set(e, ERR_NOMEM, "phones");
	for (a->n = 0; a->n < w->n; a->n++)
		a->t[a->n].name = w->name[a->n];
	return ERR_OK;
}

void
capf_asking_clear(struct capf_asking *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->t[i].refused);
		free(a->t[i].sealed);
	}
	if (a->t != NULL)
		secret_wipe(a->t, a->n * sizeof(*a->t));
	free(a->t);
	free(a->advice);
	keyring_free(a->kr);
	a->t = NULL;
	a->n = 0;
}

/* What is wrong with this phone alone. */
static bool
is_its_fault(int code)
{
	return code == ERR_ARG || code == ERR_REFUSED ||
	    code == ERR_NOTFOUND || code == ERR_BUSY || code == ERR_EXISTS;
}

static int
refuse(struct capf_asking *a, struct capf_target *t, const struct err *why,
    struct err *e)
{
	if (!is_its_fault(why->code))
		return err_set(e, why->code, "%s", why->msg);
	if ((t->refused = strdup(why->msg)) == NULL)
		return err_set(e, ERR_NOMEM, "phones");
	a->nrefused++;
	if (a->code == ERR_OK)
		a->code = why->code;
	return ERR_OK;
}

/* --- before the transaction --- */

static int
seal_string(struct capf_asking *a, struct capf_target *t, struct err *e)
{
	const char *text = a->given != NULL ? a->given : t->string;
	int ret;

	if (a->kr == NULL && (a->kr = node_keyring(&a->c->node, KEYRING_CRED,
	    e)) == NULL)
		return ctl_denied(e->code, e);
	if (a->given == NULL && (ret = capf_string_make(a->c->rng, t->string,
	    e)) != ERR_OK)
		return ret;
	return sealed_phone(a->kr, a->c->rng, t->name,
	    setting_get(SETTING_AUTH_STRING)->option, text, &t->sealed,
	    &t->len, e);
}

static int
look(struct capf_asking *a, const struct profile_base *base,
    struct capf_target *t, struct err *e)
{
	struct err why = { 0 };
	int ret;

	ret = capf_ask_look(a->c->node.db, base, t->name, &a->ask, a->now,
	    &t->look, &why);
	if (ret != ERR_OK)
		return refuse(a, t, &why, e);
	return t->look.needs_string || a->given != NULL ?
	    seal_string(a, t, e) : ERR_OK;
}

int
capf_asking_look(struct capf_asking *a, struct err *e)
{
	struct profile_base *base;
	int ret;

	if ((ret = profile_base_load(&base, a->c->node.db, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < a->n && ret == ERR_OK; i++)
		ret = look(a, base, &a->t[i], e);
	profile_base_free(base);
	return ret;
}

/* The same once more is asked when it is by another time or string. */
bool
capf_asking_wanted(const struct capf_asking *a, const struct capf_target *t)
{
	return t->refused == NULL && (!t->look.same || a->ask.by != 0 ||
	    t->sealed != NULL);
}

/* --- within it --- */

/* The string of a phone as its writer takes it; false: leave it alone. */
static bool
secret_of(const struct capf_asking *a, const struct capf_target *t,
    struct phone_secret *s)
{
	*s = (struct phone_secret){
	    .setting = setting_get(SETTING_AUTH_STRING) };
	if (t->sealed == NULL)
		return t->look.drops_string;
	s->text = a->given != NULL ? a->given : t->string;
	s->sealed = t->sealed;
	s->len = t->len;
	return true;
}

struct one {
	const struct capf_asking	*a;
	const struct capf_target	*t;
	const struct profile_base	*base;
	struct phone_result		 r;
};

static int
put_one(struct db *db, void *arg, struct err *e)
{
	struct one *o = arg;
	struct phone_secret s;

	(void)secret_of(o->a, o->t, &s);
	return capf_ask_put(db, o->base, o->t->name, &o->a->ask,
	    s.sealed != NULL ? &s : NULL, o->a->kr, o->a->now, &o->r, e);
}

/* Each line once, with the first phone it is about. */
static int
keep_advice(struct capf_asking *a, const char *name, const char *text,
    struct err *e)
{
	char *more;

	if (text == NULL || (a->advice != NULL && (strstr(a->advice, text) !=
	    NULL || strlen(a->advice) > ADVICE_MAX)))
		return ERR_OK;
	more = str_printf("%s%s%s: %s", a->advice != NULL ? a->advice : "",
	    a->advice != NULL ? "\n" : "", name, text);
	if (more == NULL)
		return err_set(e, ERR_NOMEM, "advice");
	free(a->advice);
	a->advice = more;
	return ERR_OK;
}

static int
put_target(struct db *db, struct capf_asking *a, struct capf_target *t,
    const struct profile_base *base, struct err *e)
{
	struct one o = { .a = a, .t = t, .base = base };
	struct err why = { 0 };
	int ret;

	ret = db_result_err(db_tx(db, put_one, &o, &why), &why);
	t->changed = ret == ERR_OK && o.r.changed;
	if (ret == ERR_OK)
		ret = keep_advice(a, t->name, o.r.advice, e);
	else
		ret = refuse(a, t, &why, e);
	phone_result_clear(&o.r);
	return ret;
}

/* May run more than once; whom it refused it asks again. */
static int
put_batch(struct db *db, void *arg, struct err *e)
{
	struct capf_asking *a = arg;
	struct profile_base *base;
	size_t changed = 0;
	int ret;

	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	for (size_t i = a->from; i < a->to && ret == ERR_OK; i++) {
		if (!capf_asking_wanted(a, &a->t[i]))
			continue;
		ret = put_target(db, a, &a->t[i], base, e);
		changed += a->t[i].changed;
	}
	profile_base_free(base);
	return ret == ERR_OK && changed > 0 ? ctl_audit_add(db, &a->audit,
	    e) : ret;
}

static void
init_audit(struct capf_asking *a)
{
	const char *first = a->t[a->from].name;
	size_t n = a->to - a->from;

	if (n == 1)
		ctl_audit_init(a->c, &a->audit, "%s", first);
	else
		ctl_audit_init(a->c, &a->audit, "%s and %zu more", first,
		    n - 1);
	a->audit.row.at = a->now;
}

static void
count_batch(struct capf_asking *a)
{
	for (size_t i = a->from; i < a->to; i++) {
		const struct capf_target *t = &a->t[i];

		a->nchanged += t->changed;
		a->nsame += t->refused == NULL && !t->changed;
		a->nstring += t->changed && t->string[0] != '\0';
	}
}

static int
run_batch(struct capf_asking *a, struct err *e)
{
	int ret;

	init_audit(a);
	if ((ret = db_result_err(db_tx_group(a->c->node.db, put_batch, a, e),
	    e)) == ERR_OK)
		count_batch(a);
	return ret;
}

int
capf_asking_run(struct capf_asking *a, struct bar *b, struct err *e)
{
	int ret = ERR_OK;

	for (a->from = 0; a->from < a->n && ret == ERR_OK; a->from = a->to) {
		a->to = a->n - a->from > CAPF_ASKING_BATCH ? a->from +
		    CAPF_ASKING_BATCH : a->n;
		if ((ret = run_batch(a, e)) == ERR_OK)
			bar_draw(b, (int64_t)a->to, (int64_t)a->n,
			    "%zu phones", a->to);
	}
	bar_wipe(b);
	return ret;
}

/* --- batch by batch --- */

/* Who it was, as the roll-out names them in the order given. */
static struct capf_target *
target_of(struct capf_asking *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++) {
		a->hint = a->hint + 1 < a->n ? a->hint + 1 : 0;
		if (strcmp(a->t[a->hint].name, name) == 0)
			return &a->t[a->hint];
	}
	return NULL;
}

static void
skipped(void *arg, const char *phone, const char *why)
{
	struct capf_asking *a = arg;
	struct capf_target *t = target_of(a, phone);

	if (t == NULL || t->refused != NULL)
		return;		/* said when the transaction ran before */
	t->changed = false;
	if ((t->refused = strdup(why)) == NULL)
		a->c->out->nomem = true;
	a->nrefused++;
}

struct starting {
	struct capf_asking	*a;
	struct rollout_spec	 spec;
	struct rollout_phone	*phone;
	struct phone_secret	*secret;
};

static int
start_tx(struct db *db, void *arg, struct err *e)
{
	struct starting *s = arg;
	int ret = rollout_start(db, &s->spec, s->a->now, &s->a->started, e);

	return ret == ERR_OK ? ctl_audit_add(db, &s->a->audit, e) : ret;
}

/* What is asked is asked, or will be when its turn comes. */
static bool
is_in_hand(const struct capf_target *t)
{
	return t->look.same || (t->look.waits && t->sealed == NULL);
}

/* Those that nothing speaks against. */
static void
choose(struct starting *s)
{
	struct capf_asking *a = s->a;
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (a->t[i].refused != NULL || is_in_hand(&a->t[i]))
			continue;
		a->t[i].changed = true;
		s->phone[n].name = a->t[i].name;
		s->phone[n].secret = secret_of(a, &a->t[i], &s->secret[n]) ?
		    &s->secret[n] : NULL;
		n++;
	}
	s->spec.nphone = n;
}

/* Each has said why it cannot: there is none, which is no fault of the
 * rest of the command. */
static bool
none_starts(const struct capf_asking *a, const struct starting *s, int ret)
{
	return ret == ERR_REFUSED && s->spec.skip &&
	    a->started.nphone == 0 && a->started.nskipped > 0;
}

static int
start(struct capf_asking *a, struct err *e)
{
	struct setting_change change[CAPF_ASK_CHANGES];
	char account[64];
	struct starting s = { .a = a,
		.phone = calloc(a->n, sizeof(*s.phone)),
		.secret = calloc(a->n, sizeof(*s.secret)),
		.spec = { .id = a->id,
			.operation = capf_operation_word(a->ask.op),
			.change = change, .flags = a->ask.flags,
			.kr = a->kr, .batch = a->batch,
			.pause_on_errors = a->pause_on_errors,
			.completes_by = a->ask.by, .account = account,
			.skip = a->n > 1, .skipped = skipped, .arg = a } };
	int ret = ERR_OK;

	s.spec.phone = s.phone;
	s.spec.nchange = capf_ask_changes(&a->ask, change);
	ctl_account(account, sizeof(account));
	if (s.phone == NULL || s.secret == NULL) {
		ret = err_set(e, ERR_NOMEM, "phones");
		goto out;
	}
	choose(&s);
	if (s.spec.nphone > 0 && (ret = rollout_id_make(a->id, a->now,
	    a->c->rng, e)) == ERR_OK)
		ret = db_result_err(db_tx_group(a->c->node.db, start_tx, &s,
		    e), e);
	if (ret != ERR_OK)
		a->id[0] = '\0';
	if (none_starts(a, &s, ret))
		ret = ERR_OK;
out:
	free(s.phone);
	free(s.secret);
	return ret;
}

int
capf_asking_rollout(struct capf_asking *a, struct err *e)
{
	int ret;

	a->from = 0;
	a->to = a->n;
	init_audit(a);
	if ((ret = start(a, e)) == ERR_OK)
		count_batch(a);
	return ret;
}
