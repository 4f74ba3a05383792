/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings of single phones: written, and checked with all that holds for
 * the phone.  See profile.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/wr.h"
#include "db/rows_login.h"
#include "trust/profile.h"
#include "trust/profile_write.h"
#include "trust/render_env.h"
#include "trust/user.h"

#define ADVICE_MAX	8192	/* bytes of all advice about a change */

bool
change_is_default(const struct setting_change *c)
{
	return c->value == NULL || strcmp(c->value, "default") == 0;
}

/* "SSH Access is not applicable to 7960/SIP". */
static int
not_applicable(const struct setting *s, const struct row_phone *p,
    struct err *e)
{
	if (model_find(p->model) == NULL && s->need != SETTING_NEEDS_NOTHING)
		return err_set(e, ERR_REFUSED, "%s is not applicable to %s/%s "
		    "as long as its model is not known: name one that is "
		    "listed (show models, phone set --model)", s->name,
		    p->model[0] != '\0' ? p->model : "a phone without a model",
		    phone_protocol_name[p->protocol]);
	return err_set(e, ERR_REFUSED, "%s is not applicable to %s/%s: leave "
	    "it out, or say --%s%s", s->name, p->model[0] != '\0' ?
	    p->model : "any model", phone_protocol_name[p->protocol],
	    s->option, s->type == SETTING_SECRET ? "-file none" :
	    " default");
}

int
phone_setting_applies(const struct setting *s, const struct row_phone *p,
    struct err *e)
{
	return setting_applies(s, model_of(p->model), p->protocol) ? ERR_OK :
	    not_applicable(s, p, e);
}

static int
write_setting(struct db *db, const struct row_phone *p,
    const struct setting_change *c, unsigned flags, bool *changed,
    struct err *e)
{
	const struct setting *s = c->setting;
	char value[SETTING_VALUE_MAX + 1];
	int ret;

	if (!(s->where & SETTING_IN_PHONE))
		return err_set(e, ERR_REFUSED, "%s is set in the phone's "
		    "profile: phone profile set PROFILE --%s VALUE", s->name,
		    s->option);
	if (s->type == SETTING_SECRET)
		return err_set(e, ERR_ARG, "%s is a secret and not set like "
		    "other settings", s->name);
	if (change_is_default(c))
		return row_phone_setting_put(db, p->name, s->option, NULL,
		    changed, e);
	if ((ret = setting_check(s, c->value, flags, value, e)) != ERR_OK)
		return ret;
	if ((ret = phone_setting_applies(s, p, e)) != ERR_OK)
		return ret;
	/* Only phones have it and this is the default: the row says nothing. */
	if (!(s->where & SETTING_IN_PROFILE) && strcmp(value, s->def) == 0)
		return row_phone_setting_put(db, p->name, s->option, NULL,
		    changed, e);
	return row_phone_setting_put(db, p->name, s->option, value, changed,
	    e);
}

/*
 * The digest user of a phone that somebody is logged in at is that one, until
 * then.  *same: what is wanted is what it has at other times, as an export
 * says, or who is there.
 */
static int
check_login(struct db *db, const char *phone, const struct setting_change *c,
    bool *same, struct err *e)
{
	const char *value = change_is_default(c) ? "" : c->value;
	struct err miss = { 0 };
	struct row_login l;
	int ret = row_login_get(db, phone, &l, &miss);

	*same = false;
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	*same = strcmp(value, l.before) == 0 || strcmp(value, l.user) == 0;
	return *same ? ERR_OK : err_set(e, ERR_REFUSED, "%s is logged in at "
	    "%s, which has that %s until then: log it out first (phone "
	    "logout %s)", l.user, phone, c->setting->name, phone);
}

int
phone_setting_write(struct db *db, const struct row_phone *p,
    const struct setting_change *c, unsigned flags, bool *changed,
    struct err *e)
{
	bool same;
	int ret;

	if (c->setting->id == SETTING_DIGEST_USER) {
		if ((ret = check_login(db, p->name, c, &same, e)) != ERR_OK)
			return ret;
		if (same) {
			if (changed != NULL)
				*changed = false;
			return ERR_OK;
		}
	}
	return write_setting(db, p, c, flags, changed, e);
}

