/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The value of every setting for one phone, see profile.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/rows_capf.h"
#include "trust/device_key.h"
#include "trust/profile_write.h"
#include "trust/user.h"

struct entry {			/* a profile with its settings */
	struct row_profile	 row;
	struct row_setting	*set;
	const char		*value[SETTING_N];	/* NULL: not set */
};

struct profile_base {
	struct row_profile	*rows;
	struct entry		*entry;
	size_t			 n;
	char			*param[SETTING_N];	/* NULL: as the table */
	int64_t			 param_at[SETTING_N];
	char			 realm[REALM_MAX + 1];	/* sip.station_realm */
	bool			 ec_lists;	/* itl.signer_version 1.1 */
};

const char *
setting_from_name(enum setting_from f)
{
	switch (f) {
	case FROM_DEFAULT:
		return "default";
	case FROM_DERIVED:
		return "derived";
	case FROM_MODEL:
		return "model";
	case FROM_PARAM:
		return "parameter";
	case FROM_PROFILE:
		return "profile";
	case FROM_PHONE:
		return "phone";
	}
	return "default";
}

/* Sort rows into values; what this version would not write does not count. */
static void
take_rows(const struct row_setting *rows, size_t n, unsigned where,
    const char *value[SETTING_N])
{
	char canonical[SETTING_VALUE_MAX + 1];
	const struct setting *s;

	for (size_t i = 0; i < n; i++) {
		if ((s = setting_find(rows[i].name)) == NULL ||
		    !(s->where & where) || s->type == SETTING_SECRET)
			continue;
		if (setting_check(s, rows[i].value, SETTING_ALLOW_WEAK,
		    canonical, NULL) == ERR_OK &&
		    strcmp(canonical, rows[i].value) == 0)
			value[s->id] = rows[i].value;
	}
}

static int
load_profiles(struct profile_base *b, struct db *db, struct err *e)
{
	size_t n = 0, nset;
	int ret;

	if ((ret = row_profile_list(db, &b->rows, &n, e)) != ERR_OK)
		return ret;
	if (n > 0 && (b->entry = calloc(n, sizeof(*b->entry))) == NULL)
		return err_set(e, ERR_NOMEM, "profiles");
	for (; b->n < n; b->n++) {
		struct entry *x = &b->entry[b->n];

		x->row = b->rows[b->n];
		if ((ret = row_profile_settings(db, x->row.name, &x->set,
		    &nset, e)) != ERR_OK)
			return ret;
		take_rows(x->set, nset, SETTING_IN_PROFILE, x->value);
	}
	return ERR_OK;
}

static int
load_param(struct profile_base *b, struct db *db, const struct setting *s,
    struct err *e)
{
	struct err own = { 0 };
	char *v;

	if ((v = param_get(db, s->param, "", &own)) == NULL)
		return err_set(e, own.code, "%s", own.msg);
	if (strcmp(v, "default") == 0) {
		free(v);
		return ERR_OK;
	}
	b->param[s->id] = v;
	return param_changed_at(db, s->param, "", &b->param_at[s->id], e);
}

static int
load_realm(struct profile_base *b, struct db *db, struct err *e)
{
	struct err own = { 0 };
	char *v;

	if ((v = param_get(db, PARAM_SIP_REALM, "", &own)) == NULL)
		return err_set(e, own.code, "%s", own.msg);
	(void)str_copy(b->realm, sizeof(b->realm), v);
	free(v);
	return ERR_OK;
}

static int
load_lists(struct profile_base *b, struct db *db, struct err *e)
{
	struct err own = { 0 };
	char *v;

	if ((v = param_get(db, PARAM_ITL_SIGNER_VERSION, "", &own)) == NULL)
		return err_set(e, own.code, "%s", own.msg);
	b->ec_lists = strcmp(v, "1.1") == 0;
	free(v);
	return ERR_OK;
}

