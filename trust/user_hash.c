/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords and PINs in rows, see user_hash.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "trust/user_hash.h"

_Static_assert(USER_HASH_MAX == PASSWORD_HASH_MAX, "a row holds a hash");
_Static_assert(USER_PASSWORD_MAX <= PASSWORD_TEXT_MAX &&
    USER_PIN_MAX <= PASSWORD_TEXT_MAX, "what is set can be hashed");

static bool
is_digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") == n;
}

static bool
is_text(const char *s, size_t n)
{
	bool ok = str_is_utf8(s, n);

	for (size_t i = 0; ok && i < n; i++)
		ok = (unsigned char)s[i] >= 0x20 && s[i] != 0x7f;
	return ok;
}

int
user_secret_check(struct db *db, enum user_what what, const char *text,
    struct err *e)
{
	bool pin = what == USER_PIN;
	size_t n = strlen(text);
	int64_t min;
	int ret;

	if ((ret = param_get_i64(db, pin ? PARAM_USER_PIN_MIN :
	    PARAM_USER_PASSWORD_MIN, "", &min, e)) != ERR_OK)
		return ret;
	if ((int64_t)n >= min && n <= (pin ? USER_PIN_MAX :
	    USER_PASSWORD_MAX) && (pin ? is_digits(text, n) :
	    is_text(text, n)))
		return ERR_OK;
	return pin ? err_set(e, ERR_ARG, "a PIN has %" PRId64 " to %d digits "
	    "(parameter user.pin_min_length)", min, USER_PIN_MAX) :
	    err_set(e, ERR_ARG, "a password has %" PRId64 " to %d bytes of "
	    "UTF-8 without control characters (parameter "
	    "user.password_min_length)", min, USER_PASSWORD_MAX);
}

int
user_secret_hash(struct db *db, enum user_what what, const char *text,
    const struct rng *rng, struct password *out, struct err *e)
{
	int64_t rounds;
	int ret;

	if ((ret = user_secret_check(db, what, text, e)) != ERR_OK ||
	    (ret = param_get_i64(db, PARAM_USER_HASH_ROUNDS, "", &rounds,
	    e)) != ERR_OK)
		return ret;
	return password_make(text, rounds, rng, out, e);
}

/* ERR_NOTFOUND when there is none, said in e. */
static int
read_row(struct db *db, const struct user_key *k, struct row_hash *h,
    struct err *e)
{
	return row_hash_get(db, k->kind, k->name, k->what, h, e);
}

int
user_hash_set(struct db *db, const struct user_key *k,
    const struct password *p, int64_t now, bool *changed, struct err *e)
{
	struct row_hash h = { .changed_at = 0 };
	struct err miss = { 0 };
	int ret = read_row(db, k, &h, &miss);

	*changed = false;
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	if (p == NULL ? ret == ERR_NOTFOUND : ret == ERR_OK &&
	    strcmp(p->hash, h.hash) == 0)
		return ERR_OK;
	*changed = true;
	if (p == NULL)
		return row_hash_remove(db, k->kind, k->name, k->what, e);
	h = (struct row_hash){ .what = k->what, .changed_at = now };
	(void)str_copy(h.name, sizeof(h.name), k->name);
	(void)str_copy(h.hash, sizeof(h.hash), p->hash);
	return row_hash_put(db, k->kind, &h, e);
}

int
user_hash_get(struct db *db, const struct user_key *k, struct password *p,
    int64_t *at, struct err *e)
{
	struct row_hash h;
	int ret;

	if ((ret = read_row(db, k, &h, e)) != ERR_OK)
		return ret;
	if (at != NULL)
		*at = h.changed_at;
	if (password_parse(h.hash, p, e) == ERR_OK)
		return ERR_OK;
	return err_set(e, ERR_PROTO, "what is kept as the %s of %s is no "
	    "hash: set another one (user %s %s)", k->what == USER_PIN ?
	    "PIN" : "password", k->name, k->what == USER_PIN ? "pin" :
	    "passwd", k->name);
}

int
user_hash_old(struct db *db, enum credential_kind kind,
    struct user_old **rows, size_t *n, struct err *e)
{
	struct row_hash *all = NULL;
	struct password p;
	size_t nall = 0;
	int64_t rounds;
	int ret;

	*rows = NULL;
	*n = 0;
	if ((ret = param_get_i64(db, PARAM_USER_HASH_ROUNDS, "", &rounds,
	    e)) != ERR_OK ||
	    (ret = row_hash_list(db, kind, &all, &nall, e)) != ERR_OK)
		return ret;
	if ((*rows = calloc(nall + 1, sizeof(**rows))) == NULL)
		ret = err_set(e, ERR_NOMEM, "users");
	for (size_t i = 0; ret == ERR_OK && i < nall; i++) {
		struct user_old *o = &(*rows)[*n];

		if (password_parse(all[i].hash, &p, NULL) != ERR_OK ||
		    !password_is_old(&p, rounds))
			continue;
		*o = (struct user_old){ .what = all[i].what, .form = p.form,
		    .rounds = p.rounds, .changed_at = all[i].changed_at };
		(void)str_copy(o->name, sizeof(o->name), all[i].name);
		(*n)++;
	}
	free(all);
	return ret;
}

int
user_hash_renew(struct db *db, const struct user_key *k,
    const struct user_check *c, int64_t now, bool *changed, struct err *e)
{
	struct row_hash h;
	struct err miss = { 0 };
	int ret = read_row(db, k, &h, &miss);

	*changed = false;
	if (ret == ERR_NOTFOUND || (ret == ERR_OK && strcmp(h.hash,
	    c->was.hash) != 0))
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	return user_hash_set(db, k, &c->fresh, now, changed, e);
}