/* The change of that setting among c; NULL. */
static const struct setting_change *
change_of(const struct setting_change *c, size_t n, enum setting_id id)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].setting->id == id)
			return &c[i];
	return NULL;
}

static int
has_setting(struct db *db, const char *phone, enum setting_id id, bool *has,
    struct err *e)
{
	const char *option = setting_get(id)->option;
	struct row_setting *rows;
	size_t n;
	int ret = row_phone_settings(db, phone, &rows, &n, e);

	*has = false;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		*has = *has || strcmp(rows[i].name, option) == 0;
	if (ret == ERR_OK)
		free(rows);
	return ret;
}

int
phone_operation_time(struct db *db, const char *phone,
    const struct setting_change *c, size_t n, int64_t now, bool *changed,
    struct err *e)
{
	const char *option = setting_get(SETTING_OPERATION_BY)->option;
	char text[CLOCK_RFC3339_LEN];
	bool waits, timed;
	int64_t days;
	int ret;

	*changed = false;
	if (change_of(c, n, SETTING_CERT_OPERATION) == NULL ||
	    change_of(c, n, SETTING_OPERATION_BY) != NULL)
		return ERR_OK;
	if ((ret = has_setting(db, phone, SETTING_CERT_OPERATION, &waits,
	    e)) != ERR_OK || (ret = has_setting(db, phone,
	    SETTING_OPERATION_BY, &timed, e)) != ERR_OK || waits == timed)
		return ret;
	if (!waits)
		return row_phone_setting_put(db, phone, option, NULL, changed,
		    e);
	if ((ret = param_get_i64(db, PARAM_CAPF_OPERATION_DAYS, "", &days,
	    e)) != ERR_OK)
		return ret;
	clock_rfc3339(now + days * 86400, text);
	return row_phone_setting_put(db, phone, option, text, changed, e);
}

bool
changes_readiness(const struct setting_change *c, size_t n)
{
	return change_of(c, n, SETTING_SECURITY_MODE) != NULL ||
	    change_of(c, n, SETTING_WHEN_READY) != NULL;
}

int
phone_settings_set(struct db *db, const struct profile_base *base,
    const char *phone, const struct setting_change *c, size_t n,
    unsigned flags, int64_t now, bool *changed, char **advice,
    struct err *e)
{
	struct row_phone p;
	bool one;
	int ret;