int
profile_base_load(struct profile_base **b, struct db *db, struct err *e)
{
	const struct setting *s = setting_table();
	int ret;

	if ((*b = calloc(1, sizeof(**b))) == NULL)
		return err_set(e, ERR_NOMEM, "profiles");
	if ((ret = load_profiles(*b, db, e)) == ERR_OK &&
	    (ret = load_realm(*b, db, e)) == ERR_OK)
		ret = load_lists(*b, db, e);
	for (int i = 0; ret == ERR_OK && i < SETTING_N; i++)
		if (s[i].param != SETTING_NO_PARAM)
			ret = load_param(*b, db, &s[i], e);
	if (ret != ERR_OK) {
		profile_base_free(*b);
		*b = NULL;
	}
	return ret;
}

void
profile_base_free(struct profile_base *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; b->entry != NULL && i < b->n; i++)
		free(b->entry[i].set);
	free(b->entry);
	free(b->rows);
	for (int i = 0; i < SETTING_N; i++)
		free(b->param[i]);
	free(b);
}

bool
profile_ec_lists(const struct profile_base *b)
{
	return b->ec_lists;
}

static const struct entry *
entry_find(const struct profile_base *b, const char *name)
{
	size_t lo = 0, hi = b->n, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((c = strcmp(b->entry[mid].row.name, name)) == 0)
			return &b->entry[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* --- one phone --- */

static void
newer(struct phone_effective *x, int64_t at)
{
	if (at > x->changed_at)
		x->changed_at = at;
}

/* The value of one setting; pr NULL: the predefined profile. */
static void
resolve(struct phone_effective *x, const struct setting *s,
    const char *const own[SETTING_N], const struct entry *pr,
    const struct model *m)
{
	const struct profile_base *b = x->base;
	int i = (int)s->id;

	x->value[i] = s->def;
	x->from[i] = FROM_DEFAULT;
	if (!setting_applies(s, m, x->phone.protocol)) {
		x->ignored[i] = pr != NULL ? pr->value[i] : NULL;
		return;
	}
	if (own[i] != NULL) {
		x->value[i] = own[i];
		x->from[i] = FROM_PHONE;
	} else if (pr != NULL && pr->value[i] != NULL) {
		x->value[i] = pr->value[i];
		x->from[i] = FROM_PROFILE;
	} else if (pr == NULL && s->id == SETTING_SECURITY_MODE) {
		x->value[i] = "non-secure";
		x->from[i] = FROM_PROFILE;
	} else if (b->param[i] != NULL &&
	    strcmp(b->param[i], s->def) != 0) {
		x->value[i] = b->param[i];
		x->from[i] = FROM_PARAM;
		newer(x, b->param_at[i]);
	}
}

/* What no one said follows from mode and model. */
static void
derive_transport(struct phone_effective *x, bool any_model)
{
	if (x->phone.protocol != PROTOCOL_SIP ||
	    x->value[SETTING_TRANSPORT][0] != '\0')
		return;
	x->from[SETTING_TRANSPORT] = FROM_DERIVED;
	if (!effective_is(x, SETTING_SECURITY_MODE, "non-secure")) {
		x->value[SETTING_TRANSPORT] = "tls";
	} else if (!any_model && x->model != model_unknown() &&
	    !model_can(x->model, PROTOCOL_SIP, MODEL_AUTHENTICATION)) {
		x->value[SETTING_TRANSPORT] = "udp";
		x->from[SETTING_TRANSPORT] = FROM_MODEL;
	} else
		x->value[SETTING_TRANSPORT] = "tcp+udp";
}

static void
resolve_all(struct phone_effective *x, const char *const own[SETTING_N],
    bool any_model)
{
	const struct setting *s = setting_table();
	const struct entry *pr = x->phone.profile[0] != '\0' ?
	    entry_find(x->base, x->phone.profile) : NULL;

	x->profile_protocol = x->phone.protocol;
	if (pr != NULL) {
		x->profile_protocol = pr->row.protocol;
		newer(x, pr->row.changed_at);
	}
	(void)str_copy(x->profile, sizeof(x->profile), pr != NULL ?
	    pr->row.name : profile_predefined(x->phone.protocol));
	for (int i = 0; i < SETTING_N; i++)
		resolve(x, &s[i], own, pr, any_model ? NULL : x->model);
	derive_transport(x, any_model);
}

static int
find_secrets(struct phone_effective *x, struct db *db, struct err *e)
{
	const struct setting *s;
	struct row_secret *rows;
	size_t n;
	int ret;

	if ((ret = row_secret_list(db, x->phone.name, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		if ((s = setting_find(rows[i].name)) != NULL &&
		    s->type == SETTING_SECRET) {
			x->from[s->id] = FROM_PHONE;
			newer(x, rows[i].changed_at);
		}
	free(rows);
	return ERR_OK;
}

/* Credentials for the realm that challenges phones, or for any. */
static int
find_digest(struct phone_effective *x, struct db *db, struct err *e)
{
	struct row_credential c = { .sealed = NULL };
	struct err miss = { 0 };
	int ret = user_digest_for(db, x->value[SETTING_DIGEST_USER],
	    x->base->realm, &c, &miss);

	row_credential_clear(&c);
	x->user_has_digest = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

static int
find_user(struct phone_effective *x, struct db *db, struct err *e)
{
	struct err miss = { 0 };
	struct row_user u;
	int ret;

	if (x->value[SETTING_DIGEST_USER][0] == '\0')
		return ERR_OK;
	ret = row_user_get(db, x->value[SETTING_DIGEST_USER], &u, &miss);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	x->user_known = true;
	newer(x, u.changed_at);
	return u.has_digest ? find_digest(x, db, e) : ERR_OK;
}

static int
find_srst(struct phone_effective *x, struct db *db, struct err *e)
{
	struct err miss = { 0 };
	struct row_srst s;
	int ret;

	if (x->value[SETTING_SRST_REFERENCE][0] == '\0')
		return ERR_OK;
	ret = row_srst_get(db, x->value[SETTING_SRST_REFERENCE], &s, &miss);
	x->srst_known = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

/* One of CAPF's, whatever its date: what has ended is for who registers the
 * phone to judge. */
static int
find_certificate(struct phone_effective *x, struct db *db, struct err *e)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	struct row_device_cert d;
	struct err miss = { 0 };
	int ret;

	(void)str_copy(o.name, sizeof(o.name), x->phone.name);
	ret = row_device_cert_current(db, &o, DEVICE_LSC, &d, &miss);
	x->has_certificate = ret == ERR_OK;
	if (ret == ERR_OK)
		newer(x, d.changed_at);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	if (!effective_yes(x, SETTING_ENC_CONFIG) ||
	    !effective_is(x, SETTING_KEY_ORDER, "ec-only"))
		return ERR_OK;
	return device_key_mic(db, x->phone.name, &x->has_rsa_mic, e);
}

static int
find_symmetric(struct phone_effective *x, struct db *db, struct err *e)
{
	struct err why = { 0 };
	char *v;

	if (!effective_yes(x, SETTING_ENC_CONFIG) ||
	    x->from[SETTING_SYMMETRIC_KEY] != FROM_PHONE)
		return ERR_OK;
	if ((v = param_get(db, PARAM_FILES_SYMMETRIC, "", &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	x->symmetric_on = strcmp(v, "yes") == 0;
	free(v);
	return ERR_OK;
}

static int
take_base(struct phone_effective *x, struct db *db,
    const struct profile_base *base, struct err *e)
{
	int ret;

	if (base == NULL) {
		if ((ret = profile_base_load(&x->own_base, db, e)) != ERR_OK)
			return ret;
		base = x->own_base;
	}
	x->base = base;
	x->ec_lists = base->ec_lists;
	return ERR_OK;
}

int
phone_effective_of(struct phone_effective *x, struct db *db,
    const struct profile_base *base, const struct row_phone *p,
    struct err *e)
{
	const char *own[SETTING_N] = { NULL };
	int ret;

	*x = (struct phone_effective){ .phone = *p,
	    .model = model_of(p->model), .changed_at = p->changed_at };
	if ((ret = take_base(x, db, base, e)) != ERR_OK ||
	    (ret = row_phone_settings(db, p->name, &x->own, &x->nown, e)) !=
	    ERR_OK)
		goto out;
	take_rows(x->own, x->nown, SETTING_IN_PHONE, own);
	resolve_all(x, own, false);
	if ((ret = find_secrets(x, db, e)) == ERR_OK &&
	    (ret = find_certificate(x, db, e)) == ERR_OK &&
	    (ret = find_symmetric(x, db, e)) == ERR_OK &&
	    (ret = find_user(x, db, e)) == ERR_OK)
		ret = find_srst(x, db, e);
out:
	if (ret != ERR_OK)
		phone_effective_clear(x);
	return ret;
}

int
phone_effective_load(struct phone_effective *x, struct db *db,
    const struct profile_base *base, const char *name, struct err *e)
{
	struct row_phone p;
	int ret;

	*x = (struct phone_effective){ 0 };
	if ((ret = row_phone_get(db, name, &p, e)) != ERR_OK)
		return ret;
	return phone_effective_of(x, db, base, &p, e);
}

int
profile_effective(struct phone_effective *x, struct db *db,
    const struct profile_base *base, const char *profile,
    enum phone_protocol protocol, struct err *e)
{
	const char *own[SETTING_N] = { NULL };
	const struct entry *pr = NULL;
	int ret;

	*x = (struct phone_effective){ .model = model_unknown() };
	if ((ret = take_base(x, db, base, e)) != ERR_OK)
		return ret;
	if (!profile_is_predefined(profile, &protocol) &&
	    profile[0] != '\0' &&
	    (pr = entry_find(x->base, profile)) == NULL) {
		phone_effective_clear(x);
		return err_set(e, ERR_NOTFOUND, "there is no profile "
		    "\"%.64s\": \"phone profile list\" shows those there are",
		    profile);
	}
	x->phone.protocol = pr != NULL ? pr->row.protocol : protocol;
	if (pr != NULL)
		(void)str_copy(x->phone.profile, sizeof(x->phone.profile),
		    pr->row.name);
	resolve_all(x, own, true);
	if ((ret = find_srst(x, db, e)) != ERR_OK)
		phone_effective_clear(x);
	return ret;
}

void
phone_effective_clear(struct phone_effective *x)
{
	free(x->own);
	profile_base_free(x->own_base);
	*x = (struct phone_effective){ 0 };
}

bool
effective_is(const struct phone_effective *x, enum setting_id id,
    const char *word)
{
	return strcmp(x->value[id], word) == 0;
}

bool
effective_yes(const struct phone_effective *x, enum setting_id id)
{
	return effective_is(x, id, "yes");
}

/* Who may have EC keys only cannot get one again: a short file would be all
 * that he ever has. */
bool
effective_has_passwords(const struct phone_effective *x)
{
	return x->phone.has_file ||
	    x->from[SETTING_PHONE_PASSWORD] == FROM_PHONE ||
	    x->from[SETTING_SSH_PASSWORD] == FROM_PHONE ||
	    (effective_yes(x, SETTING_DIGEST_AUTH) &&
	    !effective_yes(x, SETTING_EXCLUDE_DIGEST) &&
	    x->user_has_digest);
}

bool
effective_waits(const struct phone_effective *x)
{
	return effective_yes(x, SETTING_WHEN_READY) && (!x->was_ready ||
	    effective_is(x, SETTING_KEY_ORDER, "ec-only"));
}

int64_t
effective_int(const struct phone_effective *x, enum setting_id id)
{
	int64_t v = 0;

	(void)str_to_i64(x->value[id], INT64_MIN, INT64_MAX, &v, NULL);
	return v;
}

const char *
effective_code(const struct phone_effective *x, enum setting_id id)
{
	const struct setting_word *w = setting_word(setting_get(id),
	    x->value[id]);

	return w != NULL ? w->code : "";
}
