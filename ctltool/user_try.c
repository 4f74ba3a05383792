/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Checking what somebody gives, see user_try.h.
 */
#include <inttypes.h>

#include "base/str.h"
#include "ctltool/secret_in.h"
#include "ctltool/user_try.h"
#include "db/observed.h"

struct renewal {
	const struct user_key	*k;
	struct user_check	 check;
	bool			 changed;
	struct ctl_audit	 audit;
};

static int
renew_tx(struct db *db, void *arg, struct err *e)
{
	struct renewal *r = arg;
	int ret = user_hash_renew(db, r->k, &r->check, r->audit.row.at,
	    &r->changed, e);

	return ret != ERR_OK || !r->changed ? ret :
	    ctl_audit_add(db, &r->audit, e);
}

/* "PIN" or "password". */
static const char *
word(const struct user_key *k)
{
	return k->what == USER_PIN ? "PIN" : "password";
}

static int
judge(const struct user_key *k, const struct user_check *u, struct err *e)
{
	const char *kind = user_kind_word(k->kind);
	int64_t minutes = (u->wait + 59) / 60;

	switch (u->verdict) {
	case USER_RIGHT:
		return ERR_OK;
	case USER_LOCKED:
		return err_set(e, ERR_REFUSED, "%suser %s: too many wrong "
		    "tries: none is taken for %" PRId64 " minute%s (parameter "
		    "user.lock_minutes)", kind, k->name, minutes,
		    minutes == 1 ? "" : "s");
	case USER_TOO_MANY:
		return err_set(e, ERR_REFUSED, "too many wrong tries of all "
		    "users together: none is taken until there were fewer in "
		    "%" PRId64 " minutes (parameter user.max_tries_total)",
		    minutes);
	case USER_NONE_SET:
		return err_set(e, ERR_REFUSED, "%suser %s has no %s: set one "
		    "first (user %s %s)", kind, k->name, word(k),
		    k->what == USER_PIN ? "pin" : "passwd", k->name);
	case USER_WRONG:
		break;
	}
	return err_set(e, ERR_REFUSED, "that is not the %s of %suser %s: %"
	    PRId64 " more tr%s", word(k), kind, k->name, u->left,
	    u->left == 1 ? "y" : "ies");
}

static int
check(struct ctl *c, const struct user_key *k, const char *text,
    struct user_check *u, struct err *e)
{
	struct db *observed = db_open(c->node.statefd, OBSERVED_FILE,
	    DB_WRITE, e);
	int ret;

	if (observed == NULL)
		return ctl_denied(e->code, e);
	ret = user_check(c->node.db, observed, k, text, c->rng,
	    clock_wall_s(c->clk), u, e);
	db_close(observed);
	return ret != ERR_OK ? ret : judge(k, u, e);
}

static int
forget_tx(struct db *db, void *arg, struct err *e)
{
	const struct user_key *k = arg;
	struct user_try t = { .kind = k->kind, .what = k->what };

	(void)str_copy(t.name, sizeof(t.name), k->name);
	return observed_try_clear(db, &t, e);
}

int
user_try_forget(struct ctl *c, struct user_key *k, struct err *e)
{
	struct db *observed;
	int ret;

	if (ctl_is_rehearsal(c))
		return ERR_OK;
	if ((observed = db_open(c->node.statefd, OBSERVED_FILE, DB_WRITE,
	    e)) == NULL)
		return ctl_denied(e->code, e);
	ret = db_result_err(db_tx(observed, forget_tx, k, e), e);
	db_close(observed);
	return ret;
}

int
user_try(struct ctl *c, const struct user_key *k, const char *file,
    bool *renewed, struct err *e)
{
	struct renewal r = { .k = k };
	const struct secret *text;
	int ret;

	*renewed = false;
	if ((ret = secret_in_once(c, file, word(k), &text, e)) != ERR_OK ||
	    (ret = check(c, k, (const char *)text->buf, &r.check, e)) !=
	    ERR_OK || !r.check.old)
		return ret;
	ctl_audit_init(c, &r.audit, "%.128s: the hash of the %s is made anew",
	    k->name, word(k));
	ret = ctl_tx(c, renew_tx, &r, e);
	*renewed = r.changed;
	return ret;
}
