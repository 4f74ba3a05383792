/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is asked of phones through CAPF, see capf_ask.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "db/rows_rollout.h"
#include "trust/capf_ask.h"
#include "trust/capf_part.h"
#include "trust/profile_write.h"

#define DAY_S		86400
#define CHANGES_MAX	6
#define STRING_MIN	4

static const struct {
	const char	*option, *word;
} modes[] = {
	{ "null-string", "by-null-string" },
	{ "auth-string", "by-authentication-string" },
	{ "existing-lsc", "by-existing-certificate-precedence-to-lsc" },
	{ "existing-mic", "by-existing-certificate-precedence-to-mic" },
};

static const struct capf_key keys[] = {
	{ "rsa1024", "rsa-only", "1024", NULL },
	{ "rsa2048", "rsa-only", "2048", NULL },
	{ "rsa3072", "rsa-only", "3072", NULL },
	{ "rsa4096", "rsa-only", "4096", NULL },
	{ "ec256", "ec-only", NULL, "256" },
	{ "ec384", "ec-only", NULL, "384" },
	{ "ec521", "ec-only", NULL, "521" },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

const char *
capf_operation_name(enum capf_operation op)
{
	return setting_value_name(setting_get(SETTING_CERT_OPERATION),
	    capf_operation_word(op));
}

const char *
capf_auth_word(const char *option)
{
	for (size_t i = 0; i < COUNT(modes); i++)
		if (str_ieq(modes[i].option, option))
			return modes[i].word;
	return NULL;
}

const struct capf_key *
capf_key_find(const char *name)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (str_ieq(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* --- strings --- */

int
capf_string_check(const char *s, struct err *e)
{
	size_t n = strlen(s);

	return n >= STRING_MIN && n <= CAPF_STRING_MAX &&
	    strspn(s, "0123456789") == n ? ERR_OK :
	    err_set(e, ERR_ARG, "an authentication string has %d to %d "
	    "digits: phones can type no others", STRING_MIN,
	    CAPF_STRING_MAX);
}

int
capf_string_make(const struct rng *rng, char out[CAPF_STRING_LEN + 1],
    struct err *e)
{
	uint32_t v;
	int ret;

	/* Numbers above the last whole round would make small ones likelier. */
	do {
		if ((ret = rng_fill(rng, &v, sizeof(v), e)) != ERR_OK)
			return ret;
	} while (v >= 4200000000U);
	(void)snprintf(out, CAPF_STRING_LEN + 1, "%08" PRIu32,
	    v % 100000000);
	return ERR_OK;
}

/* --- what is pending, and what may be asked --- */

/* The word that will count for the phone. */
static const char *
mode_of(const struct phone_effective *x, const struct capf_ask *a)
{
	return a->auth != NULL ? a->auth : x->value[SETTING_CAPF_AUTH_MODE];
}

static bool
by_string(const struct phone_effective *x, const struct capf_ask *a)
{
	return strcmp(mode_of(x, a), "by-authentication-string") == 0;
}

static bool
has_string(const struct phone_effective *x)
{
	return x->from[SETTING_AUTH_STRING] == FROM_PHONE;
}

/* What somebody asked for; an implied installation is in nobody's way. */
static bool
is_pending(const struct phone_effective *x, int64_t now,
    struct capf_pending *p)
{
	capf_pending(x, true, now, p);
	return p->op != CAPF_OP_NONE && !p->implied;
}

/* The setting that asks for another key than k; NULL. */
static const struct setting *
key_differs(const struct phone_effective *x, const struct capf_key *k)
{
	if (!effective_is(x, SETTING_KEY_ORDER, k->order))
		return setting_get(SETTING_KEY_ORDER);
	if (k->rsa != NULL && !effective_is(x, SETTING_RSA_KEY_SIZE, k->rsa))
		return setting_get(SETTING_RSA_KEY_SIZE);
	if (k->ec != NULL && !effective_is(x, SETTING_EC_KEY_SIZE, k->ec))
		return setting_get(SETTING_EC_KEY_SIZE);
	return NULL;
}

/* The setting in which what is pending differs from what is asked; NULL. */
static const struct setting *
differs(const struct phone_effective *x, const struct capf_ask *a)
{
	if (!effective_is(x, SETTING_CAPF_AUTH_MODE, mode_of(x, a)))
		return setting_get(SETTING_CAPF_AUTH_MODE);
	return a->key != NULL ? key_differs(x, a->key) : NULL;
}

static int
say_pending(const struct phone_effective *x, const struct capf_pending *p,
    struct err *e)
{
	char until[CLOCK_RFC3339_LEN];

	clock_rfc3339(p->until, until);
	return err_set(e, ERR_REFUSED, "%s is pending until %s, and there is "
	    "one operation at a time: utils capf cancel %s",
	    capf_operation_name(p->op), until, x->phone.name);
}

static int
check_pending(const struct phone_effective *x, const struct capf_ask *a,
    int64_t now, bool *same, struct err *e)
{
	char until[CLOCK_RFC3339_LEN];
	const struct setting *other;
	struct capf_pending p;

	*same = false;
	if (!is_pending(x, now, &p))
		return ERR_OK;
	if (p.op != a->op)
		return say_pending(x, &p, e);
	clock_rfc3339(p.until, until);
	if ((other = differs(x, a)) != NULL)
		return err_set(e, ERR_REFUSED, "%s is pending until %s, with "
		    "%s %s: utils capf cancel %s, then ask for it anew",
		    capf_operation_name(p.op), until, other->name,
		    setting_value_name(other, x->value[other->id]),
		    x->phone.name);
	*same = true;
	return ERR_OK;
}

static int
check_proof(const struct phone_effective *x, const struct capf_ask *a,
    struct err *e)
{
	if (strncmp(mode_of(x, a), "by-existing", strlen("by-existing")) != 0)
		return ERR_OK;
	if (x->has_certificate || model_can(x->model, x->phone.protocol,
	    MODEL_MIC))
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "it has no certificate to show, "
	    "neither of CAPF nor of its maker: ask with --auth auth-string "
	    "or null-string first");
}

/* An EC key and no other. */
static bool
wants_ec(const struct phone_effective *x, const struct capf_ask *a)
{
	if (a->op != CAPF_OP_INSTALL)
		return false;
	return a->key != NULL ? a->key->ec != NULL :
	    effective_is(x, SETTING_KEY_ORDER, "ec-only");
}

static int
check_key(const struct phone_effective *x, const struct capf_ask *a,
    struct err *e)
{
	if (!wants_ec(x, a))
		return ERR_OK;
	if (!model_can(x->model, x->phone.protocol, MODEL_EC))
		return err_set(e, ERR_REFUSED, "%s is not known to make EC "
		    "keys (show models): ask with --key rsa2048",
		    x->model->name);
	return ERR_OK;
}

static int
check_lists(const struct phone_effective *x, const struct capf_ask *a,
    struct err *e)
{
	if (x->ec_lists || !wants_ec(x, a))
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "phones make EC keys with trust lists of "
	    "signer version 1.1 alone: set param itl.signer_version 1.1, or ask "
	    "with --key rsa2048");
}

/* The other rules are looked at when settings are written. */
static int
check_ask(const struct phone_effective *x, const struct capf_ask *a,
    int64_t now, bool *same, struct err *e)
{
	int ret;

	if ((ret = phone_setting_applies(setting_get(SETTING_CERT_OPERATION),
	    &x->phone, e)) != ERR_OK ||
	    (ret = check_key(x, a, e)) != ERR_OK ||
	    (ret = check_pending(x, a, now, same, e)) != ERR_OK ||
	    (ret = check_lists(x, a, e)) != ERR_OK)
		return ret;
	return check_proof(x, a, e);
}

static int
load(struct phone_effective *x, struct db *db,
    const struct profile_base *base, const char *phone, struct err *e)
{
	int ret = phone_effective_load(x, db, base, phone, e);

	/* Whoever tells it says which phone. */
	return ret == ERR_NOTFOUND ? err_set(e, ret, "there is no such phone: "
	    "\"phone list\" shows those there are") : ret;
}

int
capf_ask_free(struct db *db, const struct profile_base *base,
    const char *phone, enum capf_operation but, int64_t now, struct err *e)
{
	struct phone_effective x;
	struct capf_pending p;
	int ret;

	if ((ret = load(&x, db, base, phone, e)) != ERR_OK)
		return ret;
	if (is_pending(&x, now, &p) && p.op != but)
		ret = say_pending(&x, &p, e);
	phone_effective_clear(&x);
	return ret;
}

/* A roll-out wrote how the phone proves itself, and its key, when it started;
 * what it is to do by when stands in the roll-out. */
static int
check_waits(struct db *db, const struct phone_effective *x,
    const struct capf_ask *a, bool *waits, struct err *e)
{
	struct row_rollout_phone *p;
	struct row_rollout r;
	size_t n;
	int ret = row_rollout_phone_of(db, x->phone.name, &p, &n, e);

	if (ret != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		if (p[i].state != ROLLOUT_WAITING || (ret = row_rollout_get(
		    db, p[i].rollout, &r, e)) != ERR_OK)
			continue;
		*waits |= capf_operation_of(r.operation) == a->op &&
		    r.completes_by == a->by && differs(x, a) == NULL;
	}
	free(p);
	return ret;
}

int
capf_ask_look(struct db *db, const struct profile_base *base,
    const char *phone, const struct capf_ask *a, int64_t now,
    struct capf_look *l, struct err *e)
{
	struct phone_effective x;
	int ret;

	*l = (struct capf_look){ .same = false };
	if ((ret = load(&x, db, base, phone, e)) != ERR_OK)
		return ret;
	if ((ret = check_ask(&x, a, now, &l->same, e)) == ERR_OK &&
	    (ret = check_waits(db, &x, a, &l->waits, e)) == ERR_OK) {
		l->needs_string = by_string(&x, a) && !has_string(&x);
		l->drops_string = !by_string(&x, a) && has_string(&x);
	}
	phone_effective_clear(&x);
	return ret;
}

/* --- asking --- */

size_t
capf_ask_changes(const struct capf_ask *a,
    struct setting_change c[CAPF_ASK_CHANGES])
{
	size_t n = 0;

	if (a->auth != NULL)
		c[n++] = (struct setting_change){
		    setting_get(SETTING_CAPF_AUTH_MODE), a->auth };
	if (a->key == NULL)
		return n;
	c[n++] = (struct setting_change){ setting_get(SETTING_KEY_ORDER),
	    a->key->order };
	c[n++] = (struct setting_change){ setting_get(SETTING_RSA_KEY_SIZE),
	    a->key->rsa };
	c[n++] = (struct setting_change){ setting_get(SETTING_EC_KEY_SIZE),
	    a->key->ec };
	return n;
}

struct changes {
	struct setting_change	 c[CHANGES_MAX];
	size_t			 n;
	char			 by[CLOCK_RFC3339_LEN];
};

static void
add(struct changes *ch, enum setting_id id, const char *value)
{
	ch->c[ch->n++] = (struct setting_change){ setting_get(id), value };
}

/* The time is always written anew: one that has passed may still stand
 * there. */
static int
take_by(struct db *db, const struct capf_ask *a, int64_t now,
    struct changes *ch, struct err *e)
{
	int64_t days = 0;
	int ret;

	if (a->by == 0 && (ret = param_get_i64(db, PARAM_CAPF_OPERATION_DAYS,
	    "", &days, e)) != ERR_OK)
		return ret;
	clock_rfc3339(a->by != 0 ? a->by : now + days * DAY_S, ch->by);
	add(ch, SETTING_OPERATION_BY, ch->by);
	return ERR_OK;
}

/* What counts for the phone already is left where it stands. */
static int
take_changes(struct db *db, const struct phone_effective *x,
    const struct capf_ask *a, bool same, int64_t now, struct changes *ch,
    struct err *e)
{
	if (!effective_is(x, SETTING_CAPF_AUTH_MODE, mode_of(x, a)))
		add(ch, SETTING_CAPF_AUTH_MODE, a->auth);
	if (a->key != NULL && key_differs(x, a->key) != NULL) {
		add(ch, SETTING_KEY_ORDER, a->key->order);
		add(ch, SETTING_RSA_KEY_SIZE, a->key->rsa);
		add(ch, SETTING_EC_KEY_SIZE, a->key->ec);
	}
	add(ch, SETTING_CERT_OPERATION, capf_operation_word(a->op));
	return same && a->by == 0 ? ERR_OK : take_by(db, a, now, ch, e);
}

static int
advise(const struct phone_effective *x, const struct capf_ask *a,
    struct phone_result *r, struct err *e)
{
	const char *more = NULL;
	char *both;

	if (a->op == CAPF_OP_DELETE && effective_yes(x, SETTING_ENC_CONFIG))
		more = "its profile asks for encrypted files: once its "
		    "certificate is deleted, CAPF installs another";
	else if (a->op == CAPF_OP_INSTALL && a->key != NULL &&
	    a->key->rsa != NULL && atoi(a->key->rsa) > 2048)
		more = "many models stop at RSA keys of 2048 bits: the "
		    "operation fails on those";
	if (more == NULL)
		return ERR_OK;
	both = r->advice == NULL ? strdup(more) : str_printf("%s\n%s",
	    r->advice, more);
	if (both == NULL)
		return err_set(e, ERR_NOMEM, "advice");
	free(r->advice);
	r->advice = both;
	return ERR_OK;
}

static int
put(struct db *db, const struct phone_effective *x, const struct capf_ask *a,
    const struct phone_secret *string, bool same, const struct keyring *kr,
    int64_t now, struct phone_result *r, struct err *e)
{
	const struct phone_secret gone = {
		.setting = setting_get(SETTING_AUTH_STRING) };
	struct changes ch = { .n = 0 };
	struct phone_spec s = { .name = x->phone.name, .change = ch.c,
	    .flags = a->flags, .base = x->base, .kr = kr };
	int ret;

	if ((ret = take_changes(db, x, a, same, now, &ch, e)) != ERR_OK)
		return ret;
	s.nchange = ch.n;
	if (string == NULL && !by_string(x, a) && has_string(x))
		string = &gone;
	s.secret = string;
	s.nsecret = string != NULL;
	if ((ret = phone_set(db, &s, now, r, e)) != ERR_OK)
		return ret;
	return advise(x, a, r, e);
}

int
capf_ask_put(struct db *db, const struct profile_base *base,
    const char *phone, const struct capf_ask *a,
    const struct phone_secret *string, const struct keyring *kr, int64_t now,
    struct phone_result *r, struct err *e)
{
	struct phone_effective x;
	bool same;
	int ret;

	if ((ret = load(&x, db, base, phone, e)) != ERR_OK)
		return ret;
	if ((ret = check_ask(&x, a, now, &same, e)) != ERR_OK)
		goto out;
	if (string != NULL && !by_string(&x, a))
		ret = err_set(e, ERR_REFUSED, "it takes no authentication "
		    "string with %s %s: add --auth auth-string",
		    setting_get(SETTING_CAPF_AUTH_MODE)->name,
		    setting_value_name(setting_get(SETTING_CAPF_AUTH_MODE),
		    mode_of(&x, a)));
	else if (string == NULL && by_string(&x, a) && !has_string(&x))
		ret = err_set(e, ERR_BUSY, "its settings were changed just "
		    "now: run the command again");
	else
		ret = put(db, &x, a, string, same, kr, now, r, e);
out:
	phone_effective_clear(&x);
	return ret;
}

int
capf_ask_cancel(struct db *db, const struct profile_base *base,
    const char *phone, int64_t now, struct phone_result *r, struct err *e)
{
	const struct setting_change change[] = {
		{ setting_get(SETTING_CERT_OPERATION), NULL },
		{ setting_get(SETTING_OPERATION_BY), NULL },
	};
	const struct phone_secret gone = {
		.setting = setting_get(SETTING_AUTH_STRING) };
	const struct phone_spec s = { .name = phone, .change = change,
	    .nchange = COUNT(change), .secret = &gone, .nsecret = 1,
	    .base = base };
	struct capf_owner o = { .kind = CAPF_PHONE };
	int ret = phone_set(db, &s, now, r, e);

	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no phone %s: \"phone list\" shows "
		    "those there are", phone);
	/* A certificate for it would be what the next one asked for gets. */
	(void)str_copy(o.name, sizeof(o.name), phone);
	return ret != ERR_OK ? ret : capf_drop_request(db, &o, e);
}