	*changed = false;
	if ((ret = row_phone_get(db, phone, &p, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		if ((ret = phone_setting_write(db, &p, &c[i], flags, &one,
		    e)) != ERR_OK)
			return ret;
		*changed = *changed || one;
	}
	if ((ret = phone_operation_time(db, phone, c, n, now, &one, e)) !=
	    ERR_OK)
		return ret;
	*changed = *changed || one;
	if (*changed) {
		p.changed_at = now;
		if ((ret = row_phone_put(db, &p, e)) != ERR_OK)
			return ret;
	}
	return changes_readiness(c, n) ? phone_check_new(db, base, phone,
	    advice, e) : phone_check(db, base, phone, advice, e);
}

/* Rows that stayed behind when model or protocol changed. */
static int
check_own(const struct phone_effective *x, struct err *e)
{
	const struct setting *s;

	for (size_t i = 0; i < x->nown; i++)
		if ((s = setting_find(x->own[i].name)) != NULL &&
		    !setting_applies(s, x->model, x->phone.protocol))
			return not_applicable(s, &x->phone, e);
	return ERR_OK;
}

/* Another phone has its digest user too: one more line of advice. */
static int
advise_shared(struct db *db, const struct phone_effective *x, char **advice,
    struct err *e)
{
	const char *user = x->value[SETTING_DIGEST_USER];
	char *shared = NULL, *both;
	int ret;

	if (user[0] == '\0')
		return ERR_OK;
	if ((ret = user_shared(db, user, x->phone.name, &shared, e)) !=
	    ERR_OK || shared == NULL)
		return ret;
	if (*advice == NULL) {
		*advice = shared;
		return ERR_OK;
	}
	both = str_printf("%s\n%s", *advice, shared);
	free(shared);
	if (both == NULL)
		return err_set(e, ERR_NOMEM, "advice about settings");
	free(*advice);
	*advice = both;
	return ERR_OK;
}

static int
check(struct db *db, const struct profile_base *base, const char *phone,
    bool ready, char **advice, struct err *e)
{
	struct phone_effective x;
	int ret;

	free(*advice);
	*advice = NULL;
	if ((ret = phone_effective_load(&x, db, base, phone, e)) != ERR_OK)
		return ret;
	if ((ret = check_own(&x, e)) == ERR_OK &&
	    (ret = profile_check(&x, advice, e)) == ERR_OK &&
	    (!ready || (ret = profile_ready_check(&x, e)) == ERR_OK))
		ret = advise_shared(db, &x, advice, e);
	phone_effective_clear(&x);
	return ret;
}

int
phone_check(struct db *db, const struct profile_base *base,
    const char *phone, char **advice, struct err *e)
{
	return check(db, base, phone, false, advice, e);
}

int
phone_check_new(struct db *db, const struct profile_base *base,
    const char *phone, char **advice, struct err *e)
{
	return check(db, base, phone, true, advice, e);
}

/* --- all phones of a profile --- */

struct users {
	struct db			*db;
	const struct profile_base	*base;
	struct wr			*advice;
	int64_t				 nbridge;	/* whom it concerns */
	enum param_id			 param;		/* that changed, or
							 * PARAM_N */
	bool				 ready;		/* their mode is new */
};

/* What was so before a parameter changed need not be said again: only where
 * its value is the one that counts. */
static bool
concerns(const struct users *u, const struct phone_effective *x)
{
	const struct setting *s = setting_table();

	if (u->param == PARAM_N)
		return true;
	for (int i = 0; i < SETTING_N; i++)
		if (s[i].param == u->param && x->from[i] == FROM_PARAM)
			return true;
	return false;
}

/* Each line once, however many phones it is about. */
static void
add_lines(struct wr *w, const char *lines)
{
	size_t n;

	for (; *lines != '\0'; lines += n + (lines[n] == '\n')) {
		n = strcspn(lines, "\n");
		if (w->len > 0 && memmem(w->buf, w->len, lines, n) != NULL)
			continue;
		if (w->len + n < ADVICE_MAX)
			wr_fmt(w, "%.*s\n", (int)n, lines);
	}
}

/* What is advised about a phone, or about the profile itself. */
static void
take_lines(struct users *u, const struct phone_effective *x,
    const char *advice)
{
	bool bridge = strstr(advice, profile_bridge_message) != NULL;

	if (!concerns(u, x))
		return;
	if (u->param != PARAM_PHONE_BUILTIN_BRIDGE)
		add_lines(u->advice, advice);
	else if (bridge)
		add_lines(u->advice, profile_bridge_message);
	u->nbridge += bridge;
}

static int
check_user(void *arg, const struct row_phone *p, struct err *e)
{
	struct phone_effective x;
	struct users *u = arg;
	char *advice = NULL;
	int ret;

	if ((ret = phone_effective_of(&x, u->db, u->base, p, e)) != ERR_OK)
		return ret;
	if ((ret = profile_check(&x, &advice, e)) == ERR_OK && u->ready &&
	    concerns(u, &x))
		ret = profile_ready_check(&x, e);
	if (ret != ERR_OK)
		ret = err_wrap(e, "phone %s, which uses profile %s",
		    p->name, p->profile);
	else if (advice != NULL)
		take_lines(u, &x, advice);
	free(advice);
	phone_effective_clear(&x);
	return ret;
}

/* The text gathered, without its last line feed. */
static int
take_advice(struct wr *w, char **advice, struct err *e)
{
	size_t n;

	free(*advice);
	*advice = NULL;
	if (w->len == 0)
		return ERR_OK;
	w->buf[w->len - 1] = '\0';
	if ((*advice = (char *)wr_take(w, &n)) == NULL)
		return err_set(e, ERR_NOMEM, "advice about settings");
	return ERR_OK;
}

/* The profile itself, then each phone that uses it. */
static int
check_users(struct users *u, const char *profile, struct err *e)
{
	struct phone_effective x;
	char *advice = NULL;
	int ret;

	if ((ret = profile_effective(&x, u->db, u->base, profile,
	    PROTOCOL_SIP, e)) != ERR_OK)
		return ret;
	if ((ret = profile_check(&x, &advice, e)) == ERR_OK &&
	    advice != NULL)
		take_lines(u, &x, advice);
	free(advice);
	phone_effective_clear(&x);
	if (ret != ERR_OK)
		return ret;
	return row_phone_each_of(u->db, profile, check_user, u, e);
}

int
profile_users_check(struct db *db, const char *profile, bool ready,
    char **advice, struct err *e)
{
	struct wr w = wr_init(ADVICE_MAX + 512);
	struct users u = { .db = db, .advice = &w, .param = PARAM_N,
	    .ready = ready };
	struct profile_base *base;
	int ret;

	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	u.base = base;
	if ((ret = check_users(&u, profile, e)) == ERR_OK)
		ret = take_advice(&w, advice, e);
	profile_base_free(base);
	wr_clear(&w);
	return ret;
}

/* Only with these can a phone's own rules turn on a default. */
static bool
matters(enum param_id id)
{
	return id == PARAM_PHONE_SECURITY_MODE ||
	    id == PARAM_PHONE_BUILTIN_BRIDGE || id == PARAM_FILES_SYMMETRIC;
}

static int
check_ec(void *arg, const struct row_phone *p, struct err *e)
{
	struct phone_effective x;
	struct users *u = arg;
	int ret;

	if ((ret = phone_effective_of(&x, u->db, u->base, p, e)) != ERR_OK)
		return ret;
	if ((ret = profile_ec_check(&x, NULL, e)) != ERR_OK)
		ret = err_wrap(e, "phone %s", p->name);
	phone_effective_clear(&x);
	return ret;
}

/* Who is to make an EC key could not with the lists as they are now. */
static int
check_lists(struct db *db, struct err *e)
{
	struct users u = { .db = db };
	struct profile_base *base;
	int ret;

	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	u.base = base;
	if (!profile_ec_lists(base))
		ret = row_phone_each(db, check_ec, &u, e);
	profile_base_free(base);
	return ret;
}

/* A model that nobody knows gets no firmware by its name. */
static int
check_loads(struct db *db, char **advice, struct err *e)
{
	struct err own = { 0 };
	char *v = param_get(db, PARAM_PHONE_LOADS, "", &own), model[32];

	if (v == NULL)
		return err_set(e, own.code, "%s", own.msg);
	if (render_loads_stray(v, model, sizeof(model)))
		*advice = str_printf("%s is no model that is known here (show "
		    "models): no phone gets its firmware by that", model);
	free(v);
	return ERR_OK;
}

int
profile_param_check(struct db *db, enum param_id id, char **advice,
    struct err *e)
{
	struct wr w = wr_init(ADVICE_MAX + 512);
	struct users u = { .db = db, .advice = &w, .param = id,
	    .ready = id == PARAM_PHONE_SECURITY_MODE };
	struct profile_base *base = NULL;
	struct row_profile *rows = NULL;
	size_t n = 0;
	int ret = ERR_OK;

	free(*advice);
	*advice = NULL;
	if (id == PARAM_PHONE_LOADS)
		return check_loads(db, advice, e);
	if (id == PARAM_ITL_SIGNER_VERSION)
		return check_lists(db, e);
	if (id == PARAM_SIP_REALM)
		return user_realm_changed(db, e);
	if (!matters(id))
		return ERR_OK;
	if ((ret = profile_base_load(&base, db, e)) != ERR_OK ||
	    (ret = row_profile_list(db, &rows, &n, e)) != ERR_OK)
		goto out;
	u.base = base;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = check_users(&u, rows[i].name, e);
	if (ret != ERR_OK)
		goto out;
	if (u.nbridge > 0)
		wr_fmt(&w, "This concerns %" PRId64 " phone%s.\n", u.nbridge,
		    u.nbridge == 1 ? "" : "s");
	ret = take_advice(&w, advice, e);
out:
	free(rows);
	profile_base_free(base);
	wr_clear(&w);
	return ret;
}
