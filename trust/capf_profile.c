/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * CAPF profiles of users, see capf_profile.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/lsc.h"
#include "db/rows_hash.h"
#include "trust/capf_profile.h"
#include "trust/sealed.h"
#include "trust/user.h"

#define DAY_S	86400

enum capf_kind
capf_profile_kind(const char *word)
{
	if (str_ieq(word, capf_kind_name[CAPF_APPLICATION]))
		return CAPF_APPLICATION;
	return str_ieq(word, capf_kind_name[CAPF_USER]) ? CAPF_USER :
	    CAPF_KIND_N;
}

int
capf_profile_owner(struct capf_owner *o, enum capf_kind kind,
    const char *name, const char *instance, struct err *e)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strlen(instance);
	char shown[80];
	int ret;

	*o = (struct capf_owner){ .kind = kind };
	if ((ret = user_name(name, o->name, e)) != ERR_OK)
		return ret;
	if (n > 0 && strspn(instance, known) == n &&
	    str_copy(o->instance, sizeof(o->instance), instance))
		return ERR_OK;
	str_visible(instance, n, shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not an instance id: 1 to %d of "
	    "A-Z a-z 0-9, as in the client's own settings", shown,
	    CAPF_INSTANCE_MAX);
}

static bool
is_there(struct db *db, const struct capf_owner *o, int *ret, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	struct err miss = { 0 };

	*ret = row_capf_profile_get(db, o, &p, &miss);
	row_capf_profile_clear(&p);
	if (*ret == ERR_OK)
		return true;
	*ret = *ret == ERR_NOTFOUND ? ERR_OK : err_set(e, *ret, "%s",
	    miss.msg);
	return false;
}

/* A client says its name and instance, not its kind. */
static int
check_twin(struct db *db, const struct capf_owner *o, struct err *e)
{
	struct capf_owner twin = *o;
	int ret;

	twin.kind = o->kind == CAPF_USER ? CAPF_APPLICATION : CAPF_USER;
	if (!is_there(db, &twin, &ret, e))
		return ret;
	return err_set(e, ERR_REFUSED, "%s %s has instance %s already, and "
	    "clients do not say which kind they are: take another instance "
	    "id", twin.kind == CAPF_USER ? "end user" : "application user",
	    o->name, o->instance);
}

/* "USER.INSTANCE" as clients say it; a name may hold all of it. */
#define CLIENT_NAME_MAX	(CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2)

/* What no certificate can bear would never be installed. */
static int
check_name(const struct capf_owner *o, struct err *e)
{
	char text[CLIENT_NAME_MAX];

	capf_owner_text(o, text, sizeof(text));
	return lsc_device_check(text, NULL) == ERR_OK ? ERR_OK : err_set(e,
	    ERR_ARG, "a client's certificate has USER.INSTANCE as its name, at "
	    "most %d characters, and %s has %zu: take a shorter instance id",
	    LSC_DEVICE_MAX, text, strlen(text));
}

/* Phones may have dots in their names, and come to the same port. */
static int
check_phone(struct db *db, const struct capf_owner *o, struct err *e)
{
	char text[CLIENT_NAME_MAX];
	struct row_phone p;
	struct err miss = { 0 };
	int ret;

	capf_owner_text(o, text, sizeof(text));
	ret = row_phone_get(db, text, &p, &miss);
	if (ret != ERR_OK)
		return ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret, "%s",
		    miss.msg);
	return err_set(e, ERR_REFUSED, "there is a phone %s, and the client "
	    "would say the same name: take another instance id", text);
}

