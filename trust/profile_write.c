/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Adding, changing, copying, renaming and removing profiles, see profile.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/autoreg.h"
#include "trust/phone_guard.h"
#include "trust/profile_write.h"

#define NAMES_SHOWN	3	/* phones named when a profile is in use */

static int
check_own(const char *name, const char *verb, struct err *e)
{
	enum phone_protocol p;

	if (!profile_is_predefined(name, &p))
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "%s is predefined and cannot be %s: "
	    "copy it and work with the copy", profile_predefined(p), verb);
}

/* The row, and how many phones use it. */
static int
get(struct db *db, const char *name, struct row_profile *p, int64_t *nphone,
    struct err *e)
{
	int ret = row_profile_get(db, name, p, e);

	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "there is no profile \"%.64s\": \"phone "
		    "profile list\" shows those there are", name);
	if (ret != ERR_OK)
		return ret;
	return row_phone_count_of(db, name, -1, nphone, e);
}

/*
 * The canonical value to store, false for none: the default of a setting
 * that nothing else could give another value.
 */
static int
value_of(const struct setting_change *c, enum phone_protocol protocol,
    unsigned flags, char value[SETTING_VALUE_MAX + 1], bool *stored,
    struct err *e)
{
	const struct setting *s = c->setting;
	int ret;

	*stored = false;
	value[0] = '\0';
	if (!(s->where & SETTING_IN_PROFILE))
		return err_set(e, ERR_REFUSED, "%s is each phone's own: phone "
		    "set PHONE --%s VALUE", s->name, s->option);
	if (change_is_default(c))
		return ERR_OK;
	if ((ret = setting_check(s, c->value, flags, value, e)) != ERR_OK)
		return ret;
	if (!setting_applies(s, NULL, protocol))
		return err_set(e, ERR_REFUSED, "%s is not applicable to %s: "
		    "leave it out, or make the profile for another protocol",
		    s->name, phone_protocol_name[protocol]);
	*stored = s->param != SETTING_NO_PARAM || strcmp(value, s->def) != 0;
	return ERR_OK;
}

/* Write the changes; *changed stays set once it is. */
static int
write_settings(struct db *db, const char *name, enum phone_protocol protocol,
    const struct profile_spec *s, bool *changed, struct err *e)
{
	char value[SETTING_VALUE_MAX + 1];
	bool stored, one;
	int ret;

	for (size_t i = 0; i < s->nchange; i++) {
		if ((ret = value_of(&s->change[i], protocol, s->flags, value,
		    &stored, e)) != ERR_OK || (ret = row_profile_setting_put(
		    db, name, s->change[i].setting->option,
		    stored ? value : NULL, &one, e)) != ERR_OK)
			return ret;
		*changed = *changed || one;
	}
	return ERR_OK;
}

