/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Writing phones: row, own file, settings and secrets from one spec, see
 * phone.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "trust/capf_profile.h"
#include "trust/phone.h"
#include "trust/phone_guard.h"
#include "trust/phone_plain.h"
#include "trust/phone_spell.h"
#include "trust/phone_write.h"
#include "trust/profile_write.h"
#include "trust/render_env.h"
#include "trust/sealed.h"

struct write {
	struct db			*db;
	const struct phone_spec		*s;
	struct row_phone		 have, want;
	bool				 fresh;		/* was not there */
	struct phone_result		*r;
	char				 what[80];	/* differed first */
	enum phone_guard		 guard;		/* before */
};

void
phone_result_clear(struct phone_result *r)
{
	free(r->advice);
	*r = (struct phone_result){ .advice = NULL };
}

static void
differs(struct write *w, const char *what)
{
	w->r->changed = true;
	if (w->what[0] == '\0')
		(void)snprintf(w->what, sizeof(w->what), "%s", what);
}

/* More advice: takes text over. */
static int
advise(struct write *w, char *text, struct err *e)
{
	char *both;

	if (text == NULL || w->r->advice == NULL) {
		if (text != NULL)
			w->r->advice = text;
		return ERR_OK;
	}
	both = str_printf("%s\n%s", w->r->advice, text);
	free(text);
	if (both == NULL)
		return err_set(e, ERR_NOMEM, "%s", w->want.name);
	free(w->r->advice);
	w->r->advice = both;
	return ERR_OK;
}

/* --- the row --- */

static int
protocol_of(const char *s, enum phone_protocol *p, struct err *e)
{
	char shown[80];

	for (int i = 0; i < PROTOCOL_N; i++)
		if (str_ieq(s, phone_protocol_name[i])) {
			*p = (enum phone_protocol)i;
			return ERR_OK;
		}
	str_visible(s, strlen(s), shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not a protocol: SIP or SCCP",
	    shown);
}

static int
want_profile(struct write *w, struct err *e)
{
	const struct phone_spec *s = w->s;
	const char *name = s->profile;
	char keep[PROFILE_NAME_MAX + 1];

	if (name == NULL && s->protocol == NULL)
		return ERR_OK;
	if (name == NULL) {
		/* What it has must be for the protocol it gets. */
		(void)str_copy(keep, sizeof(keep), w->want.profile);
		name = keep;
	}
	if (str_ieq(name, "default"))
		name = "";
	return profile_resolve(w->db, name, w->want.protocol,
	    w->want.profile, e);
}

/* The row that is wanted, from the one there is and what s says. */
static int
want_row(struct write *w, struct err *e)
{
	const struct phone_spec *s = w->s;
	int ret = ERR_OK;

	if (s->model != NULL)
		ret = phone_model(s->model, w->want.model, e);
	if (ret == ERR_OK && s->protocol != NULL)
		ret = protocol_of(s->protocol, &w->want.protocol, e);
	if (ret == ERR_OK)
		ret = want_profile(w, e);
	if (ret == ERR_OK && s->description != NULL)
		ret = description_check(s->description, w->want.description,
		    e);
	return ret;
}

static const char *
or_unknown(const char *model)
{
	return model[0] != '\0' ? model : "unknown";
}

static void
compare_rows(struct write *w)
{
	const struct row_phone *h = &w->have, *n = &w->want;
	char what[80];

	if (strcmp(h->model, n->model) != 0) {
		(void)snprintf(what, sizeof(what), "model %s, not %s",
		    or_unknown(h->model), or_unknown(n->model));
		differs(w, what);
	}
	if (h->protocol != n->protocol)
		differs(w, "protocol");
	if (strcmp(h->profile, n->profile) != 0)
		differs(w, "profile");
	if (strcmp(h->description, n->description) != 0)
		differs(w, "description");
}

/* --- its own file --- */

/* What is wrong with the file, and what will be written otherwise. */
static int
check_file(struct write *w, struct err *e)
{
	const struct phone_spec *s = w->s;
	struct render_servers servers;
	struct render_env env;
	char *advice = NULL;
	int ret;

	if ((ret = render_servers_load(&servers, w->db, e)) != ERR_OK)
		return ret;
	env = render_env_of(&servers, w->want.name, NULL);
	if ((ret = render_check(servers.n > 0 ? &env : NULL, s->xml,
	    s->xmllen, s->xml_name != NULL ? s->xml_name : w->want.name,
	    &advice, e)) != ERR_OK)
		return ret;
	return advise(w, advice, e);
}