int
capf_client_none(struct db *db, const char *phone, struct err *e)
{
	struct capf_owner o;
	int ret = capf_owner_parse(&o, phone, NULL);

	if (ret != ERR_OK || o.kind == CAPF_PHONE)
		return ERR_OK;
	for (int kind = CAPF_APPLICATION; kind <= CAPF_USER; kind++) {
		o.kind = (enum capf_kind)kind;
		if (is_there(db, &o, &ret, e))
			return err_set(e, ERR_REFUSED, "a CTI client comes to "
			    "CAPF as %s already, by the profile of %s for "
			    "instance %s: name the phone otherwise, or remove "
			    "that (utils capf profile remove)", phone, o.name,
			    o.instance);
		if (ret != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

static int
check_user(struct db *db, const struct capf_owner *o, struct err *e)
{
	struct row_user user;
	struct err miss = { 0 };
	int ret = row_account_get(db, o->kind == CAPF_USER ?
	    CREDENTIAL_USER : CREDENTIAL_APPLICATION, o->name, &user, &miss);

	if (ret != ERR_NOTFOUND)
		return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s",
		    miss.msg);
	return err_set(e, ret, "there is no %s %s: \"user list\" shows those "
	    "there are", o->kind == CAPF_USER ? "end user" :
	    "application user", o->name);
}

/* --- values --- */

/* A word brought to canonical form; NULL leaves out as it is. */
static int
take_word(enum setting_id id, const char *value, unsigned flags,
    char out[SETTING_VALUE_MAX + 1], struct err *e)
{
	const struct setting *s = setting_get(id);
	int ret;

	if (value == NULL)
		return ERR_OK;
	if (strcmp(value, "default") == 0)
		return str_copy(out, SETTING_VALUE_MAX + 1, s->def) ? ERR_OK :
		    ERR_ARG;
	ret = setting_check(s, value, flags, out, e);
	return ret == ERR_OK ? ERR_OK : err_wrap(e, "--%s", s->option);
}

static int
take_bits(enum setting_id id, const char *value, unsigned flags,
    int64_t *bits, struct err *e)
{
	char word[SETTING_VALUE_MAX + 1] = "";
	int ret = take_word(id, value, flags, word, e);

	if (ret == ERR_OK && value != NULL)
		*bits = strtoll(word, NULL, 10);
	return ret;
}

static int
check_sizes(const struct capf_profile_spec *s, const char *order,
    struct err *e)
{
	const char *size = NULL;

	if (s->rsa != NULL && strcmp(s->rsa, "default") != 0 &&
	    strcmp(order, "ec-only") == 0)
		size = setting_get(SETTING_RSA_KEY_SIZE)->name;
	else if (s->ec != NULL && strcmp(s->ec, "default") != 0 &&
	    strcmp(order, "rsa-only") == 0)
		size = setting_get(SETTING_EC_KEY_SIZE)->name;
	return size == NULL ? ERR_OK : err_set(e, ERR_REFUSED, "%s does not "
	    "go with %s %s: leave it out, or set another --key-order", size,
	    setting_get(SETTING_KEY_ORDER)->name, setting_value_name(
	    setting_get(SETTING_KEY_ORDER), order));
}

static int
take_keys(const struct capf_profile_spec *s, struct row_capf_profile *p,
    struct err *e)
{
	char word[SETTING_VALUE_MAX + 1];
	int ret;

	(void)str_copy(word, sizeof(word), p->key_order);
	if ((ret = take_word(SETTING_KEY_ORDER, s->key_order, 0, word, e)) !=
	    ERR_OK || (ret = check_sizes(s, word, e)) != ERR_OK)
		return ret;
	(void)str_copy(p->key_order, sizeof(p->key_order), word);
	if ((ret = take_bits(SETTING_RSA_KEY_SIZE, s->rsa, s->flags,
	    &p->rsa_bits, e)) != ERR_OK)
		return ret;
	return take_bits(SETTING_EC_KEY_SIZE, s->ec, s->flags, &p->ec_bits,
	    e);
}

static int
take_operation(struct db *db, const struct capf_profile_spec *s, int64_t now,
    struct row_capf_profile *p, struct err *e)
{
	bool over = p->completes_by != 0 && p->completes_by < now, was, is;
	char word[SETTING_VALUE_MAX + 1];
	int64_t days;
	int ret;

	was = capf_operation_of(p->operation) != CAPF_OP_NONE;
	(void)str_copy(word, sizeof(word), p->operation);
	if ((ret = take_word(SETTING_CERT_OPERATION, s->operation, 0, word,
	    e)) != ERR_OK)
		return ret;
	is = capf_operation_of(word) == CAPF_OP_INSTALL;
	if (!is && capf_operation_of(word) != CAPF_OP_NONE)
		return err_set(e, ERR_ARG, "--operation: a client's "
		    "certificate is installed or upgraded, nothing else: "
		    "install-upgrade or no-pending-operation");
	(void)str_copy(p->operation, sizeof(p->operation), word);
	if (!is) {
		p->completes_by = 0;
		return s->by == 0 ? ERR_OK : err_set(e, ERR_REFUSED, "--by "
		    "does nothing without an operation: add --operation "
		    "install-upgrade");
	}
	if (s->by != 0)
		p->completes_by = s->by;
	else if (!was || (over && s->operation != NULL)) {
		if ((ret = param_get_i64(db, PARAM_CAPF_OPERATION_DAYS, "",
		    &days, e)) != ERR_OK)
			return ret;
		p->completes_by = now + days * DAY_S;
	}
	return ERR_OK;
}

/* What is there is what is given: sealed bytes differ each time. */
static bool
same_string(const struct capf_profile_spec *s,
    const struct row_capf_profile *p)
{
	struct secret *text = NULL;
	bool same = false;

	if (p->sealed != NULL && sealed_cti_open(s->kr,
	    capf_kind_name[s->owner.kind], s->owner.name, s->owner.instance,
	    p->sealed, p->len, &text, NULL) == ERR_OK)
		same = strlen(s->string) + 1 == text->len &&
		    secret_equal(s->string, text->buf, text->len);
	secret_free(text);
	return same;
}

static int
take_string(const struct capf_profile_spec *s, struct row_capf_profile *p,
    struct err *e)
{
	int ret;

	if (s->string != NULL) {
		if ((ret = capf_string_check(s->string, e)) != ERR_OK)
			return ret;
		if (same_string(s, p))
			return ERR_OK;
	} else if (!s->no_string)
		return ERR_OK;
	free(p->sealed);
	p->sealed = NULL;
	p->len = 0;
	if (s->string == NULL)
		return ERR_OK;
	if ((p->sealed = malloc(s->len)) == NULL)
		return err_set(e, ERR_NOMEM, "CAPF profile");
	memcpy(p->sealed, s->sealed, s->len);
	p->len = s->len;
	return ERR_OK;
}

static int
take_all(struct db *db, const struct capf_profile_spec *s, int64_t now,
    struct row_capf_profile *p, struct err *e)
{
	int ret;

	if ((ret = take_keys(s, p, e)) != ERR_OK ||
	    (ret = take_operation(db, s, now, p, e)) != ERR_OK ||
	    (ret = take_string(s, p, e)) != ERR_OK)
		return ret;
	if (capf_operation_of(p->operation) != CAPF_OP_NONE &&
	    p->sealed == NULL)
		return err_set(e, ERR_REFUSED, "an installation needs an "
		    "authentication string: add --generate-string, or "
		    "--string-file");
	return ERR_OK;
}

static bool
equal(const struct row_capf_profile *a, const struct row_capf_profile *b)
{
	return strcmp(a->operation, b->operation) == 0 &&
	    strcmp(a->key_order, b->key_order) == 0 &&
	    a->rsa_bits == b->rsa_bits && a->ec_bits == b->ec_bits &&
	    a->completes_by == b->completes_by && a->len == b->len &&
	    (a->len == 0 || memcmp(a->sealed, b->sealed, a->len) == 0);
}

/* --- writing --- */

/* was as read; *p gets the values, with bytes of its own. */
static int
copy(const struct row_capf_profile *was, struct row_capf_profile *p,
    struct err *e)
{
	*p = *was;
	if (was->sealed == NULL)
		return ERR_OK;
	if ((p->sealed = malloc(was->len)) == NULL)
		return err_set(e, ERR_NOMEM, "CAPF profile");
	memcpy(p->sealed, was->sealed, was->len);
	return ERR_OK;
}

static int
change(struct db *db, const struct capf_profile_spec *s,
    const struct row_capf_profile *was, bool is_new, int64_t now,
    bool *changed, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	int ret;

	*changed = false;
	if ((ret = copy(was, &p, e)) != ERR_OK ||
	    (ret = take_all(db, s, now, &p, e)) != ERR_OK)
		goto out;
	*changed = is_new || !equal(was, &p);
	p.changed_at = now;
	if (*changed)
		ret = row_capf_profile_put(db, &p, e);
out:
	row_capf_profile_clear(&p);
	return ret;
}

static int
add_new(struct db *db, const struct capf_profile_spec *s, int64_t now,
    bool *changed, struct err *e)
{
	struct row_capf_profile p = { .owner = s->owner };
	int ret;

	if ((ret = check_user(db, &s->owner, e)) != ERR_OK ||
	    (ret = check_name(&s->owner, e)) != ERR_OK ||
	    (ret = check_twin(db, &s->owner, e)) != ERR_OK ||
	    (ret = check_phone(db, &s->owner, e)) != ERR_OK)
		return ret;
	(void)str_copy(p.operation, sizeof(p.operation),
	    setting_get(SETTING_CERT_OPERATION)->def);
	(void)str_copy(p.key_order, sizeof(p.key_order),
	    setting_get(SETTING_KEY_ORDER)->def);
	p.rsa_bits = atoi(setting_get(SETTING_RSA_KEY_SIZE)->def);
	p.ec_bits = atoi(setting_get(SETTING_EC_KEY_SIZE)->def);
	return change(db, s, &p, true, now, changed, e);
}

/* The values given are those it has; nothing is kept. */
static int
check_same(struct db *db, const struct capf_profile_spec *s,
    const struct row_capf_profile *was, int64_t now, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	int ret;

	if ((ret = copy(was, &p, e)) == ERR_OK &&
	    (ret = take_all(db, s, now, &p, e)) == ERR_OK && !equal(was, &p))
		ret = err_set(e, ERR_EXISTS, "%s has a CAPF profile for "
		    "instance %s, with other values: utils capf profile set "
		    "changes it", s->owner.name, s->owner.instance);
	row_capf_profile_clear(&p);
	return ret;
}

int
capf_profile_add(struct db *db, const struct capf_profile_spec *s,
    int64_t now, bool *changed, struct err *e)
{
	struct row_capf_profile was = { .sealed = NULL };
	struct err miss = { 0 };
	int ret;

	*changed = false;
	ret = row_capf_profile_get(db, &s->owner, &was, &miss);
	if (ret == ERR_NOTFOUND)
		return add_new(db, s, now, changed, e);
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	ret = check_same(db, s, &was, now, e);
	row_capf_profile_clear(&was);
	return ret;
}

int
capf_profile_get(struct db *db, const struct capf_owner *o,
    struct row_capf_profile *p, struct err *e)
{
	int ret = row_capf_profile_get(db, o, p, e);

	return ret != ERR_NOTFOUND ? ret : err_set(e, ret, "%s has no CAPF "
	    "profile for instance %s as %s: \"utils capf profile list\" "
	    "shows those there are", o->name, o->instance,
	    o->kind == CAPF_USER ? "end user" : "application user");
}

int
capf_profile_set(struct db *db, const struct capf_profile_spec *s,
    int64_t now, bool *changed, struct err *e)
{
	struct row_capf_profile was = { .sealed = NULL };
	int ret;

	*changed = false;
	if ((ret = capf_profile_get(db, &s->owner, &was, e)) != ERR_OK)
		return ret;
	ret = change(db, s, &was, false, now, changed, e);
	row_capf_profile_clear(&was);
	return ret;
}

int
capf_profile_remove(struct db *db, const struct capf_owner *o, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	int ret;

	if ((ret = capf_profile_get(db, o, &p, e)) != ERR_OK)
		return ret;
	row_capf_profile_clear(&p);
	return row_capf_profile_remove(db, o, e);
}