/* Rows of a profile whose protocol changed. */
static int
check_applies(struct db *db, const struct row_profile *p, struct err *e)
{
	struct row_setting *rows;
	const struct setting *s;
	size_t n;
	int ret;

	if ((ret = row_profile_settings(db, p->name, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if ((s = setting_find(rows[i].name)) != NULL &&
		    !setting_applies(s, NULL, p->protocol))
			ret = err_set(e, ERR_REFUSED, "%s is not applicable "
			    "to %s: set --%s default as well", s->name,
			    phone_protocol_name[p->protocol], s->option);
	free(rows);
	return ret;
}

/* --- add --- */

/* What of s says otherwise than the profile that is there. */
static int
differs(struct db *db, const struct row_profile *have,
    const struct row_profile *want, const struct profile_spec *s,
    char *what, size_t whatlen, struct err *e)
{
	char value[SETTING_VALUE_MAX + 1];
	struct row_setting *rows;
	size_t n, used = 0;
	bool stored, one;
	int ret;

	what[0] = '\0';
	if (have->protocol != want->protocol)
		(void)snprintf(what, whatlen, "protocol");
	else if (strcmp(have->description, want->description) != 0)
		(void)snprintf(what, whatlen, "description");
	if ((ret = row_profile_settings(db, have->name, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < s->nchange; i++) {
		const struct setting *t = s->change[i].setting;

		ret = value_of(&s->change[i], want->protocol, s->flags, value,
		    &stored, e);
		one = !stored;
		for (size_t k = 0; k < n; k++)
			if (strcmp(rows[k].name, t->option) == 0)
				one = stored &&
				    strcmp(rows[k].value, value) == 0;
		used += stored;
		if (!one && what[0] == '\0')
			(void)snprintf(what, whatlen, "%s", t->name);
	}
	if (used != n && what[0] == '\0')
		(void)snprintf(what, whatlen, "settings that are not given");
	free(rows);
	return ret;
}

static int
add_existing(struct db *db, const struct row_profile *want,
    const struct profile_spec *s, struct profile_result *r, struct err *e)
{
	struct row_profile have;
	char what[128];
	int ret;

	if ((ret = get(db, want->name, &have, &r->nphone, e)) != ERR_OK ||
	    (ret = differs(db, &have, want, s, what, sizeof(what), e)) !=
	    ERR_OK)
		return ret;
	if (what[0] == '\0')
		return ERR_OK;
	return err_set(e, ERR_EXISTS, "profile %s is there with other values "
	    "(%s): change it with \"phone profile set\"", have.name, what);
}

int
profile_add(struct db *db, const struct profile_spec *s, int64_t now,
    struct profile_result *r, struct err *e)
{
	struct row_profile want = { .changed_at = now }, have;
	struct err miss = { 0 };
	int ret;

	profile_result_clear(r);
	if (s->protocol != -1)
		want.protocol = (enum phone_protocol)s->protocol;
	if ((ret = profile_name(s->name, want.name, e)) != ERR_OK ||
	    (ret = check_own(want.name, "added", e)) != ERR_OK ||
	    (s->description != NULL && (ret = description_check(
	    s->description, want.description, e)) != ERR_OK))
		return ret;
	ret = row_profile_get(db, want.name, &have, &miss);
	if (ret == ERR_OK)
		return add_existing(db, &want, s, r, e);
	if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	r->changed = true;
	if ((ret = row_profile_add(db, &want, e)) != ERR_OK ||
	    (ret = write_settings(db, want.name, want.protocol, s,
	    &r->changed, e)) != ERR_OK)
		return ret;
	return profile_users_check(db, want.name, false, &r->advice, e);
}

/* --- set --- */

static int
set_row(const struct profile_spec *s, struct row_profile *p, int64_t nphone,
    bool *changed, struct err *e)
{
	char text[DESCRIPTION_LEN];
	int ret;

	if (s->description != NULL) {
		if ((ret = description_check(s->description, text, e)) !=
		    ERR_OK)
			return ret;
		*changed = *changed || strcmp(text, p->description) != 0;
		(void)str_copy(p->description, sizeof(p->description), text);
	}
	if (s->protocol == -1 || s->protocol == (int)p->protocol)
		return ERR_OK;
	if (nphone > 0)
		return err_set(e, ERR_REFUSED, "profile %s is used by %" PRId64
		    " phones: its protocol stays %s; make another profile",
		    p->name, nphone, phone_protocol_name[p->protocol]);
	p->protocol = (enum phone_protocol)s->protocol;
	*changed = true;
	return ERR_OK;
}

static int
set_checked(struct db *db, const struct profile_spec *s, int64_t now,
    struct row_profile *p, struct profile_result *r, struct err *e)
{
	int ret;

	if ((ret = set_row(s, p, r->nphone, &r->changed, e)) != ERR_OK ||
	    (ret = write_settings(db, p->name, p->protocol, s, &r->changed,
	    e)) != ERR_OK || (ret = check_applies(db, p, e)) != ERR_OK)
		return ret;
	if (r->changed) {
		p->changed_at = now;
		if ((ret = row_profile_put(db, p, e)) != ERR_OK ||
		    (ret = autoreg_profile_check(db, p->name, e)) != ERR_OK)
			return ret;
	}
	return profile_users_check(db, p->name, r->changed &&
	    changes_readiness(s->change, s->nchange), &r->advice, e);
}

int
profile_set(struct db *db, const struct profile_spec *s, int64_t now,
    struct profile_result *r, struct err *e)
{
	struct phone_guarded l = { .name = NULL };
	struct row_profile p;
	int ret;

	profile_result_clear(r);
	if ((ret = check_own(s->name, "changed", e)) != ERR_OK ||
	    (ret = get(db, s->name, &p, &r->nphone, e)) != ERR_OK)
		return ret;
	if (phone_guard_matters(s->change, s->nchange))
		ret = phone_guarded_of(&l, db, p.name, now, e);
	if (ret == ERR_OK &&
	    (ret = set_checked(db, s, now, &p, r, e)) == ERR_OK &&
	    (ret = phone_guarded_opened(&l, db, now, &r->opened, e)) ==
	    ERR_OK && r->opened > 0 && !s->may_open)
		ret = phone_guard_refuse(l.name[0], e);
	phone_guarded_clear(&l);
	return ret;
}

/* --- copy, rename, remove --- */

/* The rows of a profile as changes; *rows holds the values. */
static int
changes_of(struct db *db, const char *name, struct row_setting **rows,
    struct setting_change **c, size_t *nc, struct err *e)
{
	size_t n;
	int ret;

	*nc = 0;
	if ((ret = row_profile_settings(db, name, rows, &n, e)) != ERR_OK)
		return ret;
	if ((*c = calloc(n + 1, sizeof(**c))) == NULL)
		return err_set(e, ERR_NOMEM, "profile");
	for (size_t i = 0; i < n; i++) {
		(*c)[*nc].setting = setting_find((*rows)[i].name);
		(*c)[*nc].value = (*rows)[i].value;
		if ((*c)[*nc].setting != NULL)
			(*nc)++;
	}
	return ERR_OK;
}

int
profile_copy(struct db *db, const char *from, const char *to, int64_t now,
    struct profile_result *r, struct err *e)
{
	const struct setting_change stays = {
		.setting = setting_get(SETTING_SECURITY_MODE),
		.value = "non-secure",
	};
	struct profile_spec s = { .name = to, .flags = SETTING_ALLOW_WEAK };
	struct row_profile source = { .name = "" };
	struct row_setting *rows = NULL;
	struct setting_change *c = NULL;
	enum phone_protocol p;
	int64_t nphone;
	int ret = ERR_OK;

	if (profile_is_predefined(from, &p)) {
		source.protocol = p;
		s.change = &stays;
		s.nchange = 1;
	} else if ((ret = get(db, from, &source, &nphone, e)) ==
	    ERR_OK) {
		ret = changes_of(db, from, &rows, &c, &s.nchange, e);
		s.change = c;
	}
	s.protocol = (int)source.protocol;
	s.description = source.description;
	if (ret == ERR_OK)
		ret = profile_add(db, &s, now, r, e);
	free(c);
	free(rows);
	return ret;
}

int
profile_rename(struct db *db, const char *from, const char *to, int64_t now,
    struct profile_result *r, struct err *e)
{
	char name[PROFILE_NAME_MAX + 1];
	struct row_profile p;
	int ret;

	profile_result_clear(r);
	if ((ret = check_own(from, "renamed", e)) != ERR_OK ||
	    (ret = profile_name(to, name, e)) != ERR_OK ||
	    (ret = check_own(name, "the new name", e)) != ERR_OK ||
	    (ret = get(db, from, &p, &r->nphone, e)) != ERR_OK)
		return ret;
	if (strcmp(p.name, name) == 0)
		return ERR_OK;
	ret = row_profile_rename(db, p.name, name, now, e);
	if (ret == ERR_EXISTS)
		return err_set(e, ret, "profile %s is there already: take "
		    "another name, or remove it first", name);
	if (ret == ERR_OK)
		ret = autoreg_profile_renamed(db, p.name, name, now, e);
	r->changed = ret == ERR_OK;
	return ret;
}

struct some {
	char	 names[NAMES_SHOWN * (PHONE_NAME_MAX + 2) + 1];
	size_t	 n;
};

static int
name_some(void *arg, const struct row_phone *p, struct err *e)
{
	struct some *s = arg;
	size_t used = strlen(s->names);

	(void)snprintf(s->names + used, sizeof(s->names) - used, "%s%s",
	    used > 0 ? ", " : "", p->name);
	return ++s->n == NAMES_SHOWN ? err_set(e, ERR_LIMIT, "enough") :
	    ERR_OK;
}

static int
in_use(struct db *db, const char *name, int64_t n, struct err *e)
{
	struct err own = { 0 };
	struct some s = { .n = 0 };
	int ret = row_phone_each_of(db, name, name_some, &s, &own);

	if (ret != ERR_OK && ret != ERR_LIMIT)
		return err_set(e, ret, "%s", own.msg);
	return err_set(e, ERR_REFUSED, "profile %s is used by %" PRId64
	    " phone%s (%s%s): give %s another one first (phone set)",
	    name, n, n == 1 ? "" : "s", s.names,
	    n > NAMES_SHOWN ? ", ..." : "", n == 1 ? "it" : "them");
}

int
profile_removable(struct db *db, const char *name, struct err *e)
{
	struct row_profile p;
	int64_t n;
	int ret;

	if ((ret = check_own(name, "removed", e)) != ERR_OK ||
	    (ret = get(db, name, &p, &n, e)) != ERR_OK)
		return ret;
	if (n > 0)
		return in_use(db, name, n, e);
	return autoreg_profile_free(db, p.name, e);
}

int
profile_remove(struct db *db, const char *name, struct err *e)
{
	int ret = profile_removable(db, name, e);

	return ret != ERR_OK ? ret : row_profile_remove(db, name, e);
}