static int
put_file(struct write *w, const uint8_t digest[SHA256_LEN], struct err *e)
{
	const struct phone_spec *s = w->s;
	struct row_phone_file f = { .changed_at = w->want.changed_at,
	    .len = s->xmllen };
	int ret;

	(void)str_copy(f.origin, sizeof(f.origin),
	    phone_origin_name[s->origin]);
	(void)str_copy(f.name, sizeof(f.name), w->want.name);
	memcpy(f.sha256, digest, SHA256_LEN);
	/* The row owns its bytes, so it gets a copy. */
	if ((f.xml = malloc(s->xmllen)) == NULL)
		return err_set(e, ERR_NOMEM, "%s", w->want.name);
	memcpy(f.xml, s->xml, s->xmllen);
	ret = row_phone_file_put(w->db, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

static int
write_file(struct write *w, struct err *e)
{
	const struct phone_spec *s = w->s;
	struct row_phone_file f = { 0 };
	uint8_t digest[SHA256_LEN];
	bool same = false;
	int ret;

	if (s->no_xml && w->have.has_file) {
		differs(w, "own configuration file");
		return row_phone_file_remove(w->db, w->want.name, e);
	}
	if (s->xml == NULL)
		return ERR_OK;
	if ((ret = check_file(w, e)) != ERR_OK ||
	    (ret = digest_buf(DIGEST_SHA256, s->xml, s->xmllen, digest,
	    e)) != ERR_OK)
		return ret;
	if (w->have.has_file) {
		if ((ret = row_phone_file_get(w->db, w->want.name, &f, e)) !=
		    ERR_OK)
			return ret;
		same = memcmp(f.sha256, digest, SHA256_LEN) == 0;
		row_phone_file_clear(&f);
	}
	if (same)
		return ERR_OK;
	differs(w, w->have.has_file ? "another configuration file" :
	    "the configuration is made from its settings");
	return put_file(w, digest, e);
}

/* --- settings and secrets --- */

static int
write_settings(struct write *w, struct err *e)
{
	const struct phone_spec *s = w->s;
	bool one;
	int ret;

	for (size_t i = 0; i < s->nchange; i++) {
		if ((ret = phone_setting_write(w->db, &w->want, &s->change[i],
		    s->flags, &one, e)) != ERR_OK)
			return ret;
		if (one)
			differs(w, s->change[i].setting->name);
	}
	if ((ret = phone_operation_time(w->db, w->want.name, s->change,
	    s->nchange, w->want.changed_at, &one, e)) != ERR_OK)
		return ret;
	if (one)
		differs(w, setting_get(SETTING_OPERATION_BY)->name);
	return ERR_OK;
}

/* Its text is the one there is.  What cannot be opened is another. */
static int
same_secret(struct write *w, const struct phone_secret *x, bool *there,
    bool *same, struct err *e)
{
	const char *option = x->setting->option;
	struct secret *text = NULL;
	uint8_t *sealed = NULL;
	size_t len;
	int ret;

	*there = *same = false;
	ret = row_secret_get(w->db, w->want.name, option, &sealed, &len, e);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return ret;
	*there = true;
	if (x->text != NULL && sealed_phone_open(w->s->kr, w->want.name,
	    option, sealed, len, &text, NULL) == ERR_OK)
		*same = strlen(x->text) + 1 == text->len &&
		    secret_equal(x->text, text->buf, text->len);
	secret_free(text);
	free(sealed);
	return ERR_OK;
}

static int
write_secret(struct write *w, const struct phone_secret *x, struct err *e)
{
	char value[SETTING_VALUE_MAX + 1];
	bool there, same;
	int ret;

	if (x->text != NULL) {
		ret = setting_check(x->setting, x->text, 0, value, e);
		secret_wipe(value, sizeof(value));
		if (ret != ERR_OK || (ret = phone_setting_applies(x->setting,
		    &w->want, e)) != ERR_OK)
			return ret;
	}
	if ((ret = same_secret(w, x, &there, &same, e)) != ERR_OK)
		return ret;
	if (x->text == NULL ? !there : same)
		return ERR_OK;
	differs(w, x->setting->name);
	return x->text == NULL ? row_secret_remove(w->db, w->want.name,
	    x->setting->option, e) : row_secret_put(w->db, w->want.name,
	    x->setting->option, x->sealed, x->len, w->want.changed_at, e);
}

/* --- all of it --- */

/* Requests come in any case: one name is one phone. */
static int
check_case(struct write *w, struct err *e)
{
	char other[PHONE_NAME_MAX + 1];
	struct err miss = { .code = ERR_OK };
	int ret = ERR_NOTFOUND;

	if (!str_is_sep(w->want.name))
		ret = phone_spelling(w->db, w->want.name, other, &miss);
	if (ret == ERR_OK)
		return err_set(e, ERR_EXISTS, "%s: there is a phone %s, and "
		    "phones and files are asked for in any case: use its "
		    "spelling, or another name", w->want.name, other);
	return ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret, "%s", miss.msg);
}

static int
find_row(struct write *w, enum phone_write_mode mode, int64_t now, struct err *e)
{
	struct err miss = { 0 };
	int ret = row_phone_get(w->db, w->want.name, &w->have, &miss);

	if (ret == ERR_NOTFOUND && mode == WRITE_SET)
		return err_set(e, ret, "no phone %s: \"phone list\" shows "
		    "those there are, \"phone add\" adds one", w->want.name);
	if (ret == ERR_NOTFOUND) {
		if ((ret = check_case(w, e)) != ERR_OK)
			return ret;
		w->fresh = true;
		w->r->added = w->r->changed = true;
		w->want.created_at = now;
		w->want.origin = w->s->origin;
		return capf_client_none(w->db, w->want.name, e);
	} else if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	else
		w->want = w->have;
	return ERR_OK;
}

/* The row is there before what belongs to it, and again when only that
 * changed: its changed_at tells of all. */
static int
write_all(struct write *w, int64_t now, struct err *e)
{
	bool put;
	int ret;

	if (!w->fresh)
		compare_rows(w);
	put = w->r->changed;
	w->want.changed_at = now;
	if (put && (ret = row_phone_put(w->db, &w->want, e)) != ERR_OK)
		return ret;
	if ((ret = write_file(w, e)) != ERR_OK ||
	    (ret = write_settings(w, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < w->s->nsecret; i++)
		if ((ret = write_secret(w, &w->s->secret[i], e)) != ERR_OK)
			return ret;
	return w->r->changed && !put ? row_phone_put(w->db, &w->want, e) :
	    ERR_OK;
}

static int
check_all(struct write *w, struct err *e)
{
	char *advice = NULL;
	bool ready;
	int ret;

	if (!w->r->changed)
		return ERR_OK;
	ready = w->fresh || strcmp(w->have.profile, w->want.profile) != 0 ||
	    changes_readiness(w->s->change, w->s->nchange);
	ret = ready ? phone_check_new(w->db, w->s->base, w->want.name,
	    &advice, e) : phone_check(w->db, w->s->base, w->want.name,
	    &advice, e);
	if (ret != ERR_OK) {
		free(advice);
		return ret;
	}
	if ((ret = advise(w, advice, e)) != ERR_OK ||
	    (!ready && w->s->xml == NULL))
		return ret;
	if ((ret = phone_plain_advice(w->db, w->s->base, w->want.name,
	    w->want.changed_at, &advice, e)) != ERR_OK)
		return ret;
	return advise(w, advice, e);
}

/* Another profile, model, protocol or waiting may end the encryption. */
static int
guard_before(struct write *w, int64_t now, struct err *e)
{
	const struct row_phone *h = &w->have, *n = &w->want;

	if (w->fresh || (strcmp(h->profile, n->profile) == 0 &&
	    strcmp(h->model, n->model) == 0 && h->protocol == n->protocol &&
	    !phone_guard_matters(w->s->change, w->s->nchange)))
		return ERR_OK;
	return phone_guard_of(w->db, w->s->base, n->name, now, &w->guard, e);
}

static int
guard_after(struct write *w, int64_t now, struct err *e)
{
	enum phone_guard g;
	int ret;

	if (w->guard != GUARD_SEALED)
		return ERR_OK;
	if ((ret = phone_guard_of(w->db, w->s->base, w->want.name, now, &g,
	    e)) != ERR_OK)
		return ret;
	w->r->opened = g == GUARD_OPEN;
	return w->r->opened && !w->s->may_open ? phone_guard_refuse(
	    w->want.name, e) : ERR_OK;
}

int
phone_write(struct db *db, const struct phone_spec *s, enum phone_write_mode mode,
    int64_t now, struct phone_result *r, struct err *e)
{
	struct write w = { .db = db, .s = s, .r = r };
	int ret;

	phone_result_clear(r);
	if ((ret = phone_name(s->name, w.want.name, e)) != ERR_OK)
		return ret;
	memcpy(r->name, w.want.name, sizeof(r->name));
	if ((ret = find_row(&w, mode, now, e)) == ERR_OK &&
	    (ret = want_row(&w, e)) == ERR_OK &&
	    (ret = guard_before(&w, now, e)) == ERR_OK)
		ret = write_all(&w, now, e);
	if (ret == ERR_OK && mode == WRITE_ADD && !w.fresh && r->changed)
		ret = err_set(e, ERR_EXISTS, "%s is there with other values "
		    "(%s): change it with \"phone set\"", r->name, w.what);
	if (ret == ERR_OK)
		ret = check_all(&w, e);
	if (ret == ERR_OK)
		ret = guard_after(&w, now, e);
	if (ret != ERR_OK) {
		free(r->advice);
		r->advice = NULL;
		r->added = r->changed = r->opened = false;
	}
	return ret;
}

int
phone_set(struct db *db, const struct phone_spec *s, int64_t now,
    struct phone_result *r, struct err *e)
{
	return phone_write(db, s, WRITE_SET, now, r, e);
}

int
phone_put(struct db *db, const struct phone_spec *s, int64_t now,
    struct phone_result *r, struct err *e)
{
	return phone_write(db, s, WRITE_PUT, now, r, e);
}

int
phone_add(struct db *db, const struct phone_spec *s, int64_t now,
    bool *added, char **advice, struct err *e)
{
	struct phone_result r = { .advice = *advice };
	int ret = phone_write(db, s, WRITE_ADD, now, &r, e);

	*added = r.added;
	*advice = r.advice;
	return ret;
}
